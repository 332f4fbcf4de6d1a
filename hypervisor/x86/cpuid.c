/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The CPUID leaves that a guest kernel should see. (A guest's programs execute CPUID themselves and see the processor's own.)
 *
 * Each leaf is the processor's, cut down to what is listed here: a bit that nobody has judged is not offered. What is kept are
 * instructions and registers that work below ring 0 without us. What is left out:
 *
 *  - what needs CR4 or MSRs the guest does not have: LA57, SMAP, UMIP, CET, XSAVES, FRED, LKGS, LAM, machine check, MTRR and PAT,
 *    SYSENTER, global pages, PCID, performance counters, processor trace, VMX, SVM, AMX (XFD), power and thermal control;
 *  - what a guest may not put in a page table: 1 GiB pages, global pages, memory types;
 *  - interrupt controllers but the APIC bit itself, which Linux needs to have IPIs and a timer at all;
 *  - the topology: each vCPU is a package of its own;
 *  - the MSRs against speculation (IBRS and the like): a guest cannot use them in ring 1. VERW's meaning (MD_CLEAR) stays.
 *
 * SMEP stays: it holds for ring 1, and cannot be switched off.
 */
#include "x86/cpuid.h"
#include "lib/ensure.h"

#define BIT(n) (1u << (n))

#define XCR0_AVX	0x4ul
#define XCR0_AVX512	0xe0ul
#define XCR0_PKRU	0x200ul
#define XSAVE_LEGACY_BYTES 576u
#define XSAVE_COMPONENTS 63u
#define CACHE_LEVELS	8u

/* Bits of the feature words. */
enum {
	LEAF1_ECX = BIT(0) | BIT(1) | BIT(9) | BIT(13) | BIT(19) | BIT(20) | BIT(22) | BIT(23) | BIT(25) | BIT(30),
			/* SSE3 PCLMUL SSSE3 CX16 SSE4.1 SSE4.2 MOVBE POPCNT AES RDRAND */
	LEAF1_ECX_XSAVE = BIT(26) | BIT(27),
	LEAF1_ECX_AVX = BIT(12) | BIT(28) | BIT(29),			/* FMA AVX F16C */
	LEAF1_ECX_GUEST = (int)BIT(31),					/* under a hypervisor */
	LEAF1_EDX = BIT(0) | BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(6) | BIT(8) | BIT(9) | BIT(15) | BIT(17) | BIT(19) | BIT(23) |
		    BIT(24) | BIT(25) | BIT(26),
			/* FPU DE PSE TSC MSR PAE CX8 APIC CMOV PSE36 CLFSH MMX FXSR SSE SSE2 */

	LEAF7_EBX = BIT(0) | BIT(3) | BIT(6) | BIT(7) | BIT(8) | BIT(9) | BIT(13) | BIT(18) | BIT(19) | BIT(23) | BIT(24) | BIT(29),
			/* FSGSBASE BMI1 FDP SMEP BMI2 ERMS FCSDS RDSEED ADX CLFLUSHOPT CLWB SHA */
	LEAF7_EBX_AVX = BIT(5),
	LEAF7_EBX_AVX512 = (int)(BIT(16) | BIT(17) | BIT(21) | BIT(26) | BIT(27) | BIT(28) | BIT(30) | BIT(31)),
	LEAF7_ECX = BIT(0) | BIT(8) | BIT(22) | BIT(25) | BIT(27) | BIT(28),
			/* PREFETCHWT1 GFNI RDPID CLDEMOTE MOVDIRI MOVDIR64B */
	LEAF7_ECX_PKRU = BIT(3) | BIT(4),				/* PKU OSPKE */
	LEAF7_ECX_AVX = BIT(9) | BIT(10),				/* VAES VPCLMULQDQ */
	LEAF7_ECX_AVX512 = BIT(1) | BIT(6) | BIT(11) | BIT(12) | BIT(14),
	LEAF7_EDX = BIT(4) | BIT(10) | BIT(14),				/* FSRM MD_CLEAR SERIALIZE */
	LEAF7_EDX_AVX512 = BIT(2) | BIT(3) | BIT(8) | BIT(23),
	LEAF7_1_EAX = BIT(7) | BIT(10) | BIT(11) | BIT(12),		/* CMPCCXADD FZRM FSRS FSRC */
	LEAF7_1_EAX_AVX = BIT(0) | BIT(1) | BIT(2) | BIT(4) | BIT(23),	/* SHA512 SM3 SM4 AVX-VNNI AVX-IFMA */
	LEAF7_1_EAX_AVX512 = BIT(5),					/* BF16 */
	LEAF7_1_EDX_AVX = BIT(4) | BIT(5) | BIT(10),			/* VNNI-INT8 NE-CONVERT VNNI-INT16 */

