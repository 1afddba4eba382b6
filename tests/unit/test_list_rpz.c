/*
 * test_list_rpz.c - RPZ zones: what a record says, to whom it belongs, and what
 * is refused.
 */
#include <arpa/inet.h>
#include <string.h>

#include "feeds/list.h"
#include "feeds/zone.h"
#include "lib/answers.h"
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

/* What was read: "name scope action records", with '|' between them; and the
 * reasons of what was not, as "line word". */
struct found {
	char text[16384];
	size_t len;
	unsigned int count;
	unsigned long last_line;
};

static struct weir_list_report report;
static struct weir_problem problem;
static struct found found;

static void
append(const char *text)
{
	size_t len = strlen(text);

	ck_assert_uint_lt(found.len + len, sizeof(found.text));
	memcpy(found.text + found.len, text, len + 1);
	found.len += len;
}

static void
append_record(const struct weir_answer_record *record)
{
	char text[WEIR_NAME_TEXT_SIZE] = "", whole[1200];
	struct weir_name name;

	if (record->type == WEIR_ANSWER_A || record->type == WEIR_ANSWER_AAAA)
		inet_ntop(record->type == WEIR_ANSWER_A ? AF_INET : AF_INET6,
		    record->rdata, text, sizeof(text));
	else if (record->type == WEIR_ANSWER_CNAME &&
		 weir_name_from_wire(record->rdata, record->len, &name) == 0)
		weir_name_print(&name, text);
	else
		snprintf(text, sizeof(text), "'%.*s'", record->rdata[0],
		    (const char *)record->rdata + 1);
	snprintf(whole, sizeof(whole), " %u/%u/%s", record->type, record->ttl_s,
	    text);
	append(whole);
}

static int
take(void *arg, const struct weir_list_item *item)
{
	const uint8_t *octets = item->answer.records;
	size_t len = item->answer.len;
	struct weir_answer_record record;
	char name[WEIR_NAME_TEXT_SIZE], text[1200];

	(void)arg;
	weir_name_print(item->name, name);
	snprintf(text, sizeof(text), "%s%s%s %s", found.len > 0 ? "|" : "",
	    item->scope == WEIR_SCOPE_SUBDOMAINS ? "*." : "", name,
	    weir_action_text(item->action));
	append(text);
	if (len > 0)
		ck_assert(weir_answers_is_valid(octets, len));
	while (weir_answers_next(&octets, &len, &record))
		append_record(&record);
	found.count++;
	found.last_line = item->line;
	return 0;
}

static int
read_path(const char *path, const char *format)
{
	memset(&found, 0, sizeof(found));
	return weir_list_read(
	    path, format, NULL, take, NULL, NULL, &report, &problem);
}

static int
read_text(const char *format, const char *text, size_t len)
{
	struct scratch scratch;
	int error;

	scratch_init(&scratch);
	scratch_write(&scratch, "zone", text, len);
	error = read_path(scratch.file, format);
	scratch_done(&scratch);
	return error;
}

/* Appends the refused, but for the zone's own data. */
static void
append_refused(void)
{
	unsigned int reason;
	unsigned long i;
	char text[64];

	for (reason = 0; reason < WEIR_LIST_REASON_COUNT; reason++) {
		if (reason == WEIR_LIST_ZONE_DATA)
			continue;
		for (i = 0;
		     i < report.refused[reason] && i < WEIR_LIST_EXAMPLES;
		     i++) {
			snprintf(text, sizeof(text), "%s%s:%lu",
			    found.len > 0 ? "|" : "",
			    weir_list_reason_word(reason),
			    report.examples[reason][i].line);
			append(text);
		}
	}
}

#define SOA "@ SOA localhost. root.localhost. 1 2 3 4 300\n"

