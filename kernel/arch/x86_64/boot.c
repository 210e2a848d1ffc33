// SPDX-License-Identifier: MIT
/*
 * First C code of the boot CPU: reads what the loader left (PVH start_info: memory map, command line,
 * initrd, RSDP), builds the final kernel page tables, and gives this CPU its descriptors, so that
 * kernel_main() starts with the direct map, `this_cpu()` and exception handlers working.
 *
 * Runs once, on boot_stack, with interrupts off and early_pgd loaded: the first GiB of physical
 * memory is visible at KERNEL_VMA.
 */
#include "kernel/arch/x86_64/internal.h"
#include "kernel/arch/x86_64/pvh.h"
#include "kernel/base/cmdline.h"
#include "kernel/base/string.h"

#define CMDLINE_SIZE 4096
#define EARLY_LIMIT  (1UL << 30)
#define LOW_RESERVED 0x10000UL /* page 0, and the other CPUs' start code */

char boot_cmdline[CMDLINE_SIZE];
struct boot_info boot_info;

/* What the machine has besides RAM but must be readable: ACPI tables, tails reserved by the firmware. */
static struct boot_range direct_ranges[48];
static int nr_direct;

static void *early_virt(u64 phys)
{
	return (void *)(phys + KERNEL_VMA);
}

void boot_reserve(u64 start, u64 end)
{
	if (boot_info.nr_reserved == ARRAY_SIZE(boot_info.reserved))
		panic("too many reserved memory ranges");
	boot_info.reserved[boot_info.nr_reserved++] = (struct boot_range){ ALIGN_DOWN(start, PAGE_SIZE),
									   ALIGN_UP(end, PAGE_SIZE) };
}

/* Inserts [start, end) sorted; RAM ranges shrink to whole pages, overlaps with the predecessor are cut. */
static void add_ram(u64 start, u64 end)
{
	int i = boot_info.nr_ram;

	start = ALIGN_UP(start, PAGE_SIZE);
	end = ALIGN_DOWN(end, PAGE_SIZE);
	if (start >= end || i == ARRAY_SIZE(boot_info.ram))
		return;
	for (; i > 0 && boot_info.ram[i - 1].start > start; i--)
		boot_info.ram[i] = boot_info.ram[i - 1];
	boot_info.ram[i] = (struct boot_range){ start, end };
	boot_info.nr_ram++;
	for (i = 1; i < boot_info.nr_ram; i++) {
		struct boot_range *prev = &boot_info.ram[i - 1], *r = &boot_info.ram[i];

		if (r->start < prev->end)
			r->start = prev->end;
		if (r->end < r->start)
			r->end = r->start;
	}
}

static void add_direct(u64 start, u64 end)
{
	if (start < end && nr_direct < (int)ARRAY_SIZE(direct_ranges))
		direct_ranges[nr_direct++] = (struct boot_range){ start, end };
}

static void add_e820(u64 start, u64 size, u32 type)
{
	u64 end = start + size;

	if (end <= start)
		return;
	if (type == E820_RAM) {
		add_ram(start, end);
		add_direct(start, end);
	} else if (type == E820_ACPI || type == E820_NVS) {
		add_direct(start, end);
	} else if (nr_direct && direct_ranges[nr_direct - 1].end == start) {
		add_direct(start, end); /* the tail of RAM, where firmware puts the ACPI tables */
	}
}

/* Without a memory map in start_info (version 0): QEMU's fw_cfg, else the sizes in CMOS memory. */
static void memory_from_firmware(void)
{
	if (fw_cfg_e820(add_e820))
		return;

	u64 low = (u64)(cmos_read(0x30) | cmos_read(0x31) << 8) * 1024 + 0x100000;
	u64 above16 = (u64)(cmos_read(0x34) | cmos_read(0x35) << 8) * 65536;

	add_e820(0, 0x9f000, E820_RAM);
	add_e820(0x100000, (above16 ? above16 + 0x1000000 : low) - 0x100000, E820_RAM);
}

static void read_start_info(u64 phys)
{
	const struct hvm_start_info *si = early_virt(phys);

	if (phys >= EARLY_LIMIT || si->magic != HVM_START_MAGIC)
		panic("no PVH start_info: this kernel wants a PVH boot");
	if (si->cmdline_paddr && si->cmdline_paddr < EARLY_LIMIT)
		strscpy(boot_cmdline, early_virt(si->cmdline_paddr), CMDLINE_SIZE);
	if (si->nr_modules && si->modlist_paddr < EARLY_LIMIT) {
		const struct hvm_modlist_entry *mod = early_virt(si->modlist_paddr);

		if (mod->size) {
			boot_info.initrd = (struct boot_range){ mod->paddr, mod->paddr + mod->size };
			boot_reserve(mod->paddr, mod->paddr + mod->size);
		}
	}
	boot_info.rsdp = si->rsdp_paddr;
	if (si->version >= 1 && si->memmap_entries && si->memmap_paddr < EARLY_LIMIT) {
		const struct hvm_memmap_entry *m = early_virt(si->memmap_paddr);

		for (u32 i = 0; i < si->memmap_entries; i++)
			add_e820(m[i].addr, m[i].size, m[i].type);
	} else {
		memory_from_firmware();
	}
	add_direct(0, 0x100000); /* BIOS data and the RSDP's segment */
}

/* Memory for the page tables: after the kernel, or after an initrd that lies in the way. */
static u64 find_table_memory(u64 size)
{
	u64 at = ALIGN_UP(virt_to_phys(kernel_end), PAGE_SIZE);
	const struct boot_range *rd = &boot_info.initrd;

	if (rd->start < at + size && rd->end > at)
		at = ALIGN_UP(rd->end, PAGE_SIZE);
	for (int i = 0; i < boot_info.nr_ram; i++)
		if (boot_info.ram[i].start <= at && at + size <= boot_info.ram[i].end &&
		    at + size <= EARLY_LIMIT)
			return at;
	panic("too little memory: no room for page tables");
}

/* CPUs with SMAP get stac/clac where assembly left three-byte nops. */
static void patch_smap(void)
{
	extern const u32 smap_sites_start[], smap_sites_end[];

	if (!cpu_has.smap)
		return;
	for (const u32 *s = smap_sites_start; s < smap_sites_end; s += 2) {
		u8 *insn = (u8 *)(KERNEL_VMA + s[0]);

		insn[0] = 0x0f;
		insn[1] = 0x01;
		insn[2] = s[1] ? 0xcb : 0xca; /* stac : clac */
	}
}

void boot_main(u64 start_info) __noreturn;
void boot_main(u64 start_info)
{
	u64 bump, pages;

	/* Just enough of a CPU block for locks and `current`, before anything may print. */
	boot_cpu.self = &boot_cpu;
	boot_cpu.arch = &boot_cpu_arch;
	wrmsr(MSR_GS_BASE, (u64)&boot_cpu);
	cpus[0] = &boot_cpu;
	cpuid_detect();
	patch_smap();
	desc_init_cpu(&boot_cpu, &boot_cpu_arch);
	trap_init_idt();
	trap_load_idt();
	cpu_init_control();

	boot_reserve(0, LOW_RESERVED);
	boot_reserve(virt_to_phys(kernel_start), virt_to_phys(kernel_end));
	read_start_info(start_info);
	pages = mmu_build_pages(direct_ranges, nr_direct);
	bump = find_table_memory(pages * PAGE_SIZE);
	boot_reserve(bump, bump + pages * PAGE_SIZE);
	mmu_build(&bump, direct_ranges, nr_direct);
	kernel_main();
}
