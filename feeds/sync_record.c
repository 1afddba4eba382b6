/*
 * sync_record.c - what weir-sync remembers of a feed beyond its data.
 */
#include "feeds/sync_record.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/tuf_json.h"
#include "lib/file.h"

#define FOLDER      "record"
#define RECORD_SIZE 16384U

/* STATE/record, and NAME.json; false without memory. */
static bool
name_record(const char *state, const char *feed, char **ret_folder, char *file,
    size_t size)
{
	snprintf(file, size, "%s.json", feed);
	*ret_folder = weir_path_join(state, FOLDER);
	return *ret_folder != NULL;
}

static void
take_text(json_t *json, const char *key, char *text, size_t size)
{
	const char *value = weir_tuf_json_text(json, key);

	if (value != NULL && strlen(value) < size)
		strcpy(text, value);
}

static void
take_count(json_t *json, const char *key, uint64_t *ret_count)
{
	int64_t number = 0;

	(void)weir_tuf_json_number(json, key, 0, &number);
	*ret_count = (uint64_t)number;
}

static void
take_retries(json_t *list, struct weir_sync_record *record)
{
	unsigned int i;

	for (i = 0; i < WEIR_FEED_URLS && list != NULL; i++)
		record->retry_unix[i] = json_integer_value(
		    json_array_get(list, i));
}

static json_t *
print_retries(const struct weir_sync_record *record)
{
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i < WEIR_FEED_URLS && list != NULL; i++)
		(void)json_array_append_new(
		    list, json_integer((json_int_t)record->retry_unix[i]));
	return list;
}

static void
take(json_t *json, struct weir_sync_record *record)
{
	take_text(json, "url", record->url, sizeof(record->url));
	take_text(json, "etag", record->etag, sizeof(record->etag));
	take_text(json, "last_modified", record->last_modified,
	    sizeof(record->last_modified));
	take_text(json, "pin", record->pin, sizeof(record->pin));
	take_text(
	    json, "handed_gen", record->handed_gen, sizeof(record->handed_gen));
	take_count(json, "edition", &record->edition);
	take_count(json, "handed", &record->handed);
	take_count(json, "moved", &record->moved);
	(void)weir_tuf_json_number(json, "floor", 0, &record->floor_unix);
	(void)weir_tuf_json_number(json, "checked", 0, &record->checked_unix);
	(void)weir_tuf_json_number(json, "newer", 0, &record->newer_unix);
	take_retries(weir_tuf_json_array(json, "retry"), record);
}

void
weir_sync_record_read(
    const char *state, const char *feed, struct weir_sync_record *ret_record)
{
	char file[WEIR_FEED_NAME_SIZE + 8];
	char *folder, *path = NULL, *text = NULL;
	json_t *json = NULL;
	size_t len;

	memset(ret_record, 0, sizeof(*ret_record));
	if (!name_record(state, feed, &folder, file, sizeof(file)))
		return;
	path = weir_path_join(folder, file);
	if (path != NULL &&
	    weir_file_read(path, RECORD_SIZE, &text, &len) == 0 &&
	    weir_tuf_json_parse(text, len, &json, NULL) == 0)
		take(json, ret_record);
	json_decref(json);
	free(text);
	free(path);
	free(folder);
}

int
weir_sync_record_write(
    const char *state, const char *feed, const struct weir_sync_record *record)
{
	char file[WEIR_FEED_NAME_SIZE + 8], *folder, *text = NULL;
	json_t *json;
	int error = WEIR_EMEMORY;

	json = json_pack("{s:i, s:s, s:s, s:s, s:I, s:s, s:I, s:I, s:I, s:o, "
			 "s:s, s:I, s:I}",
	    "v", 1, "url", record->url, "etag", record->etag, "last_modified",
	    record->last_modified, "edition", (json_int_t)record->edition,
	    "pin", record->pin, "floor", (json_int_t)record->floor_unix,
	    "checked", (json_int_t)record->checked_unix, "newer",
	    (json_int_t)record->newer_unix, "retry", print_retries(record),
	    "handed_gen", record->handed_gen, "handed",
	    (json_int_t)record->handed, "moved", (json_int_t)record->moved);
	if (json != NULL)
		text = json_dumps(json, JSON_INDENT(1));
	json_decref(json);
	if (name_record(state, feed, &folder, file, sizeof(file)) &&
	    text != NULL)
		error = weir_file_replace(folder, file, text, strlen(text));
	free(folder);
	free(text);
	return error;
}
