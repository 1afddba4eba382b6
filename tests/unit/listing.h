/*
 * listing.h - reads a text as a list, and says what came of it in one text: for
 * table tests of the formats.
 *
 *   example.com both          a name, its scope (none: the feed says it)
 *   good.example both except  and its action (none: the feed's)
 *   - forwarding 2            then what was refused, by reason
 */
#ifndef WEIR_TESTS_UNIT_LISTING_H
#define WEIR_TESTS_UNIT_LISTING_H

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "feeds/list.h"
#include "tests/unit/scratch.h"

struct listing {
	char text[16384];
	size_t len;
	int error;
	struct weir_list_report report;
	struct weir_problem problem;
};

__attribute__((format(printf, 2, 3))) static inline void
listing_add(struct listing *listing, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	listing->len += (size_t)vsnprintf(listing->text + listing->len,
	    sizeof(listing->text) - listing->len, format, values);
	va_end(values);
	if (listing->len >= sizeof(listing->text))
		listing->len = sizeof(listing->text) - 1;
}

static inline int
listing_take(void *arg, const struct weir_list_item *item)
{
	struct listing *listing = arg;
	char name[WEIR_NAME_TEXT_SIZE];

	weir_name_print(item->name, name);
	listing_add(listing, "%s%s%s%s%s\n", name, item->scope != 0 ? " " : "",
	    item->scope != 0 ? weir_scope_text(item->scope) : "",
	    item->action != WEIR_ACTION_DEFAULT ? " " : "",
	    item->action != WEIR_ACTION_DEFAULT ? weir_action_text(item->action)
						: "");
	return 0;
}

static inline void
listing_read(struct listing *listing, const char *format,
    const struct weir_list_options *options, const char *text)
{
	struct scratch scratch;
	unsigned int reason;

	memset(listing, 0, sizeof(*listing));
	scratch_init(&scratch);
	scratch_write(&scratch, "list", text, strlen(text));
	listing->error = weir_list_read(scratch.file, format, options,
	    listing_take, NULL, listing, &listing->report, &listing->problem);
	scratch_done(&scratch);
	for (reason = 0; reason < WEIR_LIST_REASON_COUNT; reason++)
		if (listing->report.refused[reason] > 0)
			listing_add(listing, "- %s %lu\n",
			    weir_list_reason_word(reason),
			    listing->report.refused[reason]);
}

/** A row of a table test. */
struct listing_row {
	const char *text, *wanted;
};

#define LISTING_CHECK(format, rows) \
	listing_check(format, rows, sizeof(rows) / sizeof((rows)[0]))

static inline void
listing_check(const char *format, const struct listing_row *rows, size_t count)
{
	static struct listing listing;
	size_t i;

	for (i = 0; i < count; i++) {
		listing_read(&listing, format, NULL, rows[i].text);
		ck_assert_msg(listing.error == 0, "%s: %s", rows[i].text,
		    listing.problem.text);
		ck_assert_msg(strcmp(listing.text, rows[i].wanted) == 0,
		    "%s\ngives\n%s\nand not\n%s", rows[i].text, listing.text,
		    rows[i].wanted);
	}
}

/** What `auto` takes a text for: "" if for nothing. */
static inline const char *
listing_format(const char *text)
{
	static struct listing listing;

	listing_read(&listing, "auto", NULL, text);
	return listing.error == 0 ? listing.report.format : "";
}

#endif
