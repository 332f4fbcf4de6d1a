/* SPDX-License-Identifier: GPL-2.0-only */
/* Code: raw bytes, instructions from a grammar, copies of the gate's own text with changes, and mixtures. */
#include "hostile.h"
#include "instructions.h"

#define CODE_BYTES (CODE_PAGES * GUEST_PAGE)
#define GATE_TEXT_BYTES (2 * GUEST_PAGE)	/* docs/memory-map.md */
#define INSTRUCTION_MOST 24			/* prefixes, opcode, operands; with room */

static uint8_t code[CODE_BYTES + INSTRUCTION_MOST];

static unsigned number_emit(unsigned at, uint64_t number, unsigned bytes)
{
	memcpy(code + at, &number, bytes);
	return at + bytes;
}

static unsigned prefixes_emit(unsigned at)
{
	static const uint8_t prefixes[] = { 0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65 };

	while (one_in(12))
		code[at++] = PICK(prefixes);
	if (one_in(6))
		code[at++] = 0x40 | (uint8_t)below(16);		/* REX */
	return at;
}

static unsigned operand_emit(unsigned at, unsigned field, bool memory)
{
	static const uint8_t forms[] = { 0x00, 0x00, 0x00, 0x40, 0x80 };
	uint8_t mod = memory ? PICK(forms) : 0xc0, rm = (uint8_t)below(8);

	code[at++] = mod | (uint8_t)(field << 3) | rm;
	if (!memory)
		return at;
	if (rm == 4)
		code[at++] = (uint8_t)random_next();		/* scale, index, base */
	if (mod == 0x40)
		code[at++] = (uint8_t)random_next();
	else if (mod == 0x80 || (mod == 0 && rm == 5))
		at = number_emit(at, below(3 * GUEST_PAGE) - GUEST_PAGE, 4);
	return at;
}

static unsigned operands_emit(unsigned at, unsigned operands)
{
	unsigned field = (unsigned)below(8), digit = operands & 7;

	switch (operands & 0x3f) {
	case NONE:
		break;
	case ANY:
		at = operand_emit(at, field, one_in(2));
		break;
	case MEMORY:
		at = operand_emit(at, field, true);
		break;
	case REGISTER:
		at = operand_emit(at, field, false);
		break;
	default:
		at = operand_emit(at, digit, (operands & 0x30) == MEM || ((operands & 0x30) == DIGIT && one_in(2)));
	}
	if (operands & BYTE)
		code[at++] = (uint8_t)random_value();
	if (operands & WORD)
		at = number_emit(at, random_value(), 4);
	if (operands & SHORT)
		code[at++] = (uint8_t)(below(40) - 16);
	return at;
}

static unsigned instruction_emit(unsigned at)
{
	const struct instruction *instruction = &PICK(instructions);

	at = prefixes_emit(at);
	memcpy(code + at, instruction->bytes, instruction->length);
	return operands_emit(at + instruction->length, instruction->operands);
}

static void fill_raw(void)
{
	for (unsigned i = 0; i < CODE_BYTES / 8; i++)
		((uint64_t *)code)[i] = random_next();
}

static void fill_instructions(void)
{
	for (unsigned at = 0; at < CODE_BYTES;)
		at = instruction_emit(at);
}

static void fill_gate(void)
{
	memcpy(code, (const void *)RB_GATE_START, CODE_BYTES < GATE_TEXT_BYTES ? CODE_BYTES : GATE_TEXT_BYTES);
	for (uint64_t changes = below(64); changes; changes--)
		code[below(CODE_BYTES)] = (uint8_t)random_next();
	while (one_in(2))
		instruction_emit((unsigned)below(CODE_BYTES));
}

/* One instruction, then what must fault: mostly only it matters. */
static void fill_single(void)
{
	memset(code, 0xcc, CODE_BYTES);
	for (unsigned at = 0; at < CODE_BYTES; at += 32)
		instruction_emit(at);
}

/* Loads of SS: see pool.c. */
static void loads_of_ss_remove(void)
{
	for (unsigned i = 0; i + 1 < CODE_BYTES; i++)
		if ((code[i] == 0x8e && (code[i + 1] >> 3 & 7) == 2) || (code[i] == 0x0f && code[i + 1] == 0xb2))
			code[i + 1] = 0;
}

static void code_store(const uint64_t pages[CODE_PAGES], bool kernel)
{
	if (kernel && is_tcg())
		loads_of_ss_remove();
	for (unsigned i = 0; i < CODE_PAGES; i++)
		memcpy(guest_pointer(pages[i]), code + i * GUEST_PAGE, GUEST_PAGE);
}

void random_code(bool kernel)
{
	static void (*const fills[])(void) = { fill_raw, fill_instructions, fill_instructions, fill_instructions, fill_gate, fill_single };

	PICK(fills)();
	if (one_in(8))
		memset(code + below(CODE_BYTES - 64), (int)random_next(), 64);
	code_store(kernel ? kernel_code : user_code, kernel);
}

void random_code_single(void)
{
	fill_single();
	code_store(kernel_code, true);
}
