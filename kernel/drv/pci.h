/* SPDX-License-Identifier: MIT */
/* PCI configuration space by mechanism #1 (ports 0xcf8, 0xcfc), bus 0: all that pc and q35 put there. */
#pragma once

struct pci_dev {
	u8 slot, func;
	u16 vendor, device;
};

/* Calls probe for every function on bus 0. */
void pci_for_each(void (*probe)(const struct pci_dev *d));
u32 pci_read(const struct pci_dev *d, unsigned off, unsigned size);
void pci_write(const struct pci_dev *d, unsigned off, unsigned size, u32 v);
u8 pci_find_cap(const struct pci_dev *d, u8 id,
		u8 after); /* offset of the next capability `id` after `after` (0: first), 0: none */
u64 pci_bar(const struct pci_dev *d, int bar); /* physical address of a memory BAR, 0: none */
