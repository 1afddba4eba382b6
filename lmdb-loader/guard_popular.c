/*
 * guard_popular.c - popular domains for the guard rails, from a file that the
 * operator has: a name on a line, or the columns of a ranking.
 */
#include <stdlib.h>
#include <string.h>

#include "feeds/list_source.h"
#include "lib/idn.h"
#include "lmdb-loader/guard.h"

#define PIECE_SIZE (256U << 10)

struct reading {
	struct weir_guard *guard;
	const char *file;
	unsigned long name_count;
	struct weir_problem *problem;
	struct weir_list_source source;
	char text[PIECE_SIZE];
};

static bool
is_blank(char octet)
{
	return octet == ' ' || octet == '\t' || octet == '"' || octet == '\r';
}

/* Whether the column is a name of at least two labels; a rank, a heading and an
 * address are not. */
static bool
take_column(const char *text, size_t len, struct weir_name *ret_name)
{
	while (len > 0 && is_blank(*text)) {
		text++;
		len--;
	}
	while (len > 0 && is_blank(text[len - 1]))
		len--;
	return len > 0 && weir_list_judge(text, len, ret_name) == 0;
}

static int
take_line(struct reading *reading, const char *text, size_t len)
{
	struct weir_name name;
	const char *comma;
	size_t column;
	int ret;

	if (len == 0 || *text == '#')
		return 0;
	for (;; text += column + 1, len -= column + 1) {
		comma = memchr(text, ',', len);
		column = comma != NULL ? (size_t)(comma - text) : len;
		if (take_column(text, column, &name))
			break;
		if (comma == NULL)
			return 0;
	}
	ret = weir_guard_table_add(
	    &reading->guard->table, &name, WEIR_LIST_POPULAR + 1, true, 0);
	if (ret == 0 && ++reading->name_count > WEIR_POPULAR_NAMES)
		ret = WEIR_ELIMIT;
	if (ret < 0)
		return weir_problem_set(reading->problem, ret, "%s: %s",
		    reading->file,
		    ret == WEIR_ELIMIT ? "too many names"
				       : weir_error_text(ret));
	return 0;
}

static int
take_piece(struct reading *reading, const char *text, size_t len)
{
	const char *end = text + len;
	size_t line;
	int ret = 0;

	while (text < end && ret == 0) {
		line = 0;
		while (text + line < end && text[line] != '\n' &&
		       text[line] != '\r')
			line++;
		ret = take_line(reading, text, line);
		text += line + 1;
	}
	return ret;
}

static int
read_all(struct reading *reading)
{
	const char *text;
	size_t len;
	int ret, more = 1;

	ret = weir_list_source_open(
	    &reading->source, reading->file, reading->problem);
	while (ret == 0 && more == 1) {
		more = weir_list_source_next(&reading->source, reading->text,
		    sizeof(reading->text), &text, &len, reading->problem);
		ret = more < 0 ? more : 0;
		if (more == 1)
			ret = take_piece(reading, text, len);
		if (ret == 0 && reading->source.text_done > WEIR_POPULAR_SIZE)
			ret = weir_problem_set(reading->problem, WEIR_ELIMIT,
			    "%s: larger than %u octets", reading->file,
			    WEIR_POPULAR_SIZE);
	}
	weir_list_source_close(&reading->source);
	if (ret == 0 && reading->name_count == 0)
		ret = weir_problem_set(reading->problem, WEIR_EFORMAT,
		    "%s: holds no name of a popular domain", reading->file);
	return ret;
}

int
weir_guard_popular_read(
    struct weir_guard *guard, const char *file, struct weir_problem *problem)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	int ret;

	if (reading == NULL)
		return WEIR_EMEMORY;
	reading->guard = guard;
	reading->file = file;
	reading->problem = problem;
	ret = read_all(reading);
	free(reading);
	return ret;
}
