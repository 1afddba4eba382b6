/*
 * test_sync_add.c - an entry is put into a text that a person wrote.
 */
#include "feeds/sync_add.h"

#include <string.h>

#include "tests/unit/suite.h"

#define ENTRY(indent)                                                      \
	indent "- name: \"x\"\n" indent "  signed: \"http://h/\"\n" indent \
	       "  root-sha256: \"00\"\n"

static const struct weir_sync_entry entry = { "x", "http://h/", "00" };

START_TEST(it_stands_behind_the_last_feed)
{
	static const struct {
		const char *text;
		unsigned int skip;
		const char *wanted; /* NULL: WEIR_EFORMAT */
	} rows[] = {
		{ "", 0, "feeds:\n" ENTRY("  ") },
		{ "# c\n", 0, "# c\nfeeds:\n" ENTRY("  ") },
		{ "a: 1", 0, "a: 1\nfeeds:\n" ENTRY("  ") },
		{ "feeds:\n", 0, "feeds:\n" ENTRY("  ") },
		{ "feeds: # none\na: 1\n", 0,
		    "feeds: # none\n" ENTRY("  ") "a: 1\n" },
		{ "feeds:\n- name: a\n  file: b\n", 0,
		    "feeds:\n- name: a\n  file: b\n" ENTRY("") },
		{ "feeds:\n    - name: a\n      file: b\n\n# tail\nallow:\n", 0,
		    "feeds:\n    - name: a\n      file: b\n" ENTRY(
			"    ") "\n# tail\nallow:\n" },
		{ "feeds:\n  - {name: a, file: b}\n", 0,
		    "feeds:\n  - {name: a, file: b}\n" ENTRY("  ") },
		{ "feeds:\n  - name: a\n    file: b", 0,
		    "feeds:\n  - name: a\n    file: b\n" ENTRY("  ") },
		{ "feeds:\n  - name: a\n    file: >\n      b\n      c\nd: 1\n",
		    1,
		    "feeds:\n  - name: a\n    file: >\n      b\n" ENTRY(
			"  ") "      c\nd: 1\n" },
		{ "feeds:\n  - name: a\n    file: >\n      b\n      c\nd: 1\n",
		    2,
		    "feeds:\n  - name: a\n    file: >\n      b\n      "
		    "c\n" ENTRY("  ") "d: 1\n" },
		{ "feeds: [{name: a, file: b}]\n", 0, NULL },
		{ "feeds: []\n", 0, "feeds:\n" ENTRY("  ") },
		{ "a: 1\nfeeds: [ ] # none\nb: []\n", 0,
		    "a: 1\nfeeds: # none\n" ENTRY("  ") "b: []\n" },
		{ "feeds: []", 0, "feeds:\n" ENTRY("  ") },
		{ "feeds: [\n]\n", 0, NULL },
		{ "{feeds: []}\n", 0, "{feeds:}\n" ENTRY("  ") },
		{ "feeds: ~\n", 0, NULL },
		{ "feeds: x\n", 0, NULL },
		{ "feeds: [\n", 0, NULL },
	};
	struct weir_problem problem;
	char *made;
	size_t i, len;
	int error;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		made = NULL;
		len = 0;
		problem.text[0] = '\0';
		error = weir_sync_add_text("f", rows[i].text,
		    strlen(rows[i].text), &entry, rows[i].skip, &made, &len,
		    &problem);
		if (rows[i].wanted == NULL) {
			ck_assert_msg(
			    error == WEIR_EFORMAT, "row %zu: %d", i, error);
			ck_assert_str_ne(problem.text, "");
			continue;
		}
		ck_assert_msg(error == 0, "row %zu: %s", i, problem.text);
		ck_assert_msg(strcmp(made, rows[i].wanted) == 0,
		    "row %zu:\n%s\nwanted:\n%s", i, made, rows[i].wanted);
		ck_assert_uint_eq(len, strlen(made));
		free(made);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		it_stands_behind_the_last_feed,
		NULL,
	};

	return suite_run("sync_add", tests);
}
