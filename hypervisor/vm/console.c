/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine's console as the first domain's; see console.h. */
#include "vm/console.h"
#include "vm/domain.h"
#include "vm/event.h"

void domain_console_input(void)
{
	struct domain *owner = domains[0];

	if (owner && owner->vcpus[0] && !owner->ending)
		event_raise(owner->vcpus[0], RB_VECTOR_CONSOLE);
}
