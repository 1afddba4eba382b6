/*
 * overlay.h - overlays and compaction, as merges of sorted streams.
 *
 *   a delta        overlay before + changes              -> new overlay
 *   compaction     base + overlay                        -> new base
 *                  overlay now, without what it was then -> new overlay
 *
 * An overlay never forgets a key while its base lives, even if its record says
 * again what the base says: so a compaction that has read an older overlay of
 * the same base knows, by comparing the two, what has come since.
 */
#ifndef WEIR_LMDB_LOADER_OVERLAY_H
#define WEIR_LMDB_LOADER_OVERLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/generation.h"
#include "lmdb-loader/changes.h"
#include "lmdb-loader/store.h"
#include "lmdb-loader/stream.h"

/** A delta writes the overlay anew: with more names than this one it takes
 *  longer (a quarter of a microsecond a name) than people want to wait for a
 *  delta, and the overlay wants to be compacted. */
#define WEIR_OVERLAY_NAMES 65536

/** How many names an overlay may have before it is worth compacting, if deltas
 *  like this one come: a delta of c changes writes the overlay, a compaction the
 *  base of n names; together they write least when the overlay grows to
 *  sqrt(2 c n) names in between.  At most WEIR_OVERLAY_NAMES. */
uint64_t weir_overlay_measure(uint64_t change_count, uint64_t base_count);

/** All names of a generation, or all records of an overlay (NULL: none),
 *  tombstones included. */
struct weir_walk_stream {
	struct weir_stream stream;
	struct weir_generation_cursor cursor;
};
int weir_walk_generation(const struct weir_generation *generation,
    struct weir_walk_stream *ret_stream) WEIR_CHECKED;
int weir_walk_overlay(const struct weir_db *overlay,
    struct weir_walk_stream *ret_stream) WEIR_CHECKED;

/** Two streams as one; of a key that both have, the upper one's record. */
struct weir_merge_stream {
	struct weir_stream stream;
	struct weir_stream *lower, *upper;
	struct weir_stream_item lower_item, upper_item;
	int has_lower, has_upper; /* 1, 0; -1: to be read */
};
void weir_merge(struct weir_stream *lower, struct weir_stream *upper,
    struct weir_merge_stream *ret_stream);

/** What `now` says and `then` does not say with the same words.  Every key of
 *  `then` has to be in `now`; if one is not, `now` does not come from `then` by
 *  deltas: next fails (WEIR_EFORMAT) and is_foreign is set. */
struct weir_rest_stream {
	struct weir_stream stream;
	struct weir_stream *now, *then;
	struct weir_stream_item then_item;
	int has_then;
	bool is_foreign;
};
void weir_rest(struct weir_stream *now, struct weir_stream *then,
    struct weir_rest_stream *ret_stream);

/** Writes N.overlay.tmp: the generation's overlay, if it has one, with the
 *  changes over it, and the policy; proves it and notes it in the draft, whose
 *  `generation` says N. */
int weir_overlay_write(const struct weir_store *store,
    const struct weir_generation *generation,
    const struct weir_changes *changes, const struct weir_policy *policy,
    struct weir_store_draft *draft, struct weir_problem *problem) WEIR_CHECKED;

/** The same from any stream, over any base. */
int weir_overlay_write_stream(const struct weir_store *store,
    struct weir_stream *stream, const struct weir_db_header *base,
    const struct weir_policy *policy, struct weir_store_draft *draft,
    struct weir_problem *problem) WEIR_CHECKED;

#endif
