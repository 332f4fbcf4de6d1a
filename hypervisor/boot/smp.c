/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The other processors' way from INIT to work.
 *
 * They start in real mode below 1 MiB, in memory of the firmware's: a page is borrowed for it and given back as it was. They come one at a time, so
 * they share the trampoline, the boot page tables, the stack to start on and the words here that say which CPU is meant.
 */
#include "boot/smp.h"
#include "boot/boot_info.h"
#include "boot/option.h"
#include "boot/root.h"
#include "dev/lapic.h"
#include "dev/time.h"
#include "lib/ensure.h"
#include "lib/print.h"
#include "lib/string.h"
#include "x86/cpu.h"
#include "x86/direct.h"
#include "x86/instruction.h"

#define NS_PER_MS	1000000ul
#define INIT_NS		(10 * NS_PER_MS)	/* from INIT to the first start-up message */
#define STARTUP_NS	(2 * NS_PER_MS)		/* until the second, if the first went unheard */
#define PATIENCE_NS	(5000 * NS_PER_MS)	/* for an emulator on a busy machine */
#define LOW_END		0x9f000ul

extern const u8 ap_trampoline[], ap_trampoline_end[];
u64 ap_main(void);
void ap_run(void) __attribute__((noreturn));

static u32 starting;		/* the CPU that is being started */

/* The highest page of RAM below LOW_END, or 0. */
static u64 low_page(void)
{
	u64 page;

	for (page = LOW_END - PAGE_BYTES; page > 0; page -= PAGE_BYTES)
		if (boot_info_is_ram(page, page + PAGE_BYTES))
			return page;
	return 0;
}

static bool is_online(u32 id)
{
	return __atomic_load_n(&cpus[id].online, __ATOMIC_ACQUIRE);
}

/* Wait until the CPU is online, or so long. */
static bool await(u32 id, u64 ns)
{
	u64 end = time_now_ns() + ns;

	while (!is_online(id) && time_now_ns() < end)
		asm volatile("pause");
	return is_online(id);
}

static bool cpu_start(u32 id, u32 apic_id, u64 page)
{
	starting = id;
	cpus[id].apic_id = apic_id;
	lapic_send_init(apic_id);
	await(id, INIT_NS);
	lapic_send_startup(apic_id, page);
	if (await(id, STARTUP_NS))
		return true;
	lapic_send_startup(apic_id, page);
	return await(id, PATIENCE_NS);
}

static void cpus_start(u64 page)
{
	u64 limit = option_number("maxcpus", CPUS_MAX);
	u32 i;

	for (i = 0; i < boot_info.cpu_count; i++) {
		u32 apic_id = boot_info.cpu_ids[i];

		if (apic_id == cpus[0].apic_id)
			continue;
		if (cpu_count >= MIN(limit, CPUS_MAX))
			break;
		/* One that comes late would find the next one's place: then no more are started. */
		if (!cpu_start(cpu_count, apic_id, page)) {
			print("processor %u does not answer; no others are started\n", apic_id);
			break;
		}
	}
}

void smp_start(void)
{
	static u8 saved[PAGE_BYTES];
	u64 page = low_page();

	if (boot_info.cpu_count <= 1)
		return;
	if (!page) {
		print("no memory below 1 MiB to start processors in\n");
		return;
	}
	memcpy(saved, direct_pointer(page), PAGE_BYTES);
	memcpy(direct_pointer(page), ap_trampoline, (size_t)(ap_trampoline_end - ap_trampoline));
	cpus_start(page);
	memcpy(direct_pointer(page), saved, PAGE_BYTES);
	print("%u processors\n", cpu_count);
}

/* On the new CPU, on the start stack with the boot page tables: make it a CPU. Returns the stack it goes on with. */
u64 ap_main(void)
{
	cr3_write(root_address());
	cpu_init(starting);
	lapic_init(false);
	ENSURE(lapic_id() == cpus[starting].apic_id);
	time_init_cpu();
	return cpus[starting].trusted->hv_stack;
}

/* On its own stack. What the others started with is free again once it is online. */
void ap_run(void)
{
	__atomic_store_n(&this_cpu()->online, true, __ATOMIC_RELEASE);
	enter_guest();
}
