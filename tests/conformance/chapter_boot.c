/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The chapters on the boot protocol, on chunks and on discovery: what the loader has made and told. Where a test wants it untouched it is bare: the library has
 * taken no page and no frame then.
 */
#include "tables.h"

static const uint32_t *chunk_map(void)
{
	return (const uint32_t *)guest_start->chunk_map;
}

static const uint32_t *machine_map(void)
{
	return (const uint32_t *)guest_start->machine_map;
}

/* ---------------- guest-physical memory */

TEST("boot.memory_ascending", "The ranges of `start_info.memory` ascend and do not overlap, and each ends at or below `chunk_count`.")
{
	uint64_t end = 0;

	expect(guest_start->memory_count >= 1 && guest_start->memory_count <= 8, "%u ranges", guest_start->memory_count);
	for (uint32_t i = 0; i < guest_start->memory_count; i++) {
		const struct rb_memory_range *range = &guest_start->memory[i];

		expect(range->first_chunk >= end, "range %u begins at %u, the one before ends at %lu", i, range->first_chunk, end);
		end = (uint64_t)range->first_chunk + range->count;
		expect(end <= guest_start->chunk_count, "range %u ends at %lu of %u", i, end, guest_start->chunk_count);
	}
}

TEST("boot.memory_present", "In each range of `start_info.memory` the chunks that exist are the first `present` ones; the chunk map has a machine chunk for exactly these.", .bare = true)
{
	uint32_t next = 0;

	for (uint32_t i = 0; i < guest_start->memory_count; i++) {
		const struct rb_memory_range *range = &guest_start->memory[i];

		for (; next < range->first_chunk; next++)
			expect(chunk_map()[next] == RB_NO_CHUNK, "chunk %u is in no range and there", next);
		for (; next < range->first_chunk + range->count; next++)
			expect((chunk_map()[next] != RB_NO_CHUNK) == (next < range->first_chunk + range->present), "chunk %u of range %u: %x", next, i, chunk_map()[next]);
	}
	for (; next < guest_start->chunk_count; next++)
		expect(chunk_map()[next] == RB_NO_CHUNK, "chunk %u is in no range and there", next);
}

TEST("boot.one_reserve", "Exactly one range of `start_info.memory` is of the kind `PAGETABLE`, and at least one chunk of it is present.")
{
	unsigned found = 0;

	for (uint32_t i = 0; i < guest_start->memory_count; i++) {
		uint32_t kind = guest_start->memory[i].kind;

		expect(kind == RB_MEMORY_KIND_RAM || kind == RB_MEMORY_KIND_PAGETABLE, "range %u is of kind %u", i, kind);
		found += kind == RB_MEMORY_KIND_PAGETABLE;
		expect(kind != RB_MEMORY_KIND_PAGETABLE || guest_start->memory[i].present >= 1, "nothing of it is present");
	}
	expect_equal(found, 1);
}

TEST("boot.top_is_ram", "The last range of `start_info.memory` is of the kind `RAM`.")
{
	expect_equal(guest_start->memory[guest_start->memory_count - 1].kind, RB_MEMORY_KIND_RAM);
}

/* ---------------- the image, the module, the boot pages */

extern const uint8_t guest_entry_point[], guest_image_end[];

TEST("boot.image", "`image_start` and `image_bytes` span all `PT_LOAD` segments, by their physical addresses.")
{
	/* As guest.lds makes them: from the entry point's section to the end of what is zero. */
	expect_equal(guest_start->image_start, guest_physical(guest_entry_point));
	expect_equal(guest_start->image_start + guest_start->image_bytes, guest_physical(guest_image_end));
}

static uint8_t never_used[100000];

TEST("boot.zero", "What the image's segments leave between and behind their file parts is zero at the start.", .bare = true)
{
	for (unsigned i = 0; i < sizeof(never_used); i++)
		expect(!never_used[i], "byte %u is %#x", i, never_used[i]);
	for (unsigned i = 0; i < GUEST_STACK_BYTES; i++)
		expect(!guest_user_stack[i], "byte %u of a stack that was not used is %#x", i, guest_user_stack[i]);
}

#define MODULE_BYTES 5000	/* as run makes it */

