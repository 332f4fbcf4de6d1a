/* SPDX-License-Identifier: GPL-2.0-only */
/* Segment and gate descriptors. Every descriptor has its accessed bit set: guests see the table read-only. */
#pragma once

#include "lib/types.h"

#define DESCRIPTOR_CODE64(dpl)	(0x00af9b000000ffffull | (u64)(dpl) << 45)
#define DESCRIPTOR_CODE32(dpl)	(0x00cf9b000000ffffull | (u64)(dpl) << 45)
#define DESCRIPTOR_DATA(dpl)	(0x00cf93000000ffffull | (u64)(dpl) << 45)

#define DESCRIPTOR_ACCESSED	(1ull << 40)

/* A gate to the gate's text: interrupts off. */
static inline void gate_descriptor_set(u64 *slot, u64 target, u32 selector, u32 dpl, u32 ist)
{
	slot[0] = (target & 0xffff) | (u64)selector << 16 | (u64)ist << 32 | (u64)(0x8e | dpl << 5) << 40 |
		  (target >> 16 & 0xffff) << 48;
	slot[1] = target >> 32;
}

/* May a guest put this into one of its descriptor slots? Zero, or a present 32-bit data segment of level 3. */
static inline bool descriptor_is_guest_data(u64 descriptor)
{
	u32 high = (u32)(descriptor >> 32);

	if (!descriptor)
		return true;
	/* present, DPL 3, S=1, type bit 3 clear (data), D/B=1, L=0 */
	return (high & 0x0060f800u) == 0x0040f000u;
}
