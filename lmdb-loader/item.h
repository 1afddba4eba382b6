/*
 * item.h - what a list says of a name, as an entry.  Between feeds/list.h and
 * what takes entries: compile.c and delta.c.
 */
#ifndef WEIR_LMDB_LOADER_ITEM_H
#define WEIR_LMDB_LOADER_ITEM_H

#include <stdbool.h>

#include "feeds/list.h"
#include "lib/entry.h"
#include "lib/settings.h"

/** Puts what the item says into the entry, which has the feed's own settings.
 *  Category and answer are the caller's business: they are in tables. */
void weir_item_entry(const struct weir_list_item *item, bool has_subdomains,
    struct weir_entry *entry);

/** Puts the place of the item's answer, in the policy's table, into the entry
 *  that weir_item_entry has made. */
void weir_item_set_answer(unsigned int place, struct weir_entry *entry);

/** What the feed's settings say to the parser; lives as long as they do. */
void weir_item_options(const struct weir_feed_settings *feed,
    struct weir_list_options *ret_options);

/** The category's name as the policy has it: small letters, digits, ".", "_"
 *  and "-", for each row of others one "-"; "" if nothing is left.  name has
 *  WEIR_CATEGORY_SIZE octets. */
void weir_item_category(const char *category, char *name);

#endif
