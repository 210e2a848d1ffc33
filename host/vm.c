// SPDX-License-Identifier: MIT
/*
 * Starts QEMU, moves bytes until every stream that it writes has ended, and says how it went.
 *
 * The guest is over when QEMU is: its streams end then, after all they held. Init's one message on the
 * control port says how the program ended; a machine that stops without one, or whose console shows a panic,
 * is a failure of ours (125). Signals only set flags and wake the loop. Whatever ends the launcher, exit
 * handlers kill QEMU and restore the terminal.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "streams.h"
#include "term.h"
#include "vm.h"

#define BOOT_SECONDS  60.0 /* until init must have spoken */
#define STOP_SECONDS  3.0 /* of silence, from the program's end or a panic to the machine's */
#define FLUSH_SECONDS 1.0 /* to end a trace after --timeout */
#define TEXT_KEPT     (128 * 1024)
#define PANIC         "Kernel panic"
#define NO_SPACE      "(error -28)" /* what unpacking the initramfs failed with */

/* The last bytes of something that is shown only when it is needed. */
struct text {
	char at[TEXT_KEPT + 1];
	size_t size;
};

struct vm {
	const struct options *o;
	struct streams streams;
	struct text console, messages;
	char line[1024]; /* of the control port, so far */
	size_t line_size;
	bool ready; /* init has started */
	bool stopping; /* the time is up, and init was told to stop the machine */
	bool panicked;
	int status; /* the program's, -1: not known yet */
	char *error; /* why init could not start it */
	double last_move; /* when bytes were last moved, in seconds of the monotonic clock */
};

static pid_t qemu;
static int wake_pipe[2];
static volatile sig_atomic_t stop_signal, resized, resumed, user_signals;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static int qemu_end(void)
{
	int status = 0;

	if (qemu > 0) {
		kill(qemu, SIGKILL);
		while (waitpid(qemu, &status, 0) < 0 && errno == EINTR)
			;
	}
	qemu = 0;
	return status;
}

static void qemu_end_at_exit(void)
{
	qemu_end();
}

static void on_signal(int signal)
{
	int saved = errno;
	ssize_t woken;

	if (signal == SIGWINCH)
		resized = 1;
	else if (signal == SIGCONT)
		resumed = 1;
	else if (signal == SIGUSR1 || signal == SIGUSR2)
		user_signals |= signal == SIGUSR1 ? 1 : 2;
	else
		stop_signal = signal;
	woken = write(wake_pipe[1], "", 1); /* full: it is awake anyway */
	(void)woken;
	errno = saved;
}

static void watch_signals(void)
{
	static const int watched[] = {
		SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGCONT, SIGUSR1, SIGUSR2
	};
	/* No SA_RESTART: a write that blocks after all must not hold up the end. */
	struct sigaction action = { .sa_handler = on_signal }, before;

	if (pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK))
		die(STATUS_FAILED, "cannot make a pipe: %s", strerror(errno));
	for (size_t i = 0; i < sizeof(watched) / sizeof(*watched); i++) {
		sigaction(watched[i], NULL, &before);
		if (before.sa_handler != SIG_IGN) /* as under nohup(1) */
			sigaction(watched[i], &action, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
}

static void text_add(struct text *text, const char *bytes, size_t size)
{
	if (size > TEXT_KEPT / 2) {
		bytes += size - TEXT_KEPT / 2;
		size = TEXT_KEPT / 2;
	}
	if (text->size + size > TEXT_KEPT) {
		memmove(text->at, text->at + text->size - TEXT_KEPT / 2, TEXT_KEPT / 2);
		text->size = TEXT_KEPT / 2;
	}
	memcpy(text->at + text->size, bytes, size);
	text->size += size;
	text->at[text->size] = 0;
}

static void take_console(void *context, const char *bytes, size_t size)
{
	struct vm *vm = context;
	size_t from = vm->console.size < sizeof(PANIC) ? 0 : vm->console.size - sizeof(PANIC);

	if (vm->o->verbose && write(STDERR_FILENO, bytes, size) < 0)
		return;
	text_add(&vm->console, bytes, size);
	if (from > vm->console.size)
		from = 0;
	if (memmem(vm->console.at + from, vm->console.size - from, PANIC, strlen(PANIC)))
		vm->panicked = true;
}

static void take_messages(void *context, const char *bytes, size_t size)
{
	struct vm *vm = context;

	text_add(&vm->messages, bytes, size);
}

/* `error CODE ERRNO WHAT`: init could not start the program. */
static void take_error(struct vm *vm, const char *line)
{
	int code, error, at = 0;

	if (sscanf(line, "error %d %d %n", &code, &error, &at) < 2 || !at)
		return;
	vm->status = code & 0xff; /* the guest is not to be trusted: a negative one means "not known" */
	vm->error = format_text("%s: %s", line + at, strerror(error));
}

static void take_control_line(struct vm *vm, const char *line)
{
	int number;

	if (!strcmp(line, "ready"))
		vm->ready = true;
	if (vm->status >= 0)
		return; /* the first word counts */
	if (sscanf(line, "exit %d", &number) == 1)
		vm->status = number & 0xff;
	else if (sscanf(line, "signal %d", &number) == 1)
		vm->status = 128 + (number & 0x7f);
	else
		take_error(vm, line);
}

static void take_control(void *context, const char *bytes, size_t size)
{
	struct vm *vm = context;

	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != '\n') {
			if (vm->line_size < sizeof(vm->line) - 1)
				vm->line[vm->line_size++] = bytes[i];
			continue;
		}
		vm->line[vm->line_size] = 0;
		vm->line_size = 0;
		take_control_line(vm, vm->line);
	}
}

