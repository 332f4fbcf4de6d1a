/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processors and devices for the fake machine, so that vm/, ipc/, sched/ and the calls run on the host as they are: what x86/cpu.c makes of a
 * CPU, what x86/entry.S and the gate do between a guest and C, the clock and the console.
 *
 * CPUs take turns: one function here runs one CPU from its entry into the hypervisor to the way back, or until it waits for an
 * interrupt. A CPU that is interrupted by another comes out of its guest at once, and goes on when the caller says so (fake_cpus_interrupt).
 */
#pragma once

#include "vm/vcpu.h"

#define FAKE_CPUS 3u

/* Where a CPU is between two of the functions below. */
enum fake_place {
	FAKE_NOWHERE,		/* has not started */
	FAKE_GUEST,
	FAKE_IDLE,		/* waits for an interrupt */
};

/* An event that the gate delivered. */
struct fake_injection {
	const struct vcpu *v;
	u32 info;		/* as in the frame: type and vector */
};

/* What the processor holds of what the hypervisor loads into it, and what happened: whoever wants to know clears that before. */
struct fake_cpu {
	enum fake_place place;
	bool is_interrupted;	/* by another CPU */
	bool flushed;		/* a way back forgot the guest's translations */
	struct fake_injection injected[8];
	u32 injected_count;
	u64 cr2, dr[4], dr6, dr7, xcr0, tsc_aux, predictor_flushes;
	struct segments segments;
	u64 extended[8];	/* stands for the vector registers */
};

extern struct fake_cpu fake_cpu[FAKE_CPUS];
extern u64 fake_time_ns;		/* the clock */
extern u64 fake_timer_ns[FAKE_CPUS];	/* when each CPU's timer interrupt comes; zero: never */
extern u32 fake_typed;			/* bytes typed so far, and pauses between them */
extern bool fake_is_off;		/* the machine was switched off: nothing runs any more */
/* So many event frames to come cannot be written: the guest's stack is not there. */
extern u32 fake_bad_stacks;

/* After fake_machine_start: the host's memory for the gate, no CPU. */
void fake_cpus_start(bool has_pcid);
/* Make a CPU as cpu_init does, with this live root. */
void fake_cpu_start(u32 id, struct live_root *live);

/* enter_guest, and the end of a wait. */
void fake_cpu_run(u32 id);
/* A hypercall of the guest on a CPU. Its answer is in the vCPU's rax and rdx once it runs again. */
void fake_hypercall(u32 id, u64 number, const u64 arg[6]);
/* An interrupt, exception or failed frame (reason as in struct regs), in a guest or while the CPU waits. */
void fake_event(u32 id, u64 reason);
/* CPUs take the interrupts that others sent them. False: they go on interrupting each other. */
bool fake_cpus_interrupt(void);
