/*
 * test_answers.c - answers of a list's own: what is one, the table of them, and
 * what a query gets of it.
 */
#include "lib/answers.h"

#include <string.h>

#include "lib/reply.h"
#include "tests/unit/suite.h"

/* Octets of a record: type, TTL and length below 256. */
#define A1      "\001\000\074\000\000\000\004\000\300\000\002\001"
#define A2      "\001\000\074\000\000\000\004\000\300\000\002\002"
#define A2_SLOW "\001\000\075\000\000\000\004\000\300\000\002\002"
#define TXT     "\020\000\074\000\000\000\003\000\002hi"
#define AAAA                                               \
	"\034\000\075\000\000\000\020\000\040\001\015\270" \
	"\000\000\000\000\000\000\000\000\000\000\000\001"
#define CNAME "\005\000\007\000\000\000\010\000\001w\004here\000"

static const struct {
	const char *octets;
	size_t len;
	bool is_valid;
} rows[] = {
#define ROW(text, is_valid)                      \
	{                                        \
		text, sizeof(text) - 1, is_valid \
	}
	ROW(A1, true),
	ROW(A1 A2, true),
	ROW(A1 A2 TXT AAAA, true),
	ROW(CNAME, true),
	ROW(TXT, true),
	ROW("", false),
	ROW(A2 A1, false),      /* not in order */
	ROW(A1 A1, false),      /* twice */
	ROW(A1 A2_SLOW, false), /* two TTLs in one RRset */
	ROW(AAAA A1, false),    /* types not in order */
	ROW(A1 CNAME, false),   /* a CNAME stands alone */
	ROW(CNAME CNAME, false),
	ROW(CNAME TXT, false),
	ROW("\001\000\074\000\000\000\003\000\300\000\002", false),
	ROW("\034\000\074\000\000\000\004\000\300\000\002\001", false),
	ROW("\020\000\074\000\000\000\003\000\003hi", false), /* over its end */
	ROW("\020\000\074\000\000\000\000\000", false),       /* no string */
	ROW("\005\000\007\000\000\000\010\000\001W\004here\000", false),
	ROW("\005\000\007\000\000\000\007\000\001w\004here", false),
	ROW("\017\000\074\000\000\000\004\000\000\001\001a", false), /* MX */
	ROW("\001\000\000\000\000\177\004\000\300\000\002\001",
	    false), /* TTL */
	ROW(A1 "\001", false),
	ROW("\001\000\074\000\000\000\005\000\300\000\002\001", false),
};

START_TEST(an_answer_has_one_form)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(
		    weir_answers_is_valid((const uint8_t *)rows[i].octets,
			rows[i].len) == rows[i].is_valid,
		    "row %zu", i);
}
END_TEST

static struct weir_answers table;

static int
add(struct weir_answers *answers, const char *octets, size_t len)
{
	return weir_answers_add(answers, (const uint8_t *)octets, len);
}

START_TEST(equal_answers_have_one_place)
{
	struct weir_answers *old = calloc(1, sizeof(*old));
	const uint8_t *octets;
	size_t len;

	memset(&table, 0, sizeof(table));
	ck_assert(!weir_answers_get(&table, 0, &octets, &len));
	ck_assert_int_eq(add(&table, A1, sizeof(A1) - 1), 0);
	ck_assert_int_eq(add(&table, CNAME, sizeof(CNAME) - 1), 1);
	ck_assert_int_eq(add(&table, A1, sizeof(A1) - 1), 0);
	ck_assert_int_eq(add(&table, A1 A1, 24), WEIR_EFORMAT);
	ck_assert(weir_answers_get(&table, 1, &octets, &len));
	ck_assert_uint_eq(len, sizeof(CNAME) - 1);
	ck_assert_mem_eq(octets, CNAME, len);
	*old = table;
	ck_assert_int_eq(add(&table, TXT, sizeof(TXT) - 1), 2);
	ck_assert(weir_answers_extends(&table, old));
	ck_assert(!weir_answers_extends(old, &table));
	old->octets[9] ^= 1;
	ck_assert(!weir_answers_extends(&table, old));
	free(old);
}
END_TEST

/* An answer that differs from all others. */
static int
add_number(unsigned int number)
{
	char octets[] = A1;

	octets[10] = (char)(number >> 8);
	octets[11] = (char)number;
	return add(&table, octets, 12);
}

