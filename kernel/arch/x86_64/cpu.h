/* SPDX-License-Identifier: MIT */
/*
 * struct cpu: what each processor owns, found through the GS base while in the kernel.  entry.S uses
 * the offsets (asm-offsets.c); only the owning CPU writes unless a field says [atomic].
 */
#pragma once

#define MAX_CPUS 8

struct task;
struct mm;

struct cpu {
	struct cpu *self;
	struct task *curr; /* the running task: `current` */
	unsigned long kernel_sp; /* top of current's kernel stack: where entries put struct regs */
	unsigned long user_sp; /* scratch of the syscall entry */
	u32 preempt_count; /* 0: preemptible */
	u32 need_resched; /* [atomic] set by any CPU, then an IPI */
	u32 irq_depth; /* > 0 inside an interrupt handler */
	int id; /* [const] 0…nr_cpus-1 */
	u32 apic_id; /* [const] */
	bool online; /* [atomic] */
	/* [atomic] halted, outside interrupts: reads nothing that RCU guards (kernel/sync/rcu.h) */
	bool rcu_idle;
	struct mm *active_mm; /* page tables loaded in CR3 */
	struct task *idle; /* [const] */
	struct task *fpu_owner; /* whose FPU state is in the registers */
	struct rq *rq; /* [const] kernel/sched */
	struct cpu_mm *mm; /* [const] kernel/mm per-CPU lists */
	struct cpu_timer *timer; /* [const] kernel/time per-CPU timer queue */
	struct cpu_arch *arch; /* [const] GDT, TSS, IST stacks */
};

extern struct cpu *cpus[MAX_CPUS]; /* [const] after boot */
extern int nr_cpus; /* [const] CPUs that were found and started */

#define for_each_cpu(c) for (int fc_i = 0; fc_i < nr_cpus && ((c) = cpus[fc_i], true); fc_i++)

#define CPU_READ(field)                                                                               \
	({                                                                                            \
		__typeof__(((struct cpu *)0)->field) cr_v;                                            \
		__asm__ volatile("mov %%gs:%c1, %0" : "=r"(cr_v) : "i"(offsetof(struct cpu, field))); \
		cr_v;                                                                                 \
	})

static __always_inline struct cpu *this_cpu(void) /* stable only while preemption is off */
{
	return CPU_READ(self);
}

/* `current` may be cached by the compiler: it does not change under the running code. */
static __always_inline struct task *get_current(void)
{
	struct task *t;

	__asm__("mov %%gs:%c1, %0" : "=r"(t) : "i"(offsetof(struct cpu, curr)));
	return t;
}
#define current get_current()

static __always_inline void cpu_preempt_inc(void)
{
	__asm__ volatile("incl %%gs:%c0" ::"i"(offsetof(struct cpu, preempt_count)) : "memory", "cc");
}

static __always_inline void cpu_preempt_dec(void)
{
	__asm__ volatile("decl %%gs:%c0" ::"i"(offsetof(struct cpu, preempt_count)) : "memory", "cc");
}

/* Decrements; true when the count reached zero and a reschedule is pending. */
static __always_inline bool cpu_preempt_dec_and_resched(void)
{
	bool zero;

	__asm__ volatile("decl %%gs:%c1"
			 : "=@ccz"(zero)
			 : "i"(offsetof(struct cpu, preempt_count))
			 : "memory");
	return zero && unlikely(CPU_READ(need_resched));
}

static __always_inline u32 cpu_preempt_count(void)
{
	return CPU_READ(preempt_count);
}

static __always_inline void cpu_relax(void)
{
	__asm__ volatile("pause" ::: "memory");
}

/* ---- interrupts of this CPU ---- */

static __always_inline unsigned long arch_irq_save(void) /* returns the flags, interrupts off */
{
	unsigned long flags;

	__asm__ volatile("pushfq; popq %0; cli" : "=r"(flags)::"memory");
	return flags;
}

static __always_inline void arch_irq_enable(void)
{
	__asm__ volatile("sti" ::: "memory");
}

static __always_inline void arch_irq_disable(void)
{
	__asm__ volatile("cli" ::: "memory");
}

#define IRQ_FLAG (1UL << 9) /* EFLAGS.IF */

static __always_inline void arch_irq_restore(unsigned long flags) /* as saved */
{
	if (flags & IRQ_FLAG)
		arch_irq_enable();
}

static __always_inline bool arch_irqs_enabled(void)
{
	unsigned long flags;

	__asm__ volatile("pushfq; popq %0" : "=r"(flags)::"memory");
	return flags & IRQ_FLAG;
}
