/*
 * sync_signed.c - one cycle of a signed feed.
 *
 *   timestamp.json ──same octets──► nothing more is asked for
 *        │ new ones
 *        ▼
 *   TUF (tuf_client.h): root N+1, timestamp, snapshot, targets
 *        ▼
 *   plan (feed_state.h): which of full, day, hour, head
 *        ▼  for each
 *   fetch ─► hash ─► take ─► hand over
 *
 * A payload that does not lead to the set which was signed for (count, sum) is
 * discarded, and the full one is taken within a minute, at a random moment: all
 * resolvers find such a thing in the same second.  If that does not help, the
 * old data stay: a full is taken into a draft beside them, and what leads on
 * from it too.
 *
 * With --import a folder stands in the place of the server.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "feeds/sync_feed.h"
#include "feeds/sync_schedule.h"
#include "feeds/tuf_key.h"
#include "lib/file.h"
#include "lib/log.h"

#define TIMESTAMP    "metadata/timestamp.json"
#define FIRST_ROOT   "metadata/1.root.json"
#define FLOOR_SAVE_S 60 /* a record each second would wear the disk out */

/* Where files come from; the timestamp that was looked at already is not asked
 * for twice. */
struct source {
	struct weir_http_repository server;
	struct weir_sync_folder folder;
	struct weir_tuf_transport inner;
	char *timestamp;
	size_t timestamp_len;
};

static int
get(void *arg, const char *path, size_t max, char **ret_data, size_t *ret_len,
    struct weir_problem *problem)
{
	struct source *source = arg;

	if (source->timestamp == NULL || strcmp(path, TIMESTAMP) != 0)
		return source->inner.get(
		    source->inner.arg, path, max, ret_data, ret_len, problem);
	*ret_data = source->timestamp;
	*ret_len = source->timestamp_len;
	source->timestamp = NULL;
	return 1;
}

static int
get_file(void *arg, const char *path, uint64_t max, int fd, uint64_t *ret_len,
    struct weir_problem *problem)
{
	struct source *source = arg;

	return source->inner.get_file(
	    source->inner.arg, path, max, fd, ret_len, problem);
}

static void
open_source(const struct weir_sync_feed *feed, const char *base,
    struct source *source, struct weir_tuf_transport *ret_transport)
{
	memset(source, 0, sizeof(*source));
	source->server.http = feed->http;
	source->server.base = base;
	source->folder.path = feed->sync->import_folder;
	if (source->folder.path != NULL)
		weir_sync_folder_transport(&source->folder, &source->inner);
	else
		weir_http_transport(&source->server, &source->inner);
	ret_transport->arg = source;
	ret_transport->get = get;
	ret_transport->get_file = get_file;
}

static void
close_source(struct weir_sync_feed *feed, struct source *source)
{
	feed->record.moved += source->server.moved;
	feed->retry_after_s = source->server.retry_after_s;
	free(source->timestamp);
}

/* --- whom to trust ----------------------------------------------------------- */

/* Removes what was trusted by way of another root than the settings name. */
static void
forget_trust(const struct weir_sync_feed *feed)
{
	static const char *const files[] = { "timestamp.json", "snapshot.json",
		"targets.json", "root.json" };
	char *path;
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		path = weir_path_join(feed->metadata, files[i]);
		if (path != NULL)
			(void)unlink(path);
		free(path);
	}
}

/* The root that the settings name by its file, and its SHA-256. */
static int
read_root(struct weir_sync_feed *feed, char **ret_root, size_t *ret_len,
    char pin[WEIR_TUF_HEX_SIZE])
{
	const char *file = feed->settings->root_file;
	int error = weir_file_read(file, WEIR_TUF_ROOT_SIZE, ret_root, ret_len);

	if (error != 0)
		return weir_problem_set(&feed->problem, error, "root: %s: %s",
		    file,
		    error == WEIR_EMISSING || error == WEIR_ESYSTEM
			? strerror(errno)
			: weir_error_text(error));
	weir_tuf_sha256(*ret_root, *ret_len, pin);
	return 0;
}

