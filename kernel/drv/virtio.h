/* SPDX-License-Identifier: MIT */
/*
 * Virtio devices (virtio 1.1) over MMIO and PCI: feature negotiation, split virtqueues, interrupts.
 * A queue has one owner, whose lock serialises all calls on it.
 */
#pragma once

#include "kernel/mm/page.h"
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>

#define VIRTQ_SIZE 16 /* entries we use; every device offers at least this many */

struct virtio_dev;

struct virtq {
	struct virtio_dev *dev;
	u16 index;
	u16 notify_off; /* PCI: where its doorbell is */
	u16 nr_free;
	u16 free_head; /* chain of free descriptors through desc->next */
	u16 last_used;
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	void *cookie[VIRTQ_SIZE];
	void (*done)(struct virtq *vq); /* interrupt context: something was used */
	void *owner;
};

struct virtio_transport {
	u64 (*features)(struct virtio_dev *d);
	void (*set_features)(struct virtio_dev *d, u64 features);
	u8 (*status)(struct virtio_dev *d);
	void (*set_status)(struct virtio_dev *d, u8 status);
	int (*setup_queue)(struct virtio_dev *d, struct virtq *vq);
	void (*notify)(struct virtq *vq);
	u32 (*config32)(struct virtio_dev *d, unsigned off);
};

struct virtio_dev {
	const struct virtio_transport *transport;
	u32 id; /* VIRTIO_ID_* */
	volatile void *regs; /* MMIO registers, or PCI common configuration */
	volatile void *notify; /* PCI doorbells */
	volatile void *config; /* PCI device configuration */
	u32 notify_mult;
	struct virtq *queue; /* [const] after the driver's probe */
	int nr_queues;
	void *driver;
};

/* Called by a transport for each device found; hands it to its driver. */
void virtio_found(struct virtio_dev *d);
/* Driver side, in order: negotiate, queues, ready.  -EIO, -ENOMEM */
int __must_check virtio_negotiate(struct virtio_dev *d, u64 wanted, u64 *got);
int __must_check virtio_setup_queues(struct virtio_dev *d, int count);
void virtio_ready(struct virtio_dev *d);
void virtio_interrupt(struct virtio_dev *d); /* transport: some queue was used */

/*
 * One buffer, given to the device to read (`write` false) or to fill; cookie comes back.  False when the
 * queue is full.
 */
bool virtq_add(struct virtq *vq, void *buf, u32 size, bool write, void *cookie);
void virtq_kick(struct virtq *vq);
bool virtq_has_used(const struct virtq *vq);
/* The next buffer that the device is done with: its cookie and the bytes written; NULL when there is none. */
void *virtq_take(struct virtq *vq, u32 *size);

void virtio_console_probe(struct virtio_dev *d); /* kernel/drv/virtio_console.c */
