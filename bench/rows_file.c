// SPDX-License-Identifier: MIT
/* Rows: names, files on tmpfs, directories. */
#define FAMILY "files"
#include "bench.h"

#include <dirent.h>

static int fd;
static char page[65536];

static void make_file(void)
{
	fd = open("file", O_RDWR | O_CREAT, 0644);
	MUST(fd >= 0 && write(fd, page, sizeof(page)) == sizeof(page));
}

static void drop_file(void)
{
	close(fd);
	unlink("file");
}

BENCH_WITH(stat_row, "stat", 500, make_file, drop_file)
{
	struct stat st;

	TIMES stat("file", &st);
}

BENCH_WITH(stat_missing, "stat of a missing name", 500, NULL, NULL)
{
	struct stat st;

	TIMES stat("missing", &st);
}

BENCH_WITH(fstat_row, "fstat", 1000, make_file, drop_file)
{
	struct stat st;

	TIMES fstat(fd, &st);
}

BENCH_WITH(statx_row, "statx", 500, make_file, drop_file)
{
	struct statx sx;

	TIMES statx(AT_FDCWD, "file", 0, STATX_BASIC_STATS, &sx);
}

BENCH_WITH(access_row, "access", 500, make_file, drop_file)
{
	TIMES access("file", R_OK);
}

BENCH_WITH(open_close, "open+close", 500, make_file, drop_file)
{
	TIMES close(open("file", O_RDONLY));
}

static char deep[100];

/* A file whose path has this many components. */
static void make_deep(int depth)
{
	strcpy(deep, "1");
	for (int i = 1; i < depth; i++) {
		MUST(!mkdir(deep, 0755));
		strcat(deep, "/1");
	}
	MUST(!close(creat(deep, 0644)));
}

static void drop_deep(void)
{
	unlink(deep);
	while (strrchr(deep, '/')) {
		*strrchr(deep, '/') = 0;
		rmdir(deep);
	}
}

#define DEEP_ROW(depth, label)                                             \
	static void make_deep_##depth(void)                                \
	{                                                                  \
		make_deep(depth);                                          \
	}                                                                  \
	BENCH_WITH(deep_##depth, label, 500, make_deep_##depth, drop_deep) \
	{                                                                  \
		struct stat st;                                            \
		TIMES stat(deep, &st);                                     \
	}
DEEP_ROW(1, "stat of a path with 1 component")
DEEP_ROW(8, "stat of a path with 8 components")
DEEP_ROW(16, "stat of a path with 16 components")
DEEP_ROW(32, "stat of a path with 32 components")

BENCH_WITH(lseek_row, "lseek", 1000, make_file, drop_file)
{
	TIMES lseek(fd, 0, SEEK_SET);
}

BENCH_WITH(pread_4k, "tmpfs read 4 KiB", 500, make_file, drop_file)
{
	TIMES pread(fd, page, PAGE, 0);
}

BENCH_WITH(pwrite_4k, "tmpfs write 4 KiB", 500, make_file, drop_file)
{
	TIMES pwrite(fd, page, PAGE, 0);
}

BENCH_WITH(pread_1, "tmpfs read 1 byte", 500, make_file, drop_file)
{
	TIMES pread(fd, page, 1, 0);
}

BENCH_WITH(pread_64k, "tmpfs read 64 KiB", 50, make_file, drop_file)
{
	TIMES pread(fd, page, sizeof(page), 0);
}

BENCH_WITH(truncate_write, "truncate and write 4 KiB anew", 100, make_file, drop_file)
{
	TIMES
	{
		ftruncate(fd, 0);
		pwrite(fd, page, PAGE, 0);
	}
}

BENCH(mkdir_rmdir, "mkdir+rmdir", 200)
{
	TIMES
	{
		mkdir("dir", 0755);
		rmdir("dir");
	}
}

BENCH(create_unlink, "create+close+unlink", 200)
{
	TIMES
	{
		close(creat("new", 0644));
		unlink("new");
	}
}

BENCH_WITH(rename_row, "rename there and back", 200, make_file, drop_file)
{
	TIMES
	{
		rename("file", "other");
		rename("other", "file");
	}
}

BENCH_WITH(link_row, "link+unlink", 200, make_file, drop_file)
{
	TIMES
	{
		link("file", "other");
		unlink("other");
	}
}

BENCH(symlink_row, "symlink+readlink+unlink", 200)
{
	TIMES
	{
		symlink("target", "l");
		readlink("l", page, 64);
		unlink("l");
	}
}

static int entries;

static void make_folder(int count)
{
	char name[32];

	entries = count;
	mkdir("folder", 0755);
	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "folder/%d", i);
		close(creat(name, 0644));
	}
	fd = open("folder", O_RDONLY);
}

static void drop_folder(void)
{
	char name[32];

	for (int i = 0; i < entries; i++) {
		snprintf(name, sizeof(name), "folder/%d", i);
		unlink(name);
	}
	close(fd);
	rmdir("folder");
}

#define GETDENTS_ROW(count, label, times)                                            \
	static void make_folder_##count(void)                                        \
	{                                                                            \
		make_folder(count);                                                  \
	}                                                                            \
	BENCH_WITH(getdents_##count, label, times, make_folder_##count, drop_folder) \
	{                                                                            \
		TIMES                                                                \
		{                                                                    \
			lseek(fd, 0, SEEK_SET);                                      \
			while (syscall(SYS_getdents64, fd, page, sizeof(page)) > 0)  \
				;                                                    \
		}                                                                    \
	}
GETDENTS_ROW(100, "getdents64 of 100 entries", 50)
GETDENTS_ROW(10000, "getdents64 of 10,000 entries", 2)

BENCH(proc_stat, "read /proc/self/stat", 50)
{
	TIMES
	{
		int f = open("/proc/self/stat", O_RDONLY);

		read(f, page, PAGE);
		close(f);
	}
}

BENCH(tmp_file_64k, "write a new file of 64 KiB and remove it", 20)
{
	TIMES
	{
		int f = creat("big", 0644);

		write(f, page, sizeof(page));
		close(f);
		unlink("big");
	}
}
