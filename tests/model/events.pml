/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual vectors: raising, delivery, the restartable range, waiting. I-17, I-18, I-19, and that no wake-up is lost.
 *
 * One vCPU on CPU 0 with two vectors: TIMER, raised by its own timer on this CPU, and OTHER, which the guest sends itself and,
 * under CPUS=2, another CPU sends at any time. They lie in different words of pending_vectors, so that the hypervisor looks at
 * them one after the other. The guest is that of guest-lib/event.S and event.c; Linux's ringbolt/entry.S differs in nothing
 * that counts here. It is a machine with a program counter (`pc`), because an interrupt can come between any two instructions.
 *
 * CPUS=1 and CPUS=2 are the protocol of the code: event_raise() sends the vCPU's CPU an interrupt, whether the vCPU waits or runs.
 *
 * Left out: exceptions that the hypervisor delivers itself (~vm/event.c:event_inject, ~vm/event.c:event_bad_stack, ~vm/entry.c:vm86_leave,
 * ~vm/entry.c:debug_handle), ports, which end in event_raise (~vm/event.c:event_port_set), a page that takes the place of another
 * (~vm/vcpu.c:vcpu_move_page), the start and the end of vCPUs (~vm/vcpu.c:vcpu_start_at, ~vm/vcpu.c:vcpu_start, ~vm/vcpu.c:vcpu_stop, ~vm/vcpu.c:vcpu_take_away, ~sched/run.c:run_start,
 * ~sched/run.c:run_init), vCPUs that share a CPU or go to another (~hypercall/hc_event.c:hc_sched_yield, ~vm/timer.c:timer_expire, ~sched/run.c:run_settle: one that goes looks at `pending` on its way into
 * the guest there, after its CPU has changed), a domain that is
 * paused (its vCPUs are BLOCKED in their turn, nobody wakes them, and who unpauses it looks at `pending`: ~vm/vcpu.c:vcpu_refuse, ~vm/vcpu.c:vcpu_hold, ~vm/vcpu.c:held_wake, ~vm/vcpu.c:vcpu_resume),
 * the other domain's console (~vm/console.c:domain_console_interrupt), what only looks (~vm/crash.c:domain_print_vcpu, ~vm/domain.c:domain_is_quiet).
 * Words: pending pending_vectors events_enabled run_state reschedule event_raise run_wake run_stop run_pick cpu_look.
 *
 * Checked: each vector that was raised and not handled is a bit, or on its way to its handler (due); user mode, enabled kernel
 * code and an idle CPU never go on with a vector pending, unless an interrupt is about to come that will see to it; nothing is
 * pushed in the range, in kernel code with events disabled, or on top of another event's frame.
 */
#define M_PENDING_BEFORE_BIT	1	/* event_raise: `pending` is set before the vector's bit */
#define M_TAKE_BITS_FIRST	2	/* vector_take: the bits are looked at before `pending` is cleared */
#define M_TAKE_ONE		3	/* vector_take: `pending` is not set again for the vectors that are left */
#define M_RANGE_IGNORED		4	/* event_deliver: the restartable range is code like any other */
#define M_RANGE_SHORT		5	/* the range ends before the iretq */
#define M_RESTART_ENABLED	6	/* the range does not begin with disabling events */
#define M_DELIVER_MASKED	7	/* event_deliver: kernel mode gets a vector with events disabled */
#define M_DELIVER_KEEPS_ENABLED	8	/* delivery does not disable events */
#define M_BLOCK_NO_LOOK		9	/* vcpu_wait: no second look at `pending` */
#define M_IDLE_NO_LOOK		10	/* vcpu_choose: no look at the queue after the timer was armed */
#define M_IDLE_RETURNS		11	/* an interrupt before the hlt goes back to the hlt */
#define M_NO_KICK		12	/* event_raise: no interrupt for a vCPU that runs on another CPU */
#define M_NO_WAKE		13	/* event_raise: no interrupt for the idle CPU of a vCPU that waited */
#define M_GUEST_ENABLE_NO_LOOK	14	/* guest: no look at `pending` after events were enabled */
#define M_GUEST_LOOK_FIRST	15	/* guest: that look comes before events are enabled */
#define M_GUEST_BITS_FIRST	16	/* guest: takes the bits before it clears `pending` */
#define M_GUEST_USER_NO_LOOK	17	/* guest: goes to user mode without a look at `pending` */
#define M_SHOW_UNLOCKED		18	/* vcpu_show_state: without the page's lock */
#define M_SHOW_BEFORE_STOP	19	/* vcpu_wait: run_state is written without the lock, before the state changes */
#ifndef MUTANT
#define MUTANT 0
#endif
#define is(mutant)	(MUTANT == mutant)

