/*
 * event.h - what became of one client's query: the unit of block statistics.
 *
 *   worker ──weir_event_push──► queue ──► the module's recorder thread
 *       recorder ──► top lists and recent events, in the status file (status.h)
 *                ──► dnstap frames (module/tap.h) ──► weir-stat record, others
 *
 * One for each client whose query a rule spoke of: it was blocked, would have
 * been (shadow mode), or was let through by a rule.  Of the other queries that
 * come to the module one in N, if the operator wants that (sample-passed).
 *
 * The queue has one writer, a worker, and one reader, the recorder.  It never
 * waits and never grows: what does not fit is counted and gone (invariant: the
 * sum of events and lost ones is the sum of the counters).
 */
#ifndef WEIR_LIB_EVENT_H
#define WEIR_LIB_EVENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/limits.h"

enum weir_event_outcome {
	WEIR_EVENT_BLOCKED,  /* the answer was changed */
	WEIR_EVENT_SHADOWED, /* it would have been; and no rule decided */
	WEIR_EVENT_ALLOWED,  /* a rule let it through */
	WEIR_EVENT_PASSED,   /* no rule spoke of it: a sample */
	WEIR_EVENT_OUTCOME_COUNT
};

/** "blocked", "shadowed", "allowed", "passed"; NULL. */
const char *weir_event_outcome_text(unsigned int outcome);

/* How the client asked; numbers of dnstap's SocketProtocol. */
enum weir_transport {
	WEIR_TRANSPORT_UNKNOWN = 0,
	WEIR_TRANSPORT_UDP = 1,
	WEIR_TRANSPORT_TCP = 2,
	WEIR_TRANSPORT_TLS = 3,
	WEIR_TRANSPORT_HTTPS = 4,
	WEIR_TRANSPORT_DNSCRYPT = 5,
	WEIR_TRANSPORT_QUIC = 7,
	WEIR_TRANSPORT_COUNT = 8
};

/** "udp", "tcp", "tls", "https" ...; NULL. */
const char *weir_transport_text(unsigned int transport);

/** A client's address, cut to the prefix that the settings allow before it is
 *  stored anywhere. */
struct weir_client {
	uint8_t family; /* 4, 6; 0: not known */
	uint8_t prefix; /* bits that were kept */
	uint16_t port;  /* 0 if the address was cut */
	uint8_t address[16];
};

#define WEIR_CLIENT_TEXT_SIZE 64 /* "2001:db8::/56" */

/** "192.0.2.1", "192.0.2.0/24", "?".  The length. */
size_t weir_client_print(const struct weir_client *client, char *text);
/** Cuts the address; families other than 4 and 6 stay. */
void weir_client_cut(
    struct weir_client *client, unsigned int prefix_v4, unsigned int prefix_v6);

struct weir_event {
	uint64_t time_ns; /* Unix, when the answer was given */
	uint64_t generation;
	struct weir_client client;
	uint32_t work_ns;       /* of the module's own, 0: not taken */
	uint16_t qtype, qclass; /* as asked */
	uint16_t feed;          /* slot in the status file; 0: none */
	uint16_t category;      /* slot in the status file; 0: none */
	uint8_t outcome;        /* enum weir_event_outcome */
	uint8_t transport;      /* enum weir_transport */
	uint8_t action;         /* enum weir_action, of the rule */
	uint8_t rcode;          /* that the client got */
	uint8_t confidence;
	bool is_alias;      /* the rule is about a name the answer leads to */
	bool is_from_cache; /* nothing was asked of the network */
	bool is_shadowed;   /* a rule in shadow mode spoke as well */
	uint16_t shadow_feed, shadow_category; /* that rule's slots */
	/* Of matched, the last rule_len octets are the listed name: see
	 * weir_event_rule; both 0: none. */
	uint8_t qname_len, matched_len, rule_len;
	uint8_t qname[WEIR_NAME_SIZE]; /* wire, lower case */
	/* The name that the rule is about: qname, or what it leads to. */
	uint8_t matched[WEIR_NAME_SIZE];
};

/** The listed name, rule_len octets in wire form. */
static inline const uint8_t *
weir_event_rule(const struct weir_event *event)
{
	return event->matched + event->matched_len - event->rule_len;
}

/** A queue in memory of its own. */
struct weir_event_queue;

/* Octets of a worker's queue: some 35,000 events of usual names, which is what a
 * worker blocks in 150 ms if it does nothing else.  So long the recorder may have
 * to wait for a processor. */
#define WEIR_EVENT_QUEUE_SIZE (1U << 22)

/** `size`: a power of two, 4096 or more.  NULL: no memory. */
struct weir_event_queue *weir_event_queue_new(size_t size);
void weir_event_queue_free(struct weir_event_queue *queue);

/** The writer's.  False: it was full, the event is lost (and counted). */
bool
weir_event_push(struct weir_event_queue *queue, const struct weir_event *event);

/** The writer's: an event that is not even made counts as lost. */
void weir_event_lose(struct weir_event_queue *queue);

/** The reader's: the octets of the oldest event, as weir_event_encode wrote them,
 *  with zeroes behind them up to a multiple of eight; they stay there until
 *  weir_event_drop.  NULL: it is empty. */
const uint64_t *
weir_event_peek(struct weir_event_queue *queue, size_t *ret_len);
/** The reader's: the event that was peeked at leaves the queue. */
void weir_event_drop(struct weir_event_queue *queue);

/** Events that were lost so far; either side. */
uint64_t weir_event_queue_lost(const struct weir_event_queue *queue);

/** The octets of an event as they lie in queues and in the status file: a fixed
 *  part and its names; matched is not there if it is qname.  The
 *  length; `bytes` has WEIR_EVENT_BYTES. */
#define WEIR_EVENT_BYTES 624
size_t weir_event_encode(const struct weir_event *event, uint8_t *bytes);
/** False: not what weir_event_encode wrote. */
bool weir_event_decode(
    const uint8_t *bytes, size_t len, struct weir_event *ret_event);

#endif
