/* SPDX-License-Identifier: MIT */
/* generated from abi/source - do not edit */
/*
 * The Ringbolt guest interface: names, numbers and layouts.
 * For the hypervisor, guest kernels and tools, in C and in assembler. Holds no code but helpers on operation words; the
 * calls themselves are in ringbolt-calls.h. All layouts are little-endian and have no implicit padding.
 */
#ifndef RINGBOLT_H
#define RINGBOLT_H

#if defined(__ASSEMBLER__) || defined(__ASSEMBLY__)
#define _RB_ASM 1
#define _RB_U64(x) x
#else
#define _RB_U64(x) x##UL
#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdint.h>
#endif
#ifdef __cplusplus
#define _RB_ASSERT(holds) static_assert(holds, #holds)
#else
#define _RB_ASSERT(holds) _Static_assert(holds, #holds)
#endif
#endif

/* ---------------- version */
#define RB_ABI_MAJOR   1	/* guest and hypervisor must agree */
#define RB_ABI_MINOR   0	/* the hypervisor's is at least what the guest needs */
#define RB_ABI_VERSION 0x10000	/* both in one word, as info_version returns them */
#define RB_ABI_MAGIC   _RB_U64(0x544c4f42474e4952)	/* "RINGBOLT": the first word of start_info */

/* ---------------- constants */
#define RB_CHUNK_SHIFT    21	/* Memory is owned and typed in chunks of 2 MiB. */
#define RB_CHUNK_PAGES    512	/* 4 KiB frames in a chunk. */
/* First address of the range that belongs to the hypervisor in every address space. */
#define RB_GATE_START     _RB_U64(0xffff800000000000)
/* First address after the hypervisor's range; also the lowest address of guest kernel stacks and entry points. */
#define RB_GATE_END       _RB_U64(0xffff880000000000)
#define RB_NO_CHUNK       0xffffffff	/* In a chunk map: no such chunk. */
#define RB_QUEUE_OPS      256	/* Operations in the queue page. */
#define RB_NR_PORTS       1024	/* Event ports of a domain. */
#define RB_MAX_VCPUS      64	/* vCPUs of a domain. */
#define RB_NAME_BYTES     31	/* Longest name of a domain, in bytes. */
#define RB_VECTOR_FIRST   32	/* Lowest virtual vector; lower numbers are exceptions. */
#define RB_VECTOR_TIMER   0xec	/* Virtual vector of the vCPU's one-shot timer. */
#define RB_VECTOR_CONSOLE 0x30	/* Virtual vector raised on vCPU 0 when console input arrives. */
/*
 * Code selector of the guest kernel, as events show it in this version. Test bit 1 (clear: kernel, set: user), not the
 * value.
 */
#define RB_KERNEL_CS      0x11
#define RB_KERNEL_SS      0x19	/* Stack selector of the guest kernel. */
#define RB_USER32_CS      0x23	/* Code selector of 32-bit user code. */
#define RB_USER_SS        0x2b	/* Data selector of user code. */
#define RB_USER_CS        0x33	/* Code selector of 64-bit user code. */

/* ---------------- statuses: what a call returns */
#ifdef _RB_ASM
#define RB_OK      0
#define RB_NOSYS   -1
#define RB_PERM    -2
#define RB_INVAL   -3
#define RB_NOENT   -4
#define RB_OWNER   -5
#define RB_TYPE    -6
#define RB_BUSY    -7
#define RB_NOSPACE -8
#define RB_AGAIN   -9
#else
enum rb_status {
	RB_OK = 0,	/* The call took effect. */
	RB_NOSYS = -1,	/* No call, operation, counter or feature word has this number in this version or build. */
	RB_PERM = -2,	/* This domain may not make this call. */
	/*
	 * An argument is malformed: out of range, misaligned, not canonical, or a reserved bit or unused register is
	 * not zero.
	 */
	RB_INVAL = -3,
	RB_NOENT = -4,	/* An argument names nothing: no such frame, chunk, vCPU, port or domain. */
	RB_OWNER = -5,	/* The machine memory named by an entry is not this domain's. */
	RB_TYPE = -6,	/* The frame or chunk is in use as something else than the call needs. */
	RB_BUSY = -7,	/* The object is linked, loaded or bound and must be released first. */
	RB_NOSPACE = -8,	/* A quota or a table is full. */
	RB_AGAIN = -9,	/* The call stopped early with its progress kept; the call says how to go on. */
};
#endif

/* ---------------- features: bits of info_features' word 0 and of start_info.features */
#define RB_FEATURE_PCID_BIT        0
#define RB_FEATURE_PCID            _RB_U64(0x1)	/* Hypercalls do not flush the guest's translations. */
#define RB_FEATURE_DEBUG_CHECK_BIT 1
#define RB_FEATURE_DEBUG_CHECK     _RB_U64(0x2)	/* A debug build: debug_check walks all invariants. */

/* ---------------- enumerations */

/* Why a domain ends. */
#ifdef _RB_ASM
#define RB_SHUTDOWN_REASON_POWEROFF 0
#define RB_SHUTDOWN_REASON_REBOOT   1
#define RB_SHUTDOWN_REASON_CRASH    2
#else
enum rb_shutdown_reason {
	RB_SHUTDOWN_REASON_POWEROFF = 0,	/* an orderly power-off */
	RB_SHUTDOWN_REASON_REBOOT = 1,	/* an orderly restart */
	RB_SHUTDOWN_REASON_CRASH = 2,	/* the guest kernel gave up; the hypervisor prints the vCPU's state */
};
#endif

/* What a range of guest-physical chunks is. */
#ifdef _RB_ASM
#define RB_MEMORY_KIND_RAM       1
#define RB_MEMORY_KIND_PAGETABLE 2
#else
enum rb_memory_kind {
	RB_MEMORY_KIND_RAM = 1,	/* DATA chunks: ordinary memory */
	/* the page-table reserve: frames for page tables, never writable by the guest */
	RB_MEMORY_KIND_PAGETABLE = 2,
};
#endif

/* Type of an event, bits 51:48 of the frame's ss word (as in Intel FRED). */
#ifdef _RB_ASM
#define RB_EVENT_TYPE_INTERRUPT      0
#define RB_EVENT_TYPE_NMI            2
#define RB_EVENT_TYPE_EXCEPTION      3
#define RB_EVENT_TYPE_SOFTINT        4
#define RB_EVENT_TYPE_PRIV_EXCEPTION 5
#define RB_EVENT_TYPE_SOFT_EXCEPTION 6
#define RB_EVENT_TYPE_OTHER          7
#else
enum rb_event_type {
	RB_EVENT_TYPE_INTERRUPT = 0,	/* virtual vector */
	RB_EVENT_TYPE_NMI = 2,	/* reserved */
	RB_EVENT_TYPE_EXCEPTION = 3,	/* processor exception */
	RB_EVENT_TYPE_SOFTINT = 4,	/* INT 0x80 */
	RB_EVENT_TYPE_PRIV_EXCEPTION = 5,	/* INT1 (#DB raised by the ICEBP instruction) */
	RB_EVENT_TYPE_SOFT_EXCEPTION = 6,	/* INT3 or INTO */
	RB_EVENT_TYPE_OTHER = 7,	/* system call: vector 1 */
};
#endif

