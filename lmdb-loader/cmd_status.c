/*
 * cmd_status.c - weir-load status: generations, feeds, refusals, modules.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/file.h"
#include "lib/log.h"
#include "lmdb-loader/ack.h"
#include "lmdb-loader/held.h"
#include "lmdb-loader/load.h"
#include "lmdb-loader/local.h"
#include "lmdb-loader/report.h"
#include "lmdb-loader/signed.h"

static json_t *
describe_generation(const struct weir_store *store, uint64_t number)
{
	struct weir_problem problem = { "" };
	struct weir_current text;
	int is_current = store->has_current &&
			 number == store->current.generation;

	if (weir_store_read(store, number, &text, &problem) < 0)
		return json_pack("{s:I, s:b, s:o}", "generation",
		    (json_int_t)number, "current", is_current, "problem",
		    weir_load_string(problem.text));
	return json_pack("{s:I, s:b, s:I, s:I, s:I, s:I, s:I, s:s, s:s?}",
	    "generation", (json_int_t)number, "current", is_current, "serial",
	    (json_int_t)text.serial, "names", (json_int_t)text.name_count,
	    "octets", (json_int_t)weir_current_octets(&text), "created_unix",
	    (json_int_t)text.created_unix, "lists_of",
	    (json_int_t)weir_report_lists_of(store, number), "base",
	    text.base.name, "overlay",
	    text.has_overlay ? text.overlay.name : NULL);
}

static json_t *
describe_generations(const struct weir_store *store)
{
	json_t *array = json_array();
	uint64_t *generations;
	unsigned int count, i;

	if (weir_store_list(store, &generations, &count) < 0)
		return array;
	for (i = 0; i < count; i++)
		(void)json_array_append_new(
		    array, describe_generation(store, generations[i]));
	free(generations);
	return array;
}

/* Lists that wait, or are accepted and will be taken. */
static json_t *
describe_held(const struct weir_store *store)
{
	struct weir_held *held = calloc(1, sizeof(*held));
	json_t *array;

	if (held == NULL)
		return NULL;
	if (weir_held_load(store->folder, held) < 0)
		weir_log_error(
		    "%s: what is held cannot be read", store->folder);
	array = weir_held_describe(held);
	free(held);
	return array;
}

/* null: it has not failed. */
static json_t *
read_compact_problem(const struct weir_store *store)
{
	char *path = weir_path_join(store->folder, WEIR_COMPACT_PROBLEM);
	char *text = NULL;
	json_t *problem;
	size_t len;

	if (path == NULL ||
	    weir_file_read(path, WEIR_COMPACT_PROBLEM_SIZE, &text, &len) != 0) {
		free(path);
		return json_null();
	}
	problem = weir_load_string(text);
	free(text);
	free(path);
	return problem;
}

/* "active", "ended", "configured" (weir.yaml has one for the name, which holds
 * in its place), "pending" (a command was killed: the next one, or apply, brings
 * it in). */
static const char *
rule_state(const struct weir_settings *settings,
    const struct weir_generation *files, const struct weir_local_rule *rule)
{
	if (rule->until_unix != 0 && rule->until_unix <= (uint64_t)time(NULL))
		return "ended";
	if (weir_rules_find_configured(settings, rule) != NULL)
		return "configured";
	if (files->base == NULL || weir_local_is_in(files, rule) != 1)
		return "pending";
	return "active";
}

/* The rules that allow and deny have made. */
static json_t *
describe_rules(
    const struct weir_settings *settings, const struct weir_store *store)
{
	struct weir_generation files = { .base = NULL };
	struct weir_problem problem = { "" };
	struct weir_rules rules = { 0 };
	json_t *array = json_array(), *object;
	unsigned int i;

	if (weir_rules_read(store->folder, WEIR_RULES_FILE, &rules, &problem) <
	    0)
		weir_log_error("%s", problem.text);
	if (rules.count > 0 && store->has_current &&
	    weir_store_open_generation(
		store, &store->current, false, &files, &problem) < 0)
		files.base = NULL;
	for (i = 0; i < rules.count; i++) {
		object = weir_load_rule(&rules.items[i]);
		(void)json_object_set_new(object, "state",
		    json_string(rule_state(settings, &files, &rules.items[i])));
		(void)json_array_append_new(array, object);
	}
	if (files.base != NULL)
		weir_generation_close(&files);
	weir_rules_done(&rules);
	return array;
}

