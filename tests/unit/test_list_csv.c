/*
 * test_list_csv.c - tables.
 */
#include "tests/unit/list_rows.h"

START_TEST(tables_are_read)
{
	static const struct list_row rows[] = {
		{ "domain,x\na.example,1\nb.example,2\n",
		    "a.example\nb.example\n", "" },
		{ "x;host\r\n1;a.example\r\n2;b.example",
		    "a.example\nb.example\n", "" },
		{ "x\thost\r1\ta.example\r", "a.example\n", "" },
		{ "domain\na.example\n\n  \n# b.example\n", "a.example\n", "" },
		/* quoted: separators, quotes and ends of lines in fields */
		{ "\"domain\",\"x\"\n\"a.example\",\"y,\"\"\nz\"\nb.example,\n",
		    "a.example\nb.example\n", "" },
		{ "domain,x\na.example,5\" disk\nb.example,6\" disk\n",
		    "a.example\nb.example\n", "" },
		{ "x,domain\n\"\",\"a.example\"\n \"1\" , \"b.example\" \n",
		    "a.example\nb.example\n", "" },
		/* no heading: the first column with a name in it */
		{ "1,a.example\n2,b.example\n", "a.example\nb.example\n", "" },
		{ "a.example\nb.example\n", "a.example\nb.example\n", "" },
		/* records that are too short, or no names */
		{ "x,domain\n1,a.example\n2\n3,\n4,192.0.2.1\n5,a b\n",
		    "a.example\n",
		    "not-a-name=1 address=1 broken=1 no-indicator=1" },
		{ "\357\273\277domain,x\na.example,1\n", "a.example\n", "" },
	};

	ROWS_CHECK("csv", rows);
}
END_TEST

START_TEST(what_stands_beside_the_name_is_told)
{
	static const struct list_row rows[] = {
		/* as URLhaus writes it: the heading is a comment */
		{ "####\n# A title, with a comma\n#\n"
		  "# id,dateadded,url,url_status,last_online,threat,tags\n"
		  "\"1\",\"2024-02-29 12:00:00\",\"http://a.example:80/x\","
		  "\"online\",\"\",\"malware_download\",\"x,y\"\n"
		  "\"2\",\"2024-02-29 12:00:00\",\"http://b.example/\","
		  "\"offline\",\"\",\"malware_download\",\"\"\n",
		    "a.example f1709208000 kmalware_download url\n",
		    "not-to-block=1" },
		/* as ThreatFox does: a blank before each quote */
		{ "# \"first_seen_utc\",\"ioc_id\",\"ioc_value\",\"ioc_type\","
		  "\"threat_type\",\"confidence_level\"\n"
		  "\"2024-02-29 12:00:00\", \"1\", \"192.0.2.1:80\", "
		  "\"ip:port\", \"botnet_cc\", \"75\"\n"
		  "\"2024-02-29 12:00:00\", \"2\", \"a.example\", "
		  "\"domain\", \"botnet_cc\", \"75\"\n",
		    "a.example c75 f1709208000 kbotnet_cc\n",
		    "no-indicator=1" },
		/* a type that is none of indicators */
		{ "domain,type\na.example,phishing\n", "a.example kphishing\n",
		    "" },
		{ "host,path\na.example,\nb.example,/\nc.example,/x\n",
		    "a.example\nb.example\nc.example url\n", "" },
		{ "domain,confidence,expires\na.example,high,2024-02-29\n"
		  "b.example,101,x\nc.example,85.0,1709164800\n"
		  "d.example,0.85,\ne.example,low,9999-01-01\n",
		    "a.example c85 u1709164800\nb.example\n"
		    "c.example c85 u1709164800\nd.example\n"
		    "e.example c15 u4294967295\n",
		    "" },
		{ "domain,confidence\na.example,37.5\nb.example,0.0\n"
		  "c.example,99.99\nd.example,50%\ne.example,5.x\n"
		  "f.example,5%5\ng.example,-5\nh.example,0.01\n",
		    "a.example c37\nb.example c0\nc.example c99\n"
		    "d.example c50\ne.example\nf.example\ng.example\n"
		    "h.example\n",
		    "" },
	};

	ROWS_CHECK("csv", rows);
	ROWS_CHECK("auto", rows);
}
END_TEST

