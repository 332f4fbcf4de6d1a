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
