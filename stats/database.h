/*
 * database.h - the database that answers now, for reports about feeds.
 */
#ifndef WEIR_STATS_DATABASE_H
#define WEIR_STATS_DATABASE_H

#include "lib/generation.h"
#include "stats/stat.h"

struct weir_database {
	struct weir_generation files;
	struct weir_current current;
	const struct weir_policy *policy;
};

/** Opens the current generation of the folder that the first module reads, else
 *  of the one that weir.yaml names.  1; 0: it cannot be read, and that is said if
 *  `is_needed`. */
int weir_database_open(const struct weir_stat *stat, bool is_needed,
    struct weir_database *ret_database) WEIR_CHECKED;
void weir_database_close(struct weir_database *database);

/** "?" for a number without a feed. */
const char *
weir_database_feed(const struct weir_database *database, unsigned int feed);

/** The entries on a name and on those above it, the most specific first:
 *  listed, feed, mode, action, category, confidence, first_seen, valid_until,
 *  verdict.  NULL: no memory, or a damaged database. */
json_t *weir_database_entries(
    const struct weir_database *database, const struct weir_name *name);

#endif
