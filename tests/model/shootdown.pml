/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flush of other CPUs, as live_flush_everywhere() is to do it when there are several: it ends, it is not late, and no
 * order of locks and interrupts stops two CPUs for ever. I-4, I-5, I-10, I-20. None of this is in the code yet, which has one
 * CPU; frames.pml and chunk.pml take it for granted.
 *
 * Three CPUs and two spaces, each with its lock. A CPU in the hypervisor has interrupts off. There it may change something that makes
 * translations of a space stale, under the space's lock, and flush; or run the other space instead; or do nothing. Guest code
 * runs until it makes a call or an interrupt comes, and need never make a call.
 *
 * The protocol. Each CPU has three words: flush_owed; in_guest, which it sets on its way out before it looks at flush_owed, and clears
 * when it comes in, before it takes any lock; entries, which counts how often it came in. Who flushes sets flush_owed of each
 * CPU that runs the space, then looks at in_guest of it, with a full barrier between; where that is set it sends an interrupt
 * and waits until in_guest is clear or entries has changed. (Without the count it could miss that the CPU was in and is out
 * again, any number of times.)
 *
 * run: as deadlock and assertion check; and with the claim `ends`, under weak fairness, that every flush ends.
 */
#define M_NO_INTERRUPT		1	/* no interrupt is sent */
#define M_NO_COUNT		2	/* only in_guest is waited for */
#define M_NO_WAIT		3	/* nothing is waited for */
#define M_LOCKED_FIRST		4	/* in_guest is cleared when the lock was taken */
#define M_FLAG_AFTER_LOOK	5	/* flush_owed is set after the look at in_guest */
#define M_LOOK_BEFORE_IN_GUEST	6	/* on the way out flush_owed is looked at before in_guest is set */
#define M_SWITCH_KEEPS		7	/* running another space owes no flush */
#ifndef MUTANT
#define MUTANT 0
#endif
#define is(mutant)	(MUTANT == mutant)

#ifndef CPUS
#define CPUS 2
#endif
#define NONE	15

byte lock[2] = NONE;
byte space[CPUS];		/* which space's live root: changed by the CPU alone, under both locks in turn */
bool owed[CPUS], in_guest[CPUS], interrupt[CPUS];
bool came[CPUS];			/* entries has changed since who flushes this CPU looked: who has the lock of its space, one at a time */
bool stale[CPUS];		/* remembers a translation that is wrong, or another space's */
bool runs[CPUS];		/* guest code runs */
bool waits[CPUS];		/* in live_flush_everywhere() */

/* Never true: what an assertion is called that must not be reached. */
hidden byte no_stale_translation_used;

#if CPUS > 2
#define flushing	(waits[0] || waits[1] || waits[2])
#else
#define flushing	(waits[0] || waits[1])
#endif

inline take(s)
{
	atomic { lock[s] == NONE -> lock[s] = p }
}

inline flush_one(q)
{
	if
	:: q != p && space[q] == s ->
#if !is(M_FLAG_AFTER_LOOK)
		owed[q] = true;
#endif
		came[q] = false;
		if
		:: in_guest[q] ->
#if is(M_FLAG_AFTER_LOOK)
			owed[q] = true;
#endif
			interrupt[q] = interrupt[q] || !is(M_NO_INTERRUPT);
			!in_guest[q] || (came[q] && !is(M_NO_COUNT)) || is(M_NO_WAIT)
		:: !in_guest[q]
#if is(M_FLAG_AFTER_LOOK)
			-> owed[q] = true
#endif
		fi
	:: else
	fi
}

proctype cpu(byte p)
{
	byte s;

hypervisor:
#if !is(M_LOCKED_FIRST)
	atomic { in_guest[p] = false; came[p] = true };
#endif
	s = space[p];
	if
	:: goto leave
	:: true -> take(s)
	fi;
#if is(M_LOCKED_FIRST)
	atomic { in_guest[p] = false; came[p] = true };
#endif
	if
	:: /* An operation that makes stale what CPUs remember of the space, and its flush. */
		atomic {
			stale[0] = stale[0] || space[0] == s;
			stale[1] = stale[1] || space[1] == s;
#if CPUS > 2
			stale[2] = stale[2] || space[2] == s;
#endif
			owed[p] = true;
			waits[p] = true
		};
		flush_one(0);
		flush_one(1);
#if CPUS > 2
		flush_one(2);
#endif
		atomic {
			waits[p] = false;
			assert(!(runs[0] && stale[0] && space[0] == s));
			assert(!(runs[1] && stale[1] && space[1] == s));
#if CPUS > 2
			assert(!(runs[2] && stale[2] && space[2] == s));
#endif
			lock[s] = NONE
		}
	:: /* live_root_switch_space(): detach under the old lock, show under the new one. */
		atomic { space[p] = NONE; stale[p] = true; lock[s] = NONE };
		s = 1 - s;
		take(s);
		atomic { space[p] = s; owed[p] = owed[p] || !is(M_SWITCH_KEEPS); lock[s] = NONE }
	fi;
leave:
	s = 0;
#if is(M_LOOK_BEFORE_IN_GUEST)
	atomic { s = owed[p]; owed[p] = false };
	in_guest[p] = true;
	atomic { stale[p] = stale[p] && !s; s = 0; runs[p] = true };
#else
	in_guest[p] = true;
	atomic { stale[p] = stale[p] && !owed[p]; owed[p] = false; runs[p] = true };
#endif
guest:
	if
	:: atomic { interrupt[p] -> interrupt[p] = false; runs[p] = false; goto hypervisor }
	:: atomic { !interrupt[p] -> runs[p] = false; goto hypervisor }
	:: !interrupt[p] -> goto guest
	:: atomic { stale[p] && !flushing -> assert(no_stale_translation_used) }
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

ltl ends { [] (waits[0] -> <> !waits[0]) }