/* What tlb_flush forgets. */
#ifdef _RB_ASM
#define RB_TLB_SCOPE_ALL   0
#define RB_TLB_SCOPE_RANGE 1
#else
enum rb_tlb_scope {
	RB_TLB_SCOPE_ALL = 0,	/* every translation of the vCPUs */
	RB_TLB_SCOPE_RANGE = 1,	/* the pages from an address on, in the loaded root and the kernel half */
};
#endif

/* State of a vCPU, in its vCPU page. */
#ifdef _RB_ASM
#define RB_RUN_STATE_RUNNING  0
#define RB_RUN_STATE_RUNNABLE 1
#define RB_RUN_STATE_BLOCKED  2
#define RB_RUN_STATE_OFFLINE  3
#else
enum rb_run_state {
	RB_RUN_STATE_RUNNING = 0,	/* on a CPU */
	RB_RUN_STATE_RUNNABLE = 1,	/* waiting for a CPU */
	RB_RUN_STATE_BLOCKED = 2,	/* waiting for an event */
	RB_RUN_STATE_OFFLINE = 3,	/* not started or stopped */
};
#endif

/* What a domain is doing, in domain_info. */
#ifdef _RB_ASM
#define RB_DOMAIN_STATE_NEW    0
#define RB_DOMAIN_STATE_PAUSED 1
#define RB_DOMAIN_STATE_LIVE   2
#define RB_DOMAIN_STATE_ENDED  3
#else
enum rb_domain_state {
	RB_DOMAIN_STATE_NEW = 0,	/* made and not built */
	RB_DOMAIN_STATE_PAUSED = 1,	/* no vCPU runs */
	RB_DOMAIN_STATE_LIVE = 2,	/* its vCPUs run as they want and the CPUs allow */
	RB_DOMAIN_STATE_ENDED = 3,	/* it does not run any more, but was not destroyed */
};
#endif

/* ---------------- counters (info_counter) */
#ifdef _RB_ASM
#define RB_COUNTER_ENTRIES       0
#define RB_COUNTER_HYPERCALLS    1
#define RB_COUNTER_INTERRUPTS    2
#define RB_COUNTER_EXCEPTIONS    3
#define RB_COUNTER_EVENTS        4
#define RB_COUNTER_RESTARTS      5
#define RB_COUNTER_TIMER_EVENTS  6
#define RB_COUNTER_PT_OPS        7
#define RB_COUNTER_PT_REFUSED    8
#define RB_COUNTER_ROOT_LOADS    9
#define RB_COUNTER_FRAMES_TOTAL  10
#define RB_COUNTER_FRAMES_TYPED  11
#define RB_COUNTER_FRAMES_LINKED 12
#define RB_COUNTER_BLOCKS        13
#else
enum rb_counter {
	RB_COUNTER_ENTRIES = 0,	/* Entries into the hypervisor from this domain, for any reason. */
	RB_COUNTER_HYPERCALLS = 1,	/* Entries that were hypercalls. */
	RB_COUNTER_INTERRUPTS = 2,	/* Entries by a physical interrupt while this domain ran. */
	/* Entries by an exception that the gate could not deliver alone (debug traps, bad stacks). */
	RB_COUNTER_EXCEPTIONS = 3,
	RB_COUNTER_EVENTS = 4,	/* Virtual vectors delivered by the hypervisor. */
	/* Interrupts that found the vCPU in its restartable range and moved it to the start. */
	RB_COUNTER_RESTARTS = 5,
	RB_COUNTER_TIMER_EVENTS = 6,	/* One-shot timers that expired. */
	RB_COUNTER_PT_OPS = 7,	/* Page-table operations that took effect. */
	RB_COUNTER_PT_REFUSED = 8,	/* Page-table operations that were refused. */
	RB_COUNTER_ROOT_LOADS = 9,	/* Roots loaded. */
	RB_COUNTER_FRAMES_TOTAL = 10,	/* Frames in the domain's page-table reserve (a level, not a count). */
	RB_COUNTER_FRAMES_TYPED = 11,	/* Frames typed and not linked (a level). */
	RB_COUNTER_FRAMES_LINKED = 12,	/* Frames linked into a table (a level). */
	RB_COUNTER_BLOCKS = 13,	/* Times a vCPU of the domain blocked. */
};
#endif
#define RB_NR_COUNTERS 14

/* ---------------- page-table operations */
#ifdef _RB_ASM
#define RB_OP_NOP   0
#define RB_OP_TYPE  1
#define RB_OP_SET   2
#define RB_OP_LINK  3
#define RB_OP_AND   4
#define RB_OP_XCHG  5
#define RB_OP_FLUSH 6
#else
enum rb_op {
	RB_OP_NOP = 0,	/* Nothing. Ends the list of pt_update. */
	RB_OP_TYPE = 1,	/* Make `count` frames from the frame on empty tables of level `value`. */
	/*
	 * Store `value` in `count` entries of a table: at level 1 a 4 KiB leaf or a non-present entry, at level 2 a 2
	 * MiB leaf or a non-present entry, at levels 3 and 4 zero.
	 */
	RB_OP_SET = 2,
	RB_OP_LINK = 3,	/* Make an entry point to the table `value` of the next lower level. */
	RB_OP_AND = 4,	/* Clear bits of `count` present leaf entries, atomically against the processor. */
	/*
	 * Store `value` in one entry and return the one before: as the call's result with pt_update, in the value's
	 * place in the queue page with pt_batch.
	 */
	RB_OP_XCHG = 5,
	RB_OP_FLUSH = 6,	/* Forget translations on the calling vCPU: all, or those of `count` pages. */
};
#endif
#define RB_NR_OPS 7

