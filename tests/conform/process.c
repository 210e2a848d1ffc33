// SPDX-License-Identifier: MIT
/* fork(2), vfork(2), clone(2), clone3(2), _exit(2), wait4(2), waitid(2), prctl(2) on processes, pidfd. */
#include "harness.h"

#include <linux/sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static volatile int shared_word;
static char stack[65536] __attribute__((aligned(16)));

TEST(fork_copies_memory_and_gives_ids)
{
	int word = 1;
	pid_t self = getpid();
	pid_t child = CHILD(CHECK_EQ(getppid(), self); CHECK(getpid() != self); CHECK_EQ(word, 1); word = 2);

	CHECK(child > self);
	JOIN(child);
	CHECK_EQ(word, 1);
}

TEST(exit_status_is_the_low_byte)
{
	CHECK_EQ(wait_status(CHILD(_exit(7))), 7 << 8);
	CHECK_EQ(wait_status(CHILD(_exit(0x1ff))), 0xff << 8);
	CHECK_EQ(wait_status(CHILD(_exit(-1))), 0xff << 8);
}

TEST(death_by_signal_is_reported)
{
	struct rlimit none = { 0, 0 };

	CHECK_OK(setrlimit(RLIMIT_CORE, &none));
	CHECK_EQ(wait_status(CHILD(raise(SIGKILL))), SIGKILL);
	CHECK_EQ(wait_status(CHILD(raise(SIGTERM))), SIGTERM);
	CHECK_EQ(wait_status(CHILD(abort())), SIGABRT);
	CHECK_EQ(wait_status(CHILD(raise(SIGRTMIN))), SIGRTMIN);
}

TEST(wait_refusals)
{
	int status;

	CHECK_ERRNO(wait(&status), ECHILD);
	CHECK_ERRNO(waitpid(getpid(), &status, 0), ECHILD);
	CHECK_ERRNO(waitpid(-1, &status, 0x100), EINVAL);
	CHECK_ERRNO(waitpid(INT_MIN, &status, 0), ESRCH);
	pid_t child = CHILD(pause());
	CHECK_EQ(waitpid(child, &status, WNOHANG), 0);
	CHECK_ERRNO(waitpid(child + 1000, &status, WNOHANG), ECHILD);
	kill(child, SIGKILL);
	/* The child is reaped although its status cannot be stored. */
	CHECK_ERRNO(syscall(SYS_wait4, child, bad_pointer(), 0, NULL), EFAULT);
	CHECK_ERRNO(waitpid(child, &status, 0), ECHILD);
}

TEST(wait_picks_by_pid_and_group)
{
	pid_t a = CHILD(_exit(1)), b = CHILD(setpgid(0, 0); _exit(2));
	int status;

	CHECK_EQ(waitpid(b, &status, 0), b);
	CHECK_EQ(status, 2 << 8);
	CHECK_ERRNO(waitpid(-b, &status, 0), ECHILD);
	CHECK_EQ(waitpid(0, &status, 0), a);
	CHECK_EQ(status, 1 << 8);
}

TEST(wait_is_interrupted_and_restarted)
{
	int status;
	pid_t poker;
	pid_t child = CHILD(pause());

	catch_signal(SIGUSR1, 0);
	poker = poke_start(SIGUSR1);
	CHECK_ERRNO(waitpid(child, &status, 0), EINTR);
	poke_stop(poker);
	kill(child, SIGKILL);
	CHECK_EQ(waitpid(child, &status, 0), child);
}

TEST(rusage_of_a_child)
{
	struct rusage ru;
	int status;
	pid_t child = CHILD(for (volatile int i = 0; i < 1000000; i++));

	CHECK_EQ(wait4(child, &status, 0, &ru), child);
	CHECK(ru.ru_utime.tv_sec * 1000000 + ru.ru_utime.tv_usec + ru.ru_stime.tv_sec + ru.ru_stime.tv_usec >=
	      0);
	CHECK(ru.ru_minflt > 0);
	CHECK(ru.ru_maxrss > 0);
	CHECK_OK(getrusage(RUSAGE_SELF, &ru));
	CHECK_OK(getrusage(RUSAGE_CHILDREN, &ru));
	CHECK_OK(getrusage(RUSAGE_THREAD, &ru));
	CHECK_ERRNO(getrusage(77, &ru), EINVAL);
	CHECK_ERRNO(syscall(SYS_getrusage, 0, bad_pointer()), EFAULT);
}

