// SPDX-License-Identifier: MIT
/*
 * execve(2) of a damaged program with a damaged interpreter: 4 bytes, the program's size, then the two files.
 * Whatever the headers say, both files are let go, no address beyond the user's is cleared or started, and
 * partly filled pages are cleared to their end.
 * fuzz-sources: kernel/task/elf.c kernel/base/string.c
 */
#include "kernel/fs/fs.h"
#include "kernel/mm/mm.h"
#include "kernel/task/exec.h"
#include "kernel/gate/refuse.h"
#include "kernel/base/random.h"
#include "tests/fuzz/parsers/fuzz.h"
#include <linux/mman.h>

#define EXTENT (1UL << 47)

struct image { /* the start of a struct file that this file made */
	struct file file;
	const u8 *bytes;
	size_t size;
};

static struct image program, interp;
static struct mm *space;
static bool committed, started;

static struct image *image_of(struct file *f)
{
	return container_of(f, struct image, file);
}

ssize_t kernel_read(struct file *f, void *buf, size_t size, loff_t pos)
{
	const struct image *i = image_of(f);

	CHECK(f->refs > 0);
	if (pos < 0)
		return -EINVAL;
	if ((u64)pos >= i->size)
		return 0;
	size = min(size, i->size - (size_t)pos);
	memcpy(buf, i->bytes + pos, size);
	return (ssize_t)size;
}

void file_put(struct file *f)
{
	CHECK(f->refs > 0);
	f->refs--;
}

int file_open_exec(int dfd, const char *path, int at_flags, struct file **out)
{
	if (path[0] != '/' || !strlen(path))
		return -ENOENT;
	*out = file_get(&interp.file);
	return 0;
}

int mm_create(bool ia32, struct mm **out)
{
	*out = space = kzalloc(sizeof(*space));
	space->ia32 = ia32;
	space->top = ia32 ? USER_TOP_IA32 : USER_TOP;
	return 0;
}

int exec_commit(struct binprm *b, struct mm *mm, u32 personality)
{
	CHECK(mm == space && !committed);
	committed = true;
	return 0;
}

/* As mmap(2) would: what does not fit is refused, what may be anywhere goes to the middle. */
int do_mmap(struct mm *mm, struct file *f, unsigned long addr, size_t size, int prot, int flags, u64 pgoff,
	    unsigned long *out)
{
	CHECK(committed && f->refs > 0);
	if (!size)
		return -EINVAL;
	size = ALIGN_UP(size, PAGE_SIZE);
	if (!size || size > mm->top)
		return -ENOMEM;
	if (!(flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)))
		addr = ALIGN_DOWN((mm->top - size) / 2, PAGE_SIZE);
	if (addr & ~PAGE_MASK)
		return -EINVAL;
	if (addr > mm->top - size)
		return -ENOMEM;
	*out = addr;
	return 0;
}

int do_munmap(struct mm *mm, unsigned long addr, size_t size)
{
	CHECK(!(addr & ~PAGE_MASK));
	return addr > mm->top || size > mm->top - addr ? -EINVAL : 0;
}

int do_brk(struct mm *mm, unsigned long addr, size_t size)
{
	CHECK(!(addr & ~PAGE_MASK) && !(size & ~PAGE_MASK) && size);
	return addr > mm->top || size > mm->top - addr ? -ENOMEM : 0;
}

int mm_map_stack(struct mm *mm, unsigned long top, size_t size, bool exec)
{
	CHECK(top <= mm->top);
	return 0;
}

unsigned long arch_clear_user(void __user *dst, size_t n)
{
	unsigned long at = (__force unsigned long)dst;

	CHECK(committed && n < PAGE_SIZE && !((at + n) & ~PAGE_MASK) && at + n <= space->top);
	return at & PAGE_SIZE ? n : 0; /* some of it is read-only */
}

size_t args_stack_size(const struct binprm *b)
{
	return PAGE_SIZE;
}

int args_build_stack(struct binprm *b, struct mm *mm, struct elf_stack *s, unsigned long *sp)
{
	CHECK(s->nr_auxv <= ARRAY_SIZE(mm->auxv) / 2 && s->auxv[2 * s->nr_auxv - 2] == 0);
	CHECK(mm->brk <= EXTENT + mm->top && mm->code_start <= mm->top);
	*sp = s->top - PAGE_SIZE;
	return 0;
}

int arch_vdso_map(struct mm *mm, bool ia32, unsigned long *base, unsigned long *sysinfo)
{
	*base = PAGE_SIZE;
	return 0;
}

void arch_regs_exec(struct regs *regs, unsigned long entry, unsigned long sp, bool ia32)
{
	CHECK(entry < space->top && ia32 == space->ia32);
	started = true;
}

size_t arch_sigframe_size(bool ia32)
{
	return 2048;
}

unsigned long arch_hwcap(void)
{
	return 0;
}

u64 random_u64(void)
{
	return 0x123456789abcdefUL;
}

long refuse(int err, const char *reason)
{
	return -err;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	size_t first = take_u32(&in);
	u8 *one = take_bytes(&in, first, &program.size), *two = take_bytes(&in, 1 << 20, &interp.size);
	struct binprm *b = kzalloc(sizeof(*b));
	int err;

	program.bytes = one;
	interp.bytes = two;
	program.file.refs = interp.file.refs = 1;
	b->file = &program.file;
	memcpy(b->buf, one, min(program.size, sizeof(b->buf)));
	committed = started = false;
	space = NULL;
	err = load_elf(b);
	CHECK(program.file.refs == 1 && interp.file.refs == 1);
	CHECK(started == (err == 0) && err <= 0 && err > -4096);
	kfree(space);
	kfree(b);
	kfree(two);
	kfree(one);
	return 0;
}
