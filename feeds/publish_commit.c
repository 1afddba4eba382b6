/*
 * publish_commit.c - what was made becomes what is published.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "feeds/publish.h"
#include "lib/file.h"

#define FILE_NAME_SIZE 128

static const struct {
	const char *name;
	enum weir_key_role role;
	int64_t seconds;
	size_t max;
	json_t *(*make)(const struct weir_publish_state *state, int64_t version,
	    int64_t expires_unix);
} documents[WEIR_PUBLISH_METAS] = {
	[WEIR_PUBLISH_TARGETS] = { "targets.json", WEIR_KEY_TARGETS,
	    WEIR_PUBLISH_TARGETS_S, WEIR_TUF_TARGETS_SIZE,
	    weir_publish_meta_targets },
	[WEIR_PUBLISH_SNAPSHOT] = { "snapshot.json", WEIR_KEY_SNAPSHOT,
	    WEIR_PUBLISH_SNAPSHOT_S, WEIR_TUF_SNAPSHOT_SIZE,
	    weir_publish_meta_snapshot },
	[WEIR_PUBLISH_TIMESTAMP] = { "timestamp.json", WEIR_KEY_TIMESTAMP,
	    WEIR_PUBLISH_TIMESTAMP_S, WEIR_TUF_TIMESTAMP_SIZE,
	    weir_publish_meta_timestamp },
};

static void
name_document(
    const struct weir_publish_state *state, unsigned int meta, char *file)
{
	if (meta == WEIR_PUBLISH_TIMESTAMP)
		strcpy(file, documents[meta].name);
	else
		(void)snprintf(file, FILE_NAME_SIZE, "%" PRId64 ".%s",
		    state->documents[meta].version, documents[meta].name);
}

/* Signs the next version of a document; *ret_text is malloced. */
static int
sign(struct weir_publish *publish, unsigned int meta, char **ret_text,
    struct weir_problem *problem)
{
	struct weir_publish_state *next = &publish->next;
	struct weir_publish_document *document = &next->documents[meta];
	enum weir_key_role role = documents[meta].role;
	struct weir_key_file *keys[2] = { publish->keys[role],
		publish->next_keys[role] };
	size_t len;
	int ret;

	if (document->version < next->version_floor)
		document->version = next->version_floor;
	document->version++;
	document->expires_unix = publish->now_ms / 1000 +
				 documents[meta].seconds;
	ret = weir_publish_meta_sign(
	    documents[meta].make(
		next, document->version, document->expires_unix),
	    keys, keys[1] != NULL ? 2 : 1, ret_text, &len);
	if (ret < 0)
		return weir_problem_set(problem, ret, "signing %s: %s",
		    documents[meta].name, weir_error_text(ret));
	document->len = len;
	weir_tuf_sha256(*ret_text, len, document->sha256);
	return 0;
}

static int
write_document(struct weir_publish *publish, unsigned int meta,
    const char *text, struct weir_problem *problem)
{
	char file[FILE_NAME_SIZE];
	int ret;

	name_document(&publish->next, meta, file);
	ret = weir_file_replace(publish->metadata, file, text, strlen(text));
	return ret < 0
		   ? weir_publish_fail(problem, ret, publish->metadata, file)
		   : 0;
}

static bool
is_served(const struct weir_publish *publish, unsigned int meta)
{
	char file[FILE_NAME_SIZE], *path;
	uint64_t len = 0;
	bool is_there;

	name_document(&publish->state, meta, file);
	path = weir_path_join(publish->metadata, file);
	is_there = path != NULL && weir_file_size(path, &len) == 0 &&
		   len == publish->state.documents[meta].len;
	free(path);
	return is_there;
}

/* Whether a document has to be signed anew although nothing has changed. */
static bool
is_old(const struct weir_publish *publish, unsigned int meta)
{
	int64_t left = publish->state.documents[meta].expires_unix -
		       publish->now_ms / 1000;

	/* More than all of it: the clock was ahead. */
	return publish->is_forced || left < documents[meta].seconds / 2 ||
	       left > documents[meta].seconds || !is_served(publish, meta);
}

