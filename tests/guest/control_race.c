/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A control domain that does not know what it does: two vCPUs on two CPUs make all calls of the control family on the same few domains, each with arguments that are
 * right, nearly right, or nonsense, at any moment of the other's work.
 *
 * cpus: 2
 * vcpus: 2
 * timeout: 240
 * options: mem=64M
 *
 * Provokes: domains destroyed while they are populated, built, unpaused, paused, read, while they run on the other CPU, wait for a CPU under a cap of one percent, block,
 * end by themselves; ports of ours to them and back; several vCPUs in them; numbers that are given to the next one at once.
 * Must: end no domain but those, keep all invariants (I-2 to I-10, I-14), and have all memory back at the end.
 */
#include "test.h"
#include "child.h"

#define NUMBERS	4u	/* domains 1 to 4 */
#define ROUNDS	20000u
#define SPAN_NS	40000000000ul	/* or so long */
#define STACK	16384

/* One of us. */
struct maker {
	uint64_t seed, page, done, accepted[RB_NR_CALLS], refused;
};
static struct maker makers[2];
static uint8_t second_stack[STACK] __attribute__((aligned(16)));
static uint64_t program_at, program_bytes;
static bool is_over;

static uint64_t random(struct maker *m)
{
	m->seed ^= m->seed << 13;
	m->seed ^= m->seed >> 7;
	m->seed ^= m->seed << 17;
	return m->seed;
}

static bool one_in(struct maker *m, unsigned n)
{
	return random(m) % n == 0;
}

/* A number that is near a limit of 64 bits. */
static uint64_t nonsense(struct maker *m)
{
	const uint64_t near = 1ul << random(m) % 64;

	return near + random(m) % 5 - 2;
}

static void told(struct maker *m, unsigned number, long status)
{
	if (status == RB_OK)
		m->accepted[number]++;
	else
		m->refused++;
}

static uint64_t number_of(struct maker *m)
{
	return one_in(m, 40) ? nonsense(m) : 1 + random(m) % NUMBERS;
}

static void create(struct maker *m)
{
	uint64_t id = 0;

	if (one_in(m, 10))
		told(m, RB_HC_DOMAIN_CREATE, rb_domain_create(nonsense(m) % 600000, nonsense(m) % 600000, 1 + random(m) % 16384, 1 + random(m) % 4, &id));
	else
		told(m, RB_HC_DOMAIN_CREATE, rb_domain_create(CHILD_CHUNKS, CHILD_RESERVE, 4, 1 + random(m) % 3, &id));
	/* Not more than these, so that they meet. */
	if (id > NUMBERS)
		guest_domain_destroy(id);
}

/* All of it, if nobody is in the way: else two runs would hardly ever meet a domain that runs. */
static void make(struct maker *m, uint64_t id)
{
	struct rb_domain_image *image = guest_pointer(m->page);
	uint64_t given;

	for (uint64_t chunk = 0; chunk <= CHILD_RESERVE; chunk += given)
		if (rb_domain_populate(id, chunk, CHILD_RESERVE + 1 - chunk, &given) != RB_OK)
			return;
	told(m, RB_HC_DOMAIN_WRITE, rb_domain_write(id, CHILD_IMAGE, program_at, program_bytes));
	*image = child_image();
	if (one_in(m, 4))
		((uint64_t *)image)[random(m) % 8] += one_in(m, 2) ? GUEST_PAGE : nonsense(m);
	told(m, RB_HC_DOMAIN_BUILD, rb_domain_build(id, m->page));
	told(m, RB_HC_DOMAIN_UNPAUSE, rb_domain_unpause(id));
}

/* Has it make a call, without waiting. */
static void begin(struct maker *m, uint64_t id, uint64_t number, uint64_t a, uint64_t b)
{
	struct child_mailbox *mailbox = guest_pointer(m->page + 512);

	*mailbox = (struct child_mailbox){ .wanted = random(m), .number = number, .arguments = { a, b } };
	if (number == RB_HC_VCPU_START) {
		mailbox->arguments[1] = CHILD_OFFSET + CHILD_IMAGE;
		mailbox->arguments[4] = CHILD_RESERVE * 512 + 1;	/* its user root: the second frame */
		mailbox->arguments[5] = CHILD_FREE + a * GUEST_PAGE;
	}
	told(m, RB_HC_DOMAIN_WRITE, rb_domain_write(id, CHILD_MAILBOX + 16, m->page + 512 + 16, 56));
	told(m, RB_HC_DOMAIN_WRITE, rb_domain_write(id, CHILD_MAILBOX, m->page + 512, 8));
}

static void tell(struct maker *m, uint64_t id)
{
	static const struct { uint64_t number, a, b; } calls[] = {
		{ RB_HC_SCHED_WAIT, 0, 0 }, { RB_HC_VCPU_START, 1, 0 }, { RB_HC_VCPU_START, 2, 0 }, { RB_HC_VCPU_STOP, 0, 0 },
		{ RB_HC_SHUTDOWN, RB_SHUTDOWN_REASON_POWEROFF, 1 }, { RB_HC_PORT_ALLOC, 0, 0 }, { RB_HC_PORT_BIND, 0, 1 }, { RB_HC_PORT_SEND, 0, 0 },
		{ RB_HC_PT_RESERVE_GROW, 0, 0 }, { RB_HC_TIMER_SET, 1, 0 }, { RB_HC_DOMAIN_DESTROY, 1, 0 }, { RB_HC_TLB_FLUSH, 7, 0 },
	};
	const unsigned which = random(m) % (sizeof(calls) / sizeof(calls[0]));

	begin(m, id, calls[which].number, calls[which].a, calls[which].b);
}

