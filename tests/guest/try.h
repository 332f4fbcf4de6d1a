/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ways to provoke something, for guests that test: instructions in ring 1 and in ring 3, calls with any registers; and what a guest can find out of where it
 * runs. Not for verdicts.
 */
#pragma once

#include "guest.h"

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

/* A load and a store of the kernel: -1, or the error code of the page fault; -2 for anything else. */
long kernel_load(uint64_t address, uint64_t *value);
long kernel_store(uint64_t address);

/* DR7 for one breakpoint: condition 0 execute, 1 write, 3 read and write; length 0, 1, 3, 2 for 1, 2, 4, 8 bytes. */
#define DR7(n, condition, length) (1ul << (2 * (n)) | (uint64_t)(condition) << (16 + 4 * (n)) | (uint64_t)(length) << (18 + 4 * (n)) | 0x400)

/* Memory of every kind, as machine addresses; after memory_find. */
extern struct memory {
	uint64_t page, chunk;		/* ours, DATA */
	uint64_t reserve;		/* ours, PAGETABLE */
	uint64_t hypervisor, low, free, end, beyond;
	uint64_t too_wide;		/* an address bit that the processor does not have, or zero */
} memory;
/* Finds it, the first time. */
void memory_find(void);

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
/* Runs it with this in RDI: did it end with a system call? */
bool user_calls(const char *label, uint64_t argument);

/* ---------------- calls with any registers */
/* In: RAX and the arguments, RDI RSI RDX R10 R8 R9. Out: RAX; RDX; the registers that must be zero, ORed; the kept ones, what differs. */
struct raw {
	uint64_t rax, arg[6];
	uint64_t status, result, zeroed, kept_lost;
};
void raw_call(struct raw *raw);
/* The instruction after its SYSCALL. */
extern const char raw_call_next[];

static inline bool raw_is_sane(const struct raw *raw)
{
	return raw->zeroed == 0 && raw->kept_lost == 0;
}
