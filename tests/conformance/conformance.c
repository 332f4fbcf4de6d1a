/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs an image's tests and tells the runner (session.py) what comes of them, in lines that begin with @ (each after a newline: tests may print):
 *	@test ID			a test begins
 *	@pass ID, @skip ID WHY, @error ID WHY, @fail ID WHY	it ended
 *	@alone ID			not run: it wants a machine of its own
 *	@bochs ID			not run: it is for Bochs
 *	@ends ID STATUS TEXT		what comes must end the machine so
 *	@shows ID HEX			these bytes must be on the console by the end of the test, once
 *	@type ID TEXT			type this line
 *	@done				all have run
 *
 * Words of the command line: only=ID, that test, alone or not; after=ID, those that follow.
 */
#include "conformance.h"

extern const struct test guest_tables[], guest_tables_end[];

uint64_t result;

static const char *const verdict_words[] = {
#define V(name) #name,
	VERDICTS(V)
#undef V
};

static const struct test *test_now;
static bool has_verdict;

void verdict(enum verdict verdict, const char *file, int line, const char *format, ...)
{
	const struct guest_regs none = { 0 };
	va_list arguments;

	has_verdict = true;
	guest_printf("\n@%s %s %s:%d: ", verdict_words[verdict], test_now->id, file, line);
	va_start(arguments, format);
	guest_vprintf(format, arguments);
	va_end(arguments);
	guest_printf("\n");
	/* A bare test is not caught, and ends with its machine. */
	if (!guest_catch_sp) {
		guest_printf("@done\n");
		guest_exit(0);
	}
	guest_caught(&none);
}

static bool is_alone(const struct test *test)
{
	return test->alone || test->bare || test->hypervisor || test->again || test->cpus;
}

void ends(unsigned status, const char *line)
{
	need(is_alone(test_now), "a test that ends the machine must be alone");
	guest_printf("\n@ends %s %u %s\n", test_now->id, status, line);
}

void shows(const void *bytes, size_t count)
{
	guest_printf("\n@shows %s ", test_now->id);
	for (size_t i = 0; i < count; i++)
		guest_printf("%02x", ((const uint8_t *)bytes)[i]);
	guest_printf("\n");
}

void type_line(const char *text)
{
	guest_printf("\n@type %s %s\n", test_now->id, text);
}

static void test_body(void *argument)
{
	test_now->run();
}

/* After each, in a debug build: whatever the test did, the hypervisor's own invariants hold. */
static uint64_t violations(void)
{
	uint64_t found = 0;

	guest_events_off();
	if (guest_start->features & RB_FEATURE_DEBUG_CHECK)
		guest_must(rb_debug_check(&found));
	return found;
}

static void test_run(const struct test *test)
{
	struct guest_regs regs;
	uint64_t found;

	world_reset();
	test_now = test;
	has_verdict = false;
	guest_printf("@test %s\n", test->id);
	if (guest_catch(test_body, NULL, &regs) && !has_verdict) {
		has_verdict = true;
		guest_printf("\n@error %s exception %u, error code %#lx, data %#lx, at %#lx\n", test->id, guest_vector(&regs), regs.error_code, regs.data,
			     regs.ip);
	}
	found = violations();
	if (found)
		guest_printf("\n@fail %s the hypervisor finds %lu violations of its invariants\n", test->id, found);
	else if (!has_verdict)
		guest_printf("\n@pass %s\n", test->id);
}

/* The value of a word NAME=VALUE of the command line, or NULL. */
static const char *option(const char *name, char *value, size_t room)
{
	const char *word = strstr((const char *)guest_start->command_line, name);
	size_t length = 0;

	if (!word)
		return NULL;
	for (word += strlen(name); word[length] && word[length] != ' ' && length < room - 1; length++)
		value[length] = word[length];
	value[length] = 0;
	return value;
}

static bool is_same(const char *a, const char *b)
{
	return strlen(a) == strlen(b) && !memcmp(a, b, strlen(a));
}

static const struct test *test_find(const char *id)
{
	for (const struct test *test = guest_tables; test < guest_tables_end; test++)
		if (is_same(test->id, id))
			return test;
	return NULL;
}

/* In place of the library's: a bare test begins here. */
void guest_begin(struct rb_start_info *start) __attribute__((noreturn));
int main(struct rb_start_info *start);
void guest_begin(struct rb_start_info *start)
{
	char only[128];

	guest_start = start;
	guest_vcpu = guest_pointer(start->vcpu_page);
	test_now = option(" only=", only, sizeof(only)) ? test_find(only) : NULL;
	if (test_now && test_now->bare) {
		guest_printf("@test %s\n", test_now->id);
		test_now->run();
		guest_printf("\n@pass %s\n@done\n", test_now->id);
		guest_exit(0);
	}
	guest_set_entry(0);
	guest_exit((unsigned)main(start));
}

int main(struct rb_start_info *start)
{
	static char only_room[128], after_room[128];
	const char *only = option(" only=", only_room, sizeof(only_room)), *after = option(" after=", after_room, sizeof(after_room));

	world_begin();
	for (const struct test *test = guest_tables; test < guest_tables_end; test++) {
		if (only ? !is_same(test->id, only) : after != NULL) {
			after = after && is_same(test->id, after) ? NULL : after;
			continue;
		}
		if (test->bochs && is_tcg())
			guest_printf("@bochs %s\n", test->id);
		else if (is_alone(test) && !only)
			guest_printf("@alone %s\n", test->id);
		else
			test_run(test);
	}
	/* What the last one left must not keep the machine running. */
	image_reset();
	guest_printf("@done\n");
	return 0;
}
