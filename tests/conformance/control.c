/* SPDX-License-Identifier: GPL-2.0-only */
/* The control family, first part: domains come, get memory, and go; what is told of them and of the machine. */
#include "domains.h"

void image_reset(void)
{
	domains_destroy();
}

/* ---------------- domain_create */

TEST("domain_create.number", "The result is the lowest number that no domain has.")
{
	uint64_t a, b, c;

	accepted(rb_domain_create(16, 12, 4, 1, &a));
	accepted(rb_domain_create(16, 12, 4, 1, &b));
	accepted(rb_domain_create(16, 12, 4, 1, &c));
	expect(a == SELF + 1 && b == SELF + 2 && c == SELF + 3, "%lu, %lu, %lu", a, b, c);
	must(guest_domain_destroy(b));
	must(guest_domain_destroy(a));
	accepted(rb_domain_create(16, 12, 4, 1, &result));
	expect_equal(result, a);
	accepted(rb_domain_create(16, 12, 4, 1, &result));
	expect_equal(result, b);
	accepted(rb_domain_create(16, 12, 4, 1, &result));
	expect_equal(result, c + 1);
}

TEST("domain_create.paused", "The domain is NEW: it has no memory, and no vCPU of it runs.")
{
	const struct rb_domain_info *info;
	uint64_t id;

	accepted(rb_domain_create(16, 12, 4, 3, &id));
	for (unsigned i = 0; i < 100; i++)
		must(rb_sched_yield());
	info = domain_look(id);
	expect_equal(info->state, RB_DOMAIN_STATE_NEW);
	expect_equal(info->chunk_count, 0);
	expect_equal(info->pt_present, 0);
	expect_equal(info->vcpu_count, 3);
	expect(!info->spent[RB_RUN_STATE_RUNNING] && !info->spent[RB_RUN_STATE_RUNNABLE], "a vCPU ran, or wanted to");
}

TEST("domain_create.share", "Its weight is 100, and it has no cap.")
{
	uint64_t id;

	accepted(rb_domain_create(16, 12, 4, 1, &id));
	expect(domain_look(id)->weight == 100 && domain_look(id)->cap == 0, "weight %u, cap %u", domain_look(id)->weight, domain_look(id)->cap);
	/* Also of one that takes the place of another. */
	must(rb_domain_set_share(id, 7, 9));
	must(guest_domain_destroy(id));
	accepted(rb_domain_create(16, 12, 4, 1, &result));
	expect_equal(result, id);
	expect(domain_look(id)->weight == 100 && domain_look(id)->cap == 0, "weight %u, cap %u", domain_look(id)->weight, domain_look(id)->cap);
}

TEST("domain_create.PERM.caller", "the caller is not the control domain")
{
	refused_to_child(RB_HC_DOMAIN_CREATE, 16, 12, 4, 1);
}

TEST("domain_create.INVAL.limits", "an argument breaks its limits, or a register that carries no argument is not zero")
{
	/* chunks up to 1048576 and pt_first up to 1048575 keep their limits; what is above 523264 is refused for other causes. */
	LIMITS(RB_HC_DOMAIN_CREATE, ARGUMENTS(523264, 0, 1, 1),
	       BAD({ 0, 0 }, { 0, 1048577 }, { 0, 1ul << 32 | 16 }, { 0, ~0ul }, { 1, 1048576 }, { 1, 1ul << 32 }, { 1, ~0ul },
		   { 2, 0 }, { 2, 16385 }, { 2, 1ul << 32 | 1 }, { 2, ~0ul }, { 3, 0 }, { 3, 65 }, { 3, 1ul << 32 | 1 }, { 3, ~0ul }),
	       GOOD({ 0, 1 }, { 1, 523263 }, { 2, 16384 }, { 3, 64 }));
}

