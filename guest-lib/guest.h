/* SPDX-License-Identifier: MIT */
/*
 * What a C program needs to be a guest kernel of Ringbolt, beyond the calls themselves (ringbolt-calls.h): an entry point, events, a
 * console, page tables, user mode. For one vCPU. Nothing here is part of the interface: a kernel may do all of it otherwise.
 *
 * The program defines int main(struct rb_start_info *); what it returns ends the domain, as guest_exit would.
 */
#ifndef RINGBOLT_GUEST_H
#define RINGBOLT_GUEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ringbolt-calls.h"

#define GUEST_PAGE 4096ul
#define GUEST_CHUNK (1ul << RB_CHUNK_SHIFT)

/* Where guest.lds puts the image, and the direct map of all guest-physical memory. */
#define GUEST_IMAGE_OFFSET 0xffffffff80000000ul
#define GUEST_DIRECT_BASE 0xffff888000000000ul

/* ---------------- start.S */
extern struct rb_start_info *guest_start;	/* as main has it */
#define GUEST_STACK_BYTES 32768
extern uint8_t guest_stack[GUEST_STACK_BYTES];	/* main's */

/* ---------------- panic.c: the end */
void guest_exit(unsigned code) __attribute__((noreturn));
/* Prints, and ends the domain as crashed: the hypervisor shows its state. */
void guest_panic(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
/* For calls that cannot fail unless the program is wrong. */
#define guest_must(call)								\
	do {										\
		long _status = (call);							\
		if (_status)								\
			guest_panic("%s:%d: %s: status %ld", __FILE__, __LINE__, #call, _status); \
	} while (0)

/* ---------------- print.c: the console */
void guest_write(const char *bytes, size_t count);
/* As printf: %d %u %x %c %s %p %%, with l, width and 0. */
void guest_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
void guest_vprintf(const char *format, va_list arguments);
/* Takes typed bytes; how many (none if none wait). Up to a page at a time. */
size_t guest_read(char *bytes, size_t count);

/* ---------------- event.S, event.c: events */

/* All registers at an event: what event.S pushes, then struct rb_event_frame. */
struct guest_regs {
	uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	uint64_t error_code, ip, cs, flags, sp, ss, data, gs_base;
};
_Static_assert(sizeof(struct guest_regs) == 15 * 8 + RB_EVENT_FRAME_SIZE, "the registers, then the frame");

static inline unsigned guest_vector(const struct guest_regs *regs)
{
	return regs->ss >> RB_EVENT_FRAME_SS_VECTOR_SHIFT & 0xff;
}

static inline enum rb_event_type guest_type(const struct guest_regs *regs)
{
	return (enum rb_event_type)(regs->ss >> RB_EVENT_FRAME_SS_TYPE_SHIFT & 0xf);
}

static inline bool guest_is_user(const struct guest_regs *regs)
{
	return regs->cs & 2;
}

static inline bool guest_is_syscall(const struct guest_regs *regs)
{
	return guest_type(regs) == RB_EVENT_TYPE_OTHER;
}

extern struct rb_vcpu_page *guest_vcpu;		/* the vCPU page */
extern const char guest_user_entry[], guest_kernel_entry[], guest_range_start[], guest_range_end[], guest_iretq[];

/* GS base of kernel mode, zero at first. The library does not use GS. */
void guest_set_gs(uint64_t base);
/* Tells the hypervisor where events go; emergency_sp as in vcpu_set_entry. start.S has done it before main, with zero. */
void guest_set_entry(uint64_t emergency_sp);

/*
 * Every event comes here, with events disabled. On return the interrupted code goes on with *regs. Defined in the library (weakly, so that
 * a program may have its own) as guest_event_default: virtual vectors go to their handlers; events from user mode end guest_run_user; exceptions
 * in kernel mode end guest_catch, or the domain.
 */
void guest_event(struct guest_regs *regs);
void guest_event_default(struct guest_regs *regs);
/* A virtual vector, taken by guest_event or self-delivered before a return; calls the handler. */
void guest_interrupt(struct guest_regs *regs, unsigned vector);
typedef void guest_handler(struct guest_regs *regs, unsigned vector);
void guest_set_handler(unsigned vector, guest_handler *handler);
/* Takes all pending vectors, highest first, and calls guest_interrupt for each. With events disabled. */
void guest_deliver(struct guest_regs *regs);

static inline bool guest_events_off(void)
{
	bool were_on = guest_vcpu->events_enabled;

	__atomic_store_n(&guest_vcpu->events_enabled, 0, __ATOMIC_SEQ_CST);
	return were_on;
}

/* Lets vectors in; those that wait are delivered before it returns. */
void guest_events_on(void);

/*
 * Calls body(argument). When an exception in kernel mode ends it, *regs are its registers and the value is true. Not for
 * bodies that leave something half done.
 */
bool guest_catch(void (*body)(void *), void *argument, struct guest_regs *regs);
/* True inside it, also in an interrupt handler. */
extern uint64_t guest_catch_sp;
void guest_caught(const struct guest_regs *regs) __attribute__((noreturn));

/* ---------------- user mode */

/* *regs for user code that starts at ip with this stack. All else is zero; flags have IF. */
void guest_user_regs(struct guest_regs *regs, uint64_t ip, uint64_t sp);
/* Runs user code from *regs on until an event that is no virtual vector; *regs is then that event. */
void guest_run_user(struct guest_regs *regs);
/* The same with another kernel stack for its events than guest_user_stack. */
void guest_run_user_with(struct guest_regs *regs, uint64_t kernel_sp);
extern uint8_t guest_user_stack[GUEST_STACK_BYTES];	/* kernel stack for events from user mode */

/* ---------------- memory.c: memory and page tables. The entries are the processor's. */
#define GUEST_PRESENT	0x1ul
#define GUEST_WRITE	0x2ul
#define GUEST_USER	0x4ul
#define GUEST_ACCESSED	0x20ul
#define GUEST_DIRTY	0x40ul
#define GUEST_LARGE	0x80ul
#define GUEST_NX	(1ul << 63)
#define GUEST_ADDRESS	0x000ffffffffff000ul

/* Guest-physical address of something in the image or the direct map. */
uint64_t guest_physical(const void *pointer);
static inline void *guest_pointer(uint64_t physical)
{
	return (void *)(GUEST_DIRECT_BASE + physical);
}

/* Between guest-physical and machine addresses; all ones if there is nothing. */
uint64_t guest_machine(uint64_t physical);
uint64_t guest_from_machine(uint64_t machine);

/* Guest-physical address of a fresh, zeroed page; of a fresh, aligned 2 MiB chunk (not zeroed). Never given back. */
uint64_t guest_page(void);
uint64_t guest_chunk(void);

/* A frame of the page-table reserve nobody used before (grows the reserve); and one made a table of a level. */
uint64_t guest_frame(void);
uint64_t guest_table(unsigned level);

/* One operation by register. */
long guest_op(enum rb_op op, uint64_t frame, uint64_t index, uint64_t count, uint64_t value);

/*
 * The table of a level that serves an address in a root (frame number of a user root, or guest_start->kernel_root), made if need
 * be; and the entry's index in it. The tables of the direct map are readable: guest_entry reads an entry, 0 where no table is.
 */
uint64_t guest_table_for(uint64_t root, uint64_t address, unsigned level);
static inline unsigned guest_index(uint64_t address, unsigned level)
{
	return address >> (3 + 9 * level) & 511;
}
uint64_t guest_entry(uint64_t root, uint64_t address, unsigned level);

/* Map a page, or a 2 MiB chunk with GUEST_LARGE. flags: GUEST_WRITE, GUEST_USER, GUEST_NX, ... No flush: absent before. */
void guest_map(uint64_t root, uint64_t address, uint64_t physical, uint64_t flags);
/* Unmap it, and flush. */
void guest_unmap(uint64_t root, uint64_t address);
void guest_flush(uint64_t address, uint64_t pages);

/* ---------------- time.c */
/* System time in nanoseconds, from the vCPU page. */
uint64_t guest_time(void);
/* Busy for at least that long. */
void guest_delay(uint64_t nanoseconds);

/* ---------------- string.c: what the compiler may call; and this */
void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
size_t strlen(const char *string);
const char *strstr(const char *string, const char *part);

#endif
