// SPDX-License-Identifier: MIT
/*
 * The orders are records `key=value`, each ended by a NUL byte, because any other byte may be part of an
 * argument (docs/launcher-protocol.md lists the keys).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"
#include "program.h"

#define GUEST_PATH    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define SHELL_IN_ROOT "/.sysgate/busybox"

static const char *const stream_words[] = { "closed", "tty", "port", "stdout" };

struct orders {
	char *text;
	size_t size;
};

static void order(struct orders *orders, const char *key, const char *value)
{
	size_t key_len = strlen(key), value_len = strlen(value);

	orders->text = grow_memory(orders->text, orders->size + key_len + value_len + 2);
	memcpy(orders->text + orders->size, key, key_len);
	orders->size += key_len;
	orders->text[orders->size++] = '=';
	memcpy(orders->text + orders->size, value, value_len + 1);
	orders->size += value_len + 1;
}

static void order_number(struct orders *orders, const char *key, unsigned int number)
{
	order(orders, key, format_text("%u", number));
}

static void order_env(struct orders *orders, const struct options *o, const struct guest_streams *streams)
{
	bool tty = false;

	for (int i = 0; i < 3; i++)
		tty |= streams->fd[i] == STREAM_TTY;
	if (!options_env(o, "PATH"))
		order(orders, "env", "PATH=" GUEST_PATH);
	if (!options_env(o, "HOME"))
		order(orders, "env", o->uid ? "HOME=/" : "HOME=/root");
	if (tty && getenv("TERM") && !options_env(o, "TERM"))
		order(orders, "env", format_text("TERM=%s", getenv("TERM")));
	for (size_t i = 0; i < o->env.count; i++) {
		const char *env = o->env.at[i];

		/* Only the last of several: which one a program sees would depend on its libc. */
		if (options_env(o, format_text("%.*s", (int)strcspn(env, "="), env)) == strchr(env, '=') + 1)
			order(orders, "env", env);
	}
}

static struct orders orders_write(const struct options *o, const char *exec, char *const *argv,
				  const struct guest_streams *streams)
{
	struct orders orders = { 0 };

	order(&orders, "exec", exec);
	for (; *argv; argv++)
		order(&orders, "arg", *argv);
	order_env(&orders, o, streams);
	order(&orders, "cwd", o->cwd);
	order_number(&orders, "uid", o->uid);
	order_number(&orders, "gid", o->gid);
	order_number(&orders, "rows", streams->rows);
	order_number(&orders, "columns", streams->columns);
	for (int i = 0; i < 3; i++)
		order(&orders, format_text("fd%d", i), stream_words[streams->fd[i]]);
	return orders;
}

/* Links for busybox's applets, as far as nothing else is there, so that a shell finds them. */
static void pack_applets(struct image *image, const char *busybox)
{
	struct stat st;
	char *bin = image_add_way(image, "/bin", &st), *target = realpath(busybox, NULL), name[128];
	FILE *list = popen(format_text("'%s' --list", busybox), "re");

	if (!bin)
		image_add_folder(image, bin = copy_text("/bin"), 0755);
	while (list && fgets(name, sizeof(name), list)) {
		name[strcspn(name, "\n")] = 0;
		image_add_link(image, format_text("%s/%s", bin, name), target);
	}
	if (list)
		pclose(list);
}

static const char *busybox_find(void)
{
	char *path = path_search(getenv("PATH"), "busybox");

	if (!path)
		die(STATUS_NOT_FOUND, "shell: busybox is not on the PATH (apt-get install busybox-static)");
	return path;
}

