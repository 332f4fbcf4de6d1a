/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the hypervisor knows of one frame of a PAGETABLE chunk: 8 bytes, one page for the 512 frames of a chunk.
 *
 * FREE	never used since its chunk came to the domain: all zero, and no CPU can remember it as a table.
 * TYPED	a table of `level`; every entry is valid for that level (I-4); no entry points to it.
 * LINKED	as TYPED, and exactly one entry, `parent`, points to it (I-3). Levels 1 to 3 only.
 * A frame of level 4 is a root and is never LINKED: it is copied into live roots (mm/live.h), `loaded` says how many vCPUs have
 * it as their address space. KERNEL is the one root of the domain that serves the kernel half.
 * All under the space's lock.
 */
#pragma once

#include "lib/types.h"

enum {
	FRAME_FREE = 0,
	FRAME_TYPED = 1,
	FRAME_LINKED = 2,
	FRAME_KERNEL = 3,	/* level 4: the domain's kernel root */
};

#define LEVEL_ROOT 4

struct frame {
	u8 state;
	u8 level;	/* 1 to 4; 0: FREE */
	u16 links;	/* entries of this table that link another */
	union {
		u32 parent;	/* LINKED: number of the frame in the reserve << 9 | index of the entry */
		u32 loaded;	/* level 4: vCPUs whose address space it is */
	};
};

_Static_assert(sizeof(struct frame) * FRAMES_PER_CHUNK == PAGE_BYTES, "the records of a chunk fill a page");
