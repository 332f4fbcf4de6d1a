/* SPDX-License-Identifier: MIT */
/* generated from abi/source - do not edit */
/*
 * How a guest kernel calls Ringbolt: one function per call.
 * Each returns the call's status (RB_OK or a negative enum rb_status) and stores its result, if it has one, whatever
 * the status. Registers that carry no argument are zero, as the hypervisor demands. Callers must run in the guest
 * kernel: from user space the same instruction is a system call.
 */
#ifndef RINGBOLT_CALLS_H
#define RINGBOLT_CALLS_H

#include "ringbolt.h"

/* A program may choose how these functions are inlined, and what stands for the instruction (annotations, a test's fake). */
#ifndef RB_INLINE
#ifdef __always_inline
#define RB_INLINE __always_inline
#else
#define RB_INLINE inline __attribute__((always_inline))
#endif
#endif
#ifndef RB_HYPERCALL_INSTRUCTION
#define RB_HYPERCALL_INSTRUCTION "syscall"
#endif

/*
 * Call number nr with all argument registers: rax, rdi, rsi, rdx, r10, r8, r9.
 * Status in rax, result in rdx; rdi, rsi, r8, r9, r10 come back zero; rcx, r11 are lost; the others are kept.
 */
static RB_INLINE long rb_hypercall6(uint64_t nr, uint64_t arg0, uint64_t arg1, uint64_t arg2, uint64_t arg3, uint64_t arg4, uint64_t arg5, uint64_t *result)
{
	register uint64_t rax __asm__("rax") = nr;
	register uint64_t rdi __asm__("rdi") = arg0;
	register uint64_t rsi __asm__("rsi") = arg1;
	register uint64_t rdx __asm__("rdx") = arg2;
	register uint64_t r10 __asm__("r10") = arg3;
	register uint64_t r8 __asm__("r8") = arg4;
	register uint64_t r9 __asm__("r9") = arg5;

	__asm__ volatile(RB_HYPERCALL_INSTRUCTION
		: "+r"(rax), "+r"(rdi), "+r"(rsi), "+r"(rdx), "+r"(r10), "+r"(r8), "+r"(r9)
		:
		: "rcx", "r11", "memory");
	*result = rdx;
	return (long)rax;
}

static RB_INLINE long rb_hypercall5(uint64_t nr, uint64_t arg0, uint64_t arg1, uint64_t arg2, uint64_t arg3, uint64_t arg4, uint64_t *result)
{
	return rb_hypercall6(nr, arg0, arg1, arg2, arg3, arg4, 0, result);
}

static RB_INLINE long rb_hypercall4(uint64_t nr, uint64_t arg0, uint64_t arg1, uint64_t arg2, uint64_t arg3, uint64_t *result)
{
	return rb_hypercall6(nr, arg0, arg1, arg2, arg3, 0, 0, result);
}

static RB_INLINE long rb_hypercall3(uint64_t nr, uint64_t arg0, uint64_t arg1, uint64_t arg2, uint64_t *result)
{
	return rb_hypercall6(nr, arg0, arg1, arg2, 0, 0, 0, result);
}

static RB_INLINE long rb_hypercall2(uint64_t nr, uint64_t arg0, uint64_t arg1, uint64_t *result)
{
	return rb_hypercall6(nr, arg0, arg1, 0, 0, 0, 0, result);
}

static RB_INLINE long rb_hypercall1(uint64_t nr, uint64_t arg0, uint64_t *result)
{
	return rb_hypercall6(nr, arg0, 0, 0, 0, 0, 0, result);
}

static RB_INLINE long rb_hypercall0(uint64_t nr, uint64_t *result)
{
	return rb_hypercall6(nr, 0, 0, 0, 0, 0, 0, result);
}

/*
 * 0 info_version, since 1.0. Ask for the version of the interface that the hypervisor has.
 * result: major in bits 31:16, minor in bits 15:0
 * RB_INVAL: a register that carries no argument is not zero
 */
static RB_INLINE long rb_info_version(uint64_t *result)
{
	return rb_hypercall0(RB_HC_INFO_VERSION, result);
}

/*
 * 1 info_features, since 1.0. Read a word of feature bits.
 * index: number of the word; version 1.0 has word 0
 * result: the feature bits
 * RB_NOSYS: there is no feature word with this number
 * RB_INVAL: a register that carries no argument is not zero
 */
