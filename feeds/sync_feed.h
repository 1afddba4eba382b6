/*
 * sync_feed.h - one feed in the worker: what is fetched of it, once.
 *
 * Belongs to one thread.  A cycle asks one mirror and leaves behind: data on the
 * disk, a record, and what is to be said of it.  When to do that, and what
 * becomes of an outcome, is sync_worker.c's.
 */
#ifndef WEIR_FEEDS_SYNC_FEED_H
#define WEIR_FEEDS_SYNC_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "feeds/feed_state.h"
#include "feeds/http.h"
#include "feeds/sync.h"
#include "feeds/sync_record.h"
#include "feeds/tuf_client.h"

enum weir_sync_outcome {
	WEIR_SYNC_SAME,        /* nothing new, and that is sure */
	WEIR_SYNC_NEW,         /* something newer is on the disk */
	WEIR_SYNC_UNREACHABLE, /* a file could not be had */
	WEIR_SYNC_WRONG,       /* what is served is refused */
	WEIR_SYNC_WAITING,     /* for the moment to take a full */
	WEIR_SYNC_LOCAL,       /* the state folder cannot be read or written */
	WEIR_SYNC_NO_TIME      /* the clock is wrong: nothing was asked */
};

struct weir_sync_feed {
	const struct weir_sync *sync;
	const struct weir_feed_settings *settings;
	unsigned int place;
	struct weir_http *http;
	char *folder; /* STATE/feeds/NAME */
	struct weir_sync_record record;

	/* Of a signed feed. */
	char *metadata; /* FOLDER/metadata */
	struct weir_tuf_client *client;
	struct weir_feed_state *state;
	char timestamp_sha256[WEIR_TUF_HEX_SIZE]; /* the last that was done */
	bool must_take_full;                      /* count or sum differed */
	uint64_t full_after_ms; /* weir_clock_ns / 10^6: not before */
	uint32_t poll_ms;       /* the publisher's; 0: not known */
	int64_t expires_unix;
	int64_t floor_saved_unix; /* that the record on the disk has */

	/* Of the last cycle. */
	struct weir_problem problem;
	bool is_small;              /* what failed was a small file */
	bool is_expired;            /* what is served is past its date */
	unsigned int retry_after_s; /* 0: not said */
	/* What is on the disk has changed: hands it over, and waits. */
	void (*hand)(void *arg, const struct weir_feed_taken *taken);
	void *hand_arg;
};

/** Opens what is on the disk of it.  WEIR_EMEMORY, WEIR_ESYSTEM; a state that is
 *  damaged is begun anew. */
int weir_sync_feed_init(struct weir_sync_feed *feed,
    const struct weir_sync *sync, unsigned int place) WEIR_CHECKED;
void weir_sync_feed_done(struct weir_sync_feed *feed);

/** One cycle with the mirror at that place. */
enum weir_sync_outcome
weir_sync_feed_cycle(struct weir_sync_feed *feed, unsigned int mirror);

/** Whether there is anything to hand over, and whether the loader has it. */
bool weir_sync_feed_has_data(const struct weir_sync_feed *feed);
bool weir_sync_feed_is_handed(const struct weir_sync_feed *feed);
/** Notes that it has. */
void weir_sync_feed_handed(struct weir_sync_feed *feed);
/** The record to the disk; its failure is no one's: work is done again. */
void weir_sync_feed_save(struct weir_sync_feed *feed);

/** An empty file without a name in the state folder; -1. */
int weir_sync_feed_scratch(const struct weir_sync_feed *feed);

/** Any 32 bits, to spread what many machines do. */
uint32_t weir_sync_random(void);

/* The kinds. */
enum weir_sync_outcome
weir_sync_list_cycle(struct weir_sync_feed *feed, const char *url);
enum weir_sync_outcome
weir_sync_signed_cycle(struct weir_sync_feed *feed, const char *base);
/** Opens the feed's state, or begins it anew. */
int weir_sync_signed_open(struct weir_sync_feed *feed) WEIR_CHECKED;

/** A repository in a folder, for tuf_client.h: import. */
struct weir_sync_folder {
	const char *path;
};
void weir_sync_folder_transport(
    struct weir_sync_folder *folder, struct weir_tuf_transport *ret_transport);

#endif
