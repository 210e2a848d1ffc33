/* SPDX-License-Identifier: MIT */
/*
 * Address spaces: struct mm and its VMAs (kernel/mm/{mm,vma,fault,mmap,…}.c).
 * Locks: mm->lock (rwsem) guards the VMA tree: read for faults, write for changes; page tables are
 * guarded by mm->pt_lock; order: mm->lock, page-cache lock, pt_lock.
 */
#pragma once

#include "kernel/arch/arch.h"
#include "kernel/base/rbtree.h"
#include "kernel/sync/mutex.h"
#include "kernel/mm/page.h"

struct file;

enum vma_flag {
	VM_READ = 1 << 0,
	VM_WRITE = 1 << 1,
	VM_EXEC = 1 << 2,
	VM_SHARED = 1 << 3,
	VM_MAYREAD = 1 << 4,
	VM_MAYWRITE = 1 << 5,
	VM_MAYEXEC = 1 << 6,
	VM_MAYSHARE = 1 << 7, /* MAP_SHARED was asked for; VM_SHARED also needs a file open for writing */
	VM_GROWSDOWN = 1 << 8,
	VM_LOCKED = 1 << 13,
	VM_SEQ_READ = 1 << 15, /* MADV_SEQUENTIAL */
	VM_RAND_READ = 1 << 16,
	VM_DONTCOPY = 1 << 17,
	VM_DONTEXPAND = 1 << 18,
	VM_LOCKONFAULT = 1 << 19, /* mlock2(MLOCK_ONFAULT): do not populate */
	VM_WIPEONFORK = 1 << 20,
	VM_NORESERVE = 1 << 21,
	VM_NOHUGEPAGE = 1 << 22, /* MADV_NOHUGEPAGE, MADV_HUGEPAGE: advice kept for /proc/PID/smaps */
	VM_HUGEPAGE = 1 << 23,
	VM_MERGEABLE = 1 << 24, /* MADV_MERGEABLE */
	VM_DONTDUMP = 1 << 26,
	VM_SPECIAL = 1 << 27, /* vdso, vvar, device: pages are not ours to swap or merge */
};

struct vma;

struct mm {
	struct arch_mm arch;
	u32 refs; /* [atomic] users: tasks (mm_get/mm_put) */
	u32 pins; /* [atomic] lazy references: active_mm, /proc; struct only */
	struct rwsem lock;
	struct spinlock pt_lock;
	struct rb_root vmas __guarded_by(&lock);
	struct list_head vma_list __guarded_by(&lock); /* the same VMAs in order */
	struct vma *last __guarded_by(&lock); /* cache of the last hit */
	u32 prio_seed __guarded_by(&lock); /* of the treap */
	u32 nr_vmas __guarded_by(&lock);
	unsigned long top; /* [const] USER_TOP or USER_TOP_IA32 */
	unsigned long mmap_base; /* [const] top-down allocation starts here */
	unsigned long code_start __guarded_by(&lock);
	unsigned long code_end __guarded_by(&lock);
	unsigned long data_start __guarded_by(&lock);
	unsigned long data_end __guarded_by(&lock);
	unsigned long brk_start __guarded_by(&lock);
	unsigned long brk __guarded_by(&lock);
	unsigned long stack_start __guarded_by(&lock);
	unsigned long arg_start __guarded_by(&lock);
	unsigned long arg_end __guarded_by(&lock);
	unsigned long env_start __guarded_by(&lock);
	unsigned long env_end __guarded_by(&lock);
	u64 total_pages __guarded_by(&lock); /* of all VMAs: RLIMIT_AS, VmSize */
	u64 locked_pages __guarded_by(&lock);
	u64 data_pages __guarded_by(&lock);
	u64 stack_pages __guarded_by(&lock);
	s64 rss_anon, rss_file; /* [atomic] resident pages */
	s64 rss_peak;
	struct file *exe __guarded_by(&lock); /* /proc/PID/exe */
	unsigned long auxv[48]; /* [const] after exec: /proc/PID/auxv */
	bool ia32; /* [const] after exec */
	bool dumpable;
	u32 def_flags __guarded_by(&lock); /* VM_LOCKED…: mlockall(MCL_FUTURE) */
	u32 membarrier; /* [atomic] commands this process registered for */
	bool legacy_layout; /* [const] mmap(2) searches bottom-up (ADDR_COMPAT_LAYOUT, unlimited stack) */
	/* the OOM killer took pages away: faults fail instead of showing zeroes */
	bool reaped __guarded_by(&lock);
};

struct vma {
	struct rb_node node __guarded_by(&mm->lock); /* in mm->vmas, by start: a treap (vma_tree.c) */
	struct list_head link __guarded_by(&mm->lock); /* in mm->vma_list by start */
	unsigned long gap; /* [mm->lock] free bytes below, guard gaps taken off */
	unsigned long max_gap; /* [mm->lock] largest gap in this subtree */
	u32 prio; /* [const] treap priority */
	struct mm *mm;
	unsigned long start, end; /* [mm->lock and mapping->lock] page-aligned, [start, end) */
	unsigned long flags __guarded_by(&mm->lock); /* VM_* */
	struct file *file; /* [const] reference held, NULL: anonymous */
	/* [mm->lock] page offset in file; for anonymous memory start >> PAGE_SHIFT at creation */
	u64 pgoff;
	/* [const] page cache behind it (file's, or a shared anonymous object); NULL: private anonymous */
	struct address_space *mapping;
	struct list_head rmap; /* [mapping lock] in mapping->vmas */
	const struct vma_ops *ops; /* NULL: default */
	const char *name; /* "[vdso]", "[vvar]" in /proc/PID/maps, else NULL */
	void *private;
};