	LEAFD_1_EAX = BIT(0) | BIT(1) | BIT(2),				/* XSAVEOPT XSAVEC XGETBV1 */

	EXTENDED1_ECX = BIT(0) | BIT(5) | BIT(6) | BIT(7) | BIT(8) | BIT(21),
			/* LAHF ABM SSE4A MISALIGNSSE 3DNOWPREFETCH TBM */
	EXTENDED1_ECX_AVX = BIT(11) | BIT(16),				/* XOP FMA4 */
	EXTENDED1_EDX = (int)(BIT(11) | BIT(20) | BIT(22) | BIT(27) | BIT(29) | BIT(30) | BIT(31)),
			/* SYSCALL NX MMXEXT RDTSCP LM 3DNOWEXT 3DNOW; besides, AMD repeats leaf 1 */
	EXTENDED1_EDX_REPEATED = LEAF1_EDX & 0x0183f3ff,
	EXTENDED7_EDX = BIT(8),						/* the TSC never stops */
	EXTENDED8_EBX = BIT(0) | BIT(2),				/* CLZERO XSAVEERPTR */
	EXTENDED21_EAX = BIT(2) | BIT(6),				/* LFENCE serializes; null selectors clear the base */
};

#define LEAF1_EBX_KEPT		0x0000ff00u	/* size for CLFLUSH; no APIC number, no count of processors */
#define LEAF4_EAX_KEPT		0x00003fffu	/* not who shares the cache */
#define EXTENDED8_EAX_KEPT	0x000000ffu	/* width of machine addresses */
#define LINEAR_BITS		48u
#define LAST_LEAF		0xdu
#define LAST_EXTENDED_LEAF	0x80000021u
#define HYPERVISOR_LEAF		0x40000000u

/* The table while it is written. */
struct writer {
	struct rb_cpuid_leaf *table;
	u32 room;
	u32 count;
	u64 xcr0;
};

static struct cpuid read_leaf(u32 leaf, u32 subleaf)
{
	struct cpuid words;

	asm volatile("cpuid" : "=a"(words.eax), "=b"(words.ebx), "=c"(words.ecx), "=d"(words.edx) : "a"(leaf), "c"(subleaf));
	return words;
}

struct cpuid cpuid_leaf(u32 leaf, u32 subleaf)
{
	u32 group = leaf & 0xffff0000;		/* standard, hypervisor's, extended */
	u32 highest = read_leaf(group, 0).eax;

	if (highest < leaf || (highest & 0xffff0000) != group)
		return (struct cpuid){0};
	return read_leaf(leaf, subleaf);
}

u32 cpuid_physical_bits(void)
{
	u32 bits = cpuid_leaf(0x80000008, 0).eax & 0xff;

	return bits ? bits : 36;
}

/* Leaves of zeros are left out: what is not in the table reads as zeros. */
static void add(struct writer *writer, u32 leaf, u32 subleaf, struct cpuid words)
{
	if (!(words.eax | words.ebx | words.ecx | words.edx))
		return;
	ENSURE(writer->count < writer->room);
	writer->table[writer->count++] = (struct rb_cpuid_leaf){
		.leaf = leaf, .subleaf = subleaf, .eax = words.eax, .ebx = words.ebx, .ecx = words.ecx, .edx = words.edx,
	};
}

static void add_unchanged(struct writer *writer, u32 leaf)
{
	add(writer, leaf, CPUID_ANY_SUBLEAF, cpuid_leaf(leaf, 0));
}

/* The bits offered always, and those of vector units only with their registers. */
static u32 offered(const struct writer *writer, u32 always, u32 avx, u32 avx512)
{
	if ((writer->xcr0 & XCR0_AVX) == XCR0_AVX)
		always |= avx;
	if ((writer->xcr0 & XCR0_AVX512) == XCR0_AVX512)
		always |= avx512;
	return always;
}

static void add_features(struct writer *writer)
{
	struct cpuid words = cpuid_leaf(1, 0);

	words.ebx &= LEAF1_EBX_KEPT;
	words.ecx &= offered(writer, LEAF1_ECX | (writer->xcr0 ? LEAF1_ECX_XSAVE : 0), LEAF1_ECX_AVX, 0);
	words.ecx |= LEAF1_ECX_GUEST | (words.ecx & BIT(26)) << 1;
	words.edx &= LEAF1_EDX;
	add(writer, 1, CPUID_ANY_SUBLEAF, words);
}

static void add_caches(struct writer *writer)
{
	u32 i;

	for (i = 0; i < CACHE_LEVELS; i++) {
		struct cpuid words = cpuid_leaf(4, i);

		if ((words.eax & 0x1f) == 0)
			break;
		words.eax &= LEAF4_EAX_KEPT;
		add(writer, 4, i, words);
	}
}

