/* SPDX-License-Identifier: MIT */
/* The kernel command line: `key=value` words and flags; after `--` everything goes to init's argv. */
#pragma once

extern char boot_cmdline[]; /* [const] NUL-terminated copy */

/* Value of `key=` (last one wins) copied to buf, true when present. */
bool cmdline_get(const char *key, char *buf, size_t size);
/* True when the bare word `flag` is present. */
bool cmdline_has(const char *flag);
