/*
 * status_read.c - what lies in a module's status file behind the counters.
 *
 *   status_read FILE
 *
 *   table NAME TOTAL USED
 *   top NAME COUNT ERROR KEY              the most frequent first
 *   events NEXT SEEN MISSED
 *   event OUTCOME TRANSPORT RCODE TYPE CLIENT QNAME RULE FEED CATEGORY HOW
 *                                         HOW: "name" or "alias", "cache" or
 *                                         "network", "shadowed" or "-"
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/name.h"
#include "lib/status.h"

static const struct weir_status_header *header;
static uint64_t seen;

static void
print_name(const uint8_t *wire, size_t len)
{
	char text[WEIR_NAME_TEXT_SIZE];
	struct weir_name name;

	if (len == 0 || weir_name_from_wire(wire, len, &name) != WEIR_OK) {
		printf(" -");
		return;
	}
	(void)weir_name_print(&name, text);
	printf(" %s", text);
}

static void
print_key(unsigned int top, const struct weir_top_counter *counter)
{
	char text[WEIR_CLIENT_TEXT_SIZE];
	struct weir_client client;
	size_t at = 0;

	if (top == WEIR_TOP_CLIENTS || top == WEIR_TOP_CLIENT_NAMES ||
	    top == WEIR_TOP_SHADOW_CLIENTS) {
		if (!weir_client_of_key(
			counter->key, (size_t)counter->key_len, &client))
			exit(1);
		(void)weir_client_print(&client, text);
		printf(" %s", text);
		at = WEIR_CLIENT_KEY_SIZE;
	}
	if (at < counter->key_len)
		print_name(counter->key + at, (size_t)counter->key_len - at);
	printf("\n");
}

static void
print_table(const struct weir_status *status, unsigned int top)
{
	struct weir_top_table *table;
	unsigned int i;

	if (weir_top_read(weir_status_top(status, top), weir_status_top_size(),
		&table) != WEIR_OK) {
		fprintf(stderr, "status_read: table %u\n", top);
		exit(1);
	}
	printf("table %s %" PRIu64 " %" PRIu32 "\n", weir_status_top_text(top),
	    table->total, table->used);
	for (i = 0; i < table->used; i++) {
		printf("top %s %" PRIu64 " %" PRIu64, weir_status_top_text(top),
		    table->counters[i].count, table->counters[i].error);
		print_key(top, &table->counters[i]);
	}
	free(table);
}

static int
print_event(void *arg, const struct weir_event *event)
{
	char client[WEIR_CLIENT_TEXT_SIZE];

	(void)arg;
	seen++;
	(void)weir_client_print(&event->client, client);
	printf("event %s %s %u %u %s", weir_event_outcome_text(event->outcome),
	    weir_transport_text(event->transport), event->rcode, event->qtype,
	    client);
	print_name(event->qname, event->qname_len);
	print_name(weir_event_rule(event), event->rule_len);
	printf(" %s %s %s %s %s\n",
	    event->feed ? header->feed_names[event->feed] : "-",
	    event->category ? header->category_names[event->category] : "-",
	    event->is_alias ? "alias" : "name",
	    event->is_from_cache ? "cache" : "network",
	    event->is_shadowed ? "shadowed" : "-");
	return 0;
}

int
main(int argc, char **argv)
{
	struct weir_status status;
	struct weir_problem problem;
	uint64_t sequence = 0, missed;
	unsigned int i;

	if (argc != 2) {
		fprintf(stderr, "usage: status_read FILE\n");
		return 2;
	}
	if (weir_status_open(argv[1], &status, &problem) != WEIR_OK) {
		fprintf(stderr, "status_read: %s\n", problem.text);
		return 1;
	}
	header = status.header;
	for (i = 0; i < WEIR_TOP_COUNT; i++)
		print_table(&status, i);
	(void)weir_status_recent(
	    &status, &sequence, &missed, print_event, NULL);
	printf("events %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", sequence, seen,
	    missed);
	weir_status_close(&status);
	return 0;
}
