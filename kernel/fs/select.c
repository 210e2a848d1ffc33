// SPDX-License-Identifier: MIT
/* The worker of select(2): three bitmaps in, three out.  Source: select(2), Linux 6.1 fs/select.c. */
#include "kernel/base/bitmap.h"
#include "kernel/fs/fd.h"
#include "kernel/fs/poll.h"
#include "kernel/sync/guard.h"
#include "kernel/task/task.h"

/* What makes a bit of each set ready.  POLLNVAL: the descriptor went away (or is O_PATH) after the check. */
#define IN_SET  (POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR | POLLNVAL)
#define OUT_SET (POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR | POLLNVAL)
#define EX_SET  (POLLPRI | POLLNVAL)

int select_max_fds(void)
{
	int max_fds;

	rcu_read_lock();
	max_fds = rcu_dereference(current->files->table)->max;
	rcu_read_unlock();
	return max_fds;
}

static unsigned long set_word(const struct select_sets *s, u32 i)
{
	return s->in[i] | s->out[i] | s->ex[i];
}

/* The highest descriptor asked for, plus one; -EBADF when one of them is not open. */
static int select_check_open(int n, const struct select_sets *s)
{
	struct files *files = current->files;
	int top = 0;

	guard(spinlock)(&files->lock);

	const struct fdtable *t = files->table;

	for (u32 i = 0; i < BITS_TO_LONGS((u32)n); i++) {
		unsigned long want = set_word(s, i), valid = ~0UL;

		if ((u32)n - i * BITS_PER_LONG < BITS_PER_LONG)
			valid = BIT((u32)n % BITS_PER_LONG) - 1; /* bits at and beyond n do not count */
		want &= valid;
		if (!want)
			continue;
		if (want & ~(i * BITS_PER_LONG < t->max ? t->open[i] : 0))
			return -EBADF;
		top = i * BITS_PER_LONG + BITS_PER_LONG - __builtin_clzl(want);
	}
	return top;
}

static inline u32 select_poll_one(const struct fdtable *own, int fd, struct poll_table *pt, u32 events)
{
	struct fd f __cleanup(fd_release) = fd_borrow_from(own, fd);

	if (!f.file)
		return POLLNVAL;
	pt->events = events;
	return file_poll(f.file, pt);
}

static long select_scan_word(u32 i, int n, const struct select_sets *s, struct poll_table *pt)
{
	const unsigned long in = s->in[i], out = s->out[i], ex = s->ex[i];
	unsigned long todo = in | out | ex, ready_in = 0, ready_out = 0, ready_ex = 0;
	const struct fdtable *own = fd_own_table();
	const int first = i * BITS_PER_LONG;
	long count = 0;

	if (n - first < BITS_PER_LONG)
		todo &= BIT(n - first) - 1;
	for (; todo; todo &= todo - 1) {
		const unsigned long bit = todo & -todo;
		u32 want = POLLERR | POLLHUP, mask;

		if (in & bit)
			want |= IN_SET;
		if (out & bit)
			want |= OUT_SET;
		if (ex & bit)
			want |= EX_SET;
		mask = select_poll_one(own, first + __builtin_ctzl(todo), pt, want);
		if (likely(!(mask & want)))
			continue;
		if ((mask & IN_SET) && (in & bit)) {
			ready_in |= bit;
			count++;
		}
		if ((mask & OUT_SET) && (out & bit)) {
			ready_out |= bit;
			count++;
		}
		if ((mask & EX_SET) && (ex & bit)) {
			ready_ex |= bit;
			count++;
		}
		if (count)
			pt->queue = NULL; /* nobody will sleep now */
	}
	s->res_in[i] = ready_in;
	s->res_out[i] = ready_out;
	s->res_ex[i] = ready_ex;
	return count;
}

long do_select(int n, const struct select_sets *s, u64 deadline_ns)
{
	struct poll_wait_set set __cleanup(poll_wait_set_end);
	bool in_time = deadline_ns != 0;

	poll_wait_set_init(&set);
	n = select_check_open(n, s);
	if (n < 0)
		return n;
	if (!in_time)
		set.pt.queue = NULL;
	for (;;) {
		long count = 0;

		for (u32 i = 0; i < BITS_TO_LONGS((u32)n); i++) {
			if (set_word(s, i))
				count += select_scan_word(i, n, s, &set.pt);
		}
		set.pt.queue = NULL;
		if (count)
			return count;
		if (set.err)
			return set.err;
		if (signal_pending())
			return -ERESTARTNOHAND;
		if (!in_time)
			return 0;
		in_time = poll_wait_set_sleep(&set, deadline_ns);
	}
}