START_TEST(columns_are_told_by_number_or_heading)
{
	static const struct list_row by_number[] = {
		{ "a.example,b.example,90,x\n", "b.example c90\n", "" },
		{ "domain,other,points\na.example,b.example,90\n",
		    "b.example c90\n", "" },
	};
	static const struct list_row by_heading[] = {
		{ "domain;Bad Host;points\na.example;b.example;90\n",
		    "b.example c90\n", "" },
		{ "# domain;bad host;points\na.example;b.example;90\n",
		    "b.example c90\n", "" },
	};

	row_options.fields[WEIR_LIST_FIELD_NAME] = "2";
	row_options.fields[WEIR_LIST_FIELD_CONFIDENCE] = "3";
	ROWS_CHECK("csv", by_number);
	ROWS_CHECK("auto", by_number);
	row_options.fields[WEIR_LIST_FIELD_NAME] = "bad host";
	row_options.fields[WEIR_LIST_FIELD_CONFIDENCE] = "points";
	ROWS_CHECK("csv", by_heading);
	ROWS_CHECK("auto", by_heading);
	ck_assert_int_eq(
	    row_read("csv", "a,b\na.example,1\n", 16), WEIR_EFORMAT);
	ck_assert_ptr_nonnull(strstr(row_problem.text, "fields in weir.yaml"));
	row_options = (struct weir_list_options){ .now_unix = 0 };
	ck_assert_int_eq(row_read("csv", "1,2\n3,4\n", 8), WEIR_EFORMAT);
}
END_TEST

START_TEST(what_has_expired_is_passed_over)
{
	static const struct list_row rows[] = {
		{ "domain,expires\na.example,1709164800\nb.example,1709164801\n"
		  "c.example,\n",
		    "b.example u1709164801\nc.example\n", "expired=1" },
	};

	row_options.now_unix = 1709164800;
	ROWS_CHECK("csv", rows);
	row_options.now_unix = 0;
}
END_TEST

START_TEST(an_open_quote_does_not_swallow_the_list)
{
	static char text[40 * WEIR_LINE_SIZE];
	size_t len, i;

	len = (size_t)sprintf(text, "domain,x\na.example,\"open\n");
	for (i = 0; i < 3000; i++)
		len += (size_t)sprintf(text + len, "n%zu.example,y\n", i);
	ck_assert_int_eq(row_read("csv", text, len), 0);
	ck_assert_uint_eq(row_report.entry_count, 3000);
	ck_assert_uint_eq(row_report.refused[WEIR_LIST_BROKEN], 1);
	ck_assert_uint_eq(row_report.examples[WEIR_LIST_BROKEN][0].line, 2);
	ck_assert_uint_eq(row_report.line_count, 3002);
	/* And at the end of the file. */
	ck_assert_int_eq(
	    row_read("csv", "domain,x\n\"a.example\nb.example,1\n", 32), 0);
	ck_assert_str_eq(row_items, "b.example\n");
	ck_assert_str_eq(row_refused(), "broken=1");
	/* A line that is too long, with and without a quote. */
	memset(text, 'a', sizeof(text));
	memcpy(text, "domain,x\nb.example,", 19);
	memcpy(text + 3 * WEIR_LINE_SIZE, "\nc.example,x\n", 13);
	ck_assert_int_eq(row_read("csv", text, 3 * WEIR_LINE_SIZE + 13), 0);
	ck_assert_str_eq(row_items, "c.example\n");
	ck_assert_str_eq(row_refused(), "too-long=1");
	text[19] = '"';
	ck_assert_int_eq(row_read("csv", text, 3 * WEIR_LINE_SIZE + 13), 0);
	ck_assert_str_eq(row_items, "c.example\n");
}
END_TEST

START_TEST(other_formats_are_not_taken_for_tables)
{
	static const char *const texts[] = {
		"a.example\nb.example\nc.example\nd.example\n",
		("127.0.0.1\ta.example\n127.0.0.1\tb.example\n"
		 "127.0.0.1\tc.example\n127.0.0.1\td.example\n"),
		"# a list, of hosts, and urls\na.example\nb.example\n",
		"a.example ; why, and what\nb.example ; why\nc.example ; x\n",
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ck_assert_int_eq(
		    row_read("auto", texts[i], strlen(texts[i])), 0);
		ck_assert_str_ne(row_report.format, "csv");
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		tables_are_read,
		what_stands_beside_the_name_is_told,
		columns_are_told_by_number_or_heading,
		what_has_expired_is_passed_over,
		an_open_quote_does_not_swallow_the_list,
		other_formats_are_not_taken_for_tables,
		NULL,
	};

	return suite_run("list_csv", tests);
}
