/* SPDX-License-Identifier: GPL-2.0-only */
/* Limits that are not the interface's: tests of limits must notice. For ../selftest. */
#include "conformance.h"
#include "limits.h"

TEST("limits.wider", "the hypervisor refuses what the test takes for good")
{
	LIMITS(RB_HC_PORT_SEND, ARGUMENTS(3), GOOD({ 0, 1024 }));
}

TEST("limits.narrower", "the hypervisor takes what the test takes for bad")
{
	LIMITS(RB_HC_PORT_SEND, ARGUMENTS(3), BAD({ 0, 1023 }));
}

TEST("limits.unused", "an argument that the test takes for none")
{
	LIMITS(RB_HC_INFO_FEATURES, NO_ARGUMENTS);
}

TEST("limits.right", "the limits as they are")
{
	LIMITS(RB_HC_PORT_SEND, ARGUMENTS(3), BAD({ 0, 1024 }), GOOD({ 0, 1023 }));
}
