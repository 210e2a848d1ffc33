/* SPDX-License-Identifier: MIT */
/* Device memory and port access for drivers. */
#pragma once

#include "kernel/arch/io.h"

/*
 * Maps device registers uncached for ever; NULL when no page table could be had.  Boot and process
 * context.
 */
volatile void *ioremap(u64 phys, size_t size) __must_check;

static inline u32 mmio_read32(volatile void *base, size_t off)
{
	return *(volatile u32 *)((volatile u8 *)base + off);
}
static inline void mmio_write32(volatile void *base, size_t off, u32 v)
{
	*(volatile u32 *)((volatile u8 *)base + off) = v;
}
static inline u16 mmio_read16(volatile void *base, size_t off)
{
	return *(volatile u16 *)((volatile u8 *)base + off);
}
static inline void mmio_write16(volatile void *base, size_t off, u16 v)
{
	*(volatile u16 *)((volatile u8 *)base + off) = v;
}
static inline u8 mmio_read8(volatile void *base, size_t off)
{
	return *((volatile u8 *)base + off);
}
static inline void mmio_write8(volatile void *base, size_t off, u8 v)
{
	*((volatile u8 *)base + off) = v;
}
