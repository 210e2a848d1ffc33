// SPDX-License-Identifier: MIT
/*
 * Exceptions.  From user mode each becomes the signal that Linux 6.1 sends (arch/x86/kernel/traps.c is
 * the source of numbers and codes, signal(7) of their meaning); from kernel mode it is a planned fault of
 * a user access (exception table) or a bug, which panics.  Page faults are in fault.c.
 */
#include "kernel/arch/x86_64/internal.h"
#include "kernel/arch/x86_64/entry.h"
#include "kernel/arch/x86_64/trap.h"
#include "kernel/base/asan.h"
#include "kernel/base/ksym.h"
#include "kernel/base/printk.h"
#include "kernel/base/string.h"
#include "kernel/gate/uaccess.h"
#include "kernel/task/task.h"

struct idt_gate {
	u16 offset_low, selector;
	u8 ist, type;
	u16 offset_mid;
	u32 offset_high, reserved;
};

#define GATE_INTERRUPT 0x8e
#define GATE_USER      0x60 /* DPL 3 */

static struct idt_gate idt[256] __aligned(4096);

struct extable_entry {
	u32 from, to; /* offsets from KERNEL_VMA */
};
extern const struct extable_entry extable_start[], extable_end[];

/* ---- vectors ---- */

static void set_gate(unsigned vector, const void *entry, u8 ist, u8 dpl)
{
	u64 a = (u64)entry;

	idt[vector] = (struct idt_gate){ .offset_low = (u16)a,
					 .selector = KERNEL_CS,
					 .ist = ist,
					 .type = GATE_INTERRUPT | dpl,
					 .offset_mid = (u16)(a >> 16),
					 .offset_high = (u32)(a >> 32) };
}

/* All are interrupt gates: handlers turn interrupts on once the state is saved. */
void trap_init_idt(void)
{
	for (unsigned v = 0; v < 256; v++)
		set_gate(v, vector_stubs + v * VECTOR_STUB_SIZE, 0, 0);
	set_gate(X86_TRAP_DF, vector_stubs + X86_TRAP_DF * VECTOR_STUB_SIZE, IST_DF, 0);
	set_gate(X86_TRAP_NMI, vector_stubs + X86_TRAP_NMI * VECTOR_STUB_SIZE, IST_NMI, 0);
	set_gate(X86_TRAP_DB, vector_stubs + X86_TRAP_DB * VECTOR_STUB_SIZE, IST_DB, 0);
	set_gate(X86_TRAP_MC, vector_stubs + X86_TRAP_MC * VECTOR_STUB_SIZE, IST_MC, 0);
	idt[X86_TRAP_BP].type |= GATE_USER;
	idt[X86_TRAP_OF].type |= GATE_USER;
	set_gate(VEC_SYSCALL, entry_int80, 0, GATE_USER);
}

void trap_load_idt(void)
{
	struct {
		u16 limit;
		u64 base;
	} __packed idtr = { sizeof(idt) - 1, (u64)idt };

	__asm__ volatile("lidt %0" ::"m"(idtr));
}

/* ---- reports ---- */

void regs_print(const struct regs *r)
{
	char where[80];

	ksym_format(r->ip, where, sizeof(where));
	printk("RIP: %04lx:%s (%016lx)\n", r->cs & 0xffff, where, r->ip);
	printk("RSP: %04lx:%016lx EFLAGS: %08lx ORIG_RAX: %016lx\n", r->ss & 0xffff, r->sp, r->flags,
	       r->orig_ax);
	printk("RAX: %016lx RBX: %016lx RCX: %016lx\n", r->ax, r->bx, r->cx);
	printk("RDX: %016lx RSI: %016lx RDI: %016lx\n", r->dx, r->si, r->di);
	printk("RBP: %016lx R08: %016lx R09: %016lx\n", r->bp, r->r8, r->r9);
	printk("R10: %016lx R11: %016lx R12: %016lx\n", r->r10, r->r11, r->r12);
	printk("R13: %016lx R14: %016lx R15: %016lx\n", r->r13, r->r14, r->r15);
	printk("CR0: %016lx CR2: %016lx CR3: %016lx CR4: %016lx\n", read_cr0(), read_cr2(), read_cr3(),
	       read_cr4());
}

