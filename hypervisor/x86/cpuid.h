/* SPDX-License-Identifier: GPL-2.0-only */
/* What the processor says of itself, and what a guest kernel is told of it. */
#pragma once

#include "lib/types.h"
#include "ringbolt.h"

#define CPUID_ANY_SUBLEAF 0xffffffffu

struct cpuid {
	u32 eax, ebx, ecx, edx;
};

/* The processor's leaf, or zeros when it has none of this number (which would otherwise read as some other leaf). */
struct cpuid cpuid_leaf(u32 leaf, u32 subleaf);

/* Width of machine addresses (MAXPHYADDR). */
u32 cpuid_physical_bits(void);

/*
 * Write the leaves that a guest kernel should see into table, which has room for `room` of them; the number written. Extended
 * state: the components in xcr0. features: the interface's feature word.
 */
u32 cpuid_table_fill(struct rb_cpuid_leaf *table, u32 room, u64 xcr0, u64 features);
