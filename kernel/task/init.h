/* SPDX-License-Identifier: MIT */
/* The first program: a kernel thread that execs rdinit= (or a fall-back) as PID 1. */
#pragma once

void init_start(void); /* last act of boot: creates PID 1 and returns */
