/*
 * test_policy.c - the policy as a table: entries in, verdict out.
 */
#include "lib/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/suite.h"

#define NOW 1000

enum {
	ALLOW = 0,
	DENY = 1,
	FIRST = 2,
	SECOND = 3,
	SHADOW = 4,
	PICKY = 5,
	CHOOSY = 6
};

static struct weir_policy policy;

static void
make_policy(void)
{
	static const char *const names[] = { "first", "second", "shadow",
		"picky", "choosy" };
	unsigned int i;

	weir_policy_init(&policy);
	for (i = 0; i < 5; i++) {
		struct weir_feed *feed = &policy.feeds[WEIR_FEED_FIRST + i];

		strcpy(feed->name, names[i]);
		feed->action = WEIR_ACTION_NXDOMAIN;
		feed->ede_code = 15;
	}
	policy.feeds[SHADOW].mode = WEIR_MODE_SHADOW;
	policy.feeds[SECOND].action = WEIR_ACTION_REFUSED;
	policy.feeds[PICKY].min_confidence = 50;
	policy.feeds[CHOOSY].has_categories = true;
	policy.feeds[CHOOSY].categories[0] = 1 << 1;
	policy.feed_count = 7;
	strcpy(policy.categories[1], "malware");
	policy.category_count = 2;
}

/* What is found on a.b.c: itself is label 0, its parent 1, ... */
struct found {
	unsigned int label;
	struct weir_entry entry;
};

#define N WEIR_SCOPE_NAME
#define S WEIR_SCOPE_SUBDOMAINS
#define B WEIR_SCOPE_BOTH

/* feed, scope, action, category, confidence, valid-until */
#define E(f, s, a, g, c, u)                                                    \
	{                                                                      \
		.feed = (f), .scope = (s), .action = (a), .below_action = (a), \
		.category = (g), .confidence = (c), .valid_until = (u)         \
	}

static struct weir_verdict
decide(const struct found *found)
{
	static uint8_t bytes[8][WEIR_ENTRY_BYTES];
	struct weir_matches matches;
	struct weir_verdict verdict;
	unsigned int i;

	matches.count = 0;
	for (i = 0; i < 4 && found[i].entry.scope != 0; i++) {
		weir_entry_encode(&found[i].entry, bytes[i]);
		matches.items[i].label = (uint8_t)found[i].label;
		matches.items[i].entry_count = 1;
		matches.items[i].entries = bytes[i];
		matches.count++;
	}
	ck_assert_int_eq(
	    weir_policy_decide(&policy, &matches, NOW, &verdict), WEIR_OK);
	return verdict;
}

