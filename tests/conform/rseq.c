// SPDX-License-Identifier: MIT
/* Restartable sequences: registration, the CPU number in the area, and sections that are left early. */
#include "harness.h"

#include <linux/rseq.h>
#include <sys/rseq.h>

#define AREA_SIZE 32

/* The C library has registered an area of its own: it has to go first. */
static struct rseq *library_area(void)
{
	return (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
}

static long rseq(void *area, unsigned size, int flags, unsigned sig)
{
	return syscall(SYS_rseq, area, size, flags, sig);
}

static struct rseq area __attribute__((aligned(32)));

static void take_over(void)
{
	CHECK_OK(rseq(library_area(), AREA_SIZE, RSEQ_FLAG_UNREGISTER, RSEQ_SIG));
	CHECK_OK(rseq(&area, AREA_SIZE, 0, RSEQ_SIG));
}

TEST(library_is_registered)
{
	unsigned cpu;

	CHECK_OK(syscall(SYS_getcpu, &cpu, NULL, NULL));
	CHECK((int)library_area()->cpu_id >= 0);
	CHECK_ERRNO(rseq(library_area(), AREA_SIZE, 0, RSEQ_SIG), EBUSY);
	CHECK_ERRNO(rseq(library_area(), AREA_SIZE, 0, RSEQ_SIG + 1), EPERM);
	CHECK_ERRNO(rseq(library_area(), AREA_SIZE + 32, 0, RSEQ_SIG), EINVAL);
	CHECK_ERRNO(rseq(&area, AREA_SIZE, 0, RSEQ_SIG), EINVAL);
}

TEST(unregistering)
{
	struct rseq *lib = library_area();

	CHECK_ERRNO(rseq(lib, AREA_SIZE, 3, RSEQ_SIG), EINVAL);
	CHECK_ERRNO(rseq(&area, AREA_SIZE, RSEQ_FLAG_UNREGISTER, RSEQ_SIG), EINVAL);
	CHECK_ERRNO(rseq(lib, AREA_SIZE + 1, RSEQ_FLAG_UNREGISTER, RSEQ_SIG), EINVAL);
	CHECK_ERRNO(rseq(lib, AREA_SIZE, RSEQ_FLAG_UNREGISTER, 1), EPERM);
	CHECK_OK(rseq(lib, AREA_SIZE, RSEQ_FLAG_UNREGISTER, RSEQ_SIG));
	CHECK_EQ((int)lib->cpu_id, RSEQ_CPU_ID_UNINITIALIZED);
	CHECK_EQ(lib->cpu_id_start, 0);
	CHECK_ERRNO(rseq(lib, AREA_SIZE, RSEQ_FLAG_UNREGISTER, RSEQ_SIG), EINVAL);
	CHECK_ERRNO(rseq(NULL, AREA_SIZE, RSEQ_FLAG_UNREGISTER, 0), EINVAL);
}

TEST(registering)
{
	unsigned cpu;

	CHECK_OK(rseq(library_area(), AREA_SIZE, RSEQ_FLAG_UNREGISTER, RSEQ_SIG));
	CHECK_ERRNO(rseq(&area, AREA_SIZE, 2, RSEQ_SIG), EINVAL);
	CHECK_ERRNO(rseq((char *)&area + 8, AREA_SIZE, 0, RSEQ_SIG), EINVAL);
	CHECK_ERRNO(rseq(&area, AREA_SIZE - 4, 0, RSEQ_SIG), EINVAL);
	if (sizeof(long) == 8) /* no 32-bit address is out of the kernel's reach */
		CHECK_ERRNO(rseq(kernel_pointer(), AREA_SIZE, 0, RSEQ_SIG), EFAULT);
	area.cpu_id = area.cpu_id_start = 77;
	CHECK_OK(rseq(&area, AREA_SIZE, 0, RSEQ_SIG));
	CHECK_OK(syscall(SYS_getcpu, &cpu, NULL, NULL));
	CHECK_EQ(area.cpu_id, area.cpu_id_start);
	CHECK(area.cpu_id < 77);
}

TEST(unmapped_area_is_refused_or_deadly)
{
	struct rseq *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK_OK(rseq(library_area(), AREA_SIZE, RSEQ_FLAG_UNREGISTER, RSEQ_SIG));
	CHECK_ERRNO(rseq((void *)(((uintptr_t)bad_pointer() + 31) & -32), AREA_SIZE, 0, RSEQ_SIG), EFAULT);
	p->rseq_cs = 12345; /* what is there before is forgotten */
	CHECK_OK(rseq(p, AREA_SIZE, 0, RSEQ_SIG));
	CHECK_EQ(p->rseq_cs, 0);
	CHECK_EQ(wait_status(CHILD(munmap(p, PAGE); catch_signal(SIGUSR1, 0); raise(SIGUSR1))), SIGSEGV);
}

TEST(area_follows_the_thread_to_another_cpu)
{
	cpu_set_t set;
	int last = -1;

	take_over();
	CHECK_OK(sched_getaffinity(0, sizeof(set), &set));
	for (int round = 0; round < 3; round++) {
		for (int cpu = 0; cpu < 64; cpu++) {
			cpu_set_t one;

			if (!CPU_ISSET(cpu, &set))
				continue;
			CPU_ZERO(&one);
			CPU_SET(cpu, &one);
			CHECK_OK(sched_setaffinity(0, sizeof(one), &one));
			CHECK_EQ(area.cpu_id, cpu);
			CHECK_EQ(area.cpu_id_start, cpu);
			last = cpu;
		}
	}
	CHECK(last >= 0);
}

TEST(fork_inherits_threads_do_not_exec_forgets)
{
	take_over();
	area.cpu_id = 99;
	JOIN(CHILD(CHECK(area.cpu_id < 99); CHECK_ERRNO(rseq(&area, AREA_SIZE, 0, RSEQ_SIG), EBUSY)));
	/* vfork: one memory, so the child has none. */
	pid_t pid = vfork();
	if (!pid)
		_exit(rseq(&area, AREA_SIZE, RSEQ_FLAG_UNREGISTER, RSEQ_SIG) == -1 && errno == EINVAL ? 0
												      : 1);
	JOIN(pid);
	CHECK_ERRNO(rseq(&area, AREA_SIZE, 0, RSEQ_SIG), EBUSY);
}

/*
 * A section that spins until it is aborted, or for so long that it never was; result 1: aborted.  The
 * descriptor is made by the test, from these addresses.
 */
extern char spin_start[], spin_end[], spin_abort[];
int spin(volatile uint64_t *cs_field, uint64_t cs, volatile int *entered);

#ifdef __x86_64__
__asm__(".pushsection .text\n"
	".globl spin, spin_start, spin_end, spin_abort\n"
	"spin:	movq %rsi, (%rdi)\n"
	"spin_start:\n"
	"	movl $1, (%rdx)\n"
	"	movq $0x10000000000, %rcx\n"
	"1:	decq %rcx\n"
	"	jnz 1b\n"
	"spin_end:\n"
	"	xorl %eax, %eax\n"
	"	ret\n"
	"	.long 0x53053053\n"
	"spin_abort:\n"
	"	movl $1, %eax\n"
	"	ret\n"
	".popsection\n");
#else
__asm__(".pushsection .text\n"
	".globl spin, spin_start, spin_end, spin_abort\n"
	"spin:	movl 4(%esp), %eax\n"
	"	movl 8(%esp), %edx\n"
	"	movl 16(%esp), %ecx\n"
	"	movl %edx, (%eax)\n"
	"spin_start:\n"
	"	movl $1, (%ecx)\n"
	"	movl $0x7fffffff, %edx\n"
	"1:	movl $0x10000, %ecx\n"
	"2:	decl %ecx\n"
	"	jnz 2b\n"
	"	decl %edx\n"
	"	jnz 1b\n"
	"spin_end:\n"
	"	xorl %eax, %eax\n"
	"	ret\n"
	"	.long 0x53053053\n"
	"spin_abort:\n"
	"	movl $1, %eax\n"
	"	ret\n"
	".popsection\n");
#endif

static struct rseq_cs section(void)
{
	return (struct rseq_cs){ .start_ip = (uintptr_t)spin_start,
				 .post_commit_offset = spin_end - spin_start,
				 .abort_ip = (uintptr_t)spin_abort };
}

static uint64_t address(const void *p)
{
	return (uintptr_t)p;
}

TEST(signal_leaves_the_section)
{
	struct itimerval often = { { 0, 20000 }, { 0, 20000 } };
	struct rseq_cs cs = section();
	volatile int entered = 0;

	take_over();
	catch_signal(SIGALRM, 0);
	CHECK_OK(setitimer(ITIMER_REAL, &often, NULL));
	do /* it may be preempted first */
		CHECK_EQ(spin((volatile uint64_t *)&area.rseq_cs, address(&cs), &entered), 1);
	while (!signal_count[SIGALRM]);
	CHECK_EQ(entered, 1);
	CHECK_EQ(area.rseq_cs, 0);
}

static volatile int seen_inside, seen_at_abort;

static void note_ip(int sig, siginfo_t *si, void *context)
{
	ucontext_t *u = context;
#ifdef __x86_64__
	uint64_t ip = u->uc_mcontext.gregs[REG_RIP];
#else
	uint64_t ip = (uint32_t)u->uc_mcontext.gregs[REG_EIP];
#endif

	seen_inside += ip - address(spin_start) < (uint64_t)(spin_end - spin_start);
	seen_at_abort += ip == address(spin_abort);
}

TEST(handler_sees_the_abort_address)
{
	struct sigaction sa = { .sa_sigaction = note_ip, .sa_flags = SA_SIGINFO };
	struct itimerval often = { { 0, 20000 }, { 0, 20000 } };
	struct rseq_cs cs = section();
	volatile int entered = 0;

	take_over();
	CHECK_OK(sigaction(SIGALRM, &sa, NULL));
	CHECK_OK(setitimer(ITIMER_REAL, &often, NULL));
	do
		CHECK_EQ(spin((volatile uint64_t *)&area.rseq_cs, address(&cs), &entered), 1);
	while (!seen_at_abort);
	CHECK_EQ(seen_inside, 0);
}

TEST(preemption_leaves_the_section)
{
	struct rseq_cs cs = section();
	volatile int entered = 0;
	cpu_set_t set;

	take_over();
	CPU_ZERO(&set);
	CPU_SET(0, &set);
	CHECK_OK(sched_setaffinity(0, sizeof(set), &set));
	pid_t rival = CHILD(for (;;) __asm__ volatile(""));
	CHECK_EQ(spin((volatile uint64_t *)&area.rseq_cs, address(&cs), &entered), 1);
	CHECK_EQ(area.rseq_cs, 0);
	kill(rival, SIGKILL);
	CHECK_EQ(wait_status(rival), SIGKILL);
}

TEST(pointer_outside_of_the_section_is_cleared)
{
	struct rseq_cs cs = section();

	take_over();
	catch_signal(SIGUSR1, 0);
	area.rseq_cs = address(&cs);
	CHECK_OK(raise(SIGUSR1));
	CHECK_EQ(signal_count[SIGUSR1], 1);
	CHECK_EQ(area.rseq_cs, 0);
}

/* A signal while the area points at this kills. */
static int dies_with(struct rseq_cs cs, uint64_t where)
{
	return wait_status(CHILD(take_over(); catch_signal(SIGUSR1, 0);
				 area.rseq_cs = where ? where : address(&cs); raise(SIGUSR1)));
}

TEST(malformed_sections_are_sigsegv)
{
	struct rseq_cs cs = section();

	CHECK_EQ(dies_with(cs, 0), 0);
	cs.version = 1;
	CHECK_EQ(dies_with(cs, 0), SIGSEGV);
	cs = section();
	cs.abort_ip = cs.start_ip;
	CHECK_EQ(dies_with(cs, 0), SIGSEGV);
	cs = section();
	cs.abort_ip++; /* no signature in front of it */
	CHECK_EQ(dies_with(cs, 0), SIGSEGV);
	cs = section();
	cs.post_commit_offset = -cs.start_ip;
	CHECK_EQ(dies_with(cs, 0), SIGSEGV);
	cs = section();
	cs.start_ip = 1ULL << 60;
	CHECK_EQ(dies_with(cs, 0), SIGSEGV);
	CHECK_EQ(dies_with(cs, address(bad_pointer())), SIGSEGV);
	CHECK_EQ(dies_with(cs, 1ULL << 60), SIGSEGV);
}

TEST(handler_for_sigsegv_does_not_help)
{
	struct rseq_cs cs = section();

	cs.version = 1;
	pid_t pid = CHILD(take_over(); catch_signal(SIGSEGV, 0); catch_signal(SIGUSR1, 0);
			  area.rseq_cs = address(&cs); raise(SIGUSR1));
	CHECK_EQ(wait_status(pid), SIGSEGV);
}

TEST(inhibiting_flags_are_sigsegv_inside)
{
	struct itimerval often = { { 0, 20000 }, { 0, 20000 } };
	struct rseq_cs cs = section();
	volatile int entered = 0;

	cs.flags = RSEQ_CS_FLAG_NO_RESTART_ON_SIGNAL;
	pid_t pid = CHILD(take_over(); catch_signal(SIGALRM, 0);
			  CHECK_OK(setitimer(ITIMER_REAL, &often, NULL));
			  spin((volatile uint64_t *)&area.rseq_cs, address(&cs), &entered));
	CHECK_EQ(wait_status(pid), SIGSEGV);
}

static void *thread_area(void *arg)
{
	struct rseq *mine = library_area();

	CHECK(mine != arg);
	CHECK((int)mine->cpu_id >= 0);
	CHECK_ERRNO(rseq(mine, AREA_SIZE, 0, RSEQ_SIG), EBUSY);
	return NULL;
}

TEST(each_thread_has_its_own)
{
	pthread_t t;

	CHECK_EQ(pthread_create(&t, NULL, thread_area, library_area()), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
}
