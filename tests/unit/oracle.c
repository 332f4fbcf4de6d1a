/* SPDX-License-Identifier: GPL-2.0-only */
/* See oracle.h. */

#include "suite.h"
#include "oracle.h"

struct oracle oracle;

/* ---------------------------------------------------------------- domains and frames */

void oracle_grow(struct model *m)
{
	u32 chunk = m->space->chunk_map[WORLD_PT_FIRST + m->pt_present];

	assert_true(chunk < FAKE_CHUNKS && oracle.machine.owner[chunk] == OWNER_NONE);
	oracle.machine.owner[chunk] = m->owner;
	oracle.machine.use[chunk] = CHUNK_PAGETABLE;
	m->pt_present++;
}

void oracle_add(struct model *m, struct space *space)
{
	memset(m, 0, sizeof(*m));
	m->space = space;
	m->owner = (u16)space->owner;
	m->kernel = NOBODY;
	for (int i = 0; i < FRAMES; i++)
		m->frame[i].gfn = PT + (u64)i;
	for (int i = 0; i < VCPUS; i++)
		m->vcpu[i] = (struct model_vcpu){ .root = NOBODY, .cpu = NOBODY };
	for (u32 i = 0; i < WORLD_PT_FIRST; i++) {
		u32 chunk = space->chunk_map[i];

		if (chunk == CHUNK_NONE)
			continue;
		assert_true(chunk < FAKE_CHUNKS && oracle.machine.owner[chunk] == OWNER_NONE);
		oracle.machine.owner[chunk] = m->owner;
		oracle.machine.use[chunk] = CHUNK_DATA;
	}
	while (m->pt_present < space->pt_present)
		oracle_grow(m);
}

void oracle_remove(struct model *m)
{
	for (u32 chunk = 0; chunk < FAKE_CHUNKS; chunk++)
		if (oracle.machine.owner[chunk] == m->owner)
			oracle.machine.owner[chunk] = OWNER_NONE;
}

void oracle_start(void)
{
	memset(&oracle, 0, sizeof(oracle));
	oracle.machine.physical_bits = FAKE_PHYSICAL_BITS;
	oracle.machine.chunk_count = FAKE_CHUNKS;
	oracle_add(&oracle.model[0], &world.a);
	oracle_add(&oracle.model[1], &world.b);
}

int oracle_find(const struct model *m, u64 gfn)
{
	return oracle_exists(m, gfn) ? (int)(gfn - PT) : NOBODY;
}

int oracle_pool(int n)
{
	return n < 10 ? n : n < 18 ? 508 + n - 10 : 1020 + n - 18;
}

bool oracle_exists(const struct model *m, u64 gfn)
{
	return gfn >= PT && gfn < PT + m->pt_present * 512ul;
}

u64 oracle_address(const struct model *m, int frame)
{
	const u64 gfn = m->frame[frame].gfn;

	return m->space->chunk_map[gfn / 512] * CHUNK_BYTES + gfn % 512 * 4096;
}

static bool is_link(const struct model_frame *f, u64 entry)
{
	return f->level > 1 && (entry & 1) && !(entry & 0x80);
}

/* Where a root keeps no entries. */
static bool is_spare(const struct model *m, int frame, u64 index)
{
	if (m->frame[frame].level != 4)
		return false;
	return frame == m->kernel ? index < 272 : index >= 256;
}

bool oracle_is_linked(const struct model *m, int frame)
{
	const u64 address = oracle_address(m, frame);

	for (int i = 0; i < m->used_count; i++) {
		const struct model_frame *f = &m->frame[m->used[i]];

		for (u64 index = 0; f->level > 1 && index < 512; index++)
			if (is_link(f, f->entry[index]) && (f->entry[index] & 0x000ffffffffff000) == address)
				return true;
	}
	return false;
}

int oracle_on_cpu(const struct model *m, int cpu)
{
	for (int i = 0; i < VCPUS; i++)
		if (m->vcpu[i].exists && m->vcpu[i].cpu == cpu)
			return i;
	return NOBODY;
}

static u32 loaded_by(const struct model *m, int frame)
{
	u32 count = 0;

	for (int i = 0; i < VCPUS; i++)
		count += m->vcpu[i].exists && m->vcpu[i].root == frame;
	return count;
}

