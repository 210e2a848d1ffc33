// SPDX-License-Identifier: MIT
/* Which of two things that are wrong is told: calls with two names, signals, waiting, sleeping, protection. */
#include "harness.h"

#include <linux/fs.h>
#include <linux/mman.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/wait.h>

static const char *overlong(void)
{
	static char text[5000];

	memset(text, 'a', sizeof(text) - 1);
	return text;
}

TEST(the_old_name_of_a_link_is_looked_up_first)
{
	put_file("f", "");
	CHECK_ERRNO(link("none", ""), ENOENT);
	CHECK_ERRNO(link("none", bad_pointer()), ENOENT);
	CHECK_ERRNO(link("f/x", overlong()), ENOTDIR);
	CHECK_ERRNO(link(overlong(), ""), ENAMETOOLONG);
	CHECK_ERRNO(link("f", overlong()), ENAMETOOLONG);
	CHECK_ERRNO(link("f", bad_pointer()), EFAULT);
	CHECK_ERRNO(linkat(-1, "f", AT_FDCWD, bad_pointer(), 0), EBADF);
	CHECK_ERRNO(linkat(-1, "f", AT_FDCWD, bad_pointer(), 0x8000), EINVAL);
}

TEST(the_old_name_of_a_rename_is_walked_to_first)
{
	int file;

	put_file("f", "");
	file = CHECK_OK(open("f", O_RDONLY));
	CHECK_ERRNO(renameat(-1, "f", 0, ""), EBADF);
	CHECK_ERRNO(renameat(-1, "f", 0, bad_pointer()), EBADF);
	CHECK_ERRNO(renameat(file, "f", 0, overlong()), ENOTDIR);
	CHECK_ERRNO(rename("none/x", overlong()), ENOENT);
	/* The last component is not looked at before the new name is. */
	CHECK_ERRNO(rename("none", overlong()), ENAMETOOLONG);
	CHECK_ERRNO(rename("none", bad_pointer()), EFAULT);
	CHECK_ERRNO(syscall(SYS_renameat2, AT_FDCWD, bad_pointer(), AT_FDCWD, bad_pointer(), 0x80), EINVAL);
	CHECK_ERRNO(syscall(SYS_renameat2, AT_FDCWD, bad_pointer(), AT_FDCWD, "", 0), EFAULT);
}

TEST(both_names_of_a_symlink_are_fetched_first)
{
	CHECK_ERRNO(symlinkat("x", -1, ""), ENOENT);
	CHECK_ERRNO(symlinkat(bad_pointer(), -1, ""), EFAULT);
	CHECK_ERRNO(symlinkat("", -1, bad_pointer()), ENOENT);
}

TEST(bad_signal_number_before_permission)
{
	become(1000);
	CHECK_ERRNO(kill(1, 65), EINVAL);
	CHECK_ERRNO(kill(1, -1), EINVAL);
	CHECK_ERRNO(kill(1, 9), EPERM);
	CHECK_ERRNO(syscall(SYS_tgkill, 1, 1, 65), EINVAL);
	CHECK_ERRNO(kill(999999, 65), ESRCH);
}

TEST(waitid_writes_members_only)
{
	unsigned char raw[sizeof(siginfo_t)];
	siginfo_t *si = (siginfo_t *)raw;
	pid_t pid = CHILD(_exit(7));
	size_t pad = 3 * sizeof(int), end = (char *)(&si->si_status + 1) - (char *)si;

	memset(raw, 0x5a, sizeof(raw));
	CHECK_OK(waitid(P_PID, pid, si, WEXITED));
	CHECK_EQ(si->si_pid, pid);
	CHECK_EQ(si->si_status, 7);
	for (size_t i = pad; i < (size_t)((char *)&si->si_pid - (char *)si); i++)
		CHECK_EQ(raw[i], 0x5a);
	for (size_t i = end; i < sizeof(raw); i++)
		CHECK_EQ(raw[i], 0x5a);
	char *edge = page_edge() - 1;
	*edge = 0x5a;
	pid = CHILD(_exit(0));
	CHECK_ERRNO(waitid(P_PID, pid, (siginfo_t *)edge, WEXITED), EFAULT);
	CHECK_EQ(*edge, 0x5a);
}

TEST(clock_before_time_before_both)
{
	struct timespec bad = { 0, -1 };

	CHECK_ERRNO(syscall(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, bad_pointer(), NULL),
		    EOPNOTSUPP);
	CHECK_ERRNO(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC_RAW, 0, bad_pointer(), NULL), EOPNOTSUPP);
	CHECK_ERRNO(syscall(SYS_clock_nanosleep, 99, 0, bad_pointer(), NULL), EINVAL);
	CHECK_ERRNO(syscall(SYS_clock_nanosleep, -1, 0, bad_pointer(), NULL), EFAULT);
	CHECK_ERRNO(syscall(SYS_clock_nanosleep, CLOCK_REALTIME, 0, &bad, NULL), EINVAL);
}

