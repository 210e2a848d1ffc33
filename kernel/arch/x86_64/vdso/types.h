/* SPDX-License-Identifier: MIT */
/* The few types that vDSO code needs: it is user code and knows nothing of the kernel but vdso_data. */
#pragma once

#define VDSO_BUILD 1

#include <stdbool.h>
#include <stddef.h>
#include <linux/time.h>
#include <linux/time_types.h>
#ifdef __x86_64__
#include <asm/unistd_64.h>
#else
#include <asm/unistd_32.h>
#endif

typedef unsigned long long u64;
typedef long long s64;
typedef unsigned int u32;

#include "vdso.h"
