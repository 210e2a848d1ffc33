/* SPDX-License-Identifier: MIT */
/* One run of one virtual machine, from its descriptors to the exit status. */
#pragma once

#include "options.h"

/*
 * Boots `kernel` with `init` as its init and runs what the options say. Returns the launcher's exit status.
 */
int vm_run(const struct options *o, bool shell, const char *kernel, const char *init);