static RB_INLINE long rb_info_features(uint64_t index, uint64_t *result)
{
	return rb_hypercall1(RB_HC_INFO_FEATURES, index, result);
}

/*
 * 2 info_call, since 1.0. Ask whether a call exists, and since which version.
 * number: the call's number
 * result: the version that brought the call: major in bits 31:16, minor in bits 15:0
 * RB_NOSYS: there is no call with this number
 * RB_INVAL: a register that carries no argument is not zero
 */
static RB_INLINE long rb_info_call(uint64_t number, uint64_t *result)
{
	return rb_hypercall1(RB_HC_INFO_CALL, number, result);
}

/*
 * 3 info_counter, since 1.0. Read one of the hypervisor's counters of the calling domain.
 * counter: number of the counter
 * result: the counter
 * RB_NOSYS: there is no counter with this number
 * RB_INVAL: a register that carries no argument is not zero
 */
static RB_INLINE long rb_info_counter(uint64_t counter, uint64_t *result)
{
	return rb_hypercall1(RB_HC_INFO_COUNTER, counter, result);
}

/*
 * 4 console_write, since 1.0. Write bytes of guest memory to the domain's console, as many as the line takes without
 * long waiting. Go on with the rest.
 * address: guest-physical address of the first byte (below 2^52)
 * bytes: how many (at most 4096)
 * result: bytes written
 * RB_INVAL: an argument breaks its limits, or a register that carries no argument is not zero; the bytes do not lie in
 * one chunk
 * RB_NOENT: no chunk of the domain is present at the address
 * RB_TYPE: the chunk is not DATA
 */
static RB_INLINE long rb_console_write(uint64_t address, uint64_t bytes, uint64_t *result)
{
	return rb_hypercall2(RB_HC_CONSOLE_WRITE, address, bytes, result);
}

/*
 * 5 console_read, since 1.0. Take bytes that were typed on the domain's console. VECTOR_CONSOLE tells that some
 * arrived.
 * address: guest-physical address of the buffer (below 2^52)
 * bytes: its length (at most 4096)
 * result: bytes read, zero if none wait
 * RB_INVAL: an argument breaks its limits, or a register that carries no argument is not zero; the buffer does not lie
 * in one chunk
 * RB_NOENT: no chunk of the domain is present at the address
 * RB_TYPE: the chunk is not DATA
 */
static RB_INLINE long rb_console_read(uint64_t address, uint64_t bytes, uint64_t *result)
{
	return rb_hypercall2(RB_HC_CONSOLE_READ, address, bytes, result);
}

/*
 * 6 pt_update, since 1.0. Apply up to three page-table operations from registers.
 * word0: first operation
 * value0: its value
 * word1: second operation, or zero
 * value1: its value
 * word2: third operation, or zero
 * value2: its value
 * result: on OK the old entry of the last XCHG, else zero; on error the number of operations that took effect
 * RB_NOSYS: an operation's code has no meaning
 * RB_INVAL: an operation is refused with INVAL
 * RB_NOENT: an operation is refused with NOENT
 * RB_OWNER: an operation is refused with OWNER
 * RB_TYPE: an operation is refused with TYPE
 * RB_BUSY: an operation is refused with BUSY
 */
static RB_INLINE long rb_pt_update(uint64_t word0, uint64_t value0, uint64_t word1, uint64_t value1, uint64_t word2, uint64_t value2, uint64_t *result)
{
	return rb_hypercall6(RB_HC_PT_UPDATE, word0, value0, word1, value1, word2, value2, result);
}

/*
 * 7 pt_batch, since 1.0. Apply page-table operations from the vCPU's queue page.
 * first: index of the first operation in the queue page (at most 255)
 * count: how many; first + count is at most 256 (at most 256)
 * result: the number of operations that took effect
 * RB_NOSYS: an operation's code has no meaning
 * RB_INVAL: an argument breaks its limits, or a register that carries no argument is not zero; first + count is over
 * 256; the vCPU has no queue page yet (vcpu_set_queue); an operation is refused with INVAL
 * RB_NOENT: an operation is refused with NOENT
 * RB_OWNER: an operation is refused with OWNER
 * RB_TYPE: an operation is refused with TYPE
 * RB_BUSY: an operation is refused with BUSY
 * RB_AGAIN: the operations are too many for one call
 */
