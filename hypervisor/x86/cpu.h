/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A physical CPU: its descriptor tables, its gate pages and its control registers. Not what runs on it (sched/, vm/).
 */
#pragma once

#include "lib/types.h"
#include "x86/gate.h"
#include "x86/regs.h"

#define CPUS_MAX 64

struct vcpu;
struct live_root;

/* The page at GATE_TRUSTED. Read-only in guests: written through the direct map only. */
struct gate_trusted {
	u8 tss[TRUSTED_HV_CR3];
	u64 hv_cr3;
	struct regs *regs;
	u64 hv_stack;
	u64 user_entry;
	u64 kernel_entry;
	u64 kernel_gs;
	u64 floor;
	u64 poison;
	struct cpu *cpu;
};

_Static_assert(offsetof(struct gate_trusted, hv_cr3) == TRUSTED_HV_CR3, "layout");
_Static_assert(offsetof(struct gate_trusted, poison) == TRUSTED_POISON, "layout");

/* The page at GATE_SCRATCH. A guest may write it at any time but while this CPU is in ring 0. */
struct gate_scratch {
	u64 rsp, rip, flags;	/* SCRATCH_RSP on */
	u32 info;
	u32 unused;
	u64 error;
	u64 sp;
	u64 data;
	u64 entry;
	u32 nmis;
	u32 bug_vector;
	u64 debug;
};

_Static_assert(offsetof(struct gate_scratch, info) == SCRATCH_INFO, "layout");
_Static_assert(offsetof(struct gate_scratch, entry) == SCRATCH_ENTRY, "layout");
_Static_assert(offsetof(struct gate_scratch, debug) == SCRATCH_DEBUG, "layout");

struct cpu {
	u32 id;
	u32 apic_id;			/* number of its local APIC */
	bool online;			/* waits for work, or does it */
	bool reschedule;		/* look for another vCPU before going back */
	bool slow_exit;			/* a hypercall must leave through vcpu_leave */
	bool in_guest;			/* guest code may run: see vcpu_guest_cr3 */
	struct vcpu *current;		/* on this CPU, or NULL */
	struct vcpu *loaded;		/* whose state is in the processor and the gate, or NULL */
	struct live_root *live;		/* page tables of guests on this CPU */
	u64 guest_cr3;			/* live root and PCID, without CR3_NOFLUSH */
	u64 noflush;			/* CR3_NOFLUSH, or 0 without PCID */
	struct gate_trusted *trusted;	/* the gate's pages, through the direct map */
	struct gate_scratch *scratch;
	u64 *gdt;
	u64 *idt;
	u64 *vcpu_page_entry;		/* page-table entry of GATE_VCPU_PAGE */
	u64 *window_entry;		/* level-3 entry of the windows in the live root */
} __attribute__((aligned(64)));		/* on cache lines of its own */

extern struct cpu cpus[CPUS_MAX];
extern u32 cpu_count;

/* What the processor has. */
struct cpu_features {
	bool pcid;
	bool xsave;
	bool ibpb;
	u64 xcr0;		/* components we offer */
	u32 xsave_bytes;
	u32 address_bits;	/* physical */
};
extern struct cpu_features cpu_features;

static inline struct cpu *this_cpu(void)
{
	return *(struct cpu *const *)(GATE_TRUSTED + offsetof(struct gate_trusted, cpu));
}

/*
 * Make the CPU ready to run guests: build its gate and its hypervisor root from the boot root, load them, set control registers. Stops the machine
 * with a message if the processor lacks what is needed.
 */
void cpu_init(u32 id);

void cpu_idle(void);
extern const char cpu_idle_wait[], cpu_idle_end[];
void enter_guest(void) __attribute__((noreturn));
