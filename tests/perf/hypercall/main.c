/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that measures every hypercall, every page-table operation, and the paths between user mode, kernel and hypervisor. Prints a line for
 * each, which tools/hypercall-bench reads:
 *
 *   bench <clock> <rounds> <tsc_khz> <ticks of the clock itself>
 *   row <call> <variant> <operations> <min> <median> <90 %> <99 %> <entries into the hypervisor> <samples>
 *   end <rows>
 *
 * separated by tabs. Figures are of all operations of a row together.
 */
#include "measure.h"

int main(struct rb_start_info *start)
{
	measure_begin();
	measure_calls();
	measure_tables();
	measure_paths();
	/* Last: from the second domain on the console is shared, and costs more. */
	measure_control();
	measure_end();
	return 0;
}
