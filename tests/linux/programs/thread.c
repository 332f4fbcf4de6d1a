// SPDX-License-Identifier: GPL-2.0-only
/*
 * thread - threads, futexes and what threads share
 *
 * Creating and joining in numbers; mutexes, condition variables, barriers and
 * semaphores under contention; thread-local variables; futexes with timeouts,
 * wake counts and requeue, between processes too; robust and priority-inheriting
 * mutexes; cancellation; membarrier; signals to one thread.
 * Defends: context switches within one address space, and wake-ups of sleepers.
 */
#include "test.h"

#include <linux/futex.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <semaphore.h>

enum { THREADS = 8 };

static __thread volatile long mine = 5;
static __thread volatile char mine_large[8192];

static void *thread_adds(void *number)
{
	CHECK_EQ(mine, 5);
	for (int i = 0; i < 50; i++) {
		mine += (intptr_t)number;
		mine_large[i * 100] = mine;
		if (i % 10 == 0)
			sched_yield();
	}
	CHECK_EQ(mine_large[100], (char)(5 + 2 * (intptr_t)number));
	return (void *)mine;
}

static void test_create(long rounds)
{
	pthread_t threads[THREADS];

	step("created and joined, with variables of their own");
	for (long round = 0; round < rounds; round++) {
		for (intptr_t i = 0; i < THREADS; i++)
			REQUIRE(pthread_create(&threads[i], NULL, thread_adds, (void *)i) == 0);
		for (intptr_t i = 0; i < THREADS; i++) {
			void *result;

			REQUIRE(pthread_join(threads[i], &result) == 0);
			CHECK_EQ((intptr_t)result, 5 + 50 * i);
		}
	}
	CHECK_EQ(mine, 5);
}

static void several(void *(*body)(void *), void *argument)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		REQUIRE(pthread_create(&threads[i], NULL, body, argument) == 0);
	for (int i = 0; i < THREADS; i++)
		REQUIRE(pthread_join(threads[i], NULL) == 0);
}

static long counter, counted_in_parts[2], mutex_turns;

static void *thread_locks(void *mutex)
{
	for (int i = 0; i < mutex_turns; i++) {
		pthread_mutex_lock(mutex);
		long seen = counter;

		if (i % 64 == 0)
			sched_yield(); /* while holding it */
		counter = seen + 1;
		counted_in_parts[seen % 2]++;
		pthread_mutex_unlock(mutex);
	}
	return NULL;
}

static void test_mutex(int protocol, const char *name)
{
	pthread_mutexattr_t attributes;
	pthread_mutex_t mutex;

	step(name);
	/* Between CPUs nearly every turn wakes another one. */
	mutex_turns = setting("RB_MUTEX_TURNS", sysconf(_SC_NPROCESSORS_ONLN) > 1 ? 300 : 3000);
	pthread_mutexattr_init(&attributes);
	REQUIRE(pthread_mutexattr_setprotocol(&attributes, protocol) == 0);
	REQUIRE(pthread_mutex_init(&mutex, &attributes) == 0);
	counter = counted_in_parts[0] = counted_in_parts[1] = 0;
	several(thread_locks, &mutex);
	CHECK_EQ(counter, THREADS * mutex_turns);
	CHECK_EQ(counted_in_parts[0], counted_in_parts[1]);
	pthread_mutex_destroy(&mutex);
}

static pthread_mutex_t queue_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER, not_full = PTHREAD_COND_INITIALIZER;
enum { QUEUE = 4, ITEMS = 4000 };
static long queue[QUEUE], queued, put_total, got_total, got_sum;

static void *thread_puts(void *unused)
{
	pthread_mutex_lock(&queue_mutex);
	while (put_total < ITEMS) {
		if (queued == QUEUE) {
			pthread_cond_wait(&not_full, &queue_mutex);
			continue;
		}
		queue[queued++] = put_total++;
		pthread_cond_signal(&not_empty);
	}
	pthread_cond_broadcast(&not_empty);
	pthread_mutex_unlock(&queue_mutex);
	return unused;
}

static void *thread_gets(void *unused)
{
	pthread_mutex_lock(&queue_mutex);
	while (got_total < ITEMS) {
		if (!queued) {
			pthread_cond_wait(&not_empty, &queue_mutex);
			continue;
		}
		got_sum += queue[--queued];
		if (++got_total == ITEMS)
			pthread_cond_broadcast(&not_empty);
		pthread_cond_signal(&not_full);
	}
	pthread_cond_broadcast(&not_full);
	pthread_mutex_unlock(&queue_mutex);
	return unused;
}

static void test_condition(void)
{
	pthread_t threads[THREADS];

	step("producers and consumers");
	for (int i = 0; i < THREADS; i++)
		REQUIRE(pthread_create(&threads[i], NULL, i % 2 ? thread_puts : thread_gets, NULL) == 0);
	for (int i = 0; i < THREADS; i++)
		REQUIRE(pthread_join(threads[i], NULL) == 0);
	CHECK_EQ(got_total, ITEMS);
	CHECK_EQ(got_sum, (long)ITEMS * (ITEMS - 1) / 2);
}

static pthread_barrier_t barrier;
static atomic_int arrived;

static void *thread_meets(void *unused)
{
	for (int i = 1; i <= 50; i++) {
		atomic_fetch_add(&arrived, 1);
		pthread_barrier_wait(&barrier);
		CHECK_EQ(atomic_load(&arrived), i * THREADS);
		pthread_barrier_wait(&barrier);
	}
	return unused;
}

static void test_barrier(void)
{
	step("a barrier");
	REQUIRE(pthread_barrier_init(&barrier, NULL, THREADS) == 0);
	several(thread_meets, NULL);
}

