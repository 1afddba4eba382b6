/*
 * feed_file.h - one payload of a signed feed's state, as a file and mapped.  For
 * feed_state.c and feed_take.c.
 */
#ifndef WEIR_FEEDS_FEED_FILE_H
#define WEIR_FEEDS_FEED_FILE_H

#include "feeds/feed_state.h"
#include "lib/error.h"

/* What belongs to another than the payloads. */
#define WEIR_FEED_STATE_FILE "state.json"
#define WEIR_FEED_ADD_FILE   "changes.add"
#define WEIR_FEED_DEL_FILE   "changes.del"

/** Maps FOLDER/FILE, whose name is `as` (NULL: file->name), and compares its
 *  length with file->raw and its first line with file->header.  WEIR_EMISSING,
 *  WEIR_EFORMAT, WEIR_ESYSTEM, WEIR_EMEMORY. */
int weir_feed_file_map(struct weir_feed_file *file, const char *folder,
    const char *as, struct weir_problem *problem) WEIR_CHECKED;
void weir_feed_file_unmap(struct weir_feed_file *file);

/** Where its lines begin: behind the header. */
size_t weir_feed_file_begin(const struct weir_feed_file *file);

/** Whether the name is one that payloads have: no way out of the folder. */
bool weir_feed_file_is_name(const char *name);

#endif
