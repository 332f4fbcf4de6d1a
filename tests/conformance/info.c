/* SPDX-License-Identifier: GPL-2.0-only */
/* The information family. */
#include "conformance.h"
#include "limits.h"

TEST("info_version.INVAL.limits", "a register that carries no argument is not zero")
{
	LIMITS(RB_HC_INFO_VERSION, NO_ARGUMENTS);
}

TEST("info_features.NOSYS.no_word", "there is no such word")
{
	refused(RB_NOSYS, rb_info_features(1, &result));
	refused(RB_NOSYS, rb_info_features(~0ul, &result));
}
