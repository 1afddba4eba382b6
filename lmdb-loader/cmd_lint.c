/*
 * cmd_lint.c - weir-load lint: judges lists without loading them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/log.h"
#include "lmdb-loader/lint_json.h"
#include "lmdb-loader/load.h"

static const struct {
	const char *key, *text;
} finding_texts[] = {
	{ "duplicates", "repeated" },
	{ "redundant", "redundant, below another name of the list" },
	{ "useless_exceptions", "exceptions where nothing is blocked" },
	{ "seen_in_future", "first seen in the future" },
	{ "seen_long_ago", "first seen before 1995" },
	{ "ends_before_seen", "at their end before they were first seen" },
	{ "ends_far_off", "with an end in more than 20 years" },
};

static const char *
text_of(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

static long long
number_of(json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

static void
print_format(json_t *file)
{
	json_t *sample = json_object_get(file, "sample");
	long long lines = number_of(sample, "lines");

	printf("  %-10s %s", "format", text_of(file, "format"));
	if (lines > 0)
		printf(", as are %lld of the %lld lines looked at (%lld are "
		       "not)",
		    number_of(sample, "for"), lines,
		    number_of(sample, "against"));
	putchar('\n');
}

static void
print_numbers(json_t *file)
{
	long long exceptions = number_of(file, "exceptions");
	long long cancelled = number_of(file, "cancelled");
	long long important = number_of(file, "important");

	printf("  %-10s %lld, of which %lld are comments or empty\n", "lines",
	    number_of(file, "lines"), number_of(file, "comments"));
	printf("  %-10s %lld, of %lld different names\n", "entries",
	    number_of(file, "entries"), number_of(file, "names"));
	if (number_of(file, "names") == 0)
		printf("  %-10s no name in it that can be used\n", "nothing");
	if (exceptions > 0)
		printf("  %-10s %lld of the entries are exceptions\n", "",
		    exceptions);
	if (important > 0)
		printf("  %-10s %lld are important\n", "", important);
	if (cancelled > 0)
		printf("  %-10s %lld cancel others\n", "", cancelled);
}

/* "duplicates 12, as www.example.com in line 7 (said in line 3)" */
static void
print_finding(json_t *file, const char *key, const char *text)
{
	json_t *found = json_object_get(file, key), *example;
	const char *other;

	if (number_of(found, "count") == 0)
		return;
	example = json_array_get(json_object_get(found, "examples"), 0);
	other = text_of(example, "other");
	printf("  %-10s %lld %s, as %s in line %lld", "",
	    number_of(found, "count"), text, text_of(example, "name"),
	    number_of(example, "line"));
	if (strcmp(other, text_of(example, "name")) == 0)
		printf(" (after line %lld)", number_of(example, "other_line"));
	else if (other[0] != '\0')
		printf(" (%s in line %lld)", other,
		    number_of(example, "other_line"));
	putchar('\n');
}

static void
print_reasons(json_t *file, const char *key)
{
	json_t *group = json_object_get(file, key), *reason, *example;
	size_t i;

	if (number_of(group, "count") == 0)
		return;
	printf("  %-10s %lld\n", key, number_of(group, "count"));
	json_array_foreach(json_object_get(group, "reasons"), i, reason)
	{
		example = json_array_get(
		    json_object_get(reason, "examples"), 0);
		printf("  %-10s %lld: %s", "", number_of(reason, "count"),
		    text_of(reason, "text"));
		if (number_of(example, "line") > 0)
			printf(", as in line %lld: %s",
			    number_of(example, "line"),
			    text_of(example, "text"));
		putchar('\n');
	}
}

static void
print_overlaps(json_t *file)
{
	json_t *loaded = json_object_get(file, "loaded"), *one;
	size_t i;

	if (json_is_object(loaded))
		printf("  %-10s %lld of %lld names are blocked already by "
		       "generation %lld, %lld are new\n",
		    "loaded", number_of(loaded, "known"),
		    number_of(file, "blocked"), number_of(loaded, "generation"),
		    number_of(loaded, "new"));
	json_array_foreach(json_object_get(loaded, "feeds"), i, one)
	    printf("  %-10s %lld by feed %s, %lld below names of it\n", "",
		number_of(one, "same"), text_of(one, "feed"),
		number_of(one, "covered"));
	json_array_foreach(json_object_get(file, "overlap"), i, one)
	{
		printf("  %-10s %lld names are in ", i == 0 ? "overlap" : "",
		    number_of(one, "same"));
		weir_log_clean(text_of(one, "file"), stdout);
		printf(", %lld below names of it\n", number_of(one, "covered"));
	}
}

