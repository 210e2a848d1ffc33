// SPDX-License-Identifier: MIT
/*
 * FPU, SSE and AVX state.  CR0.TS is set while the running task has no state: its first FPU instruction
 * traps, gets a state and keeps the FPU from then on.  The switch saves the registers of a task that has
 * state and loads the next one's, unless they are still there (cpu->fpu_owner and fpu_state.last_cpu
 * agree).
 *
 * All functions run with preemption off or on behalf of current; the registers belong to current while TS
 * is clear.
 */
#include "kernel/arch/x86_64/fpu.h"
#include "kernel/arch/x86_64/internal.h"
#include "kernel/arch/x86_64/trap.h"
#include "kernel/base/string.h"
#include "kernel/gate/uaccess.h"
#include "kernel/mm/slab.h"
#include "kernel/task/task.h"

#define FXSAVE_SIZE 512
#define XSTATE_FP   1
#define XSTATE_SSE  2
#define XSTATE_AVX  4
#define MXCSR_INIT  0x1f80
/*
 * Components whose state is complete in XSAVE's standard form and needs no permission: no AMX, no
 * supervisor state.
 */
#define XSTATE_WANTED (XSTATE_FP | XSTATE_SSE | XSTATE_AVX | 0xe0 /* AVX-512 */)

int fpu_xsave_user(void __user *p, u64 features); /* uaccess.S */
int fpu_xrstor_user(const void __user *p, u64 features);
int fpu_fxsave_user(void __user *p, u64 features);
int fpu_fxrstor_user(const void __user *p, u64 features);

/* XSAVE standard form or FXSAVE image of fpu_size bytes; behind it the CPU whose registers last held it. */
struct fpu_state {
	u8 image[FXSAVE_SIZE] __aligned(64);
};

static size_t fpu_size = FXSAVE_SIZE; /* [const] */
static u64 xfeatures; /* [const] XCR0 */
static struct slab_cache *fpu_cache; /* [const] */
static struct fpu_state *init_state; /* [const] registers as a program starts */

static int *last_cpu(struct fpu_state *s)
{
	return (int *)((u8 *)s + fpu_size);
}

static void xsetbv(u32 reg, u64 v)
{
	__asm__ volatile("xsetbv" ::"c"(reg), "a"((u32)v), "d"((u32)(v >> 32)));
}

static void save(struct fpu_state *s)
{
	u32 lo = (u32)xfeatures, hi = (u32)(xfeatures >> 32);

	if (cpu_has.xsaveopt)
		__asm__ volatile("xsaveopt64 (%0)" ::"r"(s), "a"(lo), "d"(hi) : "memory");
	else if (cpu_has.xsave)
		__asm__ volatile("xsave64 (%0)" ::"r"(s), "a"(lo), "d"(hi) : "memory");
	else
		__asm__ volatile("fxsave64 (%0)" ::"r"(s) : "memory");
}

/* All components are written, also those in their initial state, which XSAVEOPT leaves out. */
static void save_all(struct fpu_state *s)
{
	if (cpu_has.xsave)
		__asm__ volatile("xsave64 (%0)" ::"r"(s), "a"((u32)xfeatures), "d"((u32)(xfeatures >> 32))
				 : "memory");
	else
		save(s);
}

static void restore_some(const struct fpu_state *s, u64 features)
{
	u32 lo = (u32)features, hi = (u32)(features >> 32);

	if (cpu_has.xsave)
		__asm__ volatile("xrstor64 (%0)" ::"r"(s), "a"(lo), "d"(hi) : "memory");
	else
		__asm__ volatile("fxrstor64 (%0)" ::"r"(s) : "memory");
}

static void restore(const struct fpu_state *s)
{
	restore_some(s, xfeatures);
}

static void clts(void)
{
	__asm__ volatile("clts" ::: "memory");
}

static void stts(void)
{
	write_cr0(read_cr0() | X86_CR0_TS);
}

/* Per CPU, before any task runs on it. */
void fpu_init_cpu(void)
{
	if (!cpu_has.xsave)
		return;
	if (!xfeatures) {
		struct cpuid_regs r = cpuid(0xd, 0);

		xfeatures = ((u64)r.d << 32 | r.a) & XSTATE_WANTED;
	}
	xsetbv(0, xfeatures);
}

/*
 * Contents are rubbish, but for the header: XSAVE leaves most of it alone and XRSTOR insists on zeros
 * there.
 */
static struct fpu_state *state_alloc(void)
{
	struct fpu_state *s = slab_alloc(fpu_cache, 0);

	if (s && cpu_has.xsave)
		memset(s->image + FXSAVE_SIZE, 0, sizeof(struct _header));
	return s;
}

void fpu_init_early(void)
{
	if (cpu_has.xsave)
		fpu_size = cpuid(0xd, 0).b; /* for the features in XCR0 */
	fpu_cache = slab_cache_create("fpu", fpu_size + 64, 64);
	init_state = state_alloc();
	BUG_ON(!init_state);

	struct _fpstate_64 *fx = (void *)init_state;

	memset(init_state, 0, fpu_size);
	fx->cwd = 0x37f;
	fx->mxcsr = MXCSR_INIT;
	*last_cpu(init_state) = -1;
}

