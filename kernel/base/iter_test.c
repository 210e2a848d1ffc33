// SPDX-License-Identifier: MIT
/*
 * The transfer cursor: segments, partial copies at a fault, clamping, and the order of readv(2)'s checks.
 * unit-sources: kernel/base/string.c
 */
#include "kernel/base/iter.h"
#include "kernel/arch/arch.h"
#include "kernel/base/string.h"
#include "tests/unit/unit.h"

struct ia32_vec {
	u32 base, size;
};

static unsigned long addr(const void *p)
{
	return (unsigned long)p;
}

UNIT_TEST(kernel_memory_both_ways)
{
	char buf[8] = "abcdefg", out[8] = "";
	struct iter it;

	iter_init_kernel(&it, buf, sizeof(buf));
	EXPECT_EQ(copy_from_iter(out, 3, &it), 3);
	EXPECT(!memcmp(out, "abc", 3));
	EXPECT_EQ(iter_count(&it), 5);
	EXPECT_EQ(copy_to_iter("XY", 2, &it), 2);
	EXPECT_EQ(iter_zero(10, &it), 3);
	EXPECT_EQ(iter_count(&it), 0);
	EXPECT_EQ(copy_to_iter("Z", 1, &it), 0);
	EXPECT(!memcmp(buf, "abcXY\0\0\0", 8));
}

UNIT_TEST(one_user_buffer_faults_in_the_middle)
{
	char buf[16] = "0123456789abcde", out[16] = "";
	struct iter it;

	unit_fault_from = addr(buf + 10);
	EXPECT_EQ(iter_init_user(&it, addr(buf), 16), 0);
	EXPECT_EQ(copy_from_iter(out, 16, &it), 10);
	EXPECT_EQ(iter_count(&it), 6);
	EXPECT_EQ(copy_from_iter(out, 6, &it), 0);
}

UNIT_TEST(a_range_beyond_user_space_is_refused_before_it_is_clamped)
{
	struct iter it;

	EXPECT_EQ(iter_init_user(&it, USER_TOP, 1), -EFAULT);
	EXPECT_EQ(iter_init_user(&it, USER_TOP - 4, 5), -EFAULT);
	EXPECT_EQ(iter_init_user(&it, ~0UL, 2), -EFAULT);
	EXPECT_EQ(iter_init_user(&it, 0, ~0UL), -EFAULT);
	EXPECT_EQ(iter_init_user(&it, 0, USER_TOP), 0);
	EXPECT_EQ(iter_count(&it), 0x7ffff000);
	EXPECT_EQ(iter_init_user(&it, USER_TOP, 0), 0);
}

UNIT_TEST(segments_are_walked_and_empty_ones_skipped)
{
	char a[4] = "", b[4] = "", c[4] = "";
	struct iovec_k v[] = { { addr(a), 3 }, { addr(b), 0 }, { addr(b), 2 }, { addr(c), 4 } }, *copy;
	struct iter it;

	EXPECT_EQ(iter_init_iovec(&it, addr(v), 4, false, &copy), 0);
	EXPECT_EQ(iter_count(&it), 9);
	EXPECT_EQ(copy_to_iter("abcd", 4, &it), 4);
	EXPECT_EQ(copy_to_iter("efg", 3, &it), 3);
	EXPECT_EQ(iter_count(&it), 2);
	EXPECT(!memcmp(a, "abc", 4) && !memcmp(b, "de", 3) && !memcmp(c, "fg", 3));
	EXPECT_EQ(iter_zero(9, &it), 2);
	iter_free_vec(&copy);
}

UNIT_TEST(a_fault_in_a_later_segment_keeps_what_was_moved)
{
	char low[8] = "", edge[8] = "";
	struct iovec_k v[2], *copy;
	struct iter it;

	v[0] = (struct iovec_k){ addr(low) < addr(edge) ? addr(low) : addr(edge), 8 };
	v[1] = (struct iovec_k){ addr(low) < addr(edge) ? addr(edge) : addr(low), 8 };
	EXPECT_EQ(iter_init_iovec(&it, addr(v), 2, false, &copy), 0);
	unit_fault_from = v[1].base + 3;
	EXPECT_EQ(iter_zero(16, &it), 11);
	EXPECT_EQ(iter_count(&it), 5);
	iter_free_vec(&copy);
}

