// SPDX-License-Identifier: MIT
/* Memory in odd shapes: mremap in all its forms, guard pages, growing stacks, faults on the alternate stack. */
#include "harness.h"
#include "touch.h"

#include <sys/resource.h>
#include <ucontext.h>

static char *pages(int n)
{
	char *p = mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static bool mapped(char *p)
{
	unsigned char in;

	return mincore(p, PAGE, &in) == 0;
}

TEST(mremap_same_size_is_the_same_place)
{
	char *p = pages(2);

	CHECK(mremap(p, 2 * PAGE, 2 * PAGE, 0) == p);
	CHECK(mremap(p, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE) == p);
	/* Lengths round up. */
	CHECK(mremap(p, PAGE + 1, 2 * PAGE - 1, 0) == p);
}

TEST(mremap_shrinks_in_place)
{
	char *p = pages(4);

	memset(p, 'a', 4 * PAGE);
	CHECK(mremap(p, 4 * PAGE, PAGE, 0) == p);
	CHECK_EQ(p[PAGE - 1], 'a');
	CHECK(!mapped(p + PAGE));
	CHECK(!mapped(p + 3 * PAGE));
}

TEST(mremap_grows_into_free_room)
{
	char *p = pages(8);

	p[0] = 'a';
	CHECK_OK(munmap(p + 2 * PAGE, 6 * PAGE));
	CHECK(mremap(p, 2 * PAGE, 8 * PAGE, 0) == p);
	CHECK_EQ(p[0], 'a');
	CHECK_EQ(touch(p + 8 * PAGE - 1, true), 0);
}

TEST(mremap_without_room_and_leave_to_move_is_enomem)
{
	char *p = pages(4);

	CHECK_OK(mprotect(p + 2 * PAGE, PAGE, PROT_READ));
	CHECK(mremap(p, 2 * PAGE, 3 * PAGE, 0) == MAP_FAILED);
	CHECK_EQ(errno, ENOMEM);
	CHECK_EQ(touch(p + PAGE, true), 0);
	CHECK(mapped(p + 2 * PAGE));
}

TEST(mremap_moves_with_contents)
{
	char *p = pages(4), *q;

	memset(p, 'm', 2 * PAGE);
	CHECK_OK(mprotect(p + 2 * PAGE, PAGE, PROT_READ));
	q = mremap(p, 2 * PAGE, 6 * PAGE, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED && q != p);
	CHECK_EQ(q[0], 'm');
	CHECK_EQ(q[2 * PAGE - 1], 'm');
	CHECK_EQ(q[2 * PAGE], 0);
	CHECK(!mapped(p));
	CHECK(mapped(p + 2 * PAGE));
}

TEST(mremap_fixed_replaces_the_target)
{
	char *p = pages(2), *q = pages(3);

	memset(p, 'p', 2 * PAGE);
	memset(q, 'q', 3 * PAGE);
	CHECK(mremap(p, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, q) == q);
	CHECK_EQ(q[0], 'p');
	CHECK_EQ(q[2 * PAGE], 'q');
	CHECK(!mapped(p));
}

TEST(mremap_fixed_shrinks_while_moving)
{
	char *p = pages(4), *q = pages(4);

	memset(p, 'p', 4 * PAGE);
	CHECK(mremap(p, 4 * PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, q) == q);
	CHECK_EQ(q[0], 'p');
	CHECK_EQ(q[PAGE], 0);
	CHECK(!mapped(p));
	CHECK(!mapped(p + 3 * PAGE));
}

TEST(mremap_dontunmap_leaves_an_empty_hull)
{
	char *p = pages(2), *q;

	memset(p, 'p', 2 * PAGE);
	q = mremap(p, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
	CHECK(q != MAP_FAILED && q != p);
	CHECK_EQ(q[PAGE], 'p');
	CHECK(mapped(p));
	CHECK_EQ(p[0], 0);
}

TEST(mremap_refusals)
{
	char *p = pages(4);

	CHECK(mremap(p + 1, PAGE, PAGE, 0) == MAP_FAILED && errno == EINVAL);
	CHECK(mremap(p, PAGE, 0, 0) == MAP_FAILED && errno == EINVAL);
	CHECK(mremap(p, PAGE, PAGE, 8) == MAP_FAILED && errno == EINVAL);
	CHECK(mremap(p, PAGE, PAGE, MREMAP_FIXED, p + PAGE) == MAP_FAILED && errno == EINVAL);
	CHECK(mremap(p, PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP) == MAP_FAILED && errno == EINVAL);
	CHECK(mremap(p, PAGE, PAGE, MREMAP_DONTUNMAP) == MAP_FAILED && errno == EINVAL);
	CHECK(mremap(p, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p + PAGE) == MAP_FAILED &&
	      errno == EINVAL);
	CHECK(mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p + 5) == MAP_FAILED && errno == EINVAL);
	CHECK(mremap(p, PAGE, SIZE_MAX & ~(PAGE - 1UL), MREMAP_MAYMOVE) == MAP_FAILED);
	CHECK(errno == EINVAL || errno == ENOMEM);
	CHECK_OK(munmap(p, PAGE));
	CHECK(mremap(p, PAGE, 2 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED && errno == EFAULT);
}

TEST(mremap_across_two_mappings_is_efault)
{
	char *p = pages(4);

	CHECK_OK(mprotect(p + PAGE, PAGE, PROT_READ));
	CHECK(mremap(p, 2 * PAGE, 3 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED);
	CHECK_EQ(errno, EFAULT);
	/* Giving back is like munmap: it may span several. */
	CHECK(mremap(p, 4 * PAGE, PAGE, 0) == p);
	CHECK(!mapped(p + PAGE));
}

TEST(mremap_old_size_zero_doubles_a_shared_mapping)
{
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), *q;

	CHECK(p != MAP_FAILED);
	q = mremap(p, 0, PAGE, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED && q != p);
	p[5] = 'x';
	CHECK_EQ(q[5], 'x');
	p = pages(1);
	CHECK(mremap(p, 0, PAGE, MREMAP_MAYMOVE) == MAP_FAILED);
	CHECK_EQ(errno, EINVAL);
}

TEST(mremap_keeps_the_file_offset)
{
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644));
	char *p, *q;

	for (int i = 0; i < 6; i++)
		CHECK_EQ(pwrite(fd, &(char){ '0' + i }, 1, i * PAGE), 1);
	p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 2 * PAGE);
	CHECK(p != MAP_FAILED);
	q = mremap(p + PAGE, PAGE, 3 * PAGE, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED);
	CHECK_EQ(q[0], '3');
	CHECK_EQ(q[2 * PAGE], '5');
	CHECK_EQ(p[0], '2');
}