u64 fpu_features(void)
{
	return cpu_has.xsave ? xfeatures : XSTATE_FP | XSTATE_SSE;
}

bool fpu_used(const struct task *t)
{
	return t->arch.fpu;
}

/* Gives current a state if it has none, loaded in the registers; preemption is on. */
static int ensure_state(void)
{
	struct fpu_state *s;

	if (current->arch.fpu)
		return 0;
	s = state_alloc();
	if (!s)
		return -ENOMEM;
	preempt_disable();
	current->arch.fpu = s; /* written for the first time by the first switch */
	clts();
	restore(init_state);
	this_cpu()->fpu_owner = current;
	*last_cpu(s) = this_cpu()->id;
	preempt_enable();
	return 0;
}

/* #NM: the first FPU instruction of a task.  Interrupts are off on entry. */
void fpu_trap(struct regs *regs)
{
	arch_irq_enable();
	if (current->arch.fpu)
		clts(); /* TS was set by hand; cannot happen, but must not loop */
	else if (ensure_state())
		signal_force_kill(SIGKILL); /* Linux would have refused the fork; we have no earlier place */
}

void fpu_switch(struct cpu *c, struct task *prev, struct task *next)
{
	struct fpu_state *p = prev->arch.fpu, *n = next->arch.fpu;

	if (p)
		save(p);
	if (!n) {
		if (p)
			stts();
		return;
	}
	if (!p)
		clts();
	if (c->fpu_owner == next && *last_cpu(n) == c->id)
		return;
	restore(n);
	c->fpu_owner = next;
	*last_cpu(n) = c->id;
}

int arch_task_dup(struct task *child, const struct task *parent)
{
	struct fpu_state *s;

	child->arch = parent->arch;
	child->arch.fpu = NULL;
	child->arch.ia32_call = false;
	memset(child->arch.debugreg, 0, sizeof(child->arch.debugreg));
	if (parent == current)
		task_save_segments(&child->arch);
	if (!parent->arch.fpu)
		return 0;
	s = state_alloc();
	if (!s)
		return -ENOMEM;
	preempt_disable();
	if (parent == current)
		save_all(parent->arch.fpu);
	memcpy(s, parent->arch.fpu, fpu_size);
	preempt_enable();
	*last_cpu(s) = -1;
	child->arch.fpu = s;
	return 0;
}

void arch_task_free(struct task *t)
{
	if (t->arch.fpu)
		slab_free(fpu_cache, t->arch.fpu);
	t->arch.fpu = NULL;
}

void fpu_reset(void)
{
	preempt_disable();
	if (current->arch.fpu)
		restore(init_state);
	preempt_enable();
}

void fpu_drop(void)
{
	struct fpu_state *s = current->arch.fpu;

	if (!s)
		return;
	preempt_disable();
	current->arch.fpu = NULL;
	this_cpu()->fpu_owner = NULL;
	stts();
	preempt_enable();
	slab_free(fpu_cache, s);
}

/* #MF and #XF: which of the unmasked exceptions is pending, as si_code; 0: none. */
int fpu_fault_code(unsigned vector)
{
	struct fpu_state *s = current->arch.fpu;
	const struct _fpstate_64 *fx = (const void *)s;
	u32 err;

	if (!s)
		return 0;
	save_all(s);
	if (vector == X86_TRAP_MF)
		err = fx->swd & ~fx->cwd;
	else
		err = ~(fx->mxcsr >> 7) & fx->mxcsr;
	if (err & 0x01)
		return FPE_FLTINV;
	if (err & 0x04)
		return FPE_FLTDIV;
	if (err & 0x08)
		return FPE_FLTOVF;
	if (err & 0x12) /* denormal, underflow */
		return FPE_FLTUND;
	if (err & 0x20)
		return FPE_FLTRES;
	return 0;
}

/* ---- signal frames ---- */

size_t fpu_sigframe_size(void)
{
	return cpu_has.xsave ? fpu_size + FP_XSTATE_MAGIC2_SIZE : FXSAVE_SIZE;
}

int fpu_sigframe_write(void __user *dst)
{
	struct _fpx_sw_bytes sw = { 0 };
	u32 magic2 = FP_XSTATE_MAGIC2;
	char __user *at = dst;
	int err = ensure_state();

	if (err)
		return err;
	if (!access_ok(dst, fpu_sigframe_size()))
		return -EFAULT;
	if (!cpu_has.xsave)
		return fpu_fxsave_user(dst, 0);
	/*
	 * Straight from the registers; XSAVE adds to the header that it finds.  A fault may switch tasks:
	 * no matter.
	 */
	if (clear_user(at + FXSAVE_SIZE, sizeof(struct _header)) || fpu_xsave_user(dst, xfeatures))
		return -EFAULT;
	sw.magic1 = FP_XSTATE_MAGIC1;
	sw.extended_size = (u32)fpu_sigframe_size();
	sw.xfeatures = xfeatures;
	sw.xstate_size = (u32)fpu_size;
	if (copy_to_user(at + offsetof(struct _fpstate_64, sw_reserved), &sw, sizeof(sw)) ||
	    copy_to_user(at + fpu_size, &magic2, sizeof(magic2)))
		return -EFAULT;
	return 0;
}

