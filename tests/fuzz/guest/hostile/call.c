/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls with arguments that are nearly right. What there is to call and what it takes is generated (grammar.h); here is how wrong to be, and the
 * few calls for which arguments without a sense of time or structure would never get beyond the first check.
 */
#include "grammar.h"

#define CALL_COUNT (sizeof(calls) / sizeof(calls[0]))

static uint64_t in_range(const struct argument *a)
{
	uint64_t span = a->high - a->low;

	switch (a->kind) {
	case ARG_FRAME:
		return one_in(8) ? guest_start->user_root : PICK(pool_frames);
	case ARG_PHYSICAL:
		return one_in(8) ? PICK(pool_frames) * GUEST_PAGE : one_in(8) ? PICK(pool_chunks) + below(GUEST_CHUNK) : PICK(pool_pages) + below(GUEST_PAGE);
	case ARG_ADDRESS:
		return a->zero && one_in(4) ? 0 : random_address() | RB_GATE_END;
	default:
		/* Of a wide range the beginning names what exists. */
		if (one_in(2) && span > 16)
			span = 16;
		return a->low + (span == ~0ul ? random_value() : below(span + 1));
	}
}

static uint64_t random_argument(const struct argument *a)
{
	uint64_t value = one_in(12) ? a->edges[below(a->edge_count)] : one_in(12) ? random_value() : in_range(a);

	return one_in(16) ? value : value & ~(a->align - 1);
}

/* Operations into the queue page, some of them prepared; where to begin and how many to the arguments. */
static void batch(uint64_t arg[6])
{
	struct rb_pt_op *queue = guest_pointer(guest_start->queue_page);

	for (unsigned i = 0; i < 40; i++)
		queue[i] = random_op();
	arg[0] = below(8);
	arg[1] = one_in(16) ? below(258) : below(32);
}

static void operations(uint64_t arg[6])
{
	unsigned count = 1 + (unsigned)below(3);

	for (unsigned i = 0; i < count; i++) {
		struct rb_pt_op op = random_op();

		arg[2 * i] = op.word;
		arg[2 * i + 1] = op.value;
	}
}

/* A gate, a task state, code of any level: what must never be a guest's. Now and then a bit is wrong. */
static uint64_t random_descriptor(void)
{
	static const uint64_t shapes[] = { 0x00cff3000000ffff, 0x00cff3000000ffff, 0x00c0f20000000000, 0x00cf93000000ffff, 0x00af9b000000ffff, 0x00affb000000ffff,
					   0x0000ec0000800000, 0x0000890000000067, 0x0000820000000067, 0 };
	uint64_t descriptor = PICK(shapes) | (random_next() & 0xff0001ff00ffffff);

	return one_in(3) ? descriptor ^ 1ul << below(64) : descriptor;
}

/* Where the hypervisor is to write: memory to spare, or none at all. Elsewhere the guest would destroy itself. */
static uint64_t spare(uint64_t physical)
{
	return one_in(4) ? physical | 1ul << 50 : PICK(pool_pages);
}

