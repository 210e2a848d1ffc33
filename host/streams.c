// SPDX-License-Identifier: MIT
/*
 * Sockets for the ports (end of file and a lost reader travel in both directions), pipes for the serial line,
 * QEMU's messages and the terminal. All are close-on-exec; machine_start() passes QEMU's ends on.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "streams.h"
#include "term.h"

#define PIPE_CHUNK 4096 /* PIPE_BUF: what a pipe takes whole once it is writable */
#define TTY_CHUNK  1024
#define FILE_CHUNK (256 * 1024)
#define TTY_BUFFER (1024 * 1024)

/* True when both descriptors are one open file, as after 2>&1. */
static bool same_file(int a, int b)
{
	struct stat x, y;
	long differs = syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, a, b);

	if (differs >= 0)
		return !differs;
	/*
	 * A kernel without kcmp: two ends of a pipe or socket are told by their inode, files cannot be told.
	 */
	return !fstat(a, &x) && !fstat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino &&
	       (S_ISFIFO(x.st_mode) || S_ISSOCK(x.st_mode));
}

static bool writable(int fd)
{
	return (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY;
}

void streams_decide(struct streams *s)
{
	static const int order[] = { 1, 2, 0 };

	s->tty = -1;
	for (int fd = 0; fd < 3; fd++) {
		if (fcntl(fd, F_GETFD) < 0) {
			s->guest.fd[fd] = STREAM_CLOSED;
			/* Nothing that the launcher opens may land there. */
			if (open("/dev/null", O_RDWR) != fd)
				die(STATUS_FAILED, "cannot open /dev/null: %s", strerror(errno));
		} else {
			s->guest.fd[fd] = isatty(fd) ? STREAM_TTY : STREAM_PORT;
		}
	}
	if (s->guest.fd[1] == STREAM_PORT && s->guest.fd[2] == STREAM_PORT && same_file(1, 2))
		s->guest.fd[2] = STREAM_STDOUT;
	for (int i = 0; i < 3; i++) {
		if (s->tty < 0 && s->guest.fd[order[i]] == STREAM_TTY && writable(order[i]))
			s->tty = order[i];
	}
	if (s->tty < 0 && s->guest.fd[0] == STREAM_TTY)
		s->tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (s->tty >= 0)
		term_size(s->tty, &s->guest.rows, &s->guest.columns);
}

/* A connection that QEMU cannot be told of would hang the run: without descriptors the launcher ends. */
static void check(int result)
{
	if (result < 0)
		die(STATUS_FAILED, "cannot connect to QEMU: %s", strerror(errno));
}

static int own(int fd)
{
	check(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK));
	return fd;
}

/* A socket pair for a port. Returns the launcher's end. */
static int connect_port(struct streams *s, enum port port)
{
	int pair[2];

	check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	s->theirs.port[port] = pair[1];
	return own(pair[0]);
}

/* A pipe that QEMU writes to. Returns the end to read. */
static int connect_output(int *theirs)
{
	int ends[2];

	check(pipe2(ends, O_CLOEXEC));
	*theirs = ends[1];
	return own(ends[0]);
}

static size_t chunk_of(int fd)
{
	struct stat st;

	if (isatty(fd))
		return TTY_CHUNK;
	return !fstat(fd, &st) && S_ISREG(st.st_mode) ? FILE_CHUNK : PIPE_CHUNK;
}

static struct flow flow_between(int from, int to)
{
	return (struct flow){ .from = from,
			      .to = to,
			      .chunk = to >= 0 && to < 3 ? chunk_of(to) : PIPE_CHUNK };
}

static void connect_tty(struct streams *s)
{
	int ends[2];

	if (s->tty < 0)
		return;
	check(pipe2(ends, O_CLOEXEC));
	s->theirs.tty_in = ends[0];
	s->flow[FLOW_TTY_IN] = flow_between(s->guest.fd[0] == STREAM_TTY ? STDIN_FILENO : -1, own(ends[1]));
	s->flow[FLOW_TTY_OUT] = flow_between(connect_output(&s->theirs.tty_out), s->tty);
	s->flow[FLOW_TTY_OUT].unbounded = true;
	s->flow[FLOW_TTY_OUT].chunk = TTY_CHUNK;
	fcntl(s->theirs.tty_out, F_SETPIPE_SZ, TTY_BUFFER); /* refused: the usual 64 KiB it is */
}

static void connect_trace(struct streams *s, const struct options *o)
{
	int to = STDERR_FILENO;

	if (o->trace_file) {
		to = open(o->trace_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		if (to < 0)
			die(STATUS_FAILED, "--trace=%s: %s", o->trace_file, strerror(errno));
	}
	s->flow[FLOW_TRACE] = flow_between(connect_port(s, PORT_TRACE), to);
}

/* A port of the system's choice on the loopback address, bound here so that nobody can be faster. */
static void connect_gdb(struct streams *s)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);

	s->theirs.gdb = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	check(s->theirs.gdb);
	check(bind(s->theirs.gdb, (void *)&address, sizeof(address)));
	check(listen(s->theirs.gdb, 1));
	check(getsockname(s->theirs.gdb, (void *)&address, &size));
	s->gdb_port = ntohs(address.sin_port);
}

void streams_connect(struct streams *s, const struct options *o)
{
	s->theirs = (struct machine_fds){ -1, -1, -1, -1, -1, { -1, -1, -1, -1, -1, -1 }, -1 };
	for (int i = 0; i < FLOW_COUNT; i++)
		s->flow[i] = flow_between(-1, -1);
	s->flow[FLOW_CONSOLE] = flow_between(connect_output(&s->theirs.console), -1);
	s->flow[FLOW_MESSAGES] = flow_between(connect_output(&s->theirs.messages), -1);
	s->flow[FLOW_CONTROL] = flow_between(connect_port(s, PORT_CONTROL), -1);
	s->flow[FLOW_CONTROL_SEND] = flow_between(-1, s->flow[FLOW_CONTROL].from);
	if (s->guest.fd[0] == STREAM_PORT) {
		s->flow[FLOW_STDIN] = flow_between(STDIN_FILENO, connect_port(s, PORT_STDIN));
		s->flow[FLOW_STDIN].half_close = true;
	}
	if (s->guest.fd[1] == STREAM_PORT)
		s->flow[FLOW_STDOUT] = flow_between(connect_port(s, PORT_STDOUT), STDOUT_FILENO);
	if (s->guest.fd[2] == STREAM_PORT)
		s->flow[FLOW_STDERR] = flow_between(connect_port(s, PORT_STDERR), STDERR_FILENO);
	connect_tty(s);
	if (o->trace)
		connect_trace(s, o);
	if (o->gdb)
		connect_gdb(s);
}

static void give(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void streams_give_away(struct streams *s)
{
	give(&s->theirs.initrd);
	give(&s->theirs.console);
	give(&s->theirs.messages);
	give(&s->theirs.tty_in);
	give(&s->theirs.tty_out);
	give(&s->theirs.gdb);
	for (int port = 0; port < PORT_COUNT; port++)
		give(&s->theirs.port[port]);
}
