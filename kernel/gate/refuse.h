/* SPDX-License-Identifier: MIT */
/*
 * Explained refusals: `return refuse(EINVAL, "pipe2: unknown flags");`, and the record of what programs
 * asked for and did not get.
 */
#pragma once

/* Records why the running call fails (shown by --trace and the gap report); returns -err. */
long refuse(int err, const char *reason);

/* One thing that was asked for in vain. */
struct gap {
	const char *reason; /* of refuse(); NULL: a call number without a function */
	int err;
	bool ia32; /* ABI of nr */
	u32 nr; /* when reason is NULL; the ABI's table size stands for every number beyond it */
	u32 count;
};

void gap_note_call(bool ia32, u32 nr);
/* Copies gap number i (from 0) to *out; false when there are no more.  Counts may move meanwhile. */
bool gap_get(unsigned int i, struct gap *out);
