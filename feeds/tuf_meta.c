/*
 * tuf_meta.c - one metadata file of TUF.
 *
 * Nothing of a file is looked at before its signatures fit, but what is needed
 * to check them.  Each check stands once, as an if with its refusal;
 * tests/tools/tuf_mutants.py takes them out one by one.
 */
#include "feeds/tuf_meta.h"

#include <stdlib.h>
#include <string.h>

#include "feeds/tuf_json.h"
#include "feeds/tuf_time.h"

const char *
weir_tuf_role_text(enum weir_tuf_role role)
{
	static const char *const texts[WEIR_TUF_ROLE_COUNT] = {
		[WEIR_TUF_ROLE_ROOT] = "root",
		[WEIR_TUF_ROLE_TIMESTAMP] = "timestamp",
		[WEIR_TUF_ROLE_SNAPSHOT] = "snapshot",
		[WEIR_TUF_ROLE_TARGETS] = "targets",
	};

	return texts[role];
}

size_t
weir_tuf_role_size(enum weir_tuf_role role)
{
	static const size_t sizes[WEIR_TUF_ROLE_COUNT] = {
		[WEIR_TUF_ROLE_ROOT] = WEIR_TUF_ROOT_SIZE,
		[WEIR_TUF_ROLE_TIMESTAMP] = WEIR_TUF_TIMESTAMP_SIZE,
		[WEIR_TUF_ROLE_SNAPSHOT] = WEIR_TUF_SNAPSHOT_SIZE,
		[WEIR_TUF_ROLE_TARGETS] = WEIR_TUF_TARGETS_SIZE,
	};

	return sizes[role];
}

/* A file being read. */
struct reader {
	const char *file;
	const char *feed;
	struct weir_tuf_meta *meta;
	struct weir_problem *problem;
};

static int
refuse(const struct reader *reader, const char *why)
{
	return weir_problem_set(
	    reader->problem, WEIR_EFORMAT, "%s: %s", reader->file, why);
}

/* --- signatures -------------------------------------------------------------- */

/* {"signatures": [{"keyid": text, "sig": text}], "signed": {}} */
static int
read_envelope(struct reader *reader)
{
	struct weir_tuf_meta *meta = reader->meta;
	json_t *list = weir_tuf_json_array(meta->json, "signatures");
	const char *id;
	size_t i, j;

	meta->is_signed = weir_tuf_json_object(meta->json, "signed");
	if (meta->is_signed == NULL || list == NULL)
		return refuse(reader, "no signed metadata");
	/* Each costs us a verification. */
	if (json_array_size(list) > WEIR_TUF_SIGNATURES)
		return refuse(reader, "too many signatures");
	for (i = 0; i < json_array_size(list); i++) {
		id = weir_tuf_json_text(json_array_get(list, i), "keyid");
		if (id == NULL ||
		    weir_tuf_json_text(json_array_get(list, i), "sig") == NULL)
			return refuse(reader, "a signature that is none");
		/* TUF 4.2.1: "each keyid is unique". */
		for (j = 0; j < i; j++)
			if (strcmp(id, weir_tuf_json_text(
					   json_array_get(list, j), "keyid")) ==
			    0)
				return refuse(
				    reader, "two signatures of one key");
	}
	return 0;
}

static const struct weir_tuf_key *
find_key(const struct weir_tuf_signers *signers, const char *id)
{
	unsigned int i;

	for (i = 0; i < signers->count; i++)
		if (strcmp(signers->keys[i].id, id) == 0)
			return &signers->keys[i];
	return NULL;
}

/* One key under two ids would otherwise be two signers. */
static bool
is_counted(const struct weir_tuf_key *const *counted, unsigned int count,
    const struct weir_tuf_key *key)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (memcmp(counted[i]->public_key, key->public_key,
			sizeof(key->public_key)) == 0)
			return true;
	return false;
}

/* How many different keys sign it.  What fits none of them is passed over. */
static unsigned int
count_signers(const struct weir_tuf_meta *meta,
    const struct weir_tuf_signers *signers, const char *text, size_t len)
{
	json_t *list = weir_tuf_json_array(meta->json, "signatures");
	const struct weir_tuf_key *counted[WEIR_TUF_SIGNATURES], *key;
	unsigned int count = 0;
	json_t *signature;
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		signature = json_array_get(list, i);
		key = find_key(signers, weir_tuf_json_text(signature, "keyid"));
		if (key == NULL || is_counted(counted, count, key))
			continue;
		if (weir_tuf_key_verify(
			key, weir_tuf_json_text(signature, "sig"), text, len))
			counted[count++] = key;
	}
	return count;
}

