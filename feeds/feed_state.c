/*
 * feed_state.c - a signed feed's state: reading it, and asking it.
 * feed_plan.c says what to fetch, feed_take.c takes it.
 */
#include "feeds/feed_state.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/feed_file.h"
#include "feeds/feed_text.h"
#include "lib/file.h"

#define STATE_SIZE_MAX 65536U
/* A weir-sync that replaces files while they are opened does so seldom. */
#define TRIES          10

static bool
take_file(json_t *object, const struct weir_feed_state *state,
    struct weir_feed_file *file)
{
	const char *name, *kind;
	json_int_t from, to, raw;
	int number;

	memset(file, 0, sizeof(*file));
	if (json_unpack(object, "{s:s, s:s, s:I, s:I, s:I}", "name", &name,
		"kind", &kind, "from", &from, "to", &to, "raw", &raw) != 0 ||
	    !weir_feed_file_is_name(name) || from < 0 || to < 0 || raw <= 0 ||
	    (uint64_t)raw > WEIR_FEED_FULL_RAW * 2)
		return false;
	number = weir_feed_kind_parse(kind);
	if (number < 0)
		return false;
	strcpy(file->name, name);
	strcpy(file->header.feed, state->feed);
	strcpy(file->header.gen, state->gen);
	file->header.kind = (uint8_t)number;
	file->header.from = (uint64_t)from;
	file->header.to = (uint64_t)to;
	file->raw = (uint64_t)raw;
	return true;
}

/* A full at the bottom, and each file reaching on from where one below it
 * ends. */
static bool
is_whole(const struct weir_feed_state *state)
{
	const struct weir_feed_file *file;
	unsigned int i;

	if (state->file_count == 0 ||
	    state->files[0].header.kind != WEIR_FEED_FULL ||
	    state->files[state->file_count - 1].header.to != state->sequence)
		return false;
	for (i = 1; i < state->file_count; i++) {
		file = &state->files[i];
		if (file->header.kind == WEIR_FEED_FULL ||
		    file->header.from > file[-1].header.to ||
		    file->header.to < file[-1].header.to)
			return false;
	}
	return true;
}

static bool
take_state(json_t *object, struct weir_feed_state *state)
{
	json_int_t version, sequence, count, at, poll;
	const char *feed, *gen, *sum;
	json_t *files, *file;
	size_t i;

	if (json_unpack(object, "{s:I, s:s, s:s, s:I, s:I, s:s, s:I, s:I, s:o}",
		"v", &version, "feed", &feed, "gen", &gen, "sequence",
		&sequence, "count", &count, "sum", &sum, "at_ms", &at,
		"poll_ms", &poll, "files", &files) != 0 ||
	    version != 1 || strlen(feed) >= sizeof(state->feed) ||
	    (state->feed[0] != '\0' && strcmp(feed, state->feed) != 0) ||
	    strlen(gen) != sizeof(state->gen) - 1 || sequence < 0 ||
	    count < 0 || at < 0 || poll < 0 || poll > WEIR_FEED_POLL_MAX ||
	    !weir_feed_sum_parse(sum, &state->sum) ||
	    json_array_size(files) > WEIR_FEED_FILES)
		return false;
	strcpy(state->feed, feed);
	strcpy(state->gen, gen);
	state->sequence = (uint64_t)sequence;
	state->count = (uint64_t)count;
	state->at_ms = (uint64_t)at;
	state->poll_ms = (uint32_t)poll;
	json_array_foreach(files, i, file)
	{
		if (!take_file(file, state, &state->files[i]))
			return false;
		state->file_count++;
	}
	return is_whole(state);
}

/* state.json and what it names.  WEIR_EMISSING: one of the files is not there
 * (any more). */
static int
read_state(struct weir_feed_state *state, struct weir_problem *problem)
{
	char *path = weir_path_join(state->folder, WEIR_FEED_STATE_FILE);
	char *bytes = NULL;
	json_t *object = NULL;
	unsigned int i;
	size_t len;
	int ret = WEIR_EMEMORY;

	if (path == NULL)
		return weir_problem_set(problem, ret, "out of memory");
	ret = weir_file_read(path, STATE_SIZE_MAX, &bytes, &len);
	if (ret == 0) {
		object = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, NULL);
		if (object == NULL || !take_state(object, state)) {
			state->file_count = 0;
			ret = WEIR_EFORMAT;
		}
	}
	json_decref(object);
	free(bytes);
	if (ret == WEIR_EMISSING)
		ret = 0; /* nothing was fetched yet */
	else if (ret < 0)
		(void)weir_problem_set(
		    problem, ret, "%s: %s", path, weir_error_text(ret));
	free(path);
	for (i = 0; ret == 0 && i < state->file_count; i++)
		ret = weir_feed_file_map(
		    &state->files[i], state->folder, NULL, problem);
	return ret;
}

static void
forget_files(struct weir_feed_state *state)
{
	unsigned int i;

	for (i = 0; i < state->file_count; i++)
		weir_feed_file_unmap(&state->files[i]);
	state->file_count = 0;
}

void
weir_feed_state_close(struct weir_feed_state *state)
{
	if (state == NULL)
		return;
	forget_files(state);
	free(state->folder);
	free(state);
}

int
weir_feed_state_open(const char *folder, const char *feed,
    struct weir_feed_state **ret_state, struct weir_problem *problem)
{
	struct weir_feed_state *state = calloc(1, sizeof(*state));
	unsigned int tries;
	int ret = WEIR_EMISSING;

	if (state != NULL)
		state->folder = strdup(folder);
	if (state == NULL || state->folder == NULL) {
		free(state);
		return weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	}
	if (feed != NULL && strlen(feed) < sizeof(state->feed))
		strcpy(state->feed, feed);
	for (tries = 0; ret == WEIR_EMISSING && tries < TRIES; tries++) {
		forget_files(state);
		ret = read_state(state, problem);
	}
	if (ret < 0) {
		weir_feed_state_close(state);
		return ret == WEIR_EMISSING ? WEIR_EFORMAT : ret;
	}
	*ret_state = state;
	return 0;
}

int
weir_feed_state_lookup(const struct weir_feed_state *state, const char *name,
    size_t name_len, const char **ret_entry, size_t *ret_len)
{
	const struct weir_feed_file *file;
	unsigned int i = state->file_count;
	size_t at;

	while (i-- > 0) {
		file = &state->files[i];
		at = weir_feed_text_seek(file->text, file->text_len,
		    weir_feed_file_begin(file), name, name_len);
		if (at >= file->text_len ||
		    weir_feed_text_compare(
			file->text, file->text_len, at, name, name_len) != 0)
			continue;
		if (file->text[at] != '+')
			return 0;
		*ret_entry = file->text + at + 1;
		*ret_len = weir_feed_text_line(file->text, file->text_len, at) -
			   1;
		return 1;
	}
	return 0;
}

char *
weir_feed_state_changes(const struct weir_feed_state *state, bool is_add)
{
	return weir_path_join(
	    state->folder, is_add ? WEIR_FEED_ADD_FILE : WEIR_FEED_DEL_FILE);
}
