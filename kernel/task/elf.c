// SPDX-License-Identifier: MIT
/*
 * The ELF loader: ELF64 x86-64 and ELF32 i386; ET_EXEC, static PIE (ET_DYN without PT_INTERP), and dynamic
 * programs, whose interpreter is mapped beside them and started first.  All of the file that decides
 * whether it can run at all is checked before exec_commit(); mapping comes after it.
 * Layout choices are Linux 6.1's: PIE at 2/3 of the address space, static PIE where mmap puts it.
 */
#include <linux/elf.h>
#include <linux/elf-em.h>
#include <linux/mman.h>
#include <linux/personality.h>
#include "kernel/base/random.h"
#include "kernel/base/string.h"
#include "kernel/fs/fs.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/uaccess.h"
#include "kernel/mm/mm.h"
#include "kernel/mm/slab.h"
#include "kernel/task/exec.h"
#include <linux/auxvec.h>

#define PATH_MAX_K       4096
#define PIE_BASE         PAGE_ALIGN_UP(USER_TOP / 3 * 2)
#define PIE_BASE_IA32    0x56555000UL
#define STACK_EXTRA      (128UL << 10) /* mapped below the arguments from the start, as Linux expands it */
#define PAGE_ALIGN_UP(x) ALIGN_UP(x, PAGE_SIZE)
#ifndef AT_SYSINFO
#define AT_SYSINFO 32 /* in the 32-bit header only */
#endif
#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

struct segment { /* one program header, either class */
	u32 type, flags;
	u64 offset, vaddr, filesz, memsz, align;
};

struct elf {
	struct file *file;
	bool ia32;
	u16 type;
	u64 entry, phoff;
	u32 phentsize, nr;
	struct segment *seg; /* owned */
};

struct loaded { /* where a file ended up */
	unsigned long bias, entry, phdr;
	unsigned long start_code, end_code, start_data, end_data, brk;
};

static void elf_release(struct elf *e)
{
	kfree(e->seg);
	if (e->file)
		file_put(e->file);
}

/* ---- reading ---------------------------------------------------------------------------------- */

static int parse_header(struct elf *e, const u8 *buf)
{
	const Elf64_Ehdr *h64 = (const void *)buf;
	const Elf32_Ehdr *h32 = (const void *)buf;
	u16 machine;

	if (memcmp(buf, ELFMAG, SELFMAG) != 0)
		return -ENOEXEC;
	e->type = h64->e_type;
	machine = h64->e_machine; /* both at the same place in both classes */
	if (e->type != ET_EXEC && e->type != ET_DYN)
		return -ENOEXEC;
	if (buf[EI_CLASS] == ELFCLASS64 && machine == EM_X86_64) {
		e->ia32 = false;
		e->entry = h64->e_entry;
		e->phoff = h64->e_phoff;
		e->phentsize = h64->e_phentsize;
		e->nr = h64->e_phnum;
		return e->phentsize == sizeof(Elf64_Phdr) ? 0 : -ENOEXEC;
	}
	if (buf[EI_CLASS] == ELFCLASS32 && (machine == EM_386 || machine == EM_486)) {
		e->ia32 = true;
		e->entry = h32->e_entry;
		e->phoff = h32->e_phoff;
		e->phentsize = h32->e_phentsize;
		e->nr = h32->e_phnum;
		return e->phentsize == sizeof(Elf32_Phdr) ? 0 : -ENOEXEC;
	}
	return refuse(ENOEXEC, "execve: ELF file for another machine");
}

static struct segment segment_from(const void *raw, bool ia32)
{
	const Elf64_Phdr *p = raw;
	const Elf32_Phdr *q = raw;

	if (ia32)
		return (struct segment){ q->p_type,   q->p_flags, q->p_offset, q->p_vaddr,
					 q->p_filesz, q->p_memsz, q->p_align };
	return (struct segment){ p->p_type,   p->p_flags, p->p_offset, p->p_vaddr,
				 p->p_filesz, p->p_memsz, p->p_align };
}

static int read_segments(struct elf *e)
{
	size_t size = (size_t)e->nr * e->phentsize;

	if (!e->nr || size > 65536)
		return -ENOEXEC;

	u8 *raw __cleanup(kfreep) = kmalloc(size, 0);

	e->seg = kmalloc(e->nr * sizeof(*e->seg), 0);
	if (!raw || !e->seg)
		return -ENOMEM;
	if (kernel_read(e->file, raw, size, (loff_t)e->phoff) != (ssize_t)size)
		return -ENOEXEC;
	for (u32 i = 0; i < e->nr; i++)
		e->seg[i] = segment_from(raw + i * e->phentsize, e->ia32);
	return 0;
}