TEST("domain_create.INVAL.reserve", "the reserve does not end at or below `chunks`")
{
	refused_there(RB_INVAL, rb_domain_create(16, 13, 4, 1, &result));
	refused_there(RB_INVAL, rb_domain_create(16, 16, 1, 1, &result));
	refused_there(RB_INVAL, rb_domain_create(16, 0, 17, 1, &result));
	refused_there(RB_INVAL, rb_domain_create(16, 1048575, 16384, 1, &result));
	accepted(rb_domain_create(16, 12, 4, 1, &result));
	accepted(rb_domain_create(16, 0, 16, 1, &result));
	accepted(rb_domain_create(1, 0, 1, 1, &result));
}

TEST("domain_create.INVAL.too_large", "`chunks` is more than a window shows (523264)")
{
	refused_there(RB_INVAL, rb_domain_create(523265, 0, 1, 1, &result));
	refused_there(RB_INVAL, rb_domain_create(1048576, 0, 1, 1, &result));
	accepted(rb_domain_create(523264, 0, 1, 1, &result));
}

TEST("domain_create.NOSPACE.numbers", "64 domains exist")
{
	uint64_t id = 0;

	for (unsigned count = 1; count < 64; count++)
		accepted(rb_domain_create(1, 0, 1, 1, &id));
	expect_equal(id, 63);
	refused_there(RB_NOSPACE, rb_domain_create(1, 0, 1, 1, &result));
	must(guest_domain_destroy(5));
	accepted(rb_domain_create(1, 0, 1, 1, &id));
	expect_equal(id, 5);
}

/* A domain that has all the machine's free chunks. */
static uint64_t all_taken(void)
{
	uint64_t id = domain_new(4096);
	long status = guest_domain_populate(id, 0, 4092);

	need(status == RB_NOSPACE, "status %ld", status);
	return id;
}

TEST("domain_create.NOSPACE.memory", "no memory is left for the domain's tables")
{
	uint64_t big = all_taken();

	/* A map of so many chunks fills a chunk. */
	refused_there(RB_NOSPACE, rb_domain_create(523264, 0, 1, 1, &result));
	must(guest_domain_destroy(big));
	accepted(rb_domain_create(523264, 0, 1, 1, &result));
}

/* ---------------- domain_populate */

TEST("domain_populate.zero", "All bytes of a chunk that was given read zero.")
{
	uint64_t child = child_new(1), page = guest_page(), id, chunks = free_chunks();
	uint64_t *words = guest_pointer(page), any = 0;

	/* Whatever is handed out was used. */
	memset(words, 0xa5, GUEST_PAGE);
	for (uint64_t at = CHILD_FREE; at < CHILD_RESERVE * GUEST_CHUNK; at += GUEST_PAGE)
		must(rb_domain_write(child, at, page, GUEST_PAGE));
	must(guest_domain_destroy(child));
	id = domain_new(chunks + 4);
	accepted(guest_domain_populate(id, 0, 6));
	for (uint64_t at = 0; at < 6 * GUEST_CHUNK; at += GUEST_PAGE) {
		must(rb_domain_read(id, at, page, GUEST_PAGE));
		for (unsigned i = 0; i < GUEST_PAGE / 8; i++)
			any |= words[i];
	}
	expect_equal(any, 0);
}

TEST("domain_populate.count", "At least one chunk is given, and at most `count`; chunks before the first one that cannot be given are given.")
{
	uint64_t id = domain_new(64), given = 0;

	accepted(rb_domain_populate(id, 0, 1, &given));
	expect_equal(given, 1);
	accepted(rb_domain_populate(id, 3, 60, &given));
	expect(given >= 1 && given <= 60, "%lu", given);
	expect_equal(domain_look(id)->chunk_count, 1 + given);
	/* Chunk 3 is there. */
	accepted(rb_domain_populate(id, 1, 8, &given));
	expect_equal(given, 2);
	/* From outside the reserve into it, and to the end. */
	accepted(rb_domain_populate(id, 58, 3, &given));
	expect_equal(given, 3);
	accepted(rb_domain_populate(id, 61, 8192, &given));
	expect_equal(given, 3);
}

TEST("domain_populate.taken", "The machine's free chunks become fewer by as many as were given, apart from what the hypervisor needs for its own records.")
{
	uint64_t id = domain_new(64), before = free_chunks(), given;

	accepted(rb_domain_populate(id, 0, 5, &given));
	expect_equal(before - free_chunks(), given);
	accepted(guest_domain_populate(id, 60, 4));
	/* A page for each of these. */
	expect(before - free_chunks() - given >= 4 && before - free_chunks() - given <= 5, "%lu less", before - free_chunks());
}

