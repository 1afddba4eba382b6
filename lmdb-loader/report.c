/*
 * report.c - what became of each list: refused words by reason, with examples.
 */
#include "lmdb-loader/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "feeds/list_describe.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lmdb-loader/load.h"
#include "lmdb-loader/origin.h"
#include "lmdb-loader/rules.h"

#define REASONS_SHOWN   8 /* of a feed, to people */
#define EXAMPLES_SHOWN  3
#define REPORT_SIZE_MAX (64U << 20) /* 250 feeds with all their examples */
#define REPORT_FILE     "%" PRIu64 ".report.json"

/* Lists change daily or weekly: from then on it is worth a word. */
#define OLD_DAYS 7

/* Of all reasons together: those passed over, or the others. */
static json_int_t
count_refused(const struct weir_list_report *report, bool is_skipped)
{
	json_int_t count = 0;
	unsigned int reason;

	for (reason = 0; reason < WEIR_LIST_REASON_COUNT; reason++)
		if (weir_list_reason_is_skipped(reason) == is_skipped)
			count += (json_int_t)report->refused[reason];
	return count;
}

static json_t *
describe_row(const struct weir_diff_row *row, const char *state)
{
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I}", "name", row->name,
	    "state", state, "names", (json_int_t)row->names, "added",
	    (json_int_t)row->added, "removed", (json_int_t)row->removed,
	    "changed", (json_int_t)row->changed);
}

/* What only a feed with a list has. */
static void
add_list(json_t *object, const struct weir_feed_settings *settings,
    const struct weir_compile_feed *feed)
{
	const struct weir_list_report *report = &feed->report;
	json_t *list;

	list = json_pack(
	    "{s:o, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:I, s:I, s:o}",
	    "file",
	    weir_load_string(settings->file != NULL ? settings->file : ""),
	    "format",
	    report->format[0] != '\0' ? report->format : settings->format,
	    /* So that explain knows whether it reads the same list. */
	    "octets", (json_int_t)feed->size, "modified_ns",
	    (json_int_t)feed->modified_ns, "lines",
	    (json_int_t)report->line_count, "entries",
	    (json_int_t)report->entry_count, "kept",
	    (json_int_t)feed->kept_count, "held", (json_int_t)feed->held_count,
	    "problem", weir_load_string(feed->problem.text), "refused_count",
	    count_refused(report, false), "skipped_count",
	    count_refused(report, true), "refused",
	    weir_list_describe_refused(report));
	if (list != NULL && report->gen[0] != '\0')
		(void)json_object_set_new(list, "sequence",
		    json_integer((json_int_t)report->sequence));
	if (list != NULL)
		(void)json_object_update(object, list);
	json_decref(list);
}

json_t *
weir_report_feeds(const struct weir_settings *settings,
    const struct weir_compiled *compiled, const struct weir_diff *diff)
{
	json_t *array = json_array(), *object;
	const struct weir_diff_row *row;
	const char *state;
	unsigned int i, feed;

	for (i = 0; array != NULL && i < diff->row_count; i++) {
		row = &diff->rows[i];
		feed = i - WEIR_FEED_FIRST;
		if (row->is_gone)
			state = "gone";
		else if (i < WEIR_FEED_FIRST)
			state = "rules";
		else
			state = weir_compile_state_text(
			    compiled->feeds[feed].state);
		object = describe_row(row, state);
		if (object != NULL && !row->is_gone && i >= WEIR_FEED_FIRST)
			add_list(object, &settings->feeds[feed],
			    &compiled->feeds[feed]);
		if (json_array_append_new(array, object) != 0) {
			json_decref(array);
			array = NULL;
		}
	}
	return array;
}

static long long
integer(json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

static const char *
text(json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value != NULL ? value : "";
}

static void
print_example(json_t *feed, json_t *example, FILE *stream)
{
	long long column = integer(example, "column");

	weir_log_clean(text(feed, "file"), stream);
	/* The lines of a signed feed's state are of no file. */
	if (integer(example, "line") > 0 &&
	    json_object_get(feed, "sequence") == NULL)
		fprintf(stream, ":%lld:%lld", integer(example, "line"),
		    column > 0 ? column : 1);
	fprintf(stream, ": %s", text(example, "text"));
}

/* Whether it is names that nobody should list: of those a few are shown, for each
 * of them may be a mistake, or an attack. */
static bool
is_guarded(json_t *refused)
{
	static const enum weir_list_reason reasons[] = { WEIR_LIST_SINGLE_LABEL,
		WEIR_LIST_LOCAL_NAME, WEIR_LIST_NEVER_BLOCK,
		WEIR_LIST_WELL_KNOWN, WEIR_LIST_PUBLIC_SUFFIX,
		WEIR_LIST_PRIVATE_SUFFIX, WEIR_LIST_SPECIAL_USE,
		WEIR_LIST_POPULAR, WEIR_LIST_WHOLE_HOST };
	const char *word = text(refused, "reason");
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(weir_list_reason_word(reasons[i]), word) == 0)
			return true;
	return false;
}

