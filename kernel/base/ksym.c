// SPDX-License-Identifier: MIT
/*
 * Names for kernel addresses, and backtraces by frame pointer.  The table is made by tools/gen/ksyms.py
 * between the two link passes (its head describes the format); in the first pass it is empty.
 * Used when things have gone wrong: takes no lock, touches no memory it has not checked.
 */
#include "kernel/base/ksym.h"
#include "kernel/arch/arch.h"
#include "kernel/base/string.h"

#define MAX_FRAMES 32

extern const char ksym_blob[];
extern const unsigned long ksym_count;
extern const char kernel_start[], text_end[], kernel_end[]; /* kernel.lds */

static const u32 *offsets(void)
{
	return (const u32 *)ksym_blob;
}

/* Index of the last symbol at or below the offset; -1 when there is none. */
static long find(u32 offset)
{
	unsigned long low = 0, high = READ_ONCE(ksym_count);

	while (low < high) {
		unsigned long mid = (low + high) / 2;

		if (offsets()[mid] <= offset)
			low = mid + 1;
		else
			high = mid;
	}
	return (long)low - 1;
}

/* Looks addr + bias up, shows the offset of addr. */
static void format(unsigned long addr, long bias, char *buf, size_t size)
{
	unsigned long count = READ_ONCE(ksym_count);
	bool text = addr >= (unsigned long)kernel_start && addr < (unsigned long)text_end;
	long i = text ? find((u32)(addr + bias - KERNEL_VMA)) : -1;

	if (i < 0) {
		snprintf(buf, size, "0x%lx", addr);
		return;
	}

	const u32 *off = offsets(), *len = off + count, *name = len + count;
	const char *names = (const char *)(name + count);

	snprintf(buf, size, "%s+0x%x/0x%x", names + name[i], (u32)(addr - KERNEL_VMA) - off[i], len[i]);
}

void ksym_format(unsigned long addr, char *buf, size_t size)
{
	format(addr, 0, buf, size);
}

/* Kernel stacks are in the image (boot), the direct map or the vmalloc area. */
static bool plausible(unsigned long bp, unsigned long last)
{
	if (bp & 7 || bp <= last)
		return false;
	return (bp >= DIRECT_MAP && bp < VMALLOC_END) ||
	       (bp >= (unsigned long)kernel_start && bp < (unsigned long)kernel_end);
}

void backtrace_print(unsigned long bp)
{
	unsigned long last = 0;
	char text[96];

	for (int i = 0; i < MAX_FRAMES && plausible(bp, last); i++) {
		const unsigned long *frame = (const unsigned long *)bp;

		if (last && bp - last > KSTACK_SIZE)
			break; /* another stack, or not a frame at all */
		if (frame[1] < (unsigned long)kernel_start || frame[1] >= (unsigned long)text_end)
			break;
		/*
		 * The return address of a call that does not return may belong to the next function
		 * already.
		 */
		format(frame[1], -1, text, sizeof(text));
		printk(" %s\n", text);
		last = bp;
		bp = frame[0];
	}
}
