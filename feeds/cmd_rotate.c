/*
 * cmd_rotate.c - weir-feed rotate: new keys, and the next root that says so.
 *
 *   rotate DIR online            three new online keys
 *   rotate DIR root-key=OLD      a new root key in place of OLD
 *   rotate DIR root              the same keys, a year more
 *
 * The next root is signed by a threshold of the root keys before it and of those
 * in it.  New online keys lie beside the old ones as FILE.new until that root is
 * written: whichever it names holds (publish_open.c).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "feeds/publish.h"
#include "feeds/weir_feed.h"
#include "lib/file.h"

#define ROOT_KEY   "root-key="
#define KEYS_END   "-root-keys"
#define PREFIX_MIN 8 /* digits of an id that are enough to say which */

struct rotate_run {
	const struct weir_feed_call *call;
	struct weir_publish publish;
	struct weir_publish_roles roles; /* from now on */
	/* Who signs: those of --with, and a new root key. */
	struct weir_key_file *signers[WEIR_FEED_WITH + 1];
	unsigned int signer_count;
	char *new_path; /* of a new root key */
	int64_t version;
	bool has_keys; /* the online ones of before */
	struct weir_problem problem;
};

static bool
is_among(const struct weir_tuf_key *keys, unsigned int count, const char *id)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (strcmp(keys[i].id, id) == 0)
			return true;
	return false;
}

/* How many different keys of those sign. */
static unsigned int
count_signers(
    const struct rotate_run *run, const struct weir_publish_roles *roles)
{
	unsigned int i, count = 0;

	for (i = 0; i < run->signer_count; i++)
		count += is_among(roles->root, WEIR_PUBLISH_ROOT_KEYS,
		    run->signers[i]->key.id);
	return count;
}

static int
read_signers(struct rotate_run *run)
{
	const struct weir_feed_call *call = run->call;
	struct weir_key_file *key;
	unsigned int i, j;
	int ret = 0;

	for (i = 0; i < call->with_count && ret == 0; i++) {
		ret = weir_key_file_read(call->with[i], &key, &run->problem);
		if (ret < 0)
			return ret;
		run->signers[run->signer_count++] = key;
		for (j = 0; j < i; j++)
			if (strcmp(run->signers[j]->key.id, key->key.id) == 0)
				return weir_problem_set(&run->problem,
				    WEIR_EFORMAT, "%s: the same key again",
				    call->with[i]);
		if (!is_among(run->publish.roles.root, WEIR_PUBLISH_ROOT_KEYS,
			key->key.id))
			return weir_problem_set(&run->problem, WEIR_EFORMAT,
			    "%s: not a root key of this feed", call->with[i]);
		ret = weir_feed_unlock(call, call->with[i], key, &run->problem);
	}
	return ret;
}

static int
make_online(struct rotate_run *run)
{
	struct weir_publish *publish = &run->publish;
	char file[32], *path;
	struct weir_key_file *key;
	unsigned int role;
	int ret = 0;

	for (role = WEIR_KEY_ROOT + 1; role < WEIR_KEY_ROLE_COUNT && ret == 0;
	     role++) {
		(void)snprintf(
		    file, sizeof(file), "%s.key.new", weir_key_role_text(role));
		path = weir_path_join(publish->private, file);
		ret = path == NULL
			  ? WEIR_EMEMORY
			  : weir_key_file_new(role, publish->next.feed, &key);
		if (ret < 0) {
			free(path);
			return weir_problem_set(&run->problem, ret,
			    "making a key: %s", weir_error_text(ret));
		}
		publish->next_keys[role] = key;
		run->roles.online[role] = key->key;
		/* One that no root came to name. */
		(void)unlink(path);
		ret = weir_key_file_write(key, path, NULL, &run->problem);
		free(path);
	}
	return ret;
}

/* The place of a root key that is named by its file, or by its id. */
static int
find_root_key(struct rotate_run *run, const char *which)
{
	struct weir_key_file *key;
	const char *id = which;
	char from_file[WEIR_TUF_HEX_SIZE];
	int i, found = -1;

	if (weir_key_file_read(which, &key, NULL) == 0) {
		(void)snprintf(from_file, sizeof(from_file), "%s", key->key.id);
		id = from_file;
		weir_key_file_free(key);
	}
	for (i = 0; i < WEIR_PUBLISH_ROOT_KEYS; i++)
		if (strlen(id) >= PREFIX_MIN &&
		    strncmp(run->roles.root[i].id, id, strlen(id)) == 0)
			found = found == -1 ? i : -2;
	if (found < 0)
		return weir_problem_set(&run->problem, WEIR_EMISSING,
		    "%s: neither the file nor the id of a root key of this "
		    "feed",
		    which);
	return found;
}

