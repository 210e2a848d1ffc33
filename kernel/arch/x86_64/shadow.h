/* SPDX-License-Identifier: MIT */
/*
 * Where the address sanitizer's shadow is in the top level of the page tables: ffffec0000000000 to
 * fffffbffffffffff.  Also for assembly.
 */
#pragma once

#define SHADOW_FIRST 472
#define SHADOW_COUNT 32

#if defined(CONFIG_DEBUG) && !defined(__ASSEMBLER__)
void shadow_inherit(void); /* boot: init_pgd gets what early_pgd has for the shadow */
#elif !defined(__ASSEMBLER__)
static inline void shadow_inherit(void)
{
}
#endif
