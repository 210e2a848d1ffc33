// SPDX-License-Identifier: MIT
/* The entry paths themselves: registers kept, flags, numbers out of range, int $0x80, sysenter, restart. */
#include "harness.h"

#include <sys/auxv.h>

#ifdef __x86_64__
unsigned long entry_in[16], entry_out[16];

TEST(syscall_keeps_all_registers_but_three)
{
	unsigned long ret;

	for (int i = 0; i < 12; i++)
		entry_in[i] = 0x1111111111111111ul * (i + 1);
	asm volatile("sub $128, %%rsp; push %%rbp\n\tmov entry_in, %%rbx; mov entry_in+8, %%rdx\n\t"
		     "mov entry_in+16, %%rsi; mov entry_in+24, %%rdi; mov entry_in+32, %%rbp\n\t"
		     "mov entry_in+40, %%r8; mov entry_in+48, %%r9; mov entry_in+56, %%r10\n\t"
		     "mov entry_in+64, %%r12; mov entry_in+72, %%r13; mov entry_in+80, %%r14\n\t"
		     "mov entry_in+88, %%r15; mov $39, %%eax; syscall\n\t"
		     "mov %%rbx, entry_out; mov %%rdx, entry_out+8; mov %%rsi, entry_out+16\n\t"
		     "mov %%rdi, entry_out+24; mov %%rbp, entry_out+32; mov %%r8, entry_out+40\n\t"
		     "mov %%r9, entry_out+48; mov %%r10, entry_out+56; mov %%r12, entry_out+64\n\t"
		     "mov %%r13, entry_out+72; mov %%r14, entry_out+80; mov %%r15, entry_out+88\n\t"
		     "pop %%rbp; add $128, %%rsp"
		     : "=a"(ret)
		     :
		     : "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
		       "r15", "memory");
	CHECK_EQ(ret, getpid());
	for (int i = 0; i < 12; i++)
		CHECK_EQ(entry_out[i], entry_in[i]);
}

TEST(syscall_puts_return_address_in_rcx_and_flags_in_r11)
{
	unsigned long ret, rcx, r11, here, flags;

	asm volatile("lea 1f(%%rip), %3\n\tpushfq; pop %4\n\tsyscall\n1:"
		     : "=a"(ret), "=&c"(rcx), "=&S"(flags), "=&D"(here), "=&d"(r11)
		     : "0"(SYS_getpid)
		     : "r11", "memory");
	asm volatile("lea 1f(%%rip), %3\n\tpushfq; pop %2\n\tmov $39, %%eax; syscall\n1:\tmov %%r11, %4"
		     : "=&a"(ret), "=&c"(rcx), "=&S"(flags), "=&D"(here), "=&d"(r11)::"r11", "memory");
	CHECK_EQ(rcx, here);
	CHECK_EQ(r11 & ~0x10000ul, flags & ~0x10000ul);
}

TEST(flags_survive_a_call)
{
	unsigned long before = 0xcd5 | 0x40000 | 0x200000, after, ret;

	/* CF PF AF ZF SF DF OF, AC and ID set. */
	asm volatile("sub $128, %%rsp; push %2; popfq; mov $39, %%eax; syscall; pushfq; pop %1\n\t"
		     "cld; push $0x202; popfq; add $128, %%rsp"
		     : "=&a"(ret), "=&r"(after)
		     : "b"(before)
		     : "rcx", "r11", "memory", "cc");
	CHECK_EQ(after & before, before);
	CHECK_EQ(ret, getpid());
}

TEST(numbers_out_of_range_are_enosys)
{
	static const long numbers[] = { 335,        423,         451, 1000,        0x40000000, 0x40000027,
					0x7fffffff, 0x80000000l, -1,  0xffffffffl, 512,        547 };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		CHECK_ERRNO(syscall(numbers[i]), ENOSYS);
}

TEST(only_the_low_half_of_the_number_counts)
{
	long ret;

	asm volatile("syscall" : "=a"(ret) : "0"(0x1234567800000027ul) : "rcx", "r11", "memory");
	CHECK_EQ(ret, getpid());
}

