// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpus - every CPU runs programs, and they interrupt each other
 *
 * Pins threads to each CPU, has each wake each through a pipe, moves a running thread, lets all meet at barriers, and compares their clocks.
 * Defends: the start of CPUs, vectors from one vCPU to another, the CPU number that user mode reads, clocks that agree.
 * needs: cpus
 */
#include "test.h"

#include <pthread.h>

static int cpus;

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	REQUIRE(sched_setaffinity(0, sizeof(set), &set) == 0);
	CHECK_EQ(sched_getcpu(), cpu);
}

/* ---------------- each runs */

static void *runs_on(void *cpu)
{
	uint32_t aux;

	pin((int)(intptr_t)cpu);
	for (int i = 0; i < 1000; i++) {
		/* The vDSO's way, by a segment limit or TSC_AUX. */
		asm volatile("rdtscp" : "=c"(aux) : : "eax", "edx");
		if ((int)(aux & 0xfff) != (int)(intptr_t)cpu || sched_getcpu() != (int)(intptr_t)cpu) {
			CHECK(false, "CPU %ld has %u in TSC_AUX", (long)(intptr_t)cpu, aux);
			break;
		}
	}
	return NULL;
}

static void test_each(void)
{
	step("each CPU runs a thread, and knows its number");
	for (int cpu = 0; cpu < cpus; cpu++) {
		pthread_t thread;

		REQUIRE(pthread_create(&thread, NULL, runs_on, (void *)(intptr_t)cpu) == 0);
		REQUIRE(pthread_join(thread, NULL) == 0);
	}
}

/* ---------------- each wakes each */

static int there[2], back[2], far_cpu;

static void *echoes(void *count)
{
	char byte;

	pin(far_cpu);
	for (long i = 0; i < (long)(intptr_t)count; i++) {
		REQUIRE(read(there[0], &byte, 1) == 1);
		byte++;
		REQUIRE(write(back[1], &byte, 1) == 1);
	}
	return NULL;
}

static void test_wakes(long count)
{
	step("each CPU wakes each other by a pipe");
	for (int near = 0; near < cpus; near++)
		for (far_cpu = 0; far_cpu < cpus; far_cpu++) {
			pthread_t thread;
			char byte;

			if (near == far_cpu)
				continue;
			pin(near);
			REQUIRE(pipe(there) == 0 && pipe(back) == 0);
			REQUIRE(pthread_create(&thread, NULL, echoes, (void *)(intptr_t)count) == 0);
			for (long i = 0; i < count; i++) {
				byte = (char)i;
				REQUIRE(write(there[1], &byte, 1) == 1 && read(back[0], &byte, 1) == 1);
				CHECK(byte == (char)(i + 1));
			}
			REQUIRE(pthread_join(thread, NULL) == 0);
			for (int end = 0; end < 2; end++)
				REQUIRE(close(there[end]) == 0 && close(back[end]) == 0);
		}
}

/* ---------------- a thread is moved while it runs */

static atomic_int stop;
static atomic_long turns;

static void *spins(void *unused)
{
	while (!atomic_load(&stop))
		atomic_fetch_add(&turns, 1);
	return unused;
}

static void test_moves(void)
{
	pthread_t thread;

	step("a thread that runs is moved to each CPU");
	pin(0);
	atomic_store(&stop, 0);
	REQUIRE(pthread_create(&thread, NULL, spins, NULL) == 0);
	for (int round = 0; round < 4; round++)
		for (int cpu = 0; cpu < cpus; cpu++) {
			cpu_set_t set;
			long before;

			CPU_ZERO(&set);
			CPU_SET(cpu, &set);
			REQUIRE(pthread_setaffinity_np(thread, sizeof(set), &set) == 0);
			before = atomic_load(&turns);
			for (int i = 0; i < 1000 && atomic_load(&turns) == before; i++)
				sleep_ms(5);
			CHECK(atomic_load(&turns) != before, "it does not run on CPU %d", cpu);
		}
	atomic_store(&stop, 1);
	REQUIRE(pthread_join(thread, NULL) == 0);
}

/* ---------------- all CPUs at once */

static pthread_barrier_t barrier;
static atomic_long total;

static void *counts(void *cpu)
{
	pin((int)(intptr_t)cpu);
	for (int i = 0; i < 50; i++) {
		pthread_barrier_wait(&barrier);
		atomic_fetch_add(&total, 1);
		pthread_barrier_wait(&barrier);
		CHECK_EQ(atomic_load(&total) % cpus, 0);
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

static void test_barrier(void)
{
	pthread_t threads[64];

	step("all CPUs meet at barriers");
	REQUIRE(pthread_barrier_init(&barrier, NULL, (unsigned)cpus) == 0);
	for (int cpu = 0; cpu < cpus; cpu++)
		REQUIRE(pthread_create(&threads[cpu], NULL, counts, (void *)(intptr_t)cpu) == 0);
	for (int cpu = 0; cpu < cpus; cpu++)
		REQUIRE(pthread_join(threads[cpu], NULL) == 0);
	CHECK_EQ(total, 50 * cpus);
}

/* ---------------- clocks */

static int64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

/* Time passes from CPU to CPU in one direction only. */
static _Atomic int64_t last_seen;

static void *looks(void *cpu)
{
	pin((int)(intptr_t)cpu);
	for (int i = 0; i < 20000; i++) {
		int64_t before = atomic_load(&last_seen), now = clock_ns();

		if (now < before) {
			CHECK(false, "CPU %ld is %ld ns behind", (long)(intptr_t)cpu, (long)(before - now));
			break;
		}
		while (before < now && !atomic_compare_exchange_weak(&last_seen, &before, now))
			;
	}
	return NULL;
}

static void test_clocks(void)
{
	pthread_t threads[64];

	step("the clock does not go back between CPUs");
	for (int cpu = 0; cpu < cpus; cpu++)
		REQUIRE(pthread_create(&threads[cpu], NULL, looks, (void *)(intptr_t)cpu) == 0);
	for (int cpu = 0; cpu < cpus; cpu++)
		REQUIRE(pthread_join(threads[cpu], NULL) == 0);
}

int main(void)
{
	cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
	CHECK_EQ(cpus, sysconf(_SC_NPROCESSORS_CONF));
	CHECK(cpus > 1 && cpus <= 64, "%d CPUs", cpus);
	test_each();
	test_wakes(setting("RB_CPU_WAKES", 20));
	test_moves();
	test_barrier();
	test_clocks();
	return verdict();
}
