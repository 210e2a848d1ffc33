// SPDX-License-Identifier: MIT
/*
 * Arguments as text: escapes, flag words, structures of both ABIs, and memory that cannot be read.
 * unit-sources: kernel/gate/decode_args.c kernel/gate/decode_file.c kernel/gate/decode_struct.c
 * unit-sources: kernel/gate/decode_task.c kernel/gate/uaccess.c
 * unit-sources: kernel/base/string.c kernel/base/fmt.c
 */
#include "kernel/gate/decode.h"
#include "kernel/base/string.h"
#include "flag_ids.h"
#include "tests/unit/unit.h"
#include <linux/fcntl.h>
#include <linux/futex.h>
#include <linux/poll.h>

static const struct flag_name open_names[] = { { O_CREAT, "O_CREAT" },
					       { 0x4000, "O_B" },
					       { 0x6000, "O_BC" } };
static const struct flag_name open_modes[] = { { 0, "O_RDONLY" }, { 1, "O_WRONLY" } };
static const struct flag_name whence_names[] = { { 0, "SEEK_SET" }, { 2, "SEEK_END" } };
static const struct flag_name signal_names[] = { { 1, "SIGHUP" }, { 9, "SIGKILL" } };
static const struct flag_name poll_names[] = { { POLLIN, "POLLIN" }, { POLLOUT, "POLLOUT" } };

/* The real ones are generated from abi/flags/; these are enough to see how they are used. */
const struct flag_table flag_tables[NR_FLAG_TABLES] = {
	[FLAGS_open] = { "open", .bits = true, .mask = 3, .names = open_names, .nr_names = 3,
			 .fields = open_modes, .nr_fields = 2 },
	[FLAGS_whence] = { "whence", .names = whence_names, .nr_names = 2 },
	[FLAGS_signal] = { "signal", .names = signal_names, .nr_names = 2 },
	[FLAGS_poll] = { "poll", .bits = true, .zero = "0", .names = poll_names, .nr_names = 2 },
	[FLAGS_mode] = { "mode", .bits = true, .octal = true },
};

static char text[1024];

static struct line fresh(size_t size)
{
	memset(text, 0, sizeof(text));
	return (struct line){ text, size, 0 };
}

static bool is(const struct line *l, const char *want)
{
	return l->len == strlen(want) && !memcmp(l->buf, want, l->len);
}

/*
 * How one argument of kind k prints, the arguments being a0, a1, a2; returned: after a call with this
 * result.
 */
static struct line arg(unsigned int i, struct arg_kind k, const unsigned long a[3], bool compat,
		       bool returned, long result)
{
	static struct arg_kind kinds[3];
	static const struct syscall_desc desc = { "call", NULL, kinds, NULL, 3, K_INT };
	const struct call_view view = { &desc, { a[0], a[1], a[2] }, 3, compat, returned, result };
	struct line l = fresh(256);

	kinds[i] = k;
	decode_arg(&l, &view, i);
	return l;
}

UNIT_TEST(strings_are_escaped_as_in_c)
{
	struct line l = fresh(64);

	line_quote(&l, "a\n\"\\\0001\x7f\xff", 8, false);
	EXPECT(is(&l, "\"a\\n\\\"\\\\\\0001\\177\\377\""));
	l = fresh(64);
	line_quote(&l, "\1z", 2, true);
	EXPECT(is(&l, "\"\\1z\"..."));
}

UNIT_TEST(a_line_never_overflows)
{
	struct line l = fresh(5);

	line_text(&l, "abc");
	line_printf(&l, "%d", 12345);
	EXPECT_EQ(l.len, 5);
	EXPECT(is(&l, "abc12") && !text[5]);
}

