/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SET and XCHG: the operations that store an entry. What is refused of a value is the same for both, and tried by the same function.
 */
#include "tables.h"

static uint64_t page, chunk;	/* machine addresses of ours: a 4 KiB page and a 2 MiB chunk */

void image_reset(void)
{
	memory_find();
	page = memory.chunk + 7 * GUEST_PAGE;
	chunk = memory.chunk;
}

/* ---------------- SET */

TEST("op.SET.stores", "Each entry of the run holds the value.")
{
	uint64_t t1 = guest_table(1), t2 = guest_table(2), t3 = guest_table(3);

	accepted(op(RB_OP_SET, t1, 5, 1, LEAF(page) | GUEST_WRITE));
	expect_equal(entry_at(t1, 5), LEAF(page) | GUEST_WRITE);
	expect(!entry_at(t1, 4) && !entry_at(t1, 6), "its neighbours %lx %lx", entry_at(t1, 4), entry_at(t1, 6));
	accepted(op(RB_OP_SET, t1, 0, 512, memory.end | 0x12));
	for (unsigned i = 0; i < 512; i++)
		expect_equal(entry_at(t1, i), memory.end | 0x12);
	accepted(op(RB_OP_SET, t1, 100, 3, 0));
	expect(entry_at(t1, 99) && !entry_at(t1, 100) && !entry_at(t1, 102) && entry_at(t1, 103), "a run of three zeroes");
	accepted(op(RB_OP_SET, t2, 511, 1, LARGE(chunk)));
	expect_equal(entry_at(t2, 511), LARGE(chunk));
	accepted(op(RB_OP_SET, t2, 0, 512, 0));
	expect(table_is_empty(t2), "level 2");
	accepted(op(RB_OP_SET, t3, 0, 512, 0));
}

TEST("op.SET.ascending", "The address of a present leaf grows by the size of its page, 4 KiB or 2 MiB, with each entry; a value that is not present is the same in all.")
{
	uint64_t t1 = guest_table(1), t2 = guest_table(2), first = memory.chunk;
	unsigned chunks = 1;

	accepted(op(RB_OP_SET, t1, 0, 512, LEAF(chunk) | GUEST_USER | GUEST_NX));
	for (unsigned i = 0; i < 512; i++)
		expect_equal(entry_at(t1, i), (LEAF(chunk) | GUEST_USER | GUEST_NX) + i * GUEST_PAGE);
	/* Of 2 MiB: as many of our chunks as lie together in the machine. */
	while (chunks < 4 && guest_from_machine(first + chunks * GUEST_CHUNK) != ~0ul)
		chunks++;
	if (chunks < 4 && guest_from_machine(first - GUEST_CHUNK) != ~0ul) {
		first -= GUEST_CHUNK;
		chunks++;
	}
	need(chunks >= 2, "no two chunks lie together");
	accepted(op(RB_OP_SET, t2, 8, chunks, LARGE(first)));
	for (unsigned i = 0; i < chunks; i++)
		expect_equal(entry_at(t2, 8 + i), LARGE(first) + i * GUEST_CHUNK);
	accepted(op(RB_OP_SET, t2, 20, 3, memory.end));
	expect(entry_at(t2, 20) == memory.end && entry_at(t2, 22) == memory.end, "not present: %lx", entry_at(t2, 22));
}

TEST("op.SET.bits", "Writable, user, accessed, dirty, no-execute, bits 11:9 and bits 62:52 of a present leaf are the guest's choice.")
{
	uint64_t t1 = guest_table(1), t2 = guest_table(2);
	const uint64_t bits = 0x66ul | 0xe00ul | 0xffful << 52;

	for (unsigned bit = 0; bit < 64; bit++) {
		if (!(bits >> bit & 1))
			continue;
		accepted(op(RB_OP_SET, t1, 0, 1, LEAF(page) | 1ul << bit));
		expect_equal(entry_at(t1, 0), LEAF(page) | 1ul << bit);
		accepted(op(RB_OP_SET, t2, 0, 1, LARGE(chunk) | 1ul << bit));
		expect_equal(entry_at(t2, 0), LARGE(chunk) | 1ul << bit);
	}
	accepted(op(RB_OP_SET, t1, 0, 1, LEAF(page) | bits));
	accepted(op(RB_OP_SET, t2, 0, 1, LARGE(chunk) | bits));
}

