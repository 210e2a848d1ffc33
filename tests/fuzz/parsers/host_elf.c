// SPDX-License-Identifier: MIT
/*
 * The launcher's look at a program: headers, dynamic section, notes; then the run paths with their tokens.
 * fuzz-sources: host/elf.c host/util.c
 */
#include "host/library.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_info info;
	const char *path = round_file(data, size);
	int ended = setjmp(round_end);

	if (!ended) {
		const char *wrong = elf_read(path, &info);
		struct object object = { .path = "/folder/$ORIGIN/${LIB}/program", .info = info };

		CHECK(elf_matches(path, &info) || wrong);
		for (size_t i = 0; i < info.needed.count; i++)
			CHECK(strlen(info.needed.at[i]) < size);
		for (int i = 0; i < 2; i++) {
			const char *list = i ? info.rpath : info.runpath;
			char *folder = list ? expand_tokens(list, strcspn(list, ":"), &object) : NULL;

			CHECK(!list || strlen(folder) < 64 * (strlen(list) + 1));
		}
	}
	round_release();
	return 0;
}
