/* SPDX-License-Identifier: MIT */
/*
 * Parsers of the kernel under libFuzzer, on the host, with ASan and UBSan (mk/fuzz.mk).
 *
 * One file per target.  It plays the rest of the kernel for the sources that its head names ("fuzz-sources:
 * path path", as many lines as needed) and holds LLVMFuzzerTestOneInput().  Functions that the target cannot
 * reach need no stand-in.  machine.c gives `current` and a CPU; kmalloc() and
 * its like are tests/unit/shim.c's, on malloc(3), so that every byte too far is seen.
 *
 * A target fails by a sanitizer's report, by panic(), or by a CHECK of what the parser promises its caller.
 */
#pragma once

#include "kernel/base/string.h"
#include "kernel/mm/slab.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#define CHECK(cond)                                                               \
	do {                                                                      \
		if (!(cond))                                                      \
			panic("%s:%d: %s is false\n", __FILE__, __LINE__, #cond); \
	} while (0)

/* The input, taken from the front; 0 bytes are had behind its end. */
struct input {
	const u8 *at;
	size_t left;
};

static inline u8 take_u8(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->at++;
}

static inline u32 take_u32(struct input *in)
{
	u32 v = take_u8(in);

	v |= (u32)take_u8(in) << 8;
	v |= (u32)take_u8(in) << 16;
	return v | (u32)take_u8(in) << 24;
}

/* At most `max` of what is left, as a piece of memory of exactly that size (kfree()). */
static inline u8 *take_bytes(struct input *in, size_t max, size_t *size)
{
	u8 *p;

	*size = min(max, in->left);
	p = kmalloc(*size, 0);
	if (*size)
		memcpy(p, in->at, *size);
	in->at += *size;
	in->left -= *size;
	return p;
}

/* The rest of the input as a string of its own: NUL bytes in it end it early. */
static inline char *take_text(struct input *in)
{
	size_t size;
	char *text = kmalloc(in->left + 1, 0);

	size = in->left;
	if (size)
		memcpy(text, in->at, size);
	text[size] = '\0';
	in->left = 0;
	return text;
}
