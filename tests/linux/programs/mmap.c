// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmap - a random walk through address-space operations, against a model
 *
 * In a window of 192 pages, RB_MMAP_STEPS (6000) random operations: map
 * (anonymous, private and shared file), unmap, protect, move (mremap), give
 * back (MADV_DONTNEED), write, and fork. A model knows what each page should
 * hold and allow; every hundred steps each page is probed for both, and the
 * forked children check it too and write over all they may. The same numbers
 * on every run; RB_SEED gives others.
 * Defends: no stale translation, no lost or leaked page, whatever the order of
 * operations on entries.
 */
#include "test.h"

enum { PAGES = 192, FILE_PAGES = 64 };

enum kind { NOTHING, ANONYMOUS, PRIVATE_FILE, SHARED_FILE };

struct page {
	enum kind kind;
	int protection;
	int file_page;
	bool own;       /* a private page that was written: value is its content */
	uint64_t value;
};

static struct page model[PAGES];
static uint64_t file_model[FILE_PAGES];
static char *window;
static int file;
static uint64_t random_state;
static uint64_t next_value = 1;

static size_t random_below(size_t limit)
{
	return random_next(&random_state) % limit;
}

static volatile uint64_t *page_word(size_t page, size_t word)
{
	return (volatile uint64_t *)(window + page * PAGE) + word;
}

static uint64_t page_expected(const struct page *page)
{
	if (page->kind == SHARED_FILE || (page->kind == PRIVATE_FILE && !page->own))
		return file_model[page->file_page];
	return page->own ? page->value : 0;
}

/* The value is at both ends of a page. */
static void page_probe(size_t page)
{
	const struct page *expected = &model[page];
	bool faults = read_faults(page_word(page, 0));

	if (!CHECK(faults == !(expected->protection & PROT_READ), "page %zu, kind %d, protection %d", page,
		   expected->kind, expected->protection))
		return;
	if (faults) {
		CHECK_EQ(fault_seen.address, page_word(page, 0));
		CHECK_EQ(fault_seen.code, expected->kind ? SEGV_ACCERR : SEGV_MAPERR);
		return;
	}
	CHECK(*page_word(page, 0) == page_expected(expected) && *page_word(page, 511) == page_expected(expected),
	      "page %zu, kind %d, holds %#lx and %#lx, not %#lx", page, expected->kind, *page_word(page, 0),
	      *page_word(page, 511), page_expected(expected));
	if (!(expected->protection & PROT_WRITE))
		CHECK(write_faults(page_word(page, 0)), "page %zu can be written", page);
}

static void window_probe(void)
{
	for (size_t page = 0; page < PAGES; page++)
		page_probe(page);
}

static int random_protection(void)
{
	static const int some[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE };

	return some[random_below(COUNT(some))];
}

static void pages_map(size_t first, size_t count)
{
	enum kind kind = ANONYMOUS + random_below(3);
	size_t offset = random_below(FILE_PAGES - count + 1);
	int protection = random_protection();
	int flags = (kind == SHARED_FILE ? MAP_SHARED : MAP_PRIVATE) | (kind == ANONYMOUS ? MAP_ANONYMOUS : 0);

	REQUIRE(mmap(window + first * PAGE, count * PAGE, protection, flags | MAP_FIXED,
		     kind == ANONYMOUS ? -1 : file, kind == ANONYMOUS ? 0 : offset * PAGE) != MAP_FAILED);
	for (size_t i = 0; i < count; i++)
		model[first + i] = (struct page){ .kind = kind, .protection = protection, .file_page = offset + i };
}

static void pages_unmap(size_t first, size_t count)
{
	REQUIRE(munmap(window + first * PAGE, count * PAGE) == 0);
	memset(&model[first], 0, count * sizeof(model[0]));
}

static bool pages_all_mapped(size_t first, size_t count)
{
	for (size_t page = first; page < first + count; page++)
		if (model[page].kind == NOTHING)
			return false;
	return true;
}

static void pages_protect(size_t first, size_t count)
{
	int protection = random_protection();

	if (!pages_all_mapped(first, count))
		return;
	REQUIRE(mprotect(window + first * PAGE, count * PAGE, protection) == 0);
	for (size_t page = first; page < first + count; page++)
		model[page].protection = protection;
}

static void pages_give_back(size_t first, size_t count)
{
	if (!pages_all_mapped(first, count))
		return;
	REQUIRE(madvise(window + first * PAGE, count * PAGE, MADV_DONTNEED) == 0);
	for (size_t page = first; page < first + count; page++)
		if (model[page].kind != SHARED_FILE)
			model[page].own = false;
}

