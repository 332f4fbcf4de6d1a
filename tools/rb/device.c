/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls through /dev/ringbolt; see device.h. Bytes and structures go through the one buffer that the device has for us. */
#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "asm/ringbolt.h"

#define DEVICE "/dev/ringbolt"
#define PART 4096u		/* bytes that domain_write and domain_read take at most */

static int device = -1;
static void *buffer;
static uint64_t buffer_address;	/* guest-physical */

void vfail(const char *format, va_list arguments)
{
	fputs("rb: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	exit(1);
}

void fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vfail(format, arguments);
}

const char *status_words(long status)
{
	switch (status) {
	case RB_OK: return "done";
	case RB_NOSYS: return "the hypervisor does not know this call";
	case RB_PERM: return "this is not the control domain";
	case RB_INVAL: return "the hypervisor refuses the arguments";
	case RB_NOENT: return "there is no such domain or memory";
	case RB_TYPE: return "the memory is page tables";
	case RB_BUSY: return "it is there already";
	case RB_NOSPACE: return "there is not enough memory";
	default: return "the hypervisor gives an answer that this program does not know";
	}
}

void device_open(void)
{
	device = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (device < 0)
		fail(DEVICE ": %s%s", strerror(errno), errno == ENOENT ? " (is this the control domain, number 0, of Ringbolt?)" : "");
	buffer = mmap(NULL, RINGBOLT_BUFFER_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, device, 0);
	if (buffer == MAP_FAILED)
		fail(DEVICE ": mmap: %s", strerror(errno));
	if (ioctl(device, RINGBOLT_IOC_BUFFER, &buffer_address))
		fail(DEVICE ": %s", strerror(errno));
}

static long call_with(uint64_t number, const uint64_t arguments[6], uint64_t *result)
{
	struct ringbolt_call call = { .number = number };

	memcpy(call.argument, arguments, sizeof(call.argument));
	if (ioctl(device, RINGBOLT_IOC_CALL, &call))
		fail(DEVICE ": call %lu: %s", (unsigned long)number, strerror(errno));
	if (result)
		*result = call.result;
	return call.status;
}

#define call(number, result, ...) call_with(number, (const uint64_t[6]){ __VA_ARGS__ }, result)

/* Until it no longer says that there is more to do. */
static long call_on(uint64_t number, uint64_t domain)
{
	long status;

	while ((status = call(number, NULL, domain)) == RB_AGAIN)
		sched_yield();
	return status;
}

struct rb_machine_info machine_look(void)
{
	const long status = call(RB_HC_MACHINE_INFO, NULL, buffer_address);

	if (status != RB_OK)
		fail("machine_info: %s", status_words(status));
	return *(struct rb_machine_info *)buffer;
}

bool domain_look(uint64_t from, struct rb_domain_info *info)
{
	if (call(RB_HC_DOMAIN_INFO, NULL, from, buffer_address) != RB_OK)
		return false;
	*info = *(struct rb_domain_info *)buffer;
	return true;
}

struct rb_domain_info domain_named(const char *word)
{
	struct rb_domain_info info;
	char *end;
	const unsigned long number = strtoul(word, &end, 10);
	const bool is_number = *word && !*end;

	for (uint64_t from = 0; domain_look(from, &info); from = info.id + 1)
		if (is_number ? info.id == number : strcmp((const char *)info.name, word) == 0)
			return info;
	fail("there is no domain %s", word);
}

uint64_t domain_create(uint64_t chunks, uint64_t pt_first, uint64_t pt_quota, uint64_t vcpus)
{
	uint64_t domain;
	const long status = call(RB_HC_DOMAIN_CREATE, &domain, chunks, pt_first, pt_quota, vcpus);

	if (status != RB_OK)
		fail("domain_create: %s", status_words(status));
	return domain;
}

long domain_populate(uint64_t domain, uint64_t first, uint64_t count)
{
	while (count) {
		uint64_t given;
		const long status = call(RB_HC_DOMAIN_POPULATE, &given, domain, first, count < 8192 ? count : 8192);

		if (status != RB_OK)
			return status;
		first += given;
		count -= given;
	}
	return RB_OK;
}

/* Bytes from there to the end of a page there: they are in one chunk. */
static size_t part(uint64_t there, size_t count)
{
	const size_t most = PART - there % PART;

	return count < most ? count : most;
}

long domain_write(uint64_t domain, uint64_t to, const void *bytes, size_t count)
{
	const char *from = bytes;

	while (count) {
		const size_t now = part(to, count);
		long status;

		memcpy(buffer, from, now);
		status = call(RB_HC_DOMAIN_WRITE, NULL, domain, to, buffer_address, now);
		if (status != RB_OK)
			return status;
		to += now;
		from += now;
		count -= now;
	}
	return RB_OK;
}

long domain_read(uint64_t domain, uint64_t from, void *bytes, size_t count)
{
	char *to = bytes;

	while (count) {
		const size_t now = part(from, count);
		const long status = call(RB_HC_DOMAIN_READ, NULL, domain, from, buffer_address, now);

		if (status != RB_OK)
			return status;
		memcpy(to, buffer, now);
		from += now;
		to += now;
		count -= now;
	}
	return RB_OK;
}

long domain_build(uint64_t domain, const struct rb_domain_image *image)
{
	memcpy(buffer, image, sizeof(*image));
	return call(RB_HC_DOMAIN_BUILD, NULL, domain, buffer_address);
}

long domain_pause(uint64_t domain)
{
	return call_on(RB_HC_DOMAIN_PAUSE, domain);
}

long domain_unpause(uint64_t domain)
{
	return call(RB_HC_DOMAIN_UNPAUSE, NULL, domain);
}

long domain_destroy(uint64_t domain)
{
	return call_on(RB_HC_DOMAIN_DESTROY, domain);
}

long domain_set_share(uint64_t domain, uint64_t weight, uint64_t cap)
{
	return call(RB_HC_DOMAIN_SET_SHARE, NULL, domain, weight, cap);
}
