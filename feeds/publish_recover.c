/*
 * publish_recover.c - what a publisher knew, and how far it came.
 *
 * Three things may be there: state.json, next.json, timestamp.json.
 *   next.json           a program was ended in its commit: the one of the two
 *                       states that goes with timestamp.json holds
 *   no state.json, or   it was lost, or a copy of before was put in its place:
 *   a newer timestamp   the feed begins anew, with numbers above those that are
 *                       published, and another gen
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "feeds/publish.h"
#include "feeds/tuf_json.h"
#include "lib/file.h"

static int
new_gen(char gen[WEIR_FEED_GEN_SIZE])
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return WEIR_ESYSTEM;
	(void)snprintf(gen, WEIR_FEED_GEN_SIZE, "%016" PRIx64, number);
	return 0;
}

/* Whether timestamp.json is the one that the state goes with. */
static bool
is_published(
    const struct weir_publish *publish, const struct weir_publish_state *state)
{
	char *path = weir_path_join(publish->metadata, "timestamp.json");
	char hex[WEIR_TUF_HEX_SIZE] = "", *text = NULL;
	size_t len;

	if (path != NULL &&
	    weir_file_read(path, WEIR_TUF_TIMESTAMP_SIZE, &text, &len) == 0)
		weir_tuf_sha256(text, len, hex);
	free(text);
	free(path);
	return strcmp(hex, state->documents[WEIR_PUBLISH_TIMESTAMP].sha256) ==
	       0;
}

static void
raise_version(struct weir_publish_state *state, int64_t version)
{
	if (state->version_floor < version)
		state->version_floor = version;
}

static void
raise_floors(
    struct weir_publish_state *state, const struct weir_publish_state *other)
{
	unsigned int i;

	if (state->sequence_floor < weir_publish_state_last(other)->to)
		state->sequence_floor = weir_publish_state_last(other)->to;
	raise_version(state, other->version_floor);
	for (i = WEIR_PUBLISH_TARGETS; i < WEIR_PUBLISH_METAS; i++)
		raise_version(state, other->documents[i].version);
	/* Their runs may lie there. */
	if (state->next_number < other->next_number)
		state->next_number = other->next_number;
}

/* next.json is there only if a program was ended between writing it and the end
 * of its commit. */
static int
take_next(struct weir_publish *publish, struct weir_problem *problem)
{
	struct weir_publish_state next;
	int ret;

	ret = weir_publish_state_read(
	    publish->private, WEIR_PUBLISH_NEXT, &next, problem);
	if (ret == WEIR_EMISSING)
		return 0;
	if (ret < 0)
		return ret;
	publish->is_recovered = true;
	if (is_published(publish, &next)) {
		publish->state = next;
		publish->is_anew = false;
		return weir_publish_state_write(
		    publish->private, WEIR_PUBLISH_STATE, &next, problem);
	}
	raise_floors(&publish->state, &next);
	return 0;
}

/* The signed part of a document that is served, not verified: it is our own
 * folder, and only numbers are taken from it.  NULL: not there, or damaged. */
static json_t *
read_served(const struct weir_publish *publish, const char *file)
{
	char *path = weir_path_join(publish->metadata, file), *text = NULL;
	json_t *json = NULL, *is_signed = NULL;
	size_t len;

	if (path != NULL &&
	    weir_file_read(path, WEIR_TUF_TARGETS_SIZE, &text, &len) == 0 &&
	    weir_tuf_json_parse(text, len, &json, NULL) == 0)
		is_signed = json_incref(weir_tuf_json_object(json, "signed"));
	json_decref(json);
	free(text);
	free(path);
	return is_signed;
}

/* The version that `meta` of a document names. */
static int64_t
named_version(json_t *is_signed, const char *file)
{
	int64_t version = 0;

	(void)weir_tuf_json_number(
	    weir_tuf_json_object(weir_tuf_json_object(is_signed, "meta"), file),
	    "version", 1, &version);
	return version;
}

