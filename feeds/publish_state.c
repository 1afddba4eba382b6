/*
 * publish_state.c - what a publisher knows of its feed, as JSON.
 */
#include "feeds/publish_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/tuf_json.h"
#include "lib/file.h"

#define VERSION    1
#define STATE_SIZE 65536
#define I(number)  ((json_int_t)(number))

static const char *const places[WEIR_PUBLISH_PLACES] = { "day-before", "day",
	"last-hour", "hour", "last-minute", "minute" };

static const char *const metas[WEIR_PUBLISH_METAS] = { "root", "targets",
	"snapshot", "timestamp" };

void
weir_publish_state_span(const struct weir_publish_state *state,
    unsigned int kind, struct weir_publish_span *ret_span)
{
	static const struct {
		enum weir_publish_place first, last;
	} spans[WEIR_FEED_KIND_COUNT] = {
		[WEIR_FEED_DAY] = { WEIR_PUBLISH_DAY_BEFORE,
		    WEIR_PUBLISH_LAST_HOUR },
		[WEIR_FEED_HOUR] = { WEIR_PUBLISH_LAST_HOUR,
		    WEIR_PUBLISH_LAST_MINUTE },
		[WEIR_FEED_HEAD] = { WEIR_PUBLISH_LAST_MINUTE,
		    WEIR_PUBLISH_MINUTE },
	};
	unsigned int first = spans[kind].first;

	ret_span->first = first;
	ret_span->last = spans[kind].last;
	ret_span->from = first == WEIR_PUBLISH_DAY_BEFORE
			     ? state->from
			     : state->runs[first - 1].to;
	ret_span->end = &state->runs[ret_span->last];
}

static json_t *
print_file(const struct weir_publish_file *file)
{
	char sum[WEIR_FEED_SUM_SIZE];

	weir_feed_sum_print(&file->sum, sum);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:s}", "number",
	    I(file->number), "length", I(file->len), "to", I(file->to), "at",
	    I(file->at_ms), "count", I(file->count), "sum", sum);
}

static json_t *
print_document(const struct weir_publish_document *document)
{
	return json_pack("{s:I, s:I, s:I, s:s}", "version",
	    I(document->version), "expires", I(document->expires_unix),
	    "length", I(document->len), "sha256", document->sha256);
}

static json_t *
print_target(const struct weir_feed_target *target)
{
	return json_pack("{s:s, s:I, s:s, s:o}", "name", target->name, "length",
	    I(target->length), "sha256", target->sha256, "custom",
	    weir_feed_target_print(target));
}

static json_t *
print(const struct weir_publish_state *state)
{
	json_t *runs = json_object(), *documents = json_object();
	json_t *targets = json_array();
	unsigned int i;

	for (i = 0; i < WEIR_PUBLISH_PLACES; i++)
		(void)json_object_set_new(
		    runs, places[i], print_file(&state->runs[i]));
	for (i = 0; i < WEIR_PUBLISH_METAS; i++)
		(void)json_object_set_new(
		    documents, metas[i], print_document(&state->documents[i]));
	for (i = 0; i < WEIR_FEED_KIND_COUNT; i++)
		if (state->targets[i].name[0] != '\0')
			(void)json_array_append_new(
			    targets, print_target(&state->targets[i]));
	return json_pack("{s:i, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
			 "s:I, s:o, s:o, s:o, s:o}",
	    "v", VERSION, "feed", state->feed, "gen", state->gen,
	    "sequence_floor", I(state->sequence_floor), "version_floor",
	    I(state->version_floor), "poll_ms", I(state->poll_ms), "minute",
	    I(state->minute_unix), "hour", I(state->hour_unix), "day",
	    I(state->day_unix), "next_number", I(state->next_number), "from",
	    I(state->from), "full", print_file(&state->full), "runs", runs,
	    "targets", targets, "documents", documents);
}

int
weir_publish_state_write(const char *folder, const char *file,
    const struct weir_publish_state *state, struct weir_problem *problem)
{
	json_t *json = print(state);
	char *text = json != NULL ? json_dumps(json, JSON_INDENT(1)) : NULL;
	int ret = WEIR_EMEMORY;

	json_decref(json);
	if (text != NULL)
		ret = weir_file_replace(folder, file, text, strlen(text));
	free(text);
	if (ret == 0)
		return 0;
	return weir_problem_set(problem, ret, "%s/%s: %s", folder, file,
	    ret == WEIR_ESYSTEM ? strerror(errno) : weir_error_text(ret));
}

static bool
take_u64(json_t *json, const char *key, uint64_t *ret_number)
{
	int64_t number;

	if (!weir_tuf_json_number(json, key, 0, &number))
		return false;
	*ret_number = (uint64_t)number;
	return true;
}