static const struct {
	const char *text, *wanted;
} rows[] = {
	/* Actions. */
	{ "a.b CNAME .", "a.b nxdomain" },
	{ "a.b CNAME *.", "a.b nodata" },
	{ "a.b CNAME rpz-passthru.", "a.b pass" },
	{ "a.b CNAME RPZ-PassThru.", "a.b pass" },
	{ "a.b CNAME rpz-drop.", "a.b drop" },
	{ "a.b CNAME rpz-tcp-only.", "a.b truncate" },
	{ "a.b CNAME a.b.", "a.b pass" },
	{ "*.a.b CNAME .", "*.a.b nxdomain" },
	{ "*.a.b CNAME rpz-passthru.", "*.a.b pass" },
	{ "a.b CNAME rpz-new.", "action:1" },
	{ "a.b CNAME x.rpz-new.", "action:1" },
	{ "a.b CNAME *.garden.", "action:1" },
	{ "*.a.b CNAME *.a.b.", "action:1" },
	{ "a.b DNAME c.d.", "action:1" },
	{ "a.b MX 10 c.d.", "action:1" },
	/* Answers. */
	{ "a.b CNAME c.d.", "a.b local 5/60/c.d" },
	{ "a.b 7 CNAME C.D.", "a.b local 5/7/c.d" },
	{ "a.b A 192.0.2.1", "a.b local 1/60/192.0.2.1" },
	{ "*.a.b A 192.0.2.1", "*.a.b local 1/60/192.0.2.1" },
	{ "a.b AAAA 2001:DB8::1", "a.b local 28/60/2001:db8::1" },
	{ "a.b TXT \"x ; (y\" z", "a.b local 16/60/'x ; (y'" },
	{ "a.b TXT x\\032\\\"y", "a.b local 16/60/'x \"y'" },
	{ "a.b A 192.0.2.2\na.b 9 A 192.0.2.1\na.b A 192.0.2.2",
	    "a.b local 1/9/192.0.2.1 1/9/192.0.2.2" },
	{ "a.b A 192.0.2.2\nc.d CNAME .\na.b TXT t\nc.e A 192.0.2.3\n"
	  "a.b AAAA ::1",
	    "c.d nxdomain|a.b local 1/60/192.0.2.2 16/60/'t' 28/60/::1|"
	    "c.e local 1/60/192.0.2.3" },
	{ "*.a.b A 192.0.2.1\na.b A 192.0.2.2",
	    "*.a.b local 1/60/192.0.2.1|a.b local 1/60/192.0.2.2" },
	{ "a.b A 192.0.2.1\na.b CNAME .", "a.b local 1/60/192.0.2.1|broken:2" },
	{ "a.b A 192.0.2", "broken:1" },
	{ "a.b A 192.0.2.1 192.0.2.2", "broken:1" },
	{ "a.b A \"192.0.2.1\"", "broken:1" },
	{ "a.b AAAA 192.0.2.1", "broken:1" },
	{ "a.b CNAME c.d. e.f.", "broken:1" },
	{ "a.b TXT \\300", "broken:1" },
	/* TTL, class, type. */
	{ "$TTL 1h30m\na.b A 192.0.2.1", "a.b local 1/5400/192.0.2.1" },
	{ "$TTL 30\na.b 40 A 192.0.2.1", "a.b local 1/40/192.0.2.1" },
	{ "a.b IN 40 A 192.0.2.1", "a.b local 1/40/192.0.2.1" },
	{ "a.b 40 IN A 192.0.2.1", "a.b local 1/40/192.0.2.1" },
	{ "a.b 40 in a 192.0.2.1", "a.b local 1/40/192.0.2.1" },
	{ "a.b 4w A 192.0.2.1", "a.b local 1/604800/192.0.2.1" },
	{ SOA "a.b A 192.0.2.1", "a.b local 1/300/192.0.2.1" },
	{ "$TTL 20\n" SOA "a.b A 192.0.2.1", "a.b local 1/20/192.0.2.1" },
	{ "a.b TYPE1 192.0.2.1", "a.b local 1/60/192.0.2.1" },
	{ "a.b CH A 192.0.2.1", "broken:1" },
	{ "a.b 4294967296 A 192.0.2.1", "broken:1" },
	{ "a.b", "broken:1" },
	{ "a.b IN", "broken:1" },
	{ "a.b CNAME", "broken:1" },
	{ "a.b WHAT .", "broken:1" },
	{ "$TTL x\na.b CNAME .", "a.b nxdomain|broken:1" },
	/* Owners and the zone's own name. */
	{ "a.b. CNAME .", "a.b nxdomain" },
	{ SOA "a.b CNAME .\na.b. CNAME .", "a.b nxdomain|broken:3" },
	{ "$ORIGIN rpz.x.\n" SOA "a.b CNAME .\nc.d.rpz.x. CNAME .\n"
	  "e.f. CNAME .",
	    "a.b nxdomain|c.d nxdomain|broken:5" },
	{ "rpz.x. SOA l. r. 1 2 3 4 5\na.b.rpz.x. CNAME .\nc.d CNAME .\n"
	  "a.brpz.x. CNAME .",
	    "a.b nxdomain|c.d nxdomain|broken:4" },
	{ "$ORIGIN rpz.x.\na.b.rpq.x. CNAME .", "broken:2" },
	{ SOA "a.b\\. CNAME .", "not-a-name:2" },
	{ "$ORIGIN .\nrpz.x SOA l. r. 1 2 3 4 5\n$ORIGIN rpz.x.\n"
	  "a.b CNAME .\n$ORIGIN com.rpz.x.\nc CNAME .\n*.d CNAME .",
	    "a.b nxdomain|c.com nxdomain|*.d.com nxdomain" },
	{ "$ORIGIN rpz.x.\na.b CNAME .\n$ORIGIN com.rpz.x.\nc CNAME .",
	    "a.b nxdomain|c.com nxdomain" },
	{ SOA "$ORIGIN com\na CNAME .\n$ORIGIN b\nc CNAME .",
	    "a.com nxdomain|c.b.com nxdomain" },
	{ SOA "$ORIGIN rpz.x.\na.b CNAME .", "a.b nxdomain" },
	{ "$ORIGIN rpz.x.\n@ CNAME .\n@ A 192.0.2.1\na.b CNAME c",
	    "a.b local 5/60/c.rpz.x" },
	{ "a.b CNAME c", "broken:1" },
	{ "a.b CNAME rpz-passthru", "broken:1" },
	{ "A.B CNAME .", "a.b nxdomain" },
	{ "a\\.x.b CNAME .", "not-a-name:1" },
	{ "\\097.b CNAME .", "a.b nxdomain" },
	{ "b\xc3\xbc.de CNAME .", "xn--b-eha.de nxdomain" },
	{ "a..b CNAME .", "not-a-name:1" },
	{ "192.0.2.1 CNAME .", "address:1" },
	{ "*.192.0.2.1 CNAME .", "address:1" },
	{ "com CNAME .", "single-label:1" },
	{ "*.com CNAME .", "single-label:1" },
	{ "* CNAME .", "single-label:1" },
	{ "a.*.b CNAME .", "wildcard:1" },
	{ "\"a.b\" CNAME .", "broken:1" },
	/* Inherited owners. */
	{ "a.b A 192.0.2.1\n  TXT t\n\tAAAA ::1",
	    "a.b local 1/60/192.0.2.1 16/60/'t' 28/60/::1" },
	{ "  CNAME .", "broken:1" },
	{ "a.b CNAME .\na..c CNAME .\n  A 192.0.2.1",
	    "a.b nxdomain|not-a-name:2|broken:3" },
	/* Other triggers, data of the zone. */
	{ "32.1.2.0.192.rpz-ip CNAME .", "trigger:1" },
	{ "24.0.2.0.192.rpz-client-ip CNAME rpz-drop.", "trigger:1" },
	{ "ns.x.rpz-nsdname CNAME .", "trigger:1" },
	{ "*.x.rpz-nsdname CNAME .", "trigger:1" },
	{ "128.1.zz.db8.2001.rpz-nsip A 192.0.2.1", "trigger:1" },
	{ SOA " NS localhost.\n@ DNSKEY 257 3 8 AwEA\na.b RRSIG x", "" },
	/* Lines. */
	{ "; c\n\n  ; d\n\t\na.b CNAME . ; why", "a.b nxdomain" },
	{ "\xef\xbb\xbf"
	  "a.b CNAME .\r\n\xef\xbb\xbf"
	  "c.d CNAME .\r\n",
	    "a.b nxdomain|c.d nxdomain" },
	{ "a.b ( ; x\n CNAME ; (\n . )\nc.d CNAME .",
	    "a.b nxdomain|c.d nxdomain" },
	{ "a.b TXT ( x\ny )", "a.b local 16/60/'x'" },
	{ "@ SOA l. r. ( 1 2\n3 ( 4 ) 5 )\na.b CNAME .", "a.b nxdomain" },
	{ "a.b CNAME ( .\nc.d CNAME .", "broken:1" },
	{ "a.b ) CNAME .\n CNAME .\nc.d CNAME .",
	    "c.d nxdomain|broken:1|broken:2" },
	{ "a.b TXT \"x\nc.d CNAME .", "c.d nxdomain|broken:1" },
	/* Directives. */
	{ "$INCLUDE /etc/passwd\na.b CNAME .", "a.b nxdomain|action:1" },
	{ "a.b CNAME .\n$GENERATE 1-9 x$ CNAME .\n A 192.0.2.1",
	    "a.b nxdomain|action:2|broken:3" },
	{ "$include x", "action:1" },
	{ "$WHAT x\n$ORIGIN\n$ORIGIN a..b", "broken:1|broken:2|broken:3" },
};

