// SPDX-License-Identifier: MIT
/* /init of the debug suite: provokes the bug named on the kernel command line, then ends the machine. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		printf("cannot write %s\n", path);
	close(fd);
}

int main(void)
{
	const char *bug = getenv("provoke") ?: "none";
	char report[4096];
	ssize_t n;
	int fd;

	mkdir("/dev", 0755);
	mkdir("/proc", 0755);
	mount("devtmpfs", "/dev", "devtmpfs", 0, "");
	fd = open("/dev/console", O_RDWR);
	dup2(fd, 1);
	close(fd);
	setbuf(stdout, NULL);
	mount("proc", "/proc", "proc", 0, "");
	for (int round = 0; round < 2; round++) /* the first one fills caches */
		put("/proc/sys/debug/leak", "1");
	if (strcmp(bug, "none"))
		put("/proc/sys/debug/provoke", bug);
	fd = open("/proc/sys/debug/leak", O_RDONLY);
	n = read(fd, report, sizeof(report));
	if (n > 0)
		write(1, report, n);
	close(fd);
	printf("survived\n");
	reboot(RB_POWER_OFF);
	return 1;
}
