// SPDX-License-Identifier: GPL-2.0-only
/*
 * forks - how many processes there can be, and what their page tables take
 *
 * Forks children that wait, one after the other, until fork() fails, a child is killed for want of memory, or there are RB_MOST. Says at some numbers,
 * and at the end, how many there are and what /proc/meminfo has; holds still for a moment then, so that others can look at the machine. Then lets all go, and
 * does it once more: what the first time took must have come back. Only the children may be killed for want of memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Should this process be killed for want of memory? -1000: never; 1000: first. */
static void oom_score_set(pid_t process, const char *score)
{
	char path[40];
	int file;

	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", process);
	file = open(path, O_WRONLY);
	if (file < 0 || write(file, score, strlen(score)) < 0)
		printf("forks: cannot write %s\n", path);
	if (file >= 0)
		close(file);
}

static long meminfo(const char *name)
{
	FILE *file = fopen("/proc/meminfo", "r");
	size_t length = strlen(name);
	char line[200];
	long kb = -1;

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, length) && line[length] == ':')
			kb = atol(line + length + 1);
	if (file)
		fclose(file);
	return kb;
}

static void say(const char *what, long count)
{
	printf("forks: %s %ld MemTotal %ld MemFree %ld PageTables %ld\n", what, count, meminfo("MemTotal"), meminfo("MemFree"), meminfo("PageTables"));
	fflush(stdout);
	usleep(500000);
}

/* The number of this process's children, which wait for its end, and why there are no more. */
static long fork_all(const char *round, long most, const char **why)
{
	long count = 0;

	*why = "most";
	while (count < most) {
		pid_t child = fork();

		if (child == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			oom_score_set(getpid(), "1000");
			for (;;)
				pause();
		}
		if (child < 0) {
			*why = errno == EAGAIN ? "EAGAIN" : "ENOMEM";
			break;
		}
		count++;
		if (waitpid(-1, NULL, WNOHANG) > 0) {
			*why = "killed";
			count--;
			break;
		}
		if (count == 100 || count == 300 || count == 1000 || count == 3000)
			say(round, count);
	}
	return count;
}

int main(void)
{
	const char *text = getenv("RB_MOST"), *why;
	long most = text ? atol(text) : 1000000;

	oom_score_set(getpid(), "-1000");
	oom_score_set(getppid(), "-1000");
	say("idle", 0);
	for (int round = 1; round <= 2; round++) {
		pid_t parent = fork();
		int status;

		/* What forks is a child, so that its end is the end of all. Its children are killed before it. */
		if (parent == 0) {
			char name[20];
			long count;

			snprintf(name, sizeof(name), "round%d", round);
			count = fork_all(name, most, &why);
			printf("forks: end of round %d: %ld, %s\n", round, count, why);
			say("most", count);
			signal(SIGCHLD, SIG_IGN);
			_exit(0);
		}
		if (parent < 0 || waitpid(parent, &status, 0) != parent || status)
			printf("forks: the parent ended with status %x\n", status);
		/* Those that lost their parent are killed by its end; init buries them. */
		for (long before = 0, now = meminfo("PageTables"); now != before; now = meminfo("PageTables")) {
			before = now;
			sleep(2);
		}
		say("after", round);
	}
	return 0;
}
