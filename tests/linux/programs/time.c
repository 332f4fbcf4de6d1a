// SPDX-License-Identifier: GPL-2.0-only
/*
 * time - clocks that agree, and timers that are never early
 *
 * CLOCK_MONOTONIC never goes back, whoever asks; the vDSO and the system calls
 * agree, and on Ringbolt the vDSO needs no system call (RB_MODE=ringbolt); the clock
 * runs at a constant rate against the time-stamp counter; sleeps, interval
 * timers, timerfd, POSIX timers and alarms are not early, and late only within
 * reason: the machine is emulated and shares its processors, so the bounds for
 * lateness are wide and hold for medians.
 * Defends: the time record, one-shot timers, blocking and waking.
 */
#include "test.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <x86intrin.h>

#define LATE_NS 150000000ll /* what a median may be late */

static int64_t clock_call(clockid_t clock)
{
	struct timespec time;

	REQUIRE(syscall(SYS_clock_gettime, clock, &time) == 0);
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static int64_t clock_vdso(clockid_t clock)
{
	struct timespec time;

	REQUIRE(clock_gettime(clock, &time) == 0);
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static void test_monotonic(void)
{
	int64_t last = 0, biggest = 0;

	step("never backwards");
	for (int i = 0; i < 200000; i++) {
		int64_t now = i % 16 ? clock_vdso(CLOCK_MONOTONIC) : clock_call(CLOCK_MONOTONIC);

		CHECK(now >= last, "%ld ns back", last - now);
		if (last && now - last > biggest)
			biggest = now - last;
		last = now;
	}
	printf("  the longest gap was %ld us\n", biggest / 1000);
}

static int child_reads_clock(void *word)
{
	volatile int64_t *latest = word;

	/* Wherever the scheduler puts the readers, each sees time after the other's. */
	for (int i = 0; i < 20000; i++) {
		int64_t before = *latest, now = clock_vdso(CLOCK_MONOTONIC);

		CHECK(now >= before, "%ld ns before another process", before - now);
		if (now > *latest)
			*latest = now;
		if (i % 500 == 0)
			sched_yield();
	}
	return 0;
}

static void test_between_processes(void)
{
	void *word = pages_shared(1);
	pid_t children[4];

	step("never backwards between processes");
	for (size_t i = 0; i < COUNT(children); i++)
		children[i] = child_start(child_reads_clock, word);
	for (size_t i = 0; i < COUNT(children); i++)
		child_end(children[i]);
	pages_free(word, 1);
}

static void test_coherent(void)
{
	static const clockid_t clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME };
	struct timeval tv;

	step("vDSO and system calls agree");
	for (size_t c = 0; c < COUNT(clocks); c++)
		for (int i = 0; i < 2000; i++) {
			int64_t first = clock_call(clocks[c]), middle = clock_vdso(clocks[c]), last = clock_call(clocks[c]);

			CHECK(first <= middle && middle <= last, "clock %d: %ld, %ld, %ld", clocks[c], first, middle, last);
		}
	for (int i = 0; i < 2000; i++) {
		int64_t first = clock_call(CLOCK_REALTIME) / 1000;

		gettimeofday(&tv, NULL);
		int64_t middle = tv.tv_sec * 1000000ll + tv.tv_usec;

		CHECK(first <= middle && middle <= clock_call(CLOCK_REALTIME) / 1000);
	}
	CHECK(labs((long)(time(NULL) - clock_call(CLOCK_REALTIME) / 1000000000)) <= 1);
}

static int body_without_calls(void *unused)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clock_gettime, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_gettimeofday, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { COUNT(filter), filter };
	struct timeval tv;

	(void)unused;
	REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
	for (int i = 0; i < 10000; i++) {
		clock_vdso(CLOCK_MONOTONIC);
		clock_vdso(CLOCK_REALTIME);
		gettimeofday(&tv, NULL);
	}
	return 0;
}

static void test_vdso_alone(void)
{
	step("the vDSO makes no system call");
	child_end(child_start(body_without_calls, NULL));
}

/* Cycles per millisecond of the clock, over some milliseconds. */
static double rate(long milliseconds)
{
	int64_t start = now_ns(), end;
	uint64_t cycles = __rdtsc();

	do
		end = now_ns();
	while (end - start < milliseconds * 1000000);
	return (__rdtsc() - cycles) * 1e6 / (end - start);
}

