/*
 * sync_status.c - STATE/status.json: what weir-sync shows of itself.
 */
#include "feeds/sync_status.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/file.h"

/* Problems quote what others wrote, and may be cut inside of a character. */
static json_t *
make_text(const char *text)
{
	json_t *string = json_string(text);
	char plain[512];
	size_t i;

	if (string != NULL)
		return string;
	for (i = 0; text[i] != '\0' && i + 1 < sizeof(plain); i++)
		plain[i] = (unsigned char)text[i] < 0x80 ? text[i] : '?';
	plain[i] = '\0';
	return json_string(plain);
}

static json_t *
describe_loader(const struct weir_sync_shown *shown)
{
	json_t *said = NULL;

	if (!shown->has_result)
		return json_null();
	if (shown->json[0] != '\0')
		said = json_loads(shown->json, 0, NULL);
	return json_pack("{s:i, s:b, s:b, s:I, s:I, s:o}", "exit",
	    (int)shown->exit_code, "in_force", (int)shown->is_handed, "held",
	    (int)shown->is_held, "at_ms", (json_int_t)shown->handed_ms,
	    "took_ms", (json_int_t)shown->took_ms, "said",
	    said == NULL ? json_null() : said);
}

static json_t *
describe_times(const struct weir_sync_times *times)
{
	if (times->count == 0)
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "last_ms",
	    (json_int_t)times->last, "p50_ms",
	    (json_int_t)weir_sync_times_percentile(times, 50), "p99_ms",
	    (json_int_t)weir_sync_times_percentile(times, 99), "max_ms",
	    (json_int_t)weir_sync_times_percentile(times, 100), "count",
	    (json_int_t)times->count);
}

static json_t *
describe_error(const struct weir_sync_shown *shown)
{
	if (shown->error[0] == '\0')
		return json_null();
	return json_pack("{s:o, s:I}", "text", make_text(shown->error), "at",
	    (json_int_t)shown->error_unix);
}

static json_t *
describe_feed(const struct weir_feed_settings *settings,
    const struct weir_sync_shown *shown)
{
	bool is_signed = settings->origin == WEIR_ORIGIN_SIGNED;
	json_t *feed;

	feed = json_pack("{s:s, s:s, s:s, s:I, s:s, s:I, s:I, s:I, s:I, s:I, "
			 "s:s, s:I, s:I, s:I, s:I}",
	    "name", settings->name, "kind", is_signed ? "signed" : "list",
	    "state", weir_sync_state_text(shown->state), "since",
	    (json_int_t)shown->since_unix, "gen", shown->gen, "sequence",
	    (json_int_t)shown->sequence, "published_ms",
	    (json_int_t)shown->published_ms, "checked",
	    (json_int_t)shown->checked_unix, "newer",
	    (json_int_t)shown->newer_unix, "expires",
	    (json_int_t)shown->expires_unix, "url",
	    settings->urls[shown->mirror], "failures",
	    (json_int_t)shown->failures, "polls", (json_int_t)shown->polls,
	    "moved", (json_int_t)shown->moved, "next",
	    (json_int_t)shown->next_unix);
	if (feed == NULL ||
	    (is_signed && json_object_set_new(feed, "names",
			      json_integer((json_int_t)shown->names)) != 0) ||
	    json_object_set_new(feed, "error", describe_error(shown)) != 0 ||
	    json_object_set_new(feed, "loader", describe_loader(shown)) != 0 ||
	    json_object_set_new(
		feed, "to_force", describe_times(&shown->times)) != 0) {
		json_decref(feed);
		return NULL;
	}
	return feed;
}

/* The status before this one; NULL: none that can be read. */
static json_t *
read_before(const char *folder)
{
	char *path = weir_path_join(folder, WEIR_SYNC_STATUS_FILE);
	char *text = NULL;
	json_t *json = NULL;
	size_t len;

	if (path != NULL &&
	    weir_file_read(path, WEIR_SYNC_STATUS_SIZE, &text, &len) == 0)
		json = json_loadb(text, len, 0, NULL);
	free(text);
	free(path);
	return json;
}