static void ports(struct maker *m, uint64_t id)
{
	uint64_t port;

	switch (random(m) % 4) {
	case 0:
		told(m, RB_HC_PORT_ALLOC, rb_port_alloc(id, &port));
		break;
	case 1:
		told(m, RB_HC_PORT_BIND, rb_port_bind(id, random(m) % 4, &port));
		break;
	case 2:
		told(m, RB_HC_PORT_SEND, rb_port_send(random(m) % 8));
		break;
	default:
		told(m, RB_HC_PORT_CLOSE, rb_port_close(random(m) % 8));
	}
}

static void act(struct maker *m)
{
	const uint64_t id = number_of(m);
	uint64_t result;

	switch (random(m) % 16) {
	case 0:
	case 1:
		create(m);
		break;
	case 2:
	case 3:
		make(m, id);
		break;
	case 4:
		told(m, RB_HC_DOMAIN_POPULATE, rb_domain_populate(id, one_in(m, 3) ? nonsense(m) : random(m) % CHILD_CHUNKS, 1 + random(m) % 8192, &result));
		break;
	case 5:
		told(m, RB_HC_DOMAIN_WRITE, rb_domain_write(id, CHILD_FREE + random(m) % GUEST_CHUNK, m->page, random(m) % 4097));
		break;
	case 6:
		told(m, RB_HC_DOMAIN_READ, rb_domain_read(id, nonsense(m) % (1ul << 52), m->page, random(m) % 4097));
		told(m, RB_HC_DOMAIN_READ, rb_domain_read(id, random(m) % (CHILD_CHUNKS * GUEST_CHUNK), m->page, random(m) % 4097));
		break;
	case 7:
		told(m, RB_HC_DOMAIN_UNPAUSE, rb_domain_unpause(id));
		break;
	case 8:
		told(m, RB_HC_DOMAIN_PAUSE, rb_domain_pause(id));
		break;
	case 9:
	case 10:
		told(m, RB_HC_DOMAIN_DESTROY, rb_domain_destroy(id));
		break;
	case 11:
		told(m, RB_HC_DOMAIN_SET_SHARE, rb_domain_set_share(id ? id : 1, 1 + random(m) % 100, one_in(m, 2) ? 1 : random(m) % 200));
		break;
	case 12:
		told(m, RB_HC_DOMAIN_INFO, rb_domain_info(id, m->page, &result));
		told(m, RB_HC_MACHINE_INFO, rb_machine_info(m->page));
		break;
	case 13:
		ports(m, id);
		break;
	default:
		tell(m, id);
	}
	if (one_in(m, 8))
		rb_sched_yield();
	m->done++;
}

static void second_main(void) __attribute__((noreturn));
static void second_main(void)
{
	while (!__atomic_load_n(&is_over, __ATOMIC_ACQUIRE))
		act(&makers[1]);
	__atomic_store_n(&is_over, false, __ATOMIC_RELEASE);
	for (;;)
		rb_sched_wait();
}

static struct rb_machine_info *machine(void)
{
	struct rb_machine_info *info = guest_pointer(makers[0].page);

	guest_must(rb_machine_info(makers[0].page));
	return info;
}

static void destroy_all(void)
{
	uint64_t id;

	while (rb_domain_info(1, makers[0].page, &id) == RB_OK)
		guest_must(guest_domain_destroy(id));
	for (uint64_t port = 0; port < RB_NR_PORTS; port++)
		rb_port_close(port);
}

int main(struct rb_start_info *start)
{
	const uint64_t page = guest_page();
	uint32_t before;
	uint64_t id;

	for (unsigned i = 0; i < 2; i++)
		makers[i] = (struct maker){ .seed = 0x9e3779b97f4a7c15ul * (i + 1), .page = guest_page() };
	program_at = guest_page();
	program_bytes = (uint64_t)(child_program_end - child_program);
	memcpy(guest_pointer(program_at), child_program, program_bytes);
	/* What the hypervisor keeps for the next domain of a number is made now. */
	for (unsigned i = 0; i < NUMBERS + 4; i++)
		guest_must(rb_domain_create(1, 0, 1, 4, &id));
	destroy_all();
	/* They run all the time: not for as long as we do. */
	guest_must(rb_domain_set_share(0, 10000, 0));
	before = machine()->free_chunks;
	guest_must(rb_vcpu_start(1, (uint64_t)second_main, (uint64_t)second_stack + STACK - 8, 0, start->user_root, page));
	for (unsigned i = 0; i < ROUNDS && guest_time() < SPAN_NS; i++) {
		act(&makers[0]);
		if (i % 1024 == 0 && (start->features & RB_FEATURE_DEBUG_CHECK)) {
			uint64_t found;

			guest_must(rb_debug_check(&found));
			check_quietly(!found, "%lu violations after %u rounds", found, i);
		}
	}
	__atomic_store_n(&is_over, true, __ATOMIC_RELEASE);
	while (__atomic_load_n(&is_over, __ATOMIC_ACQUIRE))
		guest_must(rb_sched_yield());
	destroy_all();
	for (unsigned i = 0; i < 2; i++)
		note("vCPU %u: %lu rounds, %lu calls refused; %lu domains made, %lu built, %lu paused, %lu destroyed", i, makers[i].done, makers[i].refused,
		     makers[i].accepted[RB_HC_DOMAIN_CREATE], makers[i].accepted[RB_HC_DOMAIN_BUILD], makers[i].accepted[RB_HC_DOMAIN_PAUSE],
		     makers[i].accepted[RB_HC_DOMAIN_DESTROY]);
	check(makers[0].accepted[RB_HC_DOMAIN_BUILD] + makers[1].accepted[RB_HC_DOMAIN_BUILD] > 20, "domains were built");
	check(machine()->free_chunks == before, "%u chunks are free, %u before", machine()->free_chunks, before);
	return test_end();
}
