/*
 * settings_reader.c - what the parts of weir.yaml's reading share.
 */
#include "lib/settings_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int
weir_reader_wrong(
    const struct weir_reader *reader, const char *where, const char *reason)
{
	const struct weir_yaml_node *node = weir_yaml_find(
	    &reader->tree, where);

	return weir_problem_set(reader->problem, WEIR_EFORMAT,
	    "%s:%u: %s: %s %s", reader->path, node == NULL ? 1 : node->line,
	    where,
	    node == NULL || node->text == NULL
		? "this"
		: weir_yaml_quote(node->text).text,
	    reason);
}

int
weir_reader_no_memory(const struct weir_reader *reader)
{
	return weir_problem_set(
	    reader->problem, WEIR_EMEMORY, "%s: out of memory", reader->path);
}

int
weir_reader_number(const struct weir_reader *reader, const char *where,
    const char *text, unsigned int min, unsigned int max,
    unsigned int *ret_number)
{
	char reason[80];
	unsigned long number = 0;
	size_t len;

	if (text == NULL)
		return 0;
	len = strspn(text, "0123456789");
	if (len > 0 && len <= 9 && text[len] == '\0')
		number = strtoul(text, NULL, 10);
	if (len == 0 || len > 9 || text[len] != '\0' || number < min ||
	    number > max) {
		snprintf(reason, sizeof(reason),
		    "is no whole number from %u to %u", min, max);
		return weir_reader_wrong(reader, where, reason);
	}
	*ret_number = (unsigned int)number;
	return 0;
}

int
weir_reader_file(const struct weir_reader *reader, const char *where,
    const char *file, char **ret_file)
{
	char text[WEIR_PATH_SIZE];

	switch (weir_paths_absolute(reader->path, file, text)) {
	case 0:
		*ret_file = strdup(text);
		return *ret_file == NULL ? weir_reader_no_memory(reader) : 0;
	case WEIR_ELIMIT:
		return weir_reader_wrong(
		    reader, where, "is longer than 1023 octets");
	case WEIR_ESYSTEM:
		return weir_problem_set(reader->problem, WEIR_ESYSTEM,
		    "%s: its folder: %s", reader->path, strerror(errno));
	default:
		return weir_reader_wrong(reader, where,
		    file[0] == '\0' ? "is no file"
				    : "holds a control character");
	}
}

struct weir_reader_where
weir_reader_key(unsigned int place, const char *key)
{
	struct weir_reader_where where;

	snprintf(where.text, sizeof(where.text), "feeds[%u].%s", place, key);
	return where;
}
