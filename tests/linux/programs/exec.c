// SPDX-License-Identifier: GPL-2.0-only
/*
 * exec - programs that replace programs
 *
 * Executes itself RB_EXECS times (60) with arguments and an environment that
 * must arrive; then scripts, nested scripts, a memfd, large argument lists,
 * close-on-exec, the refusals, and exec out of a process with several threads.
 * Defends: building and dropping whole address spaces, and the registers,
 * signals and floating-point state a new program starts with.
 */
#include "test.h"

#include <pthread.h>
#include <sys/auxv.h>
#include <sys/stat.h>

static char self[256];

/* The roles this program plays when it is executed: what it is given must be right. */
static int role_echo(int count, char **arguments)
{
	return count == 4 && !strcmp(arguments[2], "two words") && !strcmp(arguments[3], "") &&
		!strcmp(getenv("ROLE") ?: "", "echo") ? 33 : 1;
}

static int role_large(int count, char **arguments)
{
	size_t bytes = 0;

	for (int i = 2; i < count; i++)
		bytes += strlen(arguments[i]);
	return count == 52 && bytes == 50 * 2000 ? 34 : 1;
}

static int role_descriptors(void)
{
	return fcntl(100, F_GETFD) < 0 && fcntl(101, F_GETFD) >= 0 ? 35 : 1;
}

static int role_script(int count, char **arguments)
{
	return count == 4 && !strcmp(arguments[2], "/tmp/exec-self") && !strcmp(arguments[3], "given") ? 37 : 1;
}

/* A new program: default handlers but ignored signals kept, control words reset, an aligned stack, sane auxv. */
static int role_fresh(void)
{
	struct sigaction caught, ignored;
	unsigned mxcsr;
	unsigned short control;

	sigaction(SIGUSR1, NULL, &caught);
	sigaction(SIGUSR2, NULL, &ignored);
	__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
	__asm__ volatile("fnstcw %0" : "=m"(control));
	return caught.sa_handler == SIG_DFL && ignored.sa_handler == SIG_IGN && mxcsr == 0x1f80 && control == 0x37f &&
		getauxval(AT_PAGESZ) == PAGE && getauxval(AT_RANDOM) && getauxval(AT_SYSINFO_EHDR) ? 36 : 1;
}

static int role_play(int count, char **arguments)
{
	const char *role = arguments[1];

	if (!strcmp(role, "echo"))
		return role_echo(count, arguments);
	if (!strcmp(role, "large"))
		return role_large(count, arguments);
	if (!strcmp(role, "descriptors"))
		return role_descriptors();
	if (!strcmp(role, "script"))
		return role_script(count, arguments);
	if (!strcmp(role, "fresh"))
		return role_fresh();
	return 1;
}

struct command {
	const char *path;
	char **arguments;
};

static char *environment[] = { "ROLE=echo", NULL };

static int command_exec(void *command)
{
	struct command *c = command;

	execve(c->path, c->arguments, environment);
	return 200 + (errno & 63);
}

static int run(const char *path, char **arguments)
{
	int status = child_wait(child_start(command_exec, &(struct command){ path, arguments }));

	return WIFEXITED(status) ? WEXITSTATUS(status) : -status;
}

static void test_self(long count)
{
	step("itself, many times");
	for (long i = 0; i < count; i++)
		CHECK_EQ(run(self, (char *[]){ self, "echo", "two words", "", NULL }), 33);
}

static void file_make(const char *path, mode_t mode, const char *content)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

	REQUIRE(file >= 0);
	REQUIRE(write(file, content, strlen(content)) == (ssize_t)strlen(content));
	close(file);
	REQUIRE(chmod(path, mode) == 0);
}

static void test_scripts(void)
{
	char line[512];

	step("scripts, and scripts of scripts");
	file_make("/tmp/exec-script", 0755, "#!/bin/sh\nexit $(($# + 50))\n");
	CHECK_EQ(run("/tmp/exec-script", (char *[]){ "x", "a", "b", NULL }), 52);
	file_make("/tmp/exec-outer", 0755, "#!/tmp/exec-script\n");
	CHECK_EQ(run("/tmp/exec-outer", (char *[]){ "x", "a", NULL }), 52);
	/* "#!self echo" gets one argument of the line, the script's name and ours. */
	snprintf(line, sizeof(line), "#!%s script\n", self);
	file_make("/tmp/exec-self", 0755, line);
	CHECK_EQ(run("/tmp/exec-self", (char *[]){ "x", "given", NULL }), 37);
	unlink("/tmp/exec-script");
	unlink("/tmp/exec-outer");
	unlink("/tmp/exec-self");
}

