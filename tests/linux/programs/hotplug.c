// SPDX-License-Identifier: GPL-2.0-only
/*
 * hotplug - CPUs go offline and come back while programs use them
 *
 * Takes each CPU but the first offline and online again, several times, idle and under load by threads that write memory and map it; a thread pinned to
 * a CPU that goes is moved; timers go on; the hypervisor shows that the vCPU is gone. CPU 0 is refused.
 * Defends: vcpu_stop and vcpu_start, what a CPU leaves behind.
 * needs: cpus
 * timeout: 180
 */
#include "test.h"

#include <pthread.h>

static int cpus;

static bool online_write(int cpu, const char *value)
{
	char path[64];
	int file;
	bool done;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", cpu);
	file = open(path, O_WRONLY);
	if (file < 0)
		return false;
	done = write(file, value, 1) == 1;
	close(file);
	return done;
}

static void offline_and_back(int cpu)
{
	REQUIRE(online_write(cpu, "0"));
	CHECK_EQ(sysconf(_SC_NPROCESSORS_ONLN), cpus - 1);
	REQUIRE(online_write(cpu, "1"));
	CHECK_EQ(sysconf(_SC_NPROCESSORS_ONLN), cpus);
}

static void test_idle(void)
{
	step("CPU 0 stays");
	CHECK(!online_write(0, "0"));
	step("each other goes and comes back");
	for (int round = 0; round < 2; round++)
		for (int cpu = 1; cpu < cpus; cpu++)
			offline_and_back(cpu);
}

/* ---------------- under load */

static atomic_int stop;
static atomic_long turns, bad;

static void *works(void *unused)
{
	for (unsigned turn = 0; !atomic_load(&stop); turn++) {
		unsigned *area = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		REQUIRE(area != MAP_FAILED);
		for (unsigned i = 0; i < 8; i++)
			area[i * PAGE / sizeof(*area)] = turn + i;
		if (turn % 4 == 0)
			sched_yield();
		for (unsigned i = 0; i < 8; i++)
			if (area[i * PAGE / sizeof(*area)] != turn + i)
				atomic_fetch_add(&bad, 1);
		munmap(area, 8 * PAGE);
		atomic_fetch_add(&turns, 1);
	}
	return unused;
}

static void test_load(long rounds)
{
	pthread_t threads[16];
	int count = cpus < 8 ? cpus * 2 : 16;

	step("under load");
	for (int i = 0; i < count; i++)
		REQUIRE(pthread_create(&threads[i], NULL, works, NULL) == 0);
	for (long round = 0; round < rounds; round++) {
		long before = atomic_load(&turns);
		int cpu = 1 + (int)(round % (cpus - 1));

		REQUIRE(online_write(cpu, "0"));
		for (int i = 0; i < 1000 && atomic_load(&turns) == before; i++)
			sleep_ms(5);
		CHECK(atomic_load(&turns) != before, "nothing runs without CPU %d", cpu);
		REQUIRE(online_write(cpu, "1"));
	}
	atomic_store(&stop, 1);
	for (int i = 0; i < count; i++)
		REQUIRE(pthread_join(threads[i], NULL) == 0);
	CHECK_EQ(bad, 0);
}

static void test_pinned(void)
{
	cpu_set_t set;

	step("whoever may only run there is moved");
	CPU_ZERO(&set);
	CPU_SET(cpus - 1, &set);
	REQUIRE(sched_setaffinity(0, sizeof(set), &set) == 0);
	CHECK_EQ(sched_getcpu(), cpus - 1);
	REQUIRE(online_write(cpus - 1, "0"));
	CHECK(sched_getcpu() != cpus - 1);
	REQUIRE(online_write(cpus - 1, "1"));
	for (int cpu = 0; cpu < cpus; cpu++)
		CPU_SET(cpu, &set);
	REQUIRE(sched_setaffinity(0, sizeof(set), &set) == 0);
}

/* With one left, and back to all. */
static void test_all(void)
{
	struct timespec before, after;

	step("all but one");
	for (int cpu = 1; cpu < cpus; cpu++)
		REQUIRE(online_write(cpu, "0"));
	CHECK_EQ(sysconf(_SC_NPROCESSORS_ONLN), 1);
	clock_gettime(CLOCK_MONOTONIC, &before);
	sleep_ms(30);
	clock_gettime(CLOCK_MONOTONIC, &after);
	CHECK(after.tv_sec > before.tv_sec || after.tv_nsec - before.tv_nsec >= 30000000);
	for (int cpu = 1; cpu < cpus; cpu++)
		REQUIRE(online_write(cpu, "1"));
	CHECK_EQ(sysconf(_SC_NPROCESSORS_ONLN), cpus);
}

int main(void)
{
	cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
	REQUIRE(cpus > 1);
	test_idle();
	test_load(setting("RB_HOTPLUG_ROUNDS", 6));
	test_pinned();
	test_all();
	return verdict();
}
