/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The world that a test finds, and what can be seen of it. Every test starts in the same one: events off, none pending, the loader's vCPU page, queue page and
 * user root, no port, no timer, no breakpoint, user code mapped (USER_TEXT in ../guest/try.h).
 */
#pragma once

#include "guest.h"

/* Before the first test. */
void world_begin(void);
/* Before each. */
void world_reset(void);
/* What an image's tests need besides; it may define it. */
void image_reset(void);

/* Keeps what can be seen now; then, what has changed since, or NULL. Accessed and dirty bits and time do not count. */
void world_look(void);
const char *world_change(void);

/* Virtual vectors that arrived, each counted, since the test began; and system time at the first of each. */
extern volatile unsigned fired[256];
extern volatile uint64_t fired_at[256];
/* Of all. */
unsigned fired_total(void);
/* Lets in what waits, and turns events off again. */
void events_take(void);

/* Events that the hypervisor delivered since the test began, and what the entry point found at the last one. */
extern struct seen {
	unsigned count;
	struct guest_regs regs;
	uint64_t frame;		/* address of the event frame */
	uint64_t flags, gs, cs, ss;
	bool enabled;		/* events_enabled */
} seen;
/* What to do with an event; NULL: what the library does. */
extern void (*event_hook)(struct guest_regs *regs);

/* Ports of the domain to itself, connected. */
void ports_connect(uint64_t *a, uint64_t *b);
/* Gives all back. */
void ports_close(void);
