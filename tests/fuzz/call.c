// SPDX-License-Identifier: MIT
/*
 * One call of a program: makes the arguments of the tokens that grammar.py documents, does the call, and records
 * its result, its errno and what is in the buffers that it may have filled.
 */
#include "fuzz.h"
#include "raw.h"
#include "world.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

struct arg {
	char kind;
	unsigned long value;
	unsigned char *buffer;
	size_t size;
	const char *masks; /* "~offset-size" ... */
	bool reads; /* of an iovec: the call fills it */
};

/* --- signal handlers --- */

static void note_signal(int sig, siginfo_t *info)
{
	struct slot *slot = &shared->signals[actor_here()];

	__atomic_add_fetch(&shared->progress, 1, __ATOMIC_SEQ_CST);
	note(slot, "signal %ld at %lu", (long)sig, (unsigned long)shared->turn);
	if (info)
		note(slot, " number %ld code %ld", (long)info->si_signo, (long)info->si_code);
	if (info && (info->si_code == SI_USER || info->si_code == SI_QUEUE || info->si_code == SI_TKILL ||
		     sig == SIGCHLD))
		note(slot, " from %s", pid_name(info->si_pid));
	if (info && sig == SIGCHLD && info->si_code > 0)
		note(slot, " status %lx", (long)info->si_status);
	if (info && info->si_code == SI_QUEUE)
		note(slot, " value %ld", (long)info->si_value.sival_int);
	note(slot, "\n");
}

static void on_signal(int sig)
{
	note_signal(sig, NULL);
}

static void on_signal_info(int sig, siginfo_t *info, void *context)
{
	(void)context;
	note_signal(sig, info);
}

/* --- arguments --- */