/*
 * How much state the frame at src holds: extended state counts only when its magic numbers and sizes
 * agree (Linux: check_xstate_in_sigframe).
 */
static int frame_is_extended(const char __user *src, size_t *size, u64 *features)
{
	struct _fpx_sw_bytes sw;
	u32 magic2;

	*size = FXSAVE_SIZE;
	if (!cpu_has.xsave)
		return 0;
	if (copy_from_user(&sw, src + offsetof(struct _fpstate_64, sw_reserved), sizeof(sw)))
		return -EFAULT;
	if (sw.magic1 != FP_XSTATE_MAGIC1 || sw.xstate_size < FXSAVE_SIZE + 64 || sw.xstate_size > fpu_size ||
	    sw.xstate_size > sw.extended_size)
		return 0;
	if (copy_from_user(&magic2, src + sw.xstate_size, sizeof(magic2)))
		return -EFAULT;
	if (magic2 == FP_XSTATE_MAGIC2)
		*size = sw.xstate_size;
	*features = sw.xfeatures & xfeatures;
	return 0;
}

/* The CPU itself checks what it loads: reserved bits of MXCSR or of the header are a #GP, which ends here. */
static int load_frame(const void __user *src, size_t size, u64 features)
{
	int err;

	if (!cpu_has.xsave)
		return fpu_fxrstor_user(src, 0);
	if (size > FXSAVE_SIZE) {
		err = fpu_xrstor_user(src, features);
	} else {
		features = XSTATE_FP | XSTATE_SSE;
		err = fpu_fxrstor_user(src, 0);
	}
	if (!err && xfeatures & ~features) { /* what the frame does not have starts afresh */
		preempt_disable();
		restore_some(init_state, xfeatures & ~features);
		preempt_enable();
	}
	return err;
}

int fpu_sigframe_read(const void __user *src)
{
	size_t size = FXSAVE_SIZE;
	u64 features = 0;
	int err;

	if (!src) {
		fpu_reset();
		return 0;
	}
	if (!access_ok(src, fpu_sigframe_size()))
		return -EFAULT;
	err = ensure_state();
	err = err ? err : frame_is_extended(src, &size, &features);
	err = err ? err : load_frame(src, size, features);
	if (err)
		fpu_reset();
	return err;
}

/* x87 tags: FXSAVE has one bit per register (empty or not), FSAVE two (valid, zero, special, empty). */
static u32 tags_to_ia32(const struct _fpstate_64 *fx)
{
	u32 out = 0;
	int top = fx->swd >> 11 & 7;

	for (int i = 0; i < 8; i++) {
		const u16 *r = (const u16 *)&fx->st_space[4 * ((i - top) & 7)];
		u64 mantissa = *(const u64 *)r;
		u32 exp = r[4] & 0x7fff, tag;

		if (!(fx->twd >> i & 1))
			tag = 3;
		else if (exp == 0x7fff)
			tag = 2;
		else if (!exp)
			tag = mantissa ? 2 : 1;
		else
			tag = mantissa >> 63 ? 0 : 2;
		out |= tag << (2 * i);
	}
	return out;
}

void fpu_to_ia32(struct _fpstate_32 *to)
{
	const struct _fpstate_64 *fx = (const void *)current->arch.fpu;

	to->cw = 0xffff0000 | fx->cwd;
	to->sw = 0xffff0000 | fx->swd;
	to->tag = 0xffff0000 | tags_to_ia32(fx);
	to->ipoff = (u32)fx->rip;
	to->cssel = USER32_CS | (u32)fx->fop << 16;
	to->dataoff = (u32)fx->rdp;
	to->datasel = 0xffff0000 | USER_DS;
	for (int i = 0; i < 8; i++)
		memcpy(&to->_st[i], &fx->st_space[4 * i], 10);
}

int fpu_from_ia32(const struct _fpstate_32 *from)
{
	struct _fpstate_64 *fx;
	u16 twd = 0;
	int err = ensure_state();

	if (err)
		return err;
	preempt_disable();
	save_all(current->arch.fpu);
	fx = (void *)current->arch.fpu;
	for (int i = 0; i < 8; i++)
		twd |= (u16)((from->tag >> (2 * i) & 3) != 3) << i;
	fx->cwd = (u16)from->cw;
	fx->swd = (u16)from->sw;
	fx->twd = twd;
	fx->fop = (u16)(from->cssel >> 16);
	fx->rip = from->ipoff;
	fx->rdp = from->dataoff;
	for (int i = 0; i < 8; i++)
		memcpy(&fx->st_space[4 * i], &from->_st[i], 10);
	if (cpu_has.xsave)
		((struct _header *)(current->arch.fpu->image + FXSAVE_SIZE))->xfeatures |= XSTATE_FP;
	restore(current->arch.fpu);
	preempt_enable();
	return 0;
}