/* Opens what PT_INTERP names.  0 with interp->file NULL: there is none. */
static int open_interp(const struct elf *e, struct elf *interp)
{
	for (u32 i = 0; i < e->nr; i++) {
		const struct segment *s = &e->seg[i];
		union {
			u8 bytes[sizeof(Elf64_Ehdr)];
			Elf64_Ehdr align;
		} head;
		int err;

		if (s->type != PT_INTERP)
			continue;
		if (s->filesz > PATH_MAX_K || s->filesz < 2)
			return -ENOEXEC;

		char *path __cleanup(kfreep) = kmalloc(s->filesz, 0);

		if (!path)
			return -ENOMEM;
		if (kernel_read(e->file, path, s->filesz, (loff_t)s->offset) != (ssize_t)s->filesz)
			return -EIO;
		if (path[s->filesz - 1])
			return -ENOEXEC;
		if ((err = file_open_exec(AT_FDCWD, path, 0, &interp->file)))
			return err;
		if (kernel_read(interp->file, head.bytes, sizeof(head), 0) != (ssize_t)sizeof(head))
			return -EIO;
		if (parse_header(interp, head.bytes) || interp->ia32 != e->ia32)
			return refuse(ELIBBAD, "execve: bad ELF interpreter");
		return read_segments(interp) ? -ELIBBAD : 0;
	}
	return 0;
}

/* ---- mapping ---------------------------------------------------------------------------------- */

static int segment_prot(const struct segment *s)
{
	return (s->flags & PF_R ? PROT_READ : 0) | (s->flags & PF_W ? PROT_WRITE : 0) |
	       (s->flags & PF_X ? PROT_EXEC : 0);
}

static u64 span_size(const struct elf *e)
{
	u64 low = ~0ULL, high = 0;

	for (u32 i = 0; i < e->nr; i++) {
		const struct segment *s = &e->seg[i];

		if (s->type != PT_LOAD)
			continue;
		low = min(low, s->vaddr & PAGE_MASK);
		high = max(high, s->vaddr + s->memsz);
	}
	return high > low ? high - low : 0;
}

/* The file's part of a segment at addr; `whole` > 0: room for the rest of the file's segments behind it. */
static int map_file_part(struct mm *mm, const struct elf *e, const struct segment *s, unsigned long addr,
			 u64 whole, int fixed, unsigned long *out)
{
	u64 in_page = s->vaddr & ~PAGE_MASK, size = PAGE_ALIGN_UP(s->filesz + in_page);
	int flags = MAP_PRIVATE | fixed, err;

	if ((s->offset & ~PAGE_MASK) != in_page)
		return -EINVAL;
	*out = addr & PAGE_MASK;
	if (!size)
		return 0;
	err = do_mmap(mm, e->file, addr & PAGE_MASK, whole ? PAGE_ALIGN_UP(whole) : size, segment_prot(s),
		      flags, (s->offset - in_page) >> PAGE_SHIFT, out);
	if (!err && whole && PAGE_ALIGN_UP(whole) > size)
		err = do_munmap(mm, *out + size, PAGE_ALIGN_UP(whole) - size);
	return err;
}

/* What the file does not provide is zero: the rest of the last page, then anonymous memory. */
static int map_zero_part(struct mm *mm, const struct segment *s, unsigned long bias)
{
	unsigned long from = s->vaddr + s->filesz + bias, to = s->vaddr + s->memsz + bias,
		      page = PAGE_ALIGN_UP(from);

	if (s->memsz <= s->filesz)
		return 0;
	if (s->filesz && from != page && clear_user((void __user *)from, page - from) && (s->flags & PF_W))
		/* (a read-only segment with such a tail is a linker's fault, and tolerated) */
		return -EFAULT;
	if (!s->filesz)
		page = from & PAGE_MASK;
	return PAGE_ALIGN_UP(to) > page ? do_brk(mm, page, PAGE_ALIGN_UP(to) - page) : 0;
}

