/*
 * policy.c - entries in, verdict out, and the verdict's reason in words.
 */
#include "lib/policy.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
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

bool
weir_policy_is_alive(const struct weir_policy *policy,
    const struct weir_entry *entry, uint32_t now_unix)
{
	if (entry->feed >= policy->feed_count)
		return false;
	if (entry->valid_until != 0 && entry->valid_until <= now_unix)
		return false;
	return entry->confidence >= policy->feeds[entry->feed].min_confidence;
}

/* Takes the entry if it speaks about the name and ranks before what was found
 * so far.  Matches come most specific first, so inside one feed the first one
 * stays. */
static void
consider(const struct weir_policy *policy, const struct weir_match *match,
    const struct weir_entry *entry, struct weir_verdict *verdict)
{
	const struct weir_feed *feed = &policy->feeds[entry->feed];
	struct weir_rule *rule = &verdict->decided;
	unsigned int needed = match->label == 0 ? WEIR_SCOPE_NAME
						: WEIR_SCOPE_SUBDOMAINS;

	if ((entry->scope & needed) == 0)
		return;
	if (feed->mode == WEIR_MODE_SHADOW)
		rule = &verdict->shadow;
	if (rule->is_set && rule->entry.feed <= entry->feed)
		return;
	rule->is_set = true;
	rule->label = match->label;
	rule->entry = *entry;
	rule->action = entry->action == WEIR_ACTION_DEFAULT ? feed->action
							    : entry->action;
}

int
weir_policy_decide(const struct weir_policy *policy,
    const struct weir_matches *matches, uint32_t now_unix,
    struct weir_verdict *ret_verdict)
{
	struct weir_verdict verdict;
	struct weir_entry entry;
	unsigned int i, j;
	int error;

	memset(&verdict, 0, sizeof(verdict));
	for (i = 0; i < matches->count; i++) {
		const struct weir_match *match = &matches->items[i];

		for (j = 0; j < match->entry_count; j++) {
			error = weir_entry_decode(
			    match->entries + j * WEIR_ENTRY_BYTES, &entry);
			if (error)
				return error;
			if (weir_policy_is_alive(policy, &entry, now_unix))
				consider(policy, match, &entry, &verdict);
		}
	}
	/* A feed in shadow mode behind the one that decides is not asked. */
	if (verdict.decided.is_set && verdict.shadow.is_set &&
	    verdict.decided.entry.feed < verdict.shadow.entry.feed)
		verdict.shadow.is_set = false;
	*ret_verdict = verdict;
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

/* snprintf that goes on behind what is there, and never past `size`. */
static void append(char *text, size_t size, size_t *len, const char *format,
    ...) __attribute__((format(printf, 4, 5)));

static void
append(char *text, size_t size, size_t *len, const char *format, ...)
{
	va_list args;
	int more;

	va_start(args, format);
	more = vsnprintf(text + *len, size - *len, format, args);
	va_end(args);
	if (more > 0)
		*len += (size_t)more;
	if (*len >= size)
		*len = size - 1;
}

size_t
weir_rule_print(const struct weir_policy *policy, const struct weir_rule *rule,
    const struct weir_name *name, const struct weir_name *alias_of, char *text,
    size_t size)
{
	const struct weir_entry *entry = &rule->entry;
	char owner[WEIR_NAME_TEXT_SIZE];
	size_t len = 0;

	text[0] = '\0';
	weir_name_print_from(name, rule->label, owner);
	if (entry->feed == WEIR_FEED_ALLOW)
		append(text, size, &len, "local rule allows ");
	else if (entry->feed == WEIR_FEED_DENY)
		append(text, size, &len, "local rule denies ");
	else
		append(text, size, &len, "feed %s lists ",
		    policy->feeds[entry->feed].name);
	if (entry->scope == WEIR_SCOPE_SUBDOMAINS)
		append(text, size, &len, "the subdomains of ");
	append(text, size, &len, "%s", owner);
	if (entry->scope == WEIR_SCOPE_BOTH)
		append(text, size, &len, " and its subdomains");
	if (entry->feed >= WEIR_FEED_FIRST) {
		append(text, size, &len, " (");
		if (entry->category != 0 &&
		    entry->category < policy->category_count)
			append(text, size, &len, "category %s, ",
			    policy->categories[entry->category]);
		append(text, size, &len, "confidence %u)",
		    (unsigned int)entry->confidence);
	}
	if (alias_of) {
		weir_name_print(alias_of, owner);
		append(text, size, &len, ", reached as an alias of %s", owner);
	}
	return len;
}
