// SPDX-License-Identifier: MIT
/*
 * The cache's layout is that of glibc's cache.h, "new format": a head, entries, and strings addressed from
 * the head. Since glibc 2.32 ldconfig writes only this format. The file is mapped once; every offset is
 * checked against its size.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ldcache.h"

#define CACHE_FILE  "/etc/ld.so.cache"
#define CACHE_MAGIC "glibc-ld.so.cache1.1"

struct cache_head {
	char magic[20];
	uint32_t count;
	uint32_t strings_size;
	uint32_t unused[5];
};

struct cache_entry {
	int32_t flags;
	uint32_t name, path; /* offsets from the head */
	uint32_t os_version;
	uint64_t hwcap; /* not 0: only for some CPUs */
};

static const char *cache;
static size_t cache_size;

static void cache_map(void)
{
	struct stat st;
	int fd;

	if (cache)
		return;
	cache = "";
	fd = open(CACHE_FILE, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (!fstat(fd, &st) && st.st_size >= (off_t)sizeof(struct cache_head)) {
		void *at = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

		if (at != MAP_FAILED && !memcmp(at, CACHE_MAGIC, sizeof(CACHE_MAGIC) - 1)) {
			cache = at;
			cache_size = st.st_size;
		}
	}
	close(fd);
}

static const char *cache_text(uint32_t offset)
{
	return offset < cache_size && memchr(cache + offset, 0, cache_size - offset) ? cache + offset : "";
}

char *ldcache_find(const char *name, const struct elf_info *info)
{
	const struct cache_head *head;
	const struct cache_entry *entry;

	cache_map();
	if (!cache_size)
		return NULL;
	head = (const void *)cache;
	entry = (const void *)(head + 1);
	if (head->count > (cache_size - sizeof(*head)) / sizeof(*entry))
		return NULL;
	for (uint32_t i = 0; i < head->count; i++, entry++) {
		const char *path;

		if (entry->hwcap || strcmp(cache_text(entry->name), name))
			continue;
		path = cache_text(entry->path);
		if (elf_matches(path, info))
			return copy_text(path);
	}
	return NULL;
}