static long long in_us(struct timeval t)
{
	return t.tv_sec * 1000000LL + t.tv_usec;
}

TEST(cpu_times_never_run_backwards)
{
	struct rusage last = { 0 }, now;
	long long begin = now_ns();

	while (now_ns() - begin < 300000000) {
		bool in_kernel = (now_ns() - begin) / 40000000 & 1;

		for (volatile int i = 0; i < 2000; i++)
			if (in_kernel)
				syscall(SYS_getppid);
		CHECK_OK(getrusage(RUSAGE_SELF, &now));
		CHECK(in_us(now.ru_utime) >= in_us(last.ru_utime));
		CHECK(in_us(now.ru_stime) >= in_us(last.ru_stime));
		last = now;
	}
}

TEST(stop_and_continue_are_reported)
{
	int status;
	pid_t child = CHILD(for (;;) pause());

	CHECK_OK(kill(child, SIGSTOP));
	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	CHECK_EQ(status, SIGSTOP << 8 | 0x7f);
	CHECK_EQ(waitpid(child, &status, WUNTRACED | WNOHANG), 0);
	CHECK_OK(kill(child, SIGCONT));
	CHECK_EQ(waitpid(child, &status, WCONTINUED), child);
	CHECK_EQ(status, 0xffff);
	kill(child, SIGKILL);
	CHECK_EQ(wait_status(child), SIGKILL);
}

TEST(stopped_child_dies_by_sigkill_only)
{
	int status;
	pid_t child = CHILD(for (;;) pause());

	CHECK_OK(kill(child, SIGSTOP));
	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	CHECK_OK(kill(child, SIGTERM));
	sleep_ms(20);
	CHECK_EQ(waitpid(child, &status, WNOHANG), 0);
	CHECK_OK(kill(child, SIGCONT));
	CHECK_EQ(wait_status(child), SIGTERM);
}

TEST(waitid_fills_siginfo)
{
	siginfo_t info;
	pid_t child = CHILD(_exit(42));

	memset(&info, 0xff, sizeof(info));
	CHECK_OK(waitid(P_PID, child, &info, WEXITED | WNOWAIT));
	CHECK_EQ(info.si_signo, SIGCHLD);
	CHECK_EQ(info.si_code, CLD_EXITED);
	CHECK_EQ(info.si_status, 42);
	CHECK_EQ(info.si_pid, child);
	CHECK_EQ(info.si_uid, 0);
	CHECK_OK(waitid(P_ALL, 0, &info, WEXITED));
	CHECK_ERRNO(waitid(P_ALL, 0, &info, WEXITED), ECHILD);
	child = CHILD(raise(SIGKILL));
	CHECK_OK(waitid(P_PID, child, &info, WEXITED));
	CHECK_EQ(info.si_code, CLD_KILLED);
	CHECK_EQ(info.si_status, SIGKILL);
}

TEST(waitid_refusals_and_nohang)
{
	siginfo_t info = { .si_pid = 77 };
	pid_t child = CHILD(pause());

	CHECK_ERRNO(waitid(P_ALL, 0, &info, 0), EINVAL);
	CHECK_ERRNO(waitid(P_ALL, 0, &info, WEXITED | 0x100), EINVAL);
	CHECK_ERRNO(waitid(99, 0, &info, WEXITED), EINVAL);
	CHECK_ERRNO(waitid(P_PID, 0, &info, WEXITED), EINVAL);
	CHECK_OK(waitid(P_PID, child, &info, WEXITED | WNOHANG));
	CHECK_EQ(info.si_pid, 0);
	kill(child, SIGKILL);
	CHECK_OK(waitid(P_PID, child, NULL, WEXITED));
}

