// SPDX-License-Identifier: MIT
/*
 * Breadth-first over DT_NEEDED, in ld.so's order of places: DT_RPATH of the object and of those that asked
 * for it (unless it has DT_RUNPATH), LD_LIBRARY_PATH, DT_RUNPATH, the cache, the default folders. musl's
 * loader has its own short list.
 *
 * The host's ld.so.cache is packed only when a library lies where ld.so would not look without it.
 */
#include <ctype.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ldcache.h"
#include "library.h"

#define CACHE_FILE "/etc/ld.so.cache"

struct object {
	const char *path;
	struct elf_info info;
	const struct object *asked_by;
	struct object *next;
};

struct search {
	struct image *image;
	const char *library_path;
	const char *interpreter;
	bool is_musl;
	struct strings known; /* names that were looked for */
	struct object *last;
};

static const char *const default_folders_64[] = {
	"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib", NULL
};
static const char *const default_folders_32[] = {
	"/lib/i386-linux-gnu", "/usr/lib/i386-linux-gnu", "/lib32", "/usr/lib32", "/lib", "/usr/lib", NULL
};

static const char *const *default_folders(const struct elf_info *info)
{
	return info->is_64 ? default_folders_64 : default_folders_32;
}

static char *find_in(const char *folder, const char *name, const struct elf_info *info)
{
	char *path = format_text("%s/%s", folder, name);

	return elf_matches(path, info) ? path : NULL;
}

/* The length of the token called `name` at `at`, which is behind a dollar sign; 0: it is another. */
static size_t token_length(const char *at, const char *name)
{
	size_t len = strlen(name);
	bool braces = *at == '{';

	at += braces;
	if (strncmp(at, name, len) ||
	    (braces ? at[len] != '}' : isalnum((unsigned char)at[len]) || at[len] == '_'))
		return 0;
	return len + 2 * braces;
}

/* Replaces $ORIGIN and $LIB (ld.so(8), "Dynamic string tokens") in one folder of a run path. */
static char *expand_tokens(const char *folder, size_t len, const struct object *object)
{
	char *rest = format_text("%.*s", (int)len, folder), *text = copy_text(""), *at;

	/* Each is looked for behind the last: what replaced that one may hold a dollar sign of its own. */
	while ((at = strchr(rest, '$'))) {
		const char *value;
		size_t skip;

		if ((skip = token_length(at + 1, "ORIGIN"))) {
			char *real = realpath(object->path, NULL);

			value = path_folder(real ? real : object->path);
		} else if ((skip = token_length(at + 1, "LIB"))) {
			value = object->info.is_64 ? "lib/x86_64-linux-gnu" : "lib/i386-linux-gnu";
		} else {
			break; /* the folder does not exist then */
		}
		*at = 0;
		text = format_text("%s%s%s", text, rest, value);
		rest = at + 1 + skip;
	}
	return format_text("%s%s", text, rest);
}

/* Looks in the folders of a list separated by colons (semicolons too, in LD_LIBRARY_PATH). */
static char *find_along(const char *list, const char *name, const struct object *object)
{
	while (list && *list) {
		size_t len = strcspn(list, ":;");
		char *found = find_in(len ? expand_tokens(list, len, object) : ".", name, &object->info);

		if (found)
			return found;
		list += len + (list[len] != 0);
	}
	return NULL;
}

