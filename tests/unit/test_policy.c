/*
 * test_policy.c - the policy as a table: entries in, verdict out.
 */
#include "lib/policy.h"

#include <string.h>

#include "tests/unit/suite.h"

#define NOW 1000

enum {
	ALLOW = 0,
	DENY = 1,
	FIRST = 2,
	SECOND = 3,
	SHADOW = 4,
	PICKY = 5
};

static struct weir_policy policy;

static void
make_policy(void)
{
	static const char *const names[] = { "first", "second", "shadow",
		"picky" };
	unsigned int i;

	weir_policy_init(&policy);
	for (i = 0; i < 4; i++) {
		struct weir_feed *feed = &policy.feeds[WEIR_FEED_FIRST + i];

		strcpy(feed->name, names[i]);
		feed->action = WEIR_ACTION_NXDOMAIN;
		feed->ede_code = 15;
	}
	policy.feeds[SHADOW].mode = WEIR_MODE_SHADOW;
	policy.feeds[SECOND].action = WEIR_ACTION_REFUSED;
	policy.feeds[PICKY].min_confidence = 50;
	policy.feed_count = 6;
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
	static const struct {
		const char *what;
		struct found found[4];
		int feed; /* that decides; -1: none */
		int label;
		int shadow; /* feed; -1: none */
		bool is_block;
	} rows[] = {
		{ "nothing", { { 0 } }, -1, 0, -1, false },
		{ "the name itself", { { 0, { FIRST, N, 0, 0, 100, 0 } } },
		    FIRST, 0, -1, true },
		{ "exact scope says nothing of children",
		    { { 1, { FIRST, N, 0, 0, 100, 0 } } }, -1, 0, -1, false },
		{ "subdomains scope says nothing of the name itself",
		    { { 0, { FIRST, S, 0, 0, 100, 0 } } }, -1, 0, -1, false },
		{ "a parent with both", { { 2, { FIRST, B, 0, 0, 100, 0 } } },
		    FIRST, 2, -1, true },
		{ "inside one feed the most specific wins",
		    { { 0, { FIRST, N, WEIR_ACTION_PASS, 0, 100, 0 } },
			{ 1, { FIRST, B, 0, 0, 100, 0 } } },
		    FIRST, 0, -1, false },
		{ "the order of feeds beats the more specific name",
		    { { 0, { SECOND, N, 0, 0, 100, 0 } },
			{ 2, { FIRST, B, 0, 0, 100, 0 } } },
		    FIRST, 2, -1, true },
		{ "deny beats feeds",
		    { { 0, { FIRST, N, WEIR_ACTION_PASS, 0, 100, 0 } },
			{ 1, { DENY, B, 0, 0, 100, 0 } } },
		    DENY, 1, -1, true },
		{ "allow beats deny",
		    { { 0, { DENY, B, 0, 0, 100, 0 } },
			{ 2, { ALLOW, B, 0, 0, 100, 0 } } },
		    ALLOW, 2, -1, false },
		{ "shadow decides nothing and is remembered",
		    { { 0, { SHADOW, B, 0, 0, 100, 0 } } }, -1, 0, SHADOW,
		    false },
		{ "shadow behind the deciding feed is not asked",
		    { { 0, { SHADOW, B, 0, 0, 100, 0 } },
			{ 1, { FIRST, B, 0, 0, 100, 0 } } },
		    FIRST, 1, -1, true },
		{ "shadow before the deciding feed is remembered",
		    { { 0, { SHADOW, B, 0, 0, 100, 0 } },
			{ 1, { PICKY, B, 0, 0, 100, 0 } } },
		    PICKY, 1, SHADOW, true },
		{ "at its valid-until an entry is gone",
		    { { 0, { FIRST, B, 0, 0, 100, NOW } } }, -1, 0, -1, false },
		{ "a second before it is there",
		    { { 0, { FIRST, B, 0, 0, 100, NOW + 1 } } }, FIRST, 0, -1,
		    true },
		{ "an expired entry uncovers the parent's",
		    { { 0, { FIRST, N, WEIR_ACTION_PASS, 0, 100, 1 } },
			{ 1, { FIRST, B, 0, 0, 100, 0 } } },
		    FIRST, 1, -1, true },
		{ "below the minimum confidence it does not exist",
		    { { 0, { PICKY, B, 0, 0, 49, 0 } } }, -1, 0, -1, false },
		{ "at the minimum it does",
		    { { 0, { PICKY, B, 0, 0, 50, 0 } } }, PICKY, 0, -1, true },
		{ "a feed that the policy does not have",
		    { { 0, { 77, B, 0, 0, 100, 0 } } }, -1, 0, -1, false },
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
	struct found plain[4] = { { 0, { SECOND, B, 0, 0, 100, 0 } } };
	struct found own[4] = { { 0,
	    { SECOND, B, WEIR_ACTION_DROP, 0, 100, 0 } } };

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
	struct weir_entry entry = { 0x1234, B, WEIR_ACTION_DROP, 0x4321, 99,
		0xfedcba98U };
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
}
END_TEST

START_TEST(the_reason_names_feed_name_and_alias)
{
	struct weir_rule rule = { true, 1, { FIRST, B, 0, 1, 90, 0 },
		WEIR_ACTION_NXDOMAIN };
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

START_TEST(a_policy_survives_its_bytes)
{
	struct weir_policy *again = calloc(1, sizeof(*again));
	uint8_t *bytes, *more;
	size_t len, more_len;

	make_policy();
	policy.on_failure = WEIR_ON_FAILURE_SERVFAIL;
	policy.block_ttl_s = 77;
	policy.has_sinkhole_name = true;
	ck_assert_int_eq(
	    weir_name_parse("sink.example", 12, &policy.sinkhole_name),
	    WEIR_OK);
	ck_assert_int_eq(weir_policy_encode(&policy, &bytes, &len), WEIR_OK);
	ck_assert_int_eq(weir_policy_decode(bytes, len, again), WEIR_OK);
	ck_assert_int_eq(weir_policy_encode(again, &more, &more_len), WEIR_OK);
	ck_assert_uint_eq(len, more_len);
	ck_assert_mem_eq(bytes, more, len);
	ck_assert_uint_eq(again->block_ttl_s, 77);
	ck_assert_str_eq(again->feeds[PICKY].name, "picky");
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

int
main(void)
{
	const TTest *const tests[] = { the_table,
		the_feeds_action_holds_unless_the_entry_has_one,
		a_damaged_entry_is_a_failure_not_a_verdict,
		entries_survive_their_bytes,
		the_reason_names_feed_name_and_alias,
		a_policy_survives_its_bytes,
		a_damaged_policy_is_refused_or_harmless, NULL };

	return suite_run("policy", tests);
}
