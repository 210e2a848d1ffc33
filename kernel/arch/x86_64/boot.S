/* SPDX-License-Identifier: MIT */
/*
 * From the machine's reset to C.  The boot CPU enters pvh_start in 32-bit protected mode without
 * paging, %ebx pointing at struct hvm_start_info (PVH: xen/include/public/arch-x86/hvm/start_info.h).
 * The other CPUs enter trampoline_start in real mode after a startup IPI.
 *
 * Both go through early_pgd: the first GiB of physical memory, at 0 and at KERNEL_VMA.  boot_main() builds
 * the real tables (init_pgd), which have nothing at 0.
 */
#include "asm-offsets.h"
#include "kernel/arch/x86_64/shadow.h"
#include "kernel/arch/x86_64/x86.h"

#define PHYS(sym) (sym - 0xffffffff80000000)
#define CR0_BITS  (X86_CR0_PE | X86_CR0_MP | X86_CR0_ET | X86_CR0_NE | X86_CR0_WP | X86_CR0_AM | X86_CR0_PG)

	.section .note.pvh, "a", @note
	.balign 4
	.long 2f - 1f
	.long 8
	.long 18			/* XEN_ELFNOTE_PHYS32_ENTRY */
1:	.asciz "Xen"
2:	.balign 4
	.quad PHYS(pvh_start)

/* `count` entries of a page table, all for the same page (the upper halves are 0 already). */
.macro SHARE table, count, page
	movl	$PHYS(\table), %edi
	movl	$\count, %ecx
1:	movl	$PHYS(\page) + 3, (%edi)
	addl	$8, %edi
	loop	1b
.endm

	.section .boot.text, "ax"
	.code32
	.globl pvh_start
pvh_start:
	cld
	movl	$0x83, %eax		/* present, writable, 2 MiB */
	movl	$PHYS(early_pd), %edi
1:	movl	%eax, (%edi)
	addl	$0x200000, %eax
	addl	$8, %edi
	cmpl	$PHYS(early_pd) + 4096, %edi
	jne	1b
	movl	$PHYS(early_pd) + 3, PHYS(early_pdpt)
	movl	$PHYS(early_pd) + 3, PHYS(early_pdpt) + 510 * 8
	movl	$PHYS(early_pdpt) + 3, PHYS(early_pgd)
	movl	$PHYS(early_pdpt) + 3, PHYS(early_pgd) + 511 * 8

#ifdef CONFIG_DEBUG
	SHARE	(early_pgd + SHADOW_FIRST * 8), SHADOW_COUNT, shadow_pdpt	/* shadow.c */
	SHARE	shadow_pdpt, 512, shadow_pd
	SHARE	shadow_pd, 512, shadow_pt
	SHARE	shadow_pt, 512, shadow_page
#endif

	movl	$X86_CR4_PAE, %eax
	movl	%eax, %cr4
	movl	$PHYS(early_pgd), %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	movl	$EFER_LME | EFER_SCE, %eax
	xorl	%edx, %edx
	wrmsr
	movl	$CR0_BITS, %eax
	movl	%eax, %cr0
	lgdt	PHYS(early_gdt_desc)
	ljmp	$SEL_KERNEL_CS, $PHYS(1f)

	.code64
1:	movl	%ebx, %edi		/* start_info */
	movq	$early_high, %rax
	jmp	*%rax
early_high:
	movl	$SEL_KERNEL_DS, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	movq	$boot_stack_top, %rsp
	xorl	%ebp, %ebp
	call	boot_main
	ud2

/*
 * The other CPUs.  Copied to TRAMPOLINE_PHYS; runs at its own address, so everything is relative to
 * trampoline_start.  Goes from real mode to long mode in one step.
 */
	.balign 16
	.globl trampoline_start, trampoline_end
	.code16
trampoline_start:
	cli
	cld
	movw	%cs, %ax
	movw	%ax, %ds
	lgdtl	tramp_gdt_desc - trampoline_start
	movl	$X86_CR4_PAE, %eax
	movl	%eax, %cr4
	movl	$PHYS(early_pgd), %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	movl	(trampoline_efer - trampoline_start), %eax
	xorl	%edx, %edx
	wrmsr
	movl	$CR0_BITS, %eax
	movl	%eax, %cr0
	ljmpl	$SEL_KERNEL_CS, $TRAMPOLINE_PHYS + (1f - trampoline_start)
	.code64
1:	movq	$secondary_high, %rax
	jmp	*%rax
	.balign 8
tramp_gdt:
	.quad 0, 0, 0x00af9b000000ffff, 0x00cf93000000ffff
tramp_gdt_desc:
	.word . - tramp_gdt - 1
	.long TRAMPOLINE_PHYS + (tramp_gdt - trampoline_start)
	.balign 8
	.globl trampoline_efer
trampoline_efer:
	.quad 0
trampoline_end:

secondary_high:
	movl	$SEL_KERNEL_DS, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	movq	$PHYS(init_pgd), %rax
	movq	%rax, %cr3		/* the identity map is gone */
	movq	secondary_stack(%rip), %rsp
	xorl	%ebp, %ebp
	call	secondary_main
	ud2

	.section .rodata
	.balign 8
early_gdt:
	.quad 0, 0, 0x00af9b000000ffff, 0x00cf93000000ffff
early_gdt_desc:
	.word . - early_gdt - 1
	.long PHYS(early_gdt)

	.section .bss.page_aligned, "aw", @nobits
	.balign 4096
	.globl early_pgd, init_pgd, boot_stack, boot_stack_top
early_pgd:	.skip 4096
early_pdpt:	.skip 4096
early_pd:	.skip 4096
init_pgd:	.skip 4096
		.skip 4096		/* guard page: mmu_build() leaves it unmapped */
boot_stack:	.skip BOOT_STACK_SIZE
boot_stack_top:
#ifdef CONFIG_DEBUG
	.globl shadow_pdpt, shadow_pd, shadow_pt, shadow_page
shadow_pdpt:	.skip 4096
shadow_pd:	.skip 4096
shadow_pt:	.skip 4096
shadow_page:	.skip 4096
#endif
