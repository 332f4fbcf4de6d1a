/* SPDX-License-Identifier: MIT */
/* System time, from the record in the vCPU page. */
#include "guest.h"

static uint64_t tsc_read(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

uint64_t guest_time(void)
{
	const volatile struct rb_time_record *record = &guest_vcpu->time;
	uint64_t ticks, start;
	uint32_t version;

	do {
		do {
			version = record->version;
		} while (version & 1);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		ticks = tsc_read() - record->tsc_timestamp;
		ticks = record->tsc_shift < 0 ? ticks >> -record->tsc_shift : ticks << record->tsc_shift;
		start = record->system_time;
		ticks = (uint64_t)((unsigned __int128)ticks * record->tsc_to_system_mul >> 32);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (record->version != version);
	return start + ticks;
}

void guest_delay(uint64_t nanoseconds)
{
	uint64_t end = guest_time() + nanoseconds;

	while (guest_time() < end)
		__asm__ volatile("pause");
}
