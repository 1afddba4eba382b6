/*
 * write.h - writes a database file as lib/format.h says.
 */
#ifndef WEIR_LMDB_LOADER_WRITE_H
#define WEIR_LMDB_LOADER_WRITE_H

#include <stdint.h>

#include "lib/error.h"
#include "lib/format.h"
#include "lib/log.h"
#include "lib/policy.h"
#include "lmdb-loader/sort.h"

/** Writes all keys of a finished sort and the policy to a new file, mode 0644,
 *  and brings it to the disk.  `progress`, if not NULL, counts names.  On
 *  failure what was written stays there, for the caller to remove. */
int weir_write_base(const char *path, struct weir_sort *sort,
    const struct weir_policy *policy, uint64_t created_unix,
    struct weir_progress *progress, struct weir_db_header *ret_header,
    struct weir_problem *problem) WEIR_CHECKED;

#endif
