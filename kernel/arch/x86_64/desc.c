// SPDX-License-Identifier: MIT
/*
 * Segments: each CPU's GDT and TSS, the MSRs of the fast system calls, and the static CPU block of the
 * boot CPU.  IST stacks end in a pointer to their CPU, which is how entries that cannot trust GS find it.
 */
#include "kernel/arch/x86_64/internal.h"
#include "kernel/arch/x86_64/entry.h"
#include "kernel/task/task.h"

struct cpu boot_cpu;
struct cpu_arch boot_cpu_arch __section(".bss.page_aligned");
struct cpu *cpus[MAX_CPUS];
int nr_cpus = 1;

struct desc_ptr {
	u16 limit;
	u64 base;
} __packed;

#define SEG_CODE32_USER 0x00cffb000000ffffUL
#define SEG_DATA_USER   0x00cff3000000ffffUL
#define SEG_CODE64_USER 0x00affb000000ffffUL
#define SEG_CODE32      0x00cf9b000000ffffUL
#define SEG_CODE64      0x00af9b000000ffffUL
#define SEG_DATA        0x00cf93000000ffffUL
#define SEG_CPUNODE     0x0040f50000000000UL /* user-readable, byte granular; the limit holds the number */
#define TSS_BUSY_CLEAR  0x89UL

static void init_gdt(struct cpu *c, struct cpu_arch *a)
{
	u64 tss = (u64)&a->tss;

	a->gdt[GDT_KERNEL32_CS] = SEG_CODE32;
	a->gdt[GDT_KERNEL_CS] = SEG_CODE64;
	a->gdt[GDT_KERNEL_DS] = SEG_DATA;
	a->gdt[GDT_USER32_CS] = SEG_CODE32_USER;
	a->gdt[GDT_USER_DS] = SEG_DATA_USER;
	a->gdt[GDT_USER_CS] = SEG_CODE64_USER;
	a->gdt[GDT_TSS] = (sizeof(struct tss) - 1) | (tss & 0xffffff) << 16 | TSS_BUSY_CLEAR << 40 |
			  (tss >> 24 & 0xff) << 56;
	a->gdt[GDT_TSS + 1] = tss >> 32;
	a->gdt[GDT_CPUNODE] = SEG_CPUNODE | (u64)c->id;
}

static void init_tss(struct cpu *c, struct cpu_arch *a)
{
	a->tss.iomap = sizeof(struct tss); /* beyond the limit: no port is allowed */
	for (int i = 0; i < IST_NR; i++) {
		struct cpu **owner = (struct cpu **)(a->ist_stack[i] + IST_STACK_SIZE) - 1;

		*owner = c;
		a->tss.ist[i] = (u64)(owner - 1); /* 16-aligned, owner just above the frame */
	}
}

static void init_syscall_msrs(void)
{
	/* SYSRET: CS = base + 16, SS = base + 8 with base USER32_CS; SYSCALL: CS, SS = base + 8. */
	wrmsr(MSR_STAR, (u64)USER32_CS << 48 | (u64)KERNEL_CS << 32);
	wrmsr(MSR_LSTAR, (u64)entry_syscall64);
	wrmsr(MSR_CSTAR, (u64)entry_syscall32);
	/* As Linux: everything that could disturb kernel code is cleared, AC, TF, DF and IF above all. */
	wrmsr(MSR_SYSCALL_MASK, X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF |
					X86_EFLAGS_SF | X86_EFLAGS_TF | X86_EFLAGS_IF | X86_EFLAGS_DF |
					X86_EFLAGS_OF | X86_EFLAGS_IOPL | X86_EFLAGS_NT | X86_EFLAGS_RF |
					X86_EFLAGS_AC | X86_EFLAGS_ID);
	if (cpu_has.sysenter32) {
		wrmsr(MSR_SYSENTER_CS, KERNEL_CS);
		wrmsr(MSR_SYSENTER_ESP, 0); /* the entry takes its stack from the CPU block */
		wrmsr(MSR_SYSENTER_EIP, (u64)entry_sysenter);
	}
}

void desc_init_cpu(struct cpu *c, struct cpu_arch *a)
{
	struct desc_ptr gdtr = { sizeof(a->gdt) - 1, (u64)a->gdt };

	init_gdt(c, a);
	init_tss(c, a);
	__asm__ volatile("lgdt %0\n\t"
			 "pushq %1\n\t"
			 "leaq 1f(%%rip), %%rax\n\t"
			 "pushq %%rax\n\t"
			 "lretq\n"
			 "1:\tmovl %2, %%eax\n\t"
			 "movl %%eax, %%ss\n\t"
			 "xorl %%eax, %%eax\n\t"
			 "movl %%eax, %%ds\n\t"
			 "movl %%eax, %%es\n\t"
			 "movl %%eax, %%fs\n\t"
			 "movl %%eax, %%gs\n\t"
			 "lldt %%ax\n\t" /* none; at reset it is a usable one at address 0 */
			 "ltr %w3" ::"m"(gdtr),
			 "i"(KERNEL_CS), "i"(KERNEL_DS), "r"(GDT_TSS * 8)
			 : "rax", "memory");
	wrmsr(MSR_GS_BASE, (u64)c); /* loading the selector cleared it */
	wrmsr(MSR_KERNEL_GS_BASE, 0);
	init_syscall_msrs();
}

void desc_set_tls(struct cpu_arch *a, const u64 tls[3])
{
	for (int i = 0; i < 3; i++)
		a->gdt[GDT_TLS_MIN + i] = tls[i];
}

u64 desc_base(const u64 tls[3], u16 sel)
{
	unsigned i = (unsigned)(sel >> 3) - GDT_TLS_MIN;
	u64 d = i < 3 ? tls[i] : 0;

	return (d >> 16 & 0xffffff) | (d >> 56) << 24;
}