static enum weir_sync_outcome
fetch_root(struct weir_sync_feed *feed, struct source *source, char **ret_root,
    size_t *ret_len)
{
	char hex[WEIR_TUF_HEX_SIZE];
	int found;

	feed->is_small = true;
	found = source->inner.get(source->inner.arg, FIRST_ROOT,
	    WEIR_TUF_ROOT_SIZE, ret_root, ret_len, &feed->problem);
	if (found == 0)
		(void)weir_problem_set(
		    &feed->problem, 0, FIRST_ROOT ": there is none");
	if (found != 1)
		return found == WEIR_ELIMIT ? WEIR_SYNC_WRONG
					    : WEIR_SYNC_UNREACHABLE;
	weir_tuf_sha256(*ret_root, *ret_len, hex);
	if (strcmp(hex, feed->settings->root_sha256) == 0)
		return WEIR_SYNC_NEW;
	free(*ret_root);
	*ret_root = NULL;
	(void)weir_problem_set(&feed->problem, 0,
	    FIRST_ROOT ": its SHA-256 is %s, not root-sha256", hex);
	return WEIR_SYNC_WRONG;
}

/* The first root, if there is none yet.  No trust on first use: what comes from
 * the server must have the hash that stands in the settings. */
static enum weir_sync_outcome
begin_trust(
    struct weir_sync_feed *feed, struct source *source, char *root, size_t len)
{
	enum weir_sync_outcome outcome = WEIR_SYNC_NEW;
	int error;

	if (root == NULL)
		outcome = fetch_root(feed, source, &root, &len);
	if (outcome != WEIR_SYNC_NEW)
		return outcome;
	error = weir_tuf_client_init(feed->metadata, root, len, &feed->problem);
	free(root);
	if (error == 0)
		return WEIR_SYNC_NEW;
	return error == WEIR_ESYSTEM || error == WEIR_EMEMORY ? WEIR_SYNC_LOCAL
							      : WEIR_SYNC_WRONG;
}

static bool
has_trust(const struct weir_sync_feed *feed)
{
	char *path = weir_path_join(feed->metadata, "root.json");
	bool has = path != NULL && access(path, F_OK) == 0;

	free(path);
	return has;
}

/* `source` NULL: only what is here already. */
static enum weir_sync_outcome
open_client(struct weir_sync_feed *feed, struct source *source)
{
	enum weir_sync_outcome outcome = WEIR_SYNC_NEW;
	char pin[WEIR_TUF_HEX_SIZE] = "", *root = NULL;
	size_t len = 0;
	int error;

	if (feed->client != NULL)
		return WEIR_SYNC_NEW;
	if (mkdir(feed->metadata, 0755) != 0 && errno != EEXIST) {
		(void)weir_problem_set(&feed->problem, 0, "%s: %s",
		    feed->metadata, strerror(errno));
		return WEIR_SYNC_LOCAL;
	}
	if (feed->settings->root_sha256 != NULL)
		strcpy(pin, feed->settings->root_sha256);
	else if (read_root(feed, &root, &len, pin) != 0 && !has_trust(feed))
		return WEIR_SYNC_LOCAL;
	if (pin[0] != '\0' && feed->record.pin[0] != '\0' &&
	    strcmp(pin, feed->record.pin) != 0)
		forget_trust(feed);
	if (has_trust(feed) || source == NULL)
		free(root);
	else
		outcome = begin_trust(feed, source, root, len);
	if (outcome != WEIR_SYNC_NEW)
		return outcome;
	if (!has_trust(feed))
		return WEIR_SYNC_UNREACHABLE;
	if (pin[0] != '\0' && strcmp(pin, feed->record.pin) != 0) {
		strcpy(feed->record.pin, pin);
		weir_sync_feed_save(feed);
	}
	error = weir_tuf_client_open(feed->metadata, feed->settings->name,
	    &feed->client, &feed->problem);
	if (error == 0)
		return WEIR_SYNC_NEW;
	return error == WEIR_ESYSTEM || error == WEIR_EMEMORY ? WEIR_SYNC_LOCAL
							      : WEIR_SYNC_WRONG;
}

/* --- what is new ------------------------------------------------------------- */

static void
note_trusted(struct weir_sync_feed *feed)
{
	struct weir_tuf_versions versions;

	weir_tuf_client_versions(feed->client, &versions);
	feed->expires_unix = versions.timestamp.expires_unix;
	if (feed->sync->import_folder != NULL)
		feed->expires_unix = 0; /* max-expired was what counts */
}

/* What the clock has seen, and when, lasts. */
static void
save_now_and_then(struct weir_sync_feed *feed)
{
	if (feed->record.floor_unix >= feed->floor_saved_unix + FLOOR_SAVE_S)
		weir_sync_feed_save(feed);
}

static enum weir_sync_outcome
refresh(struct weir_sync_feed *feed, struct weir_tuf_transport *transport,
    int64_t now_unix)
{
	enum weir_tuf_outcome outcome = WEIR_TUF_LOCAL;

	feed->is_small = true;
	if (weir_tuf_client_refresh(feed->client, transport, now_unix,
		feed->sync->max_expired_s, &outcome, &feed->problem) == 0) {
		note_trusted(feed);
		/* Not of one that we have had: a restart takes nothing back of
		 * how old it is, and a clock that is ahead is not believed by
		 * what was signed long before. */
		if (outcome == WEIR_TUF_NEW &&
		    now_unix > feed->record.floor_unix)
			feed->record.floor_unix = now_unix;
		if (outcome == WEIR_TUF_NEW || feed->record.newer_unix == 0)
			feed->record.newer_unix = now_unix;
		return WEIR_SYNC_NEW;
	}
	feed->is_expired = outcome == WEIR_TUF_EXPIRED;
	switch (outcome) {
	case WEIR_TUF_UNREACHABLE:
		return WEIR_SYNC_UNREACHABLE;
	case WEIR_TUF_LOCAL:
		return WEIR_SYNC_LOCAL;
	default:
		return WEIR_SYNC_WRONG;
	}
}

/* The targets that are payloads of the feed. */
static int
list_targets(struct weir_sync_feed *feed, struct weir_feed_target *targets,
    unsigned int *ret_count)
{
	const struct weir_tuf_target *target;
	unsigned int i, count = 0;
	int error;

	for (i = 0; i < weir_tuf_client_target_count(feed->client); i++) {
		target = weir_tuf_client_target(feed->client, i);
		if (strncmp(target->name, "feed/", 5) != 0)
			continue;
		error = weir_feed_target_parse(target, feed->settings->name,
		    &targets[count], &feed->problem);
		if (error != 0)
			return error;
		feed->poll_ms = targets[count++].poll_ms;
	}
	*ret_count = count;
	return 0;
}

static enum weir_sync_outcome
fetch(struct weir_sync_feed *feed, const struct weir_tuf_transport *transport,
    const struct weir_feed_target *target, int fd)
{
	int error;

	feed->is_small = false;
	if (target->length > feed->settings->max_size) {
		(void)weir_problem_set(&feed->problem, 0,
		    "%s: %llu octets are more than max-size", target->name,
		    (unsigned long long)target->length);
		return WEIR_SYNC_WRONG;
	}
	error = weir_tuf_client_fetch(feed->client, transport,
	    weir_tuf_client_find(feed->client, target->name), fd,
	    &feed->problem);
	if (error == 0)
		return WEIR_SYNC_NEW;
	return error == WEIR_ECHECKSUM || error == WEIR_ELIMIT
		   ? WEIR_SYNC_WRONG
		   : WEIR_SYNC_UNREACHABLE;
}

static void
note_diverged(struct weir_sync_feed *feed, bool was_delta)
{
	feed->must_take_full = true;
	feed->full_after_ms = weir_clock_ns() / 1000000;
	if (!feed->sync->is_once || !was_delta)
		feed->full_after_ms += weir_sync_diverged_ms(
		    weir_sync_random());
}

/* One payload becomes the state, or what is to be the state. */
static enum weir_sync_outcome
take(struct weir_sync_feed *feed, const struct weir_tuf_transport *transport,
    const struct weir_feed_target *target, struct weir_feed_state *state,
    struct weir_feed_taken *ret_taken)
{
	enum weir_sync_outcome outcome;
	int fd = weir_sync_feed_scratch(feed), error;

