// SPDX-License-Identifier: MIT
/*
 * execve(2): finds the program, collects its arguments, and, once a loader is sure (exec_commit()),
 * replaces the process.  Until then any failure leaves the caller as it was; afterwards there is nothing
 * to return to and failure kills with SIGSEGV.  Order of checks and errors: execve(2), Linux 6.1.
 */
#include "kernel/task/exec.h"
#include "kernel/base/string.h"
#include "kernel/fs/fd.h"
#include "kernel/fs/fs.h"
#include "kernel/fs/xattr.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/uaccess.h"
#include "kernel/mm/mm.h"
#include "kernel/mm/slab.h"
#include "kernel/task/internal.h"
#include "kernel/task/rseq.h"
#include "kernel/time/itimer.h"
#include <linux/mount.h>
#include <linux/personality.h>

#define PER_CLEAR_ON_SETID (READ_IMPLIES_EXEC | ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT | MMAP_PAGE_ZERO)

/* ---- the other threads ------------------------------------------------------------------------ */

/* The others are gone, or all but the leader, which is a zombie. */
static bool alone(struct process *p, struct task *me)
{
	read_lock(&tasklist_lock);

	bool yes = me == p->leader ? p->nr_threads == 1 : p->nr_threads == 2 && p->leader->exit_state;

	read_unlock(&tasklist_lock);
	return yes;
}

/* A thread that is not the leader becomes it: its number, its place.  The old leader dies under ours. */
static void take_over(struct process *p, struct task *me, struct task *leader)
{
	unsigned long flags = write_lock_irqsave(&tasklist_lock);
	struct pid *pid = leader->pid;

	/* In this order a look-up of the process's number finds one of the two at every moment. */
	list_del(&me->pid_node);
	list_add(&me->pid_node, &pid->tasks[PIDTYPE_TID]);
	list_del(&leader->pid_node);
	list_add_tail(&leader->pid_node, &me->pid->tasks[PIDTYPE_TID]);
	leader->pid = me->pid;
	leader->tid = me->tid;
	me->pid = pid;
	me->tid = pid->nr;
	spin_lock(&p->siglock);
	p->leader = me;
	list_del(&me->thread_node);
	list_add(&me->thread_node, &p->threads);
	spin_unlock(&p->siglock);
	me->start_ns = leader->start_ns;
	me->exit_signal = SIGCHLD;
	leader->exit_signal = -1;
	leader->exit_state = TASK_DEAD;
	write_unlock_irqrestore(&tasklist_lock, flags);
	task_release(leader);
}

/* Kills every other thread and waits for them.  -EAGAIN: somebody else kills or execs the process. */
static int dethread(struct task *me)
{
	struct process *p = me->proc;
	unsigned long flags = spin_lock_irqsave(&p->siglock);
	int err = 0;

	if ((p->group_flags & PROC_GROUP_EXIT) || p->exec_task) {
		spin_unlock_irqrestore(&p->siglock, flags);
		return -EAGAIN;
	}
	if (p->nr_threads == 1) {
		me->exit_signal = SIGCHLD;
		spin_unlock_irqrestore(&p->siglock, flags);
		return 0;
	}
	p->exec_task = me;
	signal_zap_threads(p);
	spin_unlock_irqrestore(&p->siglock, flags);
	for (;;) {
		set_current_state(TASK_KILLABLE);
		if (alone(p, me))
			break;
		if (fatal_signal_pending()) {
			err = -EAGAIN;
			break;
		}
		schedule();
	}
	set_current_state(TASK_RUNNING);
	if (!err && me != p->leader)
		take_over(p, me, p->leader);
	flags = spin_lock_irqsave(&p->siglock);
	p->exec_task = NULL;
	spin_unlock_irqrestore(&p->siglock, flags);
	me->exit_signal = SIGCHLD;
	return err;
}

/* ---- the point of no return ------------------------------------------------------------------- */

