/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests of other domains share: to look at them, to be sure that a refused call changed none, and to have one make a call. */
#pragma once

#include "../guest/child.h"
#include "limits.h"
#include "tables.h"

#define NO_DOMAIN	63u	/* a number that no test's domain has */
#define SELF		(guest_start->domain_id)
#define BEYOND		((uint64_t)guest_start->chunk_count << RB_CHUNK_SHIFT)	/* we have no memory there */
#define OUR_TABLES	(guest_start->kernel_root * GUEST_PAGE)			/* nor is this DATA */

/* A page for what is told. */
static inline uint64_t told_page(void)
{
	static uint64_t page;

	if (!page)
		page = guest_page();
	return page;
}

/* The domain of this number. */
static inline const struct rb_domain_info *domain_look(uint64_t id)
{
	uint64_t found;

	must(rb_domain_info(id, told_page(), &found));
	need(found == id, "domain %lu instead of %lu", found, id);
	return guest_pointer(told_page());
}

static inline const struct rb_machine_info *machine_look(void)
{
	must(rb_machine_info(told_page()));
	return guest_pointer(told_page());
}

static inline uint64_t free_chunks(void)
{
	return machine_look()->free_chunks;
}

/* All domains but this one end. */
static inline void domains_destroy(void)
{
	uint64_t id;

	while (rb_domain_info(SELF + 1, told_page(), &id) == RB_OK)
		guest_must(guest_domain_destroy(id));
}

/* What can be seen of all domains and of the machine, but for what goes on by itself. */
static inline uint64_t domains_sum(void)
{
	struct rb_domain_info *info = guest_pointer(told_page());
	uint64_t sum = free_chunks(), id = 0;

	for (; rb_domain_info(id, told_page(), &id) == RB_OK; id++) {
		memset(info->spent, 0, sizeof(info->spent));
		info->hypercalls = 0;
		for (unsigned i = 0; i < sizeof(*info) / 8; i++)
			sum = sum * 0x9e3779b97f4a7c15ul + ((const uint64_t *)info)[i];
	}
	return sum;
}

/* As refused, and no domain has changed. */
#define refused_there(wanted, call) ({									\
	uint64_t _sum = domains_sum();									\
	refused(wanted, call);										\
	expect(domains_sum() == _sum, "%s: refused, but a domain changed", #call); })

/* A domain that may not make this call makes it; the arguments are such as we could make it with. */
#define refused_to_child(number, ...) ({								\
	uint64_t _child = child_running(1), _with[6] = { __VA_ARGS__ };					\
													\
	refused_there(RB_PERM, child_call_with(_child, number, _with, &result)); })

/* A domain with chunks and a reserve of four, without memory. */
static inline uint64_t domain_new(uint64_t chunks)
{
	uint64_t id;

	must(rb_domain_create(chunks, chunks - 4, 4, 1, &id));
	return id;
}

/* A child that has ended. */
static inline uint64_t domain_ended(void)
{
	uint64_t child = child_running(1);

	child_begin(child, RB_HC_SHUTDOWN, (const uint64_t[6]){ RB_SHUTDOWN_REASON_POWEROFF, 3 });
	while (domain_look(child)->state != RB_DOMAIN_STATE_ENDED)
		must(rb_sched_yield());
	return child;
}

/* Yields until the child's program has gone round a few times. */
static inline void child_turns(uint64_t child)
{
	const uint64_t turns = child_look(child).turns;

	while (child_look(child).turns < turns + 3)
		must(rb_sched_yield());
}

/* A program for a child, of this assembler text; RBX is its mailbox. */
#define PROGRAM(name, text)										\
	extern const char name[], name##_end[];								\
	__asm__(".pushsection .rodata, \"a\"\n" #name ":\n\tmovabs $0xffff888000400000, %rbx\n\t" text "\n" #name "_end:\n\t.popsection")
_Static_assert(GUEST_DIRECT_BASE + CHILD_MAILBOX == 0xffff888000400000, "as PROGRAM has it");
_Static_assert(RB_HC_SCHED_YIELD == 20, "as PROGRAM_YIELD has it");
#define PROGRAM_YIELD "mov $20, %eax; xor %edi, %edi; xor %esi, %esi; xor %edx, %edx; xor %r10d, %r10d; xor %r8d, %r8d; xor %r9d, %r9d; syscall\n\t"

/* A child that runs it, and was not unpaused yet. */
static inline uint64_t child_with(const char *program, const char *end, struct rb_domain_image image)
{
	uint64_t child = child_new(1), page = guest_page();

	must(guest_domain_write(child, CHILD_IMAGE, program, (size_t)(end - program)));
	*(struct rb_domain_image *)guest_pointer(page) = image;
	must(rb_domain_build(child, page));
	return child;
}
