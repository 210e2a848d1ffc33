// SPDX-License-Identifier: MIT
/* madvise(2), mlockall(2), membarrier(2), odd kinds of mmap(2). */
#include "harness.h"

#include <linux/membarrier.h>
#include <sys/resource.h>

static char *anon(int pages)
{
	char *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static int barrier(int cmd, unsigned flags)
{
	return syscall(SYS_membarrier, cmd, flags, 0);
}

TEST(advice_without_visible_effect)
{
	static const int advice[] = { MADV_NORMAL,   MADV_SEQUENTIAL, MADV_RANDOM,   MADV_WILLNEED,
				      MADV_DONTDUMP, MADV_DODUMP,     MADV_HUGEPAGE, MADV_NOHUGEPAGE,
				      MADV_COLD,     MADV_PAGEOUT,    MADV_DOFORK,   MADV_KEEPONFORK };
	char *p = anon(3);

	for (unsigned i = 0; i < sizeof(advice) / sizeof(advice[0]); i++) {
		memset(p, 'a', 3 * PAGE);
		CHECK_OK(madvise(p, 3 * PAGE, advice[i]));
		CHECK_OK(madvise(p + PAGE, PAGE, advice[i]));
		CHECK(p[0] == 'a' && p[PAGE] == 'a' && p[3 * PAGE - 1] == 'a');
	}
}

TEST(dofork_undoes_dontfork)
{
	char *p = anon(2);

	p[0] = 'a';
	CHECK_OK(madvise(p, PAGE, MADV_DONTFORK));
	CHECK_OK(madvise(p, PAGE, MADV_DOFORK));
	CHECK_OK(madvise(p + PAGE, PAGE, MADV_WIPEONFORK));
	CHECK_OK(madvise(p + PAGE, PAGE, MADV_KEEPONFORK));
	p[PAGE] = 'b';
	pid_t child = CHILD(CHECK_EQ(p[0], 'a'); CHECK_EQ(p[PAGE], 'b'));

	JOIN(child);
}

TEST(free_is_for_anonymous_memory)
{
	char *p = anon(1), *f;
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0600));

	CHECK_OK(ftruncate(fd, PAGE));
	f = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	p[0] = 'a';
	CHECK_OK(madvise(p, PAGE, MADV_FREE));
	CHECK(p[0] == 'a' || p[0] == 0);
	p[0] = 'b'; /* a write takes it back */
	CHECK_EQ(p[0], 'b');
	CHECK_ERRNO(madvise(f, PAGE, MADV_FREE), EINVAL);
	CHECK_ERRNO(madvise(f, PAGE, MADV_WIPEONFORK), EINVAL);
	CHECK_OK(mlock(p, PAGE));
	CHECK_ERRNO(madvise(p, PAGE, MADV_DONTNEED), EINVAL);
	CHECK_ERRNO(madvise(p, PAGE, MADV_COLD), EINVAL);
	CHECK_ERRNO(madvise(p, PAGE, MADV_PAGEOUT), EINVAL);
}

TEST(populate_brings_pages_in)
{
	unsigned char in[4];
	char *p = anon(4);

	CHECK_OK(madvise(p, 2 * PAGE, MADV_POPULATE_WRITE));
	CHECK_OK(madvise(p + 2 * PAGE, PAGE, MADV_POPULATE_READ));
	CHECK_OK(mincore(p, 4 * PAGE, in));
	CHECK((in[0] & 1) && (in[1] & 1) && (in[2] & 1) && !(in[3] & 1));
	CHECK_OK(mprotect(p, PAGE, PROT_READ));
	CHECK_ERRNO(madvise(p, PAGE, MADV_POPULATE_WRITE), EINVAL);
	CHECK_OK(mprotect(p, PAGE, PROT_NONE));
	CHECK_ERRNO(madvise(p, PAGE, MADV_POPULATE_READ), EINVAL);
	CHECK_OK(munmap(p + PAGE, PAGE));
	CHECK_ERRNO(madvise(p + 2 * PAGE - PAGE, 2 * PAGE, MADV_POPULATE_READ), ENOMEM);
}

TEST(populate_goes_on_behind_a_hole)
{
	unsigned char in[4];
	char *p = anon(4);

	CHECK_OK(munmap(p + PAGE, PAGE));
	CHECK_ERRNO(madvise(p, 3 * PAGE, MADV_POPULATE_WRITE), ENOMEM);
	CHECK_OK(mincore(p + 2 * PAGE, 2 * PAGE, in));
	CHECK((in[0] & 1) && !(in[1] & 1));
	CHECK_OK(mprotect(p + 2 * PAGE, PAGE, PROT_READ));
	CHECK_ERRNO(madvise(p, 3 * PAGE, MADV_POPULATE_WRITE), EINVAL); /* is told first */
}

