// SPDX-License-Identifier: MIT
/* /proc/PID/mem: reading and writing the memory of a process as a file. */
#include "harness.h"

static char word[64] = "the text that is there";

static int open_mem(pid_t pid, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	return open(path, flags);
}

static off64_t at(const void *p)
{
	return (uintptr_t)p;
}

TEST(own_memory_is_read_and_written)
{
	char buf[64];
	int fd = CHECK_OK(open("/proc/self/mem", O_RDWR));

	CHECK_EQ(pread64(fd, buf, sizeof(word), at(word)), sizeof(word));
	CHECK_STR(buf, word);
	CHECK_EQ(pwrite64(fd, "new", 4, at(word)), 4);
	CHECK_STR(word, "new");
	CHECK_EQ(lseek64(fd, at(word) + 4, SEEK_SET), at(word) + 4);
	CHECK_EQ(read(fd, buf, 4), 4);
	CHECK_EQ(lseek64(fd, 0, SEEK_CUR), at(word) + 8);
	CHECK_ERRNO(lseek64(fd, 0, SEEK_END), EINVAL);
}

TEST(memory_of_a_child)
{
	static volatile int flag;
	char buf[8];
	int up[2], fd;

	CHECK_OK(pipe(up));
	pid_t pid = CHILD(strcpy(word, "child"); (void)write(up[1], "x", 1); while (!flag) sched_yield());
	CHECK_EQ(read(up[0], buf, 1), 1);
	fd = CHECK_OK(open_mem(pid, O_RDWR));
	CHECK_EQ(pread64(fd, buf, 6, at(word)), 6);
	CHECK_STR(buf, "child");
	CHECK_EQ(pwrite64(fd, &(int){ 1 }, sizeof(int), at((void *)&flag)), sizeof(int));
	JOIN(pid);
	/* Its address space is gone, the descriptor is not. */
	CHECK_EQ(pread64(fd, buf, 6, at(word)), 0);
	CHECK_ERRNO(open_mem(pid, O_RDONLY), ENOENT);
}

TEST(ends_of_mappings)
{
	char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char buf[64];
	int fd = CHECK_OK(open("/proc/self/mem", O_RDWR));

	memset(p, 'a', 2 * PAGE);
	CHECK_OK(munmap(p + PAGE, PAGE));
	CHECK_EQ(pread64(fd, buf, 64, at(p) + PAGE - 10), 10);
	CHECK_ERRNO(pread64(fd, buf, 64, at(p) + PAGE), EIO);
	CHECK_ERRNO(pwrite64(fd, buf, 64, at(p) + PAGE), EIO);
	CHECK_ERRNO(pread64(fd, buf, 64, 0), EIO);
	CHECK_EQ(pread64(fd, buf, 0, 0), 0);
	CHECK_ERRNO(pread64(fd, bad_pointer(), 10, at(p)), EFAULT);
	CHECK_ERRNO(pwrite64(fd, bad_pointer(), 10, at(p)), EFAULT);
	CHECK_ERRNO(pread64(fd, buf, 10, -1), EINVAL);
}

TEST(protection_does_not_stop_it)
{
	char *p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *none = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char c = 1;
	int fd = CHECK_OK(open("/proc/self/mem", O_RDWR));

	CHECK_EQ(pwrite64(fd, "x", 1, at(p)), 1);
	CHECK_EQ(*p, 'x');
	CHECK_EQ(pread64(fd, &c, 1, at(none)), 1);
	CHECK_EQ(c, 0);
	/* A file that is not open for writing stays as it is. */
	put_file("f", "text");
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, CHECK_OK(open("f", O_RDONLY)), 0);
	CHECK_ERRNO(pwrite64(fd, "x", 1, at(p)), EIO);
	p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, CHECK_OK(open("f", O_RDONLY)), 0);
	CHECK_EQ(pwrite64(fd, "n", 1, at(p)), 1);
	CHECK_EQ(p[0], 'n');
	CHECK_STR(get_file("f"), "text");
}

TEST(who_may)
{
	struct stat st;
	int gate[2];

	CHECK_OK(stat("/proc/self/mem", &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0600);
	CHECK_OK(pipe(gate));
	pid_t root = CHILD(char c; close(gate[1]); (void)read(gate[0], &c, 1));
	become(1000);
	CHECK_ERRNO(open_mem(root, O_RDONLY), EACCES);
	close(gate[1]);
	JOIN(root);
}

TEST(exec_leaves_the_old_memory)
{
	char buf[8];
	int fd = CHECK_OK(open("/proc/self/mem", O_RDONLY)), status;
	pid_t pid = fork();

	if (!pid) {
		CHECK_OK(dup2(fd, 50));
		/* The parent's memory, still. */
		CHECK_EQ(pread64(50, buf, 8, at(word)), 8);
		execl("/proc/self/exe", "x", "--nothing", NULL);
		_exit(77);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 2 << 8);
	CHECK_EQ(pread64(fd, buf, 8, at(word)), 8);
}
