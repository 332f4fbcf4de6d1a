/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every test program uses: checks that print what was wrong, children
 * whose failures count, and a few small things about Linux that C libraries lack.
 *
 * A program calls step() before each part, CHECK() where something may be wrong
 * and REQUIRE() where going on would make no sense, and ends main() with
 * "return verdict();": exit status 0 and "PASS", or 1 and "FAIL". A program
 * cannot skip itself: its opening comment says, for ../run, what it needs, if
 * anything, and after how many seconds it hangs, if that is not 60:
 *     needs: ringbolt | test (the test kernel) | machine (one to itself) | cpus (several, run --cpus)
 *     timeout: 90
 *
 * Failures are counted in memory that forked children share, so a CHECK counts
 * wherever it runs; a child that dies before it gets there is found by child_end().
 */
#ifndef TEST_H
#define TEST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096ul
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Say which part of the program comes next. */
void step(const char *what);

/* The condition holds, or a line says what did not, and the program will fail. The rest is printf arguments. */
#define CHECK(condition, ...) check_report(!!(condition), __FILE__, __LINE__, #condition, "" __VA_ARGS__)
/* The same, with both numbers printed. */
#define CHECK_EQ(seen, expected) check_equal((long)(seen), (long)(expected), __FILE__, __LINE__, #seen " == " #expected)
/* As CHECK, but the program (or this child) ends at once. errno is printed. */
#define REQUIRE(condition) ((condition) ? (void)0 : require_report(__FILE__, __LINE__, #condition))

bool check_report(bool holds, const char *file, int line, const char *condition, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
bool check_equal(long seen, long expected, const char *file, int line, const char *what);
_Noreturn void require_report(const char *file, int line, const char *condition);

/* Print PASS or FAIL; the exit status for main(). */
int verdict(void);

/* A number from the environment (RB_...), or the default. */
long setting(const char *name, long otherwise);

/* Run body in a child, which exits with what it returns. */
pid_t child_start(int (*body)(void *), void *argument);
/* Wait for it; its status as of waitpid(). */
int child_wait(pid_t child);
/* Wait for it, and check that it exited with 0. */
void child_end(pid_t child);
/* Run body in a child and check that this signal kills it. */
void child_dies(int (*body)(void *), void *argument, int signal);

/* Anonymous private or shared memory, not yet touched; the whole program ends if there is none. */
void *pages_private(size_t count);
void *pages_shared(size_t count);
void pages_free(void *pages, size_t count);

/* Does this access fault? Sets what a handler saw. Not for several threads at once. */
struct fault_seen { int signal, code; void *address; };
extern struct fault_seen fault_seen;
bool read_faults(const volatile void *address);
bool write_faults(volatile void *address); /* writes back what is there */
bool word_write_faults(volatile uint64_t *address, uint64_t value);
bool exec_faults(void *address);

/* Nanoseconds of CLOCK_MONOTONIC. */
int64_t now_ns(void);
void sleep_ms(long milliseconds);

/* A number from a file: the first one of the line starting with key ("" for the file's first). -1 if there is none. */
long file_number(const char *path, const char *key);
/* Memory that nobody uses, with what CPUs keep for themselves. */
long free_kb(void);
/* A hypervisor counter ("entries", ...); ends the program where there is none. */
long hypervisor_counter(const char *name);

/* Cheap pseudo-random numbers (xorshift64*), the same on every run. */
uint64_t random_next(uint64_t *state);

#endif
