/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the gate into C and back, in the hypervisor root. One stack per CPU, always empty on entry: the hypervisor is a state machine
 * that runs from entry to exit with interrupts off; what a vCPU was doing is in its struct regs, nowhere else.
 */
#include "x86/gate.h"
#include "x86/patch.h"
#include "ringbolt.h"

/* Gate data, as distances from the gate's start: RIP-relative from anywhere. */
#define gate(address)	__gate_start + (address - GATE)
#define trusted(field)	gate(GATE_TRUSTED) + TRUSTED_##field
#define scratch(field)	gate(GATE_SCRATCH) + SCRATCH_##field

#define g_regs	trusted(REGS)
#define g_hv_stack	trusted(HV_STACK)
#define g_rsp	scratch(RSP)
#define g_flags	scratch(FLAGS)
#define g_stack_top	gate(GATE_STACK_TOP)
#define v_rax	gate(GATE_VCPU_PAGE) + RB_VCPU_PAGE_GATE_SCRATCH

	.text

/*
 * A hypercall. RAX number; RDI RSI RDX R10 R8 R9 arguments; RCX the caller's RIP; RBX RBP R12-R15 the guest's, kept by the C calling convention until they are
 * needed. The caller's RSP and flags are in the scratch words. R11 free.
 */
	.balign 64
	.globl hypercall_entry
hypercall_entry:
	mov	g_regs(%rip), %r11
	mov	g_hv_stack(%rip), %rsp
	mov	%rdi, REGS_RDI(%r11)
	mov	%rsi, REGS_RSI(%r11)
	mov	%rdx, REGS_RDX(%r11)
	mov	%r10, REGS_R10(%r11)
	mov	%r8, REGS_R8(%r11)
	mov	%r9, REGS_R9(%r11)
	mov	%rcx, REGS_RIP(%r11)
	mov	g_rsp(%rip), %rcx
	mov	%rcx, REGS_RSP(%r11)
	mov	g_flags(%rip), %rcx
	mov	%rcx, REGS_FLAGS(%r11)
	mov	%r11, %rdi
	mov	%rax, %rsi
	CALL_OR	hypercall_handle, hypercall_traced	/* (regs, number): RAX status, RDX result, or RAX = 1: more to do */
	mov	g_regs(%rip), %rdi
	cmp	$1, %rax
	je	1f
	lea	g_stack_top(%rip), %rsp
	pushq	$SEL_KERNEL_SS
	pushq	REGS_RSP(%rdi)
	pushq	$SEL_KERNEL_CS
	pushq	REGS_RIP(%rdi)
	mov	REGS_GUEST_CR3(%rdi), %rcx
	xor	%edi, %edi
	xor	%esi, %esi
	xor	%r8d, %r8d
	xor	%r9d, %r9d
	xor	%r10d, %r10d
	xor	%r11d, %r11d
	jmp	gate_leave_hypercall
1:	/* Not straight back: complete the saved state. RAX and RDX of the guest were stored by C. */
	mov	%rbx, REGS_RBX(%rdi)
	mov	%rbp, REGS_RBP(%rdi)
	mov	%r12, REGS_R12(%rdi)
	mov	%r13, REGS_R13(%rdi)
	mov	%r14, REGS_R14(%rdi)
	mov	%r15, REGS_R15(%rdi)
	xor	%eax, %eax
	mov	%rax, REGS_RDI(%rdi)
	mov	%rax, REGS_RSI(%rdi)
	mov	%rax, REGS_R8(%rdi)
	mov	%rax, REGS_R9(%rdi)
	mov	%rax, REGS_R10(%rdi)
	mov	%rax, REGS_RCX(%rdi)
	mov	%rax, REGS_R11(%rdi)
	movq	$REASON_HYPERCALL, REGS_REASON(%rdi)
	movq	$SEL_KERNEL_CS, REGS_CS(%rdi)
	movq	$SEL_KERNEL_SS, REGS_SS(%rdi)
	CALL_OR	vcpu_leave, vcpu_leave_traced	/* (regs): does not return here with the same stack; see below */
	jmp	leave_as_told

/* Everything else. Stack (entry or IST): reason RIP CS FLAGS RSP SS; v_rax holds RAX; other registers the guest's. */
	.balign 64
	.globl event_entry
