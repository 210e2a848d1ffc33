// SPDX-License-Identifier: MIT
/* `#! interpreter [one argument]`: the first line, at most 255 bytes, names what really runs (execve(2)). */
#include "kernel/base/string.h"
#include "kernel/fs/fs.h"
#include "kernel/mm/slab.h"
#include "kernel/task/exec.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Cuts the line in b->buf into interpreter and argument (NULL: none); both end with a NUL afterwards. */
static int parse_line(struct binprm *b, char **interp, char **arg)
{
	char *line = (char *)b->buf + 2, *limit = (char *)b->buf + BINPRM_BUF_SIZE - 1, *end, *p;

	end = memchr(line, '\n', (size_t)(limit - line));
	if (!end) {
		/* Cut off: fine as long as the interpreter's name itself is complete. */
		for (p = line; p < limit && is_blank(*p); p++)
			;
		for (; p < limit && *p && !is_blank(*p); p++)
			;
		if (p == limit)
			return -ENOEXEC;
		end = limit;
	}
	while (end > line && is_blank(end[-1]))
		end--;
	*end = '\0';
	for (p = line; is_blank(*p); p++)
		;
	if (!*p)
		return -ENOEXEC;
	*interp = p;
	*arg = NULL;
	while (*p && !is_blank(*p))
		p++;
	if (*p) {
		*p++ = '\0';
		while (is_blank(*p))
			p++;
		if (*p)
			*arg = p;
	}
	return 0;
}

/* The first argument is replaced by interpreter, its argument, and the script's name. */
static int push_prefix(struct binprm *b, const char *interp, const char *arg, const char *script)
{
	const char *add[3] = { interp, arg ? arg : script, script };
	u32 count = arg ? 3 : 2;
	char *fresh[3];

	for (u32 i = 0; i < count; i++) {
		fresh[i] = kstrdup(add[i]);
		if (!fresh[i]) {
			while (i-- > 0)
				kfree(fresh[i]);
			return -ENOMEM;
		}
	}
	if (b->nr_prefix) {
		kfree(b->prefix[0]);
		b->nr_prefix--;
		memmove(b->prefix, b->prefix + 1, b->nr_prefix * sizeof(b->prefix[0]));
		b->argc--;
	} else {
		/* argv[0] may span pages: walk it. */
		for (b->skip = 0; ((char *)b->args.page[b->skip >> PAGE_SHIFT])[b->skip & ~PAGE_MASK];
		     b->skip++)
			;
		b->skip++;
		b->argc--;
	}
	memmove(b->prefix + count, b->prefix, b->nr_prefix * sizeof(b->prefix[0]));
	memcpy(b->prefix, fresh, count * sizeof(fresh[0]));
	b->nr_prefix += count;
	b->argc += count;
	return 0;
}

int load_script(struct binprm *b)
{
	struct file *interpreter;
	char *interp, *arg, *script;
	int err;

	if (b->buf[0] != '#' || b->buf[1] != '!')
		return -ENOEXEC;
	if (b->path_inaccessible)
		return -ENOENT; /* the interpreter could not open a descriptor that exec closes */
	if ((err = parse_line(b, &interp, &arg)))
		return err;
	/*
	 * For a script run by a script, the inner name is what its line said: it is the current first
	 * argument.
	 */
	script = b->nr_prefix ? b->prefix[0] : (char *)b->filename;
	if ((err = push_prefix(b, interp, arg, script)))
		return err;
	if ((err = file_open_exec(AT_FDCWD, interp, 0, &interpreter)))
		return err;
	file_put(b->file);
	b->file = interpreter;
	return 1;
}
