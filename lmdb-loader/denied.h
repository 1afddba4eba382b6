/*
 * denied.h - a word about rules of deny that no feed could have.
 *
 * Guard rails do not hold for deny: whoever writes it means it.  But for a slip
 * (com, in place of com.example) the whole network pays, so it is said.
 */
#ifndef WEIR_LMDB_LOADER_DENIED_H
#define WEIR_LMDB_LOADER_DENIED_H

#include <stdbool.h>

#include "lib/settings.h"

/** Says on standard error which of the rules the guard rails of the settings
 *  would refuse, and why.  `is_whole_only`: only top-level names and public
 *  suffixes, with which all of many people's names go.  `may_keep`: what the
 *  guard is made of may be kept in the database folder (guard_cache.c); its lock
 *  is ours.  Says nothing if a file of the guard cannot be read. */
void weir_denied_warn(const struct weir_settings *settings,
    const struct weir_name_rules *rules, bool is_whole_only, bool may_keep);

#endif
