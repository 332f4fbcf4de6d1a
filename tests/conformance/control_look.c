/* SPDX-License-Identifier: GPL-2.0-only */
/* The control family, second part: memory of other domains, written and read; what is told of domains and of the machine. */
#include "domains.h"

void image_reset(void)
{
	domains_destroy();
}

/* A chunk of ours. */
static uint64_t our_chunk(void)
{
	static uint64_t chunk;

	if (!chunk)
		chunk = guest_chunk();
	return chunk;
}

static void fill(uint64_t physical, uint64_t bytes, unsigned seed)
{
	for (uint64_t i = 0; i < bytes; i++)
		((uint8_t *)guest_pointer(physical))[i] = (uint8_t)(seed + i * 7);
}

static bool is_filled(uint64_t physical, uint64_t bytes, unsigned seed)
{
	for (uint64_t i = 0; i < bytes; i++)
		if (((uint8_t *)guest_pointer(physical))[i] != (uint8_t)(seed + i * 7))
			return false;
	return true;
}

static const uint64_t lengths[] = { 1, 2, 7, 8, 9, 63, 4095, 4096 };

/* ---------------- domain_write */

TEST("domain_write.copied", "The domain's memory has the bytes, in order, and nothing around them has changed.")
{
	uint64_t child = child_new(1), from = our_chunk(), back = from + 3 * GUEST_PAGE;

	for EACH(i, lengths) {
		/* Anywhere, across pages, and at the chunk's end. */
		const uint64_t places[] = { CHILD_FREE, CHILD_FREE + 0xfff, CHILD_FREE + 0x10003, CHILD_FREE + GUEST_CHUNK - lengths[i] };

		for EACH(k, places) {
			uint64_t around = k < 3 ? 16 : 0, start = places[k] - (k ? 16 : 0), total = lengths[i] + (k ? 16 : 0) + around;

			memset(guest_pointer(from), 0xee, GUEST_PAGE);
			for (uint64_t at = CHILD_FREE; at < CHILD_FREE + 0x12000; at += GUEST_PAGE)
				must(rb_domain_write(child, at, from, GUEST_PAGE));
			must(rb_domain_write(child, CHILD_FREE + GUEST_CHUNK - GUEST_PAGE, from, GUEST_PAGE));
			must(rb_domain_write(child, CHILD_FREE + GUEST_CHUNK - 2 * GUEST_PAGE, from, GUEST_PAGE));
			fill(from + 5, lengths[i], i);
			accepted(rb_domain_write(child, places[k], from + 5, lengths[i]));
			must(guest_domain_read(child, start, guest_pointer(back), total));
			expect(is_filled(back + (k ? 16 : 0), lengths[i], i), "%lu bytes at %#lx are others", lengths[i], places[k]);
			for (uint64_t at = 0; at < total; at++)
				if (at < (k ? 16u : 0u) || at >= (k ? 16 : 0) + lengths[i])
					expect(((uint8_t *)guest_pointer(back))[at] == 0xee, "%lu bytes at %#lx: the byte at %#lx changed", lengths[i], places[k], start + at);
		}
	}
}

TEST("domain_write.none", "With zero bytes nothing changes.")
{
	uint64_t child = child_new(1), from = our_chunk(), value = 0x1122334455667788, now;

	*(uint64_t *)guest_pointer(from) = value;
	must(rb_domain_write(child, CHILD_FREE, from, 8));
	*(uint64_t *)guest_pointer(from) = 0;
	accepted(rb_domain_write(child, CHILD_FREE, from, 0));
	must(rb_domain_read(child, CHILD_FREE, from, 8));
	now = *(uint64_t *)guest_pointer(from);
	expect_equal(now, value);
}

TEST("domain_write.PERM.caller", "the caller is not the control domain")
{
	refused_to_child(RB_HC_DOMAIN_WRITE, SELF, CHILD_FREE, CHILD_FREE, 8);
	/* Not even into itself. */
	refused_to_child(RB_HC_DOMAIN_WRITE, SELF + 2, CHILD_FREE, CHILD_FREE, 8);
}

