/*
 * sync_add.h - a feed's entry put into the text of weir.yaml, which a person
 * wrote: comments, order and blanks stay octet for octet.
 */
#ifndef WEIR_FEEDS_SYNC_ADD_H
#define WEIR_FEEDS_SYNC_ADD_H

#include <stddef.h>

#include "lib/error.h"

struct weir_sync_entry {
	const char *name, *url, *root_sha256;
};

/** Puts the entry behind the last feed of the text; it is tried `skip` lines
 *  further down than where the last one seems to end.  *ret_text is malloced.
 *  At the end of the text it stays there.  WEIR_EFORMAT: feeds: is written in
 *  a way that nothing can be added to (on one line); WEIR_ELIMIT, WEIR_EMEMORY. */
int weir_sync_add_text(const char *name, const char *text, size_t len,
    const struct weir_sync_entry *entry, unsigned int skip, char **ret_text,
    size_t *ret_len, struct weir_problem *problem) WEIR_CHECKED;

#endif
