// SPDX-License-Identifier: MIT
/* Searching bitmaps, a word at a time. */
#include "kernel/base/bitmap.h"

static size_t find(const unsigned long *map, size_t nbits, size_t from, unsigned long invert)
{
	for (size_t w = from / BITS_PER_LONG; from < nbits; w++, from = w * BITS_PER_LONG) {
		unsigned long bits = (map[w] ^ invert) & (~0UL << (from % BITS_PER_LONG));

		if (bits)
			return min(w * BITS_PER_LONG + (size_t)__builtin_ctzl(bits), nbits);
	}
	return nbits;
}

size_t bitmap_find_set(const unsigned long *map, size_t nbits, size_t from)
{
	return find(map, nbits, from, 0);
}

size_t bitmap_find_clear(const unsigned long *map, size_t nbits, size_t from)
{
	return find(map, nbits, from, ~0UL);
}
