// SPDX-License-Identifier: MIT
/*
 * signalfd(2).  A file has only a mask; what is read are the pending signals of the reader, so the same file
 * gives different signals to different processes.  It waits on process->signalfd_wait, which every signal
 * wakes. Source: signalfd(2), Linux 6.1 fs/signalfd.c.
 */
#include "kernel/fs/signalfd.h"

#include "kernel/base/string.h"
#include "kernel/fs/poll.h"
#include "kernel/gate/refuse.h"
#include "kernel/mm/slab.h"
#include <linux/signalfd.h>

struct signalfd {
	u64 mask; /* [atomic] signals of interest */
};

#define SI_KERNEL_CODE 0x80

/* Which fields of a siginfo are valid goes by its code and, for codes of the kernel, by the signal. */
enum layout { LAYOUT_KILL, LAYOUT_TIMER, LAYOUT_POLL, LAYOUT_FAULT, LAYOUT_CHLD, LAYOUT_RT, LAYOUT_SYS };

static enum layout siginfo_layout(const siginfo_t *info)
{
	if (info->si_code <= 0 || info->si_code >= SI_KERNEL_CODE) {
		if (info->si_code == SI_TIMER)
			return LAYOUT_TIMER;
		if (info->si_code == SI_SIGIO)
			return LAYOUT_POLL;
		return info->si_code < 0 ? LAYOUT_RT : LAYOUT_KILL;
	}
	switch (info->si_signo) {
	case SIGILL:
	case SIGFPE:
	case SIGSEGV:
	case SIGBUS:
	case SIGTRAP:
		return LAYOUT_FAULT;
	case SIGCHLD:
		return LAYOUT_CHLD;
	case SIGPOLL:
		return LAYOUT_POLL;
	case SIGSYS:
		return LAYOUT_SYS;
	}
	return info->si_code <= NSIGPOLL ? LAYOUT_POLL : LAYOUT_KILL;
}

static void to_wire(struct signalfd_siginfo *out, const siginfo_t *info)
{
	memset(out, 0, sizeof(*out));
	out->ssi_signo = info->si_signo;
	out->ssi_errno = info->si_errno;
	out->ssi_code = info->si_code;
	switch (siginfo_layout(info)) {
	case LAYOUT_KILL:
		out->ssi_pid = info->si_pid;
		out->ssi_uid = info->si_uid;
		break;
	case LAYOUT_TIMER:
		out->ssi_tid = info->si_tid;
		out->ssi_overrun = info->si_overrun;
		out->ssi_ptr = (unsigned long)info->si_ptr;
		out->ssi_int = info->si_int;
		break;
	case LAYOUT_POLL:
		out->ssi_band = info->si_band;
		out->ssi_fd = info->si_fd;
		break;
	case LAYOUT_FAULT:
		out->ssi_addr = (unsigned long)info->si_addr;
		out->ssi_addr_lsb = info->si_signo == SIGBUS ? info->si_addr_lsb : 0;
		break;
	case LAYOUT_CHLD:
		out->ssi_pid = info->si_pid;
		out->ssi_uid = info->si_uid;
		out->ssi_status = info->si_status;
		out->ssi_utime = info->si_utime;
		out->ssi_stime = info->si_stime;
		break;
	case LAYOUT_RT:
		out->ssi_pid = info->si_pid;
		out->ssi_uid = info->si_uid;
		out->ssi_ptr = (unsigned long)info->si_ptr;
		out->ssi_int = info->si_int;
		break;
	case LAYOUT_SYS:
		out->ssi_call_addr = (unsigned long)info->si_call_addr;
		out->ssi_syscall = info->si_syscall;
		out->ssi_arch = info->si_arch;
		break;
	}
}

static ssize_t signalfd_read(struct file *f, struct iter *to, loff_t *pos)
{
	struct signalfd *s = f->private;
	ssize_t done = 0;
	int err;

	if (iter_count(to) < sizeof(struct signalfd_siginfo))
		return -EINVAL;
	while (iter_count(to) >= sizeof(struct signalfd_siginfo)) {
		struct signalfd_siginfo wire;
		siginfo_t info;
		int sig = signal_dequeue(atomic_load(&s->mask), &info);

		if (!sig && (done || (READ_ONCE(f->flags) & O_NONBLOCK)))
			return done ? done : -EAGAIN;
		if (!sig) {
			err = wait_event_interruptible(&current->proc->signalfd_wait,
						       (sig = signal_dequeue(atomic_load(&s->mask), &info)));
			if (err)
				return err;
		}
		to_wire(&wire, &info);
		if (copy_to_iter(&wire, sizeof(wire), to) != sizeof(wire))
			return done ? done : -EFAULT;
		done += sizeof(wire);
	}
	return done;
}

static u32 signalfd_poll(struct file *f, struct poll_table *pt)
{
	struct signalfd *s = f->private;
	struct process *p = current->proc;

	poll_wait(f, &p->signalfd_wait, pt);
	return (READ_ONCE(current->pending.set) | READ_ONCE(p->shared.set)) & atomic_load(&s->mask) ? POLLIN
												    : 0;
}

static void signalfd_release(struct file *f)
{
	kfree(f->private);
}

static void signalfd_show_fdinfo(struct file *f, char *buf, size_t size)
{
	scnprintf(buf, size, "sigmask:\t%016lx\n", atomic_load(&((struct signalfd *)f->private)->mask));
}

static const struct file_ops signalfd_file_ops = {
	.read = signalfd_read,
	.plain = FMODE_READ,
	.llseek = noop_llseek,
	.poll = signalfd_poll,
	.release = signalfd_release,
	.show_fdinfo = signalfd_show_fdinfo,
};

int signalfd_create(u64 mask, int flags, struct file **out)
{
	struct signalfd *s = kzalloc(sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	s->mask = mask & ~SIG_KERNEL_ONLY;
	err = file_create_anon("[signalfd]", &signalfd_file_ops, s, O_RDWR | (flags & O_NONBLOCK), out);
	if (err) {
		kfree(s);
		return err;
	}
	return 0;
}

int signalfd_set_mask(struct file *f, u64 mask)
{
	struct signalfd *s = f->private;

	if (f->ops != &signalfd_file_ops)
		return refuse(EINVAL, "signalfd: the descriptor is no signalfd");
	atomic_store(&s->mask, mask & ~SIG_KERNEL_ONLY);
	waitq_wake_all(&current->proc->signalfd_wait);
	return 0;
}

void signalfd_process_gone(struct process *p)
{
	if (waitq_active(&p->signalfd_wait))
		waitq_wake_key(&p->signalfd_wait, POLLIN | POLLHUP | POLL_FREE_KEY, 0);
}