UNIT_TEST(flag_words)
{
	struct line l = fresh(64);

	line_flags(&l, FLAGS_open, 0);
	line_char(&l, ' ');
	line_flags(&l, FLAGS_open, 1 | O_CREAT | 0x40000000);
	line_char(&l, ' ');
	line_flags(&l, FLAGS_open, 2);
	EXPECT(is(&l, "O_RDONLY O_WRONLY|O_CREAT|0x40000000 0x2"));
	l = fresh(64);
	line_flags(&l, FLAGS_whence, 2);
	line_flags(&l, FLAGS_whence, 7);
	line_flags(&l, FLAGS_whence, 0x12345);
	line_flags(&l, FLAGS_poll, 0);
	line_flags(&l, FLAGS_mode, 0755);
	EXPECT(is(&l, "SEEK_END70x1234500755"));
}

UNIT_TEST(signals_and_sets_of_them)
{
	struct line l = fresh(128);

	line_signal(&l, 9);
	line_char(&l, ' ');
	line_signal(&l, 32);
	line_char(&l, ' ');
	line_signal(&l, 40);
	line_char(&l, ' ');
	line_signal(&l, 65);
	EXPECT(is(&l, "SIGKILL SIGRTMIN SIGRT_8 65"));
	l = fresh(128);
	line_sigset(&l, 0x101 | 1UL << 31 | 1UL << 33);
	line_sigset(&l, ~0x1UL);
	line_sigset(&l, 0);
	EXPECT(is(&l, "[HUP KILL RTMIN RT_2]~[HUP][]"));
}

UNIT_TEST(numbers_and_pointers)
{
	struct line l = arg(0, (struct arg_kind){ K_DFD }, (unsigned long[]){ (u32)AT_FDCWD, 0, 0 }, false,
			    false, 0);

	EXPECT(is(&l, "AT_FDCWD"));
	l = arg(0, (struct arg_kind){ K_PTR }, (unsigned long[]){ 0, 0, 0 }, false, false, 0);
	EXPECT(is(&l, "NULL"));
	l = arg(0, (struct arg_kind){ K_INT }, (unsigned long[]){ 0xffffffff, 0, 0 }, false, false, 0);
	EXPECT(is(&l, "-1"));
	l = arg(0, (struct arg_kind){ K_DEV }, (unsigned long[]){ 0x503, 0, 0 }, false, false, 0);
	EXPECT(is(&l, "makedev(5, 3)"));
}

UNIT_TEST(buffers_print_as_much_as_was_moved)
{
	char buf[100];
	const unsigned long a[3] = { 3, (unsigned long)buf, 100 };
	struct line l;

	memset(buf, 'x', sizeof(buf));
	l = arg(1, (struct arg_kind){ K_OUT, AUX_NONE }, a, false, true, 2);
	EXPECT(is(&l, "\"xx\""));
	l = arg(1, (struct arg_kind){ K_IN, 2 }, a, false, false, 0);
	EXPECT_EQ(l.len, 2 + 64 + 3);
	unit_fault_from = a[1] + 10;
	l = arg(1, (struct arg_kind){ K_IN, 2 }, a, false, false, 0);
	EXPECT(l.len > 2 && !memcmp(l.buf, "0x", 2));
}

UNIT_TEST(times_of_both_abis)
{
	const s64 wide[2] = { 1, 500 };
	const s32 narrow[2] = { 1, -2 };
	struct line l = arg(0, (struct arg_kind){ K_TIMESPEC },
			    (unsigned long[]){ (unsigned long)wide, 0, 0 }, false, false, 0);

	EXPECT(is(&l, "{tv_sec=1, tv_nsec=500}"));
	l = arg(0, (struct arg_kind){ K_TIMEVAL }, (unsigned long[]){ (unsigned long)narrow, 0, 0 }, true,
		false, 0);
	EXPECT(is(&l, "{tv_sec=1, tv_usec=-2}"));
	l = arg(0, (struct arg_kind){ K_REM_OUT }, (unsigned long[]){ (unsigned long)wide, 0, 0 }, false,
		true, -EINTR);
	EXPECT(is(&l, "{tv_sec=1, tv_nsec=500}"));
	l = arg(0, (struct arg_kind){ K_REM_OUT }, (unsigned long[]){ (unsigned long)wide, 0, 0 }, false,
		true, 0);
	EXPECT(!memcmp(l.buf, "0x", 2));
}

