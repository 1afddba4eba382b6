/*
 * publish_open.c - a repository is taken hold of: lock, state, keys, and what
 * one that was ended before has left.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "feeds/publish.h"
#include "lib/file.h"

#define LOCK_FILE    "lock"
#define LOCK_STEP_MS 20
#define DEPTH_MAX    8 /* of folders; ours has 3 */
/* The longest that is a root key has 450 octets; not all that is served has to
 * be opened to see that it is none. */
#define ROOT_KEY_MAX 512

int
weir_publish_fail(struct weir_problem *problem, int error, const char *folder,
    const char *file)
{
	return weir_problem_set(problem, error, "%s/%s: %s", folder, file,
	    error == WEIR_ESYSTEM ? strerror(errno) : weir_error_text(error));
}

int64_t
weir_publish_now_ms(void)
{
	const char *text = getenv("WEIR_FEED_NOW");
	struct timespec now;
	char *end;
	double seconds;

	if (text != NULL) {
		seconds = strtod(text, &end);
		if (end != text && *end == '\0' && seconds >= 1 &&
		    seconds < 1e11)
			return (int64_t)(seconds * 1000);
	}
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int
weir_publish_paths(struct weir_publish *publish, const char *folder)
{
	publish->folder = strdup(folder);
	publish->private = weir_path_join(folder, "private");
	publish->metadata = weir_path_join(folder, "public/metadata");
	publish->payloads = weir_path_join(folder, "public/targets/feed");
	return publish->folder == NULL || publish->private == NULL ||
		       publish->metadata == NULL || publish->payloads == NULL
		   ? WEIR_EMEMORY
		   : 0;
}

/* private may have been lost with the machine: what is served was not. */
static int
open_lock(struct weir_publish *publish, struct weir_problem *problem)
{
	char *path = weir_path_join(publish->private, LOCK_FILE);

	if (path == NULL)
		return weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	publish->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (publish->lock_fd < 0 && errno == ENOENT &&
	    access(publish->metadata, F_OK) == 0 &&
	    mkdir(publish->private, 0700) == 0)
		publish->lock_fd = open(
		    path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	free(path);
	if (publish->lock_fd >= 0)
		return 0;
	if (errno == ENOENT)
		return weir_problem_set(problem, WEIR_EMISSING,
		    "%s: no feed was made there (weir-feed init)",
		    publish->folder);
	return weir_publish_fail(
	    problem, WEIR_ESYSTEM, publish->private, LOCK_FILE);
}

static int
lock(struct weir_publish *publish, struct weir_problem *problem)
{
	struct timespec step = { .tv_nsec = LOCK_STEP_MS * 1000000L };
	unsigned int waited_ms = 0;
	int ret = open_lock(publish, problem);

	if (ret < 0)
		return ret;
	while (flock(publish->lock_fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return weir_publish_fail(
			    problem, WEIR_ESYSTEM, publish->private, LOCK_FILE);
		if (waited_ms >= WEIR_PUBLISH_LOCK_MS)
			return weir_problem_set(problem, WEIR_EBUSY,
			    "%s: another weir-feed works there",
			    publish->folder);
		(void)nanosleep(&step, NULL);
		waited_ms += LOCK_STEP_MS;
	}
	return 0;
}

/* The path of a root key at or below a folder; malloced; NULL: there is none.
 * Links are not followed: what is elsewhere is not in the folder. */
static char *
find_root_key(const char *folder, unsigned int depth)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char *path, *found = NULL;
	struct stat info;

	while (dir != NULL && found == NULL && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		path = weir_path_join(folder, entry->d_name);
		if (path == NULL || lstat(path, &info) != 0)
			info.st_mode = 0;
		if (S_ISDIR(info.st_mode) && depth < DEPTH_MAX)
			found = find_root_key(path, depth + 1);
		else if (S_ISREG(info.st_mode) &&
			 info.st_size <= ROOT_KEY_MAX &&
			 weir_key_file_is_root(path)) {
			found = path;
			path = NULL;
		}
		free(path);
	}
	if (dir != NULL)
		(void)closedir(dir);
	return found;
}

static int
refuse_root_keys(struct weir_publish *publish, struct weir_problem *problem)
{
	char *found = find_root_key(publish->folder, 0);

	if (found == NULL)
		return 0;
	(void)weir_problem_set(problem, WEIR_EFORMAT,
	    "%s: a root key; take it away from here, to a place that is not "
	    "online",
	    found);
	free(found);
	return WEIR_EFORMAT;
}

static int
open_runs(struct weir_publish *publish, struct weir_problem *problem)
{
	const struct weir_publish_file *file;
	struct weir_publish_run *run;
	char name[32], *path;
	unsigned int i;
	int ret = 0;

	for (i = 0; i <= WEIR_PUBLISH_PLACES && ret == 0; i++) {
		file = i < WEIR_PUBLISH_PLACES ? &publish->next.runs[i]
					       : &publish->next.full;
		run = i < WEIR_PUBLISH_PLACES ? &publish->runs[i]
					      : &publish->full;
		if (file->number == 0)
			continue;
		(void)snprintf(
		    name, sizeof(name), "%" PRIu64 ".run", file->number);
		path = weir_path_join(publish->private, name);
		ret = path == NULL ? weir_problem_set(
					 problem, WEIR_EMEMORY, "out of memory")
				   : weir_publish_run_open(
					 path, file->len, run, problem);
		free(path);
	}
	return ret;
}

/* A rotation may have been ended before its root was noted. */
int
weir_publish_read_root(
    struct weir_publish *publish, struct weir_problem *problem)
{
	struct weir_publish_document *document =
	    &publish->next.documents[WEIR_PUBLISH_ROOT];
	int64_t version = document->version > 0 ? document->version : 1;
	char name[48], *path, *text;
	size_t len;
	int ret;

	for (;;) {
		(void)snprintf(
		    name, sizeof(name), "%" PRId64 ".root.json", version);
		path = weir_path_join(publish->metadata, name);
		ret = path == NULL ? WEIR_EMEMORY
				   : weir_file_read(
					 path, WEIR_TUF_ROOT_SIZE, &text, &len);
		free(path);
		if (ret == WEIR_EMISSING && version > document->version)
			return 0;
		if (ret < 0)
			return weir_publish_fail(
			    problem, ret, publish->metadata, name);
		ret = weir_publish_meta_read_root(text, len, publish->next.feed,
		    &publish->roles, &document->version,
		    &document->expires_unix, problem);
		weir_tuf_sha256(text, len, document->sha256);
		document->len = len;
		free(text);
		if (ret < 0)
			return ret;
		version = document->version + 1;
	}
}

/* FOLDER/ROLE.END, malloced. */
static char *
key_path(const struct weir_publish *publish, unsigned int role, const char *end)
{
	char name[32];

	(void)snprintf(
	    name, sizeof(name), "%s.%s", weir_key_role_text(role), end);
	return weir_path_join(publish->private, name);
}

static bool
is_named_by_root(
    const struct weir_publish *publish, unsigned int role, const char *path)
{
	struct weir_key_file *key;
	bool is_it;

	if (weir_key_file_read(path, &key, NULL) < 0)
		return false;
	is_it = strcmp(key->key.id, publish->roles.online[role].id) == 0;
	weir_key_file_free(key);
	return is_it;
}

int
weir_publish_settle_keys(
    struct weir_publish *publish, struct weir_problem *problem)
{
	char *new_path, *path;
	bool is_moved = false;
	unsigned int role;
	int ret = weir_publish_read_root(publish, problem);

	for (role = WEIR_KEY_ROOT + 1; role < WEIR_KEY_ROLE_COUNT && ret == 0;
	     role++) {
		new_path = key_path(publish, role, "key.new");
		path = key_path(publish, role, "key");
		if (new_path == NULL || path == NULL)
			ret = weir_problem_set(
			    problem, WEIR_EMEMORY, "out of memory");
		else if (is_named_by_root(publish, role, new_path)) {
			is_moved = true;
			if (rename(new_path, path) != 0)
				ret = weir_problem_set(problem, WEIR_ESYSTEM,
				    "%s: %s", path, strerror(errno));
		}
		free(new_path);
		free(path);
	}
	if (ret == 0 && is_moved && weir_folder_sync(publish->private) < 0)
		ret = weir_publish_fail(
		    problem, WEIR_ESYSTEM, publish->private, "");
	/* What the keys before have signed is of no use with that root. */
	publish->is_forced =
	    publish->next.documents[WEIR_PUBLISH_ROOT].version !=
	    publish->state.documents[WEIR_PUBLISH_ROOT].version;
	return ret;
}

static int
read_key(struct weir_publish *publish, unsigned int role,
    struct weir_problem *problem)
{
	char *path = key_path(publish, role, "key");
	struct weir_key_file *key = NULL;
	int ret;

	ret = path == NULL
		  ? weir_problem_set(problem, WEIR_EMEMORY, "out of memory")
		  : weir_key_file_read(path, &key, problem);
	if (ret == 0 &&
	    (strcmp(key->key.id, publish->roles.online[role].id) != 0 ||
		key->secret_key == NULL))
		ret = weir_problem_set(problem, WEIR_EFORMAT,
		    "%s: not the key that %" PRId64 ".root.json has", path,
		    publish->next.documents[WEIR_PUBLISH_ROOT].version);
	free(path);
	if (ret < 0) {
		weir_key_file_free(key);
		return ret;
	}
	publish->keys[role] = key;
	return 0;
}

/* All three; or, if it is to be rotated, none of them. */
static int
read_keys(struct weir_publish *publish, bool is_rotation,
    struct weir_problem *problem)
{
	unsigned int role;
	int ret = 0;

	for (role = WEIR_KEY_ROOT + 1; role < WEIR_KEY_ROLE_COUNT && ret == 0;
	     role++)
		ret = read_key(publish, role, problem);
	if (ret == 0 || !is_rotation)
		return ret;
	for (role = 0; role < WEIR_KEY_ROLE_COUNT; role++) {
		weir_key_file_free(publish->keys[role]);
		publish->keys[role] = NULL;
	}
	return 0;
}

int
weir_publish_open_for(const char *folder, bool is_rotation,
    struct weir_publish *ret_publish, struct weir_problem *problem)
{
	struct weir_publish *publish = ret_publish;
	int ret;

	memset(publish, 0, sizeof(*publish));
	publish->lock_fd = -1;
	publish->limits =
	    (struct weir_publish_limits){ .delta_size = WEIR_FEED_DELTA_SIZE,
		    .delta_raw = WEIR_FEED_DELTA_RAW,
		    .change_raw = WEIR_FEED_DELTA_RAW / 2 };
	publish->now_ms = weir_publish_now_ms();
	ret = weir_publish_paths(publish, folder);
	if (ret < 0)
		(void)weir_problem_set(problem, ret, "out of memory");
	if (ret == 0)
		ret = lock(publish, problem);
	if (ret == 0)
		ret = refuse_root_keys(publish, problem);
	if (ret == 0)
		ret = weir_publish_read_state(publish, problem);
	if (ret == 0)
		ret = weir_publish_settle_keys(publish, problem);
	if (ret == 0)
		ret = read_keys(publish, is_rotation, problem);
	if (ret == 0)
		ret = open_runs(publish, problem);
	if (ret < 0) {
		weir_publish_close(publish);
		return ret;
	}
	if (publish->is_recovered)
		weir_publish_retire_all(publish);
	return 0;
}

int
weir_publish_open(const char *folder, struct weir_publish *ret_publish,
    struct weir_problem *problem)
{
	return weir_publish_open_for(folder, false, ret_publish, problem);
}

void
weir_publish_close(struct weir_publish *publish)
{
	unsigned int i;

	for (i = 0; i < WEIR_PUBLISH_PLACES; i++)
		weir_publish_run_close(&publish->runs[i]);
	weir_publish_run_close(&publish->full);
	for (i = 0; i < WEIR_KEY_ROLE_COUNT; i++) {
		weir_key_file_free(publish->keys[i]);
		weir_key_file_free(publish->next_keys[i]);
	}
	if (publish->lock_fd >= 0)
		(void)close(publish->lock_fd);
	free(publish->folder);
	free(publish->private);
	free(publish->metadata);
	free(publish->payloads);
	memset(publish, 0, sizeof(*publish));
	publish->lock_fd = -1;
}
