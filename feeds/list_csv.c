/*
 * list_csv.c - tables: CSV (RFC 4180) and its like.
 *
 *   # id,dateadded,url,url_status       a heading, commented out or not
 *   "1","2024-05-01 10:00:00","http://example.com/a","online"
 *   example.com;192.0.2.1               ";" or TAB between, quoted or not
 *
 *   text -> lines -> records (a quoted field may go over several lines)
 *        -> columns -> feeds/list_record.c
 *
 * Which column is what is said by the feed's `fields:`, as a number from 1 or a
 * heading; without them by the headings that lists use, else the names are in
 * the first column that has one in the first record.
 *
 * A quote that is opened and never closed must not swallow the list: when a
 * record gets too long, its lines are read one by one.
 */
#include <stdlib.h>
#include <string.h>

#include "feeds/list_line.h"
#include "feeds/list_record.h"
#include "feeds/list_row.h"

#define RECORD_SIZE WEIR_LINE_SIZE /* longer: a quote was left open */
#define SAMPLE_ROWS 50             /* looked at to see whether it is a table */

struct table {
	char separator; /* '\0': not known yet */
	bool has_columns;
	int columns[WEIR_LIST_FIELD_COUNT]; /* from 0; -1: none */
	int path_column; /* beside a column with hosts: what of it is bad */
	/* A comment before the first record, which may be the heading. */
	char heading[1024];
	/* What is read of the record at hand. */
	size_t len, line_begin;
	bool is_in_quotes, is_long, is_after_cr, has_begun;
	unsigned long line, record_line;
	char text[RECORD_SIZE + 1];
};

static bool
is_blank(char octet)
{
	return octet == ' ' || octet == '\t';
}

/* --- columns ------------------------------------------------------------- */

/* A number from 1, as of `fields:`; 0: it is a heading. */
static int
column_number(const char *text)
{
	size_t len = strspn(text, "0123456789");

	if (len == 0 || len > 3 || text[len] != '\0')
		return 0;
	return atoi(text);
}

/* What the settings say of a field: its column; -1: nothing, or a heading that
 * is not there. */
static int
told_column(const struct weir_list_options *options,
    const struct weir_list_row *heading, enum weir_list_field field)
{
	const char *told = options->fields[field];

	if (told == NULL)
		return -1;
	if (column_number(told) > 0)
		return column_number(told) - 1;
	return weir_list_row_find(heading, told);
}

/* Sets the columns by a heading; whether the column of the names is known. */
static bool
take_heading(struct table *table, const struct weir_list_options *options,
    const struct weir_list_row *heading)
{
	enum weir_list_field field;

	for (field = 0; field < WEIR_LIST_FIELD_COUNT; field++) {
		table->columns[field] = told_column(options, heading, field);
		/* What is told for the name is told for the whole table. */
		if (table->columns[field] < 0 &&
		    options->fields[WEIR_LIST_FIELD_NAME] == NULL)
			table->columns[field] = weir_list_row_guess(
			    heading, field);
	}
	table->path_column = weir_list_row_find(heading, "path");
	return table->columns[WEIR_LIST_FIELD_NAME] >= 0;
}

/* --- the table ----------------------------------------------------------- */

/* The comment that stands before the first record, if it is a heading. */
static bool
take_commented(struct table *table, const struct weir_list_options *options)
{
	struct weir_list_row fields;
	char text[sizeof(table->heading)];
	size_t len = strlen(table->heading);

	memcpy(text, table->heading, len);
	weir_list_row_split(text, len, table->separator, &fields);
	return fields.count > 1 && take_heading(table, options, &fields);
}

/* At the first record: what is in which column?  1: the record is a heading; 0:
 * it has entries; -1: no column has names. */
static int
learn(struct table *table, const struct weir_list_options *options,
    const struct weir_list_row *fields)
{
	const char *told = options->fields[WEIR_LIST_FIELD_NAME];
	static const struct weir_list_row none;
	bool is_known;

	if (weir_list_row_is_heading(fields) &&
	    take_heading(table, options, fields))
		return 1;
	is_known = take_commented(table, options);
	if (!is_known && (told == NULL || column_number(told) > 0)) {
		(void)take_heading(table, options, &none);
		if (told == NULL)
			table->columns[WEIR_LIST_FIELD_NAME] =
			    weir_list_row_find_name(fields);
		is_known = table->columns[WEIR_LIST_FIELD_NAME] >= 0;
	}
	return is_known ? 0 : -1;
}