void die(const char *what, const struct regs *regs, unsigned long error)
{
	arch_irq_disable();
	panic_mode_enter();
	printk("%s: %04lx on CPU %d\n", what, error & 0xffff, this_cpu()->id);
	regs_print(regs);
	printk("Call Trace (at the fault):\n");
	if (!regs_user_mode(regs))
		backtrace_print(regs->bp);
	panic("%s", what);
}

/* ---- planned faults ---- */

bool extable_fixup(struct regs *r)
{
	u32 ip = (u32)(r->ip - KERNEL_VMA);

	for (const struct extable_entry *e = extable_start; e < extable_end; e++) {
		if (e->from == ip) {
			r->ip = KERNEL_VMA + e->to;
			return true;
		}
	}
	return false;
}

struct regs *fixup_bad_iret(struct regs *bad)
{
	/* bad->sp points at the frame that IRET could not load: the tail of the task's struct regs. */
	struct regs *regs = container_of((unsigned long *)bad->sp, struct regs, ip);
	struct regs copy = *bad; /* the frames overlap */

	memcpy(regs, &copy, offsetof(struct regs, ip));
	return regs;
}

/* ---- from user mode ---- */

/* Vectors that need nothing but a signal: Linux's do_error_trap() and friends. */
static const struct {
	u8 sig;
	u8 code; /* 0: SI_KERNEL */
	bool at_ip; /* si_addr is the instruction */
} trap_signal[32] = {
	[X86_TRAP_DE] = { SIGFPE, FPE_INTDIV, true }, [X86_TRAP_OF] = { SIGSEGV, 0, false },
	[X86_TRAP_BR] = { SIGSEGV, 0, false },        [X86_TRAP_UD] = { SIGILL, ILL_ILLOPN, true },
	[X86_TRAP_OLD_MF] = { SIGFPE, 0, false },     [X86_TRAP_TS] = { SIGSEGV, 0, false },
	[X86_TRAP_NP] = { SIGBUS, 0, false },         [X86_TRAP_SS] = { SIGBUS, 0, false },
	[X86_TRAP_GP] = { SIGSEGV, 0, false },        [X86_TRAP_AC] = { SIGBUS, BUS_ADRALN, false },
};

/* #DB: single step or a watchpoint.  si_code as Linux's get_si_code(dr6). */
static void debug_user(struct regs *regs)
{
	unsigned long dr6 = read_dr6() ^ 0xffff0ff0UL;

	write_dr6(0xffff0ff0UL);
	arch_irq_enable();
	current->arch.debugreg[6] = dr6;
	current->arch.fault_vector = X86_TRAP_DB;
	current->arch.fault_error = 0;
	if (dr6 & BIT(14))
		signal_force(SIGTRAP, TRAP_TRACE, regs->ip, X86_TRAP_DB);
	else if (dr6 & 15)
		signal_force(SIGTRAP, TRAP_HWBKPT, regs->ip, X86_TRAP_DB);
	else
		signal_force(SIGTRAP, TRAP_BRKPT, regs->ip, X86_TRAP_DB); /* INT1 */
}

static void breakpoint_user(void)
{
	siginfo_t info = { .si_signo = SIGTRAP, .si_code = SI_KERNEL };

	current->arch.fault_vector = X86_TRAP_BP;
	signal_force_info(&info);
}

static void signal_trap(struct regs *regs, unsigned vector, unsigned long error)
{
	struct arch_task *a = &current->arch;
	u8 sig = vector < 32 ? trap_signal[vector].sig : 0;

	a->fault_vector = vector;
	a->fault_error = error;
	if (!sig) {
		sig = SIGSEGV;
	} else if (trap_signal[vector].code) {
		signal_force(sig, trap_signal[vector].code, trap_signal[vector].at_ip ? regs->ip : 0,
			     (int)vector);
		return;
	}

	siginfo_t info = { .si_signo = sig, .si_code = SI_KERNEL };

	signal_force_info(&info);
}

