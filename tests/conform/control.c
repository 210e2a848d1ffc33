// SPDX-License-Identifier: MIT
/* What a process sets about itself and others: prctl(2), sched_setattr(2), priorities of groups, unshare(2), syslog(2). */
#include "harness.h"

#include <linux/reboot.h>
#include <linux/sched.h>
#include <sys/klog.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/uio.h>

struct attr {
	unsigned size, policy;
	unsigned long long flags;
	int nice;
	unsigned priority;
	unsigned long long runtime, deadline, period;
	unsigned util_min, util_max;
};

static int set_attr(pid_t pid, struct attr *a)
{
	return syscall(SYS_sched_setattr, pid, a, 0);
}

static int get_attr(pid_t pid, struct attr *a, unsigned size)
{
	return syscall(SYS_sched_getattr, pid, a, size, 0);
}

TEST(attributes_of_the_scheduler)
{
	struct attr a = { .size = 48, .policy = SCHED_OTHER, .nice = 7 }, got;

	CHECK_OK(set_attr(0, &a));
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 7);
	CHECK_OK(get_attr(0, &got, sizeof(got)));
	CHECK(got.size == 56 && got.policy == SCHED_OTHER && got.nice == 7);
	a = (struct attr){ .size = 48, .policy = SCHED_FIFO, .priority = 5, .flags = 1 /* RESET_ON_FORK */ };
	CHECK_OK(set_attr(0, &a));
	CHECK_OK(get_attr(0, &got, 48));
	CHECK(got.size == 48 && got.policy == SCHED_FIFO && got.priority == 5 && got.flags == 1);
	pid_t child = CHILD(CHECK_EQ(sched_getscheduler(0), SCHED_OTHER));

	JOIN(child);
	a = (struct attr){ .size = 48, .policy = SCHED_BATCH, .nice = -3, .flags = 0x18 /* KEEP_ALL */ };
	CHECK_OK(set_attr(0, &a));
	CHECK_EQ(sched_getscheduler(0) & ~SCHED_RESET_ON_FORK, SCHED_FIFO);
	a = (struct attr){ .size = 0, .policy = SCHED_OTHER }; /* 0: the first size there was */
	CHECK_OK(set_attr(0, &a));
}

TEST(attributes_refusals)
{
	struct attr a = { .size = 48, .policy = 99 }, got;

	CHECK_ERRNO(set_attr(0, &a), EINVAL);
	a.policy = -1;
	CHECK_ERRNO(set_attr(0, &a), EINVAL);
	a = (struct attr){ .size = 40 };
	CHECK_ERRNO(set_attr(0, &a), E2BIG);
	CHECK_EQ(a.size, 56); /* tells what it knows */
	a = (struct attr){ .size = 5000 };
	CHECK_ERRNO(set_attr(0, &a), E2BIG);
	a = (struct attr){ .size = 48, .flags = 1u << 20 };
	CHECK_ERRNO(set_attr(0, &a), EINVAL);
	a = (struct attr){ .size = 48, .flags = 0x20 /* UTIL_CLAMP_MIN without room for it */ };
	CHECK_ERRNO(set_attr(0, &a), EINVAL);
	a = (struct attr){ .size = 48, .policy = SCHED_FIFO };
	CHECK_ERRNO(set_attr(0, &a), EINVAL);
	a = (struct attr){ .size = 48 };
	CHECK_ERRNO(set_attr(4000000, &a), ESRCH);
	CHECK_ERRNO(set_attr(-1, &a), EINVAL);
	CHECK_ERRNO(syscall(SYS_sched_setattr, 0, &a, 1), EINVAL);
	CHECK_ERRNO(set_attr(0, bad_pointer()), EFAULT);
	CHECK_ERRNO(get_attr(0, &got, 47), EINVAL);
	CHECK_ERRNO(get_attr(0, &got, 5000), EINVAL);
	CHECK_ERRNO(get_attr(0, NULL, 48), EINVAL);
	CHECK_ERRNO(get_attr(4000000, &got, 48), ESRCH);
	CHECK_ERRNO(get_attr(0, bad_pointer(), 48), EFAULT);
}

