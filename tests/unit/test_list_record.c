/*
 * test_list_record.c - the parts of a record: hosts of URLs, defanged words,
 * points in time; what a record becomes is in the tests of the formats.
 */
#include "feeds/list_record.h"

#include <string.h>

#include "feeds/list_time.h"
#include "feeds/list_url.h"
#include "tests/unit/suite.h"

START_TEST(a_url_gives_its_host)
{
	static const struct {
		const char *text, *host;
		bool has_path;
	} rows[] = {
		{ "http://a.example", "a.example", false },
		{ "https://a.example/", "a.example", false },
		{ "HTTP://a.example/x", "a.example", true },
		{ "http://a.example?x", "a.example", true },
		{ "http://a.example/?x", "a.example", true },
		{ "http://a.example#x", "a.example", false },
		{ "http://a.example/#x", "a.example", false },
		{ "http://a.example:8080/x", "a.example", true },
		{ "http://u:p@a.example:80", "a.example", false },
		{ "http://u@b@a.example/", "a.example", false },
		/* As browsers do. */
		{ "http://a.example\\@b.example/", "a.example", true },
		{ "http://a.example/@b.example/", "a.example", true },
		{ "//a.example/x", "a.example", true },
		{ "a.example:443", "a.example", false },
		{ "a.example/x", "a.example", true },
		{ "a.example", "a.example", false },
		/* Mail, not a host. */
		{ "x@a.example", "x@a.example", false },
		{ "http://[2001:db8::1]:80/x", "[2001:db8::1]", true },
		{ "2001:db8::1", "2001:db8::1", false },
		{ "http://", "", false },
		{ "/x/y", "", true },
		{ "mailto://a.example", NULL, false },
		{ "android-app://a.example/", NULL, false },
	};
	struct weir_list_url url;
	bool is_one;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		is_one = weir_list_url_parse(
		    rows[i].text, strlen(rows[i].text), &url);
		ck_assert_msg(
		    is_one == (rows[i].host != NULL), "%s", rows[i].text);
		if (!is_one)
			continue;
		ck_assert_msg(
		    url.host_len == strlen(rows[i].host) &&
			memcmp(url.host, rows[i].host, url.host_len) == 0,
		    "%s: %.*s", rows[i].text, (int)url.host_len, url.host);
		ck_assert_msg(
		    url.has_path == rows[i].has_path, "%s", rows[i].text);
	}
}
END_TEST

START_TEST(defanged_words_are_made_whole)
{
	static const char *const rows[][2] = {
		{ "a[.]example", "a.example" },
		{ "a[dot]b(DOT)example", "a.b.example" },
		{ "hxxp://a(.)example", "http://a.example" },
		{ "hXXps[:]//a{.}example", "https://a.example" },
		{ "hxxps[://]a.example[/]x", "https://a.example/x" },
		{ "a.example/hxxp", NULL },
		{ "a.example", NULL },
		{ "[2001:db8::1]", NULL },
	};
	char out[WEIR_LIST_URL_SIZE], big[3 * WEIR_LIST_URL_SIZE];
	size_t i, len;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_msg(weir_list_url_is_defanged(rows[i][0],
				  strlen(rows[i][0])) == (rows[i][1] != NULL),
		    "%s", rows[i][0]);
		if (rows[i][1] == NULL)
			continue;
		len = weir_list_url_refang(rows[i][0], strlen(rows[i][0]), out);
		ck_assert_msg(len == strlen(rows[i][1]) &&
				  memcmp(out, rows[i][1], len) == 0,
		    "%s: %.*s", rows[i][0], (int)len, out);
	}
	memset(big, '[', sizeof(big));
	ck_assert_uint_le(
	    weir_list_url_refang(big, sizeof(big), out), sizeof(out));
}
END_TEST

START_TEST(points_in_time_are_read)
{
	static const struct {
		const char *text;
		int64_t seconds; /* -1: none */
	} rows[] = {
		{ "2024-02-29T12:00:00Z", 1709208000 },
		{ "2024-02-29T12:00:00.123456Z", 1709208000 },
		{ "2024-02-29T12:00:00", 1709208000 },
		{ "2024-02-29t14:00:00+02:00", 1709208000 },
		{ "2024-02-29T07:00:00-0500", 1709208000 },
		{ "2024-02-29 12:00:00", 1709208000 },
		{ "2024-02-29 12:00:00 UTC", 1709208000 },
		{ " 2024-02-29 12:00 ", 1709208000 },
		{ "2024-02-29", 1709164800 },
		{ "1970-01-01", 0 },
		{ "2000-03-01", 951868800 },
		{ "2100-03-01", 4107542400 },
		{ "1709208000", 1709208000 },
		{ "1709208000.5", 1709208000 },
		{ "1709208000123", 1709208000 },
		{ "9999-12-31", UINT32_MAX },
		{ "1969-12-31", -1 },
		{ "2024-13-01", -1 },
		{ "2024-02-29T25:00:00", -1 },
		{ "2024-02-29X", -1 },
		{ "2024-02-29 12:00:00 CET", -1 },
		{ "20240229", -1 },
		{ "29.02.2024", -1 },
		{ "", -1 },
		{ "never", -1 },
		{ "99999999999999999999", -1 },
	};
	uint32_t seconds;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_msg(
		    weir_list_time_parse(rows[i].text, strlen(rows[i].text),
			&seconds) == (rows[i].seconds >= 0),
		    "%s", rows[i].text);
		if (rows[i].seconds >= 0)
			ck_assert_msg(seconds == (uint32_t)rows[i].seconds,
			    "%s: %u", rows[i].text, seconds);
	}
}
END_TEST

START_TEST(a_guess_knows_names_addresses_and_the_rest)
{
	static const struct {
		const char *text;
		int said;
	} rows[] = {
		{ "a.example", 1 },
		{ "*.a.example", 1 },
		{ "http://a.example/x", 1 },
		{ "hxxp://a[.]example/x", 1 },
		{ "192.0.2.1", 0 },
		{ "http://192.0.2.1/", 0 },
		{ "x@a.example", -1 },
		{ "word", -1 },
		{ "2024-02-29 12:00:00", -1 },
		{ "two words.example", -1 },
		{ "", -1 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(weir_list_record_recognise(rows[i].text,
				  strlen(rows[i].text)) == rows[i].said,
		    "%s", rows[i].text);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		a_url_gives_its_host,
		defanged_words_are_made_whole,
		points_in_time_are_read,
		a_guess_knows_names_addresses_and_the_rest,
		NULL,
	};

	return suite_run("list_record", tests);
}
