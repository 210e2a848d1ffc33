// SPDX-License-Identifier: MIT
/*
 * The memory calls: mmap(2), munmap(2), mprotect(2), brk(2), mremap(2), msync(2), mincore(2), madvise(2),
 * mlock(2) and their kin, process_vm_readv(2).  Workers: kernel/mm.
 */
#include "abi/ia32/mman.h"
#include "kernel/base/iter.h"
#include "kernel/fs/fd.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/uaccess.h"
#include "kernel/mm/mm.h"
#include "kernel/mm/slab.h"
#include "kernel/sync/guard.h"
#include "kernel/task/task.h"
#include <linux/mman.h>
#include <asm/mman.h>

/* Linux 6.1 ksys_mmap_pgoff(): the descriptor is looked at first, and not at all with MAP_ANONYMOUS. */
static long mmap_pgoff(unsigned long addr, unsigned long size, unsigned long prot, unsigned long flags,
		       unsigned long fd, u64 pgoff)
{
	struct file *file __cleanup(file_putp) = NULL;
	int err;

	if (!(flags & MAP_ANONYMOUS)) {
		file = fd_get((int)fd);
		if (!file)
			return -EBADF;
		if (flags & MAP_HUGETLB)
			return refuse(EINVAL, "mmap: MAP_HUGETLB on a file that is not hugetlbfs");
	} else if (flags & MAP_HUGETLB) {
		unsigned size_log = flags >> MAP_HUGE_SHIFT & MAP_HUGE_MASK;

		if (size_log && size_log != 21 && size_log != 30)
			return refuse(EINVAL, "mmap: MAP_HUGETLB, no pages of this size");
		return refuse(ENOMEM, "mmap: MAP_HUGETLB, the pool of huge pages is empty");
	}
	err = do_mmap(current->mm, file, addr, size, (int)prot, (int)flags, pgoff, &addr);
	return err ? err : (long)addr;
}

SYSCALL_DEFINE6(mmap, unsigned long, addr, unsigned long, length, unsigned long, prot, unsigned long, flags,
		unsigned long, fd, unsigned long, offset)
{
	if (!IS_ALIGNED(offset, PAGE_SIZE))
		return -EINVAL;
	return mmap_pgoff(addr, length, prot, flags, fd, offset >> PAGE_SHIFT);
}

IA32_SYSCALL_DEFINE6(mmap2, unsigned long, addr, unsigned long, length, unsigned long, prot, unsigned long,
		     flags, unsigned long, fd, unsigned long, pgoffset)
{
	return mmap_pgoff(addr, length, prot, flags, fd, pgoffset);
}

IA32_SYSCALL_DEFINE1(old_mmap, const struct ia32_mmap_args __user *, uargs)
{
	struct ia32_mmap_args a;

	if (copy_from_user(&a, uargs, sizeof(a)))
		return -EFAULT;
	if (!IS_ALIGNED(a.offset, PAGE_SIZE))
		return -EINVAL;
	return mmap_pgoff(a.addr, a.size, a.prot, a.flags, a.fd, a.offset >> PAGE_SHIFT);
}

SYSCALL_DEFINE2(munmap, unsigned long, addr, size_t, length)
{
	return do_munmap(current->mm, addr, length);
}

SYSCALL_DEFINE3(mprotect, unsigned long, addr, size_t, length, unsigned long, prot)
{
	return do_mprotect(current->mm, addr, length, (int)prot);
}

SYSCALL_DEFINE1(brk, unsigned long, brk)
{
	return (long)do_brk_call(current->mm, brk);
}

SYSCALL_DEFINE5(mremap, unsigned long, old_address, unsigned long, old_size, unsigned long, new_size,
		unsigned long, flags, unsigned long, new_address)
{
	int err;

	if (flags >> 32)
		return refuse(EINVAL, "mremap: unknown flags");
	err = do_mremap(current->mm, old_address, old_size, new_size, (unsigned)flags, new_address,
			&new_address);
	return err ? err : (long)new_address;
}

