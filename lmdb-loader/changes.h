/*
 * changes.h - records in key order, in memory: what a delta changes.
 *
 * Filled by cmd_delta.c and by apply's comparison; becomes an overlay together
 * with what the overlay before it said (overlay.h).
 */
#ifndef WEIR_LMDB_LOADER_CHANGES_H
#define WEIR_LMDB_LOADER_CHANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lmdb-loader/stream.h"

struct weir_changes {
	uint8_t *bytes; /* records, one after the other: see changes.c */
	size_t len, size;
	uint64_t count, count_max;
	uint64_t key_octets;
	bool is_over; /* there were more than count_max: it is empty */
};

void weir_changes_init(struct weir_changes *changes, uint64_t count_max);
void weir_changes_done(struct weir_changes *changes);

/** Takes a copy of the record; entry_count 0: the name is gone.  Keys come in
 *  order.  One more than count_max empties it for good.  0 or WEIR_EMEMORY. */
int weir_changes_add(struct weir_changes *changes, const uint8_t *key,
    size_t key_len, const uint8_t *entries,
    unsigned int entry_count) WEIR_CHECKED;

struct weir_changes_stream {
	struct weir_stream stream;
	const struct weir_changes *changes;
	size_t at;
};

void weir_changes_stream(
    const struct weir_changes *changes, struct weir_changes_stream *ret_stream);

#endif