TEST(remove_refusals)
{
	char *p = anon(1), *f;
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0600));

	CHECK_OK(ftruncate(fd, PAGE));
	CHECK_ERRNO(madvise(p, PAGE, MADV_REMOVE), EINVAL);
	f = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK_OK(madvise(f, PAGE, MADV_REMOVE)); /* it could be made writable */
	fd = CHECK_OK(open("f", O_RDONLY));
	f = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK_ERRNO(madvise(f, PAGE, MADV_REMOVE), EACCES);
	f = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK_ERRNO(madvise(f, PAGE, MADV_REMOVE), EACCES);
}

TEST(lock_everything)
{
	struct rlimit none = { 0, 0 };
	unsigned char in;
	char *before = anon(1), *after;

	CHECK_OK(mlockall(MCL_CURRENT));
	CHECK_OK(mincore(before, PAGE, &in));
	CHECK_EQ(in & 1, 1);
	after = anon(1);
	CHECK_OK(mincore(after, PAGE, &in));
	CHECK_EQ(in & 1, 0);
	CHECK_OK(mlockall(MCL_FUTURE));
	after = anon(1);
	CHECK_OK(mincore(after, PAGE, &in));
	CHECK_EQ(in & 1, 1);
	CHECK_OK(mlockall(MCL_FUTURE | MCL_ONFAULT));
	after = anon(1);
	CHECK_OK(mincore(after, PAGE, &in));
	CHECK_EQ(in & 1, 0);
	CHECK_OK(munlockall());
	CHECK_OK(madvise(before, PAGE, MADV_DONTNEED)); /* not locked any more */
	CHECK_ERRNO(mlockall(0), EINVAL);
	CHECK_ERRNO(mlockall(MCL_ONFAULT), EINVAL);
	CHECK_ERRNO(mlockall(64), EINVAL);
	CHECK_OK(setrlimit(RLIMIT_MEMLOCK, &none));
	become(1000);
	CHECK_ERRNO(mlockall(MCL_CURRENT), EPERM);
	CHECK_ERRNO(mlock(before, PAGE), EPERM);
}

TEST(lock_on_fault)
{
	unsigned char in;
	char *p = anon(2);

	CHECK_OK(syscall(SYS_mlock2, p, 2 * PAGE, MLOCK_ONFAULT));
	CHECK_OK(mincore(p, PAGE, &in));
	CHECK_EQ(in & 1, 0);
	p[0] = 1;
	CHECK_ERRNO(madvise(p, PAGE, MADV_DONTNEED), EINVAL);
	CHECK_ERRNO(syscall(SYS_mlock2, p, PAGE, 2), EINVAL);
	CHECK_OK(munmap(p + PAGE, PAGE));
	CHECK_ERRNO(mlock(p, 2 * PAGE), ENOMEM);
	CHECK_ERRNO(munlock(p, 2 * PAGE), ENOMEM);
}

TEST(barriers_between_threads)
{
	CHECK_OK(barrier(MEMBARRIER_CMD_GLOBAL, 0));
	CHECK_OK(barrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0));
	CHECK_OK(barrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0));
	CHECK_ERRNO(barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0), EPERM);
	CHECK_OK(barrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0));
	CHECK_OK(barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0));
	CHECK_ERRNO(barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0), EPERM);
	CHECK_OK(barrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0));
	CHECK_OK(barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0));
	CHECK_ERRNO(barrier(1 << 30, 0), EINVAL);
	CHECK_ERRNO(barrier(MEMBARRIER_CMD_GLOBAL, 1), EINVAL);
}

TEST(kinds_of_mappings_checked_or_not)
{
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0600));
	char *p;

	CHECK_OK(ftruncate(fd, PAGE));
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED_VALIDATE, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_ERRNO((long)mmap(NULL, PAGE, PROT_READ, MAP_SHARED_VALIDATE | 1 << 21, fd, 0), EOPNOTSUPP);
	CHECK_ERRNO((long)mmap(NULL, PAGE, PROT_READ, 0, fd, 0), EINVAL);
	CHECK_ERRNO((long)mmap(NULL, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0), EINVAL);
	p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	unsigned char in[2];

	CHECK_OK(mincore(p, 2 * PAGE, in));
	CHECK((in[0] & 1) && (in[1] & 1));
	fd = CHECK_OK(open("/dev/zero", O_RDWR));
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	pid_t child = CHILD(p[0] = 'c');

	JOIN(child);
	CHECK_EQ(p[0], 'c');
}
