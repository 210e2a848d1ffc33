/* SPDX-License-Identifier: MIT */
/* The caller's own initramfs (--initrd). */
#pragma once

#include <stdbool.h>

/*
 * Copies FILE to the start of `to`, padded so that another archive may follow. It is checked first: a damaged
 * one ends the launcher with a line that says where. `any_format` lets compressed ones pass, for kernels that
 * unpack them.
 */
void initrd_copy(const char *file, bool any_format, int to);
