/*
 * feed_merge.h - the set of a signed feed's state (feed_state.h) as one text of
 * "+" lines, in order, for the list frame (list_source.c).
 */
#ifndef WEIR_FEEDS_FEED_MERGE_H
#define WEIR_FEEDS_FEED_MERGE_H

#include <stddef.h>
#include <stdint.h>

#include "feeds/feed_state.h"
#include "lib/error.h"

struct weir_feed_merge;

/** Opens a state's folder.  WEIR_EMISSING: nothing was fetched yet. */
int weir_feed_merge_open(const char *folder, struct weir_feed_merge **ret_merge,
    struct weir_problem *problem) WEIR_CHECKED;
void weir_feed_merge_close(struct weir_feed_merge *merge);

/** Whole lines of the feed, "+" lines only, as many as fit into `size`, at least
 *  WEIR_FEED_LINE_SIZE.  1; 0 at the end. */
int weir_feed_merge_next(struct weir_feed_merge *merge, char *text, size_t size,
    size_t *ret_len) WEIR_CHECKED;

/** Octets of the files: all, and read so far. */
void weir_feed_merge_progress(const struct weir_feed_merge *merge,
    uint64_t *ret_done, uint64_t *ret_total);

const struct weir_feed_state *
weir_feed_merge_state(const struct weir_feed_merge *merge);

#endif