int
weir_tuf_meta_verify(const struct weir_tuf_meta *meta, const char *file,
    const struct weir_tuf_meta *root, struct weir_problem *problem)
{
	const struct weir_tuf_signers *signers = &root->signers[meta->role];
	unsigned int count;
	char *text;
	size_t len;
	int error = weir_tuf_json_canon(meta->is_signed, &text, &len);

	if (error < 0)
		return weir_problem_set(
		    problem, error, "%s: no canonical form", file);
	count = count_signers(meta, signers, text, len);
	free(text);
	/* Whatever was made or changed by anybody else. */
	if (count < signers->threshold)
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s: signed by %u of the %lld %s keys that version %lld of "
		    "root asks for",
		    file, count, (long long)signers->threshold,
		    weir_tuf_role_text(meta->role), (long long)root->version);
	return 0;
}

/* --- what all of them have ---------------------------------------------------- */

static int
read_common(struct reader *reader)
{
	struct weir_tuf_meta *meta = reader->meta;
	const char *type = weir_tuf_json_text(meta->is_signed, "_type");
	const char *spec = weir_tuf_json_text(meta->is_signed, "spec_version");

	/* Roles may share a key; then the file of one is not that of another. */
	if (type == NULL || strcmp(type, weir_tuf_role_text(meta->role)) != 0)
		return refuse(reader, "of another role");
	if (spec == NULL || strncmp(spec, "1.", 2) != 0)
		return refuse(reader, "of another version of TUF than 1");
	if (!weir_tuf_json_number(
		meta->is_signed, "version", 1, &meta->version))
		return refuse(reader, "no version");
	if (!weir_tuf_time_parse(weir_tuf_json_text(meta->is_signed, "expires"),
		&meta->expires_unix))
		return refuse(reader, "no date on which it expires");
	return 0;
}

/* TUF does not name its repository: without this the files of one feed could
 * be served as those of another one with the same keys. */
static int
check_feed(struct reader *reader)
{
	json_t *weir = weir_tuf_json_object(reader->meta->is_signed, "weir");
	const char *feed = weir_tuf_json_text(weir, "feed");
	int64_t v = 0;

	if (reader->feed == NULL)
		return 0;
	(void)weir_tuf_json_number(weir, "v", 1, &v);
	if (v != 1)
		return refuse(reader, "\"weir\" is not that of a feed");
	if (feed == NULL || strcmp(feed, reader->feed) != 0)
		return weir_problem_set(reader->problem, WEIR_EFORMAT,
		    "%s: of the feed %.64s, not of %s", reader->file,
		    feed == NULL ? "(none)" : feed, reader->feed);
	return 0;
}

/* --- root ---------------------------------------------------------------------- */

static int
read_signers(struct reader *reader, json_t *keys, json_t *role,
    struct weir_tuf_signers *signers)
{
	json_t *ids = weir_tuf_json_array(role, "keyids"), *key;
	const char *id;
	size_t i;
	int found;

	if (ids == NULL || json_array_size(ids) > WEIR_TUF_ROLE_KEYS)
		return refuse(reader, "a role without keys, or with too many");
	/* With 0 all that has no signature would be signed. */
	if (!weir_tuf_json_number(role, "threshold", 1, &signers->threshold))
		return refuse(reader, "a role without a threshold");
	for (i = 0; i < json_array_size(ids); i++) {
		id = json_string_value(json_array_get(ids, i));
		key = id == NULL ? NULL : weir_tuf_json_object(keys, id);
		if (key == NULL)
			return refuse(reader, "a role with an unknown key");
		found = weir_tuf_key_parse(
		    id, key, &signers->keys[signers->count]);
		if (found < 0)
			return refuse(reader, "a key that is none, or has "
					      "another id");
		signers->count += (unsigned int)found;
	}
	return 0;
}

static int
read_root(struct reader *reader)
{
	struct weir_tuf_meta *meta = reader->meta;
	json_t *keys = weir_tuf_json_object(meta->is_signed, "keys");
	json_t *roles = weir_tuf_json_object(meta->is_signed, "roles");
	unsigned int i;
	int error;

	/* Else a file could change under its name while it is fetched. */
	if (!json_is_true(
		json_object_get(meta->is_signed, "consistent_snapshot")))
		return refuse(reader, "no consistent snapshots");
	if (keys == NULL || json_object_size(keys) > WEIR_TUF_KEYS)
		return refuse(reader, "no keys, or too many");
	for (i = 0; i < WEIR_TUF_ROLE_COUNT; i++) {
		error = read_signers(reader, keys,
		    weir_tuf_json_object(roles, weir_tuf_role_text(i)),
		    &meta->signers[i]);
		if (error != 0)
			return error;
	}
	error = check_feed(reader);
	/* A root that its own keys do not sign could have no successor. */
	return error != 0 ? error
			  : weir_tuf_meta_verify(
				meta, reader->file, meta, reader->problem);
}

