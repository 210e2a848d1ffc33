/* SPDX-License-Identifier: MIT */
/*
 * procfs inside: a tree of constant entries; what differs between two processes is in the reference
 * (struct proc_ref) that each inode carries.  Source of all formats: proc(5), Linux 6.1.
 */
#pragma once

#include "kernel/fs/fs.h"
#include "kernel/fs/poll.h"
#include "kernel/fs/text.h"

struct mm;

struct proc_ref {
	const struct proc_entry *entry;
	struct pid *pid; /* of /proc/PID and below; NULL elsewhere.  Reference */
	bool thread; /* below task/TID: that thread alone */
	int fd; /* below fd/ and fdinfo/ */
};

struct proc_entry {
	const char *name;
	umode_t mode; /* type and permissions */
	/* One of these, by type. */
	int (*show)(struct text *t,
		    const struct proc_ref *ref); /* file: its whole contents; -errno of read(2) */
	int (*write)(const struct proc_ref *ref, const char *data,
		     size_t len); /* file: one write(2), NUL-terminated; 0 or -errno */
	bool raw; /* file: no seq_file in Linux, so its end is known (0) and pwrite(2) is not ESPIPE */
	const struct file_ops *fops; /* file: operations of its own */
	bool guarded; /* file: to open it needs proc_may_access() */
	u32 (*poll)(struct file *f, struct poll_table *pt,
		    u64 *seen); /* file: readiness; *seen is the open file's */
	int (*text)(const struct proc_ref *ref, char *buf,
		    size_t size); /* symbolic link: its text, 0 or -errno */
	int (*jump)(const struct proc_ref *ref, struct path *out); /* magic link: where it leads */
	const struct proc_entry *children; /* directory: table, ends with a NULL name */
	/* Directory with members that come and go, besides `children`. */
	int (*lookup)(const struct proc_ref *dir, const char *name, size_t len,
		      struct proc_ref *out); /* -ENOENT; out->pid gets a reference */
	int (*next)(const struct proc_ref *dir, unsigned *cursor, char *name,
		    size_t size); /* 0: name of the member at or after cursor; -ENOENT: end */
};

extern const struct proc_entry proc_root, proc_process, proc_thread;
extern const struct proc_entry proc_sys_entries[], proc_net_entries[], proc_sys_net_entries[];
extern const struct file_ops proc_mem_ops;
int proc_fd_lookup(const struct proc_ref *dir, const char *name, size_t len, struct proc_ref *out);
int proc_fdinfo_lookup(const struct proc_ref *dir, const char *name, size_t len, struct proc_ref *out);
int proc_fd_next(const struct proc_ref *dir, unsigned *cursor, char *name, size_t size);

/* The task that ref names, with a reference; NULL when it is gone. */
struct task *proc_task_get(const struct proc_ref *ref);
/* Its address space, with a reference; NULL for kernel threads and zombies. */
struct mm *proc_mm_get(const struct proc_ref *ref);
/* task_may_access() with the ids for files.  0 or -EACCES */
int __must_check proc_may_access(struct task *t);
int __must_check parse_pid_name(const char *name, size_t len,
				pid_t *nr); /* decimal without leading zeros; -ENOENT */

int proc_show_maps(struct text *t, const struct proc_ref *ref);
int proc_show_smaps(struct text *t, const struct proc_ref *ref);
int proc_show_statm(struct text *t, const struct proc_ref *ref);
int proc_show_stat(struct text *t, const struct proc_ref *ref);
int proc_show_status(struct text *t, const struct proc_ref *ref);
int proc_show_mounts(struct text *t, const struct proc_ref *ref);
int proc_show_mountinfo(struct text *t, const struct proc_ref *ref);
u32 proc_poll_mounts(struct file *f, struct poll_table *pt, u64 *seen);
