/*
 * test_live.c - stats/live.c: top tables of several modules as one, and events as
 * objects, out of status files that hold anything.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/name.h"
#include "stats/cut.h"
#include "stats/live.h"
#include "stats/stat.h"
#include "stats/tally.h"
#include "stats/totals.h"
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

static struct scratch scratch;
static struct weir_status modules[2];

static void
make_modules(void)
{
	struct weir_problem problem = { "" };
	unsigned int i;

	scratch_init(&scratch);
	for (i = 0; i < 2; i++)
		ck_assert_msg(weir_status_create(scratch.folder, 1, "1.17.1",
				  &modules[i], &problem) == 0,
		    "%s", problem.text);
}

static void
remove_modules(void)
{
	weir_status_close(&modules[0]);
	weir_status_close(&modules[1]);
	scratch_done(&scratch);
}

static size_t
wire_of(const char *text, uint8_t *wire)
{
	struct weir_name name;

	ck_assert_int_eq(weir_name_parse(text, strlen(text), &name), 0);
	memcpy(wire, name.wire, name.len);
	return name.len;
}

static uint64_t
hash_of(const void *arg, const uint8_t *key, size_t key_len)
{
	uint64_t hash = 14695981039346656037ULL;

	(void)arg;
	while (key_len-- > 0)
		hash = (hash ^ *key++) * 1099511628211ULL;
	return hash;
}

static void
count(unsigned int module, const char *text, uint64_t times, uint64_t unix_s)
{
	struct weir_top *top = weir_top_new(
	    weir_status_top(&modules[module], WEIR_TOP_NAMES),
	    WEIR_STATUS_TOP_COUNTERS, hash_of, NULL);
	uint8_t wire[WEIR_NAME_SIZE];
	struct weir_top_key key = { 0, wire, NULL, wire_of(text, wire), 0 };

	ck_assert_ptr_nonnull(top);
	key.hash = hash_of(NULL, wire, key.head_len);
	weir_top_count(top, &key, times, unix_s);
	weir_top_publish(top);
	weir_top_free(top);
}

static const struct weir_live_row *
find(const struct weir_live_top *top, const char *name)
{
	char text[WEIR_NAME_TEXT_SIZE];
	unsigned int i;

	for (i = 0; i < top->row_count; i++) {
		weir_live_text(WEIR_TOP_NAMES, &top->rows[i], text);
		if (strcmp(text, name) == 0)
			return &top->rows[i];
	}
	return NULL;
}

START_TEST(tables_of_modules_are_one)
{
	struct weir_live_top top;
	char text[WEIR_NAME_TEXT_SIZE];

	make_modules();
	count(0, "a.example", 5, 100);
	count(0, "b.example", 3, 110);
	count(1, "b.example", 4, 90);
	ck_assert_int_eq(weir_live_read(modules, 2, WEIR_TOP_NAMES, &top), 0);
	ck_assert_uint_eq(top.row_count, 2);
	ck_assert_uint_eq(top.total, 12);
	weir_live_text(WEIR_TOP_NAMES, &top.rows[0], text);
	ck_assert_str_eq(text, "b.example");
	ck_assert_uint_eq(top.rows[0].count, 7);
	ck_assert_uint_eq(top.rows[0].error, 0);
	ck_assert_uint_eq(top.rows[0].first_unix, 90);
	ck_assert_uint_eq(top.rows[0].last_unix, 110);
	ck_assert_uint_eq(top.rows[1].count, 5);
	weir_live_done(&top);
	remove_modules();
}
END_TEST

/* A full table may have forgotten a name that another one has: its count is not
 * too low all the same. */
START_TEST(what_a_full_table_forgot_is_in_the_error)
{
	struct weir_live_top top;
	const struct weir_live_row *row;
	char name[32];
	unsigned int i;

	make_modules();
	for (i = 0; i < WEIR_STATUS_TOP_COUNTERS; i++) {
		snprintf(name, sizeof(name), "n%u.example", i);
		count(0, name, i == 7 ? 50 : 2, 100);
	}
	count(0, "late.example", 3, 100); /* takes a place of one with 2 */
	count(1, "a.example", 5, 100);
	count(1, "n7.example", 1, 100);
	ck_assert_int_eq(weir_live_read(modules, 2, WEIR_TOP_NAMES, &top), 0);
	row = find(&top, "a.example");
	ck_assert_ptr_nonnull(row);
	ck_assert_uint_eq(row->count, 7);
	ck_assert_uint_eq(row->error, 2);
	row = find(&top, "n7.example");
	ck_assert_uint_eq(row->count, 51);
	ck_assert_uint_eq(row->error, 0);
	row = find(&top, "late.example");
	ck_assert_uint_eq(row->count, 3);
	ck_assert_uint_eq(row->error, 0);
	weir_live_done(&top);
	remove_modules();
}
END_TEST

START_TEST(no_module_has_no_rows)
{
	struct weir_live_top top;

	ck_assert_int_eq(weir_live_read(NULL, 0, WEIR_TOP_NAMES, &top), 0);
	ck_assert_uint_eq(top.row_count, 0);
	weir_live_done(&top);
}
END_TEST

