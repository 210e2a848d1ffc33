// SPDX-License-Identifier: MIT
/*
 * Refusals and gaps.  refuse() is on error paths only: it stores one pointer in the task and counts the
 * reason in a small hashed table, keyed by the reason's address.  The table never forgets and never
 * grows; a reason that finds no slot near its hash is not counted.  Everything here is [atomic].
 */
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/task/task.h"
#include "syscall_nr.h"

#define NR_REASONS 256 /* power of two */

static struct {
	const char *reason;
	int err;
	u32 count;
} reasons[NR_REASONS];

static u32 missing_x64[NR_SYSCALLS + 1]; /* the last one: numbers beyond the table */
static u32 missing_ia32[NR_IA32_SYSCALLS + 1];

static void reason_count(int err, const char *reason)
{
	unsigned int at = ((unsigned long)reason >> 3) * 0x9e3779b1u % NR_REASONS;

	for (unsigned int probe = 0; probe < 8; probe++, at = (at + 1) % NR_REASONS) {
		const char *there = atomic_load(&reasons[at].reason);

		if (!there && atomic_cas(&reasons[at].reason, NULL, reason)) {
			reasons[at].err = err;
			there = reason;
		}
		if (atomic_load(&reasons[at].reason) == reason) {
			atomic_add(&reasons[at].count, 1);
			return;
		}
	}
}

long refuse(int err, const char *reason)
{
	current->refuse_reason = reason;
	reason_count(err, reason);
	return -err;
}

void gap_note_call(bool ia32, u32 nr)
{
	if (ia32)
		atomic_add(&missing_ia32[min(nr, (u32)NR_IA32_SYSCALLS)], 1);
	else
		atomic_add(&missing_x64[min(nr, (u32)NR_SYSCALLS)], 1);
}

long sys_ni_syscall(const struct regs *regs)
{
	gap_note_call(in_ia32_syscall(), (u32)regs->orig_ax);
	return -ENOSYS;
}

static bool gap_take(unsigned int *i, u32 count)
{
	return count && (*i)-- == 0;
}

bool gap_get(unsigned int i, struct gap *out)
{
	for (u32 nr = 0; nr <= NR_SYSCALLS; nr++)
		if (gap_take(&i, missing_x64[nr])) {
			*out = (struct gap){ NULL, ENOSYS, false, nr, missing_x64[nr] };
			return true;
		}
	for (u32 nr = 0; nr <= NR_IA32_SYSCALLS; nr++)
		if (gap_take(&i, missing_ia32[nr])) {
			*out = (struct gap){ NULL, ENOSYS, true, nr, missing_ia32[nr] };
			return true;
		}
	for (unsigned int at = 0; at < NR_REASONS; at++)
		if (gap_take(&i, reasons[at].count)) {
			*out = (struct gap){ reasons[at].reason, reasons[at].err, false, 0,
					     reasons[at].count };
			return true;
		}
	return false;
}
