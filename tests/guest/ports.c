/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event ports, looped back to the domain itself.
 *
 * Provokes: allocating and binding until all ports are in use; sends with and without target, masked, to closed and unbound peers; every refusal.
 * Must: connect two ends that name each other; mark the peer's port pending before its vector is raised; keep an arrival while masked; free both
 * ends; never reach a port that is closed.
 */
#include "test.h"

static volatile unsigned arrivals[256];

static void handler(struct guest_regs *regs, unsigned vector)
{
	arrivals[vector]++;
}

static bool take_pending(uint64_t port)
{
	return __atomic_fetch_and(&guest_vcpu->port_pending[port / 64], ~(1ul << port % 64), __ATOMIC_SEQ_CST) >> port % 64 & 1;
}

static unsigned all_pending(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < 16; i++)
		for (uint64_t bits = guest_vcpu->port_pending[i]; bits; bits &= bits - 1)
			count++;
	return count;
}

static void connect(uint64_t *a, uint64_t *b)
{
	guest_must(rb_port_alloc(0, a));
	guest_must(rb_port_bind(0, *a, b));
}

static void try_errors(void)
{
	uint64_t port = 0, other = 0, a, b;

	check_status(rb_port_alloc(1, &port), RB_NOENT);
	check_status(rb_port_alloc(0xffff, &port), RB_NOENT);
	check_status(rb_port_alloc(0x10000, &port), RB_INVAL);
	for (uint64_t number = 0; number < RB_NR_PORTS; number += 341) {
		check_quietly(rb_port_bind(0, number, &other) == RB_NOENT, "bind to free port %lu", number);
		check_quietly(rb_port_send(number) == RB_NOENT, "send by free port %lu", number);
		check_quietly(rb_port_set_target(number, 0, 0x40) == RB_NOENT, "target of free port %lu", number);
		check_quietly(rb_port_mask(number, 1) == RB_NOENT, "mask free port %lu", number);
		check_quietly(rb_port_close(number) == RB_NOENT, "close free port %lu", number);
	}
	guest_must(rb_port_alloc(0, &port));
	check_status(rb_port_send(port), RB_NOENT);
	check_status(rb_port_bind(1, port, &other), RB_NOENT);
	check_status(rb_port_set_target(port, 1, 0x40), RB_NOENT);
	check_status(rb_port_set_target(port, 63, 0x40), RB_NOENT);
	check_status(rb_port_set_target(port, 64, 0x40), RB_INVAL);
	check_status(rb_port_set_target(port, 0, 31), RB_INVAL);
	check_status(rb_port_set_target(port, 0, 256), RB_INVAL);
	check_status(rb_port_mask(port, 2), RB_INVAL);
	check_status(rb_port_close(1024), RB_INVAL);
	check_status(rb_port_bind(0, port, &other), RB_OK);
	check_status(rb_port_bind(0, port, &a), RB_NOENT);
	check_status(rb_port_bind(0, other, &a), RB_NOENT);
	guest_must(rb_port_close(port));
	check_status(rb_port_send(other), RB_NOENT);
	check_status(rb_port_bind(0, other, &a), RB_NOENT);
	check_status(rb_port_close(other), RB_OK);
	check_status(rb_port_close(other), RB_NOENT);
	connect(&a, &b);
	check(a != b, "two ends: %lu and %lu", a, b);
	guest_must(rb_port_close(a));
	guest_must(rb_port_close(b));
}

static void try_sends(void)
{
	uint64_t a, b;

	connect(&a, &b);
	check_status(rb_port_send(a), RB_OK);
	check(all_pending() == 1 && take_pending(b) && !guest_vcpu->pending, "without a target: the peer is marked, no vector");
	guest_must(rb_port_set_target(b, 0, 0x50));
	guest_must(rb_port_set_target(a, 0, 0x51));
	guest_must(rb_port_send(a));
	check(arrivals[0x50] == 1 && arrivals[0x51] == 0 && take_pending(b), "with a target: its vector");
	guest_must(rb_port_send(b));
	check(arrivals[0x50] == 1 && arrivals[0x51] == 1 && take_pending(a) && all_pending() == 0, "the other way");

	guest_events_off();
	for (unsigned i = 0; i < 5; i++)
		guest_must(rb_port_send(a));
	guest_events_on();
	check(arrivals[0x50] == 2 && take_pending(b), "five sends before a look are one");

	guest_must(rb_port_mask(b, 1));
	guest_must(rb_port_send(a));
	check(arrivals[0x50] == 2, "masked: no vector");
	guest_must(rb_port_mask(b, 0));
	check(arrivals[0x50] == 3 && take_pending(b), "lifted: it comes");
	guest_must(rb_port_mask(b, 0));
	check(arrivals[0x50] == 3, "once");
	guest_must(rb_port_mask(b, 1));
	guest_must(rb_port_mask(b, 0));
	check(arrivals[0x50] == 3 && all_pending() == 0, "masked and lifted with nothing between: nothing");

	guest_must(rb_port_mask(b, 1));
	guest_must(rb_port_send(a));
	guest_must(rb_port_close(b));
	check_status(rb_port_send(a), RB_NOENT);
	check(rb_port_close(a) == RB_OK && all_pending() <= 1, "closed with an arrival behind its mask");
	take_pending(b);
	guest_must(rb_port_alloc(0, &a));
	guest_must(rb_port_mask(a, 0));
	check(arrivals[0x50] == 3 && arrivals[0x51] == 1 && all_pending() == 0, "a port that is used again starts clean");
	guest_must(rb_port_close(a));
}

static void try_all(void)
{
	static uint16_t ports[RB_NR_PORTS];
	uint64_t port;
	unsigned count = 0;
	bool good = true;
	long status;

	while ((status = rb_port_alloc(0, &port)) == RB_OK && count < RB_NR_PORTS)
		ports[count++] = (uint16_t)port;
	check(count == RB_NR_PORTS && status == RB_NOSPACE, "%u ports, then %ld", count, status);
	check_status(rb_port_bind(0, ports[0], &port), RB_NOSPACE);
	guest_must(rb_port_close(ports[1000]));
	check(rb_port_bind(0, ports[0], &port) == RB_OK && port == ports[1000], "one given back is one for use");
	for (unsigned i = 0; i < count; i++)
		good &= rb_port_close(ports[i]) == RB_OK;
	check(good, "all closed");
	/* 512 pairs, each with its own vector of few. */
	for (unsigned i = 0; i < 512; i++) {
		uint64_t a, b;

		connect(&a, &b);
		ports[i] = (uint16_t)a;
		guest_must(rb_port_set_target(b, 0, 0x60 + i % 32));
	}
	for (unsigned vector = 0x60; vector < 0x80; vector++)
		arrivals[vector] = 0;
	for (unsigned i = 0; i < 512; i++)
		guest_must(rb_port_send(ports[i]));
	for (unsigned vector = 0x60; vector < 0x80; vector++)
		good &= arrivals[vector] == 16;
	check(good && all_pending() == 512, "512 pairs: each send arrived");
}

int main(struct rb_start_info *start)
{
	for (unsigned vector = 32; vector < 256; vector++)
		guest_set_handler(vector, handler);
	try_errors();
	guest_events_on();
	try_sends();
	try_all();
	return test_end();
}