static struct weir_list_value
value_of(const struct weir_list_row *fields, int column)
{
	if (column < 0 || (unsigned int)column >= fields->count)
		return (struct weir_list_value){ NULL, 0 };
	return fields->values[column];
}

/* A type column that was guessed, and holds something else. */
static void
check_type(struct table *table, const struct weir_list_options *options,
    const struct weir_list_row *fields)
{
	int *column = &table->columns[WEIR_LIST_FIELD_TYPE];
	struct weir_list_value value = value_of(fields, *column);

	table->has_columns = true;
	if (*column < 0 || options->fields[WEIR_LIST_FIELD_TYPE] != NULL ||
	    weir_list_row_is_type(&value))
		return;
	if (table->columns[WEIR_LIST_FIELD_CATEGORY] < 0)
		table->columns[WEIR_LIST_FIELD_CATEGORY] = *column;
	*column = -1;
}

static int
give_record(struct weir_list_reader *reader, struct table *table,
    const struct weir_list_row *fields)
{
	struct weir_list_record record = { .is_from_url = false };
	struct weir_list_value path = value_of(fields, table->path_column);
	size_t i;

	for (i = 0; i < WEIR_LIST_FIELD_COUNT; i++)
		record.values[i] = value_of(fields, table->columns[i]);
	record.is_from_url = path.len > 0 &&
			     !(path.len == 1 && path.text[0] == '/');
	if (table->columns[WEIR_LIST_FIELD_NAME] >= (int)fields->count) {
		weir_list_refuse(reader, WEIR_LIST_BROKEN,
		    fields->values[0].text, fields->values[0].len);
		return 0;
	}
	return weir_list_record_give(reader, &record);
}

/* A whole record, without its end. */
static int
take_record(struct weir_list_reader *reader, char *text, size_t len)
{
	const struct weir_list_options *options = weir_list_options(reader);
	struct table *table = weir_list_state(reader);
	struct weir_list_row fields;
	int said = 0;

	if (table->separator == '\0')
		table->separator = weir_list_row_separator(text, len);
	if (table->separator == '\0')
		table->separator = ',';
	weir_list_row_split(text, len, table->separator, &fields);
	if (!table->has_columns && table->columns[0] < 0) {
		said = learn(table, options, &fields);
		if (said < 0)
			return weir_list_break(reader, table->record_line, 0,
			    "no column is known to hold names; fields in "
			    "weir.yaml says which does");
		if (said == 1)
			return 0;
	}
	if (!table->has_columns)
		check_type(table, options, &fields);
	return give_record(reader, table, &fields);
}

/* --- lines --------------------------------------------------------------- */

/* A comment; the last one before the table may be its heading. */
static void
take_comment(struct table *table, const char *text, size_t len)
{
	while (len > 0 && (*text == '#' || is_blank(*text))) {
		text++;
		len--;
	}
	if (table->columns[0] >= 0 || len == 0 ||
	    len >= sizeof(table->heading) ||
	    weir_list_row_separator(text, len) == '\0')
		return;
	memcpy(table->heading, text, len);
	table->heading[len] = '\0';
}

static bool
is_comment(const char *text, size_t len)
{
	size_t at = 0;

	while (at < len && is_blank(text[at]))
		at++;
	return at == len || text[at] == '#';
}

/* A line of the record that is too long to be one, alone. */
static int
take_alone(struct weir_list_reader *reader, char *text, size_t len)
{
	const struct table *table = weir_list_state(reader);

	if (is_comment(text, len))
		return 0;
	if (weir_list_row_is_open(text, len, false, table->separator)) {
		weir_list_refuse(reader, WEIR_LIST_BROKEN, text, len);
		return 0;
	}
	return take_record(reader, text, len);
}

/* The record has no end: its whole lines, one by one.  What is left of the
 * last one stays. */
