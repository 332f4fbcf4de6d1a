/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain: memory, vCPUs, event ports, console, counters; and its end.
 */
#pragma once

#include "lib/lock.h"
#include "mm/space.h"
#include "vm/vcpu.h"

#define DOMAINS_MAX 64

struct port;

struct domain {
	u32 id;
	u32 vcpu_count;
	struct spinlock lock;		/* ports, ending */
	bool ending;			/* no vCPU runs any more */
	struct space space;
	struct run_group group;
	bool is_pinned;			/* vCPU n runs on CPU n modulo their number, and nowhere else */
	struct vcpu *vcpus[RB_MAX_VCPUS];
	struct port *ports;		/* RB_NR_PORTS of them (ipc/port.h) */
	void *cpuid_table;		/* pages shown read-only in the CPUID window */
	u32 cpuid_pages;
	u64 *windows;			/* level-2 table of the windows */
	/* Counted by the CPU that runs the vCPU; several CPUs add atomically or not at all exactly. */
	u64 counters[RB_NR_COUNTERS];
};

extern struct domain *domains[DOMAINS_MAX];
extern u32 domains_end;		/* all from here on were always NULL */

/* A domain without memory; its reserve as in space_init. NULL: no room. */
struct domain *domain_create(u32 chunk_count, u32 pt_first, u32 pt_quota);
/* After memory and CPUID table are there: what the guest sees through its read-only windows. */
void domain_build_windows(struct domain *d);
struct domain *domain_find(u64 id);
/* Feature bits of the interface (RB_FEATURE_*). */
u64 domain_features(void);

/* The CPUs on which vCPUs of a set may have translations: a vCPU that comes onto a CPU later starts with none. */
u64 domain_cpus(const struct domain *d, u64 vcpu_mask);

static inline void domain_count(struct domain *d, u32 counter)
{
	d->counters[counter]++;
}

/*
 * The guest broke its contract: print why, the vCPU's registers and stack, and end the domain. Returns; the vCPU does not run again.
 */
void domain_crash(struct vcpu *v, const char *why);
/* The vCPU that ended its domain as crashed: registers and stack. */
void domain_print_crash(struct vcpu *v);
/* All that debug_check looks at: violations, of which the first are printed. Takes time; no lock may be held. */
u64 domain_check_hypervisor(void);
/* No domain is left: the machine ends, as the first domain asked. */
void domain_check_all_ended(void);
/* An end that the guest asked for (RB_SHUTDOWN_REASON_*). */
void domain_shutdown(struct vcpu *v, u32 reason, u32 code);
