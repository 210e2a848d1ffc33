/* SPDX-License-Identifier: MIT */
/*
 * The page cache: address_space maps page offsets of a file to pages.  tmpfs is this and nothing more.
 * Lock: mapping->lock guards the tree, nr_pages and vmas; pages are looked up without it.
 */
#pragma once

#include "kernel/mm/page.h"
#include "kernel/sync/mutex.h"

struct inode;
struct iter;

struct address_space_ops {
	/* Fills a new page (size PAGE_SIZE) from the backing store; NULL: pages start zeroed.  0 or -errno;
	 * may sleep. */
	int (*read_page)(struct inode *inode, struct page *p, u64 index);
};

struct address_space {
	struct inode *host;
	const struct address_space_ops *ops;
	struct mutex lock;
	void *tree; /* [lock, rcu] root (kernel/mm/radix.c) */
	u64 nr_pages __guarded_by(&lock);
	struct list_head vmas __guarded_by(&lock); /* every VMA that maps it: reverse map for truncate */
	u32 nr_writable_shared __guarded_by(&lock); /* vma_may_write_shared(); for memfd seals */
};

void mapping_init(struct address_space *m, struct inode *host, const struct address_space_ops *ops);
/* Page with a reference.  create: allocate (zeroed or read) when absent.  0, -ENOENT (hole and !create),
 * -ENOMEM, -EIO. */
int __must_check mapping_get_page(struct address_space *m, u64 index, bool create, struct page **out);
/* A cleared page at index that counts as a hole until it is written or mapped.  0, -ENOMEM */
int __must_check mapping_allocate_page(struct address_space *m, u64 index);
/* Drops those of the pages [first, end) that are still unused. */
void mapping_drop_unused(struct address_space *m, u64 first, u64 end);
/* Drops pages at and beyond new_size, zeroes the partial tail, unmaps them from every address space. */
void mapping_truncate(struct address_space *m, u64 new_size);
/* fallocate PUNCH_HOLE: [start, end) bytes. */
void mapping_punch(struct address_space *m, u64 start, u64 end);
void mapping_destroy(struct address_space *m); /* last inode reference is gone */
/* File read/write through the cache, updating nothing but pages; bytes moved or -errno when none. */
ssize_t mapping_read(struct address_space *m, struct iter *to, u64 pos, u64 size);
ssize_t mapping_write(struct address_space *m, struct iter *from, u64 pos);
/* SEEK_DATA / SEEK_HOLE within size; -ENXIO. */
loff_t mapping_seek(struct address_space *m, loff_t pos, u64 size, bool data);
