// SPDX-License-Identifier: MIT
/* mmap(2), munmap, mprotect, mremap, brk, madvise, mincore, msync, mlock. */
#include "harness.h"

#include <sys/resource.h>

static sigjmp_buf jump;
static volatile int fault_code;
static void *volatile fault_address;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	fault_code = info->si_code;
	fault_address = info->si_addr;
	siglongjmp(jump, sig);
}

/* 0, or the signal that touching *p raises; the page's byte is written back when `write`. */
static int touch(volatile char *p, bool write)
{
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	int sig;

	CHECK_OK(sigaction(SIGSEGV, &sa, NULL));
	CHECK_OK(sigaction(SIGBUS, &sa, NULL));
	sig = sigsetjmp(jump, 1);
	if (sig)
		return sig;
	char c = *p;
	if (write)
		*p = c;
	return 0;
}

static char *anon(size_t pages, int prot)
{
	char *p = mmap(NULL, pages * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

TEST(anonymous_memory_is_zero_and_writable)
{
	char *p = anon(4, PROT_READ | PROT_WRITE);

	for (int i = 0; i < 4 * PAGE; i += 512)
		CHECK_EQ(p[i], 0);
	memset(p, 'x', 4 * PAGE);
	CHECK_EQ(p[4 * PAGE - 1], 'x');
	CHECK_EQ((uintptr_t)p % PAGE, 0);
}

TEST(argument_refusals_in_order)
{
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644));

	CHECK_ERRNO((long)mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), EINVAL);
	CHECK_ERRNO((long)mmap(NULL, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0), EINVAL);
	CHECK_ERRNO((long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, -1, 0), EBADF);
	CHECK_ERRNO((long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 1), EINVAL);
	CHECK_ERRNO((long)mmap((void *)1, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
		    EINVAL);
	CHECK_ERRNO((long)mmap(NULL, (size_t)-PAGE * 2, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		    ENOMEM);
	CHECK_ERRNO(
		(long)mmap(kernel_pointer(), PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
		ENOMEM);
	int pipefd[2];
	CHECK_OK(pipe(pipefd));
	CHECK_ERRNO((long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, pipefd[0], 0), ENODEV);
}

TEST(file_access_mode_decides)
{
	int r, w;

	put_file("f", "x");
	r = CHECK_OK(open("f", O_RDONLY));
	w = CHECK_OK(open("f", O_WRONLY));
	CHECK_ERRNO((long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, w, 0), EACCES);
	CHECK_ERRNO((long)mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, r, 0), EACCES);
	CHECK(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, r, 0) != MAP_FAILED);
	char *p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, r, 0);
	CHECK(p != MAP_FAILED);
	CHECK_ERRNO(mprotect(p, PAGE, PROT_READ | PROT_WRITE), EACCES);
}

TEST(private_file_mapping_hides_writes)
{
	int fd;
	char *p;

	put_file("f", "abc");
	fd = CHECK_OK(open("f", O_RDWR));
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	close(fd);
	CHECK_MEM(p, "abc\0\0", 5);
	p[0] = 'X';
	CHECK_STR(get_file("f"), "abc");
}

TEST(shared_file_mapping_is_the_file)
{
	char buf[4] = "";
	int fd;
	char *p;

	put_file("f", "abc");
	fd = CHECK_OK(open("f", O_RDWR));
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	p[1] = 'X';
	CHECK_EQ(pread(fd, buf, 3, 0), 3);
	CHECK_STR(buf, "aXc");
	CHECK_EQ(pwrite(fd, "Y", 1, 2), 1);
	CHECK_EQ(p[2], 'Y');
	p[10] = 'z';
	CHECK_EQ(lseek(fd, 0, SEEK_END), 3);
	pid_t child = CHILD(p[0] = 'C');
	JOIN(child);
	CHECK_EQ(p[0], 'C');
}

TEST(offset_mapping_and_beyond_the_end)
{
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644));
	char *p;

	CHECK_OK(ftruncate(fd, 3 * PAGE));
	CHECK_EQ(pwrite(fd, "second", 6, PAGE), 6);
	p = mmap(NULL, 3 * PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
	CHECK(p != MAP_FAILED);
	CHECK_MEM(p, "second", 6);
	CHECK_EQ(touch(p + PAGE, false), 0);
	CHECK_EQ(touch(p + 2 * PAGE, false), SIGBUS);
	CHECK_EQ(fault_code, BUS_ADRERR);
	CHECK(fault_address == p + 2 * PAGE);
	CHECK_OK(ftruncate(fd, PAGE));
	CHECK_EQ(touch(p, false), SIGBUS);
}

