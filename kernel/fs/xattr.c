// SPDX-License-Identifier: MIT
/*
 * Extended attributes: who may see and change which, and the list in memory that tmpfs keeps them in.
 *
 * A super block with sb->xattr set keeps trusted. and security. names; user. and POSIX ACLs are refused, as
 * is everything elsewhere.  inode->xattrs is a list, newest first (the order in which Linux 6.1 shows
 * them).  Lock: inode->rwsem.  Source of the order of checks: Linux 6.1 fs/xattr.c, security/commoncap.c.
 */
#include "kernel/fs/xattr.h"

#include "kernel/base/string.h"
#include "kernel/fs/inotify.h"
#include "kernel/fs/internal.h"
#include "kernel/gate/refuse.h"
#include <linux/xattr.h>

struct xattr {
	struct xattr *next;
	const char *name; /* behind the value */
	size_t size;
	u8 value[];
};

static bool has_prefix(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

/* Whether current may read or write attributes of that name (mask: MAY_READ or MAY_WRITE). */
static int name_permission(struct inode *i, const char *name, int mask)
{
	bool write = mask & MAY_WRITE;

	if (has_prefix(name, XATTR_SECURITY_PREFIX)) {
		if (!write)
			return 0;
		if (!strcmp(name, XATTR_NAME_CAPS)) /* setting one has been checked with its value */
			return 0;
		return capable(CAP_SYS_ADMIN) ? 0 : -EPERM;
	}
	if (has_prefix(name, XATTR_SYSTEM_PREFIX))
		return 0;
	if (has_prefix(name, XATTR_TRUSTED_PREFIX))
		return capable(CAP_SYS_ADMIN) ? 0 : write ? -EPERM : -ENODATA;
	if (has_prefix(name, XATTR_USER_PREFIX)) {
		if (!S_ISREG(i->mode) && !S_ISDIR(i->mode))
			return write ? -EPERM : -ENODATA;
		if (S_ISDIR(i->mode) && (i->mode & S_ISVTX) && write && !inode_owner_or_capable(i))
			return -EPERM;
	}
	return inode_permission(i, mask);
}

/* Whether the file system of i keeps such names at all. */
static int name_supported(const struct inode *i, const char *name)
{
	static const char *const prefixes[] = { XATTR_SECURITY_PREFIX, XATTR_TRUSTED_PREFIX };

	for (size_t k = 0; i->sb->xattr && k < ARRAY_SIZE(prefixes); k++)
		if (has_prefix(name, prefixes[k]))
			return name[strlen(prefixes[k])] ? 0 : -EINVAL;
	return (int)refuse(EOPNOTSUPP, "xattr: the file system keeps no attributes of this kind");
}

/* ---- the list ----------------------------------------------------------------------------------------- */

/* Where the list points at the attribute, or at its end.  rwsem held. */
static struct xattr **find(struct inode *i, const char *name)
{
	struct xattr **link = &i->xattrs;

	while (*link && strcmp((*link)->name, name))
		link = &(*link)->next;
	return link;
}

static struct xattr *create(const char *name, const void *value, size_t size)
{
	size_t len = strlen(name) + 1;
	struct xattr *x = kmalloc(sizeof(*x) + size + len, 0);

	if (!x)
		return NULL;
	x->size = size;
	x->name = memcpy(x->value + size, name, len);
	memcpy(x->value, value, size);
	return x;
}

static void unlink_attribute(struct xattr **link)
{
	struct xattr *x = *link;

	*link = x->next;
	kfree(x);
}

static int store_locked(struct inode *i, const char *name, const void *value, size_t size, int flags)
	__must_hold(&i->rwsem)
{
	struct xattr **link = find(i, name), *x;

	if (*link && (flags & XATTR_CREATE))
		return -EEXIST;
	if (!*link && (flags & XATTR_REPLACE))
		return -ENODATA;
	if (!(x = create(name, value, size)))
		return -ENOMEM;
	if (*link) { /* keeps its place */
		x->next = (*link)->next;
		kfree(*link);
		*link = x;
	} else {
		x->next = i->xattrs;
		i->xattrs = x;
	}
	return 0;
}

void xattr_destroy(struct inode *i) __no_lock_analysis /* nobody else has the inode any more */
{
	while (i->xattrs)
		unlink_attribute(&i->xattrs);
}

/* ---- security.capability ------------------------------------------------------------------------------- */

/* Revision 2 or 3 of the value; 0 for anything else. */
static u32 caps_revision(const void *value, size_t size)
{
	const struct vfs_ns_cap_data *c = value;
	u32 revision = size < sizeof(c->magic_etc) ? 0 : c->magic_etc & VFS_CAP_REVISION_MASK;

	if (revision == VFS_CAP_REVISION_2 && size == XATTR_CAPS_SZ_2)
		return VFS_CAP_REVISION_2;
	return revision == VFS_CAP_REVISION_3 && size == XATTR_CAPS_SZ_3 ? VFS_CAP_REVISION_3 : 0;
}

static int caps_may_set(const void *value, size_t size)
{
	if (!caps_revision(value, size))
		return -EINVAL;
	return capable(CAP_SETFCAP) ? 0 : -EPERM;
}

/*
 * As the attribute is told to programs: that of user 0, who owns the only user namespace, in revision 2;
 * those for the roots of other namespaces as they are.
 */
static ssize_t caps_get(const struct xattr *x, void *value, size_t size)
{
	struct vfs_ns_cap_data c = { 0 };
	u32 revision = caps_revision(x->value, x->size);
	size_t len = x->size;

	if (!revision)
		return -EINVAL;
	memcpy(&c, x->value, len);
	if (revision == VFS_CAP_REVISION_3 && !c.rootid) {
		c.magic_etc = VFS_CAP_REVISION_2 | (c.magic_etc & VFS_CAP_FLAGS_EFFECTIVE);
		len = XATTR_CAPS_SZ_2;
	}
	if (!size)
		return (ssize_t)len;
	if (size < len)
		return -ERANGE;
	memcpy(value, &c, len);
	return (ssize_t)len;
}

int inode_file_caps(struct inode *i, struct file_caps *caps)
{
	const struct xattr *x;
	struct vfs_ns_cap_data c = { 0 };

	if (likely(!READ_ONCE(i->xattrs)))
		return -ENODATA;
	guard(read)(&i->rwsem);
	if (!(x = *find(i, XATTR_NAME_CAPS)))
		return -ENODATA;
	if (!caps_revision(x->value, x->size))
		return -EINVAL;
	memcpy(&c, x->value, x->size);
	if (c.rootid)
		return -ENODATA; /* meant for another namespace */
	*caps = (struct file_caps){
		.permitted = (c.data[0].permitted | (u64)c.data[1].permitted << 32) & CAP_FULL,
		.inheritable = (c.data[0].inheritable | (u64)c.data[1].inheritable << 32) & CAP_FULL,
		.effective = c.magic_etc & VFS_CAP_FLAGS_EFFECTIVE,
	};
	return 0;
}

void inode_drop_file_caps(struct inode *i)
{
	struct xattr **link = find(i, XATTR_NAME_CAPS);

	if (*link)
		unlink_attribute(link);
}

/* ---- workers of the calls ------------------------------------------------------------------------------ */

static int set_locked(struct inode *i, const char *name, const void *value, size_t size, int flags)
{
	int err;

	guard(write)(&i->rwsem);
	if ((err = name_permission(i, name, MAY_WRITE)) || (err = name_supported(i, name)) ||
	    (err = store_locked(i, name, value, size, flags)))
		return err;
	inode_touch(i, ATTR_CTIME);
	return 0;
}

int xattr_set(struct dentry *d, const char *name, const void *value, size_t size, int flags)
{
	int err;

	if (size && !strcmp(name, XATTR_NAME_CAPS) && (err = caps_may_set(value, size)))
		return err;
	if ((err = set_locked(d->inode, name, value, size, flags)))
		return err;
	notify_dentry(d, IN_ATTRIB);
	return 0;
}

static int remove_locked(struct inode *i, const char *name)
{
	struct xattr **link;
	int err;

	guard(write)(&i->rwsem);
	if ((err = name_permission(i, name, MAY_WRITE)))
		return err;
	if (!strcmp(name, XATTR_NAME_CAPS) && !capable(CAP_SETFCAP))
		return -EPERM;
	if ((err = name_supported(i, name)))
		return err;
	if (!*(link = find(i, name)))
		return -ENODATA;
	unlink_attribute(link);
	inode_touch(i, ATTR_CTIME);
	return 0;
}

int xattr_remove(struct dentry *d, const char *name)
{
	int err = remove_locked(d->inode, name);

	if (!err)
		notify_dentry(d, IN_ATTRIB);
	return err;
}

ssize_t xattr_get(struct inode *i, const char *name, void *value, size_t size)
{
	const struct xattr *x;
	int err;

	guard(read)(&i->rwsem);
	if ((err = name_permission(i, name, MAY_READ)) || (err = name_supported(i, name)))
		return err;
	if (!(x = *find(i, name)))
		return -ENODATA;
	if (!strcmp(name, XATTR_NAME_CAPS))
		return caps_get(x, value, size);
	if (!size)
		return (ssize_t)x->size;
	if (size < x->size)
		return -ERANGE;
	memcpy(value, x->value, x->size);
	return (ssize_t)x->size;
}

ssize_t xattr_list(struct inode *i, char *list, size_t size)
{
	bool trusted = capable(CAP_SYS_ADMIN);
	size_t used = 0;

	guard(read)(&i->rwsem);
	for (const struct xattr *x = i->xattrs; x; x = x->next) {
		size_t len = strlen(x->name) + 1;

		if (!trusted && has_prefix(x->name, XATTR_TRUSTED_PREFIX))
			continue;
		if (size) {
			if (size - used < len)
				return -ERANGE;
			memcpy(list + used, x->name, len);
		}
		used += len;
	}
	return (ssize_t)used;
}
