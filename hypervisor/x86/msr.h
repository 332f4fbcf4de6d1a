/* SPDX-License-Identifier: GPL-2.0-only */
/* Model-specific registers. */
#pragma once

#include "lib/types.h"

#define MSR_APIC_BASE		0x1bu
#define MSR_TSC_DEADLINE	0x6e0u

static inline u64 msr_read(u32 msr)
{
	u32 low, high;

	asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (u64)high << 32 | low;
}

static inline void msr_write(u32 msr, u64 value)
{
	asm volatile("wrmsr" : : "c"(msr), "a"((u32)value), "d"((u32)(value >> 32)) : "memory");
}
