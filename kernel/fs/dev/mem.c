// SPDX-License-Identifier: MIT
/* The memory devices of mem(4), null(4), random(4), full(4) and /dev/kmsg: major 1. */
#include "kernel/fs/internal.h"

#include "kernel/base/printk.h"
#include "kernel/base/random.h"
#include "kernel/base/string.h"
#include "kernel/mm/mm.h"
#include "kernel/signal/signal.h"
#include <linux/random.h>

#define MEM_MAJOR 1
#define KMSG_LINE 976 /* longest record, as in Linux */

static ssize_t null_read(struct file *f, struct iter *to, loff_t *pos)
{
	return 0;
}

static ssize_t null_write(struct file *f, struct iter *from, loff_t *pos)
{
	size_t n = iter_count(from);

	iter_advance(from, n);
	return (ssize_t)n;
}

static loff_t null_llseek(struct file *f, loff_t off, int whence)
{
	return f->pos = 0;
}

static ssize_t zero_read(struct file *f, struct iter *to, loff_t *pos)
{
	ssize_t done = 0;

	while (iter_count(to)) {
		size_t want = min(iter_count(to), (size_t)(16 * PAGE_SIZE)), n = iter_zero(want, to);

		done += (ssize_t)n;
		if (n < want)
			return done ? done : -EFAULT;
		if (signal_pending())
			return done;
		cond_resched();
	}
	return done;
}

static ssize_t full_write(struct file *f, struct iter *from, loff_t *pos)
{
	return -ENOSPC;
}

static ssize_t random_read(struct file *f, struct iter *to, loff_t *pos)
{
	u8 block[256];
	ssize_t done = 0;

	while (iter_count(to)) {
		size_t want = min(iter_count(to), sizeof(block)), n;

		random_bytes(block, want);
		n = copy_to_iter(block, want, to);
		done += (ssize_t)n;
		if (n < want) {
			done = done ? done : -EFAULT;
			break;
		}
		if (!(done % PAGE_SIZE)) { /* a big read ends at a signal, but not before its first page */
			if (signal_pending())
				break;
			cond_resched();
		}
	}
	memset(block, 0, sizeof(block));
	return done;
}

/* What is written is read and thrown away: the generator is seeded once and needs no help. */
static ssize_t random_write(struct file *f, struct iter *from, loff_t *pos)
{
	u8 block[256];
	ssize_t done = 0;

	while (iter_count(from)) {
		size_t want = min(iter_count(from), sizeof(block)), n = copy_from_iter(block, want, from);

		done += (ssize_t)n;
		if (n < want)
			return done ? done : -EFAULT;
	}
	return done;
}

static long random_ioctl(struct file *f, unsigned cmd, void *karg, unsigned long arg)
{
	switch (cmd) {
	case RNDGETENTCNT:
		*(int *)karg = 256;
		return 0;
	case RNDADDTOENTCNT:
	case RNDCLEARPOOL:
	case RNDZAPENTCNT:
	case RNDRESEEDCRNG:
		return capable(CAP_SYS_ADMIN) ? 0 : -EPERM;
	default:
		return -EINVAL;
	}
}

/* ---- /dev/kmsg ----------------------------------------------------------------------------------- */

static ssize_t kmsg_write(struct file *f, struct iter *from, loff_t *pos)
{
	char line[KMSG_LINE + 2], *text = line;
	size_t n = iter_count(from);

	if (n > KMSG_LINE)
		return -EINVAL;
	if (copy_from_iter(line, n, from) != n)
		return -EFAULT;
	line[n] = 0;
	if (*text == '<') { /* "<30>text": the priority is not kept */
		char *end = strchr(text, '>');

		if (end && end - text <= 5)
			text = end + 1;
	}
	size_t len = strlen(text);

	if (!len || text[len - 1] != '\n')
		text[len++] = '\n';
	log_write(text, len);
	return (ssize_t)n;
}

static const struct file_ops null_ops = {
	.read = null_read, .write = null_write, .llseek = null_llseek, .nowait = true, .no_splice_read = true
};
static const struct file_ops zero_ops = { .read = zero_read,
					  .write = null_write,
					  .llseek = null_llseek,
					  .mmap = file_mmap_zero,
					  .nowait = true,
					  .no_splice_read = true };
static const struct file_ops full_ops = { .read = zero_read,
					  .write = full_write,
					  .llseek = null_llseek,
					  .plain = FMODE_WRITE,
					  .no_splice_read = true };
static const struct file_ops random_ops = { .read = random_read,
					    .write = random_write,
					    .ioctl = random_ioctl,
					    .llseek = noop_llseek,
					    .nowait = true };
static const struct file_ops kmsg_ops = { .write = kmsg_write, .llseek = noop_llseek };

static const struct {
	const char *name;
	u32 minor;
	umode_t mode;
	const struct file_ops *ops;
} devices[] = {
	{ "null", 3, 0666, &null_ops },      { "zero", 5, 0666, &zero_ops },
	{ "full", 7, 0666, &full_ops },      { "random", 8, 0666, &random_ops },
	{ "urandom", 9, 0666, &random_ops }, { "kmsg", 11, 0644, &kmsg_ops },
};

static int mem_init(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		dev_t dev = MKDEV(MEM_MAJOR, devices[i].minor);
		int err = chrdev_register(dev, 1, "mem", devices[i].ops);

		if (err || (err = devtmpfs_create(devices[i].name, S_IFCHR | devices[i].mode, dev)))
			return err;
	}
	return 0;
}
INITCALL(INIT_FS, mem_init);
