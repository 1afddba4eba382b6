/*
 * test_sync_schedule.c - when weir-sync asks again, and what it thinks of a feed.
 */
#include "feeds/sync_schedule.h"

#include <string.h>

#include "tests/unit/suite.h"

#define T0 1795800000

START_TEST(the_worst_that_holds_is_said)
{
	/* {floor, newer, expires, stale after, refused, now, state} */
	static const struct {
		int64_t floor, newer, expires;
		uint32_t stale_s;
		bool is_refused, has_failed;
		int64_t now;
		enum weir_sync_state state;
	} rows[] = {
		{ 0, 0, 0, 90, false, false, T0, WEIR_SYNC_NONE },
		{ 0, 0, 0, 90, false, true, T0, WEIR_SYNC_FAILING },
		{ 0, 0, 0, 90, true, true, T0, WEIR_SYNC_REFUSED },
		/* A mirror that is away leaves good data fresh, for a while. */
		{ T0, T0, 0, 90, false, true, T0 + 90, WEIR_SYNC_FRESH },
		{ T0, T0, 0, 90, false, true, T0 + 91, WEIR_SYNC_STALE },
		{ 0, 0, 0, 90, true, false, T0, WEIR_SYNC_REFUSED },
		{ T0, T0, T0 + 3600, 90, false, false, T0, WEIR_SYNC_FRESH },
		{ T0, T0, T0 + 3600, 90, false, false, T0 + 90,
		    WEIR_SYNC_FRESH },
		{ T0, T0, T0 + 3600, 90, false, false, T0 + 91,
		    WEIR_SYNC_STALE },
		{ T0, T0, T0 + 3600, 90, true, false, T0 + 91,
		    WEIR_SYNC_REFUSED },
		{ T0, T0, T0 + 3600, 90, false, false, T0 + 3599,
		    WEIR_SYNC_STALE },
		{ T0, T0, T0 + 3600, 90, false, false, T0 + 3600,
		    WEIR_SYNC_EXPIRED },
		{ T0, T0, T0 + 3600, 90, true, false, T0 + 3600,
		    WEIR_SYNC_EXPIRED },
		/* Without a date nothing expires. */
		{ T0, T0, 0, 90, false, false, T0 + 3600, WEIR_SYNC_STALE },
		/* Set back by a little, and by more. */
		{ T0, T0, T0 + 3600, 90, false, false, T0 - 10,
		    WEIR_SYNC_FRESH },
		{ T0, T0, T0 + 3600, 90, false, false, T0 - 11,
		    WEIR_SYNC_CLOCK },
		{ T0, T0, T0 - 9999, 90, true, false, T0 - 9000,
		    WEIR_SYNC_CLOCK },
	};
	struct weir_sync_view view;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		view = (struct weir_sync_view){ .now_unix = rows[i].now,
			.floor_unix = rows[i].floor,
			.newer_unix = rows[i].newer,
			.expires_unix = rows[i].expires,
			.stale_s = rows[i].stale_s,
			.is_refused = rows[i].is_refused,
			.has_failed = rows[i].has_failed };
		ck_assert_msg(weir_sync_judge(&view) == rows[i].state,
		    "row %zu: %s", i,
		    weir_sync_state_text(weir_sync_judge(&view)));
	}
}
END_TEST

START_TEST(states_have_words)
{
	ck_assert_str_eq(weir_sync_state_text(WEIR_SYNC_FRESH), "fresh");
	ck_assert_str_eq(weir_sync_state_text(WEIR_SYNC_CLOCK), "clock");
	ck_assert_str_eq(weir_sync_state_text(WEIR_SYNC_FAILING), "failing");
	ck_assert_str_eq(weir_sync_state_text(WEIR_SYNC_STATES), "?");
}
END_TEST

