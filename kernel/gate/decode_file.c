// SPDX-License-Identifier: MIT
/*
 * stat(2), statx(2) and getdents(2) buffers as text.  False: the memory cannot be read, nothing was
 * printed.
 */
#include "kernel/gate/decode.h"
#include "kernel/base/string.h"
#include "flag_ids.h"
#include <asm/stat.h>
#include <linux/stat.h>

static void line_mode_and_size(struct line *l, u32 mode, u64 size, u32 major, u32 minor)
{
	line_flags(l, FLAGS_mode, mode);
	if (S_ISCHR(mode) || S_ISBLK(mode))
		line_printf(l, ", st_rdev=makedev(%#x, %#x), ...}", major, minor);
	else
		line_printf(l, ", st_size=%llu, ...}", (unsigned long long)size);
}

/* Of the many layouts only mode, size and device are of interest: their offsets are enough. */
bool decode_stat(struct line *l, unsigned long p, const struct call_view *c)
{
	static const struct {
		u8 mode, mode_size, size, size_size, rdev, rdev_size;
	} at[] = {
		{ offsetof(struct stat, st_mode), 4, offsetof(struct stat, st_size), 8,
		  offsetof(struct stat, st_rdev), 8 },
		{ 8, 2, 20, 4, 16, 4 }, /* i386 struct stat */
		{ 16, 4, 44, 8, 32, 8 }, /* i386 struct stat64 */
	};
	unsigned int layout = !c->compat ? 0 : strstr(c->desc->name, "64") ? 2 : 1;
	u32 mode = 0;
	u64 size = 0, dev = 0;

	if (!trace_fetch(&mode, p + at[layout].mode, at[layout].mode_size) ||
	    !trace_fetch(&size, p + at[layout].size, at[layout].size_size) ||
	    !trace_fetch(&dev, p + at[layout].rdev, at[layout].rdev_size))
		return false;
	line_text(l, "{st_mode=");
	line_mode_and_size(l, mode, size, (u32)(dev >> 8 & 0xfff),
			   (u32)((dev & 0xff) | (dev >> 12 & 0xfff00)));
	return true;
}

bool decode_statx(struct line *l, unsigned long p)
{
	struct statx x;

	if (!trace_fetch(&x, p, sizeof(x)))
		return false;
	line_text(l, "{stx_mask=");
	line_flags(l, FLAGS_statx, x.stx_mask);
	line_printf(l, ", stx_nlink=%u, stx_uid=%u, stx_gid=%u, stx_mode=", x.stx_nlink, x.stx_uid,
		    x.stx_gid);
	line_flags(l, FLAGS_mode, x.stx_mode);
	line_printf(l, ", stx_ino=%llu, stx_size=%llu, ...}", x.stx_ino, x.stx_size);
	return true;
}

/* How many entries were returned, as strace(1) says it; the record's length is after d_ino and d_off. */
bool decode_dirents(struct line *l, unsigned long p, const struct call_view *c)
{
	size_t reclen_at = c->compat ? 8 : 16;
	unsigned int count = 0;

	for (long done = 0; done < c->result; count++) {
		u16 reclen;

		if (!trace_fetch(&reclen, p + done + reclen_at, sizeof(reclen)) || !reclen)
			return false;
		done += reclen;
	}
	line_printf(l, "0x%lx /* %u entries */", p, count);
	return true;
}
