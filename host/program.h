/* SPDX-License-Identifier: MIT */
/*
 * Finds a program on the host and packs it with everything that the kernel and ld.so will ask for to start
 * it.
 */
#pragma once

#include "image.h"

/*
 * The absolute path of PROGRAM as a shell on the host would find it. Ends the launcher with 127 when there is
 * none and with 126 when it is no executable file.
 */
char *program_find(const char *program);

/*
 * Packs the program at `path` (absolute, on the host): the file, its interpreters (`#!`, and what
 * /usr/bin/env is asked for, looked up on `guest_path`), its ELF interpreter and its libraries with theirs.
 * `library_path` is searched first, as LD_LIBRARY_PATH is. Ends the launcher with 126 when the file cannot
 * run in the guest.
 */
void program_pack(struct image *image, const char *path, const char *guest_path, const char *library_path);

/*
 * Packs a host's path that is no PROGRAM (--add): a folder with all that is in it, or a file, which gets what
 * it needs when it is a program.
 */
void program_add(struct image *image, const char *path, const char *guest_path, const char *library_path);

/* True when the file that `path` leads to is called `name`, whatever links lead there. */
bool program_is(const char *path, const char *name);
