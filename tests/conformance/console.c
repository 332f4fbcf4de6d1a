/* SPDX-License-Identifier: GPL-2.0-only */
/* The console family. What arrives on the other side, the runner sees: shows(), type_line(). */
#include "conformance.h"
#include "limits.h"

/* A chunk of ours, for buffers. */
static uint64_t buffer(void)
{
	static uint64_t chunk;

	if (!chunk)
		chunk = guest_chunk();
	memset(guest_pointer(chunk), 0xee, 2 * GUEST_PAGE);
	return chunk;
}

/* Addresses in no chunk: of the reserve's range, beyond the last. */
static uint64_t no_memory(unsigned which)
{
	const struct rb_memory_range *reserve = &guest_start->memory[1];

	need(reserve->kind == RB_MEMORY_KIND_PAGETABLE && reserve->present < reserve->count, "no reserve that can grow");
	return which ? (uint64_t)guest_start->chunk_count << RB_CHUNK_SHIFT : (uint64_t)(reserve->first_chunk + reserve->present) << RB_CHUNK_SHIFT;
}

static uint64_t page_tables(void)
{
	return guest_start->kernel_root * GUEST_PAGE;
}

/* ---------------- console_write */

/* Bytes that nothing else prints: every value, in an order of its own. */
static void pattern(uint8_t *bytes, size_t count, uint8_t key)
{
	for (size_t i = 0; i < count; i++)
		bytes[i] = (uint8_t)(i * 151 + i / 256 * key + key);
}

TEST("console_write.written", "The first bytes, as many as the result says, are written to the console unchanged and in order.")
{
	uint64_t chunk = buffer();

	pattern(guest_pointer(chunk), 256, 7);
	do {
		accepted(rb_console_write(chunk, 256, &result));
	} while (!result);
	shows(guest_pointer(chunk), result);
}

TEST("console_write.at_most", "The result is at most `bytes`.")
{
	static const uint64_t lengths[] = { 1, 2, 15, 16, 17, 100, 4096 };
	uint64_t chunk = buffer();

	memset(guest_pointer(chunk), '.', GUEST_PAGE);
	for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		accepted(rb_console_write(chunk, lengths[i], &result));
		expect(result <= lengths[i], "%lu of %lu bytes", result, lengths[i]);
	}
}

TEST("console_write.go_on", "A guest that goes on with the rest until nothing is left gets everything written, each byte once.")
{
	uint64_t chunk = buffer(), done = 0;

	pattern(guest_pointer(chunk), 3000, 13);
	while (done < 3000) {
		accepted(rb_console_write(chunk + done, 3000 - done, &result));
		done += result;
	}
	shows(guest_pointer(chunk), 3000);
}

TEST("console_write.no_bytes", "With zero bytes, nothing is written and the result is zero.")
{
	uint64_t chunk = buffer();

	world_look();
	accepted(rb_console_write(chunk, 0, &result));
	expect_equal(result, 0);
	expect(!world_change(), "%s changed", world_change());
	/* Nothing between: the two halves come together. */
	memcpy(guest_pointer(chunk), "<no_bytes>", 10);
	for (uint64_t done = 0; done < 10; done += result) {
		must(rb_console_write(chunk + done, done < 5 ? 5 - done : 10 - done, &result));
		uint64_t half = result;
		accepted(rb_console_write(chunk + 100, 0, &result));
		expect_equal(result, 0);
		result = half;
	}
	shows("<no_bytes>", 10);
}

TEST("console_write.memory_kept", "The bytes in memory stay as they are.")
{
	static uint8_t copy[4096];
	uint64_t chunk = buffer();

	memset(guest_pointer(chunk), '-', GUEST_PAGE);
	memcpy(copy, guest_pointer(chunk), sizeof(copy));
	accepted(rb_console_write(chunk, 4096, &result));
	expect(!memcmp(copy, guest_pointer(chunk), sizeof(copy)), "they changed");
}

TEST("console_write.INVAL.limits", "an argument breaks its limits, or a register that carries no argument is not zero")
{
	uint64_t chunk = buffer();

	memset(guest_pointer(chunk), '.', GUEST_PAGE);
	LIMITS(RB_HC_CONSOLE_WRITE, ARGUMENTS(chunk, 1), BAD({ 0, 1ul << 52 }, { 0, 1ul << 63 }, { 0, ~0ul }, { 1, 4097 }, { 1, (1ul << 32) + 1 }, { 1, ~0ul }),
	       GOOD({ 0, (1ul << 52) - 1 }, { 0, chunk + 1 }, { 1, 0 }, { 1, 4096 }));
}

TEST("console_write.INVAL.two_chunks", "the bytes do not lie in one chunk")
{
	uint64_t end = buffer() + GUEST_CHUNK;

	refused(RB_INVAL, rb_console_write(end - 1, 2, &result));
	refused(RB_INVAL, rb_console_write(end - 4095, 4096, &result));
	*(char *)guest_pointer(end - 1) = '.';
	accepted(rb_console_write(end - 1, 1, &result));
}

TEST("console_write.NOENT.no_memory", "no chunk of the domain is present at the address")
{
	refused(RB_NOENT, rb_console_write(no_memory(0), 1, &result));
	refused(RB_NOENT, rb_console_write(no_memory(1), 1, &result));
	refused(RB_NOENT, rb_console_write((1ul << 52) - 1, 1, &result));
}

TEST("console_write.TYPE.not_data", "the chunk is not DATA")
{
	refused(RB_TYPE, rb_console_write(page_tables(), 1, &result));
}

/* ---------------- console_read */

