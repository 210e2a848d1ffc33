// SPDX-License-Identifier: MIT
/*
 * mmap(2) and brk(2): choosing the place, checking rights and limits in Linux 6.1's order, and
 * creating the VMA.  Everything that can fail comes before the old mappings of a MAP_FIXED range go,
 * but the file's own mmap operation, which Linux also calls after.
 * Lock: mm->lock for writing.
 */
#include "kernel/fs/fs.h"
#include "kernel/gate/refuse.h"
#include "kernel/mm/internal.h"
#include "kernel/sync/guard.h"
#include "kernel/task/task.h"
#include <linux/mman.h>
#include <linux/mount.h>
#include <linux/personality.h>
#include <asm/mman.h>

/* Flags from before MAP_SHARED_VALIDATE: unknown bits beside these were always ignored. */
#define LEGACY_MAP_FLAGS                                                                         \
	(MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_DENYWRITE | MAP_EXECUTABLE | \
	 MAP_GROWSDOWN | MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK |  \
	 MAP_HUGETLB | MAP_32BIT | MAP_HUGE_2MB | MAP_HUGE_1GB)
#define MAP_32BIT_LOW  0x40000000UL
#define MAP_32BIT_HIGH 0x80000000UL

/* ---- limits ---------------------------------------------------------------------------------- */
int mm_may_expand(struct mm *mm, unsigned long vm_flags, u64 pages)
{
	if (mm->total_pages + pages > rlimit(RLIMIT_AS) >> PAGE_SHIFT)
		return -ENOMEM;
	if ((vm_flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) == VM_WRITE &&
	    mm->data_pages + pages > rlimit(RLIMIT_DATA) >> PAGE_SHIFT) {
		/* Linux lets a soft limit of 0 pass, which Valgrind sets. */
		u64 hard = rlimit(RLIMIT_DATA) ? 0 : READ_ONCE(current->proc->rlim[RLIMIT_DATA].rlim_max);

		return mm->data_pages + pages > hard >> PAGE_SHIFT ? -ENOMEM : 0;
	}
	return 0;
}

int mm_lock_limit(struct mm *mm, unsigned long vm_flags, size_t size)
{
	if (!(vm_flags & VM_LOCKED) || capable(CAP_IPC_LOCK))
		return 0;
	return mm->locked_pages + (size >> PAGE_SHIFT) > rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT ? -EAGAIN : 0;
}

/* Heuristic overcommit, as vm.overcommit_memory=0: only what can never be met is refused. */
int mm_enough_memory(unsigned long vm_flags, u64 pages)
{
	if ((vm_flags & VM_NORESERVE) || !(vm_flags & (VM_WRITE | VM_SHARED)))
		return 0;
	return pages > page_total_count() ? -ENOMEM : 0;
}

/* ---- place ----------------------------------------------------------------------------------- */
static bool place_is_free(struct mm *mm, unsigned long addr, size_t size) __must_hold_shared(&mm->lock)
{
	struct vma *v = vma_find(mm, addr);

	return !v || addr + size <= vma_guarded_start(v);
}

/* get_unmapped_area(): hint is page-aligned for MAP_FIXED (else -EINVAL).  -ENOMEM: no room. */
int find_area(struct mm *mm, unsigned long hint, size_t size, int flags, unsigned long *out)
{
	bool low32 = (flags & MAP_32BIT) && !mm->ia32;
	unsigned long at = 0;

	if (size > mm->top)
		return -ENOMEM;
	if (flags & MAP_FIXED) {
		if ((long)hint < 0 && (long)hint > -4096)
			return (int)hint; /* Linux takes the address that was asked for as an errno */
		if (hint > mm->top - size)
			return -ENOMEM;
		if (!IS_ALIGNED(hint, PAGE_SIZE))
			return -EINVAL;
		if (hint < MMAP_MIN_ADDR && !capable(CAP_SYS_RAWIO))
			return -EPERM;
		*out = hint;
		return 0;
	}
	hint &= PAGE_MASK;
	if (hint && hint <= mm->top - size && hint >= MMAP_MIN_ADDR && !low32 &&
	    place_is_free(mm, hint, size)) {
		*out = hint;
		return 0;
	}
	if (low32)
		at = vma_find_gap(mm, size, MAP_32BIT_LOW, MAP_32BIT_HIGH, false);
	else if (!mm->legacy_layout)
		at = vma_find_gap(mm, size, MMAP_MIN_ADDR, mm->mmap_base, true);
	if (!at && !low32)
		at = vma_find_gap(mm, size,
				  mm->legacy_layout ? mm->mmap_base : ALIGN_UP(mm->top / 3, PAGE_SIZE),
				  mm->top, false);
	*out = at;
	return at ? 0 : -ENOMEM;
}