#ifndef CPUS
#define CPUS 2
#endif

#define TIMER	0
#define OTHER	1		/* the higher one: taken first */
#define NO_VECTOR 2

/* The vCPU page. */
bool events_enabled;			/* events_enabled */
bool pending;
bool bits[2];			/* pending_vectors */

/* run_state of the page, and the state of struct run_unit; a unit is in the queue exactly while it is RUNNABLE. */
mtype = { RUNNING, RUNNABLE, BLOCKED };
mtype run_state = RUNNING;
mtype state = RUNNING;
bool page_locked;
mtype shown0 = RUNNING;

/* The processor of CPU 0: interrupts that wait for it. */
bool irq_timer, irq_ipi;

/* The vCPU's timer: timer_deadline_ns is set, the time has come, the hardware will interrupt. */
bool deadline, passed, armed;

/* Where the guest is. RANGE_* is the restartable range. */
mtype = {
	USER,		/* a program */
	KERNEL,		/* kernel code with events disabled */
	OPEN,		/* kernel code with events enabled */
	ENABLED,	/* guest_events_on(): has set events_enabled, will look at pending */
	LOOKED,		/* mutant: has looked, will set it */
	HANDLER,	/* an event's handler, events disabled */
	DELIVER, DELIVER_OTHER, DELIVER_TIMER,	/* guest_deliver() */
	RANGE, RANGE_LOOK, RANGE_ENABLE, RANGE_IRETQ
};
mtype pc = KERNEL;
bool kernel_frame;		/* an event interrupted the kernel: its frame, what it interrupted and the flag it shows */
mtype frame_pc = KERNEL;
bool frame_flag;
bool from_range;		/* guest_deliver() was called by guest_pending, not by guest_events_on() */
byte vector = NO_VECTOR;	/* on the way from the page to its handler */

/* Known to nobody: raised and not handled; another CPU is between raising and the interrupt it sends. */
bool due[2];
bool raising;

#define interrupt_comes	(irq_timer || irq_ipi || raising)
#define sender_comes	(irq_ipi || raising)	/* never under CPUS=1 */
#define in_range	(pc == RANGE || pc == RANGE_LOOK || pc == RANGE_ENABLE || (pc == RANGE_IRETQ && !is(M_RANGE_SHORT)))
#define in_user		(pc == USER)

/* Never true: what an assertion is called that must not be reached. */
hidden byte no_idle_for_ever;

/* Is every raised vector where it can be found? Looked at when CPU 0 is about to do something else. */
#define nothing_lost							\
	(!due[TIMER] || bits[TIMER] || vector == TIMER) &&		\
	(!due[OTHER] || bits[OTHER] || vector == OTHER)

/* vm/event.c:vector_raise, up to vcpu_wake_locked: all of vm/event.c:event_raise. From hypercall/hc_event.c:hc_event_send, ipc/port.c:port_pending_set. */
inline event_raise(v)
{
#if is(M_PENDING_BEFORE_BIT)
	pending = true;
	atomic { bits[v] = true; due[v] = true }
#else
	atomic { bits[v] = true; due[v] = true };
	pending = true
#endif
}

