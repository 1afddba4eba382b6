/*
 * test_lists_same.c - one set of names, written in each format: whichever it
 * is, the same names come out.  The small sister of test_lists_real.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/list.h"
#include "tests/unit/suite.h"

#define NAMES 512

static const struct {
	const char *file, *format;
	/* What the scopes of all have in common; 0: the feed says it. */
	unsigned int scope;
	unsigned long exceptions;
} rows[] = {
	{ "hosts-v4", "hosts", 0, 0 },
	{ "hosts-v6", "hosts", 0, 0 },
	{ "bare", "domains", 0, 0 },
	{ "domains", "domains", 0, 0 },
	{ "wildcard", "wildcard", WEIR_SCOPE_BOTH, 0 },
	{ "adblock", "adblock", WEIR_SCOPE_BOTH, 1 },
	{ "dnsmasq", "dnsmasq", WEIR_SCOPE_BOTH, 1 },
	{ "unbound", "unbound", WEIR_SCOPE_NAME, 1 },
	{ "bind", "bind", WEIR_SCOPE_BOTH, 0 },
	{ "rpz", "rpz", WEIR_SCOPE_NAME, 1 },
	{ "tpl", "tpl", WEIR_SCOPE_BOTH, 1 },
	{ "privoxy", "privoxy", WEIR_SCOPE_BOTH, 1 },
	{ "csv", "csv", 0, 0 },
	{ "json", "json", 0, 0 },
	{ "feed", "feed", 0, 0 },
};

struct found {
	size_t count;
	char names[NAMES][WEIR_NAME_TEXT_SIZE];
	char cancelled[WEIR_NAME_TEXT_SIZE];
	unsigned long exceptions;
	unsigned int scope; /* that all names have */
};

static struct found found;
static struct weir_list_report report;
static struct weir_problem problem;

static int
take(void *arg, const struct weir_list_item *item)
{
	(void)arg;
	if (item->action == WEIR_ACTION_CANCELLED) {
		weir_name_print(item->name, found.cancelled);
		return 0;
	}
	if (item->action == WEIR_ACTION_EXCEPT ||
	    item->action == WEIR_ACTION_PASS) {
		found.exceptions++;
		return 0;
	}
	ck_assert_uint_lt(found.count, NAMES);
	weir_name_print(item->name, found.names[found.count++]);
	/* "*.example" beside "example" is what zone files have. */
	if (item->scope != WEIR_SCOPE_SUBDOMAINS)
		found.scope &= item->scope;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* All names, each once, in order, one a line; without what was cancelled. */
static void
print_found(char *text)
{
	size_t i, len = 0;

	qsort(found.names, found.count, sizeof(found.names[0]), compare);
	text[0] = '\0';
	for (i = 0; i < found.count; i++)
		if ((i == 0 ||
			strcmp(found.names[i], found.names[i - 1]) != 0) &&
		    strcmp(found.names[i], found.cancelled) != 0)
			len += (size_t)sprintf(
			    text + len, "%s\n", found.names[i]);
}

static const char *
path_of(const char *name)
{
	static char path[4096];
	const char *top = getenv("srcdir");

	snprintf(path, sizeof(path), "%s/tests/data/lists/same/%s",
	    top == NULL ? "." : top, name);
	return path;
}

START_TEST(each_format_gives_the_same_names)
{
	static char wanted[65536], text[sizeof(found.names)];
	FILE *stream = fopen(path_of("names"), "r");
	size_t i;

	ck_assert_ptr_nonnull(stream);
	wanted[fread(wanted, 1, sizeof(wanted) - 1, stream)] = '\0';
	fclose(stream);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!weir_list_format_is_known(rows[i].format)) {
			printf("no format %s yet\n", rows[i].format);
			continue;
		}
		memset(&found, 0, sizeof(found));
		found.scope = WEIR_SCOPE_BOTH;
		ck_assert_msg(
		    weir_list_read(path_of(rows[i].file), "auto", NULL, take,
			NULL, NULL, &report, &problem) == 0,
		    "%s", problem.text);
		ck_assert_str_eq(report.format, rows[i].format);
		print_found(text);
		ck_assert_msg(strcmp(text, wanted) == 0, "%s gives\n%s",
		    rows[i].file, text);
		ck_assert_msg(found.scope == rows[i].scope, "%s: scope %u",
		    rows[i].file, found.scope);
		ck_assert_msg(found.exceptions == rows[i].exceptions,
		    "%s: %lu exceptions", rows[i].file, found.exceptions);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		each_format_gives_the_same_names,
		NULL,
	};

	return suite_run("lists_same", tests);
}
