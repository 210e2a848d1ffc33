/* SPDX-License-Identifier: MIT */
/* Forced into every kernel source of a fuzz target: instructions that a program may not execute vanish. */
#pragma once

__asm__(".macro cli\n.endm\n.macro sti\n.endm\n");