/* ---------------------------------------------------------------- operations */

struct operation {
	struct model *m;
	u64 gfn, index, count;
	int frame;		/* or NOBODY: there is none */
};

/* The frame; a free one where there is none. */
static struct model_frame *operand(const struct operation *o)
{
	static struct model_frame none;

	return o->frame == NOBODY ? &none : &o->m->frame[o->frame];
}

/* Errors that several operations share: no frame, not typed, run out of the table or of the half. */
static status_set common_errors(const struct operation *o)
{
	if (o->frame == NOBODY)
		return STATUS_SET(RB_NOENT) | (o->index + o->count > 512 ? STATUS_SET(RB_INVAL) : 0);
	if (operand(o)->level == 0)
		return STATUS_SET(RB_TYPE) | (o->index + o->count > 512 ? STATUS_SET(RB_INVAL) : 0);
	for (u64 i = o->index; i < o->index + o->count; i++)
		if (i >= 512 || is_spare(o->m, o->frame, i))
			return STATUS_SET(RB_INVAL);
	return 0;
}

static void forget_on_cpus(const struct model *m)
{
	for (int cpu = 0; cpu < WORLD_CPUS; cpu++)
		if (oracle_on_cpu(m, cpu) != NOBODY)
			oracle.flush[cpu] = true;
}

/*
 * An entry is replaced. What was present at level 2 or more is forgotten everywhere, so that no CPU remembers an address as in a large
 * and in a small page at once.
 */
static void replace(const struct operation *o, u64 index, u64 value)
{
	u64 *entry = &operand(o)->entry[index];

	if (operand(o)->level > 1 && *entry & 1)
		forget_on_cpus(o->m);
	*entry = value;
}

static status_set do_type(struct operation *o, u64 level)
{
	if (level < 1 || level > 4 || o->index)
		return STATUS_SET(RB_INVAL);
	for (u64 i = 0; i < o->count; i++) {
		const int frame = oracle_find(o->m, o->gfn + i);
		struct model_frame *f;

		if (frame == NOBODY)
			return STATUS_SET(RB_NOENT);
		f = &o->m->frame[frame];
		if (oracle_is_linked(o->m, frame) || frame == o->m->kernel || loaded_by(o->m, frame))
			return STATUS_SET(RB_BUSY);
		if (f->level && f->level != (int)level)
			forget_on_cpus(o->m);
		if (!f->level)
			o->m->used[o->m->used_count++] = frame;
		f->level = (int)level;
		memset(f->entry, 0, sizeof(f->entry));
	}
	return 0;
}

static status_set do_set(struct operation *o, u64 value)
{
	status_set errors = common_errors(o);
	struct model_frame *f = operand(o);

	if (errors) {
		/* Also right: what is wrong with the first entry. */
		return errors | (o->frame != NOBODY && f->level ? spec_entry(&oracle.machine, f->level, value, o->m->owner) : 0);
	}
	for (u64 i = 0; i < o->count; i++) {
		errors = spec_entry(&oracle.machine, f->level, value, o->m->owner);
		if (errors)
			return errors;
		replace(o, o->index + i, value);
		if (value & 1)
			value += f->level == 1 ? 4096 : 2 << 20;
	}
	return 0;
}

static status_set do_link(struct operation *o, u64 value)
{
	const int child = oracle_find(o->m, value);
	status_set errors = 0;

	if (o->count != 1)
		errors |= STATUS_SET(RB_INVAL);
	if (o->frame == NOBODY || child == NOBODY)
		errors |= STATUS_SET(RB_NOENT);
	if (o->frame != NOBODY) {
		if (operand(o)->level == 0)
			errors |= STATUS_SET(RB_TYPE);
		if (operand(o)->level == 1 || is_spare(o->m, o->frame, o->index))
			errors |= STATUS_SET(RB_INVAL);
	}
	if (child != NOBODY) {
		if (o->m->frame[child].level == 0 || (o->frame != NOBODY && o->m->frame[child].level != operand(o)->level - 1))
			errors |= STATUS_SET(RB_TYPE);
		if (oracle_is_linked(o->m, child))
			errors |= STATUS_SET(RB_BUSY);
	}
	if (!errors)
		replace(o, o->index, oracle_address(o->m, child) | (o->frame == o->m->kernel ? 0x63 : 0x67));
	return errors;
}

