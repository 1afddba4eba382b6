/*
 * list_row.h - one record of a table: its fields, and what its columns are
 * called.  For feeds/list_csv.c.
 */
#ifndef WEIR_FEEDS_LIST_ROW_H
#define WEIR_FEEDS_LIST_ROW_H

#include <stdbool.h>
#include <stddef.h>

#include "feeds/list_record.h"

#define WEIR_LIST_COLUMNS 128 /* those behind are left out */

struct weir_list_row {
	unsigned int count;
	struct weir_list_value values[WEIR_LIST_COLUMNS];
};

/** Takes a record apart (RFC 4180; blanks in front of a field are dropped).
 *  Quoted fields are moved together in `text`, which the values lie in. */
void weir_list_row_split(
    char *text, size_t len, char separator, struct weir_list_row *ret_row);

/** Whether a quoted field is open at the end of a line; was_open: at its
 *  beginning.  A quote opens where a field begins. */
bool weir_list_row_is_open(
    const char *text, size_t len, bool was_open, char separator);

/** Which of ",", ";" and TAB the line has most of; '\0': none. */
char weir_list_row_separator(const char *text, size_t len);

/** The column with that heading, in any case; -1. */
int weir_list_row_find(const struct weir_list_row *row, const char *heading);

/** The column of a field, by the headings that lists use; -1. */
int weir_list_row_guess(
    const struct weir_list_row *row, enum weir_list_field field);

/** Whether the record can be a heading: none of it is a name or a URL. */
bool weir_list_row_is_heading(const struct weir_list_row *row);

/** The first column with a name in it; -1. */
int weir_list_row_find_name(const struct weir_list_row *row);

/** Whether the value is a type of indicators: in some tables a "type" is one of
 *  malware. */
bool weir_list_row_is_type(const struct weir_list_value *value);

#endif