TEST("domain_populate.PERM.caller", "the caller is not the control domain")
{
	uint64_t id = domain_new(16);

	refused_to_child(RB_HC_DOMAIN_POPULATE, id, 0, 1);
	accepted(rb_domain_populate(id, 0, 1, &result));
}

TEST("domain_populate.INVAL.limits", "an argument breaks its limits, or a register that carries no argument is not zero")
{
	LIMITS(RB_HC_DOMAIN_POPULATE, ARGUMENTS(NO_DOMAIN, 0, 1), BAD({ 2, 0 }, { 2, 8193 }, { 2, 1ul << 32 | 1 }, { 2, ~0ul }),
	       GOOD({ 0, ~0ul }, { 1, ~0ul }, { 2, 8192 }));
}

TEST("domain_populate.INVAL.beyond", "the first chunk is not below the domain's number of chunks")
{
	uint64_t id;

	must(rb_domain_create(16, 0, 4, 1, &id));
	refused_there(RB_INVAL, rb_domain_populate(id, 16, 1, &result));
	refused_there(RB_INVAL, rb_domain_populate(id, 1ul << 32 | 8, 1, &result));
	refused_there(RB_INVAL, rb_domain_populate(id, ~0ul, 8192, &result));
	refused_there(RB_INVAL, rb_domain_populate(id, ~0ul - 3, 8, &result));
	accepted(rb_domain_populate(id, 15, 1, &result));
}

TEST("domain_populate.INVAL.gap", "the first chunk is in the reserve, and not the next one there")
{
	uint64_t id = domain_new(16);

	refused_there(RB_INVAL, rb_domain_populate(id, 13, 1, &result));
	refused_there(RB_INVAL, rb_domain_populate(id, 15, 1, &result));
	accepted(rb_domain_populate(id, 12, 1, &result));
	refused_there(RB_INVAL, rb_domain_populate(id, 14, 1, &result));
	accepted(rb_domain_populate(id, 13, 1, &result));
}

TEST("domain_populate.NOENT.no_domain", "there is no such domain")
{
	uint64_t id = domain_new(16);

	must(guest_domain_destroy(id));
	refused_there(RB_NOENT, rb_domain_populate(id, 0, 1, &result));
	refused_there(RB_NOENT, rb_domain_populate(64, 0, 1, &result));
	refused_there(RB_NOENT, rb_domain_populate(1ul << 32, 0, 1, &result));
	refused_there(RB_NOENT, rb_domain_populate(~0ul, 0, 1, &result));
}

TEST("domain_populate.BUSY.built", "the domain was built")
{
	uint64_t child = child_built(1);

	refused_there(RB_BUSY, rb_domain_populate(child, CHILD_RESERVE + 1, 1, &result));
	/* One made at boot was built too. */
	refused_there(RB_BUSY, rb_domain_populate(SELF, 0, 1, &result));
}

TEST("domain_populate.BUSY.ended", "the domain has ended")
{
	/* Large enough not to be gone at the first call. */
	uint64_t id = domain_new(20000);

	refused(RB_AGAIN, rb_domain_destroy(id));
	refused_there(RB_BUSY, rb_domain_populate(id, 0, 1, &result));
}

TEST("domain_populate.BUSY.present", "the first chunk is there already")
{
	uint64_t id = domain_new(16);

	must(guest_domain_populate(id, 2, 1));
	must(guest_domain_populate(id, 12, 1));
	refused_there(RB_BUSY, rb_domain_populate(id, 2, 1, &result));
	refused_there(RB_BUSY, rb_domain_populate(id, 2, 2, &result));
	refused_there(RB_BUSY, rb_domain_populate(id, 12, 2, &result));
	accepted(rb_domain_populate(id, 3, 1, &result));
}

