// SPDX-License-Identifier: MIT
/*
 * Job control: which session owns a terminal, which group is in its foreground, who may read and change it.
 *
 * proc->tty (under siglock, with a reference) and tty->session/pgrp (under tty->lock, with references) are
 * set together by the session leader and cleared together; neither lock is held while the other is taken.
 * tty_mutex serialises those changes.  Source: credentials(7), setpgid(2), tty_ioctl(4), Linux 6.1
 * tty_jobctrl.c.
 */
#include "kernel/drv/tty_internal.h"
#include "kernel/gate/refuse.h"
#include "kernel/task/job.h"

struct tty *tty_get_current(void)
{
	struct process *p = current->proc;
	unsigned long flags = spin_lock_irqsave(&p->siglock);
	struct tty *tty = p->tty;

	if (tty)
		tty_get(tty);
	spin_unlock_irqrestore(&p->siglock, flags);
	return tty;
}

/* Replaces p's terminal; takes the reference on tty. */
static void process_set_tty(struct process *p, struct tty *tty)
{
	unsigned long flags = spin_lock_irqsave(&p->siglock);
	struct tty *old = p->tty;

	p->tty = tty;
	spin_unlock_irqrestore(&p->siglock, flags);
	if (old)
		tty_put(old);
}

struct pid *tty_pgrp_get(struct tty *tty)
{
	unsigned long flags = tty_lock(tty);
	struct pid *pgrp = tty->pgrp ? pid_get(tty->pgrp) : NULL;

	tty_unlock(tty, flags);
	return pgrp;
}

void tty_signal_pgrp(struct tty *tty, int sig)
{
	struct pid *pgrp = tty_pgrp_get(tty);

	if (!pgrp)
		return;
	signal_send_pgrp(pgrp, sig, NULL);
	pid_put(pgrp);
}

pid_t tty_foreground_pgrp(struct tty *tty)
{
	unsigned long flags = tty_lock(tty);
	pid_t nr = tty->pgrp ? tty->pgrp->nr : 0;

	tty_unlock(tty, flags);
	return nr;
}

/* Gives tty to session and pgrp (references are taken; NULL: to nobody). */
static void tty_set_owner(struct tty *tty, struct pid *session, struct pid *pgrp)
{
	struct pid *old_session, *old_pgrp;
	unsigned long flags;

	if (session)
		pid_get(session);
	if (pgrp)
		pid_get(pgrp);
	flags = tty_lock(tty);
	old_session = tty->session;
	old_pgrp = tty->pgrp;
	tty->session = session;
	tty->pgrp = pgrp;
	tty_unlock(tty, flags);
	if (old_session)
		pid_put(old_session);
	if (old_pgrp)
		pid_put(old_pgrp);
}

void tty_owner_clear(struct tty *tty)
{
	tty_set_owner(tty, NULL, NULL);
}

#define for_each_in_session(p, sid) list_for_each(p, &(sid)->tasks[PIDTYPE_SID], pid_nodes[PIDTYPE_SID])

/* No process of the session has a terminal any more. */
void tty_session_clear(struct pid *session)
{
	unsigned long flags = read_lock_irqsave(&tasklist_lock);
	struct process *p;

	for_each_in_session(p, session) process_set_tty(p, NULL);
	read_unlock_irqrestore(&tasklist_lock, flags);
}

/* ---- background access ---------------------------------------------------------------------------- */

/*
 * A background process reads (SIGTTIN) or changes (SIGTTOU) its controlling terminal: its group is sent sig
 * and the call restarts, unless sig is ignored or blocked (reading: -EIO, changing: allowed) or the group is
 * orphaned (-EIO).
 */
int tty_check_change(struct tty *tty, int sig)
{
	struct process *p = current->proc;
	struct pid *foreground = READ_ONCE(tty->pgrp);
	bool orphaned;

	if (likely(READ_ONCE(p->tty) != tty || foreground == READ_ONCE(p->pgrp) || !foreground))
		return 0;
	if ((READ_ONCE(current->blocked) & SIGMASK(sig)) || signal_ignored(current, sig))
		return sig == SIGTTIN ? -EIO : 0;
	read_lock(&tasklist_lock); /* the parent may put us into another group, which frees this one */
	orphaned = pgrp_is_orphaned(p->pgrp, NULL);
	if (!orphaned)
		(void)signal_send_pgrp_locked(p->pgrp, sig, NULL);
	read_unlock(&tasklist_lock);
	return orphaned ? -EIO : -ERESTARTSYS;
}

