// SPDX-License-Identifier: MIT
/*
 * The calls of i386 with layouts of their own: 16-bit ids, 32-bit times beside 64-bit ones, old stat, old
 * signals.  Run by number, so that libc's wrappers do not choose another.  Empty in the x86-64 build.
 */
#include "harness.h"

#ifdef __i386__

#include <grp.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/timerfd.h>

/* libc's F_SETLK is one or the other. */
enum { LOCK_GET = 5, LOCK_SET = 6, LOCK_GET64 = 12, LOCK_SET64 = 13 };

struct time64 {
	long long sec, nsec;
};
struct time32 {
	int sec, frac;
};
struct old_stat {
	unsigned short dev, ino, mode, nlink, uid, gid, rdev;
	unsigned int size, atime, mtime, ctime;
};
struct old_action {
	unsigned handler, mask, flags, restorer;
};

TEST(ids_of_16_bits)
{
	unsigned short list[3] = { 0xffff, 5, 6 };

	CHECK_OK(setresgid(70000, 70001, 70002));
	CHECK_EQ(syscall(SYS_getgid), 65534); /* overflowgid */
	CHECK_EQ(syscall(SYS_getegid), 65534);
	CHECK_EQ(getegid(), 70001);
	CHECK_OK(syscall(SYS_setgid, 100));
	CHECK_EQ(syscall(SYS_getgid), 100);
	CHECK_EQ(syscall(SYS_getegid), 100);
	CHECK_OK(syscall(SYS_setregid, 101, 0xffff)); /* 16-bit -1: unchanged */
	CHECK_EQ(getgid(), 101);
	CHECK_EQ(getegid(), 100);
	CHECK_OK(syscall(SYS_setresgid, 0xffff, 102, 103));
	CHECK_EQ(getgid(), 101);
	CHECK_EQ(syscall(SYS_setfsgid, 7), 102);
	CHECK_EQ(syscall(SYS_setfsgid, 0xffff), 7);
	CHECK_OK(syscall(SYS_setgroups, 2, list + 1));
	CHECK_EQ(syscall(SYS_getgroups, 0, NULL), 2);
	CHECK_ERRNO(syscall(SYS_getgroups, 1, list), EINVAL);
	CHECK_ERRNO(syscall(SYS_getgroups, -1, list), EINVAL);
	CHECK_ERRNO(syscall(SYS_getgroups, 2, bad_pointer()), EFAULT);
	memset(list, 0, sizeof(list));
	CHECK_EQ(syscall(SYS_getgroups, 3, list), 2);
	CHECK(list[0] == 5 && list[1] == 6);
	CHECK_ERRNO(syscall(SYS_setgroups, 2, bad_pointer()), EFAULT);
	CHECK_ERRNO(syscall(SYS_setgroups, 65537, list), EINVAL);
	CHECK_OK(syscall(SYS_setreuid, 0xffff, 8));
	CHECK_EQ(syscall(SYS_geteuid), 8);
	CHECK_EQ(getuid(), 0);
	CHECK_OK(syscall(SYS_setuid, 0));
	CHECK_EQ(geteuid(), 0);
}

TEST(owners_of_16_bits)
{
	struct stat st;
	int fd = CHECK_OK(open("f", O_CREAT | O_RDWR, 0644));

	CHECK_OK(syscall(SYS_fchown, fd, 5, 6));
	CHECK_OK(syscall(SYS_fchown, fd, 0xffff, 7));
	CHECK_OK(fstat(fd, &st));
	CHECK(st.st_uid == 5 && st.st_gid == 7);
	CHECK_OK(syscall(SYS_chown, "f", 8, 0xffff));
	CHECK_OK(symlink("f", "l"));
	CHECK_OK(syscall(SYS_lchown, "l", 9, 9));
	CHECK_OK(stat("f", &st));
	CHECK(st.st_uid == 8 && st.st_gid == 7);
	CHECK_OK(lstat("l", &st));
	CHECK(st.st_uid == 9 && st.st_gid == 9);
}

