// SPDX-License-Identifier: MIT
/*
 * Calls foo(), everyone's favourite system call, through a stub of one line.  Needs a kernel made with
 * EXAMPLES=1.
 */
#include <stdio.h>
#include "syscall.h"

_syscall0(long, foo)

	int main(void)
{
	long stack_size = foo();

	if (stack_size < 0) {
		perror("foo");
		return 1;
	}
	printf("The kernel stack size is %ld\n", stack_size);
	return 0;
}
