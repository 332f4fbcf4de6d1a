// SPDX-License-Identifier: GPL-2.0-only
/*
 * many - many processes at once
 *
 * RB_PROCESSES (200) processes exist together, each with memory of its own; a
 * token goes round through pipes of all of them, several times; all compute and
 * must get their turn; then they are stopped, continued, and killed in a burst.
 * timeout: 240
 * Defends: many roots and address spaces at once, and switches between all of
 * them.
 */
#include "test.h"

enum { MOST = 1000, OWN_PAGES = 16, TOURS = 3 };

static int count;
static pid_t children[MOST];
static int pipes[MOST + 1][2];

static struct shared {
	atomic_int ready, done;
	atomic_long turns[MOST];
	atomic_int go;
} *shared;

static int body(void *number)
{
	intptr_t n = (intptr_t)number;
	volatile intptr_t *own = pages_private(OWN_PAGES);

	for (int page = 0; page < OWN_PAGES; page++)
		own[page * 512] = n * 1000 + page;
	atomic_fetch_add(&shared->ready, 1);
	for (int tour = 0; tour < TOURS; tour++) {
		long token;

		REQUIRE(read(pipes[n][0], &token, sizeof(token)) == sizeof(token));
		token++;
		for (int page = 0; page < OWN_PAGES; page++)
			CHECK_EQ(own[page * 512], n * 1000 + page);
		REQUIRE(write(pipes[n + 1][1], &token, sizeof(token)) == sizeof(token));
	}
	while (!atomic_load(&shared->go))
		usleep(1000);
	while (atomic_load(&shared->go) == 1) {
		atomic_fetch_add(&shared->turns[n], 1);
		sched_yield();
	}
	atomic_fetch_add(&shared->done, 1);
	for (;;)
		pause();
}

static void test_start(void)
{
	step("all start");
	for (int i = 0; i <= count; i++)
		REQUIRE(pipe(pipes[i]) == 0);
	for (intptr_t i = 0; i < count; i++)
		children[i] = child_start(body, (void *)i);
	while (atomic_load(&shared->ready) < count)
		sleep_ms(2);
	/* They all exist, under different numbers. */
	for (int i = 0; i < count; i++)
		CHECK(kill(children[i], 0) == 0);
}

static void test_tours(void)
{
	step("a token through all of them");
	for (int tour = 0; tour < TOURS; tour++) {
		long token = tour * 100000l;

		REQUIRE(write(pipes[0][1], &token, sizeof(token)) == sizeof(token));
		REQUIRE(read(pipes[count][0], &token, sizeof(token)) == sizeof(token));
		CHECK_EQ(token, tour * 100000l + count);
	}
}

static void test_turns(void)
{
	step("all get their turn");
	atomic_store(&shared->go, 1);
	for (int i = 0; i < count; i++)
		for (int tries = 0; tries < 5000 && !atomic_load(&shared->turns[i]); tries++)
			sleep_ms(2);
	atomic_store(&shared->go, 2);
	for (int i = 0; i < count; i++)
		CHECK(atomic_load(&shared->turns[i]) > 0, "process %d never ran", i);
	while (atomic_load(&shared->done) < count)
		sleep_ms(2);
}

static void test_stop_and_kill(void)
{
	int status;

	step("all stopped, continued and killed");
	for (int i = 0; i < count; i++)
		kill(children[i], SIGSTOP);
	for (int i = 0; i < count; i++) {
		CHECK_EQ(waitpid(children[i], &status, WUNTRACED), children[i]);
		CHECK(WIFSTOPPED(status));
	}
	for (int i = 0; i < count; i++)
		kill(children[i], SIGCONT);
	for (int i = 0; i < count; i++)
		kill(children[i], SIGKILL);
	for (int i = 0; i < count; i++) {
		status = child_wait(children[i]);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "status %#x", status);
	}
}

int main(void)
{
	count = setting("RB_PROCESSES", 200);
	REQUIRE(count <= MOST);
	shared = pages_shared((sizeof(*shared) + PAGE - 1) / PAGE);
	test_start();
	test_tours();
	test_turns();
	test_stop_and_kill();
	return verdict();
}
