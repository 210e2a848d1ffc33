/* SPDX-License-Identifier: MIT */
/*
 * Signal-driven I/O: who owns a file's signals (F_SETOWN, F_SETSIG), and the lists of files that asked for
 * them (O_ASYNC).  A driver keeps one fasync_list per direction, puts files on it from its ->fasync, and
 * says fasync_notify() where it wakes its sleepers.  Source: fcntl(2), sigaction(2), Linux 6.1.
 */
#pragma once

#include "kernel/fs/fs.h"

struct fasync_entry;
struct fasync_list {
	struct fasync_entry *first; /* [owner_lock] */
};

/*
 * ->fasync of a file with one list: puts f on it, or takes it off, and sets O_ASYNC accordingly.  fd: what
 * the signal reports, the descriptor it was asked through.  0 or -ENOMEM (never when !on).  Sleeps.
 */
int fasync_set(struct fasync_list *l, struct file *f, int fd, bool on);

/* reason: POLL_IN, POLL_OUT, POLL_MSG, POLL_ERR, POLL_PRI or POLL_HUP.  Any context. */
void fasync_send(struct fasync_list *l, int reason);
static inline void fasync_notify(struct fasync_list *l, int reason)
{
	if (unlikely(READ_ONCE(l->first)))
		fasync_send(l, reason);
}

/*
 * Urgent data came for f: SIGURG to its owner, whether it asked for signals or not; and to those on the
 * list who asked for a signal of their own, that.  Any context; f must not go away meanwhile.  Source:
 * Linux 6.1's sk_send_sigurg().
 */
void fasync_send_urgent(struct fasync_list *l, const struct file *f);

/* Takes the files off for which dead() is true: a terminal was hung up. */
void fasync_prune(struct fasync_list *l, bool (*dead)(const struct file *f));

/* F_SETFL, FIOASYNC: what the file's driver has to say to O_ASYNC; a file without ->fasync keeps it off. */
int file_set_async(struct file *f, int fd, bool on);

/* The owner, by type (F_OWNER_*) and number; 0: nobody.  -ESRCH, -ENOMEM. */
int __must_check file_set_owner(struct file *f, int type, pid_t nr);
/* The same with a pid (NULL: nobody), unless there is an owner already. */
int __must_check file_default_owner(struct file *f, int type, struct pid *pid);
pid_t file_get_owner(struct file *f, int *type);
/* The same in F_SETOWN's form: a process, or a group as its negative number; INT32_MIN is -EINVAL. */
int __must_check file_setown(struct file *f, int who);
int file_getown(struct file *f);
void file_get_owner_uids(struct file *f, uid_t *uid, uid_t *euid); /* of who set it; 0 without an owner */
int __must_check file_set_owner_signal(struct file *f, int sig); /* 0: SIGIO without details */
int file_get_owner_signal(struct file *f);
void file_forget_owner(struct file *f); /* the file's last reference is gone */