UNIT_TEST(what_a_call_fills_in_shows_only_when_it_succeeded)
{
	const int pair[2] = { 3, 4 }, status = 0x0b;
	const unsigned long a[3] = { (unsigned long)pair, (unsigned long)&status, 0 };
	struct line l = arg(0, (struct arg_kind){ K_PAIR_OUT }, a, false, true, 0);

	EXPECT(is(&l, "[3, 4]"));
	l = arg(0, (struct arg_kind){ K_PAIR_OUT }, a, false, true, -EFAULT);
	EXPECT(!memcmp(l.buf, "0x", 2));
	l = arg(1, (struct arg_kind){ K_WSTATUS_OUT }, a, false, true, 7);
	EXPECT(is(&l, "[{WIFSIGNALED(s) && WTERMSIG(s) == 11}]"));
}

UNIT_TEST(vectors_stop_at_what_was_read)
{
	char buf[] = "hello";
	const u32 narrow[4] = { 16, 3, 32, 4 };
	const u64 wide[4] = { (u64)buf, 5, (u64)buf, 5 };
	struct line l = arg(0, (struct arg_kind){ K_IOVEC_OUT, 1 },
			    (unsigned long[]){ (unsigned long)wide, 2, 0 }, false, true, 6);

	EXPECT(is(&l, "[{iov_base=\"hello\", iov_len=5}, {iov_base=\"h\", iov_len=5}]"));
	unit_fault_from = (unsigned long)narrow +
			  8; /* the second one, and nothing that a base names, is there */
	l = arg(0, (struct arg_kind){ K_IOVEC_OUT, 1 }, (unsigned long[]){ (unsigned long)narrow, 2, 0 },
		true, true, 0);
	EXPECT(is(&l, "[{iov_base=\"\", iov_len=3}, ...]"));
}

UNIT_TEST(a_command_decides)
{
	const struct {
		s16 type, whence;
		s32 start, len;
	} narrow_lock = { 1, 2, -5, 6 };
	const unsigned long lock = (unsigned long)&narrow_lock;
	struct line l = arg(2, (struct arg_kind){ K_FCNTL, 1 }, (unsigned long[]){ 3, F_SETFL, O_CREAT },
			    false, false, 0);

	EXPECT(is(&l, "O_RDONLY|O_CREAT"));
	l = arg(2, (struct arg_kind){ K_FCNTL, 1 }, (unsigned long[]){ 3, F_SETLK, lock }, true, false, 0);
	EXPECT(is(&l, "{l_type=F_WRLCK, l_whence=SEEK_END, l_start=-5, l_len=6}"));
	EXPECT(!decode_futex_is_time(FUTEX_WAKE_PRIVATE) &&
	       decode_futex_is_time(FUTEX_WAIT | FUTEX_PRIVATE_FLAG));
}

UNIT_TEST(arguments_that_mean_nothing_are_not_shown)
{
	static const struct arg_kind fcntl_kinds[3] = { { K_FD }, { K_INT }, { K_FCNTL, 1 } };
	static const struct arg_kind open_kinds[3] = { { K_PATH }, { K_FLAGS, FLAGS_open }, { K_MODE_OPT } };
	static const struct syscall_desc fcntl_desc = { "fcntl", NULL, fcntl_kinds, NULL, 3, K_INT };
	static const struct syscall_desc open_desc = { "open", NULL, open_kinds, NULL, 3, K_INT };
	struct call_view c = { &fcntl_desc, { 3, F_GETFD, 0 }, 3 };

	EXPECT(!decode_is_shown(&c, 2));
	c.args[1] = F_DUPFD;
	EXPECT(decode_is_shown(&c, 2));
	c = (struct call_view){ &open_desc, { 0, 0, 0600 }, 3 };
	EXPECT(!decode_is_shown(&c, 2));
	c.args[1] = O_CREAT;
	EXPECT(decode_is_shown(&c, 2));
	c.args[1] = O_TMPFILE;
	EXPECT(decode_is_shown(&c, 2));
	c.args[1] = O_DIRECTORY; /* a part of O_TMPFILE's bits */
	EXPECT(!decode_is_shown(&c, 2));
}