TEST(mremap_counts_against_the_limit)
{
	struct rlimit big, lim;
	char *p = pages(2);

	CHECK_OK(getrlimit(RLIMIT_AS, &big));
	lim = big;
	lim.rlim_cur = 64 << 20;
	CHECK_OK(setrlimit(RLIMIT_AS, &lim));
	CHECK(mremap(p, 2 * PAGE, 256 << 20, MREMAP_MAYMOVE) == MAP_FAILED);
	CHECK_EQ(errno, ENOMEM);
	CHECK_EQ(touch(p + PAGE, true), 0);
}

TEST(guard_page_stops_an_overrun)
{
	char *p = pages(3);

	CHECK_OK(mprotect(p + PAGE, PAGE, PROT_NONE));
	CHECK_EQ(touch(p + PAGE - 1, true), 0);
	CHECK_EQ(touch(p + PAGE, false), SIGSEGV);
	CHECK_EQ(fault_code, SEGV_ACCERR);
	CHECK(fault_address == p + PAGE);
	CHECK_EQ(touch(p + 2 * PAGE - 1, true), SIGSEGV);
	CHECK(fault_address == p + 2 * PAGE - 1);
	CHECK_EQ(touch(p + 2 * PAGE, true), 0);
	CHECK_OK(mprotect(p + PAGE, PAGE, PROT_READ));
	CHECK_EQ(touch(p + PAGE, false), 0);
	CHECK_EQ(touch(p + PAGE, true), SIGSEGV);
}

TEST(guard_page_keeps_its_contents)
{
	char *p = pages(1);

	strcpy(p, "kept");
	CHECK_OK(mprotect(p, PAGE, PROT_NONE));
	CHECK_EQ(touch(p, false), SIGSEGV);
	CHECK_OK(mprotect(p, PAGE, PROT_READ));
	CHECK_STR(p, "kept");
}

TEST(unmapped_is_maperr_and_mapped_is_accerr)
{
	char *p = pages(2);

	CHECK_OK(munmap(p, PAGE));
	CHECK_EQ(touch(p, false), SIGSEGV);
	CHECK_EQ(fault_code, SEGV_MAPERR);
	CHECK_OK(mprotect(p + PAGE, PAGE, PROT_READ));
	CHECK_EQ(touch(p + PAGE, true), SIGSEGV);
	CHECK_EQ(fault_code, SEGV_ACCERR);
}

