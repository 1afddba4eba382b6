/*
 * store_files.h - what the files in the database folder are called: N.SUFFIX.
 * For store.c and store_clean.c; lib/current.h says what they hold.
 */
#ifndef WEIR_LMDB_LOADER_STORE_FILES_H
#define WEIR_LMDB_LOADER_STORE_FILES_H

#include "lmdb-loader/store.h"

#define WEIR_STORE_TEXT      "generation"
#define WEIR_STORE_BASE      "base"
#define WEIR_STORE_OVERLAY   "overlay"
#define WEIR_STORE_REPORT    "report.json"
#define WEIR_STORE_RULES     "rules" /* the local rules that are in it */
#define WEIR_STORE_FILE_SIZE 64      /* of such a name */

/** N.SUFFIX: 1 and N; 0 if the file is called otherwise. */
int weir_store_file_number(
    const char *file, const char *suffix, uint64_t *ret_number);

/** Removes what a crash has left: files half written and, unless it is unclear
 *  which generation is current, what no text names. */
void weir_store_clean(const struct weir_store *store, bool are_orphans_removed);

#endif
