/*
 * policy.c - entries in, verdict out, and the verdict's reason in words.
 */
#include "lib/policy.h"

#include <arpa/inet.h>
#include <string.h>

#include "lib/bytes.h"

#define DEFAULT_BLOCK_TTL_S 60
#define EDE_FORGED          4
#define EDE_BLOCKED         15
#define CATEGORIES_ROOM     (WEIR_CATEGORIES / 8)

const char *
weir_mode_text(unsigned int mode)
{
	static const char *const texts[] = { "enforce", "shadow" };

	return mode < 2 ? texts[mode] : NULL;
}

static const char *const fate_texts[WEIR_FATE_COUNT][2] = {
	[WEIR_FATE_DECIDES] = { "decides", "decides" },
	[WEIR_FATE_SHADOW] = { "shadow", "is in shadow mode: only counted" },
	[WEIR_FATE_EXCEPTS] = { "exception",
	    "is an exception: takes the name out of its own feed" },
	[WEIR_FATE_EXCEPTED] = { "excepted",
	    "its feed has an exception for the name" },
	[WEIR_FATE_OUTRANKED] = { "outranked",
	    "a rule that ranks before it decides" },
	[WEIR_FATE_LESS_SPECIFIC] = { "less-specific",
	    "a more specific name of the same feed goes before it" },
	[WEIR_FATE_LESS_IMPORTANT] = { "less-important",
	    "an important entry of the same feed goes before it" },
	[WEIR_FATE_NOT_BELOW] = { "not-below", "holds for that name only" },
	[WEIR_FATE_NOT_ITSELF] = { "not-itself", "holds for subdomains only" },
	[WEIR_FATE_CANCELLED] = { "cancelled", "is cancelled by its own list" },
	[WEIR_FATE_EXPIRED] = { "expired", "is past its valid-until" },
	[WEIR_FATE_CONFIDENCE] = { "confidence",
	    "is below its feed's minimum confidence" },
	[WEIR_FATE_CATEGORY] = { "category",
	    "is of a category that its feed is not to use" },
	[WEIR_FATE_NO_FEED] = { "no-feed",
	    "is of a feed that the policy does not have" },
};

const char *
weir_fate_word(unsigned int fate)
{
	return fate < WEIR_FATE_COUNT ? fate_texts[fate][0] : NULL;
}

const char *
weir_fate_text(unsigned int fate)
{
	return fate < WEIR_FATE_COUNT ? fate_texts[fate][1] : NULL;
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
	return weir_answers_extends(&policy->answers, &old->answers);
}

