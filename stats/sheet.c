/*
 * sheet.c - tables and CSV.
 */
#include "stats/sheet.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define GAP       2U  /* between two columns */
#define WIDE_GOOD 20U /* rather than cut to less, a column is left out */
#define WIDE_MIN  8U  /* no column is cut to less */
#define BAR_MIN   4U
#define BAR_MAX   30U
#define CELL_SIZE 64 /* of what is not a text */

/* What the columns of one table need. */
struct layout {
	const struct weir_sheet_column *columns;
	unsigned int count;
	unsigned int widths[WEIR_SHEET_COLUMNS]; /* 0: left out */
	json_int_t largest[WEIR_SHEET_COLUMNS];
};

void
weir_sheet_time(long long unix_s, char text[WEIR_SHEET_TIME_SIZE])
{
	time_t when = (time_t)unix_s;
	struct tm tm;

	text[0] = '\0';
	if (unix_s > 0 && gmtime_r(&when, &tm))
		(void)strftime(
		    text, WEIR_SHEET_TIME_SIZE, "%Y-%m-%d %H:%M:%SZ", &tm);
}

void
weir_sheet_span(long long seconds, char text[WEIR_SHEET_TIME_SIZE])
{
	static const struct {
		long long s, from_s;
		const char *unit;
	} units[] = { { 86400, 2 * 86400LL, "d" }, { 3600, 2 * 3600LL, "h" },
		{ 60, 120, "min" }, { 1, 0, "s" } };
	unsigned int i = 0;

	if (seconds < 0)
		seconds = 0;
	while (seconds < units[i].from_s)
		i++;
	(void)snprintf(text, WEIR_SHEET_TIME_SIZE, "%lld %s",
	    seconds / units[i].s, units[i].unit);
}

static const char *
cell_text(
    json_t *row, const struct weir_sheet_column *column, char text[CELL_SIZE])
{
	json_t *value = json_object_get(row, column->key);
	json_int_t number = json_integer_value(value);

	text[0] = '\0';
	if (json_is_string(value))
		return json_string_value(value);
	if (json_is_boolean(value))
		return json_is_true(value) ? "yes" : "no";
	if (!json_is_integer(value))
		return text;
	if (column->kind == WEIR_SHEET_TIME)
		weir_sheet_time(number, text);
	else if (column->kind == WEIR_SHEET_AGE && number > 0)
		weir_sheet_span((long long)time(NULL) - number, text);
	else if (column->kind != WEIR_SHEET_AGE)
		(void)snprintf(text, CELL_SIZE, "%lld", (long long)number);
	return text;
}

static bool
is_right(const struct weir_sheet_column *column)
{
	return column->kind == WEIR_SHEET_NUMBER ||
	       column->kind == WEIR_SHEET_AGE;
}

static void
measure_column(json_t *rows, struct layout *layout, unsigned int column)
{
	const struct weir_sheet_column *of = &layout->columns[column];
	unsigned int width = weir_screen_columns(of->heading), columns;
	bool is_said = !of->is_optional;
	char text[CELL_SIZE];
	const char *cell;
	json_int_t number;
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		cell = cell_text(row, of, text);
		number = json_integer_value(json_object_get(row, of->key));
		columns = weir_screen_columns(cell);
		if (columns > width && of->kind != WEIR_SHEET_BAR)
			width = columns;
		if (number > layout->largest[column])
			layout->largest[column] = number;
		if (cell[0] != '\0' && strcmp(cell, "0") != 0 &&
		    strcmp(cell, "no") != 0)
			is_said = true;
	}
	layout->widths[column] = is_said ? width : 0;
}

static unsigned int
total_width(const struct layout *layout)
{
	unsigned int width = 0, i;

	for (i = 0; i < layout->count; i++)
		if (layout->widths[i] > 0 &&
		    layout->columns[i].kind != WEIR_SHEET_BAR)
			width += layout->widths[i] + (width > 0 ? GAP : 0);
	return width;
}

/* Wide columns give way, the widest first, but not below `least`. */
static void
narrow(struct layout *layout, unsigned int width, unsigned int least)
{
	unsigned int i, widest;

	while (total_width(layout) > width) {
		widest = layout->count;
		for (i = 0; i < layout->count; i++)
			if (layout->columns[i].is_wide &&
			    layout->widths[i] > least &&
			    (widest == layout->count ||
				layout->widths[i] > layout->widths[widest]))
				widest = i;
		if (widest == layout->count)
			break;
		layout->widths[widest]--;
	}
}

/* Leaves out the last column that may be. */
static bool
drop(struct layout *layout)
{
	unsigned int i = layout->count;

	while (i-- > 0)
		if (layout->widths[i] > 0 && layout->columns[i].is_optional) {
			layout->widths[i] = 0;
			return true;
		}
	return false;
}

/* First names are cut, to a width that still says something; then columns go. */
static void
fit_columns(struct layout *layout, unsigned int width)
{
	struct layout whole = *layout;

	narrow(layout, width, WIDE_GOOD);
	while (total_width(layout) > width) {
		if (!drop(&whole)) {
			narrow(layout, width, WIDE_MIN);
			return;
		}
		*layout = whole;
		narrow(layout, width, WIDE_GOOD);
	}
}

