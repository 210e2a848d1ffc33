// SPDX-License-Identifier: MIT
/*
 * ACPI tables of any content: the input is all the memory there is, from physical address 0x1000, where the RSDP
 * lies.  Nothing outside is read, counts stay within their arrays.
 * fuzz-sources: kernel/base/string.c
 */
#include "kernel/arch/x86_64/internal.h"

#define BASE 0x1000UL

static u8 *memory;
static size_t memory_size;
static void *at_phys(u64 phys);

#define phys_to_virt at_phys
#include "kernel/arch/x86_64/acpi.c"
#include "tests/fuzz/parsers/fuzz.h"

struct boot_info boot_info;

static void *at_phys(u64 phys)
{
	return memory + (phys - BASE);
}

bool phys_is_mapped(u64 phys, u64 size)
{
	return phys >= BASE && phys - BASE <= memory_size && size <= memory_size - (phys - BASE);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };

	memory = take_bytes(&in, size, &memory_size);
	memset(&acpi, 0, sizeof(acpi));
	boot_info.rsdp = BASE;
	acpi_init();
	CHECK(acpi.nr_cpus >= 0 && acpi.nr_cpus <= (int)ARRAY_SIZE(acpi.cpu_apic_id));
	CHECK((size_t)acpi.nr_ioapics <= ARRAY_SIZE(acpi.ioapic));
	CHECK((size_t)acpi.nr_overrides <= ARRAY_SIZE(acpi.override));
	kfree(memory);
	return 0;
}
