/*
 * tap_send.c - events as dnstap, by module/tap.c, without a resolver.
 *
 *   tap_send ADDRESS COUNT
 *
 * Sends COUNT events for nN.bad.example as fast as the reader takes them, the
 * last one as if it had come by TLS, and prints what became of them.  Exit code 1: not all were sent within a minute.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/unit/tap_events.h"

static void
send_one(struct weir_tap *tap, unsigned long number, bool is_last)
{
	static const struct weir_tap_texts shadow = { "", "", "trial",
		"phishing" };
	struct weir_event event;
	char name[64];

	(void)snprintf(name, sizeof(name), "n%lu.bad.example", number);
	tap_event(&event, name);
	event.time_ns += number * 1000000;
	switch (number % 4) {
	case 1: /* the longest address */
		event.client.family = 6;
		event.client.prefix = 128;
		(void)inet_pton(AF_INET6, "2001:db8::77", event.client.address);
		break;
	case 2:
		event.outcome = WEIR_EVENT_SHADOWED;
		event.is_shadowed = true;
		event.rcode = 0;
		break;
	case 3:
		event.transport = WEIR_TRANSPORT_TCP;
		event.action = WEIR_ACTION_SINKHOLE;
		event.rcode = 0;
		break;
	default:
		break;
	}
	if (is_last)
		event.transport = WEIR_TRANSPORT_TLS;
	weir_tap_send(tap, &event, number % 4 == 2 ? &shadow : &tap_texts);
}

int
main(int argc, char **argv)
{
	static const struct timespec moment = { 0, 1000000 };
	struct weir_tap_counts counts = { 0 };
	struct weir_problem problem;
	unsigned long count, number = 0;
	struct weir_tap *tap;
	time_t end = time(NULL) + 60;

	if (argc != 3) {
		(void)fprintf(stderr, "usage: tap_send ADDRESS COUNT\n");
		return 2;
	}
	count = strtoul(argv[2], NULL, 10);
	if (weir_tap_new(argv[1], "unbound 0", &tap, &problem) != WEIR_OK) {
		(void)fprintf(stderr, "tap_send: %s\n", problem.text);
		return 2;
	}
	while (counts.sent < count && time(NULL) < end) {
		/* Never so many that one would be lost. */
		for (; number < count && number - counts.sent < 1000; number++)
			send_one(tap, number, number + 1 == count);
		weir_tap_work(tap);
		weir_tap_counts(tap, &counts);
		(void)nanosleep(&moment, NULL);
	}
	weir_tap_finish(tap);
	weir_tap_free(tap);
	printf(
	    "sent %" PRIu64 ", lost %" PRIu64 "\n", counts.sent, counts.lost);
	return counts.sent == count ? EXIT_SUCCESS : EXIT_FAILURE;
}
