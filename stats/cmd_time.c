/*
 * cmd_time.c - weir-stat time: what was blocked, as a chart of time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/log.h"
#include "stats/stat.h"
#include "stats/tally.h"

#define SPAN_DEFAULT_S 86400
#define STEPS_DEFAULT  72U /* where there is no screen to fill */
#define LABEL          9U  /* columns of the numbers at the left */
#define HEIGHT         10U /* lines */

struct chart {
	json_t *rows;
	uint64_t begin_unix, step_s;
	size_t count;
};

/* The least of the usual steps that makes no more than `most` of the span. */
static uint64_t
choose_step(uint64_t span_s, unsigned int most)
{
	static const uint64_t steps[] = { 60, 120, 300, 600, 900, 1800, 3600,
		7200, 10800, 21600, 43200, 86400, 172800, 604800, 2592000 };
	size_t i;

	for (i = 0; i + 1 < sizeof(steps) / sizeof(steps[0]); i++)
		if (span_s / steps[i] + 2 <= most)
			break;
	return steps[i];
}

static int
add_step(void *arg, const struct weir_history_step *step)
{
	struct chart *chart = arg;
	size_t place;
	json_t *row;
	unsigned int i;

	if (step->begin_unix < chart->begin_unix)
		return 0;
	place = (size_t)((step->begin_unix - chart->begin_unix) /
			 chart->step_s);
	row = json_array_get(chart->rows, place);
	if (!row)
		return 0;
	for (i = 0; i < WEIR_EVENT_OUTCOME_COUNT; i++)
		if (weir_tally_raise(
			row, weir_event_outcome_text(i), step->counts[i]) != 0)
			return WEIR_EMEMORY;
	return weir_tally_raise(row, "lost", step->lost) == 0 ? 0
							      : WEIR_EMEMORY;
}

static int
add_empty(struct chart *chart, uint64_t until_unix)
{
	uint64_t at = chart->begin_unix;

	for (; at < until_unix; at += chart->step_s)
		if (json_array_append_new(chart->rows,
			json_pack("{s:I, s:i, s:i, s:i, s:i, s:i}", "time",
			    (json_int_t)at, "blocked", 0, "shadowed", 0,
			    "allowed", 0, "passed", 0, "lost", 0)) != 0)
			return WEIR_EMEMORY;
	return 0;
}

static uint64_t
blocked_at(json_t *rows, size_t place)
{
	return weir_tally_get(json_array_get(rows, place), "blocked");
}

/* One line of the bars; line 0 is the lowest. */
static void
print_line(json_t *rows, uint64_t most, unsigned int line, unsigned int bar,
    const struct weir_screen *screen)
{
	static const char *const eighths[] = { " ", "\u2581", "\u2582",
		"\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588" };
	unsigned int full, j;
	const char *cell;
	uint64_t count;
	size_t i;

	weir_screen_begin(screen, WEIR_COLOUR_BLUE);
	for (i = 0; i < json_array_size(rows); i++) {
		count = blocked_at(rows, i);
		full = (unsigned int)((double)count / (double)most * HEIGHT *
				      8);
		if (full == 0 && count > 0)
			full = 1;
		full = full > line * 8 ? full - line * 8 : 0;
		if (full > 8)
			full = 8;
		cell = eighths[full];
		if (!screen->has_utf8)
			cell = full >= 4 || (line == 0 && full > 0) ? "#" : " ";
		for (j = 0; j < bar; j++)
			(void)fputs(cell, screen->stream);
	}
	weir_screen_end(screen);
	(void)fputc('\n', screen->stream);
}

/* The times below the bars: at the left, and at the right end. */
static void
print_axis(
    json_t *document, unsigned int width, const struct weir_screen *screen)
{
	char begin[WEIR_SHEET_TIME_SIZE], end[WEIR_SHEET_TIME_SIZE];
	unsigned int i;

	weir_sheet_time((long long)weir_tally_get(document, "since"), begin);
	weir_sheet_time((long long)weir_tally_get(document, "until"), end);
	(void)fprintf(screen->stream, "%*s ", (int)LABEL, "0");
	for (i = 0; i < width; i++)
		(void)fputs(screen->has_utf8 ? "\u2500" : "-", screen->stream);
	/* Without the seconds. */
	(void)fprintf(screen->stream, "\n%*s %.16sZ", (int)LABEL, "", begin);
	if (width >= 2 * 17 + 2)
		(void)fprintf(screen->stream, "%*s%.16sZ",
		    (int)(width - 2 * 17), "", end);
	(void)fputc('\n', screen->stream);
}

static void
print_sums(json_t *document, json_t *rows, const struct weir_screen *screen)
{
	static const char *const outcomes[] = { "blocked", "shadowed",
		"allowed", "passed", "lost" };
	char span[WEIR_SHEET_TIME_SIZE];
	uint64_t sum;
	size_t i, j;

	for (i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
		for (sum = 0, j = 0; j < json_array_size(rows); j++)
			sum += weir_tally_get(
			    json_array_get(rows, j), outcomes[i]);
		if (sum > 0 || i == 0)
			(void)fprintf(screen->stream, "%s%llu %s",
			    i > 0 ? ", " : "", (unsigned long long)sum,
			    outcomes[i]);
	}
	weir_sheet_span((long long)weir_tally_get(document, "step"), span);
	(void)fprintf(screen->stream, "; a bar is %s\n", span);
}