START_TEST(the_table)
{
	/* feed, scope, action, category, confidence, valid-until */
#define OWN                                                  \
	{                                                    \
		.feed = FIRST, .scope = B, .confidence = 100 \
	}
#define LOUD                                                             \
	{                                                                \
		.feed = FIRST, .scope = B, .confidence = 100, .flags = 3 \
	}
#define LOUD_EXCEPTION                                         \
	{                                                      \
		.feed = FIRST, .scope = B, .confidence = 100,  \
		.action = WEIR_ACTION_EXCEPT,                  \
		.below_action = WEIR_ACTION_EXCEPT, .flags = 3 \
	}
#define SPLIT                                                 \
	{                                                     \
		.feed = FIRST, .scope = B, .confidence = 100, \
		.below_action = WEIR_ACTION_PASS              \
	}
	static const struct {
		const char *what;
		struct found found[4];
		int feed; /* that decides; -1: none */
		int label;
		int shadow; /* feed; -1: none */
		bool is_block;
	} rows[] = {
		{ "nothing", { { 0 } }, -1, 0, -1, false },
		{ "the name itself", { { 0, E(FIRST, N, 0, 0, 100, 0) } },
		    FIRST, 0, -1, true },
		{ "exact scope says nothing of children",
		    { { 1, E(FIRST, N, 0, 0, 100, 0) } }, -1, 0, -1, false },
		{ "subdomains scope says nothing of the name itself",
		    { { 0, E(FIRST, S, 0, 0, 100, 0) } }, -1, 0, -1, false },
		{ "a parent with both", { { 2, E(FIRST, B, 0, 0, 100, 0) } },
		    FIRST, 2, -1, true },
		{ "inside one feed the most specific wins",
		    { { 0, E(FIRST, N, WEIR_ACTION_PASS, 0, 100, 0) },
			{ 1, E(FIRST, B, 0, 0, 100, 0) } },
		    FIRST, 0, -1, false },
		{ "the order of feeds beats the more specific name",
		    { { 0, E(SECOND, N, 0, 0, 100, 0) },
			{ 2, E(FIRST, B, 0, 0, 100, 0) } },
		    FIRST, 2, -1, true },
		{ "deny beats feeds",
		    { { 0, E(FIRST, N, WEIR_ACTION_PASS, 0, 100, 0) },
			{ 1, E(DENY, B, 0, 0, 100, 0) } },
		    DENY, 1, -1, true },
		{ "allow beats deny",
		    { { 0, E(DENY, B, 0, 0, 100, 0) },
			{ 2, E(ALLOW, B, 0, 0, 100, 0) } },
		    ALLOW, 2, -1, false },
		{ "shadow decides nothing and is remembered",
		    { { 0, E(SHADOW, B, 0, 0, 100, 0) } }, -1, 0, SHADOW,
		    false },
		{ "shadow behind the deciding feed is not asked",
		    { { 0, E(SHADOW, B, 0, 0, 100, 0) },
			{ 1, E(FIRST, B, 0, 0, 100, 0) } },
		    FIRST, 1, -1, true },
		{ "shadow before the deciding feed is remembered",
		    { { 0, E(SHADOW, B, 0, 0, 100, 0) },
			{ 1, E(PICKY, B, 0, 0, 100, 0) } },
		    PICKY, 1, SHADOW, true },
		{ "at its valid-until an entry is gone",
		    { { 0, E(FIRST, B, 0, 0, 100, NOW) } }, -1, 0, -1, false },
		{ "a second before it is there",
		    { { 0, E(FIRST, B, 0, 0, 100, NOW + 1) } }, FIRST, 0, -1,
		    true },
		{ "an expired entry uncovers the parent's",
		    { { 0, E(FIRST, N, WEIR_ACTION_PASS, 0, 100, 1) },
			{ 1, E(FIRST, B, 0, 0, 100, 0) } },
		    FIRST, 1, -1, true },
		{ "below the minimum confidence it does not exist",
		    { { 0, E(PICKY, B, 0, 0, 49, 0) } }, -1, 0, -1, false },
		{ "at the minimum it does", { { 0, E(PICKY, B, 0, 0, 50, 0) } },
		    PICKY, 0, -1, true },
		{ "an exception takes a name out of its feed",
		    { { 0, E(FIRST, N, WEIR_ACTION_EXCEPT, 0, 100, 0) },
			{ 1, OWN } },
		    -1, 0, -1, false },
		{ "and the next feed is asked",
		    { { 0, E(FIRST, N, WEIR_ACTION_EXCEPT, 0, 100, 0) },
			{ 1, OWN }, { 2, E(SECOND, B, 0, 0, 100, 0) } },
		    SECOND, 2, -1, true },
		{ "a more specific word goes before an exception",
		    { { 0, OWN },
			{ 1, E(FIRST, B, WEIR_ACTION_EXCEPT, 0, 100, 0) } },
		    FIRST, 0, -1, true },
		{ "an important word goes before exceptions",
		    { { 0, E(FIRST, N, WEIR_ACTION_EXCEPT, 0, 100, 0) },
			{ 1, LOUD } },
		    FIRST, 1, -1, true },
		{ "and before a pass of its feed",
		    { { 0, E(FIRST, N, WEIR_ACTION_PASS, 0, 100, 0) },
			{ 1, LOUD } },
		    FIRST, 1, -1, true },
		{ "an important exception goes before a more specific word",
		    { { 0, OWN }, { 1, LOUD_EXCEPTION } }, -1, 0, -1, false },
		{ "and before a less specific one that is important",
		    { { 0, LOUD_EXCEPTION }, { 1, LOUD } }, -1, 0, -1, false },
		{ "but not before the feeds above it",
		    { { 0, E(DENY, N, WEIR_ACTION_PASS, 0, 100, 0) },
			{ 1, LOUD } },
		    DENY, 0, -1, false },
		{ "what is cancelled is not there",
		    { { 0, E(FIRST, B, WEIR_ACTION_CANCELLED, 0, 100, 0) },
			{ 1, OWN } },
		    FIRST, 1, -1, true },
		{ "a name may be blocked and what is below it not",
		    { { 0, SPLIT } }, FIRST, 0, -1, true },
		{ "so it is for a name below", { { 1, SPLIT } }, FIRST, 1, -1,
		    false },
		{ "of a category that the feed is to use",
		    { { 0, E(CHOOSY, B, 0, 1, 100, 0) } }, CHOOSY, 0, -1,
		    true },
		{ "of another one", { { 0, E(CHOOSY, B, 0, 0, 100, 0) } }, -1,
		    0, -1, false },
		{ "a feed that the policy does not have",
		    { { 0, E(77, B, 0, 0, 100, 0) } }, -1, 0, -1, false },
	};
	size_t i;

	make_policy();
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct weir_verdict verdict = decide(rows[i].found);
		int feed = verdict.decided.is_set
			       ? (int)verdict.decided.entry.feed
			       : -1;
		int shadow = verdict.shadow.is_set
				 ? (int)verdict.shadow.entry.feed
				 : -1;

		ck_assert_msg(feed == rows[i].feed, "%s: feed %d, not %d",
		    rows[i].what, feed, rows[i].feed);
		ck_assert_msg(
		    feed < 0 || (int)verdict.decided.label == rows[i].label,
		    "%s: label %d", rows[i].what, verdict.decided.label);
		ck_assert_msg(shadow == rows[i].shadow, "%s: shadow %d",
		    rows[i].what, shadow);
		ck_assert_msg(
		    weir_verdict_is_block(&verdict) == rows[i].is_block,
		    "%s: block", rows[i].what);
		ck_assert_msg(weir_verdict_is_touched(&verdict) ==
				  (feed >= 0 || shadow >= 0),
		    "%s: touched", rows[i].what);
	}
}
END_TEST