static void test_refusals(void)
{
	step("what cannot be executed");
	char *none[] = { "x", NULL };

	CHECK_EQ(run("/tmp/exec-missing", none), 200 + ENOENT);
	CHECK_EQ(run("/tmp", none), 200 + EACCES);
	file_make("/tmp/exec-text", 0755, "neither script nor program\n");
	CHECK_EQ(run("/tmp/exec-text", none), 200 + ENOEXEC);
	file_make("/tmp/exec-text", 0644, "#!/bin/sh\n");
	CHECK_EQ(run("/tmp/exec-text", none), 200 + EACCES);
	file_make("/tmp/exec-text", 0755, "#!/bin/sh\n");
	int writer = open("/tmp/exec-text", O_WRONLY);

	CHECK_EQ(run("/tmp/exec-text", none), 200 + ETXTBSY);
	close(writer);
	unlink("/tmp/exec-text");
}

static void test_large(void)
{
	static char text[2001];
	char *arguments[53] = { self, "large" };

	step("100 kB of arguments");
	memset(text, 'a', 2000);
	for (int i = 2; i < 52; i++)
		arguments[i] = text;
	CHECK_EQ(run(self, arguments), 34);
}

static void test_descriptors(void)
{
	step("descriptors across exec");
	dup3(2, 100, O_CLOEXEC);
	dup3(2, 101, 0);
	CHECK_EQ(run(self, (char *[]){ self, "descriptors", NULL }), 35);
	close(100);
	close(101);
}

static int exec_fresh(void *unused)
{
	unsigned mxcsr = 0x1f80 | 0x6000; /* round to zero */
	unsigned short control = 0xf7f;

	(void)unused;
	signal(SIGUSR1, exit);
	signal(SIGUSR2, SIG_IGN);
	__asm__ volatile("ldmxcsr %0; fldcw %1" : : "m"(mxcsr), "m"(control));
	execve(self, (char *[]){ self, "fresh", NULL }, environment);
	return 1;
}

static void test_fresh(void)
{
	step("the state a program starts with");
	CHECK_EQ(child_wait(child_start(exec_fresh, NULL)), 36 << 8);
}

static int exec_memfd(void *unused)
{
	static char buffer[65536];
	int from = open(self, O_RDONLY), to = memfd_create("program", MFD_CLOEXEC);
	ssize_t bytes;

	(void)unused;
	while ((bytes = read(from, buffer, sizeof(buffer))) > 0)
		REQUIRE(write(to, buffer, bytes) == bytes);
	syscall(SYS_execveat, to, "", (char *[]){ self, "echo", "two words", "", NULL }, environment, AT_EMPTY_PATH);
	return 1;
}

static void test_memfd(void)
{
	step("a program that is only in memory");
	CHECK_EQ(child_wait(child_start(exec_memfd, NULL)), 33 << 8);
}

static void *thread_waits(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void *thread_execs(void *unused)
{
	execve(self, (char *[]){ self, "echo", "two words", "", NULL }, environment);
	return unused;
}

static int exec_threads(void *unused)
{
	pthread_t thread;

	(void)unused;
	for (int i = 0; i < 4; i++)
		REQUIRE(pthread_create(&thread, NULL, thread_waits, NULL) == 0);
	/* Not the first thread: it takes over the process's number. */
	REQUIRE(pthread_create(&thread, NULL, thread_execs, NULL) == 0);
	pthread_join(thread, NULL);
	return 1;
}

static void test_threads(void)
{
	step("exec by one thread of several");
	for (int i = 0; i < 5; i++)
		CHECK_EQ(child_wait(child_start(exec_threads, NULL)), 33 << 8);
}

static pid_t vfork_exec(void)
{
	char *arguments[] = { self, "echo", "two words", "", NULL };
	pid_t child = vfork();

	if (!child) {
		execve(self, arguments, environment);
		_exit(1);
	}
	return child;
}

static void test_vfork(void)
{
	step("by vfork");
	for (int i = 0; i < 20; i++)
		CHECK_EQ(child_wait(vfork_exec()), 33 << 8);
}

int main(int count, char **arguments)
{
	if (count > 1)
		return role_play(count, arguments);
	REQUIRE(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	test_self(setting("RB_EXECS", 60));
	test_vfork();
	test_scripts();
	test_refusals();
	test_large();
	test_descriptors();
	test_fresh();
	test_memfd();
	test_threads();
	return verdict();
}