static void add_more_features(struct writer *writer)
{
	struct cpuid words = cpuid_leaf(7, 0);
	bool has_second = words.eax >= 1;

	words.eax = has_second;
	words.ebx &= offered(writer, LEAF7_EBX, LEAF7_EBX_AVX, LEAF7_EBX_AVX512);
	words.ecx &= offered(writer, LEAF7_ECX | (writer->xcr0 & XCR0_PKRU ? LEAF7_ECX_PKRU : 0), LEAF7_ECX_AVX, LEAF7_ECX_AVX512);
	words.edx &= offered(writer, LEAF7_EDX, 0, LEAF7_EDX_AVX512);
	add(writer, 7, 0, words);
	if (!has_second)
		return;
	words = cpuid_leaf(7, 1);
	words.eax &= offered(writer, LEAF7_1_EAX, LEAF7_1_EAX_AVX, LEAF7_1_EAX_AVX512);
	words.ebx = 0;
	words.ecx = 0;
	words.edx &= offered(writer, 0, LEAF7_1_EDX_AVX, 0);
	add(writer, 7, 1, words);
}

/* Extended state: sizes for all offered components together, as if they were enabled. */
static void add_extended_state(struct writer *writer)
{
	struct cpuid words;
	u32 standard = XSAVE_LEGACY_BYTES, compact = XSAVE_LEGACY_BYTES, i;

	if (!writer->xcr0)
		return;
	for (i = 2; i < XSAVE_COMPONENTS; i++) {
		if (!(writer->xcr0 >> i & 1))
			continue;
		words = cpuid_leaf(0xd, i);
		standard = MAX(standard, words.ebx + words.eax);
		if (words.ecx & 2)
			compact = ALIGN_UP(compact, 64u);
		compact += words.eax;
		words.ecx &= 2;
		words.edx = 0;
		add(writer, 0xd, i, words);
	}
	add(writer, 0xd, 0, (struct cpuid){ writer->xcr0, standard, standard, writer->xcr0 >> 32 });
	words = cpuid_leaf(0xd, 1);
	add(writer, 0xd, 1, (struct cpuid){ words.eax & LEAFD_1_EAX, compact, 0, 0 });
}

static void add_hypervisor(struct writer *writer, u64 features)
{
	/* "RingboltRing" */
	add(writer, HYPERVISOR_LEAF, CPUID_ANY_SUBLEAF, (struct cpuid){ HYPERVISOR_LEAF + 1, 0x676e6952, 0x746c6f62, 0x676e6952 });
	add(writer, HYPERVISOR_LEAF + 1, CPUID_ANY_SUBLEAF, (struct cpuid){ RB_ABI_VERSION, features, 0, 0 });
}

static void add_extended(struct writer *writer)
{
	struct cpuid words = cpuid_leaf(0x80000000, 0);
	u32 leaf;

	words.eax = MIN(words.eax, LAST_EXTENDED_LEAF);
	add(writer, 0x80000000, CPUID_ANY_SUBLEAF, words);

	words = cpuid_leaf(0x80000001, 0);
	words.ecx &= offered(writer, EXTENDED1_ECX, EXTENDED1_ECX_AVX, 0);
	words.edx &= EXTENDED1_EDX | EXTENDED1_EDX_REPEATED;
	add(writer, 0x80000001, CPUID_ANY_SUBLEAF, words);
	for (leaf = 0x80000002; leaf <= 0x80000006; leaf++)	/* the name, the caches */
		add_unchanged(writer, leaf);

	words = cpuid_leaf(0x80000007, 0);
	add(writer, 0x80000007, CPUID_ANY_SUBLEAF, (struct cpuid){ .edx = words.edx & EXTENDED7_EDX });
	words = cpuid_leaf(0x80000008, 0);
	words.eax = (words.eax & EXTENDED8_EAX_KEPT) | LINEAR_BITS << 8;
	add(writer, 0x80000008, CPUID_ANY_SUBLEAF, (struct cpuid){ words.eax, words.ebx & EXTENDED8_EBX, 0, 0 });
	words = cpuid_leaf(0x80000021, 0);
	add(writer, 0x80000021, CPUID_ANY_SUBLEAF, (struct cpuid){ .eax = words.eax & EXTENDED21_EAX });
}

u32 cpuid_table_fill(struct rb_cpuid_leaf *table, u32 room, u64 xcr0, u64 features)
{
	struct writer writer = { .table = table, .room = room, .xcr0 = xcr0 };
	struct cpuid words = cpuid_leaf(0, 0);

	words.eax = MIN(words.eax, LAST_LEAF);
	add(&writer, 0, CPUID_ANY_SUBLEAF, words);
	add_features(&writer);
	add_unchanged(&writer, 2);
	add_caches(&writer);
	add_more_features(&writer);
	add_extended_state(&writer);
	add_hypervisor(&writer, features);
	add_extended(&writer);
	return writer.count;
}