SYSCALL_DEFINE3(msync, unsigned long, addr, size_t, length, int, flags)
{
	return do_msync(current->mm, addr, length, flags);
}

SYSCALL_DEFINE3(madvise, unsigned long, addr, size_t, length, int, advice)
{
	return do_madvise(current->mm, addr, length, advice);
}

#define MINCORE_CHUNK 256 /* pages per look under mm->lock */

SYSCALL_DEFINE3(mincore, unsigned long, addr, size_t, length, unsigned char __user *, vec)
{
	u8 residency[MINCORE_CHUNK];
	u64 pages;

	if (!IS_ALIGNED(addr, PAGE_SIZE))
		return -EINVAL;
	if (!access_ok((const void __user *)addr, length))
		return -ENOMEM;
	pages = DIV_ROUND_UP(length, PAGE_SIZE);
	if (!access_ok(vec, pages))
		return -EFAULT;
	while (pages) {
		ssize_t n = do_mincore(current->mm, addr, min(pages, (u64)MINCORE_CHUNK), residency);

		if (n < 0)
			return n;
		if (copy_to_user(vec, residency, (size_t)n))
			return -EFAULT;
		pages -= (u64)n;
		vec += n;
		addr += (u64)n << PAGE_SHIFT;
	}
	return 0;
}

/* ---- locking --------------------------------------------------------------------------------- */
SYSCALL_DEFINE2(mlock, unsigned long, addr, size_t, length)
{
	return do_mlock(current->mm, addr, length, VM_LOCKED);
}

SYSCALL_DEFINE3(mlock2, unsigned long, addr, size_t, length, int, flags)
{
	if (flags & ~MLOCK_ONFAULT)
		return refuse(EINVAL, "mlock2: unknown flags");
	return do_mlock(current->mm, addr, length, VM_LOCKED | (flags & MLOCK_ONFAULT ? VM_LOCKONFAULT : 0));
}

SYSCALL_DEFINE2(munlock, unsigned long, addr, size_t, length)
{
	return do_munlock(current->mm, addr, length);
}

SYSCALL_DEFINE1(mlockall, int, flags)
{
	if (!flags || (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) || flags == MCL_ONFAULT)
		return -EINVAL;
	return do_mlockall(current->mm, flags);
}

SYSCALL_DEFINE0(munlockall)
{
	return do_mlockall(current->mm, 0);
}

/* ---- protection keys: as Linux on a processor without them ------------------------------------ */
SYSCALL_DEFINE4(pkey_mprotect, unsigned long, addr, size_t, length, unsigned long, prot, int, pkey)
{
	if (pkey != -1)
		return refuse(EINVAL, "pkey_mprotect: there are no protection keys");
	return do_mprotect(current->mm, addr, length, (int)prot);
}

SYSCALL_DEFINE2(pkey_alloc, unsigned long, flags, unsigned long, init_val)
{
	if (flags || (init_val & ~(unsigned long)(PKEY_DISABLE_ACCESS | PKEY_DISABLE_WRITE)))
		return -EINVAL;
	return refuse(ENOSPC, "pkey_alloc: there are no protection keys");
}

SYSCALL_DEFINE1(pkey_free, int, pkey)
{
	return refuse(EINVAL, "pkey_free: there are no protection keys");
}

/* ---- process_vm_readv(2), process_vm_writev(2) ------------------------------------------------- */

static void mm_putp(struct mm **mm)
{
	if (*mm)
		mm_put(*mm);
}

/* The address space of thread `pid` with a reference.  -ESRCH, -EPERM. */
static int attach_mm(pid_t pid, struct mm **out)
{
	struct task *t __cleanup(task_putp) = task_find_get(pid);
	struct mm *mm __cleanup(mm_putp) = NULL;
	int err;

	if (!t)
		return -ESRCH;
	spin_lock(&t->alloc_lock);
	if (t->mm && !(t->flags & PF_KTHREAD) && mm_get_live(t->mm))
		mm = t->mm;
	spin_unlock(&t->alloc_lock);
	if (!mm)
		return -ESRCH;
	err = task_may_access(t, ACCESS_REALCREDS);
	if (err)
		return err;
	*out = mm;
	mm = NULL;
	return 0;
}

