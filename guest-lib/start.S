/* SPDX-License-Identifier: MIT */
/*
 * The notes that make an ELF file a guest of Ringbolt, and the entry point: kernel mode, events disabled, no entry points for them yet,
 * RDI the address of struct rb_start_info, no stack. A program may have its own guest_entry_point.
 */
#include "ringbolt.h"

#define GUEST_STACK_BYTES 32768	/* as in guest.h */

.macro NOTE type, words:vararg
	.balign	4
	.long	2f - 1f, 4f - 3f, \type
1:	.asciz	RB_NOTE_OWNER
2:	.balign	4
3:	\words
4:
.endm

	.section .note.Ringbolt, "a", @note
	.globl guest_notes		/* guest.lds wants it: the notes are linked whoever has the entry point */
guest_notes:
	NOTE	RB_NOTE_ABI, .long RB_ABI_MAJOR, RB_ABI_MINOR
	NOTE	RB_NOTE_ENTRY, .quad guest_entry_point
	NOTE	RB_NOTE_IMAGE_OFFSET, .quad guest_image_offset
	NOTE	RB_NOTE_DIRECT_BASE, .quad 0xffff888000000000

	.section .text.start, "ax"
	.weak guest_entry_point
guest_entry_point:
	lea	guest_stack + GUEST_STACK_BYTES(%rip), %rsp
	xor	%ebp, %ebp
	call	guest_begin		/* (start_info): sets up, calls main, does not return */
	ud2


	.section .note.GNU-stack, "", @progbits