START_TEST(the_feeds_action_holds_unless_the_entry_has_one)
{
	struct found plain[4] = { { 0, E(SECOND, B, 0, 0, 100, 0) } };
	struct found own[4] = { { 0,
	    E(SECOND, B, WEIR_ACTION_DROP, 0, 100, 0) } };

	make_policy();
	ck_assert_uint_eq(decide(plain).decided.action, WEIR_ACTION_REFUSED);
	ck_assert_uint_eq(decide(own).decided.action, WEIR_ACTION_DROP);
}
END_TEST

START_TEST(a_damaged_entry_is_a_failure_not_a_verdict)
{
	uint8_t bytes[WEIR_ENTRY_BYTES] = { 2, 0, 9, 0, 0, 0, 100 };
	struct weir_matches matches = { 1, { { 0, 1, bytes } } };
	struct weir_verdict verdict;

	make_policy();
	ck_assert_int_eq(
	    weir_policy_decide(&policy, &matches, NOW, &verdict), WEIR_EFORMAT);
}
END_TEST

START_TEST(entries_survive_their_bytes)
{
	struct weir_entry entry = { .feed = 0x1234,
		.scope = B,
		.action = WEIR_ACTION_DROP,
		.category = 0x4321,
		.confidence = 99,
		.valid_until = 0xfedcba98U,
		.first_seen = 0x89abcdefU,
		.below_action = WEIR_ACTION_LOCAL,
		.flags = WEIR_ENTRY_IMPORTANT_BELOW,
		.answer = 0x1357,
		.below_answer = 0x2468 };
	struct weir_entry again;
	uint8_t bytes[WEIR_ENTRY_BYTES];

	weir_entry_encode(&entry, bytes);
	ck_assert_int_eq(weir_entry_decode(bytes, &again), WEIR_OK);
	ck_assert_uint_eq(again.feed, entry.feed);
	ck_assert_uint_eq(again.scope, entry.scope);
	ck_assert_uint_eq(again.action, entry.action);
	ck_assert_uint_eq(again.category, entry.category);
	ck_assert_uint_eq(again.confidence, entry.confidence);
	ck_assert_uint_eq(again.valid_until, entry.valid_until);
	ck_assert_uint_eq(again.first_seen, entry.first_seen);
	ck_assert_uint_eq(again.below_action, entry.below_action);
	ck_assert_uint_eq(again.flags, entry.flags);
	ck_assert_uint_eq(again.answer, entry.answer);
	ck_assert_uint_eq(again.below_answer, entry.below_answer);
}
END_TEST

