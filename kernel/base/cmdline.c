// SPDX-License-Identifier: MIT
/*
 * Look-ups in the kernel command line.  boot_cmdline is arch's: filled before kernel_main(), then
 * constant.
 */
#include "kernel/base/cmdline.h"
#include "kernel/base/string.h"

/* The next word at or after *p, before "--": its length, 0 at the end. */
static size_t next_word(const char **p)
{
	const char *s = *p;
	size_t len = 0;

	while (*s == ' ' || *s == '\t' || *s == '\n')
		s++;
	while (s[len] && s[len] != ' ' && s[len] != '\t' && s[len] != '\n')
		len++;
	*p = s;
	return len == 2 && s[0] == '-' && s[1] == '-' ? 0 : len;
}

bool cmdline_get(const char *key, char *buf, size_t size)
{
	size_t key_len = strlen(key), len;
	bool found = false;

	for (const char *p = boot_cmdline; (len = next_word(&p)) != 0; p += len) {
		if (len <= key_len || p[key_len] != '=' || strncmp(p, key, key_len) != 0)
			continue;

		size_t n = min(len - key_len - 1, size - 1);

		memcpy(buf, p + key_len + 1, n);
		buf[n] = '\0';
		found = true;
	}
	return found;
}

bool cmdline_has(const char *flag)
{
	size_t flag_len = strlen(flag), len;

	for (const char *p = boot_cmdline; (len = next_word(&p)) != 0; p += len) {
		if (len == flag_len && !strncmp(p, flag, len))
			return true;
	}
	return false;
}
