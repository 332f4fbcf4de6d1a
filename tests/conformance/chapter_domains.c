/* SPDX-License-Identifier: GPL-2.0-only */
/* Chapter: domains. */
#include "domains.h"

void image_reset(void)
{
	domains_destroy();
}

TEST("domain.control", "The control domain is the domain with number 0, and `start_info.domain_id` tells it so.")
{
	expect_equal(guest_start->domain_id, 0);
	accepted(rb_machine_info(told_page()));
	expect_equal(child_call(child_running(1), RB_HC_MACHINE_INFO, CHILD_FREE), RB_PERM);
}

TEST("domain.new_ports", "A port can be allocated for a domain that is NEW.")
{
	uint64_t child = child_new(1), port, page = guest_page();

	accepted(rb_port_alloc(child, &port));
	*(struct rb_domain_image *)guest_pointer(page) = child_image();
	must(rb_domain_build(child, page));
	must(rb_domain_unpause(child));
	accepted(child_call(child, RB_HC_PORT_BIND, SELF, port));
	accepted(rb_port_send(port));
}

TEST("domain.fresh", "A domain that takes the number of another one begins without a name, without ports in use, and with counters of zero.")
{
	uint64_t child = child_running(1), port;

	must(child_call_with(child, RB_HC_PORT_ALLOC, (const uint64_t[6]){ SELF }, &port));
	need(domain_look(child)->hypercalls && domain_look(child)->name[0], "nothing to be seen");
	must(guest_domain_destroy(child));
	expect_equal(child_new(1), child);
	expect_equal(domain_look(child)->name[0], 0);
	expect_equal(domain_look(child)->hypercalls, 0);
	must(guest_domain_destroy(child));
	expect_equal(child_running(1), child);
	expect_equal(child_call(child, RB_HC_PORT_SEND, port), RB_NOENT);
	expect_equal(child_call(child, RB_HC_PORT_CLOSE, port), RB_NOENT);
	must(child_call_with(child, RB_HC_INFO_COUNTER, (const uint64_t[6]){ RB_COUNTER_PT_OPS }, &result));
	expect(result < 100, "%lu page-table operations", result);
}

/* Both ends of a connection to a child that has ended, and a port of it that waits for us. */
static uint64_t ended_with_ports(uint64_t *ours, uint64_t *waiting)
{
	uint64_t child = child_running(1);

	must(rb_port_alloc(child, ours));
	must(child_call(child, RB_HC_PORT_BIND, SELF, *ours));
	must(child_call_with(child, RB_HC_PORT_ALLOC, (const uint64_t[6]){ SELF }, waiting));
	child_begin(child, RB_HC_SHUTDOWN, (const uint64_t[6]){ RB_SHUTDOWN_REASON_POWEROFF, 3 });
	while (domain_look(child)->state != RB_DOMAIN_STATE_ENDED)
		must(rb_sched_yield());
	return child;
}

TEST("domain.send_to_ended", "What is sent through a port to a domain that has ended is lost; the status is OK, until the domain is destroyed.")
{
	uint64_t ours, waiting, child = ended_with_ports(&ours, &waiting);
	static struct rb_vcpu_page before, after;

	must(guest_domain_read(child, CHILD_BOOT + 2 * GUEST_PAGE, &before, sizeof(before)));
	for (unsigned i = 0; i < 10; i++)
		accepted(rb_port_send(ours));
	must(guest_domain_read(child, CHILD_BOOT + 2 * GUEST_PAGE, &after, sizeof(after)));
	expect(!memcmp(before.port_pending, after.port_pending, sizeof(after.port_pending)), "it arrived");
	must(guest_domain_destroy(child));
	refused(RB_NOENT, rb_port_send(ours));
}

TEST("domain.no_port_for_ended", "No port can be allocated for a domain that has ended: there is no such domain.")
{
	uint64_t ours, waiting, child = ended_with_ports(&ours, &waiting);

	refused_there(RB_NOENT, rb_port_alloc(child, &result));
}

TEST("domain.no_bind_to_ended", "Nobody can bind to a port of a domain that has ended: there is no such domain.")
{
	uint64_t ours, waiting, child = ended_with_ports(&ours, &waiting);

	refused_there(RB_NOENT, rb_port_bind(child, waiting, &result));
}

/* What a child reads of its console. */
static uint64_t typed_for(uint64_t child)
{
	uint64_t count;

	must(child_call_with(child, RB_HC_CONSOLE_READ, (const uint64_t[6]){ CHILD_FREE, 64 }, &count));
	return count;
}

static bool has_input(uint64_t child)
{
	static struct rb_vcpu_page page;

	must(guest_domain_read(child, CHILD_BOOT + 2 * GUEST_PAGE, &page, sizeof(page)));
	return page.pending_vectors[RB_VECTOR_CONSOLE / 64] >> RB_VECTOR_CONSOLE % 64 & 1;
}

TEST("domain.typed", "What was typed for a domain that has ended is not read by the next one of its number.", .cpus = 1)
{
	uint64_t child = child_running(1), again;

	/* Ctrl-] has what follows go to the child. */
	type_line("\x1dsecret");
	while (!has_input(child))
		must(rb_sched_yield());
	must(guest_domain_destroy(child));
	again = child_running(1);
	need(again == child, "domain %lu and not %lu", again, child);
	expect_equal(typed_for(again), 0);
	/* It gets what is typed for it. */
	type_line("\x1dword");
	while (!has_input(again))
		must(rb_sched_yield());
	guest_delay(10000000);
	expect(typed_for(again) > 0, "nothing came");
}

/* Ends its domain with code 9, after a while. */
PROGRAM(late_program, "mov $20000000, %ecx; 1: dec %ecx; jnz 1b; mov $29, %eax; xor %edi, %edi; mov $9, %esi; xor %edx, %edx; xor %r10d, %r10d; xor %r8d, %r8d; xor %r9d, %r9d; syscall; ud2");
_Static_assert(RB_HC_SHUTDOWN == 29 && RB_SHUTDOWN_REASON_POWEROFF == 0, "as late_program has it");

TEST("domain.go_on", "When the control domain ends, domains that are LIVE go on.", .cpus = 1)
{
	uint64_t child = child_with(late_program, late_program_end, child_image());

	must(rb_domain_unpause(child));
	ends(OFF(5), "domain 0 powers off (code 5)");
	ends(OFF(5), "domain 1 powers off (code 9)");
	rb_shutdown(RB_SHUTDOWN_REASON_POWEROFF, 5);
}

TEST("domain.paused_end", "Domains that are NEW or PAUSED do not keep the machine running when the control domain has ended.", .cpus = 1)
{
	uint64_t child = child_running(1);

	child_built(1);
	child_new(1);
	domain_new(16);
	child_turns(child);
	must(guest_domain_pause(child));
	ends(OFF(6), "no domain is left");
	rb_shutdown(RB_SHUTDOWN_REASON_POWEROFF, 6);
}
