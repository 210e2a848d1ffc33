// SPDX-License-Identifier: MIT
/*
 * Control data: see control.h.  Each item is a header, its data, and padding to the size of a long of the ABI
 * (cmsg(3)).  Source of what is cut and how it is told: Linux 6.1 net/core/scm.c, net/compat.c.
 */
#include "kernel/syscalls/control.h"

#include "abi/ia32/socket.h"
#include "abi/ia32/time.h"
#include "kernel/base/string.h"
#include "kernel/fs/fd.h"
#include "kernel/gate/uaccess.h"
#include "kernel/mm/slab.h"
#include <linux/time_types.h>

/* ---- sending --------------------------------------------------------------------------------- */

static size_t native_size(const struct ia32_cmsghdr *n)
{
	return ALIGN_UP(n->cmsg_len - sizeof(*n) + sizeof(struct scm_header), sizeof(u64));
}

/* The header at `at` of `size` bytes stays within them. */
static bool narrow_ok(const struct ia32_cmsghdr *n, size_t at, size_t size)
{
	return n->cmsg_len >= sizeof(*n) && n->cmsg_len <= size - at;
}

/* How much room the items of a 32-bit buffer take in native layout. */
static int narrow_measure(unsigned long ucontrol, size_t size, size_t *need)
{
	struct ia32_cmsghdr n;

	*need = 0;
	for (size_t at = 0; size >= at + sizeof(n); at += ALIGN_UP((size_t)n.cmsg_len, 4)) {
		if (copy_from_user(&n, (const void __user *)(ucontrol + at), sizeof(n)))
			return -EFAULT;
		if (!narrow_ok(&n, at, size))
			return -EINVAL;
		*need += native_size(&n);
	}
	return *need ? 0 : -EINVAL;
}

/* Fetched a second time: what does not fit the measure any more was changed under our hands. */
static int widen(unsigned long ucontrol, size_t size, u8 *wide, size_t room, size_t *done)
{
	struct ia32_cmsghdr n;

	*done = 0;
	for (size_t at = 0; size >= at + sizeof(n); at += ALIGN_UP((size_t)n.cmsg_len, 4)) {
		if (copy_from_user(&n, (const void __user *)(ucontrol + at), sizeof(n)))
			return -EFAULT;
		if (!narrow_ok(&n, at, size) || native_size(&n) > room - *done)
			return -EINVAL;

		size_t data = n.cmsg_len - sizeof(n);
		const struct scm_header h = { sizeof(h) + data, n.cmsg_level, n.cmsg_type };

		memcpy(wide + *done, &h, sizeof(h));
		if (copy_from_user(wide + *done + sizeof(h), (const void __user *)(ucontrol + at + sizeof(n)),
				   data))
			return -EFAULT;
		*done += native_size(&n);
	}
	return 0;
}

int control_get(unsigned long ucontrol, u64 size, bool ia32, void **out, size_t *out_size)
{
	size_t need = size;
	int err;

	*out = NULL;
	if (size > INT32_MAX)
		return -ENOBUFS;
	if (ia32 && (err = narrow_measure(ucontrol, size, &need)))
		return err;
	if (need < (size_t)READ_ONCE(sock_settings.optmem_max))
		*out = kmalloc(need, ALLOC_ZERO); /* the caller frees it, whatever comes */
	if (!*out)
		return ia32 ? -ENOMEM : -ENOBUFS;
	*out_size = need;
	return ia32 ? widen(ucontrol, size, *out, need, out_size)
		    : copy_from_user(*out, (const void __user *)ucontrol, size);
}

/* ---- receiving ------------------------------------------------------------------------------- */

static size_t header_size(const struct control_out *c)
{
	return c->ia32 ? sizeof(struct ia32_cmsghdr) : sizeof(struct scm_header);
}

static int header_put(const struct control_out *c, u64 len, int level, int type)
{
	const struct ia32_cmsghdr n = { (u32)len, level, type };
	const struct scm_header h = { len, level, type };

	return c->ia32 ? copy_to_user((void __user *)c->at, &n, sizeof(n))
		       : copy_to_user((void __user *)c->at, &h, sizeof(h));
}

