/* SPDX-License-Identifier: GPL-2.0-only */
/* Run groups; see group.h. */
#include "sched/group.h"

#define RATE_SHIFT 16

static void group_share(struct run_group *group, u32 weight, u32 cap)
{
	weight = MIN(MAX(weight, 1u), RUN_WEIGHT_MAX);
	group->weight = weight;
	group->rate = ((u64)RUN_WEIGHT << RATE_SHIFT) / weight;
	group->budget_ns = RUN_PERIOD_NS * cap / 100;
}

void run_group_init(struct run_group *group, u32 weight, u32 cap)
{
	*group = (struct run_group){ 0 };
	group_share(group, weight, cap);
}

void run_group_set(struct run_group *group, u32 weight, u32 cap, u64 now)
{
	run_group_update(group, now, 0, 0);
	spin_lock(&group->lock);
	if (!group->budget_ns) {
		group->used_ns = 0;
		group->period = now / RUN_PERIOD_NS;
		group->capped_ns = now;
	}
	group_share(group, weight, cap);
	spin_unlock(&group->lock);
}

u64 run_group_update(struct run_group *group, u64 now, u64 used_ns, int change)
{
	u64 clock;

	spin_lock(&group->lock);
	/* CPUs read the time before they take the lock: it may be a little less than the last one's. */
	if (now > group->clock_ns) {
		group->clock += (now - group->clock_ns) * group->wanting * group->rate;
		group->clock_ns = now;
	}
	group->wanting += (u32)change;
	group->used_ns += MIN(used_ns, now - MIN(now, group->capped_ns));
	clock = group->clock;
	spin_unlock(&group->lock);
	return clock;
}

u64 run_group_left(struct run_group *group, u64 now)
{
	const u64 period = now / RUN_PERIOD_NS;
	u64 left = 0;

	if (!group->budget_ns)
		return ~0ul;
	spin_lock(&group->lock);
	if (period > group->period) {
		const u64 earned = (period - group->period) * group->budget_ns;

		group->used_ns -= MIN(group->used_ns, earned);
		group->period = period;
	}
	if (group->used_ns < group->budget_ns)
		left = (group->budget_ns - group->used_ns) / MAX(group->wanting, 1u);
	spin_unlock(&group->lock);
	return left;
}
