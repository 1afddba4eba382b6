/*
 * feed_state.h - a signed feed on the resolver's machine: the set of names as
 * verified payloads, one over the other.
 *
 *   FOLDER/state.json    gen, sequence, count, sum, published at, the files
 *   FOLDER/HASH.KIND     payloads, unpacked, as they were signed
 *   FOLDER/changes.add, changes.del   what the last one changed, for the loader
 *   FOLDER/metadata/     tuf_client.h's
 *
 * Overlapping deltas list for every name that was touched its state at their
 * end, so that the state of a name is what the newest file that has it says, and
 * nothing has to be merged when one comes in: a `head` of a minute over an
 * `hour` over a `day` over a `full`.  A file is dropped once a later one reaches
 * as far back.  All are sorted, mapped, and searched, never held in memory:
 * what a new delta costs is what it is long.
 *
 * state.json is replaced as a whole after the files are safe: whatever breaks
 * off, the state is that of before, and what it does not name is cleared away.
 *
 * Written by weir-sync; read by weir-load, which takes the folder as a list of
 * the format `feed` (feed_merge.h).
 */
#ifndef WEIR_FEEDS_FEED_STATE_H
#define WEIR_FEEDS_FEED_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/feed_line.h"
#include "feeds/feed_target.h"
#include "lib/error.h"

/* Files that lie over each other.  Four kinds, and each twice while the cut of
 * the next is young; more are folded into one. */
#define WEIR_FEED_FILES 12

struct weir_feed_file {
	char name[WEIR_TUF_HEX_SIZE + 8]; /* HASH.KIND */
	struct weir_feed_header header;
	uint64_t raw;
	const char *text; /* mapped */
	size_t text_len;
};

struct weir_feed_state {
	char *folder;
	char feed[WEIR_FEED_NAME_SIZE];
	char gen[WEIR_FEED_GEN_SIZE]; /* "": there is nothing yet */
	uint64_t sequence;
	uint64_t count;
	struct weir_feed_sum sum;
	uint64_t at_ms; /* when the publisher published that */
	uint32_t poll_ms;
	bool is_draft; /* not in state.json yet */
	unsigned int file_count;
	struct weir_feed_file files[WEIR_FEED_FILES]; /* the newest last */
};

/** Reads and maps; a folder without state.json is an empty state.  A file that
 *  is missing or has another length: WEIR_EFORMAT (then take a full anew).
 *  The full's digest is not computed again. */
int weir_feed_state_open(const char *folder, const char *feed,
    struct weir_feed_state **ret_state,
    struct weir_problem *problem) WEIR_CHECKED;
void weir_feed_state_close(struct weir_feed_state *state);

/** Which of the targets to fetch, in that order, so that the state becomes that
 *  of the newest: *ret_steps are places in `targets`, WEIR_FEED_KIND_COUNT at
 *  most; 0: it is there already.  Of the deltas with from <= have < to that with
 *  the largest `to`, again and again; `full` if there is none, if gen differs,
 *  if `force_full`, or if the deltas are longer than it.  WEIR_EMISSING: they do
 *  not lead to one end (a full is missing). */
int weir_feed_state_plan(const struct weir_feed_state *state,
    const struct weir_feed_target *targets, unsigned int target_count,
    bool force_full, unsigned int *ret_steps, unsigned int *ret_count,
    struct weir_problem *problem) WEIR_CHECKED;

/** What taking a payload has changed. */
struct weir_feed_taken {
	bool is_whole;           /* a full: the loader has to read all of it */
	uint64_t from, to;       /* sequence numbers before and after */
	uint64_t added, removed; /* names; of a delta: in changes.add, .del;
				  * an entry that changed is in .add only */
	uint64_t changed;
};

/** Takes a payload whose packed form (hash compared already) the descriptor
 *  has.  Unpacks it with the limits of feed_target.h, checks each line, the
 *  order, the header, then count and sum of the set that comes out.
 *  WEIR_EFORMAT: not a payload as announced; WEIR_ECHECKSUM: count or sum differ
 *  (diverged: take a full); WEIR_ELIMIT, WEIR_ESYSTEM, WEIR_EMEMORY.  Whatever
 *  fails, the state is as before, on disk too. */
int weir_feed_state_take(struct weir_feed_state *state,
    const struct weir_feed_target *target, int packed_fd,
    struct weir_feed_taken *ret_taken,
    struct weir_problem *problem) WEIR_CHECKED;

/** Begins anew beside a state that holds on: an empty one with the same folder,
 *  into which a full and what leads on from it are taken.  Until it is kept
 *  nothing of it counts.  WEIR_EMEMORY. */
int weir_feed_state_draft(const struct weir_feed_state *state,
    struct weir_feed_state **ret_draft,
    struct weir_problem *problem) WEIR_CHECKED;
/** Gives it up: its files go, those of `state`, the folder's, stay. */
void weir_feed_state_drop(
    struct weir_feed_state *draft, struct weir_feed_state *state);
/** The draft is the folder's state from now on, and the one before only to be
 *  closed.  WEIR_ESYSTEM, WEIR_EMEMORY: it is not, or it cannot be known. */
int weir_feed_state_keep(
    struct weir_feed_state *draft, struct weir_problem *problem) WEIR_CHECKED;

/** The entry of a name now.  1 and the entry (which lives until the state is
 *  changed); 0: not listed. */
int weir_feed_state_lookup(const struct weir_feed_state *state,
    const char *name, size_t name_len, const char **ret_entry, size_t *ret_len);

/** FOLDER/changes.add and .del; malloced. */
char *weir_feed_state_changes(const struct weir_feed_state *state, bool is_add);

#endif