static void
raise_sequence(struct weir_publish_state *state, json_t *targets)
{
	const char *name;
	json_t *target;
	int64_t to = 0;

	json_object_foreach(weir_tuf_json_object(targets, "targets"), name, target) if (
	    weir_tuf_json_number(
		weir_tuf_json_object(
		    weir_tuf_json_object(target, "custom"), "weir"),
		"to", 1, &to) &&
	    state->sequence_floor < (uint64_t)to)
	    state->sequence_floor = (uint64_t)to;
}

/* Raises the floors to what is served. */
static void
look_at_served(
    const struct weir_publish *publish, struct weir_publish_state *state)
{
	json_t *timestamp = read_served(publish, "timestamp.json");
	json_t *snapshot, *targets;
	int64_t version = 0;
	char file[48];

	if (weir_tuf_json_number(timestamp, "version", 1, &version))
		raise_version(state, version);
	version = named_version(timestamp, "snapshot.json");
	raise_version(state, version);
	(void)snprintf(
	    file, sizeof(file), "%" PRId64 ".snapshot.json", version);
	snapshot = read_served(publish, file);
	version = named_version(snapshot, "targets.json");
	raise_version(state, version);
	(void)snprintf(file, sizeof(file), "%" PRId64 ".targets.json", version);
	targets = read_served(publish, file);
	raise_sequence(state, targets);
	json_decref(targets);
	json_decref(snapshot);
	json_decref(timestamp);
}

static bool
is_behind(const struct weir_publish *publish)
{
	json_t *timestamp = read_served(publish, "timestamp.json");
	int64_t version = 0;

	(void)weir_tuf_json_number(timestamp, "version", 1, &version);
	json_decref(timestamp);
	return version >
	       publish->state.documents[WEIR_PUBLISH_TIMESTAMP].version;
}

/* Nothing of the set is known; versions and file numbers go on. */
static void
forget(struct weir_publish_state *state)
{
	state->gen[0] = '\0';
	state->from = 0;
	memset(&state->full, 0, sizeof(state->full));
	memset(state->runs, 0, sizeof(state->runs));
	memset(state->targets, 0, sizeof(state->targets));
}

/* The first root is there, and says whose feed it is. */
static int
begin_anew(struct weir_publish *publish, struct weir_problem *problem)
{
	struct weir_publish_state *state = &publish->state;
	json_t *root = read_served(publish, "1.root.json");
	const char *feed = weir_feed_name_parse(root);

	memset(state, 0, sizeof(*state));
	if (feed != NULL)
		(void)snprintf(state->feed, sizeof(state->feed), "%s", feed);
	json_decref(root);
	if (state->feed[0] == '\0')
		return weir_problem_set(problem, WEIR_EMISSING,
		    "%s: no feed was made there (weir-feed init)",
		    publish->folder);
	state->poll_ms = WEIR_FEED_POLL_MS;
	publish->is_anew = true;
	return 0;
}

int
weir_publish_read_state(
    struct weir_publish *publish, struct weir_problem *problem)
{
	int ret;

	ret = weir_publish_state_read(
	    publish->private, WEIR_PUBLISH_STATE, &publish->state, problem);
	if (ret == WEIR_EMISSING)
		ret = begin_anew(publish, problem);
	if (ret == 0)
		ret = take_next(publish, problem);
	if (ret < 0)
		return ret;
	if (is_behind(publish)) {
		publish->is_anew = true;
		forget(&publish->state);
	}
	if (publish->is_anew) {
		publish->is_recovered = true;
		look_at_served(publish, &publish->state);
	}
	publish->next = publish->state;
	if (publish->next.gen[0] == '\0' && new_gen(publish->next.gen) < 0)
		return weir_problem_set(
		    problem, WEIR_ESYSTEM, "getrandom: %s", strerror(errno));
	return 0;
}
