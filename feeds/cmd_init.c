/*
 * cmd_init.c - weir-feed init: the folders of a feed, its keys, its first root.
 *
 * state.json comes last: without it there is no feed.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feeds/publish.h"
#include "feeds/weir_feed.h"
#include "lib/file.h"
#include "lib/log.h"

#define KEYS_END "-root-keys"

struct init_run {
	const struct weir_feed_call *call;
	struct weir_publish publish; /* its paths */
	char *keys_folder;
	struct weir_key_file *root[WEIR_PUBLISH_ROOT_KEYS];
	struct weir_publish_document document;
	struct weir_problem problem;
};

static int
fail_at(struct init_run *run, const char *path)
{
	return weir_problem_set(
	    &run->problem, WEIR_ESYSTEM, "%s: %s", path, strerror(errno));
}

static int
make_folder(struct init_run *run, const char *path, mode_t mode)
{
	struct stat info;

	if (path == NULL)
		return weir_problem_set(
		    &run->problem, WEIR_EMEMORY, "out of memory");
	/* Whatever the umask is: the web server has to read it, or nobody. */
	if (mkdir(path, mode) == 0)
		return chmod(path, mode) == 0 ? 0 : fail_at(run, path);
	if (errno == ENOENT)
		return weir_problem_set(&run->problem, WEIR_ESYSTEM,
		    "%s: the folder that it is to be in is missing", path);
	if (errno != EEXIST)
		return fail_at(run, path);
	if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
		return 0;
	errno = ENOTDIR;
	return fail_at(run, path);
}

/* Without slashes at its end. */
static char *
plain_path(const char *path)
{
	char *copy = strdup(path);
	size_t len = copy != NULL ? strlen(copy) : 0;

	while (len > 1 && copy[len - 1] == '/')
		copy[--len] = '\0';
	return copy;
}

static int
choose_folders(struct init_run *run)
{
	char *folder = plain_path(run->call->args[0]);
	size_t size;
	int ret = WEIR_EMEMORY;

	if (folder != NULL)
		ret = weir_publish_paths(&run->publish, folder);
	if (ret == 0 && run->call->keys_folder != NULL)
		run->keys_folder = plain_path(run->call->keys_folder);
	else if (ret == 0) {
		size = strlen(folder) + sizeof(KEYS_END);
		run->keys_folder = malloc(size);
		if (run->keys_folder != NULL)
			(void)snprintf(
			    run->keys_folder, size, "%s%s", folder, KEYS_END);
	}
	free(folder);
	return ret == 0 && run->keys_folder != NULL
		   ? 0
		   : weir_problem_set(
			 &run->problem, WEIR_EMEMORY, "out of memory");
}

static int
make_folders(struct init_run *run)
{
	struct weir_publish *publish = &run->publish;
	const char *const names[] = { "public", "public/targets" };
	char *path;
	unsigned int i;
	int ret;

	ret = make_folder(run, publish->folder, 0755);
	if (ret == 0)
		ret = make_folder(run, publish->private, 0700);
	for (i = 0; i < 2 && ret == 0; i++) {
		path = weir_path_join(publish->folder, names[i]);
		ret = make_folder(run, path, 0755);
		free(path);
	}
	if (ret == 0)
		ret = make_folder(run, publish->metadata, 0755);
	if (ret == 0)
		ret = make_folder(run, publish->payloads, 0755);
	return ret == 0 ? make_folder(run, run->keys_folder, 0700) : ret;
}

/* Root keys beside what is online would be no second lock. */
static int
refuse_inside(struct init_run *run)
{
	char folder[PATH_MAX], keys[PATH_MAX];
	size_t len;

	if (realpath(run->publish.folder, folder) == NULL)
		return fail_at(run, run->publish.folder);
	if (realpath(run->keys_folder, keys) == NULL)
		return fail_at(run, run->keys_folder);
	len = strlen(folder);
	if (strncmp(folder, keys, len) != 0 ||
	    (keys[len] != '/' && keys[len] != '\0'))
		return 0;
	return weir_problem_set(&run->problem, WEIR_EFORMAT,
	    "%s: root keys must not lie in %s", run->keys_folder,
	    run->publish.folder);
}

static int
refuse_second(struct init_run *run)
{
	char *path = weir_path_join(run->publish.private, WEIR_PUBLISH_STATE);
	uint64_t size;
	int ret = WEIR_EMEMORY;

	if (path != NULL)
		ret = weir_file_size(path, &size);
	free(path);
	/* What else is wrong there is seen when the folders are made. */
	return ret == 0
		   ? weir_problem_set(&run->problem, WEIR_EBUSY,
			 "%s: there is a feed already", run->publish.folder)
		   : 0;
}

static int
get_passphrase(struct init_run *run, char **ret_passphrase)
{
	if (run->call->passphrase_count > 0)
		return weir_passphrase_read(run->call->passphrase_files[0],
		    ret_passphrase, &run->problem);
	return weir_passphrase_ask("passphrase for the three root keys: ", true,
	    ret_passphrase, &run->problem);
}

static int
make_key(struct init_run *run, unsigned int role, const char *folder,
    const char *file, const char *passphrase, struct weir_key_file **ret_key)
{
	char *path = weir_path_join(folder, file);
	int ret;

	ret = path == NULL ? WEIR_EMEMORY
			   : weir_key_file_new(role, run->call->feed, ret_key);
	if (ret < 0)
		(void)weir_problem_set(&run->problem, ret, "making a key: %s",
		    weir_error_text(ret));
	else
		ret = weir_key_file_write(
		    *ret_key, path, passphrase, &run->problem);
	free(path);
	return ret;
}

