/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page-table operations of the interface (TYPE, SET, LINK, AND, XCHG, FLUSH), one at a time.
 *
 * Keeps I-2, I-3, I-4 and I-6: every entry of every frame that is not FREE is valid for its level at all times; every link
 * has exactly one LINKED table of the next lower level behind it and every LINKED table exactly one link. So nothing a guest
 * wrote is ever looked at as a table, and linking needs no look at the content.
 */
#pragma once

#include "mm/live.h"

/*
 * Apply one operation (struct rb_pt_op, copied from guest memory once). *value is the operation's value, and on return the
 * old entry for XCHG; other operations leave it. live: the calling CPU's live root; NULL will do while a domain is built (no
 * FLUSH then). Caller holds the space's lock, over a whole batch. The errors are those of the interface; NOSYS: no such
 * operation. A refused operation changed nothing, but a run may have taken effect up to the entry that was refused.
 */
enum rb_status table_apply(struct space *space, struct live_root *live, u64 word, u64 *value);

/*
 * Apply the operations [first, first + count) of a queue page (guest memory; each word is read once), in order, up to the first that is
 * refused, or until they were enough for one call (AGAIN): the reason to *status. XCHG puts the old entry into the queue. Returns how
 * many took effect. first + count is at most RB_QUEUE_OPS. Caller holds the space's lock.
 */
u64 table_apply_queue(struct space *space, struct live_root *live, struct rb_pt_op *queue, u64 first, u64 count, enum rb_status *status);

/* What takes the place of these in a machine that is traced. They do the same. */
enum rb_status table_apply_traced(struct space *space, struct live_root *live, u64 word, u64 *value);
u64 table_apply_queue_traced(struct space *space, struct live_root *live, struct rb_pt_op *queue, u64 first, u64 count, enum rb_status *status);