TEST("domain_write.INVAL.limits", "an argument breaks its limits, or a register that carries no argument is not zero")
{
	LIMITS(RB_HC_DOMAIN_WRITE, ARGUMENTS(NO_DOMAIN, 0, 0, 1),
	       BAD({ 1, 1ul << 52 }, { 1, ~0ul }, { 2, 1ul << 52 }, { 2, ~0ul }, { 3, 4097 }, { 3, 1ul << 32 }, { 3, ~0ul }),
	       GOOD({ 0, ~0ul }, { 1, (1ul << 52) - 1 }, { 2, (1ul << 52) - 1 }, { 3, 0 }, { 3, 4096 }));
}

/* What both have. */
static long write_there(uint64_t child, uint64_t there, uint64_t here, uint64_t bytes)
{
	return rb_domain_write(child, there, here, bytes);
}

static long read_there(uint64_t child, uint64_t there, uint64_t here, uint64_t bytes)
{
	return rb_domain_read(child, there, here, bytes);
}

typedef long copy(uint64_t child, uint64_t there, uint64_t here, uint64_t bytes);

static void two_chunks_there(copy *copy)
{
	uint64_t child = child_new(1);

	refused_there(RB_INVAL, copy(child, CHILD_FREE - 1, our_chunk(), 2));
	refused_there(RB_INVAL, copy(child, CHILD_FREE - 4095, our_chunk(), 4096));
	/* The second one is no memory, or of another kind. */
	refused_there(RB_INVAL, copy(child, CHILD_RESERVE * GUEST_CHUNK - 1, our_chunk(), 2));
	accepted(copy(child, CHILD_FREE - 2, our_chunk(), 2));
	accepted(copy(child, CHILD_FREE - 4096, our_chunk(), 4096));
}

static void two_chunks_here(copy *copy)
{
	uint64_t child = child_new(1), end = our_chunk() + GUEST_CHUNK;

	refused_there(RB_INVAL, copy(child, CHILD_FREE, end - 1, 2));
	refused_there(RB_INVAL, copy(child, CHILD_FREE, end - 4095, 4096));
	accepted(copy(child, CHILD_FREE, end - 2, 2));
}

static void no_domain(copy *copy)
{
	uint64_t child = child_new(1);

	accepted(copy(child, CHILD_FREE, our_chunk(), 8));
	must(guest_domain_destroy(child));
	refused_there(RB_NOENT, copy(child, CHILD_FREE, our_chunk(), 8));
	refused_there(RB_NOENT, copy(64, CHILD_FREE, our_chunk(), 8));
	refused_there(RB_NOENT, copy(1ul << 32, CHILD_FREE, our_chunk(), 8));
	refused_there(RB_NOENT, copy(~0ul, CHILD_FREE, our_chunk(), 8));
}

static void no_memory_there(copy *copy)
{
	uint64_t id = domain_new(16);

	must(guest_domain_populate(id, 1, 1));
	accepted(copy(id, GUEST_CHUNK, our_chunk(), 8));
	refused_there(RB_NOENT, copy(id, 0, our_chunk(), 8));
	refused_there(RB_NOENT, copy(id, 2 * GUEST_CHUNK, our_chunk(), 8));
	refused_there(RB_NOENT, copy(id, 12 * GUEST_CHUNK, our_chunk(), 8));
	refused_there(RB_NOENT, copy(id, 16 * GUEST_CHUNK, our_chunk(), 8));
	refused_there(RB_NOENT, copy(id, (1ul << 52) - 8, our_chunk(), 8));
	refused_there(RB_NOENT, copy(id, 0, our_chunk(), 0));
}

static void no_memory_here(copy *copy)
{
	uint64_t child = child_new(1);

	refused_there(RB_NOENT, copy(child, CHILD_FREE, BEYOND, 8));
	refused_there(RB_NOENT, copy(child, CHILD_FREE, (1ul << 52) - 8, 8));
	accepted(copy(child, CHILD_FREE, our_chunk(), 8));
}