/* KEYS/root-VERSION.key. */
static char *
choose_path(const struct rotate_run *run)
{
	const char *folder = run->call->keys_folder;
	size_t size = strlen(folder != NULL ? folder : run->publish.folder) +
		      sizeof(KEYS_END) + 48;
	char *path = malloc(size);

	if (path != NULL && folder != NULL)
		(void)snprintf(path, size, "%s/root-v%" PRId64 ".key", folder,
		    run->version);
	else if (path != NULL)
		(void)snprintf(path, size,
		    "%s" KEYS_END "/root-v%" PRId64 ".key", run->publish.folder,
		    run->version);
	return path;
}

/* Before somebody is asked for a passphrase. */
static int
check_folder(struct rotate_run *run)
{
	char *slash = strrchr(run->new_path, '/');
	int error = 0;

	*slash = '\0';
	if (access(run->new_path, W_OK | X_OK) != 0)
		error = errno;
	if (error != 0)
		(void)weir_problem_set(&run->problem, WEIR_EMISSING,
		    "%s: %s: the new root key is written there; --keys FOLDER "
		    "says where else",
		    run->new_path, strerror(error));
	*slash = '/';
	return error != 0 ? WEIR_EMISSING : 0;
}

static int
make_root_key(struct rotate_run *run, const char *which)
{
	int place = find_root_key(run, which), ret;
	struct weir_key_file *key;
	char *passphrase = NULL;

	if (place < 0)
		return place;
	run->new_path = choose_path(run);
	if (run->new_path == NULL ||
	    weir_key_file_new(WEIR_KEY_ROOT, run->publish.next.feed, &key) < 0)
		return weir_problem_set(
		    &run->problem, WEIR_EMEMORY, "out of memory");
	run->signers[run->signer_count++] = key;
	run->roles.root[place] = key->key;
	ret = check_folder(run);
	if (ret < 0)
		return ret;
	ret = run->call->passphrase_count > 0
		  ? weir_passphrase_read(run->call->passphrase_files[0],
			&passphrase, &run->problem)
		  : weir_passphrase_ask("passphrase for the new root key: ",
			true, &passphrase, &run->problem);
	if (ret == 0)
		ret = weir_key_file_write(
		    key, run->new_path, passphrase, &run->problem);
	weir_passphrase_free(passphrase);
	return ret;
}

static int
write_root(struct rotate_run *run)
{
	struct weir_publish *publish = &run->publish;
	struct weir_publish_document *document =
	    &publish->next.documents[WEIR_PUBLISH_ROOT];
	char file[48], *text;
	size_t len;
	int ret;

	document->version = run->version;
	document->expires_unix = publish->now_ms / 1000 + WEIR_PUBLISH_ROOT_S;
	ret = weir_publish_meta_sign(
	    weir_publish_meta_root(publish->next.feed, run->version,
		document->expires_unix, &run->roles),
	    run->signers, run->signer_count, &text, &len);
	if (ret < 0)
		return weir_problem_set(
		    &run->problem, ret, "signing: %s", weir_error_text(ret));
	document->len = len;
	weir_tuf_sha256(text, len, document->sha256);
	(void)snprintf(
	    file, sizeof(file), "%" PRId64 ".root.json", run->version);
	ret = weir_file_replace(publish->metadata, file, text, len);
	free(text);
	return ret < 0 ? weir_publish_fail(
			     &run->problem, ret, publish->metadata, file)
		       : 0;
}

/* Metadata that both the keys of now and the next ones have signed are good with
 * either root: so there is no moment at which clients would refuse.  If the keys
 * of now are lost, there is. */
static int
sign_with_both(struct rotate_run *run)
{
	int ret = make_online(run);

	if (ret < 0 || !run->has_keys || run->publish.is_anew)
		return ret;
	ret = weir_publish_cut(&run->publish, &run->problem);
	run->publish.is_forced = true;
	return ret == 0 ? weir_publish_commit(&run->publish, &run->problem)
			: ret;
}