/* An item of `data` bytes is there: on to the place of the next. */
static void item_end(struct control_out *c, size_t data)
{
	u64 space = ALIGN_UP(header_size(c) + data, c->ia32 ? 4 : 8);

	space = min(space, c->left);
	c->at += space;
	c->left -= space;
}

static void item_put(struct control_out *c, int level, int type, const void *data, size_t size)
{
	size_t head = header_size(c), len = head + size;

	if (!c->at || c->left < head) {
		c->flags |= MSG_CTRUNC;
		return;
	}
	if (c->left < len) {
		c->flags |= MSG_CTRUNC;
		len = c->left;
	}
	if (header_put(c, len, level, type) || copy_to_user((void __user *)(c->at + head), data, len - head))
		return; /* as Linux: the message is received without it */
	item_end(c, size);
}

/* The next descriptor of fds goes to user address uint: 0, -EMFILE, -EFAULT. */
static int fd_put(struct file *f, unsigned long uint, bool cloexec)
{
	struct fd_slot slot __cleanup(fd_unreserve) = FD_SLOT_NONE;
	int err;

	if ((err = fd_reserve(&slot, cloexec ? O_CLOEXEC : 0)))
		return err;
	if ((err = put_user(slot.fd, (int __user *)uint)))
		return err;
	file_get(f);
	fd_publish(&slot, &f);
	return 0;
}

static void rights_put(struct control_out *c, const struct scm_fds *fds)
{
	size_t head = header_size(c), room = c->left > head ? (c->left - head) / sizeof(int) : 0;
	u32 done = 0;

	while (done < fds->count && done < room &&
	       !fd_put(fds->file[done], c->at + head + done * sizeof(int), c->flags & MSG_CMSG_CLOEXEC))
		done++;
	if (done && !header_put(c, head + done * sizeof(int), SOL_SOCKET, SCM_RIGHTS))
		item_end(c, done * sizeof(int));
	if (done < fds->count)
		c->flags |= MSG_CTRUNC;
}

/* The four layouts of a time stamp; the option and the item have the same number. */
static void stamp_put(struct control_out *c, struct sock *sk, u64 ns)
{
	bool new = sock_option(sk, SKO_TIMESTAMP_NEW), nano = sock_option(sk, SKO_TIMESTAMP_NS);
	const struct __kernel_timespec wide = { (s64)(ns / NSEC_PER_SEC),
						(s64)(ns % NSEC_PER_SEC) / (nano ? 1 : 1000) };
	const struct ia32_timespec narrow = { (s32)wide.tv_sec, (s32)wide.tv_nsec };
	int type = nano ? (new ? SO_TIMESTAMPNS_NEW : SO_TIMESTAMPNS_OLD)
			: (new ? SO_TIMESTAMP_NEW : SO_TIMESTAMP_OLD);

	if (c->ia32 && !new)
		item_put(c, SOL_SOCKET, type, &narrow, sizeof(narrow));
	else
		item_put(c, SOL_SOCKET, type, &wide, sizeof(wide));
}

void control_put(struct control_out *c, struct sock *sk, struct scm *scm)
{
	bool passcred = sock_option(sk, SKO_PASSCRED);

	if (unlikely(scm->stamp_ns))
		stamp_put(c, sk, scm->stamp_ns);
	if (!c->at) {
		if (passcred || scm->fds)
			c->flags |= MSG_CTRUNC;
		return;
	}
	if (passcred) {
		/* Who was not recorded is nobody: Linux's overflow ids. */
		const struct ucred_k u = { scm->pid ? scm->pid->nr : 0, scm->pid ? scm->uid : 65534,
					   scm->pid ? scm->gid : 65534 };

		item_put(c, SOL_SOCKET, SCM_CREDENTIALS, &u, sizeof(u));
	}
	if (scm->fds)
		rights_put(c, scm->fds);
}