static void test_rate(void)
{
	step("a constant rate against the time-stamp counter");
	now_ns();
	double first = rate(300);

	sleep_ms(200);
	double second = rate(300);

	CHECK(first / second > 0.9 && first / second < 1.1, "%.0f and %.0f cycles a millisecond", first, second);
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

enum { SLEEPS = 9 };

static void lateness_check(const char *what, int64_t *late)
{
	qsort(late, SLEEPS, sizeof(*late), compare);
	CHECK(late[0] >= 0, "%s: %ld ns early", what, -late[0]);
	CHECK(late[SLEEPS / 2] <= LATE_NS, "%s: %ld ns late", what, late[SLEEPS / 2]);
	printf("  %s: late by %ld us (median), %ld us (most)\n", what, late[SLEEPS / 2] / 1000, late[SLEEPS - 1] / 1000);
}

static void test_sleep(void)
{
	static const long asked_us[] = { 50, 1000, 30000 };
	int64_t late[SLEEPS];
	char what[64];

	step("sleeps");
	for (size_t a = 0; a < COUNT(asked_us); a++) {
		for (int i = 0; i < SLEEPS; i++) {
			struct timespec time = { 0, asked_us[a] * 1000 };
			int64_t start = now_ns();

			REQUIRE(nanosleep(&time, NULL) == 0);
			late[i] = now_ns() - start - time.tv_nsec;
		}
		snprintf(what, sizeof(what), "nanosleep of %ld us", asked_us[a]);
		lateness_check(what, late);
	}
	for (int i = 0; i < SLEEPS; i++) {
		int64_t until = now_ns() + 10000000;
		struct timespec time = { until / 1000000000, until % 1000000000 };

		REQUIRE(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == 0);
		late[i] = now_ns() - until;
	}
	lateness_check("sleep until", late);
	for (int i = 0; i < SLEEPS; i++) {
		int64_t start = now_ns();

		REQUIRE(poll(NULL, 0, 10) == 0);
		late[i] = now_ns() - start - 10000000;
	}
	lateness_check("poll for 10 ms", late);
}

static volatile int ticks;

static void handler_ticks(int signal)
{
	(void)signal;
	ticks++;
}

/* Until so many ticks; none is missed between looking and waiting. */
static void ticks_await(int signal, int count)
{
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, signal);
	sigprocmask(SIG_BLOCK, &set, &old);
	while (ticks < count)
		sigsuspend(&old);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static void test_intervals(void)
{
	struct itimerval timer = { { 0, 20000 }, { 0, 20000 } }, off = { 0 };
	int64_t start;

	step("interval timers");
	signal(SIGALRM, handler_ticks);
	start = now_ns();
	REQUIRE(setitimer(ITIMER_REAL, &timer, NULL) == 0);
	ticks_await(SIGALRM, 10);
	CHECK(now_ns() - start >= 10 * 20000000ll, "10 ticks of 20 ms after %ld us", (now_ns() - start) / 1000);
	CHECK(now_ns() - start <= 10 * 20000000ll + 20 * LATE_NS);
	REQUIRE(setitimer(ITIMER_REAL, &off, NULL) == 0);
	/* Processor time, while computing. */
	signal(SIGVTALRM, handler_ticks);
	ticks = 0;
	REQUIRE(setitimer(ITIMER_VIRTUAL, &timer, NULL) == 0);
	for (start = now_ns(); ticks < 5 && now_ns() - start < 20000000000ll;)
		;
	CHECK(ticks >= 5);
	REQUIRE(setitimer(ITIMER_VIRTUAL, &off, NULL) == 0);
	step("alarm");
	ticks = 0;
	start = now_ns();
	alarm(1);
	ticks_await(SIGALRM, 1);
	CHECK(now_ns() - start >= 995000000 && now_ns() - start < 1000000000 + 10 * LATE_NS, "after %ld us",
	      (now_ns() - start) / 1000);
}

static void test_timerfd(void)
{
	struct itimerspec spec = { { 0, 10000000 }, { 0, 10000000 } };
	int timer = timerfd_create(CLOCK_MONOTONIC, 0);
	uint64_t count = 0, total = 0;

	step("timerfd");
	int64_t start = now_ns();

	REQUIRE(timerfd_settime(timer, 0, &spec, NULL) == 0);
	while (total < 20) {
		CHECK_EQ(read(timer, &count, 8), 8);
		total += count;
	}
	/* The kernel counts what it missed, so that the total follows the clock. */
	int64_t took = now_ns() - start;

	CHECK(took >= 20 * 10000000ll, "20 periods of 10 ms in %ld us", took / 1000);
	CHECK((int64_t)total <= took / 10000000, "%ld periods in %ld us", total, took / 1000);
	close(timer);
}

static void test_posix_timer(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec spec = { .it_value = { 0, 15000000 } };
	timer_t timer;

	step("a POSIX timer");
	signal(SIGUSR1, handler_ticks);
	ticks = 0;
	REQUIRE(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
	int64_t start = now_ns();

	REQUIRE(timer_settime(timer, 0, &spec, NULL) == 0);
	ticks_await(SIGUSR1, 1);
	CHECK(now_ns() - start >= 15000000);
	REQUIRE(timer_delete(timer) == 0);
}

static void test_uptime(void)
{
	double first, second;
	FILE *file = fopen("/proc/uptime", "r");

	step("/proc/uptime");
	REQUIRE(file && fscanf(file, "%lf", &first) == 1);
	fclose(file);
	int64_t start = clock_vdso(CLOCK_BOOTTIME);

	CHECK(first <= start / 1e9 + 0.02, "%f against %f", first, start / 1e9);
	sleep_ms(300);
	file = fopen("/proc/uptime", "r");
	REQUIRE(file && fscanf(file, "%lf", &second) == 1);
	fclose(file);
	CHECK(second - first >= 0.28 && second <= clock_vdso(CLOCK_BOOTTIME) / 1e9 + 0.02, "from %f to %f", first, second);
}

static int body_computes(void *unused)
{
	(void)unused;
	for (int64_t start = now_ns(); now_ns() - start < 600000000;)
		;
	return 0;
}

static void test_fair(void)
{
	step("processes that compute do not keep others from running");
	pid_t child = child_start(body_computes, NULL);
	int64_t start = now_ns();
	int naps = 0;

	while (now_ns() - start < 500000000) {
		sleep_ms(5);
		naps++;
	}
	CHECK(naps >= 5, "%d naps of 5 ms in half a second", naps);
	child_end(child);
}

int main(void)
{
	test_monotonic();
	test_between_processes();
	test_coherent();
	if (!strcmp(getenv("RB_MODE") ?: "", "ringbolt"))
		test_vdso_alone();
	test_rate();
	test_sleep();
	test_intervals();
	test_timerfd();
	test_posix_timer();
	test_uptime();
	test_fair();
	return verdict();
}
