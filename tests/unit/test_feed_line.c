/*
 * test_feed_line.c - the lines of a signed feed: each thing has one form.
 */
#include "tests/unit/suite.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "feeds/feed_line.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

#define L63 "a23456789b123456789c123456789d123456789e123456789f123456789g123"

static int
parse(const char *text, struct weir_feed_line *line, const char **why)
{
	return weir_feed_line_parse(text, strlen(text), line, why);
}

START_TEST(lines_of_the_one_form_are_read)
{
	static const struct {
		const char *text, *name, *entry;
		bool is_listed;
	} rows[] = {
		{ "+evil.example", "evil.example", "evil.example", true },
		{ "-evil.example", "evil.example", "evil.example", false },
		{ "+_dmarc.a-b.example", "_dmarc.a-b.example",
		    "_dmarc.a-b.example", true },
		{ "+xn--bcher-kva.example", "xn--bcher-kva.example",
		    "xn--bcher-kva.example", true },
		{ "+" L63 "." L63 ".example", L63 "." L63 ".example",
		    L63 "." L63 ".example", true },
		{ "+a.example scope=both", "a.example", "a.example scope=both",
		    true },
		{ "+a.example action=pass", "a.example",
		    "a.example action=pass", true },
		{ "+a.example scope=name action=except important=yes "
		  "category=ads.x_y-z confidence=0 first-seen=1 "
		  "valid-until=4294967295",
		    "a.example",
		    "a.example scope=name action=except important=yes "
		    "category=ads.x_y-z confidence=0 first-seen=1 "
		    "valid-until=4294967295",
		    true },
		{ "+a.example confidence=100", "a.example",
		    "a.example confidence=100", true },
		{ "+a.example | scope=name", "a.example",
		    "a.example | scope=name", true },
		{ "+a.example action=drop | scope=name", "a.example",
		    "a.example action=drop | scope=name", true },
		{ "+a.example | action=drop | action=pass | scope=both",
		    "a.example",
		    "a.example | action=drop | action=pass | scope=both",
		    true },
	};
	struct weir_feed_line line;
	const char *why;
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		ck_assert_msg(parse(rows[i].text, &line, &why) == 0, "%s: %s",
		    rows[i].text, why);
		ck_assert_ptr_null(why);
		ck_assert_int_eq(line.is_listed, rows[i].is_listed);
		ck_assert_uint_eq(line.name_len, strlen(rows[i].name));
		ck_assert_mem_eq(line.name, rows[i].name, line.name_len);
		ck_assert_uint_eq(line.entry_len, strlen(rows[i].entry));
		ck_assert_mem_eq(line.entry, rows[i].entry, line.entry_len);
	}
}
END_TEST

