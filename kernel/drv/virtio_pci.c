// SPDX-License-Identifier: MIT
/* virtio over PCI (virtio 1.1, section 4.1), modern interface, one MSI-X vector for all queues. */
#include "kernel/arch/arch.h"
#include "kernel/drv/mmio.h"
#include "kernel/drv/pci.h"
#include "kernel/drv/virtio.h"
#include "kernel/mm/slab.h"
#include <linux/pci_regs.h>
#include <linux/virtio_pci.h>

#define VENDOR_VIRTIO   0x1af4
#define DEVICE_MODERN   0x1040
#define COMMON(d, name) ((d)->regs), offsetof(struct virtio_pci_common_cfg, name)

static u64 pci_features(struct virtio_dev *d)
{
	u64 lo;

	mmio_write32(COMMON(d, device_feature_select), 0);
	lo = mmio_read32(COMMON(d, device_feature));
	mmio_write32(COMMON(d, device_feature_select), 1);
	return (u64)mmio_read32(COMMON(d, device_feature)) << 32 | lo;
}

static void pci_set_features(struct virtio_dev *d, u64 features)
{
	mmio_write32(COMMON(d, guest_feature_select), 0);
	mmio_write32(COMMON(d, guest_feature), (u32)features);
	mmio_write32(COMMON(d, guest_feature_select), 1);
	mmio_write32(COMMON(d, guest_feature), (u32)(features >> 32));
}

static u8 pci_status(struct virtio_dev *d)
{
	return mmio_read8(COMMON(d, device_status));
}

static void pci_set_status(struct virtio_dev *d, u8 status)
{
	mmio_write8(COMMON(d, device_status), status);
}

static void write_address(volatile void *regs, size_t off, const void *p)
{
	u64 phys = virt_to_phys(p);

	mmio_write32(regs, off, (u32)phys);
	mmio_write32(regs, off + 4, (u32)(phys >> 32));
}

static int pci_setup_queue(struct virtio_dev *d, struct virtq *vq)
{
	mmio_write16(COMMON(d, queue_select), vq->index);
	if (mmio_read16(COMMON(d, queue_size)) < VIRTQ_SIZE)
		return -EIO;
	mmio_write16(COMMON(d, queue_size), VIRTQ_SIZE);
	mmio_write16(COMMON(d, queue_msix_vector), 0);
	vq->notify_off = mmio_read16(COMMON(d, queue_notify_off));
	write_address(COMMON(d, queue_desc_lo), vq->desc);
	write_address(COMMON(d, queue_avail_lo), vq->avail);
	write_address(COMMON(d, queue_used_lo), vq->used);
	mmio_write16(COMMON(d, queue_enable), 1);
	return 0;
}

static void pci_notify(struct virtq *vq)
{
	mmio_write16(vq->dev->notify, (size_t)vq->notify_off * vq->dev->notify_mult, vq->index);
}

static u32 pci_config32(struct virtio_dev *d, unsigned off)
{
	return mmio_read32(d->config, off);
}

static const struct virtio_transport pci_transport = {
	.features = pci_features,
	.set_features = pci_set_features,
	.status = pci_status,
	.set_status = pci_set_status,
	.setup_queue = pci_setup_queue,
	.notify = pci_notify,
	.config32 = pci_config32,
};

static void pci_irq(void *arg)
{
	virtio_interrupt(arg);
}

/* Maps what the vendor capability of the given type describes; NULL when there is none. */
static volatile void *map_cap(const struct pci_dev *p, u8 type, u8 *where)
{
	for (u8 cap = pci_find_cap(p, PCI_CAP_ID_VNDR, 0); cap; cap = pci_find_cap(p, PCI_CAP_ID_VNDR, cap)) {
		u64 bar;

		if (pci_read(p, cap + VIRTIO_PCI_CAP_CFG_TYPE, 1) != type)
			continue;
		bar = pci_bar(p, (int)pci_read(p, cap + VIRTIO_PCI_CAP_BAR, 1));
		*where = cap;
		return bar ? ioremap(bar + pci_read(p, cap + VIRTIO_PCI_CAP_OFFSET, 4),
				     pci_read(p, cap + VIRTIO_PCI_CAP_LENGTH, 4))
			   : NULL;
	}
	return NULL;
}

/* Entry 0 of the MSI-X table points at a vector of ours; the others stay masked. */
static int setup_msix(const struct pci_dev *p, struct virtio_dev *d)
{
	u8 cap = pci_find_cap(p, PCI_CAP_ID_MSIX, 0);
	volatile void *table;
	u64 addr;
	u32 where, data;

	if (!cap)
		return -EIO;
	where = pci_read(p, cap + PCI_MSIX_TABLE, 4);
	table = ioremap(pci_bar(p, (int)(where & PCI_MSIX_TABLE_BIR)) + (where & PCI_MSIX_TABLE_OFFSET),
			PCI_MSIX_ENTRY_SIZE);
	if (!table || arch_msi_request(pci_irq, d, &addr, &data))
		return -EIO;
	mmio_write32(table, PCI_MSIX_ENTRY_LOWER_ADDR, (u32)addr);
	mmio_write32(table, PCI_MSIX_ENTRY_UPPER_ADDR, (u32)(addr >> 32));
	mmio_write32(table, PCI_MSIX_ENTRY_DATA, data);
	mmio_write32(table, PCI_MSIX_ENTRY_VECTOR_CTRL, 0);
	pci_write(p, cap + PCI_MSIX_FLAGS, 2, pci_read(p, cap + PCI_MSIX_FLAGS, 2) | PCI_MSIX_FLAGS_ENABLE);
	return 0;
}

static void probe(const struct pci_dev *p)
{
	struct virtio_dev *d;
	u8 cap = 0;

	if (p->vendor != VENDOR_VIRTIO)
		return;
	d = kzalloc(sizeof(*d));
	if (!d)
		return;
	pci_write(p, PCI_COMMAND, 2, pci_read(p, PCI_COMMAND, 2) | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	d->transport = &pci_transport;
	d->id = p->device >= DEVICE_MODERN ? p->device - DEVICE_MODERN : pci_read(p, PCI_SUBSYSTEM_ID, 2);
	d->regs = map_cap(p, VIRTIO_PCI_CAP_COMMON_CFG, &cap);
	d->config = map_cap(p, VIRTIO_PCI_CAP_DEVICE_CFG, &cap);
	d->notify = map_cap(p, VIRTIO_PCI_CAP_NOTIFY_CFG, &cap);
	if (!d->regs || !d->notify || !d->config || setup_msix(p, d)) {
		printk("virtio-pci: device %02x.%x has no modern interface\n", p->slot, p->func);
		kfree(d);
		return;
	}
	d->notify_mult = pci_read(p, cap + sizeof(struct virtio_pci_cap), 4);
	virtio_found(d);
}

static int virtio_pci_init(void)
{
	pci_for_each(probe);
	return 0;
}
INITCALL(INIT_DEVICE, virtio_pci_init);
