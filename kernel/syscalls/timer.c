// SPDX-License-Identifier: MIT
/* Interval timers: getitimer(2), setitimer(2), alarm(2), timer_create(2) and its family. */
#include "abi/ia32/sigevent.h"
#include "kernel/gate/syscall.h"
#include "kernel/syscalls/timespec.h"
#include "kernel/time/itimer.h"

static int timeval_ns(s64 sec, s64 usec, u64 *ns)
{
	if (sec < 0 || usec < 0 || usec >= 1000000)
		return -EINVAL;
	*ns = (u64)min(sec, (s64)(INT64_MAX / NSEC_PER_SEC - 1)) * NSEC_PER_SEC + (u64)usec * NSEC_PER_USEC;
	return 0;
}

static void ns_timeval(u64 ns, s64 *sec, s64 *usec)
{
	*sec = (s64)(ns / NSEC_PER_SEC);
	*usec = (s64)(ns % NSEC_PER_SEC / NSEC_PER_USEC);
}

static long put_itimerval(const struct itimer_value *v, struct __kernel_old_itimerval __user *uv)
{
	s64 s[4];

	ns_timeval(v->interval_ns, &s[0], &s[1]);
	ns_timeval(v->value_ns, &s[2], &s[3]);

	struct __kernel_old_itimerval it = { { s[0], s[1] }, { s[2], s[3] } };

	return copy_to_user(uv, &it, sizeof(it));
}

static long put_ia32_itimerval(const struct itimer_value *v, struct ia32_itimerval __user *uv)
{
	s64 s[4];

	ns_timeval(v->interval_ns, &s[0], &s[1]);
	ns_timeval(v->value_ns, &s[2], &s[3]);

	struct ia32_itimerval it = { { (s32)s[0], (s32)s[1] }, { (s32)s[2], (s32)s[3] } };

	return copy_to_user(uv, &it, sizeof(it));
}

SYSCALL_DEFINE2(getitimer, int, which, struct __kernel_old_itimerval __user *, value)
{
	struct itimer_value v;
	int err = do_getitimer(which, &v);

	return err ? err : put_itimerval(&v, value);
}

IA32_SYSCALL_DEFINE2(getitimer, int, which, struct ia32_itimerval __user *, value)
{
	struct itimer_value v;
	int err = do_getitimer(which, &v);

	return err ? err : put_ia32_itimerval(&v, value);
}

static int set_itimer(int which, const struct __kernel_old_itimerval *it, struct itimer_value *old)
{
	struct itimer_value v;
	int err;

	if ((err = timeval_ns(it->it_value.tv_sec, it->it_value.tv_usec, &v.value_ns)) ||
	    (err = timeval_ns(it->it_interval.tv_sec, it->it_interval.tv_usec, &v.interval_ns)))
		return err;
	return do_setitimer(which, &v, old);
}

/* A NULL new value disarms, as Linux still allows. */
SYSCALL_DEFINE3(setitimer, int, which, const struct __kernel_old_itimerval __user *, value,
		struct __kernel_old_itimerval __user *, ovalue)
{
	struct __kernel_old_itimerval it = { 0 };
	struct itimer_value old;
	int err;

	if (value && copy_from_user(&it, value, sizeof(it)))
		return -EFAULT;
	if ((err = set_itimer(which, &it, &old)))
		return err;
	return ovalue ? put_itimerval(&old, ovalue) : 0;
}

IA32_SYSCALL_DEFINE3(setitimer, int, which, const struct ia32_itimerval __user *, value,
		     struct ia32_itimerval __user *, ovalue)
{
	struct ia32_itimerval it = { 0 };
	struct itimer_value old;
	int err;

	if (value && copy_from_user(&it, value, sizeof(it)))
		return -EFAULT;

	const struct __kernel_old_itimerval wide = {
		.it_interval = { it.it_interval.tv_sec, it.it_interval.tv_usec },
		.it_value = { it.it_value.tv_sec, it.it_value.tv_usec },
	};

	if ((err = set_itimer(which, &wide, &old)))
		return err;
	return ovalue ? put_ia32_itimerval(&old, ovalue) : 0;
}

