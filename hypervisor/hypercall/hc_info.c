/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls of the information family. */
#include "abi/generated/dispatch.h"
#include "vm/domain.h"

#define VERSION ((u64)RB_ABI_MAJOR << 16 | RB_ABI_MINOR)

enum rb_status hc_info_version(struct vcpu *v, u64 *result)
{
	*result = VERSION;
	return RB_OK;
}

enum rb_status hc_info_features(struct vcpu *v, const struct hc_info_features_args *a, u64 *result)
{
	if (a->index != 0)
		return RB_NOSYS;

	*result = domain_features();
	return RB_OK;
}

enum rb_status hc_info_call(struct vcpu *v, const struct hc_info_call_args *a, u64 *result)
{
	u32 since = hypercall_since(a->number);

	if (!since)
		return RB_NOSYS;

	*result = since;
	return RB_OK;
}

enum rb_status hc_info_counter(struct vcpu *v, const struct hc_info_counter_args *a, u64 *result)
{
	const struct domain *d = v->domain;
	const u64 *counters = d->counters;

	if (a->counter >= RB_NR_COUNTERS)
		return RB_NOSYS;

	switch (a->counter) {
	case RB_COUNTER_ENTRIES:
		*result = counters[RB_COUNTER_HYPERCALLS] + counters[RB_COUNTER_INTERRUPTS] + counters[RB_COUNTER_EXCEPTIONS];
		break;
	case RB_COUNTER_PT_OPS:
		*result = d->space.pt_ops;
		break;
	case RB_COUNTER_PT_REFUSED:
		*result = d->space.pt_refused;
		break;
	case RB_COUNTER_ROOT_LOADS:
		*result = d->space.root_loads;
		break;
	case RB_COUNTER_FRAMES_TOTAL:
		*result = (u64)d->space.pt_present * FRAMES_PER_CHUNK;
		break;
	case RB_COUNTER_FRAMES_TYPED:
		*result = d->space.frames_typed;
		break;
	case RB_COUNTER_FRAMES_LINKED:
		*result = d->space.frames_linked;
		break;
	default:
		*result = counters[nospec_index(a->counter, RB_NR_COUNTERS)];
	}
	return RB_OK;
}