static RB_INLINE long rb_pt_batch(uint64_t first, uint64_t count, uint64_t *result)
{
	return rb_hypercall2(RB_HC_PT_BATCH, first, count, result);
}

/*
 * 8 root_load, since 1.0. Make a user root the lower half of the calling vCPU's address space, in place of the one
 * before.
 * root: frame of a table of level 4 (below 2^40)
 * RB_INVAL: an argument breaks its limits, or a register that carries no argument is not zero
 * RB_NOENT: the frame is not in the page-table reserve
 * RB_TYPE: the frame is not a table of level 4; the frame is the kernel root
 */
static RB_INLINE long rb_root_load(uint64_t root)
{
	uint64_t none;

	return rb_hypercall1(RB_HC_ROOT_LOAD, root, &none);
}

/*
 * 9 pt_reserve_grow, since 1.0. Add a fresh chunk to the page-table reserve.
 * result: the guest-physical chunk number
 * RB_INVAL: a register that carries no argument is not zero
 * RB_NOSPACE: the reserve has all chunks of its range; the machine has no free chunk
 */
static RB_INLINE long rb_pt_reserve_grow(uint64_t *result)
{
	return rb_hypercall0(RB_HC_PT_RESERVE_GROW, result);
}

/*
 * 10 tlb_flush, since 1.0. Forget translations on a set of vCPUs of the calling domain.
 * vcpu_mask: one bit per vCPU
 * scope: what to forget (a value of `tlb_scope`)
 * address: first address for RANGE, else zero (a multiple of 4096)
 * pages: pages of 4 KiB for RANGE, else zero
 * RB_INVAL: an argument breaks its limits, or a register that carries no argument is not zero; the address is not
 * canonical; the scope is ALL and the address is not zero; the scope is ALL and pages is not zero
 */
static RB_INLINE long rb_tlb_flush(uint64_t vcpu_mask, enum rb_tlb_scope scope, uint64_t address, uint64_t pages)
{
	uint64_t none;

	return rb_hypercall4(RB_HC_TLB_FLUSH, vcpu_mask, scope, address, pages, &none);
}

/*
 * 11 event_send, since 1.0. Raise a virtual vector on a set of vCPUs of the calling domain.
 * vcpu_mask: one bit per vCPU
 * vector: the virtual vector (at least 32, at most 255)
 * RB_INVAL: an argument breaks its limits, or a register that carries no argument is not zero
 */
static RB_INLINE long rb_event_send(uint64_t vcpu_mask, uint64_t vector)
{
	uint64_t none;

	return rb_hypercall2(RB_HC_EVENT_SEND, vcpu_mask, vector, &none);
}

/*
 * 12 port_alloc, since 1.0. Allocate an event port that waits for a domain to bind to it. The domain may be the
 * caller's own.
 * domain: the domain that may bind (at most 0xffff)
 * result: the port
 * RB_INVAL: an argument breaks its limits, or a register that carries no argument is not zero
 * RB_NOENT: there is no such domain
 * RB_NOSPACE: all 1024 ports are in use
 */
static RB_INLINE long rb_port_alloc(uint64_t domain, uint64_t *result)
{
	return rb_hypercall1(RB_HC_PORT_ALLOC, domain, result);
}

/*
 * 13 port_bind, since 1.0. Allocate an event port and connect it to another domain's port that waits for this domain.
 * domain: the domain that allocated the port (at most 0xffff)
 * port: its port (at most 1023)
 * result: the caller's port
 * RB_INVAL: an argument breaks its limits, or a register that carries no argument is not zero
 * RB_NOENT: there is no such domain; its port is not in use; its port does not wait for this domain
 * RB_NOSPACE: all 1024 ports of the caller are in use
 */
static RB_INLINE long rb_port_bind(uint64_t domain, uint64_t port, uint64_t *result)
{
	return rb_hypercall2(RB_HC_PORT_BIND, domain, port, result);
}

/*
 * 14 port_set_target, since 1.0. Choose the vCPU and virtual vector that an arrival at a port raises.
 * port: a port of the caller (at most 1023)
 * vcpu: the vCPU (at most 63)
 * vector: the virtual vector (at least 32, at most 255)
 * RB_INVAL: an argument breaks its limits, or a register that carries no argument is not zero
 * RB_NOENT: the port is not in use; there is no such vCPU
 */
