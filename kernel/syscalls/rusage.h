/* SPDX-License-Identifier: MIT */
/* struct rusage in both layouts (getrusage(2), wait4(2), waitid(2)). */
#pragma once

#include "abi/ia32/process.h"
#include "kernel/gate/uaccess.h"
#include "kernel/task/task.h"

int __must_check rusage_put(const struct cpu_times *t, struct rusage __user *u);
int __must_check rusage_put_ia32(const struct cpu_times *t, struct ia32_rusage __user *u);
