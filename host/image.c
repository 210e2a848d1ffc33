// SPDX-License-Identifier: MIT
/*
 * Writes the initramfs with libarchive into a memfd: nothing to remove afterwards, whatever kills the
 * launcher.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <search.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "image.h"
#include "initrd.h"

#define BLOCK_SIZE (256 * 1024)
#define MAX_LINKS  40 /* as the kernel's path walk */

struct image {
	struct archive *archive;
	int fd;
	uid_t caller; /* whose files become the guest user's */
	unsigned int uid, gid; /* of the guest's user */
	uint64_t memory; /* of the guest: more need not be packed */
	void *known; /* tsearch(3) tree of the paths */
	struct strings paths;
};

static _Noreturn void image_fail(struct image *image)
{
	die(STATUS_FAILED, "cannot write the initramfs: %s", archive_error_string(image->archive));
}

struct image *image_create(const char *initrd, bool initrd_any_format, unsigned int uid, unsigned int gid,
			   uint64_t memory)
{
	struct image *image = get_memory(sizeof(*image));

	image->memory = memory;
	image->caller = getuid();
	image->uid = image->caller ? uid : 0;
	image->gid = image->caller ? gid : 0;
	image->fd = memfd_create("initramfs", MFD_CLOEXEC);
	if (image->fd < 0)
		die(STATUS_FAILED, "cannot make a memory file for the initramfs: %s", strerror(errno));
	if (initrd)
		initrd_copy(initrd, initrd_any_format, image->fd);
	image->archive = archive_write_new();
	archive_write_set_format_cpio_newc(image->archive);
	archive_write_set_bytes_per_block(image->archive, BLOCK_SIZE);
	archive_write_set_bytes_in_last_block(image->archive, 1);
	if (archive_write_open_fd(image->archive, image->fd) != ARCHIVE_OK)
		image_fail(image);
	return image;
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(a, b);
}

bool image_has(struct image *image, const char *path)
{
	return tfind(path, &image->known, compare_paths);
}

/* Writes one entry with its contents. False when the path is packed already. */
static bool image_add(struct image *image, const char *path, const struct stat *st, const char *target,
		      const void *data)
{
	struct archive_entry *entry;
	char *name;

	if (image_has(image, path))
		return false;
	name = copy_text(path);
	tsearch(name, &image->known, compare_paths);
	strings_add(&image->paths, name);
	entry = archive_entry_new();
	archive_entry_copy_stat(entry, st);
	archive_entry_set_pathname(entry, path + 1);
	if (target)
		archive_entry_set_symlink(entry, target);
	if (archive_write_header(image->archive, entry) != ARCHIVE_OK)
		image_fail(image);
	if (data && archive_write_data(image->archive, data, st->st_size) != st->st_size)
		image_fail(image);
	archive_entry_free(entry);
	return true;
}

void image_add_folder(struct image *image, const char *path, unsigned int mode)
{
	struct stat st = { .st_mode = S_IFDIR | mode, .st_nlink = 1 };

	image_add(image, path, &st, NULL, NULL);
}

void image_add_link(struct image *image, const char *path, const char *target)
{
	struct stat st = { .st_mode = S_IFLNK | 0777, .st_nlink = 1, .st_size = strlen(target) };

	image_add(image, path, &st, target, NULL);
}

void image_add_device(struct image *image, const char *path, unsigned int mode, unsigned int major,
		      unsigned int minor)
{
	struct stat st = { .st_mode = S_IFCHR | mode, .st_nlink = 1, .st_rdev = makedev(major, minor) };

	image_add(image, path, &st, NULL, NULL);
}

void image_add_text(struct image *image, const char *path, const void *text, size_t size, unsigned int mode)
{
	struct stat st = { .st_mode = S_IFREG | mode, .st_nlink = 1, .st_size = size };

	image_add(image, path, &st, NULL, text);
}

static void image_own(struct image *image, struct stat *st)
{
	if (st->st_uid == image->caller) {
		st->st_uid = image->uid;
		st->st_gid = image->gid;
	}
}

/* Ends the launcher before the host's memory is spent on what no guest could hold. */
static void image_check_room(struct image *image, const char *from, uint64_t size)
{
	uint64_t packed = archive_filter_bytes(image->archive, -1);

	if (size > image->memory || packed > image->memory - size)
		die(STATUS_FAILED, "--mem %lluK is too little: %s has %lluK, beside %lluK packed before",
		    (unsigned long long)(image->memory / 1024), from, (unsigned long long)(size / 1024),
		    (unsigned long long)(packed / 1024));
}

