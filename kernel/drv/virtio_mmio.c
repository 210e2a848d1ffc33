// SPDX-License-Identifier: MIT
/*
 * virtio over MMIO (virtio 1.1, section 4.2), as microvm has it.  The devices are named on the command
 * line, `virtio_mmio.device=SIZE@ADDRESS:IRQ`, as Linux's virtio_mmio module takes them.
 */
#include "kernel/arch/arch.h"
#include "kernel/base/cmdline.h"
#include "kernel/base/string.h"
#include "kernel/drv/mmio.h"
#include "kernel/drv/virtio.h"
#include "kernel/mm/slab.h"
#include <linux/virtio_mmio.h>

#define MMIO_MAGIC 0x74726976 /* "virt" */

static u64 mmio_features(struct virtio_dev *d)
{
	u64 lo;

	mmio_write32(d->regs, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
	lo = mmio_read32(d->regs, VIRTIO_MMIO_DEVICE_FEATURES);
	mmio_write32(d->regs, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
	return (u64)mmio_read32(d->regs, VIRTIO_MMIO_DEVICE_FEATURES) << 32 | lo;
}

static void mmio_set_features(struct virtio_dev *d, u64 features)
{
	mmio_write32(d->regs, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
	mmio_write32(d->regs, VIRTIO_MMIO_DRIVER_FEATURES, (u32)features);
	mmio_write32(d->regs, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
	mmio_write32(d->regs, VIRTIO_MMIO_DRIVER_FEATURES, (u32)(features >> 32));
}

static u8 mmio_status(struct virtio_dev *d)
{
	return (u8)mmio_read32(d->regs, VIRTIO_MMIO_STATUS);
}

static void mmio_set_status(struct virtio_dev *d, u8 status)
{
	mmio_write32(d->regs, VIRTIO_MMIO_STATUS, status);
}

static void write_address(struct virtio_dev *d, unsigned low, const void *p)
{
	u64 phys = virt_to_phys(p);

	mmio_write32(d->regs, low, (u32)phys);
	mmio_write32(d->regs, low + 4, (u32)(phys >> 32));
}

static int mmio_setup_queue(struct virtio_dev *d, struct virtq *vq)
{
	mmio_write32(d->regs, VIRTIO_MMIO_QUEUE_SEL, vq->index);
	if (mmio_read32(d->regs, VIRTIO_MMIO_QUEUE_NUM_MAX) < VIRTQ_SIZE)
		return -EIO;
	mmio_write32(d->regs, VIRTIO_MMIO_QUEUE_NUM, VIRTQ_SIZE);
	write_address(d, VIRTIO_MMIO_QUEUE_DESC_LOW, vq->desc);
	write_address(d, VIRTIO_MMIO_QUEUE_AVAIL_LOW, vq->avail);
	write_address(d, VIRTIO_MMIO_QUEUE_USED_LOW, vq->used);
	mmio_write32(d->regs, VIRTIO_MMIO_QUEUE_READY, 1);
	return 0;
}

static void mmio_notify(struct virtq *vq)
{
	mmio_write32(vq->dev->regs, VIRTIO_MMIO_QUEUE_NOTIFY, vq->index);
}

static u32 mmio_config32(struct virtio_dev *d, unsigned off)
{
	return mmio_read32(d->regs, VIRTIO_MMIO_CONFIG + off);
}

static const struct virtio_transport mmio_transport = {
	.features = mmio_features,
	.set_features = mmio_set_features,
	.status = mmio_status,
	.set_status = mmio_set_status,
	.setup_queue = mmio_setup_queue,
	.notify = mmio_notify,
	.config32 = mmio_config32,
};

static void mmio_irq(void *arg)
{
	struct virtio_dev *d = arg;

	mmio_write32(d->regs, VIRTIO_MMIO_INTERRUPT_ACK, mmio_read32(d->regs, VIRTIO_MMIO_INTERRUPT_STATUS));
	virtio_interrupt(d);
}

static void mmio_probe(u64 phys, u64 size, unsigned irq)
{
	volatile void *regs = ioremap(phys, size);
	struct virtio_dev *d;

	if (!regs || mmio_read32(regs, VIRTIO_MMIO_MAGIC_VALUE) != MMIO_MAGIC ||
	    !mmio_read32(regs, VIRTIO_MMIO_DEVICE_ID))
		return;
	if (mmio_read32(regs, VIRTIO_MMIO_VERSION) != 2) {
		printk("virtio-mmio: a legacy device; start QEMU with -global "
		       "virtio-mmio.force-legacy=false\n");
		return;
	}
	d = kzalloc(sizeof(*d));
	if (!d)
		return;
	d->transport = &mmio_transport;
	d->regs = regs;
	d->id = mmio_read32(regs, VIRTIO_MMIO_DEVICE_ID);
	if (arch_irq_request(irq, true, mmio_irq, d)) {
		printk("virtio-mmio: irq %u is not to be had\n", irq);
		kfree(d);
		return;
	}
	virtio_found(d);
}

/* Reads a number in C notation at *p and leaves *p behind it. */
static u64 parse_number(const char **p)
{
	char text[24];
	size_t len = 0;
	unsigned long v = 0;

	while (len + 1 < sizeof(text) &&
	       (((*p)[len] >= '0' && (*p)[len] <= '9') || ((*p)[len] | 0x20) == 'x' ||
		(((*p)[len] | 0x20) >= 'a' && ((*p)[len] | 0x20) <= 'f')))
		len++;
	memcpy(text, *p, len);
	text[len] = '\0';
	*p += len;
	return kstrtoul(text, 0, &v) ? 0 : v;
}

static int virtio_mmio_init(void)
{
	static const char key[] = "virtio_mmio.device=";

	for (const char *p = strstr(boot_cmdline, key); p; p = strstr(p, key)) {
		u64 size, phys, irq;

		p += sizeof(key) - 1;
		size = parse_number(&p);
		if ((*p | 0x20) == 'k') {
			size *= 1024;
			p++;
		}
		if (*p++ != '@')
			continue;
		phys = parse_number(&p);
		if (*p++ != ':')
			continue;
		irq = parse_number(&p);
		if (size && phys)
			mmio_probe(phys, size, (unsigned)irq);
	}
	return 0;
}
INITCALL(INIT_DEVICE, virtio_mmio_init);
