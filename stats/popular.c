/*
 * popular.c - reads a ranking once, past the few names that a report has.
 *
 * A line is a name, or columns of which the first that is a name of two labels
 * counts, as weir-load reads it: "1,example.com".
 */
#include "stats/popular.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/limits.h"
#include "lib/name.h"
#include "stats/stat.h"
#include "stats/tally.h"

/* The names of two labels and more that a name has: itself, its parent ... */
static const char *
parent(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot && strchr(dot + 1, '.') ? dot + 1 : NULL;
}

/* All of them, with the rank 0: not found yet. */
static json_t *
make_wanted(json_t *rows)
{
	json_t *wanted = json_object(), *row;
	const char *name;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		for (name = weir_tally_text(row, "key"); name;
		     name = parent(name))
			if (json_object_set_new(
				wanted, name, json_integer(0)) != 0) {
				json_decref(wanted);
				return NULL;
			}
	}
	return wanted;
}

/* The first column that looks like a name, in place; NULL. */
static char *
find_name(char *line)
{
	char *column, *rest = line, *c;
	struct weir_name name;

	if (line[0] == '#')
		return NULL;
	while ((column = strsep(&rest, ",\r\n")) != NULL) {
		column += strspn(column, " \t\"");
		column[strcspn(column, " \t\"")] = '\0';
		if (column[0] == '\0' || !strchr(column, '.') ||
		    weir_name_parse(column, strlen(column), &name) != 0 ||
		    name.label_count < 2 || weir_name_is_top_numeric(&name))
			continue;
		for (c = column; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		if (c[-1] == '.')
			c[-1] = '\0';
		return column;
	}
	return NULL;
}

static int
read_ranks(const char *file, FILE *stream, json_t *wanted,
    struct weir_problem *problem)
{
	json_int_t rank = 0;
	size_t size = 0;
	char *line = NULL, *name;
	json_t *found;
	int ret = 0;

	while (getline(&line, &size, stream) > 0 && ret == 0) {
		if (rank == 0 && (strncmp(line, "\x1f\x8b", 2) == 0 ||
				     strncmp(line, "PK\x03", 3) == 0 ||
				     strncmp(line, "\x28\xb5\x2f", 3) == 0))
			ret = weir_problem_set(problem, WEIR_EFORMAT,
			    "%s: compressed; weir-stat reads it as plain text "
			    "alone",
			    file);
		name = ret == 0 ? find_name(line) : NULL;
		if (!name)
			continue;
		rank++;
		found = json_object_get(wanted, name);
		if (found && json_integer_value(found) == 0)
			(void)json_integer_set(found, rank);
	}
	if (ferror(stream) && ret == 0)
		ret = weir_problem_set(
		    problem, WEIR_ESYSTEM, "%s: %s", file, strerror(errno));
	free(line);
	return ret;
}

static unsigned int
mark(json_t *rows, json_t *wanted)
{
	unsigned int count = 0;
	const char *name;
	json_int_t rank;
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		for (name = weir_tally_text(row, "key"); name;
		     name = parent(name)) {
			rank = json_integer_value(
			    json_object_get(wanted, name));
			if (rank == 0)
				continue;
			(void)json_object_set_new(
			    row, "rank", json_integer(rank));
			(void)json_object_set_new(
			    row, "popular", json_string(name));
			count++;
			break;
		}
	}
	return count;
}

int
weir_popular_mark(const char *file, json_t *rows, unsigned int *ret_count,
    struct weir_problem *problem)
{
	json_t *wanted;
	FILE *stream;
	int fd, ret;

	ret = weir_file_open(file, &fd);
	if (ret != 0)
		return weir_problem_set(
		    problem, ret, "%s: %s", file, weir_error_text(ret));
	stream = fdopen(fd, "r");
	if (!stream) {
		(void)close(fd);
		return WEIR_EMEMORY;
	}
	wanted = make_wanted(rows);
	ret = wanted ? read_ranks(file, stream, wanted, problem) : WEIR_EMEMORY;
	if (ret == 0)
		*ret_count = mark(rows, wanted);
	json_decref(wanted);
	(void)fclose(stream);
	return ret;
}
