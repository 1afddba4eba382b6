/*
 * stream.h - keys in order, one at a time: what write.c writes to a file.
 *
 * sort.h gives one out of lists; whatever merges sorted keys can be another.
 */
#ifndef WEIR_LMDB_LOADER_STREAM_H
#define WEIR_LMDB_LOADER_STREAM_H

#include <stddef.h>
#include <stdint.h>

/** One key and what is said of it. */
struct weir_stream_item {
	const uint8_t *key;
	size_t key_len;
	const uint8_t *entries;   /* encoded, sorted by feed */
	unsigned int entry_count; /* 0: a tombstone, in overlays only */
};

/** Keys in the order of memcmp(3), each once.  Whoever makes one puts this
 *  first into a struct of its own. */
struct weir_stream {
	uint64_t count;      /* at most that many keys will come */
	uint64_t key_octets; /* and at most that many octets of keys */
	/** The next key: 1, 0 after the last, < 0.  *ret_item lives until the
	 *  next call. */
	int (*next)(
	    struct weir_stream *stream, struct weir_stream_item *ret_item);
};

#endif
