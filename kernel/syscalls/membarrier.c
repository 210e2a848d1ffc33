// SPDX-License-Identifier: MIT
/*
 * membarrier(2).  An interrupt that every other CPU has answered is a full barrier there, and its
 * return (iret) serialises instruction fetch, so the expedited commands all send one round.
 */
#include "kernel/arch/arch.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/mm/mm.h"
#include "kernel/sync/rcu.h"
#include "kernel/task/task.h"
#include <linux/membarrier.h>

#define SUPPORTED                                                                                 \
	(MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED |                                \
	 MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED |            \
	 MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE | \
	 MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE)

static void barrier_here(void *unused)
{
	smp_mb();
}

static void barrier_everywhere(void)
{
	smp_mb();
	preempt_disable();
	arch_call_all(barrier_here, NULL);
	preempt_enable();
	smp_mb();
}

/* A private command needs its registration first; the bit of REGISTER_x is that of x shifted by one. */
static long private_expedited(int cmd)
{
	if (!(READ_ONCE(current->mm->membarrier) & (u32)cmd << 1))
		return -EPERM;
	barrier_everywhere();
	return 0;
}
static_assert(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED == MEMBARRIER_CMD_PRIVATE_EXPEDITED << 1,
	      "registration bit");

SYSCALL_DEFINE3(membarrier, int, cmd, unsigned int, flags, int, cpu_id)
{
	if (flags)
		return refuse(EINVAL, "membarrier: flags are for restartable sequences only");
	switch (cmd) {
	case MEMBARRIER_CMD_QUERY:
		return SUPPORTED;
	case MEMBARRIER_CMD_GLOBAL:
		if (nr_cpus > 1)
			synchronize_rcu();
		return 0;
	case MEMBARRIER_CMD_GLOBAL_EXPEDITED:
		barrier_everywhere();
		return 0;
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE:
		return private_expedited(cmd);
	case MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED:
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
		atomic_or(&current->mm->membarrier, (u32)cmd);
		return 0;
	default:
		return refuse(EINVAL, "membarrier: unknown command");
	}
}
