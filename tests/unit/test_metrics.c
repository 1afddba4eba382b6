/*
 * test_metrics.c - stats/metrics*.c: whatever stands in the status files and in
 * weir-sync's document, the text is what a scraper can read, and no series is
 * there twice.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "stats/metrics.h"
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#define SERIES_MAX    8192
/* A mark of direction, and an x, in one literal. */
#define RIGHT_TO_LEFT "\xe2\x80\xae\x78"

static struct scratch scratch;
static struct weir_status modules[2];
static char *text;
static size_t text_len;

static const char *const names[] = { "plain", "a\"b", "c\\d", "e\\\"f\\",
	"g\nh", "i\\nj", "same\001", "same\002", "same?", "\xff\xfe",
	"\xff\xfd", "{x=\"y\"} 1\n# EOF", "<script>", "caf\xc3\xa9",
	RIGHT_TO_LEFT, ",", "=", "" };
#define NAME_COUNT (sizeof(names) / sizeof(names[0]))

static void
make_modules(void)
{
	struct weir_problem problem = { "" };
	struct weir_worker_counts *counts;
	unsigned int i, j, slot;

	scratch_init(&scratch);
	for (i = 0; i < 2; i++) {
		ck_assert_msg(weir_status_create(scratch.folder, 2, names[1],
				  &modules[i], &problem) == 0,
		    "%s", problem.text);
		counts = weir_status_worker(&modules[i], 1);
		for (j = 0; j < NAME_COUNT; j++) {
			slot = weir_status_feed_slot(
			    &modules[i], names[j], true);
			atomic_store(
			    &counts->feeds[slot][WEIR_FEED_BLOCKED], 1ULL << j);
			slot = weir_status_category_slot(
			    &modules[i], names[j], true);
			atomic_store(
			    &counts->categories[slot][WEIR_CATEGORY_BLOCKED],
			    1ULL << j);
		}
		atomic_store(&counts->ways[0], UINT64_MAX);
		atomic_store(&counts->work_sum_ns, UINT64_MAX);
	}
}

static void
remove_modules(void)
{
	weir_status_close(&modules[0]);
	weir_status_close(&modules[1]);
	scratch_done(&scratch);
}

static json_t *
make_sync(void)
{
	json_t *feeds = json_array(), *name;
	size_t i;

	for (i = 0; i < NAME_COUNT; i++) {
		name = json_string(names[i]);
		if (name)
			(void)json_array_append_new(feeds,
			    json_pack("{s:o, s:s, s:i, s:I, s:s, s:{s:i}}",
				"name", name, "state", "fresh", "newer", 5,
				"polls", (json_int_t)-1, "names", "none",
				"to_force", "p50_ms", 7));
	}
	(void)json_array_append_new(feeds, json_string("no object"));
	(void)json_array_append_new(feeds, json_pack("{s:i}", "name", 3));
	return json_pack("{s:o, s:n}", "feeds", feeds, "written");
}

static void
print(enum weir_metrics_format format, bool has_sync)
{
	struct weir_metrics metrics = { modules, 2,
		has_sync ? make_sync() : NULL, 100 };
	FILE *stream;

	free(text);
	stream = open_memstream(&text, &text_len);
	ck_assert_ptr_nonnull(stream);
	ck_assert_int_eq(weir_metrics_print(&metrics, format, stream), 0);
	ck_assert_int_eq(fclose(stream), 0);
	json_decref(metrics.sync);
}

/* NAME{LABEL="VALUE",...}: how long it is; 0: it is none. */
static size_t
series_len(const char *line)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz_0123456789";
	const char *at = line + strspn(line, letters);

	if (at == line)
		return 0;
	if (*at != '{')
		return (size_t)(at - line);
	do {
		at++;
		if (strspn(at, letters) == 0)
			return 0;
		at += strspn(at, letters);
		if (at[0] != '=' || at[1] != '"')
			return 0;
		for (at += 2; *at != '"'; at++) {
			if ((unsigned char)*at < ' ')
				return 0;
			if (*at == '\\' && *++at != '\\' && *at != '"' &&
			    *at != 'n')
				return 0;
		}
		at++;
	} while (*at == ',');
	return *at == '}' ? (size_t)(at + 1 - line) : 0;
}

