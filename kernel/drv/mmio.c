// SPDX-License-Identifier: MIT
/* Mappings of device memory: carved downwards from the top of the vmalloc area, never given back. */
#include "kernel/drv/mmio.h"
#include "kernel/arch/arch.h"

#define IOREMAP_TOP ALIGN_DOWN(VMALLOC_END, PAGE_SIZE)

static unsigned long ioremap_low = IOREMAP_TOP; /* [boot only] everything at and above is in use */

volatile void *ioremap(u64 phys, size_t size)
{
	u64 first = ALIGN_DOWN(phys, (u64)PAGE_SIZE);
	size_t bytes = ALIGN_UP(phys + size, (u64)PAGE_SIZE) - first;
	unsigned long va = ioremap_low - bytes;

	for (size_t off = 0; off < bytes; off += PAGE_SIZE) {
		if (arch_kernel_map(va + off, first + off, PROT_PTE_READ | PROT_PTE_WRITE | PROT_PTE_NOCACHE))
			return NULL;
	}
	ioremap_low = va;
	return (volatile void *)(va + (phys - first));
}
