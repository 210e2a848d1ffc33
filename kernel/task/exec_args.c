// SPDX-License-Identifier: MIT
/*
 * Argument strings of execve(2): collected in kernel pages before anything is torn down (limits and bad
 * pointers must fail cleanly), then laid out on the new stack as the psABI of both widths says:
 *
 *   high   8 zero bytes, file name, environment strings, argument strings   (packed, ascending)
 *          random gap, platform string, 16 random bytes
 *   low    auxv, NULL, envp[], NULL, argv[], argc   <- sp, 16-byte aligned
 */
#include "kernel/base/random.h"
#include "kernel/base/string.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/uaccess.h"
#include "kernel/mm/mm.h"
#include "kernel/mm/slab.h"
#include "kernel/task/exec.h"
#include <linux/auxvec.h>

#define MAX_ARG_STRINGS 0x7fffffff

/* ---- fetching --------------------------------------------------------------------------------- */

/* Pointer number i of the array; 0 is its end. */
static int fetch_pointer(const struct arg_source *src, u32 i, unsigned long *out)
{
	u32 narrow;
	int err;

	if (src->kernel) {
		*out = (unsigned long)src->kernel[i];
		return 0;
	}
	if (!src->ia32)
		return copy_from_user(out, (const void __user *)(src->user + i * 8UL), 8);
	err = copy_from_user(&narrow, (const void __user *)(src->user + i * 4UL), 4);
	*out = narrow;
	return err;
}

int args_count(const struct arg_source *src, u32 *count)
{
	unsigned long p;

	*count = 0;
	if (!src->kernel && !src->user)
		return 0;
	for (u32 i = 0;; i++) {
		int err = fetch_pointer(src, i, &p);

		if (err)
			return err;
		if (!p)
			return 0;
		if (i >= MAX_ARG_STRINGS)
			return -E2BIG;
		if (fatal_signal_pending())
			return -ERESTARTNOHAND;
		cond_resched();
		*count = i + 1;
	}
}

/* The place for the next byte, with a new page when the last is full; *room: bytes to the page's end. */
static int args_place(struct argbuf *a, char **at, size_t *room)
{
	u32 index = (u32)(a->size >> PAGE_SHIFT);
	size_t off = a->size & ~PAGE_MASK;

	if (!a->page) {
		a->page = a->inline_page;
		a->room = ARG_INLINE;
	}
	if (index == a->room) {
		void **bigger = kmalloc(a->room * 4 * sizeof(void *), 0);

		if (!bigger)
			return -ENOMEM;
		memcpy(bigger, a->page, a->room * sizeof(void *));
		if (a->page != a->inline_page)
			kfree(a->page);
		a->page = bigger;
		a->room *= 4;
	}
	if (index == a->nr) {
		struct page *p = page_alloc(0, ALLOC_USER);

		if (!p)
			return -ENOMEM;
		a->page[a->nr++] = page_to_virt(p);
	}
	*at = (char *)a->page[index] + off;
	*room = PAGE_SIZE - off;
	return 0;
}

static int args_add_user(struct argbuf *a, unsigned long s)
{
	size_t len = 0;

	for (;;) {
		size_t room;
		char *at;
		int err = args_place(a, &at, &room);

		if (err)
			return err;
		if (s >= USER_MAX)
			return -EFAULT;

		size_t want = min(room, (size_t)(USER_MAX - s));
		ssize_t n = arch_strncpy_from_user(at, (const char __user *)s, want);

		if (n < 0)
			return -EFAULT;

		bool done = (size_t)n < want;

		len += (size_t)n + done;
		a->size += (size_t)n + done;
		if (len > MAX_ARG_STRLEN)
			return refuse(E2BIG, "execve: a string is longer than 128 KiB");
		if (a->size > a->limit)
			return refuse(E2BIG, "execve: arguments are larger than a quarter of RLIMIT_STACK");
		if (done)
			return 0;
		if (want < room)
			return -EFAULT; /* ran into the end of user space */
		s += (size_t)n;
	}
}

int args_add_kernel(struct argbuf *a, const char *s)
{
	size_t left = strlen(s) + 1;

	if (a->size + left > a->limit)
		return -E2BIG;
	while (left) {
		size_t room;
		char *at;
		int err = args_place(a, &at, &room);

		if (err)
			return err;
		room = min(room, left);
		memcpy(at, s, room);
		s += room;
		left -= room;
		a->size += room;
	}
	return 0;
}

int args_add(struct argbuf *a, const struct arg_source *src, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		unsigned long p;
		int err = fetch_pointer(src, i, &p);

		if (err)
			return err;
		if (!p)
			return -EFAULT; /* another thread shortened the array */
		err = src->kernel ? args_add_kernel(a, (const char *)p) : args_add_user(a, p);
		if (err)
			return err;
		if (fatal_signal_pending())
			return -ERESTARTNOHAND;
		cond_resched();
	}
	return 0;
}

void args_free(struct argbuf *a)
{
	for (u32 i = 0; i < a->nr; i++)
		page_put(virt_to_page(a->page[i]));
	if (a->page && a->page != a->inline_page)
		kfree(a->page);
	a->page = NULL;
	a->nr = 0;
}

/* ---- layout ----------------------------------------------------------------------------------- */

