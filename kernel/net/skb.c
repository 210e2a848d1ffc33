// SPDX-License-Identifier: MIT
/*
 * Socket buffers: allocation within the sender's SO_SNDBUF, copying, release.  A buffer belongs to its
 * sender until it is queued, to the receiver's queue then, and to the reader who took it off.
 */
#include "kernel/net/skb.h"

#include "kernel/mm/slab.h"
#include "kernel/net/scm.h"

/*
 * What Linux 6.1 on x86-64 charges: its header (256 bytes), the bytes and the trailer behind them (320) in a
 * power of two, and whole pages for the rest.
 */
static u32 truesize_of(size_t head, size_t paged)
{
	size_t need = ALIGN_UP(head, 64) + 320, block = 512;

	while (block < need)
		block *= 2;
	return (u32)(256 + block + ALIGN_UP(paged, PAGE_SIZE));
}

static void free_pages(struct skb *skb)
{
	for (u32 i = 0; i < skb->nr_pages; i++)
		page_put(skb->page[i]);
}

static int alloc_paged(size_t size, struct skb **out)
{
	u32 pages = (u32)DIV_ROUND_UP(size, PAGE_SIZE);
	struct skb *skb = kmalloc(sizeof(*skb) + pages * sizeof(struct page *), 0);

	if (!skb)
		return -ENOBUFS;
	for (skb->nr_pages = 0; skb->nr_pages < pages; skb->nr_pages++) {
		struct page *page = page_alloc(0, 0);

		if (!page) {
			free_pages(skb);
			kfree(skb);
			return -ENOBUFS;
		}
		skb->page[skb->nr_pages] = page;
	}
	*out = skb;
	return 0;
}

static int alloc_small(size_t size, struct skb **out)
{
	struct skb *skb = kmalloc(sizeof(*skb) + size, 0);

	if (!skb)
		return -ENOBUFS;
	skb->nr_pages = 0;
	*out = skb;
	return 0;
}

static bool can_send(void *arg)
{
	const struct sock *sk = arg;

	return sock_has_room(sk) || READ_ONCE(sk->err) || (READ_ONCE(sk->shutdown) & SHUT_SEND);
}

static __noinline int wait_for_room(struct sock *sk, bool nonblock)
{
	struct sock_waiter w;
	int err;

	sock_waiter_init(&w, &sk->wait, POLLOUT, sk->snd_timeout, nonblock);
	for (;;) {
		if ((err = sock_error(sk)))
			return err;
		if (READ_ONCE(sk->shutdown) & SHUT_SEND)
			return -EPIPE;
		if (sock_has_room(sk))
			return 0;
		WRITE_ONCE(sk->no_space, true);
		if ((err = sock_wait(&w, can_send, sk)))
			return err;
	}
}

int skb_alloc_send(struct sock *sk, size_t head, size_t paged, bool nonblock, struct skb **out)
{
	size_t size = head + paged;
	struct skb *skb;
	int err;

	if (unlikely(READ_ONCE(sk->err) || READ_ONCE(sk->shutdown) & SHUT_SEND || !sock_has_room(sk)) &&
	    (err = wait_for_room(sk, nonblock)))
		return err;
	err = size <= SKB_HEAD_MAX ? alloc_small(size, &skb) : alloc_paged(size, &skb);
	if (unlikely(err))
		return err;
	skb->owner = sk;
	skb->truesize = truesize_of(head, paged);
	skb->size = (u32)size;
	skb->off = 0;
	skb->peeked = false;
	skb->pid = NULL;
	skb->fds = NULL;
	skb->stamp_ns = 0;
	atomic_add(&sk->wmem, skb->truesize);
	*out = skb;
	return 0;
}

void skb_free(struct skb *skb)
{
	if (unlikely(skb->pid))
		pid_put(skb->pid);
	if (unlikely(skb->fds))
		scm_fds_release(skb->fds);
	if (skb->nr_pages)
		free_pages(skb);
	sock_uncharge(skb->owner, skb->truesize);
	kfree(skb);
}

int skb_fill(struct skb *skb, struct iter *from)
{
	size_t done = 0;

	if (likely(!skb->nr_pages))
		return copy_from_iter(skb->data, skb->size, from) == skb->size ? 0 : -EFAULT;
	for (u32 i = 0; i < skb->nr_pages; i++) {
		size_t n = min((size_t)skb->size - done, PAGE_SIZE);

		if (copy_from_iter(page_to_virt(skb->page[i]), n, from) != n)
			return -EFAULT;
		done += n;
	}
	return 0;
}

int skb_copy_out(const struct skb *skb, u32 off, size_t n, struct iter *to)
{
	if (likely(!skb->nr_pages))
		return copy_to_iter(skb->data + off, n, to) == n ? 0 : -EFAULT;
	while (n) {
		size_t at = off % PAGE_SIZE, part = min(n, PAGE_SIZE - at);

		if (copy_to_iter((u8 *)page_to_virt(skb->page[off / PAGE_SIZE]) + at, part, to) != part)
			return -EFAULT;
		off += (u32)part;
		n -= part;
	}
	return 0;
}
