// SPDX-License-Identifier: MIT
/*
 * What the guest says on its control port, in pieces of any size.  The status that the launcher ends with is one
 * that exit(3) can pass on, whatever the guest writes.
 * fuzz-sources: host/util.c
 */
#include "host/vm.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vm vm;
	const char *bytes = round_text(data, size);
	size_t step = size ? 1 + data[0] : 1;

	memset(&vm, 0, sizeof(vm));
	vm.status = -1;
	if (!setjmp(round_end)) {
		for (size_t done = 0; done < size; done += step)
			take_control(&vm, bytes + done, size - done < step ? size - done : step);
		CHECK(vm.status >= -1 && vm.status <= 255 && (!vm.error || vm.status >= 0));
	}
	round_release();
	return 0;
}