START_TEST(every_other_form_is_refused)
{
	static const char *const rows[] = {
		"",
		"+",
		"-",
		"a.example",
		" +a.example",
		"++a.example",
		"# comment",
		"weir-feed 1 x 0123456789abcdef full 0 1",
		/* names */
		"+example",
		"+.",
		"+.example",
		"+a..example",
		"+a.example.",
		"+A.example",
		"+a.exampl\xc3\xa9",
		"+a\\046b.example",
		"+*.example",
		"+a/b.example",
		"+a b.example",
		"+a.example\r",
		"+a.example\t",
		"+a:b.example",
		"+a=b.example",
		"+" L63 "x.example",
		"+" L63 "." L63 "." L63 "." L63 ".example",
		/* what is not listed has nothing behind it */
		"-a.example scope=name",
		"-a.example ",
		/* blanks */
		"+a.example ",
		"+a.example  scope=name",
		"+a.example scope=name ",
		"+a.example scope=name  action=drop",
		"+a.example scope= name",
		"+ a.example",
		/* attributes */
		"+a.example scope",
		"+a.example scope=",
		"+a.example =name",
		"+a.example scope=all",
		"+a.example scope=Name",
		"+a.example scope=name scope=name",
		"+a.example scope=name scope=both",
		"+a.example colour=red",
		"+a.example action=drop scope=name",
		"+a.example action=local",
		"+a.example action=default",
		"+a.example action=block",
		"+a.example important=no",
		"+a.example important=",
		"+a.example important=yes important=yes",
		"+a.example category=",
		"+a.example category=Ads",
		"+a.example category=a|b",
		"+a.example category=a,b",
		"+a.example category=" L63 "x",
		"+a.example confidence=101",
		"+a.example confidence=-1",
		"+a.example confidence=+1",
		"+a.example confidence=01",
		"+a.example confidence=1.0",
		"+a.example confidence=255",
		"+a.example confidence=",
		"+a.example first-seen=0",
		"+a.example first-seen=4294967296",
		"+a.example first-seen=18446744073709551617",
		"+a.example valid-until=0",
		"+a.example valid-until=0x10",
		"+a.example valid-until=12 first-seen=11",
		/* statements */
		"+a.example |",
		"+a.example | ",
		"+a.example |scope=name",
		"+a.example scope=name |",
		"+a.example scope=name | ",
		"+a.example scope=name|scope=both",
		"+a.example | | scope=name",
		"+a.example scope=name | scope=both",
		"+a.example scope=name | scope=name",
		"+a.example scope=name |  scope=subdomains",
		"+a.example scope=name  | scope=subdomains",
		"+a.example  | scope=name",
		"+a.example scope=name | |",
		("+a.example | action=drop | action=nodata | action=pass | "
		 "scope=both"),
	};
	struct weir_feed_line line = { .name_len = 77 };
	const char *why;
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		ck_assert_msg(
		    parse(rows[i], &line, &why) == WEIR_EFORMAT && why != NULL,
		    "taken: %s", rows[i]);
		ck_assert_uint_eq(line.name_len, 77);
	}
	ck_assert_int_eq(weir_feed_line_parse("+a\0b.example", 12, &line, &why),
	    WEIR_EFORMAT);
	ck_assert_int_eq(
	    weir_feed_line_parse("+a.example scope=na\0me", 22, &line, &why),
	    WEIR_EFORMAT);
}
END_TEST

START_TEST(a_line_of_any_length_ends_in_its_buffer)
{
	static char text[WEIR_FEED_LINE_SIZE + 100];
	struct weir_feed_line line;
	const char *why;

	memset(text, 'a', sizeof(text));
	memcpy(text, "+a.example category=", 20);
	ck_assert_int_eq(weir_feed_line_parse(text, sizeof(text), &line, &why),
	    WEIR_EFORMAT);
	ck_assert_str_eq(why, "too long");
	ck_assert_int_eq(
	    weir_feed_line_parse(text, WEIR_FEED_LINE_SIZE - 1, &line, &why),
	    WEIR_EFORMAT);
	ck_assert_str_ne(why, "too long");
}
END_TEST

struct seen {
	char text[4096];
	unsigned int count, stop_at;
};

static int
see(void *arg, const struct weir_list_item *item)
{
	struct seen *seen = arg;
	char name[WEIR_NAME_TEXT_SIZE], text[WEIR_FEED_LINE_SIZE];

	weir_name_print(item->name, name);
	ck_assert_int_ge(weir_feed_statement_print(item, text), 0);
	sprintf(seen->text + strlen(seen->text), "%s [%s]; ", name, text);
	return ++seen->count == seen->stop_at ? 5 : 0;
}

START_TEST(statements_become_items)
{
	static const struct {
		const char *text, *wanted;
	} rows[] = {
		{ "+a.example", "a.example []; " },
		{ "+a.example scope=both", "a.example [scope=both]; " },
		{ "+a.example | scope=name",
		    "a.example []; a.example [scope=name]; " },
		{ "+a.example action=pass confidence=7 | scope=name | "
		  "scope=subdomains important=yes valid-until=9",
		    "a.example [action=pass confidence=7]; "
		    "a.example [scope=name]; "
		    "a.example [scope=subdomains important=yes "
		    "valid-until=9]; " },
	};
	struct weir_feed_line line;
	const char *why;
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		struct seen seen = { .count = 0 };

		ck_assert_int_eq(parse(rows[i].text, &line, &why), 0);
		ck_assert_int_eq(weir_feed_line_items(&line, see, &seen), 0);
		ck_assert_str_eq(seen.text, rows[i].wanted);
	}
}
END_TEST

