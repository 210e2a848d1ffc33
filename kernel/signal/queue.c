// SPDX-License-Identifier: MIT
/*
 * Pending signals: the set of numbers and the queue of infos behind it.  A number may be in the set
 * without an entry (no memory, or SIGKILL, which needs none); a legacy signal has at most one entry,
 * a real-time signal any number.  Lock: siglock of the process, for everything here.
 */
#include "kernel/base/string.h"
#include "kernel/mm/slab.h"
#include "kernel/signal/internal.h"
#include "kernel/sync/guard.h"
#include "kernel/time/itimer.h"

static struct slab_cache *sigqueue_cache, *sighand_cache;

void sigpending_init(struct sigpending *p)
{
	p->set = 0;
	list_init(&p->queue);
}

struct user *signal_charge(struct task *t, bool override_limit)
{
	rcu_read_lock();

	struct user *u = user_get(rcu_dereference(t->cred)->user);

	rcu_read_unlock();
	if (atomic_add(&u->sigpending, 1) <= READ_ONCE(t->proc->rlim[RLIMIT_SIGPENDING].rlim_cur) ||
	    override_limit)
		return u;
	signal_uncharge(u);
	return NULL;
}

void signal_uncharge(struct user *u)
{
	atomic_sub(&u->sigpending, 1);
	user_put(u);
}

/*
 * An entry charged to t's real user, or to nobody when its sender has been charged; NULL beyond the user's
 * RLIMIT_SIGPENDING (unless override_limit) or without memory.
 */
struct sigqueue *sigqueue_alloc(struct task *t, bool override_limit, bool charged)
{
	struct user *u = charged ? NULL : signal_charge(t, override_limit);
	struct sigqueue *q = u || charged ? slab_alloc(sigqueue_cache, ALLOC_ATOMIC) : NULL;

	if (!q) {
		if (u)
			signal_uncharge(u);
		return NULL;
	}
	list_init(&q->node);
	q->user = u;
	return q;
}

void sigqueue_free(struct sigqueue *q)
{
	if (q->user)
		signal_uncharge(q->user);
	slab_free(sigqueue_cache, q);
}

void sigpending_remove(struct sigpending *p, u64 set)
{
	struct sigqueue *q, *next;

	if (!(p->set & set))
		return;
	p->set &= ~set;
	list_for_each_safe(q, next, &p->queue, node) {
		if (sig_in(q->info.si_signo, set)) {
			list_del_init(&q->node);
			sigqueue_free(q);
		}
	}
}

void sigpending_flush(struct sigpending *p)
{
	sigpending_remove(p, ~0UL);
}

int sigpending_take(struct sigpending *p, int sig, siginfo_t *info)
{
	struct sigqueue *q, *first = NULL;

	bool more = false;

	list_for_each(q, &p->queue, node) {
		if (q->info.si_signo != sig)
			continue;
		if (first) {
			more = true; /* another one stays: so does the bit */
			break;
		}
		first = q;
	}
	if (!more)
		p->set &= ~SIGMASK(sig);
	if (!first) {
		memset(info, 0, sizeof(*info));
		info->si_signo = sig;
		info->si_code = SI_USER;
		return sig;
	}
	list_del_init(&first->node);
	*info = first->info;
	sigqueue_free(first);
	return sig;
}

/* Lowest number of `ready`, those that faults raise first. */
static int next_signal(u64 ready)
{
	if (ready & SIG_SYNC_SET)
		ready &= SIG_SYNC_SET;
	return __builtin_ctzl(ready) + 1;
}

int signal_dequeue_locked(u64 allowed, siginfo_t *info)
{
	struct task *me = current;
	struct process *p = me->proc;
	int sig = 0;

	spin_assert_held(&p->siglock);
	if (me->pending.set & allowed) {
		sig = sigpending_take(&me->pending, next_signal(me->pending.set & allowed), info);
	} else if (p->shared.set & allowed) {
		sig = sigpending_take(&p->shared, next_signal(p->shared.set & allowed), info);
		if (sig == SIGALRM)
			itimer_signal_taken(p);
	}
	signal_recalc(me);
	if (sig && info->si_code == SI_TIMER)
		posix_timer_signal_taken(p, info);
	if (sig && sig_in(sig, SIG_STOP_SET))
		me->jobctl |= JOBCTL_STOP_DEQUEUED; /* a SIGCONT that comes before we stop clears it */
	return sig;
}

