/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls of the console family. */
#include "abi/generated/dispatch.h"
#include "vm/console.h"
#include "vm/domain.h"

enum rb_status hc_console_write(struct vcpu *v, const struct hc_console_write_args *a, u64 *result)
{
	void *bytes;
	enum rb_status status = space_data(&v->domain->space, a->address, a->bytes, &bytes);

	if (status != RB_OK)
		return status;

	*result = domain_console_write(v->domain, bytes, a->bytes);
	return RB_OK;
}

enum rb_status hc_console_read(struct vcpu *v, const struct hc_console_read_args *a, u64 *result)
{
	void *buffer;
	enum rb_status status = space_data(&v->domain->space, a->address, a->bytes, &buffer);

	if (status != RB_OK)
		return status;

	*result = domain_console_read(v->domain, buffer, a->bytes);
	return RB_OK;
}
