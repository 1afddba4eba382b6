/*
 * publish_run.h - runs: lines of a feed (feed_line.h), sorted, each name once.
 *
 * A run lists, for the names that were touched in a span of sequence numbers,
 * their state at its end.  Runs lie over each other: what the newest one says of
 * a name holds.  They are files that are mapped and searched, or texts in
 * memory; nothing holds all names.
 */
#ifndef WEIR_FEEDS_PUBLISH_RUN_H
#define WEIR_FEEDS_PUBLISH_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "feeds/feed_line.h"
#include "lib/error.h"

/** A text that grows; zero at its beginning. */
struct weir_publish_text {
	char *data;
	size_t len, size;
};
int weir_publish_text_add(
    struct weir_publish_text *text, const char *data, size_t len) WEIR_CHECKED;
/** A line of an entry: sign, entry, LF. */
int weir_publish_text_line(struct weir_publish_text *text, char sign,
    const char *entry, size_t len) WEIR_CHECKED;
void weir_publish_text_free(struct weir_publish_text *text);

struct weir_publish_run {
	const char *text; /* lines, each with its LF; NULL: none */
	size_t len;
	void *map; /* NULL: the text is somebody else's */
	size_t map_len;
};

/** Maps a file of that length; a header line is passed over.  WEIR_EFORMAT:
 *  another length, or its end is not that of a line. */
int weir_publish_run_open(const char *path, uint64_t len,
    struct weir_publish_run *ret_run,
    struct weir_problem *problem) WEIR_CHECKED;
void weir_publish_run_close(struct weir_publish_run *run);

/** What a line is, without checks: runs are our own. */
static inline void
weir_publish_line(const char *text, size_t len, struct weir_feed_line *line)
{
	const char *blank = memchr(text, ' ', len);

	line->is_listed = text[0] == '+';
	line->name = line->entry = text + 1;
	line->entry_len = len - 1;
	line->name_len = blank == NULL ? len - 1 : (size_t)(blank - text - 1);
}

/** 1 and the line; 0: the run does not have the name. */
int weir_publish_run_search(const struct weir_publish_run *run,
    const char *name, size_t name_len, struct weir_feed_line *ret_line);

/* The full and six above it, and what is to come over them. */
#define WEIR_PUBLISH_RUNS 8

/** A walk over runs that lie over each other, in the order of names. */
struct weir_publish_merge {
	unsigned int count;
	struct {
		const char *at, *end; /* what is behind the line at hand */
		struct weir_feed_line line;
		bool is_end;
	} cursors[WEIR_PUBLISH_RUNS];
};

void weir_publish_merge_init(struct weir_publish_merge *merge);
/** The next one above those that were added before. */
void weir_publish_merge_add(
    struct weir_publish_merge *merge, const struct weir_publish_run *run);
/** 1 and the line that holds; 0: the end.  It lives as long as its run. */
int weir_publish_merge_next(
    struct weir_publish_merge *merge, struct weir_feed_line *ret_line);

/** All that is left of it as a text; `is_set`: only what is listed.
 *  WEIR_EMEMORY; WEIR_ELIMIT: longer than max. */
int weir_publish_merge_text(struct weir_publish_merge *merge, bool is_set,
    uint64_t max, struct weir_publish_text *text) WEIR_CHECKED;

#endif
