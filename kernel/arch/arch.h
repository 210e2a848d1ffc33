/* SPDX-License-Identifier: MIT */
/*
 * The contract between the kernel and an architecture.  Everything machine-dependent that other rooms
 * may call is declared here (or in regs.h and cpu.h); kernel/arch/<a>/ implements it.
 */
#pragma once

#include "kernel/arch/cpu.h"
#include "kernel/arch/regs.h"

struct task;
struct mm;
struct page;
struct arch_mm;
struct siginfo;
struct ksignal;

/* ---- address space -------------------------------------------------------------------------- */
#define KERNEL_VMA    0xffffffff80000000UL /* kernel image: virtual = physical + KERNEL_VMA */
#define DIRECT_MAP    0xffff888000000000UL /* all RAM: virtual = physical + DIRECT_MAP */
#define VMALLOC_START 0xffffc90000000000UL
#define VMALLOC_END   0xffffe8ffffffffffUL
#define USER_TOP      0x00007ffffffff000UL /* TASK_SIZE of a 64-bit program */
#define USER_TOP_IA32 \
	0x00000000ffffe000UL /* TASK_SIZE of a 32-bit program on a 64-bit kernel (Linux: 0xffffe000) */

static inline void *phys_to_virt(u64 phys)
{
	return (void *)(phys + DIRECT_MAP);
}
static inline u64 virt_to_phys(const void *virt) /* direct map or kernel image */
{
	unsigned long v = (unsigned long)virt;

	return v >= KERNEL_VMA ? v - KERNEL_VMA : v - DIRECT_MAP;
}

/* ---- boot ----------------------------------------------------------------------------------- */
struct boot_range {
	u64 start, end; /* physical bytes, [start, end) */
};
struct boot_info {
	struct boot_range
		ram[32]; /* usable, sorted, page-aligned; kernel image, initrd and boot data NOT cut out */
	int nr_ram;
	struct boot_range reserved[16]; /* in RAM but not free: kernel image, initrd, page tables, ACPI */
	int nr_reserved;
	struct boot_range initrd;
	u64 rsdp;
};
extern struct boot_info boot_info;
/* Called by arch on the boot CPU with the direct map of all RAM ready, interrupts off: kernel/base/init.c. */
void kernel_main(void) __noreturn;
/* Called by kernel_main() in order. */
void arch_init_early(void); /* after mm: IDT, per-CPU data, FPU, LAPIC; before the scheduler */
void arch_init_timer(void); /* clock source and clock event */
void arch_start_cpus(void); /* brings up the others; each ends in sched_start_secondary() */
const char *arch_cpu_model(void);
void arch_cpuinfo_format(int cpu, char *buf, size_t size); /* one /proc/cpuinfo stanza */

/* ---- interrupts ----------------------------------------------------------------------------- */
/*
 * arch_irq_save(), arch_irq_restore(), arch_irq_enable(), arch_irq_disable(), arch_irqs_enabled():
 * arch/cpu.h
 */
void arch_idle_wait(
	void); /* called with interrupts off; enables them and halts atomically; returns with them on */
typedef void (*irq_handler_t)(void *arg);
/*
 * Routes a global system interrupt (ISA irq or GSI) to a handler run with interrupts off.  -EBUSY,
 * -EINVAL.
 */
int __must_check arch_irq_request(unsigned gsi, bool level, irq_handler_t fn, void *arg);
/* Allocates an MSI vector: *addr and *data are what the device must write. */
int __must_check arch_msi_request(irq_handler_t fn, void *arg, u64 *addr, u32 *data);
void arch_send_resched(int cpu);
void arch_call_all(
	void (*fn)(void *),
	void *arg); /* runs fn on every other CPU and waits; preemption must be off, interrupts on */

/* ---- time ----------------------------------------------------------------------------------- */
u64 arch_clock_ns(void); /* monotonic since boot, nanoseconds; same on all CPUs */
u64 arch_wall_clock_sec(void); /* RTC at boot in seconds since the epoch; 0 when there is none */
void arch_timer_program(u64 deadline_ns); /* next local timer interrupt (→ timer_interrupt()); ~0 disarms */
void timer_interrupt(const struct regs *regs); /* kernel/time, interrupt context */

/* ---- tasks ---------------------------------------------------------------------------------- */
#include "kernel/arch/x86_64/task.h"
#ifdef CONFIG_DEBUG
#define KSTACK_SIZE (8 * PAGE_SIZE) /* the sanitizers make frames larger */
#else
#define KSTACK_SIZE (4 * PAGE_SIZE)
#endif
/*
 * Switches kernel stacks, FS/GS bases, IO state, TSS.sp0, per-CPU `current`; returns the task that ran
 * before.
 */
