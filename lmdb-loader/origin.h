/*
 * origin.h - where in a feed's list a name stands, for explain: the list is read
 * again by the parser that `apply` used.
 */
#ifndef WEIR_LMDB_LOADER_ORIGIN_H
#define WEIR_LMDB_LOADER_ORIGIN_H

#include <stdbool.h>

#include "feeds/list.h"
#include "lib/error.h"
#include "lib/name.h"
#include "lib/settings.h"
#include "lmdb-loader/guard.h"

/* More places than anybody reads; of the others only the count is told. */
#define WEIR_ORIGIN_PLACES 64

/** A place that names the name, or an ancestor of it. */
struct weir_origin {
	unsigned long line;
	unsigned int label; /* of the name asked for: 0 is itself */
	uint8_t scope;      /* enum weir_scope */
	int refused;        /* WEIR_GUARD_FINE, or the guard's reason why not */
};

struct weir_origins {
	unsigned int count; /* of the items */
	unsigned long total;
	struct weir_origin items[WEIR_ORIGIN_PLACES];
	uint64_t size, modified_ns; /* of the file, before it was read */
	/* Of a signed feed's state: its sequence number.  It has no lines. */
	bool is_state;
	uint64_t sequence;
};

/** Reads the list of feed number `feed` of the settings.  What it names beside
 *  name and ancestors does not matter; a signed feed's state is asked for these
 *  alone.  Fails as weir_list_read does. */
int weir_origin_find(const struct weir_settings *settings, unsigned int feed,
    const struct weir_guard *guard, const struct weir_name *name,
    struct weir_origins *ret_origins,
    struct weir_problem *problem) WEIR_CHECKED;

/** Size and time of change of a file; false if it is not there.  Zero for the
 *  state of a signed feed, which changes all the time and is read as it was when
 *  it was opened. */
bool weir_origin_stamp(
    const char *path, uint64_t *ret_size, uint64_t *ret_modified_ns);

#endif
