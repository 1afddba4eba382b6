/*
 * list_walk.h - what the JSON formats have in common: a walk through a document
 * for a list's reader.  Lines, faults and the report are cared for here.
 */
#ifndef WEIR_FEEDS_LIST_WALK_H
#define WEIR_FEEDS_LIST_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "feeds/json_walk.h"
#include "feeds/list.h"
#include "feeds/list_record.h"

/** The state of a JSON format, or the beginning of it; all zero at first. */
struct weir_list_walk {
	struct weir_json_walk *walk;
	bool has_begun;
	int (*each)(struct weir_list_reader *reader,
	    const struct weir_json_record *record);
};

/** Before the first text.  `each` is told of every record that is not
 *  repeated, with the reader at its line.  WEIR_EFORMAT: a path of the plan. */
int weir_list_walk_begin(struct weir_list_reader *reader,
    struct weir_list_walk *walk, const struct weir_json_plan *plan,
    int (*each)(struct weir_list_reader *reader,
	const struct weir_json_record *record)) WEIR_CHECKED;

/** As a format's `document` and `end`. */
int weir_list_walk_read(struct weir_list_reader *reader,
    struct weir_list_walk *walk, const char *text, size_t len) WEIR_CHECKED;
int weir_list_walk_end(struct weir_list_reader *reader,
    struct weir_list_walk *walk, bool is_whole) WEIR_CHECKED;

/** A value of a document as one of a record: NULL of what is absent, null, or
 *  was cut so that it says nothing any more. */
struct weir_list_value
weir_list_walk_value(const struct weir_json_value *value);

/** The first octet that is no blank and no byte order mark; '\0': none. */
char weir_list_walk_first(const char *text, size_t len);

/** Whether it is JSON Lines: an object ends at the end of a line, and another
 *  begins on the next one. */
bool weir_list_walk_is_lines(const char *text, size_t len);

/** Whether the text has `"KEY" :` in it: for guesses from a file's head. */
bool weir_list_walk_has_key(const char *text, size_t len, const char *key);

#endif
