// SPDX-License-Identifier: MIT
/*
 * The kernel log and console output.  Lines go to a ring and, polled, to the serial port; `quiet`
 * keeps pr_info() off the serial port.  Lock: log_lock (irq-safe), skipped once panicking.
 */
#include "kernel/base/printk.h"
#include "kernel/arch/arch.h"
#include "kernel/base/asan.h"
#include "kernel/base/cmdline.h"
#include "kernel/base/string.h"
#include "kernel/sync/spinlock.h"

static struct spinlock log_lock = SPINLOCK_INIT_NAMED("log_lock");
static char log_ring[LOG_SIZE]; /* [log_lock] */
static u64 log_end; /* [log_lock] bytes ever written */
static bool panicking;

static void emit(const char *s, size_t len, bool console)
{
	for (size_t i = 0; i < len; i++) {
		log_ring[log_end++ % LOG_SIZE] = s[i];
		if (!console)
			continue;
		if (s[i] == '\n')
			arch_early_putc('\r');
		arch_early_putc(s[i]);
	}
}

static void log_emit(const char *s, size_t len, bool console)
{
	if (panicking) {
		emit(s, len, true);
		return;
	}

	unsigned long flags = spin_lock_irqsave(&log_lock);

	emit(s, len, console);
	spin_unlock_irqrestore(&log_lock, flags);
}

void panic_mode_enter(void)
{
	panicking = true;
	asan_stop();
}

void log_write(const char *s, size_t len)
{
	log_emit(s, len, !cmdline_has("quiet"));
}

static void vprint(bool console, const char *fmt, va_list ap)
{
	char line[256];
	int len = vsnprintf(line, sizeof(line), fmt, ap);

	log_emit(line, min((size_t)len, sizeof(line) - 1), console);
}

void printk(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprint(true, fmt, ap);
	va_end(ap);
}

void pr_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprint(!cmdline_has("quiet"), fmt, ap);
	va_end(ap);
}

size_t log_size(void)
{
	return min(READ_ONCE(log_end), (u64)LOG_SIZE);
}

size_t log_read_tail(char *buf, size_t size)
{
	unsigned long flags = spin_lock_irqsave(&log_lock);
	size_t n = min(size, (size_t)min(log_end, (u64)LOG_SIZE));

	for (size_t i = 0; i < n; i++)
		buf[i] = log_ring[(log_end - n + i) % LOG_SIZE];
	spin_unlock_irqrestore(&log_lock, flags);
	return n;
}
