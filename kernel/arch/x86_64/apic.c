// SPDX-License-Identifier: MIT
/*
 * The local APIC (Intel SDM volume 3, chapter 10): timer, interprocessor interrupts, end of interrupt.
 * x2APIC mode is used where the CPU has it, for its cheap MSR accesses under KVM.
 */
#include "kernel/arch/x86_64/internal.h"

#define LAPIC_ID         0x20
#define LAPIC_TPR        0x80
#define LAPIC_EOI        0xb0
#define LAPIC_SVR        0xf0
#define LAPIC_ESR        0x280
#define LAPIC_ICR        0x300
#define LAPIC_ICR_HIGH   0x310
#define LAPIC_LVT_TIMER  0x320
#define LAPIC_LVT_LINT0  0x350
#define LAPIC_LVT_LINT1  0x360
#define LAPIC_LVT_ERROR  0x370
#define LAPIC_TIMER_INIT 0x380
#define LAPIC_TIMER_CUR  0x390
#define LAPIC_TIMER_DIV  0x3e0

#define SVR_ENABLE       0x100
#define LVT_MASKED       0x10000
#define LVT_NMI          0x400
#define TIMER_DEADLINE   0x40000
#define TIMER_DIV_1      0xb
#define ICR_NMI          0x4400
#define ICR_ALL_BUT_SELF 0xc0000
#define ICR_PENDING      0x1000
#define APIC_BASE_X2     BIT(10)
#define APIC_BASE_ON     BIT(11)

static volatile u32 *lapic; /* [const] */
static bool x2apic; /* [const] */

static inline u32 lapic_read(u32 reg)
{
	return x2apic ? (u32)rdmsr(MSR_X2APIC + (reg >> 4)) : lapic[reg / 4];
}

static inline void lapic_write(u32 reg, u32 v)
{
	if (x2apic)
		wrmsr(MSR_X2APIC + (reg >> 4), v);
	else
		lapic[reg / 4] = v;
}

u32 apic_id(void)
{
	u32 id = lapic_read(LAPIC_ID);

	return x2apic ? id : id >> 24;
}

void apic_eoi(void)
{
	lapic_write(LAPIC_EOI, 0);
}

void apic_send_ipi(u32 id, u32 icr_low)
{
	if (x2apic) {
		smp_mb(); /* the MSR write is not ordered after stores */
		wrmsr(MSR_X2APIC + (LAPIC_ICR >> 4), (u64)id << 32 | icr_low);
		return;
	}

	unsigned long flags = arch_irq_save(); /* the two halves belong together */

	while (lapic_read(LAPIC_ICR) & ICR_PENDING)
		cpu_relax();
	lapic_write(LAPIC_ICR_HIGH, id << 24);
	lapic_write(LAPIC_ICR, icr_low);
	arch_irq_restore(flags);
}

void apic_nmi_others(void)
{
	apic_send_ipi(0, ICR_ALL_BUT_SELF | ICR_NMI);
}

void apic_timer_setup(bool deadline_mode)
{
	lapic_write(LAPIC_TIMER_DIV, TIMER_DIV_1);
	lapic_write(LAPIC_LVT_TIMER, VEC_TIMER | (deadline_mode ? TIMER_DEADLINE : 0));
	if (deadline_mode)
		smp_mb(); /* SDM 10.5.4.1: before the first write of the deadline MSR */
}

void apic_timer_start(u32 count)
{
	lapic_write(LAPIC_TIMER_INIT, count);
}

u32 apic_timer_count(void)
{
	return lapic_read(LAPIC_TIMER_CUR);
}

/* The 8259s, where they exist, must never interrupt. */
static void mask_pic(void)
{
	outb(0x21, 0xff);
	outb(0xa1, 0xff);
}

void apic_init_cpu(void)
{
	u64 base = rdmsr(MSR_APIC_BASE);

	if (x2apic && !(base & APIC_BASE_X2))
		wrmsr(MSR_APIC_BASE, base | APIC_BASE_ON | APIC_BASE_X2);
	else if (!(base & APIC_BASE_ON))
		wrmsr(MSR_APIC_BASE, base | APIC_BASE_ON);
	lapic_write(LAPIC_TPR, 0);
	lapic_write(LAPIC_LVT_LINT0, LVT_MASKED);
	lapic_write(LAPIC_LVT_LINT1, LVT_NMI);
	lapic_write(LAPIC_LVT_ERROR, VEC_ERROR);
	lapic_write(LAPIC_LVT_TIMER, VEC_TIMER | LVT_MASKED);
	lapic_write(LAPIC_SVR, SVR_ENABLE | VEC_SPURIOUS);
	this_cpu()->apic_id = apic_id();
}

void apic_init_early(void)
{
	x2apic = cpu_has.x2apic;
	if (!x2apic)
		lapic = fixmap_map(FIX_LAPIC, acpi.lapic_phys);
	mask_pic();
	apic_init_cpu();
}
