// SPDX-License-Identifier: GPL-2.0-only
/*
 * driver - runs the tests inside the guest (/tests/all, started by the image)
 *
 * The kernel's command line says which: RB_TESTS=NAME:SECONDS,... Other words
 * RB_...=... become the tests' environment. Each test runs in a session of its
 * own, for no longer than its time; what it leaves behind is killed. All that is
 * said goes through /dev/kmsg, so that lines of the kernel, of the tests and of
 * this program come whole and in order:
 *
 *   rb-test: start NAME
 *   rb-test: | a line of the test
 *   rb-test: end NAME STATUS MILLISECONDS   (exit status, 128+signal, or "timeout")
 *   rb-test: violations N                   (what the hypervisor's check of itself found, if it has one)
 *   rb-test: frames N                       (linked page-table frames that are in no process's page tables, first and last)
 *   rb-test: all done
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static int kmsg;

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	char line[900] = "rb-test: ";
	va_list arguments;

	va_start(arguments, format);
	int length = vsnprintf(line + 9, sizeof(line) - 10, format, arguments) + 9;
	va_end(arguments);
	if (length > (int)sizeof(line) - 1)
		length = sizeof(line) - 1;
	if (write(kmsg, line, length) < 0)
		dprintf(1, "%s\n", line);
}

static void file_write(const char *path, const char *text)
{
	int file = open(path, O_WRONLY);

	if (file < 0)
		return;
	if (write(file, text, strlen(text)) < 0)
		say("%s: %s", path, strerror(errno));
	close(file);
}

/* The first number of the line that starts so, or -1. */
static long file_number(const char *path, const char *key)
{
	char line[256];
	long number = -1;
	FILE *file = fopen(path, "r");

	if (!file)
		return -1;
	while (number < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, key, strlen(key)))
			number = strtol(line + strlen(key), NULL, 0);
	fclose(file);
	return number;
}

static int64_t now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000ll + time.tv_nsec / 1000000;
}

/* Page-table frames in use that no process accounts for: the kernel's own, and lost ones. */
static void frames_say(void)
{
	long linked = file_number("/sys/hypervisor/counters/frames_linked", "");

	if (linked < 0)
		return;
	file_number("/proc/sys/vm/stat_refresh", "");
	say("frames %ld", linked - file_number("/proc/meminfo", "PageTables:") / 4);
}

static void violations_say(void)
{
	long violations = file_number("/sys/hypervisor/debug_check", "");

	if (violations >= 0)
		say("violations %ld", violations);
}

static void test_exec(const char *name, int output)
{
	char path[128];

	snprintf(path, sizeof(path), "/tests/programs/%s", name);
	setsid();
	file_write("/proc/self/oom_score_adj", "0");
	dup2(open("/dev/null", O_RDONLY), 0);
	dup2(output, 1);
	dup2(output, 2);
	close(output);
	close(kmsg);
	if (chdir("/tmp"))
		_exit(126);
	execl(path, name, (char *)NULL);
	dprintf(1, "%s: %s\n", path, strerror(errno));
	_exit(127);
}

/* Say each whole line of what there is; keep the rest. */
static size_t lines_say(char *buffer, size_t filled, bool all)
{
	char *line = buffer, *end;

	while ((end = memchr(line, '\n', filled - (line - buffer)))) {
		*end = 0;
		say("| %s", line);
		line = end + 1;
	}
	filled -= line - buffer;
	memmove(buffer, line, filled);
	if (filled && (all || filled > 800)) {
		buffer[filled] = 0;
		say("| %s", buffer);
		filled = 0;
	}
	return filled;
}

/* A terminal, so that the C library writes line by line: with a pipe, what waits in a buffer is lost or doubled by a killing or fork(). */
static bool output_open(int ends[2])
{
	struct termios raw = { .c_cflag = CS8 | CREAD };

	if (openpty(&ends[0], &ends[1], NULL, &raw, NULL))
		return false;
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	return true;
}