TEST(stat_of_linux_1)
{
	struct old_stat st;
	int fd;

	/* Its inode numbers have 16 bits: a mount of its own starts with small ones. */
	fd = CHECK_OK(open("f", O_CREAT | O_RDWR, 0640));
	CHECK_EQ(write(fd, "abc", 3), 3);
	if (syscall(SYS_oldfstat, fd, &st) && errno == EOVERFLOW)
		skip("the inode number does not fit");
	CHECK_OK(syscall(SYS_oldfstat, fd, &st));
	CHECK_EQ(st.mode, S_IFREG | 0640);
	CHECK_EQ(st.size, 3);
	CHECK_EQ(st.nlink, 1);
	CHECK_OK(syscall(SYS_oldstat, "f", &st));
	CHECK_EQ(st.size, 3);
	CHECK_OK(chown("f", 70000, 3));
	CHECK_OK(syscall(SYS_oldstat, "f", &st));
	CHECK(st.uid == 65534 && st.gid == 3);
	CHECK_OK(symlink("f", "l"));
	CHECK_OK(syscall(SYS_oldlstat, "l", &st));
	CHECK_EQ(st.mode, S_IFLNK | 0777);
	CHECK_ERRNO(syscall(SYS_oldstat, "missing", &st), ENOENT);
	CHECK_ERRNO(syscall(SYS_oldfstat, 99, &st), EBADF);
	CHECK_ERRNO(syscall(SYS_oldstat, "f", bad_pointer()), EFAULT);
	CHECK_OK(ftruncate(fd, (5LL << 32) + 7)); /* the size is cut off */
	CHECK_OK(syscall(SYS_oldfstat, fd, &st));
	CHECK_EQ(st.size, 7);
}

TEST(stat64_and_statfs64)
{
	struct stat64 st;
	char buf[128];
	int fd = CHECK_OK(open("f", O_CREAT | O_RDWR, 0600));

	CHECK_OK(ftruncate(fd, 5LL << 30));
	CHECK_OK(syscall(SYS_stat64, "f", &st));
	CHECK_EQ(st.st_size, 5LL << 30);
	CHECK_OK(syscall(SYS_fstat64, fd, &st));
	CHECK_OK(syscall(SYS_lstat64, "f", &st));
	CHECK_OK(syscall(SYS_fstatat64, AT_FDCWD, "f", &st, 0));
	CHECK_ERRNO(syscall(SYS_stat, "f", buf), EOVERFLOW);
	CHECK_ERRNO(syscall(SYS_fstat, fd, buf), EOVERFLOW);
	CHECK_ERRNO(syscall(SYS_stat64, "f", bad_pointer()), EFAULT);
	CHECK_OK(syscall(SYS_statfs64, ".", 84, buf));
	CHECK_OK(syscall(SYS_fstatfs64, fd, 84, buf));
	CHECK_ERRNO(syscall(SYS_statfs64, ".", 80, buf), EINVAL);
	CHECK_ERRNO(syscall(SYS_fstatfs64, fd, 83, buf), EINVAL);
	CHECK_ERRNO(syscall(SYS_fstatfs64, 99, 84, buf), EBADF);
	CHECK_OK(syscall(SYS_statfs, ".", buf));
}

