/*
 * naive.h - a matcher for tests, written from the words of the documentation
 * alone: names are strings, each feed is asked by itself, in the order of the
 * configuration.  It shares no code with lib/policy.c, lib/entry.c and
 * lib/generation.c; actions and scopes have the numbers of lib/entry.h.
 */
#ifndef WEIR_TESTS_UNIT_NAIVE_H
#define WEIR_TESTS_UNIT_NAIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy.h"
#include "tests/unit/scratch.h"

#define FEEDS      9
#define CATEGORIES 5
#define TABLE      8192

/* --- chance -------------------------------------------------------------- */

static uint64_t state;

static unsigned int
chance(unsigned int count)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned int)((state >> 11) % count);
}

static unsigned long
number_of(const char *variable, unsigned long otherwise)
{
	const char *text = getenv(variable);

	return text == NULL ? otherwise : strtoul(text, NULL, 10);
}

/* --- the matcher ---------------------------------------------------------- */

/* What a feed says of the name itself, or of what is below it. */
struct word {
	bool is_said;
	unsigned int action;
	bool is_important;
	unsigned int answer;
};

/* All that one feed says at one name. */
struct said {
	bool is_said;
	struct word itself, below;
	unsigned int category, confidence;
	uint32_t valid_until, first_seen;
};

struct named {
	char *text; /* NULL: a free place */
	struct said feeds[FEEDS];
};

struct naive_feed {
	bool is_shadow, has_categories;
	bool categories[CATEGORIES];
	unsigned int action, min_confidence;
};

struct found {
	bool is_found;
	unsigned int feed, label, action, answer;
};

static struct named table[TABLE];
static unsigned int named_count;
static struct naive_feed naive_feeds[FEEDS];
static unsigned int feed_count;

static struct named *
named_called(const char *text, bool is_added)
{
	unsigned long hash = 5381;
	const char *at;

	for (at = text; *at != '\0'; at++)
		hash = hash * 33 + (unsigned char)*at;
	for (hash %= TABLE; table[hash].text != NULL; hash = (hash + 1) % TABLE)
		if (strcmp(table[hash].text, text) == 0)
			return &table[hash];
	if (!is_added)
		return NULL;
	scratch_need(++named_count < TABLE / 2, "the naive table is full");
	table[hash].text = strdup(text);
	scratch_need(table[hash].text != NULL, "strdup");
	return &table[hash];
}

static void
forget_all(void)
{
	unsigned int i;

	for (i = 0; i < TABLE; i++)
		free(table[i].text);
	memset(table, 0, sizeof(table));
	named_count = 0;
}

/* cancelled > important exception > important block > exception or pass >
 * block */
static int
rank_of(const struct word *word)
{
	bool is_exception = word->action == WEIR_ACTION_EXCEPT ||
			    word->action == WEIR_ACTION_PASS;

	if (!word->is_said)
		return -1;
	if (word->action == WEIR_ACTION_CANCELLED)
		return 9;
	if (word->is_important)
		return is_exception ? 8 : 7;
	return is_exception ? 6 : 5;
}

/* A second statement of a feed on a name: of each place the strongest word,
 * of two alike the first.  Of statements that both have a word left the longer
 * life, the greater confidence, the earlier sight; else all is that one's. */
static void
say_more(struct said *said, const struct said *more)
{
	int itself = rank_of(&said->itself) - rank_of(&more->itself);
	int below = rank_of(&said->below) - rank_of(&more->below);
	bool has_first = (said->itself.is_said && itself >= 0) ||
			 (said->below.is_said && below >= 0);
	bool has_second = (more->itself.is_said && itself <= 0) ||
			  (more->below.is_said && below <= 0);
	struct said both = has_first ? *said : *more;

	both.itself = itself >= 0 ? said->itself : more->itself;
	both.below = below >= 0 ? said->below : more->below;
	if (has_first && has_second) {
		if (more->confidence > both.confidence)
			both.confidence = more->confidence;
		if (said->valid_until == 0 || more->valid_until == 0)
			both.valid_until = 0;
		else if (more->valid_until > both.valid_until)
			both.valid_until = more->valid_until;
		if (more->first_seen != 0 &&
		    (both.first_seen == 0 ||
			more->first_seen < both.first_seen))
			both.first_seen = more->first_seen;
	}
	*said = both;
}