START_TEST(what_the_taker_says_ends_the_items)
{
	struct seen seen = { .stop_at = 2 };
	struct weir_feed_line line;
	const char *why;

	ck_assert_int_eq(
	    parse("+a.example | action=pass | scope=name", &line, &why), 0);
	ck_assert_int_eq(weir_feed_line_items(&line, see, &seen), 5);
	ck_assert_uint_eq(seen.count, 2);
}
END_TEST

START_TEST(items_become_statements)
{
	struct weir_list_item item = WEIR_LIST_ITEM(NULL);
	char text[WEIR_FEED_LINE_SIZE];

	ck_assert_int_eq(weir_feed_statement_print(&item, text), 0);
	ck_assert_str_eq(text, "");
	item.scope = WEIR_SCOPE_SUBDOMAINS;
	item.action = WEIR_ACTION_CANCELLED;
	item.category = "ads";
	item.confidence = 0;
	item.first_seen = 5;
	ck_assert_int_gt(weir_feed_statement_print(&item, text), 0);
	ck_assert_str_eq(text, "scope=subdomains action=cancelled category=ads "
			       "confidence=0 first-seen=5");
	item.action = WEIR_ACTION_LOCAL;
	ck_assert_int_eq(weir_feed_statement_print(&item, text), WEIR_EFORMAT);
	item.action = WEIR_ACTION_COUNT;
	ck_assert_int_eq(weir_feed_statement_print(&item, text), WEIR_EFORMAT);
	item.action = WEIR_ACTION_DROP;
	item.category = L63 "x";
	ck_assert_int_eq(weir_feed_statement_print(&item, text), WEIR_EFORMAT);
}
END_TEST

START_TEST(headers_come_back_as_they_went)
{
	static const struct weir_feed_header rows[] = {
		{ "malware", "0123456789abcdef", WEIR_FEED_HOUR, 120, 4711 },
		{ L63, "ffffffffffffffff", WEIR_FEED_FULL, 0, UINT64_MAX },
		{ "a", "0000000000000000", WEIR_FEED_HEAD, 0, 1 },
		{ "a.b_c-9", "0000000000000000", WEIR_FEED_DAY, 5, 6 },
	};
	char text[WEIR_FEED_LINE_SIZE];
	struct weir_feed_header again;
	size_t i, len;

	for (i = 0; i < COUNT(rows); i++) {
		len = weir_feed_header_print(&rows[i], text);
		ck_assert_int_eq(text[len - 1], '\n');
		ck_assert(weir_feed_header_parse(text, len - 1, &again));
		ck_assert_str_eq(again.feed, rows[i].feed);
		ck_assert_str_eq(again.gen, rows[i].gen);
		ck_assert_uint_eq(again.kind, rows[i].kind);
		ck_assert(again.from == rows[i].from);
		ck_assert(again.to == rows[i].to);
	}
	ck_assert_uint_eq(weir_feed_header_print(&rows[0], text),
	    strlen("weir-feed 1 malware 0123456789abcdef hour 120 4711\n"));
	ck_assert_str_eq(
	    text, "weir-feed 1 malware 0123456789abcdef hour 120 4711\n");
}
END_TEST

