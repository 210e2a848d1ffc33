// SPDX-License-Identifier: MIT
/*
 * Whether one task may look into another, or take what it has: ptrace(2), "Ptrace access mode checking", as
 * Linux 6.1 decides it without security modules.
 */
#include "kernel/mm/mm.h"
#include "kernel/task/task.h"

int task_may_access(struct task *t, enum access_creds which)
{
	const struct cred *me = current->cred, *it;
	const bool real = which == ACCESS_REALCREDS;
	const uid_t uid = real ? me->uid : me->fsuid;
	const gid_t gid = real ? me->gid : me->fsgid;
	bool may;

	if (t->proc == current->proc)
		return 0;
	rcu_read_lock();
	it = rcu_dereference(t->cred);
	may = uid == it->uid && uid == it->euid && uid == it->suid && gid == it->gid && gid == it->egid &&
	      gid == it->sgid && !(it->cap_permitted & ~(real ? me->cap_permitted : me->cap_effective));
	rcu_read_unlock();
	spin_lock(&t->alloc_lock);
	if (t->mm ? !t->mm->dumpable : t->was_undumpable)
		may = false;
	spin_unlock(&t->alloc_lock);
	return may || capable(CAP_SYS_PTRACE) ? 0 : -EPERM;
}
