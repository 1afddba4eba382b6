/*
 * tuf_repo.h - a TUF repository in memory, made with the project's own keys, and
 * a transport that serves it.
 *
 * What is published is right, unless edits say otherwise: at which step a file
 * is changed decides what its signatures and the announcement of it still fit.
 *
 *   repo_init, repo_root, repo_publish ──► files ──repo_transport──► a client
 */
#ifndef WEIR_TESTS_UNIT_TUF_REPO_H
#define WEIR_TESTS_UNIT_TUF_REPO_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/tuf_client.h"
#include "feeds/tuf_json.h"
#include "feeds/tuf_key.h"
#include "feeds/tuf_meta.h"
#include "tests/unit/scratch.h"

#define REPO_FILES 512
#define REPO_KEEP  "2099-01-01T00:00:00Z"
#define REPO_PAST  "2001-01-01T00:00:00Z"
#define REPO_NOW   1800000000 /* 2027 */
#define REPO_FEED  "test"

enum repo_how {
	REPO_NONE,
	REPO_SIGNED,     /* a member of `signed` is set, before it is signed */
	REPO_KEYS,       /* signed by those keys, and no others */
	REPO_WHOLE,      /* a member of the whole document, after signing */
	REPO_TEXT,       /* in the printed text the one in place of the other */
	REPO_PAD,        /* so many blanks at its end */
	REPO_CUT,        /* so many octets less */
	REPO_LATE,       /* as REPO_TEXT, after it was announced */
	REPO_LATE_PAD,   /* as REPO_PAD, after it was announced */
	REPO_DROP,       /* not there */
	REPO_NAME,       /* another name */
	REPO_UNREACHABLE /* cannot be fetched */
};

struct repo_edit {
	enum repo_how how;
	enum weir_tuf_role role;
	const char *path;  /* members, a blank between them; or the text */
	const char *value; /* JSON; NULL: taken out */
};

struct repo_role {
	char keys[128]; /* names, a blank between them */
	int threshold;
	json_int_t version;
	const char *expires;
};

struct repo_file {
	char path[200];
	char *data;
	size_t len;
	bool is_unreachable;
};

struct repo {
	struct repo_role roles[WEIR_TUF_ROLE_COUNT];
	json_t *targets;
	const char *feed;
	size_t dump_flags;
	const struct repo_edit *edits;
	unsigned int edit_count;
	struct repo_file files[REPO_FILES];
	unsigned int file_count;
	/* The transport. */
	char requests[8192];
	unsigned int request_count;
	unsigned int fail_at; /* the n-th request fails; 0: none does */
};

static inline void *
repo_need(void *made)
{
	scratch_need(made != NULL, "repository in memory");
	return made;
}

/* --- files ------------------------------------------------------------------- */

static inline struct repo_file *
repo_find(struct repo *repo, const char *path)
{
	unsigned int i;

	for (i = 0; i < repo->file_count; i++)
		if (strcmp(repo->files[i].path, path) == 0)
			return &repo->files[i];
	return NULL;
}

static inline void
repo_put(struct repo *repo, const char *path, const void *data, size_t len)
{
	struct repo_file *file = repo_find(repo, path);

	if (file == NULL) {
		scratch_need(repo->file_count < REPO_FILES, "files");
		file = &repo->files[repo->file_count++];
		(void)snprintf(file->path, sizeof(file->path), "%s", path);
	}
	free(file->data);
	file->data = repo_need(malloc(len + 1));
	memcpy(file->data, data, len);
	file->len = len;
	file->is_unreachable = false;
}

static inline void
repo_drop(struct repo *repo, const char *path)
{
	struct repo_file *file = repo_find(repo, path);

	if (file == NULL)
		return;
	free(file->data);
	*file = repo->files[--repo->file_count];
	repo->files[repo->file_count] = (struct repo_file){ .data = NULL };
}

/* --- keys ---------------------------------------------------------------------- */

static inline void
repo_key(
    const char *name, struct weir_tuf_key *key, uint8_t secret[WEIR_TUF_SECRET])
{
	uint8_t seed[crypto_sign_SEEDBYTES], public[WEIR_TUF_PUBLIC];

	(void)crypto_generichash(
	    seed, sizeof(seed), (const uint8_t *)name, strlen(name), NULL, 0);
	(void)crypto_sign_seed_keypair(public, secret, seed);
	scratch_need(weir_tuf_key_init(key, public), name);
}

/* Calls it for each word. */
static inline void
repo_each(
    const char *words, void (*each)(void *arg, const char *word), void *arg)
{
	char text[256], *at, *word;

	(void)snprintf(text, sizeof(text), "%s", words);
	for (word = strtok_r(text, " ", &at); word != NULL;
	     word = strtok_r(NULL, " ", &at))
		each(arg, word);
}

