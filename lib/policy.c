/*
 * policy.c - entries in, verdict out, and the verdict's reason in words.
 */
#include "lib/policy.h"

#include <arpa/inet.h>
#include <string.h>

#define DEFAULT_BLOCK_TTL_S 60
#define EDE_BLOCKED         15

const char *
weir_mode_text(unsigned int mode)
{
	static const char *const texts[] = { "enforce", "shadow" };

	return mode < 2 ? texts[mode] : NULL;
}

const char *
weir_on_failure_text(unsigned int on_failure)
{
	static const char *const texts[] = { "pass", "servfail" };

	return on_failure < 2 ? texts[on_failure] : NULL;
}

void
weir_policy_init(struct weir_policy *policy)
{
	struct weir_feed *allow = &policy->feeds[WEIR_FEED_ALLOW];
	struct weir_feed *deny = &policy->feeds[WEIR_FEED_DENY];

	memset(policy, 0, sizeof(*policy));
	policy->block_ttl_s = DEFAULT_BLOCK_TTL_S;
	policy->has_sinkhole_ipv4 = true; /* 0.0.0.0 and :: */
	policy->has_sinkhole_ipv6 = true;
	policy->sinkhole_name.len = 1;
	policy->feed_count = WEIR_FEED_FIRST;
	policy->category_count = 1;
	strcpy(allow->name, "allow");
	allow->action = WEIR_ACTION_PASS;
	strcpy(deny->name, "deny");
	deny->action = WEIR_ACTION_NXDOMAIN;
	deny->ede_code = EDE_BLOCKED;
}

bool
weir_policy_extends(
    const struct weir_policy *policy, const struct weir_policy *old)
{
	unsigned int i;

	if (policy->feed_count < old->feed_count ||
	    policy->category_count < old->category_count)
		return false;
	for (i = 0; i < old->feed_count; i++)
		if (strcmp(policy->feeds[i].name, old->feeds[i].name) != 0)
			return false;
	for (i = 0; i < old->category_count; i++)
		if (strcmp(policy->categories[i], old->categories[i]) != 0)
			return false;
	return true;
}

int
weir_policy_find_category(const struct weir_policy *policy, const char *name)
{
	unsigned int i;

	for (i = 0; i < policy->category_count; i++)
		if (strncmp(policy->categories[i], name,
			WEIR_CATEGORY_SIZE - 1) == 0)
			return (int)i;
	return -1;
}

int
weir_policy_add_category(struct weir_policy *policy, const char *name)
{
	int found = weir_policy_find_category(policy, name);
	char *place;

	if (found >= 0)
		return found;
	if (policy->category_count == WEIR_CATEGORIES)
		return WEIR_ELIMIT;
	place = policy->categories[policy->category_count];
	memset(place, 0, WEIR_CATEGORY_SIZE);
	memcpy(place, name, strnlen(name, WEIR_CATEGORY_SIZE - 1));
	return (int)policy->category_count++;
}

/* One feed in the numbers of another table. */
static void
renumber(struct weir_feed *feed, const uint16_t *numbers)
{
	uint8_t before[WEIR_CATEGORIES / 8];
	unsigned int i;

	feed->category = numbers[feed->category];
	memcpy(before, feed->categories, sizeof(before));
	memset(feed->categories, 0, sizeof(before));
	for (i = 0; i < WEIR_CATEGORIES; i++)
		if ((before[i / 8] >> i % 8 & 1) != 0)
			feed->categories[numbers[i] / 8] |=
			    (uint8_t)(1U << numbers[i] % 8);
}

