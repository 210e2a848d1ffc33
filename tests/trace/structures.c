// SPDX-License-Identifier: MIT
/*
 * Calls whose arguments are structures, and how each must look in a trace; the marks are those of probe.c.
 * Where i386 has a 32-bit layout of its own, the plain number is called, so that this layout is decoded.
 */
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What the kernel knows by these numbers: longs on both ABIs. */
struct times {
	long a_sec, a_frac, b_sec, b_frac;
};

static void times_of_files(void)
{
	struct times t = { 1, 2, 3, 4 };
	struct times now = { 0, 0x3fffffff, 0, 0x3ffffffe }; /* UTIME_NOW, UTIME_OMIT */

	syscall(SYS_mknod, "/tmp/n", S_IFCHR | 0600, makedev(1, 300));
	//= mknod("/tmp/n", S_IFCHR|0600, makedev(1, 300)) = 0
	syscall(SYS_utimensat, AT_FDCWD, "/tmp/n", &t, 0);
	//= utimensat(AT_FDCWD, "/tmp/n", [{tv_sec=1, tv_nsec=2}, {tv_sec=3, tv_nsec=4}], 0) = 0
	syscall(SYS_utimensat, AT_FDCWD, "/tmp/n", &now, AT_SYMLINK_NOFOLLOW);
	//= utimensat(AT_FDCWD, "/tmp/n", [UTIME_NOW, UTIME_OMIT], AT_SYMLINK_NOFOLLOW) = 0
	syscall(SYS_utimes, "/tmp/n", &t);
	//= utimes("/tmp/n", [{tv_sec=1, tv_usec=2}, {tv_sec=3, tv_usec=4}]) = 0
	syscall(SYS_utimes, "/tmp/n", (void *)8); //= utimes("/tmp/n", 0x8) = -1 EFAULT (Bad address)
}

static void timers(void)
{
	struct times t = { 0, 0, 100, 5 }, old;
	struct times wait = { 0, 1000000, 0, 0 };

	syscall(SYS_setitimer, ITIMER_REAL, &t, NULL);
	//= setitimer(ITIMER_REAL, {it_interval={tv_sec=0, tv_usec=0}, it_value={tv_sec=100, tv_usec=5}}, NULL) = 0
	syscall(SYS_getitimer, ITIMER_VIRTUAL, &old);
	//= getitimer(ITIMER_VIRTUAL, {it_interval={tv_sec=0, tv_usec=0}, it_value={tv_sec=0, tv_usec=0}}) = 0
	t.b_sec = 0;
	t.b_frac = 0;
	syscall(SYS_setitimer, ITIMER_REAL, &t, &old);
	//= setitimer(ITIMER_REAL, {it_interval={tv_sec=0, tv_usec=0}, it_value={tv_sec=0, tv_usec=0}}, {it_interval={}, it_value={}}) = 0
	syscall(SYS_timerfd_create, CLOCK_MONOTONIC, 0); //= timerfd_create(CLOCK_MONOTONIC, 0) = 3
	t.b_sec = 50;
	syscall(SYS_timerfd_settime, 3, 0, &t, NULL);
	//= timerfd_settime(3, 0, {it_interval={tv_sec=0, tv_nsec=0}, it_value={tv_sec=50, tv_nsec=0}}, NULL) = 0
	syscall(SYS_timerfd_gettime, 3, &old);
	//= timerfd_gettime(3, {it_interval={tv_sec=0, tv_nsec=0}, it_value={tv_sec=49, tv_nsec={}}}) = 0
	close(3); //= close(3) = 0
	syscall(SYS_gettimeofday, &old, NULL); //= gettimeofday({tv_sec={}, tv_usec={}}, NULL) = 0
	syscall(SYS_clock_getres, CLOCK_MONOTONIC, &old); //= clock_getres(CLOCK_MONOTONIC, {tv_sec=0, tv_nsec=1}) = 0
	syscall(SYS_nanosleep, &wait, NULL); //= nanosleep({tv_sec=0, tv_nsec=1000000}, NULL) = 0
}

