/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains that are built strangely, and that end at a bad moment.
 *
 * cpus: 2
 * timeout: 120
 * options: mem=64M
 *
 * Provokes: a domain destroyed while its vCPUs run on another CPU, wait for a CPU behind others of ten thousand times the weight, or under a cap of one percent,
 * block, are paused; a cap for one that ran long without; ports of domains that end in one order and are destroyed in another; builds whose image, module and boot
 * pages lie in each other, whose image is not there, whose reserve is at 0 or of one chunk.
 * Must: end each at once whatever its share is; let a cap take nothing for what was used before it; touch no port of a third domain; build what the reference allows,
 * and end for its own fault who finds nothing to execute.
 */
#include "test.h"
#include "child.h"

#define MILLISECOND 1000000ul

static uint64_t page;

static const struct rb_domain_info *look(uint64_t id)
{
	uint64_t found;

	guest_must(rb_domain_info(id, page, &found));
	return guest_pointer(page);
}

static void turn(uint64_t child)
{
	const uint64_t turns = child_look(child).turns;

	while (child_look(child).turns == turns)
		guest_must(rb_sched_yield());
}

/* Until a domain is destroyed, in milliseconds. */
static uint64_t destroy_time(uint64_t child)
{
	const uint64_t begin = guest_time();

	guest_must(guest_domain_destroy(child));
	return (guest_time() - begin) / MILLISECOND;
}

/* A child with three vCPUs that run. */
static uint64_t child_wide(void)
{
	const uint64_t child = child_running(3);

	for (uint64_t id = 1; id < 3; id++) {
		long status = child_call(child, RB_HC_VCPU_START, id, CHILD_OFFSET + CHILD_IMAGE, 0, 0, CHILD_RESERVE * 512 + 1, CHILD_FREE + id * GUEST_PAGE);

		/* All of its vCPUs do what one is told. */
		check_quietly(status == RB_OK || status == RB_BUSY, "vCPU %lu: status %ld", id, status);
	}
	return child;
}

/* Two that take both CPUs with all the weight there is; we keep some. */
static void shares(void)
{
	uint64_t strong[2], weak = child_wide(), most = 0, begin;

	turn(weak);
	guest_must(rb_domain_set_share(0, 10000, 0));
	for (unsigned i = 0; i < 2; i++) {
		strong[i] = child_running(1);
		guest_must(rb_domain_set_share(strong[i], 10000, 0));
	}
	guest_must(rb_domain_set_share(weak, 1, 0));
	/* It falls behind: a turn of it is worth ten thousand. */
	for (begin = guest_time(); guest_time() < begin + 300 * MILLISECOND;)
		guest_must(rb_sched_yield());
	check(destroy_time(weak) < 500, "a domain of the least weight is gone at once");
	for (unsigned i = 0; i < 10; i++) {
		uint64_t capped = child_wide(), took;

		turn(capped);
		guest_must(rb_domain_set_share(capped, 100, 1));
		for (begin = guest_time(); guest_time() < begin + 50 * MILLISECOND;)
			guest_must(rb_sched_yield());
		took = destroy_time(capped);
		most = took > most ? took : most;
	}
	check(most < 500, "a domain that waits for its cap is gone at once (%lu ms)", most);
	for (unsigned i = 0; i < 2; i++)
		guest_must(guest_domain_destroy(strong[i]));
}