struct vma_ops {
	/* Provides the page for a fault at page offset pgoff with a reference, or SIGBUS semantics: 0,
	 * -ENOMEM, -EFAULT (→ SIGBUS). */
	int (*fault)(struct vma *vma, u64 pgoff, unsigned flags, struct page **out);
	void (*close)(struct vma *vma);
};

int __must_check mm_create(bool ia32, struct mm **out); /* empty; -ENOMEM */
int __must_check mm_dup(struct mm *old, struct mm **out); /* fork(2): copy-on-write; -ENOMEM */
void mm_get(struct mm *mm);
/* false: the last user is gone already; the caller holds a pin or the task's alloc_lock */
bool mm_get_live(struct mm *mm);
void mm_put(struct mm *mm); /* at zero: unmaps everything; may sleep */
void mm_pin(struct mm *mm); /* keeps the struct and the page tables' top level */
void mm_unpin(struct mm *mm);

/* All do_x below take mm->lock themselves; limits are those of current. */
/* mmap(2) kernel-typed worker.  addr, size page rounding as Linux.  prot PROT_*, flags MAP_*; takes no
 * reference on file. */
int __must_check do_mmap(struct mm *mm, struct file *file, unsigned long addr, size_t size, int prot,
			 int flags, u64 pgoff, unsigned long *out);
int __must_check do_munmap(struct mm *mm, unsigned long addr, size_t size);
int __must_check do_mprotect(struct mm *mm, unsigned long addr, size_t size, int prot);
/* anonymous rw mapping at a fixed place, for exec */
int __must_check do_brk(struct mm *mm, unsigned long addr, size_t size);
/* mremap(2), madvise(2), mlock2(2) and munlock(2), mlockall(2), msync(2): kernel-typed workers. */
int __must_check do_mremap(struct mm *mm, unsigned long addr, size_t old_size, size_t new_size,
			   unsigned flags, unsigned long new_addr, unsigned long *out);
int __must_check do_madvise(struct mm *mm, unsigned long addr, size_t size, int advice);
int __must_check do_mlock(struct mm *mm, unsigned long addr, size_t size, unsigned long vm_flags);
int __must_check do_munlock(struct mm *mm, unsigned long addr, size_t size);
int __must_check do_mlockall(struct mm *mm, int flags); /* MCL_*; 0: munlockall(2) */
int __must_check do_msync(struct mm *mm, unsigned long addr, size_t size, int flags);
unsigned long do_brk_call(struct mm *mm, unsigned long brk); /* brk(2): the new break, or the old one */
/* mincore(2) for up to `count` pages from addr into vec; pages handled, or -ENOMEM. */
ssize_t do_mincore(struct mm *mm, unsigned long addr, size_t count, u8 *vec);
/* Faults [addr, addr+size) in, as far as the mappings allow; errors are not reported (MAP_POPULATE). */
void mm_populate(struct mm *mm, unsigned long addr, size_t size);

/* first VMA with end > addr */
struct vma *vma_find(struct mm *mm, unsigned long addr) __must_hold_shared(&mm->lock);
/* The next VMA in address order or NULL. */
static inline struct vma *vma_next(const struct vma *v) __must_hold_shared(&v->mm->lock)
{
	return v->link.next == &v->mm->vma_list ? NULL : list_entry(v->link.next, struct vma, link);
}
static inline struct vma *vma_prev(const struct vma *v) __must_hold_shared(&v->mm->lock)
{
	return v->link.prev == &v->mm->vma_list ? NULL : list_entry(v->link.prev, struct vma, link);
}
/* Every VMA in address order; mm->lock held. */
#define mm_for_each_vma(vma, mm) list_for_each(vma, &(mm)->vma_list, link)
/* Pages of [start, end) of mm that are resident, for /proc; lock held for reading. */
struct mm_usage {
	u64 anon, file, dirty, shared;
};
void vma_usage(struct vma *vma, struct mm_usage *out);
/* Inserts a special mapping (vdso, vvar) at or near hint. */
int __must_check mm_map_special(struct mm *mm, unsigned long hint, size_t size, unsigned long vm_flags,
				const struct vma_ops *ops, const char *name, void *private,
				unsigned long *out);
/* Stack for exec: a VM_GROWSDOWN mapping that ends at `top`, growing to RLIMIT_STACK. */
int __must_check mm_map_stack(struct mm *mm, unsigned long top, size_t size, bool exec);
/* Copies to/from another address space (exec argument pages, /proc/PID/mem, ptrace); bytes moved. */
size_t mm_access(struct mm *mm, unsigned long addr, void *buf, size_t size, bool write);
/* Identity of a user word for a shared futex: page-cache object + offset, or mm + address. */
struct futex_key {
	void *obj;
	u64 offset;
	bool shared; /* a reference on the inode is held when set */
};
/* As mm_access(), without the power to write to read-only private pages (process_vm_writev(2)). */
size_t mm_access_checked(struct mm *mm, unsigned long addr, void *buf, size_t size, bool write);
int __must_check mm_futex_key(struct mm *mm, unsigned long addr, bool shared, bool write,
			      struct futex_key *key);
void mm_futex_key_get(struct futex_key *key);
void mm_futex_key_put(struct futex_key *key);
/* file_ops->mmap for files whose pages are inode->mapping's: refuses nothing. */
int file_mmap_pagecache(struct file *f, struct vma *vma);
/* file_ops->mmap of /dev/zero: anonymous memory, shared or private. -ENOMEM */
int file_mmap_zero(struct file *f, struct vma *vma);
/* Kills the largest process (Linux badness); called by page_alloc for ALLOC_USER. True when it is worth
 * retrying. */
bool oom_kill(void);
