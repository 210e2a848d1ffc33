// SPDX-License-Identifier: MIT
/*
 * The sleeping half of poll(2) and select(2), and poll(2) itself.
 *
 * A poll_wait_set belongs to one call of one task.  Wake-ups may come from any context; they set
 * `triggered` and wake the task, which looks at all files again.  Entries hold a reference on their file,
 * so a wait queue outlives its entry; queues that may go earlier announce it with POLL_FREE_KEY.
 * The first entries are inline, further ones come by the page.  Source: poll(2), Linux 6.1 fs/select.c.
 */
#include "kernel/fs/poll.h"

#include "kernel/fs/fd.h"
#include "kernel/mm/page.h"
#include "kernel/task/task.h"
#include "kernel/time/time.h"

struct poll_page {
	struct poll_page *next;
	u32 nr;
	struct poll_entry entry[];
};
#define ENTRIES_PER_PAGE ((PAGE_SIZE - sizeof(struct poll_page)) / sizeof(struct poll_entry))

static bool poll_wake(struct waiter *w, u32 key)
{
	struct poll_entry *e = container_of(w, struct poll_entry, waiter);

	if (key & POLL_FREE_KEY) {
		list_del_init(&w->node);
		atomic_store(&e->q, NULL);
	} else if (key && !(key & e->events))
		return false;
	atomic_store(&e->set->triggered, true);
	wake_up_state(e->set->task, TASK_INTERRUPTIBLE);
	return false; /* polling takes nothing away from an exclusive waiter */
}

static struct poll_entry *poll_entry_alloc(struct poll_wait_set *s)
{
	struct poll_page *p = s->pages;

	if (s->nr_inline < POLL_INLINE_WAITS)
		return &s->inline_entry[s->nr_inline++];
	if (!p || p->nr == ENTRIES_PER_PAGE) {
		struct page *page = page_alloc(0, 0);

		if (!page)
			return NULL;
		p = page_to_virt(page);
		p->next = s->pages;
		p->nr = 0;
		s->pages = p;
	}
	return &p->entry[p->nr++];
}

static void poll_queue(struct poll_table *pt, struct file *f, struct waitq *q)
{
	struct poll_wait_set *s = container_of(pt, struct poll_wait_set, pt);
	struct poll_entry *e = poll_entry_alloc(s);

	if (!e) {
		s->err = -ENOMEM;
		return;
	}
	e->set = s;
	e->file = file_get(f);
	e->q = q;
	e->events = pt->events;
	waiter_init(&e->waiter);
	e->waiter.wake = poll_wake;
	waitq_add(q, &e->waiter);
}

void poll_wait_set_init(struct poll_wait_set *s)
{
	s->pt.queue = poll_queue;
	s->pt.events = ~0u;
	s->task = current;
	s->triggered = false;
	s->err = 0;
	s->nr_inline = 0;
	s->pages = NULL;
}

static void poll_entry_end(struct poll_entry *e)
{
	struct waitq *q;

	rcu_read_lock(); /* a queue that says POLL_FREE_KEY stays for a grace period */
	q = atomic_load(&e->q);
	if (q)
		waitq_remove(q, &e->waiter);
	rcu_read_unlock();
	file_put(e->file);
}

void poll_wait_set_end(struct poll_wait_set *s)
{
	for (u32 i = 0; i < s->nr_inline; i++)
		poll_entry_end(&s->inline_entry[i]);
	while (s->pages) {
		struct poll_page *p = s->pages;

		for (u32 i = 0; i < p->nr; i++)
			poll_entry_end(&p->entry[i]);
		s->pages = p->next;
		page_put(virt_to_page(p));
	}
}

bool poll_wait_set_sleep(struct poll_wait_set *s, u64 deadline_ns)
{
	bool in_time = true;

	set_current_state(TASK_INTERRUPTIBLE);
	if (!READ_ONCE(s->triggered)) {
		u64 now = deadline_ns == POLL_NEVER ? 0 : clock_mono_ns();

		if (deadline_ns == POLL_NEVER)
			schedule();
		else
			in_time = now < deadline_ns && schedule_timeout(deadline_ns - now) > 0;
	}
	set_current_state(TASK_RUNNING);
	/* The look at the files comes after this store: what happens later sets it again. */
	WRITE_ONCE(s->triggered, false);
	smp_mb();
	return in_time;
}

static inline u16 poll_one(const struct pollfd *p, const struct fdtable *own, struct poll_table *pt)
{
	u32 filter = (u16)p->events | POLLERR | POLLHUP;
	struct fd f __cleanup(fd_release) = { NULL, false };

	if (p->fd < 0)
		return 0;
	f = fd_borrow_from(own, p->fd);
	if (!f.file)
		return POLLNVAL;
	pt->events = filter;
	return file_poll(f.file, pt) & filter;
}

static long poll_scan(struct pollfd *fds, u32 nfds, struct poll_table *pt)
{
	const struct fdtable *own = fd_own_table();
	long count = 0;

	for (struct pollfd *p = fds; p < fds + nfds; p++) {
		p->revents = poll_one(p, own, pt);
		if (p->revents) {
			count++;
			pt->queue = NULL; /* nobody will sleep now */
		}
	}
	pt->queue = NULL; /* one registration is enough, the next scan only looks */
	return count;
}

long do_poll(struct pollfd *fds, u32 nfds, u64 deadline_ns)
{
	struct poll_wait_set set __cleanup(poll_wait_set_end);
	bool in_time = deadline_ns != 0;

	poll_wait_set_init(&set);
	if (!in_time)
		set.pt.queue = NULL;
	for (;;) {
		long count = poll_scan(fds, nfds, &set.pt);

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
