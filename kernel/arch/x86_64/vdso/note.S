/* SPDX-License-Identifier: MIT */
/* Tells the C library which kernel version to expect: 6.1.0 */
	.section .note.Linux, "a", @note
	.balign 4
	.long 2f - 1f, 4, 0
1:	.asciz "Linux"
2:	.balign 4
	.long 0x060100
