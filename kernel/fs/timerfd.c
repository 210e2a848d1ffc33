// SPDX-License-Identifier: MIT
/*
 * timerfd_create(2).  The kernel timer runs on the monotonic clock.  An absolute time of CLOCK_REALTIME is
 * kept as it was given and turned into a monotonic one when the timer is armed and whenever the clock is set.
 * Later expirations of a periodic timer are counted when somebody looks, not one interrupt each.
 * Lock: t->lock (irq-safe) guards all but the wait queue.
 */
#include "kernel/fs/timerfd.h"

#include "kernel/base/string.h"
#include "kernel/fs/poll.h"
#include "kernel/gate/refuse.h"
#include "kernel/mm/slab.h"
#include "kernel/time/cancel.h"
#include "kernel/time/time.h"
#include <linux/time.h>
#include <linux/timerfd.h>

struct timerfd {
	struct spinlock lock;
	struct timer timer;
	struct clock_watch watch; /* registered for the realtime clocks */
	struct waitq wait;
	clockid_t clock; /* [const] */
	bool absolute_real; /* the expiry is a time of CLOCK_REALTIME: follows when it is set */
	bool cancel_on_set; /* TFD_TIMER_CANCEL_ON_SET is in force */
	bool cancelled; /* the clock was set: the next read says ECANCELED */
	bool expired; /* the kernel timer fired and was not restarted */
	u64 expires_ns; /* 0: disarmed; on CLOCK_REALTIME when absolute_real, else monotonic */
	u64 interval_ns;
	u64 ticks; /* expirations not yet read */
	int settime_flags; /* for fdinfo */
};

static bool clock_is_real(clockid_t clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM;
}

static u64 now_of(const struct timerfd *t)
{
	return t->absolute_real ? clock_real_ns() : clock_mono_ns();
}

static void start_locked(struct timerfd *t)
{
	u64 offset = t->absolute_real ? atomic_load(&realtime_offset_ns) : 0;

	t->expired = false;
	timer_start(&t->timer, t->expires_ns > offset ? t->expires_ns - offset : 0);
}

static void wake(struct timerfd *t)
{
	if (waitq_active(&t->wait))
		waitq_wake_key(&t->wait, POLLIN | POLLRDNORM, 1);
}

static void timerfd_fire(struct timer *timer)
{
	struct timerfd *t = container_of(timer, struct timerfd, timer);
	unsigned long flags = spin_lock_irqsave(&t->lock);

	if (t->expires_ns && !timer_active(timer)) { /* not re-armed or disarmed meanwhile */
		t->expired = true;
		t->ticks++;
	}
	spin_unlock_irqrestore(&t->lock, flags);
	wake(t);
}

static void timerfd_clock_set(struct clock_watch *watch)
{
	struct timerfd *t = container_of(watch, struct timerfd, watch);
	unsigned long flags = spin_lock_irqsave(&t->lock);

	if (t->cancel_on_set)
		t->cancelled = true;
	if (t->absolute_real && t->expires_ns && !t->expired)
		start_locked(t);
	spin_unlock_irqrestore(&t->lock, flags);
	wake(t);
}

/* Counts the periods that passed since the timer fired and starts it for the next one. */
static void catch_up_locked(struct timerfd *t)
{
	u64 now, missed;

	if (!t->expired || !t->interval_ns)
		return;
	now = now_of(t);
	missed = now > t->expires_ns ? (now - t->expires_ns) / t->interval_ns : 0;
	t->ticks += missed;
	t->expires_ns += (missed + 1) * t->interval_ns;
	start_locked(t);
}

/* True when read(2) has something to say; takes it. */
static bool take(struct timerfd *t, u64 *ticks, int *err)
{
	unsigned long flags = spin_lock_irqsave(&t->lock);
	bool ready = t->ticks || t->cancelled;

	*ticks = 0;
	*err = 0;
	if (t->cancelled) {
		t->cancelled = false;
		t->ticks = 0;
		*err = -ECANCELED;
	} else if (t->ticks) {
		catch_up_locked(t);
		*ticks = t->ticks;
		t->ticks = 0;
	}
	spin_unlock_irqrestore(&t->lock, flags);
	return ready;
}

static ssize_t timerfd_read(struct file *f, struct iter *to, loff_t *pos)
{
	struct timerfd *t = f->private;
	u64 ticks;
	int err, werr;

	if (iter_count(to) < sizeof(ticks))
		return -EINVAL;
	if (!take(t, &ticks, &err)) {
		if (READ_ONCE(f->flags) & O_NONBLOCK)
			return -EAGAIN;
		if ((werr = wait_event_interruptible(&t->wait, take(t, &ticks, &err))))
			return werr;
	}
	if (err)
		return err;
	return copy_to_iter(&ticks, sizeof(ticks), to) == sizeof(ticks) ? (ssize_t)sizeof(ticks) : -EFAULT;
}

static u32 timerfd_poll(struct file *f, struct poll_table *pt)
{
	struct timerfd *t = f->private;

	poll_wait(f, &t->wait, pt);
	return READ_ONCE(t->ticks) || READ_ONCE(t->cancelled) ? POLLIN : 0;
}

