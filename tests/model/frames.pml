/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page-table frames, live roots and what the processors remember of them: I-2, I-3, I-4, I-9, I-10.
 *
 * One domain, FRAMES frames of its reserve with one entry each, CPUS processors that run one vCPU each. An address has one way
 * through the tables then: live root, table of level 2, table of level 1. Three frames are enough for a whole tree, and for
 * each frame to come back at another level; level 3 stands for the root (levels 3 and 4 of the hardware differ in nothing here).
 *
 * Each CPU has a walker that reads tables in memory at any moment while guest code runs and keeps what it read (one item for
 * each of: table behind the live root, table behind an entry of level 2, small leaf, large leaf) until the CPU flushes. It gives
 * an entry the meaning of the level at which it meets it, as hardware does; that is what goes wrong when a frame changes its
 * level under it. Setting accessed and dirty bits is left out: the processor does it by a compare of the whole entry, so it
 * changes no entry that it could not also have read (mm/table.c).
 *
 * The code is named at each step. What boot does once, before a guest runs, is left out: ~mm/live.c:live_root_init, ~mm/root.c:root_make_kernel,
 * ~vm/build.c:describe, ~vm/build.c:domain_build, ~vm/tables.c:tables_build. So are the kernel
 * root, which is a root that is always loaded (~mm/live.c:live_root_switch_space, ~mm/root.h:root_serves), runs of several entries
 * (~mm/table.c:table_has_run), and vCPUs that wait with a root of their own (~mm/root.c:root_hold, ~mm/root.c:root_drop,
 * ~vm/vcpu.c:vcpu_create, ~vm/vcpu.c:vcpu_forget, ~vm/vcpu.c:vcpu_start_at, ~vm/vcpu.c:vcpu_take_away, ~vm/vcpu.c:vcpu_load, ~mm/live.c:live_root_detach): see chunk.pml for what follows when another address space comes onto a CPU.
 *
 * Words: table_unlink table_put live_hold live_release live_hold_set held live_flush_everywhere live_root_propagate user_root FRAME_LINKED FRAME_TYPED. (What looks at them to check them is
 * ~mm/walk.c:check_frame, ~mm/walk.c:check_frames, ~mm/walk.c:check_link, ~mm/walk.c:check_live, ~mm/walk.c:check_loaded, ~mm/walk.c:live_expected.)
 *
 * CPUS=1 and CPUS=2 are the protocol of the code. What runs under the space's lock is one step but where another CPU's walker can
 * look in between: each store that a walker can see, and each step of the flush. That the flush ends: shootdown.pml.
 *
 * Steps are sequentially consistent. Where the code must ask the processor for that, the comment says so.
 *
 * SIZES: tables of fixed levels (FRAMES=4: a root, two tables of level 2, one of level 1), and looked at is whether a CPU remembers an address in
 * two sizes of page. BOTH: all of it at once, and both CPUs operate.
 *
 * Variants that must pass: RETYPE_KEEPS, UPPER_KEEPS: either of two flushes alone is enough for the levels (the second not for sizes of page).
 * Mutants, M_*: each leaves out or reorders one thing, and the checker must find it.
 */
#define M_NO_LOCK		1	/* operations do not take the lock */
#define M_NO_PROPAGATE		2	/* another CPU's live root does not follow */
#define M_NO_WAIT		3	/* the flush of another CPU is not waited for */
#define M_RETYPE_LINKED		4	/* TYPE of a linked frame */
#define M_RETYPE_LOADED		5	/* TYPE of a loaded root */
#define M_NO_ZERO		6	/* TYPE does not zero the frame */
#define M_PT_WRITABLE		7	/* writable leaves on page tables are let in */
#define M_LINK_ANY_LEVEL	8	/* LINK of a table of any level */
#define M_LINK_TWICE		9	/* LINK of a linked table */
#define M_FLUSH_BEFORE_STORE	10	/* what an entry maps is flushed, then the entry replaced */
#define M_LOAD_KEEPS		11	/* root_load owes no flush */
#define M_UNLOCK_BEFORE_FLUSH	12	/* the lock is let go before the flush is done */
#define M_LOOK_BEFORE_IN_GUEST	13	/* on the way out, the flag is looked at before it is said that the CPU is out */
#define M_NO_FLUSH		14	/* nothing is flushed, neither for a replaced upper entry nor for a new level */
#define M_NO_HOLD		15	/* a link that replaces or is replaced is stored, then what it mapped is flushed */
#define M_HOLD_AFTER_FLUSH	16	/* other CPUs are held after they have flushed */
#define M_LOOK_AT_HOLD_FIRST	17	/* on the way out, `held` is looked at before flush_owed is cleared */
#define M_RELEASE_FIRST		18	/* CPUs are let go before the new entry is stored */
#ifndef MUTANT
#define MUTANT 0
#endif
#define is(mutant)	(MUTANT == mutant)