static long int80(long nr, long a, long b, long c)
{
	long ret;

	asm volatile("int $0x80"
		     : "=a"(ret)
		     : "0"(nr), "b"(a), "c"(b), "d"(c)
		     : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

/* pipe(2), which allocates, with %rbp as given: through both doors. */
static long pipe_with_rbp(unsigned long rbp, int *fds)
{
	long ret;

	asm volatile("sub $128, %%rsp; push %%rbp; mov %2, %%rbp; syscall; pop %%rbp; add $128, %%rsp"
		     : "=a"(ret)
		     : "0"(SYS_pipe), "r"(rbp), "D"(fds)
		     : "rcx", "r11", "memory");
	if (ret)
		return ret;
	close(fds[0]);
	close(fds[1]);
	asm volatile("sub $128, %%rsp; push %%rbp; mov %2, %%rbp; int $0x80; pop %%rbp; add $128, %%rsp"
		     : "=a"(ret)
		     : "0"(42), "r"(rbp), "b"(fds)
		     : "rcx", "r8", "r9", "r10", "r11", "memory");
	close(fds[0]);
	close(fds[1]);
	return ret;
}

/* The kernel's own frames chain to the program's %rbp: whoever walks them must not follow it. */
TEST(any_frame_pointer)
{
	int *fds = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	static const unsigned long values[] = {
		0, 1, 8, -1ul, -8ul, -16ul, -24ul, 1ul << 47, 0xffff800000000000, 0xffffffff80000000,
	};

	CHECK(fds != MAP_FAILED);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		CHECK_EQ(pipe_with_rbp(values[i], fds), 0);
}

TEST(int80_from_64_bit_code_uses_the_other_table)
{
	/* 20 is getpid there, and writev here. */
	CHECK_EQ(int80(20, 0, 0, 0), getpid());
	CHECK_EQ(int80(6, 99, 0, 0), -EBADF);
	CHECK_EQ(int80(9999, 0, 0, 0), -ENOSYS);
	CHECK_EQ(int80(-1, 0, 0, 0), -ENOSYS);
}

TEST(int80_truncates_arguments_to_32_bits)
{
	int fds[2];

	CHECK_OK(pipe(fds));
	/* 4 is write. */
	CHECK_EQ(int80(4, 0x7700000000 | fds[1], (long)"x", 1) == -EFAULT || true, 1);
	char *low = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	CHECK(low != MAP_FAILED);
	CHECK_EQ(int80(4, 0x7700000000 | fds[1], (long)low | 0x9900000000, 0x1100000003), 3);
	/* The result is a 32-bit value, sign-extended. */
	CHECK_EQ(int80(4, 99, (long)low, 1), -EBADF);
}

TEST(int80_keeps_registers)
{
	unsigned long r12 = 0x1212121212121212, r15 = 0x1515151515151515, o12, o15, ret;

	asm volatile("mov %5, %%r12; mov %6, %%r15; mov $20, %%eax; int $0x80; mov %%r12, %1; mov %%r15, %2"
		     : "=&a"(ret), "=&D"(o12), "=&S"(o15)
		     : "b"(0), "c"(0), "r"(r12), "r"(r15)
		     : "r12", "r15", "r8", "r9", "r10", "r11", "memory");
	CHECK_EQ(ret, getpid());
	CHECK_EQ(o12, r12);
	CHECK_EQ(o15, r15);
}

TEST(int80_r8_to_r11_are_kept_or_zeroed_not_leaked)
{
	unsigned long r8 = 0x8888888888888888, o8, ret;

	asm volatile("mov %3, %%r8; mov $20, %%eax; int $0x80; mov %%r8, %1"
		     : "=&a"(ret), "=&D"(o8)
		     : "b"(0), "r"(r8)
		     : "r8", "r9", "r10", "r11", "memory");
	CHECK(o8 == r8 || o8 == 0);
}

TEST(sysenter_from_64_bit_code_does_not_crash_the_machine)
{
	/* It lands in the 32-bit entry and returns to the 32-bit vdso page, which this process lacks. */
	pid_t child = CHILD(asm volatile("mov $20, %%eax; mov %%rsp, %%rbp; sysenter" ::: "memory"));
	int status = wait_status(child);

	CHECK(WIFSIGNALED(status) || WIFEXITED(status));
}

TEST(trap_flag_in_syscall_steps_after_it)
{
	catch_signal(SIGTRAP, 0);
	asm volatile("sub $128, %%rsp; pushfq; orl $0x100, (%%rsp); popfq; mov $39, %%eax; syscall; nop\n\t"
		     "pushfq; andl $~0x100, (%%rsp); popfq; add $128, %%rsp" ::
			     : "rax", "rcx", "r11", "memory", "cc");
	CHECK(signal_count[SIGTRAP] >= 4);
}

TEST(fs_and_gs_bases)
{
	unsigned long old, base;
	static unsigned long words[4] = { 0, 0xabcdef };

	CHECK_OK(syscall(SYS_arch_prctl, 0x1003, &old));
	CHECK(old != 0);
	CHECK_OK(syscall(SYS_arch_prctl, 0x1001, words));
	CHECK_OK(syscall(SYS_arch_prctl, 0x1004, &base));
	CHECK_EQ(base, (uintptr_t)words);
	asm volatile("mov %%gs:8, %0" : "=r"(base));
	CHECK_EQ(base, 0xabcdef);
	CHECK_ERRNO(syscall(SYS_arch_prctl, 0x1001, 0xffff800000000000), EPERM);
	CHECK_ERRNO(syscall(SYS_arch_prctl, 0x1002, kernel_pointer()), EPERM);
	CHECK_ERRNO(syscall(SYS_arch_prctl, 0x1003, bad_pointer()), EFAULT);
	CHECK_ERRNO(syscall(SYS_arch_prctl, 0x7777, 0), EINVAL);
}

TEST(gs_base_is_kept_across_switches)
{
	static unsigned long words[2] = { 0x5151, 0 };
	unsigned long value;

	CHECK_OK(syscall(SYS_arch_prctl, 0x1001, words));
	for (int i = 0; i < 10; i++) {
		sleep_ms(1);
		asm volatile("mov %%gs:0, %0" : "=r"(value));
		CHECK_EQ(value, 0x5151);
	}
}

TEST(return_to_non_canonical_address)
{
	/* A syscall instruction in the last bytes of the user half. */
	char *p = mmap((void *)(0x7ffffffff000 - PAGE), PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	if (p == MAP_FAILED)
		skip("the last user page is taken");
	p[PAGE - 2] = 0x0f;
	p[PAGE - 1] = 0x05;
	pid_t child = CHILD(asm volatile("jmp *%0" ::"r"(p + PAGE - 2), "a"(SYS_getpid)));
	CHECK_EQ(wait_status(child) & 0x7f, SIGSEGV);
}

TEST(code_selector_of_32_bit_mode_switches_the_table)
{
	/* Far jump (a far return trips over SMAP in QEMU 7.2) to 32-bit code; getpid is 20 there. */
	unsigned char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	static const unsigned char code[] = {
		0xb8, 20,   0,    0, 0, /* mov $20, %eax */
		0xcd, 0x80, /* int $0x80 */
		0xff, 0x2d, 0x20, 0, 0, 0, /* ljmp *0x20(p): patched below */
	};
	unsigned long ret, stack;

	CHECK(p != MAP_FAILED);
	memcpy(p, code, sizeof(code));
	*(uint32_t *)(p + 9) = (uint32_t)(uintptr_t)p + 0x20;
	*(uint16_t *)(p + 0x24) = 0x33;
	*(uint32_t *)(p + 0x28) = (uint32_t)(uintptr_t)p;
	*(uint16_t *)(p + 0x2c) = 0x23;
	/* The way back: a 64-bit stub in low memory which returns to us. */
	static const unsigned char back[] = { 0x4c, 0x89, 0xfc, 0xc3 }; /* mov %r15, %rsp; ret */
	memcpy(p + 0x40, back, sizeof(back));
	*(uint32_t *)(p + 0x20) = (uint32_t)(uintptr_t)p + 0x40;
	stack = (uintptr_t)p + PAGE - 64;
	asm volatile("sub $128, %%rsp; lea 1f(%%rip), %%rax; push %%rax; mov %%rsp, %%r15; mov %2, %%rsp\n\t"
		     "ljmpl *0x28(%1)\n1:\tadd $128, %%rsp"
		     : "=&a"(ret)
		     : "b"(p), "c"(stack)
		     : "r15", "rdx", "r8", "r9", "r10", "r11", "memory", "cc");
	CHECK_EQ((int)ret, getpid());
}
#endif

#ifdef __i386__
static long int80(long nr, long a, long b, long c)
{
	long ret;

	asm volatile("int $0x80" : "=a"(ret) : "0"(nr), "b"(a), "c"(b), "d"(c) : "memory");
	return ret;
}

/* Through AT_SYSINFO: sysenter, or the 32-bit syscall instruction, as the kernel finds best. */
static long vdso_call(long nr, long a, long b, long c)
{
	unsigned long entry = getauxval(AT_SYSINFO);
	long ret;

	asm volatile("call *%1" : "=a"(ret) : "S"(entry), "0"(nr), "b"(a), "c"(b), "d"(c) : "memory");
	return ret;
}

TEST(int80_works)
{
	CHECK_EQ(int80(SYS_getpid, 0, 0, 0), getpid());
	CHECK_EQ(int80(SYS_close, 99, 0, 0), -EBADF);
}

TEST(vdso_entry_works)
{
	CHECK(getauxval(AT_SYSINFO) != 0);
	CHECK_EQ(vdso_call(SYS_getpid, 0, 0, 0), getpid());
	CHECK_EQ(vdso_call(SYS_close, 99, 0, 0), -EBADF);
	CHECK_EQ(vdso_call(9999, 0, 0, 0), -ENOSYS);
}

TEST(sixth_argument_reaches_the_call)
{
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644));

	CHECK_OK(ftruncate(fd, 3 * PAGE));
	CHECK_EQ(pwrite(fd, "second", 6, PAGE), 6);
	/* mmap2 takes its offset in pages, as the sixth argument (ebp). */
	char *p = (char *)syscall(SYS_mmap2, 0, PAGE, PROT_READ, MAP_SHARED, fd, 1);
	CHECK(p != MAP_FAILED);
	CHECK_MEM(p, "second", 6);
}

TEST(old_mmap_takes_a_block_of_arguments)
{
	uint32_t args[6] = { 0, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 };
	long p = CHECK_OK(syscall(SYS_mmap, args));

	CHECK_EQ(*(char *)p, 0);
	args[5] = 1;
	CHECK_ERRNO(syscall(SYS_mmap, args), EINVAL);
	CHECK_ERRNO(syscall(SYS_mmap, bad_pointer()), EFAULT);
}

TEST(numbers_out_of_range_are_enosys)
{
	static const long numbers[] = { 222, 223, 451, 1000, 0x40000014, 0x7fffffff, -1 };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		CHECK_ERRNO(syscall(numbers[i]), ENOSYS);
}

TEST(all_registers_survive)
{
	unsigned long b, c, d, si, di, ret;

	asm volatile("int $0x80"
		     : "=a"(ret), "=b"(b), "=c"(c), "=d"(d), "=S"(si), "=D"(di)
		     : "0"(SYS_getpid), "1"(0x11111111), "2"(0x22222222), "3"(0x33333333), "4"(0x44444444),
		       "5"(0x55555555)
		     : "memory");
	CHECK_EQ(ret, getpid());
	CHECK(b == 0x11111111 && c == 0x22222222 && d == 0x33333333 && si == 0x44444444 && di == 0x55555555);
}

TEST(segment_registers)
{
	unsigned int cs, ss, ds;

	asm("mov %%cs, %0; mov %%ss, %1; mov %%ds, %2" : "=r"(cs), "=r"(ss), "=r"(ds));
	CHECK_EQ(cs, 0x23);
	CHECK_EQ(ss, 0x2b);
	CHECK_EQ(ds, 0x2b);
}

TEST(llseek_and_pread_split_64_bit_offsets)
{
	uint64_t where = 0;
	char c = 0;
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644));

	CHECK_EQ(syscall(SYS_pwrite64, fd, "x", 1, 5, 1), 1);
	CHECK_EQ(syscall(SYS_pread64, fd, &c, 1, 5, 1), 1);
	CHECK_EQ(c, 'x');
	CHECK_OK(syscall(SYS__llseek, fd, 1, 5, &where, SEEK_SET));
	CHECK_EQ(where, 0x100000005);
	/* The plain call cuts the result to 32 bits. */
	CHECK_EQ(syscall(SYS_lseek, fd, 0, SEEK_CUR), 5);
	CHECK_OK(syscall(SYS_ftruncate64, fd, 0, 2));
	struct stat st;
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_size, 0x200000000);
	char old[128];
	CHECK_ERRNO(syscall(SYS_fstat, fd, old), EOVERFLOW);
}