/* What a feed says of a name when it says both. */
START_TEST(of_two_words_the_stronger_stays)
{
	static const struct {
		const char *what;
		struct weir_entry first, second, merged;
	} rows[] = {
		{ "two places", E(5, N, 0, 1, 50, 0), E(5, S, 0, 1, 50, 0),
		    E(5, B, 0, 1, 50, 0) },
		{ "it lives as long as one of them", E(5, B, 0, 1, 50, 7),
		    E(5, B, 0, 1, 50, 9), E(5, B, 0, 1, 50, 9) },
		{ "for ever", E(5, B, 0, 1, 50, 7), E(5, B, 0, 1, 50, 0),
		    E(5, B, 0, 1, 50, 0) },
		{ "the greater confidence, the first category",
		    E(5, B, 0, 1, 50, 0), E(5, B, 0, 2, 60, 0),
		    E(5, B, 0, 1, 60, 0) },
		{ "of two blocks the first",
		    E(5, B, WEIR_ACTION_DROP, 1, 50, 0),
		    E(5, B, WEIR_ACTION_NODATA, 1, 50, 0),
		    E(5, B, WEIR_ACTION_DROP, 1, 50, 0) },
		{ "an exception behind a block", E(5, B, 0, 1, 90, 7),
		    E(5, B, WEIR_ACTION_EXCEPT, 2, 50, 9),
		    E(5, B, WEIR_ACTION_EXCEPT, 2, 50, 9) },
		{ "and before one", E(5, B, WEIR_ACTION_EXCEPT, 2, 50, 9),
		    E(5, B, 0, 1, 90, 7),
		    E(5, B, WEIR_ACTION_EXCEPT, 2, 50, 9) },
		{ "cancelled goes before all",
		    E(5, B, WEIR_ACTION_EXCEPT, 2, 50, 9),
		    E(5, B, WEIR_ACTION_CANCELLED, 1, 50, 0),
		    E(5, B, WEIR_ACTION_CANCELLED, 1, 50, 0) },
	};
	struct weir_entry merged, split = E(5, N, WEIR_ACTION_EXCEPT, 1, 50, 0);
	struct weir_entry loud = E(5, N, 0, 1, 50, 0),
			  both = E(5, B, 0, 1, 50, 0);
	uint8_t bytes[WEIR_ENTRY_BYTES], wanted[WEIR_ENTRY_BYTES];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		weir_entry_merge(&rows[i].first, &rows[i].second, &merged);
		weir_entry_encode(&merged, bytes);
		weir_entry_encode(&rows[i].merged, wanted);
		/* Of a place without a word the action does not matter. */
		bytes[16] = wanted[16] = 0;
		ck_assert_msg(memcmp(bytes, wanted, sizeof(bytes)) == 0, "%s",
		    rows[i].what);
	}
	weir_entry_merge(&both, &split, &merged);
	ck_assert_uint_eq(merged.scope, B);
	ck_assert_uint_eq(merged.action, WEIR_ACTION_EXCEPT);
	ck_assert_uint_eq(merged.below_action, WEIR_ACTION_DEFAULT);
	loud.flags = WEIR_ENTRY_IMPORTANT;
	weir_entry_merge(&split, &loud, &merged);
	ck_assert_uint_eq(merged.action, WEIR_ACTION_DEFAULT);
	split.flags = WEIR_ENTRY_IMPORTANT;
	weir_entry_merge(&split, &loud, &merged);
	ck_assert_uint_eq(merged.action, WEIR_ACTION_EXCEPT);
	loud.first_seen = 70;
	both.first_seen = 60;
	weir_entry_merge(&both, &loud, &merged);
	ck_assert_uint_eq(merged.flags, WEIR_ENTRY_IMPORTANT);
	ck_assert_uint_eq(merged.first_seen, 60);
}
END_TEST