static void cap(void)
{
	uint64_t child = child_running(1), turns, begin, spent;

	for (begin = guest_time(); guest_time() < begin + 3000 * MILLISECOND;)
		;
	guest_must(rb_domain_set_share(child, 100, 20));
	/* What is left of the period, and a few more. Three seconds at a fifth would take fifteen to pay; a host that is busy makes some debt of its own. */
	for (begin = guest_time(); guest_time() < begin + 200 * MILLISECOND;)
		;
	turns = child_look(child).turns;
	while (child_look(child).turns == turns && guest_time() < begin + 6000 * MILLISECOND)
		;
	check(child_look(child).turns > turns, "a cap counts from when it was set");
	/* It runs alone on its CPU, and nothing else would make that look. */
	spent = look(child)->spent[RB_RUN_STATE_RUNNING];
	for (begin = guest_time(); guest_time() < begin + 1000 * MILLISECOND;)
		;
	spent = look(child)->spent[RB_RUN_STATE_RUNNING] - spent;
	check(spent < 700 * MILLISECOND, "and holds for one that is alone: %lu of 1000 ms", spent / MILLISECOND);
	guest_must(guest_domain_destroy(child));
}

/* In each run state there is. */
static void states(void)
{
	for (unsigned i = 0; i < 60; i++) {
		uint64_t child = child_wide();

		turn(child);
		if (i % 4 == 1)
			child_begin(child, RB_HC_SCHED_WAIT, (const uint64_t[6]){ 0 });
		if (i % 4 == 2)
			(void)rb_domain_pause(child);
		if (i % 4 == 3)
			child_begin(child, RB_HC_VCPU_STOP, (const uint64_t[6]){ 0 });
		for (unsigned turns = 0; turns < i; turns++)
			guest_must(rb_sched_yield());
		guest_must(guest_domain_destroy(child));
	}
	check(true, "sixty domains of three vCPUs ended, in whatever state these were");
}

/* B's port is connected to A's. A ends, B is destroyed, and another one takes B's number and port; then A is destroyed. */
static void ports(void)
{
	uint64_t a = child_running(1), b = child_running(1), again, theirs, ours, port;

	guest_must(child_call_with(a, RB_HC_PORT_ALLOC, (const uint64_t[6]){ b }, &theirs));
	guest_must(child_call_with(b, RB_HC_PORT_BIND, (const uint64_t[6]){ a, theirs }, &port));
	child_begin(a, RB_HC_SHUTDOWN, (const uint64_t[6]){ RB_SHUTDOWN_REASON_POWEROFF });
	while (look(a)->state != RB_DOMAIN_STATE_ENDED)
		guest_must(rb_sched_yield());
	guest_must(guest_domain_destroy(b));
	again = child_running(1);
	guest_must(rb_port_alloc(again, &ours));
	guest_must(child_call_with(again, RB_HC_PORT_BIND, (const uint64_t[6]){ 0, ours }, &theirs));
	check(again == b && theirs == port, "domain %lu has number %lu's place, port %lu that of %lu", again, b, theirs, port);
	guest_must(guest_domain_destroy(a));
	check_status(rb_port_send(ours), RB_OK);
	check_status(child_call(again, RB_HC_PORT_SEND, theirs), RB_OK);
	guest_must(guest_domain_destroy(again));
	check_status(rb_port_send(ours), RB_NOENT);
	guest_must(rb_port_close(ours));
}

/* Runs it, and says how it is. */
static uint32_t state_of(uint64_t child, struct rb_domain_image image)
{
	long status;

	*(struct rb_domain_image *)guest_pointer(page) = image;
	status = rb_domain_build(child, page);
	if (status != RB_OK) {
		note("build: status %ld", status);
		return RB_DOMAIN_STATE_NEW;
	}
	guest_must(rb_domain_unpause(child));
	for (unsigned i = 0; i < 10000 && look(child)->state == RB_DOMAIN_STATE_LIVE; i++)
		guest_must(rb_sched_yield());
	return look(child)->state;
}

