/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the conformance guests share. A test is one statement of the reference: its id, its sentence word for word, and a body that shows the sentence
 * to be true or fails. An image is one file of tests; main (conformance.c) runs them one after the other, each in the same world (world.h).
 *
 *	TEST("port_close.NOENT.not_in_use", "The port is not in use.")
 *	{
 *		refused(RB_NOENT, rb_port_close(5));
 *	}
 *
 * Five verdicts: pass; skip, the statement is not about this build or machine; error, the test could not do its own work; fail, the
 * statement does not hold; crash, which only the runner can tell: the machine ended, or hung, before the test did. The first check that does not hold ends the test.
 *
 * After the sentence, a test may have marks:
 *	.alone = true		on a machine of its own: it ends the domain, or leaves what cannot be put right
 *	.hypervisor = "WORDS"	alone, with these options of the hypervisor
 *	.bare = true		alone, and before the guest has set anything: no entry points, no world
 *	.again = "WORD"		alone, and a second time with this word on the command line (test_option); with "module" there is a second module then
 *	.cpus = N		alone, on a machine of so many processors
 *	.bochs = "WHY"		on Bochs, which models what QEMU does not
 */
#pragma once

#include "../guest/try.h"
#include "world.h"

struct test {
	const char *id, *says;
	void (*run)(void);
	bool alone, bare;
	const char *hypervisor, *again, *bochs;
	unsigned cpus;
};

#define TEST(identity, sentence, ...) TEST_AT(__LINE__, identity, sentence, ##__VA_ARGS__)
#define TEST_AT(line, ...) TEST_NAMED(line, __VA_ARGS__)
#define TEST_NAMED(line, identity, sentence, ...)								\
	static void test_##line(void);										\
	/* The linker gathers them (guest.lds). */								\
	static const struct test test_entry_##line __attribute__((section(".tables"), used, aligned(8))) =	\
		{ .id = identity, .says = sentence, .run = test_##line, ##__VA_ARGS__ };			\
	static void test_##line(void)

/* Ends the test with a verdict. */
#define VERDICTS(V) V(pass) V(skip) V(error) V(fail)
enum verdict {
#define V(name) VERDICT_##name,
	VERDICTS(V)
#undef V
};
void verdict(enum verdict verdict, const char *file, int line, const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The statement: this must hold. */
#define expect(holds, ...) ((holds) ? (void)0 : verdict(VERDICT_fail, __FILE__, __LINE__, __VA_ARGS__))
#define expect_equal(value, wanted) ({										\
	uint64_t _value = (uint64_t)(value), _wanted = (uint64_t)(wanted);					\
	expect(_value == _wanted, "%s is %#lx, not %#lx", #value, _value, _wanted); })
/* A call takes effect. */
#define accepted(call) ({											\
	long _status = (call);											\
	expect(_status == RB_OK, "%s: status %ld", #call, _status); })
/* A call is refused with this status, its result (&result) is zero, and nothing that a guest can see has changed. */
#define refused(wanted, call) ({										\
	long _status;												\
														\
	world_look();												\
	result = RESULT_UNTOUCHED;										\
	_status = (call);											\
	expect(_status == (wanted), "%s: status %ld, not %s", #call, _status, #wanted);				\
	expect(result == RESULT_UNTOUCHED || result == 0, "%s: refused, with the result %#lx", #call, result);	\
	expect(!world_change(), "%s: refused, but %s changed", #call, world_change()); })
/* Where results of calls go. */
extern uint64_t result;
#define RESULT_UNTOUCHED 0x756e746f75636864ul

/* The test's own work: without this it can say nothing. */
#define need(holds, ...) ((holds) ? (void)0 : verdict(VERDICT_error, __FILE__, __LINE__, __VA_ARGS__))
#define must(call) ({												\
	long _status = (call);											\
	need(_status == RB_OK, "%s: status %ld", #call, _status); })
#define skip(...) verdict(VERDICT_skip, __FILE__, __LINE__, __VA_ARGS__)

/* What follows must end the machine, with this status (as tests/boot.py has it) and this in a line of the console. For tests that are alone. Called again: and this in a line. */
void ends(unsigned status, const char *line);
#define OFF(code) (2 * (code) + 1)	/* status of a domain that ended itself with a code, neither as REBOOT nor as CRASH with code 0 */
#define RESET 0
#define ENDED_BY_HYPERVISOR OFF(0x40)
/* These bytes must be on the console by the end of the test, once. */
void shows(const void *bytes, size_t count);
/* Has the runner type a line of text on the console. Not on Bochs. */
void type_line(const char *text);

#define EACH(i, array) (unsigned i = 0; i < sizeof(array) / sizeof((array)[0]); i++)