TEST(offsets_in_two_halves)
{
	long long at = 0;
	int fd = CHECK_OK(open("f", O_CREAT | O_RDWR, 0600));

	CHECK_OK(syscall(SYS__llseek, fd, 1, 5, &at, SEEK_SET));
	CHECK_EQ(at, (1LL << 32) + 5);
	CHECK_EQ(syscall(SYS_lseek, fd, 0, SEEK_CUR), 5); /* the upper half is cut off */
	CHECK_ERRNO(syscall(SYS__llseek, fd, 0, 0, &at, 9), EINVAL);
	CHECK_ERRNO(syscall(SYS__llseek, fd, 0, 0, bad_pointer(), SEEK_SET), EFAULT);
	CHECK_OK(syscall(SYS_ftruncate64, fd, 4096, 1));
	CHECK_OK(syscall(SYS_truncate64, "f", 0, 2));
	struct stat st;

	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_size, 2LL << 32);
	CHECK_OK(syscall(SYS_ftruncate, fd, 100));
	CHECK_ERRNO(syscall(SYS_ftruncate, fd, -1), EINVAL);
	CHECK_OK(syscall(SYS_truncate, "f", 50));
	CHECK_OK(syscall(SYS_pwrite64, fd, "x", 1, 10, 1));
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_size, (1LL << 32) + 11);
	CHECK_OK(syscall(SYS_fallocate, fd, 0, 0, 0, 4096, 0));
	CHECK_OK(syscall(SYS_fadvise64, fd, 0, 0, 4096, POSIX_FADV_DONTNEED));
	CHECK_OK(syscall(SYS_fadvise64_64, fd, 0, 0, 4096, 0, POSIX_FADV_RANDOM));
	CHECK_ERRNO(syscall(SYS_fadvise64, fd, 0, 0, 4096, 77), EINVAL);
	CHECK_OK(syscall(SYS_readahead, fd, 0, 0, 4096));
	CHECK_OK(syscall(SYS_sync_file_range, fd, 0, 0, 4096, 0, 2));
}

TEST(record_locks_of_both_sizes)
{
	struct {
		short type, whence;
		int start, len, pid;
	} narrow = { F_WRLCK, SEEK_SET, 5, 10, 0 };
	struct {
		short type, whence;
		long long start, len;
		int pid;
	} __attribute__((packed, aligned(4))) wide = { F_WRLCK, SEEK_SET, 5LL << 32, 10, 0 };
	int fd = CHECK_OK(open("f", O_CREAT | O_RDWR, 0600));

	CHECK_OK(syscall(SYS_fcntl, fd, LOCK_SET, &narrow));
	CHECK_OK(syscall(SYS_fcntl, fd, LOCK_SET64, &wide)); /* the old number takes them too */
	CHECK_OK(syscall(SYS_fcntl64, fd, LOCK_SET64, &wide));
	pid_t child = CHILD(
		narrow.start = 0; narrow.len = 0; CHECK_OK(syscall(SYS_fcntl, fd, LOCK_GET, &narrow));
		CHECK(narrow.type == F_WRLCK && narrow.start == 5 && narrow.len == 10);
		CHECK_EQ(narrow.pid, getppid()); wide.start = 4LL << 32; wide.len = 0;
		CHECK_OK(syscall(SYS_fcntl64, fd, LOCK_GET64, &wide)); CHECK_EQ(wide.start, 5LL << 32);
		CHECK_EQ(wide.len, 10); narrow.type = F_WRLCK; narrow.start = 100; narrow.len = 0;
		narrow.whence = SEEK_SET; CHECK_ERRNO(syscall(SYS_fcntl, fd, LOCK_GET, &narrow), EOVERFLOW));
	JOIN(child);
	CHECK_ERRNO(syscall(SYS_fcntl64, fd, LOCK_SET64, bad_pointer()), EFAULT);
	CHECK_ERRNO(syscall(SYS_fcntl, fd, LOCK_SET, bad_pointer()), EFAULT);
}

static volatile int old_signal;
static void note_signal(int sig)
{
	old_signal = sig;
}

