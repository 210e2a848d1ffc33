/* SPDX-License-Identifier: MIT */
/* /init of the smallest machine: says hello and powers off (or resets, where there is no power to be switched). */
	.globl _start
_start:
	mov $1, %eax		/* write */
	mov $1, %edi
	lea text(%rip), %rsi
	mov $(end - text), %edx
	syscall
	mov $169, %eax		/* reboot */
	mov $0xfee1dead, %edi
	mov $672274793, %esi
	mov $0x1234567, %edx	/* LINUX_REBOOT_CMD_RESTART; -no-reboot makes it the end */
	syscall
	.section .rodata
text:	.ascii "hello\n"
end:
	.section .note.GNU-stack, "", @progbits