/* ---------------- calls */
#ifdef _RB_ASM
#define RB_HC_INFO_VERSION        0
#define RB_HC_INFO_FEATURES       1
#define RB_HC_INFO_CALL           2
#define RB_HC_INFO_COUNTER        3
#define RB_HC_CONSOLE_WRITE       4
#define RB_HC_CONSOLE_READ        5
#define RB_HC_PT_UPDATE           6
#define RB_HC_PT_BATCH            7
#define RB_HC_ROOT_LOAD           8
#define RB_HC_PT_RESERVE_GROW     9
#define RB_HC_TLB_FLUSH           10
#define RB_HC_EVENT_SEND          11
#define RB_HC_PORT_ALLOC          12
#define RB_HC_PORT_BIND           13
#define RB_HC_PORT_SET_TARGET     14
#define RB_HC_PORT_SEND           15
#define RB_HC_PORT_MASK           16
#define RB_HC_PORT_CLOSE          17
#define RB_HC_TIMER_SET           18
#define RB_HC_SCHED_BLOCK         19
#define RB_HC_SCHED_YIELD         20
#define RB_HC_VCPU_SET_ENTRY      21
#define RB_HC_VCPU_SET_GS         22
#define RB_HC_VCPU_SET_PAGE       23
#define RB_HC_VCPU_SET_QUEUE      24
#define RB_HC_VCPU_SET_DESCRIPTOR 25
#define RB_HC_VCPU_SET_DEBUG      26
#define RB_HC_VCPU_SET_XCR0       27
#define RB_HC_VCPU_SET_TSC_AUX    28
#define RB_HC_SHUTDOWN            29
#define RB_HC_DEBUG_CHECK         30
#define RB_HC_VCPU_START          31
#define RB_HC_VCPU_STOP           32
#define RB_HC_SCHED_WAIT          33
#define RB_HC_DOMAIN_CREATE       34
#define RB_HC_DOMAIN_POPULATE     35
#define RB_HC_DOMAIN_WRITE        36
#define RB_HC_DOMAIN_READ         37
#define RB_HC_DOMAIN_BUILD        38
#define RB_HC_DOMAIN_UNPAUSE      39
#define RB_HC_DOMAIN_PAUSE        40
#define RB_HC_DOMAIN_DESTROY      41
#define RB_HC_DOMAIN_SET_SHARE    42
#define RB_HC_DOMAIN_INFO         43
#define RB_HC_MACHINE_INFO        44
#else
enum rb_call {
	RB_HC_INFO_VERSION = 0,	/* Ask for the version of the interface that the hypervisor has. */
	RB_HC_INFO_FEATURES = 1,	/* Read a word of feature bits. */
	RB_HC_INFO_CALL = 2,	/* Ask whether a call exists, and since which version. */
	RB_HC_INFO_COUNTER = 3,	/* Read one of the hypervisor's counters of the calling domain. */
	/*
	 * Write bytes of guest memory to the domain's console, as many as the line takes without long waiting. Go on
	 * with the rest.
	 */
	RB_HC_CONSOLE_WRITE = 4,
	/* Take bytes that were typed on the domain's console. VECTOR_CONSOLE tells that some arrived. */
	RB_HC_CONSOLE_READ = 5,
	RB_HC_PT_UPDATE = 6,	/* Apply up to three page-table operations from registers. */
	RB_HC_PT_BATCH = 7,	/* Apply page-table operations from the vCPU's queue page. */
	/* Make a user root the lower half of the calling vCPU's address space, in place of the one before. */
	RB_HC_ROOT_LOAD = 8,
	RB_HC_PT_RESERVE_GROW = 9,	/* Add a fresh chunk to the page-table reserve. */
	RB_HC_TLB_FLUSH = 10,	/* Forget translations on a set of vCPUs of the calling domain. */
	RB_HC_EVENT_SEND = 11,	/* Raise a virtual vector on a set of vCPUs of the calling domain. */
	/* Allocate an event port that waits for a domain to bind to it. The domain may be the caller's own. */
	RB_HC_PORT_ALLOC = 12,
	/* Allocate an event port and connect it to another domain's port that waits for this domain. */
	RB_HC_PORT_BIND = 13,
	RB_HC_PORT_SET_TARGET = 14,	/* Choose the vCPU and virtual vector that an arrival at a port raises. */
	RB_HC_PORT_SEND = 15,	/* Signal the peer of a port. */
	RB_HC_PORT_MASK = 16,	/* Hold arrivals at a port back, or let them through again. */
	RB_HC_PORT_CLOSE = 17,	/* Give a port back. Its peer stays allocated and becomes unconnected. */
	RB_HC_TIMER_SET = 18,	/* Arm the calling vCPU's one-shot timer, which raises VECTOR_TIMER. */
	RB_HC_SCHED_BLOCK = 19,	/* Enable events and wait until a virtual vector is pending. */
	RB_HC_SCHED_YIELD = 20,	/* Let other vCPUs that wait for the CPU run first. */
	RB_HC_VCPU_SET_ENTRY = 21,	/* Choose where events of the calling vCPU are delivered. */
	RB_HC_VCPU_SET_GS = 22,	/* Choose the GS base of the calling vCPU's kernel, which every event loads. */
	/*
	 * Move the vCPU page of the calling vCPU. What the guest wants to keep (events_enabled, kernel_sp) it copies
	 * beforehand, with events disabled.
	 */
	RB_HC_VCPU_SET_PAGE = 23,
	/* Choose the queue page of the calling vCPU, from which pt_batch takes operations. */
	RB_HC_VCPU_SET_QUEUE = 24,
	/*
	 * Set a segment descriptor of the calling vCPU: for thread-local storage of 32-bit programs, and for the CPU's
	 * number.
	 */
	RB_HC_VCPU_SET_DESCRIPTOR = 25,
	RB_HC_VCPU_SET_DEBUG = 26,	/* Set a debug register of the calling vCPU. */
	RB_HC_VCPU_SET_XCR0 = 27,	/* Choose the extended state components (XCR0) of the calling vCPU. */
	RB_HC_VCPU_SET_TSC_AUX = 28,	/* Choose what RDTSCP and RDPID return on the calling vCPU. */
	RB_HC_SHUTDOWN = 29,	/* End the calling domain. */
	/*
	 * Debug builds: walk all frames, roots and chunks and check the hypervisor's invariants. The console says what
	 * is violated.
	 */
	RB_HC_DEBUG_CHECK = 30,
	/*
	 * Start a vCPU of the calling domain that was never started, or has stopped: it begins in kernel mode, like
	 * vCPU 0 at the domain's start, without entry points for events.
	 */
	RB_HC_VCPU_START = 31,
	RB_HC_VCPU_STOP = 32,	/* The calling vCPU stops: it does not run again until another one starts it anew. */
	RB_HC_SCHED_WAIT = 33,	/* Wait until a virtual vector is pending, with events as they are. */
	/*
	 * Make a domain, without memory and paused. domain_populate gives it memory, domain_write an image,
	 * domain_build what it begins with, domain_unpause lets it run.
	 */
	RB_HC_DOMAIN_CREATE = 34,
	/*
	 * Give a domain that was not built memory: zeroed chunks behind guest-physical chunks in a row. In the
	 * page-table reserve they are PAGETABLE, elsewhere DATA.
	 */
	RB_HC_DOMAIN_POPULATE = 35,
	RB_HC_DOMAIN_WRITE = 36,	/* Copy bytes of the caller's memory into a domain's memory. */
	/* Copy bytes of a domain's memory into the caller's memory. Also of a domain that has ended. */
	RB_HC_DOMAIN_READ = 37,
	/*
	 * Make what a domain begins with, as the boot protocol says: its first page tables, start_info, its vCPU 0. The
	 * image, the module and the command line were written before.
	 */
	RB_HC_DOMAIN_BUILD = 38,
	RB_HC_DOMAIN_UNPAUSE = 39,	/* A domain that is paused runs; one that never ran begins. */
	RB_HC_DOMAIN_PAUSE = 40,	/* No vCPU of a domain runs, until domain_unpause. */
	RB_HC_DOMAIN_DESTROY = 41,	/* End a domain, if it has not ended, and take back all that it has. */
	RB_HC_DOMAIN_SET_SHARE = 42,	/* Set a domain's weight and cap: what it gets of the CPUs. */
	RB_HC_DOMAIN_INFO = 43,	/* Look at a domain: at the one of this number, or else the next one. */
	RB_HC_MACHINE_INFO = 44,	/* Look at the machine: its CPUs and its memory. */
};
#endif
#define RB_NR_CALLS 45

