/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the fake machine's CPUs remember of page tables: translations (TLB) and tables on the way to them (paging-structure caches; SDM
 * vol. 3, 4.10), for the guest's PCID.
 *
 * A model of the worst that the manuals allow: whatever was walked stays until it is flushed, a walk may begin at any table that is remembered.
 * The flushes are those of the processor: MOV to CR3 without bit 63 drops all of the PCID; INVLPG in the hypervisor drops nothing, it is
 * another PCID's.
 */
#pragma once

#include "mm/live.h"

struct vcpu;

/* Forget everything. */
void tlb_flush(u32 cpu);
/* Nothing is remembered on any CPU: a new machine. */
void tlb_start(void);

struct tlb_access {
	u64 va;
	bool write, user;
	u32 start;	/* walk from a remembered table of this level (1 to 3) if there is one, else from the root */
};

/*
 * The guest on a CPU touches an address: the walk, the accessed and dirty bits it sets, and what is remembered of it. False: a
 * page fault. *maddr: the machine address.
 */
bool tlb_touch(u32 cpu, const struct vcpu *v, const struct live_root *live, const struct tlb_access *access, u64 *maddr);
/* Called for each entry in which a walk sets bits. */
void tlb_marks(u64 entry_maddr, u64 bits);

/*
 * What a CPU remembers is harmless to the vCPU that runs there now: NULL, or what is wrong. Leaves lead to the domain's own memory, writable
 * ones to its DATA (I-2, I-5); tables are frames of that level (I-4); nothing is another vCPU's or another root's (I-10); no address
 * is known in a large and in a small page at once; of the gate, what is remembered is what is there (I-1).
 */
const char *tlb_check(u32 cpu, const struct vcpu *v, const struct live_root *live);

/* How many leaves and tables are remembered. */
u32 tlb_count(u32 cpu);
