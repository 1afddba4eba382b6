/*
 * lint_json.c - what `weir-load lint` has found out, as JSON (weir-load(8)).
 */
#include "lmdb-loader/lint_json.h"

#include <string.h>

#include "lmdb-loader/load.h"
#include "lmdb-loader/report.h"

enum group {
	GROUP_INVALID,
	GROUP_DANGEROUS,
	GROUP_SKIPPED,
	GROUP_COUNT
};

static const char *const group_words[GROUP_COUNT] = { "invalid", "dangerous",
	"skipped" };

static enum group
group_of(unsigned int reason)
{
	if (weir_lint_is_harmless(reason))
		return GROUP_SKIPPED;
	return weir_lint_is_dangerous(reason) ? GROUP_DANGEROUS : GROUP_INVALID;
}

/* What was not taken, by reason, in three groups. */
static void
add_reasons(json_t *object, const struct weir_list_report *report)
{
	static const struct weir_list_report none;
	json_t *all = weir_report_refused(report, &none), *groups[GROUP_COUNT];
	uint64_t counts[GROUP_COUNT] = { 0 };
	unsigned int reason, i;
	size_t at = 0;

	for (i = 0; i < GROUP_COUNT; i++)
		groups[i] = json_array();
	for (reason = 0; reason < WEIR_LIST_REASON_COUNT; reason++) {
		if (report->refused[reason] == 0)
			continue;
		i = group_of(reason);
		counts[i] += report->refused[reason];
		(void)json_array_append(groups[i], json_array_get(all, at++));
	}
	for (i = 0; i < GROUP_COUNT; i++)
		(void)json_object_set_new(object, group_words[i],
		    json_pack("{s:I, s:o}", "count", (json_int_t)counts[i],
			"reasons", groups[i]));
	json_decref(all);
}

static json_t *
describe_case(const struct weir_lint_case *found)
{
	json_t *array = json_array();
	const struct weir_lint_example *example;
	unsigned int i;

	for (i = 0; i < WEIR_LINT_EXAMPLES && i < found->count; i++) {
		example = &found->examples[i];
		(void)json_array_append_new(
		    array, json_pack("{s:s, s:I, s:s, s:I}", "name",
			       example->name, "line", (json_int_t)example->line,
			       "other", example->other, "other_line",
			       (json_int_t)example->other_line));
	}
	return json_pack(
	    "{s:I, s:o}", "count", (json_int_t)found->count, "examples", array);
}

static json_t *
describe_loaded(const struct weir_lint *lint, const struct weir_lint_file *file,
    uint64_t generation)
{
	const struct weir_policy *policy;
	json_t *feeds = json_array();
	unsigned int i;

	if (lint->generation == NULL) {
		json_decref(feeds);
		return json_null();
	}
	policy = weir_generation_policy(lint->generation);
	for (i = 0; i < policy->feed_count; i++)
		if (file->feeds[i].same + file->feeds[i].covered > 0)
			(void)json_array_append_new(feeds,
			    json_pack("{s:s, s:I, s:I}", "feed",
				policy->feeds[i].name, "same",
				(json_int_t)file->feeds[i].same, "covered",
				(json_int_t)file->feeds[i].covered));
	return json_pack("{s:I, s:I, s:I, s:o}", "generation",
	    (json_int_t)generation, "known", (json_int_t)file->known, "new",
	    (json_int_t)(file->block_names - file->known), "feeds", feeds);
}

static json_t *
describe_overlap(const struct weir_lint *lint, unsigned int number)
{
	json_t *array = json_array();
	unsigned int i;

	for (i = 0; i < lint->file_count; i++)
		if (i != number && lint->files[i].error == 0)
			(void)json_array_append_new(array,
			    json_pack("{s:o, s:I, s:I}", "file",
				weir_load_string(lint->files[i].path), "same",
				(json_int_t)lint->files[number].files[i].same,
				"covered",
				(json_int_t)lint->files[number]
				    .files[i]
				    .covered));
	return array;
}

static bool
has_trouble(const struct weir_lint_file *file)
{
	unsigned int i;

	for (i = 0; i < WEIR_LIST_REASON_COUNT; i++)
		if (file->report.refused[i] > 0 && !weir_lint_is_harmless(i))
			return true;
	for (i = WEIR_LINT_FUTURE; i < WEIR_LINT_COUNT; i++)
		if (file->cases[i].count > 0)
			return true;
	return file->names == 0;
}

/* Numbers of what was read. */
static json_t *
describe_numbers(const struct weir_lint_file *file)
{
	const struct weir_list_report *report = &file->report;

	return json_pack("{s:s, s:{s:I, s:I, s:I}, s:I, s:I, s:I, s:I, s:I, "
			 "s:I, s:I, s:I}",
	    "format", report->format, "sample", "lines",
	    (json_int_t)report->sample_count, "for",
	    (json_int_t)report->sample_for, "against",
	    (json_int_t)report->sample_against, "lines",
	    (json_int_t)report->line_count, "comments",
	    (json_int_t)report->comment_count, "entries",
	    (json_int_t)report->entry_count, "names", (json_int_t)file->names,
	    "blocked", (json_int_t)file->block_names, "exceptions",
	    (json_int_t)file->exceptions, "important",
	    (json_int_t)file->important, "cancelled",
	    (json_int_t)file->cancelled);
}

json_t *
weir_lint_describe(
    const struct weir_lint *lint, unsigned int number, uint64_t generation)
{
	const struct weir_lint_file *file = &lint->files[number];
	const char *result = "fine";
	json_t *object, *numbers;
	unsigned int i;

	if (file->error != 0)
		result = "unreadable";
	else if (has_trouble(file))
		result = "trouble";
	object = json_pack("{s:o, s:s, s:o}", "file",
	    weir_load_string(file->path), "result", result, "problem",
	    weir_load_string(file->problem.text));
	if (object == NULL || file->error != 0)
		return object;
	numbers = describe_numbers(file);
	(void)json_object_update(object, numbers);
	json_decref(numbers);
	add_reasons(object, &file->report);
	for (i = 0; i < WEIR_LINT_COUNT; i++)
		(void)json_object_set_new(object, weir_lint_finding_word(i),
		    describe_case(&file->cases[i]));
	(void)json_object_set_new(
	    object, "loaded", describe_loaded(lint, file, generation));
	(void)json_object_set_new(
	    object, "overlap", describe_overlap(lint, number));
	return object;
}
