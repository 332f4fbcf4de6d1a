/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls of the domain family. */
#include "abi/generated/dispatch.h"
#include "vm/domain.h"

enum rb_status hc_shutdown(struct vcpu *v, const struct hc_shutdown_args *a)
{
	domain_shutdown(v, (u32)a->reason, (u32)a->code);
	return RB_OK;
}

enum rb_status hc_debug_check(struct vcpu *v, u64 *result)
{
#ifdef RINGBOLT_DEBUG
	*result = domain_check_hypervisor();
	return RB_OK;
#else
	return RB_NOSYS;
#endif
}