START_TEST(categories_are_renumbered_to_follow)
{
	struct weir_policy *old = malloc(sizeof(*old));
	struct weir_policy *next = malloc(sizeof(*next));
	unsigned int i;

	make_policy();
	*next = *old = policy;
	strcpy(old->categories[1], "phishing");
	strcpy(old->categories[2], "malware");
	old->category_count = 3;
	strcpy(next->categories[2], "ads");
	next->category_count = 3;
	next->feeds[FIRST].category = 2;
	weir_policy_follow(next, old);
	ck_assert(weir_policy_extends(next, old));
	ck_assert_uint_eq(next->category_count, 4);
	ck_assert_int_eq(weir_policy_find_category(next, "ads"), 3);
	ck_assert_int_eq(weir_policy_add_category(next, "ads"), 3);
	ck_assert_int_eq(weir_policy_add_category(next, "new"), 4);
	ck_assert_uint_eq(next->feeds[FIRST].category, 3);
	ck_assert(weir_feed_has_category(&next->feeds[CHOOSY], 2));
	ck_assert(!weir_feed_has_category(&next->feeds[CHOOSY], 1));
	ck_assert(weir_feed_has_category(&next->feeds[FIRST], 1));
	/* A table that is nearly full is begun anew. */
	for (i = old->category_count; i < WEIR_CATEGORIES; i++)
		(void)snprintf(
		    old->categories[i], WEIR_CATEGORY_SIZE, "kind-%u", i);
	old->category_count = WEIR_CATEGORIES - 4;
	*next = policy;
	strcpy(next->categories[2], "ads");
	next->category_count = 3;
	weir_policy_follow(next, old);
	ck_assert_uint_eq(next->category_count, 3);
	old->category_count = WEIR_CATEGORIES / 2;
	weir_policy_follow(next, old);
	ck_assert_uint_eq(next->category_count, WEIR_CATEGORIES / 2 + 1);
	free(old);
	free(next);
}
END_TEST

START_TEST(the_reason_names_feed_name_and_alias)
{
	struct weir_rule rule = { true, 1, E(FIRST, B, 0, 1, 90, 0),
		WEIR_ACTION_NXDOMAIN, 0 };
	struct weir_name name, alias;
	char text[WEIR_REASON_SIZE], small[20];

	make_policy();
	ck_assert_int_eq(weir_name_parse("a.b.c", 5, &name), WEIR_OK);
	ck_assert_int_eq(weir_name_parse("x.y", 3, &alias), WEIR_OK);
	(void)weir_rule_print(&policy, &rule, &name, NULL, text, sizeof(text));
	ck_assert_str_eq(text, "feed first lists b.c and its subdomains "
			       "(category malware, confidence 90)");
	(void)weir_rule_print(
	    &policy, &rule, &name, &alias, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, ", reached as an alias of x.y"));
	rule.entry.feed = WEIR_FEED_DENY;
	rule.entry.scope = N;
	(void)weir_rule_print(&policy, &rule, &name, NULL, text, sizeof(text));
	ck_assert_str_eq(text, "local rule denies b.c");
	ck_assert_uint_eq(weir_rule_print(&policy, &rule, &name, &alias, small,
			      sizeof(small)),
	    sizeof(small) - 1);
	ck_assert_uint_eq(strlen(small), sizeof(small) - 1);
}
END_TEST

/* An address and an alias. */
static void
add_answers(struct weir_policy *its)
{
	static const uint8_t address[] = "\001\000\074\000\000\000\004\000"
					 "\300\000\002\001";
	static const uint8_t alias[] = "\005\000\007\000\000\000\010\000"
				       "\001w\004here";

	ck_assert_int_eq(weir_answers_add(&its->answers, address, 12), 0);
	ck_assert_int_eq(weir_answers_add(&its->answers, alias, 16), 1);
}

START_TEST(answers_are_followed_until_half_of_the_room_is_used)
{
	struct weir_policy *old = malloc(sizeof(*old));
	struct weir_policy *next = malloc(sizeof(*next));
	uint8_t octets[] = "\001\000\074\000\000\000\004\000"
			   "\300\000\002\001";
	unsigned int i;

	make_policy();
	*next = *old = policy;
	add_answers(old);
	ck_assert(!weir_policy_extends(next, old));
	weir_policy_follow(next, old);
	ck_assert(weir_policy_extends(next, old));
	ck_assert_uint_eq(next->answers.count, 2);
	for (i = 0; i < WEIR_ANSWERS / 2; i++) {
		octets[8] = (uint8_t)(i >> 8);
		octets[9] = (uint8_t)i;
		ck_assert_int_ge(
		    weir_answers_add(&old->answers, octets, 12), 0);
	}
	*next = policy;
	weir_policy_follow(next, old);
	ck_assert_uint_eq(next->answers.count, 0);
	free(old);
	free(next);
}
END_TEST

