/* SPDX-License-Identifier: MIT */
/*
 * The initramfs of one run: a cpio archive ("newc") in memory, which QEMU reads through the descriptor.
 *
 * Files keep the absolute path that they have on the host; symbolic links on the way (such as /lib64 ->
 * usr/lib64) are packed as links. A path is packed once; the first one wins. Files of the caller become files
 * of the guest's user, so that one's own 0700 folders stay usable; all other owners are kept.
 */
#pragma once

#include <sys/stat.h>
#include "util.h"

struct image;

/*
 * Makes an empty image, which ends up behind the bytes of `initrd` when that is not NULL (checked: ends the
 * launcher).  A file that does not fit into `memory` bytes beside the others ends the launcher, too.
 */
struct image *image_create(const char *initrd, bool initrd_any_format, unsigned int uid, unsigned int gid,
			   uint64_t memory);

/*
 * Single entries; `path` is absolute and nothing is followed. Those that are there already are left as they
 * are.
 */
void image_add_folder(struct image *image, const char *path, unsigned int mode);
void image_add_link(struct image *image, const char *path, const char *target);
void image_add_device(struct image *image, const char *path, unsigned int mode, unsigned int major,
		      unsigned int minor);
void image_add_text(struct image *image, const char *path, const void *text, size_t size, unsigned int mode);

/* Packs the host's file `from` as `path`. Ends the launcher when it cannot be read. */
void image_add_file(struct image *image, const char *path, const char *from);

/*
 * Packs what is on the way to the host's `path`, links included, and returns where it ends; NULL and errno
 * when there is nothing. The file itself is not packed.
 */
char *image_add_way(struct image *image, const char *path, struct stat *st);

/* Packs the host's folder `from` and all in it, on the same file system, as `path` ("" for the root). */
void image_add_tree(struct image *image, const char *path, const char *from);

bool image_has(struct image *image, const char *path);

/* Names of all entries, for --verbose. */
const struct strings *image_paths(const struct image *image);

/*
 * Ends the archive. Returns its descriptor (close-on-exec) and sets *size. The image may not be used any
 * more.
 */
int image_finish(struct image *image, size_t *size);
