/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a configuration; see config.h. The keys are those of a boot manifest (docs/running.md). Strict: what is not understood is refused, for a domain that lacks what
 * was meant is worse than none.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_tree.h>

#include "device.h"
#include "sched/group.h"

static const char *const keys[] = { "name", "kernel", "module", "memory", "command", "vcpus", "weight", "cap", "ptres", "ptquota" };

static char *file_read(const char *path)
{
	FILE *file = fopen(path, "r");
	static char text[65536];
	size_t bytes;

	if (!file)
		fail("%s: cannot be opened", path);
	bytes = fread(text, 1, sizeof(text) - 1, file);
	if (ferror(file) || bytes == sizeof(text) - 1)
		fail("%s: cannot be read, or is too long", path);
	fclose(file);
	text[bytes] = 0;
	return text;
}

static void keys_check(const char *path, yajl_val object)
{
	for (size_t i = 0; i < object->u.object.len; i++) {
		size_t n = 0;

		while (n < sizeof(keys) / sizeof(*keys) && strcmp(keys[n], object->u.object.keys[i]))
			n++;
		if (n == sizeof(keys) / sizeof(*keys))
			fail("%s: there is no key \"%s\"", path, object->u.object.keys[i]);
	}
}

static yajl_val value_of(yajl_val object, const char *key)
{
	const char *way[] = { key, NULL };

	return yajl_tree_get(object, way, yajl_t_any);
}

/* A copy of a string; NULL where there is none and none is needed. */
static char *string_of(const char *path, yajl_val object, const char *key, bool is_needed)
{
	yajl_val value = value_of(object, key);

	if (!value && is_needed)
		fail("%s: \"%s\" is missing", path, key);
	if (!value)
		return NULL;
	if (!YAJL_IS_STRING(value))
		fail("%s: \"%s\" is not a string", path, key);
	return strdup(value->u.string);
}

static uint64_t number_of(const char *path, yajl_val object, const char *key, uint64_t otherwise, uint64_t least, uint64_t most)
{
	yajl_val value = value_of(object, key);

	if (!value)
		return otherwise;
	if (!YAJL_IS_INTEGER(value) || YAJL_GET_INTEGER(value) < 0 || (uint64_t)YAJL_GET_INTEGER(value) < least || (uint64_t)YAJL_GET_INTEGER(value) > most)
		fail("%s: \"%s\" is not a number from %lu to %lu", path, key, (unsigned long)least, (unsigned long)most);
	return (uint64_t)YAJL_GET_INTEGER(value);
}

/* A string with a suffix K, M or G. */
static uint64_t size_of(const char *path, yajl_val object, const char *key)
{
	char *text = string_of(path, object, key, true), *end;
	uint64_t number = strtoull(text, &end, 10);
	const char *suffix = *end ? strchr("KMG", *end) : NULL;

	if (end == text || *text == '-' || !suffix || end[1] || number > 1ul << 30)
		fail("%s: \"%s\" is not a size like \"256M\"", path, key);
	free(text);
	return number << (*suffix == 'K' ? 10 : *suffix == 'M' ? 20 : 30);
}

struct config config_read(const char *path)
{
	char error[256];
	yajl_val object = yajl_tree_parse(file_read(path), error, sizeof(error));
	struct config config;

	if (!object)
		fail("%s: %s", path, *error ? error : "it is empty");
	if (!YAJL_IS_OBJECT(object))
		fail("%s: it is not an object {\"name\": ...}", path);
	keys_check(path, object);
	config = (struct config){
		.name = string_of(path, object, "name", true),
		.kernel = string_of(path, object, "kernel", true),
		.module = string_of(path, object, "module", false),
		.command = string_of(path, object, "command", false),
		.memory = size_of(path, object, "memory"),
		.vcpus = number_of(path, object, "vcpus", 1, 1, RB_MAX_VCPUS),
		.weight = number_of(path, object, "weight", RUN_WEIGHT, 1, RUN_WEIGHT_MAX),
		.cap = number_of(path, object, "cap", 0, 0, 6400),
		.ptres = number_of(path, object, "ptres", 0, 1, 16384),
		.ptquota = number_of(path, object, "ptquota", 0, 1, 16384),
	};
	if (!*config.name || strlen(config.name) > RB_NAME_BYTES || strchr(config.name, ' '))
		fail("%s: \"name\" is not one word of at most %d bytes", path, RB_NAME_BYTES);
	yajl_tree_free(object);
	return config;
}