/* For the calls where it matters. False: not to be made. */
static bool arguments_refine(uint64_t nr, uint64_t arg[6])
{
	switch (nr) {
	case RB_HC_SHUTDOWN:
		return false;
	case RB_HC_DEBUG_CHECK:		/* slow */
		return one_in(40);
	case RB_HC_CONSOLE_WRITE:	/* nobody wants to read that */
		arg[1] = arg[1] > 4096 ? arg[1] : arg[1] & 1;
		return true;
	case RB_HC_PT_UPDATE:
		if (!one_in(16))
			operations(arg);
		return true;
	case RB_HC_PT_BATCH:
		batch(arg);
		return true;
	case RB_HC_TIMER_SET:
		arg[0] = one_in(4) ? arg[0] : time_now() + below(100000);
		return true;
	case RB_HC_SCHED_WAIT:
		/* Something must end the wait, and not before it begins. */
		running_page()->events_enabled = 0;
		timer_in(below(100000));
		return true;
	case RB_HC_DOMAIN_CREATE: case RB_HC_DOMAIN_POPULATE:
		return guest_start->domain_id;	/* The watcher knows one domain. */
	case RB_HC_DOMAIN_WRITE:
		if (arg[0] == guest_start->domain_id)
			arg[1] = spare(arg[1]);
		return true;
	case RB_HC_DOMAIN_READ:
		arg[2] = spare(arg[2]);
		return true;
	case RB_HC_DOMAIN_INFO:
		arg[1] = spare(arg[1]);
		return true;
	case RB_HC_MACHINE_INFO:
		arg[0] = spare(arg[0]);
		return true;
	case RB_HC_DOMAIN_SET_SHARE:
		arg[2] = one_in(2) ? 0 : 101 + below(7000);	/* with a small cap of its own it would not get far */
		return true;
	case RB_HC_VCPU_START:
		accomplice_refine(arg);
		return true;
	case RB_HC_VCPU_STOP:		/* vCPU 0 starts the others again; nobody would start it */
		return vcpu_self() || !accomplice_count;
	case RB_HC_SCHED_BLOCK:
		running_page()->events_enabled = 0;
		timer_in(below(100000));
		return true;
	case RB_HC_VCPU_SET_PAGE:
		if (vcpu_self())
			arg[0] = accomplice_page();
		return true;
	case RB_HC_VCPU_SET_GS:
		known.settings = false;
		return true;
	case RB_HC_VCPU_SET_DESCRIPTOR:
		arg[0] = one_in(8) ? arg[0] : below(4);
		arg[1] = random_descriptor();
		return true;
	case RB_HC_VCPU_SET_DEBUG:
		arg[0] = below(9);
		arg[1] = arg[0] == 7 ? random_next() & (one_in(4) ? ~0ul : 0xdddd07ff) : random_address();
		return true;
	case RB_HC_VCPU_SET_XCR0:
		arg[0] = one_in(4) ? random_next() : 3 | (random_next() & 0x2e4);
		return true;
	}
	return true;
}

/* By vCPU; zero: its own. */
static uint64_t loaded_roots[RB_MAX_VCPUS];

uint64_t root_loaded(void)
{
	return loaded_roots[vcpu_self()];
}

void root_forget(void)
{
	loaded_roots[vcpu_self()] = 0;
}

/* What took effect, against what was asked for. A root that a vCPU runs on must not become a table of another kind (I-9). */
static void call_judge(uint64_t nr, const uint64_t arg[6], long status)
{
	if (!accomplice_count && (status > 0 || status < RB_AGAIN))
		failed("call %lu gives status %ld", nr, status);
	if (status != RB_OK)
		return;
	if (nr == RB_HC_ROOT_LOAD)
		loaded_roots[vcpu_self()] = arg[0];
	for (unsigned i = 0; nr == RB_HC_PT_UPDATE && i < 6 && (arg[i] | arg[i + 1]); i += 2)
		if (root_loaded() && rb_op_code(arg[i]) == RB_OP_TYPE && root_loaded() - rb_op_frame(arg[i]) < rb_op_count(arg[i]))
			failed("the loaded root %lx was made a table of level %lu", root_loaded(), arg[i + 1]);
}

void random_call(void)
{
	static const uint8_t favourites[] = { RB_HC_PT_UPDATE, RB_HC_PT_UPDATE, RB_HC_PT_BATCH, RB_HC_ROOT_LOAD };
	const struct call *call = &calls[one_in(3) ? PICK(favourites) : below(CALL_COUNT)];
	uint64_t nr = call->nr, arg[6] = { 0 }, result;
	long status;

	for (unsigned i = 0; i < call->argument_count; i++)
		arg[i] = random_argument(&call->arguments[i]);
	if (one_in(64))
		nr = RB_NR_CALLS + (one_in(2) ? 0 : below(~0ul - RB_NR_CALLS));	/* no such call */
	if (!arguments_refine(nr, arg))
		return;
	/* What carries no argument is mostly zero, or the call would be refused for that alone. */
	if (one_in(20) && call->argument_count < 6)
		arg[call->argument_count + below(6 - call->argument_count)] = random_value();
	status = rb_hypercall6(nr, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5], &result);
	figures.calls[nr < 63 ? nr : 63][status <= 0 && status > -15 ? -status : 15]++;
	call_judge(nr, arg, status);
	if (nr == RB_HC_SCHED_WAIT)
		running_page()->events_enabled = 1;
	if (nr == RB_HC_VCPU_SET_ENTRY)
		vcpu_self() ? guest_set_entry(0) : entry_restore();
}