TEST(unprivileged_changes)
{
	struct attr a = { .size = 48, .policy = SCHED_FIFO, .priority = 1 };
	struct rlimit two = { 2, 2 };
	struct sched_param p = { 0 };

	CHECK_OK(setrlimit(RLIMIT_RTPRIO, &two));
	CHECK_OK(setpriority(PRIO_PROCESS, 0, 5));
	become(1000);
	a.priority = 3;
	CHECK_ERRNO(set_attr(0, &a), EPERM);
	a.priority = 2;
	CHECK_OK(set_attr(0, &a));
	CHECK_ERRNO(sched_setscheduler(1, SCHED_OTHER, &p), EPERM);
	a = (struct attr){ .size = 48, .policy = SCHED_OTHER, .nice = 4 };
	CHECK_ERRNO(set_attr(0, &a), EPERM);
	a.nice = 5;
	CHECK_OK(set_attr(0, &a));
	CHECK_OK(sched_setscheduler(0, SCHED_IDLE, &p));
	CHECK_ERRNO(setpriority(PRIO_PROCESS, 0, 4), EACCES);
	CHECK_ERRNO(setpriority(PRIO_PROCESS, 1, 10), EPERM);
}

TEST(priorities_of_groups_and_users)
{
	pid_t child = CHILD(CHECK_OK(setpgid(0, 0)); CHECK_OK(setuid(4321)); for (;;) pause());

	while (getpriority(PRIO_USER, 4321) == -1 && errno == ESRCH)
		errno = 0, sched_yield();
	CHECK_OK(setpriority(PRIO_PGRP, child, 6));
	CHECK_EQ(getpriority(PRIO_PGRP, child), 6);
	CHECK_EQ(getpriority(PRIO_PROCESS, child), 6);
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 0);
	CHECK_OK(setpriority(PRIO_USER, 4321, 9));
	CHECK_EQ(getpriority(PRIO_USER, 4321), 9);
	CHECK_EQ(getpriority(PRIO_PROCESS, child), 9);
	CHECK_OK(setpriority(PRIO_PGRP, 0, 2));
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 2);
	CHECK_ERRNO(getpriority(PRIO_PGRP, 4000000), ESRCH);
	CHECK_ERRNO(setpriority(PRIO_USER, 54321, 0), ESRCH);
	CHECK_ERRNO(setpriority(3, 0, 0), EINVAL);
	CHECK_ERRNO(getpriority(3, 0), EINVAL);
	kill(child, SIGKILL);
	wait_status(child);
}

TEST(options_of_prctl)
{
	int n = -1;
	unsigned long addr = 1;

	CHECK_OK(prctl(PR_GET_CHILD_SUBREAPER, &n));
	CHECK_EQ(n, 0);
	CHECK_OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
	CHECK_OK(prctl(PR_GET_CHILD_SUBREAPER, &n));
	CHECK_EQ(n, 1);
	CHECK_ERRNO(prctl(PR_GET_CHILD_SUBREAPER, bad_pointer()), EFAULT);
	CHECK_OK(prctl(PR_GET_TID_ADDRESS, &addr));
	CHECK(addr != 1);
	CHECK_EQ(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 0);
	CHECK_OK(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
	CHECK_EQ(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 1);
	CHECK_ERRNO(prctl(PR_SET_THP_DISABLE, 1, 1, 0, 0), EINVAL);
	CHECK_ERRNO(prctl(PR_GET_THP_DISABLE, 1, 0, 0, 0), EINVAL);
	CHECK_OK(prctl(PR_GET_TSC, &n));
	CHECK_EQ(n, PR_TSC_ENABLE);
	CHECK_OK(prctl(PR_SET_TSC, PR_TSC_ENABLE));
	CHECK_ERRNO(prctl(PR_SET_TSC, 99), EINVAL);
	CHECK_EQ(prctl(PR_GET_TIMING), PR_TIMING_STATISTICAL);
	CHECK_OK(prctl(PR_SET_TIMING, PR_TIMING_STATISTICAL));
	CHECK_ERRNO(prctl(PR_SET_TIMING, PR_TIMING_TIMESTAMP), EINVAL);
	CHECK_EQ(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0), PR_MCE_KILL_DEFAULT);
	CHECK_ERRNO(prctl(PR_MCE_KILL_GET, 1, 0, 0, 0), EINVAL);
	CHECK_ERRNO(prctl(0x7fff), EINVAL);
	become(1000);
	CHECK_ERRNO(prctl(PR_SET_MM, PR_SET_MM_BRK, 0, 0, 0), EPERM);
}