static void not_data_there(copy *copy)
{
	uint64_t child = child_built(1);

	refused_there(RB_TYPE, copy(child, CHILD_RESERVE * GUEST_CHUNK, our_chunk(), 8));
	refused_there(RB_TYPE, copy(child, (CHILD_RESERVE + 1) * GUEST_CHUNK - 8, our_chunk(), 8));
	accepted(copy(child, CHILD_RESERVE * GUEST_CHUNK - 8, our_chunk(), 8));
}

static void not_data_here(copy *copy)
{
	uint64_t child = child_new(1);

	refused_there(RB_TYPE, copy(child, CHILD_FREE, OUR_TABLES, 8));
	accepted(copy(child, CHILD_FREE, our_chunk(), 8));
}

TEST("domain_write.INVAL.two_chunks_there", "the bytes at `to` do not lie in one chunk")
{
	two_chunks_there(write_there);
}

TEST("domain_write.INVAL.two_chunks_here", "the bytes at `from` do not lie in one chunk")
{
	two_chunks_here(write_there);
}

TEST("domain_write.NOENT.no_domain", "there is no such domain")
{
	no_domain(write_there);
}

TEST("domain_write.NOENT.no_memory_there", "no chunk of the domain is present at `to`")
{
	no_memory_there(write_there);
}

TEST("domain_write.NOENT.no_memory_here", "no chunk of the caller is present at `from`")
{
	no_memory_here(write_there);
}

TEST("domain_write.TYPE.not_data_there", "the chunk at `to` is not DATA")
{
	not_data_there(write_there);
}

TEST("domain_write.TYPE.not_data_here", "the chunk at `from` is not DATA")
{
	not_data_here(write_there);
}

/* ---------------- domain_read */

TEST("domain_read.copied", "The caller's memory has the domain's bytes, in order, and nothing around them has changed.")
{
	uint64_t child = child_new(1), from = our_chunk(), to = from + 4 * GUEST_PAGE;

	fill(from, GUEST_PAGE, 3);
	must(rb_domain_write(child, CHILD_FREE + 100, from, GUEST_PAGE));
	for EACH(i, lengths) {
		const uint64_t places[] = { to, to + 0xfff, to + 77, from + GUEST_CHUNK - lengths[i] };

		for EACH(k, places) {
			const uint8_t *got = guest_pointer(places[k]);

			memset(guest_pointer(to - 16), 0xee, 3 * GUEST_PAGE);
			memset(guest_pointer(from + GUEST_CHUNK - 2 * GUEST_PAGE), 0xee, 2 * GUEST_PAGE);
			accepted(rb_domain_read(child, CHILD_FREE + 100, places[k], lengths[i]));
			expect(is_filled(places[k], lengths[i], 3), "%lu bytes are others", lengths[i]);
			for (int beside = 1; beside <= 16; beside++)
				expect(got[-beside] == 0xee && (k == 3 || got[lengths[i] + beside - 1] == 0xee), "bytes beside have changed");
		}
	}
}

TEST("domain_read.ended", "The memory of a domain that has ended can be read until it is destroyed.")
{
	uint64_t child = child_running(1), page = our_chunk();

	*(uint64_t *)guest_pointer(page) = 0x656e646564;
	must(rb_domain_write(child, CHILD_FREE, page, 8));
	child_begin(child, RB_HC_SHUTDOWN, (const uint64_t[6]){ RB_SHUTDOWN_REASON_CRASH, 3 });
	while (domain_look(child)->state != RB_DOMAIN_STATE_ENDED)
		must(rb_sched_yield());
	*(uint64_t *)guest_pointer(page) = 0;
	accepted(rb_domain_read(child, CHILD_FREE, page, 8));
	expect_equal(*(uint64_t *)guest_pointer(page), 0x656e646564);
	must(guest_domain_destroy(child));
	refused_there(RB_NOENT, rb_domain_read(child, CHILD_FREE, page, 8));
}