/* ---- checks ---------------------------------------------------------------------------------- */
static bool path_noexec(const struct file *f)
{
	return f->path.mnt && (f->path.mnt->flags & MS_NOEXEC);
}

/* Rights that the file's open mode gives a mapping; adds to or takes from *vm_flags. */
static int check_file(struct file *f, int prot, int flags, u64 pgoff, size_t size, unsigned long *vm_flags)
{
	if (S_ISREG(f->inode->mode) && pgoff + (size >> PAGE_SHIFT) > (u64)INT64_MAX >> PAGE_SHIFT)
		return -EOVERFLOW;
	switch (flags & MAP_TYPE) {
	case MAP_SHARED_VALIDATE:
		if (flags & ~(LEGACY_MAP_FLAGS | MAP_TYPE))
			return refuse(EOPNOTSUPP, "mmap: MAP_SYNC or unknown flags with MAP_SHARED_VALIDATE");
		/* fallthrough */
	case MAP_SHARED:
		if ((prot & PROT_WRITE) && !(f->mode & FMODE_WRITE))
			return -EACCES;
		*vm_flags |= VM_SHARED | VM_MAYSHARE;
		if (!(f->mode & FMODE_WRITE))
			*vm_flags &= ~(unsigned long)(VM_MAYWRITE | VM_SHARED);
		break;
	case MAP_PRIVATE:
		break;
	default:
		return refuse(EINVAL, "mmap: neither MAP_SHARED nor MAP_PRIVATE");
	}
	if (!(f->mode & FMODE_READ))
		return -EACCES;
	if (path_noexec(f)) {
		if (*vm_flags & VM_EXEC)
			return -EPERM;
		*vm_flags &= ~(unsigned long)VM_MAYEXEC;
	}
	if (!f->ops->mmap)
		return -ENODEV;
	return *vm_flags & VM_GROWSDOWN ? -EINVAL : 0;
}

static int check_anon(int flags, unsigned long addr, u64 *pgoff, unsigned long *vm_flags)
{
	switch (flags & MAP_TYPE) {
	case MAP_SHARED:
		if (*vm_flags & VM_GROWSDOWN)
			return -EINVAL;
		*pgoff = 0;
		*vm_flags |= VM_SHARED | VM_MAYSHARE;
		return 0;
	case MAP_PRIVATE:
		*pgoff = addr >> PAGE_SHIFT;
		return 0;
	default:
		return refuse(EINVAL, "mmap: neither MAP_SHARED nor MAP_PRIVATE");
	}
}

static unsigned long flags_of(const struct mm *mm, int prot, int flags) __must_hold_shared(&mm->lock)
{
	return vma_flags_of_prot(prot) | mm->def_flags | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC |
	       (flags & MAP_GROWSDOWN ? VM_GROWSDOWN : 0) | (flags & MAP_LOCKED ? VM_LOCKED : 0) |
	       (flags & MAP_NORESERVE ? VM_NORESERVE : 0);
}

/* ---- mapping --------------------------------------------------------------------------------- */
int file_mmap_pagecache(struct file *f, struct vma *vma)
{
	vma->mapping = f->inode->mapping;
	return vma->mapping ? 0 : -ENODEV;
}

int file_mmap_zero(struct file *f, struct vma *vma) __must_hold(&vma->mm->lock)
{
	if (!(vma->flags & VM_SHARED))
		return 0;
	vma->mapping = shm_create();
	return vma->mapping ? 0 : -ENOMEM;
}

