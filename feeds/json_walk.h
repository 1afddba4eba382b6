/*
 * json_walk.h - JSON of any size, read as it comes: records at known places in
 * it, one after the other.
 *
 * A plan says where the records are and which of their values matter, as paths:
 *   data[]          each element of the array "data" of the document
 *   *[]             each element of each array that the document holds
 *   ""              the document itself
 *   Event.Tag[].name
 * A backslash takes the meaning off ".", "[", "*" behind it.  Everything else
 * in the document is passed over.  Nothing is kept but the record at hand, so
 * memory does not grow with the document.
 *
 * Not UTF-8 is no fault here: it harms the value that it stands in.  A member
 * that is repeated in an object is told by is_repeated.
 */
#ifndef WEIR_FEEDS_JSON_WALK_H
#define WEIR_FEEDS_JSON_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

/* All limits of reading JSON.  What is found in lists: depth 12 (MISP with
 * galaxies), strings of some 100 KB (descriptions, attachments). */
#define WEIR_JSON_DEPTH       64
#define WEIR_JSON_TOKEN_SIZE  (1U << 20) /* a string, a number, blanks */
#define WEIR_JSON_RECORD_SIZE 65536      /* the values of one record */
#define WEIR_JSON_STEPS       8          /* of a path */
#define WEIR_JSON_KEY_SIZE    64         /* a step of it */
#define WEIR_JSON_PLACES      12         /* paths of records */
#define WEIR_JSON_VALUES      12         /* paths of values in a record */

enum weir_json_kind {
	WEIR_JSON_ABSENT,
	WEIR_JSON_STRING,
	WEIR_JSON_NUMBER,
	WEIR_JSON_BOOL,
	WEIR_JSON_NULL
};

struct weir_json_value {
	enum weir_json_kind kind;
	bool is_cut;      /* did not fit into WEIR_JSON_RECORD_SIZE */
	const char *text; /* NUL-terminated; "true", "false" of a bool */
	size_t len;
};

struct weir_json_record {
	unsigned int place; /* which path it is at */
	unsigned long line; /* of value 0; else of its end */
	bool is_repeated;   /* a value is there twice: no sense in it */
	/* By the plan's numbers.  Of several values at one path with a [] the
	 * first. */
	struct weir_json_value values[WEIR_JSON_VALUES];
};

struct weir_json_plan {
	const char *places[WEIR_JSON_PLACES]; /* NULL: no more */
	/* From the record on; NULL: no such value.  "": the record is a text
	 * itself. */
	const char *values[WEIR_JSON_VALUES];
	bool is_lines; /* JSON Lines: a document on each line */
};

/** Where something is wrong, and what. */
struct weir_json_fault {
	unsigned long line;
	unsigned int column; /* octets, from 1; 0: the whole line */
	char text[80];
};

struct weir_json_sink {
	void *arg;
	/** A record, at its end; it lives as long as the call.  What is
	 *  returned other than 0 ends the walk. */
	int (*each)(void *arg, const struct weir_json_record *record);
	/** NULL, or told of a line of JSON Lines that is broken. */
	void (*broken)(void *arg, const struct weir_json_fault *fault);
};

struct weir_json_walk;

/** Plan and sink are copied, but for arg.  WEIR_EFORMAT: a path that makes no
 *  sense; WEIR_EMEMORY. */
int weir_json_walk_new(const struct weir_json_plan *plan,
    const struct weir_json_sink *sink,
    struct weir_json_walk **ret_walk) WEIR_CHECKED;
void weir_json_walk_free(struct weir_json_walk *walk);

/** More of the text; it may end anywhere.  0, what `each` returned, or
 *  WEIR_EFORMAT with *ret_fault: no JSON, or over a limit (in JSON Lines that
 *  ends its line only, and `broken` is told).  After other than 0 nothing more
 *  may be read. */
int weir_json_walk_read(struct weir_json_walk *walk, const char *text,
    size_t len, struct weir_json_fault *ret_fault) WEIR_CHECKED;

/** The end of the text.  WEIR_EFORMAT: it is in the middle of a document. */
int weir_json_walk_end(struct weir_json_walk *walk,
    struct weir_json_fault *ret_fault) WEIR_CHECKED;

/** The line that the walk has come to, from 1. */
unsigned long weir_json_walk_line(struct weir_json_walk *walk);

#endif