TEST(grows_down_mapping_extends)
{
	char *room = pages(600), *p = room + 599 * PAGE;

	CHECK_OK(munmap(room, 600 * PAGE));
	p = mmap(p, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1,
		 0);
	CHECK(p != MAP_FAILED);
	CHECK_EQ(touch(p - 1, true), 0);
	CHECK(mapped(p - PAGE));
	CHECK_EQ(touch(p - 10 * PAGE, true), 0);
	CHECK(mapped(p - 9 * PAGE));
}

TEST(grows_down_keeps_its_distance_from_a_neighbour)
{
	char *room = pages(400), *p = room + 399 * PAGE;

	CHECK_OK(munmap(room + PAGE, 398 * PAGE));
	p = mmap(p, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1,
		 0);
	CHECK(p != MAP_FAILED);
	CHECK_EQ(touch(p - 100 * PAGE, true), 0);
	/* 256 pages stay free above a mapping which may be written. */
	CHECK_EQ(touch(room + 257 * PAGE, true), 0);
	CHECK_EQ(touch(room + 256 * PAGE, true), SIGSEGV);
	CHECK_EQ(touch(room + 2 * PAGE, true), SIGSEGV);
}

TEST(mprotect_growsdown_needs_a_growing_mapping)
{
	char *p = pages(4), *q;

	CHECK_ERRNO(mprotect(p, PAGE, PROT_READ | PROT_GROWSDOWN), EINVAL);
	CHECK_ERRNO(mprotect(p, PAGE, PROT_READ | PROT_GROWSDOWN | PROT_GROWSUP), EINVAL);
	q = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0);
	CHECK(q != MAP_FAILED);
	CHECK_OK(mprotect(q + 2 * PAGE, PAGE, PROT_READ | PROT_GROWSDOWN));
	CHECK_EQ(touch(q, true), SIGSEGV);
	CHECK_EQ(touch(q + 3 * PAGE, true), 0);
}

static volatile int endless = INT_MAX;

static int __attribute__((noinline)) eat_stack(int depth)
{
	volatile char room[4096];

	room[0] = depth;
	return depth < endless ? eat_stack(depth + 1) + room[0] : 0;
}

TEST(stack_overflow_is_told_on_the_alternate_stack)
{
	stack_t ss = { .ss_sp = pages(16), .ss_size = 16 * PAGE };
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	struct rlimit lim = { 256 << 10, 256 << 10 };

	CHECK_OK(setrlimit(RLIMIT_STACK, &lim));
	CHECK_OK(sigaltstack(&ss, NULL));
	CHECK_OK(sigaction(SIGSEGV, &sa, NULL));
	for (int round = 0; round < 3; round++) {
		fault_address = NULL;
		if (!sigsetjmp(jump, 1))
			eat_stack(0);
		CHECK(fault_address != NULL);
		CHECK_EQ(fault_code, SEGV_MAPERR);
	}
}

TEST(stack_limit_can_be_raised_while_running)
{
	struct rlimit lim = { 256 << 10, 8 << 20 };
	volatile char *here = (volatile char *)__builtin_frame_address(0);

	CHECK_OK(setrlimit(RLIMIT_STACK, &lim));
	stack_t ss = { .ss_sp = pages(16), .ss_size = 16 * PAGE };
	CHECK_OK(sigaltstack(&ss, NULL));
	CHECK_EQ(touch(here - (1 << 20), true), SIGSEGV);
	lim.rlim_cur = 4 << 20;
	CHECK_OK(setrlimit(RLIMIT_STACK, &lim));
	CHECK_EQ(touch(here - (1 << 20), true), 0);
	CHECK_EQ(touch(here - (5 << 20), true), SIGSEGV);
}

TEST(fault_without_any_stack_kills)
{
	pid_t pid = CHILD(catch_signal(SIGSEGV, SA_ONSTACK); eat_stack(0));

	CHECK_EQ(wait_status(pid) & 0x7f, SIGSEGV);
}

