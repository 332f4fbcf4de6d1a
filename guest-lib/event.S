/* SPDX-License-Identifier: MIT */
/*
 * Events, and the way back from them.
 *
 * An event arrives at one of two entry points with events disabled, clean flags, the kernel's GS base, and RSP at a struct rb_event_frame, which is
 * aligned to 64. The registers are pushed below it: together struct guest_regs.
 *
 * The way back, to user mode and to kernel mode alike, is one stretch of code: the restartable range. It looks at `pending` and, if
 * nothing waits, loads the registers and ends in iretq. A vector that arrives meanwhile makes the hypervisor move RIP to the range's start, where
 * it is seen. So in the range RSP does not change, memory is only read but for events_enabled, and user code never runs with a
 * vector pending. The registers lie below RSP: nothing is pushed in the range but by an exception of the iretq itself, and then
 * they are loaded already.
 *
 * This is also why going back to kernel mode with events enabled cannot nest without end: enabling them and iretq are one.
 */
#include "ringbolt.h"

/* Offsets in struct guest_regs. */
#define R_RIP	(15 * 8 + RB_EVENT_FRAME_IP)
/* Offsets from RSP at the frame's ip, which is what iretq takes. */
#define AT(register)	((register) * 8 - R_RIP)
#define FRAME(field)	(RB_EVENT_FRAME_##field - RB_EVENT_FRAME_IP)

.macro SAVE
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	%rax
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
.endm

	.text
	.globl guest_user_entry, guest_kernel_entry, guest_range_start, guest_range_end, guest_resume
	.balign 16
guest_user_entry:
	nop			/* two addresses, so that a breakpoint on this one is not on the other too */
guest_kernel_entry:
	SAVE
	mov	%rsp, %rdi
	sub	$8, %rsp		/* calls want RSP at a multiple of 16 */
	mov	%rdi, %rbx
	call	guest_event
	mov	%rbx, %rdi

/* Events disabled. RDI: the registers to go on with (struct guest_regs *), on a stack that is free below them. Does not return. */
guest_resume:
	lea	R_RIP(%rdi), %rsp
guest_range_start:
	mov	guest_vcpu(%rip), %rax
	movb	$0, RB_VCPU_PAGE_EVENTS_ENABLED(%rax)	/* they may be on when the range starts again */
	testb	$2, FRAME(CS)(%rsp)
	jnz	1f
	testl	$0x200, FRAME(FLAGS)(%rsp)
	jz	2f			/* to kernel mode with events disabled: pending ones wait */
1:	cmpb	$0, RB_VCPU_PAGE_PENDING(%rax)
	jne	guest_pending
	testb	$2, FRAME(CS)(%rsp)
	jnz	2f
	movb	$1, RB_VCPU_PAGE_EVENTS_ENABLED(%rax)
2:	mov	FRAME(GS_BASE)(%rsp), %rax
	wrgsbase %rax
	mov	AT(0)(%rsp), %r15
	mov	AT(1)(%rsp), %r14
	mov	AT(2)(%rsp), %r13
	mov	AT(3)(%rsp), %r12
	mov	AT(4)(%rsp), %rbp
	mov	AT(5)(%rsp), %rbx
	mov	AT(6)(%rsp), %r11
	mov	AT(7)(%rsp), %r10
	mov	AT(8)(%rsp), %r9
	mov	AT(9)(%rsp), %r8
	mov	AT(10)(%rsp), %rax
	mov	AT(11)(%rsp), %rcx
	mov	AT(12)(%rsp), %rdx
	mov	AT(13)(%rsp), %rsi
	mov	AT(14)(%rsp), %rdi
	.globl guest_iretq
guest_iretq:
	iretq				/* takes 16 bits of cs and ss: what the event was may stay there */
guest_range_end:

/* A vector waits: take it here. The GS base may be the one to go on with already. */
guest_pending:
	mov	guest_gs(%rip), %rax
	wrgsbase %rax
	lea	-R_RIP(%rsp), %rbx
	mov	%rbx, %rdi
	lea	-8(%rbx), %rsp
	call	guest_deliver
	mov	%rbx, %rdi
	jmp	guest_resume

/*
 * bool guest_catch(void (*body)(void *), void *argument, struct guest_regs *regs): see guest.h. guest_catch_sp is the stack pointer of the
 * innermost one, zero when there is none; the words there: guest_catch_sp before, regs, r15, r14, r13, r12, rbp, rbx.
 */
	.globl guest_catch, guest_caught_resume
guest_catch:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	push	%rdx
	push	guest_catch_sp(%rip)
	mov	%rsp, guest_catch_sp(%rip)
	mov	%rdi, %rax
	mov	%rsi, %rdi
	sub	$8, %rsp
	call	*%rax
	xor	%eax, %eax
1:	mov	guest_catch_sp(%rip), %rsp
	pop	guest_catch_sp(%rip)
	pop	%rdx
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret
guest_caught_resume:
	mov	$1, %eax
	jmp	1b

/*
 * void guest_user_enter(struct guest_regs *regs), guest_user_leave(void): into user mode from *regs, and back to after the first as if it had returned.
 */
	.globl guest_user_enter, guest_user_leave
guest_user_enter:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, guest_user_sp(%rip)
	jmp	guest_resume
guest_user_leave:
	mov	guest_user_sp(%rip), %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

	.bss
	.balign 8
	.globl guest_catch_sp
guest_catch_sp:
	.quad	0
guest_user_sp:
	.quad	0

	.section .note.GNU-stack, "", @progbits
