/* SPDX-License-Identifier: MIT */
/*
 * The one door for randomness (ChaCha20, seeded from RDRAND/RDTSC/boot entropy; `seed=` makes it a
 * function of N).
 */
#pragma once

void random_bytes(void *buf, size_t size); /* never sleeps, never fails */
u64 random_u64(void);
