/* SPDX-License-Identifier: GPL-2.0-only */
/* See ports.h. */

#include "suite.h"
#include "ports.h"

#include "fake_cpu.h"
#include "ipc/port.h"

struct model_port {
	enum { FREE, WAITING, CONNECTED, ALONE } state;
	u64 domain, peer;	/* who may bind; with whom it is connected */
	u64 vcpu, vector;
	bool is_masked, has_arrived;
};

static struct model_port ports[2][RB_NR_PORTS];

void ports_start(void)
{
	memset(ports, 0, sizeof(ports));
}

static bool domain_lives(u64 d)
{
	return d < 2 && !domains[d]->ending;
}

static bool is_in_use(u32 d, u64 port)
{
	return port < RB_NR_PORTS && ports[d][port].state != FREE;
}

static bool all_in_use(u32 d)
{
	for (u64 port = 0; port < RB_NR_PORTS; port++)
		if (!is_in_use(d, port))
			return false;
	return true;
}

/* The port that the hypervisor chose. */
static struct model_port *chosen(u32 d, u64 result)
{
	if (result >= RB_NR_PORTS || is_in_use(d, result))
		fail_msg("port %lu of domain %u is no free port", result, d);
	return &ports[d][result];
}

status_set ports_alloc(u32 d, u64 peer_domain, u64 result, bool is_done)
{
	status_set errors = 0;

	if (!domain_lives(peer_domain))
		errors |= STATUS_SET(RB_NOENT);
	if (all_in_use(d))
		errors |= STATUS_SET(RB_NOSPACE);
	if (!errors && is_done)
		*chosen(d, result) = (struct model_port){ .state = WAITING, .domain = peer_domain };
	return errors;
}

status_set ports_bind(u32 d, u64 peer_domain, u64 peer_port, u64 result, bool is_done)
{
	struct model_port *peer = domain_lives(peer_domain) ? &ports[peer_domain][peer_port] : NULL;
	status_set errors = 0;

	if (!peer || peer->state != WAITING || peer->domain != d)
		errors |= STATUS_SET(RB_NOENT);
	if (all_in_use(d))
		errors |= STATUS_SET(RB_NOSPACE);
	if (!errors && is_done) {
		*chosen(d, result) = (struct model_port){ .state = CONNECTED, .domain = peer_domain, .peer = peer_port };
		peer->state = CONNECTED;
		peer->peer = result;
	}
	return errors;
}

status_set ports_set_target(u32 d, u64 port, u64 vcpu, u64 vector)
{
	if (!is_in_use(d, port) || vcpu >= VCPUS)
		return STATUS_SET(RB_NOENT);
	ports[d][port].vcpu = vcpu;
	ports[d][port].vector = vector;
	return 0;
}

/* A guest that gives two of its vCPUs one page has each take what is the other's. */
static bool has_page_alone(const struct vcpu *v)
{
	for (u32 i = 0; i < VCPUS; i++) {
		const struct vcpu *other = v->domain->vcpus[i];

		if (other != v && other->page == v->page)
			return false;
	}
	return true;
}

void raised_check(const struct vcpu *v, u32 vector)
{
	/* What is sent before a vCPU was started is lost. */
	if (v->domain->ending || !v->page || !has_page_alone(v))
		return;
	if (run_state(&v->run) == RB_RUN_STATE_BLOCKED)
		fail_msg("I-17: domain %u vCPU %u sleeps with vector %u raised", v->domain->id, v->id, vector);
	for (u32 cpu = 0; cpu < FAKE_CPUS; cpu++)
		for (u32 i = 0; i < fake_cpu[cpu].injected_count; i++)
			if (fake_cpu[cpu].injected[i].v == v && fake_cpu[cpu].injected[i].info == vector)
				return;
	if (!v->page->pending || !(v->page->pending_vectors[vector / 64] >> vector % 64 & 1))
		fail_msg("I-17: domain %u vCPU %u: vector %u is lost", v->domain->id, v->id, vector);
}

/* Something comes in at a port. */
static void arrive(u64 d, u64 port)
{
	struct model_port *p = &ports[d][port];
	const struct vcpu *v = domains[d]->vcpus[p->vcpu];

	if (p->is_masked) {
		p->has_arrived = true;
		return;
	}
	if (v->page && !(v->page->port_pending[port / 64] >> port % 64 & 1))
		fail_msg("port %lu of domain %lu is not marked pending", port, d);
	if (p->vector)
		raised_check(v, (u32)p->vector);
}

status_set ports_send(u32 d, u64 port)
{
	const struct model_port *p = &ports[d][port];

	if (p->state != CONNECTED)
		return STATUS_SET(RB_NOENT);
	if (domain_lives(p->domain))
		arrive(p->domain, p->peer);
	return 0;
}

status_set ports_mask(u32 d, u64 port, bool masked)
{
	struct model_port *p = &ports[d][port];

	if (p->state == FREE)
		return STATUS_SET(RB_NOENT);
	p->is_masked = masked;
	if (!masked && p->has_arrived) {
		p->has_arrived = false;
		arrive(d, port);
	}
	return 0;
}

status_set ports_close(u32 d, u64 port)
{
	struct model_port *p = &ports[d][port];

	if (p->state == FREE)
		return STATUS_SET(RB_NOENT);
	if (p->state == CONNECTED && domain_lives(p->domain))
		ports[p->domain][p->peer].state = ALONE;
	*p = (struct model_port){ .state = FREE };
	return 0;
}

static void compare_port(u32 d, u64 number)
{
	static const u8 states[] = { [FREE] = PORT_FREE, [WAITING] = PORT_WAITING, [CONNECTED] = PORT_CONNECTED, [ALONE] = PORT_UNCONNECTED };
	const struct model_port *m = &ports[d][number];
	const struct port *p = &domains[d]->ports[number];

	if (p->state != states[m->state])
		fail_msg("port %lu of domain %u: state %u, want %u", number, d, p->state, states[m->state]);
	if (m->state == FREE)
		return;
	if (p->masked != m->is_masked || p->arrived_masked != m->has_arrived || p->vcpu != m->vcpu || p->vector != m->vector)
		fail_msg("port %lu of domain %u: mask or target", number, d);
	if (m->state == CONNECTED && (p->domain != m->domain || p->peer != m->peer))
		fail_msg("port %lu of domain %u has another peer", number, d);
}

void ports_compare(void)
{
	for (u32 d = 0; d < 2; d++)
		for (u64 number = 0; number < RB_NR_PORTS; number++)
			compare_port(d, number);
}
