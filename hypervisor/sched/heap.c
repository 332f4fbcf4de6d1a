/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The leftist heap; see heap.h. The way down along right children is at most log2(n + 1) nodes long, because a node's left side is never
 * the shallower one; joining walks down two such ways and up the one that comes of them.
 */
#include "sched/heap.h"

static u32 rank_of(const struct heap_node *node)
{
	return node ? node->rank : 0;
}

/* Left and right, and the rank, as they must be. */
static void node_settle(struct heap_node *node)
{
	if (rank_of(node->left) < rank_of(node->right)) {
		struct heap_node *left = node->left;

		node->left = node->right;
		node->right = left;
	}
	node->rank = rank_of(node->right) + 1;
}

/* Two heaps, given by their roots, become one. */
static struct heap_node *join(struct heap_node *a, struct heap_node *b)
{
	struct heap_node *above = NULL, *root = NULL;

	/* Down: whichever comes first is the next right child. */
	while (a && b) {
		struct heap_node *first = key_is_before(b->key, a->key) ? b : a;

		if (first == a)
			a = a->right;
		else
			b = b->right;
		first->parent = above;
		if (above)
			above->right = first;
		above = first;
	}
	if (!a)
		a = b;
	if (a)
		a->parent = above;
	if (!above)
		return a;
	above->right = a;
	/* Up again. */
	for (; above; above = above->parent) {
		node_settle(above);
		root = above;
	}
	return root;
}

void heap_add(struct heap *heap, struct heap_node *node, u64 key)
{
	*node = (struct heap_node){ .key = key, .rank = 1 };
	heap->root = join(heap->root, node);
	heap->count++;
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
	struct heap_node *parent = node->parent, *below;

	if (node->left)
		node->left->parent = NULL;
	if (node->right)
		node->right->parent = NULL;
	below = join(node->left, node->right);
	heap->count--;
	if (below)
		below->parent = parent;
	if (!parent) {
		heap->root = below;
		return;
	}
	if (parent->left == node)
		parent->left = below;
	else
		parent->right = below;
	/* Ranks that change grow by one or more a step on the way up, so there are at most log2(n + 1) of them. */
	for (; parent; parent = parent->parent) {
		const u32 before = parent->rank;

		node_settle(parent);
		if (parent->rank == before)
			break;
	}
}

struct heap_node *heap_take(struct heap *heap)
{
	struct heap_node *first = heap->root;

	if (first)
		heap_remove(heap, first);
	return first;
}

void heap_join(struct heap *heap, struct heap *from)
{
	heap->root = join(heap->root, from->root);
	heap->count += from->count;
	*from = (struct heap){ 0 };
}

struct heap_node *heap_next(const struct heap_node *node)
{
	const struct heap_node *child = NULL;

	if (node->left)
		return node->left;
	/* Up, past all that lie to the right; a node without a left child has no right one. */
	for (; node; child = node, node = node->parent)
		if (child && node->right && node->right != child)
			return node->right;
	return NULL;
}
