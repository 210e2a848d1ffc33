/* SPDX-License-Identifier: MIT */
/* The per-CPU block and preemption primitives of the architecture being built. */
#pragma once

#if defined(__x86_64__)
#include "kernel/arch/x86_64/cpu.h"
#else
#error "no architecture"
#endif
