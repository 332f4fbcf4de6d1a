/* SPDX-License-Identifier: MIT */
/* generated from abi/source - do not edit */
/*
 * The hypervisor's side of the calls: arguments and prototypes of the handlers.
 * A handler sees only arguments that keep the limits written beside them; all else is its own to check. *result is zero
 * when it is called. hypercall_dispatch() is the only caller.
 */
#ifndef RINGBOLT_DISPATCH_H
#define RINGBOLT_DISPATCH_H

#include "ringbolt.h"

struct vcpu;

/*
 * Make call nr for a vCPU. The status is the call's; *result is its result, or zero.
 * NOSYS if there is no such call; INVAL if an argument breaks its limits or an unused register is not zero.
 */
enum rb_status hypercall_dispatch(struct vcpu *v, uint64_t nr, const uint64_t arg[6], uint64_t *result);

/* The version that brought a call, major in bits 31:16 and minor in bits 15:0, or zero: there is no such call. */
uint32_t hypercall_since(uint64_t nr);

/*
 * Ask for the version of the interface that the hypervisor has.
 * result: major in bits 31:16, minor in bits 15:0
 */
enum rb_status hc_info_version(struct vcpu *v, uint64_t *result);

/*
 * Read a word of feature bits.
 * result: the feature bits
 * RB_NOSYS: there is no feature word with this number
 */
struct hc_info_features_args {
	uint64_t index;	/* number of the word; version 1.0 has word 0 */
};
enum rb_status hc_info_features(struct vcpu *v, const struct hc_info_features_args *a, uint64_t *result);

/*
 * Ask whether a call exists, and since which version.
 * result: the version that brought the call: major in bits 31:16, minor in bits 15:0
 * RB_NOSYS: there is no call with this number
 */
struct hc_info_call_args {
	uint64_t number;	/* the call's number */
};
enum rb_status hc_info_call(struct vcpu *v, const struct hc_info_call_args *a, uint64_t *result);

/*
 * Read one of the hypervisor's counters of the calling domain.
 * result: the counter
 * RB_NOSYS: there is no counter with this number
 */
struct hc_info_counter_args {
	uint64_t counter;	/* number of the counter */
};
enum rb_status hc_info_counter(struct vcpu *v, const struct hc_info_counter_args *a, uint64_t *result);

/*
 * Write bytes of guest memory to the domain's console, as many as the line takes without long waiting. Go on with the
 * rest.
 * result: bytes written
 * RB_NOENT: no chunk of the domain is present at the address
 * RB_INVAL: the bytes do not lie in one chunk
 * RB_TYPE: the chunk is not DATA
 */
struct hc_console_write_args {
	uint64_t address;	/* guest-physical address of the first byte; checked: below 2^52 */
	uint64_t bytes;	/* how many; checked: at most 4096 */
};
enum rb_status hc_console_write(struct vcpu *v, const struct hc_console_write_args *a, uint64_t *result);

/*
 * Take bytes that were typed on the domain's console. VECTOR_CONSOLE tells that some arrived.
 * result: bytes read, zero if none wait
 * RB_NOENT: no chunk of the domain is present at the address
 * RB_INVAL: the buffer does not lie in one chunk
 * RB_TYPE: the chunk is not DATA
 */
struct hc_console_read_args {
	uint64_t address;	/* guest-physical address of the buffer; checked: below 2^52 */
	uint64_t bytes;	/* its length; checked: at most 4096 */
};
enum rb_status hc_console_read(struct vcpu *v, const struct hc_console_read_args *a, uint64_t *result);

/*
 * Apply up to three page-table operations from registers.
 * result: on OK the old entry of the last XCHG, else zero; on error the number of operations that took effect
 * RB_NOSYS: an operation's code has no meaning
 * RB_INVAL: an operation is refused with INVAL
 * RB_NOENT: an operation is refused with NOENT
 * RB_OWNER: an operation is refused with OWNER
 * RB_TYPE: an operation is refused with TYPE
 * RB_BUSY: an operation is refused with BUSY
 */
struct hc_pt_update_args {
	uint64_t word0;	/* first operation */
	uint64_t value0;	/* its value */
	uint64_t word1;	/* second operation, or zero */
	uint64_t value1;	/* its value */
	uint64_t word2;	/* third operation, or zero */
	uint64_t value2;	/* its value */
};
enum rb_status hc_pt_update(struct vcpu *v, const struct hc_pt_update_args *a, uint64_t *result);