static void builds(void)
{
	struct rb_domain_image image;
	uint64_t child;

	/* The hypervisor writes start_info over what is executed first: zeroes and a magic number are no program to speak of. */
	child = child_new(1);
	image = child_image();
	image.boot_start = CHILD_IMAGE;
	check(state_of(child, image) == RB_DOMAIN_STATE_ENDED, "boot pages on the image end the domain, and nothing else");
	guest_must(guest_domain_destroy(child));

	child = child_new(1);
	image = child_image();
	image.module_start = CHILD_IMAGE;
	image.module_bytes = (CHILD_CHUNKS - 1) * GUEST_CHUNK;
	check(state_of(child, image) == RB_DOMAIN_STATE_LIVE, "a module on everything is none of the hypervisor's business");
	guest_must(guest_domain_destroy(child));

	/* Nothing where the image is said to be. */
	guest_must(rb_domain_create(CHILD_CHUNKS, CHILD_RESERVE, 4, 1, &child));
	guest_must(guest_domain_populate(child, 3, 1));
	guest_must(guest_domain_populate(child, CHILD_RESERVE, 1));
	check(state_of(child, child_image()) == RB_DOMAIN_STATE_ENDED, "an image that is not there ends the domain");
	check(look(child)->reason == RB_SHUTDOWN_REASON_CRASH, "as crashed");
	guest_must(guest_domain_destroy(child));

	/* The reserve in front: its first table is frame 0. Of one chunk. */
	guest_must(rb_domain_create(8, 0, 1, 1, &child));
	guest_must(guest_domain_populate(child, 0, 8));
	guest_must(guest_domain_write(child, 1 * GUEST_CHUNK, child_program, (size_t)(child_program_end - child_program)));
	image = child_image();
	image.boot_start = CHILD_BOOT;
	image.image_start = GUEST_CHUNK;
	image.image_end = 2 * GUEST_CHUNK;
	image.entry = CHILD_OFFSET + GUEST_CHUNK;
	check(state_of(child, image) == RB_DOMAIN_STATE_LIVE, "a reserve of one chunk, at 0");
	turn(child);
	check_status(child_call(child, RB_HC_PT_RESERVE_GROW, 0), RB_NOSPACE);
	guest_must(guest_domain_destroy(child));

	/* The image in the direct map, in the middle of which its own boot pages are. */
	child = child_new(1);
	image = child_image();
	image.image_offset = image.direct_base;
	image.entry = image.direct_base + CHILD_IMAGE;
	image.image_start = CHILD_IMAGE;
	image.image_end = CHILD_FREE;
	check(state_of(child, image) == RB_DOMAIN_STATE_LIVE, "an image in the direct map");
	guest_must(guest_domain_destroy(child));

	/* Over another part of the direct map: where its mailbox was to be is its program, over which it writes. */
	child = child_new(1);
	image.image_offset = image.direct_base + GUEST_CHUNK;
	image.entry = image.image_offset + CHILD_IMAGE;
	check(state_of(child, image) == RB_DOMAIN_STATE_ENDED, "an image over the direct map of something else is its domain's end only");
	guest_must(guest_domain_destroy(child));

	/* Over the direct map of the reserve: it must not become writable there. */
	child = child_new(1);
	image = child_image();
	image.image_offset = image.direct_base + (CHILD_RESERVE - 1) * GUEST_CHUNK;
	image.entry = image.image_offset + CHILD_IMAGE;
	check(state_of(child, image) == RB_DOMAIN_STATE_LIVE, "an image over the direct map of the reserve");
	guest_must(guest_domain_destroy(child));
}

int main(struct rb_start_info *start)
{
	struct rb_machine_info *machine;
	uint32_t before;
	uint64_t child;

	(void)start;
	page = guest_page();
	machine = guest_pointer(page);
	/* What the hypervisor keeps for the next domain of a number is made now. */
	for (unsigned i = 0; i < 6; i++)
		guest_must(rb_domain_create(1, 0, 1, 3, &child));
	for (; child; child--)
		guest_must(guest_domain_destroy(child));
	guest_must(rb_machine_info(page));
	before = machine->free_chunks;
	builds();
	ports();
	states();
	cap();
	shares();
	guest_must(rb_machine_info(page));
	check(machine->free_chunks == before, "%u chunks are free, %u before", machine->free_chunks, before);
	return test_end();
}