/* Takes all that comes until it is so many bytes, into a buffer; at most so many at once. */
static void read_all(uint8_t *to, uint64_t count, uint64_t at_once)
{
	uint64_t chunk = buffer();

	for (uint64_t done = 0; done < count; done += result) {
		uint64_t part = count - done < at_once ? count - done : at_once;

		must(rb_console_read(chunk, part, &result));
		need(result <= part, "%lu of %lu bytes", result, part);
		memcpy(to + done, guest_pointer(chunk), result);
		if (!result)
			must(rb_sched_block());
		guest_events_off();
	}
}

static uint8_t typed[4096];

TEST("console_read.in_order", "Bytes are handed over in the order in which they were typed, each once.")
{
	static const char line[] = "the quick brown fox, and 0123456789\n";

	type_line("the quick brown fox, and 0123456789");
	read_all(typed, sizeof(line) - 1, 5);
	expect(!memcmp(typed, line, sizeof(line) - 1), "they are others");
	accepted(rb_console_read(buffer(), 100, &result));
	expect_equal(result, 0);
}

TEST("console_read.none", "When nothing waits the result is zero.")
{
	uint64_t chunk = buffer();

	world_look();
	accepted(rb_console_read(chunk, 4096, &result));
	expect_equal(result, 0);
	expect(!world_change(), "%s changed", world_change());
}

TEST("console_read.at_most", "The result is at most `bytes`.")
{
	uint64_t chunk = buffer(), done = 0;

	type_line("twenty bytes of text");
	while (done < 21) {
		must(rb_sched_block());
		guest_events_off();
		do {
			accepted(rb_console_read(chunk, 3, &result));
			expect(result <= 3, "%lu of 3 bytes", result);
			expect(((uint8_t *)guest_pointer(chunk))[3] == 0xee, "and more in the buffer");
			done += result;
		} while (result);
	}
	expect_equal(done, 21);
}

TEST("console_read.rest_kept", "The buffer beyond the result stays as it is.")
{
	uint64_t chunk = buffer();
	const uint8_t *bytes = guest_pointer(chunk);

	type_line("short");
	while (!fired[RB_VECTOR_CONSOLE])
		must(rb_sched_block());
	guest_events_off();
	accepted(rb_console_read(chunk, 4096, &result));
	expect(result >= 1 && result <= 6, "%lu bytes", result);
	for (uint64_t i = result; i < 2 * GUEST_PAGE; i++)
		expect(bytes[i] == 0xee, "byte %lu is %#x", i, bytes[i]);
	read_all(typed, 6 - result, 6);
}

TEST("console_read.vector", "VECTOR_CONSOLE is raised on vCPU 0 when input arrives.")
{
	type_line("x");
	while (!fired_total())
		must(rb_sched_block());
	guest_events_off();
	expect(fired[RB_VECTOR_CONSOLE] == fired_total(), "another vector than %#x", RB_VECTOR_CONSOLE);
	read_all(typed, 2, 2);
	expect(typed[0] == 'x' && typed[1] == '\n', "read %#x %#x", typed[0], typed[1]);
}

/* Types 1024 bytes, waits until nothing came for a while, and counts what one call after the other hands over. */
static bool all_wait(void)
{
	char line[1024];
	uint64_t chunk = buffer(), quiet;
	unsigned seen;

	for (unsigned i = 0; i < 1023; i++)
		line[i] = "0123456789abcdef"[i * 7 % 16];
	line[1023] = 0;
	type_line(line);
	guest_events_on();
	while (!fired[RB_VECTOR_CONSOLE])
		must(rb_sched_block());
	do {
		seen = fired[RB_VECTOR_CONSOLE];
		for (quiet = guest_time() + 50000000; guest_time() < quiet;)
			__asm__ volatile("pause");
	} while (fired[RB_VECTOR_CONSOLE] != seen);
	guest_events_off();
	accepted(rb_console_read(chunk, 4096, &result));
	memcpy(typed, guest_pointer(chunk), result);
	quiet = result;
	read_all(typed + quiet, 1024 - quiet, 1024);
	line[1023] = '\n';
	expect(!memcmp(typed, line, 1024), "they are others than those typed");
	return quiet == 1024;
}

TEST("console_read.waits", "Up to 1024 typed bytes wait until they are read.")
{
	unsigned rounds = 0;

	/* A busy host may be slow to type: then some come late, and none may be lost. */
	while (!all_wait())
		need(++rounds < 20, "the 1024 bytes never came at once");
}

TEST("console_read.INVAL.limits", "an argument breaks its limits, or a register that carries no argument is not zero")
{
	uint64_t chunk = buffer();

	LIMITS(RB_HC_CONSOLE_READ, ARGUMENTS(chunk, 1), BAD({ 0, 1ul << 52 }, { 0, 1ul << 63 }, { 0, ~0ul }, { 1, 4097 }, { 1, (1ul << 32) + 1 }, { 1, ~0ul }),
	       GOOD({ 0, (1ul << 52) - 1 }, { 0, chunk + 1 }, { 1, 0 }, { 1, 4096 }));
}

TEST("console_read.INVAL.two_chunks", "the buffer does not lie in one chunk")
{
	uint64_t end = buffer() + GUEST_CHUNK;

	refused(RB_INVAL, rb_console_read(end - 1, 2, &result));
	refused(RB_INVAL, rb_console_read(end - 4095, 4096, &result));
	accepted(rb_console_read(end - 1, 1, &result));
}

TEST("console_read.NOENT.no_memory", "no chunk of the domain is present at the address")
{
	refused(RB_NOENT, rb_console_read(no_memory(0), 1, &result));
	refused(RB_NOENT, rb_console_read(no_memory(1), 1, &result));
	refused(RB_NOENT, rb_console_read((1ul << 52) - 1, 1, &result));
}

TEST("console_read.TYPE.not_data", "the chunk is not DATA")
{
	refused(RB_TYPE, rb_console_read(page_tables(), 1, &result));
}
