/*
 * write.h - writes a database file as lib/format.h says.
 */
#ifndef WEIR_LMDB_LOADER_WRITE_H
#define WEIR_LMDB_LOADER_WRITE_H

#include <stdint.h>

#include "lib/error.h"
#include "lib/format.h"
#include "lib/log.h"
#include "lib/policy.h"
#include "lmdb-loader/stream.h"

struct weir_write_options {
	enum weir_db_kind kind;
	const struct weir_db_header *base; /* of an overlay; else NULL */
	uint64_t created_unix;
};

/** Writes all keys of a stream and the policy to a new file, mode 0644, and
 *  brings it to the disk.  An overlay takes its base's filter key, so that one
 *  hash asks both filters.  Equal sets of entries are stored once.  The filter
 *  has room for the keys that the stream announces.  `progress`, if not NULL,
 *  counts keys.  On failure what was written stays there, for the caller to
 *  remove.  WEIR_EFORMAT: a key that is no name, or out of order; a tombstone
 *  in a base. */
int weir_write_db(const char *path, struct weir_stream *stream,
    const struct weir_policy *policy, const struct weir_write_options *options,
    struct weir_progress *progress, struct weir_db_header *ret_header,
    struct weir_problem *problem) WEIR_CHECKED;

#endif
