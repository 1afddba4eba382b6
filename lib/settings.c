/*
 * settings.c - weir.yaml(5), read whole and checked.
 *
 *   text -> lib/yaml_line.c: is it YAML, and which line is what
 *        -> lib/settings_yaml.c: has it the right shape
 *        -> here, settings_sync.c ...: has it the right values; defaults
 *
 * One thread.  Nothing is kept of a file with a fault in it.
 */
#include "lib/settings.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "lib/settings_names.h"
#include "lib/settings_reader.h"
#include "lib/settings_values.h"
#include "lib/settings_yaml.h"
#include "lib/yaml_line.h"

#define DEFAULT_KEEP_GENERATIONS  5
#define DEFAULT_COMPILE_MEMORY_MB 512
#define DEFAULT_CONFIDENCE        100
#define CONFIDENCE_MAX            100
#define EDE_FORGED                4 /* RFC 8914 */
#define EDE_BLOCKED               15
#define EDE_MAX                   65535
#define DEFAULT_MAX_SHRINK        50  /* percent: half of them at once */
#define DEFAULT_MAX_GROW          200 /* to three times as many */

static int
take_sinkhole_addresses(
    struct weir_reader *reader, const struct weir_settings_yaml_sinkhole *yaml)
{
	struct weir_policy *policy = &reader->settings->policy;

	if (yaml->ipv4 != NULL && strcmp(yaml->ipv4, "none") == 0)
		policy->has_sinkhole_ipv4 = false;
	else if (yaml->ipv4 != NULL &&
		 inet_pton(AF_INET, yaml->ipv4, &policy->sinkhole_ipv4) != 1)
		return weir_reader_wrong(reader, "sinkhole.ipv4",
		    "is no IPv4 address (as 192.0.2.1, or none)");
	if (yaml->ipv6 != NULL && strcmp(yaml->ipv6, "none") == 0)
		policy->has_sinkhole_ipv6 = false;
	else if (yaml->ipv6 != NULL &&
		 inet_pton(AF_INET6, yaml->ipv6, &policy->sinkhole_ipv6) != 1)
		return weir_reader_wrong(reader, "sinkhole.ipv6",
		    "is no IPv6 address (as 2001:db8::1, or none)");
	return 0;
}

static int
take_sinkhole(struct weir_reader *reader)
{
	const struct weir_settings_yaml_sinkhole *yaml = reader->yaml->sinkhole;
	struct weir_policy *policy = &reader->settings->policy;

	if (yaml == NULL)
		return 0;
	if (yaml->name == NULL)
		return take_sinkhole_addresses(reader, yaml);
	if (yaml->ipv4 != NULL || yaml->ipv6 != NULL)
		return weir_reader_wrong(reader, "sinkhole.name",
		    "cannot go together with ipv4: or ipv6:");
	if (!weir_settings_name_parse(yaml->name, &policy->sinkhole_name))
		return weir_reader_wrong(reader, "sinkhole.name", WEIR_NO_NAME);
	policy->has_sinkhole_name = true;
	policy->has_sinkhole_ipv4 = false;
	policy->has_sinkhole_ipv6 = false;
	return 0;
}

