/* SPDX-License-Identifier: GPL-2.0-only */
/* In place of hypervisor/x86/msr.h on the host: registers of the fake machine's CPU (fake_cpu.h). */
#pragma once

#include "lib/types.h"

u64 msr_read(u32 msr);
void msr_write(u32 msr, u64 value);