TEST("op.SET.reserve_read_only", "The page-table reserve may be mapped read-only.")
{
	uint64_t table = guest_table(1);

	must(op(RB_OP_SET, table, 3, 1, LEAF(page)));
	guest_map(guest_start->kernel_root, KERNEL_VA, table * GUEST_PAGE, GUEST_NX);
	expect_equal(read_at(KERNEL_VA + 3 * 8), LEAF(page));
	expect(kernel_store(KERNEL_VA) == 3, "it can be written");
	guest_unmap(guest_start->kernel_root, KERNEL_VA);
	accepted(op(RB_OP_SET, guest_table(2), 0, 1, LARGE(memory.reserve)));
}

TEST("op.SET.absent", "An entry that is not present may have any bits if its address is beyond the machine's memory.")
{
	uint64_t t1 = guest_table(1), t2 = guest_table(2);

	for (unsigned bit = 1; bit < 64; bit++) {
		accepted(op(RB_OP_SET, t1, 0, 1, memory.end | 1ul << bit));
		expect_equal(entry_at(t1, 0), memory.end | 1ul << bit);
		accepted(op(RB_OP_SET, t2, 0, 1, memory.end | 1ul << bit));
	}
	accepted(op(RB_OP_SET, t1, 0, 1, ~1ul));
	accepted(op(RB_OP_SET, t2, 0, 1, ~1ul));
}

TEST("op.SET.unlinks", "A table that an entry of the run linked becomes typed, and keeps its level and content.")
{
	struct chain chain = chain_make();

	must(op(RB_OP_SET, chain.t[1], 9, 1, LEAF(page)));
	for (unsigned level = 2; level <= 4; level++) {
		uint64_t linked = counter(RB_COUNTER_FRAMES_LINKED);

		accepted(op(RB_OP_SET, chain.t[level], 0, 200, 0));
		expect_equal(counter(RB_COUNTER_FRAMES_LINKED), linked - 1);
		expect(is_typed(chain.t[level - 1], level - 1), "level %u", level - 1);
	}
	expect_equal(entry_at(chain.t[1], 9), LEAF(page));
	/* Replaced by a leaf. */
	must(op(RB_OP_LINK, chain.t[2], 7, 1, chain.t[1]));
	accepted(op(RB_OP_SET, chain.t[2], 7, 1, LARGE(chunk)));
	expect(is_typed(chain.t[1], 1) && entry_at(chain.t[1], 9) == LEAF(page), "replaced by a leaf");
}

TEST("op.SET.loaded", "A change of a root that is loaded is a change of the address space at once.")
{
	uint64_t data = page_with(0x51);

	guest_map(guest_start->user_root, FAR_USER_VA, data, GUEST_WRITE);
	expect_equal(read_at(FAR_USER_VA), 0x51);
	accepted(op(RB_OP_SET, guest_start->user_root, guest_index(FAR_USER_VA, 4), 1, 0));
	must(op(RB_OP_FLUSH, 0, 0, 1, 0));
	expect_equal(read_at(FAR_USER_VA), FAULT);
}

TEST("op.SET.INVAL.run", "the run leaves the table")
{
	for (unsigned level = 1; level <= 3; level++) {
		uint64_t table = guest_table(level);

		refused(RB_INVAL, op(RB_OP_SET, table, 511, 2, 0));
		refused(RB_INVAL, op(RB_OP_SET, table, 1, 512, 0));
		refused(RB_INVAL, op(RB_OP_SET, table, 256, 257, 0));
		accepted(op(RB_OP_SET, table, 256, 256, 0));
	}
}

TEST("op.SET.INVAL.half", "the table is a root, and the run leaves the half that it serves: entries 0 to 255 of a user root, 272 to 511 of the kernel root")
{
	uint64_t root = guest_table(4), kernel = guest_start->kernel_root;

	refuse_half(RB_OP_SET, 0);
	refused(RB_INVAL, op(RB_OP_SET, root, 255, 2, 0));
	refused(RB_INVAL, op(RB_OP_SET, root, 0, 257, 0));
	refused(RB_INVAL, op(RB_OP_SET, kernel, 271, 2, 0));
	refused(RB_INVAL, op(RB_OP_SET, kernel, 511, 2, 0));
	accepted(op(RB_OP_SET, root, 0, 256, 0));
	need(!entry_at(kernel, 300), "the kernel root's entry 300 is in use");
	accepted(op(RB_OP_SET, kernel, 300, 1, 0));
}

