/* SPDX-License-Identifier: MIT */
/*
 * The PVH boot protocol's structures (Xen public header hvm/start_info.h, ABI) and the early sources of a
 * memory map.
 */
#pragma once

#define HVM_START_MAGIC 0x336ec578

struct hvm_start_info {
	u32 magic;
	u32 version;
	u32 flags;
	u32 nr_modules;
	u64 modlist_paddr;
	u64 cmdline_paddr;
	u64 rsdp_paddr;
	/* version 1 */
	u64 memmap_paddr;
	u32 memmap_entries;
	u32 reserved;
};
static_assert(sizeof(struct hvm_start_info) == 56, "PVH ABI");

struct hvm_modlist_entry {
	u64 paddr;
	u64 size;
	u64 cmdline_paddr;
	u64 reserved;
};

struct hvm_memmap_entry {
	u64 addr;
	u64 size;
	u32 type;
	u32 reserved;
};
static_assert(sizeof(struct hvm_memmap_entry) == 24, "PVH ABI");

enum { E820_RAM = 1, E820_RESERVED = 2, E820_ACPI = 3, E820_NVS = 4 };

/* fw_cfg.c: QEMU's own table; false when there is no fw_cfg device. */
bool fw_cfg_e820(void (*add)(u64 start, u64 size, u32 type));
int fw_cfg_cpus(void); /* 0: unknown */
u8 cmos_read(u8 reg);
