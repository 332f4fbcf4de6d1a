/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains that are made, used and destroyed.
 *
 * cpus: 2
 * timeout: 400
 * options: mem=64M
 *
 * Provokes: a second domain that calls, is paused, written to, read, and destroyed while it runs; one that crashes; a thousand of them one after the other.
 * Must: give back every chunk, zero what the next one gets, leave nothing of it on any CPU, and keep all invariants (I-2 to I-10, I-14).
 */
#include "test.h"
#include "child.h"

#define CYCLES 1000

static struct rb_machine_info *machine;
static uint64_t machine_page;

static uint32_t free_chunks(void)
{
	guest_must(rb_machine_info(machine_page));
	return machine->free_chunks;
}

static void use(void)
{
	uint64_t child = child_running(1), version, mine;
	static const char words[] = "words of a child\n";

	guest_must(rb_info_version(&mine));
	check(child_call_with(child, RB_HC_INFO_VERSION, (const uint64_t[6]){ 0 }, &version) == RB_OK && version == mine, "domain %lu answers", child);
	guest_must(guest_domain_write(child, CHILD_FREE, words, sizeof(words) - 1));
	check_status(child_call(child, RB_HC_CONSOLE_WRITE, CHILD_FREE, sizeof(words) - 1), RB_OK);
	check_status(child_call(child, RB_HC_DOMAIN_DESTROY, 0), RB_PERM);
	check_status(guest_domain_destroy(child), RB_OK);
	check_status(rb_domain_pause(child), RB_NOENT);
}

static void pause(void)
{
	uint64_t child = child_running(1), turns;

	guest_must(guest_domain_pause(child));
	turns = child_look(child).turns;
	for (unsigned i = 0; i < 1000; i++)
		guest_must(rb_sched_yield());
	check(child_look(child).turns == turns, "a domain that is paused does not go on");
	guest_must(rb_domain_unpause(child));
	while (child_look(child).turns == turns)
		guest_must(rb_sched_yield());
	check(true, "and does when it is unpaused");
	guest_must(guest_domain_destroy(child));
}

/* Nothing of the one before is in what the next one gets: all free memory is given away and looked at. */
static void scrub(void)
{
	uint64_t child = child_new(1), page = guest_page(), any = 0;
	uint64_t *words = guest_pointer(page);
	const uint32_t before = free_chunks();
	uint64_t big;

	memset(words, 0x5a, GUEST_PAGE);
	for (uint64_t at = CHILD_FREE; at < CHILD_RESERVE * GUEST_CHUNK; at += GUEST_PAGE)
		guest_must(rb_domain_write(child, at, page, GUEST_PAGE));
	guest_must(guest_domain_destroy(child));
	guest_must(rb_domain_create(before, before - 1, 1, 1, &big));
	guest_must(guest_domain_populate(big, 0, before - 1));
	for (uint64_t at = 0; at < (before - 1) * GUEST_CHUNK; at += GUEST_PAGE) {
		guest_must(rb_domain_read(big, at, page, GUEST_PAGE));
		for (unsigned i = 0; i < GUEST_PAGE / 8; i++)
			any |= words[i];
	}
	check(!any, "all of %u free chunks are zero when they are given away", before - 1);
	guest_must(guest_domain_destroy(big));
}

static void crash(void)
{
	uint64_t child = child_running(1), id;
	const struct rb_domain_info *info = guest_pointer(machine_page);

	child_begin(child, RB_HC_SHUTDOWN, (const uint64_t[6]){ RB_SHUTDOWN_REASON_CRASH, 7 });
	do {
		guest_must(rb_sched_yield());
		guest_must(rb_domain_info(child, machine_page, &id));
	} while (info->state != RB_DOMAIN_STATE_ENDED);
	check(info->reason == RB_SHUTDOWN_REASON_CRASH && info->code == 7, "reason %u, code %u", info->reason, info->code);
	check(!child_is_done(child), "its memory can be read");
	guest_must(guest_domain_destroy(child));
}

int main(struct rb_start_info *start)
{
	uint32_t before;

	(void)start;
	machine_page = guest_page();
	machine = guest_pointer(machine_page);
	use();
	before = free_chunks();
	use();
	pause();
	crash();
	scrub();
	for (unsigned i = 0; i < CYCLES; i++) {
		uint64_t child = i % 2 ? child_running(1 + i % 3) : child_new(1);

		if (i % 4 == 1)
			guest_must(rb_sched_yield());
		if (i % 4 == 3)
			child_call(child, RB_HC_INFO_VERSION, 0);
		guest_must(guest_domain_destroy(child));
	}
	check(free_chunks() == before, "%u chunks are free after %u domains, %u before", free_chunks(), CYCLES, before);
	return test_end();
}
