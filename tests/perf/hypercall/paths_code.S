/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The loops that are measured between user mode and kernel, and the shortest entry points a kernel can have: they tell events apart, restore the
 * GS base, keep the restartable range, and return. What they do not know they pass to the library's.
 */
#include "ringbolt.h"
#include "paths.h"

/* As clock_read() in measure.h, in RAX; RDX is lost. */
.macro CLOCK
	lfence
	rdtsc
	lfence
	shl	$32, %rdx
	or	%rdx, %rax
.endm

/* Samples to RDI on, RSI of them, of what stands between; R15 is where a fault goes on. Loses RAX, RDX, RCX, R8, R11. */
.macro SAMPLE_START
1:	CLOCK
	mov	%rax, %r8
.endm
.macro SAMPLE_END
	CLOCK
	sub	%r8, %rax
	mov	%rax, (%rdi)
	add	$8, %rdi
	dec	%rsi
	jnz	1b
.endm

	.section .user, "ax"
	.balign 4096
	.globl user_nothing, user_syscall, user_fault, user_spin
user_nothing:
	SAMPLE_START
	SAMPLE_END
	ud2
user_syscall:
	SAMPLE_START
user_syscall_at:
	syscall
user_syscall_back:
	SAMPLE_END
	ud2
user_fault:
	lea	user_fault_back(%rip), %r15
	SAMPLE_START
user_fault_at:
	mov	PATHS_NOTHING, %eax
user_fault_back:
	SAMPLE_END
	ud2
/* The time, to RDI, again and again. */
user_spin:
	CLOCK
	mov	%rax, (%rdi)
	jmp	user_spin

	.text
	.globl kernel_nothing, kernel_fault, kernel_spin
/* void kernel_nothing(uint64_t *samples, uint64_t count), and so on. */
kernel_nothing:
	SAMPLE_START
	SAMPLE_END
	ret
kernel_fault:
	push	%r15
	lea	kernel_fault_back(%rip), %r15
	SAMPLE_START
kernel_fault_at:
	mov	PATHS_NOTHING, %eax
kernel_fault_back:
	SAMPLE_END
	pop	%r15
	ret
/* void kernel_spin(volatile uint64_t *time, volatile bool *stop) */
kernel_spin:
	CLOCK
	mov	%rax, (%rdi)
	cmpb	$0, (%rsi)
	je	kernel_spin
	ret

/* Offsets from RSP at an event, and from there to the byte that has the type, and the vector. */
#define FRAME_TYPE	(RB_EVENT_FRAME_SS + RB_EVENT_FRAME_SS_TYPE_SHIFT / 8)
#define FRAME_VECTOR	(RB_EVENT_FRAME_SS + RB_EVENT_FRAME_SS_VECTOR_SHIFT / 8)
#define PAGE_FAULT	14

	.globl short_user_entry, short_kernel_entry, short_range_start, short_range_end
	.balign 64
short_user_entry:
	cmpb	$RB_EVENT_TYPE_OTHER, FRAME_TYPE(%rsp)
	jne	1f
	mov	RB_EVENT_FRAME_GS_BASE(%rsp), %rcx	/* a system call's to lose */
	wrgsbase %rcx
	add	$8, %rsp
	/* A vector that comes from here on moves RIP to the start of the range. */
short_range_start:
	cmpb	$0, paths_vcpu_page + RB_VCPU_PAGE_PENDING(%rip)
	jne	3f
	iretq
short_range_end:
1:	cmpb	$PAGE_FAULT, FRAME_VECTOR(%rsp)
	jne	2f
	mov	%r15, RB_EVENT_FRAME_IP(%rsp)
	mov	%rcx, -8(%rsp)
	mov	RB_EVENT_FRAME_GS_BASE(%rsp), %rcx
	wrgsbase %rcx
	mov	-8(%rsp), %rcx
	add	$8, %rsp
	jmp	short_range_start
2:	cmpb	$RB_EVENT_TYPE_INTERRUPT, FRAME_TYPE(%rsp)
	je	interrupt_arrival
	jmp	guest_user_entry
3:	ud2				/* nothing is pending while these are measured */

	.balign 64
short_kernel_entry:
	cmpb	$PAGE_FAULT, FRAME_VECTOR(%rsp)
	jne	1f
	testl	$0x200, RB_EVENT_FRAME_FLAGS(%rsp)	/* with events enabled it would have to enable them again */
	jnz	2f
	mov	%r15, RB_EVENT_FRAME_IP(%rsp)
	add	$8, %rsp
	iretq
1:	cmpb	$RB_EVENT_TYPE_INTERRUPT, FRAME_TYPE(%rsp)
	je	interrupt_arrival
2:	jmp	guest_kernel_entry

/* The first that a kernel can do: look at the clock. */
interrupt_arrival:
	mov	%rax, -8(%rsp)
	mov	%rdx, -16(%rsp)
	CLOCK
	mov	%rax, arrival(%rip)
	mov	-8(%rsp), %rax
	mov	-16(%rsp), %rdx
	testb	$2, RB_EVENT_FRAME_CS(%rsp)
	jnz	guest_user_entry
	jmp	guest_kernel_entry

	.bss
	.balign 8
	.globl arrival
arrival:
	.quad	0

	.section .note.GNU-stack, "", @progbits
