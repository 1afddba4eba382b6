/*
 * test_policy_table.c - the policy as a table that people can read:
 * tests/data/policy.table, whose head says what stands in it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy.h"
#include "tests/unit/suite.h"

#define LINE_SIZE     512
#define COLUMNS       5
#define ENTRIES_MAX   16
#define ROWS_AT_LEAST 200
#define NOW           1000

enum column {
	COLUMN_ENTRIES,
	COLUMN_QUERY,
	COLUMN_TIME,
	COLUMN_VERDICT,
	COLUMN_SHADOW
};

/* An entry and the name that it stands at. */
struct placed {
	struct weir_name name;
	struct weir_entry entry;
};

static struct weir_policy policy;
static unsigned int line_number;

static void
wrong(const char *what, const char *text)
{
	ck_abort_msg(
	    "tests/data/policy.table:%u: %s: %s", line_number, what, text);
}

/* --- words ----------------------------------------------------------------- */

/* The next word of *text, NUL-terminated in place; NULL behind the last. */
static char *
next_word(char **text)
{
	char *word = *text + strspn(*text, " \t"), *end;

	if (*word == '\0')
		return NULL;
	end = word + strcspn(word, " \t");
	*text = end + (*end != '\0');
	*end = '\0';
	return word;
}

static const char *
behind(const char *word, const char *head)
{
	size_t len = strlen(head);

	return strncmp(word, head, len) == 0 ? word + len : NULL;
}

static unsigned int
number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (end == text || *end != '\0')
		wrong("not a number", text);
	return (unsigned int)value;
}

/* -1 if it is none. */
static int
action_called(const char *text)
{
	unsigned int i;

	for (i = 0; i < WEIR_ACTION_COUNT; i++)
		if (strcmp(weir_action_text(i), text) == 0)
			return (int)i;
	return -1;
}

static unsigned int
feed_called(const char *text)
{
	unsigned int i;

	for (i = 0; i < policy.feed_count; i++)
		if (strcmp(policy.feeds[i].name, text) == 0)
			return i;
	if (text[0] != '@')
		wrong("no such feed", text);
	return number(text + 1);
}

static unsigned int
category_called(const char *text)
{
	int found = weir_policy_add_category(&policy, text);

	if (found < 0)
		wrong("too many categories", text);
	return (unsigned int)found;
}

/* --- feeds ------------------------------------------------------------------ */

static void
set_feed(struct weir_feed *feed, char *word)
{
	unsigned int category;
	const char *value;

	if (strcmp(word, "shadow") == 0) {
		feed->mode = WEIR_MODE_SHADOW;
	} else if ((value = behind(word, "confidence>=")) != NULL) {
		feed->min_confidence = (uint8_t)number(value);
	} else if ((value = behind(word, "category=")) != NULL) {
		category = category_called(value);
		feed->has_categories = true;
		feed->categories[category / 8] |= (uint8_t)(1U << category % 8);
	} else if (action_called(word) > 0) {
		feed->action = (uint8_t)action_called(word);
	} else {
		wrong("not a word of a feed", word);
	}
}

/* feed NAME ACTION ... */
static void
take_feed(char *text)
{
	struct weir_feed *feed = &policy.feeds[policy.feed_count];
	char *word = next_word(&text);

	strcpy(feed->name, word);
	while ((word = next_word(&text)) != NULL)
		set_feed(feed, word);
	policy.feed_count++;
}

/* --- entries ---------------------------------------------------------------- */

static void
take_name(const char *text, struct placed *placed)
{
	placed->entry.scope = WEIR_SCOPE_BOTH;
	if (text[0] == '=') {
		placed->entry.scope = WEIR_SCOPE_NAME;
		text++;
	} else if (text[0] == '*' && text[1] == '.') {
		placed->entry.scope = WEIR_SCOPE_SUBDOMAINS;
		text += 2;
	}
	if (weir_name_parse(text, strlen(text), &placed->name) != 0)
		wrong("not a name", text);
}

