// SPDX-License-Identifier: MIT
/* From a reference to the task it means, and who may look. */
#include "kernel/fs/proc/proc.h"
#include "kernel/base/string.h"
#include "kernel/mm/mm.h"

struct task *proc_task_get(const struct proc_ref *ref)
{
	struct task *t = task_find_get(ref->pid->nr);

	if (t && t->pid != ref->pid) { /* the number belongs to somebody else now */
		task_put(t);
		return NULL;
	}
	return t;
}

struct mm *proc_mm_get(const struct proc_ref *ref)
{
	struct task *t __cleanup(task_putp) = proc_task_get(ref);
	struct mm *mm;

	if (!t)
		return NULL;
	spin_lock(&t->alloc_lock);
	mm = t->flags & PF_KTHREAD ? NULL : t->mm;
	if (mm)
		mm_get(mm);
	spin_unlock(&t->alloc_lock);
	return mm;
}

int proc_may_access(struct task *t)
{
	return task_may_access(t, ACCESS_FSCREDS) ? -EACCES : 0;
}

int parse_pid_name(const char *name, size_t len, pid_t *nr)
{
	s64 v = 0;

	if (!len || len > 10 || (name[0] == '0' && len > 1))
		return -ENOENT;
	for (size_t i = 0; i < len; i++) {
		if (name[i] < '0' || name[i] > '9')
			return -ENOENT;
		v = v * 10 + (name[i] - '0');
	}
	if (v > INT32_MAX)
		return -ENOENT;
	*nr = (pid_t)v;
	return 0;
}