/*
 * Apply page-table operations from the vCPU's queue page.
 * result: the number of operations that took effect
 * RB_AGAIN: the operations are too many for one call
 * RB_NOSYS: an operation's code has no meaning
 * RB_INVAL: first + count is over 256; the vCPU has no queue page yet (vcpu_set_queue); an operation is refused with
 * INVAL
 * RB_NOENT: an operation is refused with NOENT
 * RB_OWNER: an operation is refused with OWNER
 * RB_TYPE: an operation is refused with TYPE
 * RB_BUSY: an operation is refused with BUSY
 */
struct hc_pt_batch_args {
	uint64_t first;	/* index of the first operation in the queue page; checked: at most 255 */
	uint64_t count;	/* how many; first + count is at most 256; checked: at most 256 */
};
enum rb_status hc_pt_batch(struct vcpu *v, const struct hc_pt_batch_args *a, uint64_t *result);

/*
 * Make a user root the lower half of the calling vCPU's address space, in place of the one before.
 * RB_NOENT: the frame is not in the page-table reserve
 * RB_TYPE: the frame is not a table of level 4; the frame is the kernel root
 */
struct hc_root_load_args {
	uint64_t root;	/* frame of a table of level 4; checked: below 2^40 */
};
enum rb_status hc_root_load(struct vcpu *v, const struct hc_root_load_args *a);

/*
 * Add a fresh chunk to the page-table reserve.
 * result: the guest-physical chunk number
 * RB_NOSPACE: the reserve has all chunks of its range; the machine has no free chunk
 */
enum rb_status hc_pt_reserve_grow(struct vcpu *v, uint64_t *result);

/*
 * Forget translations on a set of vCPUs of the calling domain.
 * RB_INVAL: the address is not canonical; the scope is ALL and the address is not zero; the scope is ALL and pages is
 * not zero
 */
struct hc_tlb_flush_args {
	uint64_t vcpu_mask;	/* one bit per vCPU */
	enum rb_tlb_scope scope;	/* what to forget; checked: a value of `tlb_scope` */
	uint64_t address;	/* first address for RANGE, else zero; checked: a multiple of 4096 */
	uint64_t pages;	/* pages of 4 KiB for RANGE, else zero */
};
enum rb_status hc_tlb_flush(struct vcpu *v, const struct hc_tlb_flush_args *a);

/* Raise a virtual vector on a set of vCPUs of the calling domain. */
struct hc_event_send_args {
	uint64_t vcpu_mask;	/* one bit per vCPU */
	uint64_t vector;	/* the virtual vector; checked: at least 32, at most 255 */
};
enum rb_status hc_event_send(struct vcpu *v, const struct hc_event_send_args *a);

/*
 * Allocate an event port that waits for a domain to bind to it. The domain may be the caller's own.
 * result: the port
 * RB_NOENT: there is no such domain
 * RB_NOSPACE: all 1024 ports are in use
 */
struct hc_port_alloc_args {
	uint64_t domain;	/* the domain that may bind; checked: at most 0xffff */
};
enum rb_status hc_port_alloc(struct vcpu *v, const struct hc_port_alloc_args *a, uint64_t *result);

/*
 * Allocate an event port and connect it to another domain's port that waits for this domain.
 * result: the caller's port
 * RB_NOENT: there is no such domain; its port is not in use; its port does not wait for this domain
 * RB_NOSPACE: all 1024 ports of the caller are in use
 */
struct hc_port_bind_args {
	uint64_t domain;	/* the domain that allocated the port; checked: at most 0xffff */
	uint64_t port;	/* its port; checked: at most 1023 */
};
enum rb_status hc_port_bind(struct vcpu *v, const struct hc_port_bind_args *a, uint64_t *result);

/*
 * Choose the vCPU and virtual vector that an arrival at a port raises.
 * RB_NOENT: the port is not in use; there is no such vCPU
 */
struct hc_port_set_target_args {
	uint64_t port;	/* a port of the caller; checked: at most 1023 */
	uint64_t vcpu;	/* the vCPU; checked: at most 63 */
	uint64_t vector;	/* the virtual vector; checked: at least 32, at most 255 */
};
enum rb_status hc_port_set_target(struct vcpu *v, const struct hc_port_set_target_args *a);