TEST(protection_faults_tell_their_code)
{
	char *p = anon(2, PROT_READ);

	CHECK_EQ(touch(p, false), 0);
	CHECK_EQ(touch(p + 5, true), SIGSEGV);
	CHECK_EQ(fault_code, SEGV_ACCERR);
	CHECK(fault_address == p + 5);
	CHECK_OK(munmap(p, 2 * PAGE));
	CHECK_EQ(touch(p + PAGE + 3, false), SIGSEGV);
	CHECK_EQ(fault_code, SEGV_MAPERR);
	CHECK(fault_address == p + PAGE + 3);
	CHECK_EQ(touch(anon(1, PROT_NONE), false), SIGSEGV);
	CHECK_EQ(fault_code, SEGV_ACCERR);
}

TEST(fixed_replaces_and_noreplace_refuses)
{
	char *p = anon(3, PROT_READ | PROT_WRITE);

	memset(p, 'x', 3 * PAGE);
	CHECK(mmap(p + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == p + PAGE);
	CHECK_EQ(p[0], 'x');
	CHECK_EQ(p[PAGE], 0);
	CHECK_EQ(p[2 * PAGE], 'x');
	CHECK_ERRNO((long)mmap(p, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0),
		    EEXIST);
	CHECK_OK(munmap(p, PAGE));
	CHECK(mmap(p, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == p);
}

TEST(hint_is_used_when_free)
{
	char *p = anon(4, PROT_READ);

	CHECK_OK(munmap(p, 4 * PAGE));
	CHECK(mmap(p + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == p + PAGE);
	CHECK(mmap(p + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != p + PAGE);
}

TEST(munmap_splits_and_tolerates_holes)
{
	char *p = anon(5, PROT_READ | PROT_WRITE);

	CHECK_OK(munmap(p + 2 * PAGE, PAGE));
	CHECK_EQ(touch(p + PAGE, true), 0);
	CHECK_EQ(touch(p + 2 * PAGE, false), SIGSEGV);
	CHECK_EQ(touch(p + 3 * PAGE, true), 0);
	CHECK_OK(munmap(p, 5 * PAGE));
	CHECK_OK(munmap(p, 5 * PAGE));
	CHECK_ERRNO(munmap(p + 1, PAGE), EINVAL);
	CHECK_ERRNO(munmap(p, 0), EINVAL);
	CHECK_ERRNO(munmap(kernel_pointer(), PAGE * 2), EINVAL);
}

TEST(mprotect_changes_parts)
{
	char *p = anon(3, PROT_READ | PROT_WRITE);

	memset(p, 'x', 3 * PAGE);
	CHECK_OK(mprotect(p + PAGE, PAGE, PROT_NONE));
	CHECK_EQ(touch(p, true), 0);
	CHECK_EQ(touch(p + PAGE, false), SIGSEGV);
	CHECK_EQ(touch(p + 2 * PAGE, true), 0);
	CHECK_OK(mprotect(p + PAGE, PAGE, PROT_READ));
	CHECK_EQ(p[PAGE], 'x');
	CHECK_EQ(touch(p + PAGE, true), SIGSEGV);
	CHECK_OK(mprotect(p, 3 * PAGE, PROT_READ | PROT_WRITE));
	CHECK_EQ(touch(p + PAGE, true), 0);
}

TEST(mprotect_refusals)
{
	char *p = anon(3, PROT_READ);

	CHECK_ERRNO(mprotect(p + 1, PAGE, PROT_READ), EINVAL);
	CHECK_ERRNO(mprotect(p, PAGE, 0x100), EINVAL);
	CHECK_OK(mprotect(p, 0, PROT_READ));
	CHECK_OK(munmap(p + PAGE, PAGE));
	CHECK_ERRNO(mprotect(p, 3 * PAGE, PROT_NONE), ENOMEM);
	/* What lies before the hole has been changed. */
	CHECK_EQ(touch(p, false), SIGSEGV);
	CHECK_EQ(touch(p + 2 * PAGE, false), 0);
	CHECK_ERRNO(mprotect(p + PAGE, PAGE, PROT_READ), ENOMEM);
}

TEST(no_execute_is_enforced)
{
	char *p = anon(1, PROT_READ | PROT_WRITE);
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };

	p[0] = (char)0xc3;
	CHECK_OK(sigaction(SIGSEGV, &sa, NULL));
	if (!sigsetjmp(jump, 1)) {
		((void (*)(void))p)();
		FAIL("ran code on a page without PROT_EXEC");
	}
	CHECK(fault_address == p);
	CHECK_EQ(fault_code, SEGV_ACCERR);
	CHECK_OK(mprotect(p, PAGE, PROT_READ | PROT_EXEC));
	((void (*)(void))p)();
}

TEST(copy_on_write_after_fork)
{
	char *p = anon(2, PROT_READ | PROT_WRITE);

	p[0] = 'a';
	pid_t child = CHILD(CHECK_EQ(p[0], 'a'); p[0] = 'b'; p[PAGE] = 'c'; CHECK_EQ(p[0], 'b'));
	JOIN(child);
	CHECK_EQ(p[0], 'a');
	CHECK_EQ(p[PAGE], 0);
}

TEST(shared_anonymous_memory_crosses_fork)
{
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	pid_t child = CHILD(p[7] = 'q');
	JOIN(child);
	CHECK_EQ(p[7], 'q');
}

TEST(mremap_grows_moves_and_shrinks)
{
	char *p = anon(4, PROT_READ | PROT_WRITE), *q;

	memset(p, 'x', 4 * PAGE);
	CHECK(mremap(p, 4 * PAGE, 2 * PAGE, 0) == p);
	CHECK_EQ(touch(p + 2 * PAGE, false), SIGSEGV);
	CHECK(mremap(p, 2 * PAGE, 3 * PAGE, 0) == p);
	CHECK_EQ(p[PAGE], 'x');
	CHECK_EQ(p[2 * PAGE], 0);
	CHECK(mmap(p + 3 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
	      MAP_FAILED);
	CHECK_ERRNO((long)mremap(p, 3 * PAGE, 5 * PAGE, 0), ENOMEM);
	q = mremap(p, 3 * PAGE, 5 * PAGE, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED && q != p);
	CHECK_EQ(q[PAGE], 'x');
	CHECK_EQ(touch(p, false), SIGSEGV);
}

TEST(mremap_fixed_and_refusals)
{
	char *p = anon(2, PROT_READ | PROT_WRITE), *spot = anon(4, PROT_NONE);

	p[0] = 'm';
	CHECK_ERRNO((long)mremap(p + 1, PAGE, PAGE, 0), EINVAL);
	CHECK_ERRNO((long)mremap(p, PAGE, 0, 0), EINVAL);
	CHECK_ERRNO((long)mremap(p, PAGE, PAGE, 0x80), EINVAL);
	CHECK_ERRNO((long)mremap(p, PAGE, PAGE, MREMAP_FIXED, spot), EINVAL);
	CHECK_ERRNO((long)mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p), EINVAL);
	CHECK(mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, spot) == spot);
	CHECK_EQ(spot[0], 'm');
	CHECK_OK(munmap(p + PAGE, PAGE));
	CHECK_ERRNO((long)mremap(p + PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE), EFAULT);
}

TEST(brk_grows_and_shrinks)
{
	uintptr_t start = syscall(SYS_brk, 0), end = (start + PAGE - 1) / PAGE * PAGE + 4 * PAGE;

	CHECK_EQ((uintptr_t)syscall(SYS_brk, end) - end, 0);
	memset((void *)(end - 4 * PAGE), 'x', 4 * PAGE);
	CHECK_EQ((uintptr_t)syscall(SYS_brk, end - 2 * PAGE), end - 2 * PAGE);
	CHECK_EQ((uintptr_t)syscall(SYS_brk, end), end);
	CHECK_EQ(*(char *)(end - PAGE), 0);
	CHECK_EQ(*(char *)(end - 3 * PAGE), 'x');
	/* A refused request reports the old break. */
	CHECK_EQ((uintptr_t)syscall(SYS_brk, 1), end);
	CHECK_EQ((uintptr_t)syscall(SYS_brk, kernel_pointer()), end);
}

TEST(madvise_dontneed_gives_zeros)
{
	char *p = anon(2, PROT_READ | PROT_WRITE);

	memset(p, 'x', 2 * PAGE);
	CHECK_OK(madvise(p, PAGE, MADV_DONTNEED));
	CHECK_EQ(p[0], 0);
	CHECK_EQ(p[PAGE], 'x');
	CHECK_ERRNO(madvise(p + 1, PAGE, MADV_DONTNEED), EINVAL);
	CHECK_ERRNO(madvise(p, PAGE, 9999), EINVAL);
	CHECK_OK(madvise(p, 0, MADV_DONTNEED));
	CHECK_OK(madvise(p, 2 * PAGE, MADV_WILLNEED));
	CHECK_OK(munmap(p + PAGE, PAGE));
	CHECK_ERRNO(madvise(p, 2 * PAGE, MADV_DONTNEED), ENOMEM);
	CHECK_EQ(p[0], 0);
}

TEST(madvise_dontfork_and_wipeonfork)
{
	char *p = anon(2, PROT_READ | PROT_WRITE);

	memset(p, 'x', 2 * PAGE);
	CHECK_OK(madvise(p, PAGE, MADV_DONTFORK));
	CHECK_OK(madvise(p + PAGE, PAGE, MADV_WIPEONFORK));
	pid_t child = CHILD(CHECK_EQ(touch(p, false), SIGSEGV); CHECK_EQ(p[PAGE], 0));
	JOIN(child);
	CHECK_EQ(p[PAGE], 'x');
}

TEST(mincore_shows_what_is_in)
{
	unsigned char vec[3] = { 9, 9, 9 };
	char *p = anon(3, PROT_READ | PROT_WRITE);

	p[PAGE] = 1;
	CHECK_OK(mincore(p, 3 * PAGE, vec));
	CHECK_EQ(vec[0] & 1, 0);
	CHECK_EQ(vec[1] & 1, 1);
	CHECK_ERRNO(mincore(p + 1, PAGE, vec), EINVAL);
	CHECK_ERRNO(mincore(p, PAGE, bad_pointer()), EFAULT);
	CHECK_OK(munmap(p, PAGE));
	CHECK_ERRNO(mincore(p, PAGE, vec), ENOMEM);
}

TEST(msync_and_mlock_arguments)
{
	char *p = anon(2, PROT_READ | PROT_WRITE);

	CHECK_OK(msync(p, PAGE, MS_SYNC));
	CHECK_ERRNO(msync(p, PAGE, MS_SYNC | MS_ASYNC), EINVAL);
	CHECK_ERRNO(msync(p, PAGE, 0x80), EINVAL);
	CHECK_ERRNO(msync(p + 1, PAGE, MS_SYNC), EINVAL);
	CHECK_OK(mlock(p, PAGE));
	CHECK_OK(munlock(p, PAGE));
	CHECK_OK(munmap(p, 2 * PAGE));
	CHECK_ERRNO(msync(p, PAGE, MS_SYNC), ENOMEM);
	CHECK_ERRNO(mlock(p, PAGE), ENOMEM);
	CHECK_ERRNO(mlockall(0), EINVAL);
}

TEST(address_space_limit_is_enomem)
{
	struct rlimit lim;
	void *p;

	CHECK_OK(getrlimit(RLIMIT_AS, &lim));
	lim.rlim_cur = 64 << 20;
	CHECK_OK(setrlimit(RLIMIT_AS, &lim));
	p = mmap(NULL, 128 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p == MAP_FAILED && errno == ENOMEM);
	CHECK(mmap(NULL, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}

TEST(stack_grows_on_demand)
{
	char *low = __builtin_frame_address(0);

	CHECK_EQ(touch(low - 1000000, true), 0);
}

#ifdef __x86_64__
TEST(low_32_bit_request)
{
	void *p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	CHECK(p != MAP_FAILED);
	CHECK((uintptr_t)p < 0x80000000);
}
#endif

TEST(page_zero_needs_privilege_by_mmap_min_addr)
{
	CHECK_OK(setresuid(1000, 1000, 1000));
	CHECK_ERRNO((long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), EPERM);
}

static char *volatile shared_page;

static void *write_later(void *unused)
{
	for (int i = 0; i < 64; i++)
		shared_page[i * PAGE] = 1;
	return NULL;
}

TEST(two_threads_fault_the_same_pages)
{
	pthread_t a, b;

	shared_page = anon(64, PROT_READ | PROT_WRITE);
	CHECK_EQ(pthread_create(&a, NULL, write_later, NULL), 0);
	CHECK_EQ(pthread_create(&b, NULL, write_later, NULL), 0);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	for (int i = 0; i < 64; i++)
		CHECK_EQ(shared_page[i * PAGE], 1);
}

TEST(unmapping_stops_the_other_thread)
{
	pthread_t t;

	shared_page = anon(64, PROT_READ | PROT_WRITE);
	memset(shared_page, 'x', 64 * PAGE);
	CHECK_EQ(pthread_create(&t, NULL, write_later, NULL), 0);
	pthread_join(t, NULL);
	CHECK_OK(mprotect(shared_page, 64 * PAGE, PROT_READ));
	CHECK_EQ(touch(shared_page, true), SIGSEGV);
}

TEST(device_zero_maps_private_memory)
{
	int fd = CHECK_OK(open("/dev/zero", O_RDWR));
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

	CHECK(p != MAP_FAILED);
	CHECK_EQ(p[100], 0);
	p[100] = 1;
}