static RB_INLINE long rb_port_set_target(uint64_t port, uint64_t vcpu, uint64_t vector)
{
	uint64_t none;

	return rb_hypercall3(RB_HC_PORT_SET_TARGET, port, vcpu, vector, &none);
}

/*
 * 15 port_send, since 1.0. Signal the peer of a port.
 * port: a port of the caller (at most 1023)
 * RB_INVAL: an argument breaks its limits, or a register that carries no argument is not zero
 * RB_NOENT: the port is not in use; the port is not connected
 */
static RB_INLINE long rb_port_send(uint64_t port)
{
	uint64_t none;

	return rb_hypercall1(RB_HC_PORT_SEND, port, &none);
}

/*
 * 16 port_mask, since 1.0. Hold arrivals at a port back, or let them through again.
 * port: a port of the caller (at most 1023)
 * masked: 1 to mask, 0 to lift (at most 1)
 * RB_INVAL: an argument breaks its limits, or a register that carries no argument is not zero
 * RB_NOENT: the port is not in use
 */
static RB_INLINE long rb_port_mask(uint64_t port, uint64_t masked)
{
	uint64_t none;

	return rb_hypercall2(RB_HC_PORT_MASK, port, masked, &none);
}

/*
 * 17 port_close, since 1.0. Give a port back. Its peer stays allocated and becomes unconnected.
 * port: a port of the caller (at most 1023)
 * RB_INVAL: an argument breaks its limits, or a register that carries no argument is not zero
 * RB_NOENT: the port is not in use
 */
static RB_INLINE long rb_port_close(uint64_t port)
{
	uint64_t none;

	return rb_hypercall1(RB_HC_PORT_CLOSE, port, &none);
}

/*
 * 18 timer_set, since 1.0. Arm the calling vCPU's one-shot timer, which raises VECTOR_TIMER.
 * deadline_ns: system time in nanoseconds, or zero: disarm
 * RB_INVAL: a register that carries no argument is not zero
 */
static RB_INLINE long rb_timer_set(uint64_t deadline_ns)
{
	uint64_t none;

	return rb_hypercall1(RB_HC_TIMER_SET, deadline_ns, &none);
}

/*
 * 19 sched_block, since 1.0. Enable events and wait until a virtual vector is pending.
 * RB_INVAL: a register that carries no argument is not zero
 */
static RB_INLINE long rb_sched_block(void)
{
	uint64_t none;

	return rb_hypercall0(RB_HC_SCHED_BLOCK, &none);
}

/*
 * 20 sched_yield, since 1.0. Let other vCPUs that wait for the CPU run first.
 * RB_INVAL: a register that carries no argument is not zero
 */
static RB_INLINE long rb_sched_yield(void)
{
	uint64_t none;

	return rb_hypercall0(RB_HC_SCHED_YIELD, &none);
}

/*
 * 21 vcpu_set_entry, since 1.0. Choose where events of the calling vCPU are delivered.
 * user_entry: entry point for events from user mode (a kernel address (at or above `GATE_END`))
 * kernel_entry: entry point for events from kernel mode (a kernel address (at or above `GATE_END`))
 * range_start: start of the restartable range, or zero (zero, or a kernel address (at or above `GATE_END`))
 * range_end: first address after it, or zero (zero, or a kernel address (at or above `GATE_END`))
 * emergency_sp: stack pointer for one double-fault event when a frame cannot be written to the kernel stack, or zero
 * (zero, or a kernel address (at or above `GATE_END`))
 * RB_INVAL: an argument breaks its limits, or a register that carries no argument is not zero; range_end is below
 * range_start
 */
static RB_INLINE long rb_vcpu_set_entry(uint64_t user_entry, uint64_t kernel_entry, uint64_t range_start, uint64_t range_end, uint64_t emergency_sp)
{
	uint64_t none;

	return rb_hypercall5(RB_HC_VCPU_SET_ENTRY, user_entry, kernel_entry, range_start, range_end, emergency_sp, &none);
}

/*
 * 22 vcpu_set_gs, since 1.0. Choose the GS base of the calling vCPU's kernel, which every event loads.
 * base: the address (a canonical address)
 * RB_INVAL: an argument breaks its limits, or a register that carries no argument is not zero
 */
