/*
 * guard.h - guard rails: what no feed may block.
 */
#ifndef WEIR_LMDB_LOADER_GUARD_H
#define WEIR_LMDB_LOADER_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/list.h"
#include "lib/entry.h"
#include "lib/error.h"
#include "lib/settings.h"

struct weir_guard_key;

struct weir_guard {
	unsigned int count;
	struct weir_guard_key *keys; /* sorted */
};

int weir_guard_init(
    struct weir_guard *guard, const struct weir_name_rules *rules) WEIR_CHECKED;
void weir_guard_done(struct weir_guard *guard);

#define WEIR_GUARD_FINE (-1)

/** Whether a feed may have the entry for that key: WEIR_GUARD_FINE, or the
 *  reason why not, an enum weir_list_reason.  What blocks nothing is fine.  A
 *  never-block name is covered by an entry of the same key, or, if that holds
 *  for subdomains, by one above it.  is_from_url: as in weir_list_item. */
int weir_guard_judge(const struct weir_guard *guard, const uint8_t *key,
    size_t len, const struct weir_entry *entry, bool is_from_url);

#endif
