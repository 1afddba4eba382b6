/*
 * top.h - the most frequent keys of a stream, in bounded memory.
 *
 * A form of Space-Saving (Metwally, Agrawal, El Abbadi: Efficient Computation of
 * Frequent and Top-k Elements in Data Streams, ICDT 2005) that makes room for many
 * keys at once instead of for each one, as Misra and Gries with a batch of
 * decrements do (Anderson et al.: A High-Performance Algorithm for Identifying
 * Frequent Items in Data Streams, IMC 2017).  A key that comes costs a look into a
 * hash table, and one that was not there room at its end.
 *
 * With `size` and N counted events
 *   - a key's count is never too low, and too high by `error` at most,
 *   - no error is larger than N / size, nor is the count of a key that is not
 *     there (`floor`),
 *   - each key that came more than N / size times is there.
 *
 * Readers see what weir_top_publish wrote last: `size` counters at most, which lie
 * flat, without a pointer, so that they can be in a file that others map
 * (status.h).  One writer, which marks changes by a sequence number; readers copy
 * and look at it again.  Both do so in words, atomically, so that a copy that is
 * thrown away is no data race either.
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
	uint64_t floor; /* no key that is not here came more often */
	struct weir_top_counter counters[];
};

/** Octets of a table. */
size_t weir_top_table_size(unsigned int size);

/** The writer's side; with 2 * `size` counters of its own. */
struct weir_top;

/* A key in two pieces, one behind the other, and its hash: 64 bits that nobody who
 * sends keys can foresee, for two keys with one hash are one key. */
struct weir_top_key {
	uint64_t hash;
	const uint8_t *head, *tail;
	size_t head_len, tail_len;
};

/** The hash of a key that is found in a table, as the writer's keys have it. */
typedef uint64_t
weir_top_hash(const void *arg, const uint8_t *key, size_t key_len);

/** Begins, or takes up, the counters in a table (zeroed memory: empty; what is
 *  no table of this size is emptied).  The table stays the caller's, and so does
 *  `arg`, which is handed to `hash`.  NULL: no memory. */
struct weir_top *weir_top_new(struct weir_top_table *table, unsigned int size,
    weir_top_hash *hash, const void *arg);
void weir_top_free(struct weir_top *top);

/** The table is there now: a copy of what was published last, or an earlier
 *  writer's, which is taken up instead.  The next weir_top_publish writes all of
 *  it. */
void weir_top_move(struct weir_top *top, struct weir_top_table *table);

/** Counts a key; of another length than 1 to WEIR_TOP_KEY_SIZE, not. */
void weir_top_count(struct weir_top *top, const struct weir_top_key *key,
    uint64_t times, uint64_t now_unix);

/** Shows readers what was counted; some 10 us, and more for many new keys. */
void weir_top_publish(struct weir_top *top);

/** The reader's side: a copy, sorted, the most frequent first; the caller frees
 *  it.  WEIR_EBUSY: it was being written all the time; WEIR_EFORMAT,
 *  WEIR_EMEMORY. */
int weir_top_read(const struct weir_top_table *table, size_t table_size,
    struct weir_top_table **ret_copy) WEIR_CHECKED;

#endif
