/* SPDX-License-Identifier: MIT */
/* The machine part of a task and of an address space. */
#pragma once

#include "kernel/base/list.h"

struct fpu_state; /* XSAVE image, 64-byte aligned, size from CPUID; NULL until first used */

struct arch_task {
	unsigned long ksp; /* saved kernel stack pointer while not running */
	unsigned long fsbase;
	unsigned long gsbase;
	u16 fsindex, gsindex, ds, es;
	u64 tls[3]; /* GDT entries 12…14, set_thread_area(2) */
	struct fpu_state *fpu;
	bool ia32; /* runs a 32-bit ABI program (personality of exec) */
	bool ia32_call; /* in a call of the 32-bit ABI; set and cleared by the entry code */
	bool no_tsc; /* [self] rdtsc in user mode is a fault: PR_SET_TSC; CR4 follows */
	unsigned long fault_addr; /* CR2, error code and vector of the last exception: sigcontext fields */
	unsigned long fault_error;
	unsigned long fault_vector;
	unsigned long debugreg[8];
};

struct arch_mm {
	u64 *pgd; /* direct-map pointer to the top level */
	struct list_head tables; /* [mm->pt_lock] all tables below it, newest first */
	u64 cpu_mask; /* [atomic] CPUs whose TLB may hold entries */
	u64 ctx_id; /* [const] unique, for PCID */
	u64 tlb_gen; /* [atomic] counts flushes */
	unsigned long vdso; /* base of the mapped vDSO, 0 when none */
};
