// SPDX-License-Identifier: MIT
/* /proc/PID/net and /proc/sys/net: the sockets there are, and the limits they live under. */
#include "kernel/base/string.h"
#include "kernel/fs/proc/proc.h"
#include "kernel/mm/slab.h"
#include "kernel/net/unix/unix.h"

/* ---- /proc/net/unix -------------------------------------------------------------------------- */

static void show_address(struct text *t, const struct unix_addr *a)
{
	int len = a->len - (int)UNIX_PATH_OFF;

	text_append(t, " ", 1);
	if (a->name.sun_path[0]) {
		text_append(t, a->name.sun_path, (size_t)len - 1);
		return;
	}
	for (int i = 0; i < len; i++) /* abstract: every NUL is shown as @ */
		text_append(t, a->name.sun_path[i] ? &a->name.sun_path[i] : "@", 1);
}

/* A line as Linux prints it, the socket's address in memory left out. */
static void show_socket(struct text *t, struct unix_sock *u)
{
	const struct unix_addr *a = atomic_load(&u->addr);
	struct sock *sk = &u->sk;
	bool open, connected, listening;
	u32 refs = READ_ONCE(sk->refs); /* ours stands for the one that Linux's table has */
	ino_t ino;

	spin_lock(&sk->lock);
	open = sk->file;
	ino = open ? sk->file->inode->ino : 0;
	connected = sk->state == SK_ESTABLISHED;
	listening = sk->state == SK_LISTEN;
	spin_unlock(&sk->lock);
	/* SS_CONNECTED, SS_UNCONNECTED; not accepted yet: SS_CONNECTING, SS_DISCONNECTING */
	text_printf(t, "%016x: %08X %08X %08X %04X %02X %5lu", 0, refs, 0, listening ? 0x10000 : 0, sk->type,
		    open ? (connected ? 3 : 1) : (connected ? 2 : 4), ino);
	if (a)
		show_address(t, a);
	text_append(t, "\n", 1);
}

static int show_unix(struct text *t, const struct proc_ref *ref)
{
	text_printf(t, "Num       RefCount Protocol Flags    Type St Inode Path\n");
	for (u32 b = 0; b < UNIX_BUCKETS; b++) {
		struct unix_sock **u __cleanup(kfreep) = NULL;
		u32 count;
		int err = unix_table_snapshot(b, &u, &count);

		if (err)
			return err;
		for (u32 i = 0; i < count; i++) {
			show_socket(t, u[i]);
			sock_put(&u[i]->sk);
		}
	}
	return 0;
}

const struct proc_entry proc_net_entries[] = {
	{ .name = "unix", .mode = S_IFREG | 0444, .show = show_unix },
	{ 0 },
};

/* ---- /proc/sys/net --------------------------------------------------------------------------- */

static const struct setting {
	const char *name;
	int *value;
	int min;
} settings[] = {
	{ "somaxconn", &sock_settings.somaxconn, 0 },
	{ "wmem_default", &sock_settings.wmem_default, SOCK_MIN_SNDBUF },
	{ "wmem_max", &sock_settings.wmem_max, SOCK_MIN_SNDBUF },
	{ "rmem_default", &sock_settings.rmem_default, SOCK_MIN_RCVBUF },
	{ "rmem_max", &sock_settings.rmem_max, SOCK_MIN_RCVBUF },
	{ "optmem_max", &sock_settings.optmem_max, INT32_MIN },
	{ "max_dgram_qlen", &unix_max_dgram_qlen, INT32_MIN },
};

static const struct setting *setting_of(const struct proc_ref *ref)
{
	size_t i = 0;

	while (strcmp(settings[i].name, ref->entry->name))
		i++;
	return &settings[i];
}

static int show_setting(struct text *t, const struct proc_ref *ref)
{
	text_printf(t, "%d\n", READ_ONCE(*setting_of(ref)->value));
	return 0;
}

static int write_setting(const struct proc_ref *ref, const char *data, size_t len)
{
	const struct setting *s = setting_of(ref);
	char number[24];
	long value;

	if (len && data[len - 1] == '\n')
		len--;
	if (len >= sizeof(number))
		return -EINVAL;
	memcpy(number, data, len);
	number[len] = 0;
	if (kstrtol(number, 10, &value) || value < s->min || value > INT32_MAX)
		return -EINVAL;
	WRITE_ONCE(*s->value, (int)value);
	return 0;
}

#define SETTING(nm)                                                                    \
	{                                                                              \
		.name = nm, .mode = S_IFREG | 0644, .raw = true, .show = show_setting, \
		.write = write_setting                                                 \
	}

static const struct proc_entry core_entries[] = {
	SETTING("somaxconn"),
	SETTING("wmem_default"),
	SETTING("wmem_max"),
	SETTING("rmem_default"),
	SETTING("rmem_max"),
	SETTING("optmem_max"),
	{ 0 },
};

static const struct proc_entry unix_entries[] = { SETTING("max_dgram_qlen"), { 0 } };

const struct proc_entry proc_sys_net_entries[] = {
	{ .name = "core", .mode = S_IFDIR | 0555, .children = core_entries },
	{ .name = "unix", .mode = S_IFDIR | 0555, .children = unix_entries },
	{ 0 },
};