START_TEST(a_full_table_takes_no_more)
{
	char large[2000] = "\020\000\074\000\000\000\300\007";
	unsigned int i;
	int place;

	memset(&table, 0, sizeof(table));
	for (i = 0; i < WEIR_ANSWERS; i++) {
		ck_assert_int_eq(add_number(i), (int)i);
		ck_assert_int_eq(
		    weir_answers_has_room(&table), i < WEIR_ANSWERS / 2);
	}
	ck_assert_int_eq(add_number(i), WEIR_ELIMIT);
	ck_assert_int_eq(add_number(7), 7);

	memset(&table, 0, sizeof(table));
	for (i = 0; i < 0x7c0; i += 64)
		large[8 + i] = 63;
	for (i = 0; i < WEIR_ANSWERS_SIZE / (8 + 0x7c0); i++) {
		large[9] = (char)i;
		ck_assert_int_eq(add(&table, large, 8 + 0x7c0), (int)i);
	}
	large[9] = (char)i;
	place = add(&table, large, 8 + 0x7c0);
	ck_assert_int_eq(place, WEIR_ELIMIT);
	ck_assert(!weir_answers_has_room(&table));
}
END_TEST

static struct weir_policy policy;

static struct weir_reply
reply_of(const char *octets, size_t len, uint16_t qtype)
{
	struct weir_rule rule = { .is_set = true, .action = WEIR_ACTION_LOCAL };

	weir_policy_init(&policy);
	ck_assert_int_eq(add(&policy.answers, TXT, sizeof(TXT) - 1), 0);
	rule.answer = (uint16_t)add(&policy.answers, octets, len);
	return weir_reply_for(&policy, &rule, qtype);
}

START_TEST(a_query_gets_the_records_of_its_type)
{
	static const char all[] = A1 A2 TXT AAAA;
	static const struct {
		uint16_t qtype;
		enum weir_reply_kind kind;
		size_t at, len;
	} cases[] = {
		{ 1, WEIR_REPLY_RECORDS, 0, 24 },
		{ 16, WEIR_REPLY_RECORDS, 24, 11 },
		{ 28, WEIR_REPLY_RECORDS, 35, 24 },
		{ 255, WEIR_REPLY_RECORDS, 0, 59 },
		{ 15, WEIR_REPLY_NEGATIVE, 0, 0 },
		{ 5, WEIR_REPLY_NEGATIVE, 0, 0 },
	};
	struct weir_reply reply;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		reply = reply_of(all, sizeof(all) - 1, cases[i].qtype);
		ck_assert_int_eq(reply.kind, cases[i].kind);
		ck_assert_uint_eq(reply.rcode, WEIR_RCODE_NOERROR);
		ck_assert_uint_eq(reply.len, cases[i].len);
		if (reply.len > 0)
			ck_assert_mem_eq(
			    reply.octets, all + cases[i].at, reply.len);
	}
}
END_TEST

START_TEST(an_alias_is_for_all_types)
{
	static const uint16_t qtypes[] = { 1, 5, 15, 255 };
	struct weir_reply reply;
	size_t i;

	for (i = 0; i < sizeof(qtypes) / sizeof(qtypes[0]); i++) {
		reply = reply_of(CNAME, sizeof(CNAME) - 1, qtypes[i]);
		ck_assert_int_eq(reply.kind, WEIR_REPLY_ALIAS);
		ck_assert_uint_eq(reply.ttl_s, 7);
		ck_assert_uint_eq(reply.len, 8);
		ck_assert_mem_eq(reply.octets, "\001w\004here", 8);
	}
}
END_TEST

START_TEST(an_answer_that_is_not_there_gives_no_record)
{
	struct weir_rule rule = {
		.is_set = true, .action = WEIR_ACTION_LOCAL, .answer = 9
	};
	struct weir_reply reply;

	weir_policy_init(&policy);
	reply = weir_reply_for(&policy, &rule, 1);
	ck_assert_int_eq(reply.kind, WEIR_REPLY_NEGATIVE);
}
END_TEST

START_TEST(its_error_code_is_that_of_forged_answers)
{
	struct weir_rule rule = { .action = WEIR_ACTION_LOCAL,
		.entry = { .feed = WEIR_FEED_DENY } };

	weir_policy_init(&policy);
	ck_assert_uint_eq(weir_rule_ede(&policy, &rule), 4);
	rule.action = WEIR_ACTION_NXDOMAIN;
	ck_assert_uint_eq(weir_rule_ede(&policy, &rule), 15);
	rule.action = WEIR_ACTION_LOCAL;
	policy.feeds[WEIR_FEED_DENY].ede_code = 17;
	ck_assert_uint_eq(weir_rule_ede(&policy, &rule), 17);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { an_answer_has_one_form,
		equal_answers_have_one_place, a_full_table_takes_no_more,
		a_query_gets_the_records_of_its_type, an_alias_is_for_all_types,
		an_answer_that_is_not_there_gives_no_record,
		its_error_code_is_that_of_forged_answers, NULL };

	return suite_run("answers", tests);
}
