// SPDX-License-Identifier: MIT
/* Mistakes that compile and that clang-tidy must find; each such line ends in a mark. */
#include "kernel/base/string.h"

struct pair {
	u32 a, b;
};

void clear(struct pair *p);
int count(u32 limit);
bool same(const struct pair *p);

void clear(struct pair *p)
{
	memset(p, 0, sizeof(p)); /* error */
}

int count(u32 limit)
{
	int n = 0;

	for (u8 i = 0; i < limit; i++) /* error */
		n += i;
	return n;
}

bool same(const struct pair *p)
{
	return p->a == p->a; /* error */
}
