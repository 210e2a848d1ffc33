// SPDX-License-Identifier: MIT
/* /proc/PID/fd, /proc/PID/fdinfo and /proc/PID/task: directories whose members come and go. */
#include "kernel/base/string.h"
#include "kernel/fs/fd.h"
#include "kernel/fs/proc/proc.h"
#include "kernel/mm/slab.h"

static struct file *ref_file(const struct proc_ref *ref)
{
	struct task *t __cleanup(task_putp) = proc_task_get(ref);

	return t ? files_get_file(t, ref->fd) : NULL;
}

static int jump_fd(const struct proc_ref *ref, struct path *out)
{
	struct file *f __cleanup(file_putp) = ref_file(ref);

	if (!f)
		return -ENOENT;
	*out = f->path;
	path_get(out);
	return 0;
}

static int show_fdinfo(struct text *t, const struct proc_ref *ref)
{
	struct file *f __cleanup(file_putp) = ref_file(ref);
	char *extra __cleanup(kfreep) = NULL;

	if (!f)
		return -ENOENT;
	text_printf(t, "pos:\t%ld\nflags:\t0%o\nmnt_id:\t%d\nino:\t%lu\n", f->pos, READ_ONCE(f->flags),
		    f->path.mnt->id, f->inode->ino);
	if (!f->ops->show_fdinfo)
		return 0;
	extra = kmalloc(PAGE_SIZE, ALLOC_ZERO);
	if (!extra)
		return -ENOMEM;
	f->ops->show_fdinfo(f, extra, PAGE_SIZE);
	text_append(t, extra, strlen(extra));
	return 0;
}

static const struct proc_entry fd_member[2] = {
	{ .name = "fd", .mode = S_IFLNK | 0700, .jump = jump_fd },
	{ .name = "fdinfo", .mode = S_IFREG | 0444, .show = show_fdinfo },
};

static int lookup_fd_as(const struct proc_ref *dir, const char *name, size_t len,
			const struct proc_entry *kind, struct proc_ref *out)
{
	struct proc_ref ref = { kind, dir->pid, dir->thread, -1 };
	int err = parse_pid_name(name, len, &ref.fd);
	struct file *f;

	if (err)
		return err;
	f = ref_file(&ref);
	if (!f)
		return -ENOENT;
	file_put(f);
	pid_get(ref.pid);
	*out = ref;
	return 0;
}

int proc_fd_lookup(const struct proc_ref *dir, const char *name, size_t len, struct proc_ref *out)
{
	struct task *t __cleanup(task_putp) = proc_task_get(dir);

	if (!t)
		return -ENOENT;
	return proc_may_access(t) ? -EACCES : lookup_fd_as(dir, name, len, &fd_member[0], out);
}

int proc_fdinfo_lookup(const struct proc_ref *dir, const char *name, size_t len, struct proc_ref *out)
{
	return lookup_fd_as(dir, name, len, &fd_member[1], out);
}

int proc_fd_next(const struct proc_ref *dir, unsigned *cursor, char *name, size_t size)
{
	struct task *t __cleanup(task_putp) = proc_task_get(dir);
	int fd;

	if (!t)
		return -ENOENT;
	fd = files_next_fd(t, *cursor);
	if (fd < 0)
		return -ENOENT;
	*cursor = (unsigned)fd;
	snprintf(name, size, "%d", fd);
	return 0;
}