/*
 * One stretch of remote memory, through a page of the kernel's; bytes moved, fewer when either side
 * faults.
 */
static size_t copy_remote(struct mm *mm, unsigned long addr, size_t size, struct iter *local, bool write,
			  void *page)
{
	size_t done = 0;

	while (done < size) {
		size_t n = min(size - done, PAGE_SIZE - (addr + done) % PAGE_SIZE), moved;

		if (write) {
			n = copy_from_iter(page, n, local);
			moved = mm_access_checked(mm, addr + done, page, n, true);
		} else {
			n = mm_access_checked(mm, addr + done, page, n, false);
			moved = copy_to_iter(page, n, local);
		}
		done += moved;
		if (!n || moved < n || fatal_signal_pending())
			break;
	}
	return done;
}

static long process_vm_rw(pid_t pid, unsigned long lvec, unsigned long nr_local, unsigned long rvec,
			  unsigned long nr_remote, unsigned long flags, bool ia32, bool write)
{
	struct iovec_k *lv __cleanup(iter_free_vec) = NULL, *rv __cleanup(iter_free_vec) = NULL;
	struct mm *mm __cleanup(mm_putp) = NULL;
	void *page __cleanup(kfreep) = NULL;
	struct iter local, remote;
	size_t done = 0;
	int err;

	if (flags)
		return refuse(EINVAL, "process_vm: unknown flags");
	if ((err = iter_init_iovec(&local, lvec, nr_local, ia32, &lv)))
		return err;
	if (!iter_count(&local))
		return 0;
	if ((err = iter_init_iovec(&remote, rvec, nr_remote, ia32, &rv)))
		return err;
	if (!iter_count(&remote))
		return 0;
	if ((err = attach_mm(pid, &mm)))
		return err;
	page = kmalloc(PAGE_SIZE, 0);
	if (!page)
		return -ENOMEM;
	for (size_t i = 0; i < remote.nr && iter_count(&local); i++) {
		size_t want = min(remote.vec[i].size, iter_count(&local));
		size_t got = copy_remote(mm, remote.vec[i].base, want, &local, write, page);

		done += got;
		if (got < want)
			break;
	}
	return done ? (long)done : -EFAULT;
}

SYSCALL_DEFINE6(process_vm_readv, pid_t, pid, const void __user *, lvec, unsigned long, liovcnt,
		const void __user *, rvec, unsigned long, riovcnt, unsigned long, flags)
{
	return process_vm_rw(pid, (__force unsigned long)lvec, liovcnt, (__force unsigned long)rvec, riovcnt,
			     flags, false, false);
}

SYSCALL_DEFINE6(process_vm_writev, pid_t, pid, const void __user *, lvec, unsigned long, liovcnt,
		const void __user *, rvec, unsigned long, riovcnt, unsigned long, flags)
{
	return process_vm_rw(pid, (__force unsigned long)lvec, liovcnt, (__force unsigned long)rvec, riovcnt,
			     flags, false, true);
}

IA32_SYSCALL_DEFINE6(process_vm_readv, pid_t, pid, const void __user *, lvec, unsigned long, liovcnt,
		     const void __user *, rvec, unsigned long, riovcnt, unsigned long, flags)
{
	return process_vm_rw(pid, (__force unsigned long)lvec, liovcnt, (__force unsigned long)rvec, riovcnt,
			     flags, true, false);
}

IA32_SYSCALL_DEFINE6(process_vm_writev, pid_t, pid, const void __user *, lvec, unsigned long, liovcnt,
		     const void __user *, rvec, unsigned long, riovcnt, unsigned long, flags)
{
	return process_vm_rw(pid, (__force unsigned long)lvec, liovcnt, (__force unsigned long)rvec, riovcnt,
			     flags, true, true);
}
