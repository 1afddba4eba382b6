/*
 * test_log.c - the progress line.
 */
#include "lib/log.h"

#include <stdint.h>

#include "tests/unit/suite.h"

#define S 1000000000ULL

START_TEST(a_progress_line_says_how_long_the_rest_takes)
{
	static const struct {
		uint64_t done, after_ns;
		const char *text;
	} table[] = {
		/* Too early to say. */
		{ 100, S, "x [###...........................]  10%" },
		{ 10, 60 * S, "x [..............................]   1%" },
		{ 100, 2 * S,
		    "x [###...........................]  10%, about 18 s "
		    "left" },
		{ 500, 12 * S,
		    "x [###############...............]  50%, about 12 s "
		    "left" },
		{ 250, 100 * S,
		    "x [#######.......................]  25%, about 5 min "
		    "left" },
		{ 1000, 9 * S,
		    "x [##############################] 100%, about 0 s left" },
		/* The file grew meanwhile. */
		{ 2000, S, "x [##############################] 100%" },
	};
	struct weir_progress progress = {
		.what = "x", .total = 1000, .started_ns = 77
	};
	char text[WEIR_PROGRESS_SIZE];
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		weir_progress_print(&progress, table[i].done,
		    progress.started_ns + table[i].after_ns, text);
		ck_assert_str_eq(text, table[i].text);
	}
	progress.total = 0;
	weir_progress_print(&progress, 5, 100 * S, text);
	ck_assert_str_eq(text, "x: 5");
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		a_progress_line_says_how_long_the_rest_takes, NULL
	};

	return suite_run("log", tests);
}
