/*
 * near.h - entries near a name that is not blocked, for explain: below it, and
 * beside it within the domain that somebody has registered.
 */
#ifndef WEIR_LMDB_LOADER_NEAR_H
#define WEIR_LMDB_LOADER_NEAR_H

#include "lib/error.h"
#include "lib/generation.h"

#define WEIR_NEAR_NAMES 8

/** Calls `each` for at most WEIR_NEAR_NAMES names that have entries: first
 *  those below the name, then those beside it and beside its ancestors, the
 *  closest first.  None for a name with no registrable domain (a public
 *  suffix).  < 0: the database is damaged; or what `each` returned. */
int weir_near_walk(const struct weir_generation *generation,
    const struct weir_name *name,
    int (*each)(void *arg, const struct weir_name *name,
	const struct weir_db_record *record),
    void *arg) WEIR_CHECKED;

#endif
