/* SPDX-License-Identifier: GPL-2.0-only */
/* What the program prints of domains and the machine: for people, or as JSON. */
#pragma once

#include <stdbool.h>

/* All domains, or with a word one of them. */
void show_domains(const char *word, bool is_json);
void show_machine(bool is_json);
