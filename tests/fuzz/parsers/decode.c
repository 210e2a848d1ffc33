// SPDX-License-Identifier: MIT
/*
 * The tracer's decoding of arguments: a call, its registers, and a piece of user memory beside which everything
 * faults.  The line never overflows, whatever lies in that memory.
 * fuzz-sources: kernel/gate/decode.c kernel/gate/decode_args.c kernel/gate/decode_file.c
 * fuzz-sources: kernel/gate/decode_struct.c kernel/gate/decode_task.c kernel/gate/uaccess.c
 * fuzz-sources: kernel/base/string.c kernel/base/fmt.c gen/syscall_desc.c gen/flag_tables.c
 */
#include "kernel/gate/decode.h"
#include "syscall_nr.h"
#include "tests/fuzz/parsers/fuzz.h"

#define USER_AT 0x10000UL

static u8 *memory;
static size_t memory_size;

/* How much of [at, at + n) the program has. */
static size_t readable(unsigned long at, size_t n)
{
	if (at < USER_AT || at - USER_AT >= memory_size)
		return 0;
	return min(n, memory_size - (at - USER_AT));
}

unsigned long arch_copy_from_user(void *dst, const void __user *src, size_t n)
{
	unsigned long at = (__force unsigned long)src;
	size_t ok = readable(at, n);

	if (ok)
		memcpy(dst, memory + (at - USER_AT), ok);
	return n - ok;
}

ssize_t arch_strncpy_from_user(char *dst, const char __user *src, size_t max)
{
	for (size_t i = 0; i < max; i++) {
		if (arch_copy_from_user(dst + i, src + i, 1))
			return -EFAULT;
		if (!dst[i])
			return (ssize_t)i;
	}
	return (ssize_t)max;
}

/* A register: a small number, a pointer into the memory, or anything. */
static unsigned long take_word(struct input *in)
{
	u8 how = take_u8(in);

	if (how < 96)
		return how;
	if (how < 192)
		return USER_AT + (how - 96) * 8UL;
	return (unsigned long)take_u32(in) << 32 | take_u32(in);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	u8 how = take_u8(&in);
	bool ia32 = how & 1;
	u32 nr = (take_u8(&in) | (how & 2 ? 256u : 0)) % (ia32 ? NR_IA32_SYSCALLS : NR_SYSCALLS);
	struct call_view v = { .desc = &(ia32 ? syscall_desc_ia32 : syscall_desc_x64)[nr],
			       .compat = how & 4 };
	struct line l = { .size = how & 8 ? 20 : 500 };

	for (int i = 0; i < 6; i++)
		v.args[i] = take_word(&in);
	v.returned = how & 16;
	v.result = (long)take_word(&in);
	v.nargs = v.desc->nargs;
	memory = take_bytes(&in, 4096, &memory_size);
	l.buf = kmalloc(l.size, 0);
	for (u32 i = 0; i < v.nargs; i++) {
		if (decode_is_shown(&v, i))
			decode_arg(&l, &v, i);
		CHECK(l.len <= l.size);
	}
	if (v.returned)
		(void)decode_result(&l, &v);
	CHECK(l.len <= l.size);
	kfree(l.buf);
	kfree(memory);
	return 0;
}
