/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest kernel as an ELF file, and what its Ringbolt notes say (note in abi/source/abi.toml). */
#pragma once

#include "lib/types.h"

struct kernel {
	const u8 *file;
	u64 file_bytes;

	/* From the notes. */
	u32 abi_major, abi_minor;
	u64 entry;		/* virtual address of the first instruction */
	u64 image_offset;	/* virtual less guest-physical address of the image */
	u64 direct_base;	/* virtual address of guest-physical 0 */

	/* Guest-physical addresses that the segments span: [start, end). */
	u64 start, end;
};

/* A segment to load: file_bytes of content, then zeros up to memory_bytes. */
struct kernel_segment {
	u64 start;		/* guest-physical */
	const u8 *content;
	u64 file_bytes;
	u64 memory_bytes;
};

/* Read a file. NULL, or why it is no kernel that we can start. */
const char *kernel_parse(struct kernel *kernel, const void *file, u64 bytes);

/* The segment to load after `*position` (0 at first), which moves on; false when there is none. */
bool kernel_next_segment(const struct kernel *kernel, u32 *position, struct kernel_segment *segment);