/* What is true of a value of SET and of XCHG. */
static void refuse_upper(uint64_t code)
{
	for (unsigned level = 3; level <= 4; level++) {
		uint64_t table = guest_table(level);
		const uint64_t values[] = { 1, 2, LARGE(chunk), LEAF(page), machine_of_table(guest_table(level - 1)) | LINKS, memory.end, 1ul << 63 };

		for EACH(i, values)
			refused(RB_INVAL, op(code, table, 3, 1, values[i]));
		accepted(op(code, table, 3, 1, 0));
	}
}

/* Both levels with leaves: the good entry is accepted, with each of the bits it is refused. */
static void refuse_bits(uint64_t code, const uint64_t bits1[], const uint64_t bits2[], unsigned count)
{
	uint64_t t1 = guest_table(1), t2 = guest_table(2);

	for (unsigned i = 0; i < count; i++) {
		refused(RB_INVAL, op(code, t1, 3, 1, LEAF(page) | bits1[i]));
		refused(RB_INVAL, op(code, t1, 3, 1, LEAF(page) | GUEST_WRITE | GUEST_USER | bits1[i]));
		refused(RB_INVAL, op(code, t2, 3, 1, LARGE(chunk) | bits2[i]));
	}
	accepted(op(code, t1, 3, 1, LEAF(page)));
	accepted(op(code, t2, 3, 1, LARGE(chunk)));
}

static void refuse_caching(uint64_t code)
{
	refuse_bits(code, (const uint64_t[]){ 8, 0x10, 0x80, 0x98 }, (const uint64_t[]){ 8, 0x10, 0x1000, 0x1018 }, 4);
}

static void refuse_global(uint64_t code)
{
	refuse_bits(code, (const uint64_t[]){ 0x100 }, (const uint64_t[]){ 0x100 }, 1);
}

static void refuse_reserved_bit(uint64_t code)
{
	if (!memory.too_wide)
		skip("the processor has all address bits");
	for (uint64_t bit = memory.too_wide; bit < 1ul << 52; bit <<= 1)
		refuse_bits(code, &bit, &bit, 1);
}

static void refuse_no_leaf(uint64_t code)
{
	uint64_t table = guest_table(2), lower = guest_table(1);

	refused(RB_INVAL, op(code, table, 3, 1, LEAF(chunk)));
	refused(RB_INVAL, op(code, table, 3, 1, LEAF(page) | GUEST_WRITE));
	refused(RB_INVAL, op(code, table, 3, 1, machine_of_table(lower) | LINKS));
	refused(RB_INVAL, op(code, table, 3, 1, machine_of_table(lower) | GUEST_PRESENT));
}

static void refuse_misaligned(uint64_t code)
{
	uint64_t table = guest_table(2);

	for (uint64_t offset = 0x2000; offset < GUEST_CHUNK; offset <<= 1)
		refused(RB_INVAL, op(code, table, 3, 1, LARGE(chunk + offset)));
}

static void refuse_absent_memory(uint64_t code)
{
	const uint64_t values[] = { 2, 0x200, 1ul << 62, GUEST_NX, memory.low, memory.hypervisor, chunk, page | GUEST_WRITE, memory.reserve, memory.free,
				    memory.end - GUEST_PAGE, memory.too_wide | chunk, memory.too_wide | 2 };

	for (unsigned level = 1; level <= 2; level++) {
		uint64_t table = guest_table(level);

		for EACH(i, values)
			refused(RB_INVAL, op(code, table, 3, 1, values[i]));
		accepted(op(code, table, 3, 1, memory.end));
	}
}

static void refuse_others(uint64_t code)
{
	uint64_t t1 = guest_table(1), t2 = guest_table(2);
	const uint64_t addresses[] = { memory.low, memory.hypervisor, memory.free };

	for EACH(i, addresses) {
		refused(RB_OWNER, op(code, t1, 3, 1, LEAF(addresses[i])));
		refused(RB_OWNER, op(code, t1, 3, 1, LEAF(addresses[i]) | GUEST_WRITE | GUEST_USER));
		refused(RB_OWNER, op(code, t2, 3, 1, LARGE(addresses[i] & ~(GUEST_CHUNK - 1))));
	}
}

static void refuse_beyond(uint64_t code)
{
	uint64_t t1 = guest_table(1), t2 = guest_table(2);
	const uint64_t addresses[] = { memory.end, memory.end + GUEST_CHUNK, memory.beyond, memory.beyond | chunk };

	for EACH(i, addresses) {
		refused(RB_OWNER, op(code, t1, 3, 1, LEAF(addresses[i])));
		refused(RB_OWNER, op(code, t2, 3, 1, LARGE(addresses[i])));
	}
}

