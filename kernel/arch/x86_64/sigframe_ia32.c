// SPDX-License-Identifier: MIT
/*
 * Signal frames of 32-bit programs.  Two kinds: with SA_SIGINFO (rt) and the older one without; both are
 * left through int $0x80, in the 32-bit vDSO, the program's restorer, or the code at the frame's end.
 * The FPU image is FSAVE's 112 bytes followed by the FXSAVE/XSAVE image that 64-bit frames have.
 */
#include "abi/ia32/signal.h"
#include "kernel/arch/x86_64/fpu.h"
#include "kernel/arch/x86_64/sigframe.h"
#include "kernel/arch/x86_64/vdso.h"
#include "kernel/base/string.h"
#include "kernel/gate/uaccess.h"
#include "kernel/mm/mm.h"
#include "kernel/task/task.h"
#include <asm/ucontext.h>

/* popl %eax; movl $119, %eax; int $0x80 and movl $173, %eax; int $0x80: debuggers recognise the bytes. */
static const u8 retcode[8] = { 0x58, 0xb8, 119, 0, 0, 0, 0xcd, 0x80 };
static const u8 rt_retcode[8] = { 0xb8, 173, 0, 0, 0, 0xcd, 0x80, 0 };

#define READ_SEG(seg)                                                \
	({                                                           \
		u16 rs_v;                                            \
		__asm__ volatile("mov %%" #seg ", %0" : "=r"(rs_v)); \
		rs_v;                                                \
	})

static void fill_context(struct sigcontext_32 *sc, const struct regs *regs, unsigned long fpstate)
{
	const struct arch_task *at = &current->arch;

	*sc = (struct sigcontext_32){
		.gs = READ_SEG(gs),
		.fs = READ_SEG(fs),
		.es = READ_SEG(es),
		.ds = READ_SEG(ds),
		.di = (u32)regs->di,
		.si = (u32)regs->si,
		.bp = (u32)regs->bp,
		.sp = (u32)regs->sp,
		.bx = (u32)regs->bx,
		.dx = (u32)regs->dx,
		.cx = (u32)regs->cx,
		.ax = (u32)regs->ax,
		.trapno = (u32)at->fault_vector,
		.err = (u32)at->fault_error,
		.ip = (u32)regs->ip,
		.cs = (u16)regs->cs,
		.flags = (u32)regs->flags,
		.sp_at_signal = (u32)regs->sp,
		.ss = (u16)regs->ss,
		.fpstate = (u32)fpstate,
		.oldmask = (u32)signal_mask_to_save(),
		.cr2 = (u32)at->fault_addr,
	};
}

static int write_fpstate(unsigned long fpstate)
{
	union {
		struct _fpstate_32 fsave;
		u8 bytes[sizeof(struct _fpstate_32)];
	} head;

	if (!fpstate)
		return 0;
	if (fpu_sigframe_write((void __user *)(fpstate + IA32_FSAVE_SIZE)))
		return -EFAULT;
	memset(&head, 0, IA32_FSAVE_SIZE);
	fpu_to_ia32(&head.fsave);
	head.fsave.status = (u16)head.fsave.sw;
	head.fsave.magic = X86_FXSR_MAGIC; /* "the FXSAVE image follows" */
	return copy_to_user((void __user *)fpstate, &head, IA32_FSAVE_SIZE);
}

static u32 return_address(const struct ksignal *ks, unsigned long in_frame, u32 vdso_offset)
{
	if (ks->action.flags & SA_RESTORER)
		return (u32)ks->action.restorer;
	if (current->mm->arch.vdso)
		return (u32)(current->mm->arch.vdso + vdso_offset);
	return (u32)in_frame;
}

static int write_plain(struct ksignal *ks, struct regs *regs, unsigned long at, unsigned long fpstate)
{
	struct ia32_sigframe f;

	memset(&f, 0, sizeof(f));
	f.pretcode = return_address(ks, at + offsetof(struct ia32_sigframe, retcode),
				    vdso32_sigreturn_offset);
	f.sig = ks->sig;
	fill_context(&f.sc, regs, fpstate);
	f.extramask = (u32)(signal_mask_to_save() >> 32);
	memcpy(f.retcode, retcode, sizeof(retcode));
	regs->dx = 0;
	regs->cx = 0;
	return copy_to_user((void __user *)at, &f, sizeof(f));
}

static int write_rt(struct ksignal *ks, struct regs *regs, unsigned long at, unsigned long fpstate)
{
	struct ia32_rt_sigframe f;
	u64 mask = signal_mask_to_save();

	memset(&f, 0, sizeof(f));
	f.pretcode = return_address(ks, at + offsetof(struct ia32_rt_sigframe, retcode),
				    vdso32_rt_sigreturn_offset);
	f.sig = ks->sig;
	f.pinfo = (u32)(at + offsetof(struct ia32_rt_sigframe, info));
	f.puc = (u32)(at + offsetof(struct ia32_rt_sigframe, uc));
	siginfo_to_ia32(&f.info, &ks->info);
	f.uc.uc_flags = fpstate && fpu_sigframe_size() > 512 ? UC_FP_XSTATE : 0;
	f.uc.uc_stack.ss_sp = (u32)current->sas_sp;
	f.uc.uc_stack.ss_flags = (s32)current->sas_flags;
	f.uc.uc_stack.ss_size = (u32)current->sas_size;
	fill_context(&f.uc.uc_mcontext, regs, fpstate);
	memcpy(f.uc.uc_sigmask, &mask, sizeof(mask));
	memcpy(f.retcode, rt_retcode, sizeof(rt_retcode));
	regs->dx = f.pinfo; /* also in registers, for handlers built with -mregparm=3 */
	regs->cx = f.puc;
	return copy_to_user((void __user *)at, &f, sizeof(f));
}

int sigframe_setup_ia32(struct ksignal *ks, struct regs *regs)
{
	bool rt = ks->action.flags & SA_SIGINFO;
	unsigned long at, fpstate;
	int err;

	if (!sigframe_place(ks, regs, rt ? sizeof(struct ia32_rt_sigframe) : sizeof(struct ia32_sigframe),
			    true, &at, &fpstate))
		return -EFAULT;
	if (at >> 32 || write_fpstate(fpstate))
		return -EFAULT;
	err = rt ? write_rt(ks, regs, at, fpstate) : write_plain(ks, regs, at, fpstate);
	if (err)
		return err;
	regs->ax = (unsigned long)ks->sig;
	regs->ip = ks->action.handler;
	regs->sp = at;
	regs->cs = USER32_CS;
	regs->ss = USER_DS;
	regs->flags &= ~(FLAG_TF | FLAG_DF | FLAG_RF);
	__asm__ volatile("mov %0, %%ds; mov %0, %%es" ::"r"(USER_DS));
	task_set_work(current, WORK_IRET);
	fpu_reset();
	return 0;
}

/* ---- the way back ----------------------------------------------------------------------------- */

static int restore_fpstate(unsigned long fpstate)
{
	union {
		struct _fpstate_32 fsave;
		u8 bytes[sizeof(struct _fpstate_32)];
	} head;

	if (!fpstate)
		return fpu_sigframe_read(NULL);
	memset(&head, 0, sizeof(head));
	if (copy_from_user(&head, (const void __user *)fpstate, IA32_FSAVE_SIZE))
		return -EFAULT;
	if (head.fsave.magic == X86_FXSR_MAGIC) {
		int err = fpu_sigframe_read((const void __user *)(fpstate + IA32_FSAVE_SIZE));

		if (err)
			return err;
	}
	return fpu_from_ia32(
		&head.fsave); /* the x87 registers as the FSAVE part has them: programs edit that one */
}

/* Data segments are reloaded only with what cannot fault: null, or the flat user segment. */
static void restore_data_segments(const struct sigcontext_32 *sc)
{
	u16 ds = sc->ds ? sc->ds | 3 : 0, es = sc->es ? sc->es | 3 : 0;

	if (!ds || ds == USER_DS)
		__asm__ volatile("mov %0, %%ds" ::"r"(ds));
	if (!es || es == USER_DS)
		__asm__ volatile("mov %0, %%es" ::"r"(es));
}

static int restore_context(struct regs *regs, const struct sigcontext_32 *sc)
{
	regs->di = sc->di;
	regs->si = sc->si;
	regs->bp = sc->bp;
	regs->sp = sc->sp;
	regs->bx = sc->bx;
	regs->dx = sc->dx;
	regs->cx = sc->cx;
	regs->ax = sc->ax;
	regs->ip = sc->ip;
	regs->cs = sc->cs | 3;
	regs->ss = sc->ss | 3;
	regs->flags = (regs->flags & ~SIGFRAME_FLAGS_MASK) | (sc->flags & SIGFRAME_FLAGS_MASK);
	restore_data_segments(sc);
	sigframe_finish(regs);
	return restore_fpstate(sc->fpstate);
}

static long return_plain(struct regs *regs)
{
	/* pretcode went with ret, the signal number with popl. */
	unsigned long at = (u32)regs->sp - 8;
	struct sigcontext_32 sc;
	u32 extra;

	if (copy_from_user(&sc, (const void __user *)(at + offsetof(struct ia32_sigframe, sc)), sizeof(sc)) ||
	    copy_from_user(&extra, (const void __user *)(at + offsetof(struct ia32_sigframe, extramask)),
			   sizeof(extra)))
		return -EFAULT;
	signal_set_blocked((u64)extra << 32 | sc.oldmask);
	return restore_context(regs, &sc);
}

static long return_rt(struct regs *regs)
{
	unsigned long at = (u32)regs->sp - 4;
	struct ia32_ucontext uc;
	u64 mask;
	int err;

	if (copy_from_user(&uc, (const void __user *)(at + offsetof(struct ia32_rt_sigframe, uc)),
			   sizeof(uc)))
		return -EFAULT;
	memcpy(&mask, uc.uc_sigmask, sizeof(mask));
	signal_set_blocked(mask);
	if ((err = restore_context(regs, &uc.uc_mcontext)))
		return err;

	stack_t ss = { .ss_sp = (__force void *)(unsigned long)uc.uc_stack.ss_sp,
		       .ss_flags = uc.uc_stack.ss_flags,
		       .ss_size = uc.uc_stack.ss_size };

	(void)!do_sigaltstack(&ss, NULL, regs->sp, MINSIGSTKSZ);
	return 0;
}

long sigframe_return_ia32(struct regs *regs, bool rt)
{
	if (rt ? return_rt(regs) : return_plain(regs)) {
		signal_force(SIGSEGV, SI_KERNEL, 0, 0);
		return 0;
	}
	return (long)regs->ax;
}
