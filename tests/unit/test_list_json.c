/*
 * test_list_json.c - JSON: where names are, what is broken, what it costs.
 */
#include "tests/unit/list_rows.h"

#include "feeds/json_path.h"

START_TEST(known_shapes_are_read)
{
	static const struct list_row rows[] = {
		{ "[\"a.example\",\"*.b.example\",\".c.example\",\"192.0.2."
		  "1\"]",
		    "a.example\nb.example +subdomains\nc.example +both\n",
		    "address=1" },
		{ "{\"allow\":[\"*.a.example\"],\"deny\":[\"b.example\"]}",
		    "b.example\n", "not-to-block=1" },
		{ "{\"domains\":[\"a.example\"],\"see\":[\"x.example\"]}",
		    "a.example\n", "" },
		{ "[{\"domain\":\"a.example\",\"x\":{\"domain\":\"x.example\"}}"
		  "]",
		    "a.example\n", "" },
		/* ThreatFox: the export, and the API */
		{ "{\"7\":[{\"ioc_value\":\"a.example\",\"ioc_type\":"
		  "\"domain\","
		  "\"threat_type\":\"botnet_cc\",\"confidence_level\":75,"
		  "\"first_seen_utc\":\"2024-02-29 12:00:00\",\"tags\":null}],"
		  "\"8\":[{\"ioc_value\":\"192.0.2.1:1\","
		  "\"ioc_type\":\"ip:port\"}]}",
		    "a.example c75 f1709208000 kbotnet_cc\n",
		    "no-indicator=1" },
		{ "{\"query_status\":\"ok\",\"data\":[{\"ioc_type\":\"url\","
		  "\"ioc\":\"http:\\/\\/a.example\\/\\u0061\","
		  "\"confidence_level\":100,\"reference\":\"x.example\","
		  "\"first_seen\":\"2024-02-29 12:00:00 UTC\"}]}",
		    "a.example c100 f1709208000 url\n", "" },
		/* URLhaus: the API, and the export */
		{ "{\"urls\":[{\"url\":\"http://a.example/x\","
		  "\"url_status\":\"online\",\"threat\":\"t\","
		  "\"dateadded\":\"2024-02-29 12:00:00 UTC\"},"
		  "{\"url\":\"http://b.example/x\","
		  "\"url_status\":\"offline\"}]}",
		    "a.example f1709208000 kt url\n", "not-to-block=1" },
		{ "{\"1\":[{\"url\":\"http://a.example/x\","
		  "\"url_status\":\"online\"}]}",
		    "a.example url\n", "" },
		{ "{\"iocs\":[{\"type\":\"domain\",\"value\":\"a.example\","
		  "\"tag\":\"x\"},{\"type\":\"ip4addr\","
		  "\"value\":\"192.0.2.1\"}]}",
		    "a.example kx\n", "no-indicator=1" },
		/* the same member twice: which is right? */
		{ "[{\"domain\":\"a.example\",\"domain\":\"b.example\"},"
		  "{\"domain\":\"c.example\"}]",
		    "c.example\n", "broken=1" },
		/* not UTF-8: only its own value suffers */
		{ "[\"a.example\",\"b\xff.example\",\"c.example\"]",
		    "a.example\nc.example\n", "bad-idn=1" },
		{ "\357\273\277[\"a.example\"]", "a.example\n", "" },
	};

	ROWS_CHECK("json", rows);
	ROWS_CHECK("auto", rows);
	ck_assert_str_eq(row_report.format, "json");
}
END_TEST

START_TEST(lines_stand_alone)
{
	static const struct list_row rows[] = {
		{ "{\"domain\":\"a.example\"}\n{\"domain\":\"b.example\"}\r\n\n"
		  "{\"x\":1}\n{\"domain\":\"c.example\"}",
		    "a.example\nb.example\nc.example\n", "" },
		{ "{\"domain\":\"a.example\"}\n{\"domain\":\"b.example\"\n"
		  "{\"domain\":\"c.example\"}\nx\n{\"domain\": \"d\n"
		  "{\"domain\":\"e.example\"}\n",
		    "a.example\nc.example\ne.example\n", "broken=3" },
	};

	ROWS_CHECK("json", rows);
	ROWS_CHECK("auto", rows);
	ck_assert_uint_eq(row_report.examples[WEIR_LIST_BROKEN][0].line, 2);
	ck_assert_uint_eq(row_report.examples[WEIR_LIST_BROKEN][1].line, 4);
	ck_assert_uint_eq(row_report.examples[WEIR_LIST_BROKEN][1].column, 1);
	ck_assert_uint_eq(row_report.examples[WEIR_LIST_BROKEN][2].line, 5);
}
END_TEST