/* Seconds that were left, rounded to the nearest and never to 0 while armed (alarm(2), Linux 6.1). */
SYSCALL_DEFINE1(alarm, unsigned int, seconds)
{
	struct itimer_value v = { min((u64)seconds, (u64)INT32_MAX) * NSEC_PER_SEC, 0 }, old;
	u64 sec;

	if (do_setitimer(ITIMER_REAL, &v, &old))
		return 0;
	sec = old.value_ns / NSEC_PER_SEC;
	if ((old.value_ns && !sec) || old.value_ns % NSEC_PER_SEC >= NSEC_PER_SEC / 2)
		sec++;
	return (long)sec;
}

static long create_timer(clockid_t clock, int notify, int signo, sigval_t value, pid_t tid, bool defaults,
			 int __user *uid)
{
	long id = do_timer_reserve(clock, notify, signo, value, tid, defaults);
	int err;

	if (id < 0)
		return id;
	/* The program may see a number that it does not get: Linux asks for the permission last. */
	err = put_user((int)id, uid) ? -EFAULT : do_timer_publish((int)id);
	if (err)
		do_timer_unreserve((int)id);
	return err;
}

SYSCALL_DEFINE3(timer_create, clockid_t, which_clock, struct sigevent __user *, timer_event_spec,
		int __user *, created_timer_id)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };

	if (timer_event_spec && copy_from_user(&ev, timer_event_spec, sizeof(ev)))
		return -EFAULT;
	return create_timer(which_clock, ev.sigev_notify, ev.sigev_signo, ev.sigev_value, ev._sigev_un._tid,
			    !timer_event_spec, created_timer_id);
}

IA32_SYSCALL_DEFINE3(timer_create, clockid_t, which_clock, struct ia32_sigevent __user *, timer_event_spec,
		     int __user *, created_timer_id)
{
	struct ia32_sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	sigval_t value = { 0 };

	if (timer_event_spec && copy_from_user(&ev, timer_event_spec, sizeof(ev)))
		return -EFAULT;
	value.sival_ptr = (void *)(unsigned long)ev.sigev_value;
	return create_timer(which_clock, ev.sigev_notify, ev.sigev_signo, value, ev.tid, !timer_event_spec,
			    created_timer_id);
}

SYSCALL_DEFINE4(timer_settime, int, timer_id, int, flags, const struct __kernel_itimerspec __user *,
		new_setting, struct __kernel_itimerspec __user *, old_setting)
{
	struct itimer_value v, old;
	int err;

	if (!new_setting)
		return -EINVAL;
	if ((err = get_itimerspec(new_setting, &v.interval_ns, &v.value_ns)) ||
	    (err = do_timer_settime(timer_id, flags, &v, &old)) || !old_setting)
		return err;
	return put_itimerspec(old.interval_ns, old.value_ns, old_setting);
}

IA32_SYSCALL_DEFINE4(timer_settime, int, timer_id, int, flags, const struct ia32_itimerspec __user *,
		     new_setting, struct ia32_itimerspec __user *, old_setting)
{
	struct itimer_value v, old;
	int err;

	if (!new_setting)
		return -EINVAL;
	if ((err = get_ia32_itimerspec(new_setting, &v.interval_ns, &v.value_ns)) ||
	    (err = do_timer_settime(timer_id, flags, &v, &old)) || !old_setting)
		return err;
	return put_ia32_itimerspec(old.interval_ns, old.value_ns, old_setting);
}

SYSCALL_DEFINE2(timer_gettime, int, timer_id, struct __kernel_itimerspec __user *, setting)
{
	struct itimer_value v;
	int err = do_timer_gettime(timer_id, &v);

	return err ? err : put_itimerspec(v.interval_ns, v.value_ns, setting);
}

IA32_SYSCALL_DEFINE2(timer_gettime, int, timer_id, struct ia32_itimerspec __user *, setting)
{
	struct itimer_value v;
	int err = do_timer_gettime(timer_id, &v);

	return err ? err : put_ia32_itimerspec(v.interval_ns, v.value_ns, setting);
}

SYSCALL_DEFINE1(timer_getoverrun, int, timer_id)
{
	return do_timer_getoverrun(timer_id);
}

SYSCALL_DEFINE1(timer_delete, int, timer_id)
{
	return do_timer_delete(timer_id);
}
