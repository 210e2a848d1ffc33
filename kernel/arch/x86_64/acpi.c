// SPDX-License-Identifier: MIT
/*
 * The static ACPI tables (ACPI 6.4, chapter 5): RSDP to RSDT or XSDT, from there MADT (CPUs, interrupt
 * controllers), FADT (power, PM timer) and one name of the DSDT, _S5, found by its bytes: there is no AML
 * interpreter.  Everything is optional; lengths are checked, so that a damaged table costs features, not
 * memory safety.
 */
#include "kernel/arch/x86_64/internal.h"
#include "kernel/base/string.h"

struct acpi_info acpi = { .lapic_phys = 0xfee00000 };

struct sdt {
	char signature[4];
	u32 length;
	u8 revision, checksum;
	char oem[6], oem_table[8];
	u32 oem_revision, creator, creator_revision;
} __packed;

struct rsdp {
	char signature[8];
	u8 checksum;
	char oem[6];
	u8 revision;
	u32 rsdt;
	u32 length; /* from here on revision 2 */
	u64 xsdt;
	u8 extended_checksum, reserved[3];
} __packed;

struct gas { /* generic address structure */
	u8 space, width, offset, access;
	u64 address;
} __packed;
enum { GAS_MEMORY = 0, GAS_IO = 1 };

struct fadt {
	struct sdt header;
	u32 facs, dsdt;
	u8 model, profile;
	u16 sci_irq;
	u32 smi_command;
	u8 acpi_enable, acpi_disable, s4bios, pstate;
	u32 pm1a_event, pm1b_event, pm1a_control, pm1b_control, pm2_control, pm_timer, gpe0, gpe1;
	u8 pm1_event_len, pm1_control_len, pm2_control_len, pm_timer_len, gpe0_len, gpe1_len, gpe1_base, cst;
	u16 c2_latency, c3_latency, flush_size, flush_stride;
	u8 duty_offset, duty_width, day_alarm, month_alarm, century;
	u16 boot_arch;
	u8 reserved;
	u32 flags;
	struct gas reset_reg;
	u8 reset_value;
	u16 arm_boot;
	u8 minor;
	u64 x_facs, x_dsdt;
	struct gas x_pm1a_event, x_pm1b_event, x_pm1a_control, x_pm1b_control, x_pm2, x_pm_timer, x_gpe0,
		x_gpe1;
	struct gas sleep_control, sleep_status;
} __packed;
static_assert(offsetof(struct fadt, reset_reg) == 116 && offsetof(struct fadt, sleep_control) == 244,
	      "ACPI 6.4 table 5.9");

#define FADT_RESET_SUPPORTED BIT(10)
#define FADT_PM_TIMER_32     BIT(8)
#define FADT_HW_REDUCED      BIT(20)
#define BOOT_ARCH_NO_RTC     BIT(5)

/* A table in the direct map with a plausible length, else NULL. */
static const struct sdt *table_at(u64 phys)
{
	const struct sdt *t = phys_to_virt(phys);

	if (!phys || !phys_is_mapped(phys, sizeof(*t)) || t->length < sizeof(*t) || t->length > 1 << 20 ||
	    !phys_is_mapped(phys, t->length))
		return NULL;
	return t;
}

static void madt_override(const u8 *e)
{
	u32 gsi;
	u16 flags;

	if (acpi.nr_overrides == ARRAY_SIZE(acpi.override))
		return;
	memcpy(&gsi, e + 4, 4);
	memcpy(&flags, e + 8, 2);
	acpi.override[acpi.nr_overrides].irq = e[3];
	acpi.override[acpi.nr_overrides].gsi = gsi;
	acpi.override[acpi.nr_overrides++].flags = flags;
}

static void madt_cpu(u32 id, u32 flags)
{
	if (flags & 1 && acpi.nr_cpus < (int)ARRAY_SIZE(acpi.cpu_apic_id))
		acpi.cpu_apic_id[acpi.nr_cpus++] = id;
}

static void madt_ioapic(const u8 *e)
{
	u32 phys, base;

	if (acpi.nr_ioapics == ARRAY_SIZE(acpi.ioapic))
		return;
	memcpy(&phys, e + 4, 4);
	memcpy(&base, e + 8, 4);
	acpi.ioapic[acpi.nr_ioapics].phys = phys;
	acpi.ioapic[acpi.nr_ioapics++].gsi_base = base;
}

