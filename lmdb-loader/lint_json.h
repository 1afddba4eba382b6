/*
 * lint_json.h - what `weir-load lint` has found out, as JSON (weir-load(8)).
 */
#ifndef WEIR_LMDB_LOADER_LINT_JSON_H
#define WEIR_LMDB_LOADER_LINT_JSON_H

#include <jansson.h>

#include "lmdb-loader/lint.h"

/** What was found out of a file; NULL without memory. */
json_t *weir_lint_describe(
    const struct weir_lint *lint, unsigned int number, uint64_t generation);

#endif
