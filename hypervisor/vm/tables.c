/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A new domain starts in page tables that are made for it: the direct map and the image, both of 2 MiB leaves. They are made
 * by the operations that guests use, and so pass the same checks: a domain cannot be given an entry that it could
 * not have made itself.
 */
#include "vm/tables.h"
#include "lib/ensure.h"
#include "mm/root.h"
#include "mm/table.h"
#include "vm/build.h"
#include "x86/direct.h"

#define LEAF		(ENTRY_PRESENT | ENTRY_LARGE | ENTRY_ACCESSED)
#define LEAF_DATA	(LEAF | ENTRY_WRITABLE | ENTRY_DIRTY | ENTRY_NX)
#define LEAF_TABLES	(LEAF | ENTRY_NX)
#define LEAF_IMAGE	(LEAF | ENTRY_WRITABLE | ENTRY_DIRTY)

/* The work in hand. The space's lock is held throughout. */
struct builder {
	struct space *space;
	gfn_t kernel_root;
	gfn_t next;		/* the next unused frame of the reserve */
	enum rb_status status;	/* the first refusal; nothing more is done after it */
};

static void apply(struct builder *builder, u64 operation, gfn_t table, u64 index, u64 value)
{
	if (builder->status == RB_OK)
		builder->status = table_apply(builder->space, NULL, rb_op_word(operation, table.raw, index, 1), &value);
}

static gfn_t table_new(struct builder *builder, u32 level)
{
	gfn_t table = builder->next;
	mfn_t frame;

	if (builder->status == RB_OK && !space_gfn_to_mfn(builder->space, table, &frame))
		builder->status = RB_NOSPACE;
	builder->next.raw++;
	apply(builder, RB_OP_TYPE, table, 0, level);
	return table;
}

static u64 entry_read(struct builder *builder, gfn_t table, u64 index)
{
	mfn_t frame;

	ENSURE(space_gfn_to_mfn(builder->space, table, &frame));
	return ((const u64 *)direct_frame(frame))[index];
}

/* The guest frame number of the table that an entry links. */
static gfn_t table_linked(struct builder *builder, u64 entry)
{
	mfn_t frame = entry_frame(entry);

	return (gfn_t){ (u64)builder->space->machine_map[chunk_of_frame(frame)] * FRAMES_PER_CHUNK + frame.raw % FRAMES_PER_CHUNK };
}

static u64 index_of(u64 va, u32 level)
{
	return va >> (PAGE_SHIFT + 9 * (level - 1)) & (PT_ENTRIES - 1);
}

/* The level-2 table for an address, with the tables above it. Of no meaning if something was refused. */
static gfn_t table_for(struct builder *builder, u64 va)
{
	gfn_t table = builder->kernel_root;

	for (u32 level = LEVEL_ROOT; level > 2 && builder->status == RB_OK; level--) {
		const u64 index = index_of(va, level), entry = entry_read(builder, table, index);
		gfn_t lower;

		if (entry) {
			lower = table_linked(builder, entry);
		} else {
			lower = table_new(builder, level - 1);
			apply(builder, RB_OP_LINK, table, index, lower.raw);
		}
		table = lower;
	}
	return table;
}

static void map_chunk(struct builder *builder, u64 va, u32 chunk, u64 leaf)
{
	const u32 machine_chunk = builder->space->chunk_map[chunk];
	gfn_t table;

	if (machine_chunk == CHUNK_NONE || builder->status != RB_OK)
		return;
	table = table_for(builder, va);
	apply(builder, RB_OP_SET, table, index_of(va, 2), chunk_address(machine_chunk) | leaf);
}

static void map_all(struct builder *builder, const struct image *image)
{
	const struct space *space = builder->space;
	u32 chunk;

	for (chunk = 0; chunk < space->chunk_count; chunk++)
		map_chunk(builder, image->direct_base + chunk_address(chunk), chunk,
			  chunk - space->pt_first < space->pt_quota ? LEAF_TABLES : LEAF_DATA);
	/* Last: a guest may put its image into the direct map, where it must be executable then. */
	for (chunk = (u32)(image->start / CHUNK_BYTES); chunk_address(chunk) < image->end; chunk++)
		map_chunk(builder, image->image_offset + chunk_address(chunk), chunk, LEAF_IMAGE);
}

enum rb_status tables_build(struct space *space, const struct image *image, struct boot_tables *tables)
{
	struct builder builder = { .space = space, .next = { (u64)space->pt_first * FRAMES_PER_CHUNK } };

	spin_lock(&space->lock);
	builder.kernel_root = table_new(&builder, LEVEL_ROOT);
	if (builder.status == RB_OK)
		builder.status = root_make_kernel(space, builder.kernel_root);
	tables->user_root = table_new(&builder, LEVEL_ROOT);
	map_all(&builder, image);
	spin_unlock(&space->lock);
	tables->kernel_root = builder.kernel_root;
	tables->first_free = builder.next;
	return builder.status;
}
