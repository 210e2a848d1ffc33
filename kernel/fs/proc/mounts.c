// SPDX-License-Identifier: MIT
/* /proc/PID/mounts and mountinfo: the mounts below the process's root. */
#include "kernel/base/string.h"
#include "kernel/fs/proc/proc.h"
#include "kernel/mm/slab.h"
#include <linux/mount.h>

struct mount_list {
	struct text *text;
	struct path root;
	char *where, *options; /* a page each */
	bool info;
};

static void append_mount(const struct mount_list *l, const struct mount *m, const char *where)
{
	struct text *t = l->text;

	text_escape(t, m->source ? m->source : "none", " \t\n\\");
	text_append(t, " ", 1);
	text_escape(t, where, " \t\n\\");
	text_printf(t, " %s %s 0 0\n", m->sb->type->name, l->options);
}

/*
 * The root column of a bind mount needs no parent: every mount here shows a whole file system or a
 * directory of one.
 */
static void append_mountinfo(const struct mount_list *l, const struct mount *m, const char *where)
	__must_hold(&mount_lock)
{
	struct text *t = l->text;
	const struct path inside = { (struct mount *)m, m->root };
	const struct mount top = { .root = m->sb->root, .sb = m->sb };
	const struct path whole = { (struct mount *)&top, m->root };

	text_printf(t, "%d %d %u:%u ", m->id, m->parent ? m->parent->id : m->id, MAJOR(m->sb->dev),
		    MINOR(m->sb->dev));
	text_escape(t, inside.dentry == m->sb->root ? "/" : path_format(&whole, NULL, l->where, PAGE_SIZE),
		    " \t\n\\");
	text_append(t, " ", 1);
	text_escape(t, where, " \t\n\\");
	text_printf(t, " %s - %s ", l->options, m->sb->type->name);
	text_escape(t, m->source ? m->source : "none", " \t\n\\");
	text_printf(t, " %s\n", m->sb->flags & MS_RDONLY ? "ro" : "rw");
}

static bool append(struct mount *m, void *arg) __must_hold(&mount_lock)
{
	struct mount_list *l = arg;
	const struct path at = { m, m->root };
	char where[512];

	if (!path_is_under(&at, &l->root))
		return true;
	strscpy(where, path_format(&at, &l->root, l->where, PAGE_SIZE), sizeof(where));
	mount_show_options(m, l->options, PAGE_SIZE);
	if (l->info)
		append_mountinfo(l, m, where);
	else
		append_mount(l, m, where);
	return true;
}

static int show(struct text *t, const struct proc_ref *ref, bool info)
{
	char *buf __cleanup(kfreep) = kmalloc(2 * PAGE_SIZE, 0);
	struct task *task __cleanup(task_putp) = proc_task_get(ref);
	struct mount_list l = { .text = t, .where = buf, .options = buf + PAGE_SIZE, .info = info };

	if (!buf)
		return -ENOMEM;
	if (!task)
		return -ESRCH;
	spin_lock(&task->alloc_lock);
	if (task->fs) {
		spin_lock(&task->fs->lock);
		l.root = task->fs->root;
		path_get(&l.root);
		spin_unlock(&task->fs->lock);
	}
	spin_unlock(&task->alloc_lock);
	if (!l.root.dentry)
		return -EINVAL;
	mount_for_each(append, &l);
	path_put(&l.root);
	return 0;
}

int proc_show_mounts(struct text *t, const struct proc_ref *ref)
{
	return show(t, ref, false);
}

int proc_show_mountinfo(struct text *t, const struct proc_ref *ref)
{
	return show(t, ref, true);
}

/* Always readable; POLLERR and POLLPRI once after each change of the tree (proc(5)). */
u32 proc_poll_mounts(struct file *f, struct poll_table *pt, u64 *seen)
{
	u64 now, before = READ_ONCE(*seen);

	poll_wait(f, &mount_changed, pt);
	now = mount_changes();
	WRITE_ONCE(*seen, now);
	return POLLIN | POLLRDNORM | (before != now ? POLLERR | POLLPRI : 0);
}
