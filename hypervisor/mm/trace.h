/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The trace: what happened in the hypervisor, in a ring of records for each CPU, and counted.
 *
 * Not what is traced: that is where `struct trace` is used. Not how it is read: tools/trace finds the rings in an image of the machine's memory by their
 * first page and knows the layouts below; TRACE_VERSION grows when one of them changes. It takes the names of the kinds from here, and all other names from
 * the interface's source.
 *
 * A ring is written by its CPU only, in the hypervisor only, with interrupts off: nothing interrupts a record. There is none unless the machine is
 * traced; then boot/trace.c makes them.
 */
#pragma once

#include "lib/types.h"
#include "x86/patch.h"

#define TRACE_MAGIC	"Ringbolt trace\n"	/* 16 bytes with its end */
#define TRACE_VERSION	1

enum trace_kind {
	TRACE_HYPERCALL = 1,		/* what: number; status; words: the first four arguments, the result */
	TRACE_INTERRUPT = 2,		/* of a guest. what: physical vector; words: RIP, CS */
	TRACE_IDLE_INTERRUPT = 3,	/* the same of a CPU that waits */
	TRACE_EXCEPTION = 4,		/* another entry. what: its reason, as in x86/gate.h; words: RIP, CS; upper half of the ss word and error code of the frame that could not be written */
	TRACE_EVENT = 5,		/* delivered. what: event_type << 8 | vector; words: RIP and CS before, error code, data */
	TRACE_RESTART = 6,		/* out of the restartable range. words: RIP, its start */
	TRACE_RUN = 7,			/* another vCPU's state is loaded. words: the one before, domain << 8 | vCPU */
	TRACE_IDLE = 8,			/* the CPU waited */
	TRACE_OPERATION = 9,		/* of page tables. what: its code; status; words: word, value, the old entry (XCHG) */
	TRACE_FLUSH = 10,		/* of several CPUs. words: their mask, that of those that ran guest code */
	TRACE_RAISE = 11,		/* a vector becomes pending. what: vector; words: of which vCPU, domain << 8 | vCPU */
};

#define TRACE_KINDS	16
#define TRACE_NOBODY	0xff
#define TRACE_WORDS	5

/* A line of the cache. */
struct trace_record {
	u64 tsc;		/* when it began */
	u32 cycles;		/* how long it took; all ones: that or more */
	u16 what;
	u8 kind;		/* enum trace_kind; 0: none yet */
	s8 status;		/* enum rb_status, where there is one */
	u8 domain, vcpu;	/* who ran, or TRACE_NOBODY */
	u8 cpu;
	u8 reserved[5];		/* zero */
	u64 word[TRACE_WORDS];
};

/* Of one kind and one `what`. Nothing is lost here when the ring goes round. */
struct trace_count {
	u64 times, refused;	/* refused: of these, with another status than OK */
	u64 cycles, longest;	/* of all together, and of one */
};

#define TRACE_CHUNKS_MAX	64
#define TRACE_RECORDS_PER_CHUNK	(CHUNK_BYTES / sizeof(struct trace_record))
#define TRACE_COUNTS		4096

struct trace_ring {
	char magic[16];
	u64 address;		/* this page's, of the machine */
	u32 version, record_bytes, cpu, chunk_count;
	u64 written;		/* records so far; the next one's place is this modulo what the ring holds */
	u64 tsc_start;		/* the TSC when system time was zero, */
	u32 tsc_khz;
	u8 domain, vcpu;	/* who runs */
	u8 reserved[2];
	u32 first[TRACE_KINDS + 1];	/* counts of kind k are [first[k], first[k + 1]) */
	u64 chunk[TRACE_CHUNKS_MAX];	/* machine addresses of the records */
	struct trace_count counts[TRACE_COUNTS] __attribute__((aligned(4096)));
};

/* By CPU; NULL: that one is not traced. */
extern struct trace_ring *trace_rings[];

/* A ring in zeroed memory: its header. chunks: machine addresses. No chunks: it only counts. */
void trace_ring_init(struct trace_ring *ring, u32 cpu, u64 address, const u64 *chunks, u32 chunk_count);
void trace_ring_add(struct trace_ring *ring, const struct trace_record *record);

/* The record of something that begins now on the calling CPU. */
struct trace {
	struct trace_ring *ring;
	struct trace_record record;
};

void trace_begin(struct trace *trace, enum trace_kind kind, u64 what);
/* It is over: its time is measured, it is counted and put into the ring. */
void trace_end(struct trace *trace);
/* The same for what takes no time. */
void trace_event(enum trace_kind kind, u64 what, u64 word0, u64 word1);