static void pages_move(size_t first, size_t count)
{
	size_t target = random_below(PAGES - count + 1);

	if (!pages_all_mapped(first, count) || (target < first + count && first < target + count))
		return;
	if (mremap(window + first * PAGE, count * PAGE, count * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		   window + target * PAGE) == MAP_FAILED) {
		/* Several mappings cannot move at once; the target may be gone by then. */
		REQUIRE(errno == EFAULT);
		pages_unmap(target, count);
		return;
	}
	memcpy(&model[target], &model[first], count * sizeof(model[0]));
	memset(&model[first], 0, count * sizeof(model[0]));
}

static void page_write(size_t page)
{
	struct page *expected = &model[page];

	if (!(expected->protection & PROT_WRITE))
		return;
	uint64_t value = next_value++;

	*page_word(page, 0) = value;
	*page_word(page, 511) = value;
	if (expected->kind == SHARED_FILE) {
		file_model[expected->file_page] = value;
		return;
	}
	expected->own = true;
	expected->value = value;
}

static int child_probes_and_scribbles(void *unused)
{
	(void)unused;
	window_probe();
	for (size_t page = 0; page < PAGES; page++)
		if ((model[page].protection & PROT_WRITE) && model[page].kind != SHARED_FILE)
			memset(window + page * PAGE, 0xee, PAGE);
	return 0;
}

static void random_step(void)
{
	size_t count = 1 + random_below(24), first = random_below(PAGES - count + 1), choice = random_below(100);

	if (choice < 12)
		pages_map(first, count);
	else if (choice < 20)
		pages_unmap(first, count);
	else if (choice < 35)
		pages_protect(first, count);
	else if (choice < 42)
		pages_give_back(first, count);
	else if (choice < 50)
		pages_move(first, count);
	else
		for (size_t page = first; page < first + count; page += 3)
			page_write(page);
}

static void test_walk(long steps)
{
	step("a random walk");
	file = memfd_create("mmap", 0);
	REQUIRE(file >= 0 && ftruncate(file, FILE_PAGES * PAGE) == 0);
	random_state = setting("RB_SEED", 20240611);
	window = mmap(NULL, PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(window != MAP_FAILED);
	pages_unmap(0, PAGES);
	for (long i = 0; i < steps; i++) {
		random_step();
		if (i % 100 == 99)
			window_probe();
		if (i % 300 == 299)
			child_end(child_start(child_probes_and_scribbles, NULL));
	}
	window_probe();
	pages_unmap(0, PAGES);
	close(file);
}

static void test_grow_and_move(void)
{
	size_t count = 1;
	char *block = pages_private(1);

	step("mremap grows, moves and shrinks with the content");
	*block = 1;
	while (count < 4096) {
		size_t larger = count * 2;

		block = mremap(block, count * PAGE, larger * PAGE, MREMAP_MAYMOVE);
		REQUIRE(block != MAP_FAILED);
		for (size_t page = count; page < larger; page++)
			block[page * PAGE] = page % 251;
		count = larger;
	}
	for (size_t page = 1; page < count; page++)
		CHECK_EQ((unsigned char)block[page * PAGE], page % 251);
	block = mremap(block, count * PAGE, PAGE, 0);
	CHECK_EQ(*block, 1);
	CHECK(read_faults(block + PAGE));
	pages_free(block, 1);
}

static void test_locked(void)
{
	unsigned char resident[64];
	char *block = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	step("populated, advised and locked memory, and mincore");
	REQUIRE(block != MAP_FAILED);
	REQUIRE(mincore(block, 64 * PAGE, resident) == 0);
	for (int i = 0; i < 64; i++)
		CHECK(resident[i] & 1, "page %d is not there", i);
	REQUIRE(madvise(block, 32 * PAGE, MADV_DONTNEED) == 0);
	REQUIRE(mincore(block, 64 * PAGE, resident) == 0);
	for (int i = 0; i < 64; i++)
		CHECK_EQ(resident[i] & 1, i >= 32);
	REQUIRE(mlock(block, 64 * PAGE) == 0);
	REQUIRE(mincore(block, 64 * PAGE, resident) == 0);
	for (int i = 0; i < 64; i++)
		CHECK(resident[i] & 1, "locked page %d is not there", i);
	REQUIRE(munlock(block, 64 * PAGE) == 0);
	pages_free(block, 64);
}

int main(void)
{
	test_walk(setting("RB_MMAP_STEPS", 6000));
	test_grow_and_move();
	test_locked();
	return verdict();
}