TEST("boot.module", "If there was a second module, it is at the guest-physical address `module_start`, a multiple of 2 MiB, and `module_bytes` long; otherwise both are zero.", .again = "module")
{
	const uint8_t *bytes = guest_pointer(guest_start->module_start);

	if (!test_option(" module")) {
		expect(!guest_start->module_start && !guest_start->module_bytes, "at %lx, %lu bytes", guest_start->module_start, guest_start->module_bytes);
		return;
	}
	expect(guest_start->module_start && !(guest_start->module_start % GUEST_CHUNK), "at %lx", guest_start->module_start);
	expect_equal(guest_start->module_bytes, MODULE_BYTES);
	for (unsigned i = 0; i < MODULE_BYTES; i++)
		expect(bytes[i] == (uint8_t)(i * 7), "byte %u is %#x", i, bytes[i]);
}

/* The page lies in the boot pages. */
static void expect_boot_page(const char *name, uint64_t address)
{
	expect(address >= guest_start->boot_start && address + GUEST_PAGE <= guest_start->boot_start + guest_start->boot_bytes && !(address % GUEST_PAGE), "%s at %lx", name, address);
}

static bool overlaps_boot(uint64_t start, uint64_t bytes)
{
	return bytes && start < guest_start->boot_start + guest_start->boot_bytes && guest_start->boot_start < start + bytes;
}

TEST("boot.pages", "`start_info`, the command line, the vCPU page and the queue page lie in the `boot_bytes` from `boot_start` on, and neither the image nor the second module overlaps these.", .again = "module")
{
	need(test_option(" module") == (guest_start->module_bytes != 0), "the module");
	expect_boot_page("start_info", guest_physical(guest_start));
	expect_boot_page("the command line", guest_start->command_line - GUEST_DIRECT_BASE);
	expect_boot_page("the vCPU page", guest_start->vcpu_page);
	expect_boot_page("the queue page", guest_start->queue_page);
	expect(!overlaps_boot(guest_start->image_start, guest_start->image_bytes), "the image overlaps them");
	expect(!overlaps_boot(guest_start->module_start, guest_start->module_bytes), "the module overlaps them");
}

TEST("boot.start_info_rest", "The bytes of `start_info` behind its last field are zero.")
{
	const uint8_t *bytes = (const uint8_t *)guest_start;

	for (unsigned i = RB_START_INFO_COMMAND_LINE + 8; i < GUEST_PAGE; i++)
		expect(!bytes[i], "byte %u is %#x", i, bytes[i]);
}

TEST("boot.command_line", "`command_line` is the virtual address of the first module's words, ended by a zero byte; without the name of the file.", .again = "two words")
{
	const char *line = (const char *)guest_start->command_line, *wanted = is_tcg() ? "qemu only=boot.command_line " : "bochs only=boot.command_line ";
	size_t length = strlen(wanted);

	expect(!memcmp(line, wanted, length), "it is '%s'", line);
	/* What follows: nothing, or the words of the second boot, as they are. */
	expect(strlen(line) == length || (strlen(line) == length + 9 && !memcmp(line + length, "two words", 9)), "it is '%s'", line);
}

/* ---------------- the first page tables */

TEST("boot.direct_map", "Guest-physical memory is mapped from `start_info.direct_base` on, which is the note `DIRECT_BASE`: every chunk that is present at the start, at its guest-physical address plus that base.", .bare = true)
{
	expect_equal(guest_start->direct_base, GUEST_DIRECT_BASE);
	for (uint64_t chunk = 0; chunk < guest_start->chunk_count; chunk++) {
		uint64_t address = GUEST_DIRECT_BASE + chunk * GUEST_CHUNK, large = guest_entry(guest_start->kernel_root, address, 2);
		uint64_t entry = large & GUEST_LARGE ? large : guest_entry(guest_start->kernel_root, address, 1);

		if (chunk_map()[chunk] == RB_NO_CHUNK)
			continue;
		expect((entry & GUEST_PRESENT) && (entry & 0x000fffffffe00000ul) == (uint64_t)chunk_map()[chunk] << RB_CHUNK_SHIFT, "chunk %lu: entry %lx", chunk, entry);
		(void)*(volatile uint64_t *)address;
		(void)*(volatile uint64_t *)(address + GUEST_CHUNK - 8);
	}
}

static int jump_to(uint64_t address)
{
	return try_with("jmp *%%rdi", address);
}

