// SPDX-License-Identifier: MIT
/* getdents(2): records, positions, numbers and types, and folders that change meanwhile. */
#include "harness.h"

#include <dirent.h>

static long list(int fd, void *buf, size_t size)
{
	return syscall(SYS_getdents64, fd, buf, size);
}

#define EACH_ENTRY(d, buf, n)                                                      \
	for (struct dirent64 *d = (void *)(buf); (char *)d < (char *)(buf) + (n); \
	     d = (void *)((char *)d + d->d_reclen))

/* The folder "d" with files 0, 1, … in it, open. */
static int folder_of(int files)
{
	char name[16];

	CHECK_OK(mkdir("d", 0755));
	for (int i = 0; i < files; i++) {
		snprintf(name, sizeof(name), "d/%d", i);
		put_file(name, "");
	}
	return CHECK_OK(open("d", O_RDONLY | O_DIRECTORY));
}

TEST(lists_each_entry_once)
{
	char buf[4096], seen[40] = "";
	int fd = folder_of(40), dots = 0, files = 0;
	long n;

	while ((n = CHECK_OK(list(fd, buf, 200)))) {
		EACH_ENTRY(d, buf, n)
		{
			CHECK_EQ(d->d_reclen % 8, 0);
			if (d->d_name[0] == '.') {
				dots++;
				CHECK_EQ(d->d_type, DT_DIR);
			} else {
				CHECK_EQ(d->d_type, DT_REG);
				CHECK(!seen[atoi(d->d_name)]++);
				files++;
			}
		}
	}
	CHECK_EQ(dots, 2);
	CHECK_EQ(files, 40);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK(list(fd, buf, sizeof(buf)) > 40 * 24);
}

TEST(refusals)
{
	char buf[512];
	int fd, file;

	CHECK_OK(mkdir("d", 0755));
	put_file("f", "");
	fd = CHECK_OK(open("d", O_RDONLY));
	file = CHECK_OK(open("f", O_RDONLY));
	CHECK_ERRNO(list(fd, buf, 8), EINVAL);
	CHECK_ERRNO(list(fd, bad_pointer(), 512), EFAULT);
	CHECK_ERRNO(list(file, buf, 512), ENOTDIR);
	CHECK_ERRNO(list(-1, buf, 512), EBADF);
	CHECK(syscall(SYS_getdents, fd, buf, 512) > 0);
	CHECK_EQ(syscall(SYS_getdents, fd, buf, 512), 0);
	CHECK_OK(rmdir("d"));
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_ERRNO(list(fd, buf, 512), ENOENT);
}

TEST(entries_removed_while_reading_do_not_hide_others)
{
	DIR *dir = fdopendir(folder_of(100));
	struct dirent *d;
	int count = 0;

	CHECK(dir);
	while ((d = readdir(dir))) {
		if (d->d_name[0] == '.')
			continue;
		CHECK_OK(unlinkat(dirfd(dir), d->d_name, 0));
		count++;
	}
	CHECK_EQ(count, 100);
	CHECK_OK(rmdir("d"));
}

TEST(buffer_for_exactly_one)
{
	char buf[300];
	int fd, n = 0;

	put_file("abcdefgh", "");
	put_file("i", "");
	fd = CHECK_OK(open(".", O_RDONLY));
	CHECK_ERRNO(list(fd, buf, 23), EINVAL);
	CHECK_ERRNO(list(fd, buf, 0), EINVAL);
	/* "." and ".." take 24 bytes each; the offset stays when an entry does not fit. */
	CHECK_EQ(list(fd, buf, 24), 24);
	CHECK_STR(buf + 19, ".");
	CHECK_EQ(list(fd, buf, 31), 24);
	CHECK_STR(buf + 19, "..");
	while (list(fd, buf, 32) > 0)
		n++;
	CHECK_EQ(n, 2);
	CHECK_EQ(list(fd, buf, 300), 0);
	CHECK_EQ(list(fd, buf, 0), 0);
}

