/* SPDX-License-Identifier: MIT */
/*
 * The documented order of locks: a lock is taken only while all held locks of this list have a smaller rank.
 * Names are those of struct lock_dep: the file that initialises the lock and what it calls it there.  The
 * debug kernel checks them; locks that are not listed are checked against the orders that were seen so far.
 */
#pragma once

static const struct lock_rank {
	const char *name;
	int rank;
} lock_ranks[] = {
	/* kernel/fs/fs.h */
	{ "kernel/fs/mount.c:mount_lock", 10 },
	{ "kernel/fs/super.c:&sb->rename_lock", 20 },
	{ "kernel/fs/inode.c:&i->rwsem", 30 },
	/* Unix sockets: names are made under bindlock, bytes copied under iolock */
	{ "kernel/net/unix/unix.c:&u->bindlock", 5 },
	{ "kernel/net/unix/unix.c:&u->iolock", 35 },
	/* Address spaces: taken inside those by faults in user copies, and around page caches. */
	{ "kernel/mm/mm.c:&mm->lock", 40 },
	{ "kernel/mm/pagecache.c:&m->lock", 50 },
	/* kernel/net/socket.h: what is in flight, a socket (or two); interrupts may come meanwhile */
	{ "kernel/net/unix/gc.c:gc_lock", 60 },
	{ "kernel/net/socket.c:&sk->lock", 70 },
	/* kernel/task/task.h, kernel/signal/signal.h: processes before one process before the run queues */
	{ "kernel/task/pid.c:tasklist_lock", 100 },
	{ "kernel/task/task.c:&p->siglock", 110 },
	{ "kernel/signal/queue.c:&s->lock", 120 },
	/* kernel/net/socket.h: who waits for a peer's room, and who waits at the socket itself */
	{ "kernel/net/unix/unix.c:&u->peer_wait", 220 },
	{ "kernel/net/socket.c:&sk->wait", 230 },
	/*
	 * Everything that wakes somebody holds its own lock around a wait queue's, and that around a run
	 * queue's.
	 */
	{ "kernel/sched/sched.c:&rq->lock", 1000 },
	{ "kernel/base/printk.c:log_lock", 1100 },
};