/* vm/vcpu.c:vcpu_show_state, vm/vcpu.c:run_record_write, sched/run.h:run_state, sched/run.c:run_times: under page_lock, so that the last one who changes the state shows the last one. */
inline show_state(shown)
{
	atomic { !page_locked || is(M_SHOW_UNLOCKED) -> page_locked = true; shown = state };
	atomic { run_state = shown; page_locked = false; shown = RUNNING }
}

/* vm/vcpu.c:vcpu_wake, vm/vcpu.c:vcpu_wake_locked by the vCPU's own CPU: a look without the queue's lock, then sched/run.c:run_wake, sched/run.c:run_from with it. That the page's lock is held over all of it takes steps away, and adds none. */
inline wake_here()
{
	if
	:: state == BLOCKED ->
		if
		:: atomic { state == BLOCKED -> state = RUNNABLE }; show_state(shown0)
		:: state != BLOCKED
		fi
	:: state != BLOCKED
	fi
}

/* vm/timer.c:timer_arm, with vm/timer.c:timers_walk, vm/timer.c:deadline_take and vm/timer.c:timer_raise. */
inline timer_arm()
{
	if
	:: deadline && passed ->
		deadline = false;
		passed = false;
		event_raise(TIMER);
		wake_here()
	:: else
	fi;
	armed = deadline
}

/* vm/entry.c:interrupt_handle */
inline interrupt_handle()
{
	if
	:: irq_ipi -> irq_ipi = false
	:: irq_timer -> irq_timer = false; timer_arm()
	fi
}

/* vm/event.c:vector_take */
inline vector_take()
{
#if !is(M_TAKE_BITS_FIRST)
	pending = false;
#endif
	if
	:: atomic { bits[OTHER] -> bits[OTHER] = false; vector = OTHER }
	:: !bits[OTHER]
	fi;
	if
	:: bits[TIMER] && vector != NO_VECTOR ->
		pending = pending || !is(M_TAKE_ONE)
	:: atomic { bits[TIMER] && vector == NO_VECTOR -> bits[TIMER] = false; vector = TIMER }
	:: !bits[TIMER]
	fi
#if is(M_TAKE_BITS_FIRST)
	;
	pending = false
#endif
}

/* vm/entry.c:vcpu_leave of the vCPU that runs: vm/event.c:vector_deliver, which is vm/event.c:event_deliver, and, by the gate, the frame. (vm/event.h:event_deliverable asks the same, but for the range.) */
inline vcpu_leave()
{
	if
	:: !pending
	:: pending && !in_user && in_range && !is(M_RANGE_IGNORED) -> pc = RANGE
	:: pending && !in_user && (!in_range || is(M_RANGE_IGNORED)) && !events_enabled && !is(M_DELIVER_MASKED)
	:: pending && (in_user || (!in_range || is(M_RANGE_IGNORED)) && (events_enabled || is(M_DELIVER_MASKED))) ->
		vector_take();
		if
		:: vector == NO_VECTOR
		:: vector != NO_VECTOR -> atomic {
			assert(in_user || events_enabled);			/* I-18 */
			assert(in_user || !in_range);			/* I-19 */
			assert(!kernel_frame);				/* no frame on a frame */
			if
			:: !in_user ->
				kernel_frame = true;
				frame_pc = pc;
				frame_flag = events_enabled
			:: else
			fi;
			events_enabled = is(M_DELIVER_KEEPS_ENABLED);
			pc = HANDLER }
		fi
	fi;
	assert(nothing_lost)
}

/* A handler has run. */
#define handled(v)	due[v] = false

/*
 * hypercall/hc_event.c:vcpu_wait, then vm/entry.c:vcpu_choose: returns when the vCPU runs again. x86/entry.S:cpu_idle..cpu_idle_end: the look at the queue and the hlt are made
 * with interrupts off, and the sti before the hlt lets in what waits.
 */