/*
 * Signal the peer of a port.
 * RB_NOENT: the port is not in use; the port is not connected
 */
struct hc_port_send_args {
	uint64_t port;	/* a port of the caller; checked: at most 1023 */
};
enum rb_status hc_port_send(struct vcpu *v, const struct hc_port_send_args *a);

/*
 * Hold arrivals at a port back, or let them through again.
 * RB_NOENT: the port is not in use
 */
struct hc_port_mask_args {
	uint64_t port;	/* a port of the caller; checked: at most 1023 */
	uint64_t masked;	/* 1 to mask, 0 to lift; checked: at most 1 */
};
enum rb_status hc_port_mask(struct vcpu *v, const struct hc_port_mask_args *a);

/*
 * Give a port back. Its peer stays allocated and becomes unconnected.
 * RB_NOENT: the port is not in use
 */
struct hc_port_close_args {
	uint64_t port;	/* a port of the caller; checked: at most 1023 */
};
enum rb_status hc_port_close(struct vcpu *v, const struct hc_port_close_args *a);

/* Arm the calling vCPU's one-shot timer, which raises VECTOR_TIMER. */
struct hc_timer_set_args {
	uint64_t deadline_ns;	/* system time in nanoseconds, or zero: disarm */
};
enum rb_status hc_timer_set(struct vcpu *v, const struct hc_timer_set_args *a);

/* Enable events and wait until a virtual vector is pending. */
enum rb_status hc_sched_block(struct vcpu *v);

/* Let other vCPUs that wait for the CPU run first. */
enum rb_status hc_sched_yield(struct vcpu *v);

/*
 * Choose where events of the calling vCPU are delivered.
 * RB_INVAL: range_end is below range_start
 */
struct hc_vcpu_set_entry_args {
	/* entry point for events from user mode; checked: a kernel address (at or above `GATE_END`) */
	uint64_t user_entry;
	/* entry point for events from kernel mode; checked: a kernel address (at or above `GATE_END`) */
	uint64_t kernel_entry;
	/* start of the restartable range, or zero; checked: zero, or a kernel address (at or above `GATE_END`) */
	uint64_t range_start;
	/* first address after it, or zero; checked: zero, or a kernel address (at or above `GATE_END`) */
	uint64_t range_end;
	/*
	 * stack pointer for one double-fault event when a frame cannot be written to the kernel stack, or zero;
	 * checked: zero, or a kernel address (at or above `GATE_END`)
	 */
	uint64_t emergency_sp;
};
enum rb_status hc_vcpu_set_entry(struct vcpu *v, const struct hc_vcpu_set_entry_args *a);

/* Choose the GS base of the calling vCPU's kernel, which every event loads. */
struct hc_vcpu_set_gs_args {
	uint64_t base;	/* the address; checked: a canonical address */
};
enum rb_status hc_vcpu_set_gs(struct vcpu *v, const struct hc_vcpu_set_gs_args *a);

/*
 * Move the vCPU page of the calling vCPU. What the guest wants to keep (events_enabled, kernel_sp) it copies
 * beforehand, with events disabled.
 * RB_NOENT: no chunk of the domain is present at the address
 * RB_TYPE: the chunk is not DATA
 */
struct hc_vcpu_set_page_args {
	/* guest-physical address of a page of a DATA chunk; checked: below 2^52, a multiple of 4096 */
	uint64_t address;
};
enum rb_status hc_vcpu_set_page(struct vcpu *v, const struct hc_vcpu_set_page_args *a);

/*
 * Choose the queue page of the calling vCPU, from which pt_batch takes operations.
 * RB_NOENT: no chunk of the domain is present at the address
 * RB_TYPE: the chunk is not DATA
 */
struct hc_vcpu_set_queue_args {
	/* guest-physical address of a page of a DATA chunk; checked: below 2^52, a multiple of 4096 */
	uint64_t address;
};
enum rb_status hc_vcpu_set_queue(struct vcpu *v, const struct hc_vcpu_set_queue_args *a);