TEST(growing_upwards_is_refused_where_something_is_mapped)
{
	char *p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK_OK(munmap(p + PAGE, PAGE));
	CHECK_ERRNO(mprotect(p, PAGE, PROT_READ | PROT_GROWSUP), EINVAL);
	CHECK_ERRNO(mprotect(p + PAGE, PAGE, PROT_READ | PROT_GROWSUP), ENOMEM);
	CHECK_ERRNO(mprotect(p + PAGE, PAGE, 0x100 | PROT_GROWSUP), EINVAL);
	CHECK_ERRNO(mprotect(p + 1, PAGE, PROT_GROWSUP), EINVAL);
	CHECK_OK(mprotect(p, 0, PROT_GROWSUP));
	CHECK_ERRNO(madvise(p + PAGE, PAGE, 25), ENOMEM);
	CHECK_ERRNO(madvise(p, PAGE, 25), EINVAL);
}

TEST(fixed_addresses_in_the_last_page)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;

	CHECK_ERRNO((long)mmap((void *)-1L, PAGE, PROT_READ, flags, -1, 0),
		    sizeof(long) == 8 ? EPERM : ENOMEM);
	CHECK_ERRNO((long)mmap((void *)-4096L, PAGE, PROT_READ, flags, -1, 0), ENOMEM);
}

TEST(hints_and_owners_are_kept)
{
	unsigned long long hint = 9;
	unsigned ids[2] = { 7, 7 };
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644));

	CHECK_OK(fcntl(fd, F_GET_RW_HINT, &hint));
	CHECK_EQ(hint, 0);
	hint = 3;
	CHECK_OK(fcntl(fd, F_SET_RW_HINT, &hint));
	hint = 6;
	CHECK_ERRNO(fcntl(fd, F_SET_RW_HINT, &hint), EINVAL);
	CHECK_OK(fcntl(CHECK_OK(open("f", O_RDONLY)), F_GET_RW_HINT, &hint));
	CHECK_EQ(hint, 3);
	CHECK_ERRNO(fcntl(fd, F_GET_RW_HINT, bad_pointer()), EFAULT);
	CHECK_OK(fcntl(fd, 17 /* F_GETOWNER_UIDS */, ids));
	CHECK_EQ(ids[0] | ids[1], 0);
	become(1000);
	CHECK_OK(fcntl(fd, F_SETOWN, getpid()));
	CHECK_OK(fcntl(fd, 17, ids));
	CHECK_EQ(ids[0], 1000);
	CHECK_EQ(ids[1], 1000);
	CHECK_ERRNO(fcntl(fd, 17, bad_pointer()), EFAULT);
}

TEST(leases_and_notifications_that_cannot_be)
{
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644)), p[2];

	CHECK_OK(pipe(p));
	CHECK_ERRNO(fcntl(fd, F_SETLEASE, F_RDLCK), EAGAIN);
	CHECK_ERRNO(fcntl(fd, F_SETLEASE, F_UNLCK), EAGAIN);
	CHECK_ERRNO(fcntl(fd, F_SETLEASE, 7), EINVAL);
	CHECK_ERRNO(fcntl(CHECK_OK(open(".", O_RDONLY)), F_SETLEASE, F_RDLCK), EINVAL);
	CHECK_ERRNO(fcntl(fd, F_NOTIFY, DN_CREATE), ENOTDIR);
	CHECK_OK(fcntl(fd, F_NOTIFY, 0));
	CHECK_ERRNO(fcntl(p[0], F_ADD_SEALS, 1), EPERM);
	CHECK_ERRNO(fcntl(p[1], F_ADD_SEALS, 1), EINVAL);
	become(1000);
	CHECK_ERRNO(fcntl(fd, F_SETLEASE, F_RDLCK), EACCES);
}

TEST(links_to_files_of_others_are_protected)
{
	put_file("mine", "");
	put_file("open", "");
	put_file("suid", "");
	CHECK_OK(chmod("open", 0666));
	CHECK_OK(chmod("suid", 04777));
	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(chmod("d", 0777));
	CHECK_OK(chmod(".", 0777));
	CHECK_OK(mkfifo("p", 0666));
	CHECK_OK(chmod("p", 0666));
	become(1000);
	CHECK_ERRNO(link("mine", "d/a"), EPERM);
	CHECK_OK(link("open", "d/b"));
	CHECK_ERRNO(link("suid", "d/c"), EPERM);
	CHECK_ERRNO(link("p", "d/e"), EPERM);
	put_file("d/own", "");
	CHECK_OK(chmod("d/own", 0));
	CHECK_OK(link("d/own", "d/f"));
}

TEST(file_size_limit_counts_for_what_does_not_grow)
{
	struct rlimit l = { 1000, RLIM_INFINITY };
	off64_t to = 5000;
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT | O_APPEND, 0644));

	/* O_APPEND keeps nobody from punching. */
	CHECK_OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE));
	fd = CHECK_OK(open("f", O_RDWR));
	catch_signal(SIGXFSZ, 0);
	CHECK_OK(setrlimit(RLIMIT_FSIZE, &l));
	CHECK_ERRNO(fallocate(fd, FALLOC_FL_KEEP_SIZE, 4000, 4), EFBIG);
	CHECK_EQ(signal_count[SIGXFSZ], 1);
	CHECK_ERRNO(syscall(SYS_copy_file_range, fd, NULL, fd, &to, 0, 0), EFBIG);
	CHECK_EQ(signal_count[SIGXFSZ], 2);
}

