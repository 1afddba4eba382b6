/*
 * test_page.c - stats/page.c: requests of the page, and what they are answered,
 * without a socket.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/name.h"
#include "stats/page.h"
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

static struct scratch scratch;
static struct weir_status module;
static struct weir_stat stat_here;
static struct weir_page page;

/* Parameters of the request in hand: {key, value}, NULL. */
static const char *const *parameters;

static const char *
parameter(const struct weir_web_call *call, const char *key)
{
	const char *const *at;

	(void)call;
	for (at = parameters; at && at[0]; at += 2)
		if (strcmp(at[0], key) == 0)
			return at[1];
	return NULL;
}

static unsigned int
ask(const char *path, const char *key, const char *value,
    struct weir_web_answer *ret_answer)
{
	const char *pairs[] = { key, value, NULL };
	struct weir_web_call call = { path, "", parameter, NULL };

	parameters = pairs;
	memset(ret_answer, 0, sizeof(*ret_answer));
	weir_page_answer(&page, &call, ret_answer);
	parameters = NULL;
	ck_assert_ptr_nonnull(ret_answer->type);
	ck_assert(ret_answer->text || ret_answer->malloced);
	return ret_answer->status;
}

/* The answer as JSON, whose type says so. */
static json_t *
ask_json(const char *path, const char *key, const char *value)
{
	struct weir_web_answer answer;
	json_t *document;

	ck_assert_msg(ask(path, key, value, &answer) == 200, "%s", path);
	ck_assert_str_eq(answer.type, "application/json");
	document = json_loadb(answer.malloced, answer.len, 0, NULL);
	ck_assert_msg(document != NULL, "%s", path);
	free(answer.malloced);
	return document;
}

static unsigned int
ask_status(const char *path, const char *key, const char *value)
{
	struct weir_web_answer answer;
	unsigned int status = ask(path, key, value, &answer);

	free(answer.malloced);
	return status;
}

static void
record(const char *label, unsigned int times)
{
	struct weir_event event = { .outcome = WEIR_EVENT_BLOCKED,
		.transport = WEIR_TRANSPORT_UDP,
		.qtype = 1,
		.client = { 4, 32, 0, { 192, 0, 2, 1 } } };
	uint64_t words[WEIR_EVENT_BYTES / 8] = { 0 };
	size_t len = strlen(label);

	event.time_ns = (uint64_t)time(NULL) * 1000000000;
	event.feed = (uint16_t)weir_status_feed_slot(
	    &module, "<b>\"feed\"\033[31m", true);
	event.category = (uint16_t)weir_status_category_slot(
	    &module, "</script>\n\xff", true);
	event.qname[0] = (uint8_t)len;
	memcpy(event.qname + 1, label, len);
	event.qname[len + 1] = 0;
	event.qname_len = (uint8_t)(len + 2);
	for (; times > 0; times--)
		weir_status_record(&module, words,
		    weir_event_encode(&event, (uint8_t *)words));
}

static void
begin(void)
{
	struct weir_problem problem = { "" };

	scratch_init(&scratch);
	ck_assert_msg(weir_status_create(
			  scratch.folder, 1, "1.17.1", &module, &problem) == 0,
	    "%s", problem.text);
	stat_here = (struct weir_stat){ .config = "/nonexistent/weir.yaml",
		.folder = scratch.folder,
		.has_folder = true,
		.outcome = -1 };
	page = (struct weir_page){ &stat_here, NULL, "" };
}

static void
end(void)
{
	weir_status_close(&module);
	scratch_done(&scratch);
}

START_TEST(only_what_is_there_is_given)
{
	static const char *const none[] = { "", "//", "/index.html", "/app.js/",
		"/../etc/passwd", "/app.js/../../etc/passwd", "/APP.JS", "/api",
		"/api/", "/api/totals/", "/api/../api/totals", "/api/Totals",
		"/api/explain/", "http://localhost/", "/stats/web/app.js",
		"/.git/config" };
	struct weir_web_answer answer;
	size_t i;

	begin();
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		ck_assert_msg(
		    ask_status(none[i], NULL, NULL) == 404, "%s", none[i]);
	for (i = 0; i < weir_page_file_count; i++) {
		ck_assert_uint_eq(
		    ask(weir_page_files[i].path, NULL, NULL, &answer), 200);
		ck_assert_uint_gt(answer.len, 100);
		ck_assert_ptr_nonnull(answer.text);
	}
	end();
}
END_TEST

/* Nothing that is data is ever put into the page as markup. */
START_TEST(the_script_sets_text_and_nothing_else)
{
	static const char *const never[] = { "innerHTML", "outerHTML",
		"insertAdjacentHTML", "document.write", "eval(", "Function(",
		"srcdoc", "DOMParser", "createContextualFragment",
		"http:", "https:", "javascript:", "<script>", " onload",
		" onerror", "localStorage", "postMessage" };
	char *copy;
	size_t i, j;

	for (i = 0; i < weir_page_file_count; i++) {
		copy = strndup((const char *)weir_page_files[i].data,
		    weir_page_files[i].len);
		ck_assert_ptr_nonnull(copy);
		for (j = 0; j < sizeof(never) / sizeof(never[0]); j++) {
			const char *found = strstr(copy, never[j]);

			/* The name of a vocabulary is no address. */
			while (found && strncmp(found,
					    "http://www.w3.org/2000/"
					    "svg",
					    26) == 0)
				found = strstr(found + 1, never[j]);
			ck_assert_msg(!found, "%s: %s", weir_page_files[i].path,
			    never[j]);
		}
		free(copy);
	}
}
END_TEST

