/*
 * top.h - the most frequent keys of a stream, in bounded memory: Space-Saving
 * (Metwally, Agrawal, El Abbadi: Efficient Computation of Frequent and Top-k
 * Elements in Data Streams, ICDT 2005).
 *
 * With `size` counters and N counted events
 *   - a key's count is never too low, and too high by `error` at most,
 *   - no error is larger than N / size,
 *   - each key that came more than N / size times is there.
 *
 * The counters lie flat, without a pointer, so that they can be in a file that
 * others map (status.h): one writer, which marks changes by a sequence number;
 * readers copy and look at it again.  Both do so in words, atomically, so that a
 * copy that is thrown away is no data race either.  The index (a hash table and
 * a heap) is the writer's own; its hash has a key, for names come from clients.
 */
#ifndef WEIR_LIB_TOP_H
#define WEIR_LIB_TOP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

#define WEIR_TOP_KEY_SIZE 280 /* a client and a name in wire form */

struct weir_top_counter {
	uint64_t count;
	uint64_t error; /* so much of count may be of other keys */
	uint64_t first_unix, last_unix; /* of this key's, since it is here */
	uint64_t key_len;
	uint8_t key[WEIR_TOP_KEY_SIZE]; /* zeroes behind key_len */
};

/** As it lies in memory or in the file. */
struct weir_top_table {
	_Atomic uint32_t sequence; /* odd: being written */
	uint32_t size;             /* counters there is room for */
	uint32_t used;
	uint32_t reserved;
	uint64_t total; /* N: events counted */
	struct weir_top_counter counters[];
};

/** Octets of a table. */
size_t weir_top_table_size(unsigned int size);

/** The writer's side. */
struct weir_top;

/** Begins, or takes up, the counters in a table (zeroed memory: empty; what is
 *  no table of this size is emptied).  The table stays the caller's.  NULL: no
 *  memory. */
struct weir_top *weir_top_new(struct weir_top_table *table, unsigned int size);
void weir_top_free(struct weir_top *top);
/** The table is there now, or has another content (the file was mapped anew);
 *  as weir_top_new. */
void weir_top_move(struct weir_top *top, struct weir_top_table *table);

/** Around a batch of weir_top_count, as short as can be.  A key of another size
 *  than 1 to WEIR_TOP_KEY_SIZE is not counted. */
void weir_top_begin(struct weir_top *top);
void weir_top_count(struct weir_top *top, const void *key, size_t key_len,
    uint64_t times, uint64_t now_unix);
void weir_top_end(struct weir_top *top);
void weir_top_clear(struct weir_top *top);

/** The reader's side: a copy, sorted, the most frequent first; the caller frees
 *  it.  WEIR_EBUSY: it was being written all the time; WEIR_EFORMAT,
 *  WEIR_EMEMORY. */
int weir_top_read(const struct weir_top_table *table, size_t table_size,
    struct weir_top_table **ret_copy) WEIR_CHECKED;

#endif
