/* SPDX-License-Identifier: MIT */
/*
 * Forced into the launcher's sources for the fuzz targets host_*.c: what ends the launcher ends a round, what
 * it leaves to the end of the process is freed after the round, and what it says is not printed.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern jmp_buf round_end; /* set it first: 0, then the launcher's status + 1 */

_Noreturn void round_exit(int status);
void *round_realloc(void *at, size_t size);
void round_free(void *at);
int round_vasprintf(char **out, const char *format, va_list args);
void round_release(void); /* call it at the end of each round */

/* A file with this content, open for reading; the same path each time. */
const char *round_file(const uint8_t *data, size_t size);
/* The input as a string. */
char *round_text(const uint8_t *data, size_t size);

#define CHECK(cond)                                                                         \
	do {                                                                                \
		if (!(cond)) {                                                              \
			fprintf(stderr, "%s:%d: %s is false\n", __FILE__, __LINE__, #cond); \
			abort();                                                            \
		}                                                                           \
	} while (0)

#ifndef LAUNCHER_ITSELF
#define exit         round_exit
#define realloc      round_realloc
#define free         round_free
#define vasprintf    round_vasprintf
#define dprintf(...) ((void)0)
#endif