/* "12 refused: not a name, as in FILE:17:3: foo bar" */
static void
print_refused(json_t *feed, json_t *refused, FILE *stream)
{
	json_t *examples = json_object_get(refused, "examples"), *example;
	bool is_skipped = json_is_true(json_object_get(refused, "skipped"));
	size_t i;

	fprintf(stream, "    %lld %s: %s", integer(refused, "count"),
	    is_skipped ? "skipped" : "refused", text(refused, "text"));
	json_array_foreach(examples, i, example)
	{
		if (i > 0 && !is_guarded(refused))
			break;
		if (i == EXAMPLES_SHOWN &&
		    integer(refused, "count") > EXAMPLES_SHOWN + 1) {
			fprintf(stream, "\n      and %lld more",
			    integer(refused, "count") - EXAMPLES_SHOWN);
			break;
		}
		fputs(i == 0 ? ", as in " : "\n      and ", stream);
		print_example(feed, example, stream);
	}
	fputc('\n', stream);
}

/* Names that nobody should list first; of a list with many faults not all, or
 * what matters is not seen any more. */
static void
print_all_refused(json_t *feed, json_t *array, FILE *stream)
{
	long long count = 0, reasons = 0;
	unsigned int round, printed = 0;
	json_t *refused;
	size_t i;

	for (round = 0; round < 2; round++)
		json_array_foreach(array, i, refused)
		{
			if (is_guarded(refused) != (round == 0))
				continue;
			if (printed < REASONS_SHOWN) {
				print_refused(feed, refused, stream);
				printed++;
				continue;
			}
			count += integer(refused, "count");
			reasons++;
		}
	if (reasons > 0)
		fprintf(stream,
		    "    %lld more for %lld other %s: weir-load lint, or "
		    "status "
		    "--json, shows all\n",
		    count, reasons, reasons == 1 ? "reason" : "reasons");
}

/* Whoever brings the lists may have stopped, and nothing else shows it. */
static void
print_age(json_t *feed, FILE *stream)
{
	long long modified_s = integer(feed, "modified_ns") / 1000000000;
	long long days = ((long long)time(NULL) - modified_s) / 86400;

	if (strcmp(text(feed, "state"), "read") == 0 && modified_s > 0 &&
	    days >= OLD_DAYS)
		fprintf(stream, ", its list is %lld days old", days);
}

static void
print_feed(json_t *feed, FILE *stream)
{
	const char *state = text(feed, "state");

	if (strcmp(state, "rules") == 0 && integer(feed, "names") == 0 &&
	    integer(feed, "removed") == 0)
		return;
	fprintf(stream,
	    "  %s%s: %lld %s (%lld added, %lld removed, "
	    "%lld changed)",
	    strcmp(state, "rules") == 0 ? "local " : "feed ",
	    text(feed, "name"), integer(feed, "names"),
	    integer(feed, "names") == 1 ? "name" : "names",
	    integer(feed, "added"), integer(feed, "removed"),
	    integer(feed, "changed"));
	if (strcmp(state, "gone") == 0)
		fputs(", no longer configured", stream);
	else if (strcmp(state, "kept") == 0)
		fputs(", kept from before: its list cannot be used", stream);
	else if (strcmp(state, "lost") == 0)
		fputs(", its list cannot be used", stream);
	else if (strcmp(state, "held") == 0)
		fputs(
		    ", kept from before: its list has to be accepted", stream);
	if (integer(feed, "deltas") > 0)
		fprintf(stream, ", and %lld %s since", integer(feed, "deltas"),
		    integer(feed, "deltas") == 1 ? "delta" : "deltas");
	print_age(feed, stream);
	fputc('\n', stream);
	if (text(feed, "problem")[0] != '\0') {
		fputs("    ", stream);
		weir_log_clean(text(feed, "problem"), stream);
		fputc('\n', stream);
	}
	print_all_refused(feed, json_object_get(feed, "refused"), stream);
}