inline vcpu_wait()
{
	if
	:: pending
	:: !pending ->
#if is(M_SHOW_BEFORE_STOP)
		run_state = BLOCKED;
		state = BLOCKED;
#else
		state = BLOCKED;				/* sched/run.c:run_stop */
		show_state(shown0);
#endif
		if
		:: pending && !is(M_BLOCK_NO_LOOK) -> wake_here()
		:: !pending || is(M_BLOCK_NO_LOOK)
		fi;
		do
		:: atomic { state == RUNNABLE -> state = RUNNING };
			show_state(shown0);			/* sched/run.c:run_pick; vm/vcpu.c:vcpu_load, vm/vcpu.c:vcpu_unload */
			timer_arm();
			break
		:: state != RUNNABLE ->
			timer_arm();
			if
			:: state == RUNNABLE && !is(M_IDLE_NO_LOOK)
			:: state != RUNNABLE || is(M_IDLE_NO_LOOK) ->
#if is(M_IDLE_RETURNS)
				/* As if interrupts were on from the look to the hlt. */
				if
				:: irq_timer || irq_ipi -> interrupt_handle()
				:: true
				fi;
#endif
				/* hlt. A vCPU that should run would wait for ever if no interrupt came. */
end_idle:			do
				:: irq_timer || irq_ipi -> interrupt_handle(); break
				:: atomic { !interrupt_comes && (state != BLOCKED || run_state != BLOCKED || pending || due[TIMER] || due[OTHER] || deadline && !armed) ->
					assert(no_idle_for_ever) }
				od
			fi
		od
	fi
}

/* The guest's instructions, one step each: guest-lib/event.S:guest_user_entry..guest_range_end. An interrupt is taken before any of them, or later. */
proctype cpu0()
{
guest:
	do
	/* Interrupt: gate, event_handle(), vcpu_leave(). */
	:: irq_timer || irq_ipi -> interrupt_handle(); goto leave

	/* A program: nothing may be pending that nobody will see to. Then a system call or a fault, by the gate alone. */
	:: atomic { pc == USER ->
		assert(!pending || sender_comes);			/* I-17 */
		assert(!due[TIMER] && !due[OTHER] || sender_comes);
		assert(run_state == RUNNING);
		events_enabled = false;
		pc = KERNEL }

	/* Kernel code, events disabled: may enable them, wait, set the timer, send to itself, or go to user mode. */
#if is(M_GUEST_LOOK_FIRST)
	:: atomic { pc == KERNEL && !pending -> pc = LOOKED }
	:: atomic { pc == LOOKED -> events_enabled = true; pc = OPEN }
#else
	:: atomic { pc == KERNEL -> events_enabled = true; pc = ENABLED }
#endif
	:: atomic { pc == KERNEL && !kernel_frame -> pc = RANGE }
	:: pc == KERNEL && !kernel_frame ->
		if
		:: events_enabled = true; pc = OPEN		/* hypercall/hc_event.c:hc_sched_block */
		:: true						/* hypercall/hc_event.c:hc_sched_wait */
		fi;
		vcpu_wait();
		goto leave
	:: atomic { pc == KERNEL && !kernel_frame -> deadline = true; passed = false };
		timer_arm();
		goto leave

	/* guest-lib/event.c:guest_events_on, after the store. An interrupt may have disabled events and enabled them again meanwhile. */
	:: atomic { pc == ENABLED && (!pending || is(M_GUEST_ENABLE_NO_LOOK)) -> pc = OPEN }
	:: atomic { pc == ENABLED && pending -> events_enabled = false; from_range = false; pc = DELIVER }

	/* Kernel code, events enabled. The same calls; an exception, whose frame the gate writes. */
	:: atomic { pc == OPEN ->
		assert(events_enabled);
		assert(!pending || sender_comes);			/* I-17 */
		assert(!due[TIMER] && !due[OTHER] || sender_comes);
		assert(run_state == RUNNING);
		events_enabled = false;
		pc = KERNEL }
	:: (pc == OPEN || pc == KERNEL) && !kernel_frame -> event_raise(OTHER); goto leave
	:: atomic { (pc == OPEN || pc == KERNEL || pc == ENABLED) && !kernel_frame ->
		kernel_frame = true;
		frame_pc = pc;
		frame_flag = events_enabled;
		events_enabled = false;
		pc = HANDLER }

	/* A handler: of a vector, or of an exception. */
	:: atomic { pc == HANDLER ->
		assert(!events_enabled);
		if
		:: vector != NO_VECTOR -> handled(vector); vector = NO_VECTOR
		:: else
		fi;
		pc = RANGE }

	/* guest-lib/event.S:guest_pending..guest_catch, guest-lib/event.c:guest_deliver: clears pending before it looks, until it stays clear. */
#if is(M_GUEST_BITS_FIRST)
	:: atomic { pc == DELIVER -> pc = DELIVER_OTHER }
#else
	:: atomic { pc == DELIVER && pending -> pending = false; pc = DELIVER_OTHER }
	:: atomic { pc == DELIVER && !pending && from_range -> pc = RANGE }
	:: atomic { pc == DELIVER && !pending && !from_range -> events_enabled = true; pc = ENABLED }
#endif
	:: atomic { pc == DELIVER_OTHER ->
		assert(!events_enabled);
		if
		:: bits[OTHER] -> bits[OTHER] = false; handled(OTHER)
		:: else
		fi;
		pc = DELIVER_TIMER }
	:: atomic { pc == DELIVER_TIMER ->
		if
		:: bits[TIMER] -> bits[TIMER] = false; handled(TIMER)
		:: else
		fi;
#if is(M_GUEST_BITS_FIRST)
		pc = RANGE_ENABLE };
		pending = false;
		atomic {
		if
		:: from_range -> pc = RANGE
		:: else -> events_enabled = true; pc = ENABLED
		fi }
#else
		pc = DELIVER }
