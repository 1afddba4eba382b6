/*
 * sync_record.h - what weir-sync remembers of a feed beyond its data:
 * STATE/record/NAME.json, replaced as a whole.
 *
 * Nothing that stands there is trusted for more than saving work or waiting:
 * without it all is fetched and handed over once more, which is harmless.  But
 * for the floor of the clock, which makes an old repository fall.
 */
#ifndef WEIR_FEEDS_SYNC_RECORD_H
#define WEIR_FEEDS_SYNC_RECORD_H

#include <stdint.h>

#include "feeds/feed_line.h"
#include "feeds/http.h"
#include "lib/error.h"
#include "lib/settings.h"

struct weir_sync_record {
	/* Of a list: from where, and what that server said of it. */
	char url[WEIR_URL_SIZE];
	char etag[WEIR_HTTP_TAG_SIZE], last_modified[WEIR_HTTP_TAG_SIZE];
	uint64_t edition; /* counts the lists that were different */
	/* Of a signed feed: SHA-256 of the root that the settings named when its
	 * trust began, or of that root's file; and the newest time at which the
	 * feed was verified. */
	char pin[WEIR_TUF_HEX_SIZE];
	int64_t floor_unix;
	/* Both. */
	int64_t checked_unix; /* the last good answer */
	int64_t newer_unix;   /* the last one that was newer; of a list: good */
	/* The mirror at that place wants not to be asked before (Retry-After). */
	int64_t retry_unix[WEIR_FEED_URLS];
	/* What the loader has taken: gen and sequence, or the edition. */
	char handed_gen[WEIR_FEED_GEN_SIZE];
	uint64_t handed;
	uint64_t moved; /* octets over the line, ever */
};

/** A record that is missing or unreadable is an empty one. */
void weir_sync_record_read(
    const char *state, const char *feed, struct weir_sync_record *ret_record);
int weir_sync_record_write(const char *state, const char *feed,
    const struct weir_sync_record *record) WEIR_CHECKED;

#endif
