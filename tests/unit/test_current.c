/*
 * test_current.c - the text that names the generation that holds.
 */
#include "lib/current.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/suite.h"

static struct weir_current
example(void)
{
	struct weir_current current = { .serial = 17,
		.generation = 12,
		.base = { .name = "12.base", .size = 123456 },
		.name_count = 53880,
		.created_unix = 1790000000 };

	memset(current.base.checksum, 0xa5, sizeof(current.base.checksum));
	memset(current.base.quick, 0x5b, sizeof(current.base.quick));
	return current;
}

static struct weir_current
example_with_overlay(void)
{
	struct weir_current current = example();

	current.has_overlay = true;
	current.overlay = current.base;
	memcpy(current.overlay.name, "14.overlay", sizeof("14.overlay"));
	current.overlay.size = 8192;
	memset(
	    current.overlay.checksum, 0xc3, sizeof(current.overlay.checksum));
	return current;
}

START_TEST(what_is_printed_is_read_again)
{
	struct weir_current current = example(), again;
	char text[WEIR_CURRENT_SIZE];
	size_t len = weir_current_print(&current, text);

	memset(&again, 0, sizeof(again));
	ck_assert_uint_eq(len, strlen(text));
	ck_assert_int_eq(weir_current_parse(text, len, &again, NULL), WEIR_OK);
	ck_assert_mem_eq(&again, &current, sizeof(again));
	current = example_with_overlay();
	len = weir_current_print(&current, text);
	memset(&again, 0, sizeof(again));
	ck_assert_int_eq(weir_current_parse(text, len, &again, NULL), WEIR_OK);
	ck_assert_mem_eq(&again, &current, sizeof(again));
	ck_assert_uint_eq(weir_current_octets(&again), 123456 + 8192);
}
END_TEST

START_TEST(another_overlay_is_another_swap)
{
	struct weir_current plain = example();
	struct weir_current first = example_with_overlay(), second = first;

	second.overlay.checksum[0] ^= 1;
	ck_assert_uint_ne(weir_current_tag(&plain), weir_current_tag(&first));
	ck_assert_uint_ne(weir_current_tag(&first), weir_current_tag(&second));
}
END_TEST

START_TEST(every_cut_is_refused)
{
	struct weir_current current = example_with_overlay(), again;
	struct weir_problem problem;
	char text[WEIR_CURRENT_SIZE];
	size_t len = weir_current_print(&current, text), i;

	for (i = 0; i < len; i++)
		ck_assert_msg(weir_current_parse(text, i, &again, &problem) < 0,
		    "%zu octets were taken", i);
}
END_TEST

START_TEST(a_line_that_is_not_ours_is_named)
{
	static const struct {
		const char *from, *to;
		int error;
		const char *line;
	} rows[] = {
		{ "weir-current 1", "weir-current 2", WEIR_EVERSION, "line 1" },
		{ "serial 17", "serial x7", WEIR_EFORMAT, "line 2" },
		{ "serial 17", "serial -7", WEIR_EFORMAT, "line 2" },
		{ "base 12.base", "base ../base", WEIR_EFORMAT, "line 4" },
		{ "base 12.base", "base a/.base", WEIR_EFORMAT, "line 4" },
		{ "base 12.base", "base .2.base", WEIR_EFORMAT, "line 4" },
		{ "a5a5a5", "A5a5a5", WEIR_EFORMAT, "line 4" },
		{ "5b5b5b", "5b5b5g", WEIR_EFORMAT, "line 4" },

		{ "overlay -", "overlay x", WEIR_EFORMAT, "line 5" },
		{ "names 53880", "names 5388!", WEIR_EFORMAT, "line 6" },
		{ "created 1", "created\t1", WEIR_EFORMAT, "line 7" },
	};
	struct weir_current current = example(), again;
	struct weir_problem problem;
	char text[WEIR_CURRENT_SIZE], *at;
	size_t len, i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		len = weir_current_print(&current, text);
		at = strstr(text, rows[i].from);
		ck_assert_ptr_nonnull(at);
		memcpy(at, rows[i].to, strlen(rows[i].to));
		ck_assert_msg(weir_current_parse(text, len, &again, &problem) ==
				  rows[i].error,
		    "%s was taken", rows[i].to);
		ck_assert_ptr_nonnull(strstr(problem.text, rows[i].line));
	}
}
END_TEST

START_TEST(a_missing_file_says_what_makes_it)
{
	struct weir_current current;
	struct weir_problem problem;

	ck_assert_int_eq(weir_current_read("/nonexistent", WEIR_CURRENT_FILE,
			     &current, &problem),
	    WEIR_EMISSING);
	ck_assert_ptr_nonnull(strstr(problem.text, "weir-load apply"));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { what_is_printed_is_read_again,
		another_overlay_is_another_swap, every_cut_is_refused,
		a_line_that_is_not_ours_is_named,
		a_missing_file_says_what_makes_it, NULL };

	return suite_run("current", tests);
}