/* TFD_IOC_SET_TICKS: for checkpoint and restore. */
static long timerfd_ioctl(struct file *f, unsigned cmd, void *karg, unsigned long arg)
{
	struct timerfd *t = f->private;
	unsigned long flags;
	u64 ticks;

	if (cmd != TFD_IOC_SET_TICKS)
		return -ENOIOCTLCMD;
	ticks = *(u64 *)karg;
	if (!ticks)
		return -EINVAL;
	flags = spin_lock_irqsave(&t->lock);
	t->ticks = ticks;
	spin_unlock_irqrestore(&t->lock, flags);
	wake(t);
	return 0;
}

static void timerfd_release(struct file *f)
{
	struct timerfd *t = f->private;

	if (clock_is_real(t->clock))
		clock_watch_remove(&t->watch);
	timer_cancel_sync(&t->timer);
	kfree(t);
}

static void remaining_locked(struct timerfd *t, struct timerfd_value *v)
{
	u64 now = now_of(t);

	v->interval_ns = t->interval_ns;
	v->value_ns = t->expires_ns > now && !t->expired ? t->expires_ns - now : 0;
	/* Due but not yet fired reads as one nanosecond: 0 would say "disarmed". */
	if (!v->value_ns && t->expires_ns && !t->expired)
		v->value_ns = 1;
}

static void timerfd_show_fdinfo(struct file *f, char *buf, size_t size)
{
	struct timerfd *t = f->private;
	unsigned long flags = spin_lock_irqsave(&t->lock);
	struct timerfd_value v;

	remaining_locked(t, &v);
	scnprintf(buf, size,
		  "clockid: %d\nticks: %lu\nsettime flags: 0%o\nit_value: (%lu, %lu)\nit_interval: (%lu, "
		  "%lu)\n",
		  t->clock, t->ticks, t->settime_flags, v.value_ns / NSEC_PER_SEC, v.value_ns % NSEC_PER_SEC,
		  v.interval_ns / NSEC_PER_SEC, v.interval_ns % NSEC_PER_SEC);
	spin_unlock_irqrestore(&t->lock, flags);
}

static const struct file_ops timerfd_file_ops = {
	.read = timerfd_read,
	.plain = FMODE_READ,
	.llseek = noop_llseek,
	.poll = timerfd_poll,
	.ioctl = timerfd_ioctl,
	.release = timerfd_release,
	.show_fdinfo = timerfd_show_fdinfo,
};

int timerfd_create(clockid_t clock, int flags, struct file **out)
{
	struct timerfd *t;
	int err;

	if (clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME && clock != CLOCK_BOOTTIME_ALARM &&
	    !clock_is_real(clock))
		return refuse(EINVAL, "timerfd_create: not a clock for timers");
	if ((clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM) && !capable(CAP_WAKE_ALARM))
		return -EPERM;
	t = kzalloc(sizeof(*t));
	if (!t)
		return -ENOMEM;
	spin_lock_init(&t->lock);
	waitq_init(&t->wait);
	timer_init(&t->timer, timerfd_fire);
	t->clock = clock;
	err = file_create_anon("[timerfd]", &timerfd_file_ops, t, O_RDWR | (flags & O_NONBLOCK), out);
	if (err) {
		kfree(t);
		return err;
	}
	t->watch.fn = timerfd_clock_set;
	if (clock_is_real(clock))
		clock_watch_add(&t->watch);
	return 0;
}

int do_timerfd_settime(struct file *f, int flags, const struct timerfd_value *v, struct timerfd_value *old)
{
	bool absolute = flags & TFD_TIMER_ABSTIME;
	struct timerfd *t = f->private;
	unsigned long irq;

	if (f->ops != &timerfd_file_ops)
		return refuse(EINVAL, "timerfd_settime: not a timerfd");
	if ((t->clock == CLOCK_REALTIME_ALARM || t->clock == CLOCK_BOOTTIME_ALARM) &&
	    !capable(CAP_WAKE_ALARM))
		return -EPERM;

	timer_cancel_sync(&t->timer);
	irq = spin_lock_irqsave(&t->lock);
	timer_cancel(&t->timer); /* another thread may have armed it between the two lines */
	catch_up_locked(t);
	timer_cancel(&t->timer);
	remaining_locked(t, old);
	t->settime_flags = flags;
	t->absolute_real = absolute && clock_is_real(t->clock);
	t->cancel_on_set = t->absolute_real && (flags & TFD_TIMER_CANCEL_ON_SET);
	t->cancelled = t->expired = false;
	t->ticks = 0;
	t->interval_ns = v->interval_ns;
	t->expires_ns = v->value_ns;
	if (t->expires_ns) {
		if (!absolute)
			t->expires_ns += clock_mono_ns();
		start_locked(t);
	}
	spin_unlock_irqrestore(&t->lock, irq);
	return 0;
}

int do_timerfd_gettime(struct file *f, struct timerfd_value *out)
{
	struct timerfd *t = f->private;
	unsigned long flags;

	if (f->ops != &timerfd_file_ops)
		return refuse(EINVAL, "timerfd_gettime: not a timerfd");
	flags = spin_lock_irqsave(&t->lock);
	catch_up_locked(t);
	remaining_locked(t, out);
	spin_unlock_irqrestore(&t->lock, flags);
	return 0;
}
