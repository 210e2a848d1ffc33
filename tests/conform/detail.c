// SPDX-License-Identifier: MIT
/* Details of results that programs of ./sysgate fuzz diff found different. */
#include "harness.h"

#include <sys/prctl.h>

TEST(creat_opens_a_large_file_for_every_abi)
{
	int fd = CHECK_OK(syscall(SYS_creat, "f", 0600));
	const int large_file = 0100000; /* glibc's O_LARGEFILE is 0 for programs that know nothing else */

	CHECK_EQ(CHECK_OK(fcntl(fd, F_GETFL)), O_WRONLY | large_file);
}

TEST(a_temporary_file_says_directory_in_its_flags)
{
	int fd = CHECK_OK(open(".", O_TMPFILE | O_RDWR, 0600));

	CHECK_EQ(CHECK_OK(fcntl(fd, F_GETFL)) & O_TMPFILE, O_TMPFILE);
}

TEST(a_realtime_task_has_no_timer_slack)
{
	struct sched_param param = { .sched_priority = 1 };

	CHECK_OK(prctl(PR_SET_TIMERSLACK, 70000));
	CHECK_OK(sched_setscheduler(0, SCHED_FIFO, &param));
	CHECK_EQ(prctl(PR_GET_TIMERSLACK), 0);
	CHECK_OK(prctl(PR_SET_TIMERSLACK, 80000));
	CHECK_EQ(prctl(PR_GET_TIMERSLACK), 0);
}

#ifdef __i386__
TEST(nothing_of_the_kernel_is_between_the_fields_of_old_stat)
{
	unsigned short old[16];

	memset(old, 0x5a, sizeof(old));
	CHECK_OK(syscall(SYS_oldfstat, 0, old));
	CHECK_EQ(old[7], 0);
}
#endif