TEST(signals_of_one_word)
{
	struct old_action act = { (uintptr_t)note_signal, 1 << (SIGUSR2 - 1), 0, 0 }, old;
	unsigned mask = 1 << (SIGUSR1 - 1), was = 9;

	CHECK_OK(syscall(SYS_sigaction, SIGUSR1, &act, NULL));
	CHECK_OK(syscall(SYS_sigaction, SIGUSR1, NULL, &old));
	CHECK(old.handler == act.handler && old.mask == act.mask);
	CHECK_ERRNO(syscall(SYS_sigaction, SIGKILL, &act, NULL), EINVAL);
	CHECK_ERRNO(syscall(SYS_sigaction, SIGUSR1, bad_pointer(), NULL), EFAULT);
	CHECK_ERRNO(syscall(SYS_sigaction, SIGUSR1, NULL, bad_pointer()), EFAULT);
	CHECK_OK(syscall(SYS_sigprocmask, SIG_BLOCK, &mask, &was));
	CHECK_EQ(was, 0);
	raise(SIGUSR1);
	CHECK_EQ(old_signal, 0);
	CHECK_OK(syscall(SYS_sigpending, &was));
	CHECK_EQ(was, mask);
	CHECK_EQ(syscall(SYS_sgetmask), mask);
	CHECK_ERRNO(syscall(SYS_sigsuspend, 0, 0, 0), EINTR);
	CHECK_EQ(old_signal, SIGUSR1);
	CHECK_EQ(syscall(SYS_ssetmask, 0), mask);
	CHECK_EQ(syscall(SYS_sgetmask), 0);
	CHECK_ERRNO(syscall(SYS_sigprocmask, 9, &mask, NULL), EINVAL);
	CHECK_ERRNO(syscall(SYS_sigprocmask, SIG_BLOCK, bad_pointer(), NULL), EFAULT);
	CHECK_ERRNO(syscall(SYS_sigprocmask, SIG_BLOCK, NULL, bad_pointer()), EFAULT);
}

TEST(signal_of_system_v)
{
	CHECK_EQ(syscall(SYS_signal, SIGUSR1, note_signal), 0);
	old_signal = 0;
	raise(SIGUSR1);
	CHECK_EQ(old_signal, SIGUSR1);
	CHECK_EQ(syscall(SYS_signal, SIGUSR1, SIG_IGN), 0); /* once only */
	CHECK_ERRNO(syscall(SYS_signal, 99, SIG_IGN), EINVAL);
}

TEST(waiting_for_signals_with_both_times)
{
	unsigned long long set = 1ull << (SIGUSR1 - 1);
	struct time32 t32 = { 0, 1000000 }, bad32 = { 0, 1000000000 };
	struct time64 t64 = { 0, 1000000 }, bad64 = { -1, 0 };
	siginfo_t info;

	CHECK_OK(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, 8));
	CHECK_ERRNO(syscall(SYS_rt_sigtimedwait, &set, &info, &t32, 8), EAGAIN);
	CHECK_ERRNO(syscall(SYS_rt_sigtimedwait_time64, &set, &info, &t64, 8), EAGAIN);
	CHECK_ERRNO(syscall(SYS_rt_sigtimedwait, &set, &info, &bad32, 8), EINVAL);
	CHECK_ERRNO(syscall(SYS_rt_sigtimedwait_time64, &set, &info, &bad64, 8), EINVAL);
	CHECK_ERRNO(syscall(SYS_rt_sigtimedwait, &set, &info, &t32, 4), EINVAL);
	CHECK_ERRNO(syscall(SYS_rt_sigtimedwait_time64, &set, &info, &t64, 4), EINVAL);
	CHECK_ERRNO(syscall(SYS_rt_sigtimedwait_time64, bad_pointer(), &info, &t64, 8), EFAULT);
	raise(SIGUSR1);
	CHECK_EQ(syscall(SYS_rt_sigtimedwait_time64, &set, &info, &t64, 8), SIGUSR1);
	CHECK_EQ(info.si_pid, getpid());
	raise(SIGUSR1);
	CHECK_EQ(syscall(SYS_rt_sigtimedwait, &set, &info, NULL, 8), SIGUSR1);
}

