/* SPDX-License-Identifier: MIT */
/* Look-up in /etc/ld.so.cache, where ldconfig(8) leaves the place of every library in its folders. */
#pragma once

#include <stdbool.h>
#include "elf.h"

/*
 * The path of library `name` for files like `info`, or NULL. Entries that depend on CPU features are passed
 * over.
 */
char *ldcache_find(const char *name, const struct elf_info *info);