START_TEST(paths_say_where_names_are)
{
	static const struct {
		const char *name, *confidence, *text, *items;
	} rows[] = {
		{ "a.b[].c", "a.b[].d",
		    "{\"a\":{\"b\":[{\"c\":\"x.example\",\"d\":5}]}}",
		    "x.example c5\n" },
		{ "a.b[].c", "d",
		    "{\"a\":{\"b\":[{\"d\":5,\"c\":\"x.example\"}]},"
		    "\"b\":[{\"c\":\"y.example\"}]}",
		    "x.example c5\n" },
		{ "*.c", "e.f[]",
		    "{\"1\":{\"c\":\"x.example\",\"e\":{\"f\":[7,8]}},"
		    "\"2\":{\"c\":\"y.example\"}}",
		    "x.example c7\ny.example\n" },
		{ "a[][]", NULL, "{\"a\":[[\"x.example\"],\"y.example\"]}",
		    "x.example\n" },
		{ "c", NULL, "{\"c\":\"x.example\"}", "x.example\n" },
		{ "a\\.b", NULL, "{\"a.b\":\"x.example\"}", "x.example\n" },
		{ "a\\*[]", NULL, "{\"a*\":[\"x.example\"],\"a\":[\"y.z\"]}",
		    "x.example\n" },
		/* not a text; a member without a name */
		{ "a[]", NULL, "{\"a\":[1,null,true,{}],\"\":[\"y.z\"]}", "" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		row_options.fields[WEIR_LIST_FIELD_NAME] = rows[i].name;
		row_options.fields[WEIR_LIST_FIELD_CONFIDENCE] =
		    rows[i].confidence;
		ck_assert_msg(
		    row_read("auto", rows[i].text, strlen(rows[i].text)) == 0,
		    "%s: %s", rows[i].name, row_problem.text);
		ck_assert_msg(strcmp(row_items, rows[i].items) == 0, "%s: %s",
		    rows[i].name, row_items);
	}
	row_options = (struct weir_list_options){ .now_unix = 0 };
}
END_TEST

START_TEST(paths_that_make_no_sense_are_told)
{
	static const char *const paths[] = { ".", "a.", ".a", "a..b", "a[",
		"a[0]", "a[]b", "a]x[", "[].", "a.b.c.d.e.f.g.h.i" };
	size_t i, last;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (strcmp(paths[i], "a]x[") != 0)
			ck_assert_msg(!weir_json_path_split(paths[i], &last),
			    "%s", paths[i]);
		row_options.fields[WEIR_LIST_FIELD_NAME] = paths[i];
		ck_assert_int_eq(
		    row_read("json", "[\"a.example\"]", 13), WEIR_EFORMAT);
		ck_assert_ptr_nonnull(strstr(row_problem.text, "fields"));
	}
	row_options = (struct weir_list_options){ .now_unix = 0 };
	/* No shape that is known. */
	ck_assert_int_eq(
	    row_read("json", "{\"x\":\"a.example\"}", 17), WEIR_EFORMAT);
	ck_assert_ptr_nonnull(strstr(row_problem.text, "fields:"));
	ck_assert_int_eq(
	    row_read("auto", "{\"x\":\"a.example\"}", 17), WEIR_EFORMAT);
}
END_TEST

