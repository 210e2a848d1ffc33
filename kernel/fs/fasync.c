// SPDX-License-Identifier: MIT
/*
 * Owners of files and the signals they get when input or output becomes possible.
 *
 * owner_lock guards every file's owner and every fasync_list; it is irq-safe, and held while signals are
 * sent (before tasklist_lock and siglock), so an entry's file cannot go away meanwhile.  Both are rare:
 * a driver without listeners pays one load.
 */
#include "kernel/fs/fasync.h"

#include "kernel/base/string.h"
#include "kernel/mm/slab.h"
#include "kernel/signal/signal.h"
#include "kernel/sync/guard.h"
#include "kernel/task/task.h"
#include <linux/poll.h>

struct file_owner { /* file->owner; made when an owner or a signal is set first */
	struct pid *pid; /* reference, or NULL */
	int type; /* F_OWNER_* */
	int sig; /* F_SETSIG */
	uid_t uid, euid; /* of who set the owner: they decide whom a signal may reach */
};

struct fasync_entry {
	struct fasync_entry *next;
	struct file *file; /* no reference: its release takes it off */
	int fd;
};

static struct spinlock owner_lock = SPINLOCK_INIT_NAMED("owner_lock");

/* ---- owners --------------------------------------------------------------------------------------- */

/* file->owner, made if need be. */
static int owner_make(struct file *f)
{
	struct file_owner *fresh;
	unsigned long flags;

	if (READ_ONCE(f->owner))
		return 0;
	fresh = kzalloc(sizeof(*fresh));
	if (!fresh)
		return -ENOMEM;
	flags = spin_lock_irqsave(&owner_lock);
	if (!f->owner)
		swap(f->owner, fresh);
	spin_unlock_irqrestore(&owner_lock, flags);
	kfree(fresh);
	return 0;
}

/* Takes over the reference on pid. */
static int owner_set(struct file *f, int type, struct pid *pid, bool force)
{
	struct pid *drop = pid;
	struct file_owner *o;
	unsigned long flags;
	int err = owner_make(f);

	if (!err) {
		flags = spin_lock_irqsave(&owner_lock);
		o = f->owner;
		if (force || !o->pid) {
			drop = o->pid;
			o->pid = pid;
			o->type = type;
			if (pid) {
				o->uid = current->cred->uid;
				o->euid = current->cred->euid;
			}
		}
		spin_unlock_irqrestore(&owner_lock, flags);
	}
	if (drop)
		pid_put(drop);
	return err;
}

int file_set_owner(struct file *f, int type, pid_t nr)
{
	struct pid *pid = NULL;

	if (nr && !(pid = pid_find_get(nr)))
		return -ESRCH;
	return owner_set(f, type, pid, true);
}

int file_default_owner(struct file *f, int type, struct pid *pid)
{
	return owner_set(f, type, pid ? pid_get(pid) : NULL, false);
}

static bool owner_lives(const struct file_owner *o)
{
	bool lives;

	read_lock(&tasklist_lock);
	if (o->type == F_OWNER_PGRP)
		lives = !list_empty(&o->pid->tasks[PIDTYPE_PGID]);
	else
		lives = task_find(o->pid->nr);
	read_unlock(&tasklist_lock);
	return lives;
}

pid_t file_get_owner(struct file *f, int *type)
{
	unsigned long flags = spin_lock_irqsave(&owner_lock);
	const struct file_owner *o = f->owner;
	pid_t nr = 0;

	if (o && o->pid && owner_lives(o))
		nr = o->pid->nr;
	*type = o ? o->type : F_OWNER_TID;
	spin_unlock_irqrestore(&owner_lock, flags);
	return nr;
}

int file_setown(struct file *f, int who)
{
	if (who == INT32_MIN)
		return -EINVAL;
	return file_set_owner(f, who < 0 ? F_OWNER_PGRP : F_OWNER_PID, who < 0 ? -who : who);
}

int file_getown(struct file *f)
{
	int type;
	pid_t nr = file_get_owner(f, &type);

	return type == F_OWNER_PGRP ? -nr : nr;
}

void file_get_owner_uids(struct file *f, uid_t *uid, uid_t *euid)
{
	unsigned long flags = spin_lock_irqsave(&owner_lock);

	*uid = f->owner ? f->owner->uid : 0;
	*euid = f->owner ? f->owner->euid : 0;
	spin_unlock_irqrestore(&owner_lock, flags);
}

int file_set_owner_signal(struct file *f, int sig)
{
	int err = owner_make(f);

	if (!err)
		WRITE_ONCE(f->owner->sig, sig);
	return err;
}

int file_get_owner_signal(struct file *f)
{
	const struct file_owner *o = READ_ONCE(f->owner);

	return o ? READ_ONCE(o->sig) : 0;
}

void file_forget_owner(struct file *f)
{
	if (!f->owner)
		return;
	if (f->owner->pid)
		pid_put(f->owner->pid);
	kfree(f->owner);
}

/* ---- sending -------------------------------------------------------------------------------------- */

#define URGENT 0 /* beside POLL_IN and the others: SIGURG, which has no details */

static bool may_signal(const struct file_owner *o, struct task *t)
{
	const struct cred *it;
	bool may;

	rcu_read_lock();
	it = rcu_dereference(t->cred);
	may = !o->euid || o->euid == it->suid || o->euid == it->uid || o->uid == it->suid ||
	      o->uid == it->uid;
	rcu_read_unlock();
	return may;
}

/* Signals whose positive codes mean something of their own: there SI_SIGIO says where it comes from. */
static bool has_own_codes(int sig)
{
	return sig == SIGILL || sig == SIGFPE || sig == SIGSEGV || sig == SIGBUS || sig == SIGTRAP ||
	       sig == SIGCHLD || sig == SIGSYS;
}

