/* SPDX-License-Identifier: GPL-2.0-only */
/* The event family's ports. They are bound to ports of the same domain. Every test starts without one in use. */
#include "limits.h"
#include "pending.h"

#define SELF	(guest_start->domain_id)
#define NOBODY	40	/* no domain has this number */

void image_reset(void)
{
	ports_close();
}

static bool is_marked(uint64_t port)
{
	return guest_vcpu->port_pending[port / 64] >> port % 64 & 1;
}

static unsigned marked_total(void)
{
	unsigned count = 0;

	for (uint64_t port = 0; port < RB_NR_PORTS; port++)
		count += is_marked(port);
	return count;
}

static void unmark(uint64_t port)
{
	guest_vcpu->port_pending[port / 64] &= ~(1ul << port % 64);
}

/* ---------------- port_alloc */

TEST("port_alloc.fresh", "The port is one that was not in use.")
{
	static bool taken[RB_NR_PORTS];

	memset(taken, 0, sizeof(taken));
	for (unsigned i = 0; i < 100; i++) {
		accepted(rb_port_alloc(SELF, &result));
		expect(result < RB_NR_PORTS && !taken[result], "port %lu", result);
		taken[result] = true;
		if (i % 3 == 2) {
			must(rb_port_close(i / 3));
			taken[i / 3] = false;
		}
	}
}

TEST("port_alloc.waits", "The port waits: the named domain can bind to it, once.")
{
	uint64_t port, other;

	accepted(rb_port_alloc(SELF, &port));
	expect_equal(rb_port_send(port), RB_NOENT);
	accepted(rb_port_bind(SELF, port, &other));
	refused(RB_NOENT, rb_port_bind(SELF, port, &result));
}

/* A connected port that has had a target, a mask and an arrival, closed; so its number comes back. */
static uint64_t used_port(void)
{
	uint64_t a, b;

	ports_connect(&a, &b);
	must(rb_port_set_target(a, 0, 0x50));
	must(rb_port_mask(a, 1));
	must(rb_port_send(b));
	must(rb_port_close(a));
	must(rb_port_close(b));
	return a;
}

/* No target, not masked: one arrival marks the port, and that is all. */
static void expect_clean(uint64_t port, uint64_t peer)
{
	expect_equal(marked_total(), 0);
	must(rb_port_mask(port, 0));
	expect_equal(marked_total(), 0);
	must(rb_port_send(peer));
	expect(is_marked(port) && marked_total() == 1, "an arrival does not mark it: it is masked");
	expect(!guest_vcpu->pending && pending_total() == 0, "an arrival raises a vector: it has a target");
}

TEST("port_alloc.clean", "The port has no target and is not masked.")
{
	uint64_t before = used_port(), port, other;

	accepted(rb_port_alloc(SELF, &port));
	need(port == before, "port %lu and not %lu once more", port, before);
	must(rb_port_bind(SELF, port, &other));
	/* Unmasking would hide a mask. */
	must(rb_port_send(other));
	expect(is_marked(port) && marked_total() == 1 && pending_total() == 0, "masked, or with a target");
	unmark(port);
	expect_clean(port, other);
}

TEST("port_alloc.no_target", "Until port_set_target names a target, an arrival sets the port's bit in port_pending of vCPU 0 and raises no vector.")
{
	uint64_t a, b;

	ports_connect(&a, &b);
	need(guest_vcpu->vcpu_id == 0, "vCPU %u", guest_vcpu->vcpu_id);
	accepted(rb_port_send(b));
	expect(is_marked(a) && marked_total() == 1, "%u ports marked", marked_total());
	expect(!guest_vcpu->pending && pending_total() == 0, "%u vectors", pending_total());
	wait(A_WHILE);
	expect_equal(fired_total(), 0);
}

TEST("port_alloc.INVAL.limits", "an argument breaks its limits, or a register that carries no argument is not zero")
{
	LIMITS(RB_HC_PORT_ALLOC, ARGUMENTS(SELF), BAD({ 0, 0x10000 }, { 0, 1ul << 32 }, { 0, ~0ul }), GOOD({ 0, 0xffff }, { 0, 0 }));
}