TEST("domain_read.none", "With zero bytes nothing changes.")
{
	uint64_t child = child_new(1), page = our_chunk();

	fill(page, GUEST_PAGE, 9);
	accepted(rb_domain_read(child, CHILD_FREE, page + 8, 0));
	expect(is_filled(page, GUEST_PAGE, 9), "bytes changed");
}

TEST("domain_read.PERM.caller", "the caller is not the control domain")
{
	refused_to_child(RB_HC_DOMAIN_READ, SELF, CHILD_FREE, CHILD_FREE, 8);
	refused_to_child(RB_HC_DOMAIN_READ, SELF + 2, CHILD_FREE, CHILD_FREE, 8);
}

TEST("domain_read.INVAL.limits", "an argument breaks its limits, or a register that carries no argument is not zero")
{
	LIMITS(RB_HC_DOMAIN_READ, ARGUMENTS(NO_DOMAIN, 0, 0, 1),
	       BAD({ 1, 1ul << 52 }, { 1, ~0ul }, { 2, 1ul << 52 }, { 2, ~0ul }, { 3, 4097 }, { 3, 1ul << 32 }, { 3, ~0ul }),
	       GOOD({ 0, ~0ul }, { 1, (1ul << 52) - 1 }, { 2, (1ul << 52) - 1 }, { 3, 0 }, { 3, 4096 }));
}

TEST("domain_read.INVAL.two_chunks_there", "the bytes at `from` do not lie in one chunk")
{
	two_chunks_there(read_there);
}

TEST("domain_read.INVAL.two_chunks_here", "the bytes at `to` do not lie in one chunk")
{
	two_chunks_here(read_there);
}

TEST("domain_read.NOENT.no_domain", "there is no such domain")
{
	no_domain(read_there);
}

TEST("domain_read.NOENT.no_memory_there", "no chunk of the domain is present at `from`")
{
	no_memory_there(read_there);
}

TEST("domain_read.NOENT.no_memory_here", "no chunk of the caller is present at `to`")
{
	no_memory_here(read_there);
}

TEST("domain_read.TYPE.not_data_there", "the chunk at `from` is not DATA")
{
	not_data_there(read_there);
}

TEST("domain_read.TYPE.not_data_here", "the chunk at `to` is not DATA")
{
	not_data_here(read_there);
}

/* ---------------- domain_info */

TEST("domain_info.next", "The domain that is looked at is the one with the lowest number from `domain` on that exists.")
{
	uint64_t a = domain_new(16), b = domain_new(16), c = domain_new(16);
	const struct rb_domain_info *info = guest_pointer(told_page());

	must(guest_domain_destroy(b));
	accepted(rb_domain_info(0, told_page(), &result));
	expect(result == 0 && info->id == 0, "%lu", result);
	accepted(rb_domain_info(a, told_page(), &result));
	expect(result == a && info->id == a, "%lu", result);
	accepted(rb_domain_info(b, told_page(), &result));
	expect(result == c && info->id == c, "%lu", result);
	accepted(rb_domain_info(c, told_page(), &result));
	expect(result == c && info->id == c, "%lu", result);
}

static uint64_t our_chunks(void)
{
	uint64_t present = 0;

	for (uint64_t i = 0; i < guest_start->chunk_count; i++)
		present += ((const uint32_t *)guest_start->chunk_map)[i] != RB_NO_CHUNK;
	return present;
}

