/*
 * generation.h - a base and at most one overlay, read as one: what `current`
 * names.
 *
 * A name's record in the overlay stands in place of the base's, tombstones
 * included.  The policy is the overlay's, if there is one: its tables of feeds
 * and categories begin with those of the base, so that the numbers in the
 * base's entries still hold (weir_policy_extends).
 *
 * The filters of both have the same key: a name is hashed once.
 */
#ifndef WEIR_LIB_GENERATION_H
#define WEIR_LIB_GENERATION_H

#include <stdbool.h>

#include "lib/current.h"
#include "lib/db.h"
#include "lib/error.h"
#include "lib/policy.h"

struct weir_generation {
	struct weir_db *base;
	struct weir_db *overlay;            /* NULL: none */
	struct weir_current_file base_file; /* what `current` said of it */
};

/** Opens what `current` names, without proving it (lib/proof.h).  `before`, if
 *  not NULL, is one that is open: if both have the same base file, it is
 *  shared. */
int weir_generation_open(const char *folder, const struct weir_current *current,
    const struct weir_generation *before,
    struct weir_generation *ret_generation,
    struct weir_problem *problem) WEIR_CHECKED;
/** Whether both name the same base file. */
bool weir_generation_shares(const struct weir_generation *generation,
    const struct weir_current *current);
void weir_generation_close(struct weir_generation *generation);

const struct weir_policy *
weir_generation_policy(const struct weir_generation *generation);

/** All entries on a name and its ancestors, the most specific first.
 *  1 with at least one match, 0 with none, < 0 on failure (a damaged file). */
int weir_generation_lookup(const struct weir_generation *generation,
    const struct weir_name *name,
    struct weir_matches *ret_matches) WEIR_CHECKED;

/** The same for a name in wire format, of any case.  What is no name
 *  (weir_name_from_wire) is listed nowhere: 0. */
int weir_generation_lookup_wire(const struct weir_generation *generation,
    const uint8_t *wire, size_t len,
    struct weir_matches *ret_matches) WEIR_CHECKED;

/** For whoever asks about many names.  First the gate's hash of each: the
 *  processor is asked for its place, and fetches that while the next is hashed.
 *  0: no hash, only a look-up can tell. */
uint64_t weir_generation_gate_hash(
    const struct weir_generation *generation, const uint8_t *wire, size_t len);
/** Then: false if nothing is listed for that name or an ancestor. */
bool weir_generation_gate_has(
    const struct weir_generation *generation, uint64_t hash);

/** The record of one name alone; weir_name_to_key's key. 1, 0, < 0. */
int weir_generation_get(const struct weir_generation *generation,
    const uint8_t *key, size_t key_len,
    struct weir_db_record *ret_record) WEIR_CHECKED;

/** A place in the names of both. */
struct weir_generation_cursor {
	struct weir_db_cursor base, overlay;
	struct weir_db_record base_next, overlay_next;
	bool has_base, has_overlay; /* a next one */
	bool has_tombstones;        /* hands them on too */
};

/** Before the first name that is not less than `key`; NULL: before all. */
int weir_generation_seek(const struct weir_generation *generation,
    const uint8_t *key, size_t key_len,
    struct weir_generation_cursor *ret_cursor) WEIR_CHECKED;

/** The next name: 1; 0 behind the last; < 0. */
int weir_generation_next(struct weir_generation_cursor *cursor,
    struct weir_db_record *ret_record) WEIR_CHECKED;

/** Calls `each` for every name in key order (or those at and below `top`, if
 *  not NULL).  Stops early if it returns other than 0, and returns that. */
int weir_generation_walk(const struct weir_generation *generation,
    const struct weir_name *top,
    int (*each)(void *arg, const struct weir_db_record *record),
    void *arg) WEIR_CHECKED;

#endif
