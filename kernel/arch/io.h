/* SPDX-License-Identifier: MIT */
/* Port access for drivers of the devices that have ports: inb(), outb() and their kin. */
#pragma once

#if defined(__x86_64__)
#include "kernel/arch/x86_64/insn.h"
#endif