/* ---------------- ELF notes of a guest kernel */
#define RB_NOTE_OWNER        "Ringbolt"	/* name of the notes */
#define RB_NOTE_ABI          1	/* u32 major, u32 minor: the interface version the kernel was built for. */
#define RB_NOTE_ENTRY        2	/* u64: virtual address of the first instruction. */
#define RB_NOTE_IMAGE_OFFSET 3	/* u64: the image is mapped at its physical addresses (p_paddr) plus this. */
/* u64: virtual address at which all guest-physical memory is mapped; a multiple of 512 GiB, from GATE_END on. */
#define RB_NOTE_DIRECT_BASE  4

/* ---------------- structures: offsets for both languages, layouts for C */

/* One page-table operation in the queue page. */
#define RB_PT_OP_WORD             0
#define RB_PT_OP_VALUE            8
#define RB_PT_OP_WORD_CODE_SHIFT  0
#define RB_PT_OP_WORD_CODE_BITS   6
#define RB_PT_OP_WORD_COUNT_SHIFT 6
#define RB_PT_OP_WORD_COUNT_BITS  9
#define RB_PT_OP_WORD_INDEX_SHIFT 15
#define RB_PT_OP_WORD_INDEX_BITS  9
#define RB_PT_OP_WORD_FRAME_SHIFT 24
#define RB_PT_OP_WORD_FRAME_BITS  40
#define RB_PT_OP_SIZE             16
#ifndef _RB_ASM
struct rb_pt_op {
	/*
	 * what to do and where, see the operations; bits 5:0 operation; bits 14:6 number of entries or frames, less
	 * one; bits 23:15 index of the first entry; bits 63:24 guest frame number of the table
	 */
	uint64_t word;
	uint64_t value;	/* the operation's value; XCHG stores the old entry here */
};
_RB_ASSERT(sizeof(struct rb_pt_op) == RB_PT_OP_SIZE);
_RB_ASSERT(__builtin_offsetof(struct rb_pt_op, word) == RB_PT_OP_WORD);
_RB_ASSERT(__builtin_offsetof(struct rb_pt_op, value) == RB_PT_OP_VALUE);
#endif

/*
 * What the guest kernel finds at its stack pointer when an event is delivered; the layout of an Intel FRED frame. From
 * user mode it ends at kernel_sp rounded down to 64; from kernel mode at the interrupted stack pointer less 64, rounded
 * down to 64.
 */
#define RB_EVENT_FRAME_ERROR_CODE         0
#define RB_EVENT_FRAME_IP                 8
#define RB_EVENT_FRAME_CS                 16
#define RB_EVENT_FRAME_FLAGS              24
#define RB_EVENT_FRAME_SP                 32
#define RB_EVENT_FRAME_SS                 40
#define RB_EVENT_FRAME_DATA               48
#define RB_EVENT_FRAME_GS_BASE            56
#define RB_EVENT_FRAME_SS_SELECTOR_SHIFT  0
#define RB_EVENT_FRAME_SS_SELECTOR_BITS   16
#define RB_EVENT_FRAME_SS_VECTOR_SHIFT    32
#define RB_EVENT_FRAME_SS_VECTOR_BITS     8
#define RB_EVENT_FRAME_SS_TYPE_SHIFT      48
#define RB_EVENT_FRAME_SS_TYPE_BITS       4
#define RB_EVENT_FRAME_SS_LONG_MODE_SHIFT 57
#define RB_EVENT_FRAME_SS_LONG_MODE_BITS  1
#define RB_EVENT_FRAME_SS_LENGTH_SHIFT    60
#define RB_EVENT_FRAME_SS_LENGTH_BITS     4
#define RB_EVENT_FRAME_SIZE               64
#ifndef _RB_ASM
struct rb_event_frame {
	uint64_t error_code;	/* the exception's error code or zero */
	uint64_t ip;	/* address of the interrupted instruction, or the next one for traps and system calls */
	uint64_t cs;	/* code selector; bit 1 set: user mode */
	uint64_t flags;	/* RFLAGS; bit 9 is the virtual interrupt flag */
	uint64_t sp;	/* stack pointer */
	/*
	 * stack selector, and what the event is; bits 15:0 stack selector; bits 39:32 exception number or virtual
	 * vector; bits 51:48 event_type; bits 57 system call from 64-bit code; bits 63:60 instruction length of INT,
	 * INT3 and SYSCALL
	 */
	uint64_t ss;
	/*
	 * page fault: the address; debug exception: the DR6 bits that came to be set (bits that read one when inactive
	 * inverted); else zero
	 */
	uint64_t data;
	uint64_t gs_base;	/* GS base at the event; the guest restores it on return */
};
_RB_ASSERT(sizeof(struct rb_event_frame) == RB_EVENT_FRAME_SIZE);
_RB_ASSERT(__builtin_offsetof(struct rb_event_frame, error_code) == RB_EVENT_FRAME_ERROR_CODE);
_RB_ASSERT(__builtin_offsetof(struct rb_event_frame, ip) == RB_EVENT_FRAME_IP);
_RB_ASSERT(__builtin_offsetof(struct rb_event_frame, cs) == RB_EVENT_FRAME_CS);
_RB_ASSERT(__builtin_offsetof(struct rb_event_frame, flags) == RB_EVENT_FRAME_FLAGS);
_RB_ASSERT(__builtin_offsetof(struct rb_event_frame, sp) == RB_EVENT_FRAME_SP);
_RB_ASSERT(__builtin_offsetof(struct rb_event_frame, ss) == RB_EVENT_FRAME_SS);
_RB_ASSERT(__builtin_offsetof(struct rb_event_frame, data) == RB_EVENT_FRAME_DATA);
_RB_ASSERT(__builtin_offsetof(struct rb_event_frame, gs_base) == RB_EVENT_FRAME_GS_BASE);
#endif

/*
 * Guest time as in the pvclock layout: ns = system_time + ((tsc - tsc_timestamp) << shift) * mul >> 32. Valid when
 * version is even and did not change while reading.
 */
