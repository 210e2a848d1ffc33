// SPDX-License-Identifier: MIT
/* Bitmaps: searching across words, at the borders and past the end. */
#include "kernel/base/bitmap.h"
#include "tests/unit/unit.h"

UNIT_TEST(set_test_clear)
{
	DECLARE_BITMAP(map, 200) = { 0 };

	for (size_t i = 0; i < 200; i += 7)
		bitmap_set(map, i);
	for (size_t i = 0; i < 200; i++)
		EXPECT_EQ(bitmap_test(map, i), i % 7 == 0);
	bitmap_clear(map, 7);
	EXPECT(!bitmap_test(map, 7));
}

UNIT_TEST(find_agrees_with_a_plain_loop)
{
	DECLARE_BITMAP(map, 130) = { 0 };

	bitmap_set(map, 0);
	bitmap_set(map, 63);
	bitmap_set(map, 64);
	bitmap_set(map, 129);
	for (size_t from = 0; from <= 130; from++) {
		size_t set = from, clear = from;

		while (set < 130 && !bitmap_test(map, set))
			set++;
		while (clear < 130 && bitmap_test(map, clear))
			clear++;
		EXPECT_EQ(bitmap_find_set(map, 130, from), set);
		EXPECT_EQ(bitmap_find_clear(map, 130, from), clear);
	}
}

UNIT_TEST(random_maps_of_every_size)
{
	unsigned state = 1;

	for (size_t nbits = 0; nbits <= 193; nbits++) {
		unsigned long map[4] = { ~0ul, ~0ul, ~0ul,
					 ~0ul }; /* what lies beyond nbits must not matter */

		for (size_t i = 0; i < nbits; i++) {
			state = state * 1664525u + 1013904223u;
			if (state >> 29)
				bitmap_clear(map, i);
		}
		for (size_t from = 0; from <= nbits; from++) {
			size_t set = from, clear = from;

			while (set < nbits && !bitmap_test(map, set))
				set++;
			while (clear < nbits && bitmap_test(map, clear))
				clear++;
			EXPECT_EQ(bitmap_find_set(map, nbits, from), set);
			EXPECT_EQ(bitmap_find_clear(map, nbits, from), clear);
		}
	}
}

UNIT_TEST(full_and_empty)
{
	unsigned long full[2] = { ~0ul, ~0ul }, empty[2] = { 0, 0 };

	EXPECT_EQ(bitmap_find_clear(full, 128, 0), 128);
	EXPECT_EQ(bitmap_find_set(empty, 128, 0), 128);
	EXPECT_EQ(bitmap_find_clear(full, 100, 99), 100);
	EXPECT_EQ(bitmap_find_set(full, 0, 0), 0);
}