/* Packs a regular file. `st` is what it was found to be; the size is taken again from the open file. */
static void image_add_regular(struct image *image, const char *path, const char *from, struct stat *st)
{
	int fd = open(from, O_RDONLY | O_CLOEXEC);
	struct stat now;
	void *data = NULL;

	if (fd < 0 || fstat(fd, &now))
		die(errno == EACCES ? STATUS_NOT_RUN : STATUS_FAILED, "cannot read %s: %s", from,
		    strerror(errno));
	st->st_size = now.st_size;
	image_check_room(image, from, st->st_size);
	if (st->st_size) {
		data = mmap(NULL, st->st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
		if (data == MAP_FAILED)
			die(STATUS_FAILED, "cannot read %s: %s", from, strerror(errno));
	}
	close(fd);
	image_own(image, st);
	image_add(image, path, st, NULL, data);
	if (data)
		munmap(data, st->st_size);
}

void image_add_file(struct image *image, const char *path, const char *from)
{
	struct stat st;

	if (image_has(image, path))
		return;
	if (stat(from, &st))
		die(STATUS_FAILED, "cannot read %s: %s", from, strerror(errno));
	st.st_nlink = 1; /* its other names are not packed */
	image_add_regular(image, path, from, &st);
}

/* What is left to walk after the link at `from` was met. */
static char *follow_link(struct image *image, const char *from, const char *rest)
{
	char target[PATH_MAX];
	ssize_t len = readlink(from, target, sizeof(target) - 1);

	if (len < 0)
		return NULL;
	target[len] = 0;
	image_add_link(image, from, target);
	return format_text("%s/%s", target, rest);
}

char *image_add_way(struct image *image, const char *path, struct stat *st)
{
	char *done = copy_text(""), *todo = copy_text(path);
	int links = 0;

	for (;;) {
		size_t len;
		char *here;

		todo += strspn(todo, "/");
		len = strcspn(todo, "/");
		if (!len)
			return *done ? done : copy_text("/"); /* a folder; *st is of the last step */
		here = format_text("%s/%.*s", done, (int)len, todo);
		todo += len;
		if (!strcmp(path_base(here), "."))
			continue;
		if (!strcmp(path_base(here), "..")) {
			*(*done ? strrchr(done, '/') : done) = 0;
			continue;
		}
		if (lstat(here, st))
			return NULL;
		if (S_ISLNK(st->st_mode)) {
			if (++links > MAX_LINKS) {
				errno = ELOOP;
				return NULL;
			}
			todo = follow_link(image, here, todo);
			if (!todo)
				return NULL;
			if (*todo == '/')
				*done = 0;
			continue;
		}
		if (!S_ISDIR(st->st_mode)) {
			if (!todo[strspn(todo, "/")])
				return here;
			errno = ENOTDIR;
			return NULL;
		}
		/* Readable for all: in the guest it holds only what was packed. */
		image_add_folder(image, here, (st->st_mode & 07777) | 0555);
		done = here;
	}
}

static void image_add_found(struct image *image, const char *path, const FTSENT *found)
{
	struct stat st = *found->fts_statp;
	char target[PATH_MAX];
	ssize_t len;

	switch (st.st_mode & S_IFMT) {
	case S_IFREG:
		image_add_regular(image, path, found->fts_accpath, &st);
		return;
	case S_IFLNK:
		len = readlink(found->fts_accpath, target, sizeof(target) - 1);
		if (len < 0)
			die(STATUS_FAILED, "cannot read %s: %s", found->fts_path, strerror(errno));
		target[len] = 0;
		image_own(image, &st);
		image_add(image, path, &st, target, NULL);
		return;
	case S_IFSOCK:
		return; /* means nothing without its listener */
	default:
		image_own(image, &st);
		image_add(image, path, &st, NULL, NULL);
	}
}

void image_add_tree(struct image *image, const char *path, const char *from)
{
	char *const roots[] = { (char *)from, NULL };
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, NULL);
	size_t skip = strlen(from);

	if (!tree)
		die(STATUS_FAILED, "cannot read %s: %s", from, strerror(errno));
	for (;;) {
		FTSENT *found;
		char *name;

		errno = 0;
		found = fts_read(tree);
		if (!found)
			break;
		if (found->fts_info == FTS_DNR || found->fts_info == FTS_ERR || found->fts_info == FTS_NS)
			die(STATUS_FAILED, "cannot read %s: %s", found->fts_path, strerror(found->fts_errno));
		name = format_text("%s%s", path, found->fts_path + skip);
		if (found->fts_info != FTS_DP && *name)
			image_add_found(image, name, found);
	}
	if (errno)
		die(STATUS_FAILED, "cannot read %s: %s", from, strerror(errno));
	fts_close(tree);
}

const struct strings *image_paths(const struct image *image)
{
	return &image->paths;
}

int image_finish(struct image *image, size_t *size)
{
	if (archive_write_close(image->archive) != ARCHIVE_OK)
		image_fail(image);
	archive_write_free(image->archive);
	*size = lseek(image->fd, 0, SEEK_END);
	return image->fd;
}
