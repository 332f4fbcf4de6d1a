/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random operations of two domains on three CPUs, sensible and hostile, beside the oracle. After each step the answer, the
 * tables, the live roots, the flushes owed and the counters are compared; the processor's walks, and every few thousand
 * steps everything else, are looked at too.
 *
 * RINGBOLT_SEED repeats a run, RINGBOLT_STEPS makes it longer. The run must have met each pair of operation and status that
 * the interface documents, or it proves nothing.
 */

#include "suite.h"
#include "oracle.h"

#include <time.h>
#include "mm/walk.h"

#define LEAF_FLAGS	(0x8000000000000e67ul | 0x7ful << 52 | 0x7ul << 59)

static u64 seed;

static u64 random_word(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 0x2545f4914f6cdd1d;
}

static u64 below(u64 limit)
{
	return (random_word() >> 11) % limit;
}

static bool chance(u64 percent)
{
	return below(100) < percent;
}

/* ---------------------------------------------------------------- choosing */

/* A pool frame, of a level if there is one (0: any). */
static int choose_frame(const struct model *m, int level)
{
	for (int tries = 0; tries < 40; tries++) {
		const int frame = oracle_pool((int)below(POOL));

		if (oracle_exists(m, m->frame[frame].gfn) && (!level || m->frame[frame].level == level))
			return frame;
	}
	return 0;
}

/* Mostly a pool frame, else a number that is none. */
static u64 choose_gfn(const struct model *m, int level)
{
	const u64 end = PT + m->pt_present * 512ul;

	switch (below(40)) {
	case 0:
		return PT - 1 - below(600);
	case 1:
		return end + below(600);
	case 2:
		return end | below(2) << 39;
	case 3:
		return below(1ul << 40) | 1ul << 39;
	case 4:
		return chance(50) ? 0 : (1ul << 40) - 1;
	default:
		return m->frame[choose_frame(m, chance(90) ? level : 0)].gfn;
	}
}

static u64 choose_index(void)
{
	static const u64 edge[] = { 0, 1, 2, 63, 64, 128, 255, 256, 259, 260, 271, 272, 273, 300, 320, 510, 511 };

	return chance(60) ? edge[below(ARRAY_COUNT(edge))] : below(512);
}

static u64 choose_count(void)
{
	return chance(60) ? 1 : chance(70) ? 1 + below(6) : 1 + below(512);
}

static u64 random_chunk_of(u16 owner, u8 use)
{
	for (;;) {
		const u64 chunk = below(FAKE_CHUNKS);

		if (oracle.machine.owner[chunk] == owner && oracle.machine.use[chunk] == use)
			return chunk * CHUNK_BYTES;
	}
}

/* An address in a chunk, often so near its end that a run leaves it. */
static u64 choose_offset(int level)
{
	if (level == 2)
		return chance(97) ? 0 : below(512) * 4096;
	return chance(70) ? below(512) * 4096 : (511 - below(4)) * 4096;
}

static u64 choose_entry(const struct model *m, int level)
{
	const struct model *other = &oracle.model[m == &oracle.model[0]];
	u64 flags = (random_word() & LEAF_FLAGS) | 1 | (level == 2 ? 0x80 : 0);

	switch (below(20)) {
	case 0:
		return random_word();
	case 1:
		return 1ul << below(64);
	case 2:
		return random_chunk_of(other->owner, CHUNK_DATA) | choose_offset(level) | flags;
	case 3:
		return random_chunk_of(other->owner, CHUNK_PAGETABLE) | choose_offset(level) | (flags & ~2ul);
	case 4:
		return random_chunk_of(m->owner, CHUNK_PAGETABLE) | choose_offset(level) | flags;
	case 5:
		return random_chunk_of(m->owner, CHUNK_PAGETABLE) | choose_offset(level) | (flags & ~2ul);
	case 6:
		return below(130) * CHUNK_BYTES | choose_offset(level) | flags;
	case 7:
		return random_chunk_of(m->owner, CHUNK_DATA) | choose_offset(level) | flags | 1ul << below(52);
	case 8:
		/* Not present, as Linux inverts it, or with the address of memory in it. */
		return (chance(50) ? ~below(1ul << 30) << 12 : random_word() << 1) & ~(chance(50) ? 0xfff0000000000001ul : 1ul);
	case 9:
	case 10:
	case 11:
		return 0;
	case 12:
		/* What LINK would write. */
		return oracle_address(m, choose_frame(m, 0)) | 0x67;
	default:
		return random_chunk_of(m->owner, CHUNK_DATA) | choose_offset(level) | flags;
	}
}

