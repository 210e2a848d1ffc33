/* SPDX-License-Identifier: MIT */
/* Bitmaps in arrays of unsigned long.  Not atomic: the owner's lock protects them. */
#pragma once

#define BITS_PER_LONG           64
#define BITS_TO_LONGS(n)        DIV_ROUND_UP(n, BITS_PER_LONG)
#define DECLARE_BITMAP(name, n) unsigned long name[BITS_TO_LONGS(n)]

static inline bool bitmap_test(const unsigned long *map, size_t i)
{
	return map[i / BITS_PER_LONG] >> (i % BITS_PER_LONG) & 1;
}
static inline void bitmap_set(unsigned long *map, size_t i)
{
	map[i / BITS_PER_LONG] |= BIT(i % BITS_PER_LONG);
}
static inline void bitmap_clear(unsigned long *map, size_t i)
{
	map[i / BITS_PER_LONG] &= ~BIT(i % BITS_PER_LONG);
}
/* First set / clear bit at or after `from`; `nbits` when there is none. */
size_t bitmap_find_set(const unsigned long *map, size_t nbits, size_t from);
size_t bitmap_find_clear(const unsigned long *map, size_t nbits, size_t from);

/* Bits set in v; the compiler's builtin would call libgcc. */
static inline unsigned hweight64(u64 v)
{
	v -= v >> 1 & 0x5555555555555555UL;
	v = (v & 0x3333333333333333UL) + (v >> 2 & 0x3333333333333333UL);
	v = (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0fUL;
	return (unsigned)(v * 0x0101010101010101UL >> 56);
}
