/*
 * lint_json.h - what `weir-load lint` has found out, as JSON (weir-load(8)).
 */
#ifndef WEIR_LMDB_LOADER_LINT_JSON_H
#define WEIR_LMDB_LOADER_LINT_JSON_H

#include <jansson.h>

#include "lmdb-loader/lint.h"

/** What was found out of a file; NULL without memory.  popular: the number of
 *  the list of popular names; file_count or more if there is none. */
json_t *weir_lint_describe(const struct weir_lint *lint, unsigned int number,
    unsigned int popular, uint64_t generation);

#endif
