// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipc - bytes and wake-ups between processes
 *
 * Pipes (round trips, bulk with checked content, broken ends), eventfd, epoll
 * over many descriptors in both triggerings, Unix and TCP loopback sockets with
 * passed descriptors, pseudo-terminals, message queues, inotify.
 * Defends: sleeping and waking, and copies between address spaces, in the
 * patterns that programs use.
 */
#include "test.h"

#include <arpa/inet.h>
#include <mqueue.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>

struct ends {
	int in, out;
};

static int body_echoes(void *ends)
{
	struct ends *e = ends;
	long value;

	while (read(e->in, &value, sizeof(value)) == sizeof(value)) {
		value++;
		REQUIRE(write(e->out, &value, sizeof(value)) == sizeof(value));
	}
	return 0;
}

static void test_round_trips(void)
{
	int there[2], back[2];

	step("round trips over pipes");
	REQUIRE(pipe(there) == 0 && pipe2(back, O_CLOEXEC) == 0);
	fcntl(there[1], F_SETFD, FD_CLOEXEC);
	pid_t child = fork();

	REQUIRE(child >= 0);
	if (!child) {
		close(there[1]);
		_exit(body_echoes(&(struct ends){ there[0], back[1] }));
	}
	for (long i = 0; i < 1000; i++) {
		long value = i;

		REQUIRE(write(there[1], &value, sizeof(value)) == sizeof(value));
		REQUIRE(read(back[0], &value, sizeof(value)) == sizeof(value));
		CHECK_EQ(value, i + 1);
	}
	close(there[1]);
	child_end(child);
	close(there[0]);
	close(back[0]);
	close(back[1]);
}

enum { BULK = 8 << 20 };

static int body_writes_bulk(void *ends)
{
	static uint32_t chunk[5000];
	size_t sent = 0;
	int out = ((struct ends *)ends)->out;

	close(((struct ends *)ends)->in); /* so that writing fails when the reader gives up */

	while (sent < BULK) {
		size_t bytes = sizeof(chunk) < BULK - sent ? sizeof(chunk) : BULK - sent;

		for (size_t i = 0; i < COUNT(chunk); i++)
			chunk[i] = (sent / 4 + i) * 2654435761u;
		for (size_t done = 0; done < bytes;) {
			ssize_t written = write(out, (char *)chunk + done, bytes - done);

			REQUIRE(written > 0);
			done += written;
		}
		sent += bytes;
	}
	return 0;
}

static bool bulk_check(int descriptor)
{
	static uint32_t chunk[16384];
	size_t got = 0;

	while (got < BULK) {
		size_t have = 0;

		/* Whole words only. */
		do {
			ssize_t bytes = read(descriptor, (char *)chunk + have, sizeof(chunk) - have);

			REQUIRE(bytes > 0);
			have += bytes;
		} while (have % 4);
		for (size_t i = 0; i < have / 4; i++)
			if (!CHECK(chunk[i] == (uint32_t)((got / 4 + i) * 2654435761u), "word %zu", got / 4 + i))
				return false;
		got += have;
	}
	return true;
}

static void test_bulk(const char *name, int in, int out)
{
	step(name);
	pid_t child = child_start(body_writes_bulk, &(struct ends){ in, out });

	close(out);
	if (bulk_check(in)) {
		char byte;

		CHECK_EQ(read(in, &byte, 1), 0);
	}
	close(in);
	child_end(child);
}

static void test_broken(void)
{
	int ends[2];

	step("broken pipes");
	REQUIRE(pipe(ends) == 0);
	close(ends[0]);
	signal(SIGPIPE, SIG_IGN);
	CHECK(write(ends[1], "x", 1) < 0 && errno == EPIPE);
	close(ends[1]);
	signal(SIGPIPE, SIG_DFL);
}

static int body_adds(void *event)
{
	uint64_t one = 1;

	for (int i = 0; i < 500; i++)
		REQUIRE(write((intptr_t)event, &one, 8) == 8);
	return 0;
}

static void test_eventfd(void)
{
	int event = eventfd(0, 0), semaphore = eventfd(3, EFD_SEMAPHORE | EFD_NONBLOCK);
	uint64_t sum = 0, value;
	pid_t children[3];

	step("eventfd");
	for (size_t i = 0; i < COUNT(children); i++)
		children[i] = child_start(body_adds, (void *)(intptr_t)event);
	while (sum < 500 * COUNT(children)) {
		REQUIRE(read(event, &value, 8) == 8);
		sum += value;
	}
	CHECK_EQ(sum, 500 * COUNT(children));
	for (size_t i = 0; i < COUNT(children); i++)
		child_end(children[i]);
	for (int i = 0; i < 3; i++)
		CHECK(read(semaphore, &value, 8) == 8 && value == 1);
	CHECK(read(semaphore, &value, 8) < 0 && errno == EAGAIN);
	close(event);
	close(semaphore);
}

enum { DESCRIPTORS = 64 };

static int body_wakes(void *events)
{
	uint64_t random = 99, one = 1;

	for (int i = 0; i < 1000; i++) {
		REQUIRE(write(((int *)events)[random_next(&random) % DESCRIPTORS], &one, 8) == 8);
		if (i % 50 == 0)
			sleep_ms(1);
	}
	return 0;
}

