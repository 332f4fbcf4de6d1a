/* SPDX-License-Identifier: GPL-2.0-only */
/* Boot manifests: what is understood, and where and why the rest is refused. */

#include "suite.h"

#include "boot/plan.h"
#include "sched/group.h"

struct boot_info boot_info;

static void module_add(const char *command_line)
{
	strcpy(boot_info.modules[boot_info.module_count++].command_line, command_line);
}

static int start(void **state)
{
	(void)state;
	memset(&boot_info, 0, sizeof(boot_info));
	module_add("vmlinux is not me: the manifest itself");
	module_add("vmlinux 6.12");
	module_add("initrd");
	module_add("");
	return 0;
}

static struct plans plans;
static u32 line;

/* On the heap without a terminating zero: reading beyond the end is noticed. */
static const char *parse(const char *text)
{
	static char *copy;
	const size_t bytes = strlen(text);

	free(copy);
	copy = malloc(bytes ? bytes : 1);
	memcpy(copy, text, bytes);
	return manifest_parse(&plans, copy, bytes, &line);
}

static void assert_command(const struct plan *plan, const char *command)
{
	assert_int_equal(plan->command_bytes, strlen(command));
	assert_memory_equal(plan->command, command, plan->command_bytes);
}

static void test_all_keys(void **state)
{
	const struct plan *p = plans.plan;

	(void)state;
	assert_null(parse("# two\n"
			  "domain web\n"
			  "  kernel = vmlinux\r\n"
			  "\tmodule=initrd\n"
			  "memory = 256M  \n"
			  "vcpus = 64\n"
			  "weight = 10000\n"
			  "cap = 150\n"
			  "ptres = 5\n"
			  "ptquota = 50\n"
			  "pin = yes\n"
			  "  command =  console=hvc0 a=b  c \n"
			  "\n"
			  "  # a comment\n"
			  "domain b\n"
			  "kernel = vmlinux\n"
			  "memory = 1G"));
	assert_int_equal(plans.count, 2);
	assert_string_equal(p->name, "web");
	assert_ptr_equal(p->kernel, &boot_info.modules[1]);
	assert_ptr_equal(p->module, &boot_info.modules[2]);
	assert_int_equal(p->memory, 256ul << 20);
	assert_int_equal(p->vcpus, 64);
	assert_int_equal(p->weight, 10000);
	assert_int_equal(p->cap, 150);
	assert_int_equal(p->reserve, 5);
	assert_int_equal(p->reserve_most, 50);
	assert_true(p->is_pinned);
	assert_command(p, "console=hvc0 a=b  c");

	p++;
	assert_string_equal(p->name, "b");
	assert_ptr_equal(p->kernel, &boot_info.modules[1]);
	assert_null(p->module);
	assert_int_equal(p->memory, 1ul << 30);
	assert_int_equal(p->vcpus, 1);
	assert_int_equal(p->weight, RUN_WEIGHT);
	assert_int_equal(p->cap, 0);
	assert_int_equal(p->reserve, 0);
	assert_false(p->is_pinned);
	assert_command(p, "");
}

#define GOOD "domain a\nkernel = vmlinux\nmemory = 64M\n"

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		u32 line;
		const char *why;
	} cases[] = {
		{ "", 0, "no domain" },
		{ "# nothing\n\n", 2, "no domain" },
		{ "kernel = vmlinux\n", 1, "must come first" },
		{ "domain\n", 1, "name" },
		{ "domain a b\n", 1, "one word" },
		{ "domain abcdefghijklmnopqrstuvwxyz012345\n", 1, "too long" },
		{ "domains a\n", 1, "neither" },
		{ GOOD "nonsense\n", 4, "neither" },
		{ GOOD "colour = red\n", 4, "no such key" },
		{ GOOD " = red\n", 4, "no such key" },
		{ GOOD "kernel = vmlinu\n", 4, "no module" },
		{ GOOD "kernel = vmlinux2\n", 4, "no module" },
		{ GOOD "module = 6.12\n", 4, "no module" },
		{ GOOD "memory = 64Q\n", 4, "no number" },
		{ GOOD "memory = M\n", 4, "no number" },
		{ GOOD "memory = \n", 4, "no number" },
		{ GOOD "memory = -1\n", 4, "no number" },
		{ GOOD "memory = 99999999999G\n", 4, "no number" },
		{ GOOD "memory = 1M\n", 4, "too small" },
		{ GOOD "vcpus = 0\n", 4, "too small" },
		{ GOOD "vcpus = 65\n", 4, "too large" },
		{ GOOD "weight = 0\n", 4, "too small" },
		{ GOOD "weight = 10001\n", 4, "too large" },
		{ GOOD "cap = 6401\n", 4, "too large" },
		{ GOOD "ptres = 0\n", 4, "too small" },
		{ GOOD "ptquota = 16385\n", 4, "too large" },
		{ GOOD "pin = maybe\n", 4, "neither yes nor no" },
		{ "domain a\nmemory = 64M\n", 2, "no kernel" },
		{ "domain a\nkernel = vmlinux\n", 2, "no memory" },
		{ "domain a\nkernel = vmlinux\n" GOOD, 3, "no memory" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		const char *why = parse(cases[i].text);

		if (!why || !strstr(why, cases[i].why) || line != cases[i].line)
			fail_msg("case %zu: line %u: %s", i, line, why ? why : "accepted");
	}
}

static void test_too_many(void **state)
{
	char text[(PLANS_MAX + 1) * sizeof(GOOD)] = "";

	(void)state;
	for (u32 i = 0; i < PLANS_MAX; i++)
		strcat(text, GOOD);
	assert_null(parse(text));
	assert_int_equal(plans.count, PLANS_MAX);
	strcat(text, GOOD);
	assert_non_null(strstr(parse(text), "too many"));
	assert_int_equal(line, PLANS_MAX * 3 + 1);
}

static void test_long_command(void **state)
{
	char text[sizeof(GOOD) + 32 + BOOT_MODULE_COMMAND_BYTES] = GOOD "command = ";

	(void)state;
	memset(text + strlen(text), 'x', BOOT_MODULE_COMMAND_BYTES - 1);
	assert_null(parse(text));
	strcat(text, "x");
	assert_non_null(strstr(parse(text), "too long"));
}

/* Whatever bytes there are: refused or not, but nothing beyond them is touched. */
static void test_any_bytes(void **state)
{
	static const char letters[] = "domain kernel=memory 6\n\n= #\tvlinuxM";
	u32 random = 1;

	(void)state;
	for (u32 i = 0; i < 20000; i++) {
		char text[64] = "";
		u32 length = i % 60;

		for (u32 n = 0; n < length; n++) {
			random = random * 1103515245 + 12345;
			text[n] = letters[(random >> 16) % (sizeof(letters) - 1)];
		}
		parse(text);
		assert_true(plans.count <= PLANS_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_all_keys, start),
		cmocka_unit_test_setup(test_refused, start),
		cmocka_unit_test_setup(test_too_many, start),
		cmocka_unit_test_setup(test_long_command, start),
		cmocka_unit_test_setup(test_any_bytes, start),
	};

	return suite_run("manifest", tests);
}