static int
give_up_record(struct weir_list_reader *reader, bool is_end)
{
	struct table *table = weir_list_state(reader);
	size_t at = 0, len;
	char *end;
	int error = 0;

	table->is_in_quotes = false;
	while (error == 0 && at < table->len) {
		end = memchr(table->text + at, '\n', table->len - at);
		if (end == NULL && !is_end)
			break;
		len = end == NULL ? table->len - at
				  : (size_t)(end - table->text) - at;
		weir_list_set_line(reader, table->record_line);
		error = take_alone(reader, table->text + at, len);
		at += len + (end != NULL);
		table->record_line += end != NULL;
	}
	if (at > table->len)
		at = table->len;
	table->len -= at;
	table->line_begin = 0;
	memmove(table->text, table->text + at, table->len);
	return error;
}

/* More of the line at hand. */
static int
add_text(struct weir_list_reader *reader, const char *text, size_t len)
{
	struct table *table = weir_list_state(reader);
	int error;

	if (table->len + len >= RECORD_SIZE && table->is_in_quotes) {
		error = give_up_record(reader, false);
		if (error != 0)
			return error;
	}
	if (table->len + len >= RECORD_SIZE) {
		table->is_long = true;
		len = RECORD_SIZE - 1 - table->len;
	}
	memcpy(table->text + table->len, text, len);
	table->len += len;
	return 0;
}

/* Whether a quoted field is open behind the line that is there now. */
static void
see_line(struct table *table)
{
	const char *text = table->text + table->line_begin;
	size_t len = table->len - table->line_begin;

	if (table->is_long || (!table->is_in_quotes && is_comment(text, len)))
		return;
	if (table->separator == '\0')
		table->separator = weir_list_row_separator(text, len);
	table->is_in_quotes = weir_list_row_is_open(
	    text, len, table->is_in_quotes, table->separator);
}

/* A record, a comment, or junk is there as a whole. */
static int
end_record(struct weir_list_reader *reader)
{
	struct table *table = weir_list_state(reader);
	size_t len = table->len;
	int error = 0;

	weir_list_set_line(reader, table->record_line);
	if (table->is_long)
		weir_list_refuse(reader, WEIR_LIST_TOO_LONG, table->text, len);
	else if (is_comment(table->text, len))
		take_comment(table, table->text, len);
	else
		error = take_record(reader, table->text, len);
	table->is_long = false;
	table->len = table->line_begin = 0;
	return error;
}

/* A line is at its end: its record may be, too. */
static int
end_line(struct weir_list_reader *reader)
{
	struct table *table = weir_list_state(reader);
	int error = 0;

	see_line(table);
	table->line++;
	if (table->is_in_quotes) {
		table->text[table->len++] = '\n';
		table->line_begin = table->len;
		return 0;
	}
	error = end_record(reader);
	table->record_line = table->line;
	return error;
}

static void
begin_table(struct table *table, const char **text, size_t *len)
{
	size_t i;

	table->has_begun = true;
	table->line = table->record_line = 1;
	table->path_column = -1;
	for (i = 0; i < WEIR_LIST_FIELD_COUNT; i++)
		table->columns[i] = -1;
	if (*len >= 3 && memcmp(*text, "\357\273\277", 3) == 0) {
		*text += 3;
		*len -= 3;
	}
}

/* The length of the end of a line. */
static size_t
end_length(struct table *table, const char *text, size_t len)
{
	if (*text == '\n')
		return 1;
	table->is_after_cr = len == 1;
	return len > 1 && text[1] == '\n' ? 2 : 1;
}

static int
read_csv(struct weir_list_reader *reader, const char *text, size_t len)
{
	struct table *table = weir_list_state(reader);
	size_t size;
	int error = 0;

	if (!table->has_begun)
		begin_table(table, &text, &len);
	if (table->is_after_cr && len > 0 && *text == '\n') {
		text++;
		len--;
	}
	table->is_after_cr = false;
	while (error == 0 && len > 0) {
		size = weir_list_line_length(text, len);
		error = add_text(reader, text, size);
		if (size < len) {
			if (error == 0)
				error = end_line(reader);
			size += end_length(table, text + size, len - size);
		}
		text += size;
		len -= size;
	}
	weir_list_set_line(reader, table->line - (table->len == 0));
	return error;
}