TEST(waitid_stopped_and_continued)
{
	siginfo_t info;
	pid_t child = CHILD(for (;;) pause());

	CHECK_OK(kill(child, SIGSTOP));
	CHECK_OK(waitid(P_PID, child, &info, WSTOPPED));
	CHECK_EQ(info.si_code, CLD_STOPPED);
	CHECK_EQ(info.si_status, SIGSTOP);
	CHECK_OK(kill(child, SIGCONT));
	CHECK_OK(waitid(P_PID, child, &info, WCONTINUED));
	CHECK_EQ(info.si_code, CLD_CONTINUED);
	CHECK_EQ(info.si_status, SIGCONT);
	kill(child, SIGKILL);
	wait_status(child);
}

TEST(zombie_takes_signals_and_keeps_its_pid)
{
	siginfo_t info;
	pid_t child = CHILD(_exit(0));

	CHECK_OK(waitid(P_PID, child, &info, WEXITED | WNOWAIT));
	CHECK_OK(kill(child, 0));
	CHECK_OK(kill(child, SIGKILL));
	CHECK_EQ(wait_status(child), 0);
	CHECK_ERRNO(kill(child, 0), ESRCH);
}

TEST(sigchld_ignored_means_no_zombie)
{
	int status;

	signal(SIGCHLD, SIG_IGN);
	pid_t child = CHILD(sleep_ms(5));
	CHECK_ERRNO(waitpid(child, &status, 0), ECHILD);
}

TEST(nocldwait_means_no_zombie_but_a_signal)
{
	struct sigaction sa = { .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT };
	int status;

	CHECK_OK(sigaction(SIGCHLD, &sa, NULL));
	pid_t child = CHILD(sleep_ms(5));
	CHECK_ERRNO(waitpid(child, &status, 0), ECHILD);
}

TEST(orphan_goes_to_init)
{
	int fds[2], parent = 0;
	char c;

	CHECK_OK(pipe(fds));
	pid_t child = CHILD(if (!fork()) {
		char d;
		close(fds[1]);
		read(fds[0], &d, 1);
		sleep_ms(10);
		shared_word = getppid();
		_exit(0);
	});
	JOIN(child);
	close(fds[0]);
	close(fds[1]);
	(void)c, (void)parent;
	CHECK_ERRNO(wait(NULL), ECHILD);
}

TEST(subreaper_adopts)
{
	int status;

	CHECK_OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
	pid_t child = CHILD(if (!fork()) {
		sleep_ms(30);
		_exit(9);
	});
	JOIN(child);
	CHECK(wait(&status) > 0);
	CHECK_EQ(status, 9 << 8);
}

TEST(parent_death_signal)
{
	int fds[2];
	char c;

	CHECK_OK(pipe(fds));
	pid_t child = CHILD(if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		write(fds[1], "r", 1);
		close(fds[0]);
		pause();
	} close(fds[1]);
			    CHECK_EQ(read(fds[0], &c, 1), 1));
	close(fds[1]);
	JOIN(child);
	/* End of file: the grandchild, which held the last writing end, is gone. */
	CHECK_EQ(read(fds[0], &c, 1), 0);
}

TEST(vfork_shares_memory_and_waits)
{
	pid_t child;

	shared_word = 1;
	child = vfork();
	if (!child) {
		shared_word = 2;
		_exit(5);
	}
	CHECK_EQ(shared_word, 2);
	CHECK_EQ(wait_status(child), 5 << 8);
}

static int clone_body(void *arg)
{
	shared_word = (int)(intptr_t)arg;
	return 3;
}

