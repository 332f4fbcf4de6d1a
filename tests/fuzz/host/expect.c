/* SPDX-License-Identifier: GPL-2.0-only */
/* See expect.h. One function for each family of calls; page tables are in expect_pages.c. */

#include "suite.h"
#include "expect.h"

#include "fake_cpu.h"
#include "ports.h"

/* How many registers a call uses; the rest must be zero. */
static const u8 registers[RB_NR_CALLS] = {
	[RB_HC_INFO_FEATURES] = 1, [RB_HC_INFO_CALL] = 1, [RB_HC_INFO_COUNTER] = 1, [RB_HC_CONSOLE_WRITE] = 2, [RB_HC_CONSOLE_READ] = 2,
	[RB_HC_PT_UPDATE] = 6, [RB_HC_PT_BATCH] = 2, [RB_HC_ROOT_LOAD] = 1, [RB_HC_TLB_FLUSH] = 4, [RB_HC_EVENT_SEND] = 2,
	[RB_HC_PORT_ALLOC] = 1, [RB_HC_PORT_BIND] = 2, [RB_HC_PORT_SET_TARGET] = 3, [RB_HC_PORT_SEND] = 1, [RB_HC_PORT_MASK] = 2,
	[RB_HC_PORT_CLOSE] = 1, [RB_HC_TIMER_SET] = 1, [RB_HC_VCPU_SET_ENTRY] = 5, [RB_HC_VCPU_SET_GS] = 1, [RB_HC_VCPU_SET_PAGE] = 1,
	[RB_HC_VCPU_SET_QUEUE] = 1, [RB_HC_VCPU_SET_DESCRIPTOR] = 2, [RB_HC_VCPU_SET_DEBUG] = 2, [RB_HC_VCPU_SET_XCR0] = 1,
	[RB_HC_VCPU_SET_TSC_AUX] = 1, [RB_HC_SHUTDOWN] = 2, [RB_HC_VCPU_START] = 6,
	[RB_HC_DOMAIN_CREATE] = 4, [RB_HC_DOMAIN_POPULATE] = 3, [RB_HC_DOMAIN_WRITE] = 4, [RB_HC_DOMAIN_READ] = 4, [RB_HC_DOMAIN_BUILD] = 2,
	[RB_HC_DOMAIN_UNPAUSE] = 1, [RB_HC_DOMAIN_PAUSE] = 1, [RB_HC_DOMAIN_DESTROY] = 1, [RB_HC_DOMAIN_SET_SHARE] = 3, [RB_HC_DOMAIN_INFO] = 2,
	[RB_HC_MACHINE_INFO] = 1,
};

#define INVAL STATUS_SET(RB_INVAL)

void expect(const struct call *c, status_set expected, enum rb_status status, u64 want, u64 result)
{
	if (!status_fits(expected, status))
		fail_msg("call %lu: got %d, want one of set %x", c->number, status, expected);
	if (result != want)
		fail_msg("call %lu: result %lx, want %lx", c->number, result, want);
}

static void expect_status(const struct call *c, status_set expected, enum rb_status status, u64 result)
{
	expect(c, expected, status, 0, result);
}

static bool has_canonical(u64 address)
{
	return address >> 47 == 0 || address >> 47 == 0x1ffff;
}

/* ---------------------------------------------------------------- memory */

/* Bytes that must lie in one DATA chunk. */
status_set expect_physical(const struct model *m, u64 address, u64 bytes)
{
	const u64 chunk = address >> 21;
	status_set errors = 0;
	u32 machine;

	if (chunk >= WORLD_CHUNKS || m->space->chunk_map[chunk] == CHUNK_NONE)
		return STATUS_SET(RB_NOENT);
	machine = m->space->chunk_map[chunk];
	if (bytes && (address + bytes - 1) >> 21 != chunk)
		errors |= INVAL;
	if (oracle.machine.use[machine] != CHUNK_DATA)
		errors |= STATUS_SET(RB_TYPE);
	return errors;
}

static void *behind(const struct call *c, u64 address)
{
	return direct_pointer(c->m->space->chunk_map[address >> 21] * CHUNK_BYTES + address % CHUNK_BYTES);
}

static void expect_page(const struct call *c, enum rb_status status, u64 result)
{
	const u64 address = c->arg[0];
	const struct vcpu *v = c->v;
	const status_set expected = address >> 52 || address % 4096 ? INVAL : expect_physical(c->m, address, 4096);

	expect_status(c, expected, status, result);
	if (!expected && (c->number == RB_HC_VCPU_SET_PAGE ? (void *)v->page : (void *)v->queue) != behind(c, address))
		fail_msg("call %lu chose another page", c->number);
}