TEST("port_alloc.NOENT.no_domain", "there is no such domain")
{
	refused(RB_NOENT, rb_port_alloc(NOBODY, &result));
	refused(RB_NOENT, rb_port_alloc(64, &result));
	refused(RB_NOENT, rb_port_alloc(0xffff, &result));
	accepted(rb_port_alloc(SELF, &result));
	expect(result == 0, "a refused call took a port: %lu is the next", result);
}

static void ports_fill(void)
{
	for (unsigned i = 0; i < RB_NR_PORTS; i++)
		must(rb_port_alloc(SELF, &result));
}

TEST("port_alloc.NOSPACE.full", "all 1024 ports are in use")
{
	ports_fill();
	refused(RB_NOSPACE, rb_port_alloc(SELF, &result));
	must(rb_port_close(77));
	accepted(rb_port_alloc(SELF, &result));
	expect_equal(result, 77);
}

/* ---------------- port_bind */

TEST("port_bind.one_peer", "Each end is the other's peer.")
{
	uint64_t a, b, c, d;

	ports_connect(&a, &b);
	ports_connect(&c, &d);
	must(rb_port_send(a));
	expect(is_marked(b) && marked_total() == 1, "from one end");
	unmark(b);
	must(rb_port_send(b));
	expect(is_marked(a) && marked_total() == 1, "from the other");
	unmark(a);
	must(rb_port_send(d));
	expect(is_marked(c) && marked_total() == 1, "of another pair");
}

TEST("port_bind.fresh", "The caller's port is one that was not in use.")
{
	static bool taken[RB_NR_PORTS];

	memset(taken, 0, sizeof(taken));
	for (unsigned i = 0; i < 100; i++) {
		uint64_t offered;

		must(rb_port_alloc(SELF, &offered));
		taken[offered] = true;
		accepted(rb_port_bind(SELF, offered, &result));
		expect(result < RB_NR_PORTS && !taken[result], "port %lu", result);
		taken[result] = true;
	}
}

TEST("port_bind.clean", "The caller's port has no target and is not masked.")
{
	uint64_t offered, before, port;

	must(rb_port_alloc(SELF, &offered));
	before = used_port();
	accepted(rb_port_bind(SELF, offered, &port));
	need(port == before, "port %lu and not %lu once more", port, before);
	must(rb_port_send(offered));
	expect(is_marked(port) && marked_total() == 1 && pending_total() == 0, "masked, or with a target");
	unmark(port);
	expect_clean(port, offered);
}

TEST("port_bind.peer_kept", "Target and mask of the peer stay as they were.")
{
	uint64_t offered, port;

	must(rb_port_alloc(SELF, &offered));
	must(rb_port_set_target(offered, 0, 0x51));
	must(rb_port_mask(offered, 1));
	accepted(rb_port_bind(SELF, offered, &port));
	must(rb_port_send(port));
	expect(marked_total() == 0 && pending_total() == 0, "the mask is lost");
	must(rb_port_mask(offered, 0));
	expect(is_marked(offered) && is_pending(0x51) && pending_total() == 1, "the target is lost");
}

TEST("port_bind.INVAL.limits", "an argument breaks its limits, or a register that carries no argument is not zero")
{
	LIMITS(RB_HC_PORT_BIND, ARGUMENTS(SELF, 5), BAD({ 0, 0x10000 }, { 0, 1ul << 32 }, { 0, ~0ul }, { 1, 1024 }, { 1, 1ul << 32 }, { 1, ~0ul }),
	       GOOD({ 0, 0xffff }, { 0, 0 }, { 1, 1023 }, { 1, 0 }));
}

TEST("port_bind.NOENT.no_domain", "there is no such domain")
{
	uint64_t port;

	must(rb_port_alloc(SELF, &port));
	refused(RB_NOENT, rb_port_bind(NOBODY, port, &result));
	refused(RB_NOENT, rb_port_bind(64, port, &result));
	refused(RB_NOENT, rb_port_bind(0xffff, port, &result));
	accepted(rb_port_bind(SELF, port, &result));
	expect(result == port + 1, "a refused call took a port: %lu was the next", result);
}

