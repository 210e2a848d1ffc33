// SPDX-License-Identifier: MIT
/* Copies a word by way of the kernel, then shows what bad pointers and lengths give. Needs EXAMPLES=1. */
#include <stdio.h>
#include <string.h>
#include "syscall.h"

_syscall3(long, silly_copy, const unsigned long *, src, unsigned long *, dst, unsigned long, len)

	static void try(const char *what, const unsigned long *src, unsigned long *dst, unsigned long len)
{
	long ret = silly_copy(src, dst, len);

	printf("%s: %ld%s%s\n", what, ret, ret < 0 ? " " : "", ret < 0 ? strerror(errno) : "");
}

int main(void)
{
	unsigned long src = 0x5111c0de, dst = 0;

	try("silly_copy", &src, &dst, sizeof(src));
	printf("copied %#lx\n", dst);
	try("bad source", NULL, &dst, sizeof(src));
	try("bad destination", &src, (unsigned long *)-4096L, sizeof(src));
	try("more than a word", &src, &dst, 9);
	return dst == src ? 0 : 1;
}