/* What came before the fault was handed on; where it is stands in problem. */
START_TEST(a_broken_document_fails)
{
	static const struct {
		const char *text;
		unsigned long line;
		unsigned int column;
	} rows[] = {
		{ "[\"a.example\",", 1, 14 },
		{ "[\"a.example\",\n\"b.exam", 2, 8 },
		{ "[\"a.example\"\n,\n  x]", 3, 3 },
		{ "[\"a.example\"]\n\n]", 3, 1 },
		{ "[\"a.example\",\"b\n\"]", 1, 16 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_int_eq(
		    row_read("auto", rows[i].text, strlen(rows[i].text)),
		    WEIR_EFORMAT);
		ck_assert_str_eq(row_items, "a.example\n");
		ck_assert_str_eq(row_refused(), "broken=1");
		ck_assert_msg(
		    row_report.examples[WEIR_LIST_BROKEN][0].line ==
			    rows[i].line &&
			row_report.examples[WEIR_LIST_BROKEN][0].column ==
			    rows[i].column,
		    "%s: %s", rows[i].text, row_problem.text);
	}
}
END_TEST

START_TEST(depth_and_length_are_bounded)
{
	size_t size = 3U << 20, i, len = 0;
	char *text = malloc(size);

	ck_assert_ptr_nonnull(text);
	len = (size_t)sprintf(text, "[\"a.example\",");
	for (i = 0; i < WEIR_JSON_DEPTH; i++)
		text[len++] = '[';
	ck_assert_int_eq(row_read("json", text, len), WEIR_EFORMAT);
	ck_assert_ptr_nonnull(strstr(row_problem.text, "too deep"));

	len = (size_t)sprintf(text, "[\"a.example\",\"");
	memset(text + len, 'x', size - len);
	ck_assert_int_eq(row_read("json", text, size), WEIR_EFORMAT);
	ck_assert_ptr_nonnull(strstr(row_problem.text, "too long"));

	/* Long, and of no interest; and a name that is too long. */
	len = (size_t)sprintf(text, "[{\"x\":\"");
	memset(text + len, 'x', 900000);
	len += 900000;
	len += (size_t)sprintf(
	    text + len, "\",\"domain\":\"a.example\"},{\"domain\":\"");
	memset(text + len, 'y', 100000);
	len += 100000;
	len += (size_t)sprintf(text + len, "\"}]");
	row_options.fields[WEIR_LIST_FIELD_NAME] = "[].domain";
	ck_assert_int_eq(row_read("json", text, len), 0);
	ck_assert_str_eq(row_items, "a.example\n");
	ck_assert_str_eq(row_refused(), "too-long=1");
	row_options = (struct weir_list_options){ .now_unix = 0 };
	free(text);
}
END_TEST

/* --- the walk alone ------------------------------------------------------ */

static char seen[4096];
static size_t seen_len;

static int
see(void *arg, const struct weir_json_record *record)
{
	size_t i;

	(void)arg;
	seen_len += (size_t)sprintf(
	    seen + seen_len, "%u@%lu", record->place, record->line);
	for (i = 0; i < 3; i++)
		seen_len += (size_t)sprintf(seen + seen_len, " %d:%s",
		    (int)record->values[i].kind,
		    record->values[i].text == NULL ? ""
						   : record->values[i].text);
	seen_len += (size_t)sprintf(seen + seen_len, "\n");
	return 0;
}

START_TEST(pieces_of_any_length_give_the_same)
{
	static const char text[] =
	    "{\"a\": [{\"n\": \"x\\n\\u00e4y\", \"t\": [12.5e3, 4]},\n"
	    "  {\"n\": null, \"deep\": {\"m\": true}}],\n"
	    " \"b\": [\"text\", [\"no\"], -7], \"c\": {\"n\": 1}}\n";
	const struct weir_json_plan plan = { .places = { "a[]", "b[]" },
		.values = { "n", "t[]", "" } };
	const struct weir_json_sink sink = { .each = see };
	struct weir_json_fault fault;
	struct weir_json_walk *walk;
	char whole[sizeof(seen)] = "";
	size_t piece, at, len;

	for (piece = sizeof(text) - 1; piece > 0; piece--) {
		seen_len = 0;
		ck_assert_int_eq(weir_json_walk_new(&plan, &sink, &walk), 0);
		for (at = 0; at < sizeof(text) - 1; at += len) {
			len = sizeof(text) - 1 - at;
			if (len > piece)
				len = piece;
			ck_assert_int_eq(
			    weir_json_walk_read(walk, text + at, len, &fault),
			    0);
		}
		ck_assert_int_eq(weir_json_walk_end(walk, &fault), 0);
		ck_assert_uint_eq(weir_json_walk_line(walk), 4);
		weir_json_walk_free(walk);
		if (whole[0] == '\0')
			strcpy(whole, seen);
		ck_assert_str_eq(seen, whole);
	}
	ck_assert_str_eq(whole, "0@1 1:x\n\303\244y 2:12.5e3 0:\n"
				"0@2 4: 0: 0:\n"
				"1@3 0: 0: 1:text\n");
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		known_shapes_are_read,
		lines_stand_alone,
		paths_say_where_names_are,
		paths_that_make_no_sense_are_told,
		a_broken_document_fails,
		depth_and_length_are_bounded,
		pieces_of_any_length_give_the_same,
		NULL,
	};

	return suite_run("list_json", tests);
}