static void test_epoll(unsigned triggering, const char *name)
{
	int epoll = epoll_create1(0), events[DESCRIPTORS];
	struct epoll_event ready[16];
	uint64_t total = 0, value;

	step(name);
	for (int i = 0; i < DESCRIPTORS; i++) {
		struct epoll_event event = { .events = EPOLLIN | triggering, .data.u32 = i };

		events[i] = eventfd(0, EFD_NONBLOCK);
		REQUIRE(epoll_ctl(epoll, EPOLL_CTL_ADD, events[i], &event) == 0);
	}
	CHECK_EQ(epoll_wait(epoll, ready, 16, 5), 0);
	pid_t child = child_start(body_wakes, events);

	while (total < 1000) {
		int count = epoll_wait(epoll, ready, 16, 20000);

		REQUIRE(count > 0);
		for (int i = 0; i < count; i++) {
			CHECK_EQ(read(events[ready[i].data.u32], &value, 8), 8);
			total += value;
		}
	}
	CHECK_EQ(total, 1000);
	child_end(child);
	for (int i = 0; i < DESCRIPTORS; i++)
		close(events[i]);
	close(epoll);
}

static int body_receives(void *socket)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec vector = { &byte, 1 };
	struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	int received;

	REQUIRE(recvmsg((intptr_t)socket, &message, 0) == 1);
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	REQUIRE(header && header->cmsg_type == SCM_RIGHTS);
	memcpy(&received, CMSG_DATA(header), sizeof(received));
	REQUIRE(write(received, "through", 8) == 8);
	return 0;
}

static void test_passed_descriptor(void)
{
	int sockets[2], ends[2];
	char seen[16] = "", control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec vector = { "x", 1 };
	struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };

	step("a descriptor passed over a socket");
	REQUIRE(socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets) == 0);
	pid_t child = child_start(body_receives, (void *)(intptr_t)sockets[1]);

	REQUIRE(pipe(ends) == 0); /* the child does not have it */
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &ends[1], sizeof(int));
	REQUIRE(sendmsg(sockets[0], &message, 0) == 1);
	CHECK_EQ(read(ends[0], seen, sizeof(seen)), 8);
	CHECK(!strcmp(seen, "through"));
	child_end(child);
	close(sockets[0]);
	close(sockets[1]);
	close(ends[0]);
	close(ends[1]);
}

static void tcp_pair(int *in, int *out)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	REQUIRE(listener >= 0);
	REQUIRE(bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(listener, 1) == 0);
	REQUIRE(getsockname(listener, (struct sockaddr *)&address, &length) == 0);
	*out = socket(AF_INET, SOCK_STREAM, 0);
	REQUIRE(connect(*out, (struct sockaddr *)&address, sizeof(address)) == 0);
	*in = accept(listener, NULL, NULL);
	REQUIRE(*in >= 0);
	close(listener);
}

static void test_terminal(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	struct termios modes;
	char seen[32] = "";

	step("a pseudo-terminal");
	REQUIRE(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	int slave = open(ptsname(master), O_RDWR | O_NOCTTY);

	REQUIRE(slave >= 0);
	REQUIRE(tcgetattr(slave, &modes) == 0);
	modes.c_lflag &= ~ECHO;
	REQUIRE(tcsetattr(slave, TCSANOW, &modes) == 0);
	REQUIRE(write(master, "hello\n", 6) == 6);
	CHECK_EQ(read(slave, seen, sizeof(seen)), 6);
	REQUIRE(write(slave, "back\n", 5) == 5);
	size_t got = 0;

	while (got < 6) { /* newline becomes CR LF, perhaps later than the rest */
		ssize_t bytes = read(master, seen + got, sizeof(seen) - got);

		REQUIRE(bytes > 0);
		got += bytes;
	}
	CHECK(got == 6 && !memcmp(seen, "back\r\n", 6));
	close(slave);
	close(master);
}

static void test_queue(void)
{
	struct mq_attr attributes = { .mq_maxmsg = 8, .mq_msgsize = 64 };
	mqd_t queue = mq_open("/ipc-test", O_CREAT | O_RDWR, 0600, &attributes);
	char message[64];
	unsigned priority;

	step("a message queue sorts by priority");
	REQUIRE(queue != (mqd_t)-1);
	for (unsigned i = 0; i < 8; i++) {
		memset(message, 'a' + i, sizeof(message));
		REQUIRE(mq_send(queue, message, sizeof(message), i * 3 % 8) == 0);
	}
	for (int expected = 7; expected >= 0; expected--) {
		CHECK_EQ(mq_receive(queue, message, sizeof(message), &priority), 64);
		CHECK_EQ(priority, expected);
		CHECK_EQ((message[0] - 'a') * 3 % 8, expected);
	}
	mq_close(queue);
	mq_unlink("/ipc-test");
}

static void test_inotify(void)
{
	union {
		struct inotify_event event;
		char room[512];
	} seen;
	int notify = inotify_init1(0);

	step("inotify");
	REQUIRE(inotify_add_watch(notify, "/tmp", IN_CREATE) >= 0);
	close(open("/tmp/ipc-inotify", O_CREAT | O_WRONLY, 0600));
	CHECK(read(notify, &seen, sizeof(seen)) > 0);
	CHECK(!strcmp(seen.event.name, "ipc-inotify"));
	unlink("/tmp/ipc-inotify");
	close(notify);
}

int main(void)
{
	int ends[2];

	test_round_trips();
	REQUIRE(pipe(ends) == 0);
	test_bulk("8 MiB through a pipe", ends[0], ends[1]);
	REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	test_bulk("8 MiB through a Unix socket", ends[0], ends[1]);
	tcp_pair(&ends[0], &ends[1]);
	test_bulk("8 MiB through TCP", ends[0], ends[1]);
	test_broken();
	test_eventfd();
	test_epoll(0, "epoll, level-triggered");
	test_epoll(EPOLLET, "epoll, edge-triggered");
	test_passed_descriptor();
	test_terminal();
	test_queue();
	test_inotify();
	return verdict();
}
