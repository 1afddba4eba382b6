/*
 * guard_table.h - the names that guard rails protect, by key: a hash table.
 * For guard.c and the guard_*.c files that fill it.
 *
 * With a name all those above it are in the table, down to two labels.  So a
 * name is not there, and none below it, if the two labels at its top are not.
 */
#ifndef WEIR_LMDB_LOADER_GUARD_TABLE_H
#define WEIR_LMDB_LOADER_GUARD_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/name.h"
#include "lib/siphash.h"

enum weir_guard_flag {
	WEIR_GUARD_BELOW = 1, /* what is below the name is protected too */
	WEIR_GUARD_WILD = 2,  /* each name right below it is a suffix, ICANN */
	WEIR_GUARD_WILD_PRIVATE = 4, /* the same, of the private section */
	WEIR_GUARD_NO_SUFFIX = 8,    /* in spite of the WILD above it */
	WEIR_GUARD_SUFFIX = 16       /* it is one, whether refused or not */
};

/** What is said of one name.  Reasons: an enum weir_list_reason plus 1; 0 for
 *  none. */
struct weir_guard_item {
	uint32_t tag;    /* of the hash */
	uint32_t key_at; /* in the arena; its length stands before it */
	uint8_t self;    /* why an entry for it is refused */
	uint8_t above;   /* why one that holds for what is below it is */
	uint8_t flags;   /* enum weir_guard_flag */
};

struct weir_guard_table {
	uint8_t secret[WEIR_SIPHASH_KEY_SIZE];
	struct weir_guard_item *items; /* key_at 0: free */
	size_t size, count;            /* size: a power of two */
	uint8_t *arena;
	size_t arena_len, arena_size;
	void *map; /* NULL: items and arena are malloced; else they lie in it,
		    * and nothing can be added (guard_cache.c) */
	size_t map_len;
};

int weir_guard_table_init(struct weir_guard_table *table) WEIR_CHECKED;
void weir_guard_table_done(struct weir_guard_table *table);

/** Protects a name.  A reason that it has already stays; flags are added.
 *  reason: an enum weir_list_reason plus 1, or 0: then the names above it are
 *  not protected for its sake.  WEIR_EMEMORY, WEIR_ELIMIT. */
int weir_guard_table_add(struct weir_guard_table *table,
    const struct weir_name *name, unsigned int reason, bool has_above,
    unsigned int flags) WEIR_CHECKED;

/** NULL: there is none. */
const struct weir_guard_item *weir_guard_table_find(
    const struct weir_guard_table *table, const uint8_t *key, size_t len);

#endif