static bool
take_file(json_t *json, struct weir_publish_file *file)
{
	return take_u64(json, "number", &file->number) &&
	       take_u64(json, "length", &file->len) &&
	       take_u64(json, "to", &file->to) &&
	       take_u64(json, "at", &file->at_ms) &&
	       take_u64(json, "count", &file->count) &&
	       weir_feed_sum_parse(weir_tuf_json_text(json, "sum"), &file->sum);
}

static bool
take_text(json_t *json, const char *key, char *text, size_t size)
{
	const char *found = weir_tuf_json_text(json, key);

	if (found == NULL || strlen(found) >= size)
		return false;
	strcpy(text, found);
	return true;
}

static bool
take_document(json_t *json, struct weir_publish_document *document)
{
	return weir_tuf_json_number(json, "version", 0, &document->version) &&
	       weir_tuf_json_number(
		   json, "expires", 0, &document->expires_unix) &&
	       take_u64(json, "length", &document->len) &&
	       take_text(
		   json, "sha256", document->sha256, sizeof(document->sha256));
}

static bool
take_targets(json_t *array, struct weir_publish_state *state)
{
	struct weir_feed_target target;
	struct weir_tuf_target tuf;
	json_t *json;
	size_t i;

	if (!json_is_array(array))
		return false;
	json_array_foreach(array, i, json)
	{
		memset(&tuf, 0, sizeof(tuf));
		if (!take_text(json, "name", tuf.name, sizeof(tuf.name)) ||
		    !take_text(
			json, "sha256", tuf.sha256, sizeof(tuf.sha256)) ||
		    !take_u64(json, "length", &tuf.length))
			return false;
		tuf.custom = json_object_get(json, "custom");
		if (weir_feed_target_parse(&tuf, state->feed, &target, NULL) <
		    0)
			return false;
		state->targets[target.header.kind] = target;
	}
	return true;
}

static bool
take_head(json_t *json, struct weir_publish_state *state)
{
	uint64_t poll_ms = 0;
	int64_t version;

	if (!weir_tuf_json_number(json, "v", VERSION, &version) ||
	    version != VERSION ||
	    !take_text(json, "feed", state->feed, sizeof(state->feed)) ||
	    !take_text(json, "gen", state->gen, sizeof(state->gen)) ||
	    !take_u64(json, "poll_ms", &poll_ms) ||
	    poll_ms > WEIR_FEED_POLL_MAX)
		return false;
	state->poll_ms = (uint32_t)poll_ms;
	return weir_feed_name_is_valid(state->feed) &&
	       take_u64(json, "sequence_floor", &state->sequence_floor) &&
	       weir_tuf_json_number(
		   json, "version_floor", 0, &state->version_floor) &&
	       weir_tuf_json_number(json, "minute", 0, &state->minute_unix) &&
	       weir_tuf_json_number(json, "hour", 0, &state->hour_unix) &&
	       weir_tuf_json_number(json, "day", 0, &state->day_unix) &&
	       take_u64(json, "next_number", &state->next_number) &&
	       take_u64(json, "from", &state->from);
}

static bool
take(json_t *json, struct weir_publish_state *state)
{
	json_t *runs = weir_tuf_json_object(json, "runs");
	json_t *documents = weir_tuf_json_object(json, "documents");
	unsigned int i;

	if (!take_head(json, state) ||
	    !take_file(json_object_get(json, "full"), &state->full) ||
	    !take_targets(json_object_get(json, "targets"), state))
		return false;
	for (i = 0; i < WEIR_PUBLISH_PLACES; i++)
		if (!take_file(
			json_object_get(runs, places[i]), &state->runs[i]))
			return false;
	for (i = 0; i < WEIR_PUBLISH_METAS; i++)
		if (!take_document(json_object_get(documents, metas[i]),
			&state->documents[i]))
			return false;
	return true;
}

int
weir_publish_state_read(const char *folder, const char *file,
    struct weir_publish_state *ret_state, struct weir_problem *problem)
{
	struct weir_publish_state state;
	char *path = weir_path_join(folder, file), *text = NULL;
	json_t *json = NULL;
	size_t len = 0;
	int ret = WEIR_EMEMORY;

	memset(&state, 0, sizeof(state));
	if (path != NULL)
		ret = weir_file_read(path, STATE_SIZE, &text, &len);
	if (ret == 0)
		ret = weir_tuf_json_parse(text, len, &json, NULL);
	if (ret == 0 && !take(json, &state))
		ret = WEIR_EFORMAT;
	if (ret == 0)
		*ret_state = state;
	else
		(void)weir_problem_set(problem, ret, "%s/%s: %s", folder, file,
		    ret == WEIR_ESYSTEM ? strerror(errno)
					: weir_error_text(ret));
	json_decref(json);
	free(text);
	free(path);
	return ret;
}