struct repo_signing {
	json_t *is_signed, *signatures;
};

static inline void
repo_sign_by(void *arg, const char *name)
{
	struct repo_signing *signing = arg;
	struct weir_tuf_key key;
	uint8_t secret[WEIR_TUF_SECRET];

	repo_key(name, &key, secret);
	scratch_need(weir_tuf_key_sign(&key, secret, signing->is_signed,
			 signing->signatures) == 0,
	    "signing");
}

struct repo_listing {
	json_t *keys, *ids;
};

static inline void
repo_list_key(void *arg, const char *name)
{
	struct repo_listing *listing = arg;
	struct weir_tuf_key key;
	uint8_t secret[WEIR_TUF_SECRET];

	repo_key(name, &key, secret);
	(void)json_object_set_new(
	    listing->keys, key.id, weir_tuf_key_print(&key));
	(void)json_array_append_new(listing->ids, json_string(key.id));
}

/* --- edits ---------------------------------------------------------------------- */

/* "meta snapshot.json version": the value is JSON. */
static inline void
repo_set(json_t *json, const char *path, const char *value)
{
	char text[512], *at, *word, *next;
	json_t *made = NULL;

	if (value != NULL)
		made = repo_need(json_loads(value, JSON_DECODE_ANY, NULL));
	(void)snprintf(text, sizeof(text), "%s", path);
	word = strtok_r(text, " ", &at);
	while ((next = strtok_r(NULL, " ", &at)) != NULL) {
		json = json_is_array(json)
			   ? json_array_get(json, (size_t)atoi(word))
			   : json_object_get(json, word);
		scratch_need(json != NULL, path);
		word = next;
	}
	if (json_is_array(json) && made != NULL)
		(void)json_array_append_new(json, made);
	else if (made != NULL)
		(void)json_object_set_new(json, word, made);
	else
		scratch_need(json_object_del(json, word) == 0, path);
}

/* The first one in the text. */
static inline char *
repo_replace(char *text, size_t *len, const char *old, const char *new)
{
	char *at = strstr(text, old), *made;
	size_t before;

	scratch_need(at != NULL, old);
	before = (size_t)(at - text);
	made = repo_need(malloc(*len + strlen(new) + 1));
	memcpy(made, text, before);
	memcpy(made + before, new, strlen(new));
	memcpy(made + before + strlen(new), at + strlen(old),
	    *len - before - strlen(old) + 1);
	*len += strlen(new) - strlen(old);
	free(text);
	return made;
}

static inline char *
repo_pad(char *text, size_t *len, size_t count)
{
	text = repo_need(realloc(text, *len + count + 1));
	memset(text + *len, ' ', count);
	*len += count;
	text[*len] = '\0';
	return text;
}

static inline const struct repo_edit *
repo_edit_next(const struct repo *repo, enum weir_tuf_role role,
    enum repo_how how, unsigned int *place)
{
	for (; *place < repo->edit_count; (*place)++)
		if (repo->edits[*place].how == how &&
		    repo->edits[*place].role == role)
			return &repo->edits[(*place)++];
	return NULL;
}

static inline void
repo_edit_json(const struct repo *repo, enum weir_tuf_role role,
    enum repo_how how, json_t *json)
{
	const struct repo_edit *edit;
	unsigned int place = 0;

	while ((edit = repo_edit_next(repo, role, how, &place)) != NULL)
		repo_set(json, edit->path, edit->value);
}

static inline char *
repo_edit_text(const struct repo *repo, enum weir_tuf_role role, bool is_late,
    char *text, size_t *len)
{
	const struct repo_edit *edit;
	unsigned int place = 0;

	while ((edit = repo_edit_next(repo, role,
		    is_late ? REPO_LATE : REPO_TEXT, &place)) != NULL)
		text = repo_replace(text, len, edit->path, edit->value);
	place = 0;
	edit = repo_edit_next(
	    repo, role, is_late ? REPO_LATE_PAD : REPO_PAD, &place);
	if (edit != NULL)
		text = repo_pad(text, len, (size_t)atoi(edit->value));
	place = 0;
	edit = repo_edit_next(repo, role, REPO_CUT, &place);
	if (edit != NULL && !is_late)
		text[ *len -= (size_t)atoi(edit->value)] = '\0';
	return text;
}

/* --- publishing ------------------------------------------------------------------- */

