/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * I-12 in what IRETQ is given: regs_sanitise() of vm/entry.c, the real one, which every slow way back to a guest passes, beside
 * a specification in the words of the invariant. (The ways through the gate alone: gate.c.) And which descriptors a guest can have.
 *
 * What is tried. Flags: all combinations of the 22 bits that mean something, each with each single bit above them, with all
 * and with none. Selectors of code and stack: all 65536, with and without bits above. RIP: around every end of the canonical
 * ranges. Descriptors: all combinations of the 16 bits that say what it is, with several bases and limits.
 */
#include "vm/entry.c"

#include <setjmp.h>
#include "fake.h"
#include "report.h"
#include "x86/descriptor.h"

#define MEANINGFUL_FLAGS	22

static struct vcpu v;

/* Runs it; false if it stopped the machine. */
static bool sanitise(u64 rip, u64 cs, u64 flags, u64 ss)
{
	v.regs = (struct regs){ .rip = rip, .cs = cs, .flags = flags, .rsp = 0x1234, .ss = ss };
	fake_panic_armed = true;
	if (setjmp(fake_panic_jump)) {
		fake_panic_armed = false;
		return false;
	}
	regs_sanitise(&v);
	fake_panic_armed = false;
	return true;
}

/* ---- the invariant, in its words */

static bool specified_cs(u64 cs)
{
	return cs == 0x11 || cs == 0x23 || cs == 0x33;
}

/* IF set; IOPL, NT, VM, VIF, VIP clear; what is reserved as the manuals say; the rest is the guest's. */
static u64 specified_flags(u64 flags)
{
	u64 result = 1ul << 9 | 1ul << 1;

	for (u32 bit = 0; bit < 64; bit++) {
		const bool is_the_guests = bit == 0 || bit == 2 || bit == 4 || bit == 6 || bit == 7 || bit == 8 || bit == 10 || bit == 11
					   || bit == 16 || bit == 18 || bit == 21;

		if (is_the_guests && flags >> bit & 1)
			result |= 1ul << bit;
	}
	return result;
}

/* 0x19; for user mode a data slot of the guest that is there and can be written, as it is, else 0x2b. */
static u64 specified_ss(u64 cs, u64 ss)
{
	static const u64 slots[] = { 0x63, 0x6b, 0x73, 0x7b };

	if (cs == 0x11)
		return 0x19;
	for (u32 i = 0; i < ARRAY_COUNT(slots); i++)
		if (ss == slots[i] && (v.descriptors[i] >> 41 & 1))
			return ss;
	return 0x2b;
}

/* Bits 63 to 47 are equal. */
static bool specified_rip(u64 rip)
{
	return rip < 1ul << 47 || rip >= ~0ul << 47;
}

static u64 tried;

static void try(u64 rip, u64 cs, u64 flags, u64 ss)
{
	const bool goes = sanitise(rip, cs, flags, ss);

	tried++;
	if (goes != (specified_cs(cs) && specified_rip(rip)))
		fail("rip %#lx cs %#lx: %s", rip, cs, goes ? "goes to the guest" : "stops the machine");
	if (!goes)
		return;
	if (v.regs.flags != specified_flags(flags))
		fail("flags %#lx became %#lx, must %#lx", flags, v.regs.flags, specified_flags(flags));
	if (v.regs.ss != specified_ss(cs, ss))
		fail("cs %#lx ss %#lx became %#lx, must %#lx", cs, ss, v.regs.ss, specified_ss(cs, ss));
	if (v.regs.rip != rip || v.regs.cs != cs || v.regs.rsp != 0x1234)
		fail("rip, cs or rsp changed");
}

/* What a case found; the count begins anew. */
static void finish(const char *what)
{
	report("%s: %lu cases", what, tried);
	tried = 0;
}

static void test_flags(void)
{
	for (u64 flags = 0; flags < 1ul << MEANINGFUL_FLAGS; flags++) {
		try(0x401000, SEL_USER_CS, flags, SEL_USER_SS);
		if (flags % 1021)
			continue;
		for (u32 bit = MEANINGFUL_FLAGS; bit < 64; bit++)
			try(0x401000, SEL_KERNEL_CS, flags | 1ul << bit, SEL_KERNEL_SS);
		try(0x401000, SEL_USER32_CS, flags | ~0ul << MEANINGFUL_FLAGS, SEL_USER_SS);
	}
	finish("flags of a way back by IRETQ");
}

static const u64 kinds[] = { 0, 0x00cff3000000ffff, 0x00cff1000000ffff, 0x00cff7000000ffff };	/* none, writable, not, expands down */

static void test_selectors(void)
{
	for (u64 cs = 0; cs < 1ul << 16; cs++) {
		try(0x401000, cs, 0x202, SEL_USER_SS);
		try(0x401000, cs | 1ul << 16, 0x202, SEL_USER_SS);
		try(0x401000, cs | ~0ul << 32, 0x202, SEL_USER_SS);
	}
	for (u32 kind = 0; kind < 256; kind++) {
		for (u32 i = 0; i < 4; i++)
			v.descriptors[i] = kinds[kind >> 2 * i & 3];
		for (u64 ss = 0; ss < 1ul << 16; ss += kind % 85 ? 1 + (ss > 256) * 97 : 1) {
			try(0x401000, SEL_USER_CS, 0x202, ss);
			try(0xffffffff81000000, SEL_KERNEL_CS, 0x202, ss);
			try(0x401000, SEL_USER32_CS, 0x202, ss | 1ul << 16);
		}
	}
	finish("selectors of a way back by IRETQ");
}

static void test_rip(void)
{
	static const u64 ends[] = { 0, 1ul << 32, 1ul << 47, 1ul << 48, 1ul << 63, ~0ul << 47, ~0ul << 48, RB_GATE_END };

	for (u32 i = 0; i < ARRAY_COUNT(ends); i++)
		for (u64 rip = ends[i] - 4096; rip != ends[i] + 4096; rip++)
			try(rip, i % 2 ? SEL_USER_CS : SEL_KERNEL_CS, 0x202, SEL_USER_SS);
	for (u32 bit = 0; bit < 64; bit++)
		try(1ul << bit, SEL_USER_CS, 0x202, SEL_USER_SS);
	finish("RIP of a way back by IRETQ");
}

/* SDM vol. 3, 3.4.5: present, of level 3, a data segment, of 32 bits: bits 47, 46-45, 44-43, 54, 53. Or none at all. */
static bool specified_descriptor(u64 descriptor)
{
	const u64 bits = descriptor >> 40;
	const bool present = bits >> 7 & 1, segment = bits >> 4 & 1, code = bits >> 3 & 1, wide = bits >> 14 & 1, is64 = bits >> 13 & 1;

	return descriptor == 0 || (present && (bits >> 5 & 3) == 3 && segment && !code && wide && !is64);
}

static void test_descriptors(void)
{
	static const u64 others[] = { 0, 0x000000000000ffff, 0xff0000ffffffffff, 0x120000345678abcd };

	for (u64 bits = 0; bits < 1ul << 16; bits++)
		for (u32 i = 0; i < ARRAY_COUNT(others); i++) {
			const u64 descriptor = (others[i] & ~(0xfffful << 40)) | bits << 40;

			tried++;
			if (descriptor_is_guest_data(descriptor) != specified_descriptor(descriptor))
				fail("descriptor %#lx is %s", descriptor, specified_descriptor(descriptor) ? "refused" : "let in");
		}
	finish("descriptors that a guest may have");
}

int main(void)
{
	test_flags();
	test_selectors();
	test_rip();
	test_descriptors();
	return report_failures != 0;
}
