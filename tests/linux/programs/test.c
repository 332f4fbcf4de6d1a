// SPDX-License-Identifier: GPL-2.0-only
/* The library of the test programs; test.h is its manual. */
#include "test.h"

#include <stdarg.h>

static atomic_int *failures; /* shared with children */
static const char *step_now = "start";

__attribute__((constructor)) static void start(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	failures = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (failures == MAP_FAILED)
		abort();
}

void step(const char *what)
{
	step_now = what;
	printf("- %s\n", what);
}

bool check_report(bool holds, const char *file, int line, const char *condition, const char *format, ...)
{
	char details[512];
	va_list arguments;

	if (holds)
		return true;
	va_start(arguments, format);
	vsnprintf(details, sizeof(details), format, arguments);
	va_end(arguments);
	/* Not thousands of lines when something is wrong everywhere. */
	if (atomic_fetch_add(failures, 1) < 20)
		printf("FAIL %s:%d: %s: %s%s%s\n", file, line, step_now, condition, *details ? ": " : "", details);
	return false;
}

bool check_equal(long seen, long expected, const char *file, int line, const char *what)
{
	return check_report(seen == expected, file, line, what, "%ld (%#lx), not %ld (%#lx)",
			    seen, (unsigned long)seen, expected, (unsigned long)expected);
}

_Noreturn void require_report(const char *file, int line, const char *condition)
{
	check_report(false, file, line, condition, "%s", strerror(errno));
	_exit(1);
}

int verdict(void)
{
	int count = atomic_load(failures);

	if (count)
		printf("FAIL (%d checks)\n", count);
	else
		printf("PASS\n");
	return count != 0;
}

long setting(const char *name, long otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtol(text, NULL, 0) : otherwise;
}

pid_t child_start(int (*body)(void *), void *argument)
{
	fflush(stdout);
	pid_t child = fork();

	REQUIRE(child >= 0);
	if (!child) {
		int status = body(argument);

		fflush(stdout);
		_exit(status);
	}
	return child;
}

int child_wait(pid_t child)
{
	int status = -1;
	pid_t who;

	do
		who = waitpid(child, &status, __WALL);
	while (who < 0 && errno == EINTR);
	CHECK(who == child, "waitpid(%d): %d, %s", child, who, strerror(errno));
	return status;
}

void child_end(pid_t child)
{
	int status = child_wait(child);

	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "child %d ended with status %#x", child, status);
}

void child_dies(int (*body)(void *), void *argument, int signal)
{
	int status = child_wait(child_start(body, argument));

	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == signal, "status %#x, not killed by signal %d", status, signal);
}

static void *pages(size_t count, int flags)
{
	void *pages = mmap(NULL, count * PAGE, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

	REQUIRE(pages != MAP_FAILED);
	return pages;
}

void *pages_private(size_t count)
{
	return pages(count, MAP_PRIVATE);
}

void *pages_shared(size_t count)
{
	return pages(count, MAP_SHARED);
}

void pages_free(void *pages, size_t count)
{
	REQUIRE(munmap(pages, count * PAGE) == 0);
}

struct fault_seen fault_seen;
static sigjmp_buf fault_return;

static void fault_handler(int signal, siginfo_t *info, void *context)
{
	(void)context;
	fault_seen = (struct fault_seen){ signal, info->si_code, info->si_addr };
	siglongjmp(fault_return, 1);
}

enum access { ACCESS_READ, ACCESS_WRITE, ACCESS_WRITE_WORD, ACCESS_EXEC };

static void access_do(enum access access, volatile char *address, uint64_t value)
{
	switch (access) {
	case ACCESS_READ:
		(void)*address;
		break;
	case ACCESS_WRITE:
		/* One instruction that reads and writes. */
		__asm__ volatile("lock; addb $0, %0" : "+m"(*address));
		break;
	case ACCESS_WRITE_WORD:
		*(volatile uint64_t *)address = value;
		break;
	case ACCESS_EXEC:
		((void (*)(void))address)();
		break;
	}
}

static bool access_faults(enum access access, volatile void *address, uint64_t value)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGILL };
	struct sigaction action = { .sa_sigaction = fault_handler, .sa_flags = SA_SIGINFO }, old[COUNT(signals)];
	bool faults;

	for (size_t i = 0; i < COUNT(signals); i++)
		sigaction(signals[i], &action, &old[i]);
	faults = sigsetjmp(fault_return, 1);
	if (!faults)
		access_do(access, address, value);
	for (size_t i = 0; i < COUNT(signals); i++)
		sigaction(signals[i], &old[i], NULL);
	return faults;
}

bool read_faults(const volatile void *address)
{
	return access_faults(ACCESS_READ, (volatile void *)address, 0);
}

bool write_faults(volatile void *address)
{
	return access_faults(ACCESS_WRITE, address, 0);
}

bool word_write_faults(volatile uint64_t *address, uint64_t value)
{
	return access_faults(ACCESS_WRITE_WORD, address, value);
}

bool exec_faults(void *address)
{
	return access_faults(ACCESS_EXEC, address, 0);
}

int64_t now_ns(void)
{
	struct timespec time;

	REQUIRE(clock_gettime(CLOCK_MONOTONIC, &time) == 0);
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

void sleep_ms(long milliseconds)
{
	struct timespec time = { milliseconds / 1000, milliseconds % 1000 * 1000000 };

	while (nanosleep(&time, &time) && errno == EINTR)
		;
}

long file_number(const char *path, const char *key)
{
	char line[4096];
	long number = -1;
	FILE *file = fopen(path, "r");

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, key, strlen(key)))
			continue;
		number = strtol(line + strlen(key), NULL, 0);
		break;
	}
	fclose(file);
	return number;
}

long free_kb(void)
{
	char line[256];
	long kept = 0, count;
	FILE *zones = fopen("/proc/zoneinfo", "r");

	REQUIRE(zones);
	while (fgets(line, sizeof(line), zones))
		if (sscanf(line, " count: %ld", &count) == 1)
			kept += count * 4;
	fclose(zones);
	return file_number("/proc/meminfo", "MemFree:") + kept;
}

long hypervisor_counter(const char *name)
{
	char path[128];
	long value;

	snprintf(path, sizeof(path), "/sys/hypervisor/counters/%s", name);
	value = file_number(path, "");
	REQUIRE(value >= 0);
	return value;
}

uint64_t random_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 2685821657736338717ull;
}