/* ---- getting and losing a controlling terminal --------------------------------------------------------- */

/* Current is a session leader: its session and group stay what they are. */
static void take_terminal(struct tty *tty)
{
	struct process *p = current->proc;

	tty_set_owner(tty, READ_ONCE(p->session), READ_ONCE(p->pgrp));
	tty_get(tty);
	process_set_tty(p, tty);
}

/* open(2) without O_NOCTTY.  tty_mutex held. */
void tty_open_controlling(struct tty *tty, struct file *f)
{
	struct process *p = current->proc;

	/* A process that may only write must not get the privileges of the terminal's owner. */
	if (READ_ONCE(p->session_leader) && !READ_ONCE(p->tty) && !READ_ONCE(tty->session) &&
	    (f->mode & FMODE_READ))
		take_terminal(tty);
}

static long tiocsctty(struct tty *tty, struct file *f, unsigned long arg)
{
	struct process *p = current->proc;
	bool leader = READ_ONCE(p->session_leader);

	guard(mutex)(&tty_mutex);
	if (leader && READ_ONCE(p->session) == READ_ONCE(tty->session))
		return 0;
	if (!leader || READ_ONCE(p->tty))
		return refuse(EPERM, "TIOCSCTTY: not a session leader, or has a terminal");
	if (READ_ONCE(tty->session)) { /* somebody else's: root may steal it */
		if (arg != 1 || !capable(CAP_SYS_ADMIN))
			return refuse(EPERM, "TIOCSCTTY: the terminal belongs to another session");
		tty_session_clear(READ_ONCE(tty->session));
	}
	if (!(f->mode & FMODE_READ) && !capable(CAP_SYS_ADMIN))
		return refuse(EPERM, "TIOCSCTTY: not open for reading");
	take_terminal(tty);
	return 0;
}

/*
 * The session leader p gives its terminal up.  Exiting: a hardware line is hung up for all, so that the next
 * session finds it clean; a pseudo-terminal's foreground group is told with SIGHUP.
 */
static void disassociate(struct process *p, bool exiting)
{
	struct pid *session;
	struct tty *tty;

	if (!READ_ONCE(p->session_leader))
		return;
	session = READ_ONCE(p->session); /* for good */

	guard(mutex)(&tty_mutex);
	tty = READ_ONCE(p->tty); /* only changed under tty_mutex for a leader */
	if (!tty)
		return;
	tty_get(tty);
	if (exiting && tty->kind == TTY_SERIAL) {
		tty_hangup_session(tty, true);
	} else {
		tty_signal_pgrp(tty, SIGHUP);
		if (!exiting)
			tty_signal_pgrp(tty, SIGCONT);
	}
	if (READ_ONCE(tty->session) == session)
		tty_owner_clear(tty);
	tty_put(tty);
	tty_session_clear(session);
}

void tty_disassociate(struct process *p)
{
	disassociate(p, true);
}

/* The terminal of a whole session goes: its leader gets SIGHUP and SIGCONT.  tty_mutex held. */
static void signal_session_leader(struct tty *tty)
{
	struct process *p, *leader = NULL;
	unsigned long flags;

	if (!READ_ONCE(tty->session))
		return;
	flags = read_lock_irqsave(&tasklist_lock);
	for_each_in_session(p, READ_ONCE(tty->session))
	{
		if (p->session_leader && READ_ONCE(p->tty) == tty)
			leader = process_get(p);
		if (READ_ONCE(p->tty) == tty)
			process_set_tty(p, NULL);
	}
	read_unlock_irqrestore(&tasklist_lock, flags);
	if (!leader)
		return;
	signal_send_process(leader, SIGHUP, NULL);
	signal_send_process(leader, SIGCONT, NULL);
	process_put(leader);
}

/*
 * Hangs tty up: open files are dead, the session has lost it.  exiting: by the leader's exit.  tty_mutex
 * held.
 */