/* Pages of [start, end) that are mapped: a MAP_FIXED mapping replaces them, so they do not count twice. */
static u64 pages_within(struct mm *mm, unsigned long start, unsigned long end) __must_hold_shared(&mm->lock)
{
	u64 pages = 0;

	for (struct vma *v = vma_find(mm, start); v && v->start < end; v = vma_next(v))
		pages += (min(v->end, end) - max(v->start, start)) >> PAGE_SHIFT;
	return pages;
}

/* The new VMA, not yet linked, with the file's or the object's part done. */
static int build_vma(struct mm *mm, struct file *file, unsigned long start, unsigned long end,
		     unsigned long vm_flags, u64 pgoff, struct vma **out)
{
	struct vma *v = vma_alloc(mm, start, end, vm_flags);
	int err = 0;

	if (!v)
		return -ENOMEM;
	v->pgoff = pgoff;
	if (file) {
		v->file = file_get(file);
		err = file->ops->mmap(file, v);
		if (!err && !v->mapping && !v->ops && S_ISREG(file->inode->mode))
			err = file_mmap_pagecache(file, v);
	} else if (vm_flags & VM_SHARED) {
		v->mapping = shm_create();
		v->name = "/dev/zero (deleted)";
		err = v->mapping ? 0 : -ENOMEM;
	}
	if (err) {
		v->ops = NULL; /* its close would undo what mmap did not do */
		vma_free(v);
		return err;
	}
	*out = v;
	return 0;
}

/* Was the file sealed after its mmap() allowed v, and before v was counted as a mapping that can write? */
static bool sealed_meanwhile(const struct vma *v) __must_hold_shared(&v->mm->lock)
{
	return v->file && vma_may_write_shared(v) && (READ_ONCE(v->file->inode->seals) & F_SEAL_WRITE);
}

/* mmap_region(): the range is chosen and the rights are checked. */
static int map_region(struct mm *mm, struct file *file, unsigned long start, size_t size,
		      unsigned long vm_flags, u64 pgoff) __must_hold(&mm->lock)
{
	unsigned long end = start + size;
	u64 pages = size >> PAGE_SHIFT;
	struct vma *v;
	int err;

	if (mm_may_expand(mm, vm_flags, pages) &&
	    mm_may_expand(mm, vm_flags, pages - min(pages, pages_within(mm, start, end))))
		return -ENOMEM;
	err = unmap_locked(mm, start, size);
	if (err)
		return err;
	err = mm_enough_memory(vm_flags, pages);
	if (err)
		return err;
	if (!file && !(vm_flags & VM_SHARED) && vma_extend(mm, start, end, vm_flags, NULL, NULL, pgoff))
		return 0;
	err = build_vma(mm, file, start, end, vm_flags, pgoff, &v);
	if (err)
		return err;
	vma_link(v);
	if (unlikely(sealed_meanwhile(v))) {
		err = unmap_locked(mm, start, size);
		return err ? err : -EPERM;
	}
	if (v->mapping || v->file)
		vma_merge(v);
	return 0;
}

int map_anon_locked(struct mm *mm, unsigned long start, size_t size, unsigned long vm_flags)
{
	return map_region(mm, NULL, start, size, vm_flags, start >> PAGE_SHIFT);
}

static int mmap_locked(struct mm *mm, struct file *file, unsigned long addr, size_t size, int prot, int flags,
		       u64 pgoff, unsigned long *out, unsigned long *locked) __must_hold(&mm->lock)
{
	unsigned long vm_flags;
	int err;

	if (mm->nr_vmas > MAX_MAP_COUNT)
		return -ENOMEM;
	err = find_area(mm, addr, size, flags, &addr);
	if (err)
		return err;
	if (flags & MAP_FIXED_NOREPLACE) {
		struct vma *v = vma_find(mm, addr);

		if (v && v->start < addr + size)
			return -EEXIST;
	}
	vm_flags = flags_of(mm, prot, flags);
	if ((flags & MAP_LOCKED) && !rlimit(RLIMIT_MEMLOCK) && !capable(CAP_IPC_LOCK))
		return -EPERM;
	err = mm_lock_limit(mm, vm_flags, size);
	if (!err)
		err = file ? check_file(file, prot, flags, pgoff, size, &vm_flags)
			   : check_anon(flags, addr, &pgoff, &vm_flags);
	if (!err)
		err = map_region(mm, file, addr, size, vm_flags, pgoff);
	if (err)
		return err;
	*out = addr;
	*locked = vm_flags & (VM_LOCKED | VM_LOCKONFAULT);
	return 0;
}