/* --- timestamp and snapshot ------------------------------------------------------ */

/* Hashes of kinds that we do not know say nothing. */
static bool
read_hash(json_t *hashes, const char *kind, size_t len, char *ret_hex)
{
	json_t *hash = json_object_get(hashes, kind);
	uint8_t bytes[crypto_hash_sha512_BYTES];

	if (hash == NULL)
		return true;
	if (!weir_tuf_hex_parse(json_string_value(hash), bytes, len))
		return false;
	memcpy(ret_hex, json_string_value(hash), 2 * len + 1);
	return true;
}

static bool
read_hashes(json_t *object, struct weir_tuf_hashes *ret_hashes)
{
	return read_hash(object, "sha256", crypto_hash_sha256_BYTES,
		   ret_hashes->sha256) &&
	       read_hash(object, "sha512", crypto_hash_sha512_BYTES,
		   ret_hashes->sha512);
}

static int
read_announced(struct reader *reader, enum weir_tuf_role next)
{
	struct weir_tuf_announced *announced = &reader->meta->announced;
	json_t *meta = weir_tuf_json_object(reader->meta->is_signed, "meta");
	json_t *hashes;
	char file[32];
	int error = 0;

	/* These need not say it; another feed's, which say so, would stay as
	 * the newest version that we know of. */
	if (json_object_get(reader->meta->is_signed, "weir") != NULL)
		error = check_feed(reader);
	if (error != 0)
		return error;

	(void)snprintf(file, sizeof(file), "%s.json", weir_tuf_role_text(next));
	meta = weir_tuf_json_object(meta, file);
	if (!weir_tuf_json_number(meta, "version", 1, &announced->version))
		return refuse(reader, "announces no version of what is next");
	announced->length = -1;
	if (json_object_get(meta, "length") != NULL &&
	    !weir_tuf_json_number(meta, "length", 0, &announced->length))
		return refuse(reader, "announces a length that is none");
	hashes = json_object_get(meta, "hashes");
	announced->has_hashes = hashes != NULL;
	if (hashes != NULL && !json_is_object(hashes))
		return refuse(reader, "announces hashes that are none");
	if (!read_hashes(hashes, &announced->hashes))
		return refuse(reader, "announces a hash that is none");
	return 0;
}

int
weir_tuf_announced_compare(const struct weir_tuf_announced *announced,
    const char *file, uint64_t len, const struct weir_tuf_hashes *hashes,
    struct weir_problem *problem)
{
	/* Files of different publishes, or anything else in its place. */
	if (announced->length >= 0 && len != (uint64_t)announced->length)
		return weir_problem_set(problem, WEIR_ECHECKSUM,
		    "%s: has %llu octets in place of %lld", file,
		    (unsigned long long)len, (long long)announced->length);
	/* Hashes that we cannot compute are none that fit. */
	if (announced->has_hashes && announced->hashes.sha256[0] == '\0')
		return weir_problem_set(problem, WEIR_ECHECKSUM,
		    "%s: announced without a SHA-256", file);
	if (announced->hashes.sha256[0] != '\0' &&
	    strcmp(announced->hashes.sha256, hashes->sha256) != 0)
		return weir_problem_set(problem, WEIR_ECHECKSUM,
		    "%s: has another SHA-256 than was announced", file);
	if (announced->hashes.sha512[0] != '\0' &&
	    strcmp(announced->hashes.sha512, hashes->sha512) != 0)
		return weir_problem_set(problem, WEIR_ECHECKSUM,
		    "%s: has another SHA-512 than was announced", file);
	return 0;
}

int
weir_tuf_meta_compare(const struct weir_tuf_meta *snapshot, const char *file,
    const struct weir_tuf_meta *before, struct weir_problem *problem)
{
	json_t *old = weir_tuf_json_object(before->is_signed, "meta");
	json_t *new = weir_tuf_json_object(snapshot->is_signed, "meta");
	int64_t was, is;
	const char *name;
	void *at;

	for (at = json_object_iter(old); at != NULL;
	     at = json_object_iter_next(old, at)) {
		name = json_object_iter_key(at);
		if (!weir_tuf_json_number(
			json_object_iter_value(at), "version", 1, &was))
			continue; /* of another kind: nothing that we read */
		/* Taken away, it could come back older. */
		if (!weir_tuf_json_number(
			weir_tuf_json_object(new, name), "version", 1, &is))
			return weir_problem_set(problem, WEIR_EFORMAT,
			    "%s: no longer has %.64s", file, name);
		if (is < was)
			return weir_problem_set(problem, WEIR_EFORMAT,
			    "%s: version %lld of %.64s is older than %lld, "
			    "which is trusted",
			    file, (long long)is, name, (long long)was);
	}
	return 0;
}

