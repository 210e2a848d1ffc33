// SPDX-License-Identifier: MIT
/*
 * Time: the TSC is the clock, the local APIC's one-shot timer (or its TSC deadline) the alarm.
 *
 * The TSC's frequency comes from CPUID, else from a measurement of at most 100 us against the APIC timer,
 * which QEMU and KVM clock at exactly 1 GHz, or against the ACPI PM timer or the PIT on other machines.
 * Later, long intervals between two programmings of the timer give better estimates; the clock stays
 * continuous.
 *
 * All TSCs are taken to run alike (they do in QEMU, KVM and on invariant-TSC machines).
 * clock_data is written by the boot CPU with interrupts off, under its sequence count.
 */
#include "kernel/arch/x86_64/clock.h"
#include "kernel/arch/x86_64/internal.h"
#include "kernel/arch/x86_64/pvh.h"
#include "kernel/time/time.h"

#define APIC_HZ_QEMU    1000000000UL
#define PM_TIMER_HZ     3579545UL
#define PIT_HZ          1193182UL
#define CALIBRATE_SHORT 10000 /* APIC ticks: enough to recognise -icount, where TSC = APIC clock */
#define CALIBRATE_LONG  90000
#define REFINE_MIN_NS   (20 * NSEC_PER_MSEC)
#define REFINE_STEPS    6

static struct clock_data clock;
static u64 tsc_hz; /* [clock.seq] */
static u64 tsc_per_ns; /* [clock.seq] 32.32 */
static u64 apic_per_ns; /* [const] 32.32 */
static bool deadline_mode; /* [const] */
static int refine_left; /* boot CPU only */
static u64 refine_best_ns = REFINE_MIN_NS;

struct armed { /* what this CPU's timer was last set to */
	u64 tsc;
	u32 count;
};
static struct armed armed[MAX_CPUS];

static inline u64 scale(u64 v, u64 factor) /* v * factor / 2^32 */
{
	return (u64)((unsigned __int128)v * factor >> 32);
}

static u64 ratio(u64 num, u64 den) /* num * 2^32 / den, for num < 2^32 * den */
{
	u64 whole = num / den, rest = num % den;

	return whole << 32 | (rest << 24) / den << 8; /* 24 fractional bits: 0.06 ppm */
}