/* A bar takes what is left. */
static void
fit(struct layout *layout, unsigned int width)
{
	unsigned int i, needed;

	if (width > 0)
		fit_columns(layout, width);
	needed = total_width(layout);
	for (i = 0; i < layout->count; i++) {
		if (layout->columns[i].kind != WEIR_SHEET_BAR)
			continue;
		layout->widths[i] = 0;
		if (width >= needed + GAP + BAR_MIN)
			layout->widths[i] = width - needed - GAP;
		if (layout->widths[i] > BAR_MAX)
			layout->widths[i] = BAR_MAX;
	}
}

static void
print_cell(const struct layout *layout, json_t *row, unsigned int column,
    bool is_last, const struct weir_screen *screen)
{
	const struct weir_sheet_column *of = &layout->columns[column];
	unsigned int width = layout->widths[column];
	char text[CELL_SIZE];
	const char *cell = row ? cell_text(row, of, text) : of->heading;

	if (of->kind == WEIR_SHEET_BAR && row) {
		json_int_t part = json_integer_value(
		    json_object_get(row, of->key));

		weir_screen_begin(screen, WEIR_COLOUR_BLUE);
		weir_screen_bar(screen, (unsigned long long)part,
		    (unsigned long long)layout->largest[column], width);
		weir_screen_end(screen);
		return;
	}
	/* No blanks at the end of a line, but cut all the same. */
	if (is_last && !is_right(of) && weir_screen_columns(cell) <= width)
		width = 0;
	weir_screen_text(screen, cell, width, is_right(of));
}

static void
print_row(
    const struct layout *layout, json_t *row, const struct weir_screen *screen)
{
	unsigned int i, last = 0;
	bool is_first = true;

	for (i = 0; i < layout->count; i++)
		if (layout->widths[i] > 0)
			last = i;
	for (i = 0; i < layout->count; i++) {
		if (layout->widths[i] == 0)
			continue;
		if (!is_first)
			(void)fprintf(screen->stream, "%*s", (int)GAP, "");
		print_cell(layout, row, i, i == last, screen);
		is_first = false;
	}
	(void)fputc('\n', screen->stream);
}

void
weir_sheet_print(json_t *rows, const struct weir_sheet_column *columns,
    unsigned int count, const struct weir_screen *screen)
{
	struct layout layout = { .columns = columns, .count = count };
	json_t *row;
	unsigned int column;
	size_t i;

	for (column = 0; column < count; column++)
		measure_column(rows, &layout, column);
	fit(&layout, screen->width);
	weir_screen_begin(screen, WEIR_COLOUR_HEADING);
	print_row(&layout, NULL, screen);
	weir_screen_end(screen);
	json_array_foreach(rows, i, row) print_row(&layout, row, screen);
}

/* RFC 4180; control characters go, too: they are no part of a name's text. */
static void
print_quoted(const char *text, FILE *stream)
{
	bool is_formula = text[0] != '\0' && strchr("=+-@", text[0]) != NULL;
	bool is_quoted = strpbrk(text, ",\" ") != NULL;

	if (is_quoted)
		(void)fputc('"', stream);
	if (is_formula)
		(void)fputc('\'', stream);
	for (; *text; text++) {
		if (*text == '"')
			(void)fputc('"', stream);
		(void)fputc(
		    (unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text,
		    stream);
	}
	if (is_quoted)
		(void)fputc('"', stream);
}

static void
csv_cell(json_t *row, const struct weir_sheet_column *column, FILE *stream)
{
	json_t *value = json_object_get(row, column->key);
	char text[WEIR_SHEET_TIME_SIZE];

	if (json_is_integer(value) && (column->kind == WEIR_SHEET_TIME ||
					  column->kind == WEIR_SHEET_AGE)) {
		weir_sheet_time(json_integer_value(value), text);
		if (text[0] != '\0')
			text[10] = 'T';
		(void)fputs(text, stream);
	} else if (json_is_integer(value)) {
		(void)fprintf(
		    stream, "%lld", (long long)json_integer_value(value));
	} else if (json_is_boolean(value)) {
		(void)fputs(json_is_true(value) ? "yes" : "no", stream);
	} else if (json_is_string(value)) {
		print_quoted(json_string_value(value), stream);
	}
}

void
weir_sheet_csv(json_t *rows, const struct weir_sheet_column *columns,
    unsigned int count, FILE *stream)
{
	unsigned int column;
	const char *comma;
	json_t *row;
	size_t i;

	comma = "";
	for (column = 0; column < count; column++) {
		if (columns[column].kind == WEIR_SHEET_BAR)
			continue;
		(void)fprintf(stream, "%s%s", comma, columns[column].key);
		comma = ",";
	}
	(void)fputs("\r\n", stream);
	json_array_foreach(rows, i, row)
	{
		comma = "";
		for (column = 0; column < count; column++) {
			if (columns[column].kind == WEIR_SHEET_BAR)
				continue;
			(void)fputs(comma, stream);
			csv_cell(row, &columns[column], stream);
			comma = ",";
		}
		(void)fputs("\r\n", stream);
	}
}