#ifndef CPUS
#define CPUS 2
#endif
#ifndef FRAMES
#define FRAMES 3
#endif

#define NONE	15		/* no frame */
#define ROOT	3		/* the level of roots */

/* An entry: EMPTY, LINK of a frame, or a leaf. */
#define EMPTY		0
#define LINK(f)		(1 + (f))
#define is_link(e)	((e) >= 1 && (e) <= FRAMES)
#define target(e)	((e) - 1)
#define SMALL		(FRAMES + 1)	/* 4 KiB of the domain's DATA, writable */
#define LARGE		(FRAMES + 2)	/* 2 MiB of it: the bit that makes it one is PAT at level 1 */
#define SMALL_PT	(FRAMES + 3)	/* a writable 4 KiB leaf on a page-table frame: never to be */

/* struct frame. level 0: FREE; linked: LINKED, and parent is the frame with the one entry that points here. */
byte level[FRAMES];
bool linked[FRAMES];
byte parent[FRAMES] = NONE;
byte entry[FRAMES];

byte lock = NONE;		/* space->lock: the CPU that holds it */

/* struct live_root, one per CPU. */
byte root[CPUS] = NONE;		/* user_root */
byte live[CPUS];		/* the entry of the page that CR3 points to */
bool owed[CPUS];		/* flush_owed */
bool held[CPUS];		/* held */
bool in_guest[CPUS];		/* struct cpu: on its way to a guest or there */

/* What each processor remembers. */
byte upper[CPUS] = NONE;	/* frame taken for a table of level 2 */
byte lower[CPUS] = NONE;	/* frame taken for a table of level 1 */
bool small[CPUS], large[CPUS];	/* leaves, both of the domain's DATA; kept only where sizes are looked at */
bool foreign[CPUS];		/* some of it comes from another root than the one that is loaded */

/* Never true: what an assertion is called that must not be reached. */
hidden byte no_guest_data_as_table, no_table_as_leaf, no_translation_of_another_root, no_two_sizes_of_page;

#if CPUS > 1
#define loaded(f)	(root[0] == f || root[1] == f)
#else
#define loaded(f)	(root[0] == f)
#endif

#if CPUS == 1 || defined(SIZES) || defined(BOTH)
#define sizes		true
#else
#define sizes		false
#endif
#define remembers(p)	(upper[p] != NONE || lower[p] != NONE || small[p] || large[p])

/* Which CPUs make page-table operations. Any by itself is like the other, so one does; BOTH lets both. */
#ifdef BOTH
#define operates(p)	true
#else
#define operates(p)	(p == 0)
#endif

/* Walkers change nothing that another CPU looks at, so one is enough to find what any does: that of the last CPU. */
#define walks(p)	(p == CPUS - 1)

#define lock_free	(lock == NONE || is(M_NO_LOCK))

/* ---- mm/table.c */

/* mm/table.c:table_unlink, of what entry[f] links, if anything; for a table with several entries mm/table.c:table_unlink_all. */
inline table_unlink(f)
{
	if
	:: is_link(entry[f]) ->
		linked[target(entry[f])] = false;
		parent[target(entry[f])] = NONE
	:: else
	fi
}

/* What mm/table.c:table_link does after its table_put. */
inline table_link(f, e)
{
	if
	:: is_link(e) ->
		linked[target(e)] = true;
		parent[target(e)] = f
	:: else
	fi
}

/*
 * mm/table.c:entry_store and, for a root, mm/table.c:table_put_root: mm/live.c:live_root_propagate stores it into each live root that shows
 * it (mm/live.c:live_root_set_entry).
 */
inline table_store(p, f, e)
{
	entry[f] = e;
	if
	:: root[0] == f && !(is(M_NO_PROPAGATE) && p == 1) -> live[0] = e
	:: else
	fi;
#if CPUS > 1
	if
	:: root[1] == f && !(is(M_NO_PROPAGATE) && p == 0) -> live[1] = e
	:: else
	fi
#endif
}

/*
 * mm/live.c:live_flush_everywhere, mm/live.c:live_flush_cpus, the lock held: the flags, then the look at where the other CPU is, with a full barrier between them; then an
 * interrupt, and the wait until that CPU was seen in the hypervisor, which it does not leave without a look at its flag, or has
 * honoured it. A CPU that waits for the lock is in the hypervisor too.
 */
inline live_flush_everywhere(p)
{
	atomic {
		owed[p] = true;
#if CPUS > 1
		owed[1 - p] = true
#endif
	};
#if CPUS > 1
	!in_guest[1 - p] || !owed[1 - p] || is(M_NO_WAIT)
#endif
}