START_TEST(each_record_says_what_it_should)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_int_eq(
		    read_text("rpz", rows[i].text, strlen(rows[i].text)), 0);
		append_refused();
		ck_assert_msg(strcmp(found.text, rows[i].wanted) == 0,
		    "%s\nwanted: %s\n   got: %s", rows[i].text, rows[i].wanted,
		    found.text);
	}
}
END_TEST

START_TEST(entries_and_refusals_tell_where_their_record_begins)
{
	static const char text[] = "$TTL 5\n; c\n\na.b A 192.0.2.1\nx.y (\n"
				   " BAD\n )\nc.d CNAME .\n";
	const struct weir_list_example *example;

	ck_assert_int_eq(read_text("rpz", text, sizeof(text) - 1), 0);
	ck_assert_uint_eq(found.last_line, 4); /* given at the end */
	ck_assert_uint_eq(report.line_count, 8);
	ck_assert_uint_eq(report.comment_count, 2);
	ck_assert_uint_eq(report.entry_count, 2);
	ck_assert_uint_eq(report.refused[WEIR_LIST_ZONE_DATA], 1);
	example = &report.examples[WEIR_LIST_BROKEN][0];
	ck_assert_uint_eq(example->line, 5);
	ck_assert_str_eq(example->text, "x.y");
}
END_TEST