TEST("domain_populate.NOSPACE.memory", "the machine has no chunk left to give")
{
	uint64_t big = all_taken(), given = domain_look(big)->chunk_count;

	expect_equal(free_chunks(), 0);
	refused_there(RB_NOSPACE, rb_domain_populate(big, given, 1, &result));
	refused_there(RB_NOSPACE, rb_domain_populate(big, 4092, 1, &result));
}

/* ---------------- domain_destroy */

TEST("domain_destroy.gone", "When the status is OK there is no domain of this number.")
{
	/* In every state there is. */
	uint64_t built = child_built(1), running = child_running(3), paused = child_running(1), ended = domain_ended(), none = domain_new(16);
	const uint64_t all[] = { built, running, paused, ended, none };

	child_turns(paused);
	must(guest_domain_pause(paused));
	for EACH(i, all) {
		accepted(guest_domain_destroy(all[i]));
		refused_there(RB_NOENT, rb_domain_destroy(all[i]));
		expect(rb_domain_info(all[i], told_page(), &result) != RB_OK || result != all[i], "it is there");
	}
}

TEST("domain_destroy.freed", "All chunks of the domain are free, and read zero to whom they are given next.")
{
	uint64_t before, child, id, any = 0, page = guest_page();
	const uint64_t *words = guest_pointer(page);

	/* What the hypervisor keeps for the next domain of a number is made now. */
	must(guest_domain_destroy(child_new(1)));
	before = free_chunks();
	child = child_running(1);
	child_turns(child);
	accepted(guest_domain_destroy(child));
	expect_equal(free_chunks(), before);
	id = domain_new(CHILD_CHUNKS + 8);
	must(guest_domain_populate(id, 0, CHILD_CHUNKS));
	for (uint64_t at = 0; at < CHILD_CHUNKS * GUEST_CHUNK; at += GUEST_PAGE) {
		must(rb_domain_read(id, at, page, GUEST_PAGE));
		for (unsigned i = 0; i < GUEST_PAGE / 8; i++)
			any |= words[i];
	}
	expect_equal(any, 0);
}

/* Our port, connected to one of the child's. */
static uint64_t port_to(uint64_t child)
{
	uint64_t ours, theirs;

	must(rb_port_alloc(child, &ours));
	must(child_call_with(child, RB_HC_PORT_BIND, (const uint64_t[6]){ SELF, ours }, &theirs));
	must(rb_port_send(ours));
	return ours;
}

TEST("domain_destroy.peers", "Ports of other domains that were connected to it are unconnected.")
{
	uint64_t child = child_running(1), first = port_to(child), second = port_to(child);

	accepted(guest_domain_destroy(child));
	refused(RB_NOENT, rb_port_send(first));
	refused(RB_NOENT, rb_port_send(second));
	/* Nor are they connected to the next one of its number. */
	child = child_running(1);
	refused(RB_NOENT, rb_port_send(first));
	must(rb_port_close(second));
	must(rb_port_send(port_to(child)));
}

TEST("domain_destroy.waiting", "Ports of other domains that waited for it to bind are unconnected, and wait for no later domain of its number.")
{
	uint64_t child = child_running(1), again, port, other;

	must(rb_port_alloc(child, &port));
	must(rb_port_alloc(SELF, &other));
	accepted(guest_domain_destroy(child));
	again = child_running(1);
	need(again == child, "domain %lu and not %lu", again, child);
	expect_equal(child_call(again, RB_HC_PORT_BIND, SELF, port), RB_NOENT);
	refused(RB_NOENT, rb_port_send(port));
	/* One that waits for another domain does so still. */
	accepted(rb_port_bind(SELF, other, &result));
}

TEST("domain_destroy.PERM.caller", "the caller is not the control domain")
{
	uint64_t other = domain_new(16);

	refused_to_child(RB_HC_DOMAIN_DESTROY, other);
	refused_to_child(RB_HC_DOMAIN_DESTROY, SELF);
	accepted(guest_domain_destroy(other));
}

TEST("domain_destroy.INVAL.limits", "a register that carries no argument is not zero")
{
	LIMITS(RB_HC_DOMAIN_DESTROY, ARGUMENTS(NO_DOMAIN), GOOD({ 0, ~0ul }));
}