static void note_range(struct loaded *l, const struct segment *s, unsigned long bias)
{
	unsigned long start = s->vaddr + bias, end = start + s->filesz;

	if ((s->flags & PF_X) && start < l->start_code)
		l->start_code = start;
	if ((s->flags & PF_X) && end > l->end_code)
		l->end_code = end;
	l->start_data = max(l->start_data, start);
	l->end_data = max(l->end_data, end);
	l->brk = max(l->brk, start + s->memsz);
}

/* Maps every PT_LOAD of e.  base: where an ET_DYN file should go, 0: anywhere. */
static int map_elf(struct mm *mm, const struct elf *e, unsigned long base, struct loaded *l)
{
	bool first = true;
	int err;

	*l = (struct loaded){ .start_code = ~0UL };
	for (u32 i = 0; i < e->nr; i++) {
		const struct segment *s = &e->seg[i];
		unsigned long at;
		int fixed = first ? MAP_FIXED_NOREPLACE : MAP_FIXED;
		u64 whole = 0;

		if (s->type != PT_LOAD)
			continue;
		if (s->filesz > s->memsz || s->memsz > mm->top || s->vaddr + l->bias > mm->top - s->memsz)
			return -EINVAL;
		if (first && e->type == ET_DYN) {
			whole = span_size(e);
			l->bias = base ? (base - s->vaddr) & PAGE_MASK : 0;
			fixed = base ? MAP_FIXED_NOREPLACE : 0;
		}
		if ((err = map_file_part(mm, e, s,
					 first && e->type == ET_DYN && !base ? 0 : s->vaddr + l->bias, whole,
					 fixed, &at)))
			return err;
		if (first && e->type == ET_DYN)
			l->bias = at - (s->vaddr & PAGE_MASK);
		first = false;
		if (e->phoff >= s->offset && e->phoff < s->offset + s->filesz)
			l->phdr = e->phoff - s->offset + s->vaddr + l->bias;
		if ((err = map_zero_part(mm, s, l->bias)))
			return err;
		note_range(l, s, l->bias);
	}
	l->entry = e->entry + l->bias;
	return first || l->entry >= mm->top ? -EINVAL : 0;
}

/* ---- the program ------------------------------------------------------------------------------ */

static bool wants_exec_stack(const struct elf *e, u32 *personality)
{
	*personality = current->personality & ~(u32)READ_IMPLIES_EXEC;
	for (u32 i = 0; i < e->nr; i++) {
		if (e->seg[i].type == PT_GNU_STACK)
			return e->seg[i].flags & PF_X;
	}
	if (!e->ia32)
		return false; /* 64-bit programs never had executable data */
	*personality |= READ_IMPLIES_EXEC;
	return true;
}

static unsigned long pie_base(const struct elf *e, bool randomize)
{
	unsigned long base = e->ia32 ? PIE_BASE_IA32 : PIE_BASE, align = PAGE_SIZE;

	if (randomize)
		base += (random_u64() & (e->ia32 ? 0xff : 0xfffffff)) << PAGE_SHIFT;
	for (u32 i = 0; i < e->nr; i++) {
		u64 a = e->seg[i].align;

		if (e->seg[i].type == PT_LOAD && a > align && !(a & (a - 1)) && a < 1UL << 31)
			align = a;
	}
	return ALIGN_DOWN(base, align);
}

static void set_brk(struct mm *mm, const struct elf *e, bool dynamic, bool randomize,
		    const struct loaded *l) __no_lock_analysis /* nobody else has mm yet */
{
	unsigned long brk = PAGE_ALIGN_UP(l->brk);

	if (randomize) {
		/* A static PIE lies among the mappings: its heap gets the place that a PIE would have had. */
		if (e->type == ET_DYN && !dynamic)
			brk = e->ia32 ? PIE_BASE_IA32 : PIE_BASE;
		brk += (random_u64() % (e->ia32 ? 0x2000000UL : 0x40000000UL)) & PAGE_MASK;
	}
	mm->brk_start = mm->brk = brk;
	mm->code_start = l->start_code == ~0UL ? 0 : l->start_code;
	mm->code_end = l->end_code;
	mm->data_start = l->start_data;
	mm->data_end = l->end_data;
}

/* AT_HWCAP2: bit 1 says that FSGSBASE may be used.  arch has the answer. */
__weak unsigned long arch_hwcap2(void)
{
	return 0;
}

