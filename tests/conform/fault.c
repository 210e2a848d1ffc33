// SPDX-License-Identifier: MIT
/* CPU exceptions: each becomes the right signal with the right si_code and si_addr. */
#include "harness.h"

#include <sys/ucontext.h>

#ifdef __x86_64__
#define PC REG_RIP
#define AX "rax"
#else
#define PC REG_EIP
#define AX "eax"
#endif

static sigjmp_buf jump;
static volatile int code;
static volatile uintptr_t address, pc;
static volatile unsigned long trap_number, error_code;

static void on_signal(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	code = info->si_code;
	address = (uintptr_t)info->si_addr;
	pc = uc->uc_mcontext.gregs[PC];
	trap_number = uc->uc_mcontext.gregs[REG_TRAPNO];
	error_code = uc->uc_mcontext.gregs[REG_ERR];
	siglongjmp(jump, sig);
}

static void catch_all(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		CHECK_OK(sigaction(signals[i], &sa, NULL));
}

/* Run the statement; value: the signal it raised, 0 for none. */
#define RAISED(statement)                      \
	({                                     \
		catch_all();                   \
		int sig_ = sigsetjmp(jump, 1); \
		if (!sig_) {                   \
			statement;             \
		}                              \
		sig_;                          \
	})

extern char fault_here[];

TEST(divide_error)
{
	CHECK_EQ(RAISED(asm volatile("xor %%edx, %%edx; mov $1, %%eax; xor %%ecx, %%ecx\n"
				     ".globl fault_here\nfault_here: div %%ecx" ::
					     : "eax", "ecx", "edx")),
		 SIGFPE);
	CHECK_EQ(code, FPE_INTDIV);
	CHECK_EQ(address, (uintptr_t)fault_here);
	CHECK_EQ(pc, (uintptr_t)fault_here);
	CHECK_EQ(trap_number, 0);
}

TEST(divide_overflow)
{
	CHECK_EQ(RAISED(asm volatile("mov $-1, %%edx; mov $0, %%eax; mov $1, %%ecx; div %%ecx" ::
					     : "eax", "ecx", "edx")),
		 SIGFPE);
	CHECK_EQ(code, FPE_INTDIV);
}

TEST(undefined_instruction)
{
	CHECK_EQ(RAISED(asm volatile("ud2")), SIGILL);
	CHECK_EQ(code, ILL_ILLOPN);
	CHECK_EQ(address, pc);
	CHECK_EQ(trap_number, 6);
}

TEST(breakpoint)
{
	CHECK_EQ(RAISED(asm volatile("int3")), SIGTRAP);
	CHECK_EQ(code, SI_KERNEL);
	CHECK_EQ(trap_number, 3);
	CHECK_EQ(*(unsigned char *)(pc - 1), 0xcc);
}

TEST(int_3_two_byte_form)
{
	CHECK_EQ(RAISED(asm volatile(".byte 0xcd, 0x03")), SIGTRAP);
	CHECK_EQ(code, SI_KERNEL);
}

TEST(single_step_by_trap_flag)
{
#ifdef __x86_64__
	CHECK_EQ(RAISED(asm volatile("sub $128, %%rsp; pushfq; orl $0x100, (%%rsp); popfq; nop; nop" ::
					     : "memory", "cc")),
		 SIGTRAP);
#else
	CHECK_EQ(RAISED(asm volatile("pushfl; orl $0x100, (%%esp); popfl; nop; nop" ::
					     : "memory", "cc")),
		 SIGTRAP);
#endif
	CHECK_EQ(code, TRAP_TRACE);
	CHECK_EQ(trap_number, 1);
	CHECK_EQ(address, pc);
}