int signal_dequeue_sync_locked(siginfo_t *info)
{
	struct task *me = current;
	struct process *p = me->proc;
	struct sigqueue *q;

	spin_assert_held(&p->siglock);
	if (!(me->pending.set & ~me->blocked & SIG_SYNC_SET))
		return 0;
	list_for_each(q, &me->pending.queue, node) {
		if (q->info.si_code > SI_USER && sig_in(q->info.si_signo, SIG_SYNC_SET & ~me->blocked)) {
			int sig = sigpending_take(&me->pending, q->info.si_signo, info);

			signal_recalc(me);
			return sig;
		}
	}
	return 0;
}

int signal_dequeue(u64 set, siginfo_t *info)
{
	struct process *p = current->proc;
	unsigned long flags = spin_lock_irqsave(&p->siglock);
	int sig = signal_dequeue_locked(set, info);

	spin_unlock_irqrestore(&p->siglock, flags);
	return sig;
}

bool signal_has_pending(struct task *t)
{
	struct process *p = t->proc;

	spin_assert_held(&p->siglock);
	return ((t->pending.set | p->shared.set) & ~t->blocked) || (t->jobctl & JOBCTL_STOP_PENDING) ||
	       (p->group_flags & (PROC_CLD_STOPPED | PROC_CLD_CONTINUED));
}

/*
 * Another task's bit is only ever set from outside: clearing it could swallow a restart that it is about
 * to do.
 */
void signal_recalc(struct task *t)
{
	if (signal_has_pending(t))
		task_set_work(t, WORK_SIGNAL);
	else if (t == current && (READ_ONCE(t->work) & WORK_SIGNAL))
		task_clear_work(t, WORK_SIGNAL);
}

bool signal_pending(void)
{
	return READ_ONCE(current->work) & WORK_SIGNAL;
}

/* Whatever kills a whole group puts SIGKILL into each thread's own set. */
bool fatal_signal_pending(void)
{
	return signal_pending() && (READ_ONCE(current->pending.set) & SIGMASK(SIGKILL));
}

bool signal_pending_state(unsigned state)
{
	if (!(state & (TASK_INTERRUPTIBLE | TASK_WAKEKILL)) || !signal_pending())
		return false;
	return (state & TASK_INTERRUPTIBLE) || fatal_signal_pending();
}

/* ---- sighand -------------------------------------------------------------------------------- */

int sighand_create(struct sighand **out)
{
	struct sighand *s = slab_alloc(sighand_cache, ALLOC_ZERO);

	if (!s)
		return -ENOMEM;
	s->refs = 1;
	spin_lock_init(&s->lock);
	*out = s;
	return 0;
}

int sighand_copy(struct sighand **out)
{
	struct sighand *old = current->sighand;
	struct process *p = current->proc;
	int err = sighand_create(out);

	if (err)
		return err;

	unsigned long flags = spin_lock_irqsave(&p->siglock);

	spin_lock(&old->lock);
	memcpy((*out)->action, old->action, sizeof(old->action));
	spin_unlock(&old->lock);
	spin_unlock_irqrestore(&p->siglock, flags);
	return 0;
}

void sighand_clear(struct sighand *s)
{
	unsigned long flags = spin_lock_irqsave(&s->lock);

	for (int i = 0; i < NSIG_K; i++) {
		unsigned long handler = s->action[i].handler;

		s->action[i] = (struct k_sigaction){ .handler = handler == H_IGN ? H_IGN : H_DFL };
	}
	spin_unlock_irqrestore(&s->lock, flags);
}

void sighand_put(struct sighand *s)
{
	if (s && !atomic_sub(&s->refs, 1))
		slab_free(sighand_cache, s);
}

static int signal_init(void)
{
	sigqueue_cache = slab_cache_create("sigqueue", sizeof(struct sigqueue), 0);
	sighand_cache = slab_cache_create("sighand", sizeof(struct sighand), 0);
	return 0;
}
INITCALL(INIT_EARLY, signal_init);
