/* SPDX-License-Identifier: MIT */
/*
 * Signals: pending queues, dispositions, sending and delivery.  Lock: process->siglock (irq-safe)
 * guards the queues, sighand->action and the group state.  Source: signal(7), sigaction(2).
 */
#pragma once

#include "kernel/base/list.h"
#include "kernel/sync/spinlock.h"
#include "kernel/task/pid.h"
#include <linux/signal.h>

struct task;
struct process;
struct pid;
struct user;
struct regs;
struct restart_block;

#define NSIG_K          64
#define SA_IA32_K       0x02000000UL /* internal: set by a 32-bit sigaction(2), chooses the frame */
#define SIGMASK(sig)    (1UL << ((sig)-1))
#define SIG_KERNEL_ONLY (SIGMASK(SIGKILL) | SIGMASK(SIGSTOP))

struct k_sigaction {
	unsigned long handler; /* user address, or 0 SIG_DFL, 1 SIG_IGN */
	unsigned long flags;
	unsigned long restorer;
	u64 mask;
};

struct sighand {
	u32 refs; /* [atomic] tasks that share it (CLONE_SIGHAND) */
	/* irq-safe; for CLONE_SIGHAND without CLONE_THREAD; nested inside process->siglock */
	struct spinlock lock;
	/* [lock] index sig-1; written with siglock held as well, a handler alone is read with that */
	struct k_sigaction action[NSIG_K] __guarded_by(&lock);
};

struct sigpending {
	u64 set;
	struct list_head queue; /* struct sigqueue */
};

struct sigqueue {
	struct list_head node;
	siginfo_t info;
	struct user *user; /* who is charged for it: RLIMIT_SIGPENDING */
};

/* A signal about to be delivered to a handler. */
struct ksignal {
	struct k_sigaction action;
	siginfo_t info;
	int sig;
};

void sigpending_init(struct sigpending *p) __no_lock_analysis; /* nobody else has it yet */
void sigpending_flush(struct sigpending *p);
int __must_check sighand_create(struct sighand **out); /* all default */
int __must_check sighand_copy(struct sighand **out); /* what current has */
void sighand_clear(struct sighand *s); /* no handlers; what was ignored stays ignored */
void sighand_put(struct sighand *s);

/*
 * Send. 0, -EAGAIN (queue limit for SI_QUEUE-like signals), never sleeps; info NULL: from the kernel
 * (SI_KERNEL).
 */
int signal_send_task(struct task *t, int sig, const siginfo_t *info); /* thread-directed */
int signal_send_process(struct process *p, int sig, const siginfo_t *info); /* process-directed */
/*
 * A timer's signal needs no place in the queues of its user: the timer has one as long as it lives.  NULL:
 * RLIMIT_SIGPENDING of t leaves none.  t of signal_send_timer(): NULL for all of p.
 */
struct user *signal_charge(struct task *t, bool override_limit);
void signal_uncharge(struct user *u);
int signal_send_timer(struct process *p, struct task *t, int sig, const siginfo_t *info);
int signal_send_pgrp(struct pid *pgrp, int sig, const siginfo_t *info); /* tasklist_lock not held */
int signal_send_pgrp_locked(struct pid *pgrp, int sig, const siginfo_t *info)
	__must_hold_shared(&tasklist_lock);
int signal_broken_pipe(void); /* SIGPIPE to current, as if from itself: -EPIPE, for its write */
/* For a fault of current: cannot be blocked or ignored (forced to SIG_DFL then). */
void signal_force(int sig, int code, unsigned long addr, int trapno);
void signal_force_info(const siginfo_t *info);
void signal_force_kill(int sig); /* current dies by sig (bad sigframe: SIGSEGV) */
/* kill(2) permission of current towards t; sig 0 allowed. 0, -EPERM, and -EINVAL for no signal */
int __must_check signal_may_send(struct task *t, int sig);
long do_kill(pid_t pid, int sig, const siginfo_t *info); /* kill(2) including pid 0, -1, -pgrp */

bool signal_pending(void); /* current: WORK_SIGNAL is set */
bool fatal_signal_pending(void); /* SIGKILL pending, or group exit */
void signal_set_blocked(u64 mask); /* of current; KILL and STOP are removed; recalculates */
/*
 * Delivers what is pending before the return to user mode: handler frames, stops, death; handles
 * -ERESTART*.
 */
void signal_deliver(struct regs *regs);
/* execve: handlers to default, sighand unshared, altstack reset (alloc done before) */
void signal_exec(void);
int __must_check signal_exec_prepare(void); /* may allocate a private sighand: -ENOMEM */
void signal_exit_task(struct task *t); /* re-targets shared signals of a dying thread, flushes private ones */
/* Takes the next pending signal in `set` (sigtimedwait, signalfd): number or 0. siglock not held. */
int signal_dequeue(u64 set, siginfo_t *info);
bool signal_ignored(struct task *t, int sig); /* disposition would discard it (tty: background writers) */
void notify_parent_exit(struct task *leader) __must_hold(&tasklist_lock); /* SIGCHLD and wait queue */
void notify_parent_stop(struct process *p, int why); /* CLD_STOPPED, CLD_CONTINUED */

/* Workers of the system calls: kernel types. */
int __must_check do_sigaction(int sig, const struct k_sigaction *new, struct k_sigaction *old);
int __must_check do_sigaltstack(const stack_t *new, stack_t *old, unsigned long sp, size_t min_size);
u64 signal_pending_set(void); /* sigpending(2) of current */
/*
 * Waits for one of `set` (already without KILL and STOP): the number, -EAGAIN (timeout_ns ran out),
 * -EINTR.
 */
int do_sigtimedwait(u64 set, siginfo_t *info, u64 timeout_ns);
int do_pause(void); /* -ERESTARTNOHAND */
int do_sigsuspend(u64 mask); /* the same, with another mask meanwhile */
int do_tkill(pid_t tgid, pid_t tid, int sig, const siginfo_t *info); /* tgid 0: any */
void signal_fill_user_info(siginfo_t *info, int sig, int code); /* SI_USER, SI_TKILL from current */
/*
 * Installs mask for the rest of the call; the old one comes back on return to user mode, or after the
 * handler.
 */
void signal_set_temporary_mask(u64 mask);
/* Is sp on current's alternate stack?  Where a handler's frame starts (sigframe). */
bool signal_on_altstack(unsigned long sp);
int signal_altstack_flags(unsigned long sp);
u64 signal_mask_to_save(void); /* the mask that a frame records */
/* After a frame was built: blocks the handler's mask, SS_AUTODISARM. */
void signal_delivered(const struct ksignal *ks);

/* user-visible layouts */
struct ia32_siginfo;
void siginfo_to_ia32(struct ia32_siginfo *to, const siginfo_t *from);
void siginfo_from_ia32(siginfo_t *to, const struct ia32_siginfo *from);
