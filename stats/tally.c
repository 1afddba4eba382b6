/*
 * tally.c - a JSON object serves as the hash table: its seed is random, so keys
 * that come from clients do not make it slow.
 */
#include "stats/tally.h"

#include <stdlib.h>
#include <string.h>

#include "stats/stat.h"

uint64_t
weir_tally_get(const json_t *row, const char *member)
{
	json_int_t number = json_integer_value(json_object_get(row, member));

	return number > 0 ? (uint64_t)number : 0;
}

const char *
weir_tally_text(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text ? text : "";
}

int
weir_tally_raise(json_t *row, const char *member, uint64_t by)
{
	return json_object_set_new(
	    row, member, weir_stat_number(weir_tally_get(row, member) + by));
}

const char *
weir_tally_key(const json_t *map, const char *key)
{
	return json_object_size(map) < WEIR_TALLY_KEYS ||
		       json_object_get(map, key)
		   ? key
		   : WEIR_TALLY_OTHERS;
}

json_t *
weir_tally_add(json_t *map, const char *key, uint64_t times,
    uint64_t first_unix, uint64_t last_unix)
{
	json_t *string = weir_stat_string(key), *row;
	uint64_t first;

	row = json_object_get(map, json_string_value(string));
	if (!row && string) {
		row = json_pack("{s:O, s:i, s:i, s:I, s:i}", "key", string,
		    "count", 0, "error", 0, "first", (json_int_t)first_unix,
		    "last", 0);
		if (json_object_set_new(map, json_string_value(string), row) !=
		    0)
			row = NULL;
	}
	json_decref(string);
	if (!row || weir_tally_raise(row, "count", times) != 0)
		return NULL;
	first = weir_tally_get(row, "first");
	if (first_unix > 0 && (first == 0 || first_unix < first) &&
	    json_object_set_new(row, "first", weir_stat_number(first_unix)) !=
		0)
		return NULL;
	if (last_unix > weir_tally_get(row, "last") &&
	    json_object_set_new(row, "last", weir_stat_number(last_unix)) != 0)
		return NULL;
	return row;
}

static int
compare(const void *left, const void *right)
{
	const json_t *a = *(json_t *const *)left, *b = *(json_t *const *)right;
	uint64_t a_count = weir_tally_get(a, "count");
	uint64_t b_count = weir_tally_get(b, "count");

	if (a_count != b_count)
		return a_count < b_count ? 1 : -1;
	return strcmp(weir_tally_text(a, "key"), weir_tally_text(b, "key"));
}

json_t *
weir_tally_rows(json_t *map, unsigned int limit)
{
	json_t **items = calloc(json_object_size(map) + 1, sizeof(*items));
	json_t *rows = json_array(), *row;
	size_t count = 0, i;
	const char *key;

	if (items && rows) {
		json_object_foreach(map, key, row) items[count++] = row;
		qsort(items, count, sizeof(*items), compare);
	}
	for (i = 0; i < count && i < limit && rows; i++)
		if (json_array_append(rows, items[i]) != 0) {
			json_decref(rows);
			rows = NULL;
		}
	if (!items) {
		json_decref(rows);
		rows = NULL;
	}
	free(items);
	json_decref(map);
	return rows;
}