static void expect_console(const struct call *c, enum rb_status status, u64 result)
{
	const status_set expected = c->arg[0] >> 52 || c->arg[1] > 4096 ? INVAL : expect_physical(c->m, c->arg[0], c->arg[1]);

	if (!status_fits(expected, status) || result > (expected ? 0 : c->arg[1]))
		fail_msg("console call %lu: got %d, result %lu, want one of set %x", c->number, status, result, expected);
}

/* ---------------------------------------------------------------- the vCPU */

static bool is_kernel_address(u64 address)
{
	return address >= RB_GATE_END;
}

/* A vCPU that begins, and what it does not keep of an earlier life. */
static void check_started(const struct call *c, const struct vcpu *v)
{
	const struct regs *regs = &v->regs;

	if ((void *)v->page != behind(c, c->arg[5]) || v->page->events_enabled)
		fail_msg("a vCPU was started with another page");
	if (regs->rip != c->arg[1] || regs->rsp != c->arg[2] || regs->rdi != c->arg[3] || regs->rax || regs->r15 || regs->cs != SEL_KERNEL_CS)
		fail_msg("a vCPU was started with other registers");
	if (v->user_entry || v->kernel_entry || v->queue || v->xcr0 != 1 || v->kernel_gs)
		fail_msg("a vCPU was started with settings of its own");
}

static void expect_start(const struct call *c, enum rb_status status, u64 result)
{
	const u64 id = c->arg[0], sp = c->arg[2], root = c->arg[4], page = c->arg[5];
	status_set expected = 0;

	if (id >= RB_MAX_VCPUS || !is_kernel_address(c->arg[1]) || !has_canonical(sp) || root >> 40 || page >> 52 || page % 4096) {
		expected = INVAL;
	} else {
		expected = expect_physical(c->m, page, 4096) | oracle_hold(c->m, root);
		if (id >= VCPUS)
			expected |= STATUS_SET(RB_NOENT);
		else if (c->m->vcpu[id].exists)
			expected |= STATUS_SET(RB_BUSY);
	}
	expect_status(c, expected, status, result);
	if (expected)
		return;
	c->m->vcpu[id] = (struct model_vcpu){ .exists = true, .root = oracle_find(c->m, root), .cpu = NOBODY };
	check_started(c, domains[c->v->domain->id]->vcpus[id]);
}

/* The vCPU that stopped is gone by now. */
static void expect_stop(const struct call *c, enum rb_status status, u64 result)
{
	const struct vcpu *v = c->v;
	status_set expected = STATUS_SET(RB_BUSY);

	for (int vcpu = 0; vcpu < VCPUS; vcpu++)
		if (vcpu != c->vcpu && c->m->vcpu[vcpu].exists)
			expected = 0;
	expect_status(c, expected, status, result);
	if (expected)
		return;
	if (run_state(&v->run) != RB_RUN_STATE_OFFLINE || v->page || v->queue || v->user_root.raw != NO_MFN.raw)
		fail_msg("a vCPU that stopped is in state %u", run_state(&v->run));
	c->m->vcpu[c->vcpu] = (struct model_vcpu){ .root = NOBODY, .cpu = NOBODY };
}

static void expect_entry(const struct call *c, enum rb_status status, u64 result)
{
	const struct vcpu *v = c->v;
	status_set expected = 0;

	for (int i = 0; i < 5; i++)
		if (!is_kernel_address(c->arg[i]) && (i < 2 || c->arg[i]))
			expected = INVAL;
	if (c->arg[3] < c->arg[2])
		expected = INVAL;
	expect_status(c, expected, status, result);
	if (!expected && (v->user_entry != c->arg[0] || v->kernel_entry != c->arg[1] || v->range_start != c->arg[2] || v->range_end != c->arg[3]))
		fail_msg("entry points are not those of the call");
}

static void expect_descriptor(const struct call *c, enum rb_status status, u64 result)
{
	const u64 d = c->arg[1];
	const bool is_good = d == 0 || ((d >> 47 & 1) && (d >> 45 & 3) == 3 && (d >> 44 & 1) && !(d >> 43 & 1) && (d >> 54 & 1) && !(d >> 53 & 1));

	expect_status(c, c->arg[0] > 3 || !is_good ? INVAL : 0, status, result);
	if (status == RB_OK && c->v->descriptors[c->arg[0]] != (d ? d | 1ul << 40 : 0))
		fail_msg("descriptor is not that of the call");
}

