/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event ports; see port.h. One lock for all: connecting involves two domains, and a send is short.
 *
 * Keeps: peers name each other, whatever becomes of their domains; a port that is not CONNECTED has no peer.
 */
#include "ipc/port.h"
#include "lib/ensure.h"
#include "mm/page.h"
#include "vm/event.h"

#define TABLE_PAGES ((RB_NR_PORTS * sizeof(struct port) + PAGE_BYTES - 1) / PAGE_BYTES)

static struct spinlock ports_lock;

bool ports_create(struct domain *d)
{
	d->ports = page_run_alloc(TABLE_PAGES);
	return d->ports;
}

/* A domain's port in use, or NULL. */
static struct port *port_find(struct domain *d, u64 number)
{
	struct port *port;

	if (number >= RB_NR_PORTS || !d->ports)
		return NULL;
	port = &d->ports[nospec_index(number, RB_NR_PORTS)];
	return port->state == PORT_FREE ? NULL : port;
}

static struct port *port_find_free(struct domain *d, u64 *number)
{
	for (u32 i = 0; d->ports && i < RB_NR_PORTS; i++) {
		if (d->ports[i].state == PORT_FREE) {
			*number = i;
			return &d->ports[i];
		}
	}
	return NULL;
}

static void port_pending_set(struct domain *d, u64 number, const struct port *port)
{
	struct vcpu *v = domain_vcpu(d, port->vcpu);

	if (!v)
		return;
	event_port_set(v, (u32)number);
	if (port->vector)
		event_raise(v, port->vector);
}

static void port_arrive(struct domain *d, u64 number)
{
	struct port *port = port_find(d, number);

	if (!port)
		return;
	if (port->masked)
		port->arrived_masked = true;
	else
		port_pending_set(d, number, port);
}

static enum rb_status alloc_locked(struct domain *d, u64 peer_domain, u64 *number)
{
	struct port *port;

	if (!domain_find(peer_domain))
		return RB_NOENT;
	port = port_find_free(d, number);
	if (!port)
		return RB_NOSPACE;

	*port = (struct port){ .state = PORT_WAITING, .domain = (u16)peer_domain };
	return RB_OK;
}

enum rb_status port_alloc(struct domain *d, u64 peer_domain, u64 *number)
{
	enum rb_status status;

	spin_lock(&ports_lock);
	status = alloc_locked(d, peer_domain, number);
	spin_unlock(&ports_lock);
	return status;
}

static enum rb_status bind_locked(struct domain *d, u64 peer_domain, u64 peer_number, u64 *number)
{
	struct domain *other = domain_find(peer_domain);
	struct port *peer = other ? port_find(other, peer_number) : NULL;
	struct port *port;

	if (!peer || peer->state != PORT_WAITING || peer->domain != d->id)
		return RB_NOENT;
	port = port_find_free(d, number);
	if (!port)
		return RB_NOSPACE;

	*port = (struct port){ .state = PORT_CONNECTED, .domain = (u16)peer_domain, .peer = (u32)peer_number };
	peer->state = PORT_CONNECTED;
	peer->peer = (u32)*number;
	return RB_OK;
}

enum rb_status port_bind(struct domain *d, u64 peer_domain, u64 peer_number, u64 *number)
{
	enum rb_status status;

	spin_lock(&ports_lock);
	status = bind_locked(d, peer_domain, peer_number, number);
	spin_unlock(&ports_lock);
	return status;
}

enum rb_status port_set_target(struct domain *d, u64 number, u64 vcpu, u64 vector)
{
	struct port *port;
	enum rb_status status = RB_NOENT;

	spin_lock(&ports_lock);
	port = port_find(d, number);
	if (port && domain_vcpu(d, vcpu)) {
		port->vcpu = (u16)vcpu;
		port->vector = (u8)vector;
		status = RB_OK;
	}
	spin_unlock(&ports_lock);
	return status;
}

enum rb_status port_send(struct domain *d, u64 number)
{
	struct port *port;
	enum rb_status status = RB_NOENT;

	spin_lock(&ports_lock);
	port = port_find(d, number);
	if (port && port->state == PORT_CONNECTED) {
		struct domain *other = domain_find(port->domain);

		if (other)
			port_arrive(other, port->peer);
		status = RB_OK;
	}
	spin_unlock(&ports_lock);
	return status;
}

enum rb_status port_mask(struct domain *d, u64 number, bool masked)
{
	struct port *port;

	spin_lock(&ports_lock);
	port = port_find(d, number);
	if (port) {
		port->masked = masked;
		if (!masked && port->arrived_masked) {
			port->arrived_masked = false;
			port_pending_set(d, number, port);
		}
	}
	spin_unlock(&ports_lock);
	return port ? RB_OK : RB_NOENT;
}

/* Caller holds the lock. */
static void close_locked(struct port *port)
{
	/* Also of a domain that has ended: its ports are there until it is destroyed. */
	struct port *peer = port->state == PORT_CONNECTED ? port_find(domains[port->domain], port->peer) : NULL;

	if (peer)
		peer->state = PORT_UNCONNECTED;
	port->state = PORT_FREE;
}

enum rb_status port_close(struct domain *d, u64 number)
{
	struct port *port;

	spin_lock(&ports_lock);
	port = port_find(d, number);
	if (port)
		close_locked(port);
	spin_unlock(&ports_lock);
	return port ? RB_OK : RB_NOENT;
}

/* Ports that wait for a domain that is no more: not for the next one of its number. Caller holds the lock. */
static void waiting_end(const struct domain *d)
{
	for (u32 i = 0; i < domains_end; i++) {
		for (u32 number = 0; domains[i]->ports && number < RB_NR_PORTS; number++) {
			struct port *port = &domains[i]->ports[number];

			if (port->state == PORT_WAITING && port->domain == d->id)
				port->state = PORT_UNCONNECTED;
		}
	}
}

void ports_destroy(struct domain *d)
{
	struct port *ports;

	spin_lock(&ports_lock);
	ports = d->ports;
	if (ports) {
		for (u32 i = 0; i < RB_NR_PORTS; i++) {
			if (ports[i].state != PORT_FREE)
				close_locked(&ports[i]);
		}
		d->ports = NULL;
		waiting_end(d);
	}
	spin_unlock(&ports_lock);
	if (ports)
		page_run_free(ports, TABLE_PAGES);
}
