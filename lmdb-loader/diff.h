/*
 * diff.h - what differs between two generations, as two sorted streams.
 *
 * Feeds are compared by name, not by number; categories too, and answers by their
 * records.
 */
#ifndef WEIR_LMDB_LOADER_DIFF_H
#define WEIR_LMDB_LOADER_DIFF_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/generation.h"
#include "lib/policy.h"
#include "lmdb-loader/stream.h"

enum weir_diff_kind {
	WEIR_DIFF_SAME,
	WEIR_DIFF_ADDED,
	WEIR_DIFF_REMOVED,
	WEIR_DIFF_CHANGED /* of a name: something about it */
};

/** "same", "added", "removed", "changed". */
const char *weir_diff_kind_text(enum weir_diff_kind kind);

/* A row for each feed of the new policy, at its number; then those that only
 * the old one has. */
#define WEIR_DIFF_ROWS (2 * WEIR_FEEDS)

struct weir_diff_row {
	char name[WEIR_FEED_NAME_SIZE];
	bool is_gone;   /* in the old generation only */
	uint64_t names; /* in the new generation */
	uint64_t added, removed, changed;
};

struct weir_diff {
	uint64_t names; /* in the new generation */
	uint64_t added, removed, changed;
	unsigned int row_count;
	struct weir_diff_row rows[WEIR_DIFF_ROWS];
};

/** One name that is not the same. */
struct weir_diff_change {
	enum weir_diff_kind kind;
	const uint8_t *key;
	size_t key_len;
	const uint8_t *entries; /* of the new generation */
	unsigned int entry_count;
	unsigned int row_count;
	struct {
		unsigned int row;
		enum weir_diff_kind kind;
	} rows[WEIR_DIFF_ROWS];
};

/** Compares the old generation (NULL: nothing) with the names of a new one and
 *  its policy.  `each`, if not NULL, is called for each name that differs; what it
 *  returns other than 0 ends the comparison and is returned.  *ret_diff (about
 *  50 KB) is filled in at once. */
int weir_diff_run(const struct weir_generation *old,
    const struct weir_policy *policy, struct weir_stream *new,
    int (*each)(void *arg, const struct weir_diff *diff,
	const struct weir_diff_change *change),
    void *arg, struct weir_diff *ret_diff) WEIR_CHECKED;

/** Whether any name differs. */
bool weir_diff_is_empty(const struct weir_diff *diff);

#endif