static void expect_debug(const struct call *c, enum rb_status status, u64 result)
{
	const u64 index = c->arg[0], value = c->arg[1];
	status_set expected = 0;

	if (index < 4 && (!has_canonical(value) || (value >= RB_GATE_START && value < RB_GATE_END)))
		expected = INVAL;
	if (index > 3 && index != 7)
		expected = INVAL;
	if (index == 7)
		for (int i = 0; i < 4; i++)
			if ((value >> (16 + 4 * i) & 3) == 2 || value >> 32 || (value & 0xf800))
				expected = INVAL;
	expect_status(c, expected, status, result);
}

static void expect_xcr0(const struct call *c, enum rb_status status, u64 result)
{
	const u64 x = c->arg[0];
	const bool is_good = (x & 1) && !(x & ~0xe7ul) && (!(x & 4) || (x & 2)) && ((x & 0xe0) == 0 || ((x & 0xe0) == 0xe0 && (x & 4)));

	expect_status(c, is_good ? 0 : INVAL, status, result);
	if (is_good && c->v->xcr0 != x)
		fail_msg("XCR0 is not that of the call");
}

/* ---------------------------------------------------------------- events and ports */

static void expect_send(const struct call *c, enum rb_status status, u64 result)
{
	const bool is_good = c->arg[1] >= 32 && c->arg[1] < 256;

	expect_status(c, is_good ? 0 : INVAL, status, result);
	for (int vcpu = 0; is_good && vcpu < VCPUS; vcpu++)
		if (c->arg[0] >> vcpu & 1)
			raised_check(domains[c->v->domain->id]->vcpus[vcpu], (u32)c->arg[1]);
}

static void expect_new_port(const struct call *c, enum rb_status status, u64 result)
{
	const u32 d = c->v->domain->id;
	status_set expected;

	if (c->arg[0] > 0xffff || c->arg[1] >= RB_NR_PORTS)
		expected = INVAL;
	else if (c->number == RB_HC_PORT_ALLOC)
		expected = ports_alloc(d, c->arg[0], result, status == RB_OK);
	else
		expected = ports_bind(d, c->arg[0], c->arg[1], result, status == RB_OK);
	expect(c, expected, status, status == RB_OK ? result : 0, result);
}

static void expect_port(const struct call *c, enum rb_status status, u64 result)
{
	const u32 d = c->v->domain->id;
	const u64 port = c->arg[0];
	status_set expected = INVAL;

	if (port >= RB_NR_PORTS)
		expected = INVAL;
	else if (c->number == RB_HC_PORT_SET_TARGET && c->arg[1] < 64 && c->arg[2] >= 32 && c->arg[2] < 256)
		expected = ports_set_target(d, port, c->arg[1], c->arg[2]);
	else if (c->number == RB_HC_PORT_SEND)
		expected = ports_send(d, port);
	else if (c->number == RB_HC_PORT_MASK && c->arg[1] <= 1)
		expected = ports_mask(d, port, c->arg[1]);
	else if (c->number == RB_HC_PORT_CLOSE)
		expected = ports_close(d, port);
	expect_status(c, expected, status, result);
}

/* ---------------------------------------------------------------- information */

static void expect_counter(const struct call *c, enum rb_status status, u64 result)
{
	const struct model *m = c->m;
	u64 want = result;

	if (c->arg[0] >= RB_NR_COUNTERS) {
		expect_status(c, STATUS_SET(RB_NOSYS), status, result);
		return;
	}
	if (c->arg[0] == RB_COUNTER_PT_OPS)
		want = m->ops;
	if (c->arg[0] == RB_COUNTER_PT_REFUSED)
		want = m->refused;
	if (c->arg[0] == RB_COUNTER_ROOT_LOADS)
		want = m->loads;
	if (c->arg[0] == RB_COUNTER_FRAMES_TOTAL)
		want = m->pt_present * 512;
	expect(c, 0, status, want, result);
}

