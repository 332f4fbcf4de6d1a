/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading a manifest; see plan.h. Strict: what is not understood is refused, for a domain that lacks what was meant is worse than none. */
#include "boot/plan.h"
#include "lib/string.h"
#include "ringbolt.h"
#include "sched/group.h"
#include "x86/cpu.h"

/* A piece of the text. */
struct span {
	const char *text;
	size_t bytes;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct span span_trim(struct span s)
{
	while (s.bytes && is_blank(s.text[0])) {
		s.text++;
		s.bytes--;
	}
	while (s.bytes && is_blank(s.text[s.bytes - 1]))
		s.bytes--;
	return s;
}

static bool span_is(struct span s, const char *word)
{
	return strlen(word) == s.bytes && strncmp(s.text, word, s.bytes) == 0;
}

/* Up to the first `end`, which goes too; *rest is what follows. All of it, if there is none. */
static struct span span_split(struct span s, char end, struct span *rest)
{
	struct span first = { s.text, 0 };

	while (first.bytes < s.bytes && s.text[first.bytes] != end)
		first.bytes++;
	*rest = (struct span){ s.text + first.bytes, s.bytes - first.bytes };
	if (rest->bytes) {
		rest->text++;
		rest->bytes--;
	}
	return first;
}

static bool span_has_blank(struct span s)
{
	for (size_t i = 0; i < s.bytes; i++)
		if (is_blank(s.text[i]))
			return true;
	return false;
}

/* A decimal number with a suffix K, M or G, or without. False: it is none, or too large. */
static bool span_number(struct span s, u64 *number)
{
	u32 shift = 0;

	if (s.bytes > 1) {
		const char last = s.text[s.bytes - 1];

		shift = last == 'K' ? 10 : last == 'M' ? 20 : last == 'G' ? 30 : 0;
		if (shift)
			s.bytes--;
	}
	*number = 0;
	if (!s.bytes || s.bytes > 10)
		return false;
	for (size_t i = 0; i < s.bytes; i++) {
		if (s.text[i] < '0' || s.text[i] > '9')
			return false;
		*number = *number * 10 + (u64)(s.text[i] - '0');
	}
	*number <<= shift;
	return true;
}

/* The module whose string's first word this is. */
static const struct boot_module *module_find(struct span name)
{
	for (u32 i = 1; i < boot_info.module_count; i++) {
		const char *text = boot_info.modules[i].command_line;
		size_t bytes = 0;

		while (text[bytes] && text[bytes] != ' ')
			bytes++;
		if (bytes == name.bytes && strncmp(text, name.text, bytes) == 0)
			return &boot_info.modules[i];
	}
	return NULL;
}

static const char *set_number(struct span value, u64 least, u64 most, u64 *to)
{
	if (!span_number(value, to))
		return "the value is no number";
	if (*to < least || *to > most)
		return "the number is too small or too large";
	return NULL;
}

static const char *set_small(struct span value, u32 least, u32 most, u32 *to)
{
	u64 number = 0;
	const char *wrong = set_number(value, least, most, &number);

	*to = (u32)number;
	return wrong;
}

static const char *set_module(struct span value, const struct boot_module **to)
{
	*to = module_find(value);
	return *to ? NULL : "the boot loader has given no module of that name";
}

static const char *set_pinned(struct span value, bool *to)
{
	*to = span_is(value, "yes");
	return *to || span_is(value, "no") ? NULL : "the value is neither yes nor no";
}

static const char *set(struct plan *plan, struct span key, struct span value)
{
	if (span_is(key, "kernel"))
		return set_module(value, &plan->kernel);
	if (span_is(key, "module"))
		return set_module(value, &plan->module);
	if (span_is(key, "command")) {
		plan->command = value.text;
		plan->command_bytes = value.bytes;
		return value.bytes < BOOT_MODULE_COMMAND_BYTES ? NULL : "the command line is too long";
	}
	if (span_is(key, "memory"))
		return set_number(value, CHUNK_BYTES, ~0ul, &plan->memory);
	if (span_is(key, "ptres"))
		return set_number(value, 1, 1u << 14, &plan->reserve);
	if (span_is(key, "ptquota"))
		return set_number(value, 1, 1u << 14, &plan->reserve_most);
	if (span_is(key, "vcpus"))
		return set_small(value, 1, RB_MAX_VCPUS, &plan->vcpus);
	if (span_is(key, "weight"))
		return set_small(value, 1, RUN_WEIGHT_MAX, &plan->weight);
	if (span_is(key, "cap"))
		return set_small(value, 0, 100 * CPUS_MAX, &plan->cap);
	if (span_is(key, "pin"))
		return set_pinned(value, &plan->is_pinned);
	return "there is no such key";
}

static const char *plan_check(const struct plan *plan)
{
	if (!plan->kernel)
		return "the domain before has no kernel";
	if (!plan->memory)
		return "the domain before has no memory";
	return NULL;
}

static const char *plan_begin(struct plans *plans, struct span name)
{
	const char *wrong = plans->count ? plan_check(&plans->plan[plans->count - 1]) : NULL;

	if (wrong)
		return wrong;
	if (!name.bytes || span_has_blank(name))
		return "a domain needs a name of one word";
	if (name.bytes > RB_NAME_BYTES)
		return "the name is too long";
	if (plans->count == PLANS_MAX)
		return "too many domains";
	plans->plan[plans->count] = (struct plan){ .vcpus = 1, .weight = RUN_WEIGHT };
	memcpy(plans->plan[plans->count++].name, name.text, name.bytes);
	return NULL;
}

static const char *line_parse(struct plans *plans, struct span line)
{
	struct span key, value;

	if (!line.bytes || line.text[0] == '#')
		return NULL;
	key = span_trim(span_split(line, '=', &value));
	/* A command line has further equals signs, but no domain's name has one. */
	if (key.bytes == line.bytes) {
		key = span_split(line, ' ', &value);
		return span_is(key, "domain") ? plan_begin(plans, span_trim(value)) : "neither `domain NAME` nor `key = value`";
	}
	if (!plans->count)
		return "`domain NAME` must come first";
	return set(&plans->plan[plans->count - 1], key, span_trim(value));
}

const char *manifest_parse(struct plans *plans, const char *text, size_t bytes, u32 *line)
{
	struct span rest = { text, bytes };
	const char *wrong = NULL;

	*line = 0;
	plans->count = 0;
	while (rest.bytes && !wrong) {
		++*line;
		wrong = line_parse(plans, span_trim(span_split(rest, '\n', &rest)));
	}
	if (wrong)
		return wrong;
	if (!plans->count)
		return "there is no domain in it";
	return plan_check(&plans->plan[plans->count - 1]);
}