/* Orphans go to the nearest ancestor that asked for them, through processes that came before it asked. */
TEST(orphans_go_to_the_subreaper)
{
	int fds[2];
	pid_t orphan, parent;
	int ready[2];
	char c;

	CHECK_OK(pipe(fds));
	CHECK_OK(pipe(ready));
	parent = CHILD(pid_t middle = CHILD(CHECK_EQ(read(ready[0], &c, 1), 1); pid_t last = fork();
					    if (!last) for (;;) pause();
					    CHECK_EQ(write(fds[1], &last, sizeof(last)), sizeof(last)));
		       CHECK_OK(prctl(PR_SET_CHILD_SUBREAPER, 1)); CHECK_EQ(write(ready[1], "", 1), 1);
		       JOIN(middle); CHECK_EQ(read(fds[0], &orphan, sizeof(orphan)), sizeof(orphan));
		       CHECK_OK(kill(orphan, SIGKILL)); CHECK_EQ(wait_status(orphan), SIGKILL));
	JOIN(parent);
}

TEST(unshare_of_what_threads_share)
{
	CHECK_OK(unshare(CLONE_FS));
	CHECK_OK(unshare(CLONE_FILES));
	CHECK_OK(unshare(CLONE_SYSVSEM));
	CHECK_OK(unshare(0));
	CHECK_ERRNO(unshare(CLONE_PARENT), EINVAL);
	become(1000);
	CHECK_OK(unshare(CLONE_FS | CLONE_FILES));
	CHECK_ERRNO(unshare(CLONE_NEWNS), EPERM);
	CHECK_ERRNO(unshare(CLONE_NEWUTS), EPERM);
}

static void *change_directory(void *arg)
{
	CHECK_OK(unshare(CLONE_FS));
	CHECK_OK(chdir("/"));
	CHECK_OK(unshare(CLONE_FILES));
	close(0);
	return NULL;
}

TEST(unshare_separates_a_thread)
{
	char before[256], now[256];
	pthread_t thread;

	CHECK(getcwd(before, sizeof(before)));
	CHECK_EQ(pthread_create(&thread, NULL, change_directory, NULL), 0);
	pthread_join(thread, NULL);
	CHECK(getcwd(now, sizeof(now)));
	CHECK_STR(now, before);
	CHECK_OK(fcntl(0, F_GETFD));
}

TEST(kernel_log_is_read)
{
	static char text[1 << 20];
	int n, size = CHECK_OK(klogctl(10, NULL, 0)); /* SYSLOG_ACTION_SIZE_BUFFER */

	CHECK(size >= 4096);
	CHECK_OK(klogctl(9, NULL, 0));
	n = CHECK_OK(klogctl(3, text, sizeof(text)));
	CHECK(n >= 0 && n <= size);
	CHECK_EQ(klogctl(3, text, 0), 0);
	CHECK_ERRNO(klogctl(3, NULL, 10), EINVAL);
	CHECK_ERRNO(klogctl(3, text, -1), EINVAL);
	CHECK_OK(klogctl(0, NULL, 0));
	CHECK_OK(klogctl(1, NULL, 0));
	CHECK_ERRNO(klogctl(99, NULL, 0), EINVAL);
	become(1000);
	CHECK_ERRNO(klogctl(9, NULL, 0), EPERM);
	CHECK_ERRNO(klogctl(2, text, 10), EPERM);
}

TEST(reboot_refusals)
{
	CHECK_ERRNO(syscall(SYS_reboot, 1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_RESTART, 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, 1, LINUX_REBOOT_CMD_RESTART, 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, 77, 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_RESTART2,
			    bad_pointer()),
		    EFAULT);
	CHECK_OK(syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2A, LINUX_REBOOT_CMD_CAD_OFF, 0));
	CHECK_OK(syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2B, LINUX_REBOOT_CMD_CAD_ON, 0));
	become(1000);
	CHECK_ERRNO(syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, 77, 0), EPERM);
}

TEST(io_ports)
{
	CHECK_ERRNO(syscall(SYS_iopl, 4), EINVAL);
	CHECK_OK(syscall(SYS_iopl, 0));
	CHECK_ERRNO(syscall(SYS_ioperm, 65535, 2, 1), EINVAL);
	CHECK_ERRNO(syscall(SYS_ioperm, 0, 0, 1), EINVAL);
	CHECK_OK(syscall(SYS_ioperm, 0, 10, 0));
	become(1000);
	CHECK_ERRNO(syscall(SYS_iopl, 3), EPERM);
	CHECK_ERRNO(syscall(SYS_ioperm, 0, 10, 1), EPERM);
}