/*
 * Set a segment descriptor of the calling vCPU: for thread-local storage of 32-bit programs, and for the CPU's number.
 * RB_INVAL: the descriptor is not zero and not present; its privilege level is not 3; it is a system descriptor; it is
 * a code segment; its D/B bit is clear; its L bit is set
 */
struct hc_vcpu_set_descriptor_args {
	uint64_t slot;	/* the slot; checked: at most 3 */
	uint64_t descriptor;	/* the descriptor: zero, or a 32-bit data segment */
};
enum rb_status hc_vcpu_set_descriptor(struct vcpu *v, const struct hc_vcpu_set_descriptor_args *a);

/*
 * Set a debug register of the calling vCPU.
 * RB_INVAL: the index is 4, 5 or 6; an address is not canonical; an address is in the hypervisor's range, GATE_START to
 * GATE_END; register 7 has a reserved bit; register 7 has general detect, bit 13; register 7 has an I/O breakpoint,
 * enabled or not
 */
struct hc_vcpu_set_debug_args {
	uint64_t index;	/* 0 to 3: a breakpoint's address; 7: the control register; checked: at most 7 */
	uint64_t value;	/* its value */
};
enum rb_status hc_vcpu_set_debug(struct vcpu *v, const struct hc_vcpu_set_debug_args *a);

/*
 * Choose the extended state components (XCR0) of the calling vCPU.
 * RB_INVAL: x87, bit 0, is missing; a component is not in start_info.xcr0_mask; AVX is set without SSE; some of the
 * three AVX-512 components are set, not all; AVX-512 is set without AVX
 */
struct hc_vcpu_set_xcr0_args {
	uint64_t value;	/* a subset of start_info.xcr0_mask that the processor accepts */
};
enum rb_status hc_vcpu_set_xcr0(struct vcpu *v, const struct hc_vcpu_set_xcr0_args *a);

/* Choose what RDTSCP and RDPID return on the calling vCPU. */
struct hc_vcpu_set_tsc_aux_args {
	uint64_t value;	/* the value; checked: at most 0xffffffff */
};
enum rb_status hc_vcpu_set_tsc_aux(struct vcpu *v, const struct hc_vcpu_set_tsc_aux_args *a);

/* End the calling domain. */
struct hc_shutdown_args {
	enum rb_shutdown_reason reason;	/* why; checked: a value of `shutdown_reason` */
	uint64_t code;	/* a number for whoever looks: the exit status of a test; checked: at most 255 */
};
enum rb_status hc_shutdown(struct vcpu *v, const struct hc_shutdown_args *a);

/*
 * Debug builds: walk all frames, roots and chunks and check the hypervisor's invariants. The console says what is
 * violated.
 * result: violations found
 * RB_NOSYS: the hypervisor is a release build
 */
enum rb_status hc_debug_check(struct vcpu *v, uint64_t *result);

/*
 * Start a vCPU of the calling domain that was never started, or has stopped: it begins in kernel mode, like vCPU 0 at
 * the domain's start, without entry points for events.
 * RB_NOENT: the domain has no such vCPU; no chunk of the domain is present at the address of the page; the root's frame
 * is not in the page-table reserve
 * RB_TYPE: the chunk of the page is not DATA; the root's frame is not a table of level 4, or is the kernel root
 * RB_BUSY: the vCPU was started, and has not stopped since
 */
struct hc_vcpu_start_args {
	uint64_t vcpu;	/* which one, below start_info.vcpu_count; checked: at most 63 */
	uint64_t ip;	/* address of its first instruction; checked: a kernel address (at or above `GATE_END`) */
	uint64_t sp;	/* its stack pointer; checked: a canonical address */
	uint64_t argument;	/* what it finds in RDI */
	uint64_t root;	/* its user root: frame of a table of level 4; checked: below 2^40 */
	/* its vCPU page: guest-physical address of a page of a DATA chunk; checked: below 2^52, a multiple of 4096 */
	uint64_t page;
};
enum rb_status hc_vcpu_start(struct vcpu *v, const struct hc_vcpu_start_args *a);

/*
 * The calling vCPU stops: it does not run again until another one starts it anew.
 * RB_BUSY: no other vCPU of the domain is started: the domain would never run again
 */
enum rb_status hc_vcpu_stop(struct vcpu *v);

