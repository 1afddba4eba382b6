/*
 * settings_print.c - what holds: the settings as data in the shape of
 * weir.yaml, and that data as YAML.
 *
 * One walk for both, so that what `weir-load config` prints as YAML and as
 * JSON cannot differ.
 */
#include <arpa/inet.h>
#include <string.h>

#include "lib/settings.h"
#include "lib/settings_values.h"

/* A walk; after the first other answer than 0 it says nothing more. */
struct walk {
	int (*each)(void *arg, const struct weir_settings_item *item);
	void *arg;
	int stopped;
};

static void
put(struct walk *walk, const struct weir_settings_item *item)
{
	if (walk->stopped == 0)
		walk->stopped = walk->each(walk->arg, item);
}

static void
put_text(struct walk *walk, const char *key, const char *text)
{
	const struct weir_settings_item item = {
		.kind = WEIR_SETTINGS_TEXT,
		.key = key,
		.text = text,
	};

	put(walk, &item);
}

static void
put_number(struct walk *walk, const char *key, uint64_t number)
{
	const struct weir_settings_item item = {
		.kind = WEIR_SETTINGS_NUMBER,
		.key = key,
		.number = number,
	};

	put(walk, &item);
}

static void
put_bool(struct walk *walk, const char *key, bool value)
{
	const struct weir_settings_item item = {
		.kind = WEIR_SETTINGS_BOOL,
		.key = key,
		.number = value,
	};

	put(walk, &item);
}

static void
begin(struct walk *walk, enum weir_settings_kind kind, const char *key,
    bool is_empty)
{
	const struct weir_settings_item item = {
		.kind = kind,
		.key = key,
		.is_empty = is_empty,
	};

	put(walk, &item);
}

static void
end(struct walk *walk)
{
	begin(walk, WEIR_SETTINGS_END, NULL, false);
}

static void
walk_sinkhole(struct walk *walk, const struct weir_policy *policy)
{
	char text[WEIR_NAME_TEXT_SIZE];

	begin(walk, WEIR_SETTINGS_MAPPING, "sinkhole", false);
	if (policy->has_sinkhole_name) {
		weir_name_print(&policy->sinkhole_name, text);
		put_text(walk, "name", text);
	} else {
		strcpy(text, "none");
		if (policy->has_sinkhole_ipv4)
			inet_ntop(AF_INET, &policy->sinkhole_ipv4, text,
			    sizeof(text));
		put_text(walk, "ipv4", text);
		strcpy(text, "none");
		if (policy->has_sinkhole_ipv6)
			inet_ntop(AF_INET6, &policy->sinkhole_ipv6, text,
			    sizeof(text));
		put_text(walk, "ipv6", text);
	}
	end(walk);
}

static const char *const field_keys[WEIR_SETTINGS_FIELDS] = {
	"fields.name",
	"fields.type",
	"fields.category",
	"fields.confidence",
	"fields.first-seen",
	"fields.valid-until",
	"fields.status",
};

const char *
weir_settings_field_key(unsigned int field)
{
	return field_keys[field];
}

static void
walk_fields(struct walk *walk, char *const *fields)
{
	unsigned int i;

	if (fields[0] == NULL)
		return;
	begin(walk, WEIR_SETTINGS_MAPPING, "fields", false);
	for (i = 0; i < WEIR_SETTINGS_FIELDS; i++)
		if (fields[i] != NULL)
			put_text(
			    walk, strchr(field_keys[i], '.') + 1, fields[i]);
	end(walk);
}

static void
put_percent(struct walk *walk, const char *key, uint32_t percent)
{
	char text[WEIR_VALUE_SIZE];

	weir_settings_percent_print(percent, text);
	put_text(walk, key, text);
}

static void
walk_guard(struct walk *walk, const struct weir_guard_settings *guard)
{
	begin(walk, WEIR_SETTINGS_MAPPING, "guard", false);
	put_bool(walk, "public-suffixes", guard->has_public_suffixes);
	put_bool(walk, "private-suffixes", guard->has_private_suffixes);
	put_bool(walk, "well-known", guard->has_well_known);
	if (guard->suffix_file != NULL)
		put_text(walk, "suffix-file", guard->suffix_file);
	if (guard->popular_file != NULL)
		put_text(walk, "popular-file", guard->popular_file);
	end(walk);
}

static void
walk_presets(struct walk *walk, unsigned int presets)
{
	unsigned int i;

	begin(walk, WEIR_SETTINGS_LIST, "presets", presets == 0);
	for (i = 0; i < WEIR_PRESETS; i++)
		if ((presets >> i & 1) != 0)
			put_text(walk, NULL, weir_preset_text(i));
	end(walk);
}

