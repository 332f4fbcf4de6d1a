/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Roots: tables of level 4. Hardware never walks one; live roots are made from them (mm/live.h).
 *
 * A root serves one half: a user root the entries 0 to 255, the domain's kernel root 272 to 511 (256 to 271 are the
 * hypervisor's in every address space). Its other half is not hardware's, and four words of it hold a bitmap of the entries that
 * are not zero, bit (index mod 256), so that loading a root looks only at those. Guests may read the bitmap, and cannot write it.
 */
#pragma once

#include "mm/entry.h"
#include "mm/space.h"
#include "x86/direct.h"

#define ROOT_USER_END		256u	/* first entry that a user root does not serve */
#define ROOT_KERNEL_FIRST	272u	/* first entry that the kernel root serves */

/* Where in a root the bitmap is: after the user half; in the kernel root before its own. */
#define ROOT_MAP_FIRST	256u
#define ROOT_MAP_WORDS	4u

/* A table of level 4 that is not the kernel root? */
static inline bool root_is_user(const struct frame *frame)
{
	return frame->level == LEVEL_ROOT && frame->state == FRAME_TYPED;
}

/* Do the entries [index, index + count) lie in the half that a root serves? */
static inline bool root_serves(const struct frame *frame, u64 index, u64 count)
{
	return frame->state == FRAME_KERNEL ? index >= ROOT_KERNEL_FIRST && index + count <= PT_ENTRIES
					    : index + count <= ROOT_USER_END;
}

/* The table that is a root, and its record. */
static inline u64 *root_entries(mfn_t root)
{
	return direct_frame(root);
}

static inline struct frame *root_frame(mfn_t root)
{
	return &chunks[chunk_of_frame(root)].frames[root.raw % FRAMES_PER_CHUNK];
}

/* Store an entry and keep the bitmap. Live roots do not follow by this alone: see live_root_propagate. */
static inline void root_set_entry(u64 *root, u64 index, u64 entry)
{
	u64 *map = &root[ROOT_MAP_FIRST + (index % 256) / 64];
	u64 bit = 1ul << index % 64;

	*map = entry ? *map | bit : *map & ~bit;
	__atomic_store_n(&root[index], entry, __ATOMIC_RELAXED);
}

/* The user root with this frame number. NOENT: not in the reserve; TYPE: not a user root. Caller holds the lock. */
enum rb_status root_find(const struct space *space, gfn_t gfn, mfn_t *root);
/*
 * An empty user root becomes the domain's kernel root, for good. Domain building only. Caller holds the lock.
 * NOENT: not in the reserve; TYPE: not a root; BUSY: loaded, not empty, or there is a kernel root already.
 */
enum rb_status root_make_kernel(struct space *space, gfn_t gfn);
/*
 * A vCPU takes a user root as its address space: counted, so that it stays a root. For a vCPU that starts; afterwards
 * live_root_load moves the count. Caller holds the lock. NOENT, TYPE: as root_load.
 */
enum rb_status root_hold(struct space *space, gfn_t gfn, mfn_t *root);
/* The vCPU ends. Caller holds the lock. */
void root_drop(struct space *space, mfn_t root);
