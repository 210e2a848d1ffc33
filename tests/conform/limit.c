// SPDX-License-Identifier: MIT
/* getrlimit(2), prlimit64(2), sysinfo(2), uname(2), times(2), getcpu, host name. */
#include "harness.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/utsname.h>

TEST(defaults)
{
	struct rlimit lim;

	CHECK_OK(getrlimit(RLIMIT_NOFILE, &lim));
	CHECK_EQ(lim.rlim_cur, 1024);
	CHECK_OK(getrlimit(RLIMIT_STACK, &lim));
	CHECK_EQ(lim.rlim_cur, 8 << 20);
	CHECK(lim.rlim_max == RLIM_INFINITY);
	CHECK_OK(getrlimit(RLIMIT_CORE, &lim));
	CHECK_EQ(lim.rlim_cur, 0);
	CHECK_OK(getrlimit(RLIMIT_AS, &lim));
	CHECK(lim.rlim_cur == RLIM_INFINITY);
}

TEST(set_get_and_refusals)
{
	struct rlimit lim = { 100, 200 }, back;

	CHECK_OK(setrlimit(RLIMIT_NOFILE, &lim));
	CHECK_OK(getrlimit(RLIMIT_NOFILE, &back));
	CHECK(back.rlim_cur == 100 && back.rlim_max == 200);
	lim = (struct rlimit){ 300, 200 };
	CHECK_ERRNO(setrlimit(RLIMIT_NOFILE, &lim), EINVAL);
	CHECK_ERRNO(setrlimit(99, &back), EINVAL);
	CHECK_ERRNO(getrlimit(99, &back), EINVAL);
	CHECK_ERRNO(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, bad_pointer()), EFAULT);
	CHECK_ERRNO(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, bad_pointer(), NULL), EFAULT);
	become(1000);
	lim = (struct rlimit){ 150, 201 };
	CHECK_ERRNO(setrlimit(RLIMIT_NOFILE, &lim), EPERM);
	lim = (struct rlimit){ 150, 150 };
	CHECK_OK(setrlimit(RLIMIT_NOFILE, &lim));
}

TEST(prlimit_of_another_process)
{
	uint64_t lim[2] = { 50, 60 }, old[2];
	pid_t child = CHILD(for (;;) pause());

	CHECK_OK(syscall(SYS_prlimit64, child, RLIMIT_NOFILE, lim, old));
	CHECK_EQ(old[0], 1024);
	CHECK_OK(syscall(SYS_prlimit64, child, RLIMIT_NOFILE, NULL, old));
	CHECK_EQ(old[1], 60);
	CHECK_ERRNO(syscall(SYS_prlimit64, 4000000, RLIMIT_NOFILE, NULL, old), ESRCH);
	CHECK_ERRNO(syscall(SYS_prlimit64, 1, 99, NULL, old), EINVAL);
	become(1000);
	CHECK_ERRNO(syscall(SYS_prlimit64, child, RLIMIT_NOFILE, NULL, old), EPERM);
}

TEST(limits_are_inherited)
{
	struct rlimit lim = { 77, 88 };

	CHECK_OK(setrlimit(RLIMIT_NOFILE, &lim));
	pid_t child = CHILD(struct rlimit l; CHECK_OK(getrlimit(RLIMIT_NOFILE, &l));
			    CHECK_EQ(l.rlim_cur, 77));
	JOIN(child);
}

TEST(cpu_limit_sends_sigxcpu)
{
	struct rlimit lim = { 1, 3 };

	pid_t child = CHILD(CHECK_OK(setrlimit(RLIMIT_CPU, &lim)); for (;;););
	CHECK_EQ(wait_status(child) & 0x7f, SIGXCPU);
}

TEST(stack_limit_bounds_growth)
{
	struct rlimit lim = { 1 << 20, 1 << 20 };
	char *low = __builtin_frame_address(0);

	pid_t child = CHILD(CHECK_OK(setrlimit(RLIMIT_STACK, &lim)); *(volatile char *)(low - (2 << 20)) = 1);
	CHECK_EQ(wait_status(child) & 0x7f, SIGSEGV);
}

TEST(system_name)
{
	struct utsname u;

	CHECK_OK(uname(&u));
	CHECK_STR(u.sysname, "Linux");
	CHECK(!strncmp(u.release, "6.1.", 4));
	/* A 32-bit program sees the machine's real name. */
	CHECK_STR(u.machine, "x86_64");
	CHECK_ERRNO(uname(bad_pointer()), EFAULT);
}