TEST(what_lacks_capabilities_may_not_slow_down_what_has_them)
{
	int gate[2];

	CHECK_OK(pipe(gate));
	pid_t strong = CHILD(char c; close(gate[1]); (void)read(gate[0], &c, 1));
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[2] = { 0 };
	struct sched_param p = { 0 };
	cpu_set_t set;

	CHECK_OK(sched_getaffinity(strong, sizeof(set), &set));
	CHECK_OK(syscall(SYS_capset, &head, none));
	CHECK_ERRNO(setpriority(PRIO_PROCESS, strong, 5), EPERM);
	CHECK_ERRNO(sched_setscheduler(strong, SCHED_BATCH, &p), EPERM);
	CHECK_ERRNO(sched_setaffinity(strong, sizeof(set), &set), EPERM);
	CHECK_ERRNO(syscall(SYS_ioprio_set, 1, strong, 2 << 13), EPERM);
	CHECK_OK(setpriority(PRIO_PROCESS, 0, 5));
	close(gate[1]);
	JOIN(strong);
}

TEST(counts_that_are_negative_as_int)
{
	CHECK_ERRNO(syscall(SYS_getdents64, CHECK_OK(open(".", O_RDONLY)), bad_pointer(), 0x80000000u),
		    EINVAL);
}

TEST(kind_of_node_before_its_name)
{
	CHECK_ERRNO(mknod("", 0170000, 0), EINVAL);
	CHECK_ERRNO(mknod(bad_pointer(), 0170000, 0), EINVAL);
	CHECK_ERRNO(mknod(bad_pointer(), S_IFDIR, 0), EPERM);
	CHECK_ERRNO(mknod(bad_pointer(), S_IFIFO, 0), EFAULT);
	CHECK_ERRNO(mknod("", S_IFIFO, 0), ENOENT);
}

TEST(huge_pages_of_no_known_size)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB;

	CHECK_ERRNO((long)mmap(NULL, PAGE, PROT_READ, flags | 5 << MAP_HUGE_SHIFT, -1, 0), EINVAL);
	CHECK_ERRNO((long)mmap(NULL, PAGE, PROT_READ, flags | 63u << MAP_HUGE_SHIFT, -1, 0), EINVAL);
	CHECK_ERRNO((long)mmap(NULL, PAGE, PROT_READ, flags, -1, 0), ENOMEM);
}

TEST(failed_timer_takes_a_number)
{
	struct sigevent ev = { .sigev_notify = 77 };
	int first = -1, second = -1;

	CHECK_OK(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &first));
	CHECK_ERRNO(syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &second), EINVAL);
	CHECK_OK(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &second));
	CHECK_EQ(second, first + 2);
}

TEST(mincore_tells_what_comes_before_the_hole)
{
	char *p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned char vec[4] = { 9, 9, 9, 9 };

	*p = 1;
	CHECK_OK(munmap(p + 2 * PAGE, PAGE));
	CHECK_ERRNO(mincore(p, 4 * PAGE, vec), ENOMEM);
	CHECK_EQ(vec[0], 1);
	CHECK_EQ(vec[1], 0);
	CHECK_EQ(vec[2], 9);
}

#ifdef __i386__
TEST(old_calls_of_i386)
{
	unsigned char raw[96];
	struct {
		short type, whence;
		long long start, len;
		int pid;
	} __attribute__((packed)) lock = { F_RDLCK, 0, 5, 10, 0 };
	int fd = CHECK_OK(syscall(SYS_creat, "f", 0644));

	CHECK_EQ(fcntl(fd, F_GETFL), O_WRONLY | 0100000);
	memset(raw, 0x5a, sizeof(raw));
	CHECK_OK(syscall(SYS_fstat64, fd, raw));
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(raw[8 + i], 0x5a);
		CHECK_EQ(raw[40 + i], 0x5a);
	}
	memset(raw, 0x5a, sizeof(raw));
	CHECK_OK(syscall(SYS_oldstat, "/dev/null", raw));
	CHECK_EQ(raw[14] | raw[15], 0);
	CHECK_EQ(raw[32], 0x5a);
	CHECK_OK(syscall(SYS_fcntl, fd, 36 /* F_OFD_GETLK */, &lock));
	CHECK_EQ(lock.type, F_UNLCK);
	fd = CHECK_OK(syscall(SYS_open, "f", O_RDWR));
	CHECK_ERRNO(syscall(SYS_ftruncate64, fd, 0, 1), EINVAL);
	CHECK_ERRNO(syscall(SYS_rt_sigtimedwait, NULL, NULL, bad_pointer(), 8), EFAULT);
}
#endif