static void parse_madt(const struct sdt *t)
{
	const u8 *p = (const u8 *)t + 44, *end = (const u8 *)t + t->length;
	u32 word, word2;

	if (p > end)
		return;
	memcpy(&word, (const u8 *)t + 36, 4);
	acpi.lapic_phys = word;
	for (; p + 2 <= end && p[1] >= 2 && p + p[1] <= end; p += p[1]) {
		if (p[0] == 0 && p[1] >= 8) { /* local APIC */
			memcpy(&word, p + 4, 4);
			madt_cpu(p[3], word);
		} else if (p[0] == 1 && p[1] >= 12) {
			madt_ioapic(p);
		} else if (p[0] == 2 && p[1] >= 10) {
			madt_override(p);
		} else if (p[0] == 5 && p[1] >= 12) { /* 64-bit LAPIC address */
			memcpy(&acpi.lapic_phys, p + 4, 8);
		} else if (p[0] == 9 && p[1] >= 16) { /* local x2APIC */
			memcpy(&word, p + 4, 4);
			memcpy(&word2, p + 8, 4);
			if (word >= 255)
				madt_cpu(word, word2);
		}
	}
}

/* The AML integer at *p (0, 1, 0xff, or byte/word/dword prefix), left behind it; 0 beyond the end. */
static u8 aml_int(const u8 **p, const u8 *end)
{
	const u8 *at = *p;
	size_t size = at < end && *at >= 0x0a && *at <= 0x0c ? BIT(*at - 0x0a) : 0;

	*p = at + 1 + size;
	if (*p > end)
		return 0;
	return size ? at[1] : *at;
}

/* Name(\_S5, Package() { type_a, type_b, ... }): 08 [5c] '_S5_' 12 pkglength count elements */
/* The shortest form has ten bytes behind the 08. */
static void parse_dsdt(const struct sdt *t)
{
	const u8 *p = (const u8 *)t + sizeof(*t), *end = (const u8 *)t + t->length;

	for (; p < end - 10; p++) {
		const u8 *name = p + 1 + (p[1] == '\\');

		if (p[0] != 0x08 || memcmp(name, "_S5_", 4) != 0 || name[4] != 0x12)
			continue;
		p = name + 5;
		p += 1 + (*p >> 6); /* package length */
		p += 1; /* number of elements */
		acpi.s5_type_a = aml_int(&p, end);
		acpi.s5_type_b = aml_int(&p, end);
		acpi.have_s5 = true;
		return;
	}
}

static void parse_fadt(const struct sdt *t)
{
	struct fadt f = { 0 };

	memcpy(&f, t, min((size_t)t->length, sizeof(f)));
	acpi.have_fadt = true;
	acpi.hw_reduced = f.flags & FADT_HW_REDUCED;
	acpi.no_rtc = f.boot_arch & BOOT_ARCH_NO_RTC;
	if (f.flags & FADT_RESET_SUPPORTED) {
		acpi.reset_reg = f.reset_reg.address;
		acpi.reset_space = f.reset_reg.space;
		acpi.reset_value = f.reset_value;
	}
	if (acpi.hw_reduced) {
		acpi.sleep_control = f.sleep_control.address;
		acpi.sleep_space = f.sleep_control.space;
	} else {
		acpi.pm1a_control = f.pm1a_control;
		acpi.pm1b_control = f.pm1b_control;
		acpi.pm_timer_port = f.pm_timer_len ? f.pm_timer : 0;
		acpi.pm_timer_bits = f.flags & FADT_PM_TIMER_32 ? 32 : 24;
	}

	const struct sdt *dsdt = table_at(f.x_dsdt ? f.x_dsdt : f.dsdt);

	if (dsdt)
		parse_dsdt(dsdt);
}

/* The RSDP: from the loader, else on a 16-byte boundary in the BIOS segment. */
static const struct rsdp *find_rsdp(void)
{
	if (boot_info.rsdp)
		return phys_is_mapped(boot_info.rsdp, sizeof(struct rsdp)) ? phys_to_virt(boot_info.rsdp)
									   : NULL;
	for (u64 pa = 0xe0000; pa < 0x100000; pa += 16)
		if (!memcmp(phys_to_virt(pa), "RSD PTR ", 8))
			return phys_to_virt(pa);
	return NULL;
}

void acpi_init(void)
{
	const struct rsdp *rsdp = find_rsdp();

	if (!rsdp || memcmp(rsdp->signature, "RSD PTR ", 8) != 0)
		return;

	bool wide = rsdp->revision >= 2 && rsdp->xsdt;
	const struct sdt *root = table_at(wide ? rsdp->xsdt : rsdp->rsdt);
	size_t step = wide ? 8 : 4;

	if (!root)
		return;
	for (size_t at = sizeof(*root); at + step <= root->length; at += step) {
		u64 phys = 0;

		memcpy(&phys, (const u8 *)root + at, step);

		const struct sdt *t = table_at(phys);

		if (!t)
			continue;
		if (!memcmp(t->signature, "APIC", 4))
			parse_madt(t);
		else if (!memcmp(t->signature, "FACP", 4))
			parse_fadt(t);
	}
}
