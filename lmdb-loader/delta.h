/*
 * delta.h - one feed's names to add and to delete, and what they change.
 */
#ifndef WEIR_LMDB_LOADER_DELTA_H
#define WEIR_LMDB_LOADER_DELTA_H

#include <stdint.h>

#include "feeds/list.h"
#include "lib/error.h"
#include "lib/generation.h"
#include "lib/settings.h"
#include "lmdb-loader/changes.h"

struct weir_delta {
	/* That of the generation, with the categories and answers that the
	 * added names bring. */
	struct weir_policy *policy;
	struct weir_changes changes; /* against the generation */
	/* Of names, and of the feed's entries for them: a name that another
	 * feed lists as well is not counted as added or removed. */
	uint64_t names_added, names_removed;
	uint64_t added, removed, changed, same, missing;
	struct weir_list_report add_report, del_report;
};

/** Reads the two list files (either may be NULL) of the feed number `feed` of
 *  the settings, and finds out what they change in the generation.  What is to
 *  be deleted is deleted first.  A name that is deleted goes whatever its
 *  scope.  WEIR_EMISSING: the generation does not know the feed or its
 *  category; or a file's failure. */
int weir_delta_make(const struct weir_settings *settings, unsigned int feed,
    const struct weir_generation *generation, const char *add_file,
    const char *del_file, struct weir_delta *ret_delta,
    struct weir_problem *problem) WEIR_CHECKED;
void weir_delta_done(struct weir_delta *delta);

#endif
