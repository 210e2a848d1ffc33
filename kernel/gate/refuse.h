/* SPDX-License-Identifier: MIT */
/* Explained refusals: `return refuse(EINVAL, "pipe2: unknown flags");`. */
#pragma once

/* Records why the running call fails (shown by --trace); returns -err. */
long refuse(int err, const char *reason);