/* Signs, prints and puts a file there; what the next one announces of it. */
static inline json_t *
repo_put_role(struct repo *repo, enum weir_tuf_role role, json_t *is_signed)
{
	struct repo_signing signing = { is_signed, json_array() };
	const struct repo_edit *edit;
	unsigned int place = 0;
	json_t *whole, *announced;
	char path[100], hash[WEIR_TUF_HEX_SIZE], *text;
	size_t len;

	repo_edit_json(repo, role, REPO_SIGNED, is_signed);
	edit = repo_edit_next(repo, role, REPO_KEYS, &place);
	repo_each(edit == NULL ? repo->roles[role].keys : edit->value,
	    repo_sign_by, &signing);
	whole = repo_need(json_pack("{s:o, s:o}", "signatures",
	    signing.signatures, "signed", is_signed));
	repo_edit_json(repo, role, REPO_WHOLE, whole);
	text = repo_need(json_dumps(whole, repo->dump_flags));
	json_decref(whole);
	len = strlen(text);
	text = repo_edit_text(repo, role, false, text, &len);
	weir_tuf_sha256(text, len, hash);
	announced = repo_need(json_pack("{s:I, s:I, s:{s:s}}", "version",
	    repo->roles[role].version, "length", (json_int_t)len, "hashes",
	    "sha256", hash));
	text = repo_edit_text(repo, role, true, text, &len);
	if (role == WEIR_TUF_ROLE_TIMESTAMP)
		(void)snprintf(path, sizeof(path), "metadata/timestamp.json");
	else
		(void)snprintf(path, sizeof(path), "metadata/%lld.%s.json",
		    (long long)repo->roles[role].version,
		    weir_tuf_role_text(role));
	place = 0;
	edit = repo_edit_next(repo, role, REPO_NAME, &place);
	repo_put(repo, edit == NULL ? path : edit->value, text, len);
	place = 0;
	if (repo_edit_next(repo, role, REPO_DROP, &place) != NULL)
		repo_drop(repo, path);
	place = 0;
	if (repo_edit_next(repo, role, REPO_UNREACHABLE, &place) != NULL)
		repo_find(repo, path)->is_unreachable = true;
	free(text);
	return announced;
}

static inline json_t *
repo_begin(const struct repo *repo, enum weir_tuf_role role)
{
	return repo_need(json_pack("{s:s, s:s, s:I, s:s}", "_type",
	    weir_tuf_role_text(role), "spec_version", "1.0.34", "version",
	    repo->roles[role].version, "expires", repo->roles[role].expires));
}

static inline void
repo_set_feed(const struct repo *repo, json_t *is_signed)
{
	if (repo->feed != NULL)
		(void)json_object_set_new(is_signed, "weir",
		    json_pack("{s:i, s:s}", "v", 1, "feed", repo->feed));
}

/** VERSION.root.json, signed by those keys (NULL: its own). */
static inline void
repo_root(struct repo *repo, const char *keys)
{
	json_t *is_signed = repo_begin(repo, WEIR_TUF_ROLE_ROOT), *roles, *role;
	struct repo_listing listing = { json_object(), NULL };
	char kept[sizeof(repo->roles[0].keys)];
	unsigned int i;

	roles = json_object();
	for (i = 0; i < WEIR_TUF_ROLE_COUNT; i++) {
		listing.ids = json_array();
		repo_each(repo->roles[i].keys, repo_list_key, &listing);
		role = json_pack("{s:o, s:i}", "keyids", listing.ids,
		    "threshold", repo->roles[i].threshold);
		(void)json_object_set_new(roles, weir_tuf_role_text(i), role);
	}
	(void)json_object_set_new(
	    is_signed, "consistent_snapshot", json_true());
	(void)json_object_set_new(is_signed, "keys", listing.keys);
	(void)json_object_set_new(is_signed, "roles", roles);
	repo_set_feed(repo, is_signed);
	memcpy(kept, repo->roles[0].keys, sizeof(kept));
	if (keys != NULL)
		(void)snprintf(repo->roles[0].keys, sizeof(repo->roles[0].keys),
		    "%s", keys);
	json_decref(repo_put_role(repo, WEIR_TUF_ROLE_ROOT, is_signed));
	memcpy(repo->roles[0].keys, kept, sizeof(kept));
}

/** targets, snapshot and timestamp, as their versions are. */
static inline void
repo_publish(struct repo *repo)
{
	json_t *is_signed = repo_begin(repo, WEIR_TUF_ROLE_TARGETS);
	json_t *announced;

	(void)json_object_set_new(
	    is_signed, "targets", json_deep_copy(repo->targets));
	repo_set_feed(repo, is_signed);
	announced = repo_put_role(repo, WEIR_TUF_ROLE_TARGETS, is_signed);
	is_signed = repo_begin(repo, WEIR_TUF_ROLE_SNAPSHOT);
	(void)json_object_set_new(
	    is_signed, "meta", json_pack("{s:o}", "targets.json", announced));
	announced = repo_put_role(repo, WEIR_TUF_ROLE_SNAPSHOT, is_signed);
	is_signed = repo_begin(repo, WEIR_TUF_ROLE_TIMESTAMP);
	(void)json_object_set_new(
	    is_signed, "meta", json_pack("{s:o}", "snapshot.json", announced));
	json_decref(repo_put_role(repo, WEIR_TUF_ROLE_TIMESTAMP, is_signed));
}