static status_set do_and(struct operation *o, u64 mask)
{
	status_set errors = common_errors(o);
	struct model_frame *f = operand(o);

	if (~mask & ~0x62ul)
		errors |= STATUS_SET(RB_INVAL);
	if (o->frame != NOBODY && f->level == 4)
		errors = (errors & ~STATUS_SET(RB_INVAL)) | STATUS_SET(RB_TYPE) | (~mask & ~0x62ul ? STATUS_SET(RB_INVAL) : 0);
	if (errors)
		return errors;
	for (u64 i = o->index; i < o->index + o->count; i++) {
		if (is_link(f, f->entry[i]))
			f->entry[i] &= mask | ~0x20ul;
		else if (f->entry[i] & 1)
			f->entry[i] &= mask;
	}
	return 0;
}

static status_set do_exchange(struct operation *o, u64 *value)
{
	status_set errors = common_errors(o);
	struct model_frame *f = operand(o);
	u64 old;

	if (o->count != 1)
		errors |= STATUS_SET(RB_INVAL);
	if (o->frame != NOBODY && f->level)
		errors |= spec_entry(&oracle.machine, f->level, *value, o->m->owner);
	if (o->frame != NOBODY && !is_spare(o->m, o->frame, o->index) && is_link(f, f->entry[o->index]))
		errors |= STATUS_SET(RB_TYPE);
	if (errors)
		return errors;
	old = f->entry[o->index];
	replace(o, o->index, *value);
	*value = old;
	return 0;
}

static status_set do_flush(const struct operation *o, int cpu, u64 value)
{
	const bool all = o->gfn == 0 && o->index == 0 && o->count == 1 && value == 0;
	const u64 top = value >> 47;
	const bool range = o->gfn == 0 && o->index == 1 && value % 4096 == 0 && (top == 0 || top == 0x1ffff);

	if (!all && !range)
		return STATUS_SET(RB_INVAL);
	oracle.flush[cpu] = true;
	return 0;
}

static status_set do_operation(struct model *m, int cpu, u64 word, u64 *value)
{
	struct operation o = {
		.m = m,
		.gfn = word >> 24,
		.index = word >> 15 & 511,
		.count = (word >> 6 & 511) + 1,
		.frame = oracle_find(m, word >> 24),
	};

	switch (word & 63) {
	case RB_OP_NOP:
		return word || *value ? STATUS_SET(RB_INVAL) : 0;
	case RB_OP_TYPE:
		return do_type(&o, *value);
	case RB_OP_SET:
		return do_set(&o, *value);
	case RB_OP_LINK:
		return do_link(&o, *value);
	case RB_OP_AND:
		return do_and(&o, *value);
	case RB_OP_XCHG:
		return do_exchange(&o, value);
	case RB_OP_FLUSH:
		return do_flush(&o, cpu, *value);
	default:
		return STATUS_SET(RB_NOSYS);
	}
}

status_set oracle_apply(struct model *m, int cpu, u64 word, u64 *value)
{
	status_set errors = do_operation(m, cpu, word, value);

	if (errors)
		m->refused++;
	else
		m->ops++;
	return errors;
}

/* ---------------------------------------------------------------- roots */

status_set oracle_hold(struct model *m, u64 gfn)
{
	const int frame = oracle_find(m, gfn);

	if (frame == NOBODY)
		return STATUS_SET(RB_NOENT);
	if (m->frame[frame].level != 4 || frame == m->kernel)
		return STATUS_SET(RB_TYPE);
	return 0;
}

status_set oracle_load(struct model *m, int vcpu, u64 gfn)
{
	status_set errors = oracle_hold(m, gfn);

	if (!errors) {
		m->vcpu[vcpu].root = oracle_find(m, gfn);
		oracle.flush[m->vcpu[vcpu].cpu] = true;
		m->loads++;
	}
	return errors;
}

status_set oracle_make_kernel(struct model *m, u64 gfn)
{
	const int frame = oracle_find(m, gfn);
	status_set errors = 0;

	if (m->kernel != NOBODY)
		errors |= STATUS_SET(RB_BUSY);
	if (frame == NOBODY)
		return errors | STATUS_SET(RB_NOENT);
	if (m->frame[frame].level != 4)
		return errors | STATUS_SET(RB_TYPE);
	for (u64 index = 0; index < 256; index++)
		if (m->frame[frame].entry[index])
			errors |= STATUS_SET(RB_BUSY);
	if (loaded_by(m, frame))
		errors |= STATUS_SET(RB_BUSY);
	if (!errors)
		m->kernel = frame;
	return errors;
}