static long band_of(int reason)
{
	static const long band[NSIGPOLL] = {
		[0] = POLLIN | POLLRDNORM, /* POLL_IN */
		[POLL_OUT - POLL_IN] = POLLOUT | POLLWRNORM | POLLWRBAND,
		[POLL_MSG - POLL_IN] = POLLIN | POLLRDNORM | POLLMSG,
		[POLL_ERR - POLL_IN] = POLLERR,
		[POLL_PRI - POLL_IN] = POLLPRI | POLLRDBAND,
		[POLL_HUP - POLL_IN] = POLLHUP | POLLERR,
	};

	return band[reason - POLL_IN];
}

static int send_one(struct task *t, bool thread, int sig, const siginfo_t *info)
{
	return thread ? signal_send_task(t, sig, info) : signal_send_process(t->proc, sig, info);
}

/* The signal asked for, with details; SIGIO without any when none was, or when its queue is full. */
static void notify_task(const struct file_owner *o, struct task *t, int fd, int reason)
{
	bool thread = o->type == F_OWNER_TID;
	siginfo_t info;

	if (!may_signal(o, t))
		return;
	if (reason == URGENT) {
		(void)send_one(t, thread, SIGURG, NULL);
		return;
	}
	if (o->sig) {
		memset(&info, 0, sizeof(info));
		info.si_signo = o->sig;
		info.si_code = o->sig != SIGPOLL && has_own_codes(o->sig) ? SI_SIGIO : reason;
		info.si_band = band_of(reason);
		info.si_fd = fd;
		if (!send_one(t, thread, o->sig, &info))
			return;
	}
	(void)send_one(t, thread, SIGIO, NULL);
}

/* owner_lock held. */
static void notify_owner(const struct file_owner *o, int fd, int reason)
{
	struct task *t;
	struct list_head *n, *members;

	if (!o || !o->pid)
		return;
	read_lock(&tasklist_lock);
	if (o->type != F_OWNER_PGRP) {
		t = task_find(o->pid->nr);
		if (t)
			notify_task(o, t, fd, reason);
	} else {
		members = &o->pid->tasks[PIDTYPE_PGID];
		for (n = members->next; n != members; n = n->next)
			notify_task(o, list_entry(n, struct process, pid_nodes[PIDTYPE_PGID])->leader, fd,
				    reason);
	}
	read_unlock(&tasklist_lock);
}

void fasync_send(struct fasync_list *l, int reason)
{
	unsigned long flags = spin_lock_irqsave(&owner_lock);

	for (const struct fasync_entry *e = l->first; e; e = e->next)
		notify_owner(e->file->owner, e->fd, reason);
	spin_unlock_irqrestore(&owner_lock, flags);
}

void fasync_send_urgent(struct fasync_list *l, const struct file *f)
{
	unsigned long flags = spin_lock_irqsave(&owner_lock);

	if (f->owner && f->owner->pid) {
		notify_owner(f->owner, -1, URGENT);
		for (const struct fasync_entry *e = l->first; e; e = e->next) {
			if (e->file->owner && READ_ONCE(e->file->owner->sig))
				notify_owner(e->file->owner, e->fd, POLL_PRI);
		}
	}
	spin_unlock_irqrestore(&owner_lock, flags);
}

/* ---- the lists ------------------------------------------------------------------------------------ */

/* The link that points at f's entry, or the one at the list's end.  owner_lock held. */
static struct fasync_entry **find_link(struct fasync_list *l, const struct file *f)
{
	struct fasync_entry **link = &l->first;

	while (*link && (*link)->file != f)
		link = &(*link)->next;
	return link;
}

int fasync_set(struct fasync_list *l, struct file *f, int fd, bool on)
{
	struct fasync_entry *spare = NULL, **link;
	unsigned long flags;
	bool found;

	if (on) {
		spare = kmalloc(sizeof(*spare), 0);
		if (!spare)
			return -ENOMEM;
		*spare = (struct fasync_entry){ NULL, f, fd };
	}
	flags = spin_lock_irqsave(&owner_lock);
	link = find_link(l, f);
	found = *link;
	if (on && found) {
		(*link)->fd = fd;
	} else if (on) {
		WRITE_ONCE(*link, spare);
		spare = NULL;
	} else if (found) {
		spare = *link;
		WRITE_ONCE(*link, spare->next);
	}
	spin_unlock_irqrestore(&owner_lock, flags);
	kfree(spare);

	if (!on && !found)
		return 0; /* as Linux: an O_ASYNC of open(2), which asked for nothing, stays */
	guard(spinlock)(&f->lock);
	f->flags = on ? f->flags | FASYNC : f->flags & ~(u32)FASYNC;
	return 0;
}

void fasync_prune(struct fasync_list *l, bool (*dead)(const struct file *f))
{
	unsigned long flags = spin_lock_irqsave(&owner_lock);
	struct fasync_entry **link = &l->first, *gone = NULL;

	while (*link) {
		struct fasync_entry *e = *link;

		if (!dead(e->file)) {
			link = &e->next;
			continue;
		}
		*link = e->next;
		e->next = gone;
		gone = e;
	}
	spin_unlock_irqrestore(&owner_lock, flags);
	while (gone) {
		struct fasync_entry *e = gone;

		gone = e->next;
		kfree(e);
	}
}

int file_set_async(struct file *f, int fd, bool on)
{
	if (!f->ops->fasync || on == !!(READ_ONCE(f->flags) & FASYNC))
		return 0;
	return f->ops->fasync(f, fd, on);
}
