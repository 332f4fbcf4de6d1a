/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages between CPUs; see ipi.h. There is one vector: who gets it looks for everything that may be asked of it. */
#include "dev/ipi.h"
#include "dev/lapic.h"
#include "x86/cpu.h"

bool cpu_is_in_guest(u32 id)
{
	return __atomic_load_n(&cpus[id].in_guest, __ATOMIC_SEQ_CST);
}

void cpu_interrupt(u32 id)
{
	lapic_send(cpus[id].apic_id, VECTOR_WAKE);
}