static bool
is_target_same(
    const struct weir_feed_target *a, const struct weir_feed_target *b)
{
	return strcmp(a->name, b->name) == 0 &&
	       (a->name[0] == '\0' || (strcmp(a->sha256, b->sha256) == 0 &&
					  a->poll_ms == b->poll_ms));
}

static bool
has_new_targets(const struct weir_publish *publish)
{
	unsigned int kind;

	for (kind = 0; kind < WEIR_FEED_KIND_COUNT; kind++)
		if (!is_target_same(&publish->next.targets[kind],
			&publish->state.targets[kind]))
			return true;
	return false;
}

/* A poll_ms that has changed is told in all targets. */
static void
set_poll(struct weir_publish *publish)
{
	unsigned int kind;

	for (kind = 0; kind < WEIR_FEED_KIND_COUNT; kind++)
		publish->next.targets[kind].poll_ms = publish->next.poll_ms;
}

/* Targets and snapshot, if that is needed. */
static int
write_metadata(struct weir_publish *publish, struct weir_problem *problem)
{
	bool is_new = has_new_targets(publish);
	unsigned int meta;
	char *text;
	int ret = 0;

	for (meta = WEIR_PUBLISH_TARGETS;
	     meta <= WEIR_PUBLISH_SNAPSHOT && ret == 0; meta++) {
		if (!is_new && !is_old(publish, meta))
			continue;
		/* And so whatever names it. */
		is_new = true;
		ret = sign(publish, meta, &text, problem);
		if (ret < 0)
			return ret;
		ret = write_document(publish, meta, text, problem);
		free(text);
	}
	return ret;
}

/* From here on clients see it. */
static int
switch_over(struct weir_publish *publish, const char *timestamp,
    struct weir_problem *problem)
{
	char *from = weir_path_join(publish->private, WEIR_PUBLISH_NEXT);
	char *to = weir_path_join(publish->private, WEIR_PUBLISH_STATE);
	int ret = WEIR_EMEMORY;

	if (from == NULL || to == NULL) {
		(void)weir_problem_set(problem, ret, "out of memory");
		goto out;
	}
	ret = weir_publish_state_write(
	    publish->private, WEIR_PUBLISH_NEXT, &publish->next, problem);
	if (ret == 0)
		ret = write_document(
		    publish, WEIR_PUBLISH_TIMESTAMP, timestamp, problem);
	if (ret < 0)
		goto out;
	if (rename(from, to) != 0)
		ret = WEIR_ESYSTEM;
	else
		ret = weir_folder_sync(publish->private);
	if (ret < 0)
		(void)weir_publish_fail(
		    problem, ret, publish->private, WEIR_PUBLISH_STATE);
out:
	free(from);
	free(to);
	return ret;
}

/* Whether the state names a file of that folder. */
static bool
is_named(
    const struct weir_publish_state *state, bool is_payload, const char *name)
{
	const struct weir_feed_target *target;
	char file[FILE_NAME_SIZE];
	unsigned int i;

	for (i = 0; is_payload && i < WEIR_FEED_KIND_COUNT; i++) {
		target = &state->targets[i];
		(void)snprintf(file, sizeof(file), "%s.%s", target->sha256,
		    weir_feed_kind_text(i));
		if (target->name[0] != '\0' && strcmp(file, name) == 0)
			return true;
	}
	for (i = WEIR_PUBLISH_TARGETS; !is_payload && i < WEIR_PUBLISH_METAS;
	     i++) {
		name_document(state, i, file);
		if (strcmp(file, name) == 0)
			return true;
	}
	return false;
}

static bool
ends_with(const char *name, const char *end)
{
	size_t len = strlen(name), end_len = strlen(end);

	return len > end_len && strcmp(name + len - end_len, end) == 0;
}

/* Whether it is a file of ours, which goes when it is not named any more:
 * what else lies there is somebody else's. */
