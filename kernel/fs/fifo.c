// SPDX-License-Identifier: MIT
/*
 * Opening and closing of pipes and FIFOs, and pipefs, the unmounted file system of anonymous pipes.
 *
 * A struct pipe belongs to its inode (inode->fifo) while files are open; inode->lock guards the pointer
 * and pipe->files.  A FIFO's open(2) waits for its partner: it looks at how many opens the other side
 * has seen (r_counter, w_counter), so that a partner that came and went counts.  f->pos, unused by a
 * stream, remembers w_counter for a reader that did not wait: poll(2) shows no POLLHUP before the first
 * writer. Source: fifo(7), open(2), Linux 6.1 fs/pipe.c.
 */
#include "kernel/fs/pipe.h"

#include "kernel/base/string.h"
#include "kernel/fs/internal.h"
#include "kernel/fs/poll.h"
#include "kernel/mm/slab.h"
#include <linux/magic.h>
#include <linux/poll.h>

static struct super *pipefs;
static struct mount *pipefs_mount;

static void pipe_put(struct inode *inode, struct pipe *p)
{
	bool last;

	spin_lock(&inode->lock);
	last = --p->files == 0;
	if (last)
		inode->fifo = NULL;
	spin_unlock(&inode->lock);
	if (last)
		pipe_free(p);
}

/* The pipe of a FIFO with one more user; made by the first to open it. */
static int fifo_get_pipe(struct inode *inode, struct pipe **out)
{
	struct pipe *fresh = NULL;
	int err;

	if (!READ_ONCE(inode->fifo) && (err = pipe_alloc(&fresh)))
		return err;
	for (;;) {
		spin_lock(&inode->lock);
		if (!inode->fifo && fresh)
			swap(*(struct pipe **)&inode->fifo, fresh);
		*out = inode->fifo;
		if (*out)
			(*out)->files++;
		spin_unlock(&inode->lock);
		if (*out)
			break;
		if ((err = pipe_alloc(&fresh))) /* the last user left between the look and the lock */
			return err;
	}
	if (fresh)
		pipe_free(fresh);
	return 0;
}

/*
 * Waits, pipe->lock held on entry and exit, until another open of the other side has been counted in
 * *seen.
 */
static int fifo_wait_partner(struct pipe *p, const u32 *seen) __must_hold(&p->lock)
{
	u32 before = *seen;
	int err;

	mutex_unlock(&p->lock);
	err = wait_event_interruptible(&p->rd_wait, READ_ONCE(*seen) != before);
	mutex_lock(&p->lock);
	return *seen != before ? 0 : err;
}

static int fifo_open_read(struct pipe *p, struct file *f, bool anon) __must_hold(&p->lock)
{
	p->r_counter++;
	if (p->readers++ == 0)
		waitq_wake_all(&p->rd_wait);
	if (anon || p->writers)
		return 0;
	if (READ_ONCE(f->flags) & O_NONBLOCK) {
		f->pos = p->w_counter;
		return 0;
	}

	int err = fifo_wait_partner(p, &p->w_counter);

	if (err && --p->readers == 0)
		waitq_wake_all(&p->wr_wait);
	return err;
}

static int fifo_open_write(struct pipe *p, struct file *f, bool anon) __must_hold(&p->lock)
{
	if (!anon && READ_ONCE(f->flags) & O_NONBLOCK && !p->readers)
		return -ENXIO;
	p->w_counter++;
	if (p->writers++ == 0)
		waitq_wake_all(&p->rd_wait);
	if (anon || p->readers)
		return 0;

	int err = fifo_wait_partner(p, &p->r_counter);

	if (err && --p->writers == 0)
		waitq_wake_all(&p->rd_wait);
	return err;
}

/* open(2) of a FIFO, or of an anonymous pipe through /proc/PID/fd: -ENXIO, -ERESTARTSYS, -ENOMEM. */
static int fifo_open(struct inode *inode, struct file *f)
{
	bool anon = inode->sb == pipefs;
	struct pipe *p;
	int err;

	if ((err = fifo_get_pipe(inode, &p)))
		return err;
	f->mode |= FMODE_STREAM;
	f->mode &= ~FMODE_LSEEK;
	f->pos = 0;

	mutex_lock(&p->lock);
	switch (f->mode & (FMODE_READ | FMODE_WRITE)) {
	case FMODE_READ:
		err = fifo_open_read(p, f, anon);
		break;
	case FMODE_WRITE:
		err = fifo_open_write(p, f, anon);
		break;
	case FMODE_READ | FMODE_WRITE: /* never blocks; POSIX leaves it undefined */
		p->readers++;
		p->writers++;
		p->r_counter++;
		p->w_counter++;
		if (p->readers == 1 || p->writers == 1)
			waitq_wake_all(&p->rd_wait);
		break;
	default:
		err = -EINVAL;
	}
	mutex_unlock(&p->lock);
	if (err)
		pipe_put(inode, p);
	else
		f->private = p;
	return err;
}

