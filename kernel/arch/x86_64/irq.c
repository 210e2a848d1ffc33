// SPDX-License-Identifier: MIT
/*
 * Device interrupts: IOAPIC routing of global system interrupts, vectors for MSI, and the dispatch of every
 * vector above the exceptions.  Handlers run with interrupts off on the interrupted task's kernel stack.
 *
 * Lock: irq_lock guards the tables and the IOAPIC registers; dispatch reads slots without it (a slot is
 * published last and never withdrawn).
 */
#include "kernel/arch/x86_64/internal.h"
#include "kernel/arch/x86_64/clock.h"
#include "kernel/sync/rcu.h"
#include "kernel/time/time.h"

struct irq_slot {
	irq_handler_t fn; /* [irq_lock, published last] */
	void *arg;
};

static struct spinlock irq_lock = SPINLOCK_INIT;
static struct irq_slot slots[256];
static unsigned next_vector = VEC_DEVICE_FIRST;

struct ioapic {
	volatile u32 *base;
	u32 gsi_base, pins;
};
static struct ioapic ioapics[8]; /* [const] after init */
static int nr_ioapics;

#define IOAPIC_VERSION      1
#define IOAPIC_REDIRECT     0x10
#define REDIRECT_MASKED     BIT(16)
#define REDIRECT_LEVEL      BIT(15)
#define REDIRECT_ACTIVE_LOW BIT(13)

static u32 ioapic_read(const struct ioapic *io, u32 reg)
{
	io->base[0] = reg;
	return io->base[4];
}

static void ioapic_write(const struct ioapic *io, u32 reg, u32 v)
{
	io->base[0] = reg;
	io->base[4] = v;
}

/* Pins are masked by reset; they stay so until somebody asks. */
void ioapic_init(void)
{
	if (!acpi.nr_ioapics) { /* microvm without ACPI */
		acpi.ioapic[0].phys = 0xfec00000;
		acpi.nr_ioapics = 1;
	}
	for (int i = 0; i < acpi.nr_ioapics; i++) {
		struct ioapic *io = &ioapics[nr_ioapics];

		io->base = fixmap_map(FIX_IOAPIC0 + i, acpi.ioapic[i].phys);
		io->gsi_base = acpi.ioapic[i].gsi_base;
		io->pins = (ioapic_read(io, IOAPIC_VERSION) >> 16 & 0xff) + 1;
		if (io->pins <= 240) /* else nobody is there */
			nr_ioapics++;
	}
}

/* A free device vector with its slot filled: > 0 or -EBUSY. */
static int vector_take(irq_handler_t fn, void *arg)
{
	if (next_vector == VEC_SYSCALL)
		next_vector++;
	if (next_vector > VEC_DEVICE_LAST)
		return -EBUSY;
	slots[next_vector].arg = arg;
	atomic_store(&slots[next_vector].fn, fn);
	return (int)next_vector++;
}

static const struct ioapic *ioapic_of(u32 gsi)
{
	for (int i = 0; i < nr_ioapics; i++)
		if (gsi >= ioapics[i].gsi_base && gsi - ioapics[i].gsi_base < ioapics[i].pins)
			return &ioapics[i];
	return NULL;
}

/* ISA interrupts may be wired elsewhere, with another polarity or trigger mode (MADT overrides). */
static u32 apply_override(u32 gsi, bool *level, bool *low)
{
	for (int i = 0; i < acpi.nr_overrides; i++) {
		if (acpi.override[i].irq != gsi)
			continue;
		if ((acpi.override[i].flags & 3) != 0)
			*low = (acpi.override[i].flags & 3) == 3;
		if ((acpi.override[i].flags >> 2 & 3) != 0)
			*level = (acpi.override[i].flags >> 2 & 3) == 3;
		return acpi.override[i].gsi;
	}
	return gsi;
}

int arch_irq_request(unsigned gsi, bool level, irq_handler_t fn, void *arg)
{
	bool low = level; /* PCI interrupts are active low, ISA and virtio-mmio ones edges */
	u32 pin_gsi = gsi < 16 ? apply_override(gsi, &level, &low) : gsi;
	const struct ioapic *io = ioapic_of(pin_gsi);

	if (!io)
		return -EINVAL;

	unsigned long flags = spin_lock_irqsave(&irq_lock);
	int vector = vector_take(fn, arg);

	if (vector > 0) {
		u32 reg = IOAPIC_REDIRECT + 2 * (pin_gsi - io->gsi_base);

		ioapic_write(io, reg, REDIRECT_MASKED);
		ioapic_write(io, reg + 1, cpus[0]->apic_id << 24);
		ioapic_write(io, reg,
			     (u32)vector | (level ? REDIRECT_LEVEL : 0) | (low ? REDIRECT_ACTIVE_LOW : 0));
	}
	spin_unlock_irqrestore(&irq_lock, flags);
	return vector > 0 ? 0 : vector;
}

int arch_msi_request(irq_handler_t fn, void *arg, u64 *addr, u32 *data)
{
	unsigned long flags = spin_lock_irqsave(&irq_lock);
	int vector = vector_take(fn, arg);

	spin_unlock_irqrestore(&irq_lock, flags);
	if (vector < 0)
		return vector;
	*addr = 0xfee00000UL | cpus[0]->apic_id << 12;
	*data = (u32)vector;
	return 0;
}

/* Every vector above the exceptions.  Interrupts are off. */
void irq_dispatch(struct regs *regs, unsigned vector)
{
	struct cpu *c = this_cpu();
	irq_handler_t fn;

	if (vector == VEC_SPURIOUS || vector < VEC_DEVICE_FIRST)
		return; /* no EOI: it is not in service */
	c->irq_depth++;
	rcu_idle_exit(c);
	if (vector != VEC_TIMER) {
		fn = atomic_load(&slots[vector].fn);
		if (vector == VEC_CALL)
			smp_run_calls();
		else if (fn)
			fn(slots[vector].arg);
		apic_eoi();
	} else {
		apic_eoi();
		clock_timer_interrupt();
		timer_interrupt(regs);
	}
	c->irq_depth--;
}

/* ---- this CPU's interrupt flag ---- */

void arch_idle_wait(void)
{
	__asm__ volatile("sti; hlt" ::: "memory"); /* STI's shadow covers HLT: no wake-up is lost */
}