static char *find_for_musl(struct search *s, const char *name, const struct object *object)
{
	char list[4096] = "", file[256], *found;
	long size;

	if (!strcmp(name, "libc.so") || !strncmp(name, "libc.musl-", 10))
		return copy_text(s->interpreter);
	snprintf(file, sizeof(file), "/etc/%s", path_base(s->interpreter));
	if (strlen(file) > 5)
		strcpy(file + strlen(file) - strlen(".so.1"), ".path");
	size = file_head(file, list, sizeof(list) - 1);
	for (char *at = list; size > 0 && *at; at++) {
		if (*at == '\n')
			*at = ':';
	}
	found = find_along(s->library_path, name, object);
	for (const struct object *o = object; o && !found; o = o->asked_by)
		found = find_along(o->info.runpath ? o->info.runpath : o->info.rpath, name, o);
	if (!found)
		found = find_along(size > 0 ? list : "/lib:/usr/local/lib:/usr/lib", name, object);
	if (found && size > 0 && !image_has(s->image, file))
		image_add_file(s->image, file, file);
	return found;
}

static char *find_in_defaults(const char *name, const struct elf_info *info)
{
	for (const char *const *folder = default_folders(info); *folder; folder++) {
		char *found = find_in(*folder, name, info);

		if (found)
			return found;
	}
	return NULL;
}

static bool is_default_folder(const char *path, const struct elf_info *info)
{
	const char *folder = path_folder(path);

	for (const char *const *at = default_folders(info); *at; at++) {
		if (!strcmp(folder, *at))
			return true;
	}
	return false;
}

static char *find_for_glibc(struct search *s, const char *name, const struct object *object)
{
	char *found = NULL;

	for (const struct object *o = object; o && !object->info.runpath && !found; o = o->asked_by) {
		if (!o->info.runpath)
			found = find_along(o->info.rpath, name, o);
	}
	if (!found)
		found = find_along(s->library_path, name, object);
	if (!found)
		found = find_along(object->info.runpath, name, object);
	if (found || object->info.no_default_folders)
		return found;
	found = ldcache_find(name, &object->info);
	if (!found)
		return find_in_defaults(name, &object->info);
	if (!is_default_folder(found, &object->info) && !image_has(s->image, CACHE_FILE)) {
		image_add_folder(s->image, "/etc", 0755);
		image_add_file(s->image, CACHE_FILE, CACHE_FILE);
	}
	return found;
}

static void pack_one(struct search *s, const char *name, const struct object *asked_by)
{
	struct object *object;
	struct stat st;
	char *found, *end;
	const char *wrong;

	if (strings_has(&s->known, name))
		return;
	strings_add(&s->known, name);
	if (strchr(name, '/'))
		found = elf_matches(name, &asked_by->info) ? copy_text(name) : NULL;
	else
		found = s->is_musl ? find_for_musl(s, name, asked_by) : find_for_glibc(s, name, asked_by);
	end = found ? image_add_way(s->image, found, &st) : NULL;
	if (!end) {
		note("warning: %s needs the library %s, which is not on this machine", asked_by->path, name);
		return;
	}
	image_add_file(s->image, end, end);
	object = get_memory(sizeof(*object));
	object->path = found;
	object->asked_by = asked_by;
	wrong = elf_read(end, &object->info);
	if (wrong)
		note("warning: the library %s %s", found, wrong);
	s->last->next = object;
	s->last = object;
}

/* glibc loads this one by itself when a thread ends early, and aborts when it is missing. */
static void pack_unwinder(struct search *s, const struct object *program)
{
	struct stat st;
	char *found = find_in_defaults("libgcc_s.so.1", &program->info);
	char *end = found ? image_add_way(s->image, found, &st) : NULL;

	if (end)
		image_add_file(s->image, end, end);
}

void library_pack_all(struct image *image, const char *path, const struct elf_info *info,
		      const char *library_path)
{
	struct object program = { .path = path, .info = *info };
	struct search s = { .image = image, .library_path = library_path, .last = &program };

	s.interpreter = info->interpreter;
	s.is_musl = strstr(info->interpreter, "/ld-musl-");
	for (const struct object *o = &program; o; o = o->next) {
		for (size_t i = 0; i < o->info.needed.count; i++)
			pack_one(&s, o->info.needed.at[i], o);
	}
	if (strings_has(&s.known, "libc.so.6"))
		pack_unwinder(&s, &program);
}
