/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ticket spinlocks. The hypervisor runs with interrupts off and never blocks, so a lock is only ever
 * contended by another CPU. Lock order: ports, domain, space, chunk table, console; and inside all of them but the last two a vCPU's page, run queues (that of the lower CPU
 * first), run group.
 */
#pragma once

#include "lib/types.h"

struct spinlock {
	u32 next;	/* next ticket to hand out */
	u32 owner;	/* ticket that holds the lock */
};

static inline void spin_lock(struct spinlock *lock)
{
	u32 ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);

	while (__atomic_load_n(&lock->owner, __ATOMIC_ACQUIRE) != ticket)
		__builtin_ia32_pause();
}

static inline void spin_unlock(struct spinlock *lock)
{
	__atomic_store_n(&lock->owner, lock->owner + 1, __ATOMIC_RELEASE);
}