static RB_INLINE long rb_vcpu_set_gs(uint64_t base)
{
	uint64_t none;

	return rb_hypercall1(RB_HC_VCPU_SET_GS, base, &none);
}

/*
 * 23 vcpu_set_page, since 1.0. Move the vCPU page of the calling vCPU. What the guest wants to keep (events_enabled,
 * kernel_sp) it copies beforehand, with events disabled.
 * address: guest-physical address of a page of a DATA chunk (below 2^52, a multiple of 4096)
 * RB_INVAL: an argument breaks its limits, or a register that carries no argument is not zero
 * RB_NOENT: no chunk of the domain is present at the address
 * RB_TYPE: the chunk is not DATA
 */
static RB_INLINE long rb_vcpu_set_page(uint64_t address)
{
	uint64_t none;

	return rb_hypercall1(RB_HC_VCPU_SET_PAGE, address, &none);
}

/*
 * 24 vcpu_set_queue, since 1.0. Choose the queue page of the calling vCPU, from which pt_batch takes operations.
 * address: guest-physical address of a page of a DATA chunk (below 2^52, a multiple of 4096)
 * RB_INVAL: an argument breaks its limits, or a register that carries no argument is not zero
 * RB_NOENT: no chunk of the domain is present at the address
 * RB_TYPE: the chunk is not DATA
 */
static RB_INLINE long rb_vcpu_set_queue(uint64_t address)
{
	uint64_t none;

	return rb_hypercall1(RB_HC_VCPU_SET_QUEUE, address, &none);
}

/*
 * 25 vcpu_set_descriptor, since 1.0. Set a segment descriptor of the calling vCPU: for thread-local storage of 32-bit
 * programs, and for the CPU's number.
 * slot: the slot (at most 3)
 * descriptor: the descriptor: zero, or a 32-bit data segment
 * RB_INVAL: an argument breaks its limits, or a register that carries no argument is not zero; the descriptor is not
 * zero and not present; its privilege level is not 3; it is a system descriptor; it is a code segment; its D/B bit is
 * clear; its L bit is set
 */
static RB_INLINE long rb_vcpu_set_descriptor(uint64_t slot, uint64_t descriptor)
{
	uint64_t none;

	return rb_hypercall2(RB_HC_VCPU_SET_DESCRIPTOR, slot, descriptor, &none);
}

/*
 * 26 vcpu_set_debug, since 1.0. Set a debug register of the calling vCPU.
 * index: 0 to 3: a breakpoint's address; 7: the control register (at most 7)
 * value: its value
 * RB_INVAL: an argument breaks its limits, or a register that carries no argument is not zero; the index is 4, 5 or 6;
 * an address is not canonical; an address is in the hypervisor's range, GATE_START to GATE_END; register 7 has a
 * reserved bit; register 7 has general detect, bit 13; register 7 has an I/O breakpoint, enabled or not
 */
static RB_INLINE long rb_vcpu_set_debug(uint64_t index, uint64_t value)
{
	uint64_t none;

	return rb_hypercall2(RB_HC_VCPU_SET_DEBUG, index, value, &none);
}

/*
 * 27 vcpu_set_xcr0, since 1.0. Choose the extended state components (XCR0) of the calling vCPU.
 * value: a subset of start_info.xcr0_mask that the processor accepts
 * RB_INVAL: a register that carries no argument is not zero; x87, bit 0, is missing; a component is not in
 * start_info.xcr0_mask; AVX is set without SSE; some of the three AVX-512 components are set, not all; AVX-512 is set
 * without AVX
 */
static RB_INLINE long rb_vcpu_set_xcr0(uint64_t value)
{
	uint64_t none;

	return rb_hypercall1(RB_HC_VCPU_SET_XCR0, value, &none);
}

/*
 * 28 vcpu_set_tsc_aux, since 1.0. Choose what RDTSCP and RDPID return on the calling vCPU.
 * value: the value (at most 0xffffffff)
 * RB_INVAL: an argument breaks its limits, or a register that carries no argument is not zero
 */
static RB_INLINE long rb_vcpu_set_tsc_aux(uint64_t value)
{
	uint64_t none;

	return rb_hypercall1(RB_HC_VCPU_SET_TSC_AUX, value, &none);
}