static void sets(void)
{
	fd_set in, out;
	struct times zero = { 0 };
	cpu_set_t cpus;
	sigset_t pending;

	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(0, &in);
	FD_SET(1, &out);
	FD_SET(2, &out);
#ifdef SYS__newselect
	syscall(SYS__newselect, 3, &in, &out, NULL, &zero);
#else
	syscall(SYS_select, 3, &in, &out, NULL, &zero);
#endif
	//= {}select(3, [0], [1 2], NULL, {tv_sec=0, tv_usec=0}) = {}
	memset(&cpus, 0, sizeof(cpus));
	CPU_SET(0, &cpus);
	syscall(SYS_sched_setaffinity, 0, 8, &cpus); //= sched_setaffinity(0, 8, [0]) = 0
	syscall(SYS_rt_sigpending, &pending, 8); //= rt_sigpending([], 8) = 0
}

static void transfers(void)
{
	char a[4], b[4];
	struct iovec v[2] = { { a, 2 }, { b, 2 } }, many[40];
	long at = 0;
	int fd = open("/tmp/f", O_RDWR | O_CREAT | O_TRUNC, 0644); //= {}"/tmp/f", O_RDWR|O_CREAT|O_TRUNC{} = 3

	(void)!write(fd, "abcdef", 6); //= write(3, "abcdef", 6) = 6
	lseek(fd, 0, SEEK_SET); //= {}lseek(3, {}) = 0
	syscall(SYS_readv, fd, v, 2); //= readv(3, [{iov_base="ab", iov_len=2}, {iov_base="cd", iov_len=2}], 2) = 4
	syscall(SYS_readv, fd, v, 2); //= readv(3, [{iov_base="ef", iov_len=2}, {iov_base={}, iov_len=2}], 2) = 2
	for (int i = 0; i < 40; i++)
		many[i] = (struct iovec){ "x", 1 };
	syscall(SYS_writev, fd, many, 40); //= writev(3, [{iov_base="x", iov_len=1}, {}...], 40) = 40
	syscall(SYS_writev, fd, (void *)8, 1); //= writev(3, 0x8, 1) = -1 EFAULT (Bad address)
	syscall(SYS_sendfile, fd, fd, &at, 0); //= sendfile(3, 3, [0], 0) = 0
	syscall(SYS_fcntl, fd, F_SETSIG, SIGUSR2); //= fcntl(3, F_SETSIG, SIGUSR2) = 0
	syscall(SYS_fcntl, fd, F_DUPFD, 20); //= fcntl(3, F_DUPFD, 20) = 20
	syscall(SYS_fcntl, fd, 9999, 0x55); //= fcntl(3, 0x270f{}, 0x55) = -1 EINVAL {}
	syscall(SYS_fcntl, fd, F_SETLK, (void *)8); //= fcntl(3, F_SETLK, 0x8) = -1 EFAULT {}
	close(fd); //= close(3) = 0
}

static void waiting(void)
{
	struct epoll_event e = { .events = EPOLLOUT, .data.u64 = 9 }, got[2];
	struct pollfd many[40];
	int fds[2], word = 0;

	(void)!pipe(fds); //= pipe{}[3, 4]{} = 0
	syscall(SYS_epoll_create1, 0); //= epoll_create1(0) = 5
	syscall(SYS_epoll_ctl, 5, EPOLL_CTL_ADD, fds[1], &e);
	//= epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLOUT, data=0x9}) = 0
	syscall(SYS_epoll_ctl, 5, EPOLL_CTL_MOD, fds[1], (void *)8); //= epoll_ctl(5, EPOLL_CTL_MOD, 4, 0x8) = -1 EFAULT {}
	syscall(SYS_epoll_wait, 5, got, 2, 1000); //= epoll_wait(5, [{events=EPOLLOUT, data=0x9}], 2, 1000) = 1
	syscall(SYS_epoll_ctl, 5, EPOLL_CTL_DEL, fds[1], NULL); //= epoll_ctl(5, EPOLL_CTL_DEL, 4, NULL) = 0
	syscall(SYS_epoll_wait, 5, got, 2, 0); //= epoll_wait(5, [], 2, 0) = 0
	for (int i = 0; i < 40; i++)
		many[i] = (struct pollfd){ fds[0], POLLIN, 0 };
	syscall(SYS_poll, many, 40, 0); //= poll([{fd=3, events=POLLIN}, {}...], 40, 0) = 0
	syscall(SYS_poll, (void *)8, 1, 0); //= poll(0x8, 1, 0) = -1 EFAULT (Bad address)
	syscall(SYS_futex, &word, FUTEX_WAKE_BITSET, 1, NULL, NULL, FUTEX_BITSET_MATCH_ANY);
	//= futex(0x{}, FUTEX_WAKE_BITSET, 1, {}FUTEX_BITSET_MATCH_ANY) = 0
	syscall(SYS_futex, &word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0x10);
	//= futex(0x{}, FUTEX_WAKE_BITSET, 1, {}0x10) = 0
	close(5);
	close(4);
	close(3); //= close(3) = 0
}

