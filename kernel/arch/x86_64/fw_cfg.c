// SPDX-License-Identifier: MIT
/*
 * QEMU's firmware configuration device (docs/specs/fw_cfg), read through its I/O ports: used only
 * when PVH or ACPI do not say how much memory or how many CPUs there are.
 */
#include "kernel/arch/x86_64/internal.h"
#include "kernel/arch/x86_64/pvh.h"
#include "kernel/base/string.h"

#define FW_CFG_SELECT    0x510
#define FW_CFG_DATA      0x511
#define FW_CFG_SIGNATURE 0x00
#define FW_CFG_NB_CPUS   0x05
#define FW_CFG_FILE_DIR  0x19

static void fw_cfg_read(void *buf, size_t size)
{
	u8 *p = buf;

	while (size--)
		*p++ = inb(FW_CFG_DATA);
}

static bool fw_cfg_select(u16 key)
{
	char sig[4];

	outw(FW_CFG_SELECT, FW_CFG_SIGNATURE);
	fw_cfg_read(sig, sizeof(sig));
	if (memcmp(sig, "QEMU", 4) != 0)
		return false;
	outw(FW_CFG_SELECT, key);
	return true;
}

int fw_cfg_cpus(void)
{
	u16 n = 0;

	if (fw_cfg_select(FW_CFG_NB_CPUS))
		fw_cfg_read(&n, sizeof(n));
	return n;
}

/* Directory entries are big-endian: size, selector, reserved, name[56]. */
static bool fw_cfg_open(const char *name, u32 *size)
{
	struct {
		u32 size;
		u16 select;
		u16 reserved;
		char name[56];
	} f;
	u32 count;

	if (!fw_cfg_select(FW_CFG_FILE_DIR))
		return false;
	fw_cfg_read(&count, sizeof(count));
	count = __builtin_bswap32(count);
	for (u32 i = 0; i < count && i < 1024; i++) {
		fw_cfg_read(&f, sizeof(f));
		f.name[sizeof(f.name) - 1] = 0;
		if (strcmp(f.name, name) != 0)
			continue;
		*size = __builtin_bswap32(f.size);
		outw(FW_CFG_SELECT, __builtin_bswap16(f.select));
		return true;
	}
	return false;
}

bool fw_cfg_e820(void (*add)(u64 start, u64 size, u32 type))
{
	struct {
		u64 start, size;
		u32 type;
	} __packed e;
	u32 size;

	if (!fw_cfg_open("etc/e820", &size) || size < sizeof(e))
		return false;
	for (; size >= sizeof(e); size -= sizeof(e)) {
		fw_cfg_read(&e, sizeof(e));
		add(e.start, e.size, e.type);
	}
	return true;
}