START_TEST(keys_that_are_none_are_question_marks)
{
	static const struct {
		unsigned int top;
		size_t len;
		const char *key, *text;
	} rows[] = {
		{ WEIR_TOP_NAMES, 3, "\1a", "a" },
		{ WEIR_TOP_NAMES, 2, "\1a", "?" },
		{ WEIR_TOP_NAMES, 3, "\1\33", "\\027" },
		{ WEIR_TOP_CLIENTS, 3, "\4\40\1", "?" },
		{ WEIR_TOP_CLIENTS, 18,
		    "\4\40\300\0\2\1\0\0\0\0\0\0\0\0\0\0\0\0", "192.0.2.1" },
		{ WEIR_TOP_CLIENT_NAMES, 10, "\4\40\300\0\2\1\0\0\0\0", "?" },
		{ WEIR_TOP_CLIENT_NAMES, 21,
		    "\4\40\300\0\2\1\0\0\0\0\0\0\0\0\0\0\0\0\1a", "a" },
	};
	char text[WEIR_NAME_TEXT_SIZE];
	struct weir_live_row row;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&row, 0, sizeof(row));
		row.key_len = rows[i].len;
		memcpy(row.key, rows[i].key, rows[i].len);
		weir_live_text(rows[i].top, &row, text);
		ck_assert_str_eq(text, rows[i].text);
	}
}
END_TEST

START_TEST(an_event_is_an_object)
{
	struct weir_event event = { .time_ns = 1790000000123456789ULL,
		.qtype = 65,
		.outcome = WEIR_EVENT_BLOCKED,
		.transport = WEIR_TRANSPORT_TLS,
		.action = WEIR_ACTION_NXDOMAIN,
		.rcode = 3,
		.is_alias = true };
	json_t *object;

	make_modules();
	event.feed = (uint16_t)weir_status_feed_slot(&modules[0], "ads", true);
	event.category = 9999; /* of no slot */
	event.qname_len = (uint8_t)wire_of("www.example", event.qname);
	event.rule_len = (uint8_t)wire_of("example", event.matched);
	event.matched_len = (uint8_t)wire_of("cdn.example", event.matched);
	memcpy(modules[0].header->feed_names[event.feed], "a\x1b\xff", 4);
	object = weir_live_event(&modules[0], &event);
	ck_assert_ptr_nonnull(object);
	ck_assert_uint_eq(weir_tally_get(object, "time_ms"), 1790000000123ULL);
	ck_assert_str_eq(weir_tally_text(object, "name"), "www.example");
	ck_assert_str_eq(weir_tally_text(object, "rule"), "example");
	ck_assert_str_eq(weir_tally_text(object, "matched"), "cdn.example");
	ck_assert_str_eq(weir_tally_text(object, "feed"), "a??");
	ck_assert_str_eq(weir_tally_text(object, "category"), "");
	ck_assert_str_eq(weir_tally_text(object, "type"), "HTTPS");
	ck_assert_str_eq(weir_tally_text(object, "rcode"), "NXDOMAIN");
	ck_assert_str_eq(weir_tally_text(object, "transport"), "tls");
	ck_assert_str_eq(weir_tally_text(object, "client"), "?");
	ck_assert(json_is_true(json_object_get(object, "alias")));
	json_decref(object);
	remove_modules();
}
END_TEST

START_TEST(clients_meet_if_one_lies_in_the_other)
{
	static const struct {
		const char *one, *other;
		bool meets;
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.1", "192.0.2.2", false },
		{ "192.0.2.0/24", "192.0.2.2", true },
		{ "192.0.2.2", "192.0.0.0/16", true },
		{ "192.0.2.9/24", "192.0.3.0/24", false },
		{ "2001:db8::1", "2001:db8::/56", true },
		{ "2001:db8:0:100::1", "2001:db8::/56", false },
		{ "192.0.2.1", "2001:db8::1", false },
		{ "0.0.0.0/0", "192.0.2.1", true },
	};
	static const char *const wrong[] = { "", "a", "192.0.2", "192.0.2.1/",
		"192.0.2.1/33", "192.0.2.1/ 8", "::1/129", "192.0.2.1/8x",
		"1.2.3.4/-1" };
	struct weir_client one, other;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_int_eq(weir_stat_client(rows[i].one, &one), 0);
		ck_assert_int_eq(weir_stat_client(rows[i].other, &other), 0);
		ck_assert_msg(
		    weir_stat_client_meets(&one, &other) == rows[i].meets &&
			weir_stat_client_meets(&other, &one) == rows[i].meets,
		    "row %zu", i);
	}
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_int_eq(
		    weir_stat_client(wrong[i], &one), WEIR_EXIT_USAGE);
}
END_TEST

/* Its owner may cut a status file whenever he likes. */
START_TEST(a_file_that_is_cut_reads_as_nothing)
{
	struct weir_totals totals;
	struct weir_problem problem;
	struct weir_status reader;
	struct weir_live_top top;
	uint64_t sequence = 0, missed;

	make_modules();
	count(0, "a.example", 5, 100);
	weir_count(&weir_status_worker(&modules[0], 0)->ways[WEIR_WAY_PASSED]);
	ck_assert_int_eq(
	    weir_status_open(modules[0].path, &reader, &problem), 0);
	weir_cut_survive();
	ck_assert_int_eq(truncate(modules[0].path, 0), 0);
	weir_totals_init(&totals);
	ck_assert_int_eq(weir_totals_add(&totals, &reader), 0);
	ck_assert_uint_eq(totals.ways[WEIR_WAY_PASSED], 0);
	weir_totals_done(&totals);
	if (weir_live_read(&reader, 1, WEIR_TOP_NAMES, &top) == 0) {
		ck_assert_uint_eq(top.row_count, 0);
		weir_live_done(&top);
	}
	ck_assert_int_eq(
	    weir_status_recent(&reader, &sequence, &missed, NULL, NULL), 0);
	weir_status_close(&reader);
	remove_modules();
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { tables_of_modules_are_one,
		what_a_full_table_forgot_is_in_the_error, no_module_has_no_rows,
		keys_that_are_none_are_question_marks, an_event_is_an_object,
		clients_meet_if_one_lies_in_the_other,
		a_file_that_is_cut_reads_as_nothing, NULL };

	return suite_run("live", tests);
}