TEST("boot.direct_ram", "RAM can be read and written in the direct map, and not executed.")
{
	for (uint32_t i = 0; i < guest_start->memory_count; i++) {
		const struct rb_memory_range *range = &guest_start->memory[i];
		uint64_t address = GUEST_DIRECT_BASE + (((uint64_t)range->first_chunk + range->present) << RB_CHUNK_SHIFT) - GUEST_PAGE;
		uint64_t *word = (uint64_t *)address, before;

		if (range->kind != RB_MEMORY_KIND_RAM)
			continue;
		before = *word;
		*word = 0xc3;
		expect_equal(read_at(address), 0xc3);
		expect(jump_to(address) == 14 && test_regs.error_code == 0x11, "at %lx: vector %u", address, guest_vector(&test_regs));
		*word = before;
	}
}

TEST("boot.direct_reserve", "The page-table reserve can be read in the direct map; a write is a page fault.")
{
	uint64_t value;

	for (uint64_t frame = reserve_first(); frame < reserve_end(); frame += 101) {
		uint64_t address = GUEST_DIRECT_BASE + frame * GUEST_PAGE;

		expect(kernel_load(address, &value) == -1, "frame %lu cannot be read", frame);
		expect(kernel_store(address) == 3, "frame %lu can be written", frame);
	}
}

static uint8_t code[16];

TEST("boot.image_mapped", "The image is mapped at its physical address plus the note `IMAGE_OFFSET`, and can be read, written and executed there.")
{
	for (uint64_t at = guest_start->image_start; at < guest_start->image_start + guest_start->image_bytes; at += GUEST_PAGE) {
		uint64_t word = *(volatile uint64_t *)(GUEST_IMAGE_OFFSET + at);

		expect(word == *(volatile uint64_t *)guest_pointer(at), "at %lx: %lx, and %lx in the direct map", at, word, *(volatile uint64_t *)guest_pointer(at));
		*(volatile uint64_t *)(GUEST_IMAGE_OFFSET + at) = word;
	}
	code[0] = 0xc3;		/* ret */
	expect_equal(*(uint8_t *)guest_pointer(guest_physical(code)), 0xc3);
	expect_equal(jump_to((uint64_t)code), -1);
}

/* Walks the tables below an entry and judges each leaf by its address. */
static void walk(uint64_t table, unsigned level, uint64_t address)
{
	for (uint64_t index = 0; index < 512; index++) {
		uint64_t entry = entry_at(table, index), at = address | index << (3 + 9 * level);

		if (level == 4 && (index < 272 || !entry))
			continue;
		if (level == 4)
			at |= 0xfffful << 48;
		if (!(entry & GUEST_PRESENT))
			continue;
		if (level > 1 && !(entry & GUEST_LARGE)) {
			walk(guest_from_machine(entry & GUEST_ADDRESS) / GUEST_PAGE, level - 1, at);
			continue;
		}
		uint64_t physical = guest_from_machine(entry & GUEST_ADDRESS & ~(level == 2 ? GUEST_CHUNK - 1 : 0));
		bool is_direct = at == GUEST_DIRECT_BASE + physical;
		bool is_image = at == GUEST_IMAGE_OFFSET + physical && physical + (level == 2 ? GUEST_CHUNK : GUEST_PAGE) > guest_start->image_start &&
				physical < guest_start->image_start + guest_start->image_bytes;

		expect(is_direct || is_image, "%lx is mapped, to %lx", at, physical);
	}
}

TEST("boot.kernel_root", "`kernel_root` is the frame number of the domain's kernel root, which holds the direct map and the image and nothing else.", .bare = true)
{
	walk(guest_start->kernel_root, 4, 0);
	expect(entry_at(guest_start->kernel_root, guest_index(GUEST_DIRECT_BASE, 4)) && entry_at(guest_start->kernel_root, 511), "it is empty");
	expect_equal(rb_root_load(guest_start->kernel_root), RB_TYPE);
}

TEST("boot.user_root", "`user_root` is the frame number of the loaded user root. It is empty: nothing is mapped in the user half.", .bare = true)
{
	for (uint64_t index = 0; index < 256; index++)
		expect(!entry_at(guest_start->user_root, index), "entry %lu is %lx", index, entry_at(guest_start->user_root, index));
	expect_equal(op(RB_OP_TYPE, guest_start->user_root, 0, 1, 4), RB_BUSY);
	/* It is what is loaded: an entry in it is seen. */
	guest_set_entry(0);
	guest_map(guest_start->user_root, USER_VA, page_with(0x77), 0);
	expect_equal(read_at(USER_VA), 0x77);
}

/* A frame that is no table refuses SET for that, a table for the run that leaves it. */
static bool is_free(uint64_t frame)
{
	return op(RB_OP_SET, frame, 511, 2, 0) == RB_TYPE;
}