static bool
is_ours(bool is_payload, const char *name)
{
	static const char *const ends[2][6] = {
		{ ".targets.json", ".snapshot.json", ".targets.json.tmp",
		    ".snapshot.json.tmp", ".root.json.tmp", NULL },
		{ ".full", ".day", ".hour", ".head", ".tmp", NULL },
	};
	unsigned int i;

	for (i = 0; ends[is_payload][i] != NULL; i++)
		if (ends_with(name, ends[is_payload][i]))
			return true;
	return false;
}

/* A file that is not named: the time of its last change is when it was no longer
 * current. */
static void
clean_file(int folder_fd, const char *name, int64_t now_ms, bool is_retired_now)
{
	struct timespec times[2] = {
		{ .tv_sec = now_ms / 1000, .tv_nsec = now_ms % 1000 * 1000000 },
		{ .tv_sec = now_ms / 1000, .tv_nsec = now_ms % 1000 * 1000000 }
	};
	int64_t since_unix;
	struct stat info;

	if (fstatat(folder_fd, name, &info, AT_SYMLINK_NOFOLLOW) != 0 ||
	    !S_ISREG(info.st_mode))
		return;
	since_unix = info.st_mtim.tv_sec;
	if (is_retired_now || since_unix > now_ms / 1000 + 1)
		(void)utimensat(folder_fd, name, times, AT_SYMLINK_NOFOLLOW);
	else if (now_ms / 1000 - since_unix > WEIR_PUBLISH_LINGER_S)
		(void)unlinkat(folder_fd, name, 0);
}

/* `before`: what it names was current until now; NULL: all was. */
static void
clean_folder(struct weir_publish *publish, bool is_payload,
    const struct weir_publish_state *before)
{
	DIR *dir = opendir(is_payload ? publish->payloads : publish->metadata);
	struct dirent *entry;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		if (!is_ours(is_payload, entry->d_name) ||
		    is_named(&publish->state, is_payload, entry->d_name))
			continue;
		clean_file(dirfd(dir), entry->d_name, publish->now_ms,
		    before == NULL ||
			is_named(before, is_payload, entry->d_name));
	}
	(void)closedir(dir);
}

/* Runs that the state does not have are of nobody. */
static void
clean_runs(struct weir_publish *publish)
{
	DIR *dir = opendir(publish->private);
	struct dirent *entry;
	uint64_t number;
	unsigned int i;
	bool is_kept;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (!ends_with(entry->d_name, ".run") &&
		    !ends_with(entry->d_name, ".tmp"))
			continue;
		number = strtoull(entry->d_name, NULL, 10);
		is_kept = ends_with(entry->d_name, ".run") &&
			  publish->state.full.number == number;
		for (i = 0; i < WEIR_PUBLISH_PLACES; i++)
			is_kept = is_kept ||
				  (ends_with(entry->d_name, ".run") &&
				      publish->state.runs[i].number == number);
		if (!is_kept)
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	}
	if (dir != NULL)
		(void)closedir(dir);
}

void
weir_publish_retire_all(struct weir_publish *publish)
{
	clean_folder(publish, true, NULL);
	clean_folder(publish, false, NULL);
}

void
weir_publish_clean(struct weir_publish *publish)
{
	clean_folder(publish, true, &publish->state);
	clean_folder(publish, false, &publish->state);
	clean_runs(publish);
}

int
weir_publish_commit(struct weir_publish *publish, struct weir_problem *problem)
{
	struct weir_publish_state before = publish->state;
	char *timestamp = NULL;
	int ret;

	if (publish->is_anew)
		return weir_problem_set(problem, WEIR_EMISSING,
		    "%s: what was published last is not known there any more; "
		    "publish whole lists, and the feed begins anew",
		    publish->private);
	ret = weir_publish_payloads(publish, problem);
	if (ret < 0)
		return ret;
	set_poll(publish);
	ret = write_metadata(publish, problem);
	if (ret == 0)
		ret = sign(
		    publish, WEIR_PUBLISH_TIMESTAMP, &timestamp, problem);
	if (ret == 0)
		ret = switch_over(publish, timestamp, problem);
	free(timestamp);
	if (ret < 0)
		return ret;
	publish->state = publish->next;
	clean_folder(publish, true, &before);
	clean_folder(publish, false, &before);
	clean_runs(publish);
	return 0;
}
