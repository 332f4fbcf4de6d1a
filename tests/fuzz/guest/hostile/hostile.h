/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hostile guest: what its parts share.
 *
 * A run is a number of rounds; a round is one hostile deed and the repair of what the guest needs to go on. Everything a round does follows from
 * the seed and the round's number, so that a run of some rounds only does in them what the whole run does.
 *
 * Parts: value.c (values that are nearly right), call.c (calls, from grammar.h, which is generated from the interface's source), tables.c
 * (page-table operations, and touching what they map), code.c (instructions), state.c (the machine state they start in), enter.c
 * (running them in ring 1 and 3), storm.c (events), accomplice.c (other vCPUs), race.c
 * (batches that change while they are read), judge.c (is each event that
 * arrives one that may?), main.c (rounds).
 */
#pragma once

#include "guest.h"
#include "try.h"

/* ---------------- random.c */
/* Each vCPU has a sequence of its own. This begins vCPU 0's; that another's. */
void random_begin(uint64_t seed, uint64_t round);
void random_begin_for(unsigned vcpu, uint64_t seed);
uint64_t random_next(void);
/* 0 to limit - 1. */
uint64_t below(uint64_t limit);
static inline bool one_in(uint64_t n)
{
	return below(n) == 0;
}
#define PICK(array) ((array)[below(sizeof(array) / sizeof((array)[0]))])

/* ---------------- pool.c: memory to do things with. Nothing of it is needed to go on. */
#define POOL_PAGES	16
#define POOL_FRAMES	64
#define POOL_CHUNKS	3
#define CODE_PAGES	2

/* Kernel half: the pages, writable; then the pages with code for ring 1, executable. User half: the same pages and code for ring 3, with all rights. */
#define ARENA		0xffffc90000000000ul
#define ARENA_CODE	(ARENA + POOL_PAGES * GUEST_PAGE)
#define USER_ARENA	0x10000000ul
#define USER_ARENA_CODE	(USER_ARENA + POOL_PAGES * GUEST_PAGE)
#define USER_EDGE	0x7ffffffff000ul	/* the last page of the lower half: code again */

extern uint64_t pool_pages[POOL_PAGES];		/* guest-physical addresses */
extern uint64_t pool_frames[POOL_FRAMES];	/* frames of the page-table reserve */
extern uint64_t pool_chunks[POOL_CHUNKS];	/* guest-physical addresses of 2 MiB */
extern uint64_t kernel_code[CODE_PAGES], user_code[CODE_PAGES];	/* guest-physical addresses of pages */
void pool_make(void);
/* Tables that the guest itself runs on: not to be played with. */
bool frame_is_vital(uint64_t frame);
/* Entries of the kernel root that are not. */
bool index_is_vital(uint64_t index);

/* ---------------- value.c */
uint64_t random_value(void);
uint64_t random_address(void);
/* A page-table entry. */
uint64_t random_entry(void);

/* ---------------- call.c, tables.c */
void random_call(void);
/* The user root that this vCPU has loaded by such a call; zero: it has its own, from restore(). */
uint64_t root_loaded(void);
void root_forget(void);
struct rb_pt_op random_op(void);
/* Reads, writes and executes what random tables map. */
void touch(void);
/* Tries to read and write the hypervisor's range. */
void poke(void);

/* ---------------- code.c */
/* Fills the code pages of ring 1 or 3. */
void random_code(bool kernel);
/* The same for ring 1 with single instructions: little that goes on for ever. */
void random_code_single(void);

/* ---------------- state.c */
/* Registers to go on with: ring 1 or 3, mostly legal. */
void random_regs(struct guest_regs *regs, bool kernel);
/* State that is no general register: the FPU, data segments, FS base. */
void random_processor_state(void);
/* Writes rubbish into the running vCPU page. */
void scribble(void);

/* ---------------- enter.c, enter_code.S */
/* Random code in ring 1 or 3, until an event ends it. */
void random_run(void);
/* The same with events that go to random code before they come to the guest. */
void random_run_hostile_entry(void);
/* Goes on at regs until an event ends it: *regs is then that event. */
void run_regs(struct guest_regs *regs);
void guest_resume(struct guest_regs *regs) __attribute__((noreturn));
extern bool running;			/* inside run_regs */
extern bool wild;			/* what vCPU 0 runs is random code, not a handler of ours: since it was entered, no event has come to guest_event */

/* ---------------- storm.c */
void random_storm(void);
/* An event while a storm goes on; a vector that the guest takes itself. True: run_regs goes on. */
bool storm_event(struct guest_regs *regs);
void storm_vector(unsigned vector);
extern bool storm_is_on;

/* ---------------- accomplice.c */
extern unsigned accomplice_count;
/* Number of the vCPU that calls, by its stack. */
unsigned vcpu_self(void);
/* Their memory, before the pool's. */
void accomplices_make(void);
void accomplices_start(uint64_t seed);
/* An accomplice that is started begins where accomplices do, whatever else is asked for. */
void accomplice_refine(uint64_t arg[6]);
/* One that has stopped is to begin again. */
void accomplice_restart(void);
/* A page for an accomplice's vCPU page: also vCPU 0's. */
uint64_t accomplice_page(void);
void accomplice_event(const struct guest_regs *regs) __attribute__((noreturn));

/* ---------------- race.c */
void random_race(void);
/* An accomplice's part in it. False: there is no race now. */
bool race_join(void);

/* ---------------- judge.c */
/* Of any vCPU: how the handler was entered, and the frame. judge_event: of vCPU 0, with what is known of it. */
void judge_entry(const struct guest_regs *regs);
void judge_event(const struct guest_regs *regs);
/* What is known about vCPU 0's settings, and for how long. */
struct known {
	bool settings;		/* the next three hold: no random code runs in ring 1 */
	uint64_t kernel_gs;
	uint64_t emergency_sp;	/* zero: used */
	bool range;		/* the restartable range is guest_range_start to guest_range_end */
	bool page;		/* what the vCPU page says is not overwritten by our own stack */
	bool vectors;		/* only what was raised is pending; and the timer was set once, to: */
	uint64_t timer_ns;
};
extern struct known known;
/* Something that must not be. Printed (the first few), counted; the run goes on. Nothing, if it is random code that calls this. */
void failed(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---------------- main.c */
/* Whichever page is the vCPU's now, where the gate has it. */
static inline struct rb_vcpu_page *running_page(void)
{
	return (struct rb_vcpu_page *)(RB_GATE_START + 0x30000);
}

/* Makes all that the guest needs to go on. */
void restore(void);
void entry_restore(void);
/* No vector is pending, no timer set. */
void vectors_forget(void);
/* As guest_time, with a record that no deed reaches. */
uint64_t time_now(void);
/* Arms the timer; how often that was done. */
void timer_in(uint64_t nanoseconds);
extern uint64_t timers_set;
extern struct rb_vcpu_page *real_page;	/* the vCPU page that the loader gave */

/* Read from outside, by name (DWARF): figures of the run so far. */
#define STATUSES 16
struct figures {
	uint64_t magic;
	uint64_t round, rounds;		/* the one in hand; where the run ends */
	uint64_t done;			/* all rounds were made */
	uint64_t failures;
	uint64_t deeds[8];		/* by enum deed */
	uint64_t calls[64][STATUSES];	/* by number (63: no such call), and minus the status (15: another) */
	uint64_t ops[64];		/* page-table operations asked for, by code */
	uint64_t runs[2];		/* random code in ring 1, ring 3 */
	uint64_t ended_by[34];		/* what ended it: exception; 32 vector, 33 system call */
	uint64_t events[34];		/* all events, likewise */
	uint64_t nested;		/* events that interrupted the handling of one */
	uint64_t emergencies;		/* taken on the emergency stack */
	uint64_t scribbles;		/* on the vCPU page, while random code ran */
	uint64_t accomplice_deeds, accomplice_events;
	uint64_t strays;		/* verdicts that random code came upon in our own code */
	uint64_t touched, refused;	/* accesses through random tables and to the hypervisor's range that worked, that faulted */
};
extern struct figures figures;
#define FIGURES_MAGIC 0x53455255474946ul	/* "FIGURES" */

enum deed { DEED_CALL, DEED_RUN, DEED_TOUCH, DEED_POKE, DEED_STORM, DEED_HOSTILE_ENTRY, DEED_RACE, DEED_COUNT };
