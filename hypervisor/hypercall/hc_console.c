/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls of the console family. The first domain has the machine's console; others write nowhere and read nothing. */
#include "abi/generated/dispatch.h"
#include "dev/console.h"
#include "vm/domain.h"

enum rb_status hc_console_write(struct vcpu *v, const struct hc_console_write_args *a, u64 *result)
{
	void *bytes;
	enum rb_status status = space_data(&v->domain->space, a->address, a->bytes, &bytes);

	if (status != RB_OK)
		return status;

	*result = v->domain->id == 0 ? console_write(bytes, a->bytes) : a->bytes;
	return RB_OK;
}

enum rb_status hc_console_read(struct vcpu *v, const struct hc_console_read_args *a, u64 *result)
{
	void *buffer;
	u64 count = 0;
	enum rb_status status = space_data(&v->domain->space, a->address, a->bytes, &buffer);

	if (status != RB_OK)
		return status;

	if (v->domain->id == 0) {
		while (count < a->bytes && console_take((u8 *)buffer + count))
			count++;
	}
	*result = count;
	return RB_OK;
}