static bool in_pool(const struct model *m, u64 gfn)
{
	for (int i = 0; i < POOL; i++)
		if (m->frame[oracle_pool(i)].gfn == gfn)
			return true;
	return false;
}

/* The longest run from gfn that touches no frame outside the pool: with more frames in use, comparing takes longer. */
static u64 pool_run(const struct model *m, u64 gfn, u64 count)
{
	u64 length = 0;

	while (length < count && (!oracle_exists(m, gfn + length) || in_pool(m, gfn + length)))
		length++;
	return length ? length : 1;
}

/* ---------------------------------------------------------------- steps */

/* How often each operation got each status: [operation or other step][-status]. */
enum { STEP_LOAD = 64, STEP_KERNEL, STEP_HOLD, STEP_GROW, STEPS };
static u64 met[STEPS][10];

static void check_status(const char *what, u32 step, status_set expected, enum rb_status status, u64 word, u64 value)
{
	if (!status_fits(expected, status))
		fail_msg("%s word %lx value %lx: got %d, want one of set %x", what, word, value, status, expected);
	met[step][-status]++;
}

/* By both doors: one operation from registers, or as the only one of a queue. */
static enum rb_status do_operation(struct model *m, int cpu, u64 word, u64 *value)
{
	struct rb_pt_op op = { word, *value };
	enum rb_status status;
	u64 count;

	if (chance(50))
		return table_apply(m->space, &world.cpu[cpu], word, value);
	count = table_apply_queue(m->space, &world.cpu[cpu], &op, 0, 1, &status);
	assert_int_equal(count, status == RB_OK);
	assert_int_equal(op.word, word);
	*value = op.value;
	return status;
}

static void step_operation(struct model *m, int cpu)
{
	static const u8 codes[] = {
		RB_OP_SET, RB_OP_SET, RB_OP_SET, RB_OP_SET, RB_OP_SET, RB_OP_SET, RB_OP_SET, RB_OP_SET, RB_OP_SET, RB_OP_SET,
		RB_OP_LINK, RB_OP_LINK, RB_OP_LINK, RB_OP_LINK, RB_OP_LINK, RB_OP_TYPE, RB_OP_TYPE, RB_OP_AND, RB_OP_AND,
		RB_OP_XCHG, RB_OP_XCHG, RB_OP_XCHG,
	};
	const u64 code = chance(3) ? below(64) : codes[below(ARRAY_COUNT(codes))];
	const int level = 1 + (int)below(4);
	u64 gfn = choose_gfn(m, level), index = choose_index(), count = choose_count(), value = 0, before, word;
	status_set expected;

	switch (code) {
	case RB_OP_NOP:
		gfn = chance(90) ? 0 : gfn;
		index = chance(90) ? 0 : index;
		count = chance(90) ? 1 : count;
		break;
	case RB_OP_TYPE:
		value = chance(95) ? 1 + below(4) : below(8);
		gfn = choose_gfn(m, chance(50) ? 0 : level);
		index = chance(97) ? 0 : index;
		count = pool_run(m, gfn, count);
		break;
	case RB_OP_SET:
		value = level > 2 && chance(80) ? 0 : choose_entry(m, level);
		break;
	case RB_OP_LINK:
		value = choose_gfn(m, level - 1);
		count = chance(98) ? 1 : count;
		break;
	case RB_OP_AND:
		value = ~(random_word() & (chance(95) ? 0x62 : 0x6a));
		break;
	case RB_OP_XCHG:
		value = level > 2 && chance(80) ? 0 : choose_entry(m, level);
		count = chance(97) ? 1 : count;
		break;
	case RB_OP_FLUSH:
		gfn = chance(95) ? 0 : gfn;
		index = chance(95) ? below(2) : index;
		value = chance(50) ? 0 : random_word() & (chance(80) ? ~0xffful : ~0ul);
		value = chance(50) ? value & 0x7fffffffffff : value;
		count = index == 0 && chance(90) ? 1 : count;
		break;
	default:
		break;
	}
	word = rb_op_word(code, gfn & ((1ul << 40) - 1), index, count);
	if (chance(1))
		word = chance(50) ? (word & 0x7fff) | random_word() << 63 : code;
	before = value;
	{
		u64 model_value = value;
		enum rb_status status = do_operation(m, cpu, word, &value);

		expected = oracle_apply(m, cpu, word, &model_value);
		check_status("operation", (u32)code, expected, status, word, before);
		if (value != model_value)
			fail_msg("operation %lx value %lx returned %lx, want %lx", word, before, value, model_value);
	}
}