/* A siginfo sent to oneself comes back as it was, whatever the code makes of it. */
TEST(siginfo_of_every_layout_makes_the_way_and_back)
{
	static const struct {
		int sig, code, words;
	} kinds[] = {
		{ SIGUSR1, SI_QUEUE, 3 },   { SIGUSR1, SI_TIMER, 3 },    { SIGUSR1, SI_MESGQ, 3 },
		{ SIGCHLD, CLD_EXITED, 5 }, { SIGSEGV, SEGV_MAPERR, 1 }, { SIGPOLL, POLL_IN, 2 },
		{ SIGSYS, 1, 3 },           { SIGUSR1, SI_USER, 2 },     { SIGIO, SI_SIGIO, 2 },
		{ SIGBUS, BUS_ADRERR, 1 },  { SIGTRAP, TRAP_BRKPT, 1 },  { SIGFPE, FPE_INTDIV, 1 },
		{ SIGILL, ILL_ILLOPC, 1 },  { 40, SI_QUEUE, 3 },         { SIGUSR1, -60, 3 },
	};
	unsigned long long all = ~0ull;

	CHECK_OK(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, NULL, 8));
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		int out[32] = { kinds[i].sig, 0, kinds[i].code }, in[32] = { 0 };
		unsigned long long set = 1ull << (kinds[i].sig - 1);

		for (int w = 0; w < kinds[i].words; w++)
			out[3 + w] = 0x1000 * (w + 1) + i;
		CHECK_OK(syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), kinds[i].sig, out));
		CHECK_EQ(syscall(SYS_rt_sigtimedwait, &set, in, NULL, 8), kinds[i].sig);
		for (int w = 0; w < 3 + kinds[i].words; w++)
			if (in[w] != out[w])
				FAIL("kind %u: word %d is %#x, not %#x", i, w, in[w], out[w]);
	}
}

TEST(clocks_with_64_bits)
{
	struct time64 t, rest;
	struct time32 t32;

	CHECK_OK(syscall(SYS_clock_gettime64, CLOCK_MONOTONIC, &t));
	CHECK_OK(syscall(SYS_clock_getres_time64, CLOCK_MONOTONIC, &rest));
	CHECK(rest.sec == 0 && rest.nsec == 1);
	CHECK_OK(syscall(SYS_clock_getres, CLOCK_MONOTONIC, &t32));
	CHECK_ERRNO(syscall(SYS_clock_gettime64, 99, &t), EINVAL);
	CHECK_ERRNO(syscall(SYS_clock_gettime64, CLOCK_MONOTONIC, bad_pointer()), EFAULT);
	t.sec = 0;
	t.nsec = 1000000;
	CHECK_OK(syscall(SYS_clock_nanosleep_time64, CLOCK_MONOTONIC, 0, &t, &rest));
	t.nsec = 1000000000;
	CHECK_ERRNO(syscall(SYS_clock_nanosleep_time64, CLOCK_MONOTONIC, 0, &t, &rest), EINVAL);
	t32 = (struct time32){ 0, 1000000 };
	CHECK_OK(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &t32, NULL));
	CHECK_ERRNO(syscall(SYS_clock_settime64, CLOCK_MONOTONIC, &rest), EINVAL);
	CHECK_ERRNO(syscall(SYS_clock_settime, CLOCK_MONOTONIC, &t32), EINVAL);
	catch_signal(SIGALRM, 0);
	struct itimerval in = { { 0, 0 }, { 0, 50000 } };

	CHECK_OK(setitimer(ITIMER_REAL, &in, NULL));
	t = (struct time64){ 100, 0 };
	CHECK_ERRNO(syscall(SYS_clock_nanosleep_time64, CLOCK_MONOTONIC, 0, &t, &rest), EINTR);
	CHECK(rest.sec >= 90 && rest.sec < 100);
	CHECK_OK(setitimer(ITIMER_REAL, &in, NULL));
	t32 = (struct time32){ 100, 0 };
	struct time32 rest32 = { 0 };

	CHECK_ERRNO(syscall(SYS_nanosleep, &t32, &rest32), EINTR);
	CHECK(rest32.sec >= 90 && rest32.sec < 100);
}