int do_mmap(struct mm *mm, struct file *file, unsigned long addr, size_t size, int prot, int flags, u64 pgoff,
	    unsigned long *out)
{
	unsigned long locked = 0;
	int err;

	if (!size)
		return -EINVAL;
	if ((prot & PROT_READ) && (current->personality & READ_IMPLIES_EXEC) && !(file && path_noexec(file)))
		prot |= PROT_EXEC;
	if (flags & MAP_FIXED_NOREPLACE)
		flags |= MAP_FIXED;
	if (!(flags & MAP_FIXED) && (addr & PAGE_MASK) && addr < MMAP_MIN_ADDR)
		addr = MMAP_MIN_ADDR;
	size = ALIGN_UP(size, PAGE_SIZE);
	if (!size)
		return -ENOMEM;
	if (pgoff + (size >> PAGE_SHIFT) < pgoff)
		return -EOVERFLOW;
	down_write(&mm->lock);
	err = mmap_locked(mm, file, addr, size, prot, flags, pgoff, out, &locked);
	up_write(&mm->lock);
	if (!err && (locked == VM_LOCKED || (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE))
		mm_populate(mm, *out, size);
	return err;
}

/* ---- brk ------------------------------------------------------------------------------------- */
static unsigned long data_flags(const struct mm *mm) __must_hold_shared(&mm->lock)
{
	return VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | mm->def_flags |
	       (current->personality & READ_IMPLIES_EXEC ? VM_EXEC : 0);
}

int do_brk(struct mm *mm, unsigned long addr, size_t size)
{
	unsigned long end = ALIGN_UP(addr + size, PAGE_SIZE);

	if (addr + size < addr)
		return -ENOMEM;
	addr &= PAGE_MASK;
	if (end <= addr)
		return 0;
	if (end > mm->top)
		return -ENOMEM;
	guard(write)(&mm->lock);
	if (mm_lock_limit(mm, mm->def_flags, end - addr))
		return -EAGAIN;
	return map_anon_locked(mm, addr, end - addr, data_flags(mm));
}

/* RLIMIT_DATA counts the heap and the program's data, as Linux's check_data_rlimit(). */
static bool heap_within_limit(const struct mm *mm, unsigned long brk) __must_hold_shared(&mm->lock)
{
	u64 limit = rlimit(RLIMIT_DATA);

	return limit == RLIM64_INFINITY || (brk - mm->brk_start) + (mm->data_end - mm->data_start) <= limit;
}

static bool grow_heap(struct mm *mm, unsigned long old, unsigned long new) __must_hold(&mm->lock)
{
	struct vma *next = vma_find(mm, old);

	if (new > mm->top || (next && new + PAGE_SIZE > vma_guarded_start(next)))
		return false;
	if (mm_lock_limit(mm, mm->def_flags, new - old) || mm->nr_vmas > MAX_MAP_COUNT)
		return false;
	return map_anon_locked(mm, old, new - old, data_flags(mm)) == 0;
}

unsigned long do_brk_call(struct mm *mm, unsigned long brk)
{
	unsigned long old, new = ALIGN_UP(brk, PAGE_SIZE);
	bool ok = true;

	down_write(&mm->lock);
	old = ALIGN_UP(mm->brk, PAGE_SIZE);
	if (brk < mm->brk_start || new < brk || !heap_within_limit(mm, brk))
		ok = false;
	else if (new < old)
		ok = unmap_locked(mm, new, old - new) == 0;
	else if (new > old)
		ok = grow_heap(mm, old, new);
	if (ok)
		mm->brk = brk;
	brk = mm->brk;

	bool populate = ok && new > old && (mm->def_flags & (VM_LOCKED | VM_LOCKONFAULT)) == VM_LOCKED;

	up_write(&mm->lock);
	if (populate)
		mm_populate(mm, old, new - old);
	return brk;
}
