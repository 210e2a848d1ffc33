/* SPDX-License-Identifier: MIT */
/*
 * What every file of the launcher needs: messages, memory that cannot fail, string lists, and the path of a
 * program.
 *
 * The launcher is one short-lived thread that owns its memory until it exits; small allocations are not
 * freed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Exit statuses of the launcher itself; 126 and 127 as in a shell, 124 and 125 as in timeout(1) and env(1).
 */
enum {
	STATUS_TIMEOUT = 124,
	STATUS_FAILED = 125,
	STATUS_NOT_RUN = 126,
	STATUS_NOT_FOUND = 127,
};

/* Prints `sysgate: …` and a newline to stderr. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* note(), then exit(3) with the status: everything that must be undone is registered with atexit(3). */
_Noreturn void die(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * As malloc(3), realloc(3), strdup(3) and asprintf(3), but without failure: without memory the launcher ends
 * with 125.
 */
void *get_memory(size_t size);
void *grow_memory(void *at, size_t size);
char *copy_text(const char *text);
char *format_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * A growing list of strings; `at` ends with a null pointer and may be used as an argv. Does not copy the
 * strings.
 */
struct strings {
	char **at;
	size_t count;
};

void strings_add(struct strings *list, const char *text);
void strings_format(struct strings *list, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool strings_has(const struct strings *list, const char *text);

/* The part of a path after the last slash. */
const char *path_base(const char *path);

/* The folder of a path, "." when there is no slash. */
char *path_folder(const char *path);

/* The first executable file called `name` on `path` (as in $PATH), or NULL. */
char *path_search(const char *path, const char *name);

/* Reads at most `size` bytes from the start of a file. Returns their count, or -1 with errno set. */
long file_head(const char *path, void *to, size_t size);
