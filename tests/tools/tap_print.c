/*
 * tap_print.c - dnstap streams as records, a line each.
 *
 *   tap_print ADDRESS
 *
 * Listens until SIGTERM, and prints
 *
 *   OUTCOME CLIENT TRANSPORT QNAME DOMAIN QTYPE RCODE FEED CATEGORY ACTION LOST
 *
 * with "-" for what is empty; at the end what else came.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "stats/tap_listen.h"

static volatile sig_atomic_t is_over;

static void
end(int number)
{
	(void)number;
	is_over = 1;
}

static const char *
or_dash(const char *text)
{
	return text[0] == '\0' ? "-" : text;
}

static void
print(void *arg, const struct weir_tap_frame *frame)
{
	const struct weir_record *record = &frame->record;
	const char *transport = weir_transport_text(record->transport);
	char client[WEIR_CLIENT_TEXT_SIZE];

	(void)arg;
	(void)weir_client_print(&record->client, client);
	printf("%s %s %s %s %s %u %u %s %s %s %" PRIu64 "\n",
	    weir_event_outcome_text(record->outcome), client,
	    transport ? transport : "-", record->qname, or_dash(record->domain),
	    record->qtype, record->rcode, or_dash(record->feed),
	    or_dash(record->category), or_dash(record->action), frame->lost);
	(void)fflush(stdout);
}

int
main(int argc, char **argv)
{
	struct weir_tap_listen_counts counts;
	struct weir_problem problem;
	struct weir_tap_listen *listen;

	if (argc != 2) {
		(void)fprintf(stderr, "usage: tap_print ADDRESS\n");
		return 2;
	}
	(void)signal(SIGTERM, end);
	if (weir_tap_listen_open(argv[1], &listen, &problem) != WEIR_OK) {
		(void)fprintf(stderr, "tap_print: %s\n", problem.text);
		return 1;
	}
	while (!is_over)
		(void)!weir_tap_listen_wait(listen, 100, print, NULL);
	weir_tap_listen_counts(listen, &counts);
	weir_tap_listen_close(listen);
	printf("senders %" PRIu64 ", cut off %" PRIu64 ", frames %" PRIu64
	       ", others %" PRIu64 ", broken %" PRIu64 "\n",
	    counts.senders, counts.cut_off, counts.frames, counts.others,
	    counts.broken);
	return 0;
}
