/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls of the page-table family: the space's lock is taken here, once for a batch. The work is in mm/. */
#include "abi/generated/dispatch.h"
#include "mm/table.h"
#include "vm/domain.h"

_Static_assert(sizeof(struct hc_pt_update_args) == 3 * sizeof(struct rb_pt_op), "the arguments are three operations");
_Static_assert(offsetof(struct hc_pt_update_args, value2) == 2 * sizeof(struct rb_pt_op) + offsetof(struct rb_pt_op, value), "in order");

enum rb_status hc_pt_update(struct vcpu *v, const struct hc_pt_update_args *a, u64 *result)
{
	const struct rb_pt_op *ops = (const struct rb_pt_op *)a;
	struct space *space = &v->domain->space;
	struct live_root *live = this_cpu()->live;
	enum rb_status status = RB_OK;
	u64 old = 0;

	spin_lock(&space->lock);
	for (u64 i = 0; i < 3 && (ops[i].word | ops[i].value); i++) {
		u64 value = ops[i].value;

		status = table_apply(space, live, ops[i].word, &value);
		if (status != RB_OK) {
			old = i;
			break;
		}
		if (rb_op_code(ops[i].word) == RB_OP_XCHG)
			old = value;
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