static u32 fill_auxv(unsigned long *v, struct mm *mm, const struct elf *e, const struct loaded *l,
		     unsigned long interp, const unsigned long vdso[2], bool secure)
{
	const struct cred *c = current->cred;
	const unsigned long pairs[][2] = {
		{ AT_SYSINFO, e->ia32 ? vdso[1] : 0 },
		{ AT_SYSINFO_EHDR, vdso[0] },
		{ AT_MINSIGSTKSZ, arch_sigframe_size(e->ia32) },
		{ AT_HWCAP, arch_hwcap() },
		{ AT_PAGESZ, PAGE_SIZE },
		{ AT_CLKTCK, 100 },
		{ AT_PHDR, l->phdr },
		{ AT_PHENT, e->phentsize },
		{ AT_PHNUM, e->nr },
		{ AT_BASE, interp },
		{ AT_FLAGS, 0 },
		{ AT_ENTRY, l->entry },
		{ AT_UID, c->uid },
		{ AT_EUID, c->euid },
		{ AT_GID, c->gid },
		{ AT_EGID, c->egid },
		{ AT_SECURE, secure },
		{ AT_RANDOM, 0 },
		{ AT_HWCAP2, arch_hwcap2() },
		{ AT_EXECFN, 0 },
		{ AT_PLATFORM, 0 },
		{ AT_NULL, 0 },
	};
	u32 n = 0;

	static_assert(ARRAY_SIZE(pairs) * 2 <= ARRAY_SIZE(mm->auxv), "mm->auxv is too small");
	for (u32 i = 0; i < ARRAY_SIZE(pairs); i++) {
		if ((pairs[i][0] == AT_SYSINFO || pairs[i][0] == AT_SYSINFO_EHDR) && !pairs[i][1])
			continue;
		v[2 * n] = pairs[i][0];
		v[2 * n + 1] = pairs[i][1];
		n++;
	}
	return n;
}

static int map_stack(struct binprm *b, struct mm *mm, bool exec_stack, struct elf_stack *s)
{
	s->top = s->ia32 ? USER_TOP_IA32 : USER_TOP;
	if (s->randomize)
		s->top -= (random_u64() & (s->ia32 ? 0x7ff : 0x3fffff)) << PAGE_SHIFT;
	return mm_map_stack(mm, s->top, PAGE_ALIGN_UP(args_stack_size(b) + STACK_EXTRA), exec_stack);
}

/* Everything after the point of no return; mm is current's already. */
static int start_program(struct binprm *b, struct mm *mm, const struct elf *e, const struct elf *interp,
			 bool exec_stack)
{
	bool dynamic = interp->file != NULL, randomize = !(current->personality & ADDR_NO_RANDOMIZE);
	struct elf_stack stack = { .ia32 = e->ia32,
				   .randomize = randomize,
				   .platform = e->ia32 ? "i686" : "x86_64" };
	unsigned long auxv[48], vdso[2] = { 0, 0 }, sp;
	struct loaded program, library = { 0 };
	int err;

	if ((err = map_stack(b, mm, exec_stack, &stack)) ||
	    (err = map_elf(mm, e, e->type == ET_DYN && dynamic ? pie_base(e, randomize) : 0, &program)))
		return err;
	set_brk(mm, e, dynamic, randomize, &program);
	if (dynamic && (err = map_elf(mm, interp, 0, &library)))
		return err;
	if ((err = arch_vdso_map(mm, e->ia32, &vdso[0], &vdso[1])))
		return err;
	stack.auxv = auxv;
	stack.nr_auxv = fill_auxv(auxv, mm, e, &program, library.bias, vdso, b->secure);
	if ((err = args_build_stack(b, mm, &stack, &sp)))
		return err;
	arch_regs_exec(task_regs(current), dynamic ? library.entry : program.entry, sp, e->ia32);
	return 0;
}

int load_elf(struct binprm *b)
{
	struct elf interp __cleanup(elf_release) = { 0 }, program __cleanup(elf_release) = { .file = NULL };
	struct mm *mm;
	u32 personality;
	int err;

	if ((err = parse_header(&program, b->buf)))
		return err;
	program.file = file_get(b->file);
	if ((err = read_segments(&program)) || (err = open_interp(&program, &interp)))
		return err;

	bool exec_stack = wants_exec_stack(&program, &personality);

	if ((err = mm_create(program.ia32, &mm)))
		return err;
	if ((err = exec_commit(b, mm, personality)))
		return err;
	return start_program(b, mm, &program, &interp, exec_stack);
}
