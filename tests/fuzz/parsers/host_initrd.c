// SPDX-License-Identifier: MIT
/*
 * --initrd FILE: the launcher's check of an archive.  It ends with a message or copies the file, padded to whole
 * words, and reads nothing outside of it.
 * fuzz-sources: host/util.c
 */
#include "host/initrd.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = round_text(data, size);

	if (!setjmp(round_end))
		check("FILE", size & 1, copy, size);
	round_release();
	return 0;
}
