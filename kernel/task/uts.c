// SPDX-License-Identifier: MIT
/* Host and domain name.  Lock: uts_lock. */
#include "kernel/task/uts.h"
#include "kernel/base/string.h"
#include "kernel/gate/refuse.h"
#include "kernel/sync/guard.h"
#include "kernel/task/cred.h"

static struct spinlock uts_lock = SPINLOCK_INIT;
static char nodename[UTS_NAME_SIZE] = "(none)";	  /* [uts_lock] Linux's value before init sets one */
static char domainname[UTS_NAME_SIZE] = "(none)"; /* [uts_lock] */

static void get(char *to, const char *from)
{
	guard(spinlock)(&uts_lock);
	memcpy(to, from, UTS_NAME_SIZE);
}

static int set(char *to, const char *name, size_t len)
{
	if (!capable(CAP_SYS_ADMIN))
		return (int)refuse(EPERM, "sethostname, setdomainname: need CAP_SYS_ADMIN");
	guard(spinlock)(&uts_lock);
	memset(to, 0, UTS_NAME_SIZE);
	memcpy(to, name, len);
	return 0;
}

void uts_get_nodename(char name[UTS_NAME_SIZE])
{
	get(name, nodename);
}

void uts_get_domainname(char name[UTS_NAME_SIZE])
{
	get(name, domainname);
}

int uts_set_nodename(const char *name, size_t len)
{
	return set(nodename, name, len);
}

int uts_set_domainname(const char *name, size_t len)
{
	return set(domainname, name, len);
}
