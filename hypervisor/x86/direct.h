/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's address map and its window on all machine memory. On the host, unit tests put a fake machine's
 * memory behind direct_window.
 */
#pragma once

#include "lib/types.h"

#define GATE_BASE	0xffff800000000000ul	/* root slot 256, in every root */
#define IMAGE_BASE	0xffff800040000000ul	/* the hypervisor's image, in the hypervisor root only */
#define IMAGE_LOAD	0x200000ul		/* and its machine address (ringbolt.lds) */
#define WINDOW_BASE	0xffff800080000000ul	/* a domain's read-only windows: chunk maps, CPUID table */
#define DIRECT_BASE	0xffff840000000000ul	/* all machine memory, in the hypervisor root only */

#ifdef RINGBOLT_HOST_TEST
extern u8 *fake_memory;
#define direct_window ((u64)fake_memory)
#else
#define direct_window DIRECT_BASE
#endif

static inline void *direct_pointer(u64 maddr)
{
	return (void *)(direct_window + maddr);
}

static inline void *direct_frame(mfn_t frame)
{
	return direct_pointer(frame.raw << PAGE_SHIFT);
}

static inline u64 direct_address(const void *pointer)
{
	return (u64)pointer - direct_window;
}

/* Machine address of something in the image. */
static inline u64 image_address(const void *pointer)
{
	return (u64)pointer - IMAGE_BASE + IMAGE_LOAD;
}
