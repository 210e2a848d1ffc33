// SPDX-License-Identifier: MIT
/*
 * Several CPUs: starting them (INIT, startup IPI), and running functions on each other.
 *
 * Calls: a sender puts one request per target on the target's lock-free list and waits until all are
 * done.  Whoever waits runs the requests others have for it, so two CPUs that call each other with
 * interrupts off do not deadlock.
 */
#include "kernel/arch/x86_64/internal.h"
#include "kernel/arch/x86_64/clock.h"
#include "kernel/arch/x86_64/pvh.h"
#include "kernel/base/cmdline.h"
#include "kernel/base/string.h"
#include "kernel/mm/page.h"
#include "kernel/mm/slab.h"
#include "kernel/sched/sched.h"

#define ICR_INIT       0x4500
#define ICR_STARTUP    0x4600
#define START_TRIES    2
#define START_LIMIT_NS (10 * NSEC_PER_SEC) /* as Linux: a hypervisor may have run it for no moment yet */

extern char trampoline_start[], trampoline_end[], trampoline_efer[];
extern unsigned long secondary_stack;
unsigned long secondary_stack; /* stack top of the CPU that is being started */
static struct cpu *secondary_cpu; /* the same CPU's block */
static u32 secondary_state; /* [atomic] */
#define AWAITED  0U
#define ALIVE    1U /* it has taken both */
#define GIVEN_UP 2U

/* ---- calls ---- */

struct call_request {
	struct call_request *next;
	void (*fn)(void *arg);
	void *arg;
	u32 *pending; /* [atomic] of the sender's stack: gone after the decrement */
};

void smp_run_calls(void)
{
	struct call_request *r = atomic_xchg(&this_cpu()->arch->calls, NULL);

	while (r) {
		struct call_request *next = r->next;
		u32 *pending = r->pending;

		r->fn(r->arg);
		atomic_sub(pending, 1);
		r = next;
	}
}

static void push_call(struct cpu *c, struct call_request *r)
{
	struct call_request *head;

	do {
		head = READ_ONCE(c->arch->calls);
		r->next = head;
	} while (!atomic_cas(&c->arch->calls, head, r));
	if (!head) /* else its interrupt is on the way */
		apic_send_ipi(c->apic_id, VEC_CALL);
}

void smp_call_mask(u64 mask, void (*fn)(void *), void *arg)
{
	struct call_request req[MAX_CPUS];
	struct cpu *self = this_cpu(), *c;
	u32 pending = 0;

	if (nr_cpus == 1)
		return;
	for_each_cpu(c)
		if (!READ_ONCE(c->online) || c == self)
			mask &= ~BIT(c->id);
		else if (mask & BIT(c->id))
			pending++;
	if (!pending)
		return;
	smp_mb();
	for_each_cpu(c) {
		if (!(mask & BIT(c->id)))
			continue;
		req[c->id] = (struct call_request){ .fn = fn, .arg = arg, .pending = &pending };
		push_call(c, &req[c->id]);
	}
	while (atomic_load(&pending)) {
		if (READ_ONCE(self->arch->calls)) {
			unsigned long flags = arch_irq_save();

			smp_run_calls();
			arch_irq_restore(flags);
		}
		cpu_relax();
	}
}

void arch_call_all(void (*fn)(void *), void *arg)
{
	smp_call_mask(~0UL, fn, arg);
}

void arch_send_resched(int cpu)
{
	apic_send_ipi(cpus[cpu]->apic_id, VEC_RESCHED);
}

/* ---- start ---- */

/* First C code of another CPU: interrupts off, on its idle task's stack, kernel page tables loaded. */
void secondary_main(void)
{
	struct cpu *c = secondary_cpu;
	bool awaited = atomic_cas(&secondary_state, AWAITED, ALIVE);

	wrmsr(MSR_GS_BASE, (u64)c);
	desc_init_cpu(c, c->arch);
	trap_load_idt();
	if (!awaited) /* too late: nobody reckons with this CPU, but for the NMI that halts all */
		cpu_halt();
	cpu_init_control();
	apic_init_cpu();
	clock_init_cpu();
	sched_start_secondary();
}

