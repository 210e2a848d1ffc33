// SPDX-License-Identifier: MIT
/* PCI configuration space.  Lock: config_lock pairs the address port with the data port. */
#include "kernel/drv/pci.h"
#include "kernel/arch/io.h"
#include "kernel/sync/spinlock.h"
#include <linux/pci_regs.h>

#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA    0xcfc

static struct spinlock config_lock = SPINLOCK_INIT;

static void select_register(const struct pci_dev *d, unsigned off)
{
	outl(CONFIG_ADDRESS, 0x80000000u | (u32)d->slot << 11 | (u32)d->func << 8 | (off & 0xfc));
}

u32 pci_read(const struct pci_dev *d, unsigned off, unsigned size)
{
	unsigned long flags = spin_lock_irqsave(&config_lock);
	u16 port = (u16)(CONFIG_DATA + (off & 3));
	u32 v;

	select_register(d, off);
	v = size == 1 ? inb(port) : size == 2 ? inw(port) : inl(port);
	spin_unlock_irqrestore(&config_lock, flags);
	return v;
}

void pci_write(const struct pci_dev *d, unsigned off, unsigned size, u32 v)
{
	unsigned long flags = spin_lock_irqsave(&config_lock);
	u16 port = (u16)(CONFIG_DATA + (off & 3));

	select_register(d, off);
	if (size == 1)
		outb(port, (u8)v);
	else if (size == 2)
		outw(port, (u16)v);
	else
		outl(port, v);
	spin_unlock_irqrestore(&config_lock, flags);
}

u8 pci_find_cap(const struct pci_dev *d, u8 id, u8 after)
{
	u8 pos;

	if (!(pci_read(d, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST))
		return 0;
	pos = (u8)pci_read(d, after ? after + PCI_CAP_LIST_NEXT : PCI_CAPABILITY_LIST, 1) & 0xfc;
	for (int bound = 48; pos && bound; bound--) {
		if (pci_read(d, pos + PCI_CAP_LIST_ID, 1) == id)
			return pos;
		pos = (u8)pci_read(d, pos + PCI_CAP_LIST_NEXT, 1) & 0xfc;
	}
	return 0;
}

u64 pci_bar(const struct pci_dev *d, int bar)
{
	unsigned off = PCI_BASE_ADDRESS_0 + 4 * (unsigned)bar;
	u32 lo = pci_read(d, off, 4);
	u64 addr = lo & (u32)PCI_BASE_ADDRESS_MEM_MASK;

	if (lo & PCI_BASE_ADDRESS_SPACE_IO)
		return 0;
	if ((lo & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64)
		addr |= (u64)pci_read(d, off + 4, 4) << 32;
	return addr;
}

void pci_for_each(void (*probe)(const struct pci_dev *d))
{
	for (u8 slot = 0; slot < 32; slot++) {
		struct pci_dev d = { .slot = slot };
		u8 functions;

		if (pci_read(&d, PCI_VENDOR_ID, 2) == 0xffff)
			continue;
		functions = pci_read(&d, PCI_HEADER_TYPE, 1) & 0x80 ? 8 : 1;
		for (d.func = 0; d.func < functions; d.func++) {
			d.vendor = (u16)pci_read(&d, PCI_VENDOR_ID, 2);
			d.device = (u16)pci_read(&d, PCI_DEVICE_ID, 2);
			if (d.vendor != 0xffff)
				probe(&d);
		}
	}
}