START_TEST(a_policy_survives_its_bytes)
{
	struct weir_policy *again = calloc(1, sizeof(*again));
	uint8_t *bytes, *more;
	size_t len, more_len;

	make_policy();
	policy.on_failure = WEIR_ON_FAILURE_SERVFAIL;
	policy.block_ttl_s = 77;
	add_answers(&policy);
	policy.has_sinkhole_name = true;
	ck_assert_int_eq(
	    weir_name_parse("sink.example", 12, &policy.sinkhole_name),
	    WEIR_OK);
	strcpy(policy.feeds[PICKY].gen, "0123456789abcdef");
	policy.feeds[PICKY].sequence = UINT64_MAX - 1;
	policy.feeds[PICKY].names = 1ULL << 40;
	policy.feeds[PICKY].day_names = 77;
	policy.feeds[PICKY].day_unix = UINT32_MAX;
	ck_assert_int_eq(weir_policy_encode(&policy, &bytes, &len), WEIR_OK);
	ck_assert_int_eq(weir_policy_decode(bytes, len, again), WEIR_OK);
	ck_assert_str_eq(again->feeds[PICKY].gen, "0123456789abcdef");
	ck_assert_uint_eq(again->feeds[PICKY].sequence, UINT64_MAX - 1);
	ck_assert_uint_eq(again->feeds[PICKY].names, 1ULL << 40);
	ck_assert_uint_eq(again->feeds[PICKY].day_names, 77);
	ck_assert_uint_eq(again->feeds[PICKY].day_unix, UINT32_MAX);
	ck_assert_str_eq(again->feeds[WEIR_FEED_ALLOW].gen, "");
	ck_assert_int_eq(weir_policy_encode(again, &more, &more_len), WEIR_OK);
	ck_assert_uint_eq(len, more_len);
	ck_assert_mem_eq(bytes, more, len);
	ck_assert_uint_eq(again->block_ttl_s, 77);
	ck_assert_str_eq(again->feeds[PICKY].name, "picky");
	ck_assert_uint_eq(again->answers.count, 2);
	ck_assert(weir_answers_extends(&again->answers, &policy.answers));
	free(bytes);
	free(more);
	free(again);
}
END_TEST

/* Version 3: the same without a text behind each feed. */
START_TEST(a_policy_of_the_version_before_is_read)
{
	struct weir_policy *again = calloc(1, sizeof(*again));
	uint8_t *bytes, *more;
	size_t len, at, more_len;
	unsigned int i;

	make_policy();
	ck_assert_int_eq(weir_policy_encode(&policy, &bytes, &len), WEIR_OK);
	ck_assert_uint_eq(bytes[0], 4);
	bytes[0] = 3;
	at = 32 + 1 + bytes[32] + 2;
	for (i = 0; i < policy.feed_count; i++) {
		at += 1 + bytes[at];
		at += 8 + (bytes[at + 3] != 0 ? WEIR_CATEGORIES / 8 : 0);
		ck_assert_uint_eq(bytes[at], 0);
		memmove(bytes + at, bytes + at + 1, --len - at);
	}
	ck_assert_int_eq(weir_policy_decode(bytes, len, again), WEIR_OK);
	free(bytes);
	ck_assert_int_eq(weir_policy_encode(&policy, &bytes, &len), WEIR_OK);
	ck_assert_int_eq(weir_policy_encode(again, &more, &more_len), WEIR_OK);
	ck_assert_uint_eq(len, more_len);
	ck_assert_mem_eq(bytes, more, len);
	bytes[0] = 5;
	ck_assert_int_eq(weir_policy_decode(bytes, len, again), WEIR_EVERSION);
	bytes[0] = 2;
	ck_assert_int_eq(weir_policy_decode(bytes, len, again), WEIR_EVERSION);
	free(bytes);
	free(more);
	free(again);
}
END_TEST

/* Every cut, and every changed octet, is read to an end without reading past
 * it (run under ASan in check-long) and never accepted when cut. */
START_TEST(a_damaged_policy_is_refused_or_harmless)
{
	struct weir_policy *again = calloc(1, sizeof(*again));
	uint8_t *bytes, *copy;
	size_t len, i;

	make_policy();
	add_answers(&policy);
	ck_assert_int_eq(weir_policy_encode(&policy, &bytes, &len), WEIR_OK);
	for (i = 0; i < len; i++) {
		copy = malloc(i ? i : 1);
		memcpy(copy, bytes, i);
		ck_assert_int_ne(weir_policy_decode(copy, i, again), WEIR_OK);
		free(copy);
		copy = malloc(len);
		memcpy(copy, bytes, len);
		copy[i] ^= 0xff;
		if (weir_policy_decode(copy, len, again) == WEIR_OK)
			ck_assert_uint_le(again->feed_count, WEIR_FEEDS);
		free(copy);
	}
	free(bytes);
	free(again);
}
END_TEST

