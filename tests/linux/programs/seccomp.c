// SPDX-License-Identifier: GPL-2.0-only
/*
 * seccomp - system calls refused, trapped, answered and killed by a filter
 *
 * Strict mode; filters that return an error, send SIGSYS with the call's number
 * and address, kill, and hand the call to another process through a
 * notification descriptor; the filter sees instruction pointer and arguments.
 * Defends: the slow path of system-call entry, where the frame is looked at
 * and the call skipped.
 */
#include "test.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <ucontext.h>

static int filter_install(unsigned call, unsigned verdict, unsigned flags)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 3),
		/* Only with this first argument. */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 77, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, verdict),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { COUNT(filter), filter };

	REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	int result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);

	REQUIRE(result >= 0);
	return result;
}

static int body_strict(void *calls)
{
	REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0);
	if (calls)
		syscall(SYS_getpid);
	syscall(SYS_exit, 0); /* _exit() would be exit_group, which is not allowed */
	return 0;
}

static int body_error(void *unused)
{
	(void)unused;
	filter_install(SYS_getpriority, SECCOMP_RET_ERRNO | 123, 0);
	for (int i = 0; i < 200; i++) {
		errno = 0;
		CHECK(syscall(SYS_getpriority, 77, 0) == -1 && errno == 123);
		CHECK(syscall(SYS_getpriority, 0, 0) >= 0);
	}
	return 0;
}

static volatile int trapped;

static void handler(int signal, siginfo_t *info, void *context)
{
	greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)signal;
	trapped++;
	CHECK_EQ(info->si_syscall, SYS_getpriority);
	CHECK_EQ(info->si_arch, AUDIT_ARCH_X86_64);
	CHECK_EQ(info->si_call_addr, registers[REG_RIP]);
	CHECK_EQ(info->si_errno, 55);
	CHECK_EQ(((unsigned char *)registers[REG_RIP])[-2], 0x0f); /* behind the SYSCALL */
	registers[REG_RAX] = 4242;
}

static int body_trap(void *unused)
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };

	(void)unused;
	sigaction(SIGSYS, &action, NULL);
	filter_install(SYS_getpriority, SECCOMP_RET_TRAP | 55, 0);
	for (int i = 0; i < 100; i++)
		CHECK_EQ(syscall(SYS_getpriority, 77, 0), 4242);
	CHECK_EQ(trapped, 100);
	return 0;
}

static int body_killed(void *unused)
{
	(void)unused;
	filter_install(SYS_getpriority, SECCOMP_RET_KILL_PROCESS, 0);
	syscall(SYS_getpriority, 77, 0);
	return 0;
}

static void test_notification(void)
{
	int sockets[2];

	step("calls answered by another process");
	REQUIRE(pipe(sockets) == 0);
	/* The filter must be this process's to have its descriptor; getpriority(77) is not used otherwise. */
	int listener = filter_install(SYS_getpriority, SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER);
	pid_t child = fork();

	REQUIRE(child >= 0);
	if (!child) {
		for (int i = 0; i < 50; i++)
			CHECK_EQ(syscall(SYS_getpriority, 77, i), i * 2);
		_exit(0);
	}
	for (int i = 0; i < 50; i++) {
		struct seccomp_notif request = { 0 };
		struct seccomp_notif_resp answer = { 0 };

		REQUIRE(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) == 0);
		CHECK_EQ(request.pid, child);
		CHECK_EQ(request.data.nr, SYS_getpriority);
		answer.id = request.id;
		answer.val = request.data.args[1] * 2;
		REQUIRE(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) == 0);
	}
	child_end(child);
	close(listener);
}

int main(void)
{
	step("strict mode");
	child_end(child_start(body_strict, NULL));
	child_dies(body_strict, "", SIGKILL);
	step("calls that fail");
	child_end(child_start(body_error, NULL));
	step("calls that trap");
	child_end(child_start(body_trap, NULL));
	step("calls that kill");
	child_dies(body_killed, NULL, SIGSYS);
	test_notification();
	return verdict();
}
