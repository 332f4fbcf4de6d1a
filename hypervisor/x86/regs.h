/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU's registers while the hypervisor runs, as x86/entry.S stores them (offsets: x86/gate.h).
 *
 * After a hypercall that goes straight back only the arguments, rip, rsp, flags are stored here; the registers a C function keeps are still in
 * the processor. Whoever wants more sets cpu->slow_exit.
 */
#pragma once

#include "lib/types.h"
#include "x86/gate.h"

struct regs {
	u64 r15, r14, r13, r12, rbp, rbx;
	u64 r11, rcx, rax;
	u64 rdi, rsi, rdx, r10, r8, r9;		/* a hypercall's arguments, in order */
	u64 reason;				/* vector or REASON_* */
	u64 rip, cs, flags, rsp, ss;
	u64 guest_cr3;
};

_Static_assert(offsetof(struct regs, rdi) == REGS_RDI, "layout");
_Static_assert(offsetof(struct regs, r9) == REGS_R9, "layout");
_Static_assert(offsetof(struct regs, reason) == REGS_REASON, "layout");
_Static_assert(offsetof(struct regs, ss) == REGS_SS, "layout");
_Static_assert(offsetof(struct regs, guest_cr3) == REGS_GUEST_CR3, "layout");

#define RFLAGS_CF	0x0001u
#define RFLAGS_FIXED	0x0002u
#define RFLAGS_TF	0x0100u
#define RFLAGS_IF	0x0200u
#define RFLAGS_DF	0x0400u
#define RFLAGS_IOPL	0x3000u
#define RFLAGS_NT	0x4000u
#define RFLAGS_RF	0x10000u
#define RFLAGS_VM	0x20000u
#define RFLAGS_AC	0x40000u
#define RFLAGS_ID	0x200000u
/* What a guest may have in its flags: arithmetic, TF, DF, RF, AC, ID. */
#define RFLAGS_GUEST	(0x08d5u | RFLAGS_TF | RFLAGS_DF | RFLAGS_RF | RFLAGS_AC | RFLAGS_ID)

static inline bool regs_from_user(const struct regs *regs)
{
	return regs->cs & 2;
}