event_entry:
	mov	g_regs(%rip), %rax
	mov	%rcx, REGS_RCX(%rax)
	mov	%rdx, REGS_RDX(%rax)
	mov	%rbx, REGS_RBX(%rax)
	mov	%rbp, REGS_RBP(%rax)
	mov	%rsi, REGS_RSI(%rax)
	mov	%rdi, REGS_RDI(%rax)
	mov	%r8, REGS_R8(%rax)
	mov	%r9, REGS_R9(%rax)
	mov	%r10, REGS_R10(%rax)
	mov	%r11, REGS_R11(%rax)
	mov	%r12, REGS_R12(%rax)
	mov	%r13, REGS_R13(%rax)
	mov	%r14, REGS_R14(%rax)
	mov	%r15, REGS_R15(%rax)
	mov	v_rax(%rip), %rcx
	mov	%rcx, REGS_RAX(%rax)
	pop	REGS_REASON(%rax)
	pop	REGS_RIP(%rax)
	pop	REGS_CS(%rax)
	pop	REGS_FLAGS(%rax)
	pop	REGS_RSP(%rax)
	pop	REGS_SS(%rax)
	mov	g_hv_stack(%rip), %rsp
	pushq	$2
	popfq				/* the guest's DF, AC, NT */
	mov	%rax, %rdi
	CALL_OR	event_handle, event_traced	/* (regs) */
	mov	g_regs(%rip), %rdi
	CALL_OR	vcpu_leave, vcpu_leave_traced	/* (regs): RAX = 1: inject the event in the scratch words */

/*
 * RAX from vcpu_leave. The vCPU may be another one than entered: everything is reloaded from the regs that are current now.
 */
leave_as_told:
	mov	g_regs(%rip), %rdi
	lea	g_stack_top(%rip), %rsp
	push	REGS_SS(%rdi)
	push	REGS_RSP(%rdi)
	push	REGS_FLAGS(%rdi)
	push	REGS_CS(%rdi)
	push	REGS_RIP(%rdi)
	mov	REGS_RAX(%rdi), %rcx
	mov	%rcx, v_rax(%rip)
	mov	REGS_RCX(%rdi), %rcx
	mov	REGS_RDX(%rdi), %rdx
	mov	REGS_RBX(%rdi), %rbx
	mov	REGS_RBP(%rdi), %rbp
	mov	REGS_RSI(%rdi), %rsi
	mov	REGS_R8(%rdi), %r8
	mov	REGS_R9(%rdi), %r9
	mov	REGS_R10(%rdi), %r10
	mov	REGS_R11(%rdi), %r11
	mov	REGS_R12(%rdi), %r12
	mov	REGS_R13(%rdi), %r13
	mov	REGS_R14(%rdi), %r14
	mov	REGS_R15(%rdi), %r15
	test	%eax, %eax
	mov	REGS_GUEST_CR3(%rdi), %rax
	mov	REGS_RDI(%rdi), %rdi
	jz	gate_leave
	pushq	scratch(ERROR)(%rip)
	jmp	gate_inject

/* The first way into guest code on a CPU, and the way out of idling: void enter_guest(void). */
	.globl enter_guest
enter_guest:
	mov	g_hv_stack(%rip), %rsp
	mov	g_regs(%rip), %rdi
	CALL_OR	vcpu_leave, vcpu_leave_traced
	jmp	leave_as_told

/* Wait for an interrupt with the stack as it is: void cpu_idle(void). The handler runs below and returns here. */
	.globl cpu_idle, cpu_idle_wait, cpu_idle_end
cpu_idle:
	sti
cpu_idle_wait:
	hlt				/* an NMI may end the shadow of sti before this */
cpu_idle_end:
	cli
	ret

/* An interrupt while the hypervisor idles. Stack: vector RIP CS FLAGS RSP SS. */
	.globl interrupt_in_hypervisor
interrupt_in_hypervisor:
	push	%rax
	push	%rcx
	push	%rdx
	push	%rsi
	push	%rdi
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	mov	72(%rsp), %rdi
	mov	80(%rsp), %rsi
	cld
	CALL_OR	interrupt_while_idle, idle_interrupt_traced	/* (vector, rip) */
	lea	cpu_idle_end(%rip), %rax
	mov	%rax, 80(%rsp)		/* the wait is over, */
	andl	$~0x200, 96(%rsp)	/* and no other interrupt comes before what this one has brought is looked at */
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rdi
	pop	%rsi
	pop	%rdx
	pop	%rcx
	pop	%rax
	add	$8, %rsp
	iretq

/* A bug, or #DF or #MC. Stack: RAX error RIP CS FLAGS RSP SS. Never returns. */
	.globl exception_in_hypervisor
exception_in_hypervisor:
	mov	%rsp, %rdi
	mov	g_hv_stack(%rip), %rsp
	and	$-16, %rsp
	cld
	call	exception_panic		/* (frame) */
	int3

	.section .note.GNU-stack, "", @progbits