static json_t *
find_before(const json_t *before, const struct weir_feed_settings *settings)
{
	const char *kind = settings->origin == WEIR_ORIGIN_SIGNED ? "signed"
								  : "list";
	json_t *feed, *name, *of;
	size_t i;

	json_array_foreach(json_object_get(before, "feeds"), i, feed)
	{
		name = json_object_get(feed, "name");
		of = json_object_get(feed, "kind");
		if (json_is_string(name) && json_is_string(of) &&
		    strcmp(json_string_value(name), settings->name) == 0 &&
		    strcmp(json_string_value(of), kind) == 0)
			return feed;
	}
	return NULL;
}

/* In the order of the settings.  A run once or an import has but some of the
 * feeds: what was known of the others stays. */
static json_t *
describe_feeds(const struct weir_settings *settings,
    const struct weir_sync_shown *const *shown, const unsigned int *places,
    unsigned int count)
{
	json_t *feeds = json_array(), *before = NULL, *feed;
	unsigned int i, next = 0, fetched = 0;
	int error = feeds == NULL ? -1 : 0;

	for (i = 0; i < settings->feed_count; i++)
		fetched += settings->feeds[i].url_count > 0;
	if (count < fetched)
		before = read_before(settings->sync.state);
	for (i = 0; i < settings->feed_count && error == 0; i++) {
		if (settings->feeds[i].url_count == 0)
			continue;
		if (next < count && places[next] == i)
			error = json_array_append_new(feeds,
			    describe_feed(&settings->feeds[i], shown[next++]));
		else if ((feed = find_before(before, &settings->feeds[i])) !=
			 NULL)
			error = json_array_append(feeds, feed);
	}
	json_decref(before);
	if (error != 0) {
		json_decref(feeds);
		return NULL;
	}
	return feeds;
}

static json_t *
describe(const struct weir_sync *sync, const struct weir_sync_process *process,
    const struct weir_sync_shown *const *shown, const unsigned int *places,
    unsigned int count)
{
	const struct weir_settings *settings = sync->settings;
	json_t *feeds = describe_feeds(settings, shown, places, count);

	if (feeds == NULL)
		return NULL;
	return json_pack("{s:i, s:I, s:i, s:I, s:{s:i, s:I, s:i, s:b}, s:o, "
			 "s:o}",
	    "v", 1, "written", (json_int_t)time(NULL), "pid",
	    (int)process->supervisor_pid, "started",
	    (json_int_t)process->started_unix, "worker", "pid",
	    (int)process->pid, "restarts", (json_int_t)process->restarts,
	    "landlock", process->sandbox.landlock, "no_new_privileges",
	    (int)process->sandbox.has_no_new_privileges, "notify",
	    settings->sync.notify_listen == NULL
		? json_null()
		: json_pack("{s:s, s:I, s:I}", "listen",
		      settings->sync.notify_listen, "received",
		      (json_int_t)process->notifies, "polls",
		      (json_int_t)process->notify_polls),
	    "feeds", feeds);
}

/* Not weir_file_replace: it is written each second or so and need not survive
 * a power cut, so the disk is not waited for. */
static int
replace(const char *folder, const char *text)
{
	char *path = weir_path_join(folder, WEIR_SYNC_STATUS_FILE);
	char *draft = weir_path_join(folder, WEIR_SYNC_STATUS_FILE ".tmp");
	FILE *stream = NULL;
	int error = WEIR_ESYSTEM;

	if (path != NULL && draft != NULL)
		stream = fopen(draft, "we");
	if (stream != NULL) {
		fputs(text, stream);
		error = ferror(stream) ? WEIR_ESYSTEM : 0;
		if (fclose(stream) != 0 || error != 0 ||
		    rename(draft, path) != 0)
			error = WEIR_ESYSTEM;
	}
	free(draft);
	free(path);
	return error;
}

int
weir_sync_status_write(const struct weir_sync *sync,
    const struct weir_sync_process *process,
    const struct weir_sync_shown *const *shown, const unsigned int *places,
    unsigned int count)
{
	json_t *json = describe(sync, process, shown, places, count);
	char *text = NULL;
	int error = WEIR_EMEMORY;

	if (json != NULL)
		text = json_dumps(json, JSON_INDENT(1));
	if (text != NULL)
		error = replace(sync->settings->sync.state, text);
	json_decref(json);
	free(text);
	return error;
}
