/*
 * feed_apply.h - the lines of a payload: a full is checked and counted, a delta
 * is compared with the set that it is for.
 *
 *   full:   every line of its one form, "+", names ascending; count and sum
 *   delta:  the same, "-" too; beside the files of the state, which are asked
 *           for the entry that each name had
 */
#ifndef WEIR_FEEDS_FEED_APPLY_H
#define WEIR_FEEDS_FEED_APPLY_H

#include <stdint.h>
#include <stdio.h>

#include "feeds/feed_state.h"
#include "lib/error.h"

struct weir_feed_outcome {
	uint64_t count; /* of the whole set */
	struct weir_feed_sum sum;
	uint64_t added, removed, changed;
};

/** By several threads.  WEIR_EFORMAT: "as:LINE: why". */
int weir_feed_apply_full(const struct weir_feed_file *file,
    struct weir_feed_outcome *ret_outcome,
    struct weir_problem *problem) WEIR_CHECKED;

/** *outcome has count and sum of the state, and gets those of the set that comes
 *  out.  Names whose entry changes are printed as "+" lines: to `add` with the
 *  new one, those that go to `del`.  WEIR_EFORMAT, WEIR_ESYSTEM. */
int weir_feed_apply_delta(const struct weir_feed_state *state,
    const struct weir_feed_file *delta, FILE *add, FILE *del,
    struct weir_feed_outcome *outcome,
    struct weir_problem *problem) WEIR_CHECKED;

#endif
