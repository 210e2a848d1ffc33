// SPDX-License-Identifier: MIT
/* memfd_create(2) and file seals (fcntl(2), F_ADD_SEALS). */
#include "kernel/fs/internal.h"

#include "kernel/base/string.h"
#include "kernel/fs/tmpfs/tmpfs.h"
#include "kernel/gate/refuse.h"
#include <linux/memfd.h>

#define MEMFD_NAME_MAX (255 - 6) /* "memfd:" is part of the name */
#define ALL_SEALS      (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)

int memfd_create(const char *name, unsigned flags, struct file **out)
{
	char text[256 + 6];
	int err;

	if (flags & ~(unsigned)(MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB))
		return (int)refuse(EINVAL, "memfd_create: unknown flags");
	if (flags & MFD_HUGETLB)
		return (int)refuse(ENOSYS, "memfd_create: MFD_HUGETLB: no hugetlbfs");
	if (strlen(name) > MEMFD_NAME_MAX)
		return -EINVAL;
	scnprintf(text, sizeof(text), "memfd:%s", name);
	if ((err = tmpfs_file_create(text, 0, O_RDWR | O_LARGEFILE, out)))
		return err;
	if (flags & MFD_ALLOW_SEALING)
		WRITE_ONCE((*out)->inode->seals, 0);
	return 0;
}

static long add_seals(struct file *f, unsigned long seals)
{
	struct inode *i = f->inode;

	if (!(f->mode & FMODE_WRITE))
		return -EPERM;
	if (seals & ~(unsigned long)ALL_SEALS)
		return -EINVAL;
	guard(write)(&i->rwsem);
	guard(mutex)(&i->data.lock); /* a mapping is counted first and asks for the seal then (mmap.c) */
	if (i->seals & F_SEAL_SEAL)
		return -EPERM;
	if ((seals & F_SEAL_WRITE) && !(i->seals & F_SEAL_WRITE) && i->data.nr_writable_shared)
		return -EBUSY;
	i->seals |= (u32)seals;
	return 0;
}

/* Files of tmpfs only; others have no seals: -EINVAL. */
long file_fcntl_seals(struct file *f, int cmd, unsigned long arg)
{
	if (cmd == F_ADD_SEALS && arg > UINT32_MAX)
		return -EINVAL;
	if (f->inode->ops != &tmpfs_file_inode_ops)
		return cmd == F_ADD_SEALS && !(f->mode & FMODE_WRITE) ? -EPERM : -EINVAL;
	return cmd == F_ADD_SEALS ? add_seals(f, arg) : (long)READ_ONCE(f->inode->seals);
}
