/* SPDX-License-Identifier: GPL-2.0-only */
/* Questions about the machine's memory as the boot loader described it. */
#include "boot/boot_info.h"
#include "lib/print.h"

struct boot_info boot_info;

static bool overlaps(u64 start, u64 end, u64 other_start, u64 other_end)
{
	return start < other_end && other_start < end;
}

/* The loader's ranges may touch, overlap and contradict each other: what one of them calls reserved is not RAM. */
bool boot_info_is_ram(u64 start, u64 end)
{
	u64 reached = start;
	bool moved = true;
	u32 i;

	for (i = 0; i < boot_info.range_count; i++) {
		const struct boot_range *range = &boot_info.ranges[i];

		if (!range->is_ram && overlaps(start, end, range->start, range->end))
			return false;
	}
	while (moved && reached < end) {
		moved = false;
		for (i = 0; i < boot_info.range_count; i++) {
			const struct boot_range *range = &boot_info.ranges[i];

			if (range->is_ram && range->start <= reached && range->end > reached) {
				reached = range->end;
				moved = true;
			}
		}
	}
	return reached >= end;
}

bool boot_info_has_module(u64 start, u64 end)
{
	u32 i;

	for (i = 0; i < boot_info.module_count; i++)
		if (overlaps(start, end, boot_info.modules[i].start, boot_info.modules[i].end))
			return true;
	return false;
}

u64 boot_info_ram_end(void)
{
	u64 end = 0;
	u32 i;

	for (i = 0; i < boot_info.range_count; i++)
		if (boot_info.ranges[i].is_ram && boot_info.ranges[i].end > end)
			end = boot_info.ranges[i].end;
	return end;
}

void boot_info_print(void)
{
	u32 i;

	for (i = 0; i < boot_info.range_count; i++)
		print("memory %012lx-%012lx %s\n", boot_info.ranges[i].start, boot_info.ranges[i].end,
		      boot_info.ranges[i].is_ram ? "ram" : "reserved");
	for (i = 0; i < boot_info.module_count; i++)
		print("module %u %012lx-%012lx '%s'\n", i, boot_info.modules[i].start, boot_info.modules[i].end,
		      boot_info.modules[i].command_line);
	print("options '%s'\n", boot_info.command_line);
}
