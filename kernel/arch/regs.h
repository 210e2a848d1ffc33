/* SPDX-License-Identifier: MIT */
/* The one register frame that every entry builds. */
#pragma once

#if defined(__x86_64__)
#include "kernel/arch/x86_64/regs.h"
#endif
