// SPDX-License-Identifier: MIT
/* The flags of clone and clone3, one by one and in the combinations that are refused. */
#include "harness.h"

#include <linux/sched.h>

static int *shared;

static void share(void)
{
	shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(shared != MAP_FAILED);
}

/* clone without a stack of its own: only for flags without CLONE_VM. */
static pid_t raw_clone(unsigned long flags)
{
	return syscall(SYS_clone, flags, 0, NULL, NULL, NULL);
}

static long call_clone3(struct clone_args *args, size_t size)
{
	return syscall(SYS_clone3, args, size);
}

static pid_t clone3_flags(uint64_t flags)
{
	struct clone_args args = { .flags = flags, .exit_signal = SIGCHLD };

	return call_clone3(&args, sizeof(args));
}

/* Runs in the child of a flag case: what it changes is looked at by the parent afterwards. */
#define SHARING(name, flags, prepare, change, seen_when_shared, seen_when_not)          \
	TEST(name##_is_shared)                                                          \
	{                                                                               \
		prepare;                                                                \
		pid_t pid = CHECK_OK(raw_clone((flags) | SIGCHLD));                     \
		if (!pid) {                                                             \
			change;                                                         \
			_exit(0);                                                       \
		}                                                                       \
		JOIN(pid);                                                              \
		seen_when_shared;                                                       \
	}                                                                               \
	TEST(name##_is_copied_without_the_flag)                                         \
	{                                                                               \
		prepare;                                                                \
		pid_t pid = CHECK_OK(raw_clone(SIGCHLD));                               \
		if (!pid) {                                                             \
			change;                                                         \
			_exit(0);                                                       \
		}                                                                       \
		JOIN(pid);                                                              \
		seen_when_not;                                                          \
	}

SHARING(descriptor_table, CLONE_FILES, , dup2(0, 60), CHECK_OK(fcntl(60, F_GETFD)),
	CHECK_ERRNO(fcntl(60, F_GETFD), EBADF))
SHARING(umask_value, CLONE_FS, umask(022), umask(077), CHECK_EQ(umask(0), 077), CHECK_EQ(umask(0), 022))
SHARING(working_folder, CLONE_FS, CHECK_OK(mkdir("d", 0755)), CHECK_OK(chdir("d")),
	CHECK_OK(access("../d", F_OK)), CHECK_OK(access("d", F_OK)))

static bool refused(uint64_t flags)
{
	pid_t pid = clone3_flags(flags);

	if (!pid)
		_exit(0);
	return pid == -1 && errno == EINVAL;
}

TEST(flags_that_need_others)
{
	CHECK(refused(CLONE_SIGHAND));
	CHECK(refused(CLONE_THREAD));
	CHECK(refused(CLONE_THREAD | CLONE_SIGHAND));
	CHECK(refused(CLONE_THREAD | CLONE_VM));
	CHECK(refused(CLONE_SIGHAND | CLONE_VM | CLONE_CLEAR_SIGHAND));
}

TEST(flags_that_exclude_each_other)
{
	CHECK(refused(CLONE_FS | CLONE_NEWNS));
	CHECK(refused(CLONE_FS | CLONE_NEWUSER));
	CHECK(refused(CLONE_DETACHED));
	CHECK(refused(CSIGNAL));
	CHECK(refused(1ULL << 40));
}

TEST(clone3_sizes)
{
	struct {
		struct clone_args args;
		char more[64];
	} big = { .args = { .exit_signal = SIGCHLD } };

	CHECK_ERRNO(call_clone3(&big.args, 63), EINVAL);
	CHECK_ERRNO(call_clone3(&big.args, PAGE + 1), E2BIG);
	big.more[60] = 1;
	CHECK_ERRNO(call_clone3(&big.args, sizeof(big)), E2BIG);
	CHECK_ERRNO(call_clone3(bad_pointer(), 64), EFAULT);
	pid_t pid = CHECK_OK(call_clone3(&big.args, 64));
	if (!pid)
		_exit(5);
	CHECK_EQ(wait_status(pid), 5 << 8);
}

TEST(clone3_stack_and_signal_checks)
{
	struct clone_args args = { .exit_signal = 65 };

	CHECK_ERRNO(call_clone3(&args, sizeof(args)), EINVAL);
	args = (struct clone_args){ .exit_signal = SIGCHLD, .stack = 4096 };
	CHECK_ERRNO(call_clone3(&args, sizeof(args)), EINVAL);
	args = (struct clone_args){ .exit_signal = SIGCHLD, .stack_size = 4096 };
	CHECK_ERRNO(call_clone3(&args, sizeof(args)), EINVAL);
	args = (struct clone_args){ .flags = CLONE_PARENT, .exit_signal = SIGCHLD };
	CHECK_ERRNO(call_clone3(&args, sizeof(args)), EINVAL);
}

TEST(clone3_set_tid)
{
	pid_t want = 30000;
	struct clone_args args = { .exit_signal = SIGCHLD, .set_tid = (uintptr_t)&want, .set_tid_size = 1 };
	pid_t pid = CHECK_OK(call_clone3(&args, sizeof(args)));

	if (!pid)
		_exit(getpid() == 30000 ? 0 : 1);
	CHECK_EQ(pid, 30000);
	/* Taken until it was waited for. */
	CHECK_ERRNO(call_clone3(&args, sizeof(args)), EEXIST);
	JOIN(pid);
	want = 0;
	CHECK_ERRNO(call_clone3(&args, sizeof(args)), EINVAL);
	args.set_tid_size = 33;
	CHECK_ERRNO(call_clone3(&args, sizeof(args)), EINVAL);
	args.set_tid = 0;
	args.set_tid_size = 1;
	CHECK_ERRNO(call_clone3(&args, sizeof(args)), EINVAL);
}

TEST(pidfd_flag)
{
	int fd = -1;
	pid_t pid = CHECK_OK(syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &fd, NULL, NULL));
	siginfo_t info;

	if (!pid)
		_exit(3);
	CHECK(fd > 2);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_OK(waitid(P_PIDFD, fd, &info, WEXITED));
	CHECK_EQ(info.si_pid, pid);
	CHECK_EQ(info.si_status, 3);
	CHECK_ERRNO(syscall(SYS_clone, CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, 0, &fd, NULL, NULL), EINVAL);
	CHECK_ERRNO(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0), ESRCH);
}

