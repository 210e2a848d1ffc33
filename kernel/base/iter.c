// SPDX-License-Identifier: MIT
/*
 * The transfer cursor.  Invariants: vec[0] is the current segment and off <= its size; count is the sum
 * of what is left; every user segment was range-checked when the iterator was made, so the copies here
 * only have to survive faults.  No locks: an iterator belongs to one call.
 */
#include "kernel/base/iter.h"
#include "kernel/arch/arch.h"
#include "kernel/base/string.h"
#include "kernel/mm/slab.h"

#define UIO_MAXIOV 1024

static bool user_range_ok(unsigned long base, size_t size)
{
	return size <= USER_TOP && base <= USER_TOP - size;
}

static void iter_init_one(struct iter *it, bool user, unsigned long base, size_t size)
{
	it->user = user;
	it->nowait = false;
	it->one.base = base;
	it->one.size = size;
	it->vec = &it->one;
	it->nr = 1;
	it->off = 0;
	it->count = size;
}

void iter_init_kernel(struct iter *it, void *buf, size_t size)
{
	iter_init_one(it, false, (unsigned long)buf, size);
}

/* The range is checked as the program gave it, then clamped: vfs_read() of Linux 6.1 has this order. */
int iter_init_user(struct iter *it, unsigned long ubuf, size_t size)
{
	if (!user_range_ok(ubuf, size))
		return -EFAULT;
	iter_init_one(it, true, ubuf, min(size, MAX_RW_COUNT));
	return 0;
}

struct ia32_iovec {
	u32 base, size;
};

/*
 * Fetches the array once.  The 32-bit one lands in the upper half of the buffer and is widened upwards:
 * entry i is read at 8 * (nr + i) before its new place [16 * i, 16 * i + 16) is written.
 */
static int iovec_fetch(struct iovec_k *vec, unsigned long uvec, unsigned long nr, bool ia32)
{
	static_assert(sizeof(struct iovec_k) == 16, "the layout of struct iovec on 64-bit Linux");
	size_t size = nr * (ia32 ? sizeof(struct ia32_iovec) : sizeof(struct iovec_k));
	char *to = ia32 ? (char *)vec + size : (char *)vec;

	if (!user_range_ok(uvec, size) || arch_copy_from_user(to, (const void __user *)uvec, size))
		return -EFAULT;
	for (unsigned long i = 0; ia32 && i < nr; i++) {
		struct ia32_iovec narrow;

		memcpy(&narrow, to + i * sizeof(narrow), sizeof(narrow));
		if ((s32)narrow.size < 0)
			return -EINVAL;
		vec[i].base = narrow.base;
		vec[i].size = narrow.size;
	}
	return 0;
}

/*
 * Linux 6.1 __import_iovec(): all lengths first (EINVAL), then the ranges (EFAULT), then the total is
 * clamped.
 */
static int iovec_check(struct iovec_k *vec, unsigned long nr, size_t *total)
{
	*total = 0;
	for (unsigned long i = 0; i < nr; i++)
		if ((ssize_t)vec[i].size < 0)
			return -EINVAL;
	for (unsigned long i = 0; i < nr; i++) {
		if (!user_range_ok(vec[i].base, vec[i].size))
			return -EFAULT;
		vec[i].size = min(vec[i].size, MAX_RW_COUNT - *total);
		*total += vec[i].size;
	}
	return 0;
}

int iter_init_iovec(struct iter *it, unsigned long uvec, unsigned long nr, bool ia32, struct iovec_k **vec)
{
	struct iovec_k *v = &it->one;
	int err;

	*vec = NULL;
	if (nr > UIO_MAXIOV)
		return -EINVAL;
	iter_init_one(it, true, 0, 0);
	if (nr == 0)
		return 0;
	if (nr > 1) {
		v = kmalloc(nr * sizeof(*v), 0);
		if (!v)
			return -ENOMEM;
	}
	err = iovec_fetch(v, uvec, nr, ia32);
	if (!err)
		err = iovec_check(v, nr, &it->count);
	if (err) {
		if (nr > 1)
			kfree(v);
		return err;
	}
	it->vec = v;
	it->nr = nr;
	if (nr > 1)
		*vec = v;
	return 0;
}

