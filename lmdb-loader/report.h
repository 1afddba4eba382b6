/*
 * report.h - what became of each list, for people and for `status`.
 *
 * One JSON array, documented in weir-load(8): made by `apply`, kept as
 * N.report.json beside the generation, printed by `apply` and `status`.
 */
#ifndef WEIR_LMDB_LOADER_REPORT_H
#define WEIR_LMDB_LOADER_REPORT_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/settings.h"
#include "lmdb-loader/compile.h"
#include "lmdb-loader/diff.h"
#include "lmdb-loader/store.h"

/** An object for each feed, allow and deny included; NULL without memory. */
json_t *weir_report_feeds(const struct weir_settings *settings,
    const struct weir_compiled *compiled, const struct weir_diff *diff);

/** The same in words. */
void weir_report_print(json_t *feeds, FILE *stream);

/** What was refused of a delta's two lists, as in the report of a feed. */
json_t *weir_report_refused(
    const struct weir_list_report *add, const struct weir_list_report *del);
/** The same of one of them in words; file: its path, NULL if there is none. */
void weir_report_print_refused(
    const struct weir_list_report *report, const char *file, FILE *stream);

/** N.report.json. */
int weir_report_save(const struct weir_store *store, uint64_t generation,
    json_t *feeds) WEIR_CHECKED;
/** The report of an older generation, for the current one, which was made
 *  without reading the lists again.  feed, if not NULL, has `added` names more
 *  (less, if below 0) than there. */
void weir_report_keep(const struct weir_store *store, uint64_t from,
    const char *feed, int64_t added);
/** The generation that has brought the lists that this one has: itself, or an
 *  older one if rules of allow and deny, or a compact, have come since.  That
 *  one may be gone. */
uint64_t
weir_report_lists_of(const struct weir_store *store, uint64_t generation);
/** NULL if there is none that can be read. */
json_t *weir_report_load(const struct weir_store *store, uint64_t generation);

#endif