static int
compare(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Each line is a comment, or a series and a number; each series is there once. */
static void
check_text(bool is_open)
{
	static const char *const comments[] = { "# HELP weir_", "# TYPE weir_",
		"# UNIT weir_" };
	char *series[SERIES_MAX], *line, *end, *number;
	size_t count = 0, i, len;
	bool is_over = false;

	for (line = text; *line != '\0'; line = end + 1) {
		end = strchr(line, '\n');
		ck_assert_ptr_nonnull(end);
		*end = '\0';
		ck_assert(!is_over);
		if (line[0] == '#') {
			is_over = strcmp(line, "# EOF") == 0;
			for (i = 0; i < 3 && !is_over; i++)
				if (strncmp(line, comments[i], 12) == 0)
					break;
			ck_assert_msg(i < 3, "%s", line);
			continue;
		}
		len = series_len(line);
		ck_assert_msg(len > 0 && line[len] == ' ', "%s", line);
		line[len] = '\0';
		(void)strtod(line + len + 1, &number);
		ck_assert_msg(*number == '\0', "%s", line + len + 1);
		ck_assert(count < SERIES_MAX);
		series[count++] = line;
	}
	ck_assert_int_eq(is_over, is_open);
	qsort(series, count, sizeof(series[0]), compare);
	for (i = 1; i < count; i++)
		ck_assert_msg(
		    strcmp(series[i - 1], series[i]) != 0, "%s", series[i]);
	ck_assert_uint_gt(count, 100);
}

START_TEST(any_name_is_a_label_and_no_series_is_there_twice)
{
	make_modules();
	print(WEIR_METRICS_OPEN, true);
	check_text(true);
	print(WEIR_METRICS_PLAIN, true);
	check_text(false);
	print(WEIR_METRICS_OPEN, false);
	check_text(true);
	remove_modules();
}
END_TEST

/* {what stands in the text, whether in both formats} */
START_TEST(labels_are_escaped_and_equal_ones_added_up)
{
	static const char *const lines[] = {
		"feed=\"a\\\"b\",outcome=\"blocked\"} 2\n",
		"feed=\"c\\\\d\",outcome=\"blocked\"} 4\n",
		"feed=\"e\\\\\\\"f\\\\\",outcome=\"blocked\"} 8\n",
		"feed=\"g?h\",outcome=\"blocked\"} 16\n",
		"feed=\"i\\\\nj\",outcome=\"blocked\"} 32\n",
		"feed=\"same?\",outcome=\"blocked\"} 448\n", /* 64+128+256 */
		"category=\"same?\",outcome=\"blocked\"} 448\n",
		"category=\"??\",outcome=\"blocked\"} 1536\n",
		"category=\"caf\xc3\xa9\",outcome=\"blocked\"} 8192\n",
		"category=\"???x\",outcome=\"blocked\"} 16384\n",
		"unbound=\"a\\\"b\"} 1\n",
		"weir_sync_feed_polls_total{feed=\"plain\"} 0\n",
		"weir_sync_feed_age_seconds{feed=\"same?\"} 95\n",
	};
	size_t i;

	make_modules();
	print(WEIR_METRICS_OPEN, true);
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_msg(strstr(text, lines[i]) != NULL, "%s", lines[i]);
	/* What is of the wrong type counts as not there. */
	ck_assert_ptr_null(strstr(text, "weir_sync_feed_names{"));
	remove_modules();
}
END_TEST

START_TEST(the_two_formats_name_what_they_can)
{
	make_modules();
	print(WEIR_METRICS_OPEN, false);
	ck_assert_ptr_nonnull(strstr(text, "# TYPE weir_queries counter\n"));
	ck_assert_ptr_nonnull(strstr(text, "# TYPE weir_module info\n"));
	ck_assert_ptr_nonnull(
	    strstr(text, "# UNIT weir_work_seconds seconds\n"));
	print(WEIR_METRICS_PLAIN, false);
	ck_assert_ptr_nonnull(
	    strstr(text, "# TYPE weir_queries_total counter\n"));
	ck_assert_ptr_nonnull(strstr(text, "# TYPE weir_module_info gauge\n"));
	ck_assert_ptr_null(strstr(text, "# UNIT"));
	ck_assert_ptr_null(strstr(text, "\n# EOF"));
	remove_modules();
}
END_TEST

/* A clock that was set back makes no age of 2^64 seconds. */
START_TEST(ages_are_never_below_zero)
{
	struct weir_metrics metrics = { NULL, 0, NULL, 10 };
	FILE *stream;

	metrics.sync = json_pack("{s:[{s:s, s:i, s:I}]}", "feeds", "name", "f",
	    "newer", 20, "published_ms", (json_int_t)-5);
	free(text);
	stream = open_memstream(&text, &text_len);
	ck_assert_int_eq(
	    weir_metrics_print(&metrics, WEIR_METRICS_OPEN, stream), 0);
	ck_assert_int_eq(fclose(stream), 0);
	json_decref(metrics.sync);
	ck_assert_ptr_nonnull(
	    strstr(text, "weir_sync_feed_age_seconds{feed=\"f\"} 0\n"));
	ck_assert_ptr_null(
	    strstr(text, "weir_sync_feed_published_timestamp_seconds{"));
	free(text);
	text = NULL;
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		any_name_is_a_label_and_no_series_is_there_twice,
		labels_are_escaped_and_equal_ones_added_up,
		the_two_formats_name_what_they_can, ages_are_never_below_zero,
		NULL
	};

	return suite_run("metrics", tests);
}
