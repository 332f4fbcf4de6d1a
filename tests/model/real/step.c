/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * See step.h. The page fault opens the pages and sets TF; the debug exception after the instruction closes them again.
 */
#define _GNU_SOURCE
#include "step.h"

#include <err.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define TF		0x100
#define ERROR_WRITE	2	/* in a page fault's error code */

static u8 *watched;
static u64 watched_bytes;
static step_before *tell_before;
static step_after *tell_after;
static u8 *accessed;		/* by the instruction that is let through, or NULL */
static bool accessed_by_write;
static u8 signal_stack[65536];

static void protect(int how)
{
	if (mprotect(watched, watched_bytes, how))
		err(2, "mprotect");
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	u8 *address = info->si_addr;

	if (!watched || (u64)(address - watched) >= watched_bytes || accessed) {
		/* Not ours: a bug, or what stops a test. Let it come again. */
		struct sigaction normal = { .sa_handler = SIG_DFL };

		sigaction(signal, &normal, NULL);
		return;
	}
	protect(PROT_READ | PROT_WRITE);
	accessed = address;
	accessed_by_write = uc->uc_mcontext.gregs[REG_ERR] & ERROR_WRITE;
	tell_before(address, accessed_by_write);
	uc->uc_mcontext.gregs[REG_EFL] |= TF;
}

static void on_step(int signal, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	u8 *address = accessed;

	(void)signal;
	(void)info;
	uc->uc_mcontext.gregs[REG_EFL] &= ~TF;
	accessed = NULL;
	tell_after(address, accessed_by_write);
	if (watched)
		protect(PROT_NONE);
}

void step_watch(void *pages, u64 bytes, step_before *before, step_after *after)
{
	struct sigaction fault = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	struct sigaction step = { .sa_sigaction = on_step, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	const stack_t stack = { .ss_sp = signal_stack, .ss_size = sizeof(signal_stack) };

	sigaltstack(&stack, NULL);
	sigaction(SIGSEGV, &fault, NULL);
	sigaction(SIGTRAP, &step, NULL);
	watched = pages;
	watched_bytes = bytes;
	tell_before = before;
	tell_after = after;
	protect(PROT_NONE);
}

void step_end(void)
{
	protect(PROT_READ | PROT_WRITE);
	watched = NULL;
}
