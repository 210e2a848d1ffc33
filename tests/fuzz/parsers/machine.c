// SPDX-License-Identifier: MIT
/*
 * What every kernel file expects to stand on: a CPU behind %gs and a task that runs on it.  `cli` and `sti` are
 * made nothing by macros of the assembler (privileged.h).
 */
#include "kernel/task/task.h"
#include "kernel/sync/preempt.h"

#define SYS_ARCH_PRCTL 158
#define ARCH_SET_GS    0x1001

long syscall(long number, ...);
void _exit(int status) __noreturn;

static struct process process;
static struct cred cred = { .refs = 1 };
static struct task task = { .proc = &process, .cred = &cred };
static struct cpu cpu = { .self = &cpu, .curr = &task };
struct cpu *cpus[MAX_CPUS] = { &cpu };
int nr_cpus = 1;

__attribute__((constructor)) static void machine_start(void)
{
	if (syscall(SYS_ARCH_PRCTL, ARCH_SET_GS, &cpu))
		panic("no GS base to be had\n");
}

void preempt_schedule(void)
{
}

void printk(const char *fmt, ...)
{
}
