/* SPDX-License-Identifier: MIT */
/* Extended attributes, xattr(7): what the calls, the loss of privileges and execve(2) need of them. */
#pragma once

#include "kernel/fs/fs.h"
#include "kernel/task/cred.h"

/*
 * The workers of setxattr(2) and kin, on kernel memory and a name of 1 to 255 bytes.  The mount is
 * writable (the caller asked).  inode->rwsem not held; may sleep.
 * -EPERM, -EACCES, -EOPNOTSUPP (the file system keeps no such name), -EINVAL (nothing behind the prefix,
 * malformed capabilities), -EEXIST, -ENODATA, -ENOMEM
 */
int __must_check xattr_set(struct dentry *d, const char *name, const void *value, size_t size, int flags);
int __must_check xattr_remove(struct dentry *d, const char *name);
/* Bytes of the value, copied unless size is 0; -ENODATA, -ERANGE, -EOPNOTSUPP. */
ssize_t xattr_get(struct inode *i, const char *name, void *value, size_t size);
/* Bytes of all names, each with its NUL, copied unless size is 0; -ERANGE. */
ssize_t xattr_list(struct inode *i, char *list, size_t size);

/* What a program file grants, capabilities(7).  0; -ENODATA: nothing that counts here; -EINVAL: malformed. */
int __must_check inode_file_caps(struct inode *i, struct file_caps *caps);
/* Changed contents or owners lose them.  i->rwsem held for writing. */
void inode_drop_file_caps(struct inode *i);

void xattr_destroy(struct inode *i); /* the inode is going */