/* Which states of signed feeds are in force. */
static json_t *
describe_signed(const struct weir_store *store)
{
	struct weir_generation generation = { .base = NULL };
	struct weir_problem problem = { "" };
	const struct weir_policy *policy;
	const struct weir_feed *feed;
	json_t *array = json_array();
	unsigned int i;

	if (!store->has_current ||
	    weir_store_open_generation(
		store, &store->current, false, &generation, &problem) < 0)
		return array;
	policy = weir_generation_policy(&generation);
	for (i = WEIR_FEED_FIRST; i < policy->feed_count; i++) {
		feed = &policy->feeds[i];
		if (feed->gen[0] != '\0')
			(void)json_array_append_new(
			    array, json_pack("{s:s, s:s, s:I, s:I}", "feed",
				       feed->name, "gen", feed->gen, "sequence",
				       (json_int_t)feed->sequence, "names",
				       (json_int_t)feed->names));
	}
	weir_generation_close(&generation);
	return array;
}

static json_t *
describe(const struct weir_settings *settings, const struct weir_store *store,
    const struct weir_ack *ack)
{
	json_t *report = NULL, *feeds = NULL, *applied = NULL, *current;

	if (store->has_current)
		report = weir_report_load(store, store->current.generation);
	if (report != NULL) {
		feeds = json_object_get(report, "feeds");
		applied = json_object_get(report, "applied_unix");
	}
	current = store->has_current
		      ? json_pack("{s:I, s:I}", "generation",
			    (json_int_t)store->current.generation, "serial",
			    (json_int_t)store->current.serial)
		      : json_null();
	current = json_pack(
	    "{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o}",
	    "database", store->folder, "current", current, "generations",
	    describe_generations(store), "applied_unix",
	    applied != NULL ? json_incref(applied) : json_null(), "feeds",
	    feeds != NULL ? json_incref(feeds) : json_array(), "held",
	    describe_held(store), "signed", describe_signed(store),
	    "rolled_back", (int)weir_signed_is_rolled_back(store->folder),
	    "local_rules", describe_rules(settings, store), "modules",
	    json_incref(ack->modules), "compact_problem",
	    read_compact_problem(store));
	json_decref(report);
	return current;
}

static long long
integer(json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

static void
print_generations(json_t *generations)
{
	json_t *generation;
	const char *problem;
	char created[32];
	struct tm tm;
	time_t when;
	size_t i;

	json_array_foreach(generations, i, generation)
	{
		problem = json_string_value(
		    json_object_get(generation, "problem"));
		printf("%c generation %lld: ",
		    json_is_true(json_object_get(generation, "current")) ? '*'
									 : ' ',
		    integer(generation, "generation"));
		if (problem != NULL) {
			printf("%s\n", problem);
			continue;
		}
		when = (time_t)integer(generation, "created_unix");
		created[0] = '\0';
		if (gmtime_r(&when, &tm) != NULL)
			(void)strftime(created, sizeof(created),
			    "%Y-%m-%d %H:%M:%S UTC", &tm);
		printf("%lld names, %lld octets, serial %lld, %s",
		    integer(generation, "names"), integer(generation, "octets"),
		    integer(generation, "serial"), created);
		if (integer(generation, "lists_of") !=
		    integer(generation, "generation"))
			printf(
			    ", lists of %lld", integer(generation, "lists_of"));
		putchar('\n');
	}
}

static void
print_when(const char *what, long long seconds)
{
	time_t when = (time_t)seconds;
	char text[32];
	struct tm tm;

	if (seconds != 0 && gmtime_r(&when, &tm) != NULL &&
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm) > 0)
		printf(", %s %s", what, text);
}

