/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The gate's text: every way from guest code into ring 0, and the ways back.
 *
 * What it does alone, without leaving the guest's address space: system calls of user programs and all exceptions
 * that need no hypervisor state are turned into an event frame on the guest kernel's stack. What it hands to the hypervisor proper
 * (x86/entry.S, after loading the hypervisor root): hypercalls, interrupts, NMI, machine check, debug exceptions, and
 * events whose frame could not be written.
 *
 * Rules kept here (I-11 to I-16, docs/invariants.md):
 *  - interrupts are off from entry to the one `sti; lretq`, whose shadow lets nothing in before ring 1;
 *  - no call, no ret, no indirect jump;
 *  - RSP is a ring-0 stack before the first access that can fault;
 *  - only the instructions between store_*_start and store_*_end may fault; nothing has changed for the guest by then,
 *    so the event can be taken to the hypervisor whole;
 *  - general registers are parked in the vCPU page (the guest's own memory), never on a stack of this CPU;
 *  - each word of the vCPU page is read once; a stack pointer is aligned, compared and replaced by conditional
 *    move (no branch to mispredict into a store), then used.
 */
#include "x86/gate.h"
#include "ringbolt.h"

/* Gate data, as distances from the gate's start: RIP-relative from anywhere. */
#define gate(address)	__gate_start + (address - GATE)
#define trusted(field)	gate(GATE_TRUSTED) + TRUSTED_##field
#define scratch(field)	gate(GATE_SCRATCH) + SCRATCH_##field

#define g_hv_cr3	trusted(HV_CR3)
#define g_user_entry	trusted(USER_ENTRY)
#define g_kernel_entry	trusted(KERNEL_ENTRY)
#define g_kernel_gs	trusted(KERNEL_GS)
#define g_floor	trusted(FLOOR)
#define g_poison	trusted(POISON)

#define g_rsp	scratch(RSP)
#define g_rip	scratch(RIP)
#define g_flags	scratch(FLAGS)
#define g_info	scratch(INFO)
#define g_error	scratch(ERROR)
#define g_sp	scratch(SP)
#define g_data	scratch(DATA)
#define g_entry	scratch(ENTRY)
#define g_nmis	scratch(NMIS)
#define g_debug	scratch(DEBUG)
#define g_stack_top	gate(GATE_STACK_TOP)

#define v_events_enabled	gate(GATE_VCPU_PAGE) + RB_VCPU_PAGE_EVENTS_ENABLED
#define v_kernel_sp	gate(GATE_VCPU_PAGE) + RB_VCPU_PAGE_KERNEL_SP
#define v_rax	gate(GATE_VCPU_PAGE) + RB_VCPU_PAGE_GATE_SCRATCH
#define v_rcx	gate(GATE_VCPU_PAGE) + RB_VCPU_PAGE_GATE_SCRATCH + 8
#define v_rdx	gate(GATE_VCPU_PAGE) + RB_VCPU_PAGE_GATE_SCRATCH + 16

/* The event frame, from its end. */
#define F_ERROR	-64
#define F_IP	-56
#define F_CS	-48
#define F_FLAGS	-40
#define F_SP	-32
#define F_SS	-24
#define F_INFO	-20	/* upper half of the ss word */
#define F_DATA	-16
#define F_GS	-8

/* The machine frame as the stubs see it: error code (or zero), then what the processor pushed. */
#define M_ERROR	0
#define M_RIP	8
#define M_CS	16
#define M_FLAGS	24
#define M_RSP	32
#define M_SS	40

#define INFO(type, vector, length)	(((length) << 28) | ((type) << 16) | (vector))
#define INFO_SYSCALL	(INFO(RB_EVENT_TYPE_OTHER, 1, 2) | 1 << 25)
#define RFLAGS_IF	0x200
#define RFLAGS_TF	0x100
#define RFLAGS_VM	0x20000	/* see vm86_leave() */

	.section .gate, "ax"
	.globl __gate_text
__gate_text:

/* ------------------------------------------------------------------ system calls and hypercalls
 * From SYSCALL: RCX return address, R11 flags; RSP and every other register the caller's. Flags are masked.
 */
	.balign 64
	.globl gate_syscall
gate_syscall:
	mov	%rsp, g_rsp(%rip)
	lea	g_stack_top(%rip), %rsp
	mov	%rcx, g_rip(%rip)
	mov	%r11, g_flags(%rip)
	test	%rcx, %rcx
	js	.Lhypercall		/* the upper half holds no user code (I-7) */

	mov	v_kernel_sp(%rip), %rcx
	and	$-64, %rcx
	cmp	g_floor(%rip), %rcx
	cmovb	g_poison(%rip), %rcx
	.globl store_syscall_start, store_syscall_end
store_syscall_start:
	mov	%r11, F_FLAGS(%rcx)
	mov	g_rip(%rip), %r11
	mov	%r11, F_IP(%rcx)
	mov	g_rsp(%rip), %r11
	mov	%r11, F_SP(%rcx)
	movq	$SEL_USER_CS, F_CS(%rcx)
	movl	$SEL_USER_SS, F_SS(%rcx)
	movl	$INFO_SYSCALL, F_INFO(%rcx)
	movq	$0, F_ERROR(%rcx)
	movq	$0, F_DATA(%rcx)
	rdgsbase %r11
	mov	%r11, F_GS(%rcx)
store_syscall_end:
	mov	g_kernel_gs(%rip), %r11
	wrgsbase %r11
	movb	$0, v_events_enabled(%rip)
	sub	$64, %rcx
	pushq	$SEL_KERNEL_SS
	push	%rcx
	pushq	$SEL_KERNEL_CS
	pushq	g_user_entry(%rip)
	/* Falls into the one way to ring 1. Stack: RIP CS RSP SS. Flags: clean but for arithmetic. */

	.globl gate_lretq
gate_enter:
	sti
gate_lretq:
	lretq				/* an NMI here ends the shadow of sti: see .Linterrupt_cpl0 */
	int3

.Lhypercall:
	mov	g_hv_cr3(%rip), %r11
	mov	%r11, %cr3
	jmp	hypercall_entry

/* Way back of a hypercall. RCX: guest CR3; RAX, RDX and the kept registers the guest's, the others zero.
 * Stack: RIP CS RSP SS. */
	.globl gate_leave_hypercall
gate_leave_hypercall:
	mov	%rcx, %cr3
	xor	%ecx, %ecx
	jmp	gate_enter

/* 32-bit SYSCALL (AMD) is not offered: -ENOSYS, on the caller's own stack, which is not touched. */
	.globl gate_syscall32
gate_syscall32:
	mov	$-38, %eax
	sysretl

/* ------------------------------------------------------------------ event frames
 * In: RCX end of the frame, unaligned and unchecked; RDX flags to show; EAX upper half of the ss word; stack: machine
 * frame with error code; v_rax, v_rcx, v_rdx parked. Leaves RCX at the frame's end. `data` is where the event data comes from.
 */
.macro FRAME_ADDRESS
	and	$-64, %rcx
	cmp	g_floor(%rip), %rcx
	cmovb	g_poison(%rip), %rcx
.endm
.macro FRAME_STORE
	mov	%rdx, F_FLAGS(%rcx)
	mov	M_ERROR(%rsp), %rdx
	mov	%rdx, F_ERROR(%rcx)
	mov	M_RIP(%rsp), %rdx
	mov	%rdx, F_IP(%rcx)
	movzwl	M_CS(%rsp), %edx
	mov	%rdx, F_CS(%rcx)
	mov	M_RSP(%rsp), %rdx
	mov	%rdx, F_SP(%rcx)
	movzwl	M_SS(%rsp), %edx
	mov	%edx, F_SS(%rcx)
	mov	%eax, F_INFO(%rcx)
	rdgsbase %rdx
	mov	%rdx, F_GS(%rcx)
.endm
/* RCX end of the frame. Turns the machine frame into what popfq and lretq want. */
.macro FRAME_ENTER entry
	mov	g_kernel_gs(%rip), %rdx
	wrgsbase %rdx
	movb	$0, v_events_enabled(%rip)
	sub	$64, %rcx
	mov	\entry(%rip), %rdx
	movq	$2, M_RIP(%rsp)
	mov	%rdx, M_CS(%rsp)
	movq	$SEL_KERNEL_CS, M_FLAGS(%rsp)
	mov	%rcx, M_RSP(%rsp)
	movq	$SEL_KERNEL_SS, M_SS(%rsp)
	mov	v_rax(%rip), %rax
	mov	v_rcx(%rip), %rcx
	mov	v_rdx(%rip), %rdx
	add	$8, %rsp
	popfq				/* NT, AC, DF and the rest go */
	jmp	gate_enter
.endm

/* Bodies for one kind of event data: `fault` reads CR2, the others have none. */
.macro EVENT_BODY name
\name:					/* EAX info, v_rax parked, stack: machine frame, CPL 1 or 3 */
	mov	%rcx, v_rcx(%rip)
	mov	%rdx, v_rdx(%rip)
	mov	M_FLAGS(%rsp), %rdx
	testb	$2, M_CS(%rsp)
	jz	2f
	mov	v_kernel_sp(%rip), %rcx
	FRAME_ADDRESS
	.globl store_\name\()_start, store_\name\()_end
store_\name\()_start:
	FRAME_STORE
.ifc \name, fault
	mov	%cr2, %rdx
	mov	%rdx, F_DATA(%rcx)
.else
	movq	$0, F_DATA(%rcx)
.endif
store_\name\()_end:
	testb	$2, M_CS(%rsp)		/* kernel events come here too */
	jz	3f
	FRAME_ENTER g_user_entry
2:
	mov	M_RSP(%rsp), %rcx
	sub	$64, %rcx
	testb	$1, v_events_enabled(%rip)
	jnz	4f
	and	$~RFLAGS_IF, %rdx
4:	FRAME_ADDRESS
	jmp	store_\name\()_start
3:
	FRAME_ENTER g_kernel_entry
.endm

	.balign 64
	EVENT_BODY fault
	.balign 64
	EVENT_BODY trap

/* The hypervisor delivers an event: everything is in the scratch words, computed by event_inject() (vm/event.c). Guest CR3 is loaded
 * here. RAX: guest CR3; other registers the guest's; v_rax holds RAX. Stack: machine frame with error code, flags as to be shown. */
	.globl gate_inject
gate_inject:
	mov	%rax, %cr3
	mov	%rcx, v_rcx(%rip)
	mov	%rdx, v_rdx(%rip)
	mov	g_info(%rip), %eax
	mov	g_sp(%rip), %rcx
	mov	M_FLAGS(%rsp), %rdx
	FRAME_ADDRESS
	.globl store_inject_start, store_inject_end
store_inject_start:
	FRAME_STORE
	mov	g_data(%rip), %rdx
	mov	%rdx, F_DATA(%rcx)
store_inject_end:
	FRAME_ENTER g_entry

/* The full way back: RAX guest CR3, v_rax holds RAX, other registers the guest's. Stack: RIP CS FLAGS RSP SS. */
	.globl gate_leave, gate_iretq
gate_leave:
	mov	%rax, %cr3
	mov	v_rax(%rip), %rax
gate_iretq:
	iretq

/* ------------------------------------------------------------------ exceptions */
.macro EXCEPTION vector, body, has_error, info
	.globl gate_vector_\vector
gate_vector_\vector:
.if !\has_error
	pushq	$0
.endif
	testb	$3, M_CS(%rsp)
	jz	.Lexception_cpl0_\vector
	mov	%rax, v_rax(%rip)
	mov	$\info, %eax
	jmp	\body
.Lexception_cpl0_\vector:
	/* Which exception: only for the panic message. */
	movl	$\vector, g_nmis+4(%rip)
	jmp	.Lexception_cpl0
.endm

#define EXC(vector, body, has_error) \
	EXCEPTION vector, body, has_error, INFO(RB_EVENT_TYPE_EXCEPTION, vector, 0)

	EXC(0, trap, 0)
	EXCEPTION 3, trap, 0, INFO(RB_EVENT_TYPE_SOFT_EXCEPTION, 3, 1)
	EXCEPTION 4, trap, 0, INFO(RB_EVENT_TYPE_SOFT_EXCEPTION, 4, 1)
	EXC(5, trap, 0)
	EXC(6, trap, 0)
	EXC(7, trap, 0)
	EXC(9, trap, 0)
	EXC(10, trap, 1)
	EXC(11, trap, 1)
	EXC(12, trap, 1)
	EXC(13, trap, 1)
	EXC(14, fault, 1)
	EXC(15, trap, 0)
	EXC(16, trap, 0)
	EXC(17, trap, 1)
	EXC(19, trap, 0)
	EXC(20, trap, 0)
	EXC(21, trap, 1)
	EXCEPTION 128, trap, 0, INFO(RB_EVENT_TYPE_SOFTINT, 128, 2)

/*
 * An exception at CPL 0: a store into the guest's stack faulted, or the hypervisor has a bug. Stack: machine frame of the
 * inner exception. The gate's text lies in the first 64 KiB of a range whose lower half of the address is zero, so the lower half
 * of RIP tells the place.
 */
#define WITHIN(name, label)						\
	cmpl	$(store_##name##_start - __gate_text), M_RIP(%rsp);	\
	jb	1f;							\
	cmpl	$(store_##name##_end - __gate_text), M_RIP(%rsp);	\
	jb	label;							\
1:

.Lexception_cpl0:
	testl	$RFLAGS_VM, M_FLAGS(%rsp)
	jnz	.Lvm86
	WITHIN(syscall, .Lbad_stack_syscall)
	WITHIN(fault, .Lbad_stack_event)
	WITHIN(trap, .Lbad_stack_event)
	WITHIN(inject, .Lbad_stack_event)
	/* A bug of ours. Registers stay as they are for the report. */
	push	%rax
	mov	g_hv_cr3(%rip), %rax
	mov	%rax, %cr3
	jmp	exception_in_hypervisor

.Lvm86:
	mov	%rax, v_rax(%rip)
	movq	$REASON_VM86, M_ERROR(%rsp)
	jmp	.Lenter_hypervisor

/* EAX holds the event's info; the outer machine frame is where the inner one's RSP points. */
.Lbad_stack_event:
	mov	M_RSP(%rsp), %rsp
	mov	%eax, g_info(%rip)
	mov	M_ERROR(%rsp), %rcx
	mov	%rcx, g_error(%rip)
	mov	v_rcx(%rip), %rcx
	mov	v_rdx(%rip), %rdx
	jmp	.Lbad_stack

/* A system call: make the machine frame that an interrupt would have made. RCX and R11 are the caller's to lose. */
.Lbad_stack_syscall:
	lea	g_stack_top(%rip), %rsp
	pushq	$SEL_USER_SS
	pushq	g_rsp(%rip)
	pushq	g_flags(%rip)
	pushq	$SEL_USER_CS
	pushq	g_rip(%rip)
	pushq	$0
	movl	$INFO_SYSCALL, g_info(%rip)
	movq	$0, g_error(%rip)
	mov	%rax, v_rax(%rip)
.Lbad_stack:
	movq	$REASON_BAD_STACK, M_ERROR(%rsp)
	/* Falls into the hypervisor. */

/* Into the hypervisor with everything. Stack: reason, RIP CS FLAGS RSP SS. v_rax parked, all other registers the guest's. */
.Lenter_hypervisor:
	mov	g_hv_cr3(%rip), %rax
	mov	%rax, %cr3
	jmp	event_entry

/* ------------------------------------------------------------------ interrupts */
.Linterrupt:
	testb	$3, M_CS(%rsp)
	jz	.Linterrupt_cpl0
1:	mov	%rax, v_rax(%rip)
	jmp	.Lenter_hypervisor

/*
 * At CPL 0 interrupts are on in two places only: where the hypervisor idles, and at gate_lretq when an NMI came in the shadow of sti. There the
 * far return is completed here: its frame becomes the interrupted context.
 */
.Linterrupt_cpl0:
	testl	$RFLAGS_VM, M_FLAGS(%rsp)
	jnz	1b
	cmpl	$(gate_lretq - __gate_text), M_RIP(%rsp)
	jne	interrupt_in_hypervisor		/* hypervisor root is loaded */
	mov	%rax, v_rax(%rip)
	mov	M_ERROR(%rsp), %rax		/* the vector */
	mov	M_RSP(%rsp), %rsp		/* RIP CS RSP SS; to become, two words lower, vector RIP CS FLAGS RSP SS */
	pushq	(%rsp)
	push	%rax
	mov	24(%rsp), %rax
	mov	%rax, M_CS(%rsp)
	movq	$0x202, M_FLAGS(%rsp)		/* the far return does not load flags; they were clean */
	jmp	.Lenter_hypervisor

	.globl gate_interrupts
	.balign 16
gate_interrupts:				/* vectors 32 to 255, 16 bytes each */
	.set vector, 32
	.rept 256 - 32
	.balign 16
	pushq	$vector
	jmp	.Linterrupt
	.set vector, vector + 1
	.endr

/* ------------------------------------------------------------------ exceptions with a stack of their own */
	.globl gate_vector_1
gate_vector_1:					/* #DB */
	testb	$3, 8(%rsp)
	jz	1f
2:	pushq	$1
	mov	%rax, v_rax(%rip)
	jmp	.Lenter_hypervisor
1:	testl	$RFLAGS_VM, 16(%rsp)
	jnz	2b
	/*
	 * In the gate itself: SYSCALL or a gate taken in the shadow of MOV SS with a watchpoint hit, SYSCALL with TF, or a watchpoint on
	 * the guest's kernel stack. Note it, stop single stepping of the gate, go on.
	 */
	push	%rax
	mov	%dr6, %rax
	or	%rax, g_debug(%rip)
	mov	$0xffff0ff0, %eax
	mov	%rax, %dr6
	andl	$~RFLAGS_TF, 8 + 16(%rsp)
	pop	%rax
	movq	$0, -8(%rsp)
	iretq

	.globl gate_vector_2
gate_vector_2:					/* NMI */
	testb	$3, 8(%rsp)
	jz	1f
2:	pushq	$2
	mov	%rax, v_rax(%rip)
	jmp	.Lenter_hypervisor
1:	testl	$RFLAGS_VM, 16(%rsp)
	jnz	2b
	incl	g_nmis(%rip)
	iretq

	.globl gate_vector_8
gate_vector_8:					/* #DF: cannot be caused by a guest (I-13) */
	movl	$8, g_nmis+4(%rip)
	push	%rax
	mov	g_hv_cr3(%rip), %rax
	mov	%rax, %cr3
	jmp	exception_in_hypervisor

	.globl gate_vector_18
gate_vector_18:					/* #MC */
	pushq	$0
	movl	$18, g_nmis+4(%rip)
	push	%rax
	mov	g_hv_cr3(%rip), %rax
	mov	%rax, %cr3
	jmp	exception_in_hypervisor

	.globl __gate_text_end
__gate_text_end:
