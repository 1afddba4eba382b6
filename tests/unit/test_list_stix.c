/*
 * test_list_stix.c - STIX: which patterns are a reason to block.
 */
#include "tests/unit/list_rows.h"

/* A bundle with one indicator. */
static const char *
bundle(const char *members)
{
	static char text[WEIR_LINE_SIZE];

	snprintf(text, sizeof(text),
	    "{\"type\":\"bundle\",\"id\":\"x\",\"objects\":[\n"
	    "{\"type\":\"domain-name\",\"value\":\"seen.example\"},\n"
	    "{\"type\":\"indicator\",%s}]}",
	    members);
	return text;
}

START_TEST(patterns_are_obeyed_or_refused_whole)
{
	static const struct list_row rows[] = {
		{ "[domain-name:value = 'a.example']", "a.example\n", "" },
		{ "[domain-name:value='a.example']", "a.example\n", "" },
		{ "[ url:value = 'http://a.example/x' ]", "a.example url\n",
		    "" },
		{ "[domain-name:value='a.example' OR "
		  "domain-name:value='b.example']",
		    "a.example\nb.example\n", "" },
		{ "[domain-name:value='a.example'] OR "
		  "[url:value='http://b.example/']",
		    "a.example\nb.example\n", "" },
		{ "([domain-name:value='a.example'] OR "
		  "([(domain-name:value='b.example')]))",
		    "a.example\nb.example\n", "" },
		{ "[domain-name:value IN ('a.example', 'b.example')]",
		    "a.example\nb.example\n", "" },
		{ "[domain-name:value='a.example' OR "
		  "ipv4-addr:value='192.0.2.1']",
		    "a.example\n", "no-indicator=1" },
		{ "[file:hashes.'SHA-256'='00' OR "
		  "file:hashes.MD5 = '00']",
		    "", "no-indicator=2" },
		{ "[process:ref[*].name = 'a.example']", "", "no-indicator=1" },
		{ "[domain-name:value.x = 'a.example']", "", "no-indicator=1" },
		/* an escape that JSON has to have twice */
		{ "[url:value = 'http://a.example/\\\\'x\\\\\\\\']",
		    "a.example url\n", "" },
		{ "[domain-name:value = 'a.example' AND "
		  "ipv4-addr:value = '192.0.2.1']",
		    "", "pattern=1" },
		{ "[domain-name:value = 'a.example'] AND "
		  "[domain-name:value = 'b.example']",
		    "", "pattern=1" },
		{ "[domain-name:value = 'a.example'] FOLLOWEDBY "
		  "[domain-name:value = 'b.example']",
		    "", "pattern=1" },
		{ "[domain-name:value = 'a.example'] REPEATS 5 TIMES", "",
		    "pattern=1" },
		{ "[domain-name:value NOT = 'a.example']", "", "pattern=1" },
		{ "[NOT domain-name:value = 'a.example']", "", "pattern=1" },
		{ "[domain-name:value NOT IN ('a.example')]", "", "pattern=1" },
		{ "[domain-name:value != 'a.example']", "", "pattern=1" },
		{ "[domain-name:value LIKE '%.example']", "", "pattern=1" },
		{ "[domain-name:value MATCHES '.*']", "", "pattern=1" },
		{ "[domain-name:value > 'a.example']", "", "pattern=1" },
		{ "[domain-name:value = 'a.example'", "", "pattern=1" },
		{ "[domain-name:value = 'a.example\\\\", "", "pattern=1" },
		{ "domain-name:value = 'a.example'", "", "pattern=1" },
		{ "[domain-name:value = 'a.example'] x", "", "pattern=1" },
		{ "[domain-name:value 'a.example']", "", "pattern=1" },
		{ "[[[[", "", "pattern=1" },
		{ "((((((((((((((((((((((((", "", "pattern=1" },
		{ "", "", "pattern=1" },
	};
	char members[WEIR_LINE_SIZE / 2];
	struct list_row row;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(members, sizeof(members), "\"pattern\":\"%s\"",
		    rows[i].text);
		row = rows[i];
		row.text = bundle(members);
		rows_check("stix", &row, 1);
	}
}
END_TEST

START_TEST(an_indicator_says_when_and_how_sure)
{
#define PATTERN "\"pattern\":\"[domain-name:value='a.example']\","
	static const struct list_row rows[] = {
		{ PATTERN "\"valid_from\":\"2024-02-29T12:00:00.5Z\","
			  "\"valid_until\":\"2024-03-01T12:00:00Z\","
			  "\"confidence\":70,\"pattern_type\":\"stix\","
			  "\"indicator_types\":[\"phishing\",\"x\"],"
			  "\"labels\":[\"y\"],\"revoked\":false",
		    "a.example c70 f1709208000 u1709294400 kphishing\n", "" },
		{ PATTERN "\"labels\":[\"botnet\"]", "a.example kbotnet\n",
		    "" },
		{ PATTERN "\"revoked\":true", "", "not-to-block=1" },
		{ PATTERN "\"indicator_types\":[\"benign\"]", "",
		    "not-to-block=1" },
		{ PATTERN "\"valid_from\":\"2024-03-01T12:00:01Z\"", "",
		    "not-to-block=1" },
		{ PATTERN "\"valid_until\":\"2024-02-29T00:00:00Z\"", "",
		    "expired=1" },
		{ PATTERN "\"pattern_type\":\"yara\"", "", "no-indicator=1" },
		{ "\"pattern\":null", "", "no-indicator=1" },
	};
	struct list_row row;
	size_t i;

	row_options.now_unix = 1709250000; /* between the two */
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		row = rows[i];
		row.text = bundle(rows[i].text);
		rows_check("stix", &row, 1);
		rows_check("auto", &row, 1);
		ck_assert_str_eq(row_report.format, "stix");
	}
	row_options.now_unix = 0;
}
END_TEST

START_TEST(indicators_are_found_outside_of_bundles)
{
#define INDICATOR(name)                                       \
	"{\"type\":\"indicator\",\"pattern\":\"[domain-name:" \
	"value='" name "']\",\"valid_from\":\"x\"}"
	static const struct list_row rows[] = {
		{ "{\"objects\":[" INDICATOR("a.example") "]}", "a.example\n",
		    "" },
		{ "[" INDICATOR("a.example") "," INDICATOR("b.example") "]",
		    "a.example\nb.example\n", "" },
		{ INDICATOR("a.example"), "a.example\n", "" },
		{ INDICATOR("a.example") "\n" INDICATOR("b.example"),
		    "a.example\nb.example\n", "" },
	};

	ROWS_CHECK("stix", rows);
	ck_assert_int_eq(row_read("stix", rows[0].text, 80), WEIR_EFORMAT);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		patterns_are_obeyed_or_refused_whole,
		an_indicator_says_when_and_how_sure,
		indicators_are_found_outside_of_bundles,
		NULL,
	};

	return suite_run("list_stix", tests);
}
