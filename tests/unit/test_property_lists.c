/*
 * test_property_lists.c - random lists as text, compiled as `apply` does it, and
 * random queries: what the database and the policy say, and what the naive
 * matcher says (naive.h), which was told the same in its own words.
 *
 * 100,000 look-ups, or WEIR_PROPERTY_LOOKUPS; WEIR_PROPERTY_SEED for others.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/list.h"
#include "lib/file.h"
#include "lib/generation.h"
#include "lib/settings.h"
#include "lmdb-loader/compile.h"
#include "lmdb-loader/store.h"
#include "lmdb-loader/write.h"
#include "tests/unit/naive.h"
#include "tests/unit/scratch.h"

#define LINES         300 /* of a list */
#define LOOKUPS       100000
#define WORLD_LOOKUPS 10000
#define NAME_SIZE     80

static struct scratch scratch;
static struct weir_problem problem;

static void
need(int error, const char *what)
{
	if (error == 0)
		return;
	fprintf(stderr, "%s: %d %s\n", what, error, problem.text);
	abort();
}

static void
random_name(unsigned int depth, char *text)
{
	static const char *const labels[] = { "qa", "qb", "ab", "a-b", "q",
		"u_1", "com", "xn--p1ai" };
	size_t len = 0;
	unsigned int i;

	for (i = 1; i < depth; i++)
		len += (size_t)sprintf(text + len, "%s.", labels[chance(8)]);
	sprintf(text + len, "%s", chance(2) == 0 ? "zq" : "zr");
}

/* Capitals here and there. */
static void
shout(char *text)
{
	for (; *text != '\0'; text++)
		if (*text >= 'a' && *text <= 'z' && chance(3) == 0)
			*text = (char)(*text - 'a' + 'A');
}

/* --- one thing said, in both languages ------------------------------------ */

static void
tell(unsigned int feed, const char *text, bool has_itself, bool has_below,
    unsigned int action, bool is_important, unsigned int confidence)
{
	struct word word = {
		.is_said = true, .action = action, .is_important = is_important
	};
	struct said said = { .is_said = true, .confidence = confidence };
	struct said *place = &named_called(text, true)->feeds[feed];

	if (has_itself)
		said.itself = word;
	if (has_below)
		said.below = word;
	if (place->is_said)
		say_more(place, &said);
	else
		*place = said;
}

/* example.com, *.example.com, .example.com */
static void
say_domain(
    FILE *list, unsigned int feed, bool has_subdomains, unsigned int confidence)
{
	static const char *const heads[] = { "", "*.", "." };
	char text[NAME_SIZE], shown[NAME_SIZE];
	unsigned int kind = chance(3);

	random_name(2 + chance(4), text);
	strcpy(shown, text);
	shout(shown);
	fprintf(
	    list, "%s%s%s\n", heads[kind], shown, chance(5) == 0 ? "." : "");
	tell(feed, text, kind != 1, kind != 0 || has_subdomains,
	    WEIR_ACTION_DEFAULT, false, confidence);
}

/* 0.0.0.0 a.example b.example # comment */
static void
say_host(
    FILE *list, unsigned int feed, bool has_subdomains, unsigned int confidence)
{
	unsigned int i, count = 1 + chance(3);
	char text[NAME_SIZE];

	fprintf(list, "%s", chance(2) == 0 ? "0.0.0.0" : "::");
	for (i = 0; i < count; i++) {
		random_name(2 + chance(4), text);
		fprintf(list, " %s", text);
		tell(feed, text, true, has_subdomains, WEIR_ACTION_DEFAULT,
		    false, confidence);
	}
	fprintf(list, "%s\n", chance(4) == 0 ? " # why" : "");
}

/* ||example.com^ and its like */
static void
say_adblock(FILE *list, unsigned int feed, unsigned int confidence)
{
	static const char *const heads[] = { "||", "||*.", "|" };
	bool is_exception = chance(4) == 0, is_important = chance(6) == 0;
	unsigned int kind = chance(3) == 0 ? 1 + chance(2) : 0;
	char text[NAME_SIZE];

	random_name(2 + chance(4), text);
	fprintf(list, "%s%s%s^%s\n", is_exception ? "@@" : "", heads[kind],
	    text, is_important ? "$important" : "");
	tell(feed, text, kind != 1, kind != 2,
	    is_exception ? WEIR_ACTION_EXCEPT : WEIR_ACTION_DEFAULT,
	    is_important, confidence);
}

/* --- a world: weir.yaml, its lists, a database ---------------------------- */

static void
make_list(unsigned int feed, FILE *yaml)
{
	static const char *const formats[] = { "domains", "hosts", "adblock" };
	bool has_adblock = weir_list_format_is_known("adblock") != 0;
	unsigned int format = chance(has_adblock ? 3 : 2), i;
	unsigned int confidence = 51 + chance(2);
	bool has_subdomains = chance(2) == 0;
	char path[SCRATCH_FOLDER_SIZE + 16];
	FILE *list;

	fprintf(yaml,
	    "  - {name: f%u, file: f%u, format: %s, subdomains: %s, "
	    "confidence: %u, min-confidence: %u, mode: %s, action: %s}\n",
	    feed, feed, formats[format], has_subdomains ? "yes" : "no",
	    confidence, naive_feeds[feed].min_confidence,
	    naive_feeds[feed].is_shadow ? "shadow" : "enforce",
	    weir_action_text(naive_feeds[feed].action));
	snprintf(path, sizeof(path), "%s/f%u", scratch.folder, feed);
	list = fopen(path, "w");
	scratch_need(list != NULL, path);
	for (i = 0; i < LINES; i++) {
		if (format == 0)
			say_domain(list, feed, has_subdomains, confidence);
		else if (format == 1)
			say_host(list, feed, has_subdomains, confidence);
		else
			say_adblock(list, feed, confidence);
	}
	scratch_need(fclose(list) == 0, path);
}