static void
set_action(struct weir_entry *entry, unsigned int action, unsigned int answer)
{
	if ((entry->scope & WEIR_SCOPE_NAME) != 0) {
		entry->action = (uint8_t)action;
		entry->answer = (uint16_t)answer;
	}
	if ((entry->scope & WEIR_SCOPE_SUBDOMAINS) != 0) {
		entry->below_action = (uint8_t)action;
		entry->below_answer = (uint16_t)answer;
	}
}

static void
set_entry(struct weir_entry *entry, const char *word)
{
	const char *value;

	if (strcmp(word, "important") == 0)
		entry->flags = entry->scope;
	else if ((value = behind(word, "until=")) != NULL)
		entry->valid_until = number(value);
	else if ((value = behind(word, "confidence=")) != NULL)
		entry->confidence = (uint8_t)number(value);
	else if ((value = behind(word, "category=")) != NULL)
		entry->category = (uint16_t)category_called(value);
	else if ((value = behind(word, "local=")) != NULL)
		set_action(entry, WEIR_ACTION_LOCAL, number(value));
	else if (action_called(word) >= 0)
		set_action(entry, (unsigned int)action_called(word), 0);
	else
		wrong("not a word of an entry", word);
}

/* FEED NAME WORD... */
static void
parse_entry(char *text, struct placed *placed)
{
	const char *feed = next_word(&text), *name = next_word(&text), *word;

	if (feed == NULL || name == NULL)
		wrong("an entry without a name", text);
	memset(placed, 0, sizeof(*placed));
	placed->entry.feed = (uint16_t)feed_called(feed);
	placed->entry.confidence = 100;
	take_name(name, placed);
	while ((word = next_word(&text)) != NULL)
		set_entry(&placed->entry, word);
}

/* Entries with a ";" between them; a feed's on the same name become one, as the
 * loader makes them. */
static unsigned int
parse_entries(char *text, struct placed *placed)
{
	unsigned int count = 0, i;
	struct placed one;
	char *end;

	for (; text != NULL && text[strspn(text, " \t")] != '\0'; text = end) {
		end = strchr(text, ';');
		if (end != NULL)
			*end++ = '\0';
		parse_entry(text, &one);
		for (i = 0; i < count; i++)
			if (placed[i].entry.feed == one.entry.feed &&
			    weir_name_is_equal(&placed[i].name, &one.name))
				break;
		if (i == ENTRIES_MAX)
			wrong("too many entries", text);
		if (i == count)
			placed[count++] = one;
		else
			weir_entry_merge(
			    &placed[i].entry, &one.entry, &placed[i].entry);
	}
	return count;
}

static int
compare_feeds(const void *a, const void *b)
{
	const struct placed *left = a, *right = b;

	return (int)left->entry.feed - (int)right->entry.feed;
}

/* What the database would find for the query. */
static void
match(struct placed *placed, unsigned int count, const struct weir_name *query,
    uint8_t (*bytes)[WEIR_ENTRY_BYTES], struct weir_matches *ret_matches)
{
	struct weir_match *found;
	struct weir_name above;
	unsigned int label, i, at = 0;

	qsort(placed, count, sizeof(*placed), compare_feeds);
	ret_matches->count = 0;
	for (label = 0; label <= query->label_count; label++) {
		found = &ret_matches->items[ret_matches->count];
		found->label = (uint8_t)label;
		found->entry_count = 0;
		found->entries = bytes[at];
		ck_assert_int_eq(
		    weir_name_from_wire(query->wire + query->offset[label],
			(size_t)query->len - query->offset[label], &above),
		    0);
		for (i = 0; i < count; i++) {
			if (!weir_name_is_equal(&placed[i].name, &above))
				continue;
			weir_entry_encode(&placed[i].entry, bytes[at++]);
			found->entry_count++;
		}
		ret_matches->count += found->entry_count > 0;
	}
}

/* --- rows -------------------------------------------------------------------- */

/* "first 1 nxdomain", "-" */
static void
print_rule(const struct weir_rule *rule, char *text, size_t size)
{
	char action[32];

	if (!rule->is_set) {
		snprintf(text, size, "-");
		return;
	}
	snprintf(action, sizeof(action), "%s", weir_action_text(rule->action));
	if (rule->action == WEIR_ACTION_LOCAL)
		snprintf(action, sizeof(action), "local=%u", rule->answer);
	snprintf(text, size, "%s %u %s", policy.feeds[rule->entry.feed].name,
	    rule->label, action);
}