TEST(pidfd_flag_with_bad_pointer_makes_no_child)
{
	int before = lowest_fd();

	CHECK_ERRNO(syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, bad_pointer(), NULL, NULL), EFAULT);
	CHECK_EQ(lowest_fd(), before);
	CHECK_ERRNO(waitpid(-1, NULL, 0), ECHILD);
}

TEST(parent_settid_and_child_cleartid)
{
	pid_t seen = 0;

	share();
	pid_t pid = CHECK_OK(clone3_flags(0));
	if (!pid)
		_exit(0);
	JOIN(pid);
	struct clone_args args = { .flags = CLONE_PARENT_SETTID | CLONE_CHILD_SETTID,
				   .exit_signal = SIGCHLD,
				   .parent_tid = (uintptr_t)&seen,
				   .child_tid = (uintptr_t)shared };
	pid = CHECK_OK(call_clone3(&args, sizeof(args)));
	if (!pid)
		_exit(*shared == getpid() ? 0 : 1);
	CHECK_EQ(seen, pid);
	JOIN(pid);
	CHECK_EQ(*shared, pid);
}

TEST(clear_sighand_resets_handlers_only)
{
	struct sigaction sa;

	catch_signal(SIGUSR1, 0);
	signal(SIGUSR2, SIG_IGN);
	pid_t pid = CHECK_OK(clone3_flags(CLONE_CLEAR_SIGHAND));
	if (!pid) {
		CHECK_OK(sigaction(SIGUSR1, NULL, &sa));
		CHECK(sa.sa_handler == SIG_DFL);
		CHECK_OK(sigaction(SIGUSR2, NULL, &sa));
		CHECK(sa.sa_handler == SIG_IGN);
		CHECK_EQ(sa.sa_flags & SA_RESTART, 0); /* signal(3) had set it */
		_exit(0);
	}
	JOIN(pid);
}

TEST(exit_signal_is_the_callers_choice)
{
	catch_signal(SIGUSR1, SA_RESTART);
	catch_signal(SIGCHLD, SA_RESTART);
	pid_t pid = CHECK_OK(raw_clone(SIGUSR1));
	if (!pid)
		_exit(0);
	CHECK_EQ(waitpid(pid, NULL, __WALL), pid);
	CHECK_EQ(signal_count[SIGUSR1], 1);
	CHECK_EQ(signal_count[SIGCHLD], 0);
}

TEST(vfork_flag_waits_for_the_end)
{
	share();
	pid_t pid = CHECK_OK(raw_clone(CLONE_VFORK | SIGCHLD));
	if (!pid) {
		sleep_ms(50);
		*shared = 1;
		_exit(0);
	}
	CHECK_EQ(*shared, 1);
	JOIN(pid);
}

TEST(vfork_parent_killed_while_waiting)
{
	int gate[2];
	char c;

	CHECK_OK(pipe(gate));
	pid_t parent = CHECK_OK(fork());
	if (!parent) {
		if (!raw_clone(CLONE_VFORK | SIGCHLD)) {
			(void)write(gate[1], "x", 1);
			pause();
		}
		_exit(0);
	}
	CHECK_EQ(read(gate[0], &c, 1), 1);
	CHECK_OK(kill(parent, SIGKILL));
	CHECK_EQ(wait_status(parent), SIGKILL);
}

TEST(parent_flag_makes_a_sibling)
{
	pid_t me = getpid();

	share();
	JOIN(CHILD(pid_t pid = raw_clone(CLONE_PARENT | SIGCHLD); if (!pid) {
		*shared = getppid();
		_exit(0);
	} CHECK(pid > 0); CHECK_ERRNO(waitpid(pid, NULL, 0), ECHILD)));
	CHECK_OK(waitpid(-1, NULL, 0));
	CHECK_EQ(*shared, me);
}

TEST(namespaces_need_privilege)
{
	become(1000);
	CHECK_ERRNO(raw_clone(CLONE_NEWNS | SIGCHLD), EPERM);
	CHECK_ERRNO(raw_clone(CLONE_NEWPID | SIGCHLD), EPERM);
	CHECK_ERRNO(raw_clone(CLONE_NEWUTS | SIGCHLD), EPERM);
}

TEST(child_copies_pending_nothing_but_mask)
{
	sigset_t set, pending;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	raise(SIGUSR1);
	JOIN(CHILD(CHECK_OK(sigpending(&pending)); CHECK_EQ(sigismember(&pending, SIGUSR1), 0);
		   CHECK_OK(sigprocmask(SIG_BLOCK, NULL, &pending)); CHECK_EQ(sigismember(&pending, SIGUSR1), 1)));
}