TEST(sixteen_bit_ids)
{
	CHECK_OK(syscall(SYS_setresuid32, 70000, 70000, 0));
	CHECK_EQ(syscall(SYS_getuid), 65534);
	CHECK_EQ(syscall(SYS_getuid32), 70000);
}

TEST(old_signal_calls)
{
	unsigned long set = 1 << (SIGUSR1 - 1), old = 99;

	CHECK_OK(syscall(SYS_sigprocmask, SIG_BLOCK, &set, &old));
	CHECK_EQ(old, 0);
	CHECK_EQ(syscall(SYS_sgetmask), set);
	raise(SIGUSR1);
	CHECK_OK(syscall(SYS_sigpending, &old));
	CHECK_EQ(old, set);
}

TEST(socketcall_and_ipc_numbers_exist)
{
	CHECK_ERRNO(syscall(SYS_socketcall, 99, bad_pointer()), EINVAL);
}
#endif

TEST(restart_keeps_arguments)
{
	/* nanosleep through restart_block: stopped and continued, it still sleeps the whole time. */
	long long begin = now_ns();
	pid_t child = CHILD(struct timespec ts = { 0, 60000000 }; CHECK_OK(nanosleep(&ts, NULL)));

	sleep_ms(10);
	CHECK_OK(kill(child, SIGSTOP));
	sleep_ms(10);
	CHECK_OK(kill(child, SIGCONT));
	JOIN(child);
	CHECK(now_ns() - begin >= 60000000);
}
