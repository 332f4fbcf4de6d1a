/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Plans by the options. Without a manifest there is one domain: its kernel is the first module, whose string is its command line; the second is its module;
 * the rest is said by mem=, ptres=, ptquota=, vcpus=, weight=, cap= and pin. With the option `manifest` the first module is one.
 */
#include "boot/plan.h"
#include "boot/option.h"
#include "lib/ensure.h"
#include "lib/string.h"
#include "ringbolt.h"
#include "sched/group.h"
#include "x86/cpu.h"
#include "x86/direct.h"

static u64 number_option(const char *name, u64 otherwise, u64 least, u64 most)
{
	return MIN(MAX(option_number(name, otherwise), least), most);
}

static void plan_by_options(struct plan *plan)
{
	const struct boot_module *kernel = &boot_info.modules[0];

	*plan = (struct plan){
		.name = "0",
		.kernel = kernel,
		.module = boot_info.module_count > 1 ? &boot_info.modules[1] : NULL,
		.command = kernel->command_line,
		.command_bytes = strlen(kernel->command_line),
		.memory = option_number("mem", 0),
		.reserve = option_number("ptres", 0),
		.reserve_most = option_number("ptquota", 0),
		.vcpus = (u32)number_option("vcpus", 1, 1, RB_MAX_VCPUS),
		.weight = (u32)number_option("weight", RUN_WEIGHT, 1, RUN_WEIGHT_MAX),
		.cap = (u32)number_option("cap", 0, 0, 100 * CPUS_MAX),
		.is_pinned = option_has("pin"),
	};
}

void plans_read(struct plans *plans)
{
	const struct boot_module *first = &boot_info.modules[0];
	const char *wrong;
	u32 line;

	if (boot_info.module_count == 0)
		panic("no kernel for the first domain: give it as the first module");
	if (!option_has("manifest")) {
		plans->count = 1;
		plan_by_options(&plans->plan[0]);
		return;
	}
	wrong = manifest_parse(plans, direct_pointer(first->start), first->end - first->start, &line);
	if (wrong)
		panic("the manifest, line %u: %s", line, wrong);
}