void iter_free_vec(struct iovec_k **vec)
{
	kfree(*vec);
}

enum move { TO_ITER, FROM_ITER, ZERO_ITER };

/* Moves up to n bytes at the cursor inside one segment; the bytes that did not fault. */
static size_t move_segment(struct iter *it, char *kbuf, size_t n, enum move how)
{
	unsigned long at = it->vec->base + it->off;

	if (it->user) {
		switch (how) {
		case TO_ITER:
			return n - arch_copy_to_user((void __user *)at, kbuf, n);
		case FROM_ITER:
			return n - arch_copy_from_user(kbuf, (const void __user *)at, n);
		case ZERO_ITER:
			return n - arch_clear_user((void __user *)at, n);
		}
	}
	switch (how) {
	case TO_ITER:
		memcpy((void *)at, kbuf, n);
		break;
	case FROM_ITER:
		memcpy(kbuf, (const void *)at, n);
		break;
	case ZERO_ITER:
		memset((void *)at, 0, n);
		break;
	}
	return n;
}

static __always_inline size_t iter_move(struct iter *it, char *kbuf, size_t n, enum move how)
{
	size_t done = 0;

	n = min(n, it->count);
	if (likely(it->nr == 1)) { /* one segment: all of it is left */
		done = n ? move_segment(it, kbuf, n, how) : 0;
		it->off += done;
		it->count -= done;
		return done;
	}
	while (done < n) {
		size_t want = min(n - done, it->vec->size - it->off);
		size_t got = want ? move_segment(it, kbuf ? kbuf + done : NULL, want, how) : 0;

		done += got;
		it->off += got;
		it->count -= got;
		if (got < want)
			break;
		/* Stay on the last segment when all is done, so that iter_revert() needs no special case. */
		if (it->off == it->vec->size && it->nr > 1) {
			it->vec++;
			it->nr--;
			it->off = 0;
		}
	}
	return done;
}

size_t copy_to_iter(const void *src, size_t n, struct iter *it)
{
	return iter_move(it, (char *)src, n, TO_ITER);
}

size_t copy_from_iter(void *dst, size_t n, struct iter *it)
{
	return iter_move(it, dst, n, FROM_ITER);
}

size_t iter_zero(size_t n, struct iter *it)
{
	return iter_move(it, NULL, n, ZERO_ITER);
}

/* Where the next byte is, and how many are left of its segment.  There is one. */
static unsigned long next_byte(const struct iter *it, size_t *left)
{
	const struct iovec_k *v = it->vec;
	size_t off = it->off;

	while (off == v->size) { /* there are bytes left: not past the end */
		v++;
		off = 0;
	}
	*left = v->size - off;
	return v->base + off;
}

bool iter_readable(const struct iter *it)
{
	size_t left;
	char first;

	if (!it->user || !it->count)
		return it->count;
	return !arch_get_user1(&first, (const void __user *)next_byte(it, &left));
}

size_t iter_page_part(const struct iter *it)
{
	size_t left;
	unsigned long at;

	if (!it->count)
		return 0;
	at = next_byte(it, &left);
	return min(min(left, it->count), PAGE_SIZE - at % PAGE_SIZE);
}

void iter_advance(struct iter *it, size_t n)
{
	n = min(n, it->count);
	it->count -= n;
	while (n > it->vec->size - it->off) {
		n -= it->vec->size - it->off;
		it->vec++;
		it->nr--;
		it->off = 0;
	}
	it->off += n;
}

void iter_revert(struct iter *it, size_t n)
{
	it->count += n;
	while (n > it->off) {
		n -= it->off;
		it->vec--;
		it->nr++;
		it->off = it->vec->size;
	}
	it->off -= n;
}
