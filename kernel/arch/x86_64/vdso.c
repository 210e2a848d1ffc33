// SPDX-License-Identifier: MIT
/*
 * Mapping the vDSO into programs, and keeping its data page.  Pages are made on first use and live for
 * ever.  Layout in a program, as Linux: [vvar] page, then [vdso]; both VM_SPECIAL.
 *
 * Lock: vdso_lock guards the making of the pages; the data page is written with interrupts off by
 * whoever holds data_lock.
 */
#include "kernel/arch/x86_64/vdso.h"
#include "kernel/arch/x86_64/clock.h"
#include "kernel/arch/x86_64/internal.h"
#include "kernel/base/string.h"
#include "kernel/mm/mm.h"
#include "kernel/sync/guard.h"

#define MAX_IMAGE_PAGES 4

struct image {
	const char *start, *end;
	struct page *page[MAX_IMAGE_PAGES];
	u64 nr_pages; /* 0: not made yet */
};

static struct mutex vdso_lock = MUTEX_INIT(vdso_lock);
static struct spinlock data_lock = SPINLOCK_INIT;
static struct image image64 = { vdso64_start, vdso64_end, { NULL }, 0 };
static struct image image32 = { vdso32_start, vdso32_end, { NULL }, 0 };
static struct page *vvar_page;
static struct vdso_data data; /* master copy */

/* ---- the data page ---- */

static void publish(void)
{
	struct vdso_data *d = vvar_page ? page_to_virt(vvar_page) : NULL;

	if (!d)
		return;
	WRITE_ONCE(d->seq, d->seq | 1);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	d->base_tsc = data.base_tsc;
	d->base_ns = data.base_ns;
	d->mult = data.mult;
	d->real_off = data.real_off;
	atomic_store(&d->seq, (d->seq | 1) + 1);
}

void vdso_publish_clock(const struct clock_data *cd)
{
	unsigned long flags = spin_lock_irqsave(&data_lock);

	data.base_tsc = cd->base_tsc;
	data.base_ns = cd->base_ns;
	data.mult = cd->mult;
	publish();
	spin_unlock_irqrestore(&data_lock, flags);
}

void arch_vdso_update(u64 mono_ns, s64 realtime_offset)
{
	unsigned long flags = spin_lock_irqsave(&data_lock);

	data.real_off = realtime_offset;
	publish();
	spin_unlock_irqrestore(&data_lock, flags);
}

static int make_vvar(void)
{
	unsigned long flags;
	struct page *p;

	if (vvar_page)
		return 0;
	p = page_alloc(0, ALLOC_ZERO);
	if (!p)
		return -ENOMEM;
	flags = spin_lock_irqsave(&data_lock);
	vvar_page = p;
	publish();
	spin_unlock_irqrestore(&data_lock, flags);
	return 0;
}

/* ---- the images ---- */

/* __kernel_vsyscall begins its kernel entry with four bytes of nop: what the CPU has instead of int $0x80. */
static void patch_fast_call(char *copy)
{
	static const char sysenter[4] = { (char)0x89, (char)0xe5, 0x0f, 0x34 }; /* mov %esp,%ebp; sysenter */
	static const char syscall[4] = { (char)0x89, (char)0xcd, 0x0f, 0x05 }; /* mov %ecx,%ebp; syscall */

	if (cpu_has.sysenter32)
		memcpy(copy + vdso32_fast_offset, sysenter, 4);
	else if (cpu_has.syscall32)
		memcpy(copy + vdso32_fast_offset, syscall, 4);
}

static int make_image(struct image *im)
{
	size_t size = (size_t)(im->end - im->start);
	u64 nr = DIV_ROUND_UP(size, PAGE_SIZE);

	if (im->nr_pages)
		return 0;
	BUG_ON(nr > MAX_IMAGE_PAGES || (im == &image32 && vdso32_fast_offset + 4 > PAGE_SIZE));
	for (u64 i = 0; i < nr; i++) {
		if (!im->page[i])
			im->page[i] = page_alloc(0, ALLOC_ZERO);
		if (!im->page[i])
			return -ENOMEM; /* those made so far serve the next attempt */
		memcpy(page_to_virt(im->page[i]), im->start + i * PAGE_SIZE,
		       min(size - i * PAGE_SIZE, PAGE_SIZE));
	}
	if (im == &image32)
		patch_fast_call(page_to_virt(im->page[0]));
	im->nr_pages = nr;
	return 0;
}

static int vdso_fault(struct vma *vma, u64 pgoff, unsigned flags, struct page **out)
{
	const struct image *im = vma->private;

	if (pgoff >= im->nr_pages)
		return -EFAULT;
	page_get(im->page[pgoff]);
	*out = im->page[pgoff];
	return 0;
}

static int vvar_fault(struct vma *vma, u64 pgoff, unsigned flags, struct page **out)
{
	if (pgoff)
		return -EFAULT;
	page_get(vvar_page);
	*out = vvar_page;
	return 0;
}

static const struct vma_ops vdso_ops = { .fault = vdso_fault };
static const struct vma_ops vvar_ops = { .fault = vvar_fault };

#define VDSO_FLAGS (VM_READ | VM_EXEC | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_SPECIAL)
#define VVAR_FLAGS (VM_READ | VM_MAYREAD | VM_DONTEXPAND | VM_DONTDUMP | VM_SPECIAL)

int arch_vdso_map(struct mm *mm, bool ia32, unsigned long *base, unsigned long *sysinfo)
{
	struct image *im = ia32 ? &image32 : &image64;
	unsigned long at, vvar;
	int err;

	{
		guard(mutex)(&vdso_lock);
		err = make_vvar();
		err = err ? err : make_image(im);
		if (err)
			return err;
	}
	err = mm_map_special(mm, 0, im->nr_pages * PAGE_SIZE, VDSO_FLAGS, &vdso_ops, "[vdso]", im, &at);
	if (err)
		return err;
	err = mm_map_special(mm, at - PAGE_SIZE, PAGE_SIZE, VVAR_FLAGS, &vvar_ops, "[vvar]", NULL, &vvar);
	if (err)
		return err;
	if (vvar != at - PAGE_SIZE)
		return -ENOMEM; /* cannot happen in a new, nearly empty address space */
	mm->arch.vdso = at;
	*base = at;
	*sysinfo = ia32 ? at + vdso32_vsyscall_offset : 0;
	return 0;
}