TEST(munmap_of_the_middle_leaves_both_ends)
{
	char *p = pages(5);

	memset(p, 'a', 5 * PAGE);
	CHECK_OK(munmap(p + PAGE, 3 * PAGE));
	CHECK_EQ(p[0], 'a');
	CHECK_EQ(p[4 * PAGE], 'a');
	CHECK_EQ(touch(p + 2 * PAGE, false), SIGSEGV);
	CHECK_OK(munmap(p, 5 * PAGE));
	CHECK_EQ(touch(p, false), SIGSEGV);
}

TEST(munmap_refusals)
{
	char *p = pages(2);

	CHECK_ERRNO(munmap(p + 1, PAGE), EINVAL);
	CHECK_ERRNO(munmap(p, 0), EINVAL);
	CHECK_ERRNO(munmap(p, SIZE_MAX), EINVAL);
	CHECK_ERRNO(munmap(kernel_pointer(), PAGE), EINVAL);
	CHECK_OK(munmap(p, 1));
	CHECK(!mapped(p));
	CHECK(mapped(p + PAGE));
}

TEST(mprotect_stops_at_the_first_hole)
{
	char *p = pages(3);

	CHECK_OK(munmap(p + PAGE, PAGE));
	CHECK_ERRNO(mprotect(p, 3 * PAGE, PROT_READ), ENOMEM);
	CHECK_EQ(touch(p, true), SIGSEGV);
	CHECK_EQ(touch(p + 2 * PAGE, true), 0);
	CHECK_ERRNO(mprotect(p + 1, PAGE, PROT_READ), EINVAL);
	CHECK_OK(mprotect(p, 0, PROT_READ));
	CHECK_ERRNO(mprotect(p, PAGE, 0x100), EINVAL);
}

TEST(fixed_noreplace_keeps_what_is_there)
{
	char *p = pages(3), *q;
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;

	strcpy(p, "mine");
	CHECK(mmap(p, PAGE, PROT_READ, flags, -1, 0) == MAP_FAILED && errno == EEXIST);
	CHECK_STR(p, "mine");
	CHECK_OK(munmap(p + PAGE, PAGE));
	CHECK(mmap(p + PAGE, 2 * PAGE, PROT_READ, flags, -1, 0) == MAP_FAILED && errno == EEXIST);
	q = mmap(p + PAGE, PAGE, PROT_READ, flags, -1, 0);
	CHECK(q == p + PAGE);
}

TEST(madvise_refusals)
{
	char *p = pages(3);

	CHECK_ERRNO(madvise(p + 1, PAGE, MADV_DONTNEED), EINVAL);
	CHECK_ERRNO(madvise(p, PAGE, 9999), EINVAL);
	CHECK_OK(madvise(p, 0, MADV_DONTNEED));
#ifndef __i386__ /* where such a length is just long */
	CHECK_ERRNO(madvise(p, SIZE_MAX - 10, MADV_DONTNEED), EINVAL);
#endif
	CHECK_OK(munmap(p + PAGE, PAGE));
	p[2 * PAGE] = 'x';
	/* The hole is told about, the rest is done. */
	CHECK_ERRNO(madvise(p, 3 * PAGE, MADV_DONTNEED), ENOMEM);
	CHECK_EQ(p[2 * PAGE], 0);
	CHECK_OK(mlock(p, PAGE));
	CHECK_ERRNO(madvise(p, PAGE, MADV_DONTNEED), EINVAL);
}

TEST(many_mappings_split_and_merge)
{
	enum { N = 512 };
	char *p = pages(N);

	for (int i = 0; i < N; i += 2)
		CHECK_OK(mprotect(p + i * PAGE, PAGE, PROT_READ));
	for (int i = 0; i < N; i++)
		CHECK_EQ(touch(p + i * PAGE, true), i % 2 ? 0 : SIGSEGV);
	CHECK_OK(mprotect(p, N * PAGE, PROT_READ | PROT_WRITE));
	for (int i = 0; i < N; i++)
		CHECK_EQ(p[i * PAGE], i % 2);
	CHECK_OK(munmap(p, N * PAGE));
}

TEST(shared_memory_grows_beyond_all_memory)
{
	const size_t huge = 1ul << 30; /* four times what the machine has */
	char *p = CHECK_OK(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)), *q;

	p[0] = 'a';
	q = CHECK_OK(mremap(p, 0, huge, MREMAP_MAYMOVE)); /* a second view */
	CHECK_EQ(q[0], 'a');
	CHECK_OK(munmap(q, huge));
	q = CHECK_OK(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	CHECK_ERRNO((long)mremap(q, PAGE, huge, MREMAP_MAYMOVE), ENOMEM);
}