/*
 * 29 shutdown, since 1.0. End the calling domain.
 * reason: why (a value of `shutdown_reason`)
 * code: a number for whoever looks: the exit status of a test (at most 255)
 * RB_INVAL: an argument breaks its limits, or a register that carries no argument is not zero
 */
static RB_INLINE long rb_shutdown(enum rb_shutdown_reason reason, uint64_t code)
{
	uint64_t none;

	return rb_hypercall2(RB_HC_SHUTDOWN, reason, code, &none);
}

/*
 * 30 debug_check, since 1.0. Debug builds: walk all frames, roots and chunks and check the hypervisor's invariants. The
 * console says what is violated.
 * result: violations found
 * RB_NOSYS: the hypervisor is a release build
 * RB_INVAL: a register that carries no argument is not zero
 */
static RB_INLINE long rb_debug_check(uint64_t *result)
{
	return rb_hypercall0(RB_HC_DEBUG_CHECK, result);
}

/*
 * 31 vcpu_start, since 1.0. Start a vCPU of the calling domain that was never started, or has stopped: it begins in
 * kernel mode, like vCPU 0 at the domain's start, without entry points for events.
 * vcpu: which one, below start_info.vcpu_count (at most 63)
 * ip: address of its first instruction (a kernel address (at or above `GATE_END`))
 * sp: its stack pointer (a canonical address)
 * argument: what it finds in RDI
 * root: its user root: frame of a table of level 4 (below 2^40)
 * page: its vCPU page: guest-physical address of a page of a DATA chunk (below 2^52, a multiple of 4096)
 * RB_INVAL: an argument breaks its limits, or a register that carries no argument is not zero
 * RB_NOENT: the domain has no such vCPU; no chunk of the domain is present at the address of the page; the root's frame
 * is not in the page-table reserve
 * RB_TYPE: the chunk of the page is not DATA; the root's frame is not a table of level 4, or is the kernel root
 * RB_BUSY: the vCPU was started, and has not stopped since
 */
static RB_INLINE long rb_vcpu_start(uint64_t vcpu, uint64_t ip, uint64_t sp, uint64_t argument, uint64_t root, uint64_t page)
{
	uint64_t none;

	return rb_hypercall6(RB_HC_VCPU_START, vcpu, ip, sp, argument, root, page, &none);
}

/*
 * 32 vcpu_stop, since 1.0. The calling vCPU stops: it does not run again until another one starts it anew.
 * RB_INVAL: a register that carries no argument is not zero
 * RB_BUSY: no other vCPU of the domain is started: the domain would never run again
 */
static RB_INLINE long rb_vcpu_stop(void)
{
	uint64_t none;

	return rb_hypercall0(RB_HC_VCPU_STOP, &none);
}

/*
 * 33 sched_wait, since 1.0. Wait until a virtual vector is pending, with events as they are.
 * RB_INVAL: a register that carries no argument is not zero
 */
static RB_INLINE long rb_sched_wait(void)
{
	uint64_t none;

	return rb_hypercall0(RB_HC_SCHED_WAIT, &none);
}

/*
 * 34 domain_create, since 1.0. Make a domain, without memory and paused. domain_populate gives it memory, domain_write
 * an image, domain_build what it begins with, domain_unpause lets it run.
 * chunks: guest-physical chunks it has room for, those of its page-table reserve among them (at least 1, at most
 * 0x100000)
 * pt_first: first guest-physical chunk of the reserve (at most 0xfffff)
 * pt_quota: chunks that the reserve may have (at least 1, at most 16384)
 * vcpus: its vCPUs (at least 1, at most 64)
 * result: the domain's number
 * RB_PERM: the caller is not the control domain
 * RB_INVAL: an argument breaks its limits, or a register that carries no argument is not zero; the reserve does not end
 * at or below `chunks`; `chunks` is more than a window shows (523264)
 * RB_NOSPACE: 64 domains exist; no memory is left for the domain's tables
 */
static RB_INLINE long rb_domain_create(uint64_t chunks, uint64_t pt_first, uint64_t pt_quota, uint64_t vcpus, uint64_t *result)
{
	return rb_hypercall4(RB_HC_DOMAIN_CREATE, chunks, pt_first, pt_quota, vcpus, result);
}

