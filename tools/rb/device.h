/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor as the control domain's tools see it: calls of the control family through /dev/ringbolt. What the hypervisor refuses ends the program with a
 * message, unless the function returns a status.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "ringbolt.h"

/* Print "rb: " and the message, and exit with 1. */
void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
void vfail(const char *format, va_list arguments) __attribute__((noreturn, format(printf, 1, 0)));
/* What a status means, in words. */
const char *status_words(long status);

/* Opens the device. Before anything else here. */
void device_open(void);

struct rb_machine_info machine_look(void);
/* The domain with the lowest number from `from` on. False: there is none. */
bool domain_look(uint64_t from, struct rb_domain_info *info);
/* By number or by name. */
struct rb_domain_info domain_named(const char *word);

/* Returns the new domain's number. */
uint64_t domain_create(uint64_t chunks, uint64_t pt_first, uint64_t pt_quota, uint64_t vcpus);
/* These go on until all is done; a status other than RB_OK says what stopped them. */
long domain_populate(uint64_t domain, uint64_t first, uint64_t count);
long domain_write(uint64_t domain, uint64_t to, const void *bytes, size_t count);
long domain_read(uint64_t domain, uint64_t from, void *bytes, size_t count);
long domain_build(uint64_t domain, const struct rb_domain_image *image);
long domain_pause(uint64_t domain);
long domain_unpause(uint64_t domain);
long domain_destroy(uint64_t domain);
long domain_set_share(uint64_t domain, uint64_t weight, uint64_t cap);
