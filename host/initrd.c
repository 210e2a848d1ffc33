// SPDX-License-Identifier: MIT
/*
 * Walks the headers of a "newc" archive (the kernel's
 * Documentation/driver-api/early-userspace/buffer-format.rst) so that a damaged file is reported here and not
 * by a panic. Contents are not looked at.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "initrd.h"
#include "util.h"

#define HEAD_SIZE 110 /* magic, then the fields, each of 8 hexadecimal digits */

enum { FIELD_FILE_SIZE = 6, FIELD_NAME_SIZE = 11, FIELD_COUNT = 13 };

static const struct {
	const char *bytes;
	size_t size;
	const char *unpack;
} compressed[] = {
	{ "\x1f\x8b", 2, "zcat" },
	{ "\xfd"
	  "7zXZ",
	  5, "xzcat" },
	{ "\x28\xb5\x2f\xfd", 4, "zstdcat" },
	{ "BZh", 3, "bzcat" },
	{ "\x02\x21\x4c\x18", 4, "lz4cat" },
	{ "\x5d\x00\x00", 3, "lzcat" },
	{ "\x89LZO", 4, "lzop -dc" },
};

/* Reads the numbers of a head. False when one is not hexadecimal. */
static bool head_fields(const char *head, uint64_t fields[FIELD_COUNT])
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < 8 * FIELD_COUNT; i++) {
		char c = head[6 + i] | 0x20;
		const char *digit = c ? strchr(digits, c) : NULL;

		if (!digit)
			return false;
		fields[i / 8] = (i % 8 ? fields[i / 8] * 16 : 0) + (digit - digits);
	}
	return true;
}

static uint64_t aligned(uint64_t offset)
{
	return (offset + 3) & ~3ul;
}

/* Walks one archive from *at to behind its trailer. Returns what is wrong, or NULL. */
static const char *archive_check(const char *data, uint64_t size, uint64_t *at)
{
	for (;;) {
		const char *head = data + *at;
		uint64_t fields[FIELD_COUNT], file_size, name_size, name_at = *at + HEAD_SIZE;
		bool last;

		if (size - *at < HEAD_SIZE)
			return "is truncated";
		if (memcmp(head, "070701", 6) && memcmp(head, "070702", 6))
			return "is no cpio archive (newc)";
		if (!head_fields(head, fields))
			return "has a damaged head";
		file_size = fields[FIELD_FILE_SIZE];
		name_size = fields[FIELD_NAME_SIZE];
		if (name_size > size - name_at)
			return "is truncated";
		if (!name_size || data[name_at + name_size - 1])
			return "has a damaged name";
		last = !strcmp(data + name_at, "TRAILER!!!");
		*at = aligned(name_at + name_size);
		if (*at > size || file_size > size - *at)
			return last ? NULL : "is truncated";
		*at = aligned(*at + file_size);
		if (*at > size)
			*at = size;
		if (last)
			return NULL;
	}
}

static void check(const char *file, bool any_format, const char *data, uint64_t size)
{
	uint64_t at = 0;

	for (size_t i = 0; i < sizeof(compressed) / sizeof(*compressed); i++) {
		if (size < compressed[i].size || memcmp(data, compressed[i].bytes, compressed[i].size))
			continue;
		if (any_format)
			return;
		die(STATUS_FAILED, "--initrd %s is compressed: unpack it first, with %s", file,
		    compressed[i].unpack);
	}
	while (at < size) {
		const char *wrong = archive_check(data, size, &at);

		if (wrong)
			die(STATUS_FAILED, "--initrd %s %s (at byte %llu)", file, wrong,
			    (unsigned long long)at);
		while (at < size && !data[at]) /* padding between and behind archives */
			at++;
	}
}

void initrd_copy(const char *file, bool any_format, int to)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *data;

	if (fd < 0 || fstat(fd, &st))
		die(STATUS_FAILED, "--initrd %s: %s", file, strerror(errno));
	if (!S_ISREG(st.st_mode) || !st.st_size)
		die(STATUS_FAILED, "--initrd %s is %s", file, S_ISREG(st.st_mode) ? "empty" : "not a file");
	data = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		die(STATUS_FAILED, "--initrd %s: %s", file, strerror(errno));
	check(file, any_format, data, st.st_size);
	for (off_t done = 0; done < st.st_size;) {
		ssize_t n = write(to, data + done, st.st_size - done);

		if (n <= 0)
			die(STATUS_FAILED, "--initrd %s: %s", file, strerror(errno));
		done += n;
	}
	if (ftruncate(to, aligned(st.st_size)) || lseek(to, 0, SEEK_END) < 0)
		die(STATUS_FAILED, "--initrd %s: %s", file, strerror(errno));
	munmap(data, st.st_size);
	close(fd);
}