/* Cuts a row into its columns, without blanks around them. */
static void
cut(char *line, char *columns[COLUMNS])
{
	unsigned int i;
	size_t len;
	char *end;

	for (i = 0; i < COLUMNS; i++) {
		end = strchr(line, '|');
		if ((end == NULL) != (i == COLUMNS - 1))
			wrong("not five columns", line);
		if (end != NULL)
			*end = '\0';
		columns[i] = line + strspn(line, " \t");
		len = strlen(columns[i]);
		while (len > 0 && strchr(" \t\n", columns[i][len - 1]) != NULL)
			columns[i][--len] = '\0';
		line = end == NULL ? NULL : end + 1;
	}
}

static void
check_rule(const struct weir_rule *rule, bool is_postponed, const char *wanted,
    const char *what)
{
	char text[128];

	print_rule(rule, text, sizeof(text));
	if (is_postponed)
		strcat(text, " later");
	ck_assert_msg(strcmp(text, wanted) == 0,
	    "tests/data/policy.table:%u: %s is \"%s\", not \"%s\"", line_number,
	    what, text, wanted);
}

static void
check_row(char *line)
{
	static uint8_t bytes[ENTRIES_MAX + 1][WEIR_ENTRY_BYTES];
	struct placed placed[ENTRIES_MAX];
	struct weir_matches matches;
	struct weir_verdict verdict;
	struct weir_name query;
	char *columns[COLUMNS];
	unsigned int count, now;
	bool is_blocked;

	cut(line, columns);
	count = parse_entries(columns[COLUMN_ENTRIES], placed);
	if (weir_name_parse(columns[COLUMN_QUERY],
		strlen(columns[COLUMN_QUERY]), &query) != 0)
		wrong("not a name", columns[COLUMN_QUERY]);
	now = columns[COLUMN_TIME][0] == '\0' ? NOW
					      : number(columns[COLUMN_TIME]);
	match(placed, count, &query, bytes, &matches);
	ck_assert_int_eq(
	    weir_policy_decide(&policy, &matches, now, &verdict), WEIR_OK);
	check_rule(&verdict.decided, verdict.is_postponed,
	    columns[COLUMN_VERDICT], "the verdict");
	check_rule(
	    &verdict.shadow, false, columns[COLUMN_SHADOW], "the shadow");
	is_blocked = verdict.decided.is_set &&
		     strstr(columns[COLUMN_VERDICT], " pass") == NULL;
	ck_assert_msg(weir_verdict_is_block(&verdict) == is_blocked,
	    "tests/data/policy.table:%u: block", line_number);
	/* A rule that an exception hides for a time speaks of the name too. */
	ck_assert_msg(weir_verdict_is_touched(&verdict) ==
			  (strcmp(columns[COLUMN_VERDICT], "-") != 0 ||
			      strcmp(columns[COLUMN_SHADOW], "-") != 0 ||
			      verdict.is_postponed),
	    "tests/data/policy.table:%u: touched", line_number);
}

START_TEST(each_row_of_the_table_holds)
{
	const char *folder = getenv("srcdir");
	char path[4096], line[LINE_SIZE];
	unsigned int rows = 0;
	FILE *stream;

	snprintf(path, sizeof(path), "%s/tests/data/policy.table",
	    folder != NULL ? folder : ".");
	stream = fopen(path, "r");
	ck_assert_msg(stream != NULL, "%s", path);
	weir_policy_init(&policy);
	while (fgets(line, sizeof(line), stream) != NULL) {
		line_number++;
		if (strchr(line, '\n') == NULL)
			wrong("too long", line);
		if (line[0] == '#' || line[0] == '\n')
			continue;
		line[strcspn(line, "\n")] = '\0';
		if (behind(line, "feed ") != NULL) {
			take_feed(line + strlen("feed "));
			continue;
		}
		check_row(line);
		rows++;
	}
	ck_assert_uint_ge(rows, ROWS_AT_LEAST);
	(void)fclose(stream);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { each_row_of_the_table_holds, NULL };

	return suite_run("policy_table", tests);
}