TEST(privileged_instructions)
{
	CHECK_EQ(RAISED(asm volatile("hlt")), SIGSEGV);
	CHECK_EQ(code, SI_KERNEL);
	CHECK_EQ(address, 0);
	CHECK_EQ(trap_number, 13);
	CHECK_EQ(error_code, 0);
	CHECK_EQ(RAISED(asm volatile("cli")), SIGSEGV);
	CHECK_EQ(RAISED(asm volatile("sti")), SIGSEGV);
	CHECK_EQ(RAISED(asm volatile("mov $0x70, %%dx; in %%dx, %%al" ::: "eax", "edx")), SIGSEGV);
	CHECK_EQ(RAISED(asm volatile("xor %%ecx, %%ecx; rdmsr" ::: "eax", "ecx", "edx")), SIGSEGV);
	CHECK_EQ(RAISED(asm volatile("xor %%eax, %%eax; mov %%eax, %%ds; mov %0, %%ds" ::"r"(0x4242)
				     : "eax")),
		 SIGSEGV);
	CHECK_EQ(error_code, 0x4240);
	asm volatile("mov %0, %%ds" ::"r"(0x2b));
}

TEST(software_interrupt_through_a_closed_gate)
{
	CHECK_EQ(RAISED(asm volatile("int $0x20")), SIGSEGV);
	CHECK_EQ(code, SI_KERNEL);
	CHECK_EQ(RAISED(asm volatile("int $0x0e")), SIGSEGV);
	CHECK_EQ(RAISED(asm volatile("int $0xff")), SIGSEGV);
	CHECK_EQ(RAISED(asm volatile("int $0x02")), SIGSEGV);
	CHECK_EQ(RAISED(asm volatile("int $0x08")), SIGSEGV);
}

TEST(page_fault_error_code_bits)
{
	char *none = bad_pointer(), *ro = read_only_page();
	volatile char c;

	CHECK_EQ(RAISED(c = *(volatile char *)16), SIGSEGV);
	CHECK_EQ(code, SEGV_MAPERR);
	CHECK_EQ(address, 16);
	CHECK_EQ(trap_number, 14);
	CHECK_EQ(error_code, 4);
	c = *(volatile char *)ro;
	CHECK_EQ(RAISED(*(volatile char *)ro = c), SIGSEGV);
	CHECK_EQ(code, SEGV_ACCERR);
	CHECK_EQ(error_code, 7);
	CHECK_EQ(RAISED(c = none[3]), SIGSEGV);
	CHECK_EQ(code, SEGV_ACCERR);
	CHECK_EQ(address, (uintptr_t)none + 3);
}

TEST(jump_to_nowhere)
{
	CHECK_EQ(RAISED(((void (*)(void))32)()), SIGSEGV);
	CHECK_EQ(pc, 32);
	CHECK_EQ(address, 32);
	CHECK_EQ(code, SEGV_MAPERR);
	CHECK_EQ(error_code & 0x14, 0x14);
}

TEST(kernel_address_looks_unmapped)
{
	CHECK_EQ(RAISED((void)*(volatile char *)kernel_pointer()), SIGSEGV);
	CHECK_EQ(code, SEGV_MAPERR);
	CHECK_EQ(address, (uintptr_t)kernel_pointer());
}

#ifdef __x86_64__
TEST(non_canonical_address_is_a_protection_fault)
{
	CHECK_EQ(RAISED((void)*(volatile char *)0x8000000000000000), SIGSEGV);
	CHECK_EQ(code, SI_KERNEL);
	CHECK_EQ(address, 0);
	CHECK_EQ(trap_number, 13);
	CHECK_EQ(RAISED(asm volatile("mov $0x8000000000000000, %%rbp; push %%rax; mov (%%rbp), %%rax" ::
					     : "rax", "memory")),
		 SIGSEGV);
}

TEST(vsyscall_page_is_not_readable)
{
	CHECK_EQ(RAISED((void)*(volatile char *)0xffffffffff600000), SIGSEGV);
	CHECK_EQ(code, SEGV_MAPERR);
}
#endif

#ifdef __i386__
TEST(overflow_and_bounds_instructions)
{
	int range[2] = { 0, 10 };

	CHECK_EQ(RAISED(asm volatile("mov $0x7fffffff, %%eax; inc %%eax; into" ::: "eax", "cc")), SIGSEGV);
	CHECK_EQ(trap_number, 4);
	CHECK_EQ(RAISED(asm volatile("mov $50, %%eax; bound %%eax, %0" ::"m"(range) : "eax")), SIGSEGV);
	CHECK_EQ(trap_number, 5);
}
#endif