/* mm/live.c:live_hold, mm/live.c:live_release, both by mm/live.c:live_hold_set. */
inline live_hold_set(on)
{
	atomic {
		held[0] = on;
#if CPUS > 1
		held[1] = on
#endif
	}
}

/* Does SET, LINK or TYPE flush for what it replaced? */
#ifdef UPPER_KEEPS
#define upper_flushes	false		/* a replaced entry of an upper level: the guest's own affair */
#else
#define upper_flushes	(!is(M_NO_FLUSH))	/* mm/table.c:replacement_end */
#endif
#ifdef RETYPE_KEEPS
#define retype_flushes	false
#else
#define retype_flushes	(!is(M_NO_FLUSH))	/* `changed` in table_type() */
#endif

/* ---- the invariants, looked at whenever the lock is let go. No code. */
#define valid_link(f)	(level[target(entry[f])] == level[f] - 1 && linked[target(entry[f])] && parent[target(entry[f])] == f)

/* No code: what must hold. */
inline check()
{
	i = 0;
	do
	:: i < FRAMES ->
		assert(level[i] > 1 || !is_link(entry[i]));						/* I-4 */
		assert(!is_link(entry[i]) || valid_link(i));						/* I-3 */
		assert(!linked[i] || parent[i] != NONE && entry[parent[i]] == LINK(i));			/* I-3 */
		assert(entry[i] != SMALL || level[i] == 1);						/* I-2, I-4 */
		assert(entry[i] != LARGE || level[i] == 2);						/* I-2, I-4 */
		assert(entry[i] != SMALL_PT);								/* I-2 */
		i++
	:: else -> break
	od;
	i = 0;
	do
	:: i < CPUS ->
		assert(root[i] == NONE || level[root[i]] == ROOT && live[i] == entry[root[i]]);		/* I-9 */
		i++
	:: else -> break
	od;
	i = 0
}

/*
 * One CPU: in the hypervisor (hypercall/hc_pagetable.c:hc_pt_update, hypercall/hc_pagetable.c:hc_pt_batch, mm/table.c:table_apply_any), on its way
 * out, in the guest.
 */
