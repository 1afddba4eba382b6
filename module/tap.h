/*
 * tap.h - events as dnstap frames, to a collector.
 *
 *   recorder ──weir_tap_send──► frame ──► queue ──weir_tap_work──► socket
 *
 * A frame is a CLIENT_RESPONSE: who asked, how and when; the query and the
 * response, each with its question alone, put together anew; a Policy (its type
 * is the feed's name) if a rule spoke; and in `extra`, as JSON, what dnstap has
 * no field for.  weir.so(8) describes it, stats/tap_read.h reads it.
 *
 * One thread, the recorder's, does everything here, and nothing here ever waits:
 * the queue has a fixed size, the socket does not block, and what a reader does
 * not take in time is counted and told to it in the next frame that it takes
 * ("lost").  A reader that is stuck, slow or away costs the encoding of an event
 * until the queue is full, and then less.
 *
 * A connection that ends is made anew once a second; what is in the queue waits
 * for it.  A frame that the kernel had taken, but a reader that died had not, is
 * lost without a count: dnstap knows no receipts.
 */
#ifndef WEIR_MODULE_TAP_H
#define WEIR_MODULE_TAP_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/event.h"

struct weir_tap;

/* Octets of the queue, and frames in it: a usual one has 330 octets. */
#define WEIR_TAP_QUEUE_SIZE   (4U << 20)
#define WEIR_TAP_QUEUE_FRAMES 16384
/* Between two tries to connect; for a handshake. */
#define WEIR_TAP_RETRY_MS     1000
#define WEIR_TAP_HANDSHAKE_MS 5000
/* For what is still in the queue at the end. */
#define WEIR_TAP_FINISH_MS    100

/** What the slots of an event mean; "" if the slot is 0. */
struct weir_tap_texts {
	const char *feed, *category;
	const char *shadow_feed, *shadow_category;
};

struct weir_tap_counts {
	uint64_t sent;   /* frames that the kernel has taken */
	uint64_t lost;   /* that did not fit into the queue, or stayed in it */
	uint64_t untold; /* lost events that no reader knows of yet */
	uint64_t connects; /* handshakes that were finished */
	bool is_connected;
};

/** `address`: as in weir.yaml (lib/tap_address.h).  `version`: which Unbound.
 *  Connects later.  WEIR_EFORMAT, WEIR_EMEMORY. */
int weir_tap_new(const char *address, const char *version,
    struct weir_tap **ret_tap, struct weir_problem *problem) WEIR_CHECKED;

/** Sends what it can within WEIR_TAP_FINISH_MS, takes leave of the reader, and
 *  counts the rest as lost. */
void weir_tap_finish(struct weir_tap *tap);
void weir_tap_free(struct weir_tap *tap);

/** Puts an event into the queue, or counts it as lost. */
void weir_tap_send(struct weir_tap *tap, const struct weir_event *event,
    const struct weir_tap_texts *texts);

/** Tells the reader of events that were lost before they came here. */
void weir_tap_lose(struct weir_tap *tap, uint64_t count);

/** Connects, talks, writes: as much as can be done at once. */
void weir_tap_work(struct weir_tap *tap);

/** What weir_tap_work waits for just now; fd -1: for nothing but time. */
void weir_tap_poll(const struct weir_tap *tap, struct pollfd *ret_poll);

void
weir_tap_counts(const struct weir_tap *tap, struct weir_tap_counts *ret_counts);

#endif
