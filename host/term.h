/* SPDX-License-Identifier: MIT */
/* The caller's terminal: raw while the guest has it, and put back however the launcher ends. */
#pragma once

#include <stdbool.h>

/*
 * Hands the keyboard of the terminal `fd` to the guest, ^C included. `keep_output` leaves the translation of
 * newlines on, for when others write to the same terminal. Undone at exit.
 */
void term_raw(int fd, bool keep_output);

/* Raw again after the launcher was stopped and continued. */
void term_resume(void);

/* Puts the terminal back now. */
void term_restore(void);

/* The window's size, 0 when unknown. */
void term_size(int fd, unsigned int *rows, unsigned int *columns);
