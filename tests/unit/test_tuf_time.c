/*
 * test_tuf_time.c - dates of metadata: one form, and days that exist.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "feeds/tuf_time.h"
#include "tests/unit/suite.h"

static const struct {
	const char *text;
	int64_t unix_s; /* -1: none */
} rows[] = {
	{ "1970-01-01T00:00:00Z", 0 },
	{ "1970-01-01T00:00:01Z", 1 },
	{ "2000-02-29T12:34:56Z", 951827696 },
	{ "2027-01-15T08:00:00Z", 1800000000 },
	{ "2038-01-19T03:14:08Z", 2147483648 },
	{ "2100-03-01T00:00:00Z", 4107542400 },
	{ "9999-12-31T23:59:59Z", 253402300799 },

	{ "1969-12-31T23:59:59Z", -1 },
	{ "0000-00-00T00:00:00Z", -1 },
	{ "2100-02-29T00:00:00Z", -1 },
	{ "2099-02-30T00:00:00Z", -1 },
	{ "2099-04-31T00:00:00Z", -1 },
	{ "2099-00-10T00:00:00Z", -1 },
	{ "2099-13-01T00:00:00Z", -1 },
	{ "2099-01-00T00:00:00Z", -1 },
	{ "2099-01-32T00:00:00Z", -1 },
	{ "2099-01-01T24:00:00Z", -1 },
	{ "2099-01-01T00:60:00Z", -1 },
	{ "2016-12-31T23:59:60Z", -1 },
	{ "2099-01-01T00:00:00z", -1 },
	{ "2099-01-01t00:00:00Z", -1 },
	{ "2099-01-01 00:00:00Z", -1 },
	{ "2099-01-01T00:00:00", -1 },
	{ "2099-01-01T00:00:00ZZ", -1 },
	{ "2099-01-01T00:00:00+00:00", -1 },
	{ "2099-01-01T00:00:00.000Z", -1 },
	{ "2099-01-01T00:00:0xZ", -1 },
	{ "2099-01-01T00:00: 0Z", -1 },
	{ "-099-01-01T00:00:00Z", -1 },
	{ "+099-01-01T00:00:00Z", -1 },
	{ "20990101T000000Z", -1 },
	{ "2099/01/01T00:00:00Z", -1 },
	{ "tomorrow", -1 },
	{ "2099-01-01T00:00:0:Z", -1 },
	{ "209\x80-01-01T00:00:00Z", -1 },
	{ "\xff\xff\xff\xff-\xff\xff-\xff\xffT\xff\xff:\xff\xff:\xff\xffZ",
	    -1 },
	{ "\x7f\x7f\x7f\x7f-\x7f\x7f-\x7f\x7fT\x7f\x7f:\x7f\x7f:\x7f\x7fZ",
	    -1 },
	{ "", -1 },
	{ NULL, -1 },
};

START_TEST(each_date_is_one_or_none)
{
	char again[WEIR_TUF_TIME_SIZE];
	int64_t unix_s = -77;
	bool is_one = weir_tuf_time_parse(rows[_i].text, &unix_s);

	ck_assert_msg(is_one == (rows[_i].unix_s >= 0), "%s", rows[_i].text);
	if (!is_one) {
		ck_assert_int_eq(unix_s, -77);
		return;
	}
	ck_assert_int_eq(unix_s, rows[_i].unix_s);
	weir_tuf_time_print(unix_s, again);
	ck_assert_str_eq(again, rows[_i].text);
}
END_TEST

/* A text that ends where memory does. */
START_TEST(nothing_is_read_behind_a_short_text)
{
	static const char text[] = "2099-01-01T00:00:00Z";
	size_t page = (size_t)sysconf(_SC_PAGESIZE), len;
	char *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int64_t unix_s;
	char *at;

	ck_assert_ptr_ne(memory, MAP_FAILED);
	ck_assert_int_eq(mprotect(memory + page, page, PROT_NONE), 0);
	for (len = 0; len < sizeof(text); len++) {
		at = memory + page - len - 1;
		memcpy(at, text, len);
		at[len] = '\0';
		ck_assert(weir_tuf_time_parse(at, &unix_s) ==
			  (len == sizeof(text) - 1));
	}
	(void)munmap(memory, 2 * page);
}
END_TEST

START_TEST(times_out_of_range_are_printed_as_the_nearest)
{
	char text[WEIR_TUF_TIME_SIZE];

	weir_tuf_time_print(-5, text);
	ck_assert_str_eq(text, "1970-01-01T00:00:00Z");
	weir_tuf_time_print(INT64_MAX, text);
	ck_assert_str_eq(text, "9999-12-31T23:59:59Z");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tuf_time");
	TCase *tcase = tcase_create("tuf_time");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, each_date_is_one_or_none, 0,
	    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(tcase, nothing_is_read_behind_a_short_text);
	tcase_add_test(tcase, times_out_of_range_are_printed_as_the_nearest);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
