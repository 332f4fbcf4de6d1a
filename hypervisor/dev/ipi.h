/* SPDX-License-Identifier: GPL-2.0-only */
/* One CPU to another. */
#pragma once

#include "lib/types.h"

/* Guest code may run there now. It has seen what was stored before the question, or will before it runs guest code again (vcpu_guest_cr3). */
bool cpu_is_in_guest(u32 id);
/* Interrupt it: if it runs guest code or waits, it comes to the hypervisor's vcpu_leave. Harmless otherwise. */
void cpu_interrupt(u32 id);
