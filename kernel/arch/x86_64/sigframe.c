// SPDX-License-Identifier: MIT
/*
 * Signal frames of 64-bit programs, as Linux lays them out (debuggers and unwinders know it):
 *
 *   FPU image, 64-byte aligned | siginfo | ucontext | return address (the restorer)   <- sp, 16n-8
 *
 * A frame is user memory: on the way back nothing in it is trusted but where the hardware checks it.
 */
#include "kernel/arch/x86_64/sigframe.h"
#include "kernel/arch/x86_64/fpu.h"
#include "kernel/base/string.h"
#include "kernel/gate/uaccess.h"
#include "kernel/task/task.h"
#include <asm/ucontext.h>

#define RED_ZONE 128

struct rt_sigframe {
	u64 pretcode;
	struct ucontext uc;
	siginfo_t info;
};
static_assert(offsetof(struct rt_sigframe, uc) == 8, "rt_sigframe");
static_assert(sizeof(struct rt_sigframe) == 8 + 304 + 128, "rt_sigframe: uc_sigmask is 8 bytes");

size_t arch_sigframe_size(bool ia32)
{
	return sizeof(struct rt_sigframe) + fpu_sigframe_size() + IA32_FSAVE_SIZE + 63 + 15 + 8 +
	       (ia32 ? 0 : RED_ZONE);
}

static bool within_altstack(unsigned long sp)
{
	return sp > current->sas_sp && sp - current->sas_sp <= current->sas_size;
}

bool sigframe_place(const struct ksignal *ks, const struct regs *regs, size_t size, bool ia32,
		    unsigned long *frame, unsigned long *fpstate)
{
	bool nested = signal_on_altstack(regs->sp), entering = false;
	unsigned long sp = regs->sp;

	if (!ia32)
		sp -= RED_ZONE;
	if ((ks->action.flags & SA_ONSTACK) && signal_altstack_flags(regs->sp) == 0) {
		sp = current->sas_sp + current->sas_size;
		entering = true;
	}
	*fpstate = 0;
	if (fpu_used(current)) { /* never used: no image means the initial state on return */
		sp = (sp - fpu_sigframe_size()) & ~63UL;
		if (ia32)
			sp -= IA32_FSAVE_SIZE;
		*fpstate = sp;
	}
	sp -= size;
	*frame = ia32 ? ((sp + 4) & ~15UL) - 4 : (sp & ~15UL) - 8;
	/* Overflowing the alternate stack would silently write below it. */
	return !(nested || entering) || within_altstack(*frame);
}

static void fill_context(struct sigcontext *sc, const struct regs *regs, unsigned long fpstate)
{
	const struct arch_task *at = &current->arch;

	*sc = (struct sigcontext){
		.r8 = regs->r8,
		.r9 = regs->r9,
		.r10 = regs->r10,
		.r11 = regs->r11,
		.r12 = regs->r12,
		.r13 = regs->r13,
		.r14 = regs->r14,
		.r15 = regs->r15,
		.rdi = regs->di,
		.rsi = regs->si,
		.rbp = regs->bp,
		.rbx = regs->bx,
		.rdx = regs->dx,
		.rax = regs->ax,
		.rcx = regs->cx,
		.rsp = regs->sp,
		.rip = regs->ip,
		.eflags = regs->flags,
		.cs = (u16)regs->cs,
		.ss = (u16)regs->ss,
		.err = at->fault_error,
		.trapno = at->fault_vector,
		.cr2 = at->fault_addr,
		.oldmask = signal_mask_to_save(),
		.fpstate = (__force void *)fpstate,
	};
}

static int write_frame(struct ksignal *ks, struct regs *regs, unsigned long at, unsigned long fpstate)
{
	struct rt_sigframe f;
	size_t size = ks->action.flags & SA_SIGINFO ? sizeof(f) : offsetof(struct rt_sigframe, info);

	memset(&f, 0, offsetof(struct rt_sigframe, info));
	f.pretcode = ks->action.restorer;
	f.uc.uc_flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS |
			(fpstate && fpu_sigframe_size() > 512 ? UC_FP_XSTATE : 0);
	f.uc.uc_stack.ss_sp = (__force void *)current->sas_sp;
	f.uc.uc_stack.ss_size = current->sas_size;
	f.uc.uc_stack.ss_flags = (int)current->sas_flags;
	fill_context(&f.uc.uc_mcontext, regs, fpstate);
	memcpy(&f.uc.uc_sigmask, &f.uc.uc_mcontext.oldmask, sizeof(f.uc.uc_sigmask));
	if (ks->action.flags & SA_SIGINFO)
		f.info = ks->info;
	return copy_to_user((void __user *)at, &f, size);
}