static void
print_rules(json_t *rules)
{
	const char *state, *why;
	long long until;
	json_t *rule;
	size_t i;

	json_array_foreach(rules, i, rule)
	{
		until = integer(rule, "until_unix");
		why = json_string_value(json_object_get(rule, "why"));
		state = json_string_value(json_object_get(rule, "state"));
		printf("  local rule: %s %s",
		    json_string_value(json_object_get(rule, "list")),
		    json_string_value(json_object_get(rule, "name")));
		print_when("made", integer(rule, "made_unix"));
		print_when(
		    strcmp(state, "ended") == 0 ? "ended" : "until", until);
		if (until == 0)
			printf(", for ever");
		if (why[0] != '\0')
			printf(", why: %s", why);
		if (strcmp(state, "configured") == 0)
			printf("; weir.yaml has a rule for it, which holds");
		else if (strcmp(state, "pending") == 0)
			printf("; not in force yet: weir-load apply");
		putchar('\n');
	}
}

static void
print_modules(json_t *modules, bool is_hidden)
{
	const char *problem;
	json_t *module;
	size_t i;

	if (json_array_size(modules) == 0 && !is_hidden)
		printf("no module is running\n");
	json_array_foreach(modules, i, module)
	{
		problem = json_string_value(json_object_get(module, "problem"));
		printf("module in process %lld: generation %lld, serial %lld, "
		       "acknowledged %lld%s%s\n",
		    integer(module, "pid"), integer(module, "generation"),
		    integer(module, "serial"),
		    integer(module, "serial_acknowledged"),
		    problem != NULL && problem[0] != '\0' ? ": " : "",
		    problem != NULL ? problem : "");
	}
}

static void
print_held(json_t *held)
{
	const char *feed;
	json_t *one;
	size_t i;

	json_array_foreach(held, i, one)
	{
		feed = json_string_value(json_object_get(one, "feed"));
		printf("feed %s waits: a list with %lld names, %lld are in "
		       "force; ",
		    feed, integer(one, "names"), integer(one, "before"));
		if (json_is_true(json_object_get(one, "accepted")))
			printf("accepted, weir-load apply takes it\n");
		else
			printf("weir-load accept %s takes it\n", feed);
	}
}

static void
print_signed(json_t *feeds, bool is_rolled_back)
{
	json_t *feed;
	size_t i;

	json_array_foreach(feeds, i, feed)
	    printf("feed %s: sequence %lld of %s, %lld names\n",
		json_string_value(json_object_get(feed, "feed")),
		integer(feed, "sequence"),
		json_string_value(json_object_get(feed, "gen")),
		integer(feed, "names"));
	if (is_rolled_back)
		printf("%s\n", WEIR_SIGNED_ROLLED_BACK);
}

static void
print_text(json_t *document, const struct weir_store *store, bool is_hidden)
{
	const char *problem;

	printf("database %s\n", store->folder);
	if (!store->has_current)
		printf("no generation is current (weir-load apply makes "
		       "one)\n");
	print_generations(json_object_get(document, "generations"));
	problem = json_string_value(
	    json_object_get(document, "compact_problem"));
	if (problem != NULL)
		printf("the last compaction has failed: %s\n", problem);
	if (integer(document, "applied_unix") > 0) {
		printf("last apply");
		print_when("at", integer(document, "applied_unix"));
		putchar('\n');
	}
	weir_report_print(json_object_get(document, "feeds"), stdout);
	print_signed(json_object_get(document, "signed"),
	    json_is_true(json_object_get(document, "rolled_back")));
	print_held(json_object_get(document, "held"));
	print_rules(json_object_get(document, "local_rules"));
	print_modules(json_object_get(document, "modules"), is_hidden);
}

int
weir_cmd_status(const struct weir_load *load)
{
	struct weir_problem problem = { "" };
	struct weir_store store;
	struct weir_ack ack;
	json_t *document;

	if (weir_store_open(load->settings->database, &store, &problem) < 0)
		return weir_load_fail(load, &problem);
	if (weir_ack_look(load->settings->status, load->settings->database,
		&store.current, &ack, &problem) < 0) {
		weir_store_close(&store);
		return weir_load_fail(load, &problem);
	}
	if (ack.is_hidden)
		weir_load_say_hidden(load);
	document = describe(load->settings, &store, &ack);
	if (load->json || document == NULL) {
		weir_ack_done(&ack);
		weir_store_close(&store);
		return weir_load_print(document, WEIR_EXIT_DONE);
	}
	print_text(document, &store, ack.is_hidden);
	json_decref(document);
	weir_ack_done(&ack);
	weir_store_close(&store);
	return WEIR_EXIT_DONE;
}
