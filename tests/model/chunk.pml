/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A chunk changes its owner and its use: I-2, I-5, I-10, and that nobody reads what another domain left in it.
 *
 * Two domains, CPUS processors that run vCPUs of either, one chunk that all want. Each domain has one leaf, in a table of its
 * own, that can map the chunk. A CPU remembers one translation of the chunk until it flushes.
 *
 * In the code: mm/chunk.c:chunk_alloc with mm/space.c:space_add_chunk (mm/space.c:space_add_data) and mm/space.c:space_grow_reserve, the check of a leaf, vCPUs of
 * two domains that take turns on a CPU, a vCPU that stops (vm/vcpu.c:vcpu_take_away, vm/vcpu.c:vcpu_discard: mm/live.c:live_root_leave), the end of a domain (that on each CPU, then
 * vm/domain.c:domain_destroy: mm/space.c:space_remove_chunks in several calls, mm/space.c:space_destroy); LEAVE_KEEPS, without the flush that live_root_leave owes, passes too. Left out: what boot does before a guest runs
 * (~mm/chunk.c:chunk_table_init, ~mm/chunk.c:chunk_make_free, ~mm/chunk.c:chunk_make_hypervisor, ~boot/trace.c:ring_make), pages of the hypervisor's own
 * (~mm/page.c:page_chunk_add, ~mm/page.c:page_chunk_remove), a domain that is given up before it has memory (~vm/domain.c:domain_create), and what only looks (~mm/chunk.c:chunk_list_check, ~mm/walk.c:check_chunks, ~mm/walk.c:check_owners).
 * Words: chunk_alloc chunk_release judge_leaf live_root_switch_space live_root_leave space_destroy CHUNK_TAG_PAGETABLE OWNER_NONE.
 *
 * Intended, and not in the code (GIVE_BACK): a domain gives a chunk back and goes on. Claim it under the space's lock, sweep the leaves, flush every CPU that
 * runs the space, and only then change what it is. A domain is started anew after its end, to use the same number again.
 */
#define M_TAG_BEFORE_ZERO	1	/* chunk_alloc: the tag names the new owner before the chunk is zeroed */
#define M_NO_ZERO		2	/* chunk_alloc: the chunk is not zeroed */
#define M_OWNER_UNCHECKED	3	/* judge_leaf: any chunk will do */
#define M_USE_UNCHECKED		4	/* judge_leaf: a writable leaf on PAGETABLE will do */
#define M_SWITCH_KEEPS		5	/* live_root_switch_space: owes no flush */
#define M_END_WHILE_LOADED	6	/* space_destroy while a CPU still has the live root */
#define M_NO_CLAIM		7	/* giving back: not claimed, and the lock is let go before the flush */
#define M_NO_SWEEP		8	/* giving back: leaves stay */
#define M_FLUSH_FIRST		9	/* giving back: flush, then sweep */
#define M_FREE_FIRST		10	/* giving back: the chunk is free before the flush */
#define M_NO_WAIT		11	/* giving back: the flush of the other CPU is not waited for */
#define M_SWEEP_UNLOCKED	12	/* giving back: without the space's lock */
#ifndef MUTANT
#define MUTANT 0
#endif
#define is(mutant)	(MUTANT == mutant)

/* Which CPUs begin and end domains. Any by itself is like the other, so one does; BOTH lets both. */
#ifdef BOTH
#define controls(p)	true
#else
#define controls(p)	(p == 0)
#endif

#ifndef CPUS
#define CPUS 2
#endif

/* Domains are 0 and 1. */
#define FREE		2
#define HYPERVISOR	3
#define NONE		15

/* What a leaf or a translation says of the chunk. */
#define NOTHING		0
#define READ		1
#define WRITE		2

byte owner = FREE;		/* the chunk's tag */
bool is_table;			/* use: PAGETABLE */
bool claimed;			/* owner gives it back: nobody's, but the owner's CPUs may remember it. For GIVE_BACK only */
byte content = FREE;		/* whose data is in it; FREE: nobody's */
byte leaf[2];			/* of each domain's table */
byte lock[2] = NONE;		/* of each space */
bool ending[2];

byte runs[CPUS] = NONE;		/* live->space */
bool owed[CPUS], in_guest[CPUS];
byte tlb[CPUS];
bool foreign[CPUS];		/* the translation is another domain's */

#if CPUS > 1
#define loaded(d)	(runs[0] == d || runs[1] == d)
#else
#define loaded(d)	(runs[0] == d)
#endif

/* mm/judge.h:judge_leaf, mm/judge.h:judge_entry: one look at the tag. */
#define may_map(d, how)	((owner == d && !claimed || is(M_OWNER_UNCHECKED) && owner != FREE) && (how == READ || !is_table || is(M_USE_UNCHECKED)))

/* mm/live.c:live_flush_everywhere; how it is done: shootdown.pml. */
inline flush_everywhere(d)
{
	owed[p] = true;
#if CPUS > 1
	if
	:: runs[1 - p] == d -> owed[1 - p] = true; !in_guest[1 - p] || !owed[1 - p] || is(M_NO_WAIT)
	:: else
	fi
#endif
}