START_TEST(hostile_headers_are_none)
{
	static const char *const rows[] = {
		"",
		"weir-feed",
		"weir-feed 1 ",
		"weir-feed 2 a 0123456789abcdef full 0 1",
		"weir-feed 1 a 0123456789abcdef full 0",
		"weir-feed 1 a 0123456789abcdef full 0 1 ",
		"weir-feed 1 a 0123456789abcdef full 0 1 2",
		"weir-feed 1 a 0123456789abcdef full 1 2",
		"weir-feed 1 a 0123456789abcdef hour 2 2",
		"weir-feed 1 a 0123456789abcdef hour 3 2",
		"weir-feed 1 a 0123456789abcdef week 0 1",
		"weir-feed 1 a 0123456789abcdef FULL 0 1",
		"weir-feed 1 a 0123456789abcde full 0 1",
		"weir-feed 1 a 0123456789abcdeF full 0 1",
		"weir-feed 1 a 0123456789abcdefa full 0 1",
		"weir-feed 1  a 0123456789abcdef full 0 1",
		"weir-feed 1 a 0123456789abcdef full 0 +1",
		"weir-feed 1 a 0123456789abcdef full 0 01",
		"weir-feed 1 a 0123456789abcdef full 0 -1",
		"weir-feed 1 a 0123456789abcdef hour 0 18446744073709551616",
		"weir-feed 1 ../a 0123456789abcdef full 0 1",
		"weir-feed 1 A 0123456789abcdef full 0 1",
		"weir-feed 1 a\t0123456789abcdef full 0 1",
		"weir-feed 1 " L63 "x 0123456789abcdef full 0 1",
		"weir-feed 1 a 0123456789abcdef full 0 1\r",
		" weir-feed 1 a 0123456789abcdef full 0 1",
	};
	static char blanks[4096];
	struct weir_feed_header header;
	size_t i;

	for (i = 0; i < COUNT(rows); i++)
		ck_assert_msg(
		    !weir_feed_header_parse(rows[i], strlen(rows[i]), &header),
		    "taken: %s", rows[i]);
	memset(blanks, ' ', sizeof(blanks));
	ck_assert(!weir_feed_header_parse(blanks, sizeof(blanks), &header));
	ck_assert(!weir_feed_header_parse(
	    "weir-feed 1 a 0123456789abcdef full 0 1\0", 41, &header));
}
END_TEST

START_TEST(names_and_generations)
{
	static const char *const names[] = { "a", "malware", "a.b", "0", "-_.",
		L63 };
	static const char *const no_names[] = { "", "A", "a b", "a/b", "a\n",
		L63 "x", "\xc3\xa9" };
	size_t i;

	for (i = 0; i < COUNT(names); i++)
		ck_assert(weir_feed_name_is_valid(names[i]));
	for (i = 0; i < COUNT(no_names); i++)
		ck_assert(!weir_feed_name_is_valid(no_names[i]));
	ck_assert(!weir_feed_name_is_valid(NULL));
	ck_assert(weir_feed_gen_is_valid("0123456789abcdef"));
	ck_assert(!weir_feed_gen_is_valid("0123456789abcde"));
	ck_assert(!weir_feed_gen_is_valid("0123456789abcdefa"));
	ck_assert(!weir_feed_gen_is_valid("0123456789abcdeg"));
	ck_assert(!weir_feed_gen_is_valid(NULL));
}
END_TEST

START_TEST(kinds_have_names)
{
	unsigned int kind;

	for (kind = 0; kind < WEIR_FEED_KIND_COUNT; kind++)
		ck_assert_int_eq(
		    weir_feed_kind_parse(weir_feed_kind_text(kind)), (int)kind);
	ck_assert_int_eq(weir_feed_kind_parse("week"), -1);
	ck_assert_int_eq(weir_feed_kind_parse(""), -1);
	ck_assert_int_eq(weir_feed_kind_parse(NULL), -1);
	ck_assert_str_eq(weir_feed_kind_text(WEIR_FEED_KIND_COUNT), "?");
}
END_TEST

/* Sorted by the name's octets, so by `LC_ALL=C sort` too. */
START_TEST(lines_stand_in_the_order_of_their_octets)
{
	static const char *const rows[] = { "a-b.example", "a.example",
		"a.example.org", "a0.example", "a_.example", "ab.example" };
	size_t i, j;
	int order;

	for (i = 0; i < COUNT(rows); i++)
		for (j = 0; j < COUNT(rows); j++) {
			order = weir_feed_line_compare(
			    rows[i], strlen(rows[i]), rows[j], strlen(rows[j]));
			ck_assert_int_eq(order < 0, i < j);
			ck_assert_int_eq(order > 0, i > j);
		}
	ck_assert_int_eq(weir_feed_line_compare(NULL, 0, NULL, 0), 0);
	ck_assert_int_lt(weir_feed_line_compare(NULL, 0, "a", 1), 0);
}
END_TEST