/* What of a feed's update is believed. */
static void
walk_limits(struct walk *walk, const struct weir_feed_settings *settings)
{
	char text[WEIR_VALUE_SIZE];

	if (settings->lifetime_s != 0) {
		weir_settings_duration_print(settings->lifetime_s, text);
		put_text(walk, "lifetime", text);
	}
	put_text(walk, "exceptions",
	    settings->has_global_exceptions ? "all" : "feed");
	put_bool(walk, "url-hosts", settings->has_url_hosts);
	put_percent(walk, "max-shrink", settings->max_shrink);
	put_percent(walk, "max-grow", settings->max_grow);
}

static void
walk_categories(struct walk *walk, const struct weir_policy *policy,
    const struct weir_feed *feed)
{
	unsigned int i;

	if (!feed->has_categories)
		return;
	begin(walk, WEIR_SETTINGS_LIST, "categories", false);
	for (i = 0; i < policy->category_count; i++)
		if (weir_feed_has_category(feed, i))
			put_text(walk, NULL, policy->categories[i]);
	end(walk);
}

static void
walk_urls(struct walk *walk, const char *key,
    const struct weir_feed_settings *settings)
{
	unsigned int i;

	if (settings->url_count == 1) {
		put_text(walk, key, settings->urls[0]);
		return;
	}
	begin(walk, WEIR_SETTINGS_LIST, key, false);
	for (i = 0; i < settings->url_count; i++)
		put_text(walk, NULL, settings->urls[i]);
	end(walk);
}

/* Where it comes from. */
static void
walk_origin(struct walk *walk, const struct weir_feed_settings *settings)
{
	char text[WEIR_VALUE_SIZE];

	if (settings->origin == WEIR_ORIGIN_FILE) {
		put_text(walk, "file", settings->file);
		return;
	}
	if (settings->origin == WEIR_ORIGIN_URL) {
		walk_urls(walk, "url", settings);
		weir_settings_duration_print(settings->every_s, text);
		put_text(walk, "every", text);
	} else {
		walk_urls(walk, "signed", settings);
	}
	if (settings->minisign_key != NULL)
		put_text(walk, "minisign-key", settings->minisign_key);
	if (settings->root_file != NULL)
		put_text(walk, "root", settings->root_file);
	if (settings->root_sha256 != NULL)
		put_text(walk, "root-sha256", settings->root_sha256);
	if (settings->poll_s != 0) {
		weir_settings_duration_print(settings->poll_s, text);
		put_text(walk, "poll", text);
	}
	weir_settings_size_print(settings->max_size, text);
	put_text(walk, "max-size", text);
}

static void
walk_sync(struct walk *walk, const struct weir_sync_settings *sync)
{
	begin(walk, WEIR_SETTINGS_MAPPING, "sync", false);
	put_text(walk, "state", sync->state);
	if (sync->ca_file != NULL)
		put_text(walk, "ca-file", sync->ca_file);
	if (sync->notify_listen != NULL)
		put_text(walk, "notify-listen", sync->notify_listen);
	end(walk);
}

static void
walk_statistics(
    struct walk *walk, const struct weir_statistics_settings *statistics)
{
	const struct weir_paths_statistics *module = &statistics->module;
	char text[WEIR_VALUE_SIZE];

	begin(walk, WEIR_SETTINGS_MAPPING, "statistics", false);
	put_bool(walk, "events", module->has_events);
	put_text(walk, "dnstap",
	    module->dnstap[0] == '\0' ? "none" : module->dnstap);
	put_number(walk, "client-prefix-ipv4", module->client_prefix_ipv4);
	put_number(walk, "client-prefix-ipv6", module->client_prefix_ipv6);
	put_number(walk, "sample-passed", module->sample_passed);
	put_number(walk, "max-events", module->max_events);
	put_text(walk, "history", statistics->history);
	weir_settings_size_print(statistics->history_size, text);
	put_text(walk, "history-size", text);
	put_number(walk, "event-days", statistics->event_days);
	put_number(walk, "minute-days", statistics->minute_days);
	put_number(walk, "hour-days", statistics->hour_days);
	put_number(walk, "resolved-days", statistics->resolved_days);
	end(walk);
}

