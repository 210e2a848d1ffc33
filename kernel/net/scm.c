// SPDX-License-Identifier: MIT
/*
 * Decoding of ancillary data.  Order of checks: Linux 6.1 net/core/scm.c.  No locks: everything here belongs
 * to one call.
 */
#include "kernel/net/scm.h"

#include "kernel/base/string.h"
#include "kernel/fs/fd.h"
#include "kernel/mm/slab.h"

void scm_fds_free(struct scm_fds *fds)
{
	if (!fds)
		return;
	/* A file may be a socket with files in its queue, and so on: each is released on its own. */
	for (u32 i = 0; i < fds->count; i++)
		file_put_later(fds->file[i]);
	user_put(fds->user);
	kfree(fds);
}

struct scm_fds *scm_fds_dup(const struct scm_fds *fds)
{
	size_t size = offsetof(struct scm_fds, file) + fds->count * sizeof(struct file *);
	struct scm_fds *copy = kmalloc(size, 0);

	if (!copy)
		return NULL;
	memcpy(copy, fds, size);
	user_get(copy->user);
	for (u32 i = 0; i < copy->count; i++)
		file_get(copy->file[i]);
	return copy;
}

void scm_destroy(struct scm *scm)
{
	if (scm->pid)
		pid_put(scm->pid);
	scm_fds_free(scm->fds);
	scm->pid = NULL;
	scm->fds = NULL;
}

static int add_rights(struct scm *scm, const struct scm_header *h)
{
	const int *fd = (const int *)(h + 1);
	size_t n = (h->len - sizeof(*h)) / sizeof(int);

	if (!n)
		return 0;
	if (n > SCM_MAX_FD)
		return -EINVAL;
	if (!scm->fds) {
		scm->fds = kmalloc(sizeof(*scm->fds), 0);
		if (!scm->fds)
			return -ENOMEM;
		scm->fds->count = 0;
		scm->fds->user = user_get(current->cred->user);
	}
	if (scm->fds->count + n > SCM_MAX_FD)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		struct file *f = fd_get_path_ok(fd[i]);

		if (!f)
			return -EBADF;
		scm->fds->file[scm->fds->count++] = f;
	}
	return 0;
}

static bool own_id(u32 id, u32 real, u32 effective, u32 saved)
{
	return id == real || id == effective || id == saved;
}

/* Whom current may pretend to be. */
static int check_credentials(const struct ucred_k *u)
{
	const struct cred *c = current->cred;

	if (u->uid == ~0u || u->gid == ~0u)
		return -EINVAL;
	if (u->pid != current->proc->pid->nr && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (!own_id(u->uid, c->uid, c->euid, c->suid) && !capable(CAP_SETUID))
		return -EPERM;
	if (!own_id(u->gid, c->gid, c->egid, c->sgid) && !capable(CAP_SETGID))
		return -EPERM;
	return 0;
}

static int set_credentials(struct scm *scm, const struct scm_header *h)
{
	struct ucred_k u;
	struct pid *pid;
	int err;

	if (h->len != sizeof(*h) + sizeof(u))
		return -EINVAL;
	memcpy(&u, h + 1, sizeof(u));
	if ((err = check_credentials(&u)))
		return err;
	pid = pid_find_get(u.pid);
	if (!pid)
		return -ESRCH;
	if (scm->pid)
		pid_put(scm->pid);
	scm->pid = pid;
	scm->uid = u.uid;
	scm->gid = u.gid;
	return 0;
}

static int add_one(struct scm *scm, const struct scm_header *h)
{
	if (h->level != SOL_SOCKET)
		return 0;
	switch (h->type) {
	case SCM_RIGHTS:
		return add_rights(scm, h);
	case SCM_CREDENTIALS:
		return set_credentials(scm, h);
	default:
		return -EINVAL;
	}
}

int scm_send(struct scm *scm, const struct msg *m)
{
	const u8 *control = m->control;
	size_t at = 0;

	scm->pid = NULL;
	scm->fds = NULL;
	while (m->control_size >= at + sizeof(struct scm_header)) {
		const struct scm_header *h = (const struct scm_header *)(control + at);
		int err = -EINVAL;

		if (h->len >= sizeof(*h) && h->len <= m->control_size - at)
			err = add_one(scm, h);
		if (err) {
			scm_destroy(scm);
			return err;
		}
		at += ALIGN_UP(h->len, sizeof(u64));
	}
	if (scm->fds && !scm->fds->count) {
		scm_fds_free(scm->fds);
		scm->fds = NULL;
	}
	return 0;
}
