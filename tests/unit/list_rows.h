/*
 * list_rows.h - tests of list formats as tables: a text, and what must become
 * of it.
 */
#ifndef WEIR_TESTS_UNIT_LIST_ROWS_H
#define WEIR_TESTS_UNIT_LIST_ROWS_H

#include <stdarg.h>
#include <string.h>

#include "feeds/list.h"
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#define ROW_TEXT_SIZE 65536

struct list_row {
	const char *text;
	/* One item a line: NAME, and what else it says: "+" the scope, "c75"
	 * confidence, "f1700000000" first seen, "u..." valid until, "k" the
	 * category, "url". */
	const char *items;
	/* "address=1 broken=2", in the order of the reasons. */
	const char *refused;
};

static char row_items[ROW_TEXT_SIZE];
static size_t row_len;
static struct weir_list_report row_report;
static struct weir_problem row_problem;
static struct weir_list_options row_options;

static inline void __attribute__((format(printf, 1, 2)))
row_put(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	row_len += (size_t)vsnprintf(
	    row_items + row_len, sizeof(row_items) - row_len, format, args);
	va_end(args);
	ck_assert_uint_lt(row_len, sizeof(row_items));
}

static inline int
row_take(void *arg, const struct weir_list_item *item)
{
	char name[WEIR_NAME_TEXT_SIZE];

	(void)arg;
	weir_name_print(item->name, name);
	row_put("%s", name);
	if (item->scope != 0)
		row_put(" +%s", weir_scope_text(item->scope));
	if (item->confidence != WEIR_LIST_NO_CONFIDENCE)
		row_put(" c%u", item->confidence);
	if (item->first_seen != 0)
		row_put(" f%u", item->first_seen);
	if (item->valid_until != 0)
		row_put(" u%u", item->valid_until);
	if (item->category != NULL)
		row_put(" k%s", item->category);
	row_put("%s\n", item->is_from_url ? " url" : "");
	return 0;
}

/** Reads a text; row_items, row_report and row_problem say what came of it. */
static inline int
row_read(const char *format, const char *text, size_t len)
{
	struct scratch scratch;
	int error;

	scratch_init(&scratch);
	scratch_write(&scratch, "list", text, len);
	row_len = 0;
	row_items[0] = row_problem.text[0] = '\0';
	error = weir_list_read(scratch.file, format, &row_options, row_take,
	    NULL, NULL, &row_report, &row_problem);
	scratch_done(&scratch);
	return error;
}

static inline const char *
row_refused(void)
{
	static char text[1024];
	unsigned int reason;
	size_t len = 0;

	text[0] = '\0';
	for (reason = 0; reason < WEIR_LIST_REASON_COUNT; reason++)
		if (row_report.refused[reason] > 0)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
			    "%s%s=%lu", len > 0 ? " " : "",
			    weir_list_reason_word(reason),
			    row_report.refused[reason]);
	return text;
}

/** Each row must come to what it says, and be read to its end. */
static inline void
rows_check(const char *format, const struct list_row *rows, size_t count)
{
	size_t i;
	int error;

	for (i = 0; i < count; i++) {
		error = row_read(format, rows[i].text, strlen(rows[i].text));
		ck_assert_msg(error == 0, "%s: %d %s", rows[i].text, error,
		    row_problem.text);
		ck_assert_msg(strcmp(row_items, rows[i].items) == 0,
		    "%s gives\n%s, not\n%s", rows[i].text, row_items,
		    rows[i].items);
		ck_assert_msg(strcmp(row_refused(), rows[i].refused) == 0,
		    "%s: %s, not %s", rows[i].text, row_refused(),
		    rows[i].refused);
	}
}

#define ROWS_CHECK(format, rows) \
	rows_check(format, rows, sizeof(rows) / sizeof((rows)[0]))

#endif