static void refuse_writable_reserve(uint64_t code)
{
	uint64_t t1 = guest_table(1), t2 = guest_table(2);

	refused(RB_TYPE, op(code, t1, 3, 1, LEAF(memory.reserve) | GUEST_WRITE));
	refused(RB_TYPE, op(code, t1, 3, 1, LEAF(machine_of_table(t1)) | GUEST_WRITE | GUEST_USER));
	refused(RB_TYPE, op(code, t2, 3, 1, LARGE(memory.reserve) | GUEST_WRITE));
	accepted(op(code, t1, 3, 1, LEAF(memory.reserve)));
}

TEST("op.SET.INVAL.upper", "the table is of level 3 or 4, and the value is not zero")
{
	refuse_upper(RB_OP_SET);
}

TEST("op.SET.INVAL.caching", "a present entry has a caching attribute: PWT, PCD or PAT (bit 7 at level 1, bit 12 at level 2)")
{
	refuse_caching(RB_OP_SET);
}

TEST("op.SET.INVAL.global", "a present entry has the global bit, 8")
{
	refuse_global(RB_OP_SET);
}

TEST("op.SET.INVAL.reserved_bit", "a present entry has an address bit that the processor does not have")
{
	refuse_reserved_bit(RB_OP_SET);
}

TEST("op.SET.INVAL.no_leaf", "a present entry of level 2 does not have the page-size bit, 7")
{
	refuse_no_leaf(RB_OP_SET);
}

TEST("op.SET.INVAL.misaligned", "a present entry of level 2 has an address that is not a multiple of 2 MiB")
{
	refuse_misaligned(RB_OP_SET);
}

TEST("op.SET.INVAL.absent_memory", "an entry that is not present and not zero has, in the address bits that the processor has, an address below the end of the machine's memory")
{
	refuse_absent_memory(RB_OP_SET);
}

TEST("op.SET.NOENT.not_reserve", "the frame is not in the page-table reserve")
{
	refuse_not_reserve(RB_OP_SET, 0);
}

TEST("op.SET.OWNER.others", "a present entry's address is memory that is not the domain's")
{
	uint64_t table = guest_table(1), last;

	refuse_others(RB_OP_SET);
	/* A run that comes to it: the entries before stay in effect. */
	for (last = chunk; guest_from_machine(last + GUEST_CHUNK) != ~0ul; last += GUEST_CHUNK)
		;
	last += GUEST_CHUNK - 2 * GUEST_PAGE;
	expect_equal(op(RB_OP_SET, table, 0, 4, LEAF(last)), RB_OWNER);
	expect(entry_at(table, 0) == LEAF(last) && entry_at(table, 1) == LEAF(last) + GUEST_PAGE && !entry_at(table, 2) && !entry_at(table, 3),
	       "a run: %lx %lx %lx", entry_at(table, 0), entry_at(table, 1), entry_at(table, 2));
}

TEST("op.SET.OWNER.beyond", "a present entry's address is beyond the machine's memory")
{
	refuse_beyond(RB_OP_SET);
}

TEST("op.SET.TYPE.free", "the frame is not a table")
{
	refuse_free(RB_OP_SET, 0);
}

TEST("op.SET.TYPE.writable_reserve", "a present, writable entry would map the page-table reserve")
{
	refuse_writable_reserve(RB_OP_SET);
}

/* ---------------- XCHG */

TEST("op.XCHG.stores", "The entry holds the value.")
{
	uint64_t t1 = guest_table(1), t2 = guest_table(2);

	accepted(op(RB_OP_XCHG, t1, 511, 1, LEAF(page) | GUEST_WRITE));
	expect_equal(entry_at(t1, 511), LEAF(page) | GUEST_WRITE);
	accepted(op(RB_OP_XCHG, t1, 511, 1, memory.end | 2));
	expect_equal(entry_at(t1, 511), memory.end | 2);
	expect_equal(entry_at(t1, 510), 0);
	accepted(op(RB_OP_XCHG, t2, 1, 1, LARGE(chunk)));
	expect_equal(entry_at(t2, 1), LARGE(chunk));
}