/* Pass on the output until the test has ended. False if its time was over first. */
static bool test_follow(int child, int output, int64_t deadline)
{
	static char buffer[2048];
	size_t filled = 0;
	struct pollfd ready[] = { { output, POLLIN, 0 }, { child, POLLIN, 0 } };
	bool ended = false;
	int64_t left;

	while (!ended && (left = deadline - now_ms()) > 0) {
		if (poll(ready, 2, left) <= 0)
			continue;
		/* The end counts once there is no output to read: the last may have come after poll() looked for it and before the end. */
		if (!ready[0].revents && poll(ready, 1, 0) <= 0) {
			ended = true;
			continue;
		}
		ssize_t bytes = read(output, buffer + filled, sizeof(buffer) - 1 - filled);

		if (bytes <= 0)
			ready[0].fd = -1; /* poll looks at it no more */
		else
			filled = lines_say(buffer, filled + bytes, false);
	}
	lines_say(buffer, filled, true);
	return ended;
}

static pid_t parent_of(const char *process)
{
	char path[300], text[512], *end;
	int file;
	ssize_t bytes;

	snprintf(path, sizeof(path), "/proc/%s/stat", process);
	file = open(path, O_RDONLY);
	bytes = file < 0 ? 0 : read(file, text, sizeof(text) - 1);
	if (file >= 0)
		close(file);
	if (bytes <= 0)
		return 0;
	text[bytes] = 0;
	end = strrchr(text, ')'); /* behind the name come the state and the parent */
	return end ? atoi(end + 4) : 0;
}

/* Kill and bury all descendants: those whose parents are gone are this process's children. */
static void rest_kill(void)
{
	while (waitpid(-1, NULL, WNOHANG | __WALL) >= 0) {
		DIR *processes = opendir("/proc");
		struct dirent *entry;

		while ((entry = readdir(processes)))
			if (atoi(entry->d_name) > 0 && parent_of(entry->d_name) == getpid())
				kill(atoi(entry->d_name), SIGKILL);
		closedir(processes);
		waitpid(-1, NULL, __WALL);
	}
}

static void test_run(const char *name, long seconds)
{
	int64_t start = now_ms();
	int ends[2], status;

	say("start %s", name);
	if (!output_open(ends)) {
		say("end %s terminal 0", name);
		return;
	}
	pid_t child = fork();

	if (!child)
		test_exec(name, ends[1]);
	close(ends[1]);
	int handle = syscall(SYS_pidfd_open, child, 0);
	bool ended = test_follow(handle, ends[0], start + seconds * 1000);

	if (!ended)
		kill(child, SIGKILL);
	waitpid(child, &status, 0);
	rest_kill();
	close(handle);
	close(ends[0]);
	violations_say();
	if (ended)
		say("end %s %d %ld", name, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
		    (long)(now_ms() - start));
	else
		say("end %s timeout %ld", name, (long)(now_ms() - start));
}

/* The words RB_...=... of the command line. */
static void settings_take(char *words)
{
	for (char *word = strtok(words, " \n"); word; word = strtok(NULL, " \n"))
		if (!strncmp(word, "RB_", 3) && strchr(word, '='))
			putenv(strdup(word));
}

int main(void)
{
	static char words[4096];
	int file = open("/proc/cmdline", O_RDONLY);
	char *position, *test;

	kmsg = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	if (file < 0 || read(file, words, sizeof(words) - 1) < 0 || kmsg < 0)
		return 1;
	close(file);
	settings_take(words);
	file_write("/proc/sys/kernel/printk_devkmsg", "on\n");
	file_write("/proc/self/oom_score_adj", "-1000");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	frames_say();
	for (test = strtok_r(strdup(getenv("RB_TESTS") ?: ""), ",", &position); test; test = strtok_r(NULL, ",", &position)) {
		char *seconds = strchr(test, ':');

		if (seconds)
			*seconds++ = 0;
		test_run(test, seconds ? atol(seconds) : 60);
	}
	frames_say();
	say("all done");
	return 0;
}
