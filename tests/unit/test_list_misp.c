/*
 * test_list_misp.c - MISP events.
 */
#include "tests/unit/list_rows.h"

START_TEST(attributes_are_names_or_passed_over)
{
	static const struct list_row rows[] = {
		{ "\"type\":\"domain\",\"value\":\"a.example\",\"to_ids\":true",
		    "a.example\n", "" },
		{ "\"type\":\"hostname\",\"value\":\"a.example\"",
		    "a.example\n", "" },
		{ "\"type\":\"url\",\"value\":\"http://a.example/x\"",
		    "a.example url\n", "" },
		{ "\"type\":\"uri\",\"value\":\"http://a.example/\"",
		    "a.example\n", "" },
		{ "\"type\":\"uri\",\"value\":\"/x.example\"", "",
		    "no-indicator=1" },
		{ "\"type\":\"domain|ip\",\"value\":\"a.example|192.0.2.1\"",
		    "a.example\n", "" },
		{ "\"type\":\"hostname|port\",\"value\":\"a.example|80\"",
		    "a.example\n", "" },
		{ "\"type\":\"link\",\"value\":\"http://a.example/\"", "",
		    "no-indicator=1" },
		{ "\"type\":\"ip-dst\",\"value\":\"192.0.2.1\"", "",
		    "no-indicator=1" },
		{ "\"type\":\"domain\",\"value\":\"a.example\","
		  "\"to_ids\":false",
		    "", "not-to-block=1" },
		{ "\"type\":\"domain\",\"value\":\"a.example\","
		  "\"to_ids\":\"0\"",
		    "", "not-to-block=1" },
		{ "\"type\":\"domain\",\"value\":\"a.example\","
		  "\"deleted\":true",
		    "", "not-to-block=1" },
		{ "\"type\":\"domain\",\"value\":\"a.example\","
		  "\"category\":\"Network activity\","
		  "\"timestamp\":\"1709208000\"",
		    "a.example f1709208000 kNetwork activity\n", "" },
		{ "\"type\":\"domain\",\"value\":\"a.example\",\"category\":"
		  "\"x\",\"first_seen\":\"2024-02-29T12:00:00.000000+00:00\","
		  "\"timestamp\":\"1\",\"Tag\":[{\"name\":\"botnet\"}],"
		  "\"Galaxy\":[{\"value\":\"b.example\"}]",
		    "a.example f1709208000 kbotnet\n", "" },
		{ "\"type\":\"domain\",\"value\":\"a.example\",\"category\":"
		  "\"x\",\"Tag\":[{\"name\":\"tlp:white\"}]",
		    "a.example kx\n", "" },
		{ "\"type\":\"domain\",\"value\":null", "", "no-indicator=1" },
		{ "\"value\":\"a.example\"", "", "no-indicator=1" },
	};
	/* Where events have their attributes. */
	static const char *const frames[] = {
		"{\"uuid\":\"x\",\"Attribute\":[{%s}]}",
		"{\"Event\":{\"uuid\":\"x\",\"Attribute\":[{%s}]}}",
		("{\"response\":[{\"Event\":{\"uuid\":\"x\","
		 "\"Attribute\":[],\"Object\":[{\"Attribute\":[{%s}]}]}}]}"),
		"[{\"Event\":{\"uuid\":\"x\",\"Attribute\":[{%s}]}}]",
		"{\"response\":{\"uuid\":\"x\",\"Attribute\":[{%s}]}}",
	};
	char text[WEIR_LINE_SIZE];
	struct list_row row;
	size_t i, j;

	for (j = 0; j < sizeof(frames) / sizeof(frames[0]); j++)
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			const char *at = strstr(frames[j], "%s");

			snprintf(text, sizeof(text), "%.*s%s%s",
			    (int)(at - frames[j]), frames[j], rows[i].text,
			    at + 2);
			row = rows[i];
			row.text = text;
			rows_check("misp", &row, 1);
			rows_check("auto", &row, 1);
			ck_assert_str_eq(row_report.format, "misp");
		}
}
END_TEST

START_TEST(an_event_cut_short_fails)
{
	static const char text[] =
	    "{\"Event\":{\"Attribute\":[{\"type\":\"domain\",\"uuid\":\"x\",\n"
	    "\"value\":\"a.example\"},{\"type\":";

	ck_assert_int_eq(
	    row_read("auto", text, sizeof(text) - 1), WEIR_EFORMAT);
	ck_assert_str_eq(row_items, "a.example\n");
	ck_assert_str_eq(row_refused(), "broken=1");
	ck_assert_uint_eq(row_report.examples[WEIR_LIST_BROKEN][0].line, 2);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		attributes_are_names_or_passed_over,
		an_event_cut_short_fails,
		NULL,
	};

	return suite_run("list_misp", tests);
}
