/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every call's limits, through the gate of the running hypervisor.
 *
 * Provokes: every refusal of the conformance vectors that are generated with the interface (limits of each argument, registers that carry none,
 * numbers of no call), and random numbers of no call.
 * Must: return the status that the vector says, a zero result, zero where the interface says so, and keep the kept registers.
 */
#include "test.h"
#include "vectors.h"

/* In: argument, RAX at 0, RDI RSI RDX R10 R8 R9 at 8 on. Out: RAX; RDX; the registers that must be zero, ORed; the kept ones, compared. */
struct raw {
	uint64_t rax, arg[6];
	uint64_t status, result, zeroed, kept_lost;
};

void raw_call(struct raw *raw);
__asm__(".pushsection .text; raw_call:\n"
	"push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15; push %rdi\n"
	"mov (%rdi), %rax; mov 16(%rdi), %rsi; mov 24(%rdi), %rdx; mov 32(%rdi), %r10; mov 40(%rdi), %r8; mov 48(%rdi), %r9; mov 8(%rdi), %rdi\n"
	"mov $0x1b1b1b1b, %rbx; mov $0x2b2b2b2b, %rbp; mov $0x3b3b3b3b, %r12; mov $0x4b4b4b4b, %r13; mov $0x5b5b5b5b, %r14; mov $0x6b6b6b6b, %r15\n"
	"syscall\n"
	"xor $0x1b1b1b1b, %rbx; xor $0x2b2b2b2b, %rbp; xor $0x3b3b3b3b, %r12; xor $0x4b4b4b4b, %r13; xor $0x5b5b5b5b, %r14; xor $0x6b6b6b6b, %r15\n"
	"or %rbp, %rbx; or %r12, %rbx; or %r13, %rbx; or %r14, %rbx; or %r15, %rbx\n"
	"or %rsi, %rdi; or %r8, %rdi; or %r9, %rdi; or %r10, %rdi; mov %rdi, %rcx\n"
	"pop %rdi; mov %rax, 56(%rdi); mov %rdx, 64(%rdi); mov %rcx, 72(%rdi); mov %rbx, 80(%rdi)\n"
	"pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret; .popsection");

static bool raw_is_sane(const struct raw *raw)
{
	return raw->zeroed == 0 && raw->kept_lost == 0;
}

static void try_vectors(void)
{
	unsigned tried = 0, wrong = 0;

	for (unsigned i = 0; i < sizeof(rb_vectors) / sizeof(rb_vectors[0]); i++) {
		const struct rb_vector *vector = &rb_vectors[i];
		struct raw raw = { .rax = vector->nr };

		if (vector->status == RB_OK)
			continue;
		memcpy(raw.arg, vector->arg, sizeof(raw.arg));
		raw_call(&raw);
		tried++;
		if ((long)raw.status != vector->status || raw.result || !raw_is_sane(&raw)) {
			wrong++;
			check_quietly(false, "%s: status %ld result %lx zeroed %lx kept %lx", vector->what, raw.status, raw.result,
				      raw.zeroed, raw.kept_lost);
		}
	}
	check(wrong == 0 && tried > 100, "%u malformed calls refused", tried);
}

static void try_unknown(void)
{
	static const uint64_t numbers[] = { RB_NR_CALLS, RB_NR_CALLS + 1, 0xff, 0x100, 0xffff, 1ul << 31, 1ul << 32, (1ul << 32) + RB_HC_SHUTDOWN,
					    1ul << 63, (1ul << 63) + RB_HC_SHUTDOWN, ~0ul };
	bool all_refused = true;

	for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct raw raw = { .rax = numbers[i], .arg = { ~0ul, ~0ul, ~0ul, ~0ul, ~0ul, ~0ul } };

		raw_call(&raw);
		all_refused &= (long)raw.status == RB_NOSYS && !raw.result && raw_is_sane(&raw);
	}
	check(all_refused, "numbers of no call: NOSYS, whatever the arguments");
}

static void try_known(void)
{
	struct raw raw = { .rax = RB_HC_INFO_VERSION };

	raw_call(&raw);
	check(raw.status == RB_OK && raw.result == RB_ABI_VERSION && raw_is_sane(&raw), "a call that succeeds keeps and zeroes registers");
}

int main(struct rb_start_info *start)
{
	try_vectors();
	try_unknown();
	try_known();
	return test_end();
}