static void
print(json_t *document, const struct weir_screen *screen)
{
	json_t *rows = json_object_get(document, "rows"), *gap;
	char begin[WEIR_SHEET_TIME_SIZE], end[WEIR_SHEET_TIME_SIZE];
	size_t count = json_array_size(rows), i;
	unsigned int room = screen->width > LABEL + 1
				? screen->width - LABEL - 1
				: STEPS_DEFAULT;
	unsigned int bar = count > 0 ? room / (unsigned int)count : 1, line;
	uint64_t most = 1;

	if (bar == 0)
		bar = 1;
	for (i = 0; i < count; i++)
		if (blocked_at(rows, i) > most)
			most = blocked_at(rows, i);
	for (line = HEIGHT; line-- > 0;) {
		if (line == HEIGHT - 1)
			(void)fprintf(screen->stream, "%*llu ", (int)LABEL,
			    (unsigned long long)most);
		else
			(void)fprintf(screen->stream, "%*s ", (int)LABEL, "");
		print_line(rows, most, line, bar, screen);
	}
	print_axis(document, bar * (unsigned int)count, screen);
	print_sums(document, rows, screen);
	json_array_foreach(json_object_get(document, "gaps"), i, gap)
	{
		weir_sheet_time((long long)weir_tally_get(gap, "begin"), begin);
		weir_sheet_time((long long)weir_tally_get(gap, "end"), end);
		(void)fprintf(screen->stream,
		    "nothing was recorded from %s to %s%s\n", begin, end,
		    json_is_true(json_object_get(gap, "killed"))
			? ": weir-stat record was killed"
			: "");
	}
}

static const struct weir_sheet_column columns[] = {
	{ "time", "time", WEIR_SHEET_TIME, false, false },
	{ "blocked", "blocked", WEIR_SHEET_NUMBER, false, false },
	{ "shadowed", "shadowed", WEIR_SHEET_NUMBER, false, false },
	{ "allowed", "allowed", WEIR_SHEET_NUMBER, false, false },
	{ "passed", "passed", WEIR_SHEET_NUMBER, false, false },
	{ "lost", "lost", WEIR_SHEET_NUMBER, false, false },
};

static int
add_gap(void *arg, const struct weir_history_gap *gap)
{
	return json_array_append_new(arg, json_pack("{s:I, s:I, s:b}", "begin",
					      (json_int_t)gap->begin_unix,
					      "end", (json_int_t)gap->end_unix,
					      "killed", (int)gap->is_killed)) ==
		       0
		   ? 0
		   : WEIR_EMEMORY;
}

static unsigned int
most_steps(const struct weir_stat *stat)
{
	struct weir_screen screen;

	weir_screen_init(&screen, stdout);
	if (stat->is_json || stat->is_csv || screen.width <= LABEL + 1)
		return STEPS_DEFAULT;
	return screen.width - LABEL - 1;
}

int
weir_cmd_time(const struct weir_stat *stat)
{
	uint64_t span_s = stat->since_s > 0 ? stat->since_s : SPAN_DEFAULT_S;
	uint64_t now = (uint64_t)time(NULL), begin;
	struct chart chart = { .rows = NULL };
	struct weir_problem problem = { "" };
	struct weir_history *history;
	json_t *gaps;
	int ret;

	if (weir_stat_history(stat, true, &history) <= 0)
		return WEIR_EXIT_FAILED;
	chart.rows = json_array();
	gaps = json_array();
	chart.step_s = choose_step(span_s, most_steps(stat));
	begin = weir_stat_since(stat, span_s);
	chart.begin_unix = begin - begin % chart.step_s;
	ret = add_empty(&chart, now + 1);
	if (ret == 0)
		ret = weir_history_time(history, chart.begin_unix, now + 1,
		    (unsigned int)chart.step_s, add_step, &chart, &problem);
	if (ret == 0)
		ret = weir_history_gaps(history, chart.begin_unix, now + 1,
		    add_gap, gaps, &problem);
	weir_history_close(history);
	if (ret != 0) {
		weir_log_error("%s", problem.text[0] != '\0'
					 ? problem.text
					 : weir_error_text(ret));
		json_decref(chart.rows);
		json_decref(gaps);
		return WEIR_EXIT_FAILED;
	}
	return weir_stat_print(stat,
	    json_pack("{s:I, s:I, s:I, s:o, s:o}", "since",
		(json_int_t)chart.begin_unix, "until", (json_int_t)now, "step",
		(json_int_t)chart.step_s, "rows", chart.rows, "gaps", gaps),
	    columns, sizeof(columns) / sizeof(columns[0]), print);
}