static struct cpu *cpu_alloc(int id, u32 apic)
{
	struct page *p = page_alloc(3, ALLOC_ZERO);
	struct cpu *c = kzalloc(sizeof(*c));

	static_assert(sizeof(struct cpu_arch) <= 8 * PAGE_SIZE, "order 3");
	if (!p || !c)
		return NULL; /* at boot, with too little memory: run with fewer CPUs */
	c->self = c;
	c->id = id;
	c->apic_id = apic;
	c->arch = page_to_virt(p);
	return c;
}

/* Hypervisors need no pauses between the IPIs; real CPUs get the SDM's 10 ms and 200 us. */
static void pause_us(u64 us)
{
	u64 end = arch_clock_ns() + us * NSEC_PER_USEC;

	while (!cpu_has.hypervisor && arch_clock_ns() < end)
		cpu_relax();
}

static bool secondary_comes(u64 limit_ns)
{
	u64 end = arch_clock_ns() + limit_ns;

	while (atomic_load(&secondary_state) != ALIVE) {
		if (arch_clock_ns() >= end)
			return false;
		cpu_relax();
	}
	return true;
}

static bool cpu_start(struct cpu *c)
{
	char *stack = vmalloc(KSTACK_SIZE);

	if (!stack)
		return false;
	secondary_cpu = c;
	secondary_stack = (unsigned long)stack + KSTACK_SIZE;
	c->kernel_sp = secondary_stack;
	atomic_store(&secondary_state, AWAITED);
	apic_send_ipi(c->apic_id, ICR_INIT);
	pause_us(10000);
	for (int i = 0; i < START_TRIES; i++) {
		apic_send_ipi(c->apic_id, ICR_STARTUP | TRAMPOLINE_PHYS >> PAGE_SHIFT);
		pause_us(200);
		if (secondary_comes(START_LIMIT_NS / START_TRIES))
			break;
	}
	if (atomic_cas(&secondary_state, AWAITED, GIVEN_UP))
		return false; /* its stack stays: it may still come, and halt on it */
	while (!atomic_load(&c->online))
		cpu_relax();
	return true;
}

/* CPUs without a MADT: what fw_cfg says, with APIC ids in sequence. */
static void count_cpus_without_acpi(void)
{
	int n = fw_cfg_cpus();

	for (int i = 0; i < n && i < MAX_CPUS; i++)
		acpi.cpu_apic_id[acpi.nr_cpus++] = (u32)i;
}

void arch_start_cpus(void)
{
	char text[8];
	unsigned long limit = MAX_CPUS;
	u64 efer = rdmsr(MSR_EFER) & ~(1UL << 10); /* LMA is the CPU's */

	if (cmdline_has("nosmp") || (cmdline_get("maxcpus", text, sizeof(text)) && kstrtoul(text, 0, &limit)))
		limit = 1;
	if (!acpi.nr_cpus)
		count_cpus_without_acpi();
	if (acpi.nr_cpus <= 1 || limit <= 1)
		return;
	memcpy(phys_to_virt(TRAMPOLINE_PHYS), trampoline_start, (size_t)(trampoline_end - trampoline_start));
	memcpy((char *)phys_to_virt(TRAMPOLINE_PHYS) + (trampoline_efer - trampoline_start), &efer,
	       sizeof(efer));
	for (int i = 0; i < acpi.nr_cpus && nr_cpus < (int)min(limit, (unsigned long)MAX_CPUS); i++) {
		struct cpu *c;

		if (acpi.cpu_apic_id[i] == this_cpu()->apic_id)
			continue;
		c = cpu_alloc(nr_cpus, acpi.cpu_apic_id[i]);
		if (!c)
			return;
		cpus[nr_cpus] = c;
		nr_cpus++; /* before it runs: it may be looked at as soon as it is online */
		if (!cpu_start(c)) {
			nr_cpus--;
			printk("CPU with APIC id %u does not start\n", c->apic_id);
			return;
		}
	}
}