static void
print_file(json_t *file)
{
	size_t i;

	weir_log_clean(text_of(file, "file"), stdout);
	printf(": %s\n", text_of(file, "result"));
	if (strcmp(text_of(file, "result"), "unreadable") == 0) {
		fputs("  ", stdout);
		weir_log_clean(text_of(file, "problem"), stdout);
		putchar('\n');
		return;
	}
	print_format(file);
	print_numbers(file);
	for (i = 0; i < sizeof(finding_texts) / sizeof(finding_texts[0]); i++)
		print_finding(
		    file, finding_texts[i].key, finding_texts[i].text);
	print_reasons(file, "dangerous");
	print_reasons(file, "invalid");
	print_reasons(file, "skipped");
	print_overlaps(file);
}

/* The worst of the files. */
static int
exit_code_of(json_t *files)
{
	int exit_code = WEIR_EXIT_DONE;
	const char *result;
	json_t *file;
	size_t i;

	json_array_foreach(files, i, file)
	{
		result = text_of(file, "result");
		if (strcmp(result, "unreadable") == 0)
			return WEIR_EXIT_FAILED;
		if (strcmp(result, "trouble") == 0)
			exit_code = WEIR_EXIT_PARTLY;
	}
	return exit_code;
}

static int
print_all(const struct weir_load *load, const struct weir_lint *lint,
    uint64_t generation)
{
	unsigned int i;
	json_t *files = json_array(), *file;
	int exit_code;

	for (i = 0; i < load->arg_count; i++)
		(void)json_array_append_new(
		    files, weir_lint_describe(lint, i, generation));
	exit_code = exit_code_of(files);
	if (load->json)
		return weir_load_print(
		    json_pack("{s:o}", "files", files), exit_code);
	json_array_foreach(files, i, file) print_file(file);
	json_decref(files);
	return exit_code;
}

/* The current generation, if there is one that can be read: a list can be
 * judged without. */
static bool
open_generation(const struct weir_load *load, struct weir_store *store,
    struct weir_generation *generation)
{
	struct weir_problem problem;

	if (load->settings->database == NULL ||
	    weir_store_open(load->settings->database, store, &problem) != 0)
		return false;
	if (store->has_current &&
	    weir_store_open_generation(
		store, &store->current, false, generation, &problem) == 0)
		return true;
	weir_store_close(store);
	return false;
}

/* --popular goes before the configuration's. */
static int
set_popular(const struct weir_load *load, struct weir_problem *problem)
{
	struct weir_guard_settings *guard = &load->settings->guard;

	if (load->popular_file == NULL)
		return 0;
	free(guard->popular_file);
	guard->popular_file = strdup(load->popular_file);
	return guard->popular_file != NULL
		   ? 0
		   : weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
}

static int
judge(const struct weir_load *load, struct weir_lint *lint,
    struct weir_problem *problem)
{
	int ret = set_popular(load, problem);

	if (ret == 0)
		ret = weir_lint_read(
		    lint, load->args, load->arg_count, problem);
	return ret == 0 ? weir_lint_walk(lint, problem) : ret;
}

int
weir_cmd_lint(const struct weir_load *load)
{
	struct weir_lint lint = { .settings = load->settings,
		.format = load->format != NULL ? load->format : "auto",
		.now_unix = (uint32_t)time(NULL) };
	struct weir_generation generation;
	struct weir_problem problem = { "" };
	struct weir_store store;
	bool has_generation;
	int exit_code;

	if (!weir_list_format_is_known(lint.format))
		return weir_load_usage(load, "--format %s: not one of %s",
		    lint.format, weir_list_format_names());
	weir_load_give_way();
	has_generation = open_generation(load, &store, &generation);
	if (has_generation)
		lint.generation = &generation;
	if (judge(load, &lint, &problem) == 0)
		exit_code = print_all(
		    load, &lint, has_generation ? store.current.generation : 0);
	else
		exit_code = weir_load_fail(load, &problem);
	weir_lint_done(&lint);
	if (has_generation) {
		weir_generation_close(&generation);
		weir_store_close(&store);
	}
	return exit_code;
}