static void step_load(struct model *m, int cpu, int vcpu)
{
	const u64 gfn = choose_gfn(m, 4);
	const enum rb_status status = live_root_load(&world.cpu[cpu], m->space, (gfn_t){ gfn });

	check_status("root_load", STEP_LOAD, oracle_load(m, vcpu, gfn), status, gfn, 0);
}

static void step_kernel(struct model *m)
{
	const u64 gfn = choose_gfn(m, 4);
	const enum rb_status status = root_make_kernel(m->space, (gfn_t){ gfn });

	check_status("make_kernel", STEP_KERNEL, oracle_make_kernel(m, gfn), status, gfn, 0);
}

static mfn_t vcpu_root(const struct model *m, int vcpu)
{
	const int root = m->vcpu[vcpu].root;

	return root == NOBODY ? NO_MFN : (mfn_t){ oracle_address(m, root) >> PAGE_SHIFT };
}

/* The CPU's vCPU, whosever, is put aside. */
static void put_aside(int cpu)
{
	for (int i = 0; i < 2; i++) {
		const int vcpu = oracle_on_cpu(&oracle.model[i], cpu);

		if (vcpu != NOBODY)
			oracle.model[i].vcpu[vcpu].cpu = NOBODY;
	}
}

static void leave(int cpu)
{
	live_root_leave(&world.cpu[cpu]);
	put_aside(cpu);
	oracle.flush[cpu] = true;
}

/* Another vCPU, or none, onto a CPU. */
static void step_switch(int cpu)
{
	struct model *m = &oracle.model[below(2)];
	const int vcpu = (int)below(VCPUS);

	if (chance(5)) {
		leave(cpu);
		return;
	}
	if (!m->vcpu[vcpu].exists || m->vcpu[vcpu].cpu != NOBODY)
		return;
	live_root_switch_space(&world.cpu[cpu], m->space, vcpu_root(m, vcpu));
	put_aside(cpu);
	m->vcpu[vcpu].cpu = cpu;
	oracle.flush[cpu] = true;
}

/* A vCPU that is on no CPU begins or ends. */
static void step_vcpu(struct model *m)
{
	const int vcpu = (int)below(VCPUS);
	struct model_vcpu *v = &m->vcpu[vcpu];
	const u64 gfn = choose_gfn(m, 4);
	enum rb_status status;
	mfn_t root;

	if (v->exists) {
		if (v->cpu != NOBODY || chance(70))
			return;
		if (v->root != NOBODY)
			root_drop(m->space, vcpu_root(m, vcpu));
		v->exists = false;
		return;
	}
	*v = (struct model_vcpu){ .exists = true, .root = NOBODY, .cpu = NOBODY };
	if (chance(30))
		return;
	status = root_hold(m->space, (gfn_t){ gfn }, &root);
	check_status("root_hold", STEP_HOLD, oracle_hold(m, gfn), status, gfn, 0);
	if (status != RB_OK)
		return;
	v->root = oracle_find(m, gfn);
	assert_int_equal(root.raw, vcpu_root(m, vcpu).raw);
}

