/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls of the page-table family: the space's lock is taken here, once for a batch. The work is in mm/. */
#include "abi/generated/dispatch.h"
#include "mm/table.h"
#include "vm/domain.h"

enum rb_status hc_pt_update(struct vcpu *v, const struct hc_pt_update_args *a, u64 *result)
{
	struct space *space = &v->domain->space;
	struct live_root *live = this_cpu()->live;
	const u64 words[3] = { a->word0, a->word1, a->word2 };
	u64 values[3] = { a->value0, a->value1, a->value2 };
	enum rb_status status = RB_OK;
	u64 old = 0;

	spin_lock(&space->lock);
	for (u64 i = 0; i < 3 && (words[i] | values[i]); i++) {
		status = table_apply(space, live, words[i], &values[i]);
		if (status != RB_OK) {
			old = i;
			break;
		}
		if (rb_op_code(words[i]) == RB_OP_XCHG)
			old = values[i];
	}
	spin_unlock(&space->lock);
	*result = old;
	return status;
}

enum rb_status hc_pt_batch(struct vcpu *v, const struct hc_pt_batch_args *a, u64 *result)
{
	struct space *space = &v->domain->space;
	enum rb_status status;

	if (!v->queue || a->first + a->count > RB_QUEUE_OPS)
		return RB_INVAL;

	spin_lock(&space->lock);
	*result = table_apply_queue(space, this_cpu()->live, v->queue, a->first, a->count, &status);
	spin_unlock(&space->lock);
	return status;
}

enum rb_status hc_root_load(struct vcpu *v, const struct hc_root_load_args *a)
{
	struct space *space = &v->domain->space;
	struct live_root *live = this_cpu()->live;
	enum rb_status status;

	spin_lock(&space->lock);
	status = live_root_load(live, space, (gfn_t){ a->root });
	if (status == RB_OK)
		v->user_root = live->user_root;
	spin_unlock(&space->lock);
	return status;
}

enum rb_status hc_pt_reserve_grow(struct vcpu *v, u64 *result)
{
	struct space *space = &v->domain->space;
	enum rb_status status;
	u32 chunk = 0;

	spin_lock(&space->lock);
	status = space_grow_reserve(space, &chunk);
	spin_unlock(&space->lock);
	*result = chunk;
	return status;
}

enum rb_status hc_tlb_flush(struct vcpu *v, const struct hc_tlb_flush_args *a)
{
	if (!is_canonical(a->address))
		return RB_INVAL;
	if (a->scope != RB_TLB_SCOPE_RANGE && (a->address | a->pages))
		return RB_INVAL;

	live_flush_cpus(domain_cpus(v->domain, a->vcpu_mask));
	return RB_OK;
}