static void expect_info(const struct call *c, enum rb_status status, u64 result)
{
	switch (c->number) {
	case RB_HC_INFO_VERSION:
		expect(c, 0, status, (u64)RB_ABI_MAJOR << 16 | RB_ABI_MINOR, result);
		break;
	case RB_HC_INFO_FEATURES:
		expect(c, c->arg[0] ? STATUS_SET(RB_NOSYS) : 0, status, c->arg[0] ? 0 : RB_FEATURE_PCID | RB_FEATURE_DEBUG_CHECK, result);
		break;
	case RB_HC_INFO_CALL:
		if (!status_fits(c->arg[0] < RB_NR_CALLS ? 0 : STATUS_SET(RB_NOSYS), status) || (status == RB_OK) != (result != 0))
			fail_msg("info_call of %lx: got %d, result %lx", c->arg[0], status, result);
		break;
	default:
		expect_counter(c, status, result);
	}
}

/* Calls whose status is all there is to see. */
static void expect_simple(const struct call *c, enum rb_status status, u64 result)
{
	status_set expected = 0;

	if (c->number == RB_HC_VCPU_SET_GS && !has_canonical(c->arg[0]))
		expected = INVAL;
	if (c->number == RB_HC_VCPU_SET_TSC_AUX && c->arg[0] >> 32)
		expected = INVAL;
	if (c->number == RB_HC_SHUTDOWN && (c->arg[0] > RB_SHUTDOWN_REASON_CRASH || c->arg[1] > 255))
		expected = INVAL;
	expect_status(c, expected, status, result);
	if (c->number == RB_HC_SHUTDOWN && !expected && !c->v->domain->ending)
		fail_msg("a domain that ended goes on");
}

void expect_call(const struct call *c, enum rb_status status, u64 result)
{
	for (u32 i = c->number < RB_NR_CALLS ? registers[c->number] : 6; i < 6; i++)
		if (c->arg[i]) {
			expect_status(c, INVAL, status, result);
			return;
		}
	switch (c->number) {
	case RB_HC_INFO_VERSION: case RB_HC_INFO_FEATURES: case RB_HC_INFO_CALL: case RB_HC_INFO_COUNTER:
		expect_info(c, status, result);
		break;
	case RB_HC_CONSOLE_WRITE: case RB_HC_CONSOLE_READ:
		expect_console(c, status, result);
		break;
	case RB_HC_PT_UPDATE: case RB_HC_PT_BATCH: case RB_HC_ROOT_LOAD: case RB_HC_PT_RESERVE_GROW: case RB_HC_TLB_FLUSH:
		expect_pages(c, status, result);
		break;
	case RB_HC_EVENT_SEND:
		expect_send(c, status, result);
		break;
	case RB_HC_PORT_ALLOC: case RB_HC_PORT_BIND:
		expect_new_port(c, status, result);
		break;
	case RB_HC_PORT_SET_TARGET: case RB_HC_PORT_SEND: case RB_HC_PORT_MASK: case RB_HC_PORT_CLOSE:
		expect_port(c, status, result);
		break;
	case RB_HC_VCPU_START:
		expect_start(c, status, result);
		break;
	case RB_HC_VCPU_STOP:
		expect_stop(c, status, result);
		break;
	case RB_HC_VCPU_SET_ENTRY:
		expect_entry(c, status, result);
		break;
	case RB_HC_VCPU_SET_PAGE: case RB_HC_VCPU_SET_QUEUE:
		expect_page(c, status, result);
		break;
	case RB_HC_VCPU_SET_DESCRIPTOR:
		expect_descriptor(c, status, result);
		break;
	case RB_HC_VCPU_SET_DEBUG:
		expect_debug(c, status, result);
		break;
	case RB_HC_VCPU_SET_XCR0:
		expect_xcr0(c, status, result);
		break;
	case RB_HC_TIMER_SET: case RB_HC_SCHED_BLOCK: case RB_HC_SCHED_WAIT: case RB_HC_SCHED_YIELD: case RB_HC_VCPU_SET_GS: case RB_HC_VCPU_SET_TSC_AUX:
	case RB_HC_SHUTDOWN: case RB_HC_DEBUG_CHECK:
		expect_simple(c, status, result);
		break;
	case RB_HC_DOMAIN_CREATE: case RB_HC_DOMAIN_POPULATE: case RB_HC_DOMAIN_WRITE: case RB_HC_DOMAIN_READ: case RB_HC_DOMAIN_BUILD: case RB_HC_DOMAIN_UNPAUSE:
	case RB_HC_DOMAIN_PAUSE: case RB_HC_DOMAIN_DESTROY: case RB_HC_DOMAIN_SET_SHARE: case RB_HC_DOMAIN_INFO: case RB_HC_MACHINE_INFO:
		expect_control(c, status, result);
		break;
	default:
		expect_status(c, STATUS_SET(RB_NOSYS), status, result);
	}
}