TEST(waiting_with_64_bits)
{
	unsigned word = 1;
	struct time64 ms = { 0, 1000000 };
	struct time32 ms32 = { 0, 1000000 };
	struct {
		unsigned mask, size;
	} sig = { 0, 8 };
	struct pollfd p = { .fd = -1 };
	struct epoll_event ev;
	int ep = CHECK_OK(epoll_create1(0));

	CHECK_ERRNO(syscall(SYS_futex_time64, &word, FUTEX_WAIT, 1, &ms, NULL, 0), ETIMEDOUT);
	CHECK_ERRNO(syscall(SYS_futex, &word, FUTEX_WAIT, 1, &ms32, NULL, 0), ETIMEDOUT);
	CHECK_ERRNO(syscall(SYS_futex_time64, &word, FUTEX_WAIT, 1, bad_pointer(), NULL, 0), EFAULT);
	CHECK_OK(syscall(SYS_ppoll_time64, &p, 1, &ms, NULL, 8));
	CHECK_OK(syscall(SYS_ppoll, &p, 1, &ms32, NULL, 8));
	CHECK_OK(syscall(SYS_pselect6_time64, 0, NULL, NULL, NULL, &ms, &sig));
	CHECK_OK(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &ms32, &sig));
	CHECK_ERRNO(syscall(SYS_pselect6_time64, 0, NULL, NULL, NULL, &ms, bad_pointer()), EFAULT);
	CHECK_OK(syscall(SYS_epoll_pwait2, ep, &ev, 1, &ms, NULL, 8));
	ms.nsec = -1;
	CHECK_ERRNO(syscall(SYS_ppoll_time64, &p, 1, &ms, NULL, 8), EINVAL);
	CHECK_ERRNO(syscall(SYS_pselect6_time64, 0, NULL, NULL, NULL, &ms, NULL), EINVAL);
	CHECK_ERRNO(syscall(SYS_futex_time64, &word, FUTEX_WAIT, 1, &ms, NULL, 0), EINVAL);
}

TEST(timers_with_64_bits)
{
	struct {
		struct time64 interval, value;
	} t = { { 0, 0 }, { 100, 5 } }, got;
	struct {
		struct time32 interval, value;
	} t32 = { { 0, 0 }, { 50, 5 } }, got32;
	int id, fd;

	CHECK_OK(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &id));
	CHECK_OK(syscall(SYS_timer_settime64, id, 0, &t, NULL));
	CHECK_OK(syscall(SYS_timer_gettime64, id, &got));
	CHECK(got.value.sec == 100 || got.value.sec == 99);
	CHECK_OK(syscall(SYS_timer_settime, id, 0, &t32, &got32));
	CHECK(got32.value.sec == 100 || got32.value.sec == 99);
	CHECK_OK(syscall(SYS_timer_gettime, id, &got32));
	CHECK_ERRNO(syscall(SYS_timer_settime64, id, 0, bad_pointer(), NULL), EFAULT);
	CHECK_ERRNO(syscall(SYS_timer_gettime64, id, bad_pointer()), EFAULT);
	CHECK_OK(syscall(SYS_timer_delete, id));
	CHECK_ERRNO(syscall(SYS_timer_gettime64, id, &got), EINVAL);
	fd = CHECK_OK(timerfd_create(CLOCK_MONOTONIC, 0));
	CHECK_OK(syscall(SYS_timerfd_settime64, fd, 0, &t, &got));
	CHECK_OK(syscall(SYS_timerfd_gettime64, fd, &got));
	CHECK(got.value.sec == 100 || got.value.sec == 99);
	CHECK_OK(syscall(SYS_timerfd_settime, fd, 0, &t32, &got32));
	CHECK_OK(syscall(SYS_timerfd_gettime, fd, &got32));
	CHECK(got32.value.sec == 50 || got32.value.sec == 49);
	CHECK_ERRNO(syscall(SYS_timerfd_settime64, fd, 0, bad_pointer(), NULL), EFAULT);
}