void tty_hangup_session(struct tty *tty, bool exiting)
{
	struct ktermios old;
	unsigned long flags;

	atomic_add(&tty->hangups, 1);
	signal_session_leader(tty);
	if (exiting)
		tty_signal_pgrp(tty, SIGHUP);
	tty_owner_clear(tty);
	flags = tty_lock(tty);
	tty->flip_tail = tty->flip_head;
	tty->echo_tail = tty->echo_head;
	tty_input_flush_locked(tty);
	if (tty->kind == TTY_SERIAL) {
		old = tty->termios;
		tty->termios = tty_std_termios;
		tty->stopped = tty->stopped_by_ioctl = false;
		tty_ldisc_update_locked(tty, &old);
	}
	tty_unlock(tty, flags);
	if (tty->ops->hangup)
		tty->ops->hangup(tty);
	fasync_prune(&tty->async, tty_file_hung_up);
	waitq_wake_key(&tty->read_wait, POLLIN | POLLRDNORM | POLLHUP | POLLERR, 0);
	waitq_wake_key(&tty->write_wait, POLLOUT | POLLWRNORM | POLLHUP | POLLERR, 0);
}

void tty_hangup(struct tty *tty)
{
	guard(mutex)(&tty_mutex);
	tty_hangup_session(tty, false);
}

void tty_vhangup_self(void)
{
	struct tty *tty = tty_get_current();

	if (!tty)
		return;
	tty_hangup(tty);
	tty_put(tty);
}

/* ---- ioctl --------------------------------------------------------------------------------------- */

static long tiocnotty(struct tty *tty)
{
	if (READ_ONCE(current->proc->tty) != tty)
		return -ENOTTY;
	disassociate(current->proc, false);

	guard(mutex)(&tty_mutex);
	process_set_tty(current->proc, NULL);
	return 0;
}

/* tcsetpgrp(3): the group must exist and be in the caller's session, whose terminal this is. */
static long tiocspgrp(struct tty *tty, pid_t nr)
{
	struct process *p = current->proc;
	struct pid *pgrp;
	long err = tty_check_change(tty, SIGTTOU);

	if (err)
		return err == -EIO ? -ENOTTY : err;
	if (nr < 0)
		return -EINVAL;

	guard(mutex)(&tty_mutex);
	if (!READ_ONCE(p->tty) || READ_ONCE(p->tty) != tty ||
	    READ_ONCE(tty->session) != READ_ONCE(p->session))
		return -ENOTTY;
	pgrp = pid_find_get(nr);
	if (!pgrp)
		return -ESRCH;

	unsigned long flags = read_lock_irqsave(&tasklist_lock);

	/* Linux: a group without members has no session, which is not ours either. */
	if (list_empty(&pgrp->tasks[PIDTYPE_PGID]) ||
	    list_first(&pgrp->tasks[PIDTYPE_PGID], struct process, pid_nodes[PIDTYPE_PGID])->session !=
		    p->session)
		err = -EPERM;
	read_unlock_irqrestore(&tasklist_lock, flags);
	if (!err)
		tty_set_owner(tty, READ_ONCE(tty->session), pgrp);
	pid_put(pgrp);
	return err;
}

static long tiocgsid(struct tty *tty, int *out)
{
	unsigned long flags = tty_lock(tty);
	long err = tty->session ? 0 : -ENOTTY;

	if (!err)
		*out = tty->session->nr;
	tty_unlock(tty, flags);
	return err;
}

/* real: the slave when f is a master.  -ENOIOCTLCMD: none of ours. */
long tty_job_ioctl(struct tty *tty, struct tty *real, struct file *f, unsigned cmd, void *karg,
		   unsigned long arg)
{
	bool foreign = tty == real &&
		       READ_ONCE(current->proc->tty) != real; /* a master may ask about its slave */

	switch (cmd) {
	case TIOCNOTTY:
		return tiocnotty(tty);
	case TIOCSCTTY:
		return tiocsctty(real, f, arg);
	case TIOCGPGRP:
		if (foreign)
			return -ENOTTY;
		*(int *)karg = tty_foreground_pgrp(real);
		return 0;
	case TIOCSPGRP:
		return tiocspgrp(real, *(int *)karg);
	case TIOCGSID:
		return foreign ? -ENOTTY : tiocgsid(real, karg);
	}
	return -ENOIOCTLCMD;
}
