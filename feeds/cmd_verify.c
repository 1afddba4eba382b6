/*
 * cmd_verify.c - weir-feed verify: a repository as a subscriber sees it.
 *
 * The client of weir-sync reads it into a folder that is thrown away; then each
 * payload is taken over the full, along the deltas that lead to it, so that the
 * count and the sum of each are compared with the set.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feeds/feed_state.h"
#include "feeds/feed_unpack.h"
#include "feeds/http.h"
#include "feeds/publish.h"
#include "feeds/tuf_json.h"
#include "feeds/weir_feed.h"
#include "lib/file.h"
#include "lib/log.h"

#define PATH_SIZE 4096

struct verify_run {
	const struct weir_feed_call *call;
	/* That is thrown away, and two in it. */
	char folder[PATH_SIZE], metadata[PATH_SIZE + 16], state[PATH_SIZE + 16];
	char *base; /* a folder to be read, or NULL: a URL */
	struct weir_http *http;
	struct weir_http_repository repository;
	struct weir_tuf_transport transport;
	struct weir_tuf_client *client;
	char feed[WEIR_FEED_NAME_SIZE];
	char root_sha256[WEIR_TUF_HEX_SIZE];
	struct weir_feed_target targets[WEIR_FEED_KIND_COUNT];
	int fds[WEIR_FEED_KIND_COUNT]; /* what was fetched */
	unsigned int target_count;
	struct weir_problem problem;
};

/* The transport of a folder. */
static int
get_from_folder(void *arg, const char *path, size_t max, char **ret_data,
    size_t *ret_len, struct weir_problem *problem)
{
	const struct verify_run *run = arg;
	char *file = weir_path_join(run->base, path);
	int ret;

	ret = file == NULL ? WEIR_EMEMORY
			   : weir_file_read(file, max, ret_data, ret_len);
	free(file);
	if (ret == 0)
		return 1;
	if (ret == WEIR_EMISSING)
		return 0;
	return weir_publish_fail(problem, ret, run->base, path);
}

static int
copy(int from, int to, uint64_t max, uint64_t *ret_len)
{
	static char buffer[65536];
	ssize_t got;

	*ret_len = 0;
	while ((got = read(from, buffer, sizeof(buffer))) > 0) {
		*ret_len += (uint64_t)got;
		if (*ret_len > max)
			return WEIR_ELIMIT;
		if (write(to, buffer, (size_t)got) != got)
			return WEIR_ESYSTEM;
	}
	return got < 0 ? WEIR_ESYSTEM : 1;
}

static int
get_file_from_folder(void *arg, const char *path, uint64_t max, int fd,
    uint64_t *ret_len, struct weir_problem *problem)
{
	const struct verify_run *run = arg;
	char *file = weir_path_join(run->base, path);
	int from = -1, ret;

	ret = file == NULL ? WEIR_EMEMORY : weir_file_open(file, &from);
	if (ret == 0) {
		ret = copy(from, fd, max, ret_len);
		(void)close(from);
	}
	free(file);
	if (ret == 1)
		return 1;
	if (ret == WEIR_EMISSING)
		return 0;
	return weir_publish_fail(problem, ret, run->base, path);
}

/* DIR of a publisher, a folder that is served, or a URL. */
static int
open_source(struct verify_run *run)
{
	const char *source = run->call->args[0];
	struct stat info;
	char *public;

	if (strncmp(source, "http://", 7) == 0 ||
	    strncmp(source, "https://", 8) == 0) {
		run->http = weir_http_new(run->call->ca_file);
		if (run->http == NULL)
			return weir_problem_set(
			    &run->problem, WEIR_EMEMORY, "out of memory");
		run->repository.http = run->http;
		run->repository.base = source;
		weir_http_transport(&run->repository, &run->transport);
		return 0;
	}
	public = weir_path_join(source, "public");
	if (public != NULL && stat(public, &info) == 0 &&
	    S_ISDIR(info.st_mode)) {
		run->base = public;
	} else {
		free(public);
		run->base = strdup(source);
	}
	if (run->base == NULL)
		return weir_problem_set(
		    &run->problem, WEIR_EMEMORY, "out of memory");
	run->transport = (struct weir_tuf_transport){ .arg = run,
		.get = get_from_folder,
		.get_file = get_file_from_folder };
	return 0;
}

static int
make_folder(struct verify_run *run)
{
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(run->folder, sizeof(run->folder), "%s/weir-feed-XXXXXX",
	    tmp != NULL && tmp[0] == '/' ? tmp : "/tmp");
	if (mkdtemp(run->folder) == NULL)
		return weir_problem_set(&run->problem, WEIR_ESYSTEM, "%s: %s",
		    run->folder, strerror(errno));
	(void)snprintf(
	    run->metadata, sizeof(run->metadata), "%s/metadata", run->folder);
	(void)snprintf(run->state, sizeof(run->state), "%s/state", run->folder);
	if (mkdir(run->metadata, 0700) != 0)
		return weir_problem_set(&run->problem, WEIR_ESYSTEM, "%s: %s",
		    run->metadata, strerror(errno));
	return 0;
}

/* With its files; folders in it are gone before. */
static void
remove_folder(const char *folder)
{
	struct dirent *entry;
	DIR *dir = opendir(folder);

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir != NULL)
		(void)closedir(dir);
	(void)rmdir(folder);
}

static int
open_temporary(struct verify_run *run, int *ret_fd)
{
	*ret_fd = open(run->folder, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	if (*ret_fd < 0)
		return weir_problem_set(&run->problem, WEIR_ESYSTEM,
		    "%s: a temporary file: %s", run->folder, strerror(errno));
	return 0;
}

/* The root with that hash: the first one, as a rule. */
static int
find_root(struct verify_run *run, char **ret_text, size_t *ret_len)
{
	char path[48], hex[WEIR_TUF_HEX_SIZE];
	unsigned int version;
	int ret;

	for (version = 1; version <= WEIR_TUF_ROOTS; version++) {
		(void)snprintf(
		    path, sizeof(path), "metadata/%u.root.json", version);
		ret = run->transport.get(run->transport.arg, path,
		    WEIR_TUF_ROOT_SIZE, ret_text, ret_len, &run->problem);
		if (ret == 0)
			break;
		if (ret < 0)
			return ret;
		weir_tuf_sha256(*ret_text, *ret_len, hex);
		if (run->call->root_sha256 == NULL ||
		    strcasecmp(hex, run->call->root_sha256) == 0)
			return 0;
		free(*ret_text);
	}
	if (version == 1)
		return weir_problem_set(&run->problem, WEIR_EMISSING,
		    "%s: no feed there: metadata/1.root.json is missing",
		    run->call->args[0]);
	return weir_problem_set(&run->problem, WEIR_EMISSING,
	    "%s: no root with that SHA-256", run->call->args[0]);
}

static int
take_root(struct verify_run *run, const char *text, size_t len)
{
	json_t *json = NULL;
	const char *name;
	int ret = weir_tuf_json_parse(text, len, &json, &run->problem);

	if (ret < 0)
		return ret;
	name = weir_feed_name_parse(weir_tuf_json_object(json, "signed"));
	if (name != NULL)
		(void)snprintf(run->feed, sizeof(run->feed), "%s", name);
	json_decref(json);
	if (name == NULL)
		return weir_problem_set(&run->problem, WEIR_EFORMAT,
		    "the root does not name its feed");
	weir_tuf_sha256(text, len, run->root_sha256);
	return weir_tuf_client_init(run->metadata, text, len, &run->problem);
}

static int
get_root(struct verify_run *run)
{
	const char *file = run->call->root_file;
	char *text;
	size_t len;
	int ret;

	if (file == NULL)
		ret = find_root(run, &text, &len);
	else {
		ret = weir_file_read(file, WEIR_TUF_ROOT_SIZE, &text, &len);
		if (ret < 0)
			(void)weir_problem_set(&run->problem, ret, "%s: %s",
			    file, weir_error_text(ret));
	}
	if (ret < 0)
		return ret;
	ret = take_root(run, text, len);
	free(text);
	return ret;
}

static int
refresh(struct verify_run *run)
{
	enum weir_tuf_outcome outcome = WEIR_TUF_LOCAL;
	int ret;

	ret = weir_tuf_client_open(
	    run->metadata, run->feed, &run->client, &run->problem);
	if (ret == 0)
		ret = weir_tuf_client_refresh(run->client, &run->transport,
		    weir_publish_now_ms() / 1000, 0, &outcome, &run->problem);
	return ret;
}

static int
fetch_all(struct verify_run *run)
{
	const struct weir_tuf_target *tuf;
	unsigned int i, count = weir_tuf_client_target_count(run->client);
	int ret = 0;

	for (i = 0; i < count && ret == 0; i++) {
		tuf = weir_tuf_client_target(run->client, i);
		if (run->target_count == WEIR_FEED_KIND_COUNT)
			return weir_problem_set(&run->problem, WEIR_EFORMAT,
			    "more targets than kinds of files");
		ret = weir_feed_target_parse(tuf, run->feed,
		    &run->targets[run->target_count], &run->problem);
		if (ret < 0)
			return ret;
		ret = open_temporary(run, &run->fds[run->target_count]);
		if (ret < 0)
			return ret;
		ret = weir_tuf_client_fetch(run->client, &run->transport, tuf,
		    run->fds[run->target_count++], &run->problem);
	}
	return ret;
}

/* The delta that leads from `have` towards `from`, or NULL. */
static const struct weir_feed_target *
next_step(const struct verify_run *run, uint64_t have, uint64_t from)
{
	const struct weir_feed_target *target, *best = NULL;
	unsigned int i;

	for (i = 0; i < run->target_count; i++) {
		target = &run->targets[i];
		if (target->header.kind != WEIR_FEED_FULL &&
		    target->header.from <= have && target->header.to > have &&
		    (best == NULL || target->header.to < best->header.to ||
			best->header.to < from))
			best = target;
	}
	return best;
}

static int
take(struct verify_run *run, struct weir_feed_state *state,
    const struct weir_feed_target *target)
{
	struct weir_feed_taken taken;

	return weir_feed_state_take(state, target,
	    run->fds[target - run->targets], &taken, &run->problem);
}

/* One whose end lies before the full's: nobody who has the full needs it, but it
 * has to be what it says all the same. */
static int
check_alone(struct verify_run *run, const struct weir_feed_target *target)
{
	int fd, ret = open_temporary(run, &fd);

	if (ret < 0)
		return ret;
	ret = weir_feed_unpack(run->fds[target - run->targets], target->length,
	    target->raw, fd, &run->problem);
	(void)close(fd);
	return ret;
}

/* A state made of the full, and of what leads to the target. */
static int
check_target(struct verify_run *run, const struct weir_feed_target *full,
    const struct weir_feed_target *target)
{
	struct weir_feed_state *state;
	const struct weir_feed_target *step;
	int ret;

	if (target != full && target->header.to <= full->header.to)
		return check_alone(run, target);
	if (mkdir(run->state, 0700) != 0)
		return weir_problem_set(&run->problem, WEIR_ESYSTEM, "%s: %s",
		    run->state, strerror(errno));
	ret = weir_feed_state_open(
	    run->state, run->feed, &state, &run->problem);
	if (ret == 0) {
		ret = take(run, state, full);
		while (ret == 0 && target != full &&
		       state->sequence < target->header.to) {
			step = target->header.from <= state->sequence
				   ? target
				   : next_step(run, state->sequence,
					 target->header.from);
			ret = step == NULL
				  ? weir_problem_set(&run->problem,
					WEIR_EMISSING,
					"%s: no deltas lead from the full to "
					"it",
					target->name)
				  : take(run, state, step);
		}
		weir_feed_state_close(state);
	}
	remove_folder(run->state);
	return ret;
}

static const struct weir_feed_target *
find_full(const struct verify_run *run)
{
	unsigned int i;

	for (i = 0; i < run->target_count; i++)
		if (run->targets[i].header.kind == WEIR_FEED_FULL)
			return &run->targets[i];
	return NULL;
}

/* The one that leads to the end. */
static const struct weir_feed_target *
find_last(const struct verify_run *run)
{
	const struct weir_feed_target *last = NULL;
	unsigned int i;

	for (i = 0; i < run->target_count; i++)
		if (last == NULL || run->targets[i].header.to > last->header.to)
			last = &run->targets[i];
	return last;
}

static int
check_all(struct verify_run *run)
{
	const struct weir_feed_target *full = find_full(run);
	unsigned int i;
	int ret = 0;

	if (full == NULL)
		return weir_problem_set(&run->problem, WEIR_EMISSING,
		    "there is no full: nothing was published yet");
	for (i = 0; i < run->target_count && ret == 0; i++) {
		if (strcmp(run->targets[i].header.gen, full->header.gen) != 0)
			return weir_problem_set(&run->problem, WEIR_EFORMAT,
			    "%s: of another generation than the full",
			    run->targets[i].name);
		ret = check_target(run, full, &run->targets[i]);
	}
	return ret;
}

static int
verify(struct verify_run *run)
{
	int ret = open_source(run);

	if (ret == 0)
		ret = make_folder(run);
	if (ret == 0)
		ret = get_root(run);
	if (ret == 0)
		ret = refresh(run);
	if (ret == 0)
		ret = fetch_all(run);
	return ret == 0 ? check_all(run) : ret;
}

static int
print(const struct verify_run *run)
{
	const struct weir_feed_target *last = find_last(run), *target;
	struct weir_tuf_versions versions;
	json_t *files = json_array();
	unsigned int i;

	weir_tuf_client_versions(run->client, &versions);
	for (i = 0; i < run->target_count; i++)
		(void)json_array_append_new(
		    files, json_pack("{s:s, s:I, s:I, s:I}", "kind",
			       weir_feed_kind_text(run->targets[i].header.kind),
			       "from", (json_int_t)run->targets[i].header.from,
			       "to", (json_int_t)run->targets[i].header.to,
			       "octets", (json_int_t)run->targets[i].length));
	if (run->call->json)
		return weir_feed_print(
		    json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:o, s:{s:I, "
			      "s:I, s:I, s:I}}",
			"result", "whole", "feed", run->feed, "root_sha256",
			run->root_sha256, "gen", last->header.gen, "sequence",
			(json_int_t)last->header.to, "names",
			(json_int_t)last->count, "files", files, "versions",
			"root", (json_int_t)versions.root.version, "targets",
			(json_int_t)versions.targets.version, "snapshot",
			(json_int_t)versions.snapshot.version, "timestamp",
			(json_int_t)versions.timestamp.version),
		    WEIR_FEED_DONE);
	json_decref(files);
	printf("%s is whole: sequence %" PRIu64 ", %" PRIu64
	       " names; root %" PRId64 ", targets %" PRId64
	       ", snapshot %" PRId64 ", timestamp %" PRId64 "\n",
	    run->feed, last->header.to, last->count, versions.root.version,
	    versions.targets.version, versions.snapshot.version,
	    versions.timestamp.version);
	for (i = 0; i < run->target_count; i++) {
		target = &run->targets[i];
		printf("  %-5s %10" PRIu64 " octets, %" PRIu64 " to %" PRIu64
		       ", %" PRIu64 " names at its end\n",
		    weir_feed_kind_text(target->header.kind), target->length,
		    target->header.from, target->header.to, target->count);
	}
	return WEIR_FEED_DONE;
}

int
weir_feed_verify(const struct weir_feed_call *call)
{
	struct verify_run *run = calloc(1, sizeof(*run));
	struct weir_problem memory = { "out of memory" };
	unsigned int i;
	int exit_code;

	if (run == NULL)
		return weir_feed_fail(call, &memory);
	run->call = call;
	if (strstr(call->args[0], "://") != NULL && call->root_file == NULL &&
	    call->root_sha256 == NULL) {
		free(run);
		return weir_feed_usage(call,
		    "verify: of a URL, --root or --root-sha256 says what is "
		    "trusted");
	}
	exit_code = verify(run) < 0 ? weir_feed_fail(call, &run->problem)
				    : print(run);
	for (i = 0; i < run->target_count; i++)
		if (run->fds[i] >= 0)
			(void)close(run->fds[i]);
	weir_tuf_client_close(run->client);
	weir_http_free(run->http);
	if (run->folder[0] != '\0') {
		remove_folder(run->metadata);
		remove_folder(run->folder);
	}
	free(run->base);
	free(run);
	return exit_code;
}
