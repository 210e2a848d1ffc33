/* SPDX-License-Identifier: MIT */
/* The libraries of a dynamic program, found as ld.so(8) finds them, and packed. */
#pragma once

#include "elf.h"
#include "image.h"

/*
 * Packs all libraries that the ELF file at `path` needs, directly or not. A missing one is a warning only:
 * ld.so in the guest says the same. `library_path` may be NULL.
 */
void library_pack_all(struct image *image, const char *path, const struct elf_info *info,
		      const char *library_path);