void
weir_policy_follow(struct weir_policy *policy, const struct weir_policy *old)
{
	char names[WEIR_CATEGORIES][WEIR_CATEGORY_SIZE];
	unsigned int count = policy->category_count, i, more = 0;
	uint16_t numbers[WEIR_CATEGORIES] = { 0 };

	for (i = 0; i < count; i++)
		more += weir_policy_find_category(old, policy->categories[i]) <
			0;
	if (old->category_count + more > WEIR_CATEGORIES)
		return;
	memcpy(names, policy->categories, sizeof(names));
	memcpy(policy->categories, old->categories, sizeof(names));
	policy->category_count = old->category_count;
	for (i = 0; i < count; i++)
		numbers[i] = (uint16_t)weir_policy_add_category(
		    policy, names[i]);
	for (i = 0; i < policy->feed_count; i++)
		renumber(&policy->feeds[i], numbers);
}

bool
weir_policy_is_alive(const struct weir_policy *policy,
    const struct weir_entry *entry, uint32_t now_unix)
{
	if (entry->feed >= policy->feed_count)
		return false;
	if (entry->valid_until != 0 && entry->valid_until <= now_unix)
		return false;
	return entry->confidence >= policy->feeds[entry->feed].min_confidence &&
	       weir_feed_has_category(
		   &policy->feeds[entry->feed], entry->category);
}

/* What is being decided. */
struct decision {
	const struct weir_policy *policy;
	uint32_t now_unix;
	struct weir_verdict verdict;
	bool is_important;  /* the words that are asked now */
	bool has_important; /* there are some */
	bool has_exceptions;
	uint8_t excepted[WEIR_FEEDS / 8 + 1]; /* feeds that have said so */
};

static bool
is_excepted(const struct decision *decision, unsigned int feed)
{
	return decision->has_exceptions &&
	       (decision->excepted[feed / 8] >> feed % 8 & 1) != 0;
}

static void
except(struct decision *decision, unsigned int feed)
{
	decision->has_exceptions = true;
	decision->excepted[feed / 8] |= (uint8_t)(1U << feed % 8);
}

/* Takes the entry if it speaks about the name and ranks before what was found
 * so far.  Matches come most specific first, so inside one feed the first one
 * stays. */
static void
consider(struct decision *decision, const struct weir_match *match,
    const struct weir_entry *entry)
{
	const struct weir_feed *feed = &decision->policy->feeds[entry->feed];
	struct weir_rule *rule = &decision->verdict.decided;
	bool is_below = match->label > 0;
	unsigned int needed = is_below ? WEIR_SCOPE_SUBDOMAINS
				       : WEIR_SCOPE_NAME;
	unsigned int action = weir_entry_action(entry, is_below);

	if ((entry->scope & needed) == 0 || action == WEIR_ACTION_CANCELLED)
		return;
	if (weir_entry_is_important(entry, is_below) !=
	    decision->is_important) {
		decision->has_important = true;
		return;
	}
	if (is_excepted(decision, entry->feed))
		return;
	if (feed->mode == WEIR_MODE_SHADOW)
		rule = &decision->verdict.shadow;
	if (rule->is_set && rule->entry.feed <= entry->feed)
		return;
	if (action == WEIR_ACTION_EXCEPT) {
		except(decision, entry->feed);
		return;
	}
	rule->is_set = true;
	rule->label = match->label;
	rule->entry = *entry;
	rule->action = action == WEIR_ACTION_DEFAULT ? feed->action
						     : (uint8_t)action;
	rule->answer = is_below ? entry->below_answer : entry->answer;
}

/* Asks all entries for their important words, or for the others. */
static int
ask(struct decision *decision, const struct weir_matches *matches,
    bool is_important)
{
	const struct weir_match *match;
	struct weir_entry entry;
	unsigned int i, j;
	int error;

	decision->is_important = is_important;
	for (i = 0; i < matches->count; i++) {
		match = &matches->items[i];
		for (j = 0; j < match->entry_count; j++) {
			error = weir_entry_decode(
			    match->entries + j * WEIR_ENTRY_BYTES, &entry);
			if (error)
				return error;
			if (weir_policy_is_alive(
				decision->policy, &entry, decision->now_unix))
				consider(decision, match, &entry);
		}
	}
	return WEIR_OK;
}