UNIT_TEST(advance_and_revert_cross_segments)
{
	char a[4] = "abc", b[4] = "def", out[8] = "";
	struct iovec_k v[] = { { addr(a), 3 }, { addr(b), 3 } }, *copy;
	struct iter it;

	EXPECT_EQ(iter_init_iovec(&it, addr(v), 2, false, &copy), 0);
	iter_advance(&it, 4);
	EXPECT_EQ(copy_from_iter(out, 8, &it), 2);
	EXPECT(!memcmp(out, "ef", 2));
	iter_revert(&it, 4);
	EXPECT_EQ(iter_count(&it), 4);
	EXPECT_EQ(copy_from_iter(out, 8, &it), 4);
	EXPECT(!memcmp(out, "cdef", 4));
	iter_revert(&it, 6);
	EXPECT_EQ(copy_from_iter(out, 6, &it), 6);
	EXPECT(!memcmp(out, "abcdef", 6));
	iter_advance(&it, 100);
	EXPECT_EQ(iter_count(&it), 0);
	iter_free_vec(&copy);
}

UNIT_TEST(vectors_are_checked_in_linuxs_order)
{
	char a[4] = "";
	struct iovec_k bad_size[] = { { ~0UL, 1 }, { addr(a), ~0UL } },
		       bad_base[] = { { addr(a), 4 }, { USER_TOP, 1 } };
	struct iovec_k *copy;
	struct iter it;

	EXPECT_EQ(iter_init_iovec(&it, 0, 1025, false, &copy), -EINVAL);
	EXPECT_EQ(iter_init_iovec(&it, USER_TOP, 0, false, &copy), 0);
	EXPECT_EQ(iter_count(&it), 0);
	EXPECT_EQ(iter_init_iovec(&it, USER_TOP, 1, false, &copy), -EFAULT);
	EXPECT_EQ(iter_init_iovec(&it, addr(bad_size), 2, false, &copy), -EINVAL);
	EXPECT_EQ(iter_init_iovec(&it, addr(bad_base), 2, false, &copy), -EFAULT);
	EXPECT(!copy);
}

UNIT_TEST(the_total_is_clamped)
{
	struct iovec_k v[] = { { 0x1000, 0x7fffe000 }, { 0x1000, 0x7fffffff }, { 0x1000, 5 } }, *copy;
	struct iter it;

	EXPECT_EQ(iter_init_iovec(&it, addr(v), 3, false, &copy), 0);
	EXPECT_EQ(iter_count(&it), 0x7ffff000);
	EXPECT_EQ(copy[1].size, 0x1000);
	EXPECT_EQ(copy[2].size, 0);
	iter_free_vec(&copy);
}

UNIT_TEST(narrow_vectors_are_widened_in_place)
{
	const struct ia32_vec v[] = { { 0x1000, 1 }, { 0x2000, 2 }, { 0xfffff000, 3 } };
	const struct ia32_vec negative[] = { { 0x1000, 0x80000000 } };
	struct iovec_k *copy;
	struct iter it;

	EXPECT_EQ(iter_init_iovec(&it, addr(v), 3, true, &copy), 0);
	EXPECT_EQ(iter_count(&it), 6);
	EXPECT(copy[0].base == 0x1000 && copy[1].base == 0x2000 && copy[2].base == 0xfffff000);
	EXPECT(copy[0].size == 1 && copy[1].size == 2 && copy[2].size == 3);
	iter_free_vec(&copy);
	EXPECT_EQ(iter_init_iovec(&it, addr(negative), 1, true, &copy), -EINVAL);
}
