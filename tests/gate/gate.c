// SPDX-License-Identifier: MIT
/*
 * The gate from outside: every way in, every number that nobody answers, every kind of bad pointer, rubbish in
 * the upper halves of arguments.  Prints TAP; the last line counts.  Runs as any program, or as PID 1 (then it
 * powers the machine off).  Must pass on Linux 6.1 first, with the argument "all" for the calls we lack.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "gate.h"
#include "gate_calls.h"

static int nr_tests, nr_failed;

static void result(bool ok, const char *fmt, ...)
{
	va_list ap;

	nr_tests++;
	nr_failed += !ok;
	printf("%s %d - gate.", ok ? "ok" : "not ok", nr_tests);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

/* ---- bad memory --------------------------------------------------------------------------------- */

static char *arena; /* page 0: writable, page 1: no access, page 2: read-only, page 3: no access */
static char *writable; /* a good object of any size up to a page */

static void memory_init(void)
{
	arena = mmap(NULL, 4 * GATE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	writable = mmap(NULL, GATE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (arena == MAP_FAILED || writable == MAP_FAILED) {
		printf("Bail out! no memory\n");
		exit(1);
	}
	mprotect(arena + GATE_PAGE, GATE_PAGE, PROT_NONE);
	mprotect(arena + 2 * GATE_PAGE, GATE_PAGE, PROT_READ);
	mprotect(arena + 3 * GATE_PAGE, GATE_PAGE, PROT_NONE);
}

enum bad {
	BAD_NULL,
	BAD_UNMAPPED,
	BAD_STRADDLE,
	BAD_READONLY,
	BAD_KERNEL,
	BAD_NONCANONICAL,
	BAD_TOP,
	NR_BAD
};
static const char *const bad_name[NR_BAD] = {
	"null", "unmapped", "straddling", "readonly", "kernel", "noncanonical", "top",
};

/* The address, or 1 when this kind of badness does not exist for such an argument. */
static unsigned long bad_pointer(enum bad bad, const struct gate_arg *a)
{
	bool text = a->kind == ARG_PATH || a->kind == ARG_TEXT;

	switch (bad) {
	case BAD_NULL:
		return a->null_ok ? 1 : 0;
	case BAD_UNMAPPED:
		return (unsigned long)arena + GATE_PAGE;
	case BAD_STRADDLE: /* all but the last byte is there; a string has no end before the page has */
		if (a->part_ok || (!text && a->value < 2))
			return 1;
		return (unsigned long)arena + GATE_PAGE - (text ? 8 : a->value - 1);
	case BAD_READONLY:
		return a->kind == ARG_OUT ? (unsigned long)arena + 2 * GATE_PAGE : 1;
#ifdef __x86_64__
	case BAD_KERNEL:
		return 0xffff888000000000UL;
	case BAD_NONCANONICAL:
		return 0x8000000000000000UL;
	case BAD_TOP:
		return 0x00007ffffffff000UL;
#else
	case BAD_KERNEL:
		return 0xffffe000UL;
	case BAD_NONCANONICAL:
		return 1;
	case BAD_TOP:
		return 0xfffff000UL;
#endif
	default:
		return 1;
	}
}

/* ---- good arguments ------------------------------------------------------------------------------ */

static int file_fd, wfile_fd, folder_fd, pipe_fd[2], socket_fd[2];

static void files_init(void)
{
	mkdir("/tmp", 0777);
	file_fd = open("/tmp/gate-file", O_RDWR | O_CREAT | O_TRUNC, 0644);
	wfile_fd = file_fd;
	folder_fd = open("/", O_RDONLY | O_DIRECTORY);
	if (file_fd < 0 || pipe(pipe_fd) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, socket_fd) < 0) {
		printf("Bail out! cannot make files in /tmp: %s\n", strerror(errno));
		exit(1);
	}
	write(file_fd, "0123456789abcdef0123456789abcdef", 32);
	unlink("/tmp/gate-file");
	write(pipe_fd[1], "data", 4);
	write(socket_fd[1], "data", 4);
}

static unsigned long good_value(const struct gate_arg *a)
{
	switch (a->kind) {
	case ARG_FILE:
		return file_fd;
	case ARG_FOLDER:
		return folder_fd;
	case ARG_WFILE:
		return wfile_fd;
	case ARG_PIPE:
		return pipe_fd[0];
	case ARG_SOCKET:
		return socket_fd[0];
	case ARG_CWD:
		return (unsigned long)AT_FDCWD;
	case ARG_PID:
		return getpid();
	case ARG_PATH:
		return (unsigned long)"/";
	case ARG_TEXT:
		return (unsigned long)"user.x";
	case ARG_IN:
	case ARG_OUT:
		memset(writable, 0, GATE_PAGE);
		return (unsigned long)writable;
	default:
		return a->value;
	}
}

static long call(const struct gate_call *c, const unsigned long v[6])
{
	lseek(file_fd, 0, SEEK_SET);
	lseek(folder_fd, 0, SEEK_SET);
	memset(arena, 'x', GATE_PAGE); /* no NUL: a string in it runs into the page that is not there */
	return raw_default(c->nr, v);
}

static bool is_pointer(const struct gate_arg *a)
{
	return a->kind >= ARG_PATH;
}

/* 64-bit registers hold rubbish above a 32-bit argument: the kernel must not see it. */
static void poison(const struct gate_call *c, unsigned long v[6])
{
#ifdef __x86_64__
	for (int i = 0; i < c->nargs; i++)
		if (c->args[i].narrow)
			v[i] = (uint32_t)v[i] | 0xdeadbeef00000000UL;
#else
	(void)c;
	(void)v;
#endif
}

static void test_pointers(const struct gate_call *c)
{
	for (int i = 0; i < c->nargs; i++) {
		if (!is_pointer(&c->args[i]))
			continue;
		for (enum bad bad = 0; bad < NR_BAD; bad++) {
			unsigned long v[6] = { 0 };
			unsigned long p = bad_pointer(bad, &c->args[i]);
			long clean, poisoned;

			if (p == 1)
				continue;
			for (int k = 0; k < c->nargs; k++)
				v[k] = k == i ? p : good_value(&c->args[k]);
			clean = call(c, v);
			poison(c, v);
			poisoned = call(c, v);
			result(clean == -EFAULT && poisoned == -EFAULT, "%s.arg%d.%s%s", c->label, i,
			       bad_name[bad],
			       clean != -EFAULT ? text_of(" # gives %ld", clean)
			       : poisoned != -EFAULT
				       ? text_of(" # gives %ld with poisoned upper halves", poisoned)
				       : "");
		}
	}
}

static void test_einval(const struct gate_call *c)
{
	unsigned long v[6] = { 0 };
	long ret;

	for (int k = 0; k < c->nargs; k++)
		v[k] = good_value(&c->args[k]);
	ret = call(c, v);
	result(ret == -EINVAL, "%s.einval%s", c->label, ret == -EINVAL ? "" : text_of(" # gives %ld", ret));
	if (ret >= 0 && !strcmp(c->name, "dup3"))
		close(ret);
}

/* ---- numbers ------------------------------------------------------------------------------------- */

static void test_numbers(const char *path, raw_fn enter, const short *gaps)
{
	static const long beyond[] = { 451,  452,  511,   512,        547, 548, 599,   1023,
				       1024, 4096, 65535, 0x7fffffff, -1,  -2,  -4096, (int)0x80000000 };
	const unsigned long none[6] = { 0 };
	int wrong = 0;
	long first = 0, first_ret = 0;

	for (int i = 0; gaps[i] >= 0; i++) {
		long ret = enter(gaps[i], none);

		if (ret != -ENOSYS && !wrong++) {
			first = gaps[i];
			first_ret = ret;
		}
	}
	result(!wrong, "enosys.%s.unassigned%s", path,
	       wrong ? text_of(" # number %ld gives %ld", first, first_ret) : "");
	for (unsigned int i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
		long ret = enter(beyond[i], none);

		result(ret == -ENOSYS, "enosys.%s.%ld%s", path, beyond[i],
		       ret == -ENOSYS ? "" : text_of(" # gives %ld", ret));
	}
}

static void test_path(const char *path, raw_fn enter, long nr_getpid, long nr_getppid)
{
	const unsigned long none[6] = { 0 };

	result(enter(nr_getpid, none) == getpid(), "enter.%s.getpid", path);
	result(enter(nr_getppid, none) == getppid(), "enter.%s.getppid", path);
	result(registers_kept(enter == raw_default ? NULL : enter, nr_getpid), "enter.%s.registers", path);
}

static void test_entries(void)
{
#ifdef __x86_64__
	const unsigned long none[6] = { 0 };

	test_path("syscall", raw_default, __NR_getpid, __NR_getppid);
	test_path("int80", raw_int80, 20, 64);
	test_numbers("syscall", raw_default, gaps_x64);
	test_numbers("int80", raw_int80, gaps_ia32);
	/* Linux looks at eax alone. */
	result(raw_default(0x100000000L | __NR_getpid, none) == getpid(),
	       "enter.syscall.upper_half_of_number");
	result(raw_int80(0x100000000L | 20, none) == getpid(), "enter.int80.upper_half_of_number");
	result(raw_default(0x40000000L | __NR_getpid, none) == -ENOSYS, "enosys.syscall.x32");
#else
	test_path("int80", raw_default, __NR_getpid, __NR_getppid);
	test_numbers("int80", raw_default, gaps_ia32);
	if (!vdso_entry_init()) {
		result(true, "enter.vsyscall # SKIP no AT_SYSINFO");
		return;
	}
	test_path("vsyscall", raw_vsyscall, __NR_getpid, __NR_getppid);
	test_numbers("vsyscall", raw_vsyscall, gaps_ia32);
#endif
}

int main(int argc, char **argv)
{
	bool all = argc > 1 && !strcmp(argv[1], "all");

	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGALRM, SIG_DFL);
	alarm(300);
	memory_init();
	files_init();
	test_entries();
	for (const struct gate_call *c = gate_calls; c->name; c++) {
		if (!c->served && !all)
			continue;
		if (c->want == EFAULT)
			test_pointers(c);
		else
			test_einval(c);
	}
	printf("1..%d\n# %d passed, %d failed\n", nr_tests, nr_tests - nr_failed, nr_failed);
	if (getpid() == 1) {
		fflush(stdout);
		sync();
		reboot(RB_POWER_OFF);
	}
	return nr_failed ? 1 : 0;
}
