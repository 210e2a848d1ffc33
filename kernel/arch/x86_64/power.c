// SPDX-License-Identifier: MIT
/*
 * The end of the machine.  Power off: ACPI S5 through PM1 control (pc, q35) or the sleep control register of
 * hardware-reduced ACPI (microvm); without ACPI what QEMU is known to have, and last a triple fault,
 * which ends QEMU under -no-reboot.
 */
#include "kernel/arch/x86_64/internal.h"

#define SLP_EN_PM1     BIT(13)
#define SLP_EN_REDUCED BIT(5)
#define QEMU_PM1A      0x604
#define COM1           0x3f8
#define LSR_EMPTY      0x20

bool halting; /* [atomic] the machine has stopped for good */

void arch_early_putc(char c)
{
	for (int i = 0; i < 100000 && !(inb(COM1 + 5) & LSR_EMPTY); i++)
		cpu_relax();
	outb(COM1, (u8)c);
}

/* The other CPUs stop too, whatever they are doing: the NMI finds `halting` set. */
void arch_halt(void)
{
	if (!atomic_xchg(&halting, true) && nr_cpus > 1)
		apic_nmi_others();
	cpu_halt();
}

static void write_gas8(u8 space, u64 address, u8 v)
{
	if (space == 1) {
		outb((u16)address, v);
	} else if (space == 0) {
		*(volatile u8 *)fixmap_map(FIX_ACPI, address) = v;
	}
}

/* An exception with an empty IDT: the processor shuts down, and the machine resets. */
static void __noreturn triple_fault(void)
{
	struct {
		u16 limit;
		u64 base;
	} __packed none = { 0, 0 };

	__asm__ volatile("lidt %0; int3" ::"m"(none));
	arch_halt();
}

/* Devices answer after the write: give them the time before the next attempt. */
static void settle(void)
{
	for (int i = 0; i < 1000; i++)
		inb(0x80);
}

void arch_power_off(void)
{
	arch_irq_disable();
	if (acpi.have_s5 && acpi.hw_reduced && acpi.sleep_control) {
		write_gas8(acpi.sleep_space, acpi.sleep_control, (u8)(acpi.s5_type_a << 2 | SLP_EN_REDUCED));
		settle();
	}
	if (acpi.have_s5 && acpi.pm1a_control) {
		outw((u16)acpi.pm1a_control, (u16)(acpi.s5_type_a << 10 | SLP_EN_PM1));
		if (acpi.pm1b_control)
			outw((u16)acpi.pm1b_control, (u16)(acpi.s5_type_b << 10 | SLP_EN_PM1));
		settle();
	}
	if (!acpi.have_fadt) {
		outw(QEMU_PM1A, SLP_EN_PM1);
		settle();
	}
	arch_restart();
}

void arch_restart(void)
{
	arch_irq_disable();
	if (acpi.reset_reg) {
		write_gas8(acpi.reset_space, acpi.reset_reg, acpi.reset_value);
		settle();
	}
	triple_fault();
}
