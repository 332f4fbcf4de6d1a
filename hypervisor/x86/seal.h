/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What never changes once a CPU can run guests: its control registers, its descriptor tables, the hypervisor's text and constants. Recorded then, compared by
 * debug_check: whoever changes any of it got into ring 0, or found a way to write where guests cannot.
 */
#pragma once

#include "x86/cpu.h"

/* At the end of cpu_init, on the CPU. */
void cpu_seal(const struct cpu *cpu);
/* On the same CPU: how much is not as it was; one printed line for each. */
u64 cpu_seal_check(void);
