/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The gate: the only part of the hypervisor that is mapped while guest code runs. This header is its address
 * map (see docs/memory-map.md) and the words that the gate's text and C share. Used by C and by assembler.
 *
 * Each physical CPU has its own gate pages at these same addresses, so gate text reaches them RIP-relative.
 */
#pragma once

#ifdef RINGBOLT_HOST_TEST
#define GATE		0x200000000000	/* where a process can map something: tests/unit/fake_cpu.c */
#else
#define GATE		0xffff800000000000
#endif

/* Read-only in guests. */
#define GATE_GDT	(GATE + 0x10000)
#define GATE_TRUSTED	(GATE + 0x11000)	/* task state segment, then the words below */
#define GATE_IDT	(GATE + 0x12000)

/* Words the gate trusts, at GATE_TRUSTED. */
#define TRUSTED_TSS		0x000
#define TRUSTED_HV_CR3		0x100	/* hypervisor root, as CR3 wants it */
#define TRUSTED_REGS		0x108	/* struct regs of the running vCPU */
#define TRUSTED_HV_STACK	0x110	/* top of this CPU's stack in the hypervisor */
#define TRUSTED_USER_ENTRY	0x118	/* guest entry point for events from user mode */
#define TRUSTED_KERNEL_ENTRY	0x120	/* guest entry point for events from kernel mode */
#define TRUSTED_KERNEL_GS	0x128	/* GS base of the guest kernel */
#define TRUSTED_FLOOR		0x130	/* lowest end of an event frame; all ones while the guest has no entry points */
#define TRUSTED_POISON		0x138	/* an address that is never mapped, in place of a bad stack pointer */

/* Read-write in guests: this CPU's entry stack with its scratch words below it. Nothing live while guest code runs. */
#define GATE_SCRATCH	(GATE + 0x20000)
#define GATE_STACK_TOP	(GATE + 0x21000)

#define SCRATCH_RSP	0x00	/* system call: the caller's stack pointer */
#define SCRATCH_RIP	0x08	/* system call: its return address */
#define SCRATCH_FLAGS	0x10	/* system call: its flags */
#define SCRATCH_INFO	0x18	/* event being delivered: upper half of the frame's ss word */
#define SCRATCH_ERROR	0x20	/* and its error code */
#define SCRATCH_SP	0x28	/* injection: end of the frame, not yet aligned or checked */
#define SCRATCH_DATA	0x30	/* injection: event data */
#define SCRATCH_ENTRY	0x38	/* injection: guest entry point */
#define SCRATCH_NMIS	0x40	/* NMIs that arrived at CPL 0 */
#define SCRATCH_DEBUG	0x48	/* DR6 bits of debug exceptions that arrived at CPL 0 */

/* Stacks of the interrupt stack table, one page each with unmapped pages between. */
#define GATE_NMI_STACK_TOP	(GATE + 0x23000)
#define GATE_MCE_STACK_TOP	(GATE + 0x25000)
#define GATE_DF_STACK_TOP	(GATE + 0x27000)
#define GATE_DB_STACK_TOP	(GATE + 0x29000)
#define IST_NMI 1
#define IST_MCE 2
#define IST_DF 3
#define IST_DB 4

/* The running vCPU's page (struct rb_vcpu_page). */
#define GATE_VCPU_PAGE	(GATE + 0x30000)

/* Never mapped, nor the page before it. */
#define GATE_POISON	(GATE + 0xf0000)

/* The domain's read-only windows, in guest roots only. */
#define WINDOW_CHUNK_MAP	(GATE + 0x80000000)
#define WINDOW_MACHINE_MAP	(GATE + 0x80200000)
#define WINDOW_CPUID		(GATE + 0x80400000)

/* Selectors. User selectors are Linux's. */
#define SEL_KERNEL_CS	0x11
#define SEL_KERNEL_SS	0x19
#define SEL_USER32_CS	0x23
#define SEL_USER_SS	0x2b
#define SEL_USER_CS	0x33
#define SEL_TSS		0x40
#define SEL_TLS		0x63	/* three slots */
#define SEL_CPU_NUMBER	0x7b
#define SEL_HV_CS	0x80
#define SEL_HV_SS	0x88
#define GDT_ENTRIES	18

/* struct regs: a vCPU's general registers and machine frame. */
#define REGS_R15	0x00
#define REGS_R14	0x08
#define REGS_R13	0x10
#define REGS_R12	0x18
#define REGS_RBP	0x20
#define REGS_RBX	0x28
#define REGS_R11	0x30
#define REGS_RCX	0x38
#define REGS_RAX	0x40
/* The next six are also a hypercall's arguments, in order. */
#define REGS_RDI	0x48
#define REGS_RSI	0x50
#define REGS_RDX	0x58
#define REGS_R10	0x60
#define REGS_R8		0x68
#define REGS_R9		0x70
/* Why the hypervisor was entered; then the machine frame. */
#define REGS_REASON	0x78
#define REGS_RIP	0x80
#define REGS_CS		0x88
#define REGS_FLAGS	0x90
#define REGS_RSP	0x98
#define REGS_SS		0xa0
#define REGS_GUEST_CR3	0xa8	/* CR3 for the way back */

/* Reasons beyond the vectors 0 to 255. */
#define REASON_HYPERCALL	0x100
#define REASON_BAD_STACK	0x101	/* an event frame could not be written */
#define REASON_VM86		0x102	/* an exception in virtual-8086 mode, with a code segment that looks like ring 0's */
