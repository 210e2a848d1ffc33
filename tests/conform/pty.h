/* SPDX-License-Identifier: MIT */
/* A pseudo-terminal of a test's own. */
#pragma once

#include "harness.h"

#include <sys/ioctl.h>

/* Opens both ends, the slave unlocked, neither as the controlling terminal; the slave is the value. */
static inline int pty_open(int *master)
{
	char name[64];
	int n, unlock = 0;

	*master = CHECK_OK(open("/dev/ptmx", O_RDWR | O_NOCTTY));
	CHECK_OK(ioctl(*master, TIOCSPTLCK, &unlock));
	CHECK_OK(ioctl(*master, TIOCGPTN, &n));
	snprintf(name, sizeof(name), "/dev/pts/%d", n);
	return CHECK_OK(open(name, O_RDWR | O_NOCTTY));
}