/* Wait until a virtual vector is pending, with events as they are. */
enum rb_status hc_sched_wait(struct vcpu *v);

/*
 * Make a domain, without memory and paused. domain_populate gives it memory, domain_write an image, domain_build what
 * it begins with, domain_unpause lets it run.
 * result: the domain's number
 * RB_PERM: the caller is not the control domain
 * RB_INVAL: the reserve does not end at or below `chunks`; `chunks` is more than a window shows (523264)
 * RB_NOSPACE: 64 domains exist; no memory is left for the domain's tables
 */
struct hc_domain_create_args {
	/*
	 * guest-physical chunks it has room for, those of its page-table reserve among them; checked: at least 1, at
	 * most 0x100000
	 */
	uint64_t chunks;
	uint64_t pt_first;	/* first guest-physical chunk of the reserve; checked: at most 0xfffff */
	uint64_t pt_quota;	/* chunks that the reserve may have; checked: at least 1, at most 16384 */
	uint64_t vcpus;	/* its vCPUs; checked: at least 1, at most 64 */
};
enum rb_status hc_domain_create(struct vcpu *v, const struct hc_domain_create_args *a, uint64_t *result);

/*
 * Give a domain that was not built memory: zeroed chunks behind guest-physical chunks in a row. In the page-table
 * reserve they are PAGETABLE, elsewhere DATA.
 * result: chunks given: the first ones of the row
 * RB_PERM: the caller is not the control domain
 * RB_NOENT: there is no such domain
 * RB_INVAL: the first chunk is not below the domain's number of chunks; the first chunk is in the reserve, and not the
 * next one there
 * RB_BUSY: the domain was built; the domain has ended; the first chunk is there already
 * RB_NOSPACE: the machine has no chunk left to give
 */
struct hc_domain_populate_args {
	uint64_t domain;	/* number of the domain */
	uint64_t first;	/* first guest-physical chunk */
	uint64_t count;	/* how many; checked: at least 1, at most 8192 */
};
enum rb_status hc_domain_populate(struct vcpu *v, const struct hc_domain_populate_args *a, uint64_t *result);

/*
 * Copy bytes of the caller's memory into a domain's memory.
 * RB_PERM: the caller is not the control domain
 * RB_NOENT: there is no such domain; no chunk of the domain is present at `to`; no chunk of the caller is present at
 * `from`
 * RB_INVAL: the bytes at `to` do not lie in one chunk; the bytes at `from` do not lie in one chunk
 * RB_TYPE: the chunk at `to` is not DATA; the chunk at `from` is not DATA
 */
struct hc_domain_write_args {
	uint64_t domain;	/* number of the domain */
	uint64_t to;	/* guest-physical address in the domain; checked: below 2^52 */
	uint64_t from;	/* guest-physical address in the caller; checked: below 2^52 */
	uint64_t bytes;	/* how many; checked: at most 4096 */
};
enum rb_status hc_domain_write(struct vcpu *v, const struct hc_domain_write_args *a);

/*
 * Copy bytes of a domain's memory into the caller's memory. Also of a domain that has ended.
 * RB_PERM: the caller is not the control domain
 * RB_NOENT: there is no such domain; no chunk of the domain is present at `from`; no chunk of the caller is present at
 * `to`
 * RB_INVAL: the bytes at `from` do not lie in one chunk; the bytes at `to` do not lie in one chunk
 * RB_TYPE: the chunk at `from` is not DATA; the chunk at `to` is not DATA
 */
struct hc_domain_read_args {
	uint64_t domain;	/* number of the domain */
	uint64_t from;	/* guest-physical address in the domain; checked: below 2^52 */
	uint64_t to;	/* guest-physical address in the caller; checked: below 2^52 */
	uint64_t bytes;	/* how many; checked: at most 4096 */
};
enum rb_status hc_domain_read(struct vcpu *v, const struct hc_domain_read_args *a);

