/*
 * publish_state.h - what a publisher knows of its feed, and how that lasts.
 *
 *   DIR/public/metadata, DIR/public/targets    served
 *   DIR/private/targets.key, snapshot.key, timestamp.key
 *   DIR/private/state.json       all that stands below
 *   DIR/private/next.json        the same, about to hold
 *   DIR/private/N.run            the runs (publish_run.h)
 *
 * The set is the full, and over it the runs; each goes on where the one before
 * ends:
 *
 *     day before | day | last hour | hour | last minute | minute
 *     `day ------------------------'        `head -------------'
 *                      `hour ---------------------------'
 *
 * A cut of the minute moves each of the last three one place to the left; one
 * of the hour does that with `hour` and `last hour`, one of the day with `day`.
 * So a delta begins at the cut before last of the one after it, all of them
 * overlap, and no publish costs more than a minute's changes.  The full may lie
 * anywhere behind the beginning of `day`: what is both in it and in a run is
 * said by the run, and newer.
 *
 * next.json is written before timestamp.json is, with that one's hash in it, and
 * renamed after: whatever ends the program, the one that goes with the
 * timestamp.json that is served tells how to go on.
 */
#ifndef WEIR_FEEDS_PUBLISH_STATE_H
#define WEIR_FEEDS_PUBLISH_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "feeds/feed_target.h"
#include "feeds/publish_run.h"
#include "lib/error.h"

enum weir_publish_place {
	WEIR_PUBLISH_DAY_BEFORE,
	WEIR_PUBLISH_DAY,
	WEIR_PUBLISH_LAST_HOUR,
	WEIR_PUBLISH_HOUR,
	WEIR_PUBLISH_LAST_MINUTE,
	WEIR_PUBLISH_MINUTE,
	WEIR_PUBLISH_PLACES
};

struct weir_publish_file {
	uint64_t number; /* NUMBER.run; 0: no file, nothing was touched */
	uint64_t len;
	/* At its end: the sequence number, when that was published, and what
	 * the set was then. */
	uint64_t to;
	uint64_t at_ms;
	uint64_t count;
	struct weir_feed_sum sum;
};

enum weir_publish_meta {
	WEIR_PUBLISH_ROOT,
	WEIR_PUBLISH_TARGETS,
	WEIR_PUBLISH_SNAPSHOT,
	WEIR_PUBLISH_TIMESTAMP,
	WEIR_PUBLISH_METAS
};

/** One document of the metadata, as it was published last. */
struct weir_publish_document {
	int64_t version; /* 0: never */
	int64_t expires_unix;
	uint64_t len;
	char sha256[WEIR_TUF_HEX_SIZE];
};

struct weir_publish_state {
	char feed[WEIR_FEED_NAME_SIZE];
	char gen[WEIR_FEED_GEN_SIZE]; /* "": nothing was published yet */
	/* Numbers that were given away to what was not published in the end are
	 * not given again: somebody may have seen it. */
	uint64_t sequence_floor;
	int64_t version_floor;
	uint32_t poll_ms;
	int64_t minute_unix, hour_unix, day_unix; /* the last cuts */
	uint64_t next_number;                     /* of a file */
	uint64_t from; /* where `day before` begins */
	struct weir_publish_file full;
	struct weir_publish_file runs[WEIR_PUBLISH_PLACES];
	/* What is published now; a kind without a name is not. */
	struct weir_feed_target targets[WEIR_FEED_KIND_COUNT];
	struct weir_publish_document documents[WEIR_PUBLISH_METAS];
};

/** The last that was published: sequence number, count, sum. */
static inline const struct weir_publish_file *
weir_publish_state_last(const struct weir_publish_state *state)
{
	return &state->runs[WEIR_PUBLISH_MINUTE];
}

/** Where a delta of that kind begins and ends: runs first to last. */
struct weir_publish_span {
	uint64_t from;
	const struct weir_publish_file *end;
	unsigned int first, last; /* places */
};
void weir_publish_state_span(const struct weir_publish_state *state,
    unsigned int kind, struct weir_publish_span *ret_span);

/** Reads FOLDER/FILE.  WEIR_EMISSING, WEIR_EFORMAT. */
int weir_publish_state_read(const char *folder, const char *file,
    struct weir_publish_state *ret_state,
    struct weir_problem *problem) WEIR_CHECKED;

/** Writes it, safely. */
int weir_publish_state_write(const char *folder, const char *file,
    const struct weir_publish_state *state,
    struct weir_problem *problem) WEIR_CHECKED;

#endif
