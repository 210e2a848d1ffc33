// SPDX-License-Identifier: MIT
/* Details of results that programs of ./sysgate fuzz diff found different. */
#include "harness.h"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/timerfd.h>
#include <grp.h>

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

TEST(no_groups_need_no_buffer)
{
	gid_t gid = 77;

	CHECK_OK(setgroups(0, &gid));
	CHECK_EQ(syscall(SYS_getgroups, 2, bad_pointer()), 0);
	CHECK_EQ(syscall(SYS_getgroups, 2, -4096L), 0);
}

TEST(pipes_of_watch_queues_are_not_there)
{
	int fds[2];

	CHECK_ERRNO(pipe2(fds, O_EXCL), ENOPKG);
	CHECK_ERRNO(pipe2(fds, O_EXCL | O_APPEND), EINVAL);
}

TEST(commands_of_terminals_are_unknown_elsewhere)
{
	int fds[2], file = CHECK_OK(open("f", O_RDWR | O_CREAT, 0600)), block = 5;

	CHECK_OK(pipe(fds));
	CHECK_ERRNO(ioctl(fds[0], 0x402c542b, bad_pointer()), ENOTTY); /* TCSETS2 */
	CHECK_ERRNO(ioctl(fds[0], TIOCSPTLCK, bad_pointer()), ENOTTY);
	CHECK_ERRNO(ioctl(file, FIBMAP, &block), EINVAL);
	CHECK_EQ(block, 0);
}

TEST(nothing_can_be_sent_anywhere)
{
	int timer = CHECK_OK(timerfd_create(CLOCK_MONOTONIC, 0));
	int file = CHECK_OK(open("f", O_RDWR | O_CREAT, 0600));

	CHECK_EQ(sendfile(timer, file, NULL, 100), 0);
	CHECK_EQ(write(file, "data", 4), 4);
	CHECK_OK(lseek(file, 0, SEEK_SET));
	CHECK_ERRNO(sendfile(timer, file, NULL, 100), EINVAL);
	CHECK_EQ(lseek(file, 0, SEEK_CUR), 0);
}

static bool has_ended(pid_t pid)
{
	siginfo_t info = { .si_pid = 0 };

	CHECK_OK(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT));
	return info.si_pid == pid;
}

TEST(undumpable_processes_are_closed_to_their_equals)
{
	static char byte = 'x';
	char copy;
	struct iovec local = { &copy, 1 }, remote = { &byte, 1 };
	int ready[2], go[2], pidfd;
	size_t size;
	void *head;
	pid_t child;

	CHECK_OK(pipe(ready));
	CHECK_OK(pipe(go));
	CHECK_OK(setresgid(1000, 1000, 1000));
	CHECK_OK(setresuid(1000, 1000, 1000));
	CHECK_OK(prctl(PR_SET_DUMPABLE, 1));
	child = CHILD({
		CHECK_EQ(write(ready[1], "r", 1), 1);
		CHECK_EQ(read(go[0], &copy, 1), 1);
		CHECK_OK(prctl(PR_SET_DUMPABLE, 0));
		CHECK_EQ(write(ready[1], "r", 1), 1);
		CHECK_EQ(read(go[0], &copy, 1), 1);
	});
	CHECK_EQ(read(ready[0], &copy, 1), 1);
	pidfd = CHECK_OK(syscall(SYS_pidfd_open, child, 0));
	CHECK_OK(syscall(SYS_pidfd_getfd, pidfd, 0, 0));
	CHECK_OK(syscall(SYS_get_robust_list, child, &head, &size));
	CHECK_EQ(process_vm_readv(child, &local, 1, &remote, 1, 0), 1);
	CHECK_EQ(write(go[1], "g", 1), 1);
	CHECK_EQ(read(ready[0], &copy, 1), 1);
	CHECK_ERRNO(syscall(SYS_pidfd_getfd, pidfd, 0, 0), EPERM);
	CHECK_ERRNO(syscall(SYS_get_robust_list, child, &head, &size), EPERM);
	CHECK_ERRNO(process_vm_readv(child, &local, 1, &remote, 1, 0), EPERM);
	CHECK_EQ(write(go[1], "g", 1), 1);
	while (!has_ended(child))
		sleep_ms(5);
	/* It has no files left; that it was not to be looked into is known all the same. */
	CHECK_ERRNO(syscall(SYS_pidfd_getfd, pidfd, 0, 0), EPERM);
	JOIN(child);
	CHECK_ERRNO(syscall(SYS_pidfd_getfd, pidfd, 0, 0), ESRCH);
}

#ifdef __i386__ /* where the calls are */
TEST(a_mask_of_32_bits_has_a_sign)
{
	uint64_t set;

	CHECK_OK(syscall(SYS_ssetmask, -1));
	CHECK_OK(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &set, 8));
	CHECK_EQ(set, 0xfffffffffffbfeff);
	CHECK_OK(syscall(SYS_ssetmask, 1));
	CHECK_OK(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &set, 8));
	CHECK_EQ(set, 1);
}

TEST(nothing_of_the_kernel_is_between_the_fields_of_old_stat)
{
	unsigned short old[16];

	memset(old, 0x5a, sizeof(old));
	CHECK_OK(syscall(SYS_oldfstat, 0, old));
	CHECK_EQ(old[7], 0);
}
#endif
