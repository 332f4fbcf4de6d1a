/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A leftist heap: the node with the least key is at the root; adding, taking out and joining two heaps take O(log n) steps, in the worst case
 * and not only on average. Nodes are part of what is kept in order, so nothing is allocated; nothing recurses.
 *
 * Keys are compared by their difference, so that they may wrap round: those in one heap lie within 2^63 of each other.
 */
#pragma once

#include "lib/types.h"

struct heap_node {
	struct heap_node *parent, *left, *right;
	u64 key;
	u32 rank;	/* steps to the nearest node on the way down that lacks a child, and one more; never less at the left than at the right */
};

struct heap {
	struct heap_node *root;
	u32 count;
};

static inline bool key_is_before(u64 a, u64 b)
{
	return (s64)(a - b) < 0;
}

static inline bool heap_is_empty(const struct heap *heap)
{
	return !heap->root;
}

void heap_add(struct heap *heap, struct heap_node *node, u64 key);
/* The node with the least key, or NULL. */
struct heap_node *heap_take(struct heap *heap);
void heap_remove(struct heap *heap, struct heap_node *node);
/* All of `from` goes into `heap`. */
void heap_join(struct heap *heap, struct heap *from);
/* The nodes one after the other, from the root on, each before those below it; NULL after the last. */
struct heap_node *heap_next(const struct heap_node *node);
