/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The limits of a call's arguments, written here by hand: what is generated from the interface's source cannot find a limit that is wrong there.
 *
 *	LIMITS(RB_HC_PORT_MASK, ARGUMENTS(5, 1), BAD({ 0, 1024 }, { 1, 2 }), GOOD({ 0, 1023 }, { 1, 0 }));
 *
 * Each malformed value, in a call that is otherwise well-formed, and each bit of a register that carries no argument, must give INVAL and change nothing;
 * each value on the right side of its limit must not give INVAL.
 */
#pragma once

#include <stdint.h>

struct limit {
	unsigned argument;
	uint64_t value;
};

struct limits {
	uint64_t number;
	unsigned arguments;
	uint64_t good[6];
	const struct limit *bad, *edge;
	unsigned bad_count, edge_count;
};

#define ARGUMENTS(...) .arguments = sizeof((uint64_t[]){ __VA_ARGS__ }) / 8, .good = { __VA_ARGS__ }
#define NO_ARGUMENTS .arguments = 0
#define LIMIT_LIST(...) (const struct limit[]){ __VA_ARGS__ }
#define BAD(...) .bad = LIMIT_LIST(__VA_ARGS__), .bad_count = sizeof(LIMIT_LIST(__VA_ARGS__)) / sizeof(struct limit)
#define GOOD(...) .edge = LIMIT_LIST(__VA_ARGS__), .edge_count = sizeof(LIMIT_LIST(__VA_ARGS__)) / sizeof(struct limit)
#define LIMITS(call, ...) limits_check(&(struct limits){ .number = (call), __VA_ARGS__ })

void limits_check(const struct limits *limits);