TEST(alignment_check)
{
	static int words[2];
	int sig;

#ifdef __x86_64__
	sig = RAISED(asm volatile(
		"sub $128, %%rsp; pushfq; orl $0x40000, (%%rsp); popfq; mov (%0), %%eax\n\t"
		"pushfq; andl $~0x40000, (%%rsp); popfq; add $128, %%rsp" ::"r"((char *)words + 1)
		: "eax", "memory", "cc"));
#else
	sig = RAISED(asm volatile("pushfl; orl $0x40000, (%%esp); popfl; mov (%0), %%eax\n\t"
				  "pushfl; andl $~0x40000, (%%esp); popfl" ::"r"((char *)words + 1)
				  : "eax", "memory", "cc"));
#endif
	if (!sig)
		skip("this CPU does not check alignment");
	CHECK_EQ(sig, SIGBUS);
	CHECK_EQ(code, BUS_ADRALN);
	CHECK_EQ(trap_number, 17);
}

TEST(x87_exception)
{
	unsigned short cw = 0x037b;

	CHECK_EQ(RAISED(asm volatile("fninit; fldcw %0; fld1; fldz; fdivrp; fwait" ::"m"(cw))), SIGFPE);
	CHECK_EQ(code, FPE_FLTDIV);
	CHECK_EQ(trap_number, 16);
	asm volatile("fninit");
}

TEST(sse_exception)
{
	unsigned int csr = 0x1f80 & ~0x200, normal = 0x1f80;
	float one = 1, zero = 0;

	int sig = RAISED(
		asm volatile("ldmxcsr %0; movss %1, %%xmm0; divss %2, %%xmm0" ::"m"(csr), "m"(one), "m"(zero)
			     : "xmm0"));

	if (!sig)
		skip("this CPU does not raise SSE exceptions");
	CHECK_EQ(sig, SIGFPE);
	CHECK_EQ(code, FPE_FLTDIV);
	CHECK_EQ(trap_number, 19);
	asm volatile("ldmxcsr %0" ::"m"(normal));
}

TEST(ignored_fault_still_kills)
{
	pid_t child = CHILD(signal(SIGSEGV, SIG_IGN); *(volatile char *)16 = 0);

	CHECK_EQ(wait_status(child) & 0x7f, SIGSEGV);
}

TEST(blocked_fault_still_kills)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGSEGV);
	pid_t child = CHILD(catch_all(); sigprocmask(SIG_BLOCK, &set, NULL); *(volatile char *)16 = 0);
	CHECK_EQ(wait_status(child) & 0x7f, SIGSEGV);
}

static void fix_and_retry(int sig, siginfo_t *info, void *context)
{
	mprotect((void *)((uintptr_t)info->si_addr & -PAGE), PAGE, PROT_READ | PROT_WRITE);
}

TEST(faulting_instruction_is_retried_after_the_handler)
{
	struct sigaction sa = { .sa_sigaction = fix_and_retry, .sa_flags = SA_SIGINFO };
	volatile char *p = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK_OK(sigaction(SIGSEGV, &sa, NULL));
	p[10] = 5;
	CHECK_EQ(p[10], 5);
}

TEST(floating_point_state_survives_a_handler)
{
	double a = 1.25, b = 0;

	catch_signal(SIGUSR1, 0);
	asm volatile("movsd %1, %%xmm5; movsd %%xmm5, %0" : "=m"(b) : "m"(a) : "xmm5");
	raise(SIGUSR1);
	CHECK(b == 1.25);
}

TEST(vector_registers_survive_switches)
{
	double want = 3.5, got = 0;
	pid_t child = CHILD(for (int i = 0; i < 50; i++) {
		double x = i;
		asm volatile("movsd %0, %%xmm7" ::"m"(x) : "xmm7");
		sched_yield();
	});

	for (int i = 0; i < 50; i++) {
		asm volatile("movsd %1, %%xmm7\n\tmov %2, %%eax\n\t"
#ifdef __x86_64__
			     "syscall\n\t"
#else
			     "int $0x80\n\t"
#endif
			     "movsd %%xmm7, %0"
			     : "=m"(got)
			     : "m"(want), "i"(SYS_sched_yield)
			     : AX, "xmm7", "memory"
#ifdef __x86_64__
			       ,
			       "rcx", "r11"
#endif
		);
		CHECK(got == want);
	}
	JOIN(child);
}