struct task *arch_switch(struct task *prev, struct task *next);
/*
 * First run of a task.  User: returns to user mode with *regs via the exit path; kernel thread: calls
 * fn(arg).
 */
void arch_task_setup_user(struct task *t, const struct regs *regs);
void arch_task_setup_kthread(struct task *t, void (*fn)(void *), void *arg);
int __must_check arch_task_dup(struct task *child, const struct task *parent); /* FPU, TLS; -ENOMEM */
void arch_task_free(struct task *t);
unsigned long arch_task_frame(const struct task *t); /* for backtrace_print(): a task that is not running */
void arch_task_exec(struct task *t); /* resets FPU, TLS, debug registers */
static inline struct regs *task_user_regs(void *kstack)
{
	return (struct regs *)((char *)kstack + KSTACK_SIZE) - 1;
}
/* Sets the registers for the start of a program. */
void arch_regs_exec(struct regs *regs, unsigned long entry, unsigned long sp, bool ia32);
int __must_check arch_set_tls(struct task *t, struct regs *regs, unsigned long tls,
			      bool ia32); /* CLONE_SETTLS */
long arch_prctl(struct task *t, int option, unsigned long addr);
/* PR_SET_TSC, PR_GET_TSC of prctl(2): whether the caller may read the time stamp counter, else SIGSEGV. */
void arch_set_tsc_permission(bool allowed);
bool arch_tsc_permission(void);

/* ---- page tables (kernel/mm is the only caller) ---------------------------------------------- */
typedef u64 pte_t;
enum { /* arch-neutral protection of a mapping */
       PROT_PTE_READ = 1,
       PROT_PTE_WRITE = 2,
       PROT_PTE_EXEC = 4,
       PROT_PTE_USER = 8,
       PROT_PTE_NOCACHE = 16,
};
int __must_check arch_mm_init(struct arch_mm *am); /* new top level with the kernel half; -ENOMEM */
void arch_mm_destroy(struct arch_mm *am); /* page tables only; user pages are already unmapped */
void arch_mm_switch(struct mm *mm); /* loads CR3/PCID on this CPU; NULL: kernel only */
/*
 * Levels: the table walk.  Returns the slot of `va` (allocating tables when alloc), NULL when absent or
 * out of memory.
 */
pte_t *arch_pte_walk(struct arch_mm *am, unsigned long va, bool alloc);
pte_t *arch_pmd_walk(struct arch_mm *am, unsigned long va, bool alloc); /* slot of a 2 MiB entry */
pte_t arch_pte_make(u64 phys,
		    unsigned prot); /* present; accessed and, when writable, dirty left to hardware */
#define ARCH_PTE_SOFT1 (1UL << 9) /* free for kernel/mm (software bits) */
#define ARCH_PTE_SOFT2 (1UL << 10)
static inline bool arch_pte_present(pte_t p)
{
	return p & 1;
}
static inline bool arch_pte_writable(pte_t p)
{
	return p & 2;
}
static inline bool arch_pte_accessed(pte_t p)
{
	return p & 0x20;
}
static inline bool arch_pte_dirty(pte_t p)
{
	return p & 0x40;
}

static inline u64 arch_pte_phys(pte_t p)
{
	return p & 0x000ffffffffff000UL;
}
static inline pte_t arch_pte_wrprotect(pte_t p)
{
	return p & ~2UL;
}
/* Absent for the machine while the entry keeps its page (PROT_NONE), and back. */
static inline pte_t arch_pte_hide(pte_t p)
{
	return p & ~1UL;
}
static inline pte_t arch_pte_mkclean(pte_t p)
{
	return p & ~0x40UL;
}
/* Frees page-table pages that are wholly inside [start, end) (all entries are clear). */
void arch_free_tables(struct arch_mm *am, unsigned long start, unsigned long end);
/*
 * Invalidates [start, end) of mm on every CPU that uses it (shoot-down); ranged when small.  end==~0:
 * everything.
 */
void arch_tlb_flush(struct mm *mm, unsigned long start, unsigned long end);
/* Kernel mappings (vmalloc area, device memory): shared by every address space. */
int __must_check arch_kernel_map(unsigned long va, u64 phys, unsigned prot);
void arch_kernel_unmap(unsigned long va); /* also flushes everywhere */
#ifdef CONFIG_DEBUG
/* The address sanitizer's shadow: one byte at (address >> 3) + SHADOW_OFFSET for 8 of the kernel's half. */
#define SHADOW_OFFSET 0xdffffc0000000000UL
/* Boot: physical memory [phys, end) is what arch_shadow_map() takes pages from until it is used up. */
void arch_shadow_give(u64 phys, u64 end);
/*
 * Gives the shadow addresses [start, end), rounded to pages, memory of their own that holds `fill` where they
 * have none.  -ENOMEM.  Boot, or one caller at a time that may sleep.
 */
