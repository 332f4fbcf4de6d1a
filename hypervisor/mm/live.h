/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Live roots: the level-4 page that a physical CPU's CR3 points to while it runs a guest. One per CPU, edited in place.
 *
 * Keeps I-9: a live root holds the user half of the loaded user root and the kernel half of its space's kernel root, entry
 * by entry, after every call here and every operation of mm/table.h; and slot 256, which leads to the CPU's own gate, is
 * never touched. And I-10: whatever changes which address space is in the page sets flush_owed, which the way back to the
 * guest must honour before guest code runs on the CPU.
 *
 * An edit of another CPU's live root is one aligned 8-byte store, seen by that CPU's walker at any time: as safe as a guest's own
 * store to a root on the bare machine, because a table that left a root keeps its level until live_flush_everywhere.
 * A live root's fields and page are guarded by the lock of the space that is in it; only its own CPU changes which space that is.
 */
#pragma once

#include "mm/root.h"

#define LIVE_ROOTS_MAX 64

struct live_root {
	u64 *page;		/* the root, through the direct map */
	mfn_t mfn;		/* and for CR3 */
	struct space *space;	/* whose address space it is, or NULL: none, both halves empty */
	mfn_t user_root;	/* the user root in it, or NO_MFN: user half empty */
	bool flush_owed;	/* guest translations must be forgotten before guest code runs on this CPU */
	bool held;		/* a flush is owed, and guest code must not run on this CPU until another one clears this (live_hold) */
	u64 slots[8];		/* which entries of the page are not zero; 256 to 271 not counted */
};

/* Registered by live_root_init, in order of CPU start. */
extern struct live_root *live_roots[LIVE_ROOTS_MAX];
extern u32 live_root_count;

/* Register a CPU's live root on a page: all its entries but 256 are zeroed. */
void live_root_init(struct live_root *live, mfn_t page);
/*
 * root_load: the user root gfn becomes the address space of the vCPU that runs on live's CPU, in place of the one it had (the
 * loaded count moves from that to this); live->user_root says which it is, for the vCPU to remember. Owes a flush.
 * live->space must be space: the vCPU runs. Caller holds the lock. NOENT: not in the reserve; TYPE: not a user root.
 */
enum rb_status live_root_load(struct live_root *live, struct space *space, gfn_t gfn);
/*
 * Another vCPU comes onto the CPU: kernel half of its space, user half of user_root (held by the vCPU: root_hold,
 * live_root_load) or empty if NO_MFN. Owes a flush always. Takes the locks; none may be held.
 */
void live_root_switch_space(struct live_root *live, struct space *space, mfn_t user_root);
/* No guest on this CPU any more: both halves empty. Before space_destroy, on each CPU. Takes the lock. */
void live_root_leave(struct live_root *live);
/* An entry of a root was changed to `entry`: the live roots that show it follow. Caller holds the lock. */
void live_root_propagate(struct space *space, mfn_t root, u64 index, u64 entry);

/* Forget all of the guest's translations on this CPU before guest code runs there. */
static inline void live_flush_all(struct live_root *live)
{
	live->flush_owed = true;
}

/* Forget translations of `pages` pages of 4 KiB from va on. All are forgotten, until x86/tlb.h can do better. */
static inline void live_flush_range(struct live_root *live, u64 va, u64 pages)
{
	(void)va;
	(void)pages;
	live->flush_owed = true;
}

/*
 * Forget all of the guest's translations on a set of CPUs: when it returns, no guest code runs there with one from before. CPUs that run
 * guest code are interrupted.
 */
void live_flush_cpus(u64 cpu_mask);
/*
 * The same on every CPU that runs a space: a frame changed its level, and a CPU may still remember it as it was (I-4). Caller holds the lock.
 */
void live_flush_everywhere(struct space *space);
/*
 * The same, and no guest code of the space runs on any CPU from then on until live_release: no CPU remembers what is stored in between beside what was
 * there before. Caller holds the lock, from before the one to after the other.
 */
void live_hold(struct space *space);
void live_release(struct space *space);
