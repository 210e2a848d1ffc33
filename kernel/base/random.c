// SPDX-License-Identifier: MIT
/*
 * Random numbers: ChaCha20 (RFC 8439) keyed from RDRAND and the cycle counter at first use, with fast
 * key erasure: each refill overwrites the key.  `seed=N` on the command line makes the stream a
 * function of N.  Lock: random_lock guards all state.
 */
#include "kernel/base/random.h"
#include "kernel/arch/arch.h"
#include "kernel/base/cmdline.h"
#include "kernel/base/string.h"
#include "kernel/sync/spinlock.h"

static struct spinlock random_lock = SPINLOCK_INIT;
static u32 key[8];
static u64 counter;
#define POOL_BLOCKS 4
static u32 pool[16 * POOL_BLOCKS]; /* 32 bytes become the next key, the rest is handed out */
static size_t pool_left;
static bool seeded;

static inline u32 rotl(u32 v, int n)
{
	return v << n | v >> (32 - n);
}

static __always_inline void quarter_round(u32 *x, int a, int b, int c, int d)
{
	x[a] += x[b];
	x[d] = rotl(x[d] ^ x[a], 16);
	x[c] += x[d];
	x[b] = rotl(x[b] ^ x[c], 12);
	x[a] += x[b];
	x[d] = rotl(x[d] ^ x[a], 8);
	x[c] += x[d];
	x[b] = rotl(x[b] ^ x[c], 7);
}

static void chacha_block(u32 out[16])
{
	u32 in[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };

	memcpy(in + 4, key, sizeof(key));
	in[12] = (u32)counter;
	in[13] = (u32)(counter >> 32);
	counter++;
	memcpy(out, in, sizeof(in));
	for (int i = 0; i < 10; i++) {
		quarter_round(out, 0, 4, 8, 12);
		quarter_round(out, 1, 5, 9, 13);
		quarter_round(out, 2, 6, 10, 14);
		quarter_round(out, 3, 7, 11, 15);
		quarter_round(out, 0, 5, 10, 15);
		quarter_round(out, 1, 6, 11, 12);
		quarter_round(out, 2, 7, 8, 13);
		quarter_round(out, 3, 4, 9, 14);
	}
	for (int i = 0; i < 16; i++)
		out[i] += in[i];
}

static void seed_key(void)
{
	char text[24];
	unsigned long n;

	seeded = true;
	if (cmdline_get("seed", text, sizeof(text)) && !kstrtoul(text, 0, &n)) {
		key[0] = (u32)n;
		key[1] = (u32)(n >> 32);
		return;
	}
	for (int i = 0; i < 8; i += 2) {
		u64 r;

		if (!arch_random64(&r))
			r = arch_clock_ns() * 0x9e3779b97f4a7c15UL + (u64)i;
		key[i] ^= (u32)r;
		key[i + 1] ^= (u32)(r >> 32);
	}
}

void random_bytes(void *buf, size_t size)
{
	u8 *out = buf;
	unsigned long flags = spin_lock_irqsave(&random_lock);

	if (!seeded)
		seed_key();
	while (size) {
		if (!pool_left) {
			for (int i = 0; i < POOL_BLOCKS; i++)
				chacha_block(pool + 16 * i);
			memcpy(key, pool, sizeof(key));
			pool_left = sizeof(pool) - sizeof(key);
		}

		size_t n = min(size, pool_left);
		u8 *from = (u8 *)pool + sizeof(pool) - pool_left;

		memcpy(out, from, n);
		memset(from, 0, n); /* what was handed out is not kept */
		pool_left -= n;
		out += n;
		size -= n;
	}
	spin_unlock_irqrestore(&random_lock, flags);
}

u64 random_u64(void)
{
	u64 v;

	random_bytes(&v, sizeof(v));
	return v;
}
