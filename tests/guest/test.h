/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the test guests share. A guest is one file; its opening comment is its manual page: what is provoked, what must happen, which
 * invariant (docs/invariants.md) is defended. main() makes checks and returns test_end().
 *
 * Comment lines in a guest that the runner reads, each on a line of its own:
 *   expect: crash "REASON"    the hypervisor must end the domain, and say so
 *   expect: status N "LINE"   QEMU must end so, and the line be printed
 *   may: crash                the hypervisor may end the domain, for any reason; or the guest kernel gives up
 *   input: "TEXT"             typed on the console once the guest prints "input, please"
 *   run: qemu | bochs | both  where (both is not the default: qemu is)
 *   cpus: N                   processors of the machine (1)
 *   vcpus: N                  vCPUs of the domain (1)
 *   timeout: SECONDS          under QEMU (30)
 */
#pragma once

#include "try.h"

/* One thing that must hold. */
#define check(holds, ...) ({ bool _holds = (holds); test_check(_holds, __FILE__, __LINE__, __VA_ARGS__); })
bool test_check(bool holds, const char *file, int line, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The same, silent while it holds: for loops. */
#define check_quietly(holds, ...) ((void)((holds) || test_check(false, __FILE__, __LINE__, __VA_ARGS__)))
/* A call's status. */
#define check_status(call, wanted) test_status(call, wanted, #call, __FILE__, __LINE__)
void test_status(long status, long wanted, const char *call, const char *file, int line);

/* Prints what is not a verdict. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* main's value: 0 if every check held and the hypervisor finds its invariants kept. */
int test_end(void);