/* ---------------------------------------------------------------- comparing */

/* A frame's memory as it must be. A root has a bitmap of its entries in words 256 to 259. */
static void expected_memory(const struct model *m, int frame, u64 *memory)
{
	const struct model_frame *f = &m->frame[frame];

	memcpy(memory, f->entry, sizeof(f->entry));
	if (f->level == 4)
		for (u64 index = 0; index < 512; index++)
			if (!is_spare(m, frame, index) && f->entry[index])
				memory[256 + index % 256 / 64] |= 1ul << index % 64;
}

static void compare_frame(const struct model *m, int frame)
{
	const struct model_frame *f = &m->frame[frame];
	const u64 *memory = direct_pointer(oracle_address(m, frame));
	const struct frame *record = table_frame(m->space, f->gfn);
	u64 expected[PT_ENTRIES];

	expected_memory(m, frame, expected);
	for (u64 index = 0; memcmp(memory, expected, sizeof(expected)) && index < 512; index++)
		if (memory[index] != expected[index])
			fail_msg("owner %u frame %lx level %d entry %lu: %lx, want %lx", m->owner, f->gfn, f->level, index,
				 memory[index], expected[index]);
	if (record->level != f->level)
		fail_msg("owner %u frame %lx: level %d, want %d", m->owner, f->gfn, record->level, f->level);
	if (f->level == 4 && record->loaded != loaded_by(m, frame))
		fail_msg("owner %u frame %lx: loaded %u, want %u", m->owner, f->gfn, record->loaded, loaded_by(m, frame));
}

/* No other frame is in use; every now and then, how many of them are linked. */
static void compare_counts(const struct model *m)
{
	static u32 calls;
	u64 linked = 0;

	assert_int_equal(m->space->frames_typed + m->space->frames_linked, m->used_count);
	if (calls++ % 128)
		return;
	for (int i = 0; i < m->used_count; i++)
		linked += oracle_is_linked(m, m->used[i]);
	assert_int_equal(m->space->frames_linked, linked);
}

static void compare_live(int cpu)
{
	const struct model *m = NULL;
	const u64 *page = world.cpu[cpu].page;
	int vcpu = NOBODY;

	for (int i = 0; i < 2 && vcpu == NOBODY; i++) {
		vcpu = oracle_on_cpu(&oracle.model[i], cpu);
		if (vcpu != NOBODY)
			m = &oracle.model[i];
	}
	for (int index = 0; index < 512; index++) {
		u64 expected = 0;

		if (m && index < 256 && m->vcpu[vcpu].root != NOBODY)
			expected = m->frame[m->vcpu[vcpu].root].entry[index];
		if (m && index >= 272 && m->kernel != NOBODY)
			expected = m->frame[m->kernel].entry[index];
		if (index == 256)
			expected = oracle.gate[cpu];
		if (page[index] != expected)
			fail_msg("I-9: CPU %d entry %d: %lx, want %lx", cpu, index, page[index], expected);
	}
	if (world.cpu[cpu].flush_owed != oracle.flush[cpu])
		fail_msg("CPU %d: flush owed %d, want %d", cpu, world.cpu[cpu].flush_owed, oracle.flush[cpu]);
}

void oracle_compare(void)
{
	for (int i = 0; i < 2; i++) {
		const struct model *m = &oracle.model[i];

		for (int frame = 0; frame < m->used_count; frame++)
			compare_frame(m, m->used[frame]);
		compare_counts(m);
		assert_int_equal(m->space->pt_ops, m->ops);
		assert_int_equal(m->space->pt_refused, m->refused);
		assert_int_equal(m->space->root_loads, m->loads);
	}
	for (int cpu = 0; cpu < WORLD_CPUS; cpu++)
		compare_live(cpu);
}

/* ---------------------------------------------------------------- as the processor sees it */

