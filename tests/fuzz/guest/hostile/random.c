/* SPDX-License-Identifier: GPL-2.0-only */
/* Random numbers: a sequence for each round of each seed, so that a round does the same whatever went before. */
#include "hostile.h"

static uint64_t states[RB_MAX_VCPUS];

/* A number that has nothing to do with its neighbours'. */
static uint64_t mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9;
	x ^= x >> 27;
	x *= 0x94d049bb133111eb;
	return x ^ x >> 31;
}

void random_begin(uint64_t seed, uint64_t round)
{
	states[0] = mix(mix(seed + 0x9e3779b97f4a7c15) + round);
}

void random_begin_for(unsigned vcpu, uint64_t seed)
{
	states[vcpu] = mix(seed);
}

uint64_t random_next(void)
{
	uint64_t *state = &states[vcpu_self()];

	*state += 0x9e3779b97f4a7c15;
	return mix(*state);
}

uint64_t below(uint64_t limit)
{
	return (uint64_t)((unsigned __int128)random_next() * limit >> 64);
}
