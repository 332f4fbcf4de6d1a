/* SPDX-License-Identifier: MIT */
/*
 * What a C program needs to be a guest kernel of Ringbolt, beyond the calls themselves (ringbolt-calls.h): an entry point, events, a
 * console, page tables, user mode. For one vCPU. Nothing here is part of the interface: a kernel may do all of it otherwise.
 *
 * The program defines int main(struct rb_start_info *); what it returns ends the domain, as guest_exit would. main starts in kernel mode with
 * events disabled and the empty user root loaded. From C++ it is extern "C".
 *
 * Said once for all functions here: an address named "physical" is guest-physical, in bytes, and one named "machine" what a page-table entry holds; a frame
 * number is a guest-physical address divided by GUEST_PAGE, a table is named by its frame number; time is in nanoseconds of system time. A function that
 * returns no status and cannot do its work calls guest_panic. None may be interrupted by a handler that calls the same group of functions (console, memory):
 * keep events off around them, or leave such work to the code that waits in rb_sched_block.
 */
#ifndef RINGBOLT_GUEST_H
#define RINGBOLT_GUEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ringbolt-calls.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The library's version. While MAJOR is 0 any MINOR may change this header; the interface's own version is RB_ABI_MAJOR, RB_ABI_MINOR. */
#define GUEST_VERSION_MAJOR 0
#define GUEST_VERSION_MINOR 1
#define GUEST_VERSION (GUEST_VERSION_MAJOR << 16 | GUEST_VERSION_MINOR)

/* Bytes of a page, and of a chunk (2 MiB). */
#define GUEST_PAGE 4096ul
#define GUEST_CHUNK (1ul << RB_CHUNK_SHIFT)

/* Where guest.lds puts the image, and the direct map of all guest-physical memory: an address there less this is guest-physical. */
#define GUEST_IMAGE_OFFSET 0xffffffff80000000ul
#define GUEST_DIRECT_BASE 0xffff888000000000ul

/* ---------------- beginning and end */

/* What main was given. Valid before any constructor runs. */
extern struct rb_start_info *guest_start;

/*
 * Where the entry point goes first, on guest_stack: sets guest_start, guest_vcpu and the entry points for events, runs constructors, calls main. Weak: a program
 * that has its own must do of this what it needs.
 */
void guest_begin(struct rb_start_info *start);

/* Bytes of each of the two stacks, and main's: it grows down from the end of guest_stack. No page below it is unmapped. */
#define GUEST_STACK_BYTES 32768
extern uint8_t guest_stack[GUEST_STACK_BYTES];

/* Ends the domain in good order. code: 0 to 255, higher bits are cut off; where it shows is the hypervisor's choice (its option exit=). */
void guest_exit(unsigned code) __attribute__((noreturn));