TEST("boot.first_free", "`pt_first_free` is the frame number of the first frame of the reserve that was not used; it and all frames behind it are free.", .bare = true)
{
	for (uint64_t frame = reserve_first(); frame < reserve_end(); frame++)
		expect(is_free(frame) == (frame >= guest_start->pt_first_free), "frame %lu, the first free one is said to be %lu", frame, guest_start->pt_first_free);
}

/* ---------------- chunks */

TEST("chunk.map", "`chunk_map[n]` is the machine chunk behind the guest-physical chunk `n`, for `n` below `chunk_count`, and `NO_CHUNK` where there is none.")
{
	for (uint64_t n = 0; n < guest_start->chunk_count; n++) {
		uint64_t entry;

		if (chunk_map()[n] == RB_NO_CHUNK) {
			/* Nothing is there: no call takes its address. */
			expect_equal(rb_vcpu_set_queue(n * GUEST_CHUNK), RB_NOENT);
			continue;
		}
		expect(chunk_map()[n] < guest_start->machine_chunk_count, "chunk %lu: %u", n, chunk_map()[n]);
		/* The loader's mapping of it leads there. */
		entry = guest_entry(guest_start->kernel_root, GUEST_DIRECT_BASE + n * GUEST_CHUNK, 2);
		expect(!(entry & GUEST_LARGE) || (entry & 0x000fffffffe00000ul) == (uint64_t)chunk_map()[n] << RB_CHUNK_SHIFT, "chunk %lu: %u, mapped to %lx", n, chunk_map()[n], entry);
	}
	must(rb_vcpu_set_queue(guest_start->queue_page));
}

TEST("chunk.inverse", "`machine_map[m]` is the guest-physical chunk to which the machine chunk `m` belongs, for `m` below `machine_chunk_count`, and `NO_CHUNK` if it is not the domain's: the inverse of `chunk_map`.")
{
	uint32_t ours = 0, present = 0;

	for (uint32_t m = 0; m < guest_start->machine_chunk_count; m++) {
		if (machine_map()[m] == RB_NO_CHUNK)
			continue;
		ours++;
		expect(machine_map()[m] < guest_start->chunk_count && chunk_map()[machine_map()[m]] == m, "machine chunk %u: %u", m, machine_map()[m]);
	}
	for (uint32_t n = 0; n < guest_start->chunk_count; n++)
		present += chunk_map()[n] != RB_NO_CHUNK;
	expect_equal(ours, present);
}

TEST("chunk.whole", "Within a chunk guest-physical and machine addresses run in parallel: both have the same offset from the chunk's start.")
{
	uint64_t chunk = guest_chunk(), machine = (uint64_t)chunk_map()[chunk >> RB_CHUNK_SHIFT] << RB_CHUNK_SHIFT;

	for (uint64_t offset = 0; offset < GUEST_CHUNK; offset += 64 * GUEST_PAGE) {
		*(uint64_t *)guest_pointer(chunk + offset) = offset + 1;
		must(op(RB_OP_SET, guest_table_for(guest_start->kernel_root, KERNEL_VA, 1), guest_index(KERNEL_VA, 1), 1, LEAF(machine + offset)));
		guest_flush(KERNEL_VA, 1);
		expect_equal(read_at(KERNEL_VA), offset + 1);
	}
	guest_unmap(guest_start->kernel_root, KERNEL_VA);
}

TEST("chunk.stable", "A guest-physical chunk that is present keeps its machine chunk and its use as long as the domain runs.", .alone = true)
{
	static uint32_t before[1024];
	uint64_t reserve = reserve_first() / RB_CHUNK_PAGES;

	need(guest_start->chunk_count <= 1024, "%u chunks", guest_start->chunk_count);
	memcpy(before, chunk_map(), guest_start->chunk_count * sizeof(uint32_t));
	while (rb_pt_reserve_grow(&result) == RB_OK)
		;
	for (unsigned i = 0; i < 100; i++)
		guest_table(1 + i % 4);
	for (uint32_t n = 0; n < guest_start->chunk_count; n++) {
		expect(before[n] == RB_NO_CHUNK || before[n] == chunk_map()[n], "chunk %u was %u and is %u", n, before[n], chunk_map()[n]);
		if (before[n] != RB_NO_CHUNK)
			expect_equal(rb_vcpu_set_queue(n * GUEST_CHUNK), n >= reserve && n < reserve + guest_start->memory[1].count ? RB_TYPE : RB_OK);
	}
}
