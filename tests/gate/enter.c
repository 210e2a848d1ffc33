// SPDX-License-Identifier: MIT
/* The ways into the kernel, bare: no libc between the registers and the result. */
#include <stdio.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include "gate.h"

const char *text_of(const char *fmt, ...)
{
	static char ring[4][96];
	static unsigned int next;
	char *text = ring[next++ % 4];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(ring[0]), fmt, ap);
	va_end(ap);
	return text;
}

#ifdef __x86_64__

long raw_default(long nr, const unsigned long v[6])
{
	register unsigned long r10 __asm__("r10") = v[3];
	register unsigned long r8 __asm__("r8") = v[4];
	register unsigned long r9 __asm__("r9") = v[5];
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(nr), "D"(v[0]), "S"(v[1]), "d"(v[2]), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

/* rbp may be the frame pointer: it goes over the stack, below the red zone. */
long raw_int80(long nr, const unsigned long v[6])
{
	unsigned long six = v[5];
	long ret;

	__asm__ volatile("sub $128, %%rsp\n\tpush %%rbp\n\tmov %[six], %%rbp\n\tint $0x80\n\tpop "
			 "%%rbp\n\tadd $128, %%rsp"
			 : "=a"(ret)
			 : "0"(nr), "b"(v[0]), "c"(v[1]), "d"(v[2]), "S"(v[3]), "D"(v[4]), [six] "r"(six)
			 : "r8", "r9", "r10", "r11", "memory");
	return (int)ret;
}

/* Loads every register that must survive with a pattern, calls, and looks. */
bool registers_kept(raw_fn enter, long nr)
{
	uint64_t got[6];

	if (enter) {
		__asm__ volatile(
			"mov $0x1111, %%r12\n\tmov $0x2222, %%r13\n\tmov $0x3333, %%r14\n\tmov $0x4444, "
			"%%r15\n\t"
			"mov $0x55555555, %%ebx\n\tmov $0x66666666, %%ecx\n\tint $0x80\n\t"
			"mov %%r12, (%1)\n\tmov %%r13, 8(%1)\n\tmov %%r14, 16(%1)\n\tmov %%r15, 24(%1)\n\t"
			"mov %%rbx, 32(%1)\n\tmov %%rcx, 40(%1)"
			: "+a"(nr)
			: "D"(got)
			: "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
			  "memory");
		return got[0] == 0x1111 && got[1] == 0x2222 && got[2] == 0x3333 && got[3] == 0x4444 &&
		       got[4] == 0x55555555 && got[5] == 0x66666666;
	}
	__asm__ volatile(
		"mov $0x1111, %%r12\n\tmov $0x2222, %%r13\n\tmov $0x3333, %%r10\n\tmov $0x4444, %%r8\n\t"
		"mov $0x5555, %%rbx\n\tmov $0x6666, %%r9\n\tsyscall\n\t"
		"mov %%r12, (%1)\n\tmov %%r13, 8(%1)\n\tmov %%r10, 16(%1)\n\tmov %%r8, 24(%1)\n\t"
		"mov %%rbx, 32(%1)\n\tmov %%r9, 40(%1)"
		: "+a"(nr)
		: "D"(got)
		: "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "r12", "r13", "memory");
	return got[0] == 0x1111 && got[1] == 0x2222 && got[2] == 0x3333 && got[3] == 0x4444 &&
	       got[4] == 0x5555 && got[5] == 0x6666;
}

#else

static unsigned long vsyscall; /* [const] after vdso_entry_init() */

bool vdso_entry_init(void)
{
	vsyscall = getauxval(AT_SYSINFO);
	return vsyscall != 0;
}

/* Arguments through memory: six of them and the stack leave no register for anything else. */
long raw_default(long nr, const unsigned long v[6])
{
	long ret;

	__asm__ volatile(
		"pushl %%ebx\n\tpushl %%ebp\n\tmovl %%ecx, %%ebp\n\t"
		"movl 0(%%ebp), %%ebx\n\tmovl 4(%%ebp), %%ecx\n\tmovl 8(%%ebp), %%edx\n\tmovl 12(%%ebp), "
		"%%esi\n\t"
		"movl 16(%%ebp), %%edi\n\tmovl 20(%%ebp), %%ebp\n\tint $0x80\n\tpopl %%ebp\n\tpopl %%ebx"
		: "=a"(ret), "+c"(v)
		: "0"(nr)
		: "edx", "esi", "edi", "memory");
	return ret;
}

long raw_vsyscall(long nr, const unsigned long v[6])
{
	unsigned long entry = vsyscall;
	long ret;

	__asm__ volatile(
		"pushl %%ebx\n\tpushl %%ebp\n\tpushl %[entry]\n\tmovl %%ecx, %%ebp\n\t"
		"movl 0(%%ebp), %%ebx\n\tmovl 4(%%ebp), %%ecx\n\tmovl 8(%%ebp), %%edx\n\tmovl 12(%%ebp), "
		"%%esi\n\t"
		"movl 16(%%ebp), %%edi\n\tmovl 20(%%ebp), %%ebp\n\tcall *(%%esp)\n\taddl $4, %%esp\n\t"
		"popl %%ebp\n\tpopl %%ebx"
		: "=a"(ret), "+c"(v), [entry] "+d"(entry)
		: "0"(nr)
		: "esi", "edi", "memory");
	return ret;
}

bool registers_kept(raw_fn enter, long nr)
{
	uint32_t got[4];
	const unsigned long v[6] = { 1, 2, 3, 4, 5, 6 };
	long ret;

	if (enter) /* the vDSO's entry keeps all but eax by its own convention; that it returns rightly is the test */
		return enter(nr, v) > 0;
	__asm__ volatile("pushl %%ebx\n\tmovl $0x11111111, %%ebx\n\tmovl $0x22222222, %%ecx\n\tmovl "
			 "$0x33333333, %%edx\n\t"
			 "movl $0x44444444, %%esi\n\tint $0x80\n\t"
			 "movl %%ebx, (%%edi)\n\tmovl %%ecx, 4(%%edi)\n\tmovl %%edx, 8(%%edi)\n\tmovl %%esi, "
			 "12(%%edi)\n\tpopl %%ebx"
			 : "=a"(ret)
			 : "0"(nr), "D"(got)
			 : "ecx", "edx", "esi", "memory");
	return ret > 0 && got[0] == 0x11111111 && got[1] == 0x22222222 && got[2] == 0x33333333 &&
	       got[3] == 0x44444444;
}

#endif
