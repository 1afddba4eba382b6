/*
 * tap_events.h - events for the tests of dnstap.
 */
#ifndef WEIR_TESTS_UNIT_TAP_EVENTS_H
#define WEIR_TESTS_UNIT_TAP_EVENTS_H

#include <arpa/inet.h>
#include <string.h>

#include "lib/entry.h"
#include "lib/name.h"
#include "module/tap.h"

static const struct weir_tap_texts tap_texts = { "urlhaus", "malware", "", "" };

/** The name in wire form; how long it is. */
static inline uint8_t
tap_name(const char *text, uint8_t *wire)
{
	struct weir_name name;

	if (weir_name_parse(text, strlen(text), &name) != WEIR_OK)
		return 0;
	memcpy(wire, name.wire, name.len);
	return name.len;
}

/** A client that asked for a name, of which a feed lists bad.example. */
static inline void
tap_event(struct weir_event *event, const char *qname)
{
	memset(event, 0, sizeof(*event));
	event->time_ns = 1790000000123456789ULL;
	event->work_ns = 4321;
	event->generation = 12;
	event->client.family = 4;
	event->client.prefix = 32;
	event->client.port = 40123;
	(void)inet_pton(AF_INET, "192.0.2.77", event->client.address);
	event->qtype = 65;
	event->qclass = 1;
	event->outcome = WEIR_EVENT_BLOCKED;
	event->transport = WEIR_TRANSPORT_UDP;
	event->action = WEIR_ACTION_NXDOMAIN;
	event->rcode = 3;
	event->confidence = 90;
	event->feed = 3;
	event->category = 2;
	event->is_from_cache = true;
	event->qname_len = tap_name(qname, event->qname);
	event->rule_len = tap_name("bad.example", event->matched);
	event->matched_len = tap_name(qname, event->matched);
}

#endif