static void
sum_of(const char *const *entries, size_t count, char *text)
{
	struct weir_feed_sum sum = { 0, 0 };
	size_t i;

	for (i = 0; i < count; i++)
		weir_feed_sum_add(&sum, entries[i], strlen(entries[i]));
	weir_feed_sum_print(&sum, text);
}

START_TEST(the_sum_is_that_of_the_specification)
{
	/* BLAKE2b-128 of "a.example" and of "b.example scope=both", octets
	 * turned round, and their sum; made with Python's hashlib. */
	static const char *const entries[] = { "a.example",
		"b.example scope=both" };
	char text[WEIR_FEED_SUM_SIZE];

	sum_of(entries, 0, text);
	ck_assert_str_eq(text, "00000000000000000000000000000000");
	sum_of(entries, 1, text);
	ck_assert_str_eq(text, "85968e138531413cd5b324efb2ee5ef4");
	sum_of(entries + 1, 1, text);
	ck_assert_str_eq(text, "1386407d513af176816dcfd673427eb1");
	sum_of(entries, 2, text);
	ck_assert_str_eq(text, "991cce90d66c32b35720f4c62630dda5");
}
END_TEST

START_TEST(the_sum_knows_no_order_and_takes_back)
{
	struct weir_feed_sum one = { 0, 0 }, two = { 0, 0 };
	char entry[64];
	int i, len;

	for (i = 0; i < 1000; i++) {
		len = sprintf(entry, "name-%d.example", i);
		weir_feed_sum_add(&one, entry, (size_t)len);
		len = sprintf(entry, "name-%d.example", 999 - i);
		weir_feed_sum_add(&two, entry, (size_t)len);
	}
	ck_assert(one.low == two.low && one.high == two.high);
	ck_assert(one.low != 0 && one.high != 0);
	for (i = 0; i < 1000; i++) {
		len = sprintf(entry, "name-%d.example", (i * 7) % 1000);
		weir_feed_sum_take(&one, entry, (size_t)len);
	}
	ck_assert(one.low == 0 && one.high == 0);
}
END_TEST

START_TEST(sums_have_one_form)
{
	static const char *const rows[] = { "", "0",
		"0000000000000000000000000000000",
		"000000000000000000000000000000000",
		"0000000000000000000000000000000G",
		"0000000000000000000000000000000A",
		"0x000000000000000000000000000000",
		" 0000000000000000000000000000000",
		"+0000000000000000000000000000000",
		"0000000000000000+000000000000000" };
	struct weir_feed_sum sum;
	char text[WEIR_FEED_SUM_SIZE];
	size_t i;

	for (i = 0; i < COUNT(rows); i++)
		ck_assert_msg(
		    !weir_feed_sum_parse(rows[i], &sum), "%s", rows[i]);
	ck_assert(!weir_feed_sum_parse(NULL, &sum));
	ck_assert(
	    weir_feed_sum_parse("0123456789abcdeffedcba9876543210", &sum));
	ck_assert(sum.high == 0x0123456789abcdefULL);
	ck_assert(sum.low == 0xfedcba9876543210ULL);
	weir_feed_sum_print(&sum, text);
	ck_assert_str_eq(text, "0123456789abcdeffedcba9876543210");
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		lines_of_the_one_form_are_read,
		every_other_form_is_refused,
		a_line_of_any_length_ends_in_its_buffer,
		statements_become_items,
		what_the_taker_says_ends_the_items,
		items_become_statements,
		headers_come_back_as_they_went,
		hostile_headers_are_none,
		names_and_generations,
		kinds_have_names,
		lines_stand_in_the_order_of_their_octets,
		the_sum_is_that_of_the_specification,
		the_sum_knows_no_order_and_takes_back,
		sums_have_one_form,
		NULL,
	};

	return suite_run("feed_line", tests);
}