proctype cpu(byte p)
{
	byte f, new, old, i;
	bool flush, hold;

hypervisor:
	/* A hypercall, from its lock to the first store that a walker can see. old: what was there, and a flush is due for it. */
	atomic {
		lock_free -> lock = p;
		select(f : 0 .. FRAMES - 1);
		if
#ifndef SIZES
		:: operates(p) && (!linked[f] || is(M_RETYPE_LINKED)) && (!loaded(f) || is(M_RETYPE_LOADED)) ->
			/* TYPE: mm/table.c:table_type_frame, mm/table.c:table_type. Frames that were never used are alike: they are taken in order. */
			select(new : 1 .. ROOT);
			if
			:: level[f] == 0 && f > 0 && level[f - 1] == 0 -> goto finish
			:: level[f] == 0 && !(f > 0 && level[f - 1] == 0) -> level[f] = new; goto finish
			:: level[f] != 0 ->
				table_unlink(f);
				entry[f] = (is(M_NO_ZERO) -> entry[f] : EMPTY);
				old = (retype_flushes && level[f] != new -> LARGE : EMPTY);
				level[f] = new;
				new = EMPTY
			fi
#endif
		:: operates(p) && level[f] == 1 ->
			/* SET at level 1: mm/table.c:table_set_leaves, mm/table.c:table_apply, mm/table.c:table_apply_queue. Nothing is flushed: that is the guest's affair. */
			if
			:: entry[f] = EMPTY
			:: entry[f] = SMALL
#if is(M_PT_WRITABLE)
			:: entry[f] = SMALL_PT
#endif
			fi;
			goto finish
		:: operates(p) && level[f] > 1 ->
			/* SET or XCHG at an upper level, or LINK: mm/table.c:table_set_upper, mm/table.c:table_exchange, mm/table.c:table_link. */
			if
			:: new = EMPTY
			:: level[f] == 2 -> new = LARGE
			:: select(new : 0 .. FRAMES - 1);
				if
				:: (level[new] == level[f] - 1 || is(M_LINK_ANY_LEVEL)) && level[new] != 0 &&
				   (!linked[new] || is(M_LINK_TWICE)) -> new = LINK(new)
				:: else -> goto finish
				fi
			fi;
			/*
			 * mm/table.c:table_put: store, then flush. In between the walker of another CPU can meet the new entry while it remembers what was mapped by the
			 * old one: the one as a large page, the other as small ones. So where a link is replaced or replaces, the flush comes first, and CPUs that owe it are
			 * held on their way out (mm/table.c:replacement_add).
			 */
			old = (upper_flushes -> entry[f] : EMPTY);
			hold = old != EMPTY && new != EMPTY && (is_link(old) || is_link(new)) && !is(M_NO_HOLD) && !is(M_FLUSH_BEFORE_STORE);
			table_unlink(f);
			if
			:: hold || is(M_FLUSH_BEFORE_STORE) -> goto flush_due
			:: else
			fi;
			table_store(p, f, new)
		:: level[f] == ROOT ->
			/* root_load: hypercall/hc_pagetable.c:hc_root_load, mm/live.c:live_root_load, mm/root.h:root_is_user */
			foreign[p] = foreign[p] || root[p] != f && remembers(p);
			root[p] = f;
			live[p] = entry[f];
			owed[p] = owed[p] || !is(M_LOAD_KEEPS);
			goto finish
		:: else -> goto finish		/* refused */
		fi
	};
#if is(M_UNLOCK_BEFORE_FLUSH)
	lock = NONE;
#endif
flush_due:
	if
	:: hold && !is(M_HOLD_AFTER_FLUSH) -> live_hold_set(true)
	:: !hold || is(M_HOLD_AFTER_FLUSH)
	fi;
	if
	:: atomic { old != EMPTY -> old = EMPTY };
		live_flush_everywhere(p)
	:: atomic { old == EMPTY -> skip }
	fi;
#if is(M_HOLD_AFTER_FLUSH)
	live_hold_set(hold);
#endif
#if is(M_RELEASE_FIRST)
	live_hold_set(false);
#endif
	atomic {
		if
		:: level[f] > 1 ->
			table_store(p, f, new);
			table_link(f, new)
		:: else
		fi
	};
	if
	:: hold -> live_hold_set(false)
	:: !hold
	fi;
	atomic {
		old = EMPTY;
finish:
		check();
		f = 0;
		new = 0;
		old = EMPTY;
		hold = false;
		lock = NONE
	};

	/*
	 * vm/vcpu.h:vcpu_guest_cr3: first say that this CPU is as good as in the guest, then look at the flag, with a full barrier
	 * between them, or a flush that is asked for in between goes by unseen. The load of CR3 comes last.
	 */
leave:
	if
	:: root[p] == NONE -> goto hypervisor
	:: else
	fi;
#if is(M_LOOK_BEFORE_IN_GUEST)
	atomic { flush = flush || owed[p]; owed[p] = false };
	in_guest[p] = true;
#else
	in_guest[p] = true;
	do
	:: !owed[p] -> break
#if is(M_LOOK_AT_HOLD_FIRST)
	:: owed[p] && !held[p] -> flush = true; owed[p] = false; break
	:: owed[p] && held[p] -> in_guest[p] = false; !held[p]; in_guest[p] = true
#else
	:: owed[p] ->
		/* An exchange: the look at `held` comes after it. */
		flush = true;
		owed[p] = false;
		if
		:: !held[p] -> break
		:: held[p] ->
			in_guest[p] = false;
			!held[p];
			owed[p] = true;
			in_guest[p] = true
		fi
#endif
	od;
#endif
	atomic {
		upper[p] = (flush -> NONE : upper[p]);
		lower[p] = (flush -> NONE : lower[p]);
		small[p] = small[p] && !flush;
		large[p] = large[p] && !flush;
		foreign[p] = foreign[p] && !flush;
		flush = false
	};

	/* Guest code runs, and the walker with it. */
	do
	:: walks(p) && is_link(live[p]) -> upper[p] = target(live[p])
	:: upper[p] != NONE -> atomic {
		if
		:: is_link(entry[upper[p]]) -> lower[p] = target(entry[upper[p]])
		:: entry[upper[p]] == LARGE -> large[p] = sizes
		:: entry[upper[p]] == EMPTY
		:: else -> assert(no_guest_data_as_table)	/* a 4 KiB leaf where a table is looked for */
		fi }
	:: lower[p] != NONE -> atomic {
		if
		:: entry[lower[p]] == SMALL -> small[p] = sizes
		:: entry[lower[p]] == EMPTY
		:: else -> assert(no_table_as_leaf)		/* a link: a page table would be the guest's to write */
		fi }
	:: atomic { foreign[p] -> assert(no_translation_of_another_root) }	/* I-10 */
	:: atomic { small[p] && large[p] -> assert(no_two_sizes_of_page) }	/* of one address: CVE-2018-12207 */
	:: in_guest[p] = false -> goto hypervisor	/* a hypercall: vm/vcpu.h:vcpu_has_left */
	:: in_guest[p] = false -> goto leave		/* an interrupt, that of a flush among them */
	od
}

init {
	atomic {
#ifdef SIZES
		level[0] = ROOT;
		level[1] = 2;
		level[2] = 2;
		level[3] = 1;
#endif
		run cpu(0);
#if CPUS > 1
		run cpu(1)
#endif
	}
}