static int
end_csv(struct weir_list_reader *reader, bool is_whole)
{
	struct table *table = weir_list_state(reader);

	if (!is_whole || table == NULL || (table->len == 0 && !table->is_long))
		return 0;
	see_line(table);
	if (table->is_in_quotes)
		return give_up_record(reader, true);
	return end_record(reader);
}

/* --- is it a table? ------------------------------------------------------ */

/* What the rows at the beginning of a file look like. */
struct look {
	struct table *table;
	unsigned int columns; /* of the heading, or of the first row */
	bool has_heading, is_in_quotes;
	int name;
	unsigned int rows, same, named;
};

/* The first row, or the heading. */
static bool
look_at_first(struct look *look, const struct weir_list_row *fields)
{
	struct weir_list_row heading = { .count = 0 };
	char text[sizeof(look->table->heading)];
	size_t len = strlen(look->table->heading);

	memcpy(text, look->table->heading, len);
	look->columns = fields->count;
	if (weir_list_row_is_heading(fields)) {
		look->name = weir_list_row_guess(fields, WEIR_LIST_FIELD_NAME);
		look->has_heading = look->name >= 0;
	}
	if (!look->has_heading && len > 0) {
		weir_list_row_split(
		    text, len, look->table->separator, &heading);
		look->name = weir_list_row_guess(
		    &heading, WEIR_LIST_FIELD_NAME);
		look->has_heading = look->name >= 0;
		look->rows = look->same = look->named = look->has_heading;
	}
	if (!look->has_heading)
		look->name = weir_list_row_find_name(fields);
	/* Without a heading only what is nothing else: hosts files have TABs,
	 * others a comment behind a ";". */
	return look->columns > 1 && look->name >= 0 &&
	       (look->has_heading || look->table->separator == ',');
}

static void
look_at_row(struct look *look, const struct weir_list_row *fields)
{
	struct weir_list_value name = value_of(fields, look->name);

	look->rows++;
	look->same += fields->count == look->columns;
	look->named += name.len > 0 &&
		       weir_list_record_recognise(name.text, name.len) >= 0;
}

/* One line of the sample; false: it is no table. */
static bool
look_at_line(struct look *look, const char *text, size_t len)
{
	struct table *table = look->table;
	struct weir_list_row fields;
	bool was_open;

	if (len >= RECORD_SIZE)
		return false;
	if (!look->is_in_quotes && is_comment(text, len)) {
		take_comment(table, text, len);
		return true;
	}
	memcpy(table->text, text, len);
	if (table->separator == '\0')
		table->separator = weir_list_row_separator(text, len);
	if (table->separator == '\0')
		return false;
	/* Records of several lines say nothing here. */
	was_open = look->is_in_quotes;
	look->is_in_quotes = weir_list_row_is_open(
	    text, len, was_open, table->separator);
	if (was_open || look->is_in_quotes)
		return true;
	weir_list_row_split(table->text, len, table->separator, &fields);
	if (look->columns == 0)
		return look_at_first(look, &fields);
	look_at_row(look, &fields);
	return true;
}

static int
recognise_csv(const char *text, size_t len)
{
	struct look look = { .name = -1 };
	bool is_table = true;
	size_t size;

	look.table = calloc(1, sizeof(*look.table));
	if (look.table == NULL)
		return -1;
	begin_table(look.table, &text, &len);
	while (len > 0 && is_table && look.rows < SAMPLE_ROWS) {
		size = weir_list_line_length(text, len);
		/* The last line may be cut. */
		if (size == len && look.rows > 1)
			break;
		is_table = look_at_line(&look, text, size);
		size += size < len;
		size += size < len && text[size - 1] == '\r' &&
			text[size] == '\n';
		text += size;
		len -= size;
	}
	free(look.table);
	if (!is_table || look.rows < (look.has_heading ? 1 : 3))
		return -1;
	if (look.same * 10 < look.rows * 9)
		return -1;
	return look.has_heading || look.named * 2 > look.rows ? 1 : -1;
}

const struct weir_list_format weir_list_csv = {
	.name = "csv",
	.recognise_file = recognise_csv,
	.has_confidence = true,
	.document = read_csv,
	.end = end_csv,
	.state_size = sizeof(struct table),
};