/*
 * 35 domain_populate, since 1.0. Give a domain that was not built memory: zeroed chunks behind guest-physical chunks in
 * a row. In the page-table reserve they are PAGETABLE, elsewhere DATA.
 * domain: number of the domain
 * first: first guest-physical chunk
 * count: how many (at least 1, at most 8192)
 * result: chunks given: the first ones of the row
 * RB_PERM: the caller is not the control domain
 * RB_INVAL: an argument breaks its limits, or a register that carries no argument is not zero; the first chunk is not
 * below the domain's number of chunks; the first chunk is in the reserve, and not the next one there
 * RB_NOENT: there is no such domain
 * RB_BUSY: the domain was built; the domain has ended; the first chunk is there already
 * RB_NOSPACE: the machine has no chunk left to give
 */
static RB_INLINE long rb_domain_populate(uint64_t domain, uint64_t first, uint64_t count, uint64_t *result)
{
	return rb_hypercall3(RB_HC_DOMAIN_POPULATE, domain, first, count, result);
}

/*
 * 36 domain_write, since 1.0. Copy bytes of the caller's memory into a domain's memory.
 * domain: number of the domain
 * to: guest-physical address in the domain (below 2^52)
 * from: guest-physical address in the caller (below 2^52)
 * bytes: how many (at most 4096)
 * RB_PERM: the caller is not the control domain
 * RB_INVAL: an argument breaks its limits, or a register that carries no argument is not zero; the bytes at `to` do not
 * lie in one chunk; the bytes at `from` do not lie in one chunk
 * RB_NOENT: there is no such domain; no chunk of the domain is present at `to`; no chunk of the caller is present at
 * `from`
 * RB_TYPE: the chunk at `to` is not DATA; the chunk at `from` is not DATA
 */
static RB_INLINE long rb_domain_write(uint64_t domain, uint64_t to, uint64_t from, uint64_t bytes)
{
	uint64_t none;

	return rb_hypercall4(RB_HC_DOMAIN_WRITE, domain, to, from, bytes, &none);
}

/*
 * 37 domain_read, since 1.0. Copy bytes of a domain's memory into the caller's memory. Also of a domain that has ended.
 * domain: number of the domain
 * from: guest-physical address in the domain (below 2^52)
 * to: guest-physical address in the caller (below 2^52)
 * bytes: how many (at most 4096)
 * RB_PERM: the caller is not the control domain
 * RB_INVAL: an argument breaks its limits, or a register that carries no argument is not zero; the bytes at `from` do
 * not lie in one chunk; the bytes at `to` do not lie in one chunk
 * RB_NOENT: there is no such domain; no chunk of the domain is present at `from`; no chunk of the caller is present at
 * `to`
 * RB_TYPE: the chunk at `from` is not DATA; the chunk at `to` is not DATA
 */
static RB_INLINE long rb_domain_read(uint64_t domain, uint64_t from, uint64_t to, uint64_t bytes)
{
	uint64_t none;

	return rb_hypercall4(RB_HC_DOMAIN_READ, domain, from, to, bytes, &none);
}

/*
 * 38 domain_build, since 1.0. Make what a domain begins with, as the boot protocol says: its first page tables,
 * start_info, its vCPU 0. The image, the module and the command line were written before.
 * domain: number of the domain
 * image: guest-physical address, in the caller, of a domain_image (below 2^52, a multiple of 128)
 * RB_PERM: the caller is not the control domain
 * RB_INVAL: an argument breaks its limits, or a register that carries no argument is not zero; image_end is not above
 * image_start; the image ends beyond the domain's chunks; the image has bytes in the page-table reserve; image_offset
 * is no multiple of 2 MiB; image_offset does not map the image between GATE_END and the end of the address space; entry
 * is not in the image; direct_base is no multiple of 512 GiB; the domain's chunks do not fit at direct_base between
 * GATE_END and the end of the address space; the module ends beyond the domain's chunks; boot_start is no multiple of
 * 4096; a boot page is not in a DATA chunk that is present; a reserved field is not zero
 * RB_NOENT: there is no such domain; no chunk of the caller is present at `image`
 * RB_TYPE: the chunk at `image` is not DATA
 * RB_BUSY: the domain was built; the domain has ended
 * RB_NOSPACE: the reserve has too few chunks for the first page tables
 */