int arch_signal_setup(struct ksignal *ks, struct regs *regs)
{
	unsigned long at, fpstate;

	if (ks->action.flags & SA_IA32_K)
		return sigframe_setup_ia32(ks, regs);
	if (!sigframe_place(ks, regs, sizeof(struct rt_sigframe), false, &at, &fpstate))
		return -EFAULT;
	if (!(ks->action.flags & SA_RESTORER)) /* there is no other way back for 64-bit programs */
		return -EFAULT;
	if (fpstate && fpu_sigframe_write((void __user *)fpstate))
		return -EFAULT;
	if (write_frame(ks, regs, at, fpstate))
		return -EFAULT;
	regs->di = (unsigned long)ks->sig;
	regs->si = at + offsetof(struct rt_sigframe, info);
	regs->dx = at + offsetof(struct rt_sigframe, uc);
	regs->ax = 0; /* varargs handlers: no vector registers */
	regs->ip = ks->action.handler;
	regs->sp = at;
	regs->cs = USER_CS;
	regs->ss = USER_DS;
	regs->flags &= ~(FLAG_TF | FLAG_DF | FLAG_RF);
	task_set_work(current, WORK_IRET);
	fpu_reset(); /* a handler starts with a clean FPU */
	return 0;
}

/* ---- the way back ----------------------------------------------------------------------------- */

void sigframe_finish(struct regs *regs)
{
	current->restart.fn = NULL; /* restart_syscall(2) answers EINTR from now on */
	regs->orig_ax = ~0UL; /* not in a call: nothing to restart */
	task_set_work(current, WORK_IRET);
}

static int restore_context(struct regs *regs, const struct sigcontext *sc, unsigned long uc_flags)
{
	regs->r8 = sc->r8;
	regs->r9 = sc->r9;
	regs->r10 = sc->r10;
	regs->r11 = sc->r11;
	regs->r12 = sc->r12;
	regs->r13 = sc->r13;
	regs->r14 = sc->r14;
	regs->r15 = sc->r15;
	regs->di = sc->rdi;
	regs->si = sc->rsi;
	regs->bp = sc->rbp;
	regs->bx = sc->rbx;
	regs->dx = sc->rdx;
	regs->ax = sc->rax;
	regs->cx = sc->rcx;
	regs->sp = sc->rsp;
	regs->ip = sc->rip;
	/* The privilege bits are forced: any other selector faults in iret, as the program's own fault. */
	regs->cs = sc->cs | 3;
	regs->ss = sc->ss | 3;
	if (!(uc_flags & UC_STRICT_RESTORE_SS) && regs->cs == USER_CS)
		regs->ss = USER_DS;
	regs->flags = (regs->flags & ~SIGFRAME_FLAGS_MASK) | (sc->eflags & SIGFRAME_FLAGS_MASK);
	sigframe_finish(regs);
	return fpu_sigframe_read((const void __user *)sc->fpstate);
}

long arch_sigreturn(struct regs *regs, bool rt, bool ia32)
{
	struct ucontext uc;
	u64 mask;

	if (ia32)
		return sigframe_return_ia32(regs, rt);

	/* The handler's ret has taken pretcode off the stack. */
	unsigned long at = regs->sp - 8;

	if (copy_from_user(&uc, (const void __user *)(at + offsetof(struct rt_sigframe, uc)), sizeof(uc)))
		goto bad;
	memcpy(&mask, &uc.uc_sigmask, sizeof(mask));
	signal_set_blocked(mask);
	if (restore_context(regs, &uc.uc_mcontext, uc.uc_flags))
		goto bad;
	(void)!do_sigaltstack(&uc.uc_stack, NULL, regs->sp,
			      MINSIGSTKSZ); /* a bad one is left as it is, as Linux does */
	return (long)regs->ax;
bad:
	signal_force(SIGSEGV, SI_KERNEL, 0, 0);
	return 0;
}