TEST(parameters_and_slices_of_policies)
{
	struct sched_param p = { .sched_priority = 0 };
	struct timespec slice;

	CHECK_OK(sched_setparam(0, &p));
	p.sched_priority = 1;
	CHECK_ERRNO(sched_setparam(0, &p), EINVAL); /* not for SCHED_OTHER */
	CHECK_ERRNO(sched_setparam(0, NULL), EINVAL);
	CHECK_ERRNO(sched_setparam(-1, &p), EINVAL);
	CHECK_ERRNO(sched_setparam(4000000, &p), ESRCH);
	CHECK_ERRNO(syscall(SYS_sched_setparam, 0, bad_pointer()), EFAULT);
	CHECK_OK(sched_setscheduler(0, SCHED_RR, &p));
	p.sched_priority = 7;
	CHECK_OK(sched_setparam(0, &p));
	p.sched_priority = 0;
	CHECK_OK(sched_getparam(0, &p));
	CHECK_EQ(p.sched_priority, 7);
	CHECK_OK(sched_rr_get_interval(0, &slice));
	CHECK_EQ(slice.tv_sec, 0);
	CHECK_EQ(slice.tv_nsec, 100000000);
	CHECK_OK(sched_setscheduler(0, SCHED_FIFO, &p));
	CHECK_OK(sched_rr_get_interval(0, &slice));
	CHECK_EQ(slice.tv_nsec, 0);
	CHECK_ERRNO(sched_rr_get_interval(-1, &slice), EINVAL);
	CHECK_ERRNO(sched_rr_get_interval(4000000, &slice), ESRCH);
	CHECK_ERRNO(syscall(SYS_sched_rr_get_interval, 0, bad_pointer()), EFAULT);
}

TEST(memory_of_a_child_can_be_written)
{
	static char text[8] = "abcdef";
	struct iovec local[2] = { { "XY", 2 }, { "Z", 1 } }, remote[2] = { { text, 1 }, { text + 4, 2 } };
	int ready[2], go[2];
	pid_t child;
	char c;

	CHECK_OK(pipe(ready));
	CHECK_OK(pipe(go));
	child = CHILD({
		CHECK_EQ(write(ready[1], "r", 1), 1);
		CHECK_EQ(read(go[0], &c, 1), 1);
		CHECK_STR(text, "XbcdYZ");
	});
	CHECK_EQ(read(ready[0], &c, 1), 1);
	CHECK_EQ(process_vm_writev(child, local, 2, remote, 2, 0), 3);
	CHECK_ERRNO(process_vm_writev(child, local, 2, remote, 2, 1), EINVAL);
	CHECK_ERRNO(process_vm_writev(4000000, local, 2, remote, 2, 0), ESRCH);
	remote[0].iov_base = bad_pointer();
	CHECK_ERRNO(process_vm_writev(child, local, 2, remote, 2, 0), EFAULT);
	CHECK_STR(text, "abcdef"); /* ours is another */
	CHECK_EQ(write(go[1], "g", 1), 1);
	JOIN(child);
}

static uint64_t read_tsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

TEST(time_stamp_counter_can_be_taken_away)
{
	int mode;
	pid_t pid;

	CHECK_OK(prctl(PR_SET_TSC, PR_TSC_SIGSEGV));
	CHECK_OK(prctl(PR_GET_TSC, &mode));
	CHECK_EQ(mode, PR_TSC_SIGSEGV);
	pid = CHILD(read_tsc()); /* inherited */
	CHECK_EQ(wait_status(pid), SIGSEGV);
	pid = CHILD({
		CHECK_OK(prctl(PR_SET_TSC, PR_TSC_ENABLE));
		for (uint64_t begin = read_tsc(); read_tsc() - begin < 100000;)
			sched_yield();
	});
	JOIN(pid);
	CHECK_OK(prctl(PR_GET_TSC, &mode));
	CHECK_EQ(mode, PR_TSC_SIGSEGV);
	CHECK_OK(prctl(PR_SET_TSC, PR_TSC_ENABLE));
	read_tsc();
}