TEST(times_of_files_with_both_sizes)
{
	struct time64 wide[2] = { { 1LL << 32, 5 }, { 7, 8 } };
	struct time32 narrow[2] = { { 11, 12 }, { 13, 14 } };
	int seconds[2] = { 31, 32 };
	struct stat64 st;
	struct statx x;

	put_file("f", "");
	CHECK_OK(syscall(SYS_utimensat_time64, AT_FDCWD, "f", wide, 0));
	CHECK_OK(syscall(SYS_statx, AT_FDCWD, "f", 0, STATX_BASIC_STATS, &x));
	CHECK_EQ(x.stx_atime.tv_sec, 1LL << 32);
	CHECK_EQ(x.stx_mtime.tv_nsec, 8);
	CHECK_OK(syscall(SYS_utimensat, AT_FDCWD, "f", narrow, 0));
	CHECK_OK(syscall(SYS_stat64, "f", &st));
	CHECK(st.st_atime == 11 && st.st_mtime == 13);
	CHECK_OK(syscall(SYS_utimes, "f", narrow));
	CHECK_OK(syscall(SYS_futimesat, AT_FDCWD, "f", narrow));
	CHECK_OK(syscall(SYS_utime, "f", seconds));
	CHECK_OK(syscall(SYS_stat64, "f", &st));
	CHECK(st.st_atime == 31 && st.st_mtime == 32);
	CHECK_OK(syscall(SYS_utime, "f", NULL));
	CHECK_ERRNO(syscall(SYS_utime, "f", bad_pointer()), EFAULT);
	CHECK_ERRNO(syscall(SYS_utimensat_time64, AT_FDCWD, "f", bad_pointer(), 0), EFAULT);
}

TEST(small_calls_of_old)
{
	char name[5 * 65];
	unsigned limit[2];
	int status, sec;
	pid_t child = CHILD(_exit(3));

	CHECK_EQ(syscall(SYS_waitpid, child, &status, 0), child);
	CHECK_EQ(status, 3 << 8);
	CHECK_OK(syscall(SYS_nice, 5));
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 5);
	CHECK_OK(syscall(SYS_nice, 100));
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 19);
	become(1000);
	CHECK_ERRNO(syscall(SYS_nice, -100), EPERM);
	CHECK_OK(syscall(SYS_olduname, name));
	CHECK_STR(name, "Linux");
	CHECK_OK(syscall(SYS_oldolduname, name));
	CHECK_STR(name, "Linux");
	CHECK_ERRNO(syscall(SYS_olduname, bad_pointer()), EFAULT);
	CHECK_ERRNO(syscall(SYS_oldolduname, bad_pointer()), EFAULT);
	CHECK_OK(syscall(SYS_ugetrlimit, RLIMIT_STACK, limit));
	CHECK_EQ(limit[1], ~0u);
	CHECK_OK(syscall(SYS_getrlimit, RLIMIT_STACK, limit));
	CHECK_EQ(limit[1], 0x7fffffff);
	CHECK_EQ(syscall(SYS_time, &sec), sec);
	CHECK_ERRNO(syscall(SYS_time, bad_pointer()), EFAULT);
	CHECK_ERRNO(syscall(SYS_stime, &sec), EPERM);
	CHECK_ERRNO(syscall(SYS_stime, bad_pointer()), EFAULT);
}