/* What a CPU may remember of a machine frame: bit n, that it is a table of level n. */
static u8 remembered[WORLD_CPUS][FAKE_CHUNKS * 512];
/* Which frames have marks, so that few are looked at. */
static u32 marked[WORLD_CPUS][2 * FRAMES];
static u32 marked_count[WORLD_CPUS];

u64 oracle_reached[4];

void oracle_forget(int cpu)
{
	while (marked_count[cpu])
		remembered[cpu][marked[cpu][--marked_count[cpu]]] = 0;
}

static void walk_leaf(int cpu, int level, u64 entry, u16 owner, u64 va)
{
	const u64 chunk = (entry & 0x000ffffffffff000) >> 21;

	oracle_reached[0]++;
	if (chunk >= FAKE_CHUNKS || oracle.machine.owner[chunk] != owner)
		fail_msg("I-2: CPU %d reaches %lx at %lx", cpu, entry, va);
	if (oracle.machine.use[chunk] == CHUNK_PAGETABLE && (entry & 2))
		fail_msg("I-2: CPU %d can write a table, %lx at %lx", cpu, entry, va);
	if (entry & 0x118 || (level == 1 && entry & 0x80) || (level == 2 && entry & 0x1ff000))
		fail_msg("I-6: CPU %d: %lx at %lx", cpu, entry, va);
}

static void walk_table(int cpu, int level, u64 address, u16 owner, u64 va)
{
	const u64 frame = address >> 12;
	const u64 *table = direct_pointer(address);

	if (frame / 512 >= FAKE_CHUNKS || oracle.machine.owner[frame / 512] != owner
	    || oracle.machine.use[frame / 512] != CHUNK_PAGETABLE)
		fail_msg("I-3: CPU %d walks a table at %lx (level %d, at %lx)", cpu, address, level, va);
	oracle_reached[level]++;
	if (!remembered[cpu][frame]) {
		assert_true(marked_count[cpu] < ARRAY_COUNT(marked[0]));
		marked[cpu][marked_count[cpu]++] = (u32)frame;
	}
	remembered[cpu][frame] |= (u8)(1 << level);
	for (u64 index = 0; index < 512; index++) {
		const u64 entry = table[index];
		const u64 at = va | index << (12 + 9 * (level - 1));

		if (!(entry & 1)) {
			if (entry && (entry & ((1ul << FAKE_PHYSICAL_BITS) - 1) & ~0xffful) < FAKE_CHUNKS * CHUNK_BYTES)
				fail_msg("I-6: CPU %d: %lx at %lx may be read through", cpu, entry, at);
		} else if (level == 1 || (level == 2 && entry & 0x80)) {
			walk_leaf(cpu, level, entry, owner, at);
		} else {
			walk_table(cpu, level - 1, entry & 0x000ffffffffff000, owner, at);
		}
	}
}

void oracle_walk(int cpu)
{
	const u64 *page = world.cpu[cpu].page;
	u16 owner = OWNER_NONE;

	/* The flush that is owed happens before the guest runs, and it runs before it walks. */
	if (world.cpu[cpu].flush_owed)
		oracle_forget(cpu);
	for (int i = 0; i < 2; i++)
		if (oracle_on_cpu(&oracle.model[i], cpu) != NOBODY)
			owner = oracle.model[i].owner;
	for (u64 index = 0; index < 512; index++) {
		if (!(page[index] & 1) || index == 256)
			continue;
		if (index >= 256 && page[index] & 4)
			fail_msg("I-7: CPU %d: user bit in slot %lu", cpu, index);
		if (owner == OWNER_NONE)
			fail_msg("I-9: CPU %d runs nothing and has slot %lu", cpu, index);
		walk_table(cpu, 3, page[index] & 0x000ffffffffff000, owner, index << 39);
	}
}

void oracle_check_remembered(void)
{
	for (int cpu = 0; cpu < WORLD_CPUS; cpu++) {
		if (world.cpu[cpu].flush_owed)
			oracle_forget(cpu);
		for (u32 i = 0; i < marked_count[cpu]; i++) {
			const u32 frame = marked[cpu][i];
			const struct frame *records = chunks[frame / 512].frames;
			const u8 level = records ? records[frame % 512].level : 0;

			if (remembered[cpu][frame] != 1 << level)
				fail_msg("I-4: CPU %d remembers frame %x as levels %x, it is of level %d", cpu, frame,
					 remembered[cpu][frame], level);
		}
	}
}