static inline void
repo_bump(struct repo *repo)
{
	unsigned int role;

	for (role = WEIR_TUF_ROLE_TIMESTAMP; role < WEIR_TUF_ROLE_COUNT; role++)
		repo->roles[role].version++;
}

/** The keys of a role: names; and its threshold. */
static inline void
repo_set_keys(
    struct repo *repo, enum weir_tuf_role role, const char *keys, int threshold)
{
	(void)snprintf(
	    repo->roles[role].keys, sizeof(repo->roles[role].keys), "%s", keys);
	repo->roles[role].threshold = threshold;
}

/** A target, with both hashes. */
static inline void
repo_target(struct repo *repo, const char *name, const void *data, size_t len)
{
	const char *base = strrchr(name, '/');
	struct weir_tuf_hashes hashes;
	char path[200];

	base = base == NULL ? name : base + 1;
	weir_tuf_hash(data, len, &hashes);
	(void)snprintf(path, sizeof(path), "targets/%.*s%s.%s",
	    (int)(base - name), name, hashes.sha256, base);
	repo_put(repo, path, data, len);
	(void)json_object_set_new(repo->targets, name,
	    json_pack("{s:I, s:{s:s, s:s}, s:{s:i}}", "length", (json_int_t)len,
		"hashes", "sha256", hashes.sha256, "sha512", hashes.sha512,
		"custom", "n", 1));
}

/** Version 1 of everything, with the target feed/head; nothing is published. */
static inline void
repo_init(struct repo *repo)
{
	static const char *const keys[WEIR_TUF_ROLE_COUNT] = { "r1 r2 r3", "ts",
		"s", "t" };
	unsigned int role;

	scratch_need(sodium_init() >= 0, "libsodium");
	memset(repo, 0, sizeof(*repo));
	for (role = 0; role < WEIR_TUF_ROLE_COUNT; role++) {
		repo_set_keys(repo, role, keys[role], role == 0 ? 2 : 1);
		repo->roles[role].version = 1;
		repo->roles[role].expires = REPO_KEEP;
	}
	repo->feed = REPO_FEED;
	repo->dump_flags = JSON_INDENT(1);
	repo->targets = json_object();
	repo_target(repo, "feed/head", "+a.example\n", 11);
}

static inline void
repo_done(struct repo *repo)
{
	while (repo->file_count > 0)
		repo_drop(repo, repo->files[0].path);
	json_decref(repo->targets);
}

/* --- serving ------------------------------------------------------------------------ */

static inline int
repo_serve(struct repo *repo, const char *path, uint64_t max,
    const struct repo_file **ret_file, struct weir_problem *problem)
{
	const struct repo_file *file = repo_find(repo, path);
	const char *base = strrchr(path, '/') + 1;
	size_t len = strlen(repo->requests);

	(void)snprintf(repo->requests + len, sizeof(repo->requests) - len,
	    "%s%s", len == 0 ? "" : " ", base);
	if (++repo->request_count == repo->fail_at ||
	    (file != NULL && file->is_unreachable))
		return weir_problem_set(
		    problem, WEIR_ESYSTEM, "%s: no answer", path);
	if (file == NULL)
		return 0;
	if (file->len > max)
		return weir_problem_set(
		    problem, WEIR_ELIMIT, "%s: too long", path);
	*ret_file = file;
	return 1;
}

static inline int
repo_get(void *arg, const char *path, size_t max, char **ret_data,
    size_t *ret_len, struct weir_problem *problem)
{
	const struct repo_file *file = NULL;
	int found = repo_serve(arg, path, max, &file, problem);

	if (found != 1)
		return found;
	*ret_data = repo_need(malloc(file->len + 1));
	memcpy(*ret_data, file->data, file->len);
	*ret_len = file->len;
	return 1;
}

static inline int
repo_get_file(void *arg, const char *path, uint64_t max, int fd,
    uint64_t *ret_len, struct weir_problem *problem)
{
	const struct repo_file *file = NULL;
	int found = repo_serve(arg, path, max, &file, problem);

	if (found != 1)
		return found;
	scratch_need(
	    pwrite(fd, file->data, file->len, 0) == (ssize_t)file->len, path);
	*ret_len = file->len;
	return 1;
}

static inline struct weir_tuf_transport
repo_transport(struct repo *repo)
{
	return (struct weir_tuf_transport){ repo, repo_get, repo_get_file };
}

#endif