unsigned long parse_dec(const char **text)
{
	unsigned long n = 0;

	for (; **text >= '0' && **text <= '9'; ++*text)
		n = n * 10 + (unsigned long)(**text - '0');
	return n;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

unsigned long parse_hex(const char **text)
{
	unsigned long n = 0;

	for (int d; (d = hex_digit(**text)) >= 0; ++*text)
		n = n << 4 | (unsigned long)d;
	return n;
}

/* A fresh piece of the shared buffers; programs are too short to use them up. */
static unsigned char *take_buffer(size_t size)
{
	unsigned char *at = BUFFERS + shared->buffers_used;

	if (shared->buffers_used + size > BUFFERS_SIZE)
		_exit(96);
	shared->buffers_used += (unsigned int)((size + 79) & ~63ul);
	return at;
}

static void parse_bytes(struct arg *a, const char *text)
{
	size_t digits = 0;

	while (hex_digit(text[digits]) >= 0)
		digits++;
	a->size = digits / 2;
	a->buffer = take_buffer(a->size);
	for (size_t i = 0; i < a->size; i++)
		a->buffer[i] = (unsigned char)(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
	a->masks = text + digits;
}

static void fill_letters(unsigned char *to, size_t size)
{
	for (size_t i = 0; i < size; i++)
		to[i] = (unsigned char)('a' + i % 26);
}

/* v<i|o>LENGTH,...: a vector over one piece of memory. */
static void parse_vector(struct arg *a, const char *text)
{
	unsigned int lengths[8], count = 0;
	size_t size = 0;

	a->reads = *text++ == 'o';
	for (; count < 8 && hex_digit(*text) >= 0; text += *text == ',') {
		lengths[count] = (unsigned int)parse_hex(&text);
		size += lengths[count++];
	}
	struct iovec *vector = (struct iovec *)take_buffer(sizeof(*vector) * 8);
	a->buffer = take_buffer(size);
	a->size = size;
	unsigned char *data = a->buffer;
	for (unsigned int i = 0; i < 8; i++) {
		vector[i] = (struct iovec){ data, i < count ? lengths[i] : 0 };
		data += vector[i].iov_len;
	}
	if (a->reads)
		memset(a->buffer, WORLD_FILL, size);
	else
		fill_letters(a->buffer, size);
	a->value = (unsigned long)vector;
}

/* sHANDLER.FLAGS.MASK */
static void parse_action(struct arg *a, const char *text)
{
	struct raw_sigaction *action = (struct raw_sigaction *)take_buffer(sizeof(*action));
	unsigned long which = parse_dec(&text);

	text++;
	unsigned long flags = parse_hex(&text);
	text++;
	raw_action(action, which, flags, parse_hex(&text), on_signal, on_signal_info);
	a->value = (unsigned long)action;
	a->size = 0;
}

/* rSTEP, aSTEP.ARGUMENT: the address of that buffer, or kSTEP.ARGUMENT.NUMBER: a number in it. */
static unsigned long earlier(char kind, const char *text)
{
	unsigned long step = parse_dec(&text) % MAX_STEPS;

	if (kind == 'r')
		return (unsigned long)shared->results[step];
	text++;
	unsigned char *buffer = shared->where[step][parse_dec(&text) % MAX_ARGS];
	text++;
	if (kind == 'a')
		return (unsigned long)buffer;
	return buffer ? (unsigned long)(long)((int *)buffer)[parse_dec(&text)] : 63;
}

static void parse_arg(struct arg *a, const char *text)
{
	*a = (struct arg){ .kind = *text++, .masks = "" };
	switch (a->kind) {
	case 'i':
		a->value = parse_hex(&text);
		return;
	case 'p':
		a->value = (unsigned long)getpid();
		return;
	case 'q':
		a->value = (unsigned long)shared->pids[parse_dec(&text) % MAX_ACTORS];
		return;
	case 'a':
	case 'r':
	case 'k':
		a->value = earlier(a->kind, text);
		return;
	case 'v':
		parse_vector(a, text);
		return;
	case 's':
		parse_action(a, text);
		return;
	case 't':
	case 'x':
		parse_bytes(a, text);
		break;
	case 'o':
	case 'w':
		a->size = parse_hex(&text);
		a->buffer = take_buffer(a->size);
		if (a->kind == 'w')
			fill_letters(a->buffer, a->size);
		else
			memset(a->buffer, WORLD_FILL, a->size);
		a->masks = text;
		break;
	case 'e': /* what is left of the argument lies right before an unmapped page */
		a->size = parse_hex(&text);
		a->buffer = EDGE_PAGES + (shared->edges_used++ % EDGES * 2 + 1) * 4096 - a->size;
		memset(a->buffer, WORLD_FILL, a->size);
		a->masks = text;
		break;
	}
	a->value = (unsigned long)a->buffer;
}

/* --- what a call did --- */

static void note_bytes(struct slot *slot, int index, const unsigned char *data, size_t size)
{
	size_t used = size;

	while (used && data[used - 1] == WORLD_FILL)
		used--;
	note(slot, "  arg%ld %lu:%lx ", (long)index, (unsigned long)used,
	     (unsigned long)hash(HASH_START, data, used));
	for (size_t i = 0; i < used && i < 256; i++)
		note(slot, "%c%c", "0123456789abcdef"[data[i] >> 4], "0123456789abcdef"[data[i] & 15]);
	note(slot, "\n");
}

static void note_buffer(struct slot *slot, int index, struct arg *a)
{
	unsigned char copy[0x11000];
	const char *mask = a->masks;

	if (!(a->kind == 'v' ? a->reads : strchr("oxe", a->kind) != NULL) || a->size > sizeof(copy))
		return;
	memcpy(copy, a->buffer, a->size);
	while (*mask == '~') {
		mask++;
		size_t from = parse_dec(&mask);
		mask++;
		size_t size = parse_dec(&mask);
		for (size_t i = from; i < from + size && i < a->size; i++)
			copy[i] = WORLD_FILL;
	}
	note_bytes(slot, index, copy, a->size);
}

/* Directory entries: names and types in order; inode numbers and offsets are each kernel's own. */
static void note_entries(struct slot *slot, const unsigned char *data, long size, bool old)
{
	for (long at = 0; at < size;) {
		/* getdents(2) of old: two longs, the length, the name, and the type at the very end. */
		size_t head = old ? 2 * sizeof(long) : 16;
		unsigned short length = *(const unsigned short *)(data + at + head);
		unsigned char type = data[(size_t)at + (old && length ? length - 1u : head + 2)];
		note(slot, "  entry %lu %lu %s\n", (unsigned long)length, (unsigned long)type,
		     (const char *)data + (size_t)at + head + (old ? 2 : 3));
		if (!length)
			break;
		at += length;
	}
}

static void note_result(struct slot *slot, char mode, long value)
{
	const char *name = value < 0 && value >= -4095 ? strerrorname_np((int)-value) : NULL;

	if (name)
		note(slot, "%s\n", name);
	else if (mode == 'A' && (unsigned long)value - WORLD_ARENA > 0x100000)
		note(slot, "address\n");
	else if (mode == 'N')
		note(slot, "%s\n", value ? "positive" : "0");
	else if (mode == 'P')
		note(slot, "%s\n", pid_name((pid_t)value));
	else
		note(slot, "%ld\n", value);
}

/* What a file that is sent onto itself holds then follows from the direction in which Linux copies memory. */
static bool sends_onto_itself(long nr, const unsigned long *values)
{
	struct stat out, in;

#ifdef SYS_sendfile64
	if (nr != SYS_sendfile && nr != SYS_sendfile64)
#else
	if (nr != SYS_sendfile)
#endif
		return false;
	return !fstat((int)values[0], &out) && !fstat((int)values[1], &in) && S_ISREG(in.st_mode) &&
	       in.st_dev == out.st_dev && in.st_ino == out.st_ino;
}

void run_call(unsigned int number, const char *text)
{
	struct slot *slot = &shared->steps[number];
	struct arg args[MAX_ARGS] = { 0 };
	unsigned long values[MAX_ARGS] = { 0 };
	int count = 0;
	long nr = (long)parse_dec(&text);
	char mode = text[1];

	for (text += 2; *text == ' ' && count < MAX_ARGS; count++) {
		parse_arg(&args[count], ++text);
		values[count] = args[count].value;
		shared->where[number][count] = args[count].buffer;
		text += strcspn(text, " \n");
	}
	long value = sends_onto_itself(nr, values) ? -EDEADLK : raw_call(nr, values);
	shared->results[number] = value < 0 && value >= -4095 ? -1 : value;
	note_result(slot, mode, value);
	for (int i = 0; i < count; i++)
		if ((mode == 'd' || mode == 'D') && i == 1)
			note_entries(slot, args[1].buffer, args[1].kind == 'o' ? value : 0, mode == 'D');
		else
			note_buffer(slot, i, &args[i]);
}