TEST("port_bind.NOENT.not_in_use", "its port is not in use")
{
	refused(RB_NOENT, rb_port_bind(SELF, 0, &result));
	refused(RB_NOENT, rb_port_bind(SELF, 1023, &result));
	must(rb_port_alloc(SELF, &result));
	must(rb_port_close(0));
	refused(RB_NOENT, rb_port_bind(SELF, 0, &result));
}

TEST("port_bind.NOENT.not_waiting", "its port does not wait for this domain")
{
	uint64_t a, b;

	ports_connect(&a, &b);
	refused(RB_NOENT, rb_port_bind(SELF, a, &result));
	refused(RB_NOENT, rb_port_bind(SELF, b, &result));
	must(rb_port_close(a));
	refused(RB_NOENT, rb_port_bind(SELF, b, &result));
}

TEST("port_bind.NOSPACE.full", "all 1024 ports of the caller are in use")
{
	ports_fill();
	refused(RB_NOSPACE, rb_port_bind(SELF, 3, &result));
	must(rb_port_close(500));
	accepted(rb_port_bind(SELF, 3, &result));
	expect_equal(result, 500);
}

/* ---------------- port_set_target */

TEST("port_set_target.raises", "An arrival sets the port's bit in port_pending of that vCPU and then raises the vector there.")
{
	uint64_t a, b;

	ports_connect(&a, &b);
	accepted(rb_port_set_target(a, 0, 32));
	must(rb_port_send(b));
	expect(is_marked(a) && marked_total() == 1, "%u ports marked", marked_total());
	expect(is_pending(32) && pending_total() == 1 && guest_vcpu->pending == 1, "%u vectors", pending_total());
	accepted(rb_port_set_target(b, 0, 255));
	must(rb_port_send(a));
	expect(is_marked(b) && is_pending(255) && pending_total() == 2, "the other end: %u vectors", pending_total());
	events_take();
	expect(fired[32] == 1 && fired[255] == 1 && fired_total() == 2, "%u events", fired_total());
}

TEST("port_set_target.replaces", "The new target takes the place of the one before.")
{
	uint64_t a, b;

	ports_connect(&a, &b);
	must(rb_port_set_target(a, 0, 0x50));
	accepted(rb_port_set_target(a, 0, 0x51));
	must(rb_port_send(b));
	expect(is_pending(0x51) && pending_total() == 1, "vectors %lx", guest_vcpu->pending_vectors[1]);
}

TEST("port_set_target.no_raise", "An arrival from before the call does not raise the vector.")
{
	uint64_t a, b;

	ports_connect(&a, &b);
	must(rb_port_send(b));
	accepted(rb_port_set_target(a, 0, 0x50));
	expect(is_marked(a) && pending_total() == 0 && !guest_vcpu->pending, "%u vectors", pending_total());
}

TEST("port_set_target.INVAL.limits", "an argument breaks its limits, or a register that carries no argument is not zero")
{
	LIMITS(RB_HC_PORT_SET_TARGET, ARGUMENTS(3, 0, 0x40), BAD({ 0, 1024 }, { 0, ~0ul }, { 1, 64 }, { 1, ~0ul }, { 2, 0 }, { 2, 31 }, { 2, 256 }, { 2, 0x140 }, { 2, ~0ul }),
	       GOOD({ 0, 1023 }, { 1, 63 }, { 2, 32 }, { 2, 255 }));
}

TEST("port_set_target.NOENT.no_port", "the port is not in use")
{
	refused(RB_NOENT, rb_port_set_target(0, 0, 0x40));
	must(rb_port_alloc(SELF, &result));
	refused(RB_NOENT, rb_port_set_target(1, 0, 0x40));
	refused(RB_NOENT, rb_port_set_target(1023, 0, 0x40));
	must(rb_port_close(0));
	refused(RB_NOENT, rb_port_set_target(0, 0, 0x40));
}

TEST("port_set_target.NOENT.no_vcpu", "there is no such vCPU")
{
	uint64_t a, b;

	ports_connect(&a, &b);
	must(rb_port_set_target(a, 0, 0x50));
	refused(RB_NOENT, rb_port_set_target(a, guest_start->vcpu_count, 0x51));
	refused(RB_NOENT, rb_port_set_target(a, 63, 0x51));
	must(rb_port_send(b));
	expect(is_pending(0x50) && pending_total() == 1, "the target before is lost");
}

