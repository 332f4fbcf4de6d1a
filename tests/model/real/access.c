/* SPDX-License-Identifier: GPL-2.0-only */
/* See access.h. */
#include "access.h"

#include <string.h>
#include "step.h"

static u8 *base;
static const struct access_plan *plan;
static struct access_log *log_to;
static s32 reads;

static u32 bytes_at(u16 offset)
{
	return plan->bytes ? plan->bytes(offset) : 8;
}

static void before(const u8 *address, bool is_write)
{
	if (!is_write && reads++ == plan->before_read)
		memcpy((u8 *)address, &plan->value, bytes_at((u16)(address - base)));
}

static void after(const u8 *address, bool is_write)
{
	const u16 offset = (u16)(address - base);

	if (log_to->count < ACCESS_MAX) {
		struct access *a = &log_to->access[log_to->count];

		*a = (struct access){ .offset = offset, .is_write = is_write };
		memcpy(&a->value, base + (offset & ~7u), 8);
	}
	log_to->count++;
	if (!is_write && plan->spoil && !(plan->keeps && plan->keeps(offset)))
		for (u32 i = 0; i < bytes_at(offset); i++)
			base[offset + i] ^= 0xff;
}

void access_begin(void *pages, u64 bytes, const struct access_plan *p, struct access_log *log)
{
	base = pages;
	plan = p;
	log_to = log;
	log->count = 0;
	reads = 0;
	step_watch(pages, bytes, before, after);
}

void access_end(void)
{
	step_end();
}
