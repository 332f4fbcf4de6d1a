/* SPDX-License-Identifier: GPL-2.0-only */
/* See input.h. */

#include "suite.h"
#include "input.h"

#define PICK(array, byte) ((array)[(byte) % ARRAY_COUNT(array)])

u8 input_byte(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

u64 input_word(struct input *in)
{
	u64 word = 0;

	for (int i = 0; i < 8; i++)
		word |= (u64)input_byte(in) << 8 * i;
	return word;
}

bool input_is_empty(const struct input *in)
{
	return in->at >= in->end;
}

u64 input_gfn(struct input *in, const struct model *m)
{
	const u8 byte = input_byte(in);
	const u64 end = PT + m->pt_present * 512ul;

	switch (byte) {
	case 0xf8: return PT - 1;
	case 0xf9: return end;
	case 0xfa: return end - 1;
	case 0xfb: return PT + (input_byte(in) | (u64)input_byte(in) << 8) % FRAMES;
	case 0xfc: return PT + input_byte(in) | 1ul << 39;
	case 0xfd: return input_byte(in);
	case 0xfe: return input_word(in) & ((1ul << 40) - 1);
	case 0xff: return input_word(in);
	default: return m->frame[oracle_pool(byte % POOL)].gfn;
	}
}

/* The nth frame of the pool that is of a level, if there is one. */
static u64 frame_of_level(const struct model *m, int level, u32 n)
{
	int found[POOL];
	u32 count = 0;

	for (int i = 0; i < POOL; i++)
		if (m->frame[oracle_pool(i)].level == level)
			found[count++] = oracle_pool(i);
	return m->frame[count ? found[n % count] : oracle_pool(0)].gfn;
}

/* Mostly a table that can be linked into one of this level. */
static u64 input_child(struct input *in, const struct model *m, int level)
{
	const u8 byte = input_byte(in);

	return byte < 0xc0 ? frame_of_level(m, level - 1, byte) : input_gfn(in, m);
}

u64 input_index(struct input *in)
{
	static const u16 edge[] = { 0, 1, 2, 3, 255, 256, 259, 260, 271, 272, 273, 320, 510, 511 };
	const u8 byte = input_byte(in);

	return byte < 0xc0 ? PICK(edge, byte) : (byte & 1) << 8 | input_byte(in);
}

/* Often up to the end of the table, or of the half of a root; or one entry more. */
u64 input_count(struct input *in, u64 index)
{
	const u8 byte = input_byte(in);

	if (byte < 0xa0)
		return 1;
	if (byte < 0xb0)
		return MAX((byte & 2 && index < 256 ? 256 : 512) + (byte & 1u) - index, 1ul);
	if (byte < 0xf0)
		return 1 + byte % 8;
	return 1 + (byte % 2 * 256u) + input_byte(in);
}

static const struct model *other(const struct model *m)
{
	return &oracle.model[m == &oracle.model[0]];
}

/* The nth chunk of an owner and use, or any if it has none. */
static u64 chunk_of(u16 owner, u8 use, u32 n)
{
	u32 found[FAKE_CHUNKS], count = 0;

	for (u32 chunk = 0; chunk < FAKE_CHUNKS; chunk++)
		if (oracle.machine.owner[chunk] == owner && oracle.machine.use[chunk] == use)
			found[count++] = chunk;
	return (count ? found[n % count] : n) * CHUNK_BYTES;
}

static u64 choose_chunk(const struct model *m, u8 byte)
{
	switch (byte >> 4) {
	case 8: case 9: return chunk_of(m->owner, CHUNK_PAGETABLE, byte & 15);
	case 10: return chunk_of(other(m)->owner, CHUNK_DATA, byte & 15);
	case 11: return chunk_of(other(m)->owner, CHUNK_PAGETABLE, byte & 15);
	case 12: return chunk_of(OWNER_NONE, CHUNK_DATA, byte & 15);
	case 13: return (byte & 15) * CHUNK_BYTES;
	case 14: return (FAKE_CHUNKS - 8 + (byte & 15)) * CHUNK_BYTES;
	case 15: return CHUNK_BYTES << (byte & 15);
	default: return chunk_of(m->owner, CHUNK_DATA, byte & 15);
	}
}

u64 input_entry(struct input *in, const struct model *m, int level)
{
	static const u64 flags[] = { 0x67, 0x63, 0x65, 0x61, 0x07, 0x03, 0x05, 0x01, 0x8000000000000067, 0x8000000000000001 };
	const u8 kind = input_byte(in);
	u64 entry;

	if (kind < 0x20)
		return 0;
	if (kind >= 0xf8)
		return input_word(in);
	entry = choose_chunk(m, input_byte(in)) | PICK(flags, kind) | (level == 2 ? 0x80 : 0);
	if (kind >= 0xe8)
		entry ^= 1ul << input_byte(in) % 64;
	if (level != 2 || kind >= 0xd0)
		entry |= (u64)input_byte(in) * 2 % 512 << 12;
	if (kind < 0x40)
		entry |= 511ul << 12;
	return entry;
}

static struct rb_pt_op raw_operation(struct input *in)
{
	struct rb_pt_op op;

	op.word = input_word(in);
	op.value = input_word(in);
	return op;
}

struct rb_pt_op input_operation(struct input *in, const struct model *m)
{
	static const u8 codes[] = {
		RB_OP_SET, RB_OP_LINK, RB_OP_TYPE, RB_OP_XCHG, RB_OP_SET, RB_OP_LINK, RB_OP_TYPE, RB_OP_AND, RB_OP_SET, RB_OP_LINK,
		RB_OP_FLUSH, RB_OP_SET, RB_OP_NOP,
	};
	const u8 kind = input_byte(in);
	u64 code = PICK(codes, kind), gfn, index = 0, count = 1, value = 0;
	const int frame = kind >= 0xf0 ? NOBODY : oracle_find(m, gfn = input_gfn(in, m));
	const int level = frame == NOBODY ? 1 : m->frame[frame].level;

	if (kind >= 0xf0)
		return raw_operation(in);
	switch (code) {
	case RB_OP_TYPE:
		value = input_byte(in);
		count = value & 0x80 ? input_count(in, gfn % 512) : 1;
		value = value & 0x70 ? 1 + value % 4 : value;
		break;
	case RB_OP_LINK:
		index = input_index(in);
		value = input_child(in, m, level);
		break;
	case RB_OP_AND:
		index = input_index(in);
		count = input_count(in, index);
		value = ~(u64)input_byte(in);
		break;
	case RB_OP_FLUSH:
		index = gfn & 1;
		gfn = gfn & 4 ? gfn : 0;
		count = index ? input_count(in, index) : 1;
		value = index ? input_address(in) : 0;
		break;
	case RB_OP_NOP:
		gfn = 0;
		break;
	default:
		index = input_index(in);
		count = code == RB_OP_SET ? input_count(in, index) : 1;
		value = input_entry(in, m, level);
	}
	return (struct rb_pt_op){ rb_op_word(code, gfn & ((1ul << 40) - 1), index, count), value };
}

static u64 canonical(u64 va)
{
	return (u64)((s64)(va << 16) >> 16);
}

u64 input_address(struct input *in)
{
	static const u16 edge[] = { 0, 1, 2, 3, 255, 256, 259, 271, 272, 273, 320, 510, 511 };
	const u8 byte = input_byte(in);
	u64 va;

	if (byte >= 0xf0)
		return canonical(input_word(in));
	if (byte >= 0xe0)
		return RB_GATE_START + (byte & 3) * 0x80000000ul + (u64)input_byte(in) * PAGE_BYTES;
	va = (u64)PICK(edge, byte) << 39;
	va |= (u64)PICK(edge, input_byte(in)) << 30;
	va |= (u64)PICK(edge, input_byte(in)) << 21;
	va |= (u64)PICK(edge, input_byte(in)) << 12;
	return canonical(va);
}

u64 input_physical(struct input *in)
{
	const u8 byte = input_byte(in);

	if (byte >= 0xf0)
		return input_word(in);
	return (byte >> 4) * CHUNK_BYTES + (byte & 15) * (PAGE_BYTES * 34);
}