START_TEST(a_line_that_is_too_long_ends_what_it_interrupts)
{
	char text[WEIR_LINE_SIZE + 200];
	size_t len = 0;

	len += (size_t)sprintf(text, "a.b TXT ( x\n");
	memset(text + len, 'x', WEIR_LINE_SIZE + 1);
	len += WEIR_LINE_SIZE + 1;
	len += (size_t)sprintf(text + len, "\n  CNAME .\nc.d CNAME .\n");
	ck_assert_int_eq(read_text("rpz", text, len), 0);
	append_refused();
	ck_assert_str_eq(
	    found.text, "c.d nxdomain|too-long:2|broken:1|broken:3");
	/* Nobody knows whose owner it had. */
	len = (size_t)sprintf(text, "a.b A 192.0.2.1\n");
	memset(text + len, 'x', WEIR_LINE_SIZE + 1);
	len += WEIR_LINE_SIZE + 1;
	len += (size_t)sprintf(text + len, "\n  A 192.0.2.2\n");
	ck_assert_int_eq(read_text("rpz", text, len), 0);
	append_refused();
	ck_assert_str_eq(
	    found.text, "a.b local 1/60/192.0.2.1|too-long:2|broken:3");
	/* And a record of short lines may not be longer than a line. */
	len = (size_t)sprintf(text, "a.b TXT (\n");
	while (len < WEIR_LINE_SIZE + 100)
		len += (size_t)sprintf(text + len, "xxxxxxxxx\n");
	len += (size_t)sprintf(text + len, ")\nc.d CNAME .\n");
	ck_assert_int_eq(read_text("rpz", text, len), 0);
	ck_assert_str_eq(found.text, "c.d nxdomain");
	ck_assert_uint_gt(report.refused[WEIR_LIST_BROKEN], 0);
}
END_TEST

START_TEST(an_answer_has_a_largest_size)
{
	size_t len;
	unsigned int i;
	char *text;
	FILE *stream = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(stream);
	for (i = 0; i < 70; i++)
		fprintf(stream, "many.x A 192.0.2.%u\n", i);
	for (i = 0; i < 40; i++)
		fprintf(stream, "large.x TXT %02u%0200u\n", i, i);
	fclose(stream);
	ck_assert_int_eq(read_text("rpz", text, len), 0);
	ck_assert_uint_eq(found.count, 2);
	/* 64 addresses, and 4096 / (8 + 1 + 202) texts. */
	ck_assert_uint_eq(report.refused[WEIR_LIST_ACTION],
	    70 - WEIR_ANSWER_RECORDS + 40 - WEIR_ANSWER_SIZE / 211);
	free(text);
}
END_TEST

static int
count_two(void *arg, const struct weir_list_item *item)
{
	unsigned long *counts = arg;

	counts[item->answer.len > WEIR_ANSWER_RECORD_BYTES + 4]++;
	return 0;
}