#define RB_TIME_RECORD_VERSION           0
#define RB_TIME_RECORD_RESERVED0         4
#define RB_TIME_RECORD_TSC_TIMESTAMP     8
#define RB_TIME_RECORD_SYSTEM_TIME       16
#define RB_TIME_RECORD_TSC_TO_SYSTEM_MUL 24
#define RB_TIME_RECORD_TSC_SHIFT         28
#define RB_TIME_RECORD_FLAGS             29
#define RB_TIME_RECORD_RESERVED1         30
#define RB_TIME_RECORD_SIZE              32
#ifndef _RB_ASM
struct rb_time_record {
	uint32_t version;	/* odd while the record is being written */
	uint32_t reserved0;	/* zero */
	uint64_t tsc_timestamp;	/* time-stamp counter when the record was written */
	uint64_t system_time;	/* nanoseconds since the hypervisor started, at tsc_timestamp */
	uint32_t tsc_to_system_mul;	/* multiplier, a 0.32 fixed-point fraction */
	int8_t tsc_shift;	/* left shift, negative for right */
	uint8_t flags;	/* bit 0: the TSC is the same on all vCPUs */
	uint16_t reserved1;	/* zero */
};
_RB_ASSERT(sizeof(struct rb_time_record) == RB_TIME_RECORD_SIZE);
_RB_ASSERT(__builtin_offsetof(struct rb_time_record, version) == RB_TIME_RECORD_VERSION);
_RB_ASSERT(__builtin_offsetof(struct rb_time_record, reserved0) == RB_TIME_RECORD_RESERVED0);
_RB_ASSERT(__builtin_offsetof(struct rb_time_record, tsc_timestamp) == RB_TIME_RECORD_TSC_TIMESTAMP);
_RB_ASSERT(__builtin_offsetof(struct rb_time_record, system_time) == RB_TIME_RECORD_SYSTEM_TIME);
_RB_ASSERT(__builtin_offsetof(struct rb_time_record, tsc_to_system_mul) == RB_TIME_RECORD_TSC_TO_SYSTEM_MUL);
_RB_ASSERT(__builtin_offsetof(struct rb_time_record, tsc_shift) == RB_TIME_RECORD_TSC_SHIFT);
_RB_ASSERT(__builtin_offsetof(struct rb_time_record, flags) == RB_TIME_RECORD_FLAGS);
_RB_ASSERT(__builtin_offsetof(struct rb_time_record, reserved1) == RB_TIME_RECORD_RESERVED1);
#endif

/*
 * How long a vCPU was in each run_state. With the page's run_state it is of one moment when version is even and did not
 * change while reading.
 */
#define RB_RUN_RECORD_VERSION   0
#define RB_RUN_RECORD_RESERVED0 4
#define RB_RUN_RECORD_SINCE     8
#define RB_RUN_RECORD_SPENT     16
#define RB_RUN_RECORD_SIZE      48
#ifndef _RB_ASM
struct rb_run_record {
	uint32_t version;	/* odd while the record is being written */
	uint32_t reserved0;	/* zero */
	uint64_t since;	/* system time when the vCPU came into run_state */
	uint64_t spent[4];	/* nanoseconds up to then in each run_state, from when the hypervisor started */
};
_RB_ASSERT(sizeof(struct rb_run_record) == RB_RUN_RECORD_SIZE);
_RB_ASSERT(__builtin_offsetof(struct rb_run_record, version) == RB_RUN_RECORD_VERSION);
_RB_ASSERT(__builtin_offsetof(struct rb_run_record, reserved0) == RB_RUN_RECORD_RESERVED0);
_RB_ASSERT(__builtin_offsetof(struct rb_run_record, since) == RB_RUN_RECORD_SINCE);
_RB_ASSERT(__builtin_offsetof(struct rb_run_record, spent) == RB_RUN_RECORD_SPENT);
#endif

/*
 * Shared by the hypervisor and the vCPU's kernel. Everything in it is the guest's word: the hypervisor reads each field
 * once and checks it.
 */
#define RB_VCPU_PAGE_EVENTS_ENABLED  0
#define RB_VCPU_PAGE_PENDING         1
#define RB_VCPU_PAGE_RESERVED0       2
#define RB_VCPU_PAGE_KERNEL_SP       8
#define RB_VCPU_PAGE_RUN_STATE       16
#define RB_VCPU_PAGE_VCPU_ID         20
#define RB_VCPU_PAGE_RESERVED1       24
#define RB_VCPU_PAGE_PENDING_VECTORS 32
#define RB_VCPU_PAGE_TIME            64
#define RB_VCPU_PAGE_GATE_SCRATCH    128
#define RB_VCPU_PAGE_RUN             192
#define RB_VCPU_PAGE_PORT_PENDING    256
#define RB_VCPU_PAGE_SIZE            4096
#ifndef _RB_ASM
struct rb_vcpu_page {
	/* the virtual interrupt flag: 1, vectors are delivered to kernel mode; delivery of any event clears it */
	uint8_t events_enabled;
	/* 1 when a bit of pending_vectors was set and not delivered; the guest clears it before it scans */
	uint8_t pending;
	uint8_t reserved0[6];	/* zero */
	uint64_t kernel_sp;	/* stack pointer for events from user mode */
	uint32_t run_state;	/* run_state of the vCPU, written by the hypervisor */
	uint32_t vcpu_id;	/* number of the vCPU, written by the hypervisor */
	uint64_t reserved1;	/* zero */
	/* one bit per virtual vector; set by the hypervisor, cleared by who delivers (atomically) */
	uint64_t pending_vectors[4];
	struct rb_time_record time;	/* time, written by the hypervisor */
	uint8_t _zero96[32];	/* reserved, zero */
	uint64_t gate_scratch[8];	/* used by the gate; of no meaning to the guest */
	struct rb_run_record run;	/* how long the vCPU ran, waited and slept, written by the hypervisor */
	uint8_t _zero240[16];	/* reserved, zero */
	/* one bit per event port that was sent to; set before the port's vector is raised, cleared by the guest */
	uint64_t port_pending[16];
	uint8_t _zero384[3712];	/* reserved, zero */
};
_RB_ASSERT(sizeof(struct rb_vcpu_page) == RB_VCPU_PAGE_SIZE);
_RB_ASSERT(__builtin_offsetof(struct rb_vcpu_page, events_enabled) == RB_VCPU_PAGE_EVENTS_ENABLED);
_RB_ASSERT(__builtin_offsetof(struct rb_vcpu_page, pending) == RB_VCPU_PAGE_PENDING);
_RB_ASSERT(__builtin_offsetof(struct rb_vcpu_page, reserved0) == RB_VCPU_PAGE_RESERVED0);
_RB_ASSERT(__builtin_offsetof(struct rb_vcpu_page, kernel_sp) == RB_VCPU_PAGE_KERNEL_SP);
_RB_ASSERT(__builtin_offsetof(struct rb_vcpu_page, run_state) == RB_VCPU_PAGE_RUN_STATE);
_RB_ASSERT(__builtin_offsetof(struct rb_vcpu_page, vcpu_id) == RB_VCPU_PAGE_VCPU_ID);
_RB_ASSERT(__builtin_offsetof(struct rb_vcpu_page, reserved1) == RB_VCPU_PAGE_RESERVED1);
_RB_ASSERT(__builtin_offsetof(struct rb_vcpu_page, pending_vectors) == RB_VCPU_PAGE_PENDING_VECTORS);
_RB_ASSERT(__builtin_offsetof(struct rb_vcpu_page, time) == RB_VCPU_PAGE_TIME);
_RB_ASSERT(__builtin_offsetof(struct rb_vcpu_page, gate_scratch) == RB_VCPU_PAGE_GATE_SCRATCH);
_RB_ASSERT(__builtin_offsetof(struct rb_vcpu_page, run) == RB_VCPU_PAGE_RUN);
_RB_ASSERT(__builtin_offsetof(struct rb_vcpu_page, port_pending) == RB_VCPU_PAGE_PORT_PENDING);
#endif

