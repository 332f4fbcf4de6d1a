/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Editing live roots: on a change of address space, and when a root that is loaded changes.
 *
 * A root has few entries that are not zero (a process two to four, a kernel half a handful), so both halves are exchanged by
 * walking the bitmap of what was there and what comes.
 */

#include "mm/live.h"

#include "dev/ipi.h"
#include "lib/ensure.h"
#include "mm/trace.h"

enum {
	HALF_USER = 0,		/* first of its words in live_root.slots */
	HALF_KERNEL = 4,
};

struct live_root *live_roots[LIVE_ROOTS_MAX];
u32 live_root_count;

/* What is shown where there is no root. */
static const u64 empty_root[PT_ENTRIES];

static const u64 *root_or_empty(mfn_t root)
{
	return root.raw == NO_MFN.raw ? empty_root : root_entries(root);
}

/* Show one half of a root in place of what was there. */
static inline void live_show(struct live_root *live, u32 half, const u64 *root)
{
#pragma GCC unroll 4
	for (u32 word = 0; word < ROOT_MAP_WORDS; word++) {
		const u64 present = root[ROOT_MAP_FIRST + word];
		u64 todo = live->slots[half + word] | present;

		live->slots[half + word] = present;
		while (todo) {
			const u64 index = (half + word) * 64 + (u64)__builtin_ctzl(todo);

			__atomic_store_n(&live->page[index], root[index], __ATOMIC_RELAXED);
			todo &= todo - 1;
		}
	}
}

void live_root_init(struct live_root *live, mfn_t page)
{
	u64 *entries = direct_frame(page);

	ENSURE(live_root_count < LIVE_ROOTS_MAX);
	for (u32 index = 0; index < PT_ENTRIES; index++)
		if (index != 256)
			entries[index] = 0;
	*live = (struct live_root){
		.page = entries,
		.mfn = page,
		.user_root = NO_MFN,
		.flush_owed = true,
	};
	live_roots[live_root_count] = live;
	__atomic_store_n(&live_root_count, live_root_count + 1, __ATOMIC_RELEASE);
}

enum rb_status live_root_load(struct live_root *live, struct space *space, gfn_t gfn)
{
	struct slot root;

	ASSERT(live->space == space);
	if (!space_find_table(space, gfn.raw, &root))
		return RB_NOENT;
	if (!root_is_user(root.frame))
		return RB_TYPE;

	root.frame->loaded++;
	if (live->user_root.raw != NO_MFN.raw)
		root_frame(live->user_root)->loaded--;
	live->user_root.raw = direct_address(root.entry) >> PAGE_SHIFT;
	live_show(live, HALF_USER, root.entry);
	live_flush_all(live);
	space->root_loads++;
	return RB_OK;
}

/* Out of the reach of the old space's propagation, so that its lock can be let go. */
static void live_root_detach(struct live_root *live)
{
	struct space *old = live->space;

	if (!old)
		return;
	spin_lock(&old->lock);
	live->space = NULL;
	live->user_root = NO_MFN;
	spin_unlock(&old->lock);
}

void live_root_switch_space(struct live_root *live, struct space *space, mfn_t user_root)
{
	const bool same = live->space == space;

	if (!same)
		live_root_detach(live);
	spin_lock(&space->lock);
	live->space = space;
	live->user_root = user_root;
	if (!same)
		live_show(live, HALF_KERNEL, root_or_empty(space->kernel_root));
	live_show(live, HALF_USER, root_or_empty(user_root));
	live_flush_all(live);
	spin_unlock(&space->lock);
}

void live_root_leave(struct live_root *live)
{
	live_root_detach(live);
	live_show(live, HALF_KERNEL, empty_root);
	live_show(live, HALF_USER, empty_root);
	live_flush_all(live);
}

/* An edit of one live root. The bitmap is the CPU's own, guarded by the same lock. */
static void live_root_set_entry(struct live_root *live, u64 index, u64 entry)
{
	const u64 bit = 1ul << index % 64;
	u64 *slots = &live->slots[index / 64];

	*slots = entry ? *slots | bit : *slots & ~bit;
	__atomic_store_n(&live->page[index], entry, __ATOMIC_RELAXED);
}

void live_root_propagate(struct space *space, mfn_t root, u64 index, u64 entry)
{
	const bool kernel = root.raw == space->kernel_root.raw;

	for (u32 cpu = 0; cpu < live_root_count; cpu++) {
		struct live_root *live = live_roots[cpu];

		if (live->space == space && (kernel || live->user_root.raw == root.raw))
			live_root_set_entry(live, index, entry);
	}
}

static bool live_flush_is_owed(const struct live_root *live)
{
	return __atomic_load_n(&live->flush_owed, __ATOMIC_SEQ_CST);
}

/*
 * Three passes, so that the CPUs leave their guests at the same time. A CPU that is in the hypervisor (ours is) cannot reach the guest's memory through
 * guest translations before it honours flush_owed. It may be waiting for the very lock that our caller holds, with interrupts off: it must not be
 * waited for, and is not.
 */
void live_flush_cpus(u64 cpu_mask)
{
	u64 running = 0;

	for (u32 cpu = 0; cpu < live_root_count; cpu++)
		if (cpu_mask >> cpu & 1)
			__atomic_store_n(&live_roots[cpu]->flush_owed, true, __ATOMIC_SEQ_CST);
	for (u32 cpu = 0; cpu < live_root_count; cpu++) {
		if (cpu_mask >> cpu & 1 && cpu_is_in_guest(cpu)) {
			running |= 1ul << cpu;
			cpu_interrupt(cpu);
		}
	}
	if (patch_is_on())
		trace_event(TRACE_FLUSH, 0, cpu_mask, running);
	for (u32 cpu = 0; running; cpu++, running >>= 1)
		while (running & 1 && cpu_is_in_guest(cpu) && live_flush_is_owed(live_roots[cpu]))
			asm volatile("pause");
}

void live_flush_everywhere(struct space *space)
{
	u64 mask = 0;

	for (u32 cpu = 0; cpu < live_root_count; cpu++)
		if (live_roots[cpu]->space == space)
			mask |= 1ul << cpu;
	live_flush_cpus(mask);
}

static void live_hold_set(const struct space *space, bool held)
{
	for (u32 cpu = 0; cpu < live_root_count; cpu++)
		if (live_roots[cpu]->space == space)
			__atomic_store_n(&live_roots[cpu]->held, held, __ATOMIC_SEQ_CST);
}

/* `held` before flush_owed: a CPU on its way back clears flush_owed, then looks at `held`. One that missed the one sees the other. */
void live_hold(struct space *space)
{
	live_hold_set(space, true);
	live_flush_everywhere(space);
}

void live_release(struct space *space)
{
	live_hold_set(space, false);
}
