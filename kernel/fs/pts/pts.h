/* SPDX-License-Identifier: MIT */
/*
 * devpts: a directory whose names are the open pseudo-terminals, and ptmx.  One instance for all mounts,
 * whose options come from the first mount.  Source: pts(4), Linux Documentation/filesystems/devpts.rst.
 */
#pragma once

#include "kernel/fs/fs.h"

#define PTS_MAX 4096 /* NR_UNIX98_PTY_MAX */

/* The super block while devpts is mounted, else NULL. */
struct super *pts_super(void);
/*
 * A node for terminal `index`, owned by current (or by the mount's uid= and gid=).  -ENODEV: not mounted;
 * -ENOMEM.
 */
int __must_check pts_node_create(u32 index, dev_t dev, struct inode **out);
/* kernel/drv/pty.c: which terminals there are.  The node with a reference, NULL when there is none. */
struct inode *pty_node_get(u32 index);
u32 pty_next_index(u32 from); /* first index >= from whose node exists; PTS_MAX: none */
