/*
 * tap_read.h - a dnstap frame, of weir's or of another sender's, as a record.
 *
 *   socket ──tap_listen.h──► frames ──weir_tap_read──► struct weir_record
 *
 * A frame of weir's says in `extra` what became of the query.  One of another
 * sender's (Unbound's own client responses) is a query that was let through, or,
 * if it has a Policy that is not PASS, a blocked one.
 *
 * Everything in a frame is hostile: what does not fit, or contradicts itself, is
 * WEIR_EFORMAT, and the connection may go on.
 */
#ifndef WEIR_STATS_TAP_READ_H
#define WEIR_STATS_TAP_READ_H

#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/limits.h"
#include "stats/history.h"

/** A record with room for its texts.  Some 6 KB. */
struct weir_tap_frame {
	struct weir_record record; /* its texts point below */
	uint64_t lost;             /* events before it that did not come */
	char qname[WEIR_NAME_TEXT_SIZE];
	char rule[WEIR_NAME_TEXT_SIZE];
	char domain[WEIR_NAME_TEXT_SIZE];
	char feed[WEIR_FEED_NAME_SIZE];
	char category[WEIR_CATEGORY_SIZE];
	char action[16];
};

/** 1: it is a client's response, *ret_frame holds it (and points into itself:
 *  it cannot be copied).  0: it is well formed, but another message.
 *  WEIR_EFORMAT, WEIR_EMEMORY: nothing is of use in *ret_frame. */
int weir_tap_read(const uint8_t *bytes, size_t len,
    struct weir_tap_frame *ret_frame) WEIR_CHECKED;

#endif