TEST("op.XCHG.returns", "The entry that was there is returned, with the accessed and dirty bits that the processor set.")
{
	uint64_t table, index = guest_index(KERNEL_VA, 1), entry = LEAF(guest_machine(page_with(5))) | GUEST_WRITE | GUEST_NX;

	guest_map(guest_start->kernel_root, KERNEL_VA, page_with(1), GUEST_WRITE);
	table = guest_table_for(guest_start->kernel_root, KERNEL_VA, 1);
	must(op(RB_OP_SET, table, index, 1, entry));
	guest_flush(KERNEL_VA, 1);
	accepted(op(RB_OP_XCHG, table, index, 1, entry));
	expect_equal(result, entry);
	expect_equal(read_at(KERNEL_VA), 5);
	accepted(op(RB_OP_XCHG, table, index, 1, entry));
	expect_equal(result, entry | GUEST_ACCESSED);
	guest_flush(KERNEL_VA, 1);
	*(volatile uint64_t *)KERNEL_VA = 6;
	accepted(op(RB_OP_XCHG, table, index, 1, 0));
	expect_equal(result, entry | GUEST_ACCESSED | GUEST_DIRTY);
	guest_flush(KERNEL_VA, 1);
	accepted(op(RB_OP_XCHG, table, index, 1, memory.end));
	expect_equal(result, 0);
	accepted(op(RB_OP_XCHG, table, index, 1, 0));
	expect_equal(result, memory.end);
}

TEST("op.XCHG.INVAL.count", "count is not one")
{
	uint64_t table = guest_table(1);

	refused(RB_INVAL, op(RB_OP_XCHG, table, 0, 2, 0));
	refused(RB_INVAL, op(RB_OP_XCHG, table, 0, 512, 0));
}

TEST("op.XCHG.INVAL.half", "the table is a root, and the index is not in the half that it serves: 0 to 255 of a user root, 272 to 511 of the kernel root")
{
	refuse_half(RB_OP_XCHG, 0);
	accepted(op(RB_OP_XCHG, guest_table(4), 255, 1, 0));
}

TEST("op.XCHG.INVAL.upper", "the table is of level 3 or 4, and the value is not zero")
{
	refuse_upper(RB_OP_XCHG);
}

TEST("op.XCHG.INVAL.caching", "a present value has a caching attribute: PWT, PCD or PAT (bit 7 at level 1, bit 12 at level 2)")
{
	refuse_caching(RB_OP_XCHG);
}

TEST("op.XCHG.INVAL.global", "a present value has the global bit, 8")
{
	refuse_global(RB_OP_XCHG);
}

TEST("op.XCHG.INVAL.reserved_bit", "a present value has an address bit that the processor does not have")
{
	refuse_reserved_bit(RB_OP_XCHG);
}

TEST("op.XCHG.INVAL.no_leaf", "a present value for level 2 does not have the page-size bit, 7")
{
	refuse_no_leaf(RB_OP_XCHG);
}

TEST("op.XCHG.INVAL.misaligned", "a present value for level 2 has an address that is not a multiple of 2 MiB")
{
	refuse_misaligned(RB_OP_XCHG);
}

TEST("op.XCHG.INVAL.absent_memory", "a value that is not present and not zero has, in the address bits that the processor has, an address below the end of the machine's memory")
{
	refuse_absent_memory(RB_OP_XCHG);
}

TEST("op.XCHG.NOENT.not_reserve", "the frame is not in the page-table reserve")
{
	refuse_not_reserve(RB_OP_XCHG, 0);
}

TEST("op.XCHG.OWNER.others", "a present value's address is memory that is not the domain's")
{
	refuse_others(RB_OP_XCHG);
}

TEST("op.XCHG.OWNER.beyond", "a present value's address is beyond the machine's memory")
{
	refuse_beyond(RB_OP_XCHG);
}

TEST("op.XCHG.TYPE.free", "the frame is not a table")
{
	refuse_free(RB_OP_XCHG, 0);
}

TEST("op.XCHG.TYPE.writable_reserve", "a present, writable value would map the page-table reserve")
{
	refuse_writable_reserve(RB_OP_XCHG);
}

TEST("op.XCHG.TYPE.link", "the entry links a table")
{
	struct chain chain = chain_make();

	for (unsigned level = 2; level <= 4; level++)
		refused(RB_TYPE, op(RB_OP_XCHG, chain.t[level], 5 - level, 1, 0));
	refused(RB_TYPE, op(RB_OP_XCHG, chain.t[2], 3, 1, LARGE(chunk)));
}
