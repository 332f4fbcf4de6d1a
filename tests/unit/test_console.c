/* SPDX-License-Identifier: GPL-2.0-only */
/* Several domains on one console: whose lines are whose, on a line that takes few bytes at a time; and whose is what is typed. */

#include "suite.h"

#include "dev/console.h"
#include "dev/serial.h"
#include "vm/domain.h"
#include "vm/event.h"

/* ---------------- the machine around it */

static char output[8192];
static size_t output_bytes;
static size_t room;		/* bytes that the line takes for now */
static const char *typed;

struct domain *domains[DOMAINS_MAX];
u32 domains_end;
static struct domain domain[3];
static struct vcpu vcpu[3];
static u32 raised[3];

void console_lock(void) { }
void console_unlock(void) { }
void console_share(void) { }

bool console_is_mid_line(void)
{
	return output_bytes && output[output_bytes - 1] != '\n';
}

void console_put(const char *text)
{
	while (*text)
		output[output_bytes++] = *text++;
}

size_t console_put_some(const void *bytes, size_t count)
{
	const size_t taken = MIN(count, room);

	memcpy(output + output_bytes, bytes, taken);
	output_bytes += taken;
	room -= taken;
	return taken;
}

bool serial_receive(u8 *byte)
{
	if (!*typed)
		return false;
	*byte = (u8)*typed++;
	return true;
}

struct domain *domain_find(u64 id)
{
	return id < domains_end && !domains[id]->ending ? domains[id] : NULL;
}

void event_raise(struct vcpu *v, u32 vector)
{
	assert_int_equal(vector, RB_VECTOR_CONSOLE);
	raised[v->id]++;
}

/* ---------------- */

static void write_all(u32 id, const char *text, size_t room_each)
{
	size_t left = strlen(text);

	for (u32 turn = 0; left; turn++) {
		size_t written;

		assert_true(turn < 2000);
		room = room_each;
		written = domain_console_write(&domain[id], text, left);
		assert_true(written <= left);
		text += written;
		left -= written;
	}
}

static void shown(const char *text)
{
	output[output_bytes] = 0;
	assert_string_equal(output, text);
	output_bytes = 0;
}

static void type(const char *text)
{
	typed = text;
	domain_console_interrupt();
}

static const char *taken(u32 id)
{
	static char buffer[CONSOLE_INPUT_BYTES + 1];

	buffer[domain_console_read(&domain[id], buffer, CONSOLE_INPUT_BYTES)] = 0;
	return buffer;
}

/* Domain 0 alone, then the others too. Runs in this order: that the console is shared is never taken back. */
static void test_alone(void **state)
{
	(void)state;
	for (u32 i = 0; i < 3; i++) {
		domains[i] = &domain[i];
		domain[i].id = vcpu[i].id = i;
		domain[i].vcpus[0] = &vcpu[i];
	}
	domains_end = 1;
	domain_console_added(&domain[0]);
	write_all(0, "one\r\ntwo", 3);
	shown("one\r\ntwo");
	type("ab\x1d");
	assert_int_equal(raised[0], 1);
	assert_string_equal(taken(0), "ab\x1d");
	domains_end = 3;
	domain_console_added(&domain[1]);
	domain_console_added(&domain[2]);
}

static void test_lines(void **state)
{
	for (size_t each = 1; each < 100; each += each < 20 ? 1 : 40) {
		(void)state;
		write_all(0, "zero\r\n", each);
		write_all(1, "one\r\n", each);
		write_all(0, "start", each);
		write_all(1, "half", each);
		write_all(0, " end\r\n", each);
		write_all(2, "two\n\nthree\r\n", each);
		write_all(1, " whole\r\n", each);
		shown("[00] zero\r\n[01] one\r\n[00] start end\r\n[02] two\r\n[02] \r\n[02] three\r\n[01] half whole\r\n");
	}
}

static void test_prompt(void **state)
{
	(void)state;
	write_all(0, "~ # ", 100);
	write_all(1, "hello\r\n", 100);
	write_all(0, "ls\r\n", 100);
	shown("[00] ~ # \r\n[01] hello\r\n[00] ls\r\n");
}

static void test_long_line(void **state)
{
	char text[CONSOLE_LINE_BYTES + 12], expected[2 * sizeof(text)];

	(void)state;
	memset(text, 'x', CONSOLE_LINE_BYTES + 10);
	strcpy(text + CONSOLE_LINE_BYTES + 10, "\n");
	sprintf(expected, "[01] %.*s\r\n[01] xxxxxxxxxx\r\n", CONSOLE_LINE_BYTES, text);
	write_all(1, text, 7);
	shown(expected);
}

/* One whose line is half sent, and who does not come again: the others send the rest. */
static void test_unfinished(void **state)
{
	(void)state;
	room = 2;
	assert_int_equal(domain_console_write(&domain[1], "half\n", 5), 4);
	room = 0;
	assert_int_equal(domain_console_write(&domain[2], "other\n", 6), 0);
	write_all(2, "other\n", 3);
	shown("[01] half\r\n[02] other\r\n");
	write_all(1, "\n", 100);
	shown("");
	write_all(1, "\n", 100);
	shown("[01] \r\n");
}

static void test_busy(void **state)
{
	(void)state;
	room = 0;
	assert_int_equal(domain_console_write(&domain[0], "x", 1), 0);
	write_all(0, "x\n", 1);
	shown("[00] x\n");
}

static void test_input(void **state)
{
	(void)state;
	memset(raised, 0, sizeof(raised));
	type("zero\n");
	type("\x1done");
	assert_string_equal(taken(0), "zero\n");
	assert_string_equal(taken(1), "one");
	assert_int_equal(raised[0], 1);
	assert_int_equal(raised[1], 1);
	type("\x1d""2\x1d""0");
	assert_string_equal(taken(2), "2");
	assert_string_equal(taken(0), "0");
	assert_string_equal(taken(1), "");
}

static void test_input_full(void **state)
{
	char text[CONSOLE_INPUT_BYTES + 2];

	(void)state;
	memset(text, 'y', CONSOLE_INPUT_BYTES);
	strcpy(text + CONSOLE_INPUT_BYTES, "z");
	type(text);
	type("z");
	text[CONSOLE_INPUT_BYTES] = 0;
	assert_string_equal(taken(0), text);
}

/* The one in the foreground ends: what it had collected is shown, and the next one is in the foreground. */
static void test_ended(void **state)
{
	(void)state;
	write_all(1, "last words", 100);
	domain[1].ending = true;
	domain_console_ended(&domain[1]);
	shown("[01] last words\r\n");
	assert_string_equal(taken(1), "");
	type("a");
	domain[0].ending = true;
	domain_console_ended(&domain[0]);
	type("b");
	assert_string_equal(taken(2), "b");
	write_all(2, "now ", 100);
	shown("[02] now ");
	type("\x1d""c");
	assert_string_equal(taken(2), "c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alone), cmocka_unit_test(test_lines), cmocka_unit_test(test_prompt), cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_unfinished), cmocka_unit_test(test_busy), cmocka_unit_test(test_input), cmocka_unit_test(test_input_full),
		cmocka_unit_test(test_ended),
	};

	return suite_run("console", tests);
}