static void
walk_feed(struct walk *walk, const struct weir_policy *policy,
    const struct weir_feed_settings *settings, const struct weir_feed *feed)
{
	begin(walk, WEIR_SETTINGS_MAPPING, NULL, false);
	put_text(walk, "name", settings->name);
	walk_origin(walk, settings);
	put_text(walk, "format", settings->format);
	walk_fields(walk, settings->fields);
	put_bool(walk, "subdomains", settings->subdomains);
	put_text(walk, "action", weir_action_text(feed->action));
	put_text(walk, "mode", weir_mode_text(feed->mode));
	if (settings->category != 0)
		put_text(
		    walk, "category", policy->categories[settings->category]);
	put_number(walk, "confidence", settings->confidence);
	put_number(walk, "min-confidence", feed->min_confidence);
	put_number(walk, "ede", feed->ede_code);
	walk_categories(walk, policy, feed);
	walk_limits(walk, settings);
	end(walk);
}

static void
walk_names(
    struct walk *walk, const char *key, const struct weir_name_rules *rules)
{
	unsigned int i;

	begin(walk, WEIR_SETTINGS_LIST, key, rules->count == 0);
	for (i = 0; i < rules->count; i++)
		put_text(walk, NULL, rules->items[i].text);
	end(walk);
}

int
weir_settings_walk(const struct weir_settings *settings,
    int (*each)(void *arg, const struct weir_settings_item *item), void *arg)
{
	struct walk walk = { .each = each, .arg = arg };
	const struct weir_policy *policy = &settings->policy;
	unsigned int i;

	put_text(&walk, "database", settings->database);
	put_text(&walk, "status", settings->status);
	put_text(&walk, "on-failure", weir_on_failure_text(policy->on_failure));
	put_number(&walk, "block-ttl", policy->block_ttl_s);
	put_number(&walk, "keep-generations", settings->keep_generations);
	put_number(&walk, "compile-memory", settings->compile_memory_mb);
	walk_sinkhole(&walk, policy);
	put_percent(&walk, "max-shrink", settings->max_shrink);
	put_percent(&walk, "max-grow", settings->max_grow);
	put_bool(&walk, "url-hosts", settings->has_url_hosts);
	walk_guard(&walk, &settings->guard);
	walk_sync(&walk, &settings->sync);
	walk_statistics(&walk, &settings->statistics);
	walk_presets(&walk, settings->presets);
	i = settings->presets != 0; /* their feed is not written */
	begin(&walk, WEIR_SETTINGS_LIST, "feeds", settings->feed_count == i);
	for (; i < settings->feed_count; i++)
		walk_feed(&walk, policy, &settings->feeds[i],
		    &policy->feeds[WEIR_FEED_FIRST + i]);
	end(&walk);
	walk_names(&walk, "allow", &settings->allow);
	walk_names(&walk, "deny", &settings->deny);
	walk_names(&walk, "never-block", &settings->never_block);
	return walk.stopped;
}

/* The state of a print as YAML. */
struct printer {
	FILE *stream;
	unsigned int depth;
	bool is_item_open; /* "- " is written, its first key is to come */
};

/* Two blanks for each level; the first key of a list's mapping stands behind
 * the dash. */
static void
print_lead(struct printer *printer, const char *key)
{
	if (!printer->is_item_open)
		fprintf(printer->stream, "%*s", (int)printer->depth * 2, "");
	printer->is_item_open = false;
	if (key != NULL)
		fprintf(printer->stream, "%s:", key);
	else
		fputs("-", printer->stream);
}

/* Always quoted: no word of YAML can come out of it. */
static void
print_quoted(FILE *stream, const char *text)
{
	fputs(" \"", stream);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', stream);
		fputc(*text, stream);
	}
	fputs("\"\n", stream);
}

static int
print_item(void *arg, const struct weir_settings_item *item)
{
	struct printer *printer = arg;

	switch (item->kind) {
	case WEIR_SETTINGS_TEXT:
		print_lead(printer, item->key);
		print_quoted(printer->stream, item->text);
		break;
	case WEIR_SETTINGS_NUMBER:
		print_lead(printer, item->key);
		fprintf(printer->stream, " %llu\n",
		    (unsigned long long)item->number);
		break;
	case WEIR_SETTINGS_BOOL:
		print_lead(printer, item->key);
		fputs(item->number ? " yes\n" : " no\n", printer->stream);
		break;
	case WEIR_SETTINGS_MAPPING:
	case WEIR_SETTINGS_LIST:
		print_lead(printer, item->key);
		printer->depth++;
		printer->is_item_open = item->key == NULL;
		fputs(item->key == NULL ? " "
		      : item->is_empty  ? " []\n"
					: "\n",
		    printer->stream);
		break;
	case WEIR_SETTINGS_END:
		printer->depth--;
		break;
	}
	return 0;
}

int
weir_settings_print(const struct weir_settings *settings, FILE *stream)
{
	struct printer printer = { .stream = stream };
	int error = weir_settings_walk(settings, print_item, &printer);

	if (error == 0 && ferror(stream))
		error = WEIR_ESYSTEM;
	return error;
}
