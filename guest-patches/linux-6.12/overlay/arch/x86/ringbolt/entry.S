/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ways into the kernel and out of it under Ringbolt.
 *
 * In: the hypervisor's gate has written an event frame (struct rb_event_frame,
 * the layout of a FRED frame) to the kernel stack, RSP points at it, GS base is
 * the kernel's, virtual interrupts are masked and all other registers are the
 * interrupted ones. So what FRED needs is done, and the C side of FRED
 * (entry_fred.c) handles the event.
 *
 * Out: a plain IRETQ, of which the hypervisor knows nothing. Between the last
 * look at `pending` and the IRETQ an interrupt may arrive. Then the hypervisor
 * delivers nothing, but moves RIP to ringbolt_range_start. From there on to
 * ringbolt_range_end everything can be done again at any time: RSP is the
 * address of the IRET part of the frame, registers are only loaded, the stack
 * is only read.
 *
 * GS base. The user's is in the frame (fred_info->gs_base) from entry to exit.
 * An event that interrupted the kernel also saved GS base. It matters only
 * where interrupts were off, as in this file with the user's GS loaded: there it is
 * restored. With interrupts on it was the kernel's, and must be left alone, for
 * the task may have moved to another CPU since.
 */
#include <linux/init.h>
#include <linux/linkage.h>

#include <asm/alternative.h>
#include <asm/asm.h>
#include <asm/asm-offsets.h>
#include <asm/errno.h>
#include <asm/frame.h>
#include <asm/nospec-branch.h>
#include <asm/percpu.h>
#include <asm/ringbolt.h>
#include <asm/segment.h>
#include <asm/unwind_hints.h>

#include "../entry/calling.h"

#define VCPU(field)	PER_CPU_VAR(ringbolt_vcpu + RB_VCPU_PAGE_##field)

/* GS base and event data follow struct pt_regs, as in struct fred_frame. */
#define FRAME_GS_BASE	(ORIG_RAX + RB_EVENT_FRAME_GS_BASE)

/* Upper half of the frame's ss word for a 64-bit SYSCALL. */
#define SYSCALL_INFO	(2 << (RB_EVENT_FRAME_SS_LENGTH_SHIFT - 32) |	\
			 1 << (RB_EVENT_FRAME_SS_LONG_MODE_SHIFT - 32) |	\
			 RB_EVENT_TYPE_OTHER << (RB_EVENT_FRAME_SS_TYPE_SHIFT - 32) | \
			 1 << (RB_EVENT_FRAME_SS_VECTOR_SHIFT - 32))

/*
 * Load all general registers from below the IRET frame, where RSP is now. The
 * words are read, not popped: the range must find them again.
 */
.macro LOAD_REGS_BELOW_IRET_FRAME
	movq	R15-RIP(%rsp), %r15
	movq	R14-RIP(%rsp), %r14
	movq	R13-RIP(%rsp), %r13
	movq	R12-RIP(%rsp), %r12
	movq	RBP-RIP(%rsp), %rbp
	movq	RBX-RIP(%rsp), %rbx
	movq	R11-RIP(%rsp), %r11
	movq	R10-RIP(%rsp), %r10
	movq	R9-RIP(%rsp), %r9
	movq	R8-RIP(%rsp), %r8
	movq	RAX-RIP(%rsp), %rax
	movq	RCX-RIP(%rsp), %rcx
	movq	RDX-RIP(%rsp), %rdx
	movq	RSI-RIP(%rsp), %rsi
	movq	RDI-RIP(%rsp), %rdi
.endm

	.code64
	.section .noinstr.text, "ax"

/* ---- events from user mode */
SYM_CODE_START(ringbolt_entry_user)
	UNWIND_HINT_END_OF_STACK
	ANNOTATE_NOENDBR

	cmpl	$SYSCALL_INFO, RB_EVENT_FRAME_SS+4(%rsp)
	jne	.Lno_syscall

	/* As SYSCALL leaves them; the gate used them. */
	movq	RB_EVENT_FRAME_IP(%rsp), %rcx
	movq	RB_EVENT_FRAME_FLAGS(%rsp), %r11

	movq	%rax, RB_EVENT_FRAME_ERROR_CODE(%rsp)	/* pt_regs->orig_ax */
	PUSH_AND_CLEAR_REGS rax=$-ENOSYS
	UNTRAIN_RET
	CLEAR_BRANCH_HISTORY
	movq	%rsp, %rdi
	movslq	ORIG_RAX(%rsp), %rsi
	call	do_syscall_64
	leaq	RIP(%rsp), %rsp
	UNWIND_HINT_IRET_REGS
	jmp	.Lcheck_user

.Lno_syscall:
	UNWIND_HINT_END_OF_STACK
	PUSH_AND_CLEAR_REGS
	ENCODE_FRAME_POINTER
	UNTRAIN_RET
	CLEAR_BRANCH_HISTORY
	movq	%rsp, %rdi
	call	fred_entry_from_user

/* ---- back to user mode. RSP: struct pt_regs, virtual interrupts masked */
SYM_INNER_LABEL(ringbolt_exit_user, SYM_L_GLOBAL)
	UNWIND_HINT_REGS
	leaq	RIP(%rsp), %rsp
	UNWIND_HINT_IRET_REGS
	jmp	.Lcheck_user

SYM_INNER_LABEL(ringbolt_range_start, SYM_L_GLOBAL)
	ANNOTATE_NOENDBR
	UNWIND_HINT_IRET_REGS
	testb	$USER_SEGMENT_RPL_MASK, CS-RIP(%rsp)
	jz	.Lrestart_kernel
	GET_PERCPU_BASE %rax
	wrgsbase %rax

