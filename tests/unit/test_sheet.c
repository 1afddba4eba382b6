/*
 * test_sheet.c - stats/sheet.c, screen.c, popular.c: rows as tables that fit and
 * as CSV, and which of them are popular.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stats/popular.h"
#include "stats/sheet.h"
#include "stats/tally.h"
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

static const struct weir_sheet_column columns[] = {
	{ "count", "count", WEIR_SHEET_NUMBER, false, false },
	{ "error", "error", WEIR_SHEET_NUMBER, false, true },
	{ "key", "name", WEIR_SHEET_TEXT, true, false },
	{ "last", "last", WEIR_SHEET_TIME, false, true },
	{ "count", "", WEIR_SHEET_BAR, false, false },
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static json_t *
one_row(const char *key, int count, int error, int last)
{
	return json_pack("[{s:s, s:i, s:i, s:i}]", "key", key, "count", count,
	    "error", error, "last", last);
}

/* The rows as a table of that width (0: a pipe), or as CSV (-1). */
static void
print(json_t *rows, int width, char *text, size_t size)
{
	FILE *stream = fmemopen(text, size, "w");
	struct weir_screen screen = { .stream = stream };

	ck_assert_ptr_nonnull(stream);
	if (width < 0) {
		weir_sheet_csv(rows, columns, COLUMNS, stream);
	} else {
		screen.width = (unsigned int)width;
		weir_sheet_print(rows, columns, COLUMNS, &screen);
	}
	ck_assert_int_eq(fclose(stream), 0);
	json_decref(rows);
}

static const struct {
	const char *key;
	int count, error, last, width;
	const char *text;
} rows[] = {
	/* Columns that say nothing are left out. */
	{ "a.example", 5, 0, 0, 0, "count  name\n    5  a.example\n" },
	{ "a.example", 5, 2, 0, 0,
	    "count  error  name\n    5      2  a.example\n" },
	{ "a.example", 1234567, 0, 1, 0,
	    "  count  name       last\n"
	    "1234567  a.example  1970-01-01 00:00:01Z\n" },
	/* Cut at its beginning; before that, columns go. */
	{ "www.very.long.name.example", 5, 0, 1, 30,
	    "count  name\n    5  ..ery.long.name.example\n" },
	{ "www.very.long.name.example", 5, 0, 1, 60,
	    "count  name                        last\n"
	    "    5  www.very.long.name.example  1970-01-01 00:00:01Z\n" },
	/* Nothing moves the cursor. */
	{ "a\x1b[31m\nb", 5, 0, 0, 0, "count  name\n    5  a?[31m?b\n" },
	{ "\xc2\x9b"
	  "31m",
	    5, 0, 0, 0, "count  name\n    5  ?31m\n" },
	/* A bar in what is left: of 20 columns here. */
	{ "a.example", 5, 0, 0, 38,
	    "count  name       \n    5  a.example  ####################\n" },
	{ "a,b", 5, 0, 1, -1,
	    "count,error,key,last\r\n5,0,\"a,b\",1970-01-01T00:00:01Z\r\n" },
	{ "a\"b", 5, 0, 0, -1, "count,error,key,last\r\n5,0,\"a\"\"b\",\r\n" },
	{ "=1+1", 5, 0, 0, -1, "count,error,key,last\r\n5,0,'=1+1,\r\n" },
	{ "@sum", 5, 0, 0, -1, "count,error,key,last\r\n5,0,'@sum,\r\n" },
	{ "a\r\nb", 5, 0, 0, -1, "count,error,key,last\r\n5,0,a??b,\r\n" },
};

START_TEST(rows_are_printed)
{
	char text[1024];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print(one_row(rows[i].key, rows[i].count, rows[i].error,
			  rows[i].last),
		    rows[i].width, text, sizeof(text));
		ck_assert_msg(strcmp(text, rows[i].text) == 0,
		    "row %zu:\n%s---\n%s", i, text, rows[i].text);
	}
}
END_TEST

