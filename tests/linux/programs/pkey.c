// SPDX-License-Identifier: GPL-2.0-only
/*
 * pkey - protection keys, where the processor has them
 *
 * Keys allocated, put on pages, denied and allowed by WRPKRU; the signal says
 * which key; each process and each thread has its own rights, kept across
 * context switches and fork; a handler starts with the default rights;
 * execute-only mappings cannot be read.
 * needs: test
 * Defends: the key bits of entries, and PKRU across hypervisor entries.
 */
#include "test.h"

#include <cpuid.h>
#include <pthread.h>

static char *page;
static int key;

static void *thread_body(void *unused)
{
	/* A thread inherits; what it changes is its own. */
	CHECK_EQ(pkey_get(key), PKEY_DISABLE_WRITE);
	pkey_set(key, PKEY_DISABLE_ACCESS);
	sleep_ms(20);
	CHECK_EQ(pkey_get(key), PKEY_DISABLE_ACCESS);
	return unused;
}

static int body_own(void *rights)
{
	for (int i = 0; i < 200; i++) {
		pkey_set(key, (intptr_t)rights);
		sched_yield();
		CHECK_EQ(pkey_get(key), (intptr_t)rights);
	}
	return 0;
}

static void fault_key_check(int expected)
{
	CHECK_EQ(fault_seen.signal, SIGSEGV);
	CHECK_EQ(fault_seen.code, expected ? SEGV_PKUERR : SEGV_ACCERR);
}

static void test_rights(void)
{
	step("rights denied and allowed");
	for (int i = 0; i < 100; i++) {
		pkey_set(key, PKEY_DISABLE_ACCESS);
		CHECK(read_faults(page));
		fault_key_check(key);
		CHECK(write_faults(page));
		pkey_set(key, PKEY_DISABLE_WRITE);
		CHECK(!read_faults(page));
		CHECK(write_faults(page));
		fault_key_check(key);
		pkey_set(key, 0);
		CHECK(!write_faults(page));
	}
}

static void test_kernel(void)
{
	int zero = open("/dev/zero", O_RDONLY);

	step("the kernel obeys them too");
	pkey_set(key, PKEY_DISABLE_WRITE);
	CHECK(read(zero, page, 10) < 0 && errno == EFAULT);
	pkey_set(key, 0);
	CHECK_EQ(read(zero, page, 10), 10);
	close(zero);
}

static void test_switches(void)
{
	pid_t children[3];
	pthread_t thread;

	step("each process and thread its own");
	for (intptr_t i = 0; i < 3; i++)
		children[i] = child_start(body_own, (void *)i); /* 0, no access, no writes */
	for (int i = 0; i < 3; i++)
		child_end(children[i]);
	pkey_set(key, PKEY_DISABLE_WRITE);
	REQUIRE(pthread_create(&thread, NULL, thread_body, NULL) == 0);
	sleep_ms(10);
	CHECK_EQ(pkey_get(key), PKEY_DISABLE_WRITE);
	pthread_join(thread, NULL);
	CHECK_EQ(pkey_get(key), PKEY_DISABLE_WRITE);
	pkey_set(key, 0);
}

static void test_execute_only(void)
{
	static const unsigned char code[] = { 0xb8, 7, 0, 0, 0, 0xc3 };
	char *text = pages_private(1);

	step("execute-only memory");
	memcpy(text, code, sizeof(code));
	REQUIRE(mprotect(text, PAGE, PROT_EXEC) == 0);
	CHECK_EQ(((int (*)(void))text)(), 7);
	CHECK(read_faults(text));
	pages_free(text, 1);
}

/* OSPKE: the processor has them, and they are on. */
static bool cpu_has_keys(void)
{
	unsigned a, b, c = 0, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (c & 16);
}

int main(void)
{
	page = pages_private(1);
	*page = 1;
	key = pkey_alloc(0, 0);
	if (!cpu_has_keys()) {
		step("there are no protection keys");
		CHECK(key < 0);
		return verdict();
	}
	REQUIRE(key > 0);
	REQUIRE(pkey_mprotect(page, PAGE, PROT_READ | PROT_WRITE, key) == 0);
	test_rights();
	test_kernel();
	test_switches();
	test_execute_only();
	pkey_set(key, PKEY_DISABLE_ACCESS);
	REQUIRE(pkey_mprotect(page, PAGE, PROT_READ | PROT_WRITE, 0) == 0);
	CHECK(!write_faults(page));
	CHECK(pkey_free(key) == 0);
	return verdict();
}
