/*
 * settings_yaml.c - the schema of weir.yaml(5) for libcyaml, and libcyaml's
 * complaints made into one sentence with the right line.
 *
 *   text -> libcyaml, this schema -> struct weir_settings_yaml
 *                                 -> lib/settings.c: values, defaults
 *
 * Numbers are strings here: libcyaml takes "60s" for 60 and -1 for a large
 * number.  Yes and no are an enum: its booleans take "nope" for true.
 *
 * A complaint is a few lines to a log function.  The first says what, the
 * others where, from the inside out; those become a path ("feeds[0].action"),
 * and the tree knows the line of a path.
 */
#include "lib/settings_yaml.h"

#include <cyaml/cyaml.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/limits.h"
#include "lib/policy.h"

#define PATH_TEXT_SIZE 160 /* of a path in a message */

static const cyaml_strval_t bools[] = {
	{ "yes", WEIR_CHOICE_YES },
	{ "no", WEIR_CHOICE_NO },
	{ "true", WEIR_CHOICE_YES },
	{ "false", WEIR_CHOICE_NO },
	{ "on", WEIR_CHOICE_YES },
	{ "off", WEIR_CHOICE_NO },
};

static const cyaml_strval_t actions[] = {
	{ "nxdomain", WEIR_ACTION_NXDOMAIN },
	{ "nodata", WEIR_ACTION_NODATA },
	{ "sinkhole", WEIR_ACTION_SINKHOLE },
	{ "refused", WEIR_ACTION_REFUSED },
	{ "drop", WEIR_ACTION_DROP },
	{ "truncate", WEIR_ACTION_TRUNCATE },
	{ "pass", WEIR_ACTION_PASS },
};

static const cyaml_strval_t modes[] = {
	{ "enforce", WEIR_MODE_ENFORCE + 1 },
	{ "shadow", WEIR_MODE_SHADOW + 1 },
};

static const cyaml_strval_t exceptions[] = {
	{ "feed", WEIR_CHOICE_FEED },
	{ "all", WEIR_CHOICE_ALL },
};

/* A text of any length: its owner knows the maximum and says it better. */
#define TEXT(key, type, member)                                               \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, \
	    type, member, 1, CYAML_UNLIMITED)
#define NEEDED_TEXT(key, type, member) \
	CYAML_FIELD_STRING_PTR(        \
	    key, CYAML_FLAG_POINTER, type, member, 1, CYAML_UNLIMITED)
#define CHOICE(key, type, member, strings, flags)                            \
	CYAML_FIELD_ENUM(key,                                                \
	    CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT | (flags), type, member, \
	    strings, CYAML_ARRAY_LEN(strings))
/* `allow:` with nothing behind it is an empty list. */
#define LIST(key, member, entry, max)                          \
	CYAML_FIELD_SEQUENCE(key,                              \
	    CYAML_FLAG_POINTER_NULL_STR | CYAML_FLAG_OPTIONAL, \
	    struct weir_settings_yaml, member, entry, 0, max)

static const cyaml_schema_value_t name_entry = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, CYAML_UNLIMITED),
};

#define FIELD(key, place)                                                  \
	CYAML_FIELD_STRING_PTR(key,                                        \
	    CYAML_FLAG_POINTER |                                           \
		((place) == 0 ? CYAML_FLAG_DEFAULT : CYAML_FLAG_OPTIONAL), \
	    struct weir_settings_yaml_fields, values[place], 1,            \
	    CYAML_UNLIMITED)

