/* SPDX-License-Identifier: MIT */
/* Other domains: the calls of the control domain that stop early or take a page at most, gone on with until all is done. */
#include "guest.h"

long guest_domain_populate(uint64_t domain, uint64_t first, uint64_t count)
{
	while (count) {
		uint64_t given;
		long status = rb_domain_populate(domain, first, count < 8192 ? count : 8192, &given);

		if (status != RB_OK)
			return status;
		first += given;
		count -= given;
	}
	return RB_OK;
}

/* Bytes from here to the end of the page, of both addresses. */
static size_t part(uint64_t there, uint64_t here, size_t count)
{
	size_t most = GUEST_PAGE - there % GUEST_PAGE;

	if (most > GUEST_PAGE - here % GUEST_PAGE)
		most = GUEST_PAGE - here % GUEST_PAGE;
	return count < most ? count : most;
}

static long copy(uint64_t domain, uint64_t there, const void *bytes, size_t count, bool is_write)
{
	uint64_t here = guest_physical(bytes);

	while (count) {
		const size_t now = part(there, here, count);
		long status = is_write ? rb_domain_write(domain, there, here, now) : rb_domain_read(domain, there, here, now);

		if (status != RB_OK)
			return status;
		there += now;
		here += now;
		count -= now;
	}
	return RB_OK;
}

long guest_domain_write(uint64_t domain, uint64_t physical, const void *bytes, size_t count)
{
	return copy(domain, physical, bytes, count, true);
}

long guest_domain_read(uint64_t domain, uint64_t physical, void *bytes, size_t count)
{
	return copy(domain, physical, bytes, count, false);
}

long guest_domain_pause(uint64_t domain)
{
	long status;

	while ((status = rb_domain_pause(domain)) == RB_AGAIN)
		guest_must(rb_sched_yield());
	return status;
}

long guest_domain_destroy(uint64_t domain)
{
	long status;

	while ((status = rb_domain_destroy(domain)) == RB_AGAIN)
		guest_must(rb_sched_yield());
	return status;
}
