/* SPDX-License-Identifier: MIT */
/*
 * Architectural numbers (Intel SDM, AMD APM) that <asm/processor-flags.h> lacks, for C and assembly:
 * model-specific registers, page-table bits, vectors, GDT layout.
 */
#pragma once

#include <asm/processor-flags.h>

#define MSR_TSC            0x10
#define MSR_APIC_BASE      0x1b
#define MSR_SYSENTER_CS    0x174
#define MSR_SYSENTER_ESP   0x175
#define MSR_SYSENTER_EIP   0x176
#define MSR_PAT            0x277
#define MSR_TSC_DEADLINE   0x6e0
#define MSR_X2APIC         0x800
#define MSR_EFER           0xc0000080
#define MSR_STAR           0xc0000081
#define MSR_LSTAR          0xc0000082
#define MSR_CSTAR          0xc0000083
#define MSR_SYSCALL_MASK   0xc0000084
#define MSR_FS_BASE        0xc0000100
#define MSR_GS_BASE        0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102
#define MSR_TSC_AUX        0xc0000103

#define EFER_SCE (1 << 0)
#define EFER_LME (1 << 8)
#define EFER_NX  (1 << 11)

#define PTE_P   _BITUL(0)
#define PTE_W   _BITUL(1)
#define PTE_U   _BITUL(2)
#define PTE_PWT _BITUL(3)
#define PTE_PCD _BITUL(4)
#define PTE_A   _BITUL(5)
#define PTE_D   _BITUL(6)
#define PTE_PS  _BITUL(7)
#define PTE_G   _BITUL(8)
#define PTE_NX  _BITUL(63)

/* Exceptions. */
#define X86_TRAP_DE     0
#define X86_TRAP_DB     1
#define X86_TRAP_NMI    2
#define X86_TRAP_BP     3
#define X86_TRAP_OF     4
#define X86_TRAP_BR     5
#define X86_TRAP_UD     6
#define X86_TRAP_NM     7
#define X86_TRAP_DF     8
#define X86_TRAP_OLD_MF 9
#define X86_TRAP_TS     10
#define X86_TRAP_NP     11
#define X86_TRAP_SS     12
#define X86_TRAP_GP     13
#define X86_TRAP_PF     14
#define X86_TRAP_MF     16
#define X86_TRAP_AC     17
#define X86_TRAP_MC     18
#define X86_TRAP_XF     19

/* Page-fault error code. */
#define PF_PROT  (1 << 0)
#define PF_WRITE (1 << 1)
#define PF_USER  (1 << 2)
#define PF_RSVD  (1 << 3)
#define PF_INSTR (1 << 4)
#define PF_PK    (1 << 5)

/*
 * Vectors.  0x20-0x2f is where a spurious interrupt of the (masked) 8259 could arrive; devices get
 * 0x30-0xeb except 0x80; the LAPIC's own and the IPIs sit at the top, so that they have priority.
 */
#define VEC_PIC_BASE     0x20
#define VEC_DEVICE_FIRST 0x30
#define VEC_DEVICE_LAST  0xeb
#define VEC_SYSCALL      0x80
#define VEC_TIMER        0xec
#define VEC_CALL         0xfb
#define VEC_RESCHED      0xfd
#define VEC_ERROR        0xfe
#define VEC_SPURIOUS     0xff

/*
 * GDT entries; selectors are in regs.h.  12-14 are the TLS slots of set_thread_area(2) (Linux:
 * GDT_ENTRY_TLS_MIN).
 */
#define GDT_KERNEL32_CS 1
#define GDT_KERNEL_CS   2
#define GDT_KERNEL_DS   3
#define GDT_USER32_CS   4
#define GDT_USER_DS     5
#define GDT_USER_CS     6
#define GDT_TSS         8 /* two slots */
#define GDT_TLS_MIN     12
#define GDT_TLS_MAX     14
#define GDT_CPUNODE     15 /* limit = CPU number, read by the vDSO's getcpu with LSL */
#define GDT_ENTRIES     16

/* IST slots (1-based, as the IDT wants them). */
#define IST_DF         1
#define IST_NMI        2
#define IST_DB         3
#define IST_MC         4
#define IST_NR         4
#define IST_STACK_SIZE 4096

#define TRAMPOLINE_PHYS 0x8000 /* start code of the other CPUs, in the page that boot_info reserves */
