/* SPDX-License-Identifier: MIT */
/*
 * Where a program of the differential fuzzer runs: a small folder that it takes for the root, and an identity.
 * The interpreter and the conformance cases that are made of differences share it, so that a case sees what
 * the program saw.  The caller is root, and its working folder is on a tmpfs.
 */
#pragma once

#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORLD_ARENA      0x20000000ul /* where programs map and unmap */
#define WORLD_ARENA_SIZE 0x10000ul
#define WORLD_FILL       0x5a /* what buffers hold that a call has not filled */
#define WORLD_WORK_FD    600 /* the interpreter's own descriptor: above all that programs make */

static inline void world_must(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		_exit(97);
	}
}

static inline void world_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, mode);

	world_must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && !fchmod(fd, mode),
		   path);
	close(fd);
}

/* Fills the empty folder `path` for programs of user `uid`, who owns part of it; leaves umask 0. */
static inline void world_make(const char *path, unsigned int uid)
{
	static const char *const owned[] = { ".", "f", "d", "d/g", "fifo" };

	umask(0);
	world_must(!chdir(path), path);
	world_must(!mkdir("d", 0755) && !mkdir("sticky", 01777) && !mkdir("locked", 0700), "mkdir");
	world_file("f", "the quick brown fox", 0644);
	world_file("d/g", "", 0666);
	world_file("ro", "read only", 0444);
	world_file("locked/h", "hidden", 0600);
	world_file("sticky/s", "stuck", 0666);
	world_must(!symlink("f", "l") && !symlink("d", "dl") && !symlink("nowhere", "x") &&
			   !symlink("loop", "loop"),
		   "symlink");
	world_must(!mkfifo("fifo", 0644), "mkfifo");
	for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++)
		world_must(!chown(owned[i], uid, uid), "chown");
}

/* Makes the working folder the root, sets limits, and makes the caller user `uid` without groups or capabilities. */
static inline void world_enter(unsigned int uid)
{
	static const struct {
		int which;
		struct rlimit limit;
	} limits[] = {
		{ RLIMIT_NOFILE, { 1024, 4096 } },
		{ RLIMIT_FSIZE, { 16 << 20, 16 << 20 } }, /* so that nobody fills the memory with a memfd */
		{ RLIMIT_RTPRIO, { 99, 99 } }, /* for the actors of one who is not root */
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		world_must(!setrlimit(limits[i].which, &limits[i].limit), "setrlimit");
	world_must(!chroot(".") && !chdir("/"), "chroot");
	umask(022);
	if (uid)
		world_must(!setgroups(0, NULL) && !setresgid(uid, uid, uid) && !setresuid(uid, uid, uid),
			   "setresuid");
}
