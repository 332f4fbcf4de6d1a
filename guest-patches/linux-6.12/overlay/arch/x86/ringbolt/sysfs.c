// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/hypervisor: what we run on, the hypervisor's counters of this domain, and its
 * self-check.
 *
 *   type               "ringbolt"
 *   version/major      of the interface the hypervisor offers
 *   version/minor
 *   counters/NAME      one number each
 *   debug_check        reading it runs the check: the number of violations
 */
#include <linux/init.h>
#include <linux/kobject.h>
#include <linux/sysfs.h>

#include "ringbolt.h"

struct counter_attribute {
	struct kobj_attribute attr;
	enum rb_counter counter;
};

static ssize_t counter_show(struct kobject *kobj, struct kobj_attribute *attr, char *out)
{
	struct counter_attribute *self = container_of(attr, struct counter_attribute, attr);
	u64 value;

	if (rb_info_counter(self->counter, &value))
		return -EOPNOTSUPP;
	return sysfs_emit(out, "%llu\n", value);
}

#define COUNTER(_name, _number)						\
	static struct counter_attribute counter_##_name = {		\
		.attr = __ATTR(_name, 0444, counter_show, NULL),		\
		.counter = RB_COUNTER_##_number,				\
	}

COUNTER(entries, ENTRIES);
COUNTER(hypercalls, HYPERCALLS);
COUNTER(interrupts, INTERRUPTS);
COUNTER(exceptions, EXCEPTIONS);
COUNTER(events, EVENTS);
COUNTER(restarts, RESTARTS);
COUNTER(timer_events, TIMER_EVENTS);
COUNTER(pt_ops, PT_OPS);
COUNTER(pt_refused, PT_REFUSED);
COUNTER(root_loads, ROOT_LOADS);
COUNTER(frames_total, FRAMES_TOTAL);
COUNTER(frames_typed, FRAMES_TYPED);
COUNTER(frames_linked, FRAMES_LINKED);
COUNTER(blocks, BLOCKS);

static struct attribute *counter_attrs[] = {
	&counter_entries.attr.attr,
	&counter_hypercalls.attr.attr,
	&counter_interrupts.attr.attr,
	&counter_exceptions.attr.attr,
	&counter_events.attr.attr,
	&counter_restarts.attr.attr,
	&counter_timer_events.attr.attr,
	&counter_pt_ops.attr.attr,
	&counter_pt_refused.attr.attr,
	&counter_root_loads.attr.attr,
	&counter_frames_total.attr.attr,
	&counter_frames_typed.attr.attr,
	&counter_frames_linked.attr.attr,
	&counter_blocks.attr.attr,
	NULL
};
static_assert(ARRAY_SIZE(counter_attrs) == RB_NR_COUNTERS + 1);

static const struct attribute_group counter_group = {
	.name = "counters",
	.attrs = counter_attrs,
};

static ssize_t type_show(struct kobject *kobj, struct kobj_attribute *attr, char *out)
{
	return sysfs_emit(out, "ringbolt\n");
}
static struct kobj_attribute type_attr = __ATTR_RO(type);

static ssize_t debug_check_show(struct kobject *kobj, struct kobj_attribute *attr, char *out)
{
	u64 violations;

	if (rb_debug_check(&violations))
		return -EOPNOTSUPP;
	return sysfs_emit(out, "%llu\n", violations);
}
static struct kobj_attribute debug_check_attr = __ATTR(debug_check, 0400, debug_check_show, NULL);

static struct attribute *plain_attrs[] = {
	&type_attr.attr,
	&debug_check_attr.attr,
	NULL
};
static const struct attribute_group plain_group = { .attrs = plain_attrs };

static ssize_t major_show(struct kobject *kobj, struct kobj_attribute *attr, char *out)
{
	return sysfs_emit(out, "%u\n", ringbolt_start_info->abi_major);
}
static struct kobj_attribute major_attr = __ATTR_RO(major);

static ssize_t minor_show(struct kobject *kobj, struct kobj_attribute *attr, char *out)
{
	return sysfs_emit(out, "%u\n", ringbolt_start_info->abi_minor);
}
static struct kobj_attribute minor_attr = __ATTR_RO(minor);

static struct attribute *version_attrs[] = {
	&major_attr.attr,
	&minor_attr.attr,
	NULL
};
static const struct attribute_group version_group = {
	.name = "version",
	.attrs = version_attrs,
};

static const struct attribute_group *groups[] = {
	&plain_group,
	&version_group,
	&counter_group,
	NULL
};

static int __init ringbolt_sysfs_init(void)
{
	if (!on_ringbolt())
		return 0;
	return sysfs_create_groups(hypervisor_kobj, groups);
}
device_initcall(ringbolt_sysfs_init);
