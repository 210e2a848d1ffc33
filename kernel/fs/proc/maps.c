// SPDX-License-Identifier: MIT
/* /proc/PID/maps, smaps and statm. */
#include "kernel/fs/proc/proc.h"
#include "kernel/mm/mm.h"
#include "kernel/mm/slab.h"

/* The name column: a file's path, [heap], [stack], or what the special mapping calls itself. */
static void append_name(struct text *t, const struct vma *v, char *buf) __must_hold_shared(&v->mm->lock)
{
	const struct mm *mm = v->mm;

	if (v->file) {
		text_escape(t, path_format(&v->file->path, NULL, buf, PAGE_SIZE), "\n");
	} else if (v->name) {
		text_printf(t, "%s", v->name);
	} else if (v->start <= mm->brk && v->end >= mm->brk_start && mm->brk > mm->brk_start) {
		text_printf(t, "[heap]");
	} else if (v->start <= mm->stack_start && v->end >= mm->stack_start) {
		text_printf(t, "[stack]");
	}
}

static void append_vma(struct text *t, const struct vma *v, char *buf) __must_hold_shared(&v->mm->lock)
{
	const struct inode *i = v->file ? v->file->inode : NULL;
	const dev_t dev = i ? i->sb->dev : 0;
	const size_t start = t->len;

	text_printf(t, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu ", v->start, v->end,
		    v->flags & VM_READ ? 'r' : '-', v->flags & VM_WRITE ? 'w' : '-',
		    v->flags & VM_EXEC ? 'x' : '-', v->flags & VM_MAYSHARE ? 's' : 'p',
		    i ? v->pgoff << PAGE_SHIFT : 0, MAJOR(dev), MINOR(dev), i ? i->ino : 0);
	if (v->file || v->name || (v->start <= v->mm->brk && v->end >= v->mm->brk_start) ||
	    (v->start <= v->mm->stack_start && v->end >= v->mm->stack_start)) {
		while (t->len - start < 73 && !t->err)
			text_append(t, " ", 1);
		append_name(t, v, buf);
	}
	text_append(t, "\n", 1);
}

static void append_usage(struct text *t, struct vma *v) __must_hold_shared(&v->mm->lock)
{
	struct mm_usage u = { 0 };
	u64 rss;

	vma_usage(v, &u);
	rss = u.anon + u.file;
	text_printf(t, "Size:           %8lu kB\nKernelPageSize:        4 kB\nMMUPageSize:           4 kB\n",
		    (v->end - v->start) / 1024);
	text_printf(t,
		    "Rss:            %8lu kB\nPss:            %8lu kB\nShared_Clean:   %8u kB\nShared_Dirty: "
		    "  %8u kB\n",
		    rss * 4, rss * 4, 0, 0);
	text_printf(t,
		    "Private_Clean:  %8lu kB\nPrivate_Dirty:  %8lu kB\nReferenced:     %8lu kB\nAnonymous:   "
		    "   %8lu kB\n",
		    (rss - u.dirty) * 4, u.dirty * 4, rss * 4, u.anon * 4);
	text_printf(t, "Swap:           %8u kB\nSwapPss:        %8u kB\nLocked:         %8lu kB\n", 0, 0,
		    v->flags & VM_LOCKED ? rss * 4 : 0);
}

static int show_vmas(struct text *t, const struct proc_ref *ref, bool usage)
{
	char *buf __cleanup(kfreep) = kmalloc(PAGE_SIZE, 0);
	struct task *task __cleanup(task_putp) = proc_task_get(ref);
	struct mm *mm;
	struct vma *v;

	if (!buf)
		return -ENOMEM;
	if (!task)
		return -ESRCH;
	if (proc_may_access(task))
		return -EACCES;
	mm = proc_mm_get(ref);
	if (!mm)
		return 0;
	down_read(&mm->lock);
	mm_for_each_vma(v, mm)
	{
		append_vma(t, v, buf);
		if (usage)
			append_usage(t, v);
	}
	up_read(&mm->lock);
	mm_put(mm);
	return 0;
}

int proc_show_maps(struct text *t, const struct proc_ref *ref)
{
	return show_vmas(t, ref, false);
}

int proc_show_smaps(struct text *t, const struct proc_ref *ref)
{
	return show_vmas(t, ref, true);
}

int proc_show_statm(struct text *t, const struct proc_ref *ref)
{
	struct mm *mm = proc_mm_get(ref);

	if (!mm) {
		text_printf(t, "0 0 0 0 0 0 0\n");
		return 0;
	}
	down_read(&mm->lock);
	text_printf(t, "%lu %ld %ld %lu 0 %lu 0\n", mm->total_pages,
		    max(mm->rss_anon, (s64)0) + max(mm->rss_file, (s64)0), max(mm->rss_file, (s64)0),
		    DIV_ROUND_UP(mm->code_end - mm->code_start, PAGE_SIZE), mm->data_pages + mm->stack_pages);
	up_read(&mm->lock);
	mm_put(mm);
	return 0;
}
