/* SPDX-License-Identifier: MIT */
/*
 * What the launcher wants to know about an ELF file: can the guest run it, and which other files does it
 * need.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util.h"

struct elf_info {
	bool is_64;
	uint16_t machine; /* EM_… */
	bool has_pvh_entry; /* a kernel that QEMU can start by itself */
	bool no_default_folders; /* DF_1_NODEFLIB */
	uint64_t memory_size; /* of all segments, in bytes */
	char *interpreter; /* NULL: static */
	char *rpath, *runpath; /* NULL: none */
	struct strings needed; /* DT_NEEDED in order */
};

/*
 * Fills *info from the file. Returns NULL, or what is wrong with the file as a clause ("is truncated"). A
 * file that is no ELF file at all is wrong too.
 */
const char *elf_read(const char *path, struct elf_info *info);

/*
 * True when the file's first bytes say ELF for this class and machine: what ld.so asks of a library it finds.
 */
bool elf_matches(const char *path, const struct elf_info *info);