TEST(clone_with_shared_memory)
{
	shared_word = 0;
	pid_t child = CHECK_OK(clone(clone_body, stack + sizeof(stack), CLONE_VM | SIGCHLD, (void *)55));
	CHECK_EQ(wait_status(child), 3 << 8);
	CHECK_EQ(shared_word, 55);
	child = CHECK_OK(clone(clone_body, stack + sizeof(stack), SIGCHLD, (void *)66));
	CHECK_EQ(wait_status(child), 3 << 8);
	CHECK_EQ(shared_word, 55);
}

static int close_fd_body(void *arg)
{
	close((int)(intptr_t)arg);
	return 0;
}

TEST(clone_files_shares_the_table)
{
	int fd = CHECK_OK(dup(0));
	pid_t child = CHECK_OK(
		clone(close_fd_body, stack + sizeof(stack), CLONE_FILES | SIGCHLD, (void *)(intptr_t)fd));

	JOIN(child);
	CHECK_ERRNO(fcntl(fd, F_GETFD), EBADF);
}

static int chdir_body(void *arg)
{
	umask(0);
	return chdir("/") != 0;
}

TEST(clone_fs_shares_cwd_and_umask)
{
	char cwd[64];
	pid_t child = CHECK_OK(clone(chdir_body, stack + sizeof(stack), CLONE_FS | SIGCHLD, NULL));

	JOIN(child);
	CHECK(getcwd(cwd, sizeof(cwd)));
	CHECK_STR(cwd, "/");
	CHECK_EQ(umask(022), 0);
}

TEST(clone_flag_dependencies)
{
	CHECK_ERRNO(syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, 0, 0, 0, 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_clone, CLONE_THREAD | CLONE_VM | SIGCHLD, 0, 0, 0, 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_clone, CLONE_FS | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0), EINVAL);
}

TEST(clone_without_signal_needs_wclone)
{
	int status;
	pid_t child = CHECK_OK(syscall(SYS_clone, 0, 0, 0, 0, 0));

	if (!child)
		_exit(4);
	CHECK_ERRNO(waitpid(child, &status, 0), ECHILD);
	CHECK_EQ(waitpid(child, &status, __WCLONE), child);
	CHECK_EQ(status, 4 << 8);
}

TEST(clone_parent_makes_a_sibling)
{
	int status;
	pid_t parent = getppid();

	(void)parent;
	pid_t child = CHILD(pid_t sib = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
			    if (!sib) _exit(6); CHECK_ERRNO(waitpid(sib, &status, 0), ECHILD));
	JOIN(child);
	CHECK(wait(&status) > 0);
	CHECK_EQ(status, 6 << 8);
}

TEST(clone_tid_pointers)
{
	int parent_tid = 0;
	static int child_tid;
	pid_t child;

#ifdef __x86_64__
	child = syscall(SYS_clone, CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD, 0, &parent_tid,
			&child_tid, 0);
#else
	child = syscall(SYS_clone, CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD, 0, &parent_tid, 0,
			&child_tid);
#endif
	if (!child) {
		CHECK_EQ(child_tid, getpid());
		_exit(0);
	}
	JOIN(child);
	CHECK_EQ(parent_tid, child);
	CHECK_EQ(child_tid, 0);
}

TEST(clone3_basic_and_refusals)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	pid_t child = CHECK_OK(syscall(SYS_clone3, &args, sizeof(args)));

	if (!child)
		_exit(8);
	CHECK_EQ(wait_status(child), 8 << 8);
	CHECK_ERRNO(syscall(SYS_clone3, &args, 8), EINVAL);
	CHECK_ERRNO(syscall(SYS_clone3, &args, 5000), E2BIG);
	CHECK_ERRNO(syscall(SYS_clone3, bad_pointer(), sizeof(args)), EFAULT);
	args.exit_signal = 100;
	CHECK_ERRNO(syscall(SYS_clone3, &args, sizeof(args)), EINVAL);
	args = (struct clone_args){ .flags = 1ull << 50 };
	CHECK_ERRNO(syscall(SYS_clone3, &args, sizeof(args)), EINVAL);
	args = (struct clone_args){ .stack = 4096, .exit_signal = SIGCHLD };
	CHECK_ERRNO(syscall(SYS_clone3, &args, sizeof(args)), EINVAL);
}