#endif

	/* guest_range_start to guest_range_end. */
	:: atomic { pc == RANGE -> events_enabled = events_enabled && is(M_RESTART_ENABLED); pc = RANGE_LOOK }
	:: atomic { pc == RANGE_LOOK && kernel_frame && !frame_flag -> pc = RANGE_IRETQ }
	:: atomic { pc == RANGE_LOOK && !(kernel_frame && !frame_flag) && (!pending || is(M_GUEST_USER_NO_LOOK) && !kernel_frame) ->
		pc = (kernel_frame -> RANGE_ENABLE : RANGE_IRETQ) }
	:: atomic { pc == RANGE_LOOK && !(kernel_frame && !frame_flag) && pending -> from_range = true; pc = DELIVER }
	:: atomic { pc == RANGE_ENABLE -> events_enabled = true; pc = RANGE_IRETQ }
	:: atomic { pc == RANGE_IRETQ && kernel_frame -> kernel_frame = false; pc = frame_pc; frame_pc = KERNEL; frame_flag = false }
	:: atomic { pc == RANGE_IRETQ && !kernel_frame -> pc = USER }
	od;
leave:
	vcpu_leave();
	goto guest
}

/* Time, and the timer's hardware. No code. */
active proctype clock()
{
end:	do
	:: atomic { deadline && !passed -> passed = true }
	:: atomic { armed && passed -> armed = false; irq_timer = true }
	od
}

#if CPUS > 1
mtype shown1 = RUNNING, seen1 = RUNNING;

/* Another CPU: vm/event.c:event_raise of OTHER, vm/vcpu.c:vcpu_wake_locked, which looks at the state once before it takes a lock, vm/vcpu.c:cpus_look, vm/vcpu.c:cpu_look. */
active proctype sender()
{
	do
	:: raising = true;
		event_raise(OTHER);
		seen1 = state;
		if
		:: seen1 == BLOCKED ->
			if
			:: atomic { state == BLOCKED -> state = RUNNABLE };
				show_state(shown1);
				irq_ipi = irq_ipi || !is(M_NO_WAKE)	/* cpu_look() */
			:: state != BLOCKED				/* somebody else has woken it */
			fi
		:: seen1 == RUNNING -> irq_ipi = irq_ipi || !is(M_NO_KICK)
		:: seen1 == RUNNABLE
		fi;
		atomic { seen1 = RUNNING; raising = false }
	od
}
#endif

init { run cpu0() }
