/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain: memory, vCPUs, event ports, console, counters; and its end.
 */
#pragma once

#include "lib/lock.h"
#include "mm/space.h"
#include "vm/console.h"
#include "vm/vcpu.h"

#define DOMAINS_MAX 64

struct port;

struct domain {
	u32 id;
	u32 vcpu_count;			/* vcpus from there on are none */
	struct spinlock lock;		/* which vCPUs are started, the end */
	bool exists;			/* has memory and a number; under the lock of who makes domains (hypercall/hc_control.c) */
	bool ending;			/* no vCPU runs any more */
	bool is_built;			/* domain_build was done; likewise */
	bool is_broken;			/* domain_build failed half way; likewise */
	bool is_started;		/* vCPU 0 was; likewise */
	bool is_paused;			/* no vCPU runs for now */
	bool is_pinned;			/* vCPU n runs on CPU n modulo their number, and nowhere else */
	u32 reason, code;		/* of its end */
	char name[RB_NAME_BYTES + 1];
	struct space space;
	struct run_group group;
	struct vcpu *vcpus[RB_MAX_VCPUS];
	struct port *ports;		/* RB_NR_PORTS of them, or NULL: none can be had (ipc/port.h) */
	struct rb_cpuid_leaf *cpuid_table;	/* a page, shown read-only in the CPUID window */
	u32 cpuid_count;
	u64 *windows;			/* level-2 table of the windows */
	struct domain_console console;
	/* Counted by the CPU that runs the vCPU; several CPUs add atomically or not at all exactly. */
	u64 counters[RB_NR_COUNTERS];
};

extern struct domain *domains[DOMAINS_MAX];
extern u32 domains_end;		/* all from here on were always NULL, none before is */

/* What a domain has room for. */
struct domain_shape {
	u32 chunk_count;		/* guest-physical chunks, those of the reserve included */
	u32 pt_first, pt_quota;		/* the reserve: as in space_init */
	u32 vcpu_count;
};

/* A domain without memory, paused. NOSPACE: no number, or no memory for its tables; INVAL: the shape. */
enum rb_status domain_create(const struct domain_shape *shape, struct domain **created);
/* It runs from now on: one that was built and never ran begins. */
void domain_unpause(struct domain *d);
/* None of its vCPUs is to run, until domain_unpause. */
void domain_pause(struct domain *d);
/* What it gets of the CPUs, from now on (sched/group.h). */
void domain_set_share(struct domain *d, u32 weight, u32 cap);
/* None of its vCPUs runs now. */
bool domain_is_quiet(const struct domain *d);
/* End it and give all that it has back, but for its ports. AGAIN: a CPU must let go of it first, or there is more to do. The one who calls has no vCPU in it. */
enum rb_status domain_destroy(struct domain *d);
/* A domain that has not ended, or NULL. Its struct stays; it may end at any time. */
struct domain *domain_find(u64 id);
/* Its vCPU of that number, or NULL. */
static inline struct vcpu *domain_vcpu(struct domain *d, u64 id)
{
	return id < d->vcpu_count ? d->vcpus[nospec_index(id, RB_MAX_VCPUS)] : NULL;
}
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
/* Any vCPU's. The stack only, if it is loaded here. */
void domain_print_vcpu(const struct vcpu *v);
/* All that debug_check looks at: violations, of which the first are printed. Takes time; no lock may be held. */
u64 domain_check_hypervisor(void);
/* No domain is left that could do something: the machine ends, as the first domain asked. */
void domain_check_all_ended(void);
/* An end that the guest asked for (RB_SHUTDOWN_REASON_*). */
void domain_shutdown(struct vcpu *v, u32 reason, u32 code);
