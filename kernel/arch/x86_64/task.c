// SPDX-License-Identifier: MIT
/*
 * The machine part of tasks: switching, first run, exec, segment bases.
 *
 * Segment registers and bases of user mode stay in the CPU while kernel threads run; cpu_arch remembers
 * what is loaded, so that switching between 64-bit programs touches no selector.  Selectors are checked
 * before they are loaded: a segment load in the kernel never faults.
 */
#include "kernel/arch/x86_64/entry.h"
#include "kernel/arch/x86_64/fpu.h"
#include "kernel/arch/x86_64/internal.h"
#include "kernel/arch/x86_64/tls.h"
#include "kernel/base/string.h"
#include "kernel/gate/uaccess.h"
#include "kernel/mm/mm.h"
#include "kernel/task/task.h"
#include <asm/prctl.h>

/* The four selectors of an arch_task as one word. */
static inline u64 selectors(const struct arch_task *a)
{
	return (u64)a->fsindex | (u64)a->gsindex << 16 | (u64)a->ds << 32 | (u64)a->es << 48;
}
static_assert(offsetof(struct arch_task, es) == offsetof(struct arch_task, fsindex) + 6,
	      "packed as one word");

#define READ_SEGMENT(reg)                                             \
	({                                                            \
		u32 rs_v;                                             \
		__asm__ volatile("movl %%" #reg ", %0" : "=r"(rs_v)); \
		(u16) rs_v;                                           \
	})
#define LOAD_SEGMENT(reg, sel) __asm__ volatile("movl %0, %%" #reg ::"r"((u32)(sel)) : "memory")

/* The user's GS is the other one while we are in the kernel; interrupts are off between the swaps. */
static void load_user_gs(u16 sel)
{
	unsigned long flags = arch_irq_save();

	__asm__ volatile("swapgs; movl %0, %%gs; swapgs" ::"r"((u32)sel) : "memory");
	arch_irq_restore(flags);
}

static u64 read_user_gsbase(void)
{
	u64 v;

	if (!cpu_has.fsgsbase)
		return rdmsr(MSR_KERNEL_GS_BASE);

	unsigned long flags = arch_irq_save();

	__asm__ volatile("swapgs; rdgsbase %0; swapgs" : "=r"(v)::"memory");
	arch_irq_restore(flags);
	return v;
}

static void write_fsbase(u64 v)
{
	if (cpu_has.fsgsbase)
		__asm__ volatile("wrfsbase %0" ::"r"(v));
	else
		wrmsr(MSR_FS_BASE, v);
}

void task_save_segments(struct arch_task *to)
{
	struct cpu_arch *a = this_cpu()->arch;

	to->fsindex = READ_SEGMENT(fs);
	to->gsindex = READ_SEGMENT(gs);
	to->ds = READ_SEGMENT(ds);
	to->es = READ_SEGMENT(es);
	if (cpu_has.fsgsbase) {
		u64 fs;

		__asm__ volatile("rdfsbase %0" : "=r"(fs));
		to->fsbase = fs;
		to->gsbase = read_user_gsbase();
		/* only through us can it have changed, or by loading a selector, which brings its own base */
	} else {
		if (to->fsindex > 3)
			to->fsbase = 0;
		if (to->gsindex > 3)
			to->gsbase = 0;
	}
	a->selectors = selectors(to);
	a->fsbase = to->fsbase;
	a->gsbase = to->gsbase;
}

/* sel, or the null selector when loading it would fault. */
static u16 checked(u16 sel, const struct arch_task *t)
{
	unsigned i = sel >> 3;

	if (sel & 4)
		return 0; /* there is no LDT */
	if (i >= GDT_TLS_MIN && i <= GDT_TLS_MAX)
		return t->tls[i - GDT_TLS_MIN] >> 47 & 1 ? sel : 0;
	return i == GDT_USER32_CS || i == GDT_USER_DS || i == GDT_USER_CS || i == GDT_CPUNODE || sel <= 3
		       ? sel
		       : 0;
}

static void load_selectors(struct cpu_arch *a, const struct arch_task *t)
{
	u16 fs = checked(t->fsindex, t), gs = checked(t->gsindex, t);

	LOAD_SEGMENT(ds, checked(t->ds, t));
	LOAD_SEGMENT(es, checked(t->es, t));
	LOAD_SEGMENT(fs, fs);
	load_user_gs(gs);
	a->selectors = selectors(t);
	/* The loads replaced the bases: by the descriptors', or by 0 or nothing for null. */
	if (fs <= 3)
		write_fsbase(t->fsbase);
	else if (cpu_has.fsgsbase)
		write_fsbase(t->fsbase ? t->fsbase : desc_base(t->tls, fs));
	if (gs <= 3)
		wrmsr(MSR_KERNEL_GS_BASE, t->gsbase);
	else if (cpu_has.fsgsbase)
		wrmsr(MSR_KERNEL_GS_BASE, t->gsbase ? t->gsbase : desc_base(t->tls, gs));
	a->fsbase = t->fsbase;
	a->gsbase = t->gsbase;
}

void task_load_segments(const struct arch_task *t)
{
	struct cpu_arch *a = this_cpu()->arch;

	if (unlikely(t->tls[0] | t->tls[1] | t->tls[2] | a->tls_set)) {
		desc_set_tls(a, t->tls);
		a->tls_set = t->tls[0] | t->tls[1] | t->tls[2];
		load_selectors(a, t);
		return;
	}
	if (unlikely(selectors(t) | a->selectors)) {
		load_selectors(a, t);
		return;
	}
	if (a->fsbase != t->fsbase) {
		write_fsbase(t->fsbase);
		a->fsbase = t->fsbase;
	}
	if (a->gsbase != t->gsbase) {
		wrmsr(MSR_KERNEL_GS_BASE, t->gsbase);
		a->gsbase = t->gsbase;
	}
}

static void load_debug_registers(const struct arch_task *t)
{
	write_dr7(0);
	write_dr0(t->debugreg[0]);
	write_dr1(t->debugreg[1]);
	write_dr2(t->debugreg[2]);
	write_dr3(t->debugreg[3]);
	write_dr7(t->debugreg[7]);
}

static void load_tsc_permission(bool no_tsc)
{
	write_cr4(no_tsc ? read_cr4() | X86_CR4_TSD : read_cr4() & ~X86_CR4_TSD);
}

void arch_set_tsc_permission(bool allowed)
{
	preempt_disable();
	current->arch.no_tsc = !allowed;
	load_tsc_permission(!allowed);
	preempt_enable();
}

bool arch_tsc_permission(void)
{
	return !current->arch.no_tsc;
}

struct task *arch_switch(struct task *prev, struct task *next)
{
	struct cpu *c = this_cpu();
	struct cpu_arch *a = c->arch;

	/* The scheduler switches address spaces; but a shoot-down may have dropped ours while we idled. */
	if (next->mm && unlikely(a->loaded_mm != &next->mm->arch))
		tlb_switch(&next->mm->arch);
	fpu_switch(c, prev, next);
	if (!(prev->flags & PF_KTHREAD))
		task_save_segments(&prev->arch);
	if (!(next->flags & PF_KTHREAD))
		task_load_segments(&next->arch);
	if (unlikely(prev->arch.debugreg[7] | next->arch.debugreg[7]))
		load_debug_registers(&next->arch);
	if (unlikely(prev->arch.no_tsc != next->arch.no_tsc))
		load_tsc_permission(next->arch.no_tsc);
	c->curr = next;
	c->kernel_sp = (unsigned long)next->kstack + KSTACK_SIZE;
	a->tss.rsp[0] = c->kernel_sp;
	return switch_stack(prev, next);
}

/* ---- first run ---- */

struct switch_frame { /* what switch_stack() pops */
	unsigned long r15, r14, r13, r12, bx, bp, ip;
};

unsigned long arch_task_frame(const struct task *t)
{
	return (unsigned long)&((const struct switch_frame *)t->arch.ksp)->bp;
}

static struct switch_frame *push_first_frame(struct task *t)
{
	struct switch_frame *f = (struct switch_frame *)task_user_regs(t->kstack) - 1;

	*f = (struct switch_frame){ .ip = (unsigned long)ret_from_fork };
	t->arch.ksp = (unsigned long)f;
	return f;
}

void arch_task_setup_user(struct task *t, const struct regs *regs)
{
	*task_user_regs(t->kstack) = *regs;
	push_first_frame(t);
}

void arch_task_setup_kthread(struct task *t, void (*fn)(void *), void *arg)
{
	struct switch_frame *f = push_first_frame(t);

	*task_user_regs(t->kstack) = (struct regs){ .orig_ax = ~0UL };
	f->bx = (unsigned long)fn;
	f->r12 = (unsigned long)arg;
}

/* ---- exec ---- */

/* Loads changed segment state of current. */
static void reload_segments(struct task *t)
{
	preempt_disable();
	this_cpu()->arch->selectors = ~0UL; /* whatever is there is wrong */
	task_load_segments(&t->arch);
	preempt_enable();
}

void arch_task_exec(struct task *t)
{
	struct arch_task *a = &t->arch;

	fpu_drop();
	memset(a->tls, 0, sizeof(a->tls));
	if (a->debugreg[7])
		write_dr7(0);
	memset(a->debugreg, 0, sizeof(a->debugreg));
	a->fsindex = a->gsindex = 0;
	a->fsbase = a->gsbase = 0;
	a->fault_addr = a->fault_error = a->fault_vector = 0;
	reload_segments(t);
}

void arch_regs_exec(struct regs *regs, unsigned long entry, unsigned long sp, bool ia32)
{
	struct task *t = current;

	*regs = (struct regs){
		.orig_ax = regs->orig_ax,
		.ip = entry,
		.cs = ia32 ? USER32_CS : USER_CS,
		.flags = X86_EFLAGS_IF | X86_EFLAGS_FIXED,
		.sp = sp,
		.ss = USER_DS,
	};
	t->arch.ia32 = ia32;
	t->arch.ds = t->arch.es = ia32 ? USER_DS : 0;
	reload_segments(t);
	task_set_work(t, WORK_IRET);
}

/* ---- thread-local storage ---- */

int arch_set_tls(struct task *t, struct regs *regs, unsigned long tls, bool ia32)
{
	struct user_desc info;
	bool allocated;

	if (ia32) {
		if (copy_from_user(&info, (void __user *)tls, sizeof(info)))
			return -EFAULT;
		return tls_set(t, -1, &info, false, &allocated);
	}
	if (tls >= USER_TOP)
		return -EPERM;
	t->arch.fsindex = 0;
	t->arch.fsbase = tls;
	return 0;
}

static long set_base(struct task *t, bool gs, unsigned long addr)
{
	if (addr >= USER_TOP)
		return -EPERM;
	preempt_disable();
	task_save_segments(&t->arch);
	*(gs ? &t->arch.gsindex : &t->arch.fsindex) = 0;
	*(gs ? &t->arch.gsbase : &t->arch.fsbase) = addr;
	task_load_segments(&t->arch);
	preempt_enable();
	return 0;
}

static long get_base(struct task *t, bool gs, unsigned long uaddr)
{
	u64 base;
	u16 sel;

	preempt_disable();
	task_save_segments(&t->arch);
	sel = gs ? t->arch.gsindex : t->arch.fsindex;
	base = gs ? t->arch.gsbase : t->arch.fsbase;
	if (!cpu_has.fsgsbase && sel > 3)
		base = desc_base(t->arch.tls, sel);
	preempt_enable();
	return put_user(base, (u64 __user *)uaddr);
}

/* ARCH_* of arch_prctl(2) for current, 64-bit ones. */
long arch_prctl(struct task *t, int option, unsigned long addr)
{
	switch (option) {
	case ARCH_SET_FS:
	case ARCH_SET_GS:
		return set_base(t, option == ARCH_SET_GS, addr);
	case ARCH_GET_FS:
	case ARCH_GET_GS:
		return get_base(t, option == ARCH_GET_GS, addr);
	case ARCH_GET_CPUID: /* CPUID faulting is not offered: it always works */
		return 1;
	case ARCH_SET_CPUID:
		return -ENODEV;
	case ARCH_GET_XCOMP_SUPP:
	case ARCH_GET_XCOMP_PERM: {
		u64 features = fpu_features();

		return put_user(features, (u64 __user *)addr);
	}
	default:
		return -EINVAL;
	}
}
