// SPDX-License-Identifier: MIT
/* Rows: pipes and pairs of sockets. */
#define FAMILY "pipes and sockets"
#include "bench.h"

#include <sys/socket.h>

static int fds[2], there[2], back[2];
static char page[PAGE];
static pid_t echo;

static void make_pipe(void)
{
	MUST(!pipe(fds));
}

static void drop_pipe(void)
{
	close(fds[0]);
	close(fds[1]);
}

BENCH_WITH(pipe_one, "pipe write+read 1 byte, one process", 500, make_pipe, drop_pipe)
{
	TIMES
	{
		write(fds[1], page, 1);
		read(fds[0], page, 1);
	}
}

BENCH_WITH(pipe_4k, "pipe write+read 4 KiB, one process", 200, make_pipe, drop_pipe)
{
	TIMES
	{
		write(fds[1], page, PAGE);
		read(fds[0], page, PAGE);
	}
}

BENCH(pipe_create, "pipe+close+close", 200)
{
	TIMES
	{
		make_pipe();
		drop_pipe();
	}
}

static void start_echo(void)
{
	wake_without_switching(true);
	MUST(!pipe(there) && !pipe(back));
	echo = fork();
	if (echo)
		return;
	for (;;)
		if (read(there[0], page, 1) == 1)
			write(back[1], page, 1);
}

static void stop_echo(void)
{
	kill(echo, SIGKILL);
	waitpid(echo, NULL, 0);
	for (int i = 0; i < 2; i++) {
		close(there[i]);
		close(back[i]);
	}
	wake_without_switching(false);
}

BENCH_WITH(pipe_round_trip, "pipe round trip, two processes", 300, start_echo, stop_echo)
{
	TIMES
	{
		write(there[1], page, 1);
		read(back[0], page, 1);
	}
}

static void make_sockets(void)
{
	MUST(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
}

BENCH(socketpair_create, "socketpair+close+close", 200)
{
	TIMES
	{
		make_sockets();
		drop_pipe();
	}
}

BENCH_WITH(socketpair_one, "socketpair write+read 1 byte, one process", 500, make_sockets, drop_pipe)
{
	TIMES
	{
		write(fds[1], page, 1);
		read(fds[0], page, 1);
	}
}

static void start_socket_echo(void)
{
	wake_without_switching(true);
	make_sockets();
	echo = fork();
	if (echo)
		return;
	for (;;)
		if (read(fds[0], page, 1) == 1)
			write(fds[0], page, 1);
}

static void stop_socket_echo(void)
{
	kill(echo, SIGKILL);
	waitpid(echo, NULL, 0);
	drop_pipe();
	wake_without_switching(false);
}

BENCH_WITH(socketpair_round_trip, "socketpair round trip, two processes", 300, start_socket_echo,
	   stop_socket_echo)
{
	TIMES
	{
		write(fds[1], page, 1);
		read(fds[1], page, 1);
	}
}
