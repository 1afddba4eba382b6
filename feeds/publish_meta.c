/*
 * publish_meta.c - TUF metadata as a publisher makes them.
 */
#include "feeds/publish_meta.h"

#include <stdlib.h>
#include <string.h>

#include "feeds/tuf_json.h"
#include "feeds/tuf_time.h"

#define SPEC "1.0.34"

/* What all documents have. */
static json_t *
begin(const char *type, int64_t version, int64_t expires_unix)
{
	char expires[WEIR_TUF_TIME_SIZE];

	weir_tuf_time_print(expires_unix, expires);
	return json_pack("{s:s, s:s, s:I, s:s}", "_type", type, "spec_version",
	    SPEC, "version", (json_int_t)version, "expires", expires);
}

static json_t *
role_of(const struct weir_tuf_key *keys, unsigned int count, int threshold)
{
	json_t *ids = json_array();
	unsigned int i;

	for (i = 0; i < count; i++)
		(void)json_array_append_new(ids, json_string(keys[i].id));
	return json_pack("{s:o, s:i}", "keyids", ids, "threshold", threshold);
}

static void
add_keys(json_t *object, const struct weir_tuf_key *keys, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		(void)json_object_set_new(
		    object, keys[i].id, weir_tuf_key_print(&keys[i]));
}

json_t *
weir_publish_meta_root(const char *feed, int64_t version, int64_t expires_unix,
    const struct weir_publish_roles *roles)
{
	json_t *root = begin("root", version, expires_unix);
	json_t *keys = json_object(), *objects = json_object();
	unsigned int i;

	add_keys(keys, roles->root, WEIR_PUBLISH_ROOT_KEYS);
	(void)json_object_set_new(objects, "root",
	    role_of(
		roles->root, WEIR_PUBLISH_ROOT_KEYS, WEIR_PUBLISH_THRESHOLD));
	for (i = WEIR_KEY_ROOT + 1; i < WEIR_KEY_ROLE_COUNT; i++) {
		add_keys(keys, &roles->online[i], 1);
		(void)json_object_set_new(objects, weir_key_role_text(i),
		    role_of(&roles->online[i], 1, 1));
	}
	(void)json_object_set_new(root, "consistent_snapshot", json_true());
	(void)json_object_set_new(root, "keys", keys);
	(void)json_object_set_new(root, "roles", objects);
	(void)json_object_set_new(root, "weir", weir_feed_name_print(feed));
	return root;
}

json_t *
weir_publish_meta_targets(const struct weir_publish_state *state,
    int64_t version, int64_t expires_unix)
{
	json_t *document = begin("targets", version, expires_unix);
	const struct weir_feed_target *target;
	json_t *targets = json_object();
	unsigned int kind;

	for (kind = 0; kind < WEIR_FEED_KIND_COUNT; kind++) {
		target = &state->targets[kind];
		if (target->name[0] == '\0')
			continue;
		(void)json_object_set_new(targets, target->name,
		    json_pack("{s:I, s:{s:s}, s:o}", "length",
			(json_int_t)target->length, "hashes", "sha256",
			target->sha256, "custom",
			weir_feed_target_print(target)));
	}
	(void)json_object_set_new(document, "targets", targets);
	(void)json_object_set_new(
	    document, "weir", weir_feed_name_print(state->feed));
	return document;
}

/* {"FILE": {"version", "length", "hashes"}} of another document. */
static json_t *
refer(const char *file, const struct weir_publish_document *to)
{
	return json_pack("{s:{s:I, s:I, s:{s:s}}}", file, "version",
	    (json_int_t)to->version, "length", (json_int_t)to->len, "hashes",
	    "sha256", to->sha256);
}

json_t *
weir_publish_meta_snapshot(const struct weir_publish_state *state,
    int64_t version, int64_t expires_unix)
{
	json_t *document = begin("snapshot", version, expires_unix);

	(void)json_object_set_new(document, "meta",
	    refer("targets.json", &state->documents[WEIR_PUBLISH_TARGETS]));
	(void)json_object_set_new(
	    document, "weir", weir_feed_name_print(state->feed));
	return document;
}

json_t *
weir_publish_meta_timestamp(const struct weir_publish_state *state,
    int64_t version, int64_t expires_unix)
{
	json_t *document = begin("timestamp", version, expires_unix);

	(void)json_object_set_new(document, "meta",
	    refer("snapshot.json", &state->documents[WEIR_PUBLISH_SNAPSHOT]));
	(void)json_object_set_new(
	    document, "weir", weir_feed_name_print(state->feed));
	return document;
}

int
weir_publish_meta_sign(json_t *is_signed, struct weir_key_file *const *keys,
    unsigned int count, char **ret_text, size_t *ret_len)
{
	json_t *signatures = json_array(), *document;
	unsigned int i;
	char *text = NULL;
	int ret = is_signed == NULL ? WEIR_EMEMORY : 0;

	for (i = 0; i < count && ret == 0; i++)
		ret = weir_key_file_sign(keys[i], is_signed, signatures);
	document = json_pack(
	    "{s:o, s:o}", "signatures", signatures, "signed", is_signed);
	if (ret == 0 && document != NULL)
		text = json_dumps(document, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(document);
	if (text == NULL)
		return ret < 0 ? ret : WEIR_EMEMORY;
	*ret_text = text;
	*ret_len = strlen(text);
	return 0;
}

/* The keys of a role, which has exactly `count`. */
static bool
read_role(json_t *is_signed, const char *role, struct weir_tuf_key *ret_keys,
    unsigned int count)
{
	json_t *object = weir_tuf_json_object(
	    weir_tuf_json_object(is_signed, "roles"), role);
	json_t *ids = weir_tuf_json_array(object, "keyids");
	json_t *keys = weir_tuf_json_object(is_signed, "keys");
	const char *id;
	unsigned int i;

	if (json_array_size(ids) != count)
		return false;
	for (i = 0; i < count; i++) {
		id = json_string_value(json_array_get(ids, i));
		if (id == NULL ||
		    weir_tuf_key_parse(
			id, json_object_get(keys, id), &ret_keys[i]) != 1)
			return false;
	}
	return true;
}

static bool
read_root(json_t *is_signed, const char *feed, struct weir_publish_roles *roles)
{
	const char *name = weir_feed_name_parse(is_signed);
	unsigned int i;

	if (name == NULL || strcmp(name, feed) != 0 ||
	    !read_role(is_signed, "root", roles->root, WEIR_PUBLISH_ROOT_KEYS))
		return false;
	for (i = WEIR_KEY_ROOT + 1; i < WEIR_KEY_ROLE_COUNT; i++)
		if (!read_role(
			is_signed, weir_key_role_text(i), &roles->online[i], 1))
			return false;
	return true;
}

int
weir_publish_meta_read_root(const char *text, size_t len, const char *feed,
    struct weir_publish_roles *ret_roles, int64_t *ret_version,
    int64_t *ret_expires_unix, struct weir_problem *problem)
{
	json_t *json = NULL, *is_signed;
	int ret = weir_tuf_json_parse(text, len, &json, problem);

	if (ret < 0)
		return ret;
	is_signed = weir_tuf_json_object(json, "signed");
	if (!read_root(is_signed, feed, ret_roles) ||
	    !weir_tuf_json_number(is_signed, "version", 1, ret_version) ||
	    !weir_tuf_time_parse(
		weir_tuf_json_text(is_signed, "expires"), ret_expires_unix))
		ret = weir_problem_set(problem, WEIR_EFORMAT,
		    "not a root of the feed %s as weir-feed makes them", feed);
	json_decref(json);
	return ret;
}