static void step_grow(struct model *m)
{
	u32 guest_chunk = 0;
	const enum rb_status status = space_grow_reserve(m->space, &guest_chunk);
	const status_set expected = m->pt_present == WORLD_PT_QUOTA ? STATUS_SET(RB_NOSPACE) : 0;

	check_status("reserve_grow", STEP_GROW, expected, status, 0, 0);
	if (status != RB_OK)
		return;
	assert_int_equal(guest_chunk, WORLD_PT_FIRST + m->pt_present);
	oracle_grow(m);
}

/* The processor sets accessed and dirty in some entry of some table. */
static void step_processor(struct model *m)
{
	const int frame = choose_frame(m, 1 + (int)below(3));
	struct model_frame *f = &m->frame[frame];
	u64 *memory = direct_pointer(oracle_address(m, frame));

	for (u64 index = 0; index < 512; index++) {
		if (!(f->entry[index] & 1) || f->level == 4 || chance(50))
			continue;
		f->entry[index] |= 0x20;
		if (f->level == 1 || f->entry[index] & 0x80)
			f->entry[index] |= f->entry[index] & 2 ? 0x40 : 0;
		memory[index] = f->entry[index];
	}
}

static bool is_scrubbed(const struct space *space)
{
	for (u32 i = 0; i < WORLD_CHUNKS; i++) {
		const u8 *bytes = direct_pointer(space->chunk_map[i] * CHUNK_BYTES);

		if (space->chunk_map[i] != CHUNK_NONE && (bytes[0] || memcmp(bytes, bytes + 1, CHUNK_BYTES - 1)))
			return false;
	}
	return true;
}

/* A domain ends, with secrets in its memory, and another begins. */
static void step_destroy(struct model *m)
{
	struct space *space = m->space;
	const u16 owner = m->owner;

	for (int vcpu = 0; vcpu < VCPUS; vcpu++)
		if (m->vcpu[vcpu].exists && m->vcpu[vcpu].cpu != NOBODY)
			leave(m->vcpu[vcpu].cpu);
	oracle_check_remembered();
	memset(direct_pointer(space->chunk_map[0] * CHUNK_BYTES), 0x77, CHUNK_BYTES);
	memset(direct_pointer(space->chunk_map[5] * CHUNK_BYTES), 0x78, CHUNK_BYTES);
	space_destroy(space);
	oracle_remove(m);
	world_make_space(space, owner);
	if (!is_scrubbed(space))
		fail_msg("a new domain's memory is not zero");
	oracle_add(m, space);
}

/* Mostly one that runs something. */
static int choose_cpu(void)
{
	int cpu = 0;

	for (int tries = 0; tries < 4; tries++) {
		cpu = (int)below(WORLD_CPUS);
		if (world.cpu[cpu].space)
			break;
	}
	return cpu;
}

static void step(void)
{
	const int cpu = choose_cpu();
	struct model *m = &oracle.model[below(2)];
	const u64 kind = below(10000);
	int vcpu;

	/* What is owed is paid on the way to the guest. */
	oracle_check_remembered();
	for (int i = 0; i < WORLD_CPUS; i++) {
		world.cpu[i].flush_owed = false;
		oracle.flush[i] = false;
	}
	if (kind < 1)
		step_destroy(m);
	else if (kind < 8)
		step_grow(m);
	else if (kind < 300)
		step_vcpu(m);
	else if (kind < 340)
		step_kernel(m);
	else if (kind < 600)
		step_switch(cpu);
	else if (kind < 900)
		step_processor(m);
	else {
		/* The vCPU that is on the CPU calls. */
		for (int i = 0; i < 2; i++) {
			vcpu = oracle_on_cpu(&oracle.model[i], cpu);
			if (vcpu != NOBODY && kind < 1500)
				step_load(&oracle.model[i], cpu, vcpu);
			else if (vcpu != NOBODY)
				step_operation(&oracle.model[i], cpu);
		}
	}
}

