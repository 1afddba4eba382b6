/*
 * sheet.h - rows of a JSON document as a table for people or as CSV.
 */
#ifndef WEIR_STATS_SHEET_H
#define WEIR_STATS_SHEET_H

#include <jansson.h>

#include "stats/screen.h"

enum weir_sheet_kind {
	WEIR_SHEET_TEXT,
	WEIR_SHEET_NUMBER,
	WEIR_SHEET_TIME, /* Unix seconds, a number; 0: none */
	WEIR_SHEET_AGE,  /* the same, as "3 h" ago */
	WEIR_SHEET_BAR   /* a number against the largest; in tables alone */
};

struct weir_sheet_column {
	const char *key; /* the row's member; heading of the CSV */
	const char *heading;
	enum weir_sheet_kind kind;
	bool is_wide;     /* is cut if the table is too wide */
	bool is_optional; /* not in the table if it says nothing in any row, or
			   * if there is no room */
};

#define WEIR_SHEET_COLUMNS 16 /* at most */

/** An array of objects. */
void weir_sheet_print(json_t *rows, const struct weir_sheet_column *columns,
    unsigned int count, const struct weir_screen *screen);

/** RFC 4180, with a line of headings; times as RFC 3339.  A text that a
 *  spreadsheet would take for a formula gets an apostrophe before it. */
void weir_sheet_csv(json_t *rows, const struct weir_sheet_column *columns,
    unsigned int count, FILE *stream);

#define WEIR_SHEET_TIME_SIZE 32
/** "2026-01-31 09:00:00Z"; "" for 0. */
void weir_sheet_time(long long unix_s, char text[WEIR_SHEET_TIME_SIZE]);
/** "40 s", "3 min", "5 h", "12 d". */
void weir_sheet_span(long long seconds, char text[WEIR_SHEET_TIME_SIZE]);

#endif
