/* SPDX-License-Identifier: MIT */
/*
 * A monitor on the console: edits a line, and shows what a guest kernel sees of its machine. Type "help".
 *
 * Shows how to wait for several things: input raises RB_VECTOR_CONSOLE, the timer RB_VECTOR_TIMER, and rb_sched_block returns after either. Events
 * are on nowhere else, so the handler need do nothing: what happened is looked at afterwards, in one place, and never in the middle of something.
 */
#include <ringbolt/guest.h>

#define LINE_BYTES 80
#define ALARMS 8
#define SECOND 1000000000ul
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct alarm {
	uint64_t due;		/* system time; 0: not in use */
	char text[LINE_BYTES];
} alarms[ALARMS];

static char line[LINE_BYTES];	/* being typed */
static size_t length;

/* Rings what is due, and sets the timer for the next. */
static void alarms_look(void)
{
	uint64_t next = 0, now = guest_time();

	for (struct alarm *alarm = alarms; alarm < alarms + ALARMS; alarm++) {
		if (alarm->due && alarm->due <= now) {
			guest_printf("\nalarm: %s\n> ", alarm->text);
			guest_write(line, length);
			alarm->due = 0;
		}
		if (alarm->due && (!next || alarm->due < next))
			next = alarm->due;
	}
	guest_must(rb_timer_set(next));		/* zero takes it back */
}

static void vector_handler(struct guest_regs *regs, unsigned vector)
{
}

static char key_wait(void)
{
	char key;

	for (;;) {
		guest_events_off();
		alarms_look();
		/* Whatever comes from here on is pending, and rb_sched_block returns at once. */
		if (guest_read(&key, 1))
			return key;
		guest_must(rb_sched_block());
	}
}

/* Edits the line until Enter. */
static void line_read(void)
{
	guest_printf("> ");
	for (;;) {
		char key = key_wait();

		if (key == '\r' || key == '\n')
			break;
		if (key >= ' ' && key != 0x7f && length < LINE_BYTES - 1) {
			line[length++] = key;
			guest_write(&key, 1);
		}
		if (key == 0x7f || key == '\b' || key == 'U' - '@') {		/* Control-U: all of it */
			for (size_t count = key == 'U' - '@' ? length : length > 0; count; count--, length--)
				guest_printf("\b \b");
		}
	}
	line[length] = 0;
	length = 0;
	guest_printf("\n");
}

/* The first word of *text, ended by a zero; *text moves behind it. Empty if there is none. */
static char *word_take(char **text)
{
	char *word;

	while (**text == ' ')
		++*text;
	for (word = *text; **text && **text != ' '; ++*text)
		;
	if (**text)
		*(*text)++ = 0;
	return word;
}

/* All of a word as a number in base 10 or 16. */
static bool number_read(const char *word, unsigned base, uint64_t *number)
{
	bool is_number = *word;

	for (*number = 0; *word; word++) {
		unsigned digit = *word >= 'a' ? (unsigned)(*word - 'a') + 10 : (unsigned)(*word - '0');

		is_number &= digit < base;
		*number = *number * base + digit;
	}
	return is_number;
}

static void uptime(char *rest)
{
	uint64_t now = guest_time();

	guest_printf("up %lu.%03lu s\n", now / SECOND, now % SECOND / 1000000);
}

static void alarm_set(char *rest)
{
	struct alarm *alarm = alarms;
	uint64_t seconds;

	while (alarm < alarms + ALARMS && alarm->due)
		alarm++;
	if (!number_read(word_take(&rest), 10, &seconds) || seconds > 1000000 || alarm == alarms + ALARMS) {
		guest_printf("alarm: in how many seconds? At most %u can be set\n", ALARMS);
		return;
	}
	alarm->due = guest_time() + seconds * SECOND;
	memcpy(alarm->text, rest, strlen(rest) + 1);
}

static void memory(char *rest)
{
	for (const struct rb_memory_range *range = guest_start->memory; range < guest_start->memory + guest_start->memory_count; range++)
		guest_printf("chunks %3u to %3u, %3u there: %s\n", range->first_chunk, range->first_chunk + range->count - 1, range->present,
			     range->kind == RB_MEMORY_KIND_RAM ? "RAM" : "page tables");
}

static void counters(char *rest)
{
	static const struct { enum rb_counter number; const char *what; } shown[] = {
		{ RB_COUNTER_ENTRIES, "entries into the hypervisor" }, { RB_COUNTER_HYPERCALLS, "of them calls" },
		{ RB_COUNTER_INTERRUPTS, "of them interrupts" }, { RB_COUNTER_EVENTS, "vectors delivered" }, { RB_COUNTER_BLOCKS, "waits" },
		{ RB_COUNTER_PT_OPS, "page-table operations" }, { RB_COUNTER_FRAMES_TOTAL, "page-table frames" },
	};
	for (uint64_t i = 0, value; i < COUNT(shown); i++) {
		guest_must(rb_info_counter(shown[i].number, &value));
		guest_printf("%8lu %s\n", value, shown[i].what);
	}
}

static void word_load(void *word)
{
	*(uint64_t *)word = *(volatile uint64_t *)*(uint64_t *)word;
}

static void peek(char *rest)
{
	struct guest_regs regs;
	uint64_t word;

	if (!number_read(word_take(&rest), 16, &word))
		guest_printf("peek: at which address, in hexadecimal?\n");
	else if (guest_catch(word_load, &word, &regs))
		guest_printf("exception %u, error code %#lx\n", guest_vector(&regs), regs.error_code);
	else
		guest_printf("%016lx\n", word);
}

static const struct { const char *name, *about; void (*run)(char *rest); } commands[] = {
	{ "uptime", "since the hypervisor started", uptime },
	{ "alarm", "SECONDS TEXT: prints the text then", alarm_set },
	{ "memory", "ranges of guest-physical chunks, 2 MiB each", memory },
	{ "counters", "the hypervisor's, of this domain", counters },
	{ "peek", "ADDRESS: the 8 bytes there, or what exception reading them is", peek },
	{ "quit", "ends the domain", NULL },
};

int main(struct rb_start_info *start)
{
	guest_set_handler(RB_VECTOR_CONSOLE, vector_handler);
	guest_set_handler(RB_VECTOR_TIMER, vector_handler);
	guest_printf("monitor of domain %u, interface %u.%u\n", start->domain_id, start->abi_major, start->abi_minor);
	for (;;) {
		char *rest = line, *name;
		size_t i = 0;

		line_read();
		name = word_take(&rest);
		while (i < COUNT(commands) && memcmp(name, commands[i].name, strlen(commands[i].name) + 1))
			i++;
		if (i < COUNT(commands) && !commands[i].run)
			return 0;
		if (i < COUNT(commands))
			commands[i].run(rest);
		for (size_t j = 0; i == COUNT(commands) && *name && j < COUNT(commands); j++)
			guest_printf("%s: %s\n", commands[j].name, commands[j].about);
	}
}
