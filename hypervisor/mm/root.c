/* SPDX-License-Identifier: GPL-2.0-only */
/* Which root is whose: the kernel root of a domain, the user roots that vCPUs hold. */

#include "mm/root.h"

#include "lib/ensure.h"
#include "mm/live.h"

static bool root_is_empty(const u64 *root)
{
	const u64 *map = &root[ROOT_MAP_FIRST];

	return (map[0] | map[1] | map[2] | map[3]) == 0;
}

enum rb_status root_find(const struct space *space, gfn_t gfn, mfn_t *root)
{
	struct slot table;

	if (!space_find_table(space, gfn.raw, &table))
		return RB_NOENT;
	if (!root_is_user(table.frame))
		return RB_TYPE;
	root->raw = direct_address(table.entry) >> PAGE_SHIFT;
	return RB_OK;
}

enum rb_status root_make_kernel(struct space *space, gfn_t gfn)
{
	enum rb_status status;
	mfn_t root;

	if (space->kernel_root.raw != NO_MFN.raw)
		return RB_BUSY;
	status = root_find(space, gfn, &root);
	if (status != RB_OK)
		return status;
	if (root_frame(root)->loaded || !root_is_empty(root_entries(root)))
		return RB_BUSY;

	root_frame(root)->state = FRAME_KERNEL;
	space->kernel_root = root;
	return RB_OK;
}

enum rb_status root_hold(struct space *space, gfn_t gfn, mfn_t *root)
{
	enum rb_status status = root_find(space, gfn, root);

	if (status != RB_OK)
		return status;
	root_frame(*root)->loaded++;
	return RB_OK;
}

void root_drop(struct space *space, mfn_t root)
{
	struct frame *frame = root_frame(root);
	u32 shown = 0;

	for (u32 cpu = 0; cpu < live_root_count; cpu++)
		shown += live_roots[cpu]->space == space && live_roots[cpu]->user_root.raw == root.raw;
	ENSURE(frame->loaded > shown);
	frame->loaded--;
}
