/* SPDX-License-Identifier: MIT */
/* Labels of entry.S and entry_ia32.S that C refers to. */
#pragma once

void entry_syscall64(void);
void entry_syscall32(void);
void entry_sysenter(void);
void entry_int80(void);
void ret_from_fork(void);
extern const char vector_stubs[]; /* 256 stubs, VECTOR_STUB_SIZE bytes each */
#define VECTOR_STUB_SIZE 16