static int
sign_with_next(struct rotate_run *run)
{
	struct weir_publish *publish = &run->publish;
	unsigned int role;
	int ret = weir_publish_settle_keys(publish, &run->problem);

	for (role = 0; role < WEIR_KEY_ROLE_COUNT; role++)
		if (publish->next_keys[role] != NULL) {
			weir_key_file_free(publish->keys[role]);
			publish->keys[role] = publish->next_keys[role];
			publish->next_keys[role] = NULL;
		}
	publish->is_forced = true;
	/* Without a state there is nothing that could be signed: see print. */
	if (ret < 0 || publish->is_anew)
		return ret;
	return weir_publish_commit(publish, &run->problem);
}

/* The roles of the next root, and who signs it. */
static int
prepare(struct rotate_run *run)
{
	const char *what = run->call->args[1];
	struct weir_publish *publish = &run->publish;
	int ret;

	ret = weir_publish_open_for(
	    run->call->args[0], true, publish, &run->problem);
	if (ret < 0)
		return ret;
	run->has_keys = publish->keys[WEIR_KEY_TIMESTAMP] != NULL;
	if (!run->has_keys && strcmp(what, "online") != 0)
		return weir_problem_set(&run->problem, WEIR_EMISSING,
		    "%s: not the online keys that the root has: rotate these "
		    "first",
		    publish->private);
	run->roles = publish->roles;
	run->version = publish->next.documents[WEIR_PUBLISH_ROOT].version + 1;
	ret = read_signers(run);
	if (ret == 0 && strncmp(what, ROOT_KEY, strlen(ROOT_KEY)) == 0)
		ret = make_root_key(run, what + strlen(ROOT_KEY));
	if (ret == 0 &&
	    (count_signers(run, &publish->roles) < WEIR_PUBLISH_THRESHOLD ||
		count_signers(run, &run->roles) < WEIR_PUBLISH_THRESHOLD))
		ret = weir_problem_set(&run->problem, WEIR_EFORMAT,
		    "two root keys have to sign that hold before and after it "
		    "(--with)");
	return ret;
}

static int
rotate(struct rotate_run *run)
{
	int ret = prepare(run);

	if (ret == 0 && strcmp(run->call->args[1], "online") == 0)
		ret = sign_with_both(run);
	if (ret == 0)
		ret = write_root(run);
	return ret == 0 ? sign_with_next(run) : ret;
}

static int
print(const struct rotate_run *run)
{
	const struct weir_publish_document *root =
	    &run->publish.next.documents[WEIR_PUBLISH_ROOT];
	bool is_anew = run->publish.is_anew;

	if (run->call->json)
		return weir_feed_print(
		    json_pack("{s:s, s:b, s:s, s:I, s:s, s:o}", "result",
			"rotated", "lost", (int)is_anew, "feed",
			run->publish.state.feed, "root",
			(json_int_t)root->version, "root_sha256", root->sha256,
			"new_key",
			run->new_path != NULL ? weir_feed_string(run->new_path)
					      : json_null()),
		    WEIR_FEED_DONE);
	printf("%s: root %" PRId64 ", %s\n", run->publish.state.feed,
	    root->version,
	    is_anew ? "but the state was lost: publish whole lists now"
		    : "all metadata signed anew");
	if (run->new_path != NULL)
		printf("  new root key %s\n", run->new_path);
	printf("  root's SHA-256 %s (subscribers need not be told)\n",
	    root->sha256);
	return WEIR_FEED_DONE;
}

int
weir_feed_rotate(const struct weir_feed_call *call)
{
	struct rotate_run run = { .call = call };
	const char *what = call->args[1];
	unsigned int i;
	int exit_code;

	run.publish.lock_fd = -1;
	if (strcmp(what, "online") != 0 && strcmp(what, "root") != 0 &&
	    strncmp(what, ROOT_KEY, strlen(ROOT_KEY)) != 0)
		return weir_feed_usage(call,
		    "rotate: %s: neither online, root nor root-key=OLD", what);
	if (call->with_count < WEIR_PUBLISH_THRESHOLD)
		return weir_feed_usage(
		    call, "rotate: two root keys have to sign: --with KEYFILE");
	exit_code = rotate(&run) < 0 ? weir_feed_fail(call, &run.problem)
				     : print(&run);
	for (i = 0; i < run.signer_count; i++)
		weir_key_file_free(run.signers[i]);
	weir_publish_close(&run.publish);
	free(run.new_path);
	return exit_code;
}