/* Prints "guest panic: ", the message (as guest_printf) and a newline, and ends the domain as crashed: the hypervisor shows its registers. */
void guest_panic(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* For calls that cannot fail unless the program is wrong: evaluates call once; guest_panic with file, line and status if it is not RB_OK. */
#define guest_must(call)								\
	do {										\
		long _status = (call);							\
		if (_status)								\
			guest_panic("%s:%d: %s: status %ld", __FILE__, __LINE__, #call, _status); \
	} while (0)

/* ---------------- the console */

/* Writes count bytes as they are, from anywhere in memory; waits while the line is busy. Without a console they are gone: there is no error. */
void guest_write(const char *bytes, size_t count);

/*
 * As printf: %d %u %x %c %s %p %%, with l (or ll), and for numbers a width and the flag 0; # puts 0x before an x. Nothing else: another letter is
 * printed as it is. A newline is sent as it is: QEMU shows it as one, a serial terminal may want \r\n.
 */
void guest_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
void guest_vprintf(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));

/*
 * Takes bytes that were typed, at most count and at most GUEST_PAGE; returns how many, 0 if none wait. RB_VECTOR_CONSOLE is raised when some arrive: to wait for
 * them, look with events off, then rb_sched_block (examples/monitor.c).
 */
size_t guest_read(char *bytes, size_t count);

/* ---------------- events */

/* All registers at an event: what the entry code pushes, then struct rb_event_frame. */
struct guest_regs {
	uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	uint64_t error_code, ip, cs, flags, sp, ss, data, gs_base;
};

/* The event's vector: an exception's number, or a virtual vector (32 to 255); 1 for a system call. */
static inline unsigned guest_vector(const struct guest_regs *regs)
{
	return regs->ss >> RB_EVENT_FRAME_SS_VECTOR_SHIFT & 0xff;
}

/* What kind it is: an exception and a virtual vector may have the same number. */
static inline enum rb_event_type guest_type(const struct guest_regs *regs)
{
	return (enum rb_event_type)(regs->ss >> RB_EVENT_FRAME_SS_TYPE_SHIFT & 0xf);
}

/* It came from user mode. */
static inline bool guest_is_user(const struct guest_regs *regs)
{
	return regs->cs & 2;
}

/* It is a system call: SYSCALL in user mode. Its number and arguments are where the program put them; rcx and r11 are lost. */
static inline bool guest_is_syscall(const struct guest_regs *regs)
{
	return guest_type(regs) == RB_EVENT_TYPE_OTHER;
}

/* The vCPU page, in the direct map. Shared with the hypervisor. */
extern struct rb_vcpu_page *guest_vcpu;

/* The library's entry points, its restartable range and its return instruction: for a program that wants one of them changed in rb_vcpu_set_entry. */
extern const char guest_user_entry[], guest_kernel_entry[], guest_range_start[], guest_range_end[], guest_iretq[];

/* Sets the GS base of kernel mode (canonical), now and at every event. Zero at first: the library does not use GS. */
void guest_set_gs(uint64_t base);

/*
 * Has events delivered to the library's entry points. emergency_sp: end of a stack for one double fault, or 0, as in vcpu_set_entry. Done before main, with
 * 0; to be called again by who uses an emergency stack up, or has set entry points of its own.
 */
void guest_set_entry(uint64_t emergency_sp);

/*
 * Every event comes here, with events disabled, on the interrupted stack or, from user mode, on guest_user_stack. On return the interrupted code goes on
 * with *regs, which may be changed. The library's is weak, so that a program may have its own, and calls guest_event_default: virtual vectors go to
 * guest_interrupt; other events from user mode end guest_run_user; exceptions in kernel mode end guest_catch, or are printed and end the domain.
 */
void guest_event(struct guest_regs *regs);
void guest_event_default(struct guest_regs *regs);

/*
 * A virtual vector. Calls its handler; the domain ends if there is none. Weak likewise. regs: what was interrupted, or NULL when guest_events_on found the vector
 * waiting.
 */
void guest_interrupt(struct guest_regs *regs, unsigned vector);

/*
 * Goes on with *regs, in kernel or user mode, as the library does after guest_event. *regs must lie on a stack that is free below. With events disabled;
 * flags in *regs say whether they are enabled then; vectors that wait are delivered first.
 */
void guest_resume(struct guest_regs *regs) __attribute__((noreturn));

/* Called with events disabled. */
typedef void guest_handler(struct guest_regs *regs, unsigned vector);

/* vector: 32 to 255. NULL takes the handler away. */
void guest_set_handler(unsigned vector, guest_handler *handler);

/* Takes all pending vectors, highest first, and calls guest_interrupt for each with these regs. Call it with events disabled. */
void guest_deliver(struct guest_regs *regs);

/* No virtual vector interrupts the kernel from now on; they wait. True if events were enabled. User mode always has them enabled. */
static inline bool guest_events_off(void)
{
	bool were_on = guest_vcpu->events_enabled;

	__atomic_store_n(&guest_vcpu->events_enabled, (uint8_t)0, __ATOMIC_SEQ_CST);
	return were_on;
}

/* Lets vectors in; those that wait are delivered before it returns. */
void guest_events_on(void);

/*
 * Calls body(argument). True when an exception in kernel mode ended it; *regs are then the registers at the exception. False when it returned; *regs is as
 * before. Not for bodies that leave something half done: nothing is unwound. May be nested.
 */
bool guest_catch(void (*body)(void *), void *argument, struct guest_regs *regs);

/* Not zero inside of it, also in an interrupt handler. */
extern uint64_t guest_catch_sp;

/* Ends the innermost guest_catch with a copy of these registers. For a guest_event of one's own; not outside of guest_catch. */
void guest_caught(const struct guest_regs *regs) __attribute__((noreturn));

/* ---------------- user mode */

/* Makes *regs the registers of 64-bit user code that starts at ip with this stack pointer. All else is zero; the interrupt flag is set. */
void guest_user_regs(struct guest_regs *regs, uint64_t ip, uint64_t sp);

/*
 * Runs user code from *regs on until an event that is no virtual vector; *regs is then that event. Virtual vectors meanwhile go to their
 * handlers. To go on, call it again: a system call's ip is behind the instruction, a fault's is at it. Not from a handler.
 */
void guest_run_user(struct guest_regs *regs);

/* The same with another kernel stack for its events than guest_user_stack; kernel_sp: its end. */
void guest_run_user_with(struct guest_regs *regs, uint64_t kernel_sp);
extern uint8_t guest_user_stack[GUEST_STACK_BYTES];

/* Section .user of the image: code for user mode, in pages of its own, to be mapped where it can be reached (examples/first.c). */
extern const char guest_user_text[], guest_user_text_end[];

/* ---------------- memory and page tables. The bits of an entry are the processor's. */
#define GUEST_PRESENT	0x1ul
#define GUEST_WRITE	0x2ul
#define GUEST_USER	0x4ul
#define GUEST_ACCESSED	0x20ul
#define GUEST_DIRTY	0x40ul
#define GUEST_LARGE	0x80ul
#define GUEST_NX	(1ul << 63)
#define GUEST_ADDRESS	0x000ffffffffff000ul

/* Guest-physical address of something in the image or the direct map. For other pointers the number means nothing. */
uint64_t guest_physical(const void *pointer);

/* The other way: where it is in the direct map. */
static inline void *guest_pointer(uint64_t physical)
{
	return (void *)(GUEST_DIRECT_BASE + physical);
}

/* Between guest-physical and machine addresses, by the chunk maps. All ones if there is no such memory. */
uint64_t guest_machine(uint64_t physical);
uint64_t guest_from_machine(uint64_t machine);

/* Guest-physical address of a fresh page, zeroed; of a fresh, aligned chunk, not zeroed. Never given back. The domain ends when there is none. */
uint64_t guest_page(void);
uint64_t guest_chunk(void);

/*
 * Frame number of a frame of the page-table reserve that nobody used before; of a fresh empty table of this level (1 to 4). The reserve grows when it must;
 * the domain ends when it cannot.
 */
uint64_t guest_frame(void);
uint64_t guest_table(unsigned level);

/* One operation by register: rb_pt_update with it alone. Returns the status. frame: the table; index: of the first of count entries. */
long guest_op(enum rb_op op, uint64_t frame, uint64_t index, uint64_t count, uint64_t value);

/* Index of the entry that serves an address in a table of this level (1 to 4). */
static inline unsigned guest_index(uint64_t address, unsigned level)
{
	return address >> (3 + 9 * level) & 511;
}

/*
 * root: frame number of a user root, or guest_start->kernel_root. Returns the table of this level (1 to 4) that serves the address there; tables that are missing are
 * made and linked. The domain ends if a large page is in the way.
 */
uint64_t guest_table_for(uint64_t root, uint64_t address, unsigned level);

/* The entry of this level (1 to 4) that serves the address, 0 where there is no such table. Reads memory, makes no call. */
uint64_t guest_entry(uint64_t root, uint64_t address, unsigned level);

/*
 * Maps the page at physical, or with GUEST_LARGE the chunk, at the address; both are multiples of that size. flags: GUEST_WRITE, GUEST_USER, GUEST_NX, ... Flushes nothing:
 * an address that was mapped before needs guest_flush.
 */
void guest_map(uint64_t root, uint64_t address, uint64_t physical, uint64_t flags);

/* Takes away what guest_map put there, page or chunk, and flushes. */
void guest_unmap(uint64_t root, uint64_t address);

/* Forgets the translations of 1 to 512 pages from the address on, a multiple of GUEST_PAGE. */
void guest_flush(uint64_t address, uint64_t pages);

/* ---------------- other domains: for the control domain. Statuses are those of the calls; what stops early is gone on with. */

/* Gives a domain that was not built all chunks from first on, count of them. */
long guest_domain_populate(uint64_t domain, uint64_t first, uint64_t count);

/* Copies bytes, from anywhere in the image or the direct map, into a domain's memory at the guest-physical address; and back. */
long guest_domain_write(uint64_t domain, uint64_t physical, const void *bytes, size_t count);
long guest_domain_read(uint64_t domain, uint64_t physical, void *bytes, size_t count);

/* Pauses it, and waits until none of its vCPUs runs. */
long guest_domain_pause(uint64_t domain);

/* Ends it, and waits until nothing of it is left. */
long guest_domain_destroy(uint64_t domain);

/* ---------------- time */

/* System time: since the hypervisor started. From the vCPU page and the time-stamp counter, without a call. */
uint64_t guest_time(void);

/* Busy for at least that long. */
void guest_delay(uint64_t nanoseconds);

/* ---------------- of the C library: what compilers call on their own, and two more. Weak: a program may have its own. */
void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
size_t strlen(const char *string);
const char *strstr(const char *string, const char *part);

#ifdef __cplusplus
}
#endif
#endif