/* A range of guest-physical chunks. */
#define RB_MEMORY_RANGE_FIRST_CHUNK 0
#define RB_MEMORY_RANGE_COUNT       4
#define RB_MEMORY_RANGE_KIND        8
#define RB_MEMORY_RANGE_PRESENT     12
#define RB_MEMORY_RANGE_SIZE        16
#ifndef _RB_ASM
struct rb_memory_range {
	uint32_t first_chunk;	/* guest-physical chunk number */
	uint32_t count;	/* chunks, present ones and, in the page-table reserve, those that pt_reserve_grow may add */
	uint32_t kind;	/* memory_kind */
	uint32_t present;	/* chunks from the first on that exist now */
};
_RB_ASSERT(sizeof(struct rb_memory_range) == RB_MEMORY_RANGE_SIZE);
_RB_ASSERT(__builtin_offsetof(struct rb_memory_range, first_chunk) == RB_MEMORY_RANGE_FIRST_CHUNK);
_RB_ASSERT(__builtin_offsetof(struct rb_memory_range, count) == RB_MEMORY_RANGE_COUNT);
_RB_ASSERT(__builtin_offsetof(struct rb_memory_range, kind) == RB_MEMORY_RANGE_KIND);
_RB_ASSERT(__builtin_offsetof(struct rb_memory_range, present) == RB_MEMORY_RANGE_PRESENT);
#endif

/* A CPUID leaf as the guest kernel should see it. A leaf that is not in the table reads as zeros. */
#define RB_CPUID_LEAF_LEAF    0
#define RB_CPUID_LEAF_SUBLEAF 4
#define RB_CPUID_LEAF_EAX     8
#define RB_CPUID_LEAF_EBX     12
#define RB_CPUID_LEAF_ECX     16
#define RB_CPUID_LEAF_EDX     20
#define RB_CPUID_LEAF_SIZE    24
#ifndef _RB_ASM
struct rb_cpuid_leaf {
	uint32_t leaf;	/* EAX input */
	uint32_t subleaf;	/* ECX input, or 0xffffffff: any */
	uint32_t eax;	/* EAX output */
	uint32_t ebx;	/* EBX output */
	uint32_t ecx;	/* ECX output */
	uint32_t edx;	/* EDX output */
};
_RB_ASSERT(sizeof(struct rb_cpuid_leaf) == RB_CPUID_LEAF_SIZE);
_RB_ASSERT(__builtin_offsetof(struct rb_cpuid_leaf, leaf) == RB_CPUID_LEAF_LEAF);
_RB_ASSERT(__builtin_offsetof(struct rb_cpuid_leaf, subleaf) == RB_CPUID_LEAF_SUBLEAF);
_RB_ASSERT(__builtin_offsetof(struct rb_cpuid_leaf, eax) == RB_CPUID_LEAF_EAX);
_RB_ASSERT(__builtin_offsetof(struct rb_cpuid_leaf, ebx) == RB_CPUID_LEAF_EBX);
_RB_ASSERT(__builtin_offsetof(struct rb_cpuid_leaf, ecx) == RB_CPUID_LEAF_ECX);
_RB_ASSERT(__builtin_offsetof(struct rb_cpuid_leaf, edx) == RB_CPUID_LEAF_EDX);
#endif

/* What a new domain is told; its address (in the direct map) is in RDI at the entry point. */
#define RB_START_INFO_MAGIC               0
#define RB_START_INFO_ABI_MAJOR           8
#define RB_START_INFO_ABI_MINOR           10
#define RB_START_INFO_DOMAIN_ID           12
#define RB_START_INFO_FEATURES            16
#define RB_START_INFO_VCPU_COUNT          24
#define RB_START_INFO_CHUNK_COUNT         28
#define RB_START_INFO_DIRECT_BASE         32
#define RB_START_INFO_CHUNK_MAP           40
#define RB_START_INFO_MACHINE_MAP         48
#define RB_START_INFO_MACHINE_CHUNK_COUNT 56
#define RB_START_INFO_MEMORY_COUNT        60
#define RB_START_INFO_MEMORY              64
#define RB_START_INFO_KERNEL_ROOT         192
#define RB_START_INFO_USER_ROOT           200
#define RB_START_INFO_PT_FIRST_FREE       208
#define RB_START_INFO_VCPU_PAGE           216
#define RB_START_INFO_QUEUE_PAGE          224
#define RB_START_INFO_IMAGE_START         232
#define RB_START_INFO_IMAGE_BYTES         240
#define RB_START_INFO_MODULE_START        248
#define RB_START_INFO_MODULE_BYTES        256
#define RB_START_INFO_BOOT_START          264
#define RB_START_INFO_BOOT_BYTES          272
#define RB_START_INFO_CPUID_TABLE         280
#define RB_START_INFO_CPUID_COUNT         288
#define RB_START_INFO_TSC_KHZ             292
#define RB_START_INFO_WALL_SECONDS        296
#define RB_START_INFO_WALL_NANOSECONDS    304
#define RB_START_INFO_XCR0_MASK           308
#define RB_START_INFO_COMMAND_LINE        312
#define RB_START_INFO_SIZE                4096
#ifndef _RB_ASM
struct rb_start_info {
	uint64_t magic;	/* RB_ABI_MAGIC */
	uint16_t abi_major;	/* interface version */
	uint16_t abi_minor;	/* interface version */
	uint32_t domain_id;	/* number of this domain */
	uint64_t features;	/* feature bits */
	uint32_t vcpu_count;	/* vCPUs of the domain */
	uint32_t chunk_count;	/* guest-physical chunks: all numbers in memory are below */
	uint64_t direct_base;	/* virtual address of guest-physical 0 in the direct map */
	/* virtual address, read-only: u32 machine chunk of each guest-physical chunk, or NO_CHUNK */
	uint64_t chunk_map;
	/* virtual address, read-only: u32 guest-physical chunk of each machine chunk, or NO_CHUNK */
	uint64_t machine_map;
	uint32_t machine_chunk_count;	/* entries of machine_map */
	uint32_t memory_count;	/* entries used in memory */
	struct rb_memory_range memory[8];	/* guest-physical memory, ascending */
	/*
	 * frame number of the kernel root: a table of level 4 whose entries 272 to 511 are in every address space of
	 * the domain
	 */
	uint64_t kernel_root;
	uint64_t user_root;	/* frame number of the loaded user root (entries 0 to 255), empty at start */
	/* first frame of the page-table reserve that the loader did not use; all after it are free */
	uint64_t pt_first_free;
	uint64_t vcpu_page;	/* guest-physical address of vCPU 0's vCPU page */
	uint64_t queue_page;	/* guest-physical address of vCPU 0's queue page */
	uint64_t image_start;	/* guest-physical address of the kernel image */
	uint64_t image_bytes;	/* length of the image in memory */
	uint64_t module_start;	/* guest-physical address of the initial file system */
	uint64_t module_bytes;	/* its length, or zero */
	/*
	 * guest-physical start of the pages the loader wrote (this page, the command line, the vCPU page, the queue
	 * page)
	 */
	uint64_t boot_start;
	uint64_t boot_bytes;	/* their length */
	uint64_t cpuid_table;	/* virtual address, read-only: cpuid_leaf entries */
	uint32_t cpuid_count;	/* entries of cpuid_table */
	uint32_t tsc_khz;	/* frequency of the time-stamp counter */
	uint64_t wall_seconds;	/* wall clock (seconds since 1970 UTC) when system time was zero */
	uint32_t wall_nanoseconds;	/* and the fraction */
	uint32_t xcr0_mask;	/* extended state components the guest may enable (XCR0) */
	uint64_t command_line;	/* virtual address of the zero-terminated command line */
	uint8_t _zero320[3776];	/* reserved, zero */
};
_RB_ASSERT(sizeof(struct rb_start_info) == RB_START_INFO_SIZE);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, magic) == RB_START_INFO_MAGIC);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, abi_major) == RB_START_INFO_ABI_MAJOR);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, abi_minor) == RB_START_INFO_ABI_MINOR);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, domain_id) == RB_START_INFO_DOMAIN_ID);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, features) == RB_START_INFO_FEATURES);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, vcpu_count) == RB_START_INFO_VCPU_COUNT);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, chunk_count) == RB_START_INFO_CHUNK_COUNT);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, direct_base) == RB_START_INFO_DIRECT_BASE);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, chunk_map) == RB_START_INFO_CHUNK_MAP);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, machine_map) == RB_START_INFO_MACHINE_MAP);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, machine_chunk_count) == RB_START_INFO_MACHINE_CHUNK_COUNT);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, memory_count) == RB_START_INFO_MEMORY_COUNT);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, memory) == RB_START_INFO_MEMORY);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, kernel_root) == RB_START_INFO_KERNEL_ROOT);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, user_root) == RB_START_INFO_USER_ROOT);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, pt_first_free) == RB_START_INFO_PT_FIRST_FREE);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, vcpu_page) == RB_START_INFO_VCPU_PAGE);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, queue_page) == RB_START_INFO_QUEUE_PAGE);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, image_start) == RB_START_INFO_IMAGE_START);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, image_bytes) == RB_START_INFO_IMAGE_BYTES);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, module_start) == RB_START_INFO_MODULE_START);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, module_bytes) == RB_START_INFO_MODULE_BYTES);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, boot_start) == RB_START_INFO_BOOT_START);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, boot_bytes) == RB_START_INFO_BOOT_BYTES);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, cpuid_table) == RB_START_INFO_CPUID_TABLE);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, cpuid_count) == RB_START_INFO_CPUID_COUNT);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, tsc_khz) == RB_START_INFO_TSC_KHZ);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, wall_seconds) == RB_START_INFO_WALL_SECONDS);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, wall_nanoseconds) == RB_START_INFO_WALL_NANOSECONDS);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, xcr0_mask) == RB_START_INFO_XCR0_MASK);
_RB_ASSERT(__builtin_offsetof(struct rb_start_info, command_line) == RB_START_INFO_COMMAND_LINE);
#endif