TEST(time_slices_with_both_times)
{
	struct sched_param one = { 1 };
	struct time64 wide = { -1, -1 };
	struct time32 narrow = { -1, -1 };

	CHECK_OK(sched_setscheduler(0, SCHED_RR, &one));
	CHECK_OK(syscall(SYS_sched_rr_get_interval_time64, 0, &wide));
	CHECK_OK(syscall(SYS_sched_rr_get_interval, 0, &narrow));
	CHECK(wide.sec == narrow.sec && wide.nsec == narrow.frac && wide.nsec > 0);
	CHECK_OK(sched_setscheduler(0, SCHED_FIFO, &one));
	CHECK_OK(syscall(SYS_sched_rr_get_interval_time64, 0, &wide));
	CHECK(!wide.sec && !wide.nsec); /* no end */
	CHECK_ERRNO(syscall(SYS_sched_rr_get_interval_time64, -1, bad_pointer()), EINVAL);
	CHECK_ERRNO(syscall(SYS_sched_rr_get_interval_time64, 4000000, bad_pointer()), ESRCH);
	CHECK_ERRNO(syscall(SYS_sched_rr_get_interval_time64, 0, bad_pointer()), EFAULT);
}

TEST(messages_with_64_bit_limits)
{
	struct time64 limit = { 5, 0 };
	char text[2][4];
	struct iovec in[2] = { { text[0], 4 }, { text[1], 4 } };
	struct mmsghdr m[2];
	int fd[2];

	memset(m, 0, sizeof(m));
	for (int i = 0; i < 2; i++)
		m[i].msg_hdr = (struct msghdr){ .msg_iov = &in[i], .msg_iovlen = 1 };
	CHECK_OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, fd));
	CHECK_EQ(send(fd[0], "abc", 3, 0), 3);
	CHECK_EQ(syscall(SYS_recvmmsg_time64, fd[1], m, 2, MSG_WAITFORONE, &limit), 1);
	CHECK_EQ(m[0].msg_len, 3);
	CHECK_MEM(text[0], "abc", 3);
	CHECK(limit.sec >= 0 && limit.sec < 5); /* what is left */
	limit = (struct time64){ 0, 0 };
	CHECK_EQ(send(fd[0], "a", 1, 0), 1);
	CHECK_EQ(syscall(SYS_recvmmsg_time64, fd[1], m, 2, 0, &limit),
		 1); /* looked at after each message only */
	limit.nsec = 1000000000;
	CHECK_ERRNO(syscall(SYS_recvmmsg_time64, 99, m, 2, 0, &limit), EINVAL);
	CHECK_ERRNO(syscall(SYS_recvmmsg_time64, fd[1], m, 2, 0, bad_pointer()), EFAULT);
	CHECK_ERRNO(syscall(SYS_recvmmsg_time64, 99, m, 2, 0, NULL), EBADF);
	CHECK_ERRNO(syscall(SYS_recvmmsg_time64, fd[1], m, 2, MSG_DONTWAIT, NULL), EAGAIN);
}

TEST(one_entry_at_a_time)
{
	struct {
		unsigned ino, off;
		unsigned short len;
		char name[256];
	} d;
	bool seen = false;
	int n = 0, fd;

	CHECK_OK(mkdir("d", 0755));
	put_file("d/entry", "");
	fd = CHECK_OK(open("d", O_RDONLY));
	while (CHECK_OK(syscall(SYS_readdir, fd, &d, 1)) == 1) {
		CHECK_EQ(d.len, strlen(d.name));
		seen |= !strcmp(d.name, "entry");
		n++;
	}
	CHECK(seen);
	CHECK_EQ(n, 3);
	CHECK_ERRNO(syscall(SYS_readdir, 99, &d, 1), EBADF);
	CHECK_OK(lseek(fd, 0, SEEK_SET));
	CHECK_ERRNO(syscall(SYS_readdir, fd, bad_pointer(), 1), EFAULT);
}

TEST(mappings_of_old)
{
	unsigned args[6] = { 0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 };
	long p = syscall(SYS_mmap, args);

	CHECK((unsigned long)p < -4095ul);
	*(char *)p = 1;
	args[5] = 5;
	CHECK_ERRNO(syscall(SYS_mmap, args), EINVAL);
	CHECK_ERRNO(syscall(SYS_mmap, bad_pointer()), EFAULT);
	CHECK_ERRNO(syscall(SYS_arch_prctl, 0x1002, 0), EINVAL); /* ARCH_SET_FS */
}

#endif