/* An entry that is past its end, of too little confidence or of a category
 * that the feed is not to use does not exist. */
static bool
exists(
    const struct naive_feed *feed, const struct said *said, uint32_t now_unix)
{
	if (!said->is_said)
		return false;
	if (said->valid_until != 0 && now_unix >= said->valid_until)
		return false;
	if (said->confidence < feed->min_confidence)
		return false;
	return !feed->has_categories || feed->categories[said->category];
}

/* The word of a feed on a name: important ones before others, the more specific
 * before the less specific. */
static bool
ask_feed(unsigned int feed, const char *query, uint32_t now_unix,
    struct found *ret_found)
{
	const struct named *named;
	const struct word *word;
	const char *name;
	unsigned int label;
	int important;

	for (important = 1; important >= 0; important--) {
		label = 0;
		for (name = query; name != NULL; label++) {
			named = named_called(name, false);
			name = strchr(name, '.');
			name = name == NULL ? NULL : name + 1;
			if (named == NULL || !exists(&naive_feeds[feed],
						 &named->feeds[feed], now_unix))
				continue;
			word = label == 0 ? &named->feeds[feed].itself
					  : &named->feeds[feed].below;
			if (!word->is_said ||
			    word->action == WEIR_ACTION_CANCELLED ||
			    word->is_important != (important == 1))
				continue;
			/* An exception: the feed says nothing. */
			if (word->action == WEIR_ACTION_EXCEPT)
				return false;
			ret_found->is_found = true;
			ret_found->feed = feed;
			ret_found->label = label;
			ret_found->answer = word->answer;
			ret_found->action = word->action;
			if (word->action == WEIR_ACTION_DEFAULT)
				ret_found->action = naive_feeds[feed].action;
			return true;
		}
	}
	return false;
}

/* The first feed that says something decides; of those in shadow mode before
 * it the first is remembered. */
static void
ask_all(const char *query, uint32_t now_unix, struct found *ret_decided,
    struct found *ret_shadow)
{
	unsigned int feed;

	memset(ret_decided, 0, sizeof(*ret_decided));
	memset(ret_shadow, 0, sizeof(*ret_shadow));
	for (feed = 0; feed < feed_count; feed++) {
		if (!naive_feeds[feed].is_shadow) {
			if (ask_feed(feed, query, now_unix, ret_decided))
				return;
		} else if (!ret_shadow->is_found) {
			(void)ask_feed(feed, query, now_unix, ret_shadow);
		}
	}
}

/* --- what it says beside what weir says ------------------------------------ */

static bool
is_same(const struct weir_rule *rule, const struct found *found)
{
	if (!rule->is_set || !found->is_found)
		return rule->is_set == found->is_found;
	return rule->entry.feed == found->feed && rule->label == found->label &&
	       rule->action == found->action && rule->answer == found->answer;
}

static void
print_rule(const char *what, const struct weir_rule *rule)
{
	fprintf(stderr, "  %s: ", what);
	if (!rule->is_set)
		fprintf(stderr, "none\n");
	else
		fprintf(stderr, "feed %u, label %u, %s, answer %u\n",
		    rule->entry.feed, rule->label,
		    weir_action_text(rule->action), rule->answer);
}

static void
print_found(const char *what, const struct found *found)
{
	struct weir_rule rule = { .is_set = found->is_found,
		.label = (uint8_t)found->label,
		.entry.feed = (uint16_t)found->feed,
		.action = (uint8_t)found->action,
		.answer = (uint16_t)found->answer };

	print_rule(what, &rule);
}

#endif