TEST("domain_info.fields", "What is written is true of that domain: number, state, vCPUs, weight, cap, chunks present, reserve, name.")
{
	const struct rb_domain_info *info = domain_look(SELF);
	uint64_t child;

	expect(info->id == SELF && info->state == RB_DOMAIN_STATE_LIVE && info->vcpu_count == guest_start->vcpu_count, "domain 0");
	expect_equal(info->chunk_count, our_chunks());
	expect_equal(info->pt_present, guest_start->memory[1].present);
	expect_equal(info->pt_quota, guest_start->memory[1].count);
	expect_equal(info->frames_typed, counter(RB_COUNTER_FRAMES_TYPED));
	expect_equal(info->frames_linked, counter(RB_COUNTER_FRAMES_LINKED));
	expect(info->reason == 0 && info->code == 0, "it ended?");
	child = child_new(3);
	info = domain_look(child);
	expect_equal(info->state, RB_DOMAIN_STATE_NEW);
	expect(info->name[0] == 0, "it has a name");
	must(guest_domain_destroy(child));
	child = child_built(3);
	must(rb_domain_set_share(child, 250, 33));
	info = domain_look(child);
	expect_equal(info->state, RB_DOMAIN_STATE_PAUSED);
	expect(info->vcpu_count == 3 && info->weight == 250 && info->cap == 33, "%u vCPUs, weight %u, cap %u", info->vcpu_count, info->weight, info->cap);
	expect(info->chunk_count == CHILD_RESERVE + 1 && info->pt_present == 1 && info->pt_quota == 4, "%u chunks, %u of %u in the reserve", info->chunk_count,
	       info->pt_present, info->pt_quota);
	expect(!memcmp(info->name, "child", 6), "name");
	/* A kernel root, a user root; for each of two regions of addresses a table of level 3 and one of level 2. */
	expect(info->frames_typed == 2 && info->frames_linked == 4, "%lu, %lu", info->frames_typed, info->frames_linked);
	must(rb_domain_unpause(child));
	expect_equal(domain_look(child)->state, RB_DOMAIN_STATE_LIVE);
	must(rb_domain_set_share(child, 100, 0));
	must(child_call(child, RB_HC_PT_RESERVE_GROW, 0));
	info = domain_look(child);
	expect(info->chunk_count == CHILD_RESERVE + 2 && info->pt_present == 2, "%u chunks, %u in the reserve", info->chunk_count, info->pt_present);
	must(guest_domain_pause(child));
	expect_equal(domain_look(child)->state, RB_DOMAIN_STATE_PAUSED);
}

TEST("domain_info.ended", "Of a domain that has ended, reason and code say how.")
{
	static const uint32_t ends[][3] = {
		{ RB_SHUTDOWN_REASON_POWEROFF, 0, 0 }, { RB_SHUTDOWN_REASON_POWEROFF, 255, 255 }, { RB_SHUTDOWN_REASON_REBOOT, 9, 9 },
		{ RB_SHUTDOWN_REASON_CRASH, 17, 17 }, { RB_SHUTDOWN_REASON_CRASH, 0, 64 },
	};

	for EACH(i, ends) {
		uint64_t child = child_running(1);
		const struct rb_domain_info *info;

		child_begin(child, RB_HC_SHUTDOWN, (const uint64_t[6]){ ends[i][0], ends[i][1] });
		while ((info = domain_look(child))->state != RB_DOMAIN_STATE_ENDED)
			must(rb_sched_yield());
		expect(info->reason == ends[i][0] && info->code == ends[i][2], "reason %u, code %u", info->reason, info->code);
		must(guest_domain_destroy(child));
	}
}

TEST("domain_info.spent", "The times of all its vCPUs in each run_state are added up in spent.")
{
	uint64_t child = child_running(3), before, after, total = 0;
	const struct rb_domain_info *info;

	child_turns(child);
	must(guest_domain_pause(child));
	child_call_with(child_running(1), RB_HC_INFO_VERSION, (const uint64_t[6]){ 0 }, &result);
	before = guest_time();
	info = domain_look(child);
	after = guest_time();
	for (unsigned state = 0; state < 4; state++)
		total += info->spent[state];
	/* From system time zero, three vCPUs. */
	expect(total >= 3 * before && total <= 3 * after, "%lu, not between %lu and %lu", total, 3 * before, 3 * after);
	expect(info->spent[RB_RUN_STATE_RUNNING], "it never ran");
	expect(info->spent[RB_RUN_STATE_OFFLINE] > 2 * before, "two never ran");
}

