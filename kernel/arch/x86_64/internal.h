/* SPDX-License-Identifier: MIT */
/*
 * What the files of kernel/arch/x86_64 share among themselves: CPU features, the per-CPU machine
 * block, and each file's entry points.
 */
#pragma once

#include "kernel/arch/arch.h"
#include "kernel/arch/x86_64/insn.h"
#include "kernel/arch/x86_64/x86.h"
#include "kernel/sync/spinlock.h"

/* ---- features (cpuid.c) ---- */
struct cpu_features { /* [const] once the boot CPU has looked; all CPUs are taken to be alike */
	bool nx, gbpages, pge, pcid, smep, smap, umip, fsgsbase, xsave, xsaveopt, x2apic, tsc_deadline,
		rdrand;
	bool sysenter32, syscall32; /* usable from 32-bit code in long mode */
	bool hypervisor;
	bool qemu_apic; /* TCG or KVM: the APIC bus clock is exactly 1 GHz */
	u8 vendor_intel;
	u32 family, model, stepping;
	u32 tsc_khz; /* from CPUID, 0: unknown */
	u32 hwcap; /* CPUID.1:EDX */
	u32 phys_bits, virt_bits;
};
extern struct cpu_features cpu_has;
void cpuid_detect(void);
void cpu_init_control(void); /* CR0, CR4, EFER of this CPU */

/* ---- the machine block of a CPU (desc.c) ---- */
struct tss {
	u32 reserved0;
	u64 rsp[3];
	u64 reserved1;
	u64 ist[7];
	u64 reserved2;
	u16 reserved3, iomap;
} __packed;

#define NR_ASIDS 6 /* PCIDs that a CPU hands out: enough for a shell pipeline, few enough to search */

struct call_request;

/* Page tables without an entry, ready for use; the top levels among them have the kernel's half. */
struct clean_tables {
	u32 nr;
	u64 *table[12];
};

struct cpu_arch {
	/* The last word of each stack is the CPU: paranoid entries find it there, whatever GS says. */
	u8 ist_stack[IST_NR][IST_STACK_SIZE] __aligned(4096);
	u64 gdt[GDT_ENTRIES];
	struct tss tss;
	struct arch_mm *loaded_mm; /* same, NULL: kernel only */
	u32 loaded_asid;
	/* User segment state that is in the registers now: of the last user task that ran here. */
	u64 selectors; /* fs, gs, ds, es as in struct arch_task */
	u64 fsbase, gsbase;
	bool tls_set;
	u32 next_asid;
	struct {
		u64 ctx_id, tlb_gen;
	} asid[NR_ASIDS];
	struct clean_tables lower, top; /* [owner, preemption off] */
	struct call_request *calls; /* [atomic] work that other CPUs want done here */
	u32 apic_version;
	u64 nr_nmi;
};

void desc_init_cpu(struct cpu *c, struct cpu_arch *a); /* GDT, TSS, IDT, syscall MSRs of this CPU; GS base */
void desc_set_tls(struct cpu_arch *a, const u64 tls[3]);
u64 desc_base(const u64 tls[3], u16 sel); /* of a TLS descriptor, 0 for others */
extern struct cpu boot_cpu;
extern struct cpu_arch boot_cpu_arch;

/* ---- boot.c, smp.c ---- */
extern char kernel_start[], text_end[], rodata_start[], rodata_end[], kernel_end[]; /* kernel.lds */
extern char boot_stack[], boot_stack_top[];
extern u64 early_pgd[512], init_pgd[512];
void boot_reserve(u64 start, u64 end);
void secondary_main(void) __noreturn;
static inline void __noreturn cpu_halt(void) /* this one, for good; only an NMI interrupts it */
{
	for (;;)
		__asm__ volatile("cli; hlt" ::: "memory");
}
bool phys_is_mapped(u64 phys, u64 size); /* inside the direct map */
extern u64 direct_map_end;

/* ---- fixed mappings for devices of the architecture (mmu.c) ---- */
enum fixmap { FIX_LAPIC, FIX_IOAPIC0, FIX_IOAPIC_LAST = FIX_IOAPIC0 + 7, FIX_ACPI, FIX_NR };
#define FIX_BASE (KERNEL_VMA + (1UL << 30) - (1UL << 21))
void *fixmap_map(enum fixmap slot, u64 phys); /* uncached; returns the address of phys itself */
void mmu_build(u64 *bump, const struct boot_range *map, int nr); /* boot only: final kernel tables */
u64 mmu_build_pages(const struct boot_range *map, int nr); /* pages that mmu_build() will take from bump */

/* ---- tlb.c ---- */
void tlb_switch(struct arch_mm *am);

/* ---- trap.c ---- */
void trap_init_idt(void);
void trap_load_idt(void);
void regs_print(const struct regs *r);
bool extable_fixup(struct regs *r);
void irq_dispatch(struct regs *r, unsigned vector);

/* ---- apic.c, irq.c, acpi.c ---- */
struct acpi_info {
	u64 lapic_phys;
	u32 cpu_apic_id[64];
	int nr_cpus;
	struct {
		u64 phys;
		u32 gsi_base;
	} ioapic[8];
	int nr_ioapics;
	struct {
		u8 irq;
		u16 flags;
		u32 gsi;
	} override[16];
	int nr_overrides;
	bool have_fadt, hw_reduced;
	bool no_rtc; /* IAPC_BOOT_ARCH */
	u32 pm1a_control, pm1b_control, pm_timer_port;
	u8 pm_timer_bits;
	u64 sleep_control; /* hardware-reduced: address of SLEEP_CONTROL_REG */
	u64 reset_reg;
	u8 reset_space, sleep_space, reset_value;
	bool have_s5;
	u8 s5_type_a, s5_type_b;
};
extern struct acpi_info acpi;
void acpi_init(void);
void apic_init_early(void);
void apic_init_cpu(void);
u32 apic_id(void);
void apic_eoi(void);
void apic_send_ipi(u32 apic_id, u32 icr_low);
void apic_nmi_others(void);
extern bool halting; /* power.c: an NMI ends this CPU */
void apic_timer_start(u32 count);
u32 apic_timer_count(void);
void apic_timer_setup(bool deadline_mode);
void ioapic_init(void);

/* ---- smp.c ---- */
void smp_run_calls(void); /* VEC_CALL, and whoever waits for others */
/* Runs fn(arg) on the CPUs of mask other than this one and waits.  Works with interrupts off, too. */
void smp_call_mask(u64 mask, void (*fn)(void *), void *arg);

/* ---- fpu.c ---- */
void fpu_init_early(void);
void fpu_init_cpu(void);
void fpu_switch(struct cpu *c, struct task *prev, struct task *next);
void fpu_trap(struct regs *regs); /* #NM */
u64 fpu_features(void); /* XCR0, x87 and SSE without XSAVE */

/* ---- task.c ---- */
void task_save_segments(struct arch_task *to); /* the live ones of the running user task */
void task_load_segments(const struct arch_task *from); /* preemption is off */
struct task *switch_stack(struct task *prev, struct task *next); /* entry.S */

/* ---- clock.c ---- */
void clock_timer_interrupt(void);
