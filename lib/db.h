/*
 * db.h - reads one database file, a base or an overlay (lib/format.h).
 *
 * The file is mapped read-only and never changes: a look-up takes no lock,
 * allocates nothing and makes no system call, and any number of threads may do
 * it at once.  What it returns points into the map and lives until the file is
 * closed.  Nothing in the file is trusted (lib/tree.h): one that is damaged
 * gives WEIR_EFORMAT or a wrong answer, never a crash; that it is whole,
 * lib/proof.h tells.
 *
 * What a generation says, which is a base and perhaps an overlay, is asked
 * through lib/generation.h.
 */
#ifndef WEIR_LIB_DB_H
#define WEIR_LIB_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/filter.h"
#include "lib/format.h"
#include "lib/policy.h"
#include "lib/tree.h"

struct weir_db;

/** expected_size: the file's octets as `current` has them, 0 if not known; a
 *  file of another size is refused (WEIR_EFORMAT). */
int weir_db_open(const char *path, uint64_t expected_size,
    struct weir_db **ret_db, struct weir_problem *problem) WEIR_CHECKED;

/** The same file once more: it is closed by as many weir_db_close as there were
 *  opens and shares.  Opening, sharing and closing are one thread's. */
struct weir_db *weir_db_share(struct weir_db *db);
void weir_db_close(struct weir_db *db);

const struct weir_db_header *weir_db_header(const struct weir_db *db);
const struct weir_policy *weir_db_policy(const struct weir_db *db);
/** Octets of the file. */
uint64_t weir_db_size(const struct weir_db *db);

/** One name's record. */
struct weir_db_record {
	const uint8_t *key;
	size_t key_len;
	const uint8_t *entries;   /* encoded, sorted by feed */
	unsigned int entry_count; /* 0: a tombstone, in overlays only */
};

const struct weir_filter *weir_db_filter(const struct weir_db *db);

/** The record of one key; its hash (lib/filter.h, by the header's filter key).
 *  1; 0: there is none; WEIR_EFORMAT. */
int weir_db_get(const struct weir_db *db, const uint8_t *key, size_t key_len,
    uint64_t hash, struct weir_db_record *ret_record) WEIR_CHECKED;

/** A place between two names. */
struct weir_db_cursor {
	const struct weir_db *db;
	struct weir_tree_cursor tree;
};

/** Before the first name that is not less than `key`; NULL: before all. */
int weir_db_seek(const struct weir_db *db, const uint8_t *key, size_t key_len,
    struct weir_db_cursor *ret_cursor) WEIR_CHECKED;

/** The next name: 1; 0 behind the last; WEIR_EFORMAT. */
int weir_db_next(struct weir_db_cursor *cursor,
    struct weir_db_record *ret_record) WEIR_CHECKED;

/** The checksum of what the file holds now, as lib/format.h has it. */
int weir_db_checksum(const struct weir_db *db,
    uint8_t ret_sum[WEIR_CHECKSUM_BYTES]) WEIR_CHECKED;

/** Reads everything: order and form of keys, sets, counts, that the filter
 *  knows each key, checksum.  0, or WEIR_EFORMAT / WEIR_ECHECKSUM with what is
 *  wrong in *problem. */
int weir_db_check(
    const struct weir_db *db, struct weir_problem *problem) WEIR_CHECKED;
/** The same; `show` is told now and then, in the caller's thread, how many names
 *  were looked at. */
int weir_db_check_shown(const struct weir_db *db,
    void (*show)(void *arg, uint64_t names), void *arg,
    struct weir_problem *problem) WEIR_CHECKED;

#endif