TEST("domain_destroy.INVAL.own", "it is the calling domain")
{
	refused_there(RB_INVAL, rb_domain_destroy(SELF));
}

TEST("domain_destroy.NOENT.no_domain", "there is no such domain")
{
	uint64_t id = domain_new(16);

	accepted(guest_domain_destroy(id));
	refused_there(RB_NOENT, rb_domain_destroy(id));
	refused_there(RB_NOENT, rb_domain_destroy(NO_DOMAIN));
	refused_there(RB_NOENT, rb_domain_destroy(64));
	refused_there(RB_NOENT, rb_domain_destroy(1ul << 32));
	refused_there(RB_NOENT, rb_domain_destroy(~0ul));
}

TEST("domain_destroy.AGAIN.running", "a vCPU of the domain is still on a CPU: call again", .cpus = 2)
{
	uint64_t child, again = 0;

	/* One that is on its own CPU just now: it is there nearly all the time. */
	for (unsigned i = 0; i < 100 && !again; i++) {
		child = child_running(1);
		child_turns(child);
		again += rb_domain_destroy(child) == RB_AGAIN;
		accepted(guest_domain_destroy(child));
	}
	expect(again, "it was never on a CPU");
}

TEST("domain_destroy.AGAIN.more", "chunks are left: call again")
{
	uint64_t id = domain_new(9000);

	must(guest_domain_populate(id, 8990, 2));
	refused(RB_AGAIN, rb_domain_destroy(id));
	expect_equal(domain_look(id)->state, RB_DOMAIN_STATE_ENDED);
	refused(RB_AGAIN, rb_domain_destroy(id));
	accepted(rb_domain_destroy(id));
}

/* ---------------- domain_set_share */

TEST("domain_set_share.shown", "domain_info shows the weight and the cap.")
{
	uint64_t child = child_running(1), fresh = domain_new(16);

	accepted(rb_domain_set_share(child, 10000, 6400));
	accepted(rb_domain_set_share(fresh, 1, 1));
	expect(domain_look(child)->weight == 10000 && domain_look(child)->cap == 6400, "weight %u, cap %u", domain_look(child)->weight, domain_look(child)->cap);
	expect(domain_look(fresh)->weight == 1 && domain_look(fresh)->cap == 1, "weight %u, cap %u", domain_look(fresh)->weight, domain_look(fresh)->cap);
	for (unsigned cap = 0; cap <= 6400; cap += 37) {
		accepted(rb_domain_set_share(child, 100, cap));
		expect_equal(domain_look(child)->cap, cap);
	}
}

TEST("domain_set_share.PERM.caller", "the caller is not the control domain")
{
	refused_to_child(RB_HC_DOMAIN_SET_SHARE, SELF, 100, 0);
	refused_to_child(RB_HC_DOMAIN_SET_SHARE, SELF + 1, 10000, 0);
}

TEST("domain_set_share.INVAL.limits", "an argument breaks its limits, or a register that carries no argument is not zero")
{
	LIMITS(RB_HC_DOMAIN_SET_SHARE, ARGUMENTS(NO_DOMAIN, 100, 0),
	       BAD({ 1, 0 }, { 1, 10001 }, { 1, 1ul << 32 | 100 }, { 1, ~0ul }, { 2, 6401 }, { 2, 1ul << 32 }, { 2, ~0ul }),
	       GOOD({ 0, ~0ul }, { 1, 1 }, { 1, 10000 }, { 2, 6400 }));
}

TEST("domain_set_share.NOENT.no_domain", "there is no such domain")
{
	refused_there(RB_NOENT, rb_domain_set_share(SELF + 1, 100, 0));
	refused_there(RB_NOENT, rb_domain_set_share(64, 100, 0));
	refused_there(RB_NOENT, rb_domain_set_share(~0ul, 100, 0));
}

TEST("domain_set_share.NOENT.ended", "the domain has ended")
{
	uint64_t child = child_running(1);

	accepted(rb_domain_set_share(child, 100, 0));
	child = domain_ended();
	refused_there(RB_NOENT, rb_domain_set_share(child, 100, 0));
}