static u64 environment(const char *name, u64 otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

static u64 first_seed, steps, at;

static void test_random_steps(void **state)
{
	(void)state;
	for (at = 0; at < steps; at++) {
		step();
		oracle_check_remembered();
		oracle_compare();
		if (at % 4 == 0)
			oracle_walk((int)below(WORLD_CPUS));
		if (at % 4096 == 0)
			assert_int_equal(invariants_check(), 0);
	}
}

/* What the interface documents, met at least once. */
static void test_met_everything(void **state)
{
	static const struct {
		u32 step;
		status_set statuses;
	} wanted[] = {
#define S(status) STATUS_SET(RB_##status)
		{ RB_OP_NOP, S(OK) | S(INVAL) },
		{ RB_OP_TYPE, S(OK) | S(NOENT) | S(INVAL) | S(BUSY) },
		{ RB_OP_SET, S(OK) | S(NOENT) | S(TYPE) | S(INVAL) | S(OWNER) },
		{ RB_OP_LINK, S(OK) | S(NOENT) | S(TYPE) | S(BUSY) | S(INVAL) },
		{ RB_OP_AND, S(OK) | S(NOENT) | S(TYPE) | S(INVAL) },
		{ RB_OP_XCHG, S(OK) | S(NOENT) | S(TYPE) | S(INVAL) | S(OWNER) },
		{ RB_OP_FLUSH, S(OK) | S(INVAL) },
		{ 7, S(NOSYS) },
		{ STEP_LOAD, S(OK) | S(NOENT) | S(TYPE) },
		{ STEP_KERNEL, S(OK) | S(NOENT) | S(TYPE) | S(BUSY) },
		{ STEP_HOLD, S(OK) | S(NOENT) | S(TYPE) },
		{ STEP_GROW, S(OK) | S(NOSPACE) },
#undef S
	};

	(void)state;
	if (steps < 100000)
		skip();
	for (u32 level = 0; level < 4; level++)
		assert_true(oracle_reached[level] > 1000);
	for (u32 i = 0; i < ARRAY_COUNT(wanted); i++)
		for (u32 status = 0; status < 10; status++)
			if (wanted[i].statuses >> status & 1 && !met[wanted[i].step][status])
				fail_msg("step %u never got status -%u", wanted[i].step, status);
}

static int start(void **state)
{
	world_start(state);
	for (int cpu = 0; cpu < WORLD_CPUS; cpu++)
		live_root_leave(&world.cpu[cpu]);
	oracle_start();
	return 0;
}

static int end(void **state)
{
	for (int cpu = 0; cpu < WORLD_CPUS; cpu++)
		leave(cpu);
	for (int i = 0; i < 2; i++)
		for (int vcpu = 0; vcpu < VCPUS; vcpu++)
			if (oracle.model[i].vcpu[vcpu].exists && oracle.model[i].vcpu[vcpu].root != NOBODY)
				root_drop(oracle.model[i].space, vcpu_root(&oracle.model[i], vcpu));
	return world_end(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_random_steps, start, end),
		cmocka_unit_test(test_met_everything),
	};
	int status;

	first_seed = environment("RINGBOLT_SEED", (u64)time(NULL));
	steps = environment("RINGBOLT_STEPS", 200000);
	seed = first_seed * 0x9e3779b97f4a7c15 + 1;
	printf("RINGBOLT_SEED=%lu RINGBOLT_STEPS=%lu\n", first_seed, steps);
	status = cmocka_run_group_tests_name("random", tests, NULL, NULL);
	if (status)
		printf("stopped at step %lu of RINGBOLT_SEED=%lu\n", at, first_seed);
	for (u32 i = 0; i < STEPS; i++) {
		if (!met[i][0] || (i > RB_OP_FLUSH && i < 64))
			continue;
		printf("step %2u:", i);
		for (u32 s = 0; s < 10; s++)
			printf(" %lu", met[i][s]);
		printf("\n");
	}
	printf("walks reached %lu leaves and %lu, %lu, %lu tables of levels 1 to 3\n", oracle_reached[0], oracle_reached[1],
	       oracle_reached[2], oracle_reached[3]);
	return suite_total(ARRAY_COUNT(tests), status);
}
