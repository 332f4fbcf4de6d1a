/* SPDX-License-Identifier: GPL-2.0-only */
/* What assembly calls, and the way from boot into guests. */
#pragma once

#include "vm/vcpu.h"

struct hypercall_return {
	s64 status;	/* RAX; HYPERCALL_SLOW: not straight back */
	u64 result;	/* RDX */
};

#define HYPERCALL_SLOW 1

/* regs: the running vCPU's. number: the call's. */
struct hypercall_return hypercall_handle(struct regs *regs, u64 number);
/* Any other entry, as regs->reason says. */
void event_handle(struct regs *regs);
/*
 * Every slow way back. Chooses the vCPU, loads it, decides what it must be told first. Returns 1 if an event is to be injected (all
 * words in the gate's scratch), else 0: return to regs as they are.
 */
u64 vcpu_leave(struct regs *regs);
/* An interrupt of a CPU that waits. */
void interrupt_while_idle(u64 vector, u64 rip);

/* Run what wants to run on this CPU, for ever. */
void sched_run(void) __attribute__((noreturn));