	if (fd < 0) {
		(void)weir_problem_set(&feed->problem, 0, "%s: %s",
		    feed->sync->settings->sync.state, strerror(errno));
		return WEIR_SYNC_LOCAL;
	}
	outcome = fetch(feed, transport, target, fd);
	if (outcome != WEIR_SYNC_NEW)
		goto out;
	error = weir_feed_state_take(
	    state, target, fd, ret_taken, &feed->problem);
	if (error == WEIR_ESYSTEM || error == WEIR_EMEMORY) {
		outcome = WEIR_SYNC_LOCAL;
	} else if (error != 0) {
		note_diverged(feed, target->header.kind != WEIR_FEED_FULL);
		outcome = WEIR_SYNC_WRONG;
	}
out:
	(void)close(fd);
	return outcome;
}

/* Which targets, in that order. */
struct steps {
	struct weir_feed_target targets[WEIR_TUF_TARGETS];
	unsigned int places[WEIR_FEED_KIND_COUNT], count;
};

/* Each goes to the loader by itself. */
static enum weir_sync_outcome
go_on(struct weir_sync_feed *feed, const struct weir_tuf_transport *transport,
    const struct steps *steps)
{
	struct weir_feed_taken taken = { .is_whole = true };
	enum weir_sync_outcome outcome = WEIR_SYNC_NEW;
	const struct weir_feed_target *target;
	unsigned int i;

	for (i = 0; i < steps->count && outcome == WEIR_SYNC_NEW; i++) {
		target = &steps->targets[steps->places[i]];
		outcome = take(feed, transport, target, feed->state, &taken);
		if (outcome != WEIR_SYNC_NEW)
			break;
		if (target->header.kind == WEIR_FEED_FULL)
			feed->must_take_full = false;
		feed->hand(feed->hand_arg, &taken);
	}
	return outcome;
}

/* All or nothing: the full is of up to a day ago, and what leads on from it may
 * be what is wrong.  Until that is known the state that is there stays. */
static enum weir_sync_outcome
begin_anew(struct weir_sync_feed *feed,
    const struct weir_tuf_transport *transport, const struct steps *steps)
{
	struct weir_feed_taken taken = { .is_whole = true };
	enum weir_sync_outcome outcome = WEIR_SYNC_NEW;
	struct weir_feed_state *draft = NULL;
	unsigned int i;

	if (weir_feed_state_draft(feed->state, &draft, &feed->problem) < 0)
		return WEIR_SYNC_LOCAL;
	for (i = 0; i < steps->count && outcome == WEIR_SYNC_NEW; i++)
		outcome = take(feed, transport,
		    &steps->targets[steps->places[i]], draft, &taken);
	if (outcome != WEIR_SYNC_NEW) {
		weir_feed_state_drop(draft, feed->state);
		return outcome;
	}
	if (weir_feed_state_keep(draft, &feed->problem) < 0) {
		/* Which one the folder has is not known: both stay there. */
		weir_feed_state_close(draft);
		return WEIR_SYNC_LOCAL;
	}
	weir_feed_state_close(feed->state);
	feed->state = draft;
	feed->must_take_full = false;
	taken.is_whole = true;
	feed->hand(feed->hand_arg, &taken);
	return outcome;
}

static enum weir_sync_outcome
take_all(
    struct weir_sync_feed *feed, const struct weir_tuf_transport *transport)
{
	unsigned int count = 0;
	struct steps steps;

	steps.count = 0;
	if (feed->must_take_full &&
	    weir_clock_ns() / 1000000 < feed->full_after_ms)
		return WEIR_SYNC_WAITING;
	if (list_targets(feed, steps.targets, &count) != 0 ||
	    weir_feed_state_plan(feed->state, steps.targets, count,
		feed->must_take_full, steps.places, &steps.count,
		&feed->problem) != 0)
		return WEIR_SYNC_WRONG;
	if (steps.count == 0)
		return WEIR_SYNC_SAME;
	if (feed->state->gen[0] != '\0' &&
	    steps.targets[steps.places[0]].header.kind == WEIR_FEED_FULL)
		return begin_anew(feed, transport, &steps);
	return go_on(feed, transport, &steps);
}

