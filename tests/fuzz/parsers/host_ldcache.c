// SPDX-License-Identifier: MIT
/*
 * The host's ld.so.cache: the input is the file.
 * fuzz-sources: host/elf.c host/util.c
 */
#include "host/ldcache.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_info info = { .is_64 = true };

	if (size < sizeof(struct cache_head))
		return 0;
	cache = round_text(data, size);
	cache_size = size;
	if (!setjmp(round_end)) {
		ldcache_find("libc.so.6", &info);
		ldcache_find("", &info);
	}
	round_release();
	return 0;
}