/* ---------------- port_send */

TEST("port_send.arrives", "The peer's bit in port_pending is set, and its vector is raised if it has a target.")
{
	uint64_t a, b;

	ports_connect(&a, &b);
	accepted(rb_port_send(a));
	expect(is_marked(b) && marked_total() == 1 && pending_total() == 0, "without a target");
	unmark(b);
	must(rb_port_set_target(b, 0, 0x60));
	accepted(rb_port_send(a));
	expect(is_marked(b) && marked_total() == 1 && is_pending(0x60) && pending_total() == 1, "with a target");
}

TEST("port_send.own_end_kept", "Nothing changes at the sending port.")
{
	uint64_t a, b;

	ports_connect(&a, &b);
	must(rb_port_set_target(a, 0, 0x60));
	accepted(rb_port_send(a));
	expect(!is_marked(a) && !is_pending(0x60), "it is its own peer");
	must(rb_port_send(b));
	expect(is_marked(a) && is_pending(0x60), "its target is lost");
}

TEST("port_send.uncounted", "Signals are not counted: several before the peer looks are one bit and one pending vector.")
{
	uint64_t a, b;

	ports_connect(&a, &b);
	must(rb_port_set_target(b, 0, 0x60));
	for (unsigned i = 0; i < 5; i++)
		accepted(rb_port_send(a));
	expect_equal(marked_total(), 1);
	events_take();
	wait(A_WHILE);
	expect(fired[0x60] == 1 && fired_total() == 1, "%u events", fired_total());
}

TEST("port_send.raises_again", "The vector is raised also when the bit in port_pending is set already.")
{
	uint64_t a, b;

	ports_connect(&a, &b);
	must(rb_port_set_target(b, 0, 0x60));
	for (unsigned i = 1; i <= 3; i++) {
		accepted(rb_port_send(a));
		events_take();
		expect_equal(fired[0x60], i);
		expect(is_marked(b), "the bit is gone");
	}
}

TEST("port_send.INVAL.limits", "an argument breaks its limits, or a register that carries no argument is not zero")
{
	LIMITS(RB_HC_PORT_SEND, ARGUMENTS(3), BAD({ 0, 1024 }, { 0, 1ul << 32 }, { 0, ~0ul }), GOOD({ 0, 1023 }, { 0, 0 }));
}

TEST("port_send.NOENT.no_port", "the port is not in use")
{
	refused(RB_NOENT, rb_port_send(0));
	refused(RB_NOENT, rb_port_send(1023));
}

TEST("port_send.NOENT.not_connected", "the port is not connected")
{
	uint64_t a, b;

	must(rb_port_alloc(SELF, &a));
	refused(RB_NOENT, rb_port_send(a));
	must(rb_port_bind(SELF, a, &b));
	must(rb_port_close(b));
	refused(RB_NOENT, rb_port_send(a));
}

/* ---------------- port_mask */

TEST("port_mask.held", "While a port is masked, an arrival sets no bit of port_pending and raises no vector.")
{
	uint64_t a, b;

	ports_connect(&a, &b);
	must(rb_port_set_target(a, 0, 0x60));
	accepted(rb_port_mask(a, 1));
	world_look();
	must(rb_port_send(b));
	must(rb_port_send(b));
	expect(!world_change(), "%s changed", world_change());
}

TEST("port_mask.lifted", "When the mask is lifted after arrivals, the port's bit in port_pending is set and its vector is raised, once for all of them.")
{
	uint64_t a, b;

	ports_connect(&a, &b);
	must(rb_port_set_target(a, 0, 0x60));
	must(rb_port_mask(a, 1));
	for (unsigned i = 0; i < 3; i++)
		must(rb_port_send(b));
	accepted(rb_port_mask(a, 0));
	expect(is_marked(a) && marked_total() == 1 && is_pending(0x60) && pending_total() == 1, "%u ports, %u vectors", marked_total(), pending_total());
	events_take();
	unmark(a);
	accepted(rb_port_mask(a, 0));
	events_take();
	expect(fired[0x60] == 1 && fired_total() == 1 && marked_total() == 0, "%u events", fired_total());
}