static void drop_old_mm(struct task *me, struct mm *old)
{
	if (!old)
		return;
	process_note_rss(me->proc, old);
	mm_put(old);
}

/* Set-id bits and capabilities of the file and the rules for root decide the new credentials. */
static int exec_creds(struct binprm *b)
{
	struct inode *inode = b->file->inode;
	bool nosuid = b->file->path.mnt->flags & MS_NOSUID;
	struct exec_privs x = { .suid = (uid_t)-1, .sgid = (gid_t)-1 };
	struct file_caps caps;
	int err = nosuid ? -ENODATA : inode_file_caps(inode, &caps);

	if (err && err != -ENODATA)
		return err;
	if (!err)
		x.caps = &caps;
	if (!nosuid && !b->cred->no_new_privs) {
		if (inode->mode & S_ISUID)
			x.suid = inode->uid;
		if ((inode->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
			x.sgid = inode->gid;
	}
	err = cred_exec(b->cred, &x);
	b->secure = x.secure;
	b->raised = x.raised;
	return err;
}

static void exec_reset_task(struct binprm *b, struct task *me, u32 personality)
{
	const char *base = strrchr(b->filename, '/');

	if (b->raised)
		personality &= ~(u32)PER_CLEAR_ON_SETID;
	me->personality = personality;
	me->flags &= ~(u32)(PF_KTHREAD | PF_FORKNOEXEC);
	me->did_exec = true;
	me->robust_list = 0;
	rseq_exec(me);
	me->robust_list_size = 0;
	me->set_child_tid = 0;
	if (b->secure)
		me->pdeath_signal = 0;
	arch_task_exec(me);
	task_set_comm(me, base ? base + 1 : b->filename);
}

int exec_commit(struct binprm *b, struct mm *mm, u32 personality)
{
	struct task *me = current;
	struct process *p = me->proc;
	struct mm *old;
	int err;

	if ((err = exec_creds(b))) {
		mm_put(mm);
		return err;
	}
	b->committed = true;
	if ((err = dethread(me)) || (err = files_unshare_for_exec(me)) || (err = signal_exec_prepare())) {
		mm_put(mm);
		return err;
	}
	WRITE_ONCE(mm->exe, file_get(b->file)); /* nobody else has mm yet */
	mm->dumpable = !inode_permission(b->file->inode, MAY_READ);
	task_leave_mm(me);
	old = task_switch_mm(mm);
	drop_old_mm(me, old);
	posix_timers_exit(p);
	exec_reset_task(b, me, personality);
	files_close_on_exec(me->files);

	unsigned long flags = write_lock_irqsave(&tasklist_lock);

	p->exec_id++;
	write_unlock_irqrestore(&tasklist_lock, flags);
	signal_exec();

	bool ids_differ = b->cred->uid != b->cred->euid || b->cred->gid != b->cred->egid;

	cred_commit(b->cred);
	b->cred = NULL;
	if (ids_differ)
		mm->dumpable = false;
	return 0;
}

/* ---- do_execve -------------------------------------------------------------------------------- */

static void binprm_free(struct binprm *b)
{
	if (b->file)
		file_put(b->file);
	if (b->cred)
		cred_abort(b->cred);
	for (u32 i = 0; i < b->nr_prefix; i++)
		kfree(b->prefix[i]);
	args_free(&b->args);
	kfree(b->filename_owned);
	kfree(b);
}

static void binprm_freep(struct binprm **b)
{
	if (*b)
		binprm_free(*b);
}

/* The name as programs see it: a descriptor shows as /dev/fd/N. */
static int name_program(struct binprm *b, int dfd, const char *path)
{
	size_t size = strlen(path) + 24;

	b->filename = path;
	if (dfd == AT_FDCWD || path[0] == '/')
		return 0;
	b->filename_owned = kmalloc(size, 0);
	if (!b->filename_owned)
		return -ENOMEM;
	snprintf(b->filename_owned, size, *path ? "/dev/fd/%d/%s" : "/dev/fd/%d", dfd, path);
	b->filename = b->filename_owned;
	b->path_inaccessible = fd_get_cloexec(dfd) > 0;
	return 0;
}

/*
 * execve(2): strings and pointers together may fill a quarter of RLIMIT_STACK, at most 6 MiB, at least
 * 128 KiB.
 */
static int set_limit(struct binprm *b)
{
	u64 limit = min((u64)(8 << 20) / 4 * 3, rlimit(RLIMIT_STACK) / 4);
	u64 pointers = ((u64)max(b->argc, 1u) + b->envc) * sizeof(void *);

	limit = max(limit, (u64)ARG_MAX_FLOOR);
	if (limit <= pointers)
		return refuse(E2BIG, "execve: too many arguments");
	b->args.limit = limit - pointers;
	return 0;
}

static int collect(struct binprm *b, const struct arg_source *argv, const struct arg_source *envp)
{
	int err;

	if ((err = args_count(argv, &b->argc)) || (err = args_count(envp, &b->envc)) || (err = set_limit(b)))
		return err;
	if (b->argc)
		err = args_add(&b->args, argv, b->argc);
	else /* argc 0 has broken too many set-uid programs: there is always an argv[0] (Linux 5.18) */
		err = args_add_kernel(&b->args, "");
	if (err)
		return err;
	b->argc = max(b->argc, 1u);
	b->env_offset = b->args.size;
	if ((err = args_add(&b->args, envp, b->envc)))
		return err;
	b->execfn_offset = b->args.size;
	return args_add_kernel(&b->args, b->filename);
}

static int load(struct binprm *b)
{
	for (int depth = 0;; depth++) {
		ssize_t n;
		int err;

		if (depth > SCRIPT_DEPTH)
			return refuse(ELOOP, "execve: scripts that run scripts, too deep");
		memset(b->buf, 0, sizeof(b->buf));
		n = kernel_read(b->file, b->buf, sizeof(b->buf), 0);
		if (n < 0)
			return (int)n;
		err = load_script(b);
		if (err == -ENOEXEC)
			err = load_elf(b);
		if (err <= 0)
			return err;
	}
}

static int exec(int dfd, const char *path, const struct arg_source *argv, const struct arg_source *envp,
		int flags)
{
	struct binprm *b __cleanup(binprm_freep) = NULL;
	struct task *me = current;
	int err;

	if ((me->flags & PF_NPROC_EXCEEDED) && atomic_load(&me->cred->user->processes) > rlimit(RLIMIT_NPROC))
		return refuse(EAGAIN, "execve: RLIMIT_NPROC, exceeded by setuid");
	me->flags &= ~(u32)PF_NPROC_EXCEEDED;
	b = kzalloc(sizeof(*b));
	if (!b)
		return -ENOMEM;
	/* As in Linux the arguments come first: E2BIG and EFAULT hide what is wrong with the program. */
	if ((err = name_program(b, dfd, path)) || (err = collect(b, argv, envp)))
		return err;
	b->cred = cred_prepare();
	if (!b->cred)
		return -ENOMEM;
	if ((err = file_open_exec(dfd, path, flags, &b->file)))
		return err;
	err = load(b);
	if (err && b->committed && !fatal_signal_pending())
		signal_force_kill(SIGSEGV);
	return err;
}

int do_execve(int dfd, const char *path, unsigned long argv, unsigned long envp, int flags, bool ia32)
{
	const struct arg_source a = { .user = argv, .ia32 = ia32 }, e = { .user = envp, .ia32 = ia32 };

	return exec(dfd, path, &a, &e, flags);
}

int kernel_execve(const char *path, const char *const *argv, const char *const *envp)
{
	const struct arg_source a = { .kernel = argv }, e = { .kernel = envp };

	return exec(AT_FDCWD, path, &a, &e, 0);
}
