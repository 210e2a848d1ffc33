// SPDX-License-Identifier: MIT
/* int $0x80 from 64-bit code: the 32-bit table, with pointers below 4 GiB (a non-PIE static program). */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static long int80(long nr, long a, long b, long c)
{
	long ret;

	asm volatile("int $0x80"
		     : "=a"(ret)
		     : "0"(nr), "b"(a), "c"(b), "d"(c)
		     : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

static char text[] = "written through int $0x80\n";

int main(void)
{
	int80(4, 1, (long)text, strlen(text));
	printf("getpid agrees: %d\n", int80(20, 0, 0, 0) == getpid());
	printf("bad number: %ld\n", int80(4095, 0, 0, 0));
	printf("bad descriptor: %ld\n", int80(3, 77, (long)text, 1));
	fflush(stdout);
	int80(1, 17, 0, 0);
	return 0;
}
