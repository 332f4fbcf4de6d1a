/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the test guests share. A guest is one file; its opening comment is its manual page: what is provoked, what must happen, which
 * invariant (docs/invariants.md) is defended. main() makes checks and returns test_end().
 *
 * Comment lines in a guest that the runner reads, each on a line of its own:
 *   expect: crash "REASON"    the hypervisor must end the domain, and say so
 *   expect: status N "LINE"   QEMU must end so, and the line be printed
 *   may: crash                the hypervisor may end the domain, for any reason; or the guest kernel gives up
 *   input: "TEXT"             typed on the console once the guest prints "input, please"
 *   run: qemu | bochs | both  where (both is not the default: qemu is)
 *   clock: instructions       QEMU's clock counts instructions: every run with the same seed is the same
 *   timeout: SECONDS          under QEMU (30)
 */
#pragma once

#include "guest.h"

/* One thing that must hold. */
#define check(holds, ...) ({ bool _holds = (holds); test_check(_holds, __FILE__, __LINE__, __VA_ARGS__); })
bool test_check(bool holds, const char *file, int line, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The same, silent while it holds: for loops. */
#define check_quietly(holds, ...) ((void)((holds) || test_check(false, __FILE__, __LINE__, __VA_ARGS__)))
/* A call's status. */
#define check_status(call, wanted) test_status(call, wanted, #call, __FILE__, __LINE__)
void test_status(long status, long wanted, const char *call, const char *file, int line);

/* Prints what is not a verdict. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* main's value: 0 if every check held and the hypervisor finds its invariants kept. */
int test_end(void);

/* The word is on the command line. */
bool test_option(const char *word);
/* Under QEMU's TCG, which differs from the architecture in places. */
bool is_tcg(void);

uint64_t counter(enum rb_counter counter);

/* A function of kernel mode made of this assembler text; RDI is its argument; it may use all registers. */
#define SNIPPET(text) ({								\
	void (*_function)(void *);							\
	__asm__ volatile("lea 771f(%%rip), %0\n\tjmp 772f\n771:\t" text "\n\tret\n772:" : "=r"(_function)); \
	_function; })

/* What comes of running it: the vector of its exception, or -1. Registers in test_regs. */
extern struct guest_regs test_regs;
int test_try(void (*body)(void *), void *argument);
#define try(text) test_try(SNIPPET(text), NULL)
#define try_with(text, argument) test_try(SNIPPET(text), (void *)(argument))

/* ---------------- user mode */
#define USER_TEXT	0x400000ul
#define USER_DATA	0x600000ul	/* one page, writable */
#define USER_STACK	0x800000ul	/* end of one page */

/* User code, of this assembler text. */
#define USER_CODE(name, text)								\
	extern const char name[], name##_end[];						\
	__asm__(".pushsection .user, \"ax\"\n" #name ":\n\t" text "\n" #name "_end:\n\t.popsection")

/* Maps all user code, a data page and a stack into a user root. */
void user_map(uint64_t root);
/* The same into the root that is loaded at start. */
void user_setup(void);
/* Where a label of user code is in user mode. */
uint64_t user_address(const char *label);
/* The kernel's view of the data page. */
extern uint64_t *user_data;
/* Runs user code from a label until an event; registers in test_regs. The vector; system calls are 1 with guest_is_syscall. */
int user_run(const char *label);
/* Goes on from test_regs. */
int user_resume(void);
