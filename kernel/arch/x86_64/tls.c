// SPDX-License-Identifier: MIT
/*
 * The three TLS descriptors of a task, kept in arch_task.tls and copied to the GDT at each switch.
 * Source: set_thread_area(2), Linux 6.1 arch/x86/kernel/tls.c for the order of checks.
 */
#include "kernel/arch/x86_64/tls.h"
#include "kernel/arch/x86_64/internal.h"
#include "kernel/gate/uaccess.h"
#include "kernel/task/task.h"

static bool desc_is_zero(const struct user_desc *d)
{
	return !d->base_addr && !d->limit && !d->contents && !d->read_exec_only && !d->seg_32bit &&
	       !d->limit_in_pages && !d->seg_not_present && !d->useable;
}

static bool desc_is_empty(const struct user_desc *d) /* how programs ask for a slot to be cleared */
{
	return !d->base_addr && !d->limit && !d->contents && d->read_exec_only && !d->seg_32bit &&
	       !d->limit_in_pages && d->seg_not_present && !d->useable && !d->lm;
}

/* Only present 32-bit data segments: 16-bit stacks leak kernel stack bits, code segments are not for data. */
static bool desc_allowed(const struct user_desc *d)
{
	return desc_is_zero(d) || desc_is_empty(d) ||
	       (d->seg_32bit && d->contents <= 1 && !d->seg_not_present);
}

static u64 desc_encode(const struct user_desc *d)
{
	u64 type = (d->read_exec_only ? 0 : 2) | d->contents << 2 | 1;

	if (desc_is_zero(d) || desc_is_empty(d))
		return 0;
	return (d->limit & 0xffff) | (u64)(d->base_addr & 0xffffff) << 16 | type << 40 | 0x10UL << 40 |
	       3UL << 45 | (u64)!d->seg_not_present << 47 | (u64)(d->limit >> 16 & 15) << 48 |
	       (u64)d->useable << 52 | (u64)d->seg_32bit << 54 | (u64)d->limit_in_pages << 55 |
	       (u64)(d->base_addr >> 24) << 56;
}

/* A segment register that refers to the slot gets the new base at once, as if it had been loaded again. */
static void install(struct arch_task *a, int idx, u64 desc, u32 base)
{
	u16 sel = (u16)(idx << 3 | 3);

	a->tls[idx - GDT_TLS_MIN] = desc;
	if (a->fsindex == sel)
		a->fsbase = base;
	if (a->gsindex == sel)
		a->gsbase = base;
}

int tls_set(struct task *t, int idx, struct user_desc *info, bool can_allocate, bool *allocated)
{
	*allocated = false;
	if (!desc_allowed(info))
		return -EINVAL;
	if (idx == -1)
		idx = (int)info->entry_number;
	if (idx == -1 && can_allocate) {
		for (idx = GDT_TLS_MIN; idx <= GDT_TLS_MAX && t->arch.tls[idx - GDT_TLS_MIN]; idx++)
			;
		if (idx > GDT_TLS_MAX)
			return -ESRCH;
		info->entry_number = (u32)idx;
		*allocated = true;
	}
	if (idx < GDT_TLS_MIN || idx > GDT_TLS_MAX)
		return -EINVAL;
	preempt_disable();
	if (t == current)
		task_save_segments(&t->arch);
	install(&t->arch, idx, desc_encode(info), info->base_addr);
	if (t == current) {
		this_cpu()->arch->tls_set = true;
		task_load_segments(&t->arch);
	}
	preempt_enable();
	return 0;
}

int tls_get(struct task *t, int idx, struct user_desc *info)
{
	u64 d;

	if (idx == -1)
		idx = (int)info->entry_number;
	if (idx < GDT_TLS_MIN || idx > GDT_TLS_MAX)
		return -EINVAL;
	d = t->arch.tls[idx - GDT_TLS_MIN];
	*info = (struct user_desc){
		.entry_number = (u32)idx,
		.base_addr = (u32)(d >> 16 & 0xffffff) | (u32)(d >> 56) << 24,
		.limit = (u32)(d & 0xffff) | (u32)(d >> 48 & 15) << 16,
		.seg_32bit = d >> 54 & 1,
		.contents = d >> 42 & 3,
		.read_exec_only = !(d >> 41 & 1),
		.limit_in_pages = d >> 55 & 1,
		.seg_not_present = !(d >> 47 & 1),
		.useable = d >> 52 & 1,
	};
	return 0;
}