/* --- why an entry decides, or does not -------------------------------- */

#define SETS 5 /* the name and four ancestors */

/* Random entry sets on a name and its ancestors: few feeds, few times, so that
 * they meet. */
struct some_sets {
	uint8_t bytes[SETS][7 * WEIR_ENTRY_BYTES];
	struct weir_matches matches;
};

static unsigned int
some(unsigned int below)
{
	return (unsigned int)rand() % below;
}

static void
make_sets(struct some_sets *sets)
{
	static const uint8_t actions[] = { WEIR_ACTION_DEFAULT,
		WEIR_ACTION_DEFAULT, WEIR_ACTION_PASS, WEIR_ACTION_EXCEPT,
		WEIR_ACTION_EXCEPT, WEIR_ACTION_CANCELLED };
	struct weir_entry entry;
	struct weir_match *match;
	unsigned int label, feed;

	sets->matches.count = 0;
	for (label = 0; label < SETS; label++) {
		if (some(3) == 0)
			continue;
		match = &sets->matches.items[sets->matches.count++];
		match->label = (uint8_t)label;
		match->entry_count = 0;
		match->entries = sets->bytes[label];
		for (feed = some(4); feed < 7; feed += 1 + some(3)) {
			memset(&entry, 0, sizeof(entry));
			entry.feed = (uint16_t)feed;
			entry.scope = (uint8_t)(1 + some(3));
			entry.action = actions[some(6)];
			entry.below_action = actions[some(6)];
			entry.flags = (uint8_t)some(4);
			entry.confidence = (uint8_t)(some(3) * 50);
			entry.category = (uint16_t)some(2);
			entry.valid_until = some(2) == 0 ? 0
							 : NOW - 3 + some(7);
			weir_entry_encode(
			    &entry, sets->bytes[label] + match->entry_count++ *
							     WEIR_ENTRY_BYTES);
		}
	}
}

static struct weir_verdict
decide_sets(const struct some_sets *sets, uint32_t now)
{
	struct weir_verdict verdict;

	ck_assert_int_eq(
	    weir_policy_decide(&policy, &sets->matches, now, &verdict), 0);
	return verdict;
}

/* Takes one entry out and says whether the verdict is another one. */
static bool
matters(const struct some_sets *sets, unsigned int match, unsigned int entry)
{
	struct some_sets without = *sets;
	struct weir_verdict before = decide_sets(sets, NOW), after;
	uint8_t *at = without.bytes[sets->matches.items[match].label] +
		      entry * WEIR_ENTRY_BYTES;
	unsigned int i;

	for (i = 0; i < without.matches.count; i++)
		without.matches.items[i].entries =
		    without.bytes[without.matches.items[i].label];
	without.matches.items[match].entry_count--;
	memmove(at, at + WEIR_ENTRY_BYTES,
	    (without.matches.items[match].entry_count - entry) *
		WEIR_ENTRY_BYTES);
	after = decide_sets(&without, NOW);
	return before.decided.is_set != after.decided.is_set ||
	       (before.decided.is_set &&
		   (before.decided.label != after.decided.label ||
		       before.decided.entry.feed != after.decided.entry.feed));
}

