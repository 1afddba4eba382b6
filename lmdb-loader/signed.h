/*
 * signed.h - what is special about the feeds that weir-sync brings: the state in
 * force is remembered, deltas have to lead on from it, and what would change too
 * much at once waits.
 *
 * The generation says of each such feed which sequence number of which beginning
 * (gen) it has (lib/policy.h).  A file of changes (feeds/feed_state.h) holds the
 * names that differ between two sequence numbers, and nothing else: so it is right
 * for the first of them, does nothing to the second, and is wrong for all others.
 *
 * After a rollback these feeds stand still until a person says `weir-load apply`:
 * rollback.hold in the database folder.
 */
#ifndef WEIR_LMDB_LOADER_SIGNED_H
#define WEIR_LMDB_LOADER_SIGNED_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/policy.h"
#include "lib/settings.h"

/* A feed may get that many names more, or lose that share, in one step, and in a
 * day: else many small steps would do what a large one may not. */
#define WEIR_SIGNED_DAY_S          86400
#define WEIR_SIGNED_GROW_PERCENT   5
#define WEIR_SIGNED_GROW_NAMES     100000
#define WEIR_SIGNED_SHRINK_PERCENT 20

/** What --gen, --from and --to say of a delta. */
struct weir_signed_span {
	const char *gen; /* NULL: not given, nor are the others */
	uint64_t from, to;
};

/** Whether the delta leads on from what is in force.  WEIR_EMISSING: it does not;
 *  `weir-load apply` takes the state as it lies there. */
int weir_signed_check(const struct weir_feed *feed,
    const struct weir_signed_span *span,
    struct weir_problem *problem) WEIR_CHECKED;

/** Whether the first line of a file of changes (NULL: no file) says the same as
 *  the span.  WEIR_EFORMAT, WEIR_EMISSING, WEIR_ESYSTEM. */
int weir_signed_check_file(const char *file, const char *feed,
    const struct weir_signed_span *span,
    struct weir_problem *problem) WEIR_CHECKED;

/** Begins a new day for the feed, with the names that it has, if the last one is
 *  over, or there was none. */
void weir_signed_begin_day(struct weir_feed *feed, uint32_t now_unix);

/** Whether so many names more and less are too many, at once or in its day, for
 *  the feed as it is.  One without names may begin with any number. */
bool weir_signed_is_too_much(
    const struct weir_feed *feed, uint64_t added, uint64_t removed);

/** Whether a set is about as large as one that was accepted: it goes on moving
 *  while a person looks at it. */
bool weir_signed_is_near(uint64_t accepted, uint64_t names);

/** Whether a feed of the settings is the folder of a signed one. */
bool weir_signed_is_folder(const struct weir_feed_settings *feed);

#define WEIR_SIGNED_ROLLED_BACK \
	"rolled back by hand: signed feeds stand still until weir-load apply"

/** The hold of a rollback. */
bool weir_signed_is_rolled_back(const char *folder);
int weir_signed_hold(const char *folder) WEIR_CHECKED;
void weir_signed_release(const char *folder);

#endif