/*
 * Where everything is in the memory of a domain that is to be built: what a kernel's ELF notes say, and where the
 * control domain has put it. Addresses are guest-physical unless they are said to be virtual.
 */
#define RB_DOMAIN_IMAGE_ENTRY        0
#define RB_DOMAIN_IMAGE_IMAGE_OFFSET 8
#define RB_DOMAIN_IMAGE_DIRECT_BASE  16
#define RB_DOMAIN_IMAGE_IMAGE_START  24
#define RB_DOMAIN_IMAGE_IMAGE_END    32
#define RB_DOMAIN_IMAGE_MODULE_START 40
#define RB_DOMAIN_IMAGE_MODULE_BYTES 48
#define RB_DOMAIN_IMAGE_BOOT_START   56
#define RB_DOMAIN_IMAGE_NAME         64
#define RB_DOMAIN_IMAGE_RESERVED0    96
#define RB_DOMAIN_IMAGE_SIZE         128
#ifndef _RB_ASM
struct rb_domain_image {
	uint64_t entry;	/* virtual address of the first instruction */
	uint64_t image_offset;	/* virtual less guest-physical address of the image */
	uint64_t direct_base;	/* virtual address of guest-physical 0 in the direct map */
	uint64_t image_start;	/* first address of the image */
	uint64_t image_end;	/* first address after it */
	uint64_t module_start;	/* address of the initial file system */
	uint64_t module_bytes;	/* its length, or zero */
	/*
	 * four pages: start_info, the command line (zero-terminated, written by the control domain), the vCPU page, the
	 * queue page
	 */
	uint64_t boot_start;
	uint8_t name[32];	/* the domain's name, up to 31 bytes and a zero */
	uint64_t reserved0[4];	/* zero */
};
_RB_ASSERT(sizeof(struct rb_domain_image) == RB_DOMAIN_IMAGE_SIZE);
_RB_ASSERT(__builtin_offsetof(struct rb_domain_image, entry) == RB_DOMAIN_IMAGE_ENTRY);
_RB_ASSERT(__builtin_offsetof(struct rb_domain_image, image_offset) == RB_DOMAIN_IMAGE_IMAGE_OFFSET);
_RB_ASSERT(__builtin_offsetof(struct rb_domain_image, direct_base) == RB_DOMAIN_IMAGE_DIRECT_BASE);
_RB_ASSERT(__builtin_offsetof(struct rb_domain_image, image_start) == RB_DOMAIN_IMAGE_IMAGE_START);
_RB_ASSERT(__builtin_offsetof(struct rb_domain_image, image_end) == RB_DOMAIN_IMAGE_IMAGE_END);
_RB_ASSERT(__builtin_offsetof(struct rb_domain_image, module_start) == RB_DOMAIN_IMAGE_MODULE_START);
_RB_ASSERT(__builtin_offsetof(struct rb_domain_image, module_bytes) == RB_DOMAIN_IMAGE_MODULE_BYTES);
_RB_ASSERT(__builtin_offsetof(struct rb_domain_image, boot_start) == RB_DOMAIN_IMAGE_BOOT_START);
_RB_ASSERT(__builtin_offsetof(struct rb_domain_image, name) == RB_DOMAIN_IMAGE_NAME);
_RB_ASSERT(__builtin_offsetof(struct rb_domain_image, reserved0) == RB_DOMAIN_IMAGE_RESERVED0);
#endif