/* One entry's fate against the verdict; whether it decides. */
static bool
check_fate(const struct some_sets *sets, const struct weir_verdict *verdict,
    unsigned int match, unsigned int number)
{
	const struct weir_match *place = &sets->matches.items[match];
	struct weir_entry entry;
	enum weir_fate fate;

	ck_assert_int_eq(
	    weir_entry_decode(
		place->entries + number * WEIR_ENTRY_BYTES, &entry),
	    0);
	ck_assert_int_eq(weir_policy_explain_entry(&policy, &sets->matches, NOW,
			     match, number, &fate),
	    0);
	ck_assert_ptr_nonnull(weir_fate_text(fate));
	ck_assert_ptr_nonnull(weir_fate_word(fate));
	ck_assert_int_eq(fate == WEIR_FATE_DECIDES,
	    verdict->decided.is_set && verdict->decided.label == place->label &&
		verdict->decided.entry.feed == entry.feed);
	ck_assert_int_eq(fate == WEIR_FATE_SHADOW,
	    verdict->shadow.is_set && verdict->shadow.label == place->label &&
		verdict->shadow.entry.feed == entry.feed);
	/* What decides matters.  Of the others exceptions may, and what has
	 * given way to an important entry: without it another one of the feed
	 * may stand in the important one's way. */
	if (fate == WEIR_FATE_DECIDES)
		ck_assert(matters(sets, match, number));
	else if (fate != WEIR_FATE_EXCEPTS && fate != WEIR_FATE_LESS_IMPORTANT)
		ck_assert(!matters(sets, match, number));
	if (fate == WEIR_FATE_EXPIRED)
		ck_assert(entry.valid_until != 0 && entry.valid_until <= NOW);
	if (fate == WEIR_FATE_OUTRANKED)
		ck_assert(verdict->decided.is_set || verdict->shadow.is_set);
	return fate == WEIR_FATE_DECIDES;
}

START_TEST(the_entry_said_to_decide_is_the_one_that_decides)
{
	struct some_sets sets;
	struct weir_verdict verdict;
	unsigned int round, i, j, deciding, decided = 0;

	make_policy();
	srand(4);
	for (round = 0; round < 100000; round++) {
		make_sets(&sets);
		verdict = decide_sets(&sets, NOW);
		deciding = 0;
		for (i = 0; i < sets.matches.count; i++)
			for (j = 0; j < sets.matches.items[i].entry_count; j++)
				deciding += check_fate(&sets, &verdict, i, j);
		ck_assert_uint_eq(deciding, verdict.decided.is_set ? 1 : 0);
		decided += deciding;
	}
	ck_assert_uint_gt(decided, 10000);
	ck_assert_uint_lt(decided, 99000);
}
END_TEST

/* Else an answer could lie in Unbound's cache when the rule comes back. */
START_TEST(what_is_untouched_stays_so_whatever_ends)
{
	struct some_sets sets;
	struct weir_verdict verdict;
	unsigned int round, untouched = 0, postponed = 0;
	uint32_t later;

	make_policy();
	srand(5);
	for (round = 0; round < 100000; round++) {
		make_sets(&sets);
		verdict = decide_sets(&sets, NOW);
		postponed += verdict.is_postponed && !verdict.decided.is_set;
		if (weir_verdict_is_touched(&verdict))
			continue;
		untouched++;
		for (later = NOW; later < NOW + 6; later++) {
			verdict = decide_sets(&sets, later);
			ck_assert(!weir_verdict_is_touched(&verdict));
		}
	}
	ck_assert_uint_gt(untouched, 1000);
	ck_assert_uint_gt(postponed, 100);
}
END_TEST

START_TEST(an_exception_that_ends_keeps_the_name_touched)
{
	struct found found[4] = {
		{ 0, E(FIRST, N, WEIR_ACTION_EXCEPT, 0, 100, NOW + 1) },
		{ 1, E(FIRST, B, 0, 0, 100, 0) }
	};
	struct weir_verdict verdict;

	make_policy();
	verdict = decide(found);
	ck_assert(!verdict.decided.is_set);
	ck_assert(weir_verdict_is_touched(&verdict));
	found[0].entry.valid_until = 0;
	verdict = decide(found);
	ck_assert(!weir_verdict_is_touched(&verdict));
	found[0].entry.valid_until = NOW;
	verdict = decide(found);
	ck_assert(weir_verdict_is_block(&verdict));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { the_table,
		the_feeds_action_holds_unless_the_entry_has_one,
		a_damaged_entry_is_a_failure_not_a_verdict,
		of_two_words_the_stronger_stays,
		categories_are_renumbered_to_follow,
		entries_survive_their_bytes,
		the_reason_names_feed_name_and_alias,
		answers_are_followed_until_half_of_the_room_is_used,
		a_policy_survives_its_bytes,
		a_policy_of_the_version_before_is_read,
		a_damaged_policy_is_refused_or_harmless,
		the_entry_said_to_decide_is_the_one_that_decides,
		what_is_untouched_stays_so_whatever_ends,
		an_exception_that_ends_keeps_the_name_touched, NULL };

	return suite_run("policy", tests);
}
