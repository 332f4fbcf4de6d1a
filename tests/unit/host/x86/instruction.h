/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In place of hypervisor/x86/instruction.h on the host: the privileged instructions that vm/ and the calls use, on the fake machine's CPU
 * (fake_cpu.h).
 */
#pragma once

#include "x86/msr.h"

#define MSR_TSC_AUX		0xc0000103u
#define MSR_PRED_CMD		0x49u
#define CR3_NOFLUSH		(1ul << 63)

struct segments {
	u64 fs_base, gs_base;
	u16 ds, es, fs, gs;
};

u64 cr2_read(void);
u64 dr6_read(void);
void dr6_write(u64 value);
void dr7_write(u64 value);
void debug_addresses_write(const u64 address[4]);
void segments_read(struct segments *s);
void segments_write(const struct segments *s);
void extended_state_save(void *area);
void extended_state_load(const void *area);
void page_invalidate(u64 va);
void xcr0_write(u64 value);
