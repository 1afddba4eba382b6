/*
 * publish_list.h - lists of any format that weir reads, as the sorted entries of
 * a feed.
 *
 * What several lines, or several lists, say of one name becomes the statements
 * of its entry, each once.  Of more than WEIR_FEED_STATEMENTS the first in order
 * stay, and the others are counted.
 */
#ifndef WEIR_FEEDS_PUBLISH_LIST_H
#define WEIR_FEEDS_PUBLISH_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/feed_line.h"
#include "feeds/list.h"
#include "lib/error.h"

struct weir_publish_list;

/** What entries say that their list says nothing of. */
struct weir_publish_defaults {
	const char *format;   /* "auto" */
	const char *category; /* NULL: nothing */
	uint8_t confidence;   /* WEIR_LIST_NO_CONFIDENCE: nothing */
	/* valid-until is that much after first-seen, or after the list was
	 * written; 0: nothing. */
	uint32_t lifetime_s;
	uint32_t now_unix;
};

/** NULL: no memory. */
struct weir_publish_list *weir_publish_list_new(void);
void weir_publish_list_free(struct weir_publish_list *list);

/** A category in the form that entries have, [a-z0-9._-]+, as weir-load makes it
 *  of what lists say.  `text` has WEIR_CATEGORY_SIZE octets.  NULL: nothing of it
 *  can be had. */
const char *weir_publish_category(const char *category, char *text);

/** Reads a file to it, on all processors.  Fails as weir_list_read does.  The
 *  report says what was refused. */
int weir_publish_list_read(struct weir_publish_list *list, const char *path,
    const struct weir_publish_defaults *defaults,
    struct weir_list_report *ret_report,
    struct weir_problem *problem) WEIR_CHECKED;

/** Sorts what was read; then nothing more is read. */
void weir_publish_list_sort(struct weir_publish_list *list);

/** From the first name on. */
void weir_publish_list_rewind(struct weir_publish_list *list);
/** 1 and the line of the next name (as "+"), which lives until the next call;
 *  0: the end. */
int weir_publish_list_next(
    struct weir_publish_list *list, struct weir_feed_line *ret_line);

/** Statements that had no room, so far. */
uint64_t weir_publish_list_dropped(const struct weir_publish_list *list);

#endif