static void terminals(void)
{
	struct winsize size = { 24, 80, 0, 0 };
	int m = open("/dev/ptmx", O_RDWR | O_NOCTTY); //= {}"/dev/ptmx", O_RDWR|O_NOCTTY{} = 3

	syscall(SYS_ioctl, m, TIOCSWINSZ, &size);
	//= ioctl(3, TIOCSWINSZ, {ws_row=24, ws_col=80, ws_xpixel=0, ws_ypixel=0}) = 0
	syscall(SYS_ioctl, m, TIOCGWINSZ, &size);
	//= ioctl(3, TIOCGWINSZ, {ws_row=24, ws_col=80, ws_xpixel=0, ws_ypixel=0}) = 0
	close(m); //= close(3) = 0
}

static void nothing(int sig)
{
	(void)sig;
}

static void processes(void)
{
	char info[128], usage[160]; /* of any layout */
	struct rlimit r = { 100, 200 };
	siginfo_t queued;
	int status;
	pid_t child;

	signal(34, SIG_IGN); //= rt_sigaction(SIGRT_2, {sa_handler=SIG_IGN{}}, {}) = 0
	syscall(SYS_kill, getpid(), 34); //= kill({}, SIGRT_2) = 0
	syscall(SYS_kill, getpid(), 100); //= kill({}, 100) = -1 EINVAL {}
	memset(info, 0, sizeof(info));
	memset(&queued, 0, sizeof(queued));
	queued.si_code = SI_QUEUE;
	queued.si_int = 77;
	signal(36, nothing);
	syscall(SYS_rt_sigqueueinfo, getpid(), 36, &queued);
	//= rt_sigqueueinfo({}, SIGRT_4, {}) = 0
	//= --- SIGRT_4 {si_signo=SIGRT_4, si_code=SI_QUEUE, si_pid=0, si_uid=0, si_value={sival_int=77}} ---
	syscall(SYS_setrlimit, RLIMIT_NOFILE, &r); //= setrlimit(RLIMIT_NOFILE, {rlim_cur=100, rlim_max=200}) = 0
	syscall(SYS_setrlimit, RLIMIT_NOFILE, (void *)8); //= setrlimit(RLIMIT_NOFILE, 0x8) = -1 EFAULT (Bad address)
	child = fork();
	if (!child)
		syscall(SYS_exit_group, 3); //= exit_group(3) = ?
	syscall(SYS_waitid, P_PID, child, info, WEXITED, usage);
	//= waitid(P_PID, {}, {si_signo=SIGCHLD, si_code=CLD_EXITED, {}si_status=3{}}, WEXITED, {ru_utime={{}}, ru_stime={{}}, ...}) = 0
	child = fork();
	if (!child)
		for (;;)
			pause();
	kill(child, SIGSTOP); //= kill({}, SIGSTOP) = 0
	syscall(SYS_wait4, child, &status, WUNTRACED, NULL);
	//= wait4({}, [{WIFSTOPPED(s) && WSTOPSIG(s) == SIGSTOP}], WUNTRACED{}, NULL) = {}
	syscall(SYS_waitid, P_PID, child, info, WEXITED | WNOHANG, NULL); //= waitid(P_PID, {}, {}, WNOHANG|WEXITED, NULL) = 0
	kill(child, SIGCONT); //= kill({}, SIGCONT) = 0
	syscall(SYS_wait4, child, &status, WCONTINUED, usage);
	//= wait4({}, [{WIFCONTINUED(s)}], WCONTINUED, {ru_utime={{}}, ...}) = {}
	kill(child, 35); //= kill({}, SIGRT_3) = 0
	syscall(SYS_wait4, child, &status, 0, NULL);
	//= wait4({}, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGRT_3}], 0, NULL) = {}
}

int main(void)
{
	times_of_files();
	timers();
	sets();
	transfers();
	waiting();
	terminals();
	processes();
	return 5;
}
