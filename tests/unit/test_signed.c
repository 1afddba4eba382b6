/*
 * test_signed.c - feeds that weir-sync brings: what leads on from the state in
 * force, what is too much at once, what is still what was accepted.
 */
#include "lmdb-loader/signed.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lmdb-loader/held.h"
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#define GEN   "0123456789abcdef"
#define OTHER "fedcba9876543210"

static struct weir_problem problem;

START_TEST(a_delta_leads_on_or_repeats)
{
	static const struct {
		const char *gen;
		uint64_t from, to;
		int wanted;
	} rows[] = {
		{ GEN, 10, 11, 0 },
		{ GEN, 9, 10, 0 },  /* once more */
		{ GEN, 9, 11, -1 }, /* between is wrong: it has no change that
				     * was taken back */
		{ GEN, 11, 12, -1 },
		{ GEN, 8, 9, -1 },
		{ OTHER, 10, 11, -1 },
		{ "", 10, 11, -1 },
	};
	struct weir_feed feed = { .name = "f", .gen = GEN, .sequence = 10 };
	struct weir_signed_span span;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		span = (struct weir_signed_span){ rows[i].gen, rows[i].from,
			rows[i].to };
		ck_assert_int_eq(weir_signed_check(&feed, &span, &problem),
		    rows[i].wanted == 0 ? 0 : WEIR_EMISSING);
	}
	feed.gen[0] = '\0';
	span = (struct weir_signed_span){ GEN, 10, 11 };
	ck_assert_int_eq(
	    weir_signed_check(&feed, &span, &problem), WEIR_EMISSING);
	ck_assert_ptr_nonnull(strstr(problem.text, "no state of feed f"));
}
END_TEST

START_TEST(the_file_says_what_the_options_say)
{
	static const struct {
		const char *text;
		int wanted;
	} rows[] = {
		{ "weir-feed 1 f " GEN " head 10 11\n+a.test\n", 0 },
		{ "weir-feed 1 f " GEN " hour 10 11\n", 0 },
		{ "weir-feed 1 g " GEN " head 10 11\n", WEIR_EFORMAT },
		{ "weir-feed 1 f " OTHER " head 10 11\n", WEIR_EFORMAT },
		{ "weir-feed 1 f " GEN " head 9 11\n", WEIR_EFORMAT },
		{ "weir-feed 1 f " GEN " head 10 12\n", WEIR_EFORMAT },
		{ "weir-feed 1 f " GEN " head 10 11", WEIR_EFORMAT }, /* cut */
		{ "+a.test\n", WEIR_EFORMAT },
		{ "", WEIR_EFORMAT },
	};
	const struct weir_signed_span span = { GEN, 10, 11 };
	struct scratch scratch;
	size_t i;

	scratch_init(&scratch);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		scratch_write(
		    &scratch, "add", rows[i].text, strlen(rows[i].text));
		ck_assert_int_eq(
		    weir_signed_check_file(scratch.file, "f", &span, &problem),
		    rows[i].wanted);
	}
	ck_assert_int_eq(weir_signed_check_file(NULL, "f", &span, &problem), 0);
	ck_assert_int_eq(
	    weir_signed_check_file("/nonexistent/x", "f", &span, &problem),
	    WEIR_EMISSING);
	scratch_done(&scratch);
}
END_TEST