/*
 * Make what a domain begins with, as the boot protocol says: its first page tables, start_info, its vCPU 0. The image,
 * the module and the command line were written before.
 * RB_PERM: the caller is not the control domain
 * RB_NOENT: there is no such domain; no chunk of the caller is present at `image`
 * RB_TYPE: the chunk at `image` is not DATA
 * RB_INVAL: image_end is not above image_start; the image ends beyond the domain's chunks; the image has bytes in the
 * page-table reserve; image_offset is no multiple of 2 MiB; image_offset does not map the image between GATE_END and
 * the end of the address space; entry is not in the image; direct_base is no multiple of 512 GiB; the domain's chunks
 * do not fit at direct_base between GATE_END and the end of the address space; the module ends beyond the domain's
 * chunks; boot_start is no multiple of 4096; a boot page is not in a DATA chunk that is present; a reserved field is
 * not zero
 * RB_NOSPACE: the reserve has too few chunks for the first page tables
 * RB_BUSY: the domain was built; the domain has ended
 */
struct hc_domain_build_args {
	uint64_t domain;	/* number of the domain */
	/* guest-physical address, in the caller, of a domain_image; checked: below 2^52, a multiple of 128 */
	uint64_t image;
};
enum rb_status hc_domain_build(struct vcpu *v, const struct hc_domain_build_args *a);

/*
 * A domain that is paused runs; one that never ran begins.
 * RB_PERM: the caller is not the control domain
 * RB_NOENT: there is no such domain; the domain has ended
 * RB_INVAL: the domain was not built
 */
struct hc_domain_unpause_args {
	uint64_t domain;	/* number of the domain */
};
enum rb_status hc_domain_unpause(struct vcpu *v, const struct hc_domain_unpause_args *a);

/*
 * No vCPU of a domain runs, until domain_unpause.
 * RB_PERM: the caller is not the control domain
 * RB_NOENT: there is no such domain; the domain has ended
 * RB_INVAL: it is the calling domain
 * RB_AGAIN: a vCPU of the domain is still on a CPU: call again
 */
struct hc_domain_pause_args {
	uint64_t domain;	/* number of the domain */
};
enum rb_status hc_domain_pause(struct vcpu *v, const struct hc_domain_pause_args *a);

/*
 * End a domain, if it has not ended, and take back all that it has.
 * RB_PERM: the caller is not the control domain
 * RB_NOENT: there is no such domain
 * RB_INVAL: it is the calling domain
 * RB_AGAIN: a vCPU of the domain is still on a CPU: call again; chunks are left: call again
 */
struct hc_domain_destroy_args {
	uint64_t domain;	/* number of the domain */
};
enum rb_status hc_domain_destroy(struct vcpu *v, const struct hc_domain_destroy_args *a);

/*
 * Set a domain's weight and cap: what it gets of the CPUs.
 * RB_PERM: the caller is not the control domain
 * RB_NOENT: there is no such domain; the domain has ended
 */
struct hc_domain_set_share_args {
	uint64_t domain;	/* number of the domain */
	/*
	 * its weight: domains that want to run get CPU time in proportion to their weights; checked: at least 1, at
	 * most 10000
	 */
	uint64_t weight;
	/* the most that its vCPUs get together, in percent of one CPU; zero: no limit; checked: at most 6400 */
	uint64_t cap;
};
enum rb_status hc_domain_set_share(struct vcpu *v, const struct hc_domain_set_share_args *a);

/*
 * Look at a domain: at the one of this number, or else the next one.
 * result: the number of the domain that was looked at
 * RB_PERM: the caller is not the control domain
 * RB_NOENT: no domain has this number or a higher one; no chunk of the caller is present at `info`
 * RB_TYPE: the chunk at `info` is not DATA
 */
struct hc_domain_info_args {
	uint64_t domain;	/* the lowest number that is of interest */
	/*
	 * guest-physical address, in the caller, where a domain_info is written; checked: below 2^52, a multiple of 256
	 */
	uint64_t info;
};
enum rb_status hc_domain_info(struct vcpu *v, const struct hc_domain_info_args *a, uint64_t *result);

/*
 * Look at the machine: its CPUs and its memory.
 * RB_PERM: the caller is not the control domain
 * RB_NOENT: no chunk of the caller is present at `info`
 * RB_TYPE: the chunk at `info` is not DATA
 */
struct hc_machine_info_args {
	/*
	 * guest-physical address, in the caller, where a machine_info is written; checked: below 2^52, a multiple of 64
	 */
	uint64_t info;
};
enum rb_status hc_machine_info(struct vcpu *v, const struct hc_machine_info_args *a);

#endif /* RINGBOLT_DISPATCH_H */
