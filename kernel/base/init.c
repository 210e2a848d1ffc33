// SPDX-License-Identifier: MIT
/*
 * The order of boot.  arch calls kernel_main() on the boot CPU with interrupts off and the direct map
 * ready; it ends as the idle task.  Everything a room wants done once it asks for with INITCALL().
 */
#include "kernel/base/init.h"
#include "kernel/arch/arch.h"
#include "kernel/base/cmdline.h"
#include "kernel/mm/page.h"
#include "kernel/sched/sched.h"
#include "kernel/task/init.h"
#include "kernel/time/time.h"

extern const struct initcall initcalls_start[], initcalls_end[]; /* kernel.lds */

void initcalls_run(enum init_level level)
{
	for (const struct initcall *c = initcalls_start; c < initcalls_end; c++) {
		if (c->level != (int)level)
			continue;

		int err = c->fn();

		if (err)
			printk("initcall %p failed: %d\n", (void *)c->fn, err);
	}
}

void kernel_main(void)
{
	page_init();
	arch_init_early();
	initcalls_run(INIT_EARLY);
	task_init();
	sched_init();
	arch_init_timer();
	time_init();
	initcalls_run(INIT_CORE);
	fs_init();
	initcalls_run(INIT_FS);
	arch_start_cpus();
	arch_irq_enable();
	initcalls_run(INIT_DEVICE);
	initcalls_run(INIT_LATE);
	init_start();
	sched_idle_loop();
}
