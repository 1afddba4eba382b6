/*
 * test_stat_history.c - commands of weir-stat that ask a history whose events are
 * older than a test may take.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "stats/stat.h"
#include "stats/tally.h"
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

static struct scratch scratch;
static char history_path[SCRATCH_FOLDER_SIZE + 64];

/* {hours ago, client's last octet, outcome, name} */
static const struct {
	unsigned int hours, client, outcome;
	const char *name;
} events[] = {
	{ 60, 1, WEIR_EVENT_PASSED, "bad.example" },
	{ 50, 2, WEIR_EVENT_PASSED, "www.bad.example" },
	{ 50, 9, WEIR_EVENT_PASSED, "good.example" },
	{ 20, 3, WEIR_EVENT_BLOCKED, "bad.example" },
	{ 20, 3, WEIR_EVENT_BLOCKED, "bad.example" },
	{ 10, 1, WEIR_EVENT_BLOCKED, "bad.example" },
	{ 5, 4, WEIR_EVENT_PASSED, "later.bad.example" },
};

static void
make_history(void)
{
	const struct weir_history_limits limits = { WEIR_DEFAULT_HISTORY_SIZE,
		30, 7, 400, 30 };
	uint64_t now = (uint64_t)time(NULL);
	struct weir_problem problem = { "" };
	struct weir_history *history;
	size_t i;

	scratch_init(&scratch);
	snprintf(history_path, sizeof(history_path), "%s/history.db",
	    scratch.folder);
	ck_assert_msg(
	    weir_history_open(history_path, &limits, &history, &problem) == 0,
	    "%s", problem.text);
	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		struct weir_record record = {
			.time_ns = (now - events[i].hours * 3600) * 1000000000,
			.outcome = (uint8_t)events[i].outcome,
			.qtype = 1,
			.client = { 4, 32, 0,
			    { 192, 0, 2, (uint8_t)events[i].client } },
			.qname = events[i].name,
			.rule = "",
			.domain = "",
			.feed = events[i].outcome == WEIR_EVENT_BLOCKED ? "b"
									: "",
			.category = "",
			.action = "",
			.times = 1
		};

		ck_assert_int_eq(weir_history_add(history, &record), 0);
	}
	ck_assert_int_eq(weir_history_flush(history, now, &problem), 0);
	weir_history_close(history);
}

/* What a command prints with --json. */
static json_t *
run(int (*command)(const struct weir_stat *stat), char *argument,
    uint64_t since_s)
{
	struct weir_stat stat = { .config = "/nonexistent/weir.yaml",
		.folder = scratch.folder,
		.history = history_path,
		.is_json = true,
		.since_s = since_s,
		.outcome = -1,
		.args = &argument,
		.arg_count = argument != NULL };
	char path[SCRATCH_FOLDER_SIZE + 64];
	int kept = dup(STDOUT_FILENO), fd, code;
	json_t *document;

	snprintf(path, sizeof(path), "%s/printed", scratch.folder);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	ck_assert(kept >= 0 && fd >= 0);
	fflush(stdout);
	dup2(fd, STDOUT_FILENO);
	code = command(&stat);
	fflush(stdout);
	dup2(kept, STDOUT_FILENO);
	close(kept);
	close(fd);
	ck_assert_int_eq(code, WEIR_EXIT_DONE);
	document = json_load_file(path, 0, NULL);
	ck_assert_ptr_nonnull(document);
	return document;
}

static const char *
client_of(json_t *document, const char *member, size_t place)
{
	return weir_tally_text(
	    json_array_get(json_object_get(document, member), place), "client");
}

START_TEST(who_resolved_a_name_before_it_was_listed)
{
	char name[] = "bad.example";
	json_t *document, *before;

	make_history();
	document = run(weir_cmd_name, name, 0);
	ck_assert_str_eq(weir_tally_text(document, "from"), "history");
	ck_assert_uint_eq(
	    weir_tally_get(json_object_get(document, "counts"), "blocked"), 3);
	ck_assert_uint_eq(
	    json_array_size(json_object_get(document, "rows")), 2);
	before = json_object_get(document, "before_listed");
	ck_assert_uint_eq(json_array_size(before), 2);
	ck_assert_str_eq(client_of(document, "before_listed", 0), "192.0.2.1");
	ck_assert_str_eq(client_of(document, "before_listed", 1), "192.0.2.2");
	json_decref(document);
	scratch_done(&scratch);
}
END_TEST

START_TEST(a_span_leaves_out_what_is_older)
{
	char client[] = "192.0.2.0/24", kind[] = "names";
	json_t *document;

	make_history();
	document = run(weir_cmd_client, client, 15 * 3600);
	ck_assert_uint_eq(weir_tally_get(document, "blocked"), 1);
	json_decref(document);
	document = run(weir_cmd_client, client, 24 * 3600);
	ck_assert_uint_eq(weir_tally_get(document, "blocked"), 3);
	json_decref(document);
	document = run(weir_cmd_top, kind, 15 * 3600);
	ck_assert_uint_eq(
	    weir_tally_get(
		json_array_get(json_object_get(document, "rows"), 0), "count"),
	    1);
	json_decref(document);
	scratch_done(&scratch);
}
END_TEST

START_TEST(a_chart_holds_each_event_in_its_step)
{
	json_t *document, *row;
	uint64_t now = (uint64_t)time(NULL), at, blocked = 0, passed = 0;
	size_t i;

	make_history();
	document = run(weir_cmd_time, NULL, 72 * 3600);
	json_array_foreach(json_object_get(document, "rows"), i, row)
	{
		at = weir_tally_get(row, "time");
		blocked += weir_tally_get(row, "blocked");
		passed += weir_tally_get(row, "passed");
		/* Two at 20 hours ago, one at 10. */
		if (weir_tally_get(row, "blocked") == 2)
			ck_assert(at <= now - 20 * 3600 &&
				  at + weir_tally_get(document, "step") + 60 >
				      now - 20 * 3600);
	}
	ck_assert_uint_eq(blocked, 3);
	ck_assert_uint_eq(passed, 4);
	ck_assert_uint_le(
	    json_array_size(json_object_get(document, "rows")), 72);
	json_decref(document);
	scratch_done(&scratch);
}
END_TEST

START_TEST(a_tally_has_an_end)
{
	json_t *map = json_object();
	unsigned int i;
	char key[32];

	for (i = 0; i < WEIR_TALLY_KEYS + 1000; i++) {
		snprintf(key, sizeof(key), "n%u.example", i);
		ck_assert_ptr_nonnull(
		    weir_tally_add(map, weir_tally_key(map, key), 2, 1, 1));
	}
	ck_assert_str_eq(weir_tally_key(map, "n7.example"), "n7.example");
	ck_assert_uint_eq(json_object_size(map), WEIR_TALLY_KEYS + 1);
	ck_assert_uint_eq(
	    weir_tally_get(json_object_get(map, WEIR_TALLY_OTHERS), "count"),
	    2000);
	json_decref(map);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { who_resolved_a_name_before_it_was_listed,
		a_span_leaves_out_what_is_older,
		a_chart_holds_each_event_in_its_step, a_tally_has_an_end,
		NULL };

	return suite_run("stat_history", tests);
}
