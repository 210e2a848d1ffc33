// SPDX-License-Identifier: MIT
/* What programs leave behind: the process as it sees itself, its mappings, and the folder as init sees it. */
#include "fuzz.h"
#include "raw.h"
#include "world.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

struct dirent64 {
	uint64_t ino, off;
	unsigned short length;
	unsigned char type;
	char name[];
};

static void note_fds(struct slot *slot)
{
	for (int fd = 0; fd < MAX_FDS; fd++) {
		struct stat st;
		int flags = fcntl(fd, F_GETFD);

		if (flags < 0)
			continue;
		memset(&st, 0, sizeof(st));
		fstat(fd, &st);
		long position = (long)lseek(fd, 0, SEEK_CUR);
		if (S_ISDIR(st.st_mode) && position > 0)
			position = 1; /* in a folder it is each kernel's own */
		note(slot, "fd %ld: cloexec %ld flags %lo mode %lo position %ld size %ld\n", (long)fd,
		     (long)flags, (long)fcntl(fd, F_GETFL), (long)st.st_mode, position, (long)st.st_size);
	}
}

static void note_limits(struct slot *slot)
{
	uint64_t limit[2];

	note(slot, "limits");
	for (int i = 0; i < RLIM_NLIMITS; i++)
		/* Those two follow from the size of the machine's memory as each kernel counts it. */
		if (i != RLIMIT_NPROC && i != RLIMIT_SIGPENDING &&
		    !raw(SYS_prlimit64, 0, (unsigned long)i, 0, (unsigned long)limit))
			note(slot, " %lx/%lx", (unsigned long)limit[0], (unsigned long)limit[1]);
	note(slot, "\n");
}

void note_process(struct slot *slot)
{
	uid_t a, b, c;
	uint64_t set = 0;
	char path[4096];

	getresuid(&a, &b, &c);
	note(slot, "uids %lu %lu %lu", (unsigned long)a, (unsigned long)b, (unsigned long)c);
	getresgid(&a, &b, &c);
	note(slot, " gids %lu %lu %lu groups %ld umask %lo\n", (unsigned long)a, (unsigned long)b,
	     (unsigned long)c, (long)getgroups(0, NULL), (unsigned long)umask(0));
	raw(SYS_rt_sigprocmask, SIG_BLOCK, 0, (unsigned long)&set, 8);
	note(slot, "blocked %lx %lx", (unsigned long)(set >> 32), (unsigned long)(uint32_t)set);
	raw(SYS_rt_sigpending, (unsigned long)&set, 8, 0, 0);
	note(slot, " pending %lx %lx", (unsigned long)(set >> 32), (unsigned long)(uint32_t)set);
	note(slot, " group %s session %s", pid_name(getpgrp()), pid_name(getsid(0)));
	note(slot, " cwd %s\n", raw(SYS_getcwd, (unsigned long)path, sizeof(path), 0, 0) < 0 ? "?" : path);
	note_limits(slot);
	note_fds(slot);
}

/* Which arena pages can be read and written: asked through calls, so that nothing can kill us here. */
void note_arena(struct slot *slot)
{
	uint64_t set = 0;

	note(slot, "arena ");
	for (unsigned long page = WORLD_ARENA; page < WORLD_ARENA + WORLD_ARENA_SIZE; page += 4096) {
		bool mapped = !raw(SYS_msync, page, 4096, MS_ASYNC, 0);
		bool readable = !raw(SYS_rt_sigprocmask, SIG_BLOCK, page, (unsigned long)&set, 8);
		bool writable = !raw(SYS_rt_sigprocmask, SIG_BLOCK, 0, page, 8);
		note(slot, "%c", "-mrRwwWW"[mapped | readable << 1 | writable << 2]);
	}
	note(slot, "\n");
}

/* --- the folder --- */

#define note_tree(...)                                                               \
	(shared->tree_used += (unsigned int)format(shared->tree + shared->tree_used, \
						   TREE_SIZE - shared->tree_used, __VA_ARGS__))

static void note_contents(int dir, const char *name, struct stat *st)
{
	static char data[65536];

	if (S_ISREG(st->st_mode)) {
		int fd = openat(dir, name, O_RDONLY);
		ssize_t n = read(fd, data, sizeof(data));
		note_tree(" data %lx", (unsigned long)(n > 0 ? hash(HASH_START, data, (size_t)n) : 0));
		close(fd);
	} else if (S_ISLNK(st->st_mode)) {
		ssize_t n = readlinkat(dir, name, data, 100);
		data[n < 0 ? 0 : n] = 0;
		note_tree(" to %s", data);
	} else if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)) {
		note_tree(" device %lu:%lu", (unsigned long)major(st->st_rdev),
			  (unsigned long)minor(st->st_rdev));
	}
}

static void note_attributes(int dir, const char *name)
{
	char path[320], list[256];

	path[format(path, sizeof(path) - 1, "/proc/self/fd/%ld/%s", (long)dir, name)] = 0;
	ssize_t n = llistxattr(path, list, sizeof(list));
	for (ssize_t at = 0; at < n; at += (ssize_t)strlen(list + at) + 1)
		note_tree(" attribute %s of %ld", list + at, (long)lgetxattr(path, list + at, NULL, 0));
}

static void walk_entry(int dir, const char *name, bool take_down)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return;
	note_tree("file %s mode %lo links %lu owner %lu.%lu size %ld blocks %ld", name,
		  (unsigned long)st.st_mode, (unsigned long)st.st_nlink, (unsigned long)st.st_uid,
		  (unsigned long)st.st_gid, (long)st.st_size, (long)st.st_blocks);
	/* Times that a program has set, and none that the clock has. */
	if (st.st_mtim.tv_sec < 100)
		note_tree(" mtime %ld.%ld", (long)st.st_mtim.tv_sec, (long)st.st_mtim.tv_nsec);
	if (st.st_atim.tv_sec < 100)
		note_tree(" atime %ld.%ld", (long)st.st_atim.tv_sec, (long)st.st_atim.tv_nsec);
	note_contents(dir, name, &st);
	note_attributes(dir, name);
	note_tree("\n");
	if (S_ISDIR(st.st_mode)) {
		int sub = openat(dir, name, O_RDONLY | O_DIRECTORY);
		walk_tree(sub, take_down);
		close(sub);
	}
	if (take_down)
		unlinkat(dir, name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0);
}

/* In the order of the names: that of a folder is its own. */
void walk_tree(int dir, bool take_down)
{
	char entries[16384];
	const char *names[96];
	int count = 0;
	long size, used = 0;

	while (used < (long)sizeof(entries) &&
	       (size = raw(SYS_getdents64, (unsigned long)dir, (unsigned long)entries + (unsigned long)used,
			   sizeof(entries) - (unsigned long)used, 0)) > 0)
		used += size;
	for (long at = 0; at < used && count < 96;) {
		struct dirent64 *e = (struct dirent64 *)(entries + at);
		int i = count;

		at += e->length;
		if (!strcmp(e->name, ".") || !strcmp(e->name, ".."))
			continue;
		for (; i && strcmp(names[i - 1], e->name) > 0; i--)
			names[i] = names[i - 1];
		names[i] = e->name;
		count++;
	}
	note_tree("folder of %ld\n", (long)count);
	for (int i = 0; i < count; i++)
		walk_entry(dir, names[i], take_down);
}
