/* SPDX-License-Identifier: MIT */
/* What uname(2) says: constants, and the two names that sethostname(2) and setdomainname(2) change. */
#pragma once

#include <linux/utsname.h>

#define UTS_SYSNAME   "Linux"
#define UTS_RELEASE   "6.1.0-sysgate"
#define UTS_VERSION   "#1 SMP PREEMPT Sysgate"
#define UTS_NAME_SIZE (__NEW_UTS_LEN + 1)

/* Fills u for current: its personality may ask for i686 and for a 2.6 release (personality(2)). */
void uts_get(struct new_utsname *u);
void uts_get_nodename(char name[UTS_NAME_SIZE]);
void uts_get_domainname(char name[UTS_NAME_SIZE]);
/* name need not end with a NUL; -EINVAL when len is over 64.  Permission is the caller's business. */
int __must_check uts_set_nodename(const char *name, size_t len);
int __must_check uts_set_domainname(const char *name, size_t len);