void pipe_file_release(struct file *f)
{
	struct pipe *p = f->private;

	if (!p)
		return;
	mutex_lock(&p->lock);
	if (f->mode & FMODE_READ)
		WRITE_ONCE(p->readers, p->readers - 1);
	if (f->mode & FMODE_WRITE)
		WRITE_ONCE(p->writers, p->writers - 1);
	if (!p->readers != !p->writers) { /* one side is gone: all sleepers of the other have to know */
		if (waitq_active(&p->rd_wait))
			waitq_wake_key(&p->rd_wait, POLLIN | POLLRDNORM | POLLERR | POLLHUP, 0);
		if (waitq_active(&p->wr_wait))
			waitq_wake_key(&p->wr_wait, POLLOUT | POLLWRNORM | POLLERR | POLLHUP, 0);
		fasync_notify(&p->rd_async, POLL_IN);
		fasync_notify(&p->wr_async, POLL_OUT);
	}
	mutex_unlock(&p->lock);
	pipe_put(f->inode, p);
}

/* Which half of a file's operations is allowed is FMODE_*'s business; O_DIRECT may be toggled by F_SETFL. */
static int pipe_set_flags(struct file *f, u32 flags)
{
	return 0;
}

const struct file_ops fifo_file_ops = {
	.open = fifo_open,
	.read = pipe_file_read,
	.write = pipe_file_write,
	.poll = pipe_file_poll,
	.ioctl = pipe_file_ioctl,
	.set_flags = pipe_set_flags,
	.fasync = pipe_file_fasync,
	.release = pipe_file_release,
};

/* ---- anonymous pipes ------------------------------------------------------------------------------ */

static int pipe_inode_create(struct path *out) __no_lock_analysis /* nobody else has it yet */
{
	struct pipe *p = NULL;
	struct inode *inode;
	struct dentry *d;
	char name[32];
	int err;

	if ((err = inode_create(pipefs, S_IFIFO | 0600, &inode)))
		return err;
	scnprintf(name, sizeof(name), "pipe:[%lu]", inode->ino);
	if ((err = pipe_alloc(&p)) || (err = dentry_alloc_named(pipefs, inode, name, &d))) {
		if (p)
			pipe_free(p);
		inode_put(inode);
		return err;
	}
	p->readers = p->writers = 1;
	p->r_counter = p->w_counter = 1;
	p->files = 2;
	inode->fops = &fifo_file_ops;
	inode->fifo = p;
	*out = (struct path){ pipefs_mount, d };
	return 0;
}

int pipe_create(struct file **rd, struct file **wr, int flags)
{
	struct file *r __cleanup(file_putp) = NULL;
	struct path path;
	int err;

	if ((err = pipe_inode_create(&path)))
		return err;

	struct pipe *p = READ_ONCE(path.dentry->inode->fifo);

	err = file_create(&path, &fifo_file_ops, O_RDONLY | (flags & O_NONBLOCK), &r);
	if (!err)
		err = file_create(&path, &fifo_file_ops, O_WRONLY | (flags & (O_NONBLOCK | O_DIRECT)), wr);
	if (err) {
		/* Neither file has its pipe yet, so their release leaves it alone. */
		WRITE_ONCE(path.dentry->inode->fifo, NULL);
		pipe_free(p);
	} else {
		r->private = (*wr)->private = p;
		r->mode |= FMODE_STREAM;
		(*wr)->mode |= FMODE_STREAM;
		*rd = r;
		r = NULL;
	}
	dentry_put(path.dentry);
	return err;
}

static int pipefs_fill(struct super *sb, const char *source, const char *data)
{
	struct inode *root;
	int err;

	sb->magic = PIPEFS_MAGIC;
	if ((err = inode_create(sb, S_IFDIR | 0600, &root)))
		return err;
	if ((err = dentry_alloc_root(sb, root, &sb->root)))
		inode_put(root);
	pipefs = sb;
	return err;
}

static struct fs_type pipefs_type = { .name = "pipefs", .nodev = true, .mount = pipefs_fill };

static int pipefs_init(void)
{
	int err;

	fs_type_register(&pipefs_type);
	err = mount_create(&pipefs_type, NULL, NULL, 0, &pipefs_mount);
	if (err)
		panic("pipefs: %d", err);
	return 0;
}
INITCALL(INIT_FS, pipefs_init);