START_TEST(a_back_off_doubles_up_to_its_cap)
{
	static const struct {
		unsigned int failures;
		uint64_t cap_ms, least, most;
	} rows[] = {
		{ 0, 300000, 500, 1000 },
		{ 1, 300000, 500, 1000 },
		{ 2, 300000, 1000, 2000 },
		{ 5, 300000, 8000, 16000 },
		{ 9, 300000, 128000, 256000 },
		{ 10, 300000, 150000, 300000 },
		{ 5, 30000, 8000, 16000 },
		{ 6, 30000, 15000, 30000 },
		{ 4000000000U, 300000, 150000, 300000 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_uint_eq(
		    weir_sync_backoff_ms(rows[i].failures, rows[i].cap_ms, 0),
		    rows[i].least);
		ck_assert_uint_eq(weir_sync_backoff_ms(rows[i].failures,
				      rows[i].cap_ms, UINT32_MAX),
		    rows[i].most);
	}
}
END_TEST

START_TEST(polls_are_spread_by_a_tenth)
{
	ck_assert_uint_eq(weir_sync_poll_ms(1000, 0), 900);
	ck_assert_uint_eq(weir_sync_poll_ms(1000, UINT32_MAX / 2), 999);
	ck_assert_uint_eq(weir_sync_poll_ms(1000, UINT32_MAX), 1100);
	/* Ten years: no sum runs over. */
	ck_assert_uint_eq(
	    weir_sync_poll_ms(316224000000ULL, UINT32_MAX), 347846400000ULL);
}
END_TEST

START_TEST(the_first_poll_protects_at_once_or_joins_no_herd)
{
	ck_assert_uint_eq(weir_sync_first_ms(1000, false, UINT32_MAX), 0);
	ck_assert_uint_eq(weir_sync_first_ms(1000, true, 0), 0);
	ck_assert_uint_eq(weir_sync_first_ms(1000, true, UINT32_MAX), 1000);
	ck_assert_uint_eq(weir_sync_first_ms(100, true, UINT32_MAX), 100);
	ck_assert_uint_eq(weir_sync_first_ms(60000, true, UINT32_MAX), 1000);
	ck_assert_uint_eq(
	    weir_sync_first_ms(UINT64_MAX / 2, true, UINT32_MAX), 1000);
}
END_TEST

START_TEST(the_longer_wait_counts)
{
	static const struct {
		uint32_t poll_s, publisher_ms;
		uint64_t ms;
	} rows[] = { { 0, 0, 1000 }, { 0, 5000, 5000 }, { 10, 5000, 10000 },
		{ 1, 5000, 5000 }, { 0, 1, 100 }, { 0, 4000000000U, 3600000 } };
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_uint_eq(
		    weir_sync_longer_ms(rows[i].poll_s, rows[i].publisher_ms),
		    rows[i].ms);
}
END_TEST

START_TEST(a_flood_of_hints_is_one_in_100_ms)
{
	uint64_t last_ms = 0, now_ms;
	unsigned int taken = 0;

	for (now_ms = 5000; now_ms < 6000; now_ms++)
		taken += weir_sync_hint(&last_ms, now_ms);
	ck_assert_uint_eq(taken, 10);
}
END_TEST

START_TEST(percentiles_are_of_the_last_thousand)
{
	static struct weir_sync_times times;
	uint32_t i;

	memset(&times, 0, sizeof(times));
	ck_assert_uint_eq(weir_sync_times_percentile(&times, 99), 0);
	weir_sync_times_add(&times, 7);
	ck_assert_uint_eq(weir_sync_times_percentile(&times, 50), 7);
	ck_assert_uint_eq(weir_sync_times_percentile(&times, 99), 7);
	for (i = 1000; i >= 1; i--)
		weir_sync_times_add(&times, i);
	ck_assert_uint_eq(times.count, 1000);
	ck_assert_uint_eq(times.last, 1);
	ck_assert_uint_eq(weir_sync_times_percentile(&times, 50), 500);
	ck_assert_uint_eq(weir_sync_times_percentile(&times, 99), 990);
	ck_assert_uint_eq(weir_sync_times_percentile(&times, 100), 1000);
	ck_assert_uint_eq(weir_sync_times_percentile(&times, 0), 1);
}
END_TEST

START_TEST(a_list_is_stale_after_two_that_did_not_come)
{
	ck_assert_uint_eq(weir_sync_list_stale_s(3600), 9060);
	ck_assert_uint_eq(weir_sync_list_stale_s(10), 85);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		the_worst_that_holds_is_said,
		states_have_words,
		a_back_off_doubles_up_to_its_cap,
		polls_are_spread_by_a_tenth,
		the_first_poll_protects_at_once_or_joins_no_herd,
		the_longer_wait_counts,
		a_flood_of_hints_is_one_in_100_ms,
		percentiles_are_of_the_last_thousand,
		a_list_is_stale_after_two_that_did_not_come,
		NULL,
	};

	return suite_run("sync_schedule", tests);
}