static long futex(volatile int *word, int operation, int value, const struct timespec *time, volatile int *other, int third)
{
	return syscall(SYS_futex, word, operation, value, time, other, third);
}

static int waiter(void *word)
{
	volatile int *words = word;

	__atomic_fetch_add(&words[1], 1, __ATOMIC_SEQ_CST);
	while (!words[0])
		futex(words, FUTEX_WAIT, 0, NULL, NULL, 0);
	return 0;
}

static void test_futex(void)
{
	volatile int *words = pages_shared(1);
	struct timespec time = { 0, 20000000 };
	pid_t children[4];

	step("futex: refusals and timeouts");
	CHECK(futex(words, FUTEX_WAIT, 1, NULL, NULL, 0) < 0 && errno == EAGAIN);
	int64_t start = now_ns();

	CHECK(futex(words, FUTEX_WAIT, 0, &time, NULL, 0) < 0 && errno == ETIMEDOUT);
	CHECK(now_ns() - start >= 20000000);
	CHECK(futex((volatile int *)8, FUTEX_WAIT, 0, NULL, NULL, 0) < 0 && errno == EFAULT);
	CHECK_EQ(futex(words, FUTEX_WAKE, 100, NULL, NULL, 0), 0);
	step("futex between processes: requeue and wake");
	for (size_t i = 0; i < COUNT(children); i++)
		children[i] = child_start(waiter, (void *)words);
	while (words[1] < (int)COUNT(children))
		sleep_ms(1);
	sleep_ms(50); /* from counting to waiting */
	/* All move to the third word; then they are woken there. */
	CHECK_EQ(futex(words, FUTEX_REQUEUE, 0, (void *)100, words + 2, 0), COUNT(children));
	words[0] = 1;
	CHECK_EQ(futex(words, FUTEX_WAKE, 100, NULL, NULL, 0), 0);
	CHECK_EQ(futex(words + 2, FUTEX_WAKE, 1, NULL, NULL, 0), 1);
	CHECK_EQ(futex(words + 2, FUTEX_WAKE, 100, NULL, NULL, 0), COUNT(children) - 1);
	for (size_t i = 0; i < COUNT(children); i++)
		child_end(children[i]);
	pages_free((void *)words, 1);
}

static int dies_holding(void *mutex)
{
	pthread_mutex_lock(mutex);
	_exit(0);
}

static void test_robust(void)
{
	pthread_mutex_t *mutex = pages_shared(1);
	pthread_mutexattr_t attributes;

	step("a mutex whose owner dies");
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(mutex, &attributes);
	child_end(child_start(dies_holding, mutex));
	CHECK_EQ(pthread_mutex_lock(mutex), EOWNERDEAD);
	CHECK_EQ(pthread_mutex_consistent(mutex), 0);
	CHECK_EQ(pthread_mutex_unlock(mutex), 0);
	pages_free(mutex, 1);
}

static void *thread_sleeps(void *unused)
{
	for (;;)
		sleep_ms(1000);
	return unused;
}

static void *thread_computes(void *unused)
{
	int old;

	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old);
	for (;;)
		__asm__ volatile("");
	return unused;
}

static void test_cancel(void)
{
	void *(*const bodies[])(void *) = { thread_sleeps, thread_computes };

	step("cancellation");
	for (int i = 0; i < 10; i++) {
		pthread_t thread;
		void *result = NULL;

		REQUIRE(pthread_create(&thread, NULL, bodies[i % 2], NULL) == 0);
		sleep_ms(2);
		REQUIRE(pthread_cancel(thread) == 0);
		REQUIRE(pthread_join(thread, &result) == 0);
		CHECK(result == PTHREAD_CANCELED);
	}
}

static pthread_t main_thread;
static atomic_int signals_seen;

static void handler(int signal)
{
	(void)signal;
	CHECK(!pthread_equal(pthread_self(), main_thread));
	atomic_fetch_add(&signals_seen, 1);
}

static void *thread_until_signals(void *unused)
{
	while (atomic_load(&signals_seen) < 100)
		sched_yield();
	return unused;
}

static void test_directed_signal(void)
{
	pthread_t thread;

	step("signals to one thread");
	main_thread = pthread_self();
	signal(SIGUSR1, handler);
	REQUIRE(pthread_create(&thread, NULL, thread_until_signals, NULL) == 0);
	for (int i = 0; i < 100; i++) {
		REQUIRE(pthread_kill(thread, SIGUSR1) == 0);
		while (atomic_load(&signals_seen) <= i)
			sched_yield();
	}
	REQUIRE(pthread_join(thread, NULL) == 0);
}

static void test_membarrier(void)
{
	static const int commands[][2] = {
		{ MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, MEMBARRIER_CMD_PRIVATE_EXPEDITED },
		{ MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE },
	};

	step("membarrier");
	for (size_t i = 0; i < COUNT(commands); i++) {
		REQUIRE(syscall(SYS_membarrier, commands[i][0], 0) == 0);
		for (int k = 0; k < 50; k++)
			CHECK_EQ(syscall(SYS_membarrier, commands[i][1], 0), 0);
	}
}

int main(void)
{
	test_create(setting("RB_THREAD_ROUNDS", 25));
	test_mutex(PTHREAD_PRIO_NONE, "a mutex");
	test_mutex(PTHREAD_PRIO_INHERIT, "a mutex that passes its owner the waiter's priority");
	test_condition();
	test_barrier();
	test_futex();
	test_robust();
	test_cancel();
	test_directed_signal();
	test_membarrier();
	return verdict();
}
