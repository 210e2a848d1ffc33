// SPDX-License-Identifier: MIT
/* ioprio_set(2), ioprio_get(2): classes and levels, inheritance, who may, and the value nice gives. */
#include "harness.h"

#include <linux/ioprio.h>

#define PROCESS IOPRIO_WHO_PROCESS
#define PGRP    IOPRIO_WHO_PGRP
#define USER    IOPRIO_WHO_USER

static long set(int which, int who, int value)
{
	return syscall(SYS_ioprio_set, which, who, value);
}

static long get(int which, int who)
{
	return syscall(SYS_ioprio_get, which, who);
}

static int value(int class, int level)
{
	return class << IOPRIO_CLASS_SHIFT | level;
}

TEST(unset_follows_nice_except_for_one_process)
{
	struct sched_param p = { 0 };

	CHECK_EQ(get(PROCESS, 0), 0);
	CHECK_EQ(get(PGRP, 0), value(IOPRIO_CLASS_BE, 4));
	CHECK_EQ(nice(5), 5);
	CHECK_EQ(get(PGRP, 0), value(IOPRIO_CLASS_BE, 5));
	CHECK_OK(sched_setscheduler(0, SCHED_IDLE, &p));
	CHECK_EQ(get(PGRP, 0), value(IOPRIO_CLASS_IDLE, 5));
	p.sched_priority = 1;
	CHECK_OK(sched_setscheduler(0, SCHED_FIFO, &p));
	CHECK_EQ(get(PGRP, 0), value(IOPRIO_CLASS_RT, 5));
	CHECK_EQ(get(PROCESS, 0), 0);
}

TEST(values_are_kept_and_inherited)
{
	CHECK_OK(set(PROCESS, 0, value(IOPRIO_CLASS_BE, 3)));
	CHECK_EQ(get(PROCESS, 0), value(IOPRIO_CLASS_BE, 3));
	CHECK_EQ(get(PGRP, 0), value(IOPRIO_CLASS_BE, 3));
	JOIN(CHILD(CHECK_EQ(get(PROCESS, 0), value(IOPRIO_CLASS_BE, 3))));
	CHECK_OK(set(PROCESS, 0, value(IOPRIO_CLASS_IDLE, 7)));
	CHECK_EQ(get(PROCESS, getpid()), value(IOPRIO_CLASS_IDLE, 7));
	CHECK_OK(set(PROCESS, 0, value(IOPRIO_CLASS_RT, 1)));
	CHECK_EQ(get(PROCESS, 0), value(IOPRIO_CLASS_RT, 1));
	CHECK_OK(set(PROCESS, 0, 0));
	CHECK_EQ(get(PROCESS, 0), 0);
	/* The value has 16 bits. */
	CHECK_OK(set(PROCESS, 0, 1 << 16 | value(IOPRIO_CLASS_BE, 0)));
	CHECK_EQ(get(PROCESS, 0), value(IOPRIO_CLASS_BE, 0));
}

TEST(bad_values)
{
	CHECK_ERRNO(set(PROCESS, 0, 1), EINVAL);
	CHECK_ERRNO(set(PROCESS, 0, value(4, 0)), EINVAL);
	CHECK_ERRNO(set(PROCESS, 0, -1), EINVAL);
	CHECK_ERRNO(set(4, 0, 0), EINVAL);
	CHECK_ERRNO(set(0, 0, 0), EINVAL);
	CHECK_ERRNO(get(0, 0), EINVAL);
	CHECK_ERRNO(get(4, 0), EINVAL);
	CHECK_ERRNO(get(PROCESS, 999999), ESRCH);
	CHECK_ERRNO(get(PROCESS, -1), ESRCH);
	CHECK_ERRNO(get(PGRP, 999999), ESRCH);
	CHECK_ERRNO(get(USER, 4242), ESRCH);
	CHECK_ERRNO(set(PGRP, 999999, 0), ESRCH);
	CHECK_ERRNO(set(USER, 4242, 0), ESRCH);
}

TEST(best_of_a_group)
{
	int gate[2];

	CHECK_OK(pipe(gate));
	CHECK_OK(set(PROCESS, 0, value(IOPRIO_CLASS_BE, 6)));
	pid_t pid = CHILD(char c; close(gate[1]); (void)read(gate[0], &c, 1));
	CHECK_OK(set(PROCESS, pid, value(IOPRIO_CLASS_BE, 2)));
	CHECK_EQ(get(PGRP, 0), value(IOPRIO_CLASS_BE, 2));
	CHECK_OK(set(PGRP, getpgrp(), value(IOPRIO_CLASS_BE, 5)));
	CHECK_EQ(get(PROCESS, pid), value(IOPRIO_CLASS_BE, 5));
	CHECK_EQ(get(PROCESS, 0), value(IOPRIO_CLASS_BE, 5));
	close(gate[1]);
	JOIN(pid);
}

TEST(who_may)
{
	int gate[2];

	CHECK_OK(pipe(gate));
	pid_t root = CHILD(char c; close(gate[1]); (void)read(gate[0], &c, 1));
	become(1234);
	CHECK_ERRNO(set(PROCESS, 0, value(IOPRIO_CLASS_RT, 1)), EPERM);
	CHECK_ERRNO(set(PROCESS, 999999, value(IOPRIO_CLASS_RT, 1)), EPERM);
	CHECK_ERRNO(set(PROCESS, root, value(IOPRIO_CLASS_BE, 1)), EPERM);
	CHECK_EQ(get(PROCESS, root), 0);
	CHECK_OK(set(PROCESS, 0, value(IOPRIO_CLASS_BE, 1)));
	CHECK_OK(set(USER, 1234, value(IOPRIO_CLASS_IDLE, 0)));
	CHECK_EQ(get(PROCESS, 0), value(IOPRIO_CLASS_IDLE, 0));
	CHECK_EQ(get(USER, 1234), value(IOPRIO_CLASS_IDLE, 0));
	close(gate[1]);
	JOIN(root);
}
