// SPDX-License-Identifier: MIT
/*
 * Calls with known arguments, and how each must look in a trace: tests/trace/cases.py finds the comments that
 * begin with an equals sign (64= and 32=: for one ABI) in the trace of this program, in this order.  A mark is
 * the text of the line after "[pid] "; {} stands for anything.  Built for x86-64 and i386, static.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/stat.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

static void paths(void)
{
	char buf[300];
	struct statx x;

	syscall(SYS_access, "/nowhere", F_OK); //= access("/nowhere", F_OK) = -1 ENOENT (No such file or directory)
	syscall(SYS_access, "/", R_OK | X_OK); //= access("/", R_OK|X_OK) = 0
	syscall(SYS_mkdir, "/tmp/d\n\"\1", 0750); //= mkdir("/tmp/d\n\"\1", 0750) = 0
	syscall(SYS_rmdir, "/tmp/d\n\"\1"); //= rmdir("/tmp/d\n\"\1") = 0
	syscall(SYS_openat, AT_FDCWD, "/tmp/f", O_RDWR | O_CREAT | O_EXCL, 0600);
	//= openat(AT_FDCWD, "/tmp/f", O_RDWR|O_CREAT|O_EXCL, 0600) = 3
	syscall(SYS_openat, 7, "", O_WRONLY | O_CLOEXEC); //= openat(7, "", O_WRONLY|O_CLOEXEC) = -1 ENOENT {}
	syscall(SYS_access, (char *)8, 0); //= access(0x8, F_OK) = -1 EFAULT (Bad address)
	syscall(SYS_chmod, "/tmp/f", 04711); //= chmod("/tmp/f", 04711) = 0
	syscall(SYS_statx, AT_FDCWD, "/tmp/f", 0, STATX_SIZE, &x);
	//= statx(AT_FDCWD, "/tmp/f", 0, STATX_SIZE, {stx_mask={}stx_mode=S_IFREG|S_ISUID|0711, {}stx_size=0, ...}) = 0
	syscall(SYS_unlink, "/tmp/f"); //= unlink("/tmp/f") = 0
	syscall(SYS_chdir, "/tmp"); //= chdir("/tmp") = 0
	syscall(SYS_getcwd, buf, sizeof(buf)); //= getcwd("/tmp", 300) = 5
	syscall(SYS_umask, 027); //= umask(027) = 022
	syscall(SYS_umask, 022); //= umask(022) = 027
}

static void files(void)
{
	static char big[100];
	char in[8];
	struct iovec v[2] = { { "ab", 2 }, { "cde", 3 } };
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 5, .l_len = 10 };
	int fds[2];

	memset(big, 'x', sizeof(big));
	syscall(SYS_write, 3, "a\tb\0001", 5); //= write(3, "a\tb\0001", 5) = 5
	syscall(SYS_write, 3, big, sizeof(big));
	//= write(3, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"..., 100) = 100
	syscall(SYS_writev, 3, v, 2); //= writev(3, [{iov_base="ab", iov_len=2}, {iov_base="cde", iov_len=3}], 2) = 5
	syscall(SYS_lseek, 3, 1, SEEK_SET); //= lseek(3, 1, SEEK_SET) = 1
	syscall(SYS_read, 3, in, 2); //= read(3, "\tb", 2) = 2
	syscall(SYS_read, 99, in, 2); //= read(99, {}, 2) = -1 EBADF (Bad file descriptor)
#ifdef SYS_fcntl64
#define FCNTL SYS_fcntl64
#else
#define FCNTL SYS_fcntl
#endif
	syscall(FCNTL, 3, F_SETFD, FD_CLOEXEC); //= fcntl{}(3, F_SETFD, FD_CLOEXEC) = 0
	syscall(FCNTL, 3, F_GETFD); //= fcntl{}(3, F_GETFD) = 1
	syscall(FCNTL, 3, F_SETFL, O_APPEND | O_NONBLOCK); //= fcntl{}(3, F_SETFL, O_RDONLY|O_APPEND|O_NONBLOCK) = 0
	syscall(FCNTL, 3, F_GETFL); //= fcntl{}(3, F_GETFL) = {} (flags O_RDWR|O_APPEND|O_NONBLOCK{})
	syscall(SYS_fcntl, 3, F_SETLK, &lock);
	//= fcntl(3, F_SETLK, {l_type=F_WRLCK, l_whence=SEEK_SET, l_start=5, l_len=10}) = 0
	syscall(SYS_dup3, 3, 9, O_CLOEXEC); //= dup3(3, 9, O_CLOEXEC) = 9
	syscall(SYS_close, 9); //= close(9) = 0
	syscall(SYS_pipe2, fds, O_NONBLOCK); //= pipe2([4, 5], O_NONBLOCK) = 0
	syscall(SYS_pipe2, fds, 0x40000000);
	//= pipe2({}, {}0x40000000) = -1 EINVAL (Invalid argument) [pipe2: unknown flags]
	syscall(SYS_ioctl, 4, FIONREAD, fds); //= ioctl(4, FIONREAD, [0]) = 0
	syscall(SYS_ioctl, 4, TIOCGWINSZ, fds); //= ioctl(4, TIOCGWINSZ, {}) = -1 ENOTTY (Inappropriate ioctl for device){}
}

static void waiting(void)
{
	struct timespec ms = { 0, 1000000 };
	struct pollfd p = { 5, POLLOUT | POLLIN, 0 };
	struct epoll_event e = { .events = EPOLLIN | EPOLLET, .data.u64 = 7 };
	unsigned int word = 3;

	syscall(SYS_nanosleep, &ms, &ms); //= nanosleep({tv_sec=0, tv_nsec=1000000}, 0x{}) = 0
	syscall(SYS_poll, &p, 1, 50); //= poll([{fd=5, events=POLLIN|POLLOUT, revents=POLLOUT}], 1, 50) = 1
	syscall(SYS_epoll_create1, EPOLL_CLOEXEC); //= epoll_create1(EPOLL_CLOEXEC) = 6
	syscall(SYS_epoll_ctl, 6, EPOLL_CTL_ADD, 4, &e);
	//= epoll_ctl(6, EPOLL_CTL_ADD, 4, {events=EPOLLIN|EPOLLET, data=0x7}) = 0
	syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, 0x1234, 0x5678, 9); //= futex(0x{}, FUTEX_WAKE|FUTEX_PRIVATE_FLAG, 1) = 0
	syscall(SYS_futex, &word, FUTEX_WAIT, 4, &ms, 0, 0);
	//= futex(0x{}, FUTEX_WAIT, 4, {tv_sec=0, tv_nsec=1000000}) = -1 EAGAIN {}
	syscall(SYS_eventfd2, 5, EFD_SEMAPHORE); //= eventfd2(5, EFD_SEMAPHORE) = 7
}

static void memory(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	//64= mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x{}
	//32= mmap2(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x{}
	syscall(SYS_mprotect, page, 4096, PROT_NONE); //= mprotect(0x{}, 4096, PROT_NONE) = 0
	syscall(SYS_madvise, page, 4096, 77); //= madvise(0x{}, 4096, {}) = -1 EINVAL (Invalid argument) [madvise: unknown advice]
	syscall(SYS_munmap, page, 4096); //= munmap(0x{}, 4096) = 0
}

static void absent(void)
{
	syscall(SYS_add_key, "user", "x", 0, 0, 0);
	//= add_key({}) = -1 ENOSYS (Function not implemented) [absent: {}]
	syscall(599); //= syscall_0x257({}) = -1 ENOSYS (Function not implemented) [no such call]
}

static void handler(int sig)
{
	(void)sig;
}

static void signals(void)
{
	struct sigaction act = { .sa_handler = handler, .sa_flags = SA_RESTART };
	sigset_t set;
	int status;
	pid_t child;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigaction(SIGUSR1, &act, NULL); //= rt_sigaction(SIGUSR1, {sa_handler=0x{}, sa_mask=[], sa_flags={}SA_RESTART{}}, NULL, 8) = 0
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, 8); //= rt_sigprocmask(SIG_BLOCK, [HUP CHLD], NULL, 8) = 0
	syscall(SYS_kill, getpid(), SIGUSR1);
	//= kill({}, SIGUSR1) = 0
	//= --- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_USER, si_pid={}, si_uid=0} ---
	//= {}sigreturn({mask=[HUP CHLD]}) = 0
	child = fork();
	if (!child) {
		*(volatile int *)16 = 1;
		//= --- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10} ---
		//= +++ killed by SIGSEGV{} +++
	}
	syscall(SYS_wait4, child, &status, 0, NULL);
	//= wait4({}, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV{}}], 0, NULL) = {}
	sigemptyset(&set);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &set, NULL, 8);
	//= rt_sigprocmask(SIG_SETMASK, [], NULL, 8) = 0
}

static void self(void)
{
	struct rlimit r;
	cpu_set_t cpus;

	syscall(SYS_prctl, PR_SET_NAME, "probe", 0, 0, 0); //= prctl(PR_SET_NAME, "probe") = 0
	syscall(SYS_setpriority, PRIO_PROCESS, 0, 3); //= setpriority(PRIO_PROCESS, 0, 3) = 0
	syscall(SYS_sched_getaffinity, 0, sizeof(cpus), &cpus); //= sched_getaffinity(0, {}, [0]) = 8
#ifdef SYS_ugetrlimit
	syscall(SYS_ugetrlimit, RLIMIT_STACK, &r);
#else
	syscall(SYS_getrlimit, RLIMIT_STACK, &r);
#endif
	//= {}getrlimit(RLIMIT_STACK, {rlim_cur=8192*1024, rlim_max=RLIM_INFINITY}) = 0
	syscall(SYS_reboot, 1, 2, 3, 0); //= reboot({}) = -1 EINVAL (Invalid argument) [reboot: wrong magic numbers]
	exit(5);
	//= exit_group(5) = ?
	//= +++ exited with 5 +++
}

int main(void)
{
	paths();
	files();
	waiting();
	memory();
	absent();
	signals();
	self();
}
