/* SPDX-License-Identifier: MIT */
/*
 * SYSCALL_DEFINE0..6(name, type, arg, ...): how a system call is written.  It has two outputs.
 *
 * 1. The function, behind two stubs that the dispatch tables point at.  x64_sys_name() takes the
 *    arguments from rdi rsi rdx r10 r8 r9, ia32_sys_name() from ebx ecx edx esi edi ebp with their
 *    upper halves cleared.  Each argument is converted to its declared type exactly once, by the cast in
 *    the stub: that is where an int is sign-extended and where rubbish in an upper half is dropped.
 * 2. The metadata: one struct syscall_meta in the section .syscall_meta, from which tracing,
 *    documentation, the JSON description and the gate tests are made.
 *
 * IA32_SYSCALL_DEFINEn(name, ...) is the twin for the 32-bit ABI only: its layout differs (ia32_stat) or
 * Linux has the call on i386 alone.  The row in abi/syscalls.tbl says which number leads here.
 *
 * The asmlinkage_protect question has its answer in the type: stubs get `const struct regs *`, so the
 * saved argument registers are never written and a restarted call sees what the program passed.
 */
#pragma once

#include "kernel/arch/regs.h"

typedef long (*syscall_fn)(const struct regs *regs);

struct syscall_meta {
	const char *name;
	const char *const *types; /* nargs C types, as written */
	const char *const *args; /* nargs names */
	u8 nargs;
	bool ia32; /* an IA32_SYSCALL_DEFINEn */
};

/*
 * [const] Made by tools/gen/syscalls.py: every slot is filled, with sys_ni_syscall unless a call is
 * assigned.
 */
extern const syscall_fn sys_call_table[];
extern const syscall_fn ia32_sys_call_table[];
extern const unsigned int nr_syscalls, nr_ia32_syscalls;
/* The answer of a number without a call: -ENOSYS, noted for the gap report. */
long sys_ni_syscall(const struct regs *regs);

/* SC_MAPn(m, type, arg, ...) applies m(index, type, arg) to each pair. */
#define SC_MAP0(m)
#define SC_MAP1(m, t, a)                      m(0, t, a)
#define SC_MAP2(m, t, a, ...)                 m(0, t, a), SC_TAIL1(m, 1, __VA_ARGS__)
#define SC_MAP3(m, t, a, ...)                 m(0, t, a), SC_TAIL2(m, 1, 2, __VA_ARGS__)
#define SC_MAP4(m, t, a, ...)                 m(0, t, a), SC_TAIL3(m, 1, 2, 3, __VA_ARGS__)
#define SC_MAP5(m, t, a, ...)                 m(0, t, a), SC_TAIL4(m, 1, 2, 3, 4, __VA_ARGS__)
#define SC_MAP6(m, t, a, ...)                 m(0, t, a), SC_TAIL5(m, 1, 2, 3, 4, 5, __VA_ARGS__)
#define SC_TAIL1(m, i, t, a)                  m(i, t, a)
#define SC_TAIL2(m, i, j, t, a, ...)          m(i, t, a), SC_TAIL1(m, j, __VA_ARGS__)
#define SC_TAIL3(m, i, j, k, t, a, ...)       m(i, t, a), SC_TAIL2(m, j, k, __VA_ARGS__)
#define SC_TAIL4(m, i, j, k, l, t, a, ...)    m(i, t, a), SC_TAIL3(m, j, k, l, __VA_ARGS__)
#define SC_TAIL5(m, i, j, k, l, n, t, a, ...) m(i, t, a), SC_TAIL4(m, j, k, l, n, __VA_ARGS__)

#define SC_DECL(i, t, a) t a
#define SC_TYPE(i, t, a) #t
#define SC_NAME(i, t, a) #a
#define SC_X64(i, t, a)  (__force t) SC_X64_REG##i
#define SC_IA32(i, t, a) (__force t)(unsigned long)(u32)SC_IA32_REG##i

#define SC_X64_REG0  regs->di
#define SC_X64_REG1  regs->si
#define SC_X64_REG2  regs->dx
#define SC_X64_REG3  regs->r10
#define SC_X64_REG4  regs->r8
#define SC_X64_REG5  regs->r9
#define SC_IA32_REG0 regs->bx
#define SC_IA32_REG1 regs->cx
#define SC_IA32_REG2 regs->dx
#define SC_IA32_REG3 regs->si
#define SC_IA32_REG4 regs->di
#define SC_IA32_REG5 regs->bp

