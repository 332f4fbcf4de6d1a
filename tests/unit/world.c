/* SPDX-License-Identifier: GPL-2.0-only */
/* See world.h. */

#include "suite.h"
#include "world.h"

#include "mm/page.h"
#include "mm/walk.h"

struct world world;

void world_make_space(struct space *space, u16 owner)
{
	assert_int_equal(space_init(space, owner, WORLD_CHUNKS, WORLD_PT_FIRST, WORLD_PT_QUOTA), RB_OK);
	world_add_chunks(space);
}

void world_add_chunks(struct space *space)
{
	static const u32 data[] = { 0, 1, 2, 5 };

	for (u32 i = 0; i < ARRAY_COUNT(data); i++)
		assert_int_equal(space_add_chunk(space, data[i], CHUNK_DATA), RB_OK);
	assert_int_equal(space_add_chunk(space, WORLD_PT_FIRST, CHUNK_PAGETABLE), RB_OK);
}

int world_start(void **state)
{
	(void)state;
	fake_machine_start();
	for (u32 i = 0; i < WORLD_CPUS; i++) {
		world.page[i] = page_alloc();
		live_root_init(&world.cpu[i], (mfn_t){ direct_address(world.page[i]) >> PAGE_SHIFT });
	}
	world_make_space(&world.a, WORLD_OWNER_A);
	world_make_space(&world.b, WORLD_OWNER_B);
	assert_int_equal(space_add_chunk(&world.a, WORLD_PT_FIRST + 1, CHUNK_PAGETABLE), RB_OK);
	assert_int_equal(space_add_chunk(&world.b, WORLD_PT_FIRST + 1, CHUNK_PAGETABLE), RB_OK);
	live_root_switch_space(&world.cpu[0], &world.a, NO_MFN);
	live_root_switch_space(&world.cpu[1], &world.b, NO_MFN);
	for (u32 i = 0; i < WORLD_CPUS; i++)
		world.cpu[i].flush_owed = false;
	return 0;
}

void world_leave_all(void)
{
	for (u32 i = 0; i < WORLD_CPUS; i++)
		live_root_leave(&world.cpu[i]);
}

int world_end(void **state)
{
	(void)state;
	assert_int_equal(invariants_check(), 0);
	world_leave_all();
	if (world.a.owner)
		space_destroy(&world.a);
	if (world.b.owner)
		space_destroy(&world.b);
	for (u32 i = 0; i < WORLD_CPUS; i++)
		page_free(world.page[i]);
	assert_int_equal(page_used_count(), 0);
	assert_int_equal(chunk_free_count(), FAKE_FREE);
	assert_int_equal(chunk_list_check(), 0);
	return 0;
}

enum rb_status apply_value(struct space *space, u64 code, u64 gfn, u64 index, u64 count, u64 *value)
{
	return table_apply(space, &world.cpu[space == &world.b], rb_op_word(code, gfn, index, count), value);
}

enum rb_status apply(struct space *space, u64 code, u64 gfn, u64 index, u64 count, u64 value)
{
	u64 before = value;
	enum rb_status status = apply_value(space, code, gfn, index, count, &value);

	if (code != RB_OP_XCHG)
		assert_int_equal(value, before);
	return status;
}

u64 machine_address(const struct space *space, u64 gfn)
{
	mfn_t mfn;

	assert_true(space_gfn_to_mfn(space, (gfn_t){ gfn }, &mfn));
	return mfn.raw << PAGE_SHIFT;
}

u64 *table_entries(const struct space *space, u64 gfn)
{
	return direct_pointer(machine_address(space, gfn));
}

struct frame *table_frame(const struct space *space, u64 gfn)
{
	return &chunks[machine_address(space, gfn) / CHUNK_BYTES].frames[gfn % FRAMES_PER_CHUNK];
}

static struct {
	u8 *memory;
	struct chunk table[FAKE_CHUNKS];
	struct world world;
} snapshot;

static void snapshot_forget_refusals(struct world *w)
{
	w->a.pt_refused = 0;
	w->b.pt_refused = 0;
}

void snapshot_take(void)
{
	if (!snapshot.memory)
		snapshot.memory = malloc(FAKE_CHUNKS * CHUNK_BYTES);
	for (u32 chunk = 0; chunk < FAKE_CHUNKS; chunk++)
		if (chunks[chunk].owner != OWNER_NONE)
			memcpy(snapshot.memory + chunk * CHUNK_BYTES, fake_memory + chunk * CHUNK_BYTES, CHUNK_BYTES);
	memcpy(snapshot.table, chunks, sizeof(snapshot.table));
	snapshot.world = world;
	snapshot_forget_refusals(&snapshot.world);
}

void snapshot_compare(void)
{
	static struct world now;

	now = world;
	snapshot_forget_refusals(&now);
	assert_memory_equal(chunks, snapshot.table, sizeof(snapshot.table));
	assert_memory_equal(&now, &snapshot.world, sizeof(now));
	for (u32 chunk = 0; chunk < FAKE_CHUNKS; chunk++)
		if (chunks[chunk].owner != OWNER_NONE
		    && memcmp(snapshot.memory + chunk * CHUNK_BYTES, fake_memory + chunk * CHUNK_BYTES, CHUNK_BYTES))
			fail_msg("memory of chunk %u changed", chunk);
}
