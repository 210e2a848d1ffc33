/* SPDX-License-Identifier: MIT */
/* Inside execve(2): the program on its way in (struct binprm), its argument strings, its loaders. */
#pragma once

#include "kernel/task/task.h"

#define BINPRM_BUF_SIZE 256 /* of the file's start, for the loaders to recognise */
#define MAX_ARG_STRLEN  (PAGE_SIZE * 32)
#define ARG_MAX_FLOOR   131072 /* argument space that even a tiny RLIMIT_STACK leaves */
#define ARG_INLINE      4
#define SCRIPT_DEPTH    5
#define PREFIX_MAX      (2 * (SCRIPT_DEPTH + 1) + 2)

struct file;

/* Argument and environment strings, in ascending order, packed in pages until the new stack exists. */
struct argbuf {
	void **page; /* inline_page or an array of `room` */
	u32 nr, room;
	size_t size; /* bytes in use */
	size_t limit; /* E2BIG beyond it */
	void *inline_page[ARG_INLINE];
};

struct arg_source { /* where the strings come from: the program, or the kernel (PID 1) */
	unsigned long user; /* address of the pointer array */
	bool ia32;
	const char *const *kernel;
};

struct binprm {
	struct file *file; /* what is to be loaded; a script's interpreter replaces the script */
	const char *filename; /* as AT_EXECFN shows it */
	char *filename_owned; /* "/dev/fd/N…" of execveat(2) */
	bool path_inaccessible; /* that descriptor is close-on-exec: an interpreter could not open it */
	char *prefix[PREFIX_MAX]; /* arguments a script put in front, owned */
	u32 nr_prefix;
	size_t skip; /* bytes of the argv[0] that they replace */
	struct argbuf args;
	size_t env_offset; /* in args: where the environment begins */
	size_t execfn_offset; /* in args: the file name */
	u32 argc, envc;
	struct cred *cred; /* prepared; NULL once committed */
	bool secure; /* AT_SECURE */
	bool raised; /* ids changed or capabilities were gained */
	bool committed; /* past the point of no return: failure kills */
	u8 buf[BINPRM_BUF_SIZE];
};

/* exec.c: tears the old program down and installs mm.  After it every failure kills. */
int __must_check exec_commit(struct binprm *b, struct mm *mm, u32 personality);

/* exec_args.c */
int __must_check args_count(const struct arg_source *src, u32 *count);
int __must_check args_add(struct argbuf *a, const struct arg_source *src, u32 count);
int __must_check args_add_kernel(struct argbuf *a, const char *s);
void args_free(struct argbuf *a);
struct elf_stack {
	unsigned long top; /* end of the stack mapping */
	bool ia32, randomize;
	const char *platform;
	const unsigned long
		*auxv; /* pairs, AT_NULL included; AT_RANDOM, AT_PLATFORM, AT_EXECFN are filled in */
	u32 nr_auxv; /* pairs */
};
size_t args_stack_size(const struct binprm *b);
int __must_check args_build_stack(struct binprm *b, struct mm *mm, struct elf_stack *s, unsigned long *sp);

/* Loaders: 0 done; -ENOEXEC: not mine.  A script replaces b->file and returns 1: look again. */
int __must_check load_elf(struct binprm *b);
int __must_check load_script(struct binprm *b);