int __must_check arch_shadow_map(unsigned long start, unsigned long end, u8 fill);
void arch_shadow_seal(
	void); /* boot: what has no memory of its own reads as 0 and cannot be written any more */
#endif
void arch_clear_page(void *page);
void arch_copy_page(void *dst, const void *src);

/*
 * Page fault from user or from a user copy: kernel/mm/fault.c.  Returns 0 when it is resolved; else the
 * signal's data: SIGSEGV with SEGV_MAPERR/SEGV_ACCERR, SIGBUS with BUS_ADRERR, or -ENOMEM after the OOM
 * killer chose us.
 */
#define FAULT_WRITE 1
#define FAULT_EXEC  2
#define FAULT_USER  4 /* the access itself was made in user mode */
struct fault_result {
	int sig; /* 0: resolved */
	int code; /* si_code */
};
struct fault_result mm_fault(struct mm *mm, unsigned long addr, unsigned flags);

/* ---- user memory ------------------------------------------------------------------------------ */
/*
 * Return the number of bytes NOT copied; addresses were range-checked by kernel/gate/uaccess.h; may fault
 * and sleep.
 */
size_t arch_copy_from_user(void *dst, const void __user *src, size_t n);
size_t arch_copy_to_user(void __user *dst, const void *src, size_t n);
size_t arch_clear_user(void __user *dst, size_t n);
/* One value of 1, 2, 4 or 8 bytes: 0 or -EFAULT. */
int __must_check arch_get_user1(void *dst, const void __user *src);
int __must_check arch_get_user2(void *dst, const void __user *src);
int __must_check arch_get_user4(void *dst, const void __user *src);
int __must_check arch_get_user8(void *dst, const void __user *src);
int __must_check arch_put_user1(u64 value, void __user *dst);
int __must_check arch_put_user2(u64 value, void __user *dst);
int __must_check arch_put_user4(u64 value, void __user *dst);
int __must_check arch_put_user8(u64 value, void __user *dst);
int __must_check arch_put_user2_by8(const u16 *src, u16 __user *dst,
				    size_t count); /* 8 bytes apart, in both */
/* Length without NUL copied, `max` when there is no NUL within max bytes, -EFAULT. */
ssize_t arch_strncpy_from_user(char *dst, const char __user *src, size_t max);
/* Atomic operations on user words for futexes: 0 and *old, or -EFAULT.  op is FUTEX_OP_*. */
int __must_check arch_user_cmpxchg32(u32 __user *p, u32 expect, u32 want, u32 *old);
int __must_check arch_user_atomic_op32(u32 __user *p, int op, u32 arg, u32 *old);

/* ---- signals ---------------------------------------------------------------------------------- */
/* Builds the frame for ks on the user stack and points regs at the handler; -EFAULT when the stack is bad. */
int __must_check arch_signal_setup(struct ksignal *ks, struct regs *regs);
/* The most stack that a signal frame takes: AT_MINSIGSTKSZ. */
size_t arch_sigframe_size(bool ia32);
/*
 * rt_sigreturn: restores regs, mask and FPU from the user frame; the value for the result register.
 * -EFAULT → SIGSEGV
 */
long arch_sigreturn(struct regs *regs, bool rt, bool ia32);

/* ---- vDSO -------------------------------------------------------------------------------------- */
/*
 * Maps vvar and vdso into the new program's address space; *base gets AT_SYSINFO_EHDR, *sysinfo AT_SYSINFO
 * (ia32 only).
 */
int __must_check arch_vdso_map(struct mm *mm, bool ia32, unsigned long *base, unsigned long *sysinfo);
void arch_vdso_update(u64 mono_ns, s64 realtime_offset_ns); /* publishes the clock parameters */

/* ---- machine ----------------------------------------------------------------------------------- */
void arch_power_off(void) __noreturn; /* ends QEMU on microvm, q35 and pc */
void arch_restart(void) __noreturn;
void arch_halt(void) __noreturn;
void arch_early_putc(char c); /* polled serial port, any context */
bool arch_random64(u64 *out); /* RDRAND */
unsigned long arch_hwcap(void); /* AT_HWCAP */
unsigned long arch_hwcap2(void); /* AT_HWCAP2: 2 when programs may use FSGSBASE */