void
weir_report_print(json_t *feeds, FILE *stream)
{
	json_t *feed;
	size_t i;

	json_array_foreach(feeds, i, feed) print_feed(feed, stream);
}

static int
save(const struct weir_store *store, uint64_t generation,
    long long applied_unix, uint64_t lists_of, json_t *feeds)
{
	char file[64], *bytes;
	json_t *report;
	int ret;

	report = json_pack("{s:I, s:I, s:I, s:O}", "generation",
	    (json_int_t)generation, "applied_unix", (json_int_t)applied_unix,
	    "lists_of", (json_int_t)lists_of, "feeds", feeds);
	bytes = report != NULL ? json_dumps(report, JSON_INDENT(1)) : NULL;
	json_decref(report);
	if (bytes == NULL)
		return WEIR_EMEMORY;
	snprintf(file, sizeof(file), REPORT_FILE, generation);
	ret = weir_file_replace(store->folder, file, bytes, strlen(bytes));
	free(bytes);
	return ret;
}

/* What is there of the same generation: an apply that changed nothing. */
int
weir_report_save(
    const struct weir_store *store, uint64_t generation, json_t *feeds)
{
	return save(store, generation, (long long)time(NULL),
	    weir_report_lists_of(store, generation), feeds);
}

uint64_t
weir_report_lists_of(const struct weir_store *store, uint64_t generation)
{
	json_t *report = weir_report_load(store, generation);
	long long lists_of = integer(report, "lists_of");

	json_decref(report);
	return lists_of > 0 ? (uint64_t)lists_of : generation;
}

json_t *
weir_report_refused(
    const struct weir_list_report *add, const struct weir_list_report *del)
{
	json_t *array = weir_list_describe_refused(add),
	       *more = weir_list_describe_refused(del);

	(void)json_array_extend(array, more);
	json_decref(more);
	return array;
}

void
weir_report_print_refused(
    const struct weir_list_report *report, const char *file, FILE *stream)
{
	json_t *array, *list;

	if (file == NULL)
		return;
	array = weir_list_describe_refused(report);
	list = json_pack("{s:o}", "file", weir_load_string(file));
	print_all_refused(list, array, stream);
	json_decref(list);
	json_decref(array);
}

static void
add_names(json_t *feeds, const char *name, int64_t added)
{
	json_t *feed;
	size_t i;

	json_array_foreach(feeds, i, feed)
	{
		if (strcmp(text(feed, "name"), name) != 0)
			continue;
		(void)json_object_set_new(feed, "names",
		    json_integer(integer(feed, "names") + (json_int_t)added));
		(void)json_object_set_new(
		    feed, "deltas", json_integer(integer(feed, "deltas") + 1));
	}
}

static bool
is_local(const char *feed)
{
	return strcmp(feed, weir_rules_list_text(WEIR_FEED_ALLOW)) == 0 ||
	       strcmp(feed, weir_rules_list_text(WEIR_FEED_DENY)) == 0;
}

void
weir_report_keep(const struct weir_store *store, uint64_t from,
    const char *feed, int64_t added)
{
	json_t *report = weir_report_load(store, from);
	json_t *feeds = json_object_get(report, "feeds");
	uint64_t lists_of = store->current.generation;

	if (feed == NULL || is_local(feed))
		lists_of = weir_report_lists_of(store, from);
	if (feeds != NULL && feed != NULL)
		add_names(feeds, feed, added);
	/* Without one, `status` says nothing of the lists. */
	if (feeds != NULL &&
	    save(store, store->current.generation,
		integer(report, "applied_unix"), lists_of, feeds) < 0)
		weir_log_error("the report on the lists cannot be written to "
			       "%s",
		    store->folder);
	json_decref(report);
}

json_t *
weir_report_load(const struct weir_store *store, uint64_t generation)
{
	char file[64], *path, *bytes;
	json_t *report = NULL;
	size_t len;

	snprintf(file, sizeof(file), REPORT_FILE, generation);
	path = weir_path_join(store->folder, file);
	if (path != NULL &&
	    weir_file_read(path, REPORT_SIZE_MAX, &bytes, &len) == 0) {
		report = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, NULL);
		free(bytes);
	}
	free(path);
	return report;
}