START_TEST(many_owners_apart_are_put_together)
{
	unsigned long counts[2] = { 0, 0 };
	struct scratch scratch;
	unsigned int i, pass;
	size_t len;
	char *text;
	FILE *stream = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(stream);
	for (pass = 1; pass <= 2; pass++)
		for (i = 0; i < 60000; i++)
			fprintf(stream, "n%u.x A 192.0.2.%u\n", i, pass);
	/* More than wait at once: those at hand are given on. */
	for (i = 0; i < 10000; i++)
		fprintf(stream, "m%u.x A 192.0.2.1\n", i);
	fclose(stream);
	scratch_init(&scratch);
	scratch_write(&scratch, "zone", text, len);
	ck_assert_int_eq(weir_list_read(scratch.file, "rpz", NULL, count_two,
			     NULL, counts, &report, &problem),
	    0);
	ck_assert_uint_eq(counts[1], 60000);
	ck_assert_uint_eq(counts[0], 10000);
	free(text);
	scratch_done(&scratch);
}
END_TEST

static int
stop(void *arg, const struct weir_list_item *item)
{
	(void)item;
	return ++*(unsigned long *)arg == 2 ? 7 : 0;
}

START_TEST(the_consumer_can_stop_at_the_end_too)
{
	static const char text[] = "a.b A 192.0.2.1\nc.d A 192.0.2.1\n"
				   "e.f A 192.0.2.1\n";
	unsigned long count = 0;
	struct scratch scratch;

	scratch_init(&scratch);
	scratch_write(&scratch, "zone", text, sizeof(text) - 1);
	ck_assert_int_eq(weir_list_read(scratch.file, "rpz", NULL, stop, NULL,
			     &count, &report, &problem),
	    7);
	ck_assert_uint_eq(count, 2);
	scratch_done(&scratch);
}
END_TEST

START_TEST(zones_are_recognised)
{
	static const struct {
		const char *text;
		bool is_rpz;
	} cases[] = {
		{ "a.b CNAME .\nc.d CNAME .\n", true },
		{ "; c\n$TTL 3\n@ SOA l. r. 1 2 3 4 5\n  NS l.\na.b CNAME .\n",
		    true },
		{ "@ IN SOA l. r. (\n 1\n 2\n 3\n 4\n 5 )\nx A 1.2.3.4\n"
		  "y MX 5 z.\na.b 5 IN CNAME rpz-passthru.\n",
		    true },
		{ "a.b 30 IN CNAME garden.example.\n", true },
		{ "0.0.0.0 a.b\n0.0.0.0 c.d\n", false },
		{ "a.b\nc.d\n", false },
		{ "www A 192.0.2.1\nmail MX 5 x.\n", false },
		{ "a.b is blocked\n", false },
	};
	size_t i;
	int ret;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ret = read_text("auto", cases[i].text, strlen(cases[i].text));
		ck_assert_msg((ret == 0 && strcmp(report.format, "rpz") == 0) ==
				  cases[i].is_rpz,
		    "%s: %s", cases[i].text, report.format);
	}
}
END_TEST

START_TEST(ttls_are_seconds_or_units)
{
	static const struct {
		const char *text;
		int64_t wanted; /* -1: none */
	} cases[] = {
		{ "0", 0 },
		{ "2147483647", 2147483647 },
		{ "2147483648", -1 },
		{ "1w1D1h1M1s", 694861 },
		{ "1h30", 3630 },
		{ "99999999999999999999", -1 },
		{ "9999999w", -1 },
		{ "", -1 },
		{ "h", -1 },
		{ "1x", -1 },
		{ "1hh", -1 },
		{ "-1", -1 },
	};
	uint32_t ttl_s;
	bool is_one;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		is_one = weir_zone_parse_ttl(
		    cases[i].text, strlen(cases[i].text), &ttl_s);
		ck_assert_msg(
		    is_one == (cases[i].wanted >= 0), "%s", cases[i].text);
		if (is_one)
			ck_assert_int_eq(ttl_s, cases[i].wanted);
	}
}
END_TEST

START_TEST(other_formats_take_no_name_of_a_zone)
{
	static const char text[] = SOA
	    " NS localhost.\na.b CNAME .\n"
	    "*.a.b CNAME .\nc.d CNAME rpz-passthru.\n";

	ck_assert_int_eq(read_text("domains", text, sizeof(text) - 1), 0);
	ck_assert_uint_eq(found.count, 0);
	ck_assert_int_eq(read_text("hosts", text, sizeof(text) - 1), 0);
	ck_assert_uint_eq(found.count, 0);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { each_record_says_what_it_should,
		entries_and_refusals_tell_where_their_record_begins,
		a_line_that_is_too_long_ends_what_it_interrupts,
		an_answer_has_a_largest_size,
		many_owners_apart_are_put_together,
		the_consumer_can_stop_at_the_end_too, zones_are_recognised,
		ttls_are_seconds_or_units, other_formats_take_no_name_of_a_zone,
		NULL };

	return suite_run("list_rpz", tests);
}