#define SC_METADATA(n, prefix, sname, is_ia32, ...)                                               \
	static const char *const prefix##sname##_types[] = { SC_MAP##n(SC_TYPE, ##__VA_ARGS__) }; \
	static const char *const prefix##sname##_args[] = { SC_MAP##n(SC_NAME, ##__VA_ARGS__) };  \
	extern const struct syscall_meta prefix##sname;                                           \
	const struct syscall_meta prefix##sname __used __aligned(8) __section(                    \
		".syscall_meta") = { #sname, prefix##sname##_types, prefix##sname##_args, n, is_ia32 }
#define SC_METADATA0(prefix, sname, is_ia32)                        \
	extern const struct syscall_meta prefix##sname;             \
	const struct syscall_meta prefix##sname __used __aligned(8) \
		__section(".syscall_meta") = { #sname, NULL, NULL, 0, is_ia32 }

/* A large body is shared by the two stubs, a small one the compiler inlines into both. */
#define SYSCALL_DEFINEx(n, name, ...)                                        \
	SC_METADATA(n, syscall_meta_, name, false, __VA_ARGS__);             \
	static inline long body_sys_##name(SC_MAP##n(SC_DECL, __VA_ARGS__)); \
	long x64_sys_##name(const struct regs *regs);                        \
	long ia32_sys_##name(const struct regs *regs);                       \
	long x64_sys_##name(const struct regs *regs)                         \
	{                                                                    \
		return body_sys_##name(SC_MAP##n(SC_X64, __VA_ARGS__));      \
	}                                                                    \
	long ia32_sys_##name(const struct regs *regs)                        \
	{                                                                    \
		return body_sys_##name(SC_MAP##n(SC_IA32, __VA_ARGS__));     \
	}                                                                    \
	static inline long body_sys_##name(SC_MAP##n(SC_DECL, __VA_ARGS__))

#define SYSCALL_DEFINE0(name)                          \
	SC_METADATA0(syscall_meta_, name, false);      \
	static inline long body_sys_##name(void);      \
	long x64_sys_##name(const struct regs *regs);  \
	long ia32_sys_##name(const struct regs *regs); \
	long x64_sys_##name(const struct regs *regs)   \
	{                                              \
		return body_sys_##name();              \
	}                                              \
	long ia32_sys_##name(const struct regs *regs)  \
	{                                              \
		return body_sys_##name();              \
	}                                              \
	static inline long body_sys_##name(void)
#define SYSCALL_DEFINE1(name, ...) SYSCALL_DEFINEx(1, name, __VA_ARGS__)
#define SYSCALL_DEFINE2(name, ...) SYSCALL_DEFINEx(2, name, __VA_ARGS__)
#define SYSCALL_DEFINE3(name, ...) SYSCALL_DEFINEx(3, name, __VA_ARGS__)
#define SYSCALL_DEFINE4(name, ...) SYSCALL_DEFINEx(4, name, __VA_ARGS__)
#define SYSCALL_DEFINE5(name, ...) SYSCALL_DEFINEx(5, name, __VA_ARGS__)
#define SYSCALL_DEFINE6(name, ...) SYSCALL_DEFINEx(6, name, __VA_ARGS__)

#define IA32_SYSCALL_DEFINEx(n, name, ...)                                    \
	SC_METADATA(n, ia32_syscall_meta_, name, true, __VA_ARGS__);          \
	static inline long body_ia32_##name(SC_MAP##n(SC_DECL, __VA_ARGS__)); \
	long ia32_##name(const struct regs *regs);                            \
	long ia32_##name(const struct regs *regs)                             \
	{                                                                     \
		return body_ia32_##name(SC_MAP##n(SC_IA32, __VA_ARGS__));     \
	}                                                                     \
	static inline long body_ia32_##name(SC_MAP##n(SC_DECL, __VA_ARGS__))

#define IA32_SYSCALL_DEFINE0(name)                    \
	SC_METADATA0(ia32_syscall_meta_, name, true); \
	static inline long body_ia32_##name(void);    \
	long ia32_##name(const struct regs *regs);    \
	long ia32_##name(const struct regs *regs)     \
	{                                             \
		return body_ia32_##name();            \
	}                                             \
	static inline long body_ia32_##name(void)
#define IA32_SYSCALL_DEFINE1(name, ...) IA32_SYSCALL_DEFINEx(1, name, __VA_ARGS__)
#define IA32_SYSCALL_DEFINE2(name, ...) IA32_SYSCALL_DEFINEx(2, name, __VA_ARGS__)
#define IA32_SYSCALL_DEFINE3(name, ...) IA32_SYSCALL_DEFINEx(3, name, __VA_ARGS__)
#define IA32_SYSCALL_DEFINE4(name, ...) IA32_SYSCALL_DEFINEx(4, name, __VA_ARGS__)
#define IA32_SYSCALL_DEFINE5(name, ...) IA32_SYSCALL_DEFINEx(5, name, __VA_ARGS__)
#define IA32_SYSCALL_DEFINE6(name, ...) IA32_SYSCALL_DEFINEx(6, name, __VA_ARGS__)
