/* SPDX-License-Identifier: MIT */
/* generated from abi/source - do not edit */
/*
 * Names of calls, statuses, counters and page-table operations, for diagnostics. Never NULL: "?" if there is no such
 * number.
 */
#ifndef RINGBOLT_NAMES_H
#define RINGBOLT_NAMES_H

#include "ringbolt.h"

const char *rb_call_name(uint64_t nr);
const char *rb_status_name(int64_t status);
const char *rb_counter_name(uint64_t counter);
const char *rb_op_name(uint64_t op);

#endif /* RINGBOLT_NAMES_H */
