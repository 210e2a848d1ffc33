// SPDX-License-Identifier: MIT
/* Rows: Unix sockets. */
#define FAMILY "sockets"
#include "bench.h"

#include <sys/socket.h>

static int fds[2];

static void make_pair(void)
{
	MUST(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
}

static void drop_pair(void)
{
	close(fds[0]);
	close(fds[1]);
}

BENCH_WITH(socketpair_one, "socketpair round trip 1 byte", 500, make_pair, drop_pair)
{
	char c = 'x';

	TIMES
	{
		write(fds[1], &c, 1);
		read(fds[0], &c, 1);
	}
}

BENCH(socketpair_create, "socketpair create+close", 200)
{
	TIMES
	{
		make_pair();
		drop_pair();
	}
}