START_TEST(documents_are_json_whatever_the_file_holds)
{
	json_t *document, *event;

	begin();
	record("<img src=x onerror=alert(1)>", 1);
	record("\033[2J\n\r\"\\", 1);
	document = ask_json("/api/totals", NULL, NULL);
	json_decref(document);
	document = ask_json("/api/time", NULL, NULL);
	ck_assert_uint_eq(
	    json_array_size(json_object_get(document, "rows")), 60);
	json_decref(document);
	document = ask_json("/api/feeds", NULL, NULL);
	json_decref(document);
	document = ask_json("/api/events", NULL, NULL);
	event = json_array_get(json_object_get(document, "events"), 1);
	ck_assert_str_eq(json_string_value(json_object_get(event, "name")),
	    "\\027[2j\\010\\013\\\"\\\\");
	ck_assert_str_eq(json_string_value(json_object_get(event, "feed")),
	    "<b>\"feed\"?[31m");
	ck_assert_str_eq(json_string_value(json_object_get(event, "category")),
	    "</script>??");
	json_decref(document);
	end();
}
END_TEST

START_TEST(only_kinds_that_there_are)
{
	static const char *const kinds[] = { "names", "domains", "clients" };
	static const char *const none[] = { "", "Names", "names ",
		"client-names", "../names", "0", "names%00" };
	size_t i;

	begin();
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		json_decref(ask_json("/api/top", "kind", kinds[i]));
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		ck_assert_msg(ask_status("/api/top", "kind", none[i]) == 400,
		    "%s", none[i]);
	ck_assert_uint_eq(ask_status("/api/top", NULL, NULL), 400);
	end();
}
END_TEST

static size_t
count_events(const char *after, char *next, size_t size, json_int_t *ret_missed)
{
	json_t *document = ask_json("/api/events", "after", after);
	size_t count = json_array_size(json_object_get(document, "events"));

	(void)snprintf(next, size, "%s",
	    json_string_value(json_object_get(document, "next")));
	*ret_missed = json_integer_value(json_object_get(document, "missed"));
	json_decref(document);
	return count;
}

START_TEST(events_go_on_from_any_place)
{
	static const char *const odd[] = { "", ",", ":::", "1:2:3", "x",
		",,,,:,:,", "99999999999999999999999999:1:1" };
	char next[256], later[256];
	json_int_t missed;
	size_t i;

	begin();
	record("a", 3);
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		ck_assert_msg(
		    count_events(odd[i], next, sizeof(next), &missed) == 3,
		    "%s", odd[i]);
	ck_assert_uint_eq(count_events(next, later, sizeof(later), &missed), 0);
	ck_assert_str_eq(next, later);
	record("b", 2);
	ck_assert_uint_eq(count_events(next, later, sizeof(later), &missed), 2);
	/* A place that is not yet: what comes. */
	snprintf(next, sizeof(next), "%d:%llu:18446744073709551615",
	    (int)module.header->pid,
	    (unsigned long long)module.header->process_started);
	ck_assert_uint_eq(count_events(next, later, sizeof(later), &missed), 0);
	/* At most so many at once, the newest. */
	record("c", 1000);
	ck_assert_uint_eq(count_events("", next, sizeof(next), &missed), 200);
	ck_assert_uint_eq(count_events(next, later, sizeof(later), &missed), 0);
	end();
}
END_TEST

START_TEST(explain_takes_names_alone)
{
	static const char *const none[] = { "", ".x", "a..b", "\xff\xfe",
		"a\\999.example" };
	size_t i;

	begin();
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		ck_assert_msg(
		    ask_status("/api/explain", "name", none[i]) == 400, "%s",
		    none[i]);
	ck_assert_uint_eq(ask_status("/api/explain", NULL, NULL), 400);
	/* No weir-load, no weir.yaml: nothing is started. */
	ck_assert_uint_eq(
	    ask_status("/api/explain", "name", "www.example.com"), 503);
	ck_assert_uint_eq(ask_status("/api/explain", "name", "--help"), 503);
	end();
}
END_TEST

START_TEST(a_folder_that_is_away_or_empty)
{
	json_t *document;

	begin();
	stat_here.folder = "/nonexistent";
	document = ask_json("/api/totals", NULL, NULL);
	ck_assert_uint_eq(
	    json_array_size(json_object_get(document, "modules")), 0);
	json_decref(document);
	json_decref(ask_json("/api/top", "kind", "names"));
	json_decref(ask_json("/api/events", NULL, NULL));
	json_decref(ask_json("/api/time", NULL, NULL));
	stat_here.folder = scratch_write(&scratch, "file", "x", 1);
	ck_assert_uint_eq(ask_status("/api/totals", NULL, NULL), 503);
	ck_assert_uint_eq(ask_status("/", NULL, NULL), 200);
	end();
}
END_TEST

/* Whoever asks again and again does not fill the log. */
START_TEST(trouble_is_said_once_in_a_while)
{
	unsigned int i, said = 0;

	for (i = 0; i < 1000; i++)
		said += weir_stat_may_say();
	ck_assert_uint_eq(said, 1);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { only_what_is_there_is_given,
		the_script_sets_text_and_nothing_else,
		documents_are_json_whatever_the_file_holds,
		only_kinds_that_there_are, events_go_on_from_any_place,
		explain_takes_names_alone, a_folder_that_is_away_or_empty,
		trouble_is_said_once_in_a_while, NULL };

	return suite_run("page", tests);
}
