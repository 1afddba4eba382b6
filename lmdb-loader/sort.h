/*
 * sort.h - what lists say, in any order, becomes keys in order.
 *
 * Names come in as (key, entry); out comes each key once, in the order of
 * memcmp(3), with the set of all its entries.
 *
 * An external merge sort: what fits in a part of the memory is sorted there and
 * becomes a run (sort_run.h); runs that do not fit into the memory go to a file
 * without a name; at the end all runs are merged (sort_merge.h).  Several
 * threads may add, each to a part of its own, and merge.
 *
 * Two entries of one feed for one key become one (weir_entry_merge), the first
 * that came first.  If the policy is known, what does not exist for it (too low
 * a confidence, another category) is never a part of what does.  What one thread adds comes in that order; what several do, by the numbers of their stretches.
 */
#ifndef WEIR_LMDB_LOADER_SORT_H
#define WEIR_LMDB_LOADER_SORT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/entry.h"
#include "lib/error.h"
#include "lib/log.h"
#include "lib/policy.h"
#include "lmdb-loader/stream.h"

struct weir_sort;

struct weir_sort_options {
	const char *folder; /* where runs go that do not fit; NULL: none do */
	uint64_t memory;    /* octets, about; 0: as much as it takes */
	unsigned int thread_count;      /* that merge, and have a part each */
	struct weir_progress *progress; /* of merging, in names; NULL: none */
	/* Whose feeds are those of the entries; its table of feeds must not
	 * change.  NULL: not known. */
	const struct weir_policy *policy;
};

/** All in memory, one thread. */
int weir_sort_new(struct weir_sort **ret_sort) WEIR_CHECKED;
/** The options are copied, but for what they point to. */
int weir_sort_new_bounded(const struct weir_sort_options *options,
    struct weir_sort **ret_sort) WEIR_CHECKED;
void weir_sort_free(struct weir_sort *sort);

/** Takes a copy of key and entry.  key_len: 1 to WEIR_KEY_SIZE - 1.
 *  WEIR_EFORMAT: no key, or no feed of limits.h.  Anything else: the sort
 *  cannot go on, see weir_sort_problem. */
int weir_sort_add(struct weir_sort *sort, const uint8_t *key, size_t key_len,
    const struct weir_entry *entry) WEIR_CHECKED;

/** Why the sort cannot go on: the code, and *problem; 0 if it can. */
int
weir_sort_problem(const struct weir_sort *sort, struct weir_problem *problem);

/** A mark, and taking back all that was added since: for a list that breaks
 *  off in the middle. */
uint64_t weir_sort_mark(struct weir_sort *sort);
void weir_sort_undo(struct weir_sort *sort, uint64_t mark);

/** A part of what is added, for one thread; a different one for each.  Between
 *  two marks names are added either to the sort or to parts. */
struct weir_sort_part;
int weir_sort_part_new(
    struct weir_sort *sort, struct weir_sort_part **ret_part) WEIR_CHECKED;
/** What was not ended is lost. */
void weir_sort_part_free(struct weir_sort_part *part);
/** `stretch`: a number below 2^32; what is added under a lower one is taken to
 *  have come first, back to the last mark. */
int weir_sort_part_add(struct weir_sort_part *part, uint64_t stretch,
    const uint8_t *key, size_t key_len,
    const struct weir_entry *entry) WEIR_CHECKED;
/** Ends a stretch, before the next one is begun or the part is freed. */
int
weir_sort_part_end(struct weir_sort_part *part, uint64_t stretch) WEIR_CHECKED;

/** Sorts and merges; call it once, when nothing more is added and all parts are
 *  freed. */
int weir_sort_finish(struct weir_sort *sort) WEIR_CHECKED;

/* After weir_sort_finish: */

/** Keys, each once; their octets together. */
uint64_t weir_sort_count(const struct weir_sort *sort);
uint64_t weir_sort_key_octets(const struct weir_sort *sort);

/** The stream of all keys, from the first on; the sort owns it, and the call
 *  before is void.  Exact in its count and octets. */
struct weir_stream *weir_sort_stream(struct weir_sort *sort);

#endif