static void send_control(struct vm *vm, const char *line)
{
	flow_put(&vm->streams.flow[FLOW_CONTROL_SEND], line, strlen(line));
}

static void handle_signals(struct vm *vm)
{
	char drained[64];

	while (read(wake_pipe[0], drained, sizeof(drained)) > 0)
		;
	if (resumed) {
		resumed = 0;
		term_resume();
		resized = 1;
	}
	if (resized && vm->streams.tty >= 0) {
		unsigned int rows, columns;

		term_size(vm->streams.tty, &rows, &columns);
		send_control(vm, format_text("winsize %u %u\n", rows, columns));
	}
	resized = 0;
	for (int bit = 0; bit < 2; bit++) {
		if (user_signals & (1 << bit))
			send_control(vm, format_text("signal %d\n", bit ? SIGUSR2 : SIGUSR1));
	}
	user_signals = 0;
}

/* Ends the launcher with the kernel's own words, unless they were shown already. */
static _Noreturn void fail_with_console(struct vm *vm, const char *what)
{
	char *out = vm->console.at;

	qemu_end();
	term_restore();
	for (char *in = vm->console.at; *in; in++) {
		if (*in != '\r')
			*out++ = *in;
	}
	*out = 0;
	if (vm->o->verbose || out == vm->console.at)
		die(STATUS_FAILED, "%s%s", what, vm->o->verbose ? "" : " (its console is empty)");
	note("%s; its console:", what);
	fputs(vm->console.at, stderr);
	if (out[-1] != '\n')
		fputc('\n', stderr);
	exit(STATUS_FAILED);
}

static _Noreturn void time_out(struct vm *vm)
{
	qemu_end();
	term_restore();
	die(STATUS_TIMEOUT, "stopped after %g seconds%s", vm->o->timeout,
	    vm->ready ? "" : ", before the kernel had started the program");
}

/* What the loop must not wait beyond. Ends the run when that time has come. */
static double next_deadline(struct vm *vm, double started)
{
	double at = now(), deadline = INFINITY;
	bool waiting = false;

	for (int i = 0; i < FLOW_COUNT; i++)
		waiting |= vm->streams.flow[i].size && i != FLOW_STDIN && i != FLOW_TTY_IN;
	if (vm->status < 0 && vm->o->timeout > 0)
		deadline = started + vm->o->timeout + (vm->stopping ? FLUSH_SECONDS : 0);
	if (at >= deadline && vm->o->trace && vm->ready && !vm->stopping) {
		send_control(vm, "stop\n"); /* the trace is to say which calls had not returned */
		vm->stopping = true;
		deadline = at + FLUSH_SECONDS;
	}
	if (at >= deadline)
		time_out(vm);
	if (!vm->ready && !vm->o->gdb && !vm->panicked && started + BOOT_SECONDS < deadline)
		deadline = started + BOOT_SECONDS;
	if (at >= deadline)
		fail_with_console(vm, "the kernel does not boot: it has not started init within a minute");
	if ((vm->status >= 0 || vm->panicked) && !waiting && vm->last_move + STOP_SECONDS < deadline)
		deadline = vm->last_move + STOP_SECONDS;
	if (at >= deadline) {
		kill(qemu, SIGKILL); /* its streams end now, and with them the loop */
		vm->last_move = at;
	}
	return deadline - at;
}

static bool streams_open(struct vm *vm)
{
	for (int i = 0; i < FLOW_COUNT; i++) {
		if (i != FLOW_STDIN && i != FLOW_TTY_IN && i != FLOW_CONTROL_SEND &&
		    flow_open(&vm->streams.flow[i]))
			return true;
	}
	return false;
}

static void pump(struct vm *vm)
{
	double started = now();

	vm->last_move = started;
	while (streams_open(vm)) {
		struct pollfd polls[1 + 2 * FLOW_COUNT] = { { .fd = wake_pipe[0], .events = POLLIN } };
		double wait = next_deadline(vm, started);

		for (int i = 0; i < FLOW_COUNT; i++)
			flow_poll(&vm->streams.flow[i], polls + 1 + 2 * i);
		wait = wait > 1000 ? -1 : wait < 0 ? 0 : ceil(wait * 1000);
		if (poll(polls, 1 + 2 * FLOW_COUNT, wait) < 0 && errno != EINTR)
			die(STATUS_FAILED, "cannot wait: %s", strerror(errno));
		if (stop_signal) {
			qemu_end();
			term_restore();
			exit(128 + stop_signal);
		}
		handle_signals(vm);
		for (int i = 0; i < FLOW_COUNT; i++) {
			if (flow_step(&vm->streams.flow[i], polls + 1 + 2 * i))
				vm->last_move = now();
		}
	}
}