static size_t prefix_size(const struct binprm *b)
{
	size_t size = 0;

	for (u32 i = 0; i < b->nr_prefix; i++)
		size += strlen(b->prefix[i]) + 1;
	return size;
}

size_t args_stack_size(const struct binprm *b)
{
	return b->args.size + prefix_size(b) + (b->argc + b->envc + 3) * sizeof(long) + 3 * PAGE_SIZE + 8192;
}

static int put(unsigned long *at, const void *src, size_t size)
{
	int err = copy_to_user((void __user *)*at, src, size);

	*at += size;
	return err;
}

/* All strings to `at`, upwards. */
static int put_strings(const struct binprm *b, unsigned long at)
{
	const struct argbuf *a = &b->args;
	int err;

	for (u32 i = 0; i < b->nr_prefix; i++) {
		if ((err = put(&at, b->prefix[i], strlen(b->prefix[i]) + 1)))
			return err;
	}
	for (size_t off = b->skip; off < a->size;) {
		size_t n = min(PAGE_SIZE - (off & ~PAGE_MASK), a->size - off);

		if ((err = put(&at, (char *)a->page[off >> PAGE_SHIFT] + (off & ~PAGE_MASK), n)))
			return err;
		off += n;
	}
	return 0;
}

/* Emits words of the program's width, a batch at a time. */
struct word_out {
	unsigned long at;
	bool ia32;
	u32 fill;
	u8 buf[256];
};

static int flush_words(struct word_out *w)
{
	u32 n = w->fill;

	w->fill = 0;
	return put(&w->at, w->buf, n);
}

static int put_word(struct word_out *w, unsigned long value)
{
	__builtin_memcpy(w->buf + w->fill, &value,
			 8); /* little-endian: of a narrow word the low half comes first */
	w->fill += w->ia32 ? 4 : 8;
	return w->fill + 8 > sizeof(w->buf) ? flush_words(w) : 0;
}

/* Pointers to `count` packed strings of args that begin at offset *off, whose address is *addr; then NULL. */
static int put_pointers(struct word_out *w, const struct argbuf *a, u32 count, size_t *off,
			unsigned long *addr)
{
	for (u32 i = 0; i < count; i++) {
		int err = put_word(w, *addr);

		if (err)
			return err;
		for (;;) { /* to the byte after the NUL */
			size_t in_page = *off & ~PAGE_MASK, room = min(PAGE_SIZE - in_page, a->size - *off);
			const char *p = (char *)a->page[*off >> PAGE_SHIFT] + in_page;
			const char *nul = memchr(p, 0, room);
			size_t n = nul ? (size_t)(nul - p) + 1 : room;

			*off += n;
			*addr += n;
			if (nul)
				break;
		}
	}
	return put_word(w, 0);
}

static int put_argv(struct word_out *w, const struct binprm *b, unsigned long *addr, size_t *off)
{
	int err;

	for (u32 i = 0; i < b->nr_prefix; i++) {
		if ((err = put_word(w, *addr)))
			return err;
		*addr += strlen(b->prefix[i]) + 1;
	}
	*off = b->skip;
	return put_pointers(w, &b->args, b->argc - b->nr_prefix, off, addr);
}

int args_build_stack(struct binprm *b, struct mm *mm, struct elf_stack *s,
		     unsigned long *sp) __no_lock_analysis /* nobody else has mm yet */
{
	u32 word = s->ia32 ? 4 : 8;
	unsigned long strings = s->top - 8 - (b->args.size - b->skip) - prefix_size(b);
	unsigned long execfn = s->top - 8 - (b->args.size - b->execfn_offset), p = strings, addr, platform,
		      random;
	struct word_out w = { .ia32 = s->ia32 };
	u8 noise[16];
	size_t off;
	int err;

	if ((err = put_strings(b, strings)))
		return err;
	if (s->randomize)
		p -= random_u64() % 8192;
	p &= ~15UL;
	p -= strlen(s->platform) + 1;
	platform = p;
	if ((err = put(&p, s->platform, strlen(s->platform) + 1)))
		return err;
	random = platform - sizeof(noise);
	random_bytes(noise, sizeof(noise));
	p = random;
	if ((err = put(&p, noise, sizeof(noise))))
		return err;

	p = random & ~15UL;
	p -= (unsigned long)s->nr_auxv * 2 * word;
	p -= (b->argc + b->envc + 3UL) * word;
	p &= ~15UL;
	*sp = p;
	w.at = p;
	addr = strings;
	mm->arg_start = strings;
	if ((err = put_word(&w, b->argc)) || (err = put_argv(&w, b, &addr, &off)))
		return err;
	mm->arg_end = mm->env_start = addr;
	if ((err = put_pointers(&w, &b->args, b->envc, &off, &addr)))
		return err;
	mm->env_end = addr;
	mm->stack_start = *sp;
	for (u32 i = 0; i < s->nr_auxv; i++) {
		unsigned long key = s->auxv[2 * i], value = s->auxv[2 * i + 1];

		if (key == AT_RANDOM)
			value = random;
		else if (key == AT_PLATFORM)
			value = platform;
		else if (key == AT_EXECFN)
			value = execfn;
		mm->auxv[2 * i] = key;
		mm->auxv[2 * i + 1] = value;
		if ((err = put_word(&w, key)) || (err = put_word(&w, value)))
			return err;
	}
	return flush_words(&w);
}
