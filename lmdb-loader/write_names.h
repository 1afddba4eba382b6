/*
 * write_names.h - the records of names, ready to be put into a file, batch by
 * batch.  For write.c.
 *
 * All that a record needs but LMDB: its key is looked at, its set gets a place,
 * the filter learns its hash, the checksum its octets.  With many names a thread
 * of its own makes the batches while the caller writes those before.
 */
#ifndef WEIR_LMDB_LOADER_WRITE_NAMES_H
#define WEIR_LMDB_LOADER_WRITE_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "lib/checksum.h"
#include "lib/entry.h"
#include "lib/error.h"
#include "lib/format.h"
#include "lib/limits.h"
#include "lmdb-loader/intern.h"
#include "lmdb-loader/stream.h"

#define WEIR_BATCH_NAMES 2048
#define WEIR_BATCH_BYTES 131072

/** Records as the checksum takes them: u32 length, key, u32 length, value. */
struct weir_write_batch {
	unsigned int count;
	size_t len;
	unsigned int gate_count;
	uint64_t hashes[WEIR_BATCH_NAMES];
	uint64_t gate_hashes[WEIR_BATCH_NAMES]; /* lib/filter.h */
	uint8_t bytes[WEIR_BATCH_BYTES];
};

struct weir_write_names {
	const char *path; /* for messages */
	struct weir_stream *stream;
	const struct weir_db_header *header; /* kind, filter key and blocks */
	uint8_t *filter;                     /* blocks */
	struct weir_checksum *checksum;
	/* What comes out: */
	uint64_t count;          /* names */
	struct weir_intern sets; /* the record "s" */
	struct weir_problem problem;
	/* The set before: most are like it. */
	uint8_t last_set[WEIR_SET_HEAD_BYTES +
			 WEIR_ENTRIES_PER_KEY * WEIR_ENTRY_BYTES];
	size_t last_len;
	uint32_t last_place;
	uint8_t gate_key[WEIR_KEY_SIZE]; /* the ancestor added last */
	size_t gate_len;
};

/** Makes all batches and hands each to `put`, in the caller's thread; if that
 *  returns other than 0, this ends and returns it.  < 0: what is wrong with the
 *  names stands in names->problem. */
int weir_write_names_run(struct weir_write_names *names,
    int (*put)(void *arg, const struct weir_write_batch *batch),
    void *arg) WEIR_CHECKED;

#endif