/* What every program expects to find, unless something else has been packed there. */
static void pack_base(struct image *image, const struct options *o)
{
	static const char *const folders[] = { "/dev", "/proc", "/sys",     "/run", "/etc",
					       "/usr", "/var",  "/usr/bin", NULL };
	static const char *const links[] = { "/bin", "/sbin", "/lib", "/lib64", NULL };
	char *passwd = copy_text("root:x:0:0:root:/root:/bin/sh\n"),
	     *group = copy_text("root:x:0:\ntty:x:5:\n");
	struct stat st;

	for (const char *const *at = folders; *at; at++)
		image_add_folder(image, *at, 0755);
	for (const char *const *at = links; *at; at++)
		image_add_way(image, *at, &st);
	image_add_folder(image, "/root", 0700);
	image_add_folder(image, "/tmp", 01777);
	image_add_folder(image, "/var/tmp", 01777);
	image_add_device(image, "/dev/console", 0600, 5, 1);
	image_add_device(image, "/dev/null", 0666, 1, 3);
	if (o->uid)
		passwd = format_text("%suser:x:%u:%u::/:/bin/sh\n", passwd, o->uid, o->gid);
	if (o->gid && o->gid != 5)
		group = format_text("%suser:x:%u:\n", group, o->gid);
	image_add_text(image, "/etc/passwd", passwd, strlen(passwd), 0644);
	image_add_text(image, "/etc/group", group, strlen(group), 0644);
}

/* --cwd is made when the image is ours; owned by the guest's user, so that the program can write there. */
static void pack_cwd(struct image *image, const char *cwd)
{
	for (const char *slash = strchr(cwd + 1, '/'); *cwd == '/' && cwd[1];
	     slash = strchr(slash + 1, '/')) {
		image_add_folder(image, slash ? format_text("%.*s", (int)(slash - cwd), cwd) : cwd,
				 slash ? 0755 : 01777);
		if (!slash)
			break;
	}
}

static bool wants_applets(const char *path, char *const *argv)
{
	return program_is(path, "busybox") &&
	       (!strcmp(path_base(argv[0]), "sh") ||
		(argv[1] && (!strcmp(argv[1], "sh") || !strcmp(argv[1], "ash"))));
}

/* Packs the program and what it needs from the host. Returns its path in the guest. */
static const char *pack_from_host(struct image *image, const struct options *o, char *const *argv,
				  const char *program)
{
	const char *guest_path = options_env(o, "PATH"), *library_path = options_env(o, "LD_LIBRARY_PATH");
	const char *path = program_find(program);

	program_pack(image, path, guest_path ? guest_path : GUEST_PATH, library_path);
	if (wants_applets(path, argv))
		pack_applets(image, path);
	pack_cwd(image, o->cwd);
	return path;
}

struct image *guest_pack(const struct options *o, bool shell, const char *init,
			 const struct guest_streams *streams)
{
	static char *const shell_argv[] = { "sh", NULL };
	const char *guest_path = options_env(o, "PATH"), *exec;
	char *const *argv = shell ? shell_argv : o->argv;
	struct image *image = image_create(o->initrd, o->kernel, o->uid, o->gid,
					   o->pack ? UINT64_MAX : o->memory);
	struct orders orders;
	struct stat st;

	if (o->root) {
		if (stat(o->root, &st) || !S_ISDIR(st.st_mode))
			die(STATUS_FAILED, "--root %s: is not a folder", o->root);
		image_add_tree(image, "", o->root);
	}
	for (size_t i = 0; i < o->add.count; i++)
		program_add(image, o->add.at[i], guest_path ? guest_path : GUEST_PATH,
			    options_env(o, "LD_LIBRARY_PATH"));
	image_add_folder(image, "/.sysgate", 0755);
	if (!o->root && !o->initrd) {
		exec = pack_from_host(image, o, argv, shell ? busybox_find() : argv[0]);
		pack_base(image, o);
	} else if (shell) {
		exec = SHELL_IN_ROOT;
		image_add_file(image, exec, busybox_find());
	} else {
		exec = argv[0];
	}
	image_add_file(image, "/.sysgate/init", init);
	orders = orders_write(o, exec, argv, streams);
	image_add_text(image, "/.sysgate/run", orders.text, orders.size, 0600);
	return image;
}