/* Gives the category its place in the table, a new one if need be. */
static int
take_category(struct weir_reader *reader, const char *where, const char *text,
    uint16_t *ret_category)
{
	struct weir_policy *policy = &reader->settings->policy;
	const char *at;
	unsigned int i;

	if (text == NULL)
		return 0;
	for (at = text; *at != '\0'; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return weir_reader_wrong(
			    reader, where, "holds a control character");
	if (strlen(text) >= WEIR_CATEGORY_SIZE)
		return weir_reader_wrong(
		    reader, where, "is longer than 63 octets");
	for (i = 0; i < policy->category_count; i++)
		if (strcmp(policy->categories[i], text) == 0)
			break;
	if (i == WEIR_CATEGORIES)
		return weir_reader_wrong(
		    reader, where, "is one category too many (255)");
	if (i == policy->category_count)
		strcpy(policy->categories[policy->category_count++], text);
	*ret_category = (uint16_t)i;
	return 0;
}

static int
take_feed_name(struct weir_reader *reader, const char *where, const char *name,
    char *ret_name)
{
	const struct weir_policy *policy = &reader->settings->policy;
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-");
	char reason[64];
	unsigned int i;

	if (len == 0 || len >= WEIR_FEED_NAME_SIZE || name[len] != '\0')
		return weir_reader_wrong(reader, where,
		    "is no name for a feed (1 to 63 of a-z, 0-9, . _ -)");
	if (strcmp(name, WEIR_PRESET_FEED) == 0)
		return weir_reader_wrong(
		    reader, where, "is the name of weir's own; take another");
	for (i = 0; i < policy->feed_count; i++) {
		if (strcmp(policy->feeds[i].name, name) != 0)
			continue;
		if (i < WEIR_FEED_FIRST)
			return weir_reader_wrong(reader, where,
			    "is the name of your own list; take another");
		snprintf(reason, sizeof(reason),
		    "is the name of feeds[%u] already",
		    i - WEIR_FEED_FIRST - reader->preset_feeds);
		return weir_reader_wrong(reader, where, reason);
	}
	strcpy(ret_name, name);
	return 0;
}

static int
take_feed_format(const struct weir_reader *reader, const char *where,
    const char *format, char **ret_format)
{
	const struct weir_settings_formats *formats = reader->formats;
	char reason[200];

	if (format == NULL)
		format = "auto";
	if (formats != NULL && formats->is_known != NULL &&
	    !formats->is_known(format)) {
		snprintf(reason, sizeof(reason), "is no format (%s)",
		    formats->names);
		return weir_reader_wrong(reader, where, reason);
	}
	*ret_format = strdup(format);
	return *ret_format == NULL ? weir_reader_no_memory(reader) : 0;
}

/* Then the feed's confidence is that of entries which say none. */
static bool
has_confidence(const struct weir_reader *reader, const char *format)
{
	const struct weir_settings_formats *formats = reader->formats;

	return formats == NULL || formats->has_confidence == NULL ||
	       formats->has_confidence(format);
}

static int
take_feed_fields(struct weir_reader *reader, unsigned int place,
    struct weir_feed_settings *settings)
{
	const struct weir_settings_yaml_fields *yaml =
	    reader->yaml->feeds[place].fields;
	unsigned int i;

	for (i = 0; yaml != NULL && i < WEIR_SETTINGS_FIELDS; i++) {
		if (yaml->values[i] == NULL)
			continue;
		if (yaml->values[i][0] == '\0' ||
		    strlen(yaml->values[i]) >= WEIR_SETTINGS_FIELD_SIZE)
			return weir_reader_wrong(reader,
			    weir_reader_key(place, weir_settings_field_key(i))
				.text,
			    "is no column and no path (1 to 255 octets)");
		settings->fields[i] = strdup(yaml->values[i]);
		if (settings->fields[i] == NULL)
			return weir_reader_no_memory(reader);
	}
	return 0;
}

static int
take_feed_numbers(struct weir_reader *reader, unsigned int place,
    struct weir_feed_settings *settings, struct weir_feed *feed)
{
	const struct weir_settings_yaml_feed *yaml =
	    &reader->yaml->feeds[place];
	unsigned int confidence = DEFAULT_CONFIDENCE, least = 0;
	unsigned int ede = EDE_BLOCKED;
	char reason[80];
	int error;

	if (feed->action == WEIR_ACTION_SINKHOLE)
		ede = EDE_FORGED;
	error = weir_reader_number(reader,
	    weir_reader_key(place, "confidence").text, yaml->confidence, 0,
	    CONFIDENCE_MAX, &confidence);
	if (error == 0)
		error = weir_reader_number(reader,
		    weir_reader_key(place, "min-confidence").text,
		    yaml->min_confidence, 0, CONFIDENCE_MAX, &least);
	if (error == 0)
		error = weir_reader_number(reader,
		    weir_reader_key(place, "ede").text, yaml->ede, 0, EDE_MAX,
		    &ede);
	settings->confidence = (uint8_t)confidence;
	feed->min_confidence = (uint8_t)least;
	feed->ede_code = (uint16_t)ede;
	if (error == 0 && confidence < least &&
	    !has_confidence(reader, settings->format)) {
		snprintf(reason, sizeof(reason),
		    "is above the confidence of its names (%u): none could "
		    "ever match",
		    confidence);
		error = weir_reader_wrong(reader,
		    weir_reader_key(place, "min-confidence").text, reason);
	}
	return error;
}

static int
take_percent(const struct weir_reader *reader, const char *where,
    const char *text, uint32_t *ret_percent)
{
	if (text == NULL || weir_settings_percent_parse(text, ret_percent))
		return 0;
	return weir_reader_wrong(reader, where, WEIR_NO_PERCENT);
}

/* What of a feed's update is believed, and for how long. */
static int
take_feed_limits(struct weir_reader *reader, unsigned int place,
    struct weir_feed_settings *settings)
{
	const struct weir_settings_yaml_feed *yaml =
	    &reader->yaml->feeds[place];
	int error;

	settings->max_shrink = reader->settings->max_shrink;
	settings->max_grow = reader->settings->max_grow;
	settings->has_url_hosts = reader->settings->has_url_hosts;
	settings->has_global_exceptions = yaml->exceptions == WEIR_CHOICE_ALL;
	if (yaml->url_hosts != WEIR_CHOICE_NONE)
		settings->has_url_hosts = yaml->url_hosts == WEIR_CHOICE_YES;
	error = take_percent(reader, weir_reader_key(place, "max-shrink").text,
	    yaml->max_shrink, &settings->max_shrink);
	if (error == 0)
		error = take_percent(reader,
		    weir_reader_key(place, "max-grow").text, yaml->max_grow,
		    &settings->max_grow);
	if (error == 0 && yaml->lifetime != NULL &&
	    !weir_settings_duration_parse(
		yaml->lifetime, &settings->lifetime_s))
		error = weir_reader_wrong(reader,
		    weir_reader_key(place, "lifetime").text, WEIR_NO_DURATION);
	return error;
}

/* Lists' own categories are made of such characters (lmdb-loader/item.h). */
static bool
can_match(const struct weir_settings_yaml_feed *yaml, const char *category)
{
	size_t len = strspn(
	    category, "abcdefghijklmnopqrstuvwxyz0123456789._-");

	return (len > 0 && category[len] == '\0') ||
	       (yaml->category != NULL &&
		   strcmp(yaml->category, category) == 0);
}

static int
take_feed_categories(
    struct weir_reader *reader, unsigned int place, struct weir_feed *feed)
{
	const struct weir_settings_yaml_feed *yaml =
	    &reader->yaml->feeds[place];
	char where[64];
	uint16_t number = 0;
	unsigned int i;
	int error = 0;

	for (i = 0; i < yaml->categories_count && error == 0; i++) {
		snprintf(
		    where, sizeof(where), "feeds[%u].categories[%u]", place, i);
		if (!can_match(yaml, yaml->categories[i]))
			return weir_reader_wrong(reader, where,
			    "is no category (small letters, digits, . _ -)");
		error = take_category(
		    reader, where, yaml->categories[i], &number);
		feed->has_categories = true;
		feed->categories[number / 8] |= (uint8_t)(1U << number % 8);
	}
	return error;
}

static int
take_feed(struct weir_reader *reader, unsigned int place)
{
	const struct weir_settings_yaml_feed *yaml =
	    &reader->yaml->feeds[place];
	struct weir_policy *policy = &reader->settings->policy;
	unsigned int number = place + reader->preset_feeds;
	struct weir_feed_settings *settings = &reader->settings->feeds[number];
	struct weir_feed *feed = &policy->feeds[WEIR_FEED_FIRST + number];
	int error;

	feed->mode = WEIR_MODE_ENFORCE;
	if (yaml->mode != WEIR_CHOICE_NONE)
		feed->mode = yaml->mode - 1;
	feed->action = WEIR_ACTION_NXDOMAIN;
	if (yaml->action != WEIR_CHOICE_NONE)
		feed->action = yaml->action;
	settings->subdomains = yaml->subdomains != WEIR_CHOICE_NO;
	error = take_feed_name(reader, weir_reader_key(place, "name").text,
	    yaml->name, feed->name);
	if (error != 0)
		return error;
	settings->name = strdup(feed->name);
	if (settings->name == NULL)
		return weir_reader_no_memory(reader);
	error = weir_reader_origin(reader, place, settings);
	if (error == 0)
		error = take_feed_format(reader,
		    weir_reader_key(place, "format").text, yaml->format,
		    &settings->format);
	if (error == 0)
		error = take_feed_fields(reader, place, settings);
	if (error == 0)
		error = take_feed_numbers(reader, place, settings, feed);
	if (error == 0)
		error = take_category(reader,
		    weir_reader_key(place, "category").text, yaml->category,
		    &settings->category);
	feed->category = settings->category;
	if (error == 0)
		error = take_feed_limits(reader, place, settings);
	if (error == 0)
		error = take_feed_categories(reader, place, feed);
	return error;
}

const char *
weir_preset_text(unsigned int place)
{
	static const char *const texts[WEIR_PRESETS] = { "doh-canary",
		"private-relay", "ddr" };

	return place < WEIR_PRESETS ? texts[place] : NULL;
}

static int
take_presets(struct weir_reader *reader)
{
	const struct weir_settings_yaml *yaml = reader->yaml;
	unsigned int i, place;
	char where[32];

	for (i = 0; i < yaml->presets_count; i++) {
		for (place = 0; place < WEIR_PRESETS; place++)
			if (strcmp(weir_preset_text(place), yaml->presets[i]) ==
			    0)
				break;
		snprintf(where, sizeof(where), "presets[%u]", i);
		if (place == WEIR_PRESETS)
			return weir_reader_wrong(reader, where,
			    "is no preset (doh-canary, private-relay, ddr)");
		reader->settings->presets |= 1U << place;
	}
	return 0;
}

/* The feed that the presets make: names of weir's own, no list. */
static int
add_preset_feed(struct weir_reader *reader)
{
	struct weir_policy *policy = &reader->settings->policy;
	struct weir_feed_settings *settings = reader->settings->feeds;
	struct weir_feed *feed = &policy->feeds[WEIR_FEED_FIRST];

	settings->name = strdup(WEIR_PRESET_FEED);
	settings->format = strdup("auto");
	if (settings->name == NULL || settings->format == NULL)
		return weir_reader_no_memory(reader);
	settings->confidence = DEFAULT_CONFIDENCE;
	settings->max_shrink = WEIR_NO_LIMIT;
	settings->max_grow = WEIR_NO_LIMIT;
	strcpy(feed->name, WEIR_PRESET_FEED);
	feed->action = WEIR_ACTION_NXDOMAIN;
	feed->ede_code = EDE_BLOCKED;
	policy->feed_count++;
	return 0;
}

static int
take_feeds(struct weir_reader *reader)
{
	struct weir_settings *settings = reader->settings;
	const struct weir_yaml_node *node;
	unsigned int i, count = reader->yaml->feeds_count;
	int error = 0;

	reader->preset_feeds = settings->presets != 0;
	if (count + reader->preset_feeds == 0)
		return 0;
	if (count + reader->preset_feeds > WEIR_FEEDS - WEIR_FEED_FIRST)
		return weir_reader_wrong(
		    reader, "presets", "is one feed too many");
	settings->feeds = calloc(
	    count + reader->preset_feeds, sizeof(*settings->feeds));
	if (settings->feeds == NULL)
		return weir_reader_no_memory(reader);
	settings->feed_count = count + reader->preset_feeds;
	if (reader->preset_feeds > 0)
		error = add_preset_feed(reader);
	if (count == 0)
		return error;
	node = weir_yaml_get(reader->tree.root, "feeds")->first;
	for (i = 0; i < count && error == 0; i++, node = node->next) {
		settings->feeds[i + reader->preset_feeds].line = node->line;
		error = take_feed(reader, i);
		settings->policy.feed_count++;
	}
	return error;
}

static int
take_names(struct weir_reader *reader, const char *key, char *const *texts,
    unsigned int count, bool is_plain_only, struct weir_name_rules *ret_rules)
{
	const struct weir_yaml_node *list = weir_yaml_get(
	    reader->tree.root, key);

	if (count == 0)
		return 0;
	return weir_settings_names_take(reader->path, list->first, texts, count,
	    is_plain_only, ret_rules, reader->problem);
}

static bool
is_yes(uint8_t choice, bool by_default)
{
	return choice == WEIR_CHOICE_NONE ? by_default
					  : choice == WEIR_CHOICE_YES;
}

static int
take_guard(struct weir_reader *reader)
{
	const struct weir_settings_yaml_guard *yaml = reader->yaml->guard;
	struct weir_guard_settings *guard = &reader->settings->guard;
	int error = 0;

	if (yaml == NULL)
		return 0;
	guard->has_public_suffixes = is_yes(yaml->public_suffixes, true);
	guard->has_private_suffixes = is_yes(yaml->private_suffixes, true);
	guard->has_well_known = is_yes(yaml->well_known, true);
	if (yaml->suffix_file != NULL)
		error = weir_reader_file(reader, "guard.suffix-file",
		    yaml->suffix_file, &guard->suffix_file);
	if (error == 0 && yaml->popular_file != NULL)
		error = weir_reader_file(reader, "guard.popular-file",
		    yaml->popular_file, &guard->popular_file);
	return error;
}

/* Before the feeds: these are their defaults. */
static int
take_rails(struct weir_reader *reader)
{
	const struct weir_settings_yaml *yaml = reader->yaml;
	struct weir_settings *settings = reader->settings;
	int error;

	settings->has_url_hosts = is_yes(yaml->url_hosts, false);
	error = take_percent(
	    reader, "max-shrink", yaml->max_shrink, &settings->max_shrink);
	if (error == 0)
		error = take_percent(
		    reader, "max-grow", yaml->max_grow, &settings->max_grow);
	if (error == 0)
		error = take_guard(reader);
	if (error == 0)
		error = take_presets(reader);
	return error;
}

static int
take_values(struct weir_reader *reader)
{
	const struct weir_settings_yaml *yaml = reader->yaml;
	struct weir_settings *settings = reader->settings;
	int error;

	error = weir_reader_number(reader, "block-ttl", yaml->block_ttl, 1,
	    WEIR_BLOCK_TTL_MAX_S, &settings->policy.block_ttl_s);
	if (error == 0)
		error = weir_reader_number(reader, "keep-generations",
		    yaml->keep_generations, 1, WEIR_GENERATIONS_MAX,
		    &settings->keep_generations);
	if (error == 0)
		error = weir_reader_number(reader, "compile-memory",
		    yaml->compile_memory, WEIR_COMPILE_MEMORY_MIN_MB,
		    WEIR_COMPILE_MEMORY_MAX_MB, &settings->compile_memory_mb);
	if (error == 0)
		error = take_sinkhole(reader);
	if (error == 0)
		error = take_rails(reader);
	if (error == 0)
		error = weir_reader_sync(reader);
	if (error == 0)
		error = weir_reader_statistics(reader);
	if (error == 0)
		error = take_feeds(reader);
	if (error == 0)
		error = take_names(reader, "allow", yaml->allow,
		    yaml->allow_count, false, &settings->allow);
	if (error == 0)
		error = take_names(reader, "deny", yaml->deny, yaml->deny_count,
		    false, &settings->deny);
	if (error == 0)
		error = take_names(reader, "never-block", yaml->never_block,
		    yaml->never_block_count, true, &settings->never_block);
	return error;
}

static struct weir_settings *
new_settings(const char *path)
{
	struct weir_settings *settings = calloc(1, sizeof(*settings));

	if (settings == NULL)
		return NULL;
	weir_policy_init(&settings->policy);
	settings->keep_generations = DEFAULT_KEEP_GENERATIONS;
	settings->compile_memory_mb = DEFAULT_COMPILE_MEMORY_MB;
	settings->max_shrink = DEFAULT_MAX_SHRINK;
	settings->max_grow = DEFAULT_MAX_GROW;
	settings->guard.has_public_suffixes = true;
	settings->guard.has_private_suffixes = true;
	settings->guard.has_well_known = true;
	settings->path = strdup(path);
	settings->sync.state = strdup(WEIR_DEFAULT_SYNC_STATE);
	if (settings->path == NULL || settings->sync.state == NULL ||
	    weir_statistics_settings_init(&settings->statistics) != 0) {
		weir_settings_free(settings);
		return NULL;
	}
	return settings;
}

/* The three settings that the module reads too, by the same code. */
static int
take_paths(struct weir_reader *reader)
{
	struct weir_settings *settings = reader->settings;
	struct weir_paths paths;
	int error = weir_paths_take(
	    reader->path, &reader->tree, &paths, reader->problem);

	if (error != 0)
		return error;
	settings->policy.on_failure = paths.on_failure;
	settings->database = strdup(paths.database);
	settings->status = strdup(paths.status);
	if (settings->database == NULL || settings->status == NULL)
		return weir_reader_no_memory(reader);
	return 0;
}

static int
take_all(struct weir_reader *reader, const char *text, size_t len)
{
	const struct weir_yaml_node *root = reader->tree.root;
	bool is_empty = root == NULL || weir_yaml_is_null(root);
	int error = 0;

	if (reader->tree.second_line != 0)
		return weir_problem_set(reader->problem, WEIR_EFORMAT,
		    "%s:%u: a second document begins here; one is taken",
		    reader->path, reader->tree.second_line);
	if (!is_empty && root->kind == WEIR_YAML_MAPPING)
		error = weir_settings_yaml_load(reader->path, text, len,
		    &reader->tree, &reader->yaml, reader->problem);
	if (error == 0)
		error = take_paths(reader);
	if (error == 0 && reader->yaml != NULL)
		error = take_values(reader);
	return error;
}

int
weir_settings_read(const char *path,
    const struct weir_settings_formats *formats,
    struct weir_settings **ret_settings, struct weir_problem *problem)
{
	struct weir_reader reader = {
		.path = path,
		.formats = formats,
		.problem = problem,
	};
	char *text = NULL;
	size_t len;
	int error;

	error = weir_paths_load(path, &text, &len, problem);
	if (error != 0)
		return error;
	error = weir_yaml_read(path, text, len, &reader.tree, problem);
	if (error != 0)
		goto out;
	reader.settings = new_settings(path);
	error = reader.settings == NULL ? weir_reader_no_memory(&reader)
					: take_all(&reader, text, len);
	if (error == 0)
		*ret_settings = reader.settings;
	else
		weir_settings_free(reader.settings);
	weir_settings_yaml_free(reader.yaml);
	weir_yaml_done(&reader.tree);
out:
	free(text);
	return error;
}

struct weir_settings *
weir_settings_new(const char *path)
{
	return new_settings(path);
}

void
weir_settings_free(struct weir_settings *settings)
{
	unsigned int i, j;

	if (settings == NULL)
		return;
	for (i = 0; i < settings->feed_count; i++) {
		free(settings->feeds[i].name);
		weir_feed_origin_done(&settings->feeds[i]);
		free(settings->feeds[i].format);
		for (j = 0; j < WEIR_SETTINGS_FIELDS; j++)
			free(settings->feeds[i].fields[j]);
	}
	free(settings->feeds);
	weir_sync_settings_done(&settings->sync);
	weir_statistics_settings_done(&settings->statistics);
	free(settings->guard.suffix_file);
	free(settings->guard.popular_file);
	weir_settings_names_done(&settings->allow);
	weir_settings_names_done(&settings->deny);
	weir_settings_names_done(&settings->never_block);
	free(settings->path);
	free(settings->database);
	free(settings->status);
	free(settings);
}