/* mm/live.c:live_show, of a domain's space or of none. The old translation stays until the flush. */
inline show_root(d)
{
	foreign[p] = (foreign[p] || runs[p] != d) && tlb[p] != NOTHING;
	runs[p] = d
}

/* A CPU: vm/vcpu.h:vcpu_guest_cr3, vm/vcpu.h:vcpu_has_left, and what is named at each step. */
proctype cpu(byte p)
{
	byte d, how;

hypervisor:
	/* What a hypercall of the domain that runs here, or the control of domains, does. d: the domain that it is about. */
	atomic {
		if
		:: d = 0
		:: d = 1
		fi;
		if
		:: runs[p] == d && lock[d] == NONE ->
			/* SET: mm/table.c:table_set_leaves, mm/table.c:table_apply. The look at the tag, then, in another step, the store: both under the space's lock. */
			lock[d] = p;
			if
			:: how = NOTHING
			:: may_map(d, READ) -> how = READ
			:: may_map(d, WRITE) -> how = WRITE
			fi;
			goto set
		:: owner == FREE && !ending[d] ->
			/* mm/chunk.c:chunk_alloc for a domain. (The list of free chunks has its own lock.) */
			owner = HYPERVISOR;
			goto alloc
		:: controls(p) && !ending[d] -> ending[d] = true; goto done
		:: controls(p) && ending[d] && (!loaded(d) || is(M_END_WHILE_LOADED)) && lock[d] == NONE && owner != HYPERVISOR ->
			/* No vCPU of the domain runs again, and no CPU has its live root: mm/space.c:space_remove_chunks, tables and all (mm/chunk.c:chunk_release). */
			leaf[d] = NOTHING;
			owner = (owner == d -> FREE : owner);
			is_table = is_table && owner != FREE;
			ending[d] = false;
			goto done
		:: runs[p] != d && !ending[d] && lock[d] == NONE && (runs[p] == NONE || lock[runs[p]] == NONE) ->
			/* Another domain's vCPU comes onto the CPU: vm/vcpu.c:vcpu_load, mm/live.c:live_root_switch_space. */
			show_root(d);
			owed[p] = owed[p] || !is(M_SWITCH_KEEPS);
			goto done
		:: runs[p] == d && lock[d] == NONE ->
			/* mm/live.c:live_root_leave */
			show_root(NONE);
#ifndef LEAVE_KEEPS
			owed[p] = true;
#endif
			goto done
#ifdef GIVE_BACK
		:: runs[p] == d && lock[d] == NONE && owner == d && !claimed ->
			/* A domain that goes on gives its chunk back. */
			claimed = !is(M_NO_CLAIM);
			lock[d] = (is(M_SWEEP_UNLOCKED) -> NONE : p);
			goto give_back
#endif
		:: else -> goto done
		fi
	};

set:
	atomic { leaf[d] = how; lock[d] = NONE; goto done };

alloc:
#if is(M_TAG_BEFORE_ZERO)
	owner = d;
	content = FREE;
	goto done;
#else
	content = (is(M_NO_ZERO) -> content : FREE);
	atomic {
		owner = d;
		if
		:: is_table = false
		:: is_table = true
		fi;
		goto done
	};
#endif

#ifdef GIVE_BACK
give_back:
#if is(M_FREE_FIRST)
	atomic { owner = FREE; is_table = false; claimed = false };
#endif
#if is(M_FLUSH_FIRST)
	flush_everywhere(d);
#endif
	atomic {
		leaf[d] = (is(M_NO_SWEEP) -> leaf[d] : NOTHING);
		lock[d] = (is(M_NO_CLAIM) -> NONE : lock[d])
	};
#if !is(M_FLUSH_FIRST)
	flush_everywhere(d);
#endif
	atomic {
#if !is(M_FREE_FIRST)
		owner = FREE;
		is_table = false;
		claimed = false;
#endif
		lock[d] = NONE
	};
#endif

done:
	atomic { d = 0; how = 0 };
leave:
	if
	:: runs[p] == NONE || ending[runs[p]] -> goto hypervisor
	:: else
	fi;
	in_guest[p] = true;
	atomic {
		tlb[p] = (owed[p] -> NOTHING : tlb[p]);
		foreign[p] = foreign[p] && !owed[p];
		owed[p] = false
	};

	/* Guest code: the walker reads the leaf at any time, and the guest the chunk. */
	do
	:: leaf[runs[p]] != NOTHING -> tlb[p] = leaf[runs[p]]
	:: atomic { tlb[p] != NOTHING ->
		assert(!foreign[p]);								/* I-10 */
		assert(owner == runs[p]);							/* I-5, I-2 */
		assert(!is_table || tlb[p] == READ);						/* I-2 */
		assert(content == FREE || content == runs[p]);
		content = (tlb[p] == WRITE -> runs[p] : content) }
	:: in_guest[p] = false -> goto hypervisor
	:: in_guest[p] = false -> goto leave
	od
}

init {
	atomic {
		run cpu(0);
#if CPUS > 1
		run cpu(1)
#endif
	}
}
