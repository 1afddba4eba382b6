/*
 * item.h - what a list says of a name, as an entry.  Between feeds/list.h and
 * what takes entries: compile.c and delta.c.
 */
#ifndef WEIR_LMDB_LOADER_ITEM_H
#define WEIR_LMDB_LOADER_ITEM_H

#include <stdbool.h>
#include <stdint.h>

#include "feeds/list.h"
#include "lib/entry.h"
#include "lib/settings.h"

/** Puts what the item says into the entry, which has the feed's own settings.
 *  lifetime_s, if not 0, counts from when the item was first seen, if it says
 *  that and no end.
 *  Category and answer are the caller's business: they are in tables. */
void weir_item_entry(const struct weir_list_item *item, bool has_subdomains,
    uint32_t lifetime_s, struct weir_entry *entry);

/** What the feed's settings say to the parser of its list, now;
 *  lives as long as they do. */
struct weir_list_options
weir_item_options(const struct weir_feed_settings *feed);

/** When an entry ends that lives lifetime_s seconds from then on; 0, for ever,
 *  if lifetime_s is. */
uint32_t weir_item_end(int64_t from_unix, uint32_t lifetime_s);

/** Puts the place of the item's answer, in the policy's table, into the entry
 *  that weir_item_entry has made. */
void weir_item_set_answer(unsigned int place, struct weir_entry *entry);

/** The category's name as the policy has it: small letters, digits, ".", "_"
 *  and "-", for each row of others one "-"; "" if nothing is left.  name has
 *  WEIR_CATEGORY_SIZE octets. */
void weir_item_category(const char *category, char *name);

#endif
