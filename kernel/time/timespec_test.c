// SPDX-License-Identifier: MIT
/* Conversions of struct timespec: what is refused, what is for ever, and that the rest comes back. */
#include "kernel/time/time.h"
#include "tests/unit/unit.h"
#include <linux/time.h>

static int convert(s64 sec, s64 nsec, u64 *ns)
{
	const struct __kernel_timespec ts = { .tv_sec = sec, .tv_nsec = nsec };

	return timespec_to_ns(&ts, ns);
}

UNIT_TEST(refuses_what_is_not_normalised)
{
	u64 ns = 7;

	EXPECT_EQ(convert(0, -1, &ns), -EINVAL);
	EXPECT_EQ(convert(0, 1000000000, &ns), -EINVAL);
	EXPECT_EQ(convert(-1, 0, &ns), -EINVAL);
	EXPECT_EQ(convert(INT64_MIN, 0, &ns), -EINVAL);
	EXPECT_EQ(convert(1, INT64_MIN, &ns), -EINVAL);
	EXPECT_EQ(ns, 7);
}

UNIT_TEST(far_away_is_for_ever)
{
	u64 ns;

	EXPECT_EQ(convert(INT64_MAX, 999999999, &ns), 0);
	EXPECT_EQ(ns, INT64_MAX);
	EXPECT_EQ(convert(9223372036, 999999999, &ns), 0); /* the second that 2^63 ns falls into */
	EXPECT_EQ(ns, INT64_MAX);
	EXPECT_EQ(convert(9223372035, 999999999, &ns), 0);
	EXPECT_EQ(ns, 9223372035999999999);
}

UNIT_TEST(there_and_back)
{
	static const u64 values[] = {
		0, 1, 999999999, 1000000000, 1000000001, 4294967296000000000, 9223372035999999999
	};
	struct __kernel_timespec ts;
	u64 ns;

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		ns_to_timespec(values[i], &ts);
		EXPECT(ts.tv_nsec >= 0 && ts.tv_nsec < 1000000000);
		EXPECT_EQ(timespec_to_ns(&ts, &ns), 0);
		EXPECT_EQ(ns, values[i]);
	}
}