/* In the order of enum weir_list_field. */
static const cyaml_schema_field_t list_fields[] = {
	FIELD("name", 0),
	FIELD("type", 1),
	FIELD("category", 2),
	FIELD("confidence", 3),
	FIELD("first-seen", 4),
	FIELD("valid-until", 5),
	FIELD("status", 6),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t feed_fields[] = {
	NEEDED_TEXT("name", struct weir_settings_yaml_feed, name),
	TEXT("file", struct weir_settings_yaml_feed, file),
	/* A text or a list, which a schema cannot say. */
	CYAML_FIELD_IGNORE("url", CYAML_FLAG_OPTIONAL),
	CYAML_FIELD_IGNORE("signed", CYAML_FLAG_OPTIONAL),
	TEXT("every", struct weir_settings_yaml_feed, every),
	TEXT("max-size", struct weir_settings_yaml_feed, max_size),
	TEXT("minisign-key", struct weir_settings_yaml_feed, minisign_key),
	TEXT("root", struct weir_settings_yaml_feed, root),
	TEXT("root-sha256", struct weir_settings_yaml_feed, root_sha256),
	TEXT("poll", struct weir_settings_yaml_feed, poll),
	TEXT("format", struct weir_settings_yaml_feed, format),
	CYAML_FIELD_MAPPING_PTR("fields",
	    CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
	    struct weir_settings_yaml_feed, fields, list_fields),
	CHOICE("subdomains", struct weir_settings_yaml_feed, subdomains, bools,
	    CYAML_FLAG_CASE_INSENSITIVE),
	CHOICE("action", struct weir_settings_yaml_feed, action, actions, 0),
	CHOICE("mode", struct weir_settings_yaml_feed, mode, modes, 0),
	TEXT("category", struct weir_settings_yaml_feed, category),
	TEXT("confidence", struct weir_settings_yaml_feed, confidence),
	TEXT("min-confidence", struct weir_settings_yaml_feed, min_confidence),
	TEXT("ede", struct weir_settings_yaml_feed, ede),
	CYAML_FIELD_SEQUENCE("categories",
	    CYAML_FLAG_POINTER_NULL_STR | CYAML_FLAG_OPTIONAL,
	    struct weir_settings_yaml_feed, categories, &name_entry, 0,
	    WEIR_CATEGORIES),
	TEXT("lifetime", struct weir_settings_yaml_feed, lifetime),
	CHOICE("exceptions", struct weir_settings_yaml_feed, exceptions,
	    exceptions, 0),
	CHOICE("url-hosts", struct weir_settings_yaml_feed, url_hosts, bools,
	    CYAML_FLAG_CASE_INSENSITIVE),
	TEXT("max-shrink", struct weir_settings_yaml_feed, max_shrink),
	TEXT("max-grow", struct weir_settings_yaml_feed, max_grow),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t feed_entry = {
	CYAML_VALUE_MAPPING(
	    CYAML_FLAG_DEFAULT, struct weir_settings_yaml_feed, feed_fields),
};

static const cyaml_schema_field_t sinkhole_fields[] = {
	TEXT("ipv4", struct weir_settings_yaml_sinkhole, ipv4),
	TEXT("ipv6", struct weir_settings_yaml_sinkhole, ipv6),
	TEXT("name", struct weir_settings_yaml_sinkhole, name),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t guard_fields[] = {
	CHOICE("public-suffixes", struct weir_settings_yaml_guard,
	    public_suffixes, bools, CYAML_FLAG_CASE_INSENSITIVE),
	CHOICE("private-suffixes", struct weir_settings_yaml_guard,
	    private_suffixes, bools, CYAML_FLAG_CASE_INSENSITIVE),
	CHOICE("well-known", struct weir_settings_yaml_guard, well_known, bools,
	    CYAML_FLAG_CASE_INSENSITIVE),
	TEXT("suffix-file", struct weir_settings_yaml_guard, suffix_file),
	TEXT("popular-file", struct weir_settings_yaml_guard, popular_file),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t sync_fields[] = {
	TEXT("state", struct weir_settings_yaml_sync, state),
	TEXT("ca-file", struct weir_settings_yaml_sync, ca_file),
	TEXT("notify-listen", struct weir_settings_yaml_sync, notify_listen),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t statistics_fields[] = {
	TEXT("events", struct weir_settings_yaml_statistics, events),
	TEXT("dnstap", struct weir_settings_yaml_statistics, dnstap),
	TEXT("client-prefix-ipv4", struct weir_settings_yaml_statistics,
	    client_prefix_ipv4),
	TEXT("client-prefix-ipv6", struct weir_settings_yaml_statistics,
	    client_prefix_ipv6),
	TEXT("sample-passed", struct weir_settings_yaml_statistics,
	    sample_passed),
	TEXT("max-events", struct weir_settings_yaml_statistics, max_events),
	TEXT("history", struct weir_settings_yaml_statistics, history),
	TEXT(
	    "history-size", struct weir_settings_yaml_statistics, history_size),
	TEXT("event-days", struct weir_settings_yaml_statistics, event_days),
	TEXT("minute-days", struct weir_settings_yaml_statistics, minute_days),
	TEXT("hour-days", struct weir_settings_yaml_statistics, hour_days),
	TEXT("resolved-days", struct weir_settings_yaml_statistics,
	    resolved_days),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t top_fields[] = {
	TEXT("database", struct weir_settings_yaml, database),
	TEXT("status", struct weir_settings_yaml, status),
	TEXT("on-failure", struct weir_settings_yaml, on_failure),
	TEXT("block-ttl", struct weir_settings_yaml, block_ttl),
	TEXT("keep-generations", struct weir_settings_yaml, keep_generations),
	TEXT("compile-memory", struct weir_settings_yaml, compile_memory),
	TEXT("max-shrink", struct weir_settings_yaml, max_shrink),
	TEXT("max-grow", struct weir_settings_yaml, max_grow),
	CHOICE("url-hosts", struct weir_settings_yaml, url_hosts, bools,
	    CYAML_FLAG_CASE_INSENSITIVE),
	CYAML_FIELD_MAPPING_PTR("guard",
	    CYAML_FLAG_POINTER_NULL_STR | CYAML_FLAG_OPTIONAL,
	    struct weir_settings_yaml, guard, guard_fields),
	CYAML_FIELD_MAPPING_PTR("sync",
	    CYAML_FLAG_POINTER_NULL_STR | CYAML_FLAG_OPTIONAL,
	    struct weir_settings_yaml, sync, sync_fields),
	CYAML_FIELD_MAPPING_PTR("statistics",
	    CYAML_FLAG_POINTER_NULL_STR | CYAML_FLAG_OPTIONAL,
	    struct weir_settings_yaml, statistics, statistics_fields),
	LIST("presets", presets, &name_entry, WEIR_PRESETS),
	CYAML_FIELD_MAPPING_PTR("sinkhole",
	    CYAML_FLAG_POINTER_NULL_STR | CYAML_FLAG_OPTIONAL,
	    struct weir_settings_yaml, sinkhole, sinkhole_fields),
	LIST("feeds", feeds, &feed_entry, WEIR_FEEDS - WEIR_FEED_FIRST),
	LIST("allow", allow, &name_entry, WEIR_RULE_NAMES),
	LIST("deny", deny, &name_entry, WEIR_RULE_NAMES),
	LIST("never-block", never_block, &name_entry, WEIR_RULE_NAMES),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t top = {
	CYAML_VALUE_MAPPING(
	    CYAML_FLAG_POINTER, struct weir_settings_yaml, top_fields),
};

/* libcyaml makes a list larger by one item at a time.  So memory is handed out
 * with room behind it, which this stands in front of. */
struct block {
	size_t size; /* of what is behind it */
	alignas(max_align_t) unsigned char data[];
};

static void *
take_memory(void *arg, void *data, size_t size)
{
	struct block *block = NULL;

	(void)arg;
	if (data != NULL)
		block = (struct block *)(void *)((unsigned char *)data -
						 offsetof(struct block, data));
	if (size == 0) {
		free(block);
		return NULL;
	}
	if (block != NULL && size <= block->size)
		return data;
	if (block != NULL && size < SIZE_MAX / 4)
		size *= 2;
	block = realloc(block, sizeof(*block) + size);
	if (block == NULL)
		return NULL;
	block->size = size;
	return block->data;
}

/* What libcyaml said, taken apart. */
struct complaint {
	char path[PATH_TEXT_SIZE]; /* where, "" at the top */
	char field[256];           /* the unknown or missing key */
};

/* Puts one more outer step in front of the path. */
static void
path_step(struct complaint *complaint, const char *step)
{
	char path[PATH_TEXT_SIZE];
	const char *dot = "";

	if (complaint->path[0] != '\0' && complaint->path[0] != '[')
		dot = ".";
	if (snprintf(path, sizeof(path), "%s%s%s", step, dot, complaint->path) <
	    (int)sizeof(path))
		strcpy(complaint->path, path);
}

/* The log function: one line of a complaint. */
static void __attribute__((format(printf, 3, 0)))
take_line(cyaml_log_t level, void *arg, const char *format, va_list args)
{
	struct complaint *complaint = arg;
	char line[320], word[256], step[16];
	unsigned int place;

	(void)level;
	vsnprintf(line, sizeof(line), format, args);
	if (sscanf(line, " in mapping field '%255[^']'", word) == 1) {
		path_step(complaint, word);
	} else if (sscanf(line, " in sequence entry '%u'", &place) == 1) {
		/* It counts the entry it reads already. */
		snprintf(step, sizeof(step), "[%u]", place - (place > 0));
		path_step(complaint, step);
	} else if (sscanf(line, "Load: Unexpected key: %255[^\n]", word) == 1 ||
		   sscanf(line, "Load: Missing required mapping field: %255s",
		       word) == 1) {
		strcpy(complaint->field, word);
	}
}

/* What is wanted at a path; "[]" stands for any place in a list. */
struct wanted {
	const char *path;
	const char *keys; /* of a mapping */
	const char *text; /* "%s is no ..." */
};

#define FEED_KEYS                                                        \
	"name, file, url, signed, format, fields, subdomains, action, "  \
	"mode, category, confidence, min-confidence, ede, categories, "  \
	"lifetime, exceptions, url-hosts, max-shrink, max-grow, every, " \
	"max-size, minisign-key, root, root-sha256, poll"
#define A_BOOL   "is neither yes nor no"
#define A_NUMBER "is no number"

static const struct wanted wanted[] = {
	{ "",
	    "database, status, on-failure, block-ttl, keep-generations, "
	    "compile-memory, sinkhole, feeds, allow, deny, never-block, "
	    "guard, presets, max-shrink, max-grow, url-hosts, sync, statistics",
	    NULL },
	{ "sync", "state, ca-file, notify-listen",
	    "is no mapping (state:, ...)" },
	{ "statistics",
	    "events, dnstap, client-prefix-ipv4, client-prefix-ipv6, "
	    "sample-passed, max-events, history, history-size, event-days, "
	    "minute-days, "
	    "hour-days, resolved-days",
	    "is no mapping (dnstap:, ...)" },
	{ "guard",
	    "public-suffixes, private-suffixes, well-known, suffix-file, "
	    "popular-file",
	    "is no mapping (public-suffixes:, ...)" },
	{ "guard.public-suffixes", NULL, A_BOOL },
	{ "guard.private-suffixes", NULL, A_BOOL },
	{ "guard.well-known", NULL, A_BOOL },
	{ "url-hosts", NULL, A_BOOL },
	{ "presets", NULL,
	    "is no list of presets (doh-canary, private-relay, ddr)" },
	{ "sinkhole", "ipv4, ipv6, name", "is not ipv4:, ipv6: or name:" },
	{ "feeds", NULL, "is no list of feeds" },
	{ "feeds[]", FEED_KEYS, "is no feed (name:, file:, ...)" },
	{ "feeds[].fields",
	    "name, type, category, confidence, first-seen, valid-until, status",
	    "is no mapping (name:, ...)" },
	{ "feeds[].subdomains", NULL, A_BOOL },
	{ "feeds[].url-hosts", NULL, A_BOOL },
	{ "feeds[].exceptions", NULL, "is neither feed nor all" },
	{ "feeds[].categories", NULL, "is no list of categories" },
	{ "feeds[].action", NULL,
	    "is no action (nxdomain, nodata, sinkhole, refused, drop, "
	    "truncate, pass)" },
	{ "feeds[].mode", NULL, "is no mode (enforce, shadow)" },
	{ "allow", NULL, "is no list of names" },
	{ "deny", NULL, "is no list of names" },
	{ "never-block", NULL, "is no list of names" },
};

static const struct wanted *
wanted_at(const char *path)
{
	char plain[PATH_TEXT_SIZE];
	size_t i, at = 0;

	for (i = 0; path[i] != '\0'; i++) {
		plain[at++] = path[i];
		if (path[i] == '[')
			i += strspn(path + i + 1, "0123456789");
	}
	plain[at] = '\0';
	for (i = 0; i < CYAML_ARRAY_LEN(wanted); i++)
		if (strcmp(wanted[i].path, plain) == 0)
			return &wanted[i];
	return NULL;
}

/* Cuts the last step off. */
static void
path_up(char *path)
{
	size_t len = strlen(path);

	while (len > 0 && path[len - 1] != '.' && path[len - 1] != '[')
		len--;
	path[len > 0 ? len - 1 : 0] = '\0';
}

/* What stands there, in words. */
static struct weir_yaml_quote
shown(const struct weir_yaml_node *node)
{
	struct weir_yaml_quote quote = { "this" };

	if (node == NULL)
		return quote;
	if (node->kind == WEIR_YAML_SCALAR)
		return weir_yaml_quote(node->text);
	strcpy(quote.text, node->kind == WEIR_YAML_LIST      ? "a list"
			   : node->kind == WEIR_YAML_MAPPING ? "a mapping"
							     : "an alias (*)");
	return quote;
}

/* "FILE:LINE: " and, but at the top, "PATH: ". */
struct place {
	const char *name;
	struct weir_problem *problem;
};

static int
say(const struct place *place, unsigned int line, const char *path,
    const char *what, const char *text)
{
	return weir_problem_set(place->problem, WEIR_EFORMAT,
	    "%s:%u: %s%s%s%s%s", place->name, line, path,
	    path[0] == '\0' ? "" : ": ", what, text[0] == '\0' ? "" : " ",
	    text);
}

static int
say_unknown_key(const struct place *place, const struct weir_yaml_tree *tree,
    const struct complaint *complaint)
{
	const struct weir_yaml_node *mapping = weir_yaml_find(
	    tree, complaint->path);
	const struct weir_yaml_node *node = weir_yaml_get(
	    mapping, complaint->field);
	const struct wanted *want = wanted_at(complaint->path);
	char text[300];

	snprintf(text, sizeof(text), "is no key here (%s)",
	    want == NULL || want->keys == NULL ? "none is" : want->keys);
	return say(place,
	    node != NULL      ? node->key_line
	    : mapping != NULL ? mapping->line
			      : 1,
	    complaint->path, weir_yaml_quote(complaint->field).text, text);
}

static int
say_repeated(const struct place *place, const struct weir_yaml_node *node,
    const char *path)
{
	const struct weir_yaml_node *again = weir_yaml_repeated(node);
	char text[64];

	snprintf(text, sizeof(text), "(first in line %u)", node->key_line);
	return say(place, again == NULL ? node->key_line : again->key_line,
	    path, "set twice", text);
}

static int
say_wrong_value(const struct place *place, const struct weir_yaml_node *node,
    const char *path)
{
	const struct wanted *want = wanted_at(path);

	if (weir_yaml_is_null(node) || (node->text != NULL && !*node->text))
		return say(
		    place, node->key_line, path, "there is no value", "");
	if (want != NULL && want->text != NULL)
		return say(
		    place, node->line, path, shown(node).text, want->text);
	return say(
	    place, node->line, path, shown(node).text, "is no single value");
}

static int
say_too_many(const struct place *place, const struct weir_yaml_node *list,
    const char *path)
{
	size_t len = strlen(path);
	unsigned int max = WEIR_RULE_NAMES;
	const struct weir_yaml_node *node = list->first;
	unsigned int i;
	char text[64];

	if (strcmp(path, "feeds") == 0)
		max = WEIR_FEEDS - WEIR_FEED_FIRST;
	else if (strcmp(path, "presets") == 0)
		max = WEIR_PRESETS;
	else if (len > 11 && strcmp(path + len - 11, ".categories") == 0)
		max = WEIR_CATEGORIES;
	for (i = 0; i < max && node != NULL; i++)
		node = node->next;
	snprintf(text, sizeof(text), "more than %u", max);
	return say(
	    place, node == NULL ? list->line : node->line, path, text, "");
}

/* The first alias at or below a node. */
static const struct weir_yaml_node *
find_alias(const struct weir_yaml_node *top_node)
{
	const struct weir_yaml_node *node = top_node;

	while (node != NULL && node->kind != WEIR_YAML_ALIAS) {
		if (node->first != NULL) {
			node = node->first;
			continue;
		}
		while (node != top_node && node->next == NULL)
			node = node->parent;
		node = node == top_node ? NULL : node->next;
	}
	return node;
}

/* libcyaml's code and path as a sentence.  A path that the tree does not know
 * (which would be a fault of ours) still gives the code's own words. */
static int
explain(cyaml_err_t code, const struct place *place,
    const struct weir_yaml_tree *tree, struct complaint *complaint)
{
	const struct weir_yaml_node *node;

	if (code == CYAML_ERR_OOM)
		return weir_problem_set(place->problem, WEIR_EMEMORY,
		    "%s: out of memory", place->name);
	if (code == CYAML_ERR_ALIAS) {
		node = find_alias(tree->root);
		return say(place, node == NULL ? 1 : node->line, "",
		    "aliases (*) are not taken here:", "write the value out");
	}
	if (code == CYAML_ERR_INVALID_KEY)
		return say_unknown_key(place, tree, complaint);
	/* After a mapping's end libcyaml still names the last key in it. */
	if (code == CYAML_ERR_MAPPING_FIELD_MISSING)
		path_up(complaint->path);
	if (code == CYAML_ERR_SEQUENCE_ENTRIES_MAX)
		path_up(complaint->path);
	node = weir_yaml_find(tree, complaint->path);
	if (node == NULL)
		return say(place, 1, complaint->path, cyaml_strerror(code), "");
	switch (code) {
	case CYAML_ERR_MAPPING_FIELD_MISSING:
		return say(place, node->line, complaint->path, complaint->field,
		    "is missing");
	case CYAML_ERR_UNEXPECTED_EVENT:
		return say_repeated(place, node, complaint->path);
	case CYAML_ERR_SEQUENCE_ENTRIES_MAX:
		return say_too_many(place, node, complaint->path);
	default:
		return say_wrong_value(place, node, complaint->path);
	}
}

int
weir_settings_yaml_load(const char *name, const char *text, size_t len,
    const struct weir_yaml_tree *tree, struct weir_settings_yaml **ret_yaml,
    struct weir_problem *problem)
{
	struct complaint complaint = { .path = "", .field = "" };
	const cyaml_config_t config = {
		.log_fn = take_line,
		.log_ctx = &complaint,
		.mem_fn = take_memory,
		.log_level = CYAML_LOG_ERROR,
		.flags = CYAML_CFG_NO_ALIAS,
	};
	const struct place place = { .name = name, .problem = problem };
	cyaml_data_t *data = NULL;
	cyaml_err_t code;

	code = cyaml_load_data(
	    (const uint8_t *)text, len, &config, &top, &data, NULL);
	if (code != CYAML_OK)
		return explain(code, &place, tree, &complaint);
	*ret_yaml = data;
	return 0;
}

void
weir_settings_yaml_free(struct weir_settings_yaml *yaml)
{
	const cyaml_config_t config = { .mem_fn = take_memory };

	if (yaml != NULL)
		cyaml_free(&config, &top, yaml, 0);
}