TEST(host_name_changes)
{
	struct utsname u;
	char old[65], name[66];

	CHECK_OK(gethostname(old, sizeof(old)));
	CHECK_OK(sethostname("tester", 6));
	CHECK_OK(uname(&u));
	CHECK_STR(u.nodename, "tester");
	memset(name, 'x', sizeof(name));
	CHECK_ERRNO(sethostname(name, 65), EINVAL);
	CHECK_OK(sethostname(name, 64));
	CHECK_ERRNO(sethostname(name, (size_t)-1), EINVAL);
	CHECK_ERRNO(sethostname(bad_pointer(), 5), EFAULT);
	CHECK_OK(setdomainname("dom", 3));
	CHECK_OK(sethostname(old, strlen(old)));
}

TEST(system_information)
{
	struct sysinfo si;

	CHECK_OK(sysinfo(&si));
	CHECK(si.totalram > 0 && si.freeram <= si.totalram);
	CHECK(si.mem_unit >= 1);
	CHECK(si.procs >= 2);
	CHECK(si.uptime >= 0);
	CHECK_ERRNO(syscall(SYS_sysinfo, bad_pointer()), EFAULT);
}

TEST(process_times)
{
	struct tms t;

	CHECK(times(&t) != (clock_t)-1);
	CHECK(times(NULL) != (clock_t)-1);
	CHECK_ERRNO(syscall(SYS_times, bad_pointer()), EFAULT);
}

TEST(cpu_number)
{
	unsigned cpu = 99, node = 99;

	CHECK_OK(syscall(SYS_getcpu, &cpu, &node, NULL));
	CHECK(cpu < 64);
	CHECK_EQ(node, 0);
	CHECK_OK(syscall(SYS_getcpu, NULL, NULL, NULL));
	CHECK_ERRNO(syscall(SYS_getcpu, bad_pointer(), NULL, NULL), EFAULT);
}

TEST(data_limit_of_zero_alone_limits_nothing)
{
	struct rlimit limit = { 0, RLIM_INFINITY };
	void *p;

	CHECK_OK(setrlimit(RLIMIT_DATA, &limit)); /* Linux: a workaround for Valgrind */
	p = CHECK_OK(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	CHECK_OK(munmap(p, PAGE));
	limit.rlim_max = 0;
	CHECK_OK(setrlimit(RLIMIT_DATA, &limit));
	CHECK_ERRNO((long)mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		    ENOMEM);
	CHECK_OK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

static void become_realtime(rlim_t soft_us, rlim_t hard_us)
{
	struct sched_param param = { .sched_priority = 1 };
	struct rlimit limit = { soft_us, hard_us };

	CHECK_OK(sched_setscheduler(0, SCHED_FIFO, &param));
	CHECK_OK(setrlimit(RLIMIT_RTTIME, &limit));
}

static void work(long ms)
{
	struct timespec now;
	long end;

	CHECK_OK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now));
	end = now.tv_sec * 1000 + now.tv_nsec / 1000000 + ms;
	while (now.tv_sec * 1000 + now.tv_nsec / 1000000 < end)
		CHECK_OK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now));
}

TEST(realtime_limit_warns_and_kills)
{
	int *count = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = CHILD({
		struct rlimit limit;

		catch_signal(SIGXCPU, 0);
		become_realtime(20000, 150000);
		while (!(*count = signal_count[SIGXCPU]))
			;
		CHECK_OK(getrlimit(RLIMIT_RTTIME, &limit));
		CHECK_EQ(limit.rlim_cur, 1020000); /* the next warning is a second away */
		for (;;)
			;
	});

	CHECK_EQ(wait_status(pid), SIGKILL);
	CHECK_EQ(*count, 1);
}

TEST(realtime_limit_starts_anew_after_sleeping)
{
	struct sched_param none = { .sched_priority = 0 };

	catch_signal(SIGXCPU, 0);
	become_realtime(100000, RLIM_INFINITY);
	for (int i = 0; i < 20; i++) {
		work(10);
		sleep_ms(1);
	}
	CHECK_EQ(signal_count[SIGXCPU], 0);
	CHECK_OK(sched_setscheduler(0, SCHED_OTHER, &none));
	work(200); /* is nobody's business then */
	CHECK_EQ(signal_count[SIGXCPU], 0);
}
