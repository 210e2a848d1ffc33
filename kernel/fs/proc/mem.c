// SPDX-License-Identifier: MIT
/*
 * /proc/PID/mem: the memory of a process as a file.  Who may is asked at open, which takes hold of the
 * address space that the process has then: after its exec or exit there is nothing more to read.
 * Source: proc(5), Linux 6.1 mem_rw().
 *
 * file->private is a pinned mm, or NULL for a kernel thread [const].
 */
#include "kernel/fs/proc/proc.h"

#include "kernel/mm/mm.h"
#include "kernel/mm/slab.h"
#include <linux/fs.h>

static int mem_open(struct inode *inode, struct file *f)
{
	const struct proc_ref *ref = inode->private;
	struct task *t __cleanup(task_putp) = proc_task_get(ref);
	struct mm *mm;

	if (!t)
		return -ESRCH;
	if (proc_may_access(t))
		return -EACCES;
	if ((mm = proc_mm_get(ref))) {
		mm_pin(mm);
		mm_put(mm);
	}
	f->private = mm;
	return 0;
}

static void mem_release(struct file *f)
{
	if (f->private)
		mm_unpin(f->private);
}

/* One page at most between the two address spaces.  Bytes moved, 0 at the end of what `it` wants, -errno. */
static ssize_t move_some(struct mm *mm, unsigned long addr, void *page, struct iter *it, bool write)
{
	size_t n = min(iter_count(it), PAGE_SIZE);

	if (write && copy_from_iter(page, n, it) != n)
		return -EFAULT;
	if (!(n = n ? mm_access(mm, addr, page, n, write) : 0))
		return iter_count(it) || write ? -EIO : 0;
	if (!write && copy_to_iter(page, n, it) != n)
		return -EFAULT;
	return (ssize_t)n;
}

static ssize_t mem_rw(struct file *f, struct iter *it, loff_t *pos, bool write)
{
	struct mm *mm = f->private;
	void *page __cleanup(kfreep) = NULL;
	ssize_t done = 0, n = 0;

	if (!mm || !iter_count(it))
		return 0;
	if (!(page = kmalloc(PAGE_SIZE, 0)))
		return -ENOMEM;
	if (!mm_get_live(mm))
		return 0;
	while (iter_count(it)) {
		if ((n = move_some(mm, (unsigned long)(*pos + done), page, it, write)) <= 0)
			break;
		done += n;
	}
	mm_put(mm);
	*pos += done;
	/* A bad buffer is told whatever has been moved before; the end of what is mapped is not. */
	return n == -EFAULT || !done ? n : done;
}

static ssize_t mem_read(struct file *f, struct iter *to, loff_t *pos)
{
	return mem_rw(f, to, pos, false);
}

static ssize_t mem_write(struct file *f, struct iter *from, loff_t *pos)
{
	return mem_rw(f, from, pos, true);
}

/* Any 64-bit number is an address. */
static loff_t mem_llseek(struct file *f, loff_t off, int whence)
{
	if (whence != SEEK_SET && whence != SEEK_CUR)
		return -EINVAL;
	return f->pos = whence == SEEK_CUR ? f->pos + off : off;
}

const struct file_ops proc_mem_ops = {
	.open = mem_open,
	.release = mem_release,
	.read = mem_read,
	.write = mem_write,
	.llseek = mem_llseek,
	.plain = FMODE_READ | FMODE_WRITE,
};