START_TEST(what_is_too_much_at_once)
{
	static const struct {
		uint64_t before, added, removed;
		bool is_too_much;
	} rows[] = {
		{ 0, 10000000, 0, false }, /* any beginning */
		{ 10, 100000, 0, false },
		{ 10, 100001, 0, true },
		{ 1000000, 150000, 0, false },
		{ 1000000, 150001, 0, true },
		{ 1000000, 0, 200000, false },
		{ 1000000, 0, 200001, true },
		{ 1000000, 150000, 200000, false },
		{ 1000, 0, 1000, false }, /* so few come and go */
		{ 1001, 0, 201, true },
		{ 1001, 0, 200, false },
	};
	struct weir_feed feed = { .names = 0 };
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		feed.names = feed.day_names = rows[i].before;
		ck_assert_msg(weir_signed_is_too_much(&feed, rows[i].added,
				  rows[i].removed) == rows[i].is_too_much,
		    "row %zu", i);
	}
	ck_assert(weir_signed_is_near(100000, 100000));
	ck_assert(weir_signed_is_near(100000, 106000));
	ck_assert(weir_signed_is_near(100000, 94000));
	ck_assert(!weir_signed_is_near(100000, 106001));
	ck_assert(!weir_signed_is_near(100000, 93999));
	ck_assert(weir_signed_is_near(0, 1000));
}
END_TEST

/* One step after the other, each small: only so many in a day. */
START_TEST(many_small_steps_are_a_large_one)
{
	struct weir_feed feed = { .names = 1000000 };
	uint32_t now = 1000;
	unsigned int steps;

	weir_signed_begin_day(&feed, now);
	for (steps = 0; !weir_signed_is_too_much(&feed, 0, 10000); steps++) {
		feed.names -= 10000;
		weir_signed_begin_day(&feed, ++now);
	}
	ck_assert_uint_eq(steps, 20);
	weir_signed_begin_day(&feed, 10); /* a clock that went back */
	ck_assert(weir_signed_is_too_much(&feed, 0, 10000));
	weir_signed_begin_day(&feed, 1000 + WEIR_SIGNED_DAY_S - 1);
	ck_assert(weir_signed_is_too_much(&feed, 0, 10000));
	weir_signed_begin_day(&feed, 1000 + WEIR_SIGNED_DAY_S);
	ck_assert_uint_eq(feed.day_names, 800000);
	ck_assert(!weir_signed_is_too_much(&feed, 0, 10000));
	for (steps = 0; !weir_signed_is_too_much(&feed, 10000, 0); steps++)
		feed.names += 10000;
	ck_assert_uint_eq(steps, 14); /* 5 percent and 100,000 */
}
END_TEST

START_TEST(what_was_held_is_known_again)
{
	char digest[WEIR_HELD_DIGEST_SIZE], now[WEIR_HELD_DIGEST_SIZE];

	weir_held_print_state(GEN, 10, digest);
	ck_assert_str_eq(digest, GEN ".10");
	weir_held_print_state(GEN, UINT64_MAX, now);
	ck_assert(weir_held_is_state(now) && !weir_held_is_state("0123"));
	ck_assert(weir_held_is_same(digest, now));
	weir_held_print_state(OTHER, 10, now);
	ck_assert(!weir_held_is_same(digest, now));
	ck_assert(weir_held_is_same("0123", "0123"));
	ck_assert(!weir_held_is_same("0123", "0124"));
	ck_assert(!weir_held_is_same("0123", digest));
	ck_assert(!weir_held_is_same(digest, GEN));
}
END_TEST

START_TEST(a_rollback_holds_until_it_is_released)
{
	struct scratch scratch;

	scratch_init(&scratch);
	ck_assert(!weir_signed_is_rolled_back(scratch.folder));
	weir_signed_release(scratch.folder);
	ck_assert_int_eq(weir_signed_hold(scratch.folder), 0);
	ck_assert_int_eq(weir_signed_hold(scratch.folder), 0);
	ck_assert(weir_signed_is_rolled_back(scratch.folder));
	weir_signed_release(scratch.folder);
	ck_assert(!weir_signed_is_rolled_back(scratch.folder));
	ck_assert_int_lt(weir_signed_hold("/nonexistent/x"), 0);
	scratch_done(&scratch);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		a_delta_leads_on_or_repeats,
		the_file_says_what_the_options_say,
		what_is_too_much_at_once,
		many_small_steps_are_a_large_one,
		what_was_held_is_known_again,
		a_rollback_holds_until_it_is_released,
		NULL,
	};

	return suite_run("signed", tests);
}