/* What domain_info tells of a domain. */
#define RB_DOMAIN_INFO_ID            0
#define RB_DOMAIN_INFO_STATE         4
#define RB_DOMAIN_INFO_REASON        8
#define RB_DOMAIN_INFO_CODE          12
#define RB_DOMAIN_INFO_VCPU_COUNT    16
#define RB_DOMAIN_INFO_WEIGHT        20
#define RB_DOMAIN_INFO_CAP           24
#define RB_DOMAIN_INFO_CHUNK_COUNT   28
#define RB_DOMAIN_INFO_PT_PRESENT    32
#define RB_DOMAIN_INFO_PT_QUOTA      36
#define RB_DOMAIN_INFO_FRAMES_TYPED  40
#define RB_DOMAIN_INFO_FRAMES_LINKED 48
#define RB_DOMAIN_INFO_HYPERCALLS    56
#define RB_DOMAIN_INFO_SPENT         64
#define RB_DOMAIN_INFO_NAME          96
#define RB_DOMAIN_INFO_RESERVED0     128
#define RB_DOMAIN_INFO_SIZE          256
#ifndef _RB_ASM
struct rb_domain_info {
	uint32_t id;	/* number of the domain */
	uint32_t state;	/* domain_state */
	uint32_t reason;	/* ENDED: shutdown_reason */
	uint32_t code;	/* ENDED: the code it gave, or the hypervisor for it */
	uint32_t vcpu_count;	/* vCPUs of the domain */
	uint32_t weight;	/* its weight */
	uint32_t cap;	/* its cap in percent of one CPU; zero: none */
	uint32_t chunk_count;	/* chunks that it has, those of the page-table reserve among them */
	uint32_t pt_present;	/* chunks of the page-table reserve */
	uint32_t pt_quota;	/* chunks that the reserve may have */
	uint64_t frames_typed;	/* frames of the reserve that are tables and not linked */
	uint64_t frames_linked;	/* frames of the reserve that are linked */
	uint64_t hypercalls;	/* hypercalls it has made */
	uint64_t spent[4];	/* nanoseconds in each run_state, of all its vCPUs together */
	uint8_t name[32];	/* its name, up to a zero byte */
	uint64_t reserved0[16];	/* zero */
};
_RB_ASSERT(sizeof(struct rb_domain_info) == RB_DOMAIN_INFO_SIZE);
_RB_ASSERT(__builtin_offsetof(struct rb_domain_info, id) == RB_DOMAIN_INFO_ID);
_RB_ASSERT(__builtin_offsetof(struct rb_domain_info, state) == RB_DOMAIN_INFO_STATE);
_RB_ASSERT(__builtin_offsetof(struct rb_domain_info, reason) == RB_DOMAIN_INFO_REASON);
_RB_ASSERT(__builtin_offsetof(struct rb_domain_info, code) == RB_DOMAIN_INFO_CODE);
_RB_ASSERT(__builtin_offsetof(struct rb_domain_info, vcpu_count) == RB_DOMAIN_INFO_VCPU_COUNT);
_RB_ASSERT(__builtin_offsetof(struct rb_domain_info, weight) == RB_DOMAIN_INFO_WEIGHT);
_RB_ASSERT(__builtin_offsetof(struct rb_domain_info, cap) == RB_DOMAIN_INFO_CAP);
_RB_ASSERT(__builtin_offsetof(struct rb_domain_info, chunk_count) == RB_DOMAIN_INFO_CHUNK_COUNT);
_RB_ASSERT(__builtin_offsetof(struct rb_domain_info, pt_present) == RB_DOMAIN_INFO_PT_PRESENT);
_RB_ASSERT(__builtin_offsetof(struct rb_domain_info, pt_quota) == RB_DOMAIN_INFO_PT_QUOTA);
_RB_ASSERT(__builtin_offsetof(struct rb_domain_info, frames_typed) == RB_DOMAIN_INFO_FRAMES_TYPED);
_RB_ASSERT(__builtin_offsetof(struct rb_domain_info, frames_linked) == RB_DOMAIN_INFO_FRAMES_LINKED);
_RB_ASSERT(__builtin_offsetof(struct rb_domain_info, hypercalls) == RB_DOMAIN_INFO_HYPERCALLS);
_RB_ASSERT(__builtin_offsetof(struct rb_domain_info, spent) == RB_DOMAIN_INFO_SPENT);
_RB_ASSERT(__builtin_offsetof(struct rb_domain_info, name) == RB_DOMAIN_INFO_NAME);
_RB_ASSERT(__builtin_offsetof(struct rb_domain_info, reserved0) == RB_DOMAIN_INFO_RESERVED0);
#endif

/* What machine_info tells of the machine. */
#define RB_MACHINE_INFO_CHUNK_COUNT 0
#define RB_MACHINE_INFO_FREE_CHUNKS 4
#define RB_MACHINE_INFO_CPU_COUNT   8
#define RB_MACHINE_INFO_TSC_KHZ     12
#define RB_MACHINE_INFO_SYSTEM_TIME 16
#define RB_MACHINE_INFO_RESERVED0   24
#define RB_MACHINE_INFO_SIZE        64
#ifndef _RB_ASM
struct rb_machine_info {
	uint32_t chunk_count;	/* chunks up to the end of memory, holes among them */
	uint32_t free_chunks;	/* chunks that are free */
	uint32_t cpu_count;	/* CPUs that run vCPUs */
	uint32_t tsc_khz;	/* frequency of the time-stamp counter */
	uint64_t system_time;	/* nanoseconds since the hypervisor started */
	uint64_t reserved0[5];	/* zero */
};
_RB_ASSERT(sizeof(struct rb_machine_info) == RB_MACHINE_INFO_SIZE);
_RB_ASSERT(__builtin_offsetof(struct rb_machine_info, chunk_count) == RB_MACHINE_INFO_CHUNK_COUNT);
_RB_ASSERT(__builtin_offsetof(struct rb_machine_info, free_chunks) == RB_MACHINE_INFO_FREE_CHUNKS);
_RB_ASSERT(__builtin_offsetof(struct rb_machine_info, cpu_count) == RB_MACHINE_INFO_CPU_COUNT);
_RB_ASSERT(__builtin_offsetof(struct rb_machine_info, tsc_khz) == RB_MACHINE_INFO_TSC_KHZ);
_RB_ASSERT(__builtin_offsetof(struct rb_machine_info, system_time) == RB_MACHINE_INFO_SYSTEM_TIME);
_RB_ASSERT(__builtin_offsetof(struct rb_machine_info, reserved0) == RB_MACHINE_INFO_RESERVED0);
#endif

/* ---------------- operation words */
#ifndef _RB_ASM
/* The word of an operation. Every part must fit its bits; count is the true count, from 1 on. */
static inline uint64_t rb_op_word(uint64_t op, uint64_t frame, uint64_t index, uint64_t count)
{
	return op | (count - 1) << RB_PT_OP_WORD_COUNT_SHIFT | index << RB_PT_OP_WORD_INDEX_SHIFT | frame << RB_PT_OP_WORD_FRAME_SHIFT;
}
static inline uint64_t rb_op_code(uint64_t word)
{
	return (word >> RB_PT_OP_WORD_CODE_SHIFT & ((_RB_U64(0x1) << RB_PT_OP_WORD_CODE_BITS) - 1));
}
static inline uint64_t rb_op_count(uint64_t word)
{
	return (word >> RB_PT_OP_WORD_COUNT_SHIFT & ((_RB_U64(0x1) << RB_PT_OP_WORD_COUNT_BITS) - 1)) + 1;
}
static inline uint64_t rb_op_index(uint64_t word)
{
	return (word >> RB_PT_OP_WORD_INDEX_SHIFT & ((_RB_U64(0x1) << RB_PT_OP_WORD_INDEX_BITS) - 1));
}
static inline uint64_t rb_op_frame(uint64_t word)
{
	return (word >> RB_PT_OP_WORD_FRAME_SHIFT & ((_RB_U64(0x1) << RB_PT_OP_WORD_FRAME_BITS) - 1));
}
#endif

#endif /* RINGBOLT_H */
