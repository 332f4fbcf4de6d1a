/* SPDX-License-Identifier: GPL-2.0-only */
/* Linked into every test guest; see test.h. */
#include "test.h"

struct guest_regs test_regs;
uint64_t *user_data;

static unsigned failed_count;

bool test_check(bool holds, const char *file, int line, const char *format, ...)
{
	va_list arguments;

	guest_printf(holds ? "  ok: " : "  FAILED: %s:%d: ", file, line);
	va_start(arguments, format);
	guest_vprintf(format, arguments);
	va_end(arguments);
	guest_printf("\n");
	failed_count += !holds;
	return holds;
}

void test_status(long status, long wanted, const char *call, const char *file, int line)
{
	if (status == wanted)
		test_check(true, file, line, "%s: %ld", call, status);
	else
		test_check(false, file, line, "%s: %ld instead of %ld", call, status, wanted);
}

void note(const char *format, ...)
{
	va_list arguments;

	guest_printf("  note: ");
	va_start(arguments, format);
	guest_vprintf(format, arguments);
	va_end(arguments);
	guest_printf("\n");
}

int test_end(void)
{
	uint64_t violations = 0;
	long status;

	guest_events_off();
	status = rb_debug_check(&violations);
	if (guest_start->features & RB_FEATURE_DEBUG_CHECK)
		check(status == RB_OK && violations == 0, "debug_check: status %ld, %lu violations", status, violations);
	else
		check(status == RB_NOSYS, "no debug_check in this build");
	guest_printf("%u checks failed\n", failed_count);
	return failed_count ? 1 : 0;
}

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

/* ---------------- user mode */
extern const char guest_user_text[], guest_user_text_end[];

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
