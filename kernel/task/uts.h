/* SPDX-License-Identifier: MIT */
/* The names of the system: uname(2), sethostname(2), setdomainname(2). */
#pragma once

#define UTS_NAME_SIZE 65 /* terminator included */
#define UTS_SYSNAME   "Linux"
#define UTS_RELEASE   "6.1.0-sysgate"
#define UTS_VERSION   "#1 SMP PREEMPT Sysgate"
#define UTS_MACHINE   "x86_64"

void uts_get_nodename(char name[UTS_NAME_SIZE]);
void uts_get_domainname(char name[UTS_NAME_SIZE]);
/* len bytes, at most UTS_NAME_SIZE - 1.  0 or -EPERM without CAP_SYS_ADMIN. */
int __must_check uts_set_nodename(const char *name, size_t len);
int __must_check uts_set_domainname(const char *name, size_t len);
