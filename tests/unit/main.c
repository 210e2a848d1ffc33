// SPDX-License-Identifier: MIT
/* Runs the unit tests, each in a child process, and prints TAP.  Hosted code: knows no kernel header. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

static struct unit_test *first, **last = &first;
static char *why; /* shared with the child */

void unit_register(struct unit_test *test)
{
	*last = test;
	last = &test->next;
}

void unit_fail(const char *file, int line, const char *fmt, ...)
{
	va_list ap;
	int n = snprintf(why, 4096, "%s:%d: ", file, line);

	va_start(ap, fmt);
	vsnprintf(why + n, 4096 - n, fmt, ap);
	va_end(ap);
	_exit(1);
}

static const char *base_name(const char *path)
{
	static char buf[128];
	const char *slash = strrchr(path, '/');

	snprintf(buf, sizeof(buf), "%s", slash ? slash + 1 : path);
	buf[strcspn(buf, ".")] = 0;
	if (strlen(buf) > 5 && !strcmp(buf + strlen(buf) - 5, "_test"))
		buf[strlen(buf) - 5] = 0;
	return buf;
}

int main(void)
{
	int number = 0, failed = 0, status;

	why = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (const struct unit_test *t = first; t; t = t->next) {
		why[0] = 0;
		fflush(stdout);
		pid_t pid = fork();

		if (!pid) {
			alarm(60);
			t->run();
			exit(0); /* runs the leak check */
		}
		waitpid(pid, &status, 0);
		failed += status != 0;
		printf("%s %d - unit.%s.%s", status ? "not ok" : "ok", ++number, base_name(t->file), t->name);
		if (status)
			printf(" # %s", why[0]                ? why
					: WIFSIGNALED(status) ? strsignal(WTERMSIG(status))
							      : "a sanitizer complained, see stderr");
		printf("\n");
	}
	printf("1..%d\n", number);
	return failed != 0;
}
