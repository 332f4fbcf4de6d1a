/* SPDX-License-Identifier: GPL-2.0-only */
/* The chapter on discovery: what a kernel finds out of where it runs, above all the CPUID table. */
#include "conformance.h"

static const struct rb_cpuid_leaf *table(void)
{
	return (const struct rb_cpuid_leaf *)guest_start->cpuid_table;
}

#define ANY 0xffffffffu

/* As a kernel reads it: zeros where there is none. */
static struct rb_cpuid_leaf cpuid(uint32_t leaf, uint32_t subleaf)
{
	for (uint32_t i = 0; i < guest_start->cpuid_count; i++)
		if (table()[i].leaf == leaf && (table()[i].subleaf == subleaf || table()[i].subleaf == ANY))
			return table()[i];
	return (struct rb_cpuid_leaf){ .leaf = leaf, .subleaf = subleaf };
}

TEST("discovery.magic", "The first word of `start_info` is `RB_ABI_MAGIC`: the bytes `RINGBOLT`.")
{
	expect_equal(guest_start->magic, RB_ABI_MAGIC);
	expect(!memcmp(guest_start, "RINGBOLT", 8), "not the bytes");
}

TEST("discovery.debug_check", "Bit `DEBUG_CHECK` is set exactly if `debug_check` does not give `NOSYS`.")
{
	bool is_set = guest_start->features & RB_FEATURE_DEBUG_CHECK;

	expect_equal(rb_debug_check(&result) != RB_NOSYS, is_set);
}

TEST("discovery.cpuid_unique", "No leaf and subleaf is in the CPUID table twice, and a leaf that has an entry for any subleaf has no other.")
{
	need(guest_start->cpuid_count > 4, "%u entries", guest_start->cpuid_count);
	for (uint32_t i = 0; i < guest_start->cpuid_count; i++)
		for (uint32_t j = 0; j < i; j++)
			expect(table()[i].leaf != table()[j].leaf || (table()[i].subleaf != table()[j].subleaf && table()[i].subleaf != ANY && table()[j].subleaf != ANY),
			       "leaf %#x, subleaves %#x and %#x", table()[i].leaf, table()[j].subleaf, table()[i].subleaf);
}

TEST("discovery.cpuid_nonzero", "No entry of the CPUID table has zeros in all of `eax`, `ebx`, `ecx` and `edx`.")
{
	for (uint32_t i = 0; i < guest_start->cpuid_count; i++)
		expect(table()[i].eax | table()[i].ebx | table()[i].ecx | table()[i].edx, "leaf %#x, subleaf %#x", table()[i].leaf, table()[i].subleaf);
}

TEST("discovery.cpuid_signature", "Leaf 0x40000000 of the CPUID table has 0x40000001 in `eax`, and `ebx`, `ecx` and `edx` spell `RingboltRing`.")
{
	struct rb_cpuid_leaf leaf = cpuid(0x40000000, 0);

	expect_equal(leaf.eax, 0x40000001);
	expect(!memcmp(&leaf.ebx, "RingboltRing", 12), "%x %x %x", leaf.ebx, leaf.ecx, leaf.edx);
}

TEST("discovery.cpuid_version", "Leaf 0x40000001 of the CPUID table has the version in `eax`, as `info_version` returns it, and the lower half of feature word 0 in `ebx`.")
{
	struct rb_cpuid_leaf leaf = cpuid(0x40000001, 0);

	must(rb_info_version(&result));
	expect_equal(leaf.eax, result);
	must(rb_info_features(0, &result));
	expect_equal(leaf.ebx, result & 0xffffffff);
}

TEST("discovery.cpuid_guest_bit", "Leaf 1 of the CPUID table has bit 31 of `ecx` set: under a hypervisor.")
{
	expect_equal(cpuid(1, 0).ecx >> 31, 1);
}

TEST("discovery.cpuid_xsave", "Leaf 0xd, subleaf 0, of the CPUID table has `start_info.xcr0_mask` in `eax`, and zero in `edx`.")
{
	expect_equal(cpuid(0xd, 0).eax, guest_start->xcr0_mask);
	expect_equal(cpuid(0xd, 0).edx, 0);
}

TEST("discovery.cpuid_left_out", "The CPUID table offers none of MONITOR, VMX, PCID, x2APIC, TSC deadline, machine check, SYSENTER, MTRR, global pages, PAT, INVPCID, SMAP, UMIP, shadow stacks, indirect-branch tracking, 57-bit addresses, AMX, XSAVES and 1 GiB pages.")
{
	const struct {
		const char *name;
		uint32_t bits, in;
	} left_out[] = {
		{ "MONITOR", 1u << 3, cpuid(1, 0).ecx }, { "VMX", 1u << 5, cpuid(1, 0).ecx }, { "PCID", 1u << 17, cpuid(1, 0).ecx }, { "x2APIC", 1u << 21, cpuid(1, 0).ecx },
		{ "TSC deadline", 1u << 24, cpuid(1, 0).ecx }, { "machine check", 1u << 7 | 1u << 14, cpuid(1, 0).edx }, { "SYSENTER", 1u << 11, cpuid(1, 0).edx },
		{ "MTRR", 1u << 12, cpuid(1, 0).edx }, { "global pages", 1u << 13, cpuid(1, 0).edx }, { "PAT", 1u << 16, cpuid(1, 0).edx },
		{ "INVPCID", 1u << 10, cpuid(7, 0).ebx }, { "SMAP", 1u << 20, cpuid(7, 0).ebx }, { "UMIP", 1u << 2, cpuid(7, 0).ecx }, { "shadow stacks", 1u << 7, cpuid(7, 0).ecx },
		{ "57-bit addresses", 1u << 16, cpuid(7, 0).ecx }, { "indirect-branch tracking", 1u << 20, cpuid(7, 0).edx },
		{ "AMX", 1u << 22 | 1u << 24 | 1u << 25, cpuid(7, 0).edx }, { "XSAVES", 1u << 3, cpuid(0xd, 1).eax }, { "1 GiB pages", 1u << 26, cpuid(0x80000001, 0).edx },
		{ "global pages (AMD's leaf)", 1u << 13, cpuid(0x80000001, 0).edx }, { "SVM", 1u << 2, cpuid(0x80000001, 0).ecx },
	};

	for EACH(i, left_out)
		expect(!(left_out[i].in & left_out[i].bits), "%s is offered", left_out[i].name);
}