/* QEMU ended without a word from the guest: says why as well as it can be told. */
static _Noreturn void fail_without_exit(struct vm *vm, int wait_status)
{
	char *message = strstr(vm->messages.at, ": "), *line;

	if (vm->console.size)
		fail_with_console(vm, "the machine stopped before the program had ended");
	line = message ? message + 2 : vm->messages.at;
	line[strcspn(line, "\n")] = 0;
	if (*line)
		die(STATUS_FAILED, "QEMU failed: %s", line);
	if (WIFSIGNALED(wait_status))
		die(STATUS_FAILED, "QEMU was killed by signal %d", WTERMSIG(wait_status));
	if (vm->ready)
		die(STATUS_FAILED, "the machine was switched off or reset before the program had ended");
	die(STATUS_FAILED, "the kernel stopped without a word: more --mem may help, --verbose may tell");
}

static int finish(struct vm *vm)
{
	static const enum flow_name outputs[] = { FLOW_STDOUT, FLOW_STDERR, FLOW_TRACE };
	int wait_status = 0;

	while (waitpid(qemu, &wait_status, 0) < 0 && errno == EINTR)
		;
	qemu = 0;
	term_restore();
	if (vm->panicked && strstr(vm->console.at, NO_SPACE))
		fail_with_console(vm, "the packed files do not fit in memory (--mem)");
	if (vm->panicked)
		fail_with_console(vm, "the kernel panicked");
	if (vm->status < 0 && vm->stopping)
		time_out(vm);
	if (vm->status < 0)
		fail_without_exit(vm, wait_status);
	if (vm->error)
		note("%s", vm->error);
	for (size_t i = 0; i < sizeof(outputs) / sizeof(*outputs); i++) {
		const struct flow *flow = &vm->streams.flow[outputs[i]];

		if (flow->error && flow->error != EPIPE)
			die(STATUS_FAILED, "cannot write the output: %s", strerror(flow->error));
	}
	return vm->status;
}

static void print_gdb(const struct vm *vm, const char *kernel)
{
	note("the machine waits for a debugger:\n  gdb -q '%s' -ex 'target remote 127.0.0.1:%d'", kernel,
	     vm->streams.gdb_port);
}

/* --pack: the initramfs is all that is wanted. */
static int write_image(int image, const char *file)
{
	int to = strcmp(file, "-") ? open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)
				   : STDOUT_FILENO;
	char bytes[64 * 1024];
	ssize_t n = 0;

	lseek(image, 0, SEEK_SET);
	while (to >= 0 && (n = read(image, bytes, sizeof(bytes))) > 0) {
		if (write(to, bytes, n) != n) {
			n = -1;
			break;
		}
	}
	if (to < 0 || n < 0)
		die(STATUS_FAILED, "--pack %s: %s", file, strerror(errno));
	return 0;
}

static void start(struct vm *vm, const struct strings *command)
{
	struct streams *s = &vm->streams;

	s->flow[FLOW_CONTROL].sink = take_control;
	s->flow[FLOW_CONSOLE].sink = take_console;
	s->flow[FLOW_MESSAGES].sink = take_messages;
	for (int i = 0; i < FLOW_COUNT; i++)
		s->flow[i].context = vm;
	watch_signals();
	atexit(qemu_end_at_exit);
	qemu = machine_start(command, &s->theirs);
	streams_give_away(s);
	if (s->guest.fd[0] == STREAM_TTY)
		term_raw(STDIN_FILENO, s->guest.fd[1] != STREAM_TTY || s->guest.fd[2] != STREAM_TTY);
}

int vm_run(const struct options *o, bool shell, const char *kernel, const char *init)
{
	struct vm *vm = get_memory(sizeof(*vm));
	struct image *image;
	struct strings command;
	size_t size;

	vm->o = o;
	vm->status = -1;
	streams_decide(&vm->streams);
	image = guest_pack(o, shell, init, &vm->streams.guest);
	for (size_t i = 0; o->verbose && i < image_paths(image)->count; i++)
		note("packs %s", image_paths(image)->at[i]);
	streams_connect(&vm->streams, o);
	vm->streams.theirs.initrd = image_finish(image, &size);
	if (o->pack)
		return write_image(vm->streams.theirs.initrd, o->pack);
	machine_check_kernel(kernel, size, o->memory);
	command = machine_command(o, kernel, &vm->streams.theirs);
	if (o->dry_run) {
		puts(machine_print(&command));
		return 0;
	}
	if (o->verbose)
		note("runs %s", machine_print(&command));
	if (o->gdb)
		print_gdb(vm, kernel);
	start(vm, &command);
	pump(vm);
	return finish(vm);
}