/* allow:, deny: */
static void
make_rules(unsigned int feed, FILE *yaml)
{
	static const char *const heads[] = { "", "=", "*." };
	unsigned int i, kind;
	char text[NAME_SIZE];

	fprintf(yaml, "%s:\n", feed == 0 ? "allow" : "deny");
	for (i = 0; i < 5; i++) {
		kind = chance(3);
		random_name(3 + chance(3), text);
		fprintf(yaml, "  - \"%s%s\"\n", heads[kind], text);
		tell(feed, text, kind != 2, kind != 1, WEIR_ACTION_DEFAULT,
		    false, 100);
	}
}

static void
make_world(const char *path)
{
	FILE *yaml = fopen(path, "w");
	unsigned int i;

	scratch_need(yaml != NULL, path);
	memset(naive_feeds, 0, sizeof(naive_feeds));
	naive_feeds[0].action = WEIR_ACTION_PASS;
	naive_feeds[1].action = WEIR_ACTION_NXDOMAIN;
	feed_count = 3 + chance(FEEDS - 2);
	fprintf(yaml, "database: %s/db\nstatus: %s/status\n", scratch.folder,
	    scratch.folder);
	make_rules(0, yaml);
	make_rules(1, yaml);
	fprintf(yaml, "feeds:\n");
	for (i = WEIR_FEED_FIRST; i < feed_count; i++) {
		naive_feeds[i].action = WEIR_ACTION_NXDOMAIN + chance(7);
		naive_feeds[i].is_shadow = chance(4) == 0;
		naive_feeds[i].min_confidence = chance(3) == 0 ? 51 : 0;
		make_list(i, yaml);
	}
	scratch_need(fclose(yaml) == 0, path);
}

static void
publish(const struct weir_settings *settings, struct weir_store *store)
{
	struct weir_write_options options = { .kind = WEIR_DB_BASE };
	struct weir_store_draft draft = { .base_file = "base.tmp" };
	struct weir_compiled compiled;
	struct weir_db_header header;
	char *path;

	need(weir_store_lock(settings->database, 0, store, &problem), "store");
	need(weir_compile(
		 settings, NULL, NULL, 1 + chance(3), &compiled, &problem),
	    "compile");
	path = weir_path_join(store->folder, draft.base_file);
	draft.name_count = weir_sort_count(compiled.sort);
	need(weir_write_db(path, weir_sort_stream(compiled.sort),
		 compiled.policy, &options, NULL, &header, &problem),
	    path);
	need(weir_store_prove(store, draft.base_file, &draft.base, &problem),
	    path);
	need(weir_store_next(store, &draft.generation), path);
	need(weir_store_publish(store, &draft, &problem), path);
	weir_compile_done(&compiled);
	free(path);
}

static bool
look_up(const struct weir_generation *generation)
{
	struct weir_matches matches = { .count = 0 };
	struct weir_verdict verdict;
	struct found decided, shadow;
	struct weir_name name;
	char text[NAME_SIZE];
	int ret;

	random_name(1 + chance(7), text);
	need(weir_name_parse(text, strlen(text), &name), text);
	ret = weir_generation_lookup(generation, &name, &matches);
	need(ret < 0 ? ret : 0, text);
	need(weir_policy_decide(
		 weir_generation_policy(generation), &matches, 1, &verdict),
	    text);
	ask_all(text, 1, &decided, &shadow);
	if (is_same(&verdict.decided, &decided) &&
	    is_same(&verdict.shadow, &shadow))
		return true;
	fprintf(stderr, "%s:\n", text);
	print_rule("weir", &verdict.decided);
	print_found("naive", &decided);
	print_rule("weir, shadow", &verdict.shadow);
	print_found("naive, shadow", &shadow);
	return false;
}

static unsigned long
check_world(unsigned long count)
{
	const struct weir_settings_formats formats = {
		.is_known = weir_list_format_is_known,
		.names = weir_list_format_names()
	};
	struct weir_generation generation;
	struct weir_settings *settings;
	unsigned long i, differences = 0;
	struct weir_store store;
	char path[SCRATCH_FOLDER_SIZE + 16];

	scratch_init(&scratch);
	snprintf(path, sizeof(path), "%s/weir.yaml", scratch.folder);
	make_world(path);
	need(weir_settings_read(path, &formats, &settings, &problem), path);
	publish(settings, &store);
	need(weir_store_open_generation(
		 &store, &store.current, true, &generation, &problem),
	    "open");
	for (i = 0; i < count && differences < 5; i++)
		differences += !look_up(&generation);
	weir_generation_close(&generation);
	weir_store_close(&store);
	weir_settings_free(settings);
	scratch_done(&scratch);
	forget_all();
	return differences;
}

int
main(void)
{
	unsigned long left = number_of("WEIR_PROPERTY_LOOKUPS", LOOKUPS);
	unsigned long seed = number_of("WEIR_PROPERTY_SEED", 1);
	unsigned long count, done = 0, differences = 0;

	for (; left > 0 && differences == 0; left -= count, seed++) {
		state = (seed + 1) * 0x9e3779b97f4a7c15ULL;
		count = left < WORLD_LOOKUPS ? left : WORLD_LOOKUPS;
		differences = check_world(count);
		if (differences > 0)
			fprintf(stderr, "WEIR_PROPERTY_SEED=%lu\n", seed);
		done += count;
	}
	printf("%lu look-ups, %lu differences\n", done, differences);
	return differences == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