/* --- targets ------------------------------------------------------------------------ */

/* Part of a file name on the server, and maybe on our disk. */
static bool
is_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t len;

	if (strlen(name) >= WEIR_TUF_NAME_SIZE)
		return false;
	for (;; name += len + 1) {
		len = strspn(name, letters);
		if (len == 0 || (len == 1 && name[0] == '.') ||
		    (len == 2 && name[0] == '.' && name[1] == '.'))
			return false;
		if (name[len] != '/')
			return name[len] == '\0';
	}
}

static int
read_target(struct reader *reader, const char *name, json_t *entry)
{
	struct weir_tuf_meta *meta = reader->meta;
	struct weir_tuf_target *target = &meta->targets[meta->target_count];
	json_t *hashes = weir_tuf_json_object(entry, "hashes");
	struct weir_tuf_hashes found = { "", "" };
	int64_t length = 0;

	if (!weir_tuf_json_number(entry, "length", 0, &length))
		return refuse(reader, "a target without a length");
	if (hashes == NULL)
		return refuse(reader, "a target without hashes");
	if (!read_hashes(hashes, &found))
		return refuse(reader, "a target with a hash that is none");
	if (!is_name(name) || found.sha256[0] == '\0')
		return 0; /* as if it were not there */
	memcpy(target->name, name, strlen(name) + 1);
	target->length = (uint64_t)length;
	memcpy(target->sha256, found.sha256, sizeof(target->sha256));
	memcpy(target->sha512, found.sha512, sizeof(target->sha512));
	target->custom = json_object_get(entry, "custom");
	meta->target_count++;
	return 0;
}

static int
read_targets(struct reader *reader)
{
	struct weir_tuf_meta *meta = reader->meta;
	json_t *targets = weir_tuf_json_object(meta->is_signed, "targets");
	int error = check_feed(reader);
	void *at;

	if (error != 0)
		return error;
	if (targets == NULL || json_object_size(targets) > WEIR_TUF_TARGETS)
		return refuse(reader, "no targets, or too many");
	meta->targets = calloc(
	    json_object_size(targets) + 1, sizeof(*meta->targets));
	if (meta->targets == NULL)
		return weir_problem_set(
		    reader->problem, WEIR_EMEMORY, "out of memory");
	for (at = json_object_iter(targets); at != NULL && error == 0;
	     at = json_object_iter_next(targets, at))
		error = read_target(reader, json_object_iter_key(at),
		    json_object_iter_value(at));
	return error;
}

/* --- all of it ------------------------------------------------------------------------ */

static int
read_role(struct reader *reader)
{
	switch (reader->meta->role) {
	case WEIR_TUF_ROLE_ROOT:
		return read_root(reader);
	case WEIR_TUF_ROLE_TIMESTAMP:
		return read_announced(reader, WEIR_TUF_ROLE_SNAPSHOT);
	case WEIR_TUF_ROLE_SNAPSHOT:
		return read_announced(reader, WEIR_TUF_ROLE_TARGETS);
	default:
		return read_targets(reader);
	}
}

static int
read_all(struct reader *reader, const char *text, size_t len,
    const struct weir_tuf_meta *root)
{
	struct weir_problem why = { "" };
	int error = weir_tuf_json_parse(text, len, &reader->meta->json, &why);

	if (error < 0)
		return weir_problem_set(
		    reader->problem, error, "%s: %s", reader->file, why.text);
	error = read_envelope(reader);
	if (error == 0 && root != NULL)
		error = weir_tuf_meta_verify(
		    reader->meta, reader->file, root, reader->problem);
	if (error == 0)
		error = read_common(reader);
	return error == 0 ? read_role(reader) : error;
}

int
weir_tuf_meta_read(enum weir_tuf_role role, const char *file, const char *text,
    size_t len, const struct weir_tuf_meta *root, const char *feed,
    struct weir_tuf_meta **ret_meta, struct weir_problem *problem)
{
	struct weir_tuf_meta *meta = calloc(1, sizeof(*meta));
	struct reader reader = { file, feed, meta, problem };
	int error;

	if (meta == NULL)
		return weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	meta->role = role;
	meta->len = len;
	weir_tuf_hash(text, len, &meta->hashes);
	error = read_all(&reader, text, len, root);
	if (error != 0) {
		weir_tuf_meta_free(meta);
		return error;
	}
	*ret_meta = meta;
	return 0;
}

void
weir_tuf_meta_free(struct weir_tuf_meta *meta)
{
	if (meta == NULL)
		return;
	json_decref(meta->json);
	free(meta->targets);
	free(meta);
}
