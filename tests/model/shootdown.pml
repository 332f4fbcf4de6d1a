/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flush of other CPUs, live_flush_cpus(): it ends, it is not late, and no order of locks and interrupts stops two CPUs for ever.
 * I-4, I-5, I-10, I-20. frames.pml and chunk.pml take it for granted.
 *
 * CPUS processors and two spaces (ONE_SPACE: one), each with its lock. A CPU in the hypervisor has interrupts off. There it may change something
 * that makes translations of a space stale, under the space's lock, and flush (live_flush_everywhere()); or flush the CPUs of vCPUs
 * without a lock (tlb_flush: the guest has changed something before); or run the other space instead; or do nothing. Guest code runs
 * until it makes a call or an interrupt comes, and need never make a call.
 *
 * The protocol. Each CPU has flush_owed, and in_guest, which it sets on its way out before it looks at flush_owed, and clears when it
 * comes in, before it takes any lock. Who flushes sets flush_owed of each CPU, then looks at in_guest of it, with a full barrier
 * between; where that is set it sends an interrupt and waits until in_guest is clear or flush_owed is honoured.
 *
 * Words: flush_owed in_guest live_flush_cpus live_flush_all live_flush_range live_flush_is_owed cpu_is_in_guest. Left out: what is done before a
 * guest runs (~mm/live.c:live_root_init), and flushes that concern the CPU itself alone (~mm/live.c:live_root_load, ~mm/table.c:table_flush,
 * ~mm/live.h:live_flush_range, ~vm/vcpu.c:vcpu_load_page, ~mm/live.c:live_root_leave).
 *
 * Run as a check of assertions and deadlocks; with the claim `chance`, under weak fairness: as long as a CPU waits, what it waits for is
 * true again and again, so a CPU that looks often enough sees it; and with COUNT and the claim `ends`: if each CPU also counted how
 * often it came in, and who waits would look for a change of that too, it would be seen for certain. (Without, a CPU that makes calls
 * without end could be in the guest and owe a flush each time the other one looks.)
 */
#define M_NO_INTERRUPT		1	/* no interrupt is sent */
#define M_NO_WAIT		2	/* nothing is waited for */
#define M_LOCKED_FIRST		3	/* in_guest is cleared when the lock was taken */
#define M_FLAG_AFTER_LOOK	4	/* flush_owed is set after the look at in_guest */
#define M_LOOK_BEFORE_IN_GUEST	5	/* on the way out flush_owed is looked at before in_guest is set */
#define M_SWITCH_KEEPS		6	/* running another space owes no flush */
#ifndef MUTANT
#define MUTANT 0
#endif
#define is(mutant)	(MUTANT == mutant)

#ifndef CPUS
#define CPUS 2
#endif
#define NONE	15
#define FOREIGN	(1 << CPUS)
#define ALL	((1 << CPUS) - 1)

byte lock[2] = NONE;
byte space[CPUS];		/* which space's live root: changed by the CPU alone, under both locks in turn */
bool owed[CPUS], in_guest[CPUS], interrupt[CPUS];
byte loaded[CPUS];		/* cpu->loaded: whose vCPU; set when all of the space is in place */
byte stale[CPUS];		/* remembers a translation that is wrong: a bit for each CPU that flushes it; FOREIGN: another space's */
#ifdef COUNT
byte came[CPUS];		/* the count has changed since a CPU looked: a bit for each */
#endif
bool runs[CPUS];		/* guest code runs */
bool waits[CPUS];		/* in live_flush_everywhere() */

/* Never true: what an assertion is called that must not be reached. */
hidden byte no_stale_translation_used;

#if CPUS > 2
#define flushing	(waits[0] | waits[1] << 1 | waits[2] << 2)
#else
#define flushing	(waits[0] | waits[1] << 1)
#endif

/* lib/lock.h:spin_lock, without the order of those that wait. */
inline take(s)
{
	atomic { lock[s] == NONE -> lock[s] = p }
}

/*
 * Which CPUs: mm/live.c:live_flush_everywhere; without the lock vm/domain.c:domain_cpus. A vCPU that goes to another CPU is a space that comes onto that CPU: it has left the
 * one before (~sched/run.c:run_settle), and begins without translations on the other.
 */
#define is_target(q)	(locked && space[q] == s || !locked && loaded[q] == s)

/* One CPU of the three passes of mm/live.c:live_flush_cpus. */
inline flag(q)
{
	if
	:: is_target(q) -> owed[q] = true; targets[q] = true
	:: else
	fi
}

/* dev/ipi.c:cpu_is_in_guest, dev/ipi.c:cpu_interrupt */
inline interrupt_one(q)
{
#ifdef COUNT
	came[q] = came[q] & ~(1 << p);
#endif
	if
	:: targets[q] && in_guest[q] ->
#if is(M_FLAG_AFTER_LOOK)
		owed[q] = true;
#endif
		interrupt[q] = interrupt[q] || !is(M_NO_INTERRUPT)
	:: targets[q] && !in_guest[q] -> targets[q] = false
#if is(M_FLAG_AFTER_LOOK)
		; owed[q] = true
#endif
	:: !targets[q]
	fi
}

