/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain made by a test guest, for whatever a second domain is needed for. Its program makes the calls that it is told to, one after the other, and yields
 * in between.
 */
#pragma once

#include "guest.h"

#define CHILD_CHUNKS	9u	/* guest-physical: image, mailbox, then others; the last four are the reserve */
#define CHILD_RESERVE	5u
#define CHILD_IMAGE	0x200000ul
#define CHILD_MAILBOX	0x400000ul
#define CHILD_BOOT	0x600000ul
#define CHILD_FREE	0x800000ul	/* memory that nothing is in */
#define CHILD_OFFSET	0xffffffff80000000ul

/* At CHILD_MAILBOX. A call is made whenever `wanted` differs from `done`, which then becomes `wanted`. */
struct child_mailbox {
	uint64_t wanted, done;
	uint64_t number, arguments[6];
	uint64_t status, result;
	uint64_t turns;		/* of its loop */
};

/* Its program. */
extern const char child_program[], child_program_end[];
/* What child_build tells of a child, for tests that change it. */
struct rb_domain_image child_image(void);
/* A child with all its memory and its program, not built. Returns its number. */
uint64_t child_new(unsigned vcpus);
/* The same, built; and running. */
uint64_t child_built(unsigned vcpus);
uint64_t child_running(unsigned vcpus);
struct child_mailbox child_look(uint64_t child);
/* Starts a call, without waiting for it. */
void child_begin(uint64_t child, unsigned number, const uint64_t arguments[6]);
/* Is it done? */
bool child_is_done(uint64_t child);
/* Has the child make a call and waits until it is done. Returns the status. */
#define child_call(child, number, ...) child_call_with(child, number, (const uint64_t[6]){ __VA_ARGS__ }, NULL)
long child_call_with(uint64_t child, unsigned number, const uint64_t arguments[6], uint64_t *result);