/* "." and ".." come first; all entries have the numbers and types that lstat(2) gives, each time. */
TEST(numbers_and_types_are_those_of_stat)
{
	static const char *const folders[] = {
		"a", "a/b", "/proc/self/task", "/proc/self", "/proc/sys/kernel", "/proc", "/sys"
	};

	CHECK_OK(mkdir("a", 0755));
	CHECK_OK(mkdir("a/b", 0755));
	put_file("a/file", "");
	for (unsigned i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		DIR *dir = opendir(folders[i]);
		struct dirent *d;
		struct stat st;

		CHECK(dir);
		for (int n = 0; (d = readdir(dir)); n++) {
			if (n < 2)
				CHECK_STR(d->d_name, n ? ".." : ".");
			if (fstatat(dirfd(dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW) && errno == ENOENT)
				continue; /* a process that has gone */
			CHECK_EQ(d->d_ino, st.st_ino);
			CHECK_EQ(d->d_type, IFTODT(st.st_mode));
		}
		closedir(dir);
	}
}

/* A folder that moves to and fro, whose old parent is removed, while ".." is read in it. */
TEST(a_folder_that_moves)
{
	char buf[300], from[16], to[16];
	pid_t child;
	int fd, status;

	CHECK_OK(mkdir("p0", 0755));
	CHECK_OK(mkdir("p0/d", 0755));
	fd = CHECK_OK(open("p0/d", O_RDONLY));
	child = CHECK_OK(fork());
	if (!child) {
		for (int i = 0; i < 300; i++) {
			snprintf(from, sizeof(from), "p%d/d", i);
			snprintf(to, sizeof(to), "p%d", i + 1);
			CHECK_OK(mkdir(to, 0755));
			strcat(to, "/d");
			CHECK_OK(rename(from, to));
			from[strlen(from) - 2] = 0;
			CHECK_OK(rmdir(from));
		}
		exit(0);
	}
	while (!waitpid(child, &status, WNOHANG)) {
		CHECK_OK(lseek(fd, 0, SEEK_SET));
		CHECK_EQ(list(fd, buf, sizeof(buf)), 48);
		CHECK_STR(buf + 24 + 19, "..");
	}
	CHECK_EQ(status, 0);
}

TEST(rewind_sees_new_names)
{
	char buf[1024];
	int fd = CHECK_OK(open(".", O_RDONLY));
	long before = list(fd, buf, sizeof(buf));

	CHECK_EQ(list(fd, buf, sizeof(buf)), 0);
	put_file("new", "");
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(list(fd, buf, sizeof(buf)), before + 24);
}

TEST(fault_keeps_the_position)
{
	char buf[1024];
	int fd = CHECK_OK(open(".", O_RDONLY));

	put_file("f", "");
	CHECK_ERRNO(list(fd, bad_pointer(), 1024), EFAULT);
	CHECK_EQ(list(fd, buf, sizeof(buf)), 72);
}

TEST(a_removed_folder_is_enoent)
{
	char buf[1024];
	int fd;

	CHECK_OK(mkdir("d", 0755));
	fd = CHECK_OK(open("d", O_RDONLY));
	CHECK_OK(rmdir("d"));
	CHECK_ERRNO(list(fd, buf, sizeof(buf)), ENOENT);
}

TEST(iteration_while_names_are_added_and_removed)
{
	char name[32], buf[128];
	bool seen[200] = { 0 };
	int fd = folder_of(200);
	long n;

	for (int round = 0; (n = list(fd, buf, sizeof(buf))) > 0; round++) {
		EACH_ENTRY(d, buf, n)
		{
			if (d->d_name[0] == '.' || d->d_name[0] == 'x')
				continue;
			CHECK(!seen[atoi(d->d_name)]);
			seen[atoi(d->d_name)] = true;
			CHECK_OK(unlinkat(fd, d->d_name, 0));
		}
		if (round < 20) {
			snprintf(name, sizeof(name), "d/x%d", round);
			put_file(name, "");
		}
	}
	for (int i = 0; i < 200; i++)
		CHECK(seen[i]);
}

TEST(entry_types)
{
	char buf[2048];
	int fd, types = 0;
	long n;

	put_file("f", "");
	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(symlink("x", "l"));
	CHECK_OK(mkfifo("p", 0644));
	CHECK_OK(mknod("c", S_IFCHR | 0644, 0x103));
	CHECK_OK(mknod("b", S_IFBLK | 0644, 0x103));
	CHECK_OK(mknod("s", S_IFSOCK | 0644, 0));
	fd = CHECK_OK(open(".", O_RDONLY));
	n = list(fd, buf, sizeof(buf));
	EACH_ENTRY(d, buf, n)
	{
		static const char names[] = "fdlpcbs.";
		static const int want[] = {
			DT_REG, DT_DIR, DT_LNK, DT_FIFO, DT_CHR, DT_BLK, DT_SOCK, DT_DIR
		};
		const char *which = strchr(names, d->d_name[0]);

		CHECK(which);
		CHECK_EQ(d->d_type, want[which - names]);
		types++;
	}
	CHECK_EQ(types, 9);
}
