/* SPDX-License-Identifier: GPL-2.0-only */
/* Printing; see show.h. */
#include "show.h"

#include <stdio.h>
#include <string.h>
#include <yajl/yajl_gen.h>

#include "device.h"

#define NS_PER_MS 1000000ul
#define CHUNK_MIB 2ul

static const char *const states[] = { "new", "paused", "live", "ended" };
static const char *const reasons[] = { "power-off", "restart", "crash" };

static const char *word_of(const char *const *words, size_t count, uint32_t value)
{
	return value < count ? words[value] : "?";
}
#define WORD(words, value) word_of(words, sizeof(words) / sizeof(*(words)), value)

static void gen_name(yajl_gen gen, const char *name)
{
	yajl_gen_string(gen, (const unsigned char *)name, strlen(name));
}

static void gen_number(yajl_gen gen, const char *name, uint64_t value)
{
	gen_name(gen, name);
	yajl_gen_integer(gen, (long long)value);
}

static void gen_word(yajl_gen gen, const char *name, const char *value)
{
	gen_name(gen, name);
	gen_name(gen, value);
}

static yajl_gen gen_begin(void)
{
	yajl_gen gen = yajl_gen_alloc(NULL);

	if (!gen)
		fail("no memory");
	yajl_gen_config(gen, yajl_gen_beautify, 1);
	return gen;
}

static void gen_end(yajl_gen gen)
{
	const unsigned char *text;
	size_t bytes;

	yajl_gen_get_buf(gen, &text, &bytes);
	fwrite(text, 1, bytes, stdout);
	yajl_gen_free(gen);
}

static void gen_domain(yajl_gen gen, const struct rb_domain_info *info)
{
	static const char *const run[] = { "running_ns", "runnable_ns", "blocked_ns", "offline_ns" };

	yajl_gen_map_open(gen);
	gen_number(gen, "id", info->id);
	gen_word(gen, "name", (const char *)info->name);
	gen_word(gen, "state", WORD(states, info->state));
	if (info->state == RB_DOMAIN_STATE_ENDED) {
		gen_word(gen, "reason", WORD(reasons, info->reason));
		gen_number(gen, "code", info->code);
	}
	gen_number(gen, "vcpus", info->vcpu_count);
	gen_number(gen, "weight", info->weight);
	gen_number(gen, "cap", info->cap);
	gen_number(gen, "memory_bytes", (uint64_t)(info->chunk_count - info->pt_present) << RB_CHUNK_SHIFT);
	gen_number(gen, "page_table_bytes", (uint64_t)info->pt_present << RB_CHUNK_SHIFT);
	gen_number(gen, "page_table_bytes_most", (uint64_t)info->pt_quota << RB_CHUNK_SHIFT);
	gen_number(gen, "page_tables", info->frames_typed + info->frames_linked);
	gen_number(gen, "hypercalls", info->hypercalls);
	for (size_t i = 0; i < sizeof(run) / sizeof(*run); i++)
		gen_number(gen, run[i], info->spent[i]);
	yajl_gen_map_close(gen);
}

static void print_domain(const struct rb_domain_info *info)
{
	char end[32] = "";

	if (info->state == RB_DOMAIN_STATE_ENDED)
		snprintf(end, sizeof(end), " (%s, %u)", WORD(reasons, info->reason), info->code);
	printf("%3u %-20s %5lu MiB %4lu MiB %5u %6u %5u %10lu.%03lu s  %s%s\n", info->id, (const char *)info->name,
	       (info->chunk_count - info->pt_present) * CHUNK_MIB, info->pt_present * CHUNK_MIB, info->vcpu_count, info->weight, info->cap,
	       (unsigned long)(info->spent[RB_RUN_STATE_RUNNING] / NS_PER_MS / 1000), (unsigned long)(info->spent[RB_RUN_STATE_RUNNING] / NS_PER_MS % 1000),
	       WORD(states, info->state), end);
}

void show_domains(const char *word, bool is_json)
{
	yajl_gen gen = is_json ? gen_begin() : NULL;
	struct rb_domain_info info;

	if (word)
		domain_named(word);	/* or there is none */
	if (gen)
		yajl_gen_array_open(gen);
	else
		printf(" ID NAME                    MEMORY   TABLES VCPUS WEIGHT   CAP        CPU TIME  STATE\n");
	for (uint64_t from = word ? domain_named(word).id : 0; domain_look(from, &info) && (!word || info.id == from); from = info.id + 1) {
		if (gen)
			gen_domain(gen, &info);
		else
			print_domain(&info);
		if (word)
			break;
	}
	if (gen) {
		yajl_gen_array_close(gen);
		gen_end(gen);
	}
}

void show_machine(bool is_json)
{
	const struct rb_machine_info info = machine_look();

	if (!is_json) {
		printf("memory %lu MiB, %lu MiB free; %u CPUs; up %lu s\n", info.chunk_count * CHUNK_MIB, info.free_chunks * CHUNK_MIB, info.cpu_count,
		       (unsigned long)(info.system_time / NS_PER_MS / 1000));
		return;
	}
	yajl_gen gen = gen_begin();

	yajl_gen_map_open(gen);
	gen_number(gen, "memory_bytes", (uint64_t)info.chunk_count << RB_CHUNK_SHIFT);
	gen_number(gen, "free_bytes", (uint64_t)info.free_chunks << RB_CHUNK_SHIFT);
	gen_number(gen, "cpus", info.cpu_count);
	gen_number(gen, "tsc_khz", info.tsc_khz);
	gen_number(gen, "up_ns", info.system_time);
	yajl_gen_map_close(gen);
	gen_end(gen);
}
