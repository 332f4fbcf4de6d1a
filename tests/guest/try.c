/* SPDX-License-Identifier: GPL-2.0-only */
/* See try.h. */
#include "try.h"

struct guest_regs test_regs;
uint64_t *user_data;

bool test_option(const char *word)
{
	return strstr((const char *)guest_start->command_line, word) != NULL;
}

bool is_tcg(void)
{
	uint32_t leaf = 0x40000000, name[3];

	__asm__ volatile("cpuid" : "+a"(leaf), "=b"(name[0]), "=c"(name[1]), "=d"(name[2]) : "c"(0));
	return memcmp(name, "TCGTCGTCGTCG", sizeof(name)) == 0;
}

uint64_t counter(enum rb_counter number)
{
	uint64_t value = 0;

	guest_must(rb_info_counter(number, &value));
	return value;
}

int test_try(void (*body)(void *), void *argument)
{
	return guest_catch(body, argument, &test_regs) ? (int)guest_vector(&test_regs) : -1;
}

long kernel_load(uint64_t address, uint64_t *value)
{
	int vector = try_with("mov (%%rdi), %%rax; ud2", address);

	*value = test_regs.rax;
	return vector == 6 ? -1 : vector == 14 ? (long)test_regs.error_code : -2;
}

long kernel_store(uint64_t address)
{
	int vector = try_with("mov %%rdi, (%%rdi); ud2", address);

	return vector == 6 ? -1 : vector == 14 ? (long)test_regs.error_code : -2;
}

struct memory memory;

void memory_find(void)
{
	const uint32_t *machine_map = (const uint32_t *)guest_start->machine_map;
	uint32_t eax = 0x80000008, ebx, ecx = 0, edx, bits;

	if (memory.page)
		return;
	memory.page = guest_machine(guest_page());
	memory.chunk = guest_machine(guest_chunk());
	memory.reserve = guest_machine(guest_start->kernel_root * GUEST_PAGE) & ~(GUEST_CHUNK - 1);
	memory.low = 0x1000;
	memory.hypervisor = 0x200000;
	for (uint64_t chunk = 8; chunk < guest_start->machine_chunk_count; chunk++)
		if (machine_map[chunk] == RB_NO_CHUNK)
			memory.free = chunk * GUEST_CHUNK;
	memory.end = (uint64_t)guest_start->machine_chunk_count * GUEST_CHUNK;
	__asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
	bits = eax & 0xff;
	memory.beyond = 1ul << (bits - 1);
	memory.too_wide = bits < 52 ? 1ul << bits : 0;
}

/* ---------------- user mode */

void user_map(uint64_t root)
{
	uint64_t pages = (uint64_t)(guest_user_text_end - guest_user_text) / GUEST_PAGE;
	uint64_t data = guest_page();

	for (uint64_t i = 0; i < pages; i++)
		guest_map(root, USER_TEXT + i * GUEST_PAGE, guest_physical(guest_user_text) + i * GUEST_PAGE, GUEST_USER);
	guest_map(root, USER_DATA, data, GUEST_USER | GUEST_WRITE | GUEST_NX);
	guest_map(root, USER_STACK - GUEST_PAGE, guest_page(), GUEST_USER | GUEST_WRITE | GUEST_NX);
	user_data = guest_pointer(data);
}

void user_setup(void)
{
	user_map(guest_start->user_root);
}

uint64_t user_address(const char *label)
{
	return USER_TEXT + (uint64_t)(label - guest_user_text);
}

int user_resume(void)
{
	guest_run_user(&test_regs);
	return (int)guest_vector(&test_regs);
}

int user_run(const char *label)
{
	guest_user_regs(&test_regs, user_address(label), USER_STACK);
	return user_resume();
}

bool user_calls(const char *label, uint64_t argument)
{
	guest_user_regs(&test_regs, user_address(label), USER_STACK);
	test_regs.rdi = argument;
	user_resume();
	return guest_is_syscall(&test_regs);
}

/* ---------------- calls with any registers */
__asm__(".pushsection .text; .globl raw_call, raw_call_next; raw_call:\n"
	"push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15; push %rdi\n"
	"mov (%rdi), %rax; mov 16(%rdi), %rsi; mov 24(%rdi), %rdx; mov 32(%rdi), %r10; mov 40(%rdi), %r8; mov 48(%rdi), %r9; mov 8(%rdi), %rdi\n"
	"mov $0x1b1b1b1b, %rbx; mov $0x2b2b2b2b, %rbp; mov $0x3b3b3b3b, %r12; mov $0x4b4b4b4b, %r13; mov $0x5b5b5b5b, %r14; mov $0x6b6b6b6b, %r15\n"
	"syscall\n"
	"raw_call_next:\n"
	"xor $0x1b1b1b1b, %rbx; xor $0x2b2b2b2b, %rbp; xor $0x3b3b3b3b, %r12; xor $0x4b4b4b4b, %r13; xor $0x5b5b5b5b, %r14; xor $0x6b6b6b6b, %r15\n"
	"or %rbp, %rbx; or %r12, %rbx; or %r13, %rbx; or %r14, %rbx; or %r15, %rbx\n"
	"or %rsi, %rdi; or %r8, %rdi; or %r9, %rdi; or %r10, %rdi; mov %rdi, %rcx\n"
	"pop %rdi; mov %rax, 56(%rdi); mov %rdx, 64(%rdi); mov %rcx, 72(%rdi); mov %rbx, 80(%rdi)\n"
	"pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret; .popsection");
