/* SPDX-License-Identifier: MIT */
/*
 * Credentials: immutable once published, replaced as a whole (prepare, change, commit), so readers
 * need no lock for their own and RCU for another task's.  Source: credentials(7), capabilities(7).
 */
#pragma once

#include "kernel/base/list.h"
#include "kernel/sync/rcu.h"
#include <linux/capability.h>

#define NGROUPS_MAX 65536
#define CAP_FULL    ((1UL << (CAP_LAST_CAP + 1)) - 1)

struct group_info {
	u32 refs; /* [atomic] */
	u32 count;
	gid_t gid[]; /* sorted */
};

/* What is counted per real user: RLIMIT_NPROC, RLIMIT_SIGPENDING, inotify(7)'s limits. */
struct user {
	u32 refs; /* [atomic] */
	uid_t uid;
	u32 processes; /* [atomic] threads in truth, as Linux counts them */
	u32 sigpending; /* [atomic] */
	u32 inotify_instances, inotify_watches; /* [atomic] */
	u32 fds_in_flight; /* [gc_lock, kernel/net/unix/gc.c] descriptors in sockets' queues */
	struct hlist_node hash;
};

struct cred {
	u32 refs; /* [atomic] */
	uid_t uid, euid, suid, fsuid;
	gid_t gid, egid, sgid, fsgid;
	u64 cap_permitted, cap_effective, cap_inheritable, cap_bset, cap_ambient;
	u32 securebits;
	bool no_new_privs;
	struct group_info *groups;
	struct user *user; /* of uid */
	struct rcu_head rcu;
};

extern struct cred init_cred; /* root, all capabilities */

struct cred *cred_prepare(void) __must_check; /* private copy of current's; NULL: no memory */
void cred_commit(struct cred *new); /* installs it as current's (takes the reference) */
void cred_abort(struct cred *new);
static inline const struct cred *cred_get(const struct cred *c)
{
	atomic_add((u32 *)&c->refs, 1);
	return c;
}
void cred_put(const struct cred *c);
/* True when current has the effective capability CAP_*. */
bool capable(int cap);
bool cred_capable(const struct cred *c, int cap);
bool in_group(gid_t gid); /* fsgid or supplementary */
struct group_info *groups_alloc(u32 count) __must_check;
void groups_put(struct group_info *g);
static inline struct group_info *groups_get(struct group_info *g)
{
	atomic_add(&g->refs, 1);
	return g;
}
void groups_sort(struct group_info *g);
struct cred *cred_copy(const struct cred *old) __must_check; /* NULL: no memory */
int __must_check user_find_get(uid_t uid, struct user **out);
static inline struct user *user_get(struct user *u)
{
	atomic_add(&u->refs, 1);
	return u;
}
void user_put(struct user *u);

/* Workers of set*uid(2) and kin; -1 (as uid) means "leave". */
int __must_check do_setreuid(uid_t ruid, uid_t euid);
int __must_check do_setuid(uid_t uid);
int __must_check do_setresuid(uid_t ruid, uid_t euid, uid_t suid);
int __must_check do_setregid(gid_t rgid, gid_t egid);
int __must_check do_setgid(gid_t gid);
int __must_check do_setresgid(gid_t rgid, gid_t egid, gid_t sgid);
uid_t do_setfsuid(uid_t uid);
gid_t do_setfsgid(gid_t gid);
int __must_check do_setgroups(struct group_info *g); /* takes the reference on success */
int __must_check do_capset(u64 effective, u64 permitted, u64 inheritable);

struct file_caps { /* what a program file grants: security.capability, capabilities(7) */
	u64 permitted, inheritable;
	bool effective;
};
struct exec_privs { /* what decides the credentials after execve(2) */
	uid_t suid; /* of a set-id file; ~0: none */
	gid_t sgid;
	const struct file_caps *caps; /* NULL: none */
	bool secure; /* result: AT_SECURE */
	bool raised; /* result: an id changed or capabilities were gained */
};
/* -EPERM: the file's capabilities exceed the bounding set, and the program cannot know. */
int __must_check cred_exec(struct cred *new, struct exec_privs *x);
long cred_prctl(int option, unsigned long arg2, unsigned long arg3, unsigned long arg4, unsigned long arg5);
