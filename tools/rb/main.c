/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line of the control domain's tool: which domains there are, and what is to become of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "create.h"
#include "device.h"
#include "show.h"

static const char help[] =
	"usage: rb COMMAND\n"
	"  list [--json] [DOMAIN]       domains: memory, vCPUs, share, time on CPUs, state\n"
	"  machine [--json]             the machine's memory and CPUs\n"
	"  create [--paused] FILE       make a domain as the JSON object in FILE says, and let it run\n"
	"  pause DOMAIN                 none of its vCPUs runs\n"
	"  unpause DOMAIN               they go on\n"
	"  destroy DOMAIN               end it and take all that it has\n"
	"  share DOMAIN WEIGHT [CAP]    its weight (1 to 10000), and its cap in percent of one CPU (0: none)\n"
	"  read DOMAIN ADDRESS BYTES    its memory, from a guest-physical address on, to standard output\n"
	"DOMAIN is a number or a name. FILE, for instance:\n"
	"  {\"name\": \"web\", \"kernel\": \"/root/vmlinux\", \"module\": \"/root/initramfs.cpio.gz\",\n"
	"   \"memory\": \"128M\", \"vcpus\": 2, \"weight\": 200, \"cap\": 50, \"command\": \"console=hvc0\"}\n";

static void usage(void) __attribute__((noreturn));
static void usage(void)
{
	fputs(help, stderr);
	exit(2);
}

/* Takes an option off the front of the words. */
static bool option(int *count, char ***words, const char *name)
{
	if (!*count || strcmp(**words, name))
		return false;
	--*count;
	++*words;
	return true;
}

static void check(const char *what, long status)
{
	if (status != RB_OK)
		fail("%s: %s", what, status_words(status));
}

static uint64_t number(const char *word)
{
	char *end;
	const unsigned long long value = strtoull(word, &end, 0);

	if (!*word || *end || *word == '-')
		fail("'%s' is no number", word);
	return value;
}

static void do_create(int count, char **words)
{
	const bool is_paused = option(&count, &words, "--paused");
	struct config config;

	if (count != 1)
		usage();
	config = config_read(words[0]);
	printf("domain %lu (%s)\n", (unsigned long)create(&config, is_paused), config.name);
}

static void do_share(int count, char **words)
{
	struct rb_domain_info info;

	if (count != 2 && count != 3)
		usage();
	info = domain_named(words[0]);
	check("share", domain_set_share(info.id, number(words[1]), count == 3 ? number(words[2]) : info.cap));
}

static void do_read(int count, char **words)
{
	uint64_t domain, address, left;
	char bytes[4096];

	if (count != 3)
		usage();
	domain = domain_named(words[0]).id;
	address = number(words[1]);
	for (left = number(words[2]); left;) {
		const size_t now = left < sizeof(bytes) ? left : sizeof(bytes);

		check("read", domain_read(domain, address, bytes, now));
		fwrite(bytes, 1, now, stdout);
		address += now;
		left -= now;
	}
}

int main(int count, char **words)
{
	const char *command = count > 1 ? words[1] : "";

	count -= 2;
	words += 2;
	if (!strcmp(command, "--help") || !strcmp(command, "help")) {
		fputs(help, stdout);
		return 0;
	}
	if (count < 0)
		usage();
	if (!strcmp(command, "list") || !strcmp(command, "machine")) {
		const bool is_json = option(&count, &words, "--json");

		if (count > (command[0] == 'l'))
			usage();
		device_open();
		if (command[0] == 'l')
			show_domains(count ? words[0] : NULL, is_json);
		else
			show_machine(is_json);
		return 0;
	}
	if (!strcmp(command, "create") || !strcmp(command, "share") || !strcmp(command, "read")) {
		device_open();
		if (command[0] == 'c')
			do_create(count, words);
		else if (command[0] == 's')
			do_share(count, words);
		else
			do_read(count, words);
		return 0;
	}
	if (count != 1)
		usage();
	if (strcmp(command, "pause") && strcmp(command, "unpause") && strcmp(command, "destroy"))
		usage();
	device_open();
	if (!strcmp(command, "pause"))
		check(command, domain_pause(domain_named(words[0]).id));
	else if (!strcmp(command, "unpause"))
		check(command, domain_unpause(domain_named(words[0]).id));
	else
		check(command, domain_destroy(domain_named(words[0]).id));
	return 0;
}
