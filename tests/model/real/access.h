/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's other vCPUs against one run of the hypervisor's code: what is read and written in some pages of the guest, and one
 * word changed just before a chosen read, and those that were read changed after it.
 */
#pragma once

#include "lib/types.h"

#define ACCESS_MAX 128

struct access {
	u16 offset;		/* in the pages watched */
	bool is_write;
	u64 value;		/* the 8 bytes that it is in, after the access and before anybody changes them again */
};

/* Of one run. */
struct access_log {
	u32 count;
	struct access access[ACCESS_MAX];
};

/* What the others do. */
struct access_plan {
	s32 before_read;	/* the number of the read before which they store, from 0; -1: none */
	u64 value;
	bool spoil;		/* and they change what was read, right after it was */
	bool (*keeps)(u16 offset);	/* but not these words; NULL: all */
	u32 (*bytes)(u16 offset);	/* how long the word at an offset is; NULL: 8 */
};

void access_begin(void *pages, u64 bytes, const struct access_plan *plan, struct access_log *log);
void access_end(void);
