/*
 * sort.h - what lists say, in any order, becomes keys in order.
 *
 * Names come in as (key, entry); out comes each key once, in the order of
 * memcmp(3), with the set of all its entries.  Sets repeat a great deal and
 * are kept once.  Everything is in memory as yet; the interface (add, finish,
 * rewind, next) is that of a sort which spills to disk.
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

struct weir_sort;

/** One key and what is said of it.  Lives until weir_sort_free. */
struct weir_sort_item {
	const uint8_t *key;
	size_t key_len;
	uint32_t set; /* place in the sets, as lib/format.h counts it */
	const uint8_t *entries; /* encoded, sorted by feed */
	unsigned int entry_count;
};

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

/** The sets as the database keeps them (lib/format.h, record "s"). */
const uint8_t *weir_sort_sets(const struct weir_sort *sort, size_t *ret_len);

/** The next key: 1, 0 after the last.  weir_sort_rewind begins anew. */
int weir_sort_next(
    struct weir_sort *sort, struct weir_sort_item *ret_item) WEIR_CHECKED;
void weir_sort_rewind(struct weir_sort *sort);

#endif