TEST("port_mask.nothing", "When the mask is lifted and nothing arrived, nothing happens.")
{
	uint64_t a, b;

	ports_connect(&a, &b);
	must(rb_port_set_target(a, 0, 0x60));
	must(rb_port_mask(a, 1));
	world_look();
	accepted(rb_port_mask(a, 0));
	expect(!world_change(), "%s changed", world_change());
	must(rb_port_send(b));
	expect(is_marked(a) && is_pending(0x60), "the mask is still there");
}

TEST("port_mask.INVAL.limits", "an argument breaks its limits, or a register that carries no argument is not zero")
{
	LIMITS(RB_HC_PORT_MASK, ARGUMENTS(3, 1), BAD({ 0, 1024 }, { 0, ~0ul }, { 1, 2 }, { 1, 1ul << 32 }, { 1, ~0ul }), GOOD({ 0, 1023 }, { 1, 0 }));
}

TEST("port_mask.NOENT.no_port", "the port is not in use")
{
	refused(RB_NOENT, rb_port_mask(0, 1));
	refused(RB_NOENT, rb_port_mask(0, 0));
	refused(RB_NOENT, rb_port_mask(1023, 1));
}

/* ---------------- port_close */

TEST("port_close.free", "The port can be allocated again.")
{
	uint64_t a, b;

	ports_connect(&a, &b);
	accepted(rb_port_close(a));
	must(rb_port_alloc(SELF, &result));
	expect_equal(result, a);
	accepted(rb_port_close(b));
	must(rb_port_alloc(SELF, &result));
	expect_equal(result, b);
	/* One that waits. */
	accepted(rb_port_close(b));
	must(rb_port_alloc(SELF, &result));
	expect_equal(result, b);
}

TEST("port_close.peer_stays", "The peer stays in use, unconnected: it cannot send, nobody can bind to it, and it can be closed.")
{
	uint64_t a, b;

	ports_connect(&a, &b);
	accepted(rb_port_close(a));
	refused(RB_NOENT, rb_port_send(b));
	refused(RB_NOENT, rb_port_bind(SELF, b, &result));
	must(rb_port_alloc(SELF, &result));
	must(rb_port_alloc(SELF, &result));
	expect(result != b, "it is not in use");
	accepted(rb_port_close(b));
}

TEST("port_close.pending_stays", "The port's bit in port_pending stays as it is.")
{
	uint64_t a, b;

	ports_connect(&a, &b);
	must(rb_port_send(b));
	accepted(rb_port_close(a));
	expect(is_marked(a) && marked_total() == 1, "%u ports marked", marked_total());
	accepted(rb_port_close(b));
	expect(is_marked(a) && marked_total() == 1, "%u ports marked", marked_total());
}

TEST("port_close.held_lost", "An arrival that the mask held back is lost.")
{
	uint64_t a, b, c, d;

	ports_connect(&a, &b);
	must(rb_port_set_target(a, 0, 0x60));
	must(rb_port_mask(a, 1));
	must(rb_port_send(b));
	accepted(rb_port_close(a));
	must(rb_port_close(b));
	expect(marked_total() == 0 && pending_total() == 0, "it came when the port was closed");
	ports_connect(&c, &d);
	need(a == c, "port %lu and not %lu once more", c, a);
	must(rb_port_set_target(c, 0, 0x60));
	must(rb_port_mask(c, 1));
	must(rb_port_mask(c, 0));
	expect(marked_total() == 0 && pending_total() == 0, "it came to the port's next use");
}

TEST("port_close.INVAL.limits", "an argument breaks its limits, or a register that carries no argument is not zero")
{
	LIMITS(RB_HC_PORT_CLOSE, ARGUMENTS(3), BAD({ 0, 1024 }, { 0, 1ul << 32 }, { 0, ~0ul }), GOOD({ 0, 1023 }, { 0, 0 }));
}

TEST("port_close.NOENT.no_port", "the port is not in use")
{
	refused(RB_NOENT, rb_port_close(0));
	must(rb_port_alloc(SELF, &result));
	must(rb_port_close(0));
	refused(RB_NOENT, rb_port_close(0));
	refused(RB_NOENT, rb_port_close(1023));
}
