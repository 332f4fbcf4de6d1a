/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generated dispatch with handlers that only count: the generated vectors, and the numbers that are no calls. A refused
 * call reaches no handler; a call that passes reaches one, once.
 */

#include "suite.h"

#include "dispatch.h"
#include "vectors.h"

extern unsigned handlers_reached;

static void test_vectors(void **state)
{
	u64 result;

	(void)state;
	for (u32 i = 0; i < ARRAY_COUNT(rb_vectors); i++) {
		const struct rb_vector *v = &rb_vectors[i];

		result = 0;
		handlers_reached = 0;
		if (hypercall_dispatch(NULL, v->nr, v->arg, &result) != v->status)
			fail_msg("%s: another status than %d", v->what, v->status);
		if (handlers_reached != (v->status == RB_OK))
			fail_msg("%s: %u handlers reached", v->what, handlers_reached);
	}
}

static void test_numbers(void **state)
{
	static const u64 none[] = { 64, 255, 256, 1ul << 31, 1ul << 32, 1ul << 63, ~0ul };
	const u64 arg[6] = { 0 };
	u64 result;
	u32 known = 0;

	(void)state;
	handlers_reached = 0;
	for (u64 nr = 0; nr < 64; nr++) {
		const bool exists = hypercall_since(nr) != 0;

		known += exists;
		if (!exists)
			assert_int_equal(hypercall_dispatch(NULL, nr, arg, &result), RB_NOSYS);
	}
	assert_true(known > 20);
	for (u32 i = 0; i < ARRAY_COUNT(none); i++) {
		assert_int_equal(hypercall_since(none[i]), 0);
		assert_int_equal(hypercall_dispatch(NULL, none[i], arg, &result), RB_NOSYS);
	}
	assert_int_equal(handlers_reached, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_numbers),
	};

	return suite_run("dispatch", tests);
}