/* --- the cycle --------------------------------------------------------------- */

static int
open_state(struct weir_sync_feed *feed)
{
	char *path;
	int error = weir_feed_state_open(
	    feed->folder, feed->settings->name, &feed->state, &feed->problem);

	if (error != WEIR_EFORMAT && error != WEIR_EMISSING)
		return error;
	/* Damaged: what is fetched and signed comes again. */
	weir_log_error("feed %s: %s; it is fetched anew", feed->settings->name,
	    feed->problem.text);
	path = weir_path_join(feed->folder, "state.json");
	if (path != NULL)
		(void)unlink(path);
	free(path);
	return weir_feed_state_open(
	    feed->folder, feed->settings->name, &feed->state, &feed->problem);
}

int
weir_sync_signed_open(struct weir_sync_feed *feed)
{
	int error = open_state(feed);

	/* When it expires is to be known before a server answers. */
	if (error == 0 && open_client(feed, NULL) == WEIR_SYNC_NEW)
		note_trusted(feed);
	return error;
}

/* 1: other octets than those that were done; 0: the same; negative: none. */
static int
look_at_timestamp(struct weir_sync_feed *feed, struct source *source,
    char hex[WEIR_TUF_HEX_SIZE])
{
	int found;

	feed->is_small = true;
	found = source->inner.get(source->inner.arg, TIMESTAMP,
	    WEIR_TUF_TIMESTAMP_SIZE, &source->timestamp, &source->timestamp_len,
	    &feed->problem);
	if (found == 0)
		return weir_problem_set(
		    &feed->problem, WEIR_ESYSTEM, TIMESTAMP ": there is none");
	if (found < 0)
		return found;
	weir_tuf_sha256(source->timestamp, source->timestamp_len, hex);
	return strcmp(hex, feed->timestamp_sha256) != 0;
}

static enum weir_sync_outcome
run(struct weir_sync_feed *feed, struct source *source,
    struct weir_tuf_transport *transport, int64_t now_unix)
{
	char hex[WEIR_TUF_HEX_SIZE];
	enum weir_sync_outcome outcome;
	int is_new = look_at_timestamp(feed, source, hex);

	if (is_new < 0)
		return is_new == WEIR_ELIMIT ? WEIR_SYNC_WRONG
					     : WEIR_SYNC_UNREACHABLE;
	if (is_new == 0 && !feed->must_take_full)
		return WEIR_SYNC_SAME;
	outcome = open_client(feed, source);
	if (outcome == WEIR_SYNC_NEW && is_new != 0)
		outcome = refresh(feed, transport, now_unix);
	if (outcome != WEIR_SYNC_NEW)
		return outcome;
	outcome = take_all(feed, transport);
	/* Else it is done again: a payload may be missing still.  But for a
	 * full that is waited for. */
	if (outcome == WEIR_SYNC_NEW || outcome == WEIR_SYNC_SAME ||
	    feed->must_take_full)
		strcpy(feed->timestamp_sha256, hex);
	return outcome;
}

enum weir_sync_outcome
weir_sync_signed_cycle(struct weir_sync_feed *feed, const char *base)
{
	struct weir_tuf_transport transport;
	struct source source;
	enum weir_sync_outcome outcome;
	int64_t now_unix = (int64_t)time(NULL); /* once, for all of it */

	if (weir_sync_is_clock_wrong(now_unix, feed->record.floor_unix)) {
		(void)weir_problem_set(&feed->problem, 0,
		    "the clock is wrong: it was later when this feed was "
		    "verified");
		return WEIR_SYNC_NO_TIME;
	}
	open_source(feed, base, &source, &transport);
	outcome = run(feed, &source, &transport, now_unix);
	close_source(feed, &source);
	if (outcome == WEIR_SYNC_SAME || outcome == WEIR_SYNC_NEW) {
		feed->record.checked_unix = now_unix;
		save_now_and_then(feed);
	}
	return outcome;
}
