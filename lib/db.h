/*
 * db.h - reads a database file.
 *
 * Opens read-only with MDB_NOLOCK: no lock file, no reader table, nothing to
 * write.  The file never changes, so one read transaction for each reader,
 * begun when the file is opened, serves for ever: a lookup allocates nothing
 * and makes no system call.
 *
 * Threads: a reader number belongs to one thread at a time.  What a lookup
 * returns points into the mapped file and lives until weir_db_close.
 */
#ifndef WEIR_LIB_DB_H
#define WEIR_LIB_DB_H

#include <stdint.h>

#include "lib/error.h"
#include "lib/format.h"
#include "lib/policy.h"

struct weir_db;

/** Opens the file for reader_count readers (1 to WEIR_READERS_MAX).
 *  expected_size: the file's octets as `current` has them, 0 if not known; a
 *  file of another size is refused (WEIR_EFORMAT). */
int weir_db_open(const char *path, unsigned int reader_count,
    uint64_t expected_size, struct weir_db **ret_db,
    struct weir_problem *problem) WEIR_CHECKED;
void weir_db_close(struct weir_db *db);

const struct weir_db_header *weir_db_header(const struct weir_db *db);
const struct weir_policy *weir_db_policy(const struct weir_db *db);

/** All entries on a name and its ancestors, the most specific first.
 *  1 with at least one match, 0 with none, < 0 on failure (a damaged file). */
int weir_db_lookup(const struct weir_db *db, unsigned int reader,
    const struct weir_name *name,
    struct weir_matches *ret_matches) WEIR_CHECKED;

/** Calls `each` for every name in key order (or those at and below `top`, if
 *  not NULL).  Stops early if it returns other than 0, and returns that. */
int weir_db_walk(const struct weir_db *db, const struct weir_name *top,
    int (*each)(void *arg, const uint8_t *key, size_t key_len,
	const uint8_t *entries, unsigned int entry_count),
    void *arg) WEIR_CHECKED;

/** The checksum of what the file holds now, as lib/format.h has it. */
int weir_db_checksum(const struct weir_db *db,
    uint8_t ret_sum[WEIR_CHECKSUM_BYTES]) WEIR_CHECKED;

/** Needs two readers.  Reads everything: order and form of keys, sets, counts,
 *  that the filter knows each key, checksum.  0, or WEIR_EFORMAT /
 *  WEIR_ECHECKSUM with what is wrong in *problem. */
int weir_db_check(
    const struct weir_db *db, struct weir_problem *problem) WEIR_CHECKED;

#endif