static RB_INLINE long rb_domain_build(uint64_t domain, uint64_t image)
{
	uint64_t none;

	return rb_hypercall2(RB_HC_DOMAIN_BUILD, domain, image, &none);
}

/*
 * 39 domain_unpause, since 1.0. A domain that is paused runs; one that never ran begins.
 * domain: number of the domain
 * RB_PERM: the caller is not the control domain
 * RB_INVAL: a register that carries no argument is not zero; the domain was not built
 * RB_NOENT: there is no such domain; the domain has ended
 */
static RB_INLINE long rb_domain_unpause(uint64_t domain)
{
	uint64_t none;

	return rb_hypercall1(RB_HC_DOMAIN_UNPAUSE, domain, &none);
}

/*
 * 40 domain_pause, since 1.0. No vCPU of a domain runs, until domain_unpause.
 * domain: number of the domain
 * RB_PERM: the caller is not the control domain
 * RB_INVAL: a register that carries no argument is not zero; it is the calling domain
 * RB_NOENT: there is no such domain; the domain has ended
 * RB_AGAIN: a vCPU of the domain is still on a CPU: call again
 */
static RB_INLINE long rb_domain_pause(uint64_t domain)
{
	uint64_t none;

	return rb_hypercall1(RB_HC_DOMAIN_PAUSE, domain, &none);
}

/*
 * 41 domain_destroy, since 1.0. End a domain, if it has not ended, and take back all that it has.
 * domain: number of the domain
 * RB_PERM: the caller is not the control domain
 * RB_INVAL: a register that carries no argument is not zero; it is the calling domain
 * RB_NOENT: there is no such domain
 * RB_AGAIN: a vCPU of the domain is still on a CPU: call again; chunks are left: call again
 */
static RB_INLINE long rb_domain_destroy(uint64_t domain)
{
	uint64_t none;

	return rb_hypercall1(RB_HC_DOMAIN_DESTROY, domain, &none);
}

/*
 * 42 domain_set_share, since 1.0. Set a domain's weight and cap: what it gets of the CPUs.
 * domain: number of the domain
 * weight: its weight: domains that want to run get CPU time in proportion to their weights (at least 1, at most 10000)
 * cap: the most that its vCPUs get together, in percent of one CPU; zero: no limit (at most 6400)
 * RB_PERM: the caller is not the control domain
 * RB_INVAL: an argument breaks its limits, or a register that carries no argument is not zero
 * RB_NOENT: there is no such domain; the domain has ended
 */
static RB_INLINE long rb_domain_set_share(uint64_t domain, uint64_t weight, uint64_t cap)
{
	uint64_t none;

	return rb_hypercall3(RB_HC_DOMAIN_SET_SHARE, domain, weight, cap, &none);
}

/*
 * 43 domain_info, since 1.0. Look at a domain: at the one of this number, or else the next one.
 * domain: the lowest number that is of interest
 * info: guest-physical address, in the caller, where a domain_info is written (below 2^52, a multiple of 256)
 * result: the number of the domain that was looked at
 * RB_PERM: the caller is not the control domain
 * RB_INVAL: an argument breaks its limits, or a register that carries no argument is not zero
 * RB_NOENT: no domain has this number or a higher one; no chunk of the caller is present at `info`
 * RB_TYPE: the chunk at `info` is not DATA
 */
static RB_INLINE long rb_domain_info(uint64_t domain, uint64_t info, uint64_t *result)
{
	return rb_hypercall2(RB_HC_DOMAIN_INFO, domain, info, result);
}

/*
 * 44 machine_info, since 1.0. Look at the machine: its CPUs and its memory.
 * info: guest-physical address, in the caller, where a machine_info is written (below 2^52, a multiple of 64)
 * RB_PERM: the caller is not the control domain
 * RB_INVAL: an argument breaks its limits, or a register that carries no argument is not zero
 * RB_NOENT: no chunk of the caller is present at `info`
 * RB_TYPE: the chunk at `info` is not DATA
 */
static RB_INLINE long rb_machine_info(uint64_t info)
{
	uint64_t none;

	return rb_hypercall1(RB_HC_MACHINE_INFO, info, &none);
}

#endif /* RINGBOLT_CALLS_H */
