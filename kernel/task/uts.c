// SPDX-License-Identifier: MIT
/* The names of the system: uname(2), sethostname(2).  uts_lock guards the two that change. */
#include "kernel/task/uts.h"
#include "kernel/base/string.h"
#include "kernel/task/task.h"
#include <linux/personality.h>

#define UNAME26_RELEASE "2.6.61-sysgate" /* 6.1 as programs see it that cannot parse it: 2.6.(60 + minor) */

static struct spinlock uts_lock = SPINLOCK_INIT;
static char nodename[UTS_NAME_SIZE] = "(none)", domainname[UTS_NAME_SIZE] = "(none)";

static void get(const char *from, char *to)
{
	spin_lock(&uts_lock);
	memcpy(to, from, UTS_NAME_SIZE);
	spin_unlock(&uts_lock);
}

static int set(char *which, const char *name, size_t len)
{
	if (len >= UTS_NAME_SIZE)
		return -EINVAL;
	spin_lock(&uts_lock);
	memset(which, 0, UTS_NAME_SIZE);
	memcpy(which, name, len);
	spin_unlock(&uts_lock);
	return 0;
}

void uts_get_nodename(char name[UTS_NAME_SIZE])
{
	get(nodename, name);
}
void uts_get_domainname(char name[UTS_NAME_SIZE])
{
	get(domainname, name);
}
int uts_set_nodename(const char *name, size_t len)
{
	return set(nodename, name, len);
}
int uts_set_domainname(const char *name, size_t len)
{
	return set(domainname, name, len);
}

void uts_get(struct new_utsname *u)
{
	u32 personality = current->personality;

	memset(u, 0, sizeof(*u));
	(void)strscpy(u->sysname, UTS_SYSNAME, sizeof(u->sysname));
	(void)strscpy(u->release, personality & UNAME26 ? UNAME26_RELEASE : UTS_RELEASE, sizeof(u->release));
	(void)strscpy(u->version, UTS_VERSION, sizeof(u->version));
	(void)strscpy(u->machine, (personality & PER_MASK) == PER_LINUX32 ? "i686" : "x86_64",
		      sizeof(u->machine));
	uts_get_nodename(u->nodename);
	uts_get_domainname(u->domainname);
}