#ifdef COUNT
#define has_come(q)	(came[q] >> p & 1)
#else
#define has_come(q)	false
#endif

/* mm/live.c:live_flush_is_owed */
inline await(q)
{
	!targets[q] || !in_guest[q] || !owed[q] || has_come(q) || is(M_NO_WAIT);
	targets[q] = false
}

/* Guest code must not run with a translation from before the flush. */
#define is_flushed(q)	(!(runs[q] && stale[q] >> p & 1 && space[q] == s))

#if CPUS > 2
#define each(what)	what(0); what(1); what(2)
#define all_flushed	(is_flushed(0) && is_flushed(1) && is_flushed(2))
#else
#define each(what)	what(0); what(1)
#define all_flushed	(is_flushed(0) && is_flushed(1))
#endif

/* mm/live.c:live_flush_cpus */
inline live_flush_cpus()
{
#if is(M_FLAG_AFTER_LOOK)
	atomic { targets[0] = is_target(0); targets[1] = is_target(1) };
#else
	each(flag);
#endif
	each(interrupt_one);
	each(await);
	atomic {
		waits[p] = false;
		assert(all_flushed)
	}
}

/* No code: what CPUs remember of the space is stale from now on. */
inline make_stale()
{
	atomic {
		stale[0] = stale[0] | (space[0] == s) << p;
		stale[1] = stale[1] | (space[1] == s) << p;
#if CPUS > 2
		stale[2] = stale[2] | (space[2] == s) << p;
#endif
		waits[p] = true
	}
}

/* A CPU: vm/entry.c:hypercall_handle, vm/entry.c:event_handle, vm/entry.c:vcpu_leave. */
proctype cpu(byte p)
{
	byte s;
	bool locked;
	bool targets[CPUS];

hypervisor:
	/* vm/vcpu.h:vcpu_has_left */
#ifdef COUNT
	atomic { in_guest[p] = false; came[p] = ALL };
#endif
#if !is(M_LOCKED_FIRST)
	in_guest[p] = false;
#endif
	s = space[p];
	if
	:: goto leave
	:: true ->
		/* hypercall/hc_pagetable.c:hc_tlb_flush, of all vCPUs of the domain: no lock. */
#if is(M_LOCKED_FIRST)
		in_guest[p] = false;
#endif
		make_stale();
		live_flush_cpus()
	:: true ->
		take(s);
		locked = true;
#if is(M_LOCKED_FIRST)
		in_guest[p] = false;
#endif
		if
		:: /* A page-table operation that must flush. */
			make_stale();
			live_flush_cpus();
			lock[s] = NONE
#ifndef ONE_SPACE
		:: /*
		    * mm/live.c:live_root_switch_space: mm/live.c:live_root_detach under the old lock, show under the new one (mm/live.h:live_flush_all); then
		    * vm/vcpu.c:vcpu_load goes on.
		    */
			atomic { space[p] = NONE; stale[p] = FOREIGN; lock[s] = NONE };
			s = 1 - s;
			take(s);
			atomic { space[p] = s; owed[p] = owed[p] || !is(M_SWITCH_KEEPS); lock[s] = NONE };
			loaded[p] = s
#endif
		fi
	fi;
leave:
	/* vm/vcpu.h:vcpu_guest_cr3 */
	atomic { s = 0; locked = false };
#if is(M_LOOK_BEFORE_IN_GUEST)
	atomic { locked = owed[p]; owed[p] = false };
	in_guest[p] = true;
	atomic { stale[p] = (locked -> 0 : stale[p]); locked = false; runs[p] = true };
#else
	in_guest[p] = true;
	if
	:: owed[p] ->
		/* The load of CR3 comes after the flag was cleared. */
		owed[p] = false;
		atomic { stale[p] = 0; runs[p] = true }
	:: atomic { !owed[p] -> runs[p] = true }
	fi;
#endif
guest:
	if
	:: atomic { interrupt[p] -> interrupt[p] = false; runs[p] = false; goto hypervisor }
	:: atomic { !interrupt[p] -> runs[p] = false; goto hypervisor }
	:: !interrupt[p] -> goto guest
	:: atomic { (stale[p] & ~flushing) != 0 -> assert(no_stale_translation_used) }
	fi
}

init {
	atomic {
		run cpu(0);
		run cpu(1);
#if CPUS > 2
		run cpu(2)
#endif
	}
}

#define ready	(!in_guest[1] || !owed[1])

ltl chance { [] (waits[0] -> <> (!waits[0] || ready)) }
ltl ends { [] (waits[0] -> <> !waits[0]) }
