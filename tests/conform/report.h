/* SPDX-License-Identifier: MIT */
/* How a test process tells the runner what happened: one shared page, and its exit status. */
#pragma once

enum { STATUS_PASSED = 0, STATUS_FAILED = 99, STATUS_SKIPPED = 98 };

struct report {
	int failed; /* [atomic] set by the first failing check */
	char why[2048]; /* that check's message, or the reason for skipping */
};

extern struct report *report;

/* The i386 build is a second program; it inherits the page as this descriptor. */
#define REPORT_FD 100
