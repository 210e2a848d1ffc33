// SPDX-License-Identifier: MIT
/* What all virtio devices share: the handshake and the split virtqueue (virtio 1.1, sections 2.6 and 3.1). */
#include "kernel/drv/virtio.h"
#include "kernel/mm/slab.h"
#include "kernel/sync/spinlock.h"
#include <linux/virtio_config.h>

/* Both rings of a queue in one page: descriptors, then available, then used. */
#define AVAIL_OFF (VIRTQ_SIZE * sizeof(struct vring_desc))
#define USED_OFF  ALIGN_UP(AVAIL_OFF + 6 + 2 * VIRTQ_SIZE, 8UL)
static_assert(USED_OFF + 6 + VIRTQ_SIZE * sizeof(struct vring_used_elem) <= PAGE_SIZE,
	      "a queue fits in a page");

int virtio_negotiate(struct virtio_dev *d, u64 wanted, u64 *got)
{
	const struct virtio_transport *t = d->transport;

	t->set_status(d, 0);
	t->set_status(d, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	t->set_status(d, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	*got = t->features(d) & (wanted | BIT(VIRTIO_F_VERSION_1));
	if (!(*got & BIT(VIRTIO_F_VERSION_1)))
		return -EIO;
	t->set_features(d, *got);
	t->set_status(d, t->status(d) | VIRTIO_CONFIG_S_FEATURES_OK);
	return t->status(d) & VIRTIO_CONFIG_S_FEATURES_OK ? 0 : -EIO;
}

static int queue_init(struct virtio_dev *d, int i)
{
	struct virtq *vq = &d->queue[i];
	struct page *p = page_alloc(0, ALLOC_ZERO);

	if (!p)
		return -ENOMEM;
	vq->dev = d;
	vq->index = (u16)i;
	vq->nr_free = VIRTQ_SIZE;
	vq->desc = page_to_virt(p);
	vq->avail = (void *)((u8 *)vq->desc + AVAIL_OFF);
	vq->used = (void *)((u8 *)vq->desc + USED_OFF);
	for (u16 n = 0; n < VIRTQ_SIZE; n++)
		vq->desc[n].next = n + 1;
	return d->transport->setup_queue(d, vq);
}

int virtio_setup_queues(struct virtio_dev *d, int count)
{
	d->queue = kzalloc(sizeof(*d->queue) * (size_t)count);
	if (!d->queue)
		return -ENOMEM;
	for (int i = 0; i < count; i++) {
		int err = queue_init(d, i);

		if (err)
			/* boot time: the device stays unused, its few pages are not worth an undo path */
			return err;
	}
	d->nr_queues = count;
	return 0;
}

void virtio_ready(struct virtio_dev *d)
{
	d->transport->set_status(d, d->transport->status(d) | VIRTIO_CONFIG_S_DRIVER_OK);
}

void virtio_found(struct virtio_dev *d)
{
	if (d->id == VIRTIO_ID_CONSOLE)
		virtio_console_probe(d);
	else
		pr_info("virtio: no driver for device type %u\n", d->id);
}

void virtio_interrupt(struct virtio_dev *d)
{
	for (int i = 0; i < d->nr_queues; i++) {
		struct virtq *vq = &d->queue[i];

		if (vq->done && virtq_has_used(vq))
			vq->done(vq);
	}
}

bool virtq_add(struct virtq *vq, void *buf, u32 size, bool write, void *cookie)
{
	u16 n = vq->free_head;

	if (!vq->nr_free)
		return false;
	vq->free_head = vq->desc[n].next;
	vq->nr_free--;
	vq->desc[n].addr = virt_to_phys(buf);
	vq->desc[n].len = size;
	vq->desc[n].flags = write ? VRING_DESC_F_WRITE : 0;
	vq->cookie[n] = cookie;
	vq->avail->ring[vq->avail->idx % VIRTQ_SIZE] = n;
	__atomic_store_n(&vq->avail->idx, (u16)(vq->avail->idx + 1), __ATOMIC_RELEASE);
	return true;
}

void virtq_kick(struct virtq *vq)
{
	smp_mb(); /* the index is visible before the device's wish not to be told is read */
	if (!(READ_ONCE(vq->used->flags) & VRING_USED_F_NO_NOTIFY))
		vq->dev->transport->notify(vq);
}

bool virtq_has_used(const struct virtq *vq)
{
	return __atomic_load_n(&vq->used->idx, __ATOMIC_ACQUIRE) != vq->last_used;
}

void *virtq_take(struct virtq *vq, u32 *size)
{
	const struct vring_used_elem *e;
	u16 n;

	if (!virtq_has_used(vq))
		return NULL;
	e = &vq->used->ring[vq->last_used % VIRTQ_SIZE];
	n = (u16)e->id;
	*size = e->len;
	vq->last_used++;
	BUG_ON(n >= VIRTQ_SIZE); /* the device is part of the machine: a wrong index is a broken machine */
	vq->desc[n].next = vq->free_head;
	vq->free_head = n;
	vq->nr_free++;
	return vq->cookie[n];
}
