// SPDX-License-Identifier: MIT
/*
 * panic(): the end of a machine whose kernel has a bug.  Prints what, where and who, then ends the
 * virtual machine when `panic=` is not 0, so that a launcher sees it at once.
 */
#include "kernel/arch/arch.h"
#include "kernel/base/cmdline.h"
#include "kernel/base/ksym.h"
#include "kernel/base/printk.h"
#include "kernel/base/string.h"
#include "kernel/debug/debug.h"
#include "kernel/sync/lockcheck.h"
#include "kernel/task/task.h"

static u32 panic_taken; /* [atomic] 1 + number of the CPU that prints; the others halt */

void panic(const char *fmt, ...)
{
	char msg[256], value[16];
	va_list ap;

	arch_irq_disable();
	if (!atomic_cas(&panic_taken, 0u, (u32)this_cpu()->id + 1)) {
		if (atomic_load(&panic_taken) == (u32)this_cpu()->id + 1)
			arch_restart(); /* the report itself failed: end, rather than hang without a word */
		arch_halt();
	}
	lock_check_stop();
	panic_mode_enter();
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);

	struct task *t = current;

	printk("\nKernel panic - not syncing: %s\n", msg);
	if (t)
		printk("CPU: %d PID: %d Comm: %s 6.1.0-sysgate\n", this_cpu()->id, t->tid, t->comm);
	printk("Call Trace:\n");
	backtrace_print((unsigned long)__builtin_frame_address(0));
	printk("---[ end Kernel panic - not syncing: %s ]---\n", msg);
	coverage_dump();
	if (!cmdline_get("panic", value, sizeof(value)) || strcmp(value, "0") != 0)
		arch_restart();
	arch_halt();
}

#ifdef CONFIG_DEBUG
void might_sleep(void)
{
	struct cpu *c = this_cpu();

	if (c->curr == c->idle) /* boot, which is alone and has interrupts off for long */
		return;
	if (likely(!cpu_preempt_count() && arch_irqs_enabled()))
		return;
	lock_print_held();
	panic("sleeping function called with preemption off (count %u) or interrupts off (%s)",
	      cpu_preempt_count(), arch_irqs_enabled() ? "on" : "off");
}
#endif
