// SPDX-License-Identifier: MIT
/* Built statically with musl: stdio, files, environment, processes, time, as plain programs use them. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int cmp(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

int main(int argc, char **argv)
{
	int numbers[] = { 5, 3, 9, 1 }, status;
	char line[64];
	struct stat st;
	FILE *f = fopen("/tmp/libc-test", "w+");

	if (!f)
		return 1;
	fprintf(f, "%s %d\n", "line", 42);
	rewind(f);
	printf("read back: %s", fgets(line, sizeof(line), f));
	fclose(f);
	stat("/tmp/libc-test", &st);
	printf("size %ld\n", (long)st.st_size);
	unlink("/tmp/libc-test");
	qsort(numbers, 4, sizeof(int), cmp);
	printf("sorted %d..%d\n", numbers[0], numbers[3]);
	printf("args %d %s\n", argc, argc > 1 ? argv[1] : "-");
	printf("open: %s\n", fopen("/nonexistent", "r") ? "?" : strerror(errno));
	FILE *p = popen("exit 3", "r");
	printf("popen %d\n", p ? WEXITSTATUS(pclose(p)) : -1);
	fflush(stdout);
	if (!fork())
		raise(SIGUSR1);
	wait(&status);
	printf("child died by signal %d\n", WTERMSIG(status));
	printf("clock %d\n", time(NULL) > 1000000000);
	return 6;
}
