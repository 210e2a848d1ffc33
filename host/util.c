// SPDX-License-Identifier: MIT
/* Messages, memory, string lists and paths for the launcher. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util.h"

static void print_note(const char *format, va_list args)
{
	char text[4096];

	vsnprintf(text, sizeof(text), format, args);
	/* One write, so that lines of several launchers do not mix. */
	dprintf(STDERR_FILENO, "sysgate: %s\n", text);
}

void note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_note(format, args);
	va_end(args);
}

void die(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_note(format, args);
	va_end(args);
	exit(status);
}

void *grow_memory(void *at, size_t size)
{
	at = realloc(at, size);
	if (!at)
		die(STATUS_FAILED, "out of memory");
	return at;
}

void *get_memory(size_t size)
{
	return memset(grow_memory(NULL, size), 0, size);
}

char *copy_text(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(grow_memory(NULL, size), text, size);
}

static char *format_args(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		die(STATUS_FAILED, "out of memory");
	return text;
}

char *format_text(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = format_args(format, args);
	va_end(args);
	return text;
}

void strings_add(struct strings *list, const char *text)
{
	/* Powers of two: the list is full when its count and the terminator reach one. */
	if (!list->at || !((list->count + 1) & list->count))
		list->at = grow_memory(list->at, 2 * (list->count + 1) * sizeof(*list->at));
	list->at[list->count++] = (char *)text;
	list->at[list->count] = NULL;
}

void strings_format(struct strings *list, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	strings_add(list, format_args(format, args));
	va_end(args);
}

bool strings_has(const struct strings *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++) {
		if (!strcmp(list->at[i], text))
			return true;
	}
	return false;
}

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *path_folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return copy_text(".");
	return slash == path ? copy_text("/") : format_text("%.*s", (int)(slash - path), path);
}

char *path_search(const char *path, const char *name)
{
	while (path && *path) {
		size_t len = strcspn(path, ":");
		char *file = format_text("%.*s/%s", len ? (int)len : 1, len ? path : ".", name);
		struct stat st;

		if (!stat(file, &st) && S_ISREG(st.st_mode) && !access(file, X_OK))
			return file;
		free(file);
		path += len + (path[len] == ':');
	}
	return NULL;
}

long file_head(const char *path, void *to, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	long got;

	if (fd < 0)
		return -1;
	got = read(fd, to, size);
	close(fd);
	return got;
}
