/* SPDX-License-Identifier: MIT */
/* Between mmu.c (tables) and tlb.c (what the CPUs remember of them). */
#pragma once

struct arch_mm;

#define PTE_ADDR 0x000ffffffffff000UL

extern char data_end[]; /* kernel.lds */

void tlb_flush_kernel(unsigned long va); /* one kernel page, on every CPU */
void tlb_forget(struct arch_mm *am); /* no CPU may keep am in CR3: its top level is about to be freed */
bool mmu_sync_kernel(unsigned long va);