static int
make_keys(struct init_run *run, const char *passphrase)
{
	char file[32];
	unsigned int i;
	int ret = 0;

	for (i = 0; i < WEIR_PUBLISH_ROOT_KEYS && ret == 0; i++) {
		(void)snprintf(file, sizeof(file), "root-%u.key", i + 1);
		ret = make_key(run, WEIR_KEY_ROOT, run->keys_folder, file,
		    passphrase, &run->root[i]);
	}
	for (i = WEIR_KEY_ROOT + 1; i < WEIR_KEY_ROLE_COUNT && ret == 0; i++) {
		(void)snprintf(
		    file, sizeof(file), "%s.key", weir_key_role_text(i));
		ret = make_key(run, i, run->publish.private, file, NULL,
		    &run->publish.keys[i]);
	}
	return ret == 0 ? weir_folder_sync(run->keys_folder) : ret;
}

static int
make_root(struct init_run *run)
{
	struct weir_publish_document *document = &run->document;
	struct weir_publish_roles roles;
	char *text = NULL;
	size_t len;
	unsigned int i;
	int ret;

	for (i = 0; i < WEIR_PUBLISH_ROOT_KEYS; i++)
		roles.root[i] = run->root[i]->key;
	for (i = WEIR_KEY_ROOT + 1; i < WEIR_KEY_ROLE_COUNT; i++)
		roles.online[i] = run->publish.keys[i]->key;
	document->version = 1;
	document->expires_unix = weir_publish_now_ms() / 1000 +
				 WEIR_PUBLISH_ROOT_S;
	ret = weir_publish_meta_sign(weir_publish_meta_root(run->call->feed, 1,
					 document->expires_unix, &roles),
	    run->root, WEIR_PUBLISH_ROOT_KEYS, &text, &len);
	if (ret < 0)
		return weir_problem_set(
		    &run->problem, ret, "signing: %s", weir_error_text(ret));
	document->len = len;
	weir_tuf_sha256(text, len, document->sha256);
	ret = weir_file_replace(
	    run->publish.metadata, "1.root.json", text, len);
	free(text);
	return ret < 0 ? weir_publish_fail(&run->problem, ret,
			     run->publish.metadata, "1.root.json")
		       : 0;
}

static int
make_state(struct init_run *run)
{
	struct weir_publish_state state;

	memset(&state, 0, sizeof(state));
	(void)snprintf(state.feed, sizeof(state.feed), "%s", run->call->feed);
	state.poll_ms = WEIR_FEED_POLL_MS;
	state.documents[WEIR_PUBLISH_ROOT] = run->document;
	return weir_publish_state_write(
	    run->publish.private, WEIR_PUBLISH_STATE, &state, &run->problem);
}

static int
make_all(struct init_run *run)
{
	char *passphrase = NULL;
	int ret;

	ret = choose_folders(run);
	if (ret == 0)
		ret = refuse_second(run);
	if (ret == 0)
		ret = get_passphrase(run, &passphrase);
	if (ret == 0)
		ret = make_folders(run);
	if (ret == 0)
		ret = refuse_inside(run);
	if (ret == 0)
		ret = make_keys(run, passphrase);
	weir_passphrase_free(passphrase);
	if (ret == 0)
		ret = make_root(run);
	return ret == 0 ? make_state(run) : ret;
}

static int
print(const struct init_run *run)
{
	const struct weir_feed_call *call = run->call;
	json_t *keys = json_array();
	unsigned int i;

	for (i = 0; i < WEIR_PUBLISH_ROOT_KEYS; i++)
		(void)json_array_append_new(
		    keys, json_string(run->root[i]->key.id));
	if (call->json)
		return weir_feed_print(
		    json_pack("{s:s, s:s, s:o, s:o, s:s, s:o}", "result",
			"made", "feed", call->feed, "folder",
			weir_feed_string(run->publish.folder), "root_keys",
			weir_feed_string(run->keys_folder), "root_sha256",
			run->document.sha256, "root_key_ids", keys),
		    WEIR_FEED_DONE);
	printf("feed %s in %s\n"
	       "  served     %s/public\n"
	       "  root keys  %s/root-1.key, root-2.key, root-3.key\n"
	       "             keep each in a place of its own, none of them "
	       "online; any two sign\n"
	       "  root       %s/1.root.json\n"
	       "  sha256     %s\n"
	       "             for subscribers: root-sha256 in weir.yaml\n",
	    call->feed, run->publish.folder, run->publish.folder,
	    run->keys_folder, run->publish.metadata, run->document.sha256);
	json_decref(keys);
	return WEIR_FEED_DONE;
}

int
weir_feed_init(const struct weir_feed_call *call)
{
	struct init_run run = { .call = call };
	unsigned int i;
	int exit_code;

	run.publish.lock_fd = -1;
	if (call->feed == NULL)
		return weir_feed_usage(call, "init: --feed NAME is missing");
	if (!weir_feed_name_is_valid(call->feed))
		return weir_feed_usage(call,
		    "--feed %s: no name for a feed (1 to 63 of a-z, 0-9, . _ "
		    "-)",
		    call->feed);
	exit_code = make_all(&run) < 0 ? weir_feed_fail(call, &run.problem)
				       : print(&run);
	for (i = 0; i < WEIR_PUBLISH_ROOT_KEYS; i++)
		weir_key_file_free(run.root[i]);
	weir_publish_close(&run.publish);
	free(run.keys_folder);
	return exit_code;
}
