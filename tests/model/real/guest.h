/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU of a domain with memory, page tables and a queue, on one CPU of the fake machine of tests/unit. For tests of what the
 * hypervisor does while the guest's other vCPUs change its memory: each trial runs in a process of its own.
 */
#pragma once

#include "vm/domain.h"

/* First frame of the reserve; DATA chunks 0 to 2. */
#define PT		((u64)8 * FRAMES_PER_CHUNK)
#define PT_FRAMES	(2 * FRAMES_PER_CHUNK)

extern struct domain guest_domain;
extern struct vcpu guest_vcpu;		/* has its page and its queue, not loaded */
extern struct space guest_other;	/* another domain's */

void guest_start(void);
/* Machine address of a guest frame. */
u64 guest_machine(const struct space *space, u64 gfn);
/* Of all that page-table operations can change: the reserve, its records, the counters, the live root. */
u64 guest_digest(void);
/* Fold one more number into a digest. */
u64 digest_add(u64 digest, u64 value);

/*
 * Run a function in a child process, which may not print. What it leaves in *result (at most a page) is copied back. Ends the
 * program if the child breaks off.
 */
void guest_try(void (*run)(void *argument, void *result), void *argument, void *result, u64 bytes);
