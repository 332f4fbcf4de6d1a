/* SPDX-License-Identifier: GPL-2.0-only */
/* The other domain; see child.h. */
#include "child.h"

/* The mailbox is where the direct map has it. RBX and RBP are kept by calls. */
static void __attribute__((used)) program(void)
{
	__asm__ volatile(".pushsection .rodata, \"a\"\n"
		".globl child_program, child_program_end\n"
		"child_program:\n\t"
		"movabs %0, %%rbx\n"
		"1:\tmov %1, %%eax\n\t"
		"xor %%edi, %%edi\n\txor %%esi, %%esi\n\txor %%edx, %%edx\n\txor %%r10d, %%r10d\n\txor %%r8d, %%r8d\n\txor %%r9d, %%r9d\n\t"
		"syscall\n\t"
		"incq 88(%%rbx)\n\t"
		"mov (%%rbx), %%rbp\n\t"
		"cmp 8(%%rbx), %%rbp\n\t"
		"je 1b\n\t"
		"mov 16(%%rbx), %%rax\n\t"
		"mov 24(%%rbx), %%rdi\n\tmov 32(%%rbx), %%rsi\n\tmov 40(%%rbx), %%rdx\n\t"
		"mov 48(%%rbx), %%r10\n\tmov 56(%%rbx), %%r8\n\tmov 64(%%rbx), %%r9\n\t"
		"syscall\n\t"
		"mov %%rax, 72(%%rbx)\n\tmov %%rdx, 80(%%rbx)\n\tmov %%rbp, 8(%%rbx)\n\t"
		"jmp 1b\n"
		"child_program_end:\n\t"
		".popsection" : : "i"(GUEST_DIRECT_BASE + CHILD_MAILBOX), "i"(RB_HC_SCHED_YIELD));
}

_Static_assert(offsetof(struct child_mailbox, turns) == 88, "as the program has it");

struct rb_domain_image child_image(void)
{
	return (struct rb_domain_image){
		.entry = CHILD_OFFSET + CHILD_IMAGE,
		.image_offset = CHILD_OFFSET,
		.direct_base = GUEST_DIRECT_BASE,
		.image_start = CHILD_IMAGE,
		.image_end = CHILD_IMAGE + GUEST_PAGE,
		.boot_start = CHILD_BOOT,
		.name = "child",
	};
}

/* One page serves all that is copied. */
static uint64_t page(void)
{
	static uint64_t physical;

	if (!physical)
		physical = guest_page();
	return physical;
}

uint64_t child_new(unsigned vcpus)
{
	uint64_t child;

	guest_must(rb_domain_create(CHILD_CHUNKS, CHILD_RESERVE, CHILD_CHUNKS - CHILD_RESERVE, vcpus, &child));
	guest_must(guest_domain_populate(child, 0, CHILD_RESERVE + 1));
	guest_must(guest_domain_write(child, CHILD_IMAGE, child_program, (size_t)(child_program_end - child_program)));
	return child;
}

uint64_t child_built(unsigned vcpus)
{
	uint64_t child = child_new(vcpus);

	*(struct rb_domain_image *)guest_pointer(page()) = child_image();
	guest_must(rb_domain_build(child, page()));
	return child;
}

uint64_t child_running(unsigned vcpus)
{
	uint64_t child = child_built(vcpus);

	guest_must(rb_domain_unpause(child));
	return child;
}

struct child_mailbox child_look(uint64_t child)
{
	guest_must(rb_domain_read(child, CHILD_MAILBOX, page(), sizeof(struct child_mailbox)));
	return *(struct child_mailbox *)guest_pointer(page());
}

void child_begin(uint64_t child, unsigned number, const uint64_t arguments[6])
{
	struct child_mailbox *mailbox = guest_pointer(page());
	const struct child_mailbox now = child_look(child);

	*mailbox = now;
	mailbox->number = number;
	memcpy(mailbox->arguments, arguments, sizeof(mailbox->arguments));
	/* What is called first, then that it is. */
	guest_must(rb_domain_write(child, CHILD_MAILBOX + 16, page() + 16, 56));
	mailbox->wanted = now.done + 1;
	guest_must(rb_domain_write(child, CHILD_MAILBOX, page(), 8));
}

bool child_is_done(uint64_t child)
{
	const struct child_mailbox now = child_look(child);

	return now.wanted == now.done;
}

long child_call_with(uint64_t child, unsigned number, const uint64_t arguments[6], uint64_t *result)
{
	struct child_mailbox now;

	child_begin(child, number, arguments);
	while (!child_is_done(child))
		guest_must(rb_sched_yield());
	now = child_look(child);
	if (result)
		*result = now.result;
	return (long)now.status;
}