u64 arch_clock_ns(void)
{
	u64 ns;
	u32 seq;

	do {
		seq = atomic_load(&clock.seq);

		u64 delta = rdtsc() - clock.base_tsc;

		ns = clock.base_ns + ((s64)delta < 0 ? 0 : scale(delta, clock.mult));
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (unlikely(seq & 1 || seq != READ_ONCE(clock.seq)));
	return ns;
}

u64 clock_tsc_hz(void)
{
	return tsc_hz;
}

/* From `tsc` on the clock runs at hz.  Interrupts are off. */
static void set_frequency(u64 hz, u64 tsc)
{
	u64 now = clock.base_ns + scale(tsc - clock.base_tsc, clock.mult);

	WRITE_ONCE(clock.seq, clock.seq + 1);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	tsc_hz = hz;
	clock.base_tsc = tsc;
	clock.base_ns = now;
	clock.mult = ratio(NSEC_PER_SEC, hz);
	tsc_per_ns = ratio(hz, NSEC_PER_SEC);
	atomic_store(&clock.seq, clock.seq + 1);
	vdso_publish_clock(&clock);
}

/* ---- calibration ---- */

struct sample {
	u64 tsc;
	u32 count;
};

/* TSC and APIC count at one moment: the tightest of a few readings. */
static struct sample sample_apic(int tries)
{
	struct sample best = { 0, 0 };
	u64 best_width = ~0UL;

	for (int i = 0; i < tries; i++) {
		u64 t0 = rdtsc();
		u32 count = apic_timer_count();
		u64 width = rdtsc() - t0;

		if (width < best_width) {
			best_width = width;
			best = (struct sample){ t0 + width / 2, count };
		}
	}
	return best;
}

static u64 calibrate_by_apic(u64 apic_hz)
{
	struct sample a, b;
	u64 hz;

	apic_timer_setup(false);
	apic_timer_start(~0U);
	a = sample_apic(4);
	while (a.count - apic_timer_count() < CALIBRATE_SHORT)
		;
	b = sample_apic(4);
	hz = (b.tsc - a.tsc) * apic_hz / (a.count - b.count);
	/* -icount: both count instructions, and the TSC's rate is exact by definition. */
	if (apic_hz == APIC_HZ_QEMU && hz > APIC_HZ_QEMU / 1000 * 995 && hz < APIC_HZ_QEMU / 1000 * 1005) {
		apic_timer_start(0);
		return APIC_HZ_QEMU;
	}
	while (a.count - apic_timer_count() < CALIBRATE_LONG)
		;
	b = sample_apic(8);
	apic_timer_start(0);
	return (b.tsc - a.tsc) * apic_hz / (a.count - b.count);
}

/* Waits about 1 ms by the PM timer or the PIT; returns the time that really passed in ns. */
static u64 wait_reference(void)
{
	if (acpi.pm_timer_port) {
		u16 port = (u16)acpi.pm_timer_port;
		u32 start = inl(port), ticks;

		do
			ticks = (inl(port) - start) & 0xffffff;
		while (ticks < PM_TIMER_HZ / 1000);
		return ticks * NSEC_PER_SEC / PM_TIMER_HZ;
	}
	outb(0x61, (inb(0x61) & ~2) | 1); /* speaker off, gate of channel 2 on */
	outb(0x43, 0xb0); /* channel 2, mode 0, low byte then high */
	outb(0x42, (PIT_HZ / 1000) & 0xff);
	outb(0x42, (PIT_HZ / 1000) >> 8);
	for (u32 i = 0; i < 10000000 && !(inb(0x61) & 0x20); i++)
		;
	return NSEC_PER_MSEC;
}

/* Neither CPUID nor the hypervisor tells: measure both clocks. */
static u64 calibrate_by_reference(u64 *apic_hz)
{
	struct sample a, b;
	u64 ns;

	apic_timer_setup(false);
	apic_timer_start(~0U);
	a = sample_apic(4);
	ns = wait_reference();
	b = sample_apic(4);
	apic_timer_start(0);
	*apic_hz = (u64)(a.count - b.count) * NSEC_PER_SEC / ns;
	return (b.tsc - a.tsc) * NSEC_PER_SEC / ns;
}

void arch_init_timer(void)
{
	u64 apic_hz = APIC_HZ_QEMU, hz = (u64)cpu_has.tsc_khz * 1000;

	deadline_mode = cpu_has.tsc_deadline;
	if (!cpu_has.qemu_apic && !(hz && deadline_mode)) {
		hz = calibrate_by_reference(&apic_hz);
		refine_left = REFINE_STEPS;
	} else if (!hz) {
		hz = calibrate_by_apic(apic_hz);
		refine_left = hz == APIC_HZ_QEMU ? 0 : REFINE_STEPS;
	}
	apic_per_ns = ratio(apic_hz, NSEC_PER_SEC);
	set_frequency(hz, rdtsc());
	clock_init_cpu();
}

void clock_init_cpu(void)
{
	apic_timer_setup(deadline_mode);
}

/*
 * The timer has counted for a long time and is still running: its count against the TSC is a better
 * measurement than all before.  Boot CPU only, interrupts off.
 */
static void refine(const struct armed *a)
{
	u64 elapsed = scale(rdtsc() - a->tsc, clock.mult);
	struct sample s;

	if (elapsed < refine_best_ns * 2)
		return;
	s = sample_apic(2);
	if (!s.count || s.count >= a->count)
		return;
	refine_best_ns = elapsed;
	refine_left--;

	u64 apic_ns = ((u64)(a->count - s.count) << 32) / apic_per_ns;
	u64 hz = (u64)((s.tsc - a->tsc) * (NSEC_PER_SEC / 1000) / (apic_ns / 1000));

	if (hz > tsc_hz / 100 * 97 && hz < tsc_hz / 100 * 103) /* else something stopped one of the clocks */
		set_frequency(hz, s.tsc);
}

void arch_timer_program(u64 deadline_ns)
{
	unsigned long flags = arch_irq_save();
	struct armed *a = &armed[this_cpu()->id];
	u64 now, count;

	if (unlikely(refine_left) && !this_cpu()->id && a->count)
		refine(a);
	if (deadline_ns == ~0UL) {
		a->count = 0;
		if (deadline_mode)
			wrmsr(MSR_TSC_DEADLINE, 0);
		else
			apic_timer_start(0);
		arch_irq_restore(flags);
		return;
	}
	now = arch_clock_ns();
	if (deadline_mode) {
		u64 tsc = clock.base_tsc + scale(deadline_ns - clock.base_ns, tsc_per_ns);

		wrmsr(MSR_TSC_DEADLINE, tsc ? tsc : 1);
	} else {
		count = deadline_ns > now ? scale(min(deadline_ns - now, 4 * NSEC_PER_SEC), apic_per_ns) : 0;
		a->count = (u32)(count ? min(count, (u64)~0U) : 1);
		a->tsc = rdtsc();
		apic_timer_start(a->count);
	}
	arch_irq_restore(flags);
}

void clock_timer_interrupt(void)
{
	armed[this_cpu()->id].count = 0; /* it has stopped: no reference any more */
}

/* ---- the battery-backed clock ---- */

u8 cmos_read(u8 reg)
{
	outb(0x70, reg | 0x80);
	return inb(0x71);
}

static u32 from_bcd(u8 v, bool binary)
{
	return binary ? v : (v >> 4) * 10u + (v & 15);
}

static u64 days_from_civil(u32 y, u32 m, u32 d) /* since 1970-01-01, proleptic Gregorian */
{
	y -= m <= 2;

	u32 era = y / 400, yoe = y - era * 400;
	u32 doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;

	return (u64)era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

u64 arch_wall_clock_sec(void)
{
	u8 r[6], again[6], mode;
	static const u8 regs[6] = { 0, 2, 4, 7, 8, 9 }; /* second minute hour day month year */

	if (acpi.no_rtc || !(cmos_read(0x0d) & 0x80) || cmos_read(0x0d) == 0xff)
		return 0;
	for (int tries = 0; tries < 8; tries++) {
		for (int i = 0; i < 10000 && cmos_read(0x0a) & 0x80; i++)
			cpu_relax();
		for (int i = 0; i < 6; i++)
			r[i] = cmos_read(regs[i]);
		for (int i = 0; i < 6; i++)
			again[i] = cmos_read(regs[i]);
		if (!__builtin_memcmp(r, again, 6))
			break;
	}
	mode = cmos_read(0x0b);

	bool binary = mode & 4, pm = !(mode & 2) && r[2] & 0x80;
	u32 hour = from_bcd(r[2] & (mode & 2 ? 0xff : 0x7f), binary);

	if (!(mode & 2))
		hour = hour % 12 + (pm ? 12 : 0);
	u32 year = 2000 + from_bcd(r[5], binary), month = from_bcd(r[4], binary),
	    day = from_bcd(r[3], binary);

	if (!month || month > 12 || !day || day > 31 || hour > 23)
		return 0;
	return ((days_from_civil(year, month, day) * 24 + hour) * 60 + from_bcd(r[1], binary)) * 60 +
	       from_bcd(r[0], binary);
}
