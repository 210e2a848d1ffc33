/* SPDX-License-Identifier: MIT */
/*
 * A path argument: fetched once into the caller's frame when it is short, as nearly all are, and into
 * allocated memory when it is not.  `DEFINE_PATH_ARG(p);` as the last declaration, then path_arg_get(&p, …).
 */
#pragma once

#include "kernel/gate/uaccess.h"

struct path_arg {
	char *text; /* [const] after path_arg_get() */
	char small[120];
};

/* 0, -EFAULT, -ENAMETOOLONG, -ENOMEM, and -ENOENT for "" unless empty_ok. */
static inline int __must_check path_arg_get(struct path_arg *p, const char __user *upath, bool empty_ok)
{
	ssize_t len;

	p->text = p->small;
	if (likely((__force unsigned long)upath < USER_MAX - sizeof(p->small))) {
		len = arch_strncpy_from_user(p->small, upath, sizeof(p->small));
		if (likely(len > 0 && (size_t)len < sizeof(p->small)))
			return 0;
		if (len <= 0)
			return len ? (int)len : empty_ok ? 0 : -ENOENT;
	}
	p->text = NULL; /* long: start over, nothing was used of the first fetch */
	return user_path_get(upath, empty_ok, &p->text);
}

static inline void path_arg_put(struct path_arg *p)
{
	if (unlikely(p->text != p->small))
		user_path_put(&p->text);
}

/* Not an initialiser: the buffer need not be cleared. */
#define DEFINE_PATH_ARG(name)                         \
	struct path_arg name __cleanup(path_arg_put); \
	name.text = NULL
