/* SPDX-License-Identifier: MIT */
/*
 * struct iter: a cursor over the bytes of one transfer, in user memory (iovec) or in kernel memory.
 * The read and write operations of files take one, so that they know no user pointer.
 */
#pragma once

#define MAX_RW_COUNT (0x7fffffffUL & PAGE_MASK) /* the most that one call transfers */

struct iovec_k { /* checked, kernel copy of one iovec */
	unsigned long base;
	size_t size;
};

struct iter {
	bool user;
	bool nowait; /* RWF_NOWAIT of preadv2(2), for files whose operations know it */
	const struct iovec_k *vec; /* current segment; single points at `one` */
	size_t nr; /* segments left, this one included */
	size_t off; /* bytes done of the current segment */
	size_t count; /* bytes left in all */
	struct iovec_k one;
};

void iter_init_kernel(struct iter *it, void *buf, size_t size);
/* One user buffer; -EFAULT when out of range.  size is clamped to MAX_RW_COUNT. */
int __must_check iter_init_user(struct iter *it, unsigned long ubuf, size_t size);
/*
 * Copies and checks an iovec array (readv(2): EINVAL count > 1024 or total > SSIZE_MAX, EFAULT).  *vec is
 * freed by iter_free_vec().
 */
int __must_check iter_init_iovec(struct iter *it, unsigned long uvec, unsigned long nr, bool ia32,
				 struct iovec_k **vec);
void iter_free_vec(struct iovec_k **vec); /* for __cleanup */

/* Return the bytes moved: less than n when the iterator ends or user memory faults. */
size_t copy_to_iter(const void *src, size_t n, struct iter *it);
size_t copy_from_iter(void *dst, size_t n, struct iter *it);
size_t iter_zero(size_t n, struct iter *it);
bool iter_readable(const struct iter *it); /* whether copy_from_iter() would move any byte */
/* Of what is left, the bytes in the first page of the program's that has any. */
size_t iter_page_part(const struct iter *it);
void iter_advance(struct iter *it, size_t n);
void iter_revert(struct iter *it, size_t n); /* only within the current transfer */
static inline size_t iter_count(const struct iter *it)
{
	return it->count;
}