static void fpu_error(struct regs *regs, unsigned vector)
{
	int code = fpu_fault_code(vector);

	current->arch.fault_vector = vector;
	current->arch.fault_error = 0;
	if (code) /* 0: the exception is gone already (it was handled by an earlier switch) */
		signal_force(SIGFPE, code, regs->ip, (int)vector);
}

/* Interrupts are off on entry and on return. */
void trap_user(struct regs *regs, unsigned vector)
{
	unsigned long error = regs->orig_ax, cr2 = vector == X86_TRAP_PF ? read_cr2() : 0;

	regs->orig_ax = ~0UL;
	switch (vector) {
	case X86_TRAP_PF:
		arch_irq_enable();
		page_fault_user(regs, error, cr2);
		break;
	case X86_TRAP_NM:
		fpu_trap(regs);
		break;
	case X86_TRAP_DB:
		debug_user(regs);
		break;
	case X86_TRAP_BP:
		arch_irq_enable();
		current->arch.fault_error = 0;
		breakpoint_user();
		break;
	case X86_TRAP_MF:
	case X86_TRAP_XF:
		fpu_error(regs, vector);
		arch_irq_enable();
		break;
	default:
		arch_irq_enable();
		signal_trap(regs, vector, error);
	}
	arch_irq_disable();
}

/* ---- from kernel mode ---- */

static const char *const trap_names[20] = {
	"divide error",
	"debug",
	"NMI",
	"int3",
	"overflow",
	"bounds",
	"invalid opcode",
	"device not available",
	"double fault",
	"coprocessor segment overrun",
	"invalid TSS",
	"segment not present",
	"stack segment",
	"general protection fault",
	"page fault",
	"reserved",
	"x87 error",
	"alignment check",
	"machine check",
	"SIMD exception",
};

static const char *trap_name(unsigned vector)
{
	return vector < ARRAY_SIZE(trap_names) ? trap_names[vector] : "unknown exception";
}

void trap_kernel(struct regs *regs, unsigned vector)
{
	unsigned long error = regs->orig_ax, cr2 = vector == X86_TRAP_PF ? read_cr2() : 0;

	regs->orig_ax = ~0UL;
	if (vector == X86_TRAP_PF) {
		page_fault_kernel(regs, error, cr2);
		return;
	}
	if (extable_fixup(regs)) /* a non-canonical user address is #GP */
		return;
	if (vector == X86_TRAP_GP)
		asan_explain_fault();
	die(trap_name(vector), regs, error);
}

/* A step or watchpoint that hit an entry of the kernel: the user's doing, and harmless. */
static void debug_kernel(struct regs *regs)
{
	write_dr6(0xffff0ff0UL);
	regs->flags &= ~X86_EFLAGS_TF;
}

static bool on_guard_page(unsigned long addr)
{
	struct task *t = current;
	unsigned long stack = t ? (unsigned long)t->kstack : 0;

	return (stack && addr >= stack - PAGE_SIZE && addr < stack) ||
	       (addr >= (unsigned long)boot_stack - PAGE_SIZE && addr < (unsigned long)boot_stack);
}

void trap_paranoid(struct regs *regs, unsigned vector)
{
	switch (vector) {
	case X86_TRAP_NMI:
		if (atomic_load(&halting))
			arch_halt();
		this_cpu()->arch->nr_nmi++; /* nobody sends one on purpose; it must do no harm */
		return;
	case X86_TRAP_DB:
		debug_kernel(regs);
		return;
	case X86_TRAP_DF:
		die(on_guard_page(read_cr2()) ? "kernel stack overflow" : "double fault", regs,
		    regs->orig_ax);
	default:
		die(trap_name(vector), regs, regs->orig_ax);
	}
}

/* ---- 32-bit calls ---- */

bool in_ia32_syscall(void)
{
	return current->arch.ia32_call;
}