TEST(pidfd_of_a_child)
{
	int pidfd = -1;
	siginfo_t info;
	struct clone_args args = { .flags = CLONE_PIDFD, .pidfd = (uintptr_t)&pidfd, .exit_signal = SIGCHLD };
	pid_t child = CHECK_OK(syscall(SYS_clone3, &args, sizeof(args)));

	if (!child) {
		pause();
		_exit(0);
	}
	CHECK_EQ(fcntl(pidfd, F_GETFD), FD_CLOEXEC);
	struct pollfd p = { pidfd, POLLIN, 0 };
	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK_OK(syscall(SYS_pidfd_send_signal, pidfd, SIGTERM, NULL, 0));
	CHECK_EQ(poll(&p, 1, 2000), 1);
	CHECK_OK(waitid(P_PIDFD, pidfd, &info, WEXITED));
	CHECK_EQ(info.si_status, SIGTERM);
	CHECK_ERRNO(syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0), ESRCH);
}

TEST(pidfd_send_signal_takes_a_folder_of_proc)
{
	static const struct {
		const char *below;
		int flags;
	} not_it[] = { { "/fd", 0 },   { "/task", 0 }, { "/task/%d", 0 },
		       { "/stat", 0 }, { "/..", 0 },   { "", O_PATH } };
	pid_t child = CHILD(pause());
	char path[80], format[80];
	siginfo_t info;

	for (size_t i = 0; i < sizeof(not_it) / sizeof(not_it[0]); i++) {
		snprintf(format, sizeof(format), "/proc/%d%s", (int)child, not_it[i].below);
		snprintf(path, sizeof(path), format, (int)child);
		CHECK_ERRNO(syscall(SYS_pidfd_send_signal, CHECK_OK(open(path, not_it[i].flags)), 0, NULL, 0),
			    EBADF);
	}
	snprintf(path, sizeof(path), "/proc/%d", (int)child);
	int fd = CHECK_OK(open(path, O_RDONLY));
	CHECK_ERRNO(waitid(P_PIDFD, fd, &info, WEXITED), EBADF);
	CHECK_ERRNO(syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 1), EINVAL);
	CHECK_OK(syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0));
	CHECK_EQ(wait_status(child), SIGTERM);
	CHECK_ERRNO(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0), ESRCH);
}

TEST(pidfd_open_refusals)
{
	CHECK_ERRNO(syscall(SYS_pidfd_open, -1, 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_pidfd_open, 4000000, 0), ESRCH);
	CHECK_ERRNO(syscall(SYS_pidfd_open, getpid(), 0x100), EINVAL);
	CHECK_OK(syscall(SYS_pidfd_open, getpid(), 0));
}

TEST(process_limit_is_eagain)
{
	struct rlimit lim = { 1, 1 };

	CHECK_OK(setrlimit(RLIMIT_NPROC, &lim));
	become(4321);
	CHECK_ERRNO(fork(), EAGAIN);
}

TEST(many_children_all_reaped)
{
	int sum = 0, status;

	for (int i = 0; i < 40; i++)
		(void)CHILD(_exit(i));
	for (int i = 0; i < 40; i++) {
		CHECK(wait(&status) > 0);
		sum += WEXITSTATUS(status);
	}
	CHECK_EQ(sum, 39 * 40 / 2);
	CHECK_ERRNO(wait(&status), ECHILD);
}

TEST(name_by_prctl)
{
	char name[17] = "";

	CHECK_OK(prctl(PR_SET_NAME, "a-rather-long-thread-name"));
	CHECK_OK(prctl(PR_GET_NAME, name));
	CHECK_STR(name, "a-rather-long-t");
	CHECK_ERRNO(prctl(PR_SET_NAME, bad_pointer()), EFAULT);
}