/* Important words are rare: the others are asked first, and once more behind
 * the important ones if there are any. */
int
weir_policy_decide(const struct weir_policy *policy,
    const struct weir_matches *matches, uint32_t now_unix,
    struct weir_verdict *ret_verdict)
{
	struct decision decision = { .policy = policy, .now_unix = now_unix };
	struct weir_verdict *verdict = &decision.verdict;
	int error;

	error = ask(&decision, matches, false);
	if (error == 0 && decision.has_important) {
		memset(verdict, 0, sizeof(*verdict));
		memset(decision.excepted, 0, sizeof(decision.excepted));
		error = ask(&decision, matches, true);
		if (error == 0)
			error = ask(&decision, matches, false);
	}
	if (error != 0)
		return error;
	/* A feed in shadow mode behind the one that decides is not asked. */
	if (verdict->decided.is_set && verdict->shadow.is_set &&
	    verdict->decided.entry.feed < verdict->shadow.entry.feed)
		verdict->shadow.is_set = false;
	*ret_verdict = *verdict;
	return WEIR_OK;
}

bool
weir_verdict_is_block(const struct weir_verdict *verdict)
{
	return verdict->decided.is_set &&
	       verdict->decided.action != WEIR_ACTION_PASS;
}

bool
weir_verdict_is_touched(const struct weir_verdict *verdict)
{
	return verdict->decided.is_set || verdict->shadow.is_set;
}

/* A text that grows: `len` octets of `size` are in use, and a NUL behind them.
 * Made without printf, for each block of a client that speaks EDNS pays for it.
 */
struct text {
	char *octets;
	size_t size, len;
};

static void
append(struct text *text, const char *more)
{
	size_t len = strlen(more);

	if (len >= text->size - text->len)
		len = text->size - text->len - 1;
	memcpy(text->octets + text->len, more, len);
	text->len += len;
	text->octets[text->len] = '\0';
}

static void
append_number(struct text *text, uint8_t number)
{
	char digits[4];
	size_t at = sizeof(digits) - 1;

	digits[at] = '\0';
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	append(text, digits + at);
}

static void
append_details(const struct weir_policy *policy, const struct weir_entry *entry,
    struct text *text)
{
	append(text, " (");
	if (entry->category != 0 && entry->category < policy->category_count) {
		append(text, "category ");
		append(text, policy->categories[entry->category]);
		append(text, ", ");
	}
	append(text, "confidence ");
	append_number(text, entry->confidence);
	append(text, ")");
}

size_t
weir_rule_print(const struct weir_policy *policy, const struct weir_rule *rule,
    const struct weir_name *name, const struct weir_name *alias_of, char *text,
    size_t size)
{
	const struct weir_entry *entry = &rule->entry;
	struct text reason = { text, size, 0 };
	char owner[WEIR_NAME_TEXT_SIZE];

	weir_name_print_from(name, rule->label, owner);
	if (entry->feed == WEIR_FEED_ALLOW) {
		append(&reason, "local rule allows ");
	} else if (entry->feed == WEIR_FEED_DENY) {
		append(&reason, "local rule denies ");
	} else {
		append(&reason, "feed ");
		append(&reason, policy->feeds[entry->feed].name);
		append(&reason, " lists ");
	}
	if (entry->scope == WEIR_SCOPE_SUBDOMAINS)
		append(&reason, "the subdomains of ");
	append(&reason, owner);
	if (entry->scope == WEIR_SCOPE_BOTH)
		append(&reason, " and its subdomains");
	if (entry->feed >= WEIR_FEED_FIRST)
		append_details(policy, entry, &reason);
	if (alias_of) {
		weir_name_print(alias_of, owner);
		append(&reason, ", reached as an alias of ");
		append(&reason, owner);
	}
	return reason.len;
}
