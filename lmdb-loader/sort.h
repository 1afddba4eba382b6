/*
 * sort.h - what lists say, in any order, becomes keys in order.
 *
 * Names come in as (key, entry); out comes each key once, in the order of
 * memcmp(3), with the set of all its entries.  Everything is in memory as yet.
 *
 * Two entries of one feed for one key become one: their scopes together, the
 * other attributes of the first that came.
 */
#ifndef WEIR_LMDB_LOADER_SORT_H
#define WEIR_LMDB_LOADER_SORT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/entry.h"
#include "lib/error.h"
#include "lmdb-loader/stream.h"

struct weir_sort;

int weir_sort_new(struct weir_sort **ret_sort) WEIR_CHECKED;
void weir_sort_free(struct weir_sort *sort);

/** Takes a copy of key and entry.  key_len: 1 to WEIR_KEY_SIZE - 1.
 *  WEIR_EMEMORY; WEIR_ELIMIT: over WEIR_DB_NAMES_MAX; WEIR_EFORMAT: no key,
 *  or no feed of limits.h. */
int weir_sort_add(struct weir_sort *sort, const uint8_t *key, size_t key_len,
    const struct weir_entry *entry) WEIR_CHECKED;

/** A mark, and taking back all that was added since: for a list that breaks
 *  off in the middle. */
uint64_t weir_sort_mark(const struct weir_sort *sort);
void weir_sort_undo(struct weir_sort *sort, uint64_t mark);

/** Sorts and merges; call it once, after the last weir_sort_add. */
int weir_sort_finish(struct weir_sort *sort) WEIR_CHECKED;

/* After weir_sort_finish: */

/** Keys, each once; their octets together. */
uint64_t weir_sort_count(const struct weir_sort *sort);
uint64_t weir_sort_key_octets(const struct weir_sort *sort);

/** The stream of all keys, from the first on; the sort owns it, and the call
 *  before is void.  Exact in its count and octets. */
struct weir_stream *weir_sort_stream(struct weir_sort *sort);

#endif