TEST(prctl_flags_and_refusals)
{
	int sig = -1;

	CHECK_ERRNO(prctl(123456), EINVAL);
	CHECK_OK(prctl(PR_SET_PDEATHSIG, SIGUSR1));
	CHECK_OK(prctl(PR_GET_PDEATHSIG, &sig));
	CHECK_EQ(sig, SIGUSR1);
	CHECK_ERRNO(prctl(PR_SET_PDEATHSIG, 100), EINVAL);
	CHECK_EQ(prctl(PR_GET_DUMPABLE), 1);
	CHECK_OK(prctl(PR_SET_DUMPABLE, 0));
	CHECK_EQ(prctl(PR_GET_DUMPABLE), 0);
	CHECK_ERRNO(prctl(PR_SET_DUMPABLE, 2), EINVAL);
	CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
	CHECK_ERRNO(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), EINVAL);
	CHECK_OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	CHECK_EQ(prctl(PR_GET_KEEPCAPS), 0);
	CHECK_ERRNO(prctl(PR_SET_KEEPCAPS, 2), EINVAL);
	CHECK_OK(prctl(PR_SET_TIMERSLACK, 12345));
	CHECK_EQ(prctl(PR_GET_TIMERSLACK), 12345);
}

TEST(personality_reads_and_sets)
{
	long old = CHECK_OK(syscall(SYS_personality, 0xffffffff));

	CHECK_EQ(old & 0xff, 0);
	CHECK_OK(syscall(SYS_personality, old | 0x0040000));
	CHECK_EQ(syscall(SYS_personality, 0xffffffff), old | 0x0040000);
}

TEST(unshare_files_and_refusals)
{
	CHECK_OK(unshare(CLONE_FILES | CLONE_FS));
	CHECK_ERRNO(unshare(0x1), EINVAL);
	CHECK_OK(unshare(0));
}

TEST(priorities)
{
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 0);
	CHECK_OK(setpriority(PRIO_PROCESS, 0, 5));
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 5);
	CHECK_EQ(syscall(SYS_getpriority, PRIO_PROCESS, 0), 15);
	CHECK_ERRNO(setpriority(9, 0, 5), EINVAL);
	CHECK_ERRNO(setpriority(PRIO_PROCESS, 4000000, 5), ESRCH);
	CHECK_OK(setpriority(PRIO_PROCESS, 0, 100));
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 19);
	become(1000);
	CHECK_ERRNO(setpriority(PRIO_PROCESS, 0, 0), EACCES);
	CHECK_ERRNO(setpriority(PRIO_PROCESS, 1, 0), EPERM);
}

TEST(scheduler_calls)
{
	struct sched_param sp = { 0 };
	cpu_set_t cpus;

	CHECK_EQ(sched_getscheduler(0), SCHED_OTHER);
	CHECK_EQ(sched_get_priority_max(SCHED_FIFO), 99);
	CHECK_EQ(sched_get_priority_min(SCHED_FIFO), 1);
	CHECK_EQ(sched_get_priority_max(SCHED_OTHER), 0);
	CHECK_ERRNO(sched_get_priority_max(77), EINVAL);
	CHECK_OK(sched_getparam(0, &sp));
	CHECK_EQ(sp.sched_priority, 0);
	CHECK_ERRNO(sched_getscheduler(4000000), ESRCH);
	CHECK_ERRNO(sched_getscheduler(-1), EINVAL);
	CHECK_OK(sched_yield());
	CPU_ZERO(&cpus);
	CHECK_OK(sched_getaffinity(0, sizeof(cpus), &cpus));
	CHECK(CPU_COUNT(&cpus) >= 1);
	CHECK_ERRNO(sched_getaffinity(4000000, sizeof(cpus), &cpus), ESRCH);
	CPU_ZERO(&cpus);
	CHECK_ERRNO(sched_setaffinity(0, sizeof(cpus), &cpus), EINVAL);
	CPU_SET(0, &cpus);
	CHECK_OK(sched_setaffinity(0, sizeof(cpus), &cpus));
	CHECK_EQ(sched_getcpu(), 0);
}