.Lcheck_user:
	cmpb	$0, VCPU(PENDING)
	jne	.Lpending_user
	movq	FRAME_GS_BASE-RIP(%rsp), %rax
	wrgsbase %rax
	LOAD_REGS_BELOW_IRET_FRAME
	CLEAR_CPU_BUFFERS
.Liretq:
	iretq

	/*
	 * A frame that IRETQ refuses (the address is not canonical) becomes an
	 * event from user mode: ex_handler_eretu().
	 */
	_ASM_EXTABLE_TYPE(.Liretq, ringbolt_entry_user, EX_TYPE_ERETU)

/* ---- back to the kernel where interrupts were on */
.Lrestart_kernel:
	UNWIND_HINT_IRET_REGS
	movb	$0, VCPU(EVENTS_ENABLED)
.Lcheck_kernel:
	cmpb	$0, VCPU(PENDING)
	jne	.Lpending_kernel
	/* From here on an interrupt leads to the start of the range, not to a second frame. */
	movb	$1, VCPU(EVENTS_ENABLED)
	LOAD_REGS_BELOW_IRET_FRAME
	iretq
SYM_INNER_LABEL(ringbolt_range_end, SYM_L_GLOBAL)
	ANNOTATE_NOENDBR

/* A vector is pending: handle it as if it had come right after the return. */
.Lpending_user:
	UNWIND_HINT_IRET_REGS
	leaq	-RIP(%rsp), %rsp
	UNWIND_HINT_REGS
	movq	%rsp, %rdi
	call	ringbolt_deliver
	jmp	ringbolt_exit_user

.Lpending_kernel:
	UNWIND_HINT_IRET_REGS
	leaq	-RIP(%rsp), %rsp
.Ldeliver_kernel:
	UNWIND_HINT_REGS
	movq	%rsp, %rdi
	call	ringbolt_deliver
	jmp	.Lexit_kernel
SYM_CODE_END(ringbolt_entry_user)

/* ---- events from the kernel itself */
SYM_CODE_START(ringbolt_entry_kernel)
	UNWIND_HINT_END_OF_STACK
	ANNOTATE_NOENDBR
	PUSH_AND_CLEAR_REGS
	ENCODE_FRAME_POINTER
	movq	%rsp, %rdi
	call	fred_entry_from_kernel
.Lexit_kernel:
	UNWIND_HINT_REGS
	testl	$X86_EFLAGS_IF, EFLAGS(%rsp)
	jnz	.Lexit_kernel_enabled

.Lexit_kernel_masked:
	UNWIND_HINT_REGS
	movq	FRAME_GS_BASE(%rsp), %rax
	wrgsbase %rax
	POP_REGS
	addq	$8, %rsp
	UNWIND_HINT_IRET_REGS
	iretq

.Lexit_kernel_enabled:
	UNWIND_HINT_REGS
	leaq	RIP(%rsp), %rsp
	UNWIND_HINT_IRET_REGS
	jmp	.Lcheck_kernel
SYM_CODE_END(ringbolt_entry_kernel)

/* ---- the virtual interrupt flag; these keep all registers but RAX */
SYM_FUNC_START(ringbolt_save_fl)
	movzbl	VCPU(EVENTS_ENABLED), %eax
	shll	$9, %eax
	RET
SYM_FUNC_END(ringbolt_save_fl)

SYM_FUNC_START(ringbolt_irq_disable)
	movb	$0, VCPU(EVENTS_ENABLED)
	RET
SYM_FUNC_END(ringbolt_irq_disable)

/*
 * Being moved to another CPU between the two is harmless: whoever moves us
 * enables interrupts, and looks at `pending`, too.
 */
SYM_FUNC_START(ringbolt_irq_enable)
	movb	$1, VCPU(EVENTS_ENABLED)
	cmpb	$0, VCPU(PENDING)
	jne	ringbolt_irq_pending
	RET
SYM_FUNC_END(ringbolt_irq_enable)

/*
 * Stack: the address to return to. Build the frame that the hypervisor would have
 * built had it delivered the event there, and go on as if it had.
 */
SYM_CODE_START_LOCAL(ringbolt_irq_pending)
	UNWIND_HINT_FUNC
	movb	$0, VCPU(EVENTS_ENABLED)
	pushq	%rax
	movq	%rsp, %rax		/* RAX: saved RAX, return address, end */
	UNWIND_HINT_UNDEFINED
	leaq	-(64 - 16)(%rsp), %rsp	/* 64 bytes below the end, as delivery does */
	andq	$-64, %rsp
	pushq	$0			/* GS base: interrupts were on, not used */
	pushq	$0			/* event data */
	pushq	$RB_KERNEL_SS
	leaq	16(%rax), %rax
	pushq	%rax
	pushfq				/* the true flag is always on */
	pushq	$RB_KERNEL_CS
	pushq	-8(%rax)
	pushq	$0			/* error code */
	movq	-16(%rax), %rax
	UNWIND_HINT_IRET_REGS offset=8
	PUSH_AND_CLEAR_REGS
	ENCODE_FRAME_POINTER
	jmp	.Ldeliver_kernel
SYM_CODE_END(ringbolt_irq_pending)

	__INIT
/*
 * Events before the kernel is ready for them. Only exceptions of the kernel come
 * here. The stack is the initial one.
 */
SYM_CODE_START(ringbolt_early_entry)
	UNWIND_HINT_END_OF_STACK
	ANNOTATE_NOENDBR
	PUSH_AND_CLEAR_REGS
	ENCODE_FRAME_POINTER
	movq	%rsp, %rdi
	call	ringbolt_early_event
	jmp	.Lexit_kernel_masked
SYM_CODE_END(ringbolt_early_entry)
	__FINIT