TEST("domain_info.PERM.caller", "the caller is not the control domain")
{
	refused_to_child(RB_HC_DOMAIN_INFO, 0, CHILD_FREE);
	refused_to_child(RB_HC_DOMAIN_INFO, SELF + 2, CHILD_FREE);
}

TEST("domain_info.INVAL.limits", "an argument breaks its limits, or a register that carries no argument is not zero")
{
	LIMITS(RB_HC_DOMAIN_INFO, ARGUMENTS(0, told_page()), BAD({ 1, 128 }, { 1, 1 }, { 1, 1ul << 52 }, { 1, ~0ul }),
	       GOOD({ 0, ~0ul }, { 1, told_page() + 256 }, { 1, (1ul << 52) - 256 }));
}

TEST("domain_info.NOENT.no_more", "no domain has this number or a higher one")
{
	uint64_t id = domain_new(16);

	refused_there(RB_NOENT, rb_domain_info(id + 1, told_page(), &result));
	refused_there(RB_NOENT, rb_domain_info(64, told_page(), &result));
	refused_there(RB_NOENT, rb_domain_info(1ul << 32, told_page(), &result));
	refused_there(RB_NOENT, rb_domain_info(~0ul, told_page(), &result));
	must(guest_domain_destroy(id));
	refused_there(RB_NOENT, rb_domain_info(id, told_page(), &result));
}

TEST("domain_info.NOENT.no_memory", "no chunk of the caller is present at `info`")
{
	refused_there(RB_NOENT, rb_domain_info(0, BEYOND, &result));
	refused_there(RB_NOENT, rb_domain_info(0, (1ul << 52) - 256, &result));
}

TEST("domain_info.TYPE.not_data", "the chunk at `info` is not DATA")
{
	refused_there(RB_TYPE, rb_domain_info(0, OUR_TABLES, &result));
}

/* ---------------- machine_info */

TEST("machine_info.fields", "What is written is true of the machine: chunks up to the end of memory, free ones, CPUs, frequency of the time-stamp counter.")
{
	const struct rb_machine_info *info = guest_pointer(told_page());
	uint64_t before, after, id;

	memset(guest_pointer(told_page()), 0xff, GUEST_PAGE);
	before = guest_time();
	accepted(rb_machine_info(told_page()));
	after = guest_time();
	expect_equal(info->chunk_count, guest_start->machine_chunk_count);
	expect_equal(info->tsc_khz, guest_start->tsc_khz);
	expect_equal(info->cpu_count, 1);
	expect(info->system_time >= before && info->system_time <= after, "system_time");
	for EACH(i, info->reserved0)
		expect_equal(info->reserved0[i], 0);
	expect(((const uint8_t *)info)[64] == 0xff, "more than the structure was written");
	/* Free: as many as can be given. */
	id = domain_new(4096);
	before = free_chunks();
	expect_equal(guest_domain_populate(id, 0, 4092), RB_NOSPACE);
	expect_equal(domain_look(id)->chunk_count, before);
	expect_equal(free_chunks(), 0);
}

TEST("machine_info.PERM.caller", "the caller is not the control domain")
{
	refused_to_child(RB_HC_MACHINE_INFO, CHILD_FREE);
}

TEST("machine_info.INVAL.limits", "an argument breaks its limits, or a register that carries no argument is not zero")
{
	LIMITS(RB_HC_MACHINE_INFO, ARGUMENTS(told_page()), BAD({ 0, 32 }, { 0, 1 }, { 0, 1ul << 52 }, { 0, ~0ul }), GOOD({ 0, told_page() + 64 }, { 0, (1ul << 52) - 64 }));
}

TEST("machine_info.NOENT.no_memory", "no chunk of the caller is present at `info`")
{
	refused_there(RB_NOENT, rb_machine_info(BEYOND));
	refused_there(RB_NOENT, rb_machine_info((1ul << 52) - 64));
}

TEST("machine_info.TYPE.not_data", "the chunk at `info` is not DATA")
{
	refused_there(RB_TYPE, rb_machine_info(OUR_TABLES));
}
