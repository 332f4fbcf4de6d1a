// SPDX-License-Identifier: GPL-2.0-only
/*
 * shm - memory shared between processes
 *
 * Shared anonymous memory, POSIX and System V segments and files, mapped by
 * several processes at different addresses: each sees the others' writes at
 * once; read-only attachments; sealed memfds; a segment outlives its processes
 * and goes when it should; atomic increments from all sides add up.
 * Defends: the same frames under many address spaces, and reverse mappings.
 */
#include "test.h"

#include <sys/ipc.h>
#include <sys/shm.h>

enum { PAGES = 64, WORKERS = 4, ROUNDS = 20000 };

static int body_increments(void *word)
{
	for (int i = 0; i < ROUNDS; i++) {
		atomic_fetch_add((atomic_long *)word, 1);
		if (i % 1000 == 0)
			sched_yield();
	}
	return 0;
}

static void test_anonymous(void)
{
	atomic_long *word = pages_shared(1);
	pid_t children[WORKERS];

	step("increments from all sides");
	for (int i = 0; i < WORKERS; i++)
		children[i] = child_start(body_increments, word);
	for (int i = 0; i < WORKERS; i++)
		child_end(children[i]);
	CHECK_EQ(atomic_load(word), WORKERS * ROUNDS);
	pages_free(word, 1);
}

static int body_posix(void *name)
{
	int file = shm_open(name, O_RDWR, 0);
	/* Somewhere else than in the parent. */
	pages_private(33);
	volatile uint64_t *map = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

	REQUIRE(file >= 0 && map != MAP_FAILED);
	for (size_t page = 0; page < PAGES; page++) {
		CHECK_EQ(map[page * 512], page + 1);
		map[page * 512 + 1] = page * 3;
	}
	return 0;
}

static void test_posix(void)
{
	char name[] = "/shm-test";
	int file = shm_open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);

	step("a POSIX segment");
	REQUIRE(file >= 0 && ftruncate(file, PAGES * PAGE) == 0);
	volatile uint64_t *map = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

	REQUIRE(map != MAP_FAILED);
	for (size_t page = 0; page < PAGES; page++)
		map[page * 512] = page + 1;
	child_end(child_start(body_posix, name));
	for (size_t page = 0; page < PAGES; page++)
		CHECK_EQ(map[page * 512 + 1], page * 3);
	shm_unlink(name);
	close(file);
	pages_free((void *)map, PAGES);
}

static int body_sysv(void *id)
{
	volatile uint64_t *map = shmat((intptr_t)id, NULL, 0);
	volatile uint64_t *again = shmat((intptr_t)id, NULL, SHM_RDONLY);

	REQUIRE(map != (void *)-1 && again != (void *)-1);
	CHECK_EQ(map[7], 77);
	map[8] = 88;
	CHECK_EQ(again[8], 88); /* two mappings of one page */
	CHECK(write_faults(again + 8));
	return 0;
}

static void test_sysv(void)
{
	int id = shmget(IPC_PRIVATE, PAGES * PAGE, IPC_CREAT | 0600);
	struct shmid_ds state;

	step("a System V segment");
	REQUIRE(id >= 0);
	volatile uint64_t *map = shmat(id, NULL, 0);

	REQUIRE(map != (void *)-1);
	map[7] = 77;
	child_end(child_start(body_sysv, (void *)(intptr_t)id));
	CHECK_EQ(map[8], 88);
	REQUIRE(shmctl(id, IPC_STAT, &state) == 0);
	CHECK_EQ(state.shm_nattch, 1);
	REQUIRE(shmdt((void *)map) == 0);
	/* It is kept while nobody has it attached. */
	map = shmat(id, NULL, 0);
	REQUIRE(map != (void *)-1);
	CHECK_EQ(map[8], 88);
	REQUIRE(shmctl(id, IPC_RMID, NULL) == 0);
	REQUIRE(shmdt((void *)map) == 0);
	CHECK(shmat(id, NULL, 0) == (void *)-1 && (errno == EINVAL || errno == EIDRM));
}

static void test_seals(void)
{
	int file = memfd_create("shm", MFD_ALLOW_SEALING);

	step("a sealed memfd");
	REQUIRE(file >= 0 && ftruncate(file, PAGE) == 0);
	REQUIRE(pwrite(file, "sealed", 7, 0) == 7);
	void *writable = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

	REQUIRE(writable != MAP_FAILED);
	CHECK(fcntl(file, F_ADD_SEALS, F_SEAL_WRITE) < 0 && errno == EBUSY);
	munmap(writable, PAGE);
	REQUIRE(fcntl(file, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK) == 0);
	CHECK(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) == MAP_FAILED && errno == EPERM);
	CHECK(ftruncate(file, 0) < 0 && errno == EPERM);
	char *map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, file, 0);

	REQUIRE(map != MAP_FAILED);
	CHECK(!strcmp(map, "sealed"));
	CHECK(write_faults(map));
	munmap(map, PAGE);
	close(file);
}

static int body_waits_and_sums(void *map)
{
	volatile uint64_t *words = map;
	uint64_t sum = 0;

	while (!words[0])
		sched_yield();
	for (size_t page = 1; page < PAGES; page++)
		sum += words[page * 512];
	CHECK_EQ(sum, (uint64_t)PAGES * (PAGES - 1) / 2);
	return 0;
}

static void test_first_touch(void)
{
	volatile uint64_t *map = pages_shared(PAGES);
	pid_t children[WORKERS];

	step("pages first touched by one, then read by others");
	for (int i = 0; i < WORKERS; i++)
		children[i] = child_start(body_waits_and_sums, (void *)map);
	for (size_t page = 1; page < PAGES; page++)
		map[page * 512] = page;
	map[0] = 1;
	for (int i = 0; i < WORKERS; i++)
		child_end(children[i]);
	pages_free((void *)map, PAGES);
}

int main(void)
{
	test_anonymous();
	test_posix();
	test_sysv();
	test_seals();
	test_first_touch();
	return verdict();
}
