/* SPDX-License-Identifier: GPL-2.0-only */
/* An entry point that leads into random code the first few times, then to where events belong: see enter.c. */
	.text
	.globl hostile_entry
hostile_entry:
	decq	hostile_budget(%rip)
	js	1f
	movb	$1, wild(%rip)
	jmp	*hostile_target(%rip)
1:	jmp	guest_kernel_entry

	.bss
	.balign	8
	.globl hostile_budget, hostile_target
hostile_budget:
	.quad	0
hostile_target:
	.quad	0

	.section .note.GNU-stack, "", @progbits
