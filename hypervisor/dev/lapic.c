/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Local APIC registers: model-specific registers in x2APIC mode, which is used wherever the processor has it (some firmware does not let
 * go of it, and identifiers above 254 need it), else memory.
 */
#include "dev/lapic.h"
#include "x86/cpuid.h"
#include "x86/msr.h"

#define APIC_BASE_X2APIC	(1ul << 10)
#define APIC_BASE_ENABLE	(1ul << 11)

#define REGISTER_ID		0x20
#define REGISTER_VERSION	0x30
#define REGISTER_PRIORITY	0x80
#define REGISTER_EOI		0xb0
#define REGISTER_SPURIOUS	0xf0
#define REGISTER_CMCI		0x2f0
#define REGISTER_COMMAND	0x300
#define REGISTER_COMMAND_HIGH	0x310
#define REGISTER_TIMER		0x320
#define REGISTER_THERMAL	0x330
#define REGISTER_COUNTERS	0x340
#define REGISTER_LINT0		0x350
#define REGISTER_LINT1		0x360
#define REGISTER_ERROR		0x370
#define REGISTER_TIMER_INITIAL	0x380
#define REGISTER_TIMER_CURRENT	0x390
#define REGISTER_TIMER_DIVIDE	0x3e0

#define LEAF1_ECX_X2APIC	(1u << 21)
#define MSR_X2APIC		0x800u		/* + offset / 16 */

#define COMMAND_NMI		(4u << 8)
#define COMMAND_INIT		(5u << 8)
#define COMMAND_STARTUP		(6u << 8)
#define COMMAND_PENDING		(1u << 12)	/* not in x2APIC mode */
#define COMMAND_ASSERT		(1u << 14)

#define SPURIOUS_ENABLE		(1u << 8)
#define LVT_MASKED		(1u << 16)
#define LVT_NMI			(4u << 8)
#define LVT_EXTINT		(7u << 8)
#define LVT_TIMER_DEADLINE	(2u << 17)
#define DIVIDE_BY_ONE		0xb

static bool x2apic;

static void lapic_write(u32 offset, u32 value)
{
	if (x2apic)
		msr_write(MSR_X2APIC + offset / 16, value);
	else
		*(volatile u32 *)(LAPIC_BASE + offset) = value;
}

static u32 lapic_read(u32 offset)
{
	if (x2apic)
		return (u32)msr_read(MSR_X2APIC + offset / 16);
	return *(volatile u32 *)(LAPIC_BASE + offset);
}

void lapic_init(bool boot_cpu)
{
	/* Local vectors that not all processors have, by their number: the firmware may have left them on. */
	static const struct { u32 lvt, offset; } optional[] = {
		{ 4, REGISTER_COUNTERS }, { 5, REGISTER_THERMAL }, { 6, REGISTER_CMCI },
	};
	u64 base = (msr_read(MSR_APIC_BASE) & 0xfff) | LAPIC_MACHINE | APIC_BASE_ENABLE;
	u32 last_lvt;

	msr_write(MSR_APIC_BASE, base);
	x2apic = cpuid_leaf(1, 0).ecx & LEAF1_ECX_X2APIC;
	if (x2apic)
		msr_write(MSR_APIC_BASE, base | APIC_BASE_X2APIC);

	last_lvt = lapic_read(REGISTER_VERSION) >> 16 & 0xff;
	lapic_write(REGISTER_TIMER, LVT_MASKED);
	lapic_write(REGISTER_LINT0, boot_cpu ? LVT_EXTINT : LVT_MASKED);
	lapic_write(REGISTER_LINT1, LVT_NMI);
	lapic_write(REGISTER_ERROR, LVT_MASKED);
	for (u32 i = 0; i < ARRAY_COUNT(optional); i++)
		if (optional[i].lvt <= last_lvt)
			lapic_write(optional[i].offset, LVT_MASKED);
	lapic_write(REGISTER_PRIORITY, 0);
	lapic_write(REGISTER_TIMER_DIVIDE, DIVIDE_BY_ONE);
	lapic_write(REGISTER_SPURIOUS, SPURIOUS_ENABLE | VECTOR_LAPIC_SPURIOUS);
}

void lapic_eoi(void)
{
	lapic_write(REGISTER_EOI, 0);
}

u32 lapic_id(void)
{
	return x2apic ? lapic_read(REGISTER_ID) : lapic_read(REGISTER_ID) >> 24;
}

static void lapic_command(u32 id, u32 command)
{
	if (x2apic) {
		/* Not serializing: what the interrupt is about must be seen first (SDM vol. 3, 10.12.3). */
		asm volatile("mfence; lfence" : : : "memory");
		msr_write(MSR_X2APIC + REGISTER_COMMAND / 16, (u64)id << 32 | command);
		return;
	}
	while (lapic_read(REGISTER_COMMAND) & COMMAND_PENDING)
		asm volatile("pause");
	lapic_write(REGISTER_COMMAND_HIGH, id << 24);
	lapic_write(REGISTER_COMMAND, command);
}

void lapic_send(u32 id, u32 vector)
{
	lapic_command(id, COMMAND_ASSERT | vector);
}

void lapic_send_nmi(u32 id)
{
	lapic_command(id, COMMAND_ASSERT | COMMAND_NMI);
}

void lapic_send_init(u32 id)
{
	lapic_command(id, COMMAND_ASSERT | COMMAND_INIT);
}

void lapic_send_startup(u32 id, u64 page)
{
	lapic_command(id, COMMAND_ASSERT | COMMAND_STARTUP | (u32)(page >> 12));
}

void lapic_timer_set(u32 ticks)
{
	lapic_write(REGISTER_TIMER_INITIAL, ticks);
}

u32 lapic_timer_read(void)
{
	return lapic_read(REGISTER_TIMER_CURRENT);
}

void lapic_timer_one_shot(bool by_deadline)
{
	lapic_write(REGISTER_TIMER, VECTOR_LAPIC_TIMER | (by_deadline ? LVT_TIMER_DEADLINE : 0));
	/* The mode must be set before the deadline's MSR is written; the one is memory, the other is not (SDM vol. 3, 10.5.4.1). */
	if (by_deadline)
		asm volatile("mfence" : : : "memory");
}

void lapic_timer_set_deadline(u64 tsc)
{
	msr_write(MSR_TSC_DEADLINE, tsc);
}