START_TEST(spans_have_a_unit_that_fits)
{
	static const struct {
		long long s;
		const char *text;
	} spans[] = { { -1, "0 s" }, { 0, "0 s" }, { 119, "119 s" },
		{ 120, "2 min" }, { 7199, "119 min" }, { 7200, "2 h" },
		{ 2 * 86400 - 1, "47 h" }, { 2 * 86400, "2 d" } };
	char text[WEIR_SHEET_TIME_SIZE];
	size_t i;

	for (i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		weir_sheet_span(spans[i].s, text);
		ck_assert_str_eq(text, spans[i].text);
	}
}
END_TEST

START_TEST(a_tally_adds_up_and_sorts)
{
	json_t *map = json_object(), *list, *row;

	ck_assert_ptr_nonnull(weir_tally_add(map, "b", 2, 20, 30));
	ck_assert_ptr_nonnull(weir_tally_add(map, "a", 1, 50, 50));
	ck_assert_ptr_nonnull(weir_tally_add(map, "b", 3, 10, 25));
	ck_assert_ptr_nonnull(weir_tally_add(map, "c\x1b", 5, 1, 1));
	list = weir_tally_rows(map, 2);
	ck_assert_uint_eq(json_array_size(list), 2);
	row = json_array_get(list, 0);
	ck_assert_str_eq(weir_tally_text(row, "key"), "b");
	ck_assert_uint_eq(weir_tally_get(row, "count"), 5);
	ck_assert_uint_eq(weir_tally_get(row, "first"), 10);
	ck_assert_uint_eq(weir_tally_get(row, "last"), 30);
	ck_assert_str_eq(weir_tally_text(json_array_get(list, 1), "key"), "c?");
	json_decref(list);
}
END_TEST

/* {the file, a name of the report, its rank (0: none), the name in the file} */
static const struct {
	const char *file, *name;
	unsigned int rank;
	const char *popular;
} ranks[] = {
	{ "1,a.example\n2,b.example\n", "b.example", 2, "b.example" },
	{ "1,a.example\n2,b.example\n", "x.y.b.example", 2, "b.example" },
	{ "a.example\r\nB.Example.\r\n", "b.example", 2, "b.example" },
	{ "# a.example\n\"7\",\"b.example\"\n", "b.example", 1, "b.example" },
	{ "b.example\nx.b.example\n", "x.b.example", 2, "x.b.example" },
	{ "example\n", "b.example", 0, "" },
	{ "xb.example\n1.2.3.4\n", "b.example", 0, "" },
	{ "", "b.example", 0, "" },
};

START_TEST(popular_names_are_marked)
{
	struct weir_problem problem = { "" };
	struct scratch scratch;
	unsigned int count;
	json_t *list, *row;
	size_t i;

	scratch_init(&scratch);
	for (i = 0; i < sizeof(ranks) / sizeof(ranks[0]); i++) {
		scratch_write(
		    &scratch, "popular", ranks[i].file, strlen(ranks[i].file));
		list = one_row(ranks[i].name, 1, 0, 0);
		count = 99;
		ck_assert_int_eq(
		    weir_popular_mark(scratch.file, list, &count, &problem), 0);
		ck_assert_msg(count == (ranks[i].rank > 0), "row %zu", i);
		row = json_array_get(list, 0);
		ck_assert_uint_eq(weir_tally_get(row, "rank"), ranks[i].rank);
		ck_assert_str_eq(
		    weir_tally_text(row, "popular"), ranks[i].popular);
		json_decref(list);
	}
	scratch_done(&scratch);
}
END_TEST

START_TEST(a_popular_file_that_cannot_be_read_is_told)
{
	struct weir_problem problem = { "" };
	json_t *list = one_row("a.example", 1, 0, 0);
	struct scratch scratch;
	unsigned int count;

	scratch_init(&scratch);
	scratch_write(&scratch, "popular", "\x1f\x8b\x08", 3);
	ck_assert_int_eq(
	    weir_popular_mark(scratch.file, list, &count, &problem),
	    WEIR_EFORMAT);
	ck_assert_ptr_nonnull(strstr(problem.text, "compressed"));
	ck_assert_int_eq(
	    weir_popular_mark("/nonexistent/popular", list, &count, &problem),
	    WEIR_EMISSING);
	json_decref(list);
	scratch_done(&scratch);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { rows_are_printed,
		spans_have_a_unit_that_fits, a_tally_adds_up_and_sorts,
		popular_names_are_marked,
		a_popular_file_that_cannot_be_read_is_told, NULL };

	return suite_run("sheet", tests);
}