int
weir_policy_find_feed(const struct weir_policy *policy, const char *name)
{
	unsigned int i;

	for (i = 0; i < policy->feed_count; i++)
		if (strcmp(policy->feeds[i].name, name) == 0)
			return (int)i;
	return -1;
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

static void
follow_categories(struct weir_policy *policy, const struct weir_policy *old)
{
	char names[WEIR_CATEGORIES][WEIR_CATEGORY_SIZE];
	unsigned int count = policy->category_count, i, more = 0;
	uint16_t numbers[WEIR_CATEGORIES] = { 0 };

	for (i = 0; i < count; i++)
		more += weir_policy_find_category(old, policy->categories[i]) <
			0;
	/* What no list says any more would stay in the table until it is full
	 * of it. */
	if (old->category_count + more > WEIR_CATEGORIES - CATEGORIES_ROOM)
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

void
weir_policy_follow(struct weir_policy *policy, const struct weir_policy *old)
{
	follow_categories(policy, old);
	if (policy->answers.count == 0 && weir_answers_has_room(&old->answers))
		policy->answers = old->answers;
}

/* A fate that an entry has when it was taken, for as long as no other takes its
 * place. */
#define TAKEN   WEIR_FATE_DECIDES
#define NOT_NOW WEIR_FATE_COUNT

/* What is being decided. */
struct decision {
	const struct weir_policy *policy;
	uint32_t now_unix;
	struct weir_verdict verdict;
	bool is_important;  /* the words that are asked now */
	bool has_important; /* there are some */
	bool has_exceptions;
	uint8_t excepted[WEIR_FEEDS / 8 + 1]; /* feeds that have said so */
	uint8_t ends_by_itself[WEIR_FEEDS / 8 + 1]; /* such an exception */
};

static bool
has_bit(const uint8_t *bits, unsigned int number)
{
	return (bits[number / 8] >> number % 8 & 1) != 0;
}

static void
set_bit(uint8_t *bits, unsigned int number)
{
	bits[number / 8] |= (uint8_t)(1U << number % 8);
}

static enum weir_fate
except(struct decision *decision, const struct weir_entry *entry)
{
	decision->has_exceptions = true;
	set_bit(decision->excepted, entry->feed);
	if (entry->valid_until != 0)
		set_bit(decision->ends_by_itself, entry->feed);
	return WEIR_FATE_EXCEPTS;
}

/* Whether the entry's word takes the place of what was found so far: TAKEN, or
 * why not.  Important words come before others, and of both the most specific
 * first, so inside one feed the first one stays. */
static enum weir_fate
compare(struct decision *decision, const struct weir_rule *rule,
    const struct weir_entry *entry)
{
	if (rule->is_set && rule->entry.feed < entry->feed)
		return WEIR_FATE_OUTRANKED;
	if (rule->is_set && rule->entry.feed == entry->feed)
		return weir_entry_is_important(&rule->entry, rule->label > 0) &&
			       !decision->is_important
			   ? WEIR_FATE_LESS_IMPORTANT
			   : WEIR_FATE_LESS_SPECIFIC;
	if (!decision->has_exceptions ||
	    !has_bit(decision->excepted, entry->feed))
		return TAKEN;
	if (has_bit(decision->ends_by_itself, entry->feed))
		decision->verdict.is_postponed = true;
	return WEIR_FATE_EXCEPTED;
}

/* Whether the entry exists for this policy and time: TAKEN, or why not. */
static enum weir_fate
look_alive(const struct decision *decision, const struct weir_entry *entry)
{
	const struct weir_policy *policy = decision->policy;

	if (entry->feed >= policy->feed_count)
		return WEIR_FATE_NO_FEED;
	if (entry->valid_until != 0 && entry->valid_until <= decision->now_unix)
		return WEIR_FATE_EXPIRED;
	if (entry->confidence < policy->feeds[entry->feed].min_confidence)
		return WEIR_FATE_CONFIDENCE;
	if (!weir_feed_has_category(
		&policy->feeds[entry->feed], entry->category))
		return WEIR_FATE_CATEGORY;
	return TAKEN;
}

/* Whether the entry speaks about the name: TAKEN, or why not. */
static enum weir_fate
look_at_scope(const struct weir_entry *entry, bool is_below)
{
	if (is_below && (entry->scope & WEIR_SCOPE_SUBDOMAINS) == 0)
		return WEIR_FATE_NOT_BELOW;
	if (!is_below && (entry->scope & WEIR_SCOPE_NAME) == 0)
		return WEIR_FATE_NOT_ITSELF;
	return weir_entry_action(entry, is_below) == WEIR_ACTION_CANCELLED
		   ? WEIR_FATE_CANCELLED
		   : TAKEN;
}

/* Takes the entry if it exists, speaks about the name and ranks before what was
 * found so far.  NOT_NOW: its word is not of those that are asked now. */
static enum weir_fate
consider(struct decision *decision, const struct weir_match *match,
    const struct weir_entry *entry)
{
	struct weir_rule *rule = &decision->verdict.decided;
	bool is_below = match->label > 0;
	unsigned int action = weir_entry_action(entry, is_below);
	const struct weir_feed *feed;
	enum weir_fate fate = look_at_scope(entry, is_below);

	if (fate == TAKEN)
		fate = look_alive(decision, entry);
	if (fate != TAKEN)
		return fate;
	if (weir_entry_is_important(entry, is_below) !=
	    decision->is_important) {
		decision->has_important = true;
		return NOT_NOW;
	}
	feed = &decision->policy->feeds[entry->feed];
	if (feed->mode == WEIR_MODE_SHADOW)
		rule = &decision->verdict.shadow;
	fate = compare(decision, rule, entry);
	if (fate != TAKEN)
		return fate;
	if (action == WEIR_ACTION_EXCEPT)
		return except(decision, entry);
	rule->is_set = true;
	rule->label = match->label;
	rule->entry = *entry;
	rule->action = action == WEIR_ACTION_DEFAULT ? feed->action
						     : (uint8_t)action;
	rule->answer = is_below ? entry->below_answer : entry->answer;
	return TAKEN;
}

/* Asks all entries for their important words, or for the others.  *ret_fate, if
 * not NULL: of the one whose octets stand at `watched`, so far as it is known
 * when its turn comes. */
static int
ask(struct decision *decision, const struct weir_matches *matches,
    bool is_important, const uint8_t *watched, enum weir_fate *ret_fate)
{
	struct weir_entry entry;
	enum weir_fate fate;
	unsigned int i, j;
	int error;

	decision->is_important = is_important;
	for (i = 0; i < matches->count; i++) {
		const uint8_t *at = matches->items[i].entries;

		for (j = 0; j < matches->items[i].entry_count;
		     j++, at += WEIR_ENTRY_BYTES) {
			error = weir_entry_decode(at, &entry);
			if (error)
				return error;
			fate = consider(decision, &matches->items[i], &entry);
			if (at == watched && fate != NOT_NOW)
				*ret_fate = fate;
		}
	}
	return WEIR_OK;
}

/* Important words are rare: the others are asked first, and once more behind
 * the important ones if there are any. */
static int
consider_all(struct decision *decision, const struct weir_matches *matches,
    const uint8_t *watched, enum weir_fate *ret_fate)
{
	struct weir_verdict *verdict = &decision->verdict;
	int error = ask(decision, matches, false, watched, ret_fate);

	if (error == 0 && decision->has_important) {
		*decision = (struct decision){ .policy = decision->policy,
			.now_unix = decision->now_unix };
		error = ask(decision, matches, true, watched, ret_fate);
		if (error == 0)
			error = ask(
			    decision, matches, false, watched, ret_fate);
	}
	/* A feed in shadow mode behind the one that decides is not asked. */
	if (verdict->decided.is_set && verdict->shadow.is_set &&
	    verdict->decided.entry.feed < verdict->shadow.entry.feed)
		verdict->shadow.is_set = false;
	return error;
}

int
weir_policy_decide(const struct weir_policy *policy,
    const struct weir_matches *matches, uint32_t now_unix,
    struct weir_verdict *ret_verdict)
{
	struct decision decision = { .policy = policy, .now_unix = now_unix };
	int error = consider_all(&decision, matches, NULL, NULL);

	if (!error)
		*ret_verdict = decision.verdict;
	return error;
}

/* Whether the rule was made of the feed's entry for that label: a set has one of
 * each feed. */
static bool
is_of(const struct weir_rule *rule, unsigned int label, unsigned int feed)
{
	return rule->is_set && rule->label == label && rule->entry.feed == feed;
}

int
weir_policy_explain_entry(const struct weir_policy *policy,
    const struct weir_matches *matches, uint32_t now_unix, unsigned int match,
    unsigned int entry, enum weir_fate *ret_fate)
{
	struct decision decision = { .policy = policy, .now_unix = now_unix };
	const struct weir_verdict *verdict = &decision.verdict;
	const struct weir_match *place = &matches->items[match];
	const uint8_t *watched = place->entries + entry * WEIR_ENTRY_BYTES;
	unsigned int feed = weir_bytes_get16(watched);
	enum weir_fate fate = WEIR_FATE_NO_FEED;
	int error = consider_all(&decision, matches, watched, &fate);

	if (error)
		return error;
	if (fate == TAKEN) {
		if (is_of(&verdict->decided, place->label, feed))
			fate = WEIR_FATE_DECIDES;
		else if (is_of(&verdict->shadow, place->label, feed))
			fate = WEIR_FATE_SHADOW;
		else /* its place was taken later on */
			fate = WEIR_FATE_OUTRANKED;
	}
	*ret_fate = fate;
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
	return verdict->decided.is_set || verdict->shadow.is_set ||
	       verdict->is_postponed;
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

uint16_t
weir_rule_ede(const struct weir_policy *policy, const struct weir_rule *rule)
{
	uint16_t code = policy->feeds[rule->entry.feed].ede_code;

	return rule->action == WEIR_ACTION_LOCAL && code == EDE_BLOCKED
		   ? EDE_FORGED
		   : code;
}
