/*
 * feed_line.c - the lines of a signed feed.
 *
 * "One form" is kept by printing: a statement that was read is printed again,
 * and has to come out as it was.
 */
#include "feeds/feed_line.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "lib/bytes.h"
#include "lib/name.h"

#define BETWEEN " | "

static const char *const kinds[WEIR_FEED_KIND_COUNT] = { "full", "day", "hour",
	"head" };

static const char *const attributes[WEIR_FEED_ATTRIBUTE_COUNT] = { "scope",
	"action", "important", "category", "confidence", "first-seen",
	"valid-until" };

/* A word of a line; the value of an attribute. */
struct word {
	const char *text;
	size_t len;
};

const char *
weir_feed_kind_text(unsigned int kind)
{
	return kind < WEIR_FEED_KIND_COUNT ? kinds[kind] : "?";
}

int
weir_feed_kind_parse(const char *text)
{
	int kind;

	for (kind = 0; kind < WEIR_FEED_KIND_COUNT; kind++)
		if (text != NULL && strcmp(text, kinds[kind]) == 0)
			return kind;
	return -1;
}

bool
weir_feed_name_is_valid(const char *text)
{
	size_t len;

	if (text == NULL)
		return false;
	len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-");
	return len > 0 && len < WEIR_FEED_NAME_SIZE && text[len] == '\0';
}

bool
weir_feed_gen_is_valid(const char *text)
{
	return text != NULL && strlen(text) == WEIR_FEED_GEN_SIZE - 1 &&
	       strspn(text, "0123456789abcdef") == WEIR_FEED_GEN_SIZE - 1;
}

size_t
weir_feed_header_print(const struct weir_feed_header *header, char *text)
{
	return (size_t)snprintf(text, WEIR_FEED_LINE_SIZE,
	    WEIR_FEED_HEADER "%s %s %s %" PRIu64 " %" PRIu64 "\n", header->feed,
	    header->gen, weir_feed_kind_text(header->kind), header->from,
	    header->to);
}

bool
weir_feed_header_parse(
    const char *line, size_t len, struct weir_feed_header *ret_header)
{
	char text[256], again[WEIR_FEED_LINE_SIZE], kind[8];
	struct weir_feed_header header;
	int number, end = 0;

	/* No longer than the longest: 12 + 64 + 16 + 4 + 20 + 20 and blanks. */
	if (len >= sizeof(text) || memchr(line, '\0', len) != NULL)
		return false;
	memcpy(text, line, len);
	text[len] = '\0';
	if (sscanf(text,
		WEIR_FEED_HEADER "%63s %16s %7s %" SCNu64 " %" SCNu64 "%n",
		header.feed, header.gen, kind, &header.from, &header.to,
		&end) != 5 ||
	    (size_t)end != len)
		return false;
	number = weir_feed_kind_parse(kind);
	if (number < 0 || !weir_feed_name_is_valid(header.feed) ||
	    !weir_feed_gen_is_valid(header.gen) ||
	    (number == WEIR_FEED_FULL ? header.from != 0
				      : header.from >= header.to))
		return false;
	header.kind = (uint8_t)number;
	/* As it is printed, to the last octet: no "+1", no "01". */
	if (weir_feed_header_print(&header, again) != len + 1 ||
	    memcmp(again, line, len) != 0)
		return false;
	*ret_header = header;
	return true;
}

/* A plain number of at most `max`, and nothing else. */
static bool
take_number(const struct word *value, uint64_t max, uint64_t *ret_number)
{
	uint64_t number = 0;
	size_t i;

	if (value->len == 0 || value->len > 10)
		return false;
	for (i = 0; i < value->len; i++) {
		if (value->text[i] < '0' || value->text[i] > '9')
			return false;
		number = number * 10 + (uint64_t)(value->text[i] - '0');
	}
	if (number > max)
		return false;
	*ret_number = number;
	return true;
}

/* The number below `count` of which text_of is the value; -1. */
static int
find(const struct word *value, unsigned int count,
    const char *(*text_of)(unsigned int number))
{
	unsigned int i;
	const char *text;

	for (i = 1; i < count; i++) {
		text = text_of(i);
		if (text != NULL && strlen(text) == value->len &&
		    memcmp(text, value->text, value->len) == 0)
			return (int)i;
	}
	return -1;
}

static bool
is_feed_action(unsigned int action)
{
	return action < WEIR_ACTION_COUNT && action != WEIR_ACTION_LOCAL;
}

static bool
take_category(const struct word *value, char *category)
{
	size_t i;
	char octet;

	if (value->len == 0 || value->len >= WEIR_CATEGORY_SIZE)
		return false;
	for (i = 0; i < value->len; i++) {
		octet = value->text[i];
		if ((octet < 'a' || octet > 'z') &&
		    (octet < '0' || octet > '9') && octet != '.' &&
		    octet != '_' && octet != '-')
			return false;
	}
	memcpy(category, value->text, value->len);
	category[value->len] = '\0';
	return true;
}

/* Puts one attribute into the item; category has WEIR_CATEGORY_SIZE. */
static bool
take_attribute(unsigned int attribute, const struct word *value,
    struct weir_list_item *item, char *category)
{
	uint64_t number = 0;
	int found;

	switch (attribute) {
	case WEIR_FEED_SCOPE:
		found = find(value, WEIR_SCOPE_BOTH + 1, weir_scope_text);
		item->scope = (uint8_t)(found > 0 ? found : 0);
		return found > 0;
	case WEIR_FEED_ACTION:
		found = find(value, WEIR_ACTION_COUNT, weir_action_text);
		if (found < 0 || !is_feed_action((unsigned int)found))
			return false;
		item->action = (uint8_t)found;
		return true;
	case WEIR_FEED_IMPORTANT:
		item->is_important = true;
		return value->len == 3 && memcmp(value->text, "yes", 3) == 0;
	case WEIR_FEED_CATEGORY:
		item->category = category;
		return take_category(value, category);
	case WEIR_FEED_CONFIDENCE:
		if (!take_number(value, 100, &number))
			return false;
		item->confidence = (uint8_t)number;
		return true;
	default:
		if (!take_number(value, UINT32_MAX, &number) || number == 0)
			return false;
		if (attribute == WEIR_FEED_FIRST_SEEN)
			item->first_seen = (uint32_t)number;
		else
			item->valid_until = (uint32_t)number;
		return true;
	}
}

static int
attribute_of(const char *text, size_t len)
{
	int i;

	for (i = 0; i < WEIR_FEED_ATTRIBUTE_COUNT; i++)
		if (strlen(attributes[i]) == len &&
		    memcmp(attributes[i], text, len) == 0)
			return i;
	return -1;
}

/* Reads a statement, "" too. */
static bool
parse_statement(
    const char *text, size_t len, struct weir_list_item *item, char *category)
{
	char again[WEIR_FEED_LINE_SIZE];
	const char *at = text, *end = text + len, *equals, *blank;
	struct word value;
	int attribute, again_len;

	while (at < end) {
		blank = memchr(at, ' ', (size_t)(end - at));
		if (blank == NULL)
			blank = end;
		equals = memchr(at, '=', (size_t)(blank - at));
		if (equals == NULL)
			return false;
		value.text = equals + 1;
		value.len = (size_t)(blank - value.text);
		attribute = attribute_of(at, (size_t)(equals - at));
		if (attribute < 0 || !take_attribute((unsigned int)attribute,
					 &value, item, category))
			return false;
		at = blank == end ? end : blank + 1;
	}
	again_len = weir_feed_statement_print(item, again);
	return again_len >= 0 && (size_t)again_len == len &&
	       memcmp(again, text, len) == 0;
}

/* The end of the statement at `at`. */
static const char *
statement_end(const char *at, const char *end)
{
	const char *bar = memchr(at, '|', (size_t)(end - at));

	return bar == NULL || bar == at || bar[-1] != ' ' ? end : bar - 1;
}

/* What follows a name: nothing, " STATEMENT" or " STATEMENT | STATEMENT ...".
 * An empty statement stands first if there are others: " | scope=name". */
static const char *
check_statements(const struct weir_feed_line *line)
{
	const char *at = line->name + line->name_len, *last = NULL;
	const char *end = line->entry + line->entry_len, *stop;
	char category[WEIR_CATEGORY_SIZE];
	struct weir_list_item item;
	size_t last_len = 0, len;
	unsigned int count = 0;
	bool is_empty;

	while (at < end) {
		/* `at` is at the blank before the statement; the one before
		 * the bar belongs to the bar, if nothing comes before it. */
		if (*at != ' ')
			return "no blank before a statement";
		is_empty = count == 0 && end - at >= 3 &&
			   memcmp(at, BETWEEN, 3) == 0;
		if (!is_empty)
			at++;
		stop = is_empty ? at : statement_end(at, end);
		len = (size_t)(stop - at);
		item = WEIR_LIST_ITEM(NULL);
		if (++count > WEIR_FEED_STATEMENTS)
			return "too many statements";
		if (!parse_statement(at, len, &item, category) ||
		    (len == 0 && !is_empty))
			return "a statement that is none, or not in its form";
		if (count > 1 &&
		    weir_feed_line_compare(last, last_len, at, len) >= 0)
			return "statements out of order";
		last = at;
		last_len = len;
		at = stop;
		if (at == end)
			return NULL;
		if (end - at < 4 || memcmp(at, BETWEEN, 3) != 0)
			return "no \" | \" between statements";
		at += 2;
	}
	return NULL;
}

static const char *
check_name(const char *text, size_t len)
{
	struct weir_name name;
	size_t i;

	for (i = 0; i < len; i++)
		if (text[i] >= 'A' && text[i] <= 'Z')
			return "a name not in lower case";
		else if ((text[i] < 'a' || text[i] > 'z') &&
			 (text[i] < '0' || text[i] > '9') && text[i] != '-' &&
			 text[i] != '_' && text[i] != '.')
			return "a character that names do not have";
	if (len == 0 || text[len - 1] == '.' ||
	    weir_name_parse(text, len, &name) < 0)
		return "no name";
	return name.label_count < 2 ? "a name of one label" : NULL;
}

int
weir_feed_line_parse(const char *line, size_t len,
    struct weir_feed_line *ret_line, const char **ret_why)
{
	struct weir_feed_line parsed;
	const char *blank;

	*ret_why = NULL;
	if (len < 2 || (line[0] != '+' && line[0] != '-'))
		*ret_why = "neither + nor -";
	else if (len >= WEIR_FEED_LINE_SIZE)
		*ret_why = "too long";
	if (*ret_why != NULL)
		return WEIR_EFORMAT;
	parsed.is_listed = line[0] == '+';
	parsed.name = parsed.entry = line + 1;
	parsed.entry_len = len - 1;
	blank = memchr(line + 1, ' ', len - 1);
	parsed.name_len = blank == NULL ? len - 1 : (size_t)(blank - line - 1);
	*ret_why = check_name(parsed.name, parsed.name_len);
	if (*ret_why == NULL && !parsed.is_listed && blank != NULL)
		*ret_why = "something behind a name that is not listed";
	if (*ret_why == NULL && blank != NULL)
		*ret_why = check_statements(&parsed);
	if (*ret_why != NULL)
		return WEIR_EFORMAT;
	*ret_line = parsed;
	return 0;
}

int
weir_feed_line_items(const struct weir_feed_line *line,
    int (*each)(void *arg, const struct weir_list_item *item), void *arg)
{
	const char *at = line->name + line->name_len;
	const char *end = line->entry + line->entry_len, *stop;
	char category[WEIR_CATEGORY_SIZE];
	struct weir_list_item item;
	struct weir_name name;
	int ret;

	if (weir_name_parse(line->name, line->name_len, &name) < 0)
		return WEIR_EFORMAT;
	do {
		item = WEIR_LIST_ITEM(&name);
		stop = end;
		if (at < end && end - at > 3 && memcmp(at, BETWEEN, 3) == 0)
			stop = at;
		else if (at < end) {
			at++;
			stop = statement_end(at, end);
			if (!parse_statement(
				at, (size_t)(stop - at), &item, category))
				return WEIR_EFORMAT;
		}
		ret = each(arg, &item);
		at = stop == end ? end : stop + 2;
	} while (ret == 0 && at < end);
	return ret;
}

/* " key=" and what follows; blank only between. */
static int
put(char *text, int len, unsigned int attribute, const char *value)
{
	return len + snprintf(text + len, WEIR_FEED_LINE_SIZE - (size_t)len,
			 "%s%s=%s", len > 0 ? " " : "", attributes[attribute],
			 value);
}

static int
put_number(char *text, int len, unsigned int attribute, uint32_t number)
{
	char value[16];

	(void)snprintf(value, sizeof(value), "%" PRIu32, number);
	return put(text, len, attribute, value);
}

int
weir_feed_statement_print(const struct weir_list_item *item, char *text)
{
	int len = 0;

	if (!is_feed_action(item->action) ||
	    (item->category != NULL &&
		strlen(item->category) >= WEIR_CATEGORY_SIZE))
		return WEIR_EFORMAT;
	text[0] = '\0';
	if (item->scope != 0)
		len = put(
		    text, len, WEIR_FEED_SCOPE, weir_scope_text(item->scope));
	if (item->action != WEIR_ACTION_DEFAULT)
		len = put(text, len, WEIR_FEED_ACTION,
		    weir_action_text(item->action));
	if (item->is_important)
		len = put(text, len, WEIR_FEED_IMPORTANT, "yes");
	if (item->category != NULL)
		len = put(text, len, WEIR_FEED_CATEGORY, item->category);
	if (item->confidence != WEIR_LIST_NO_CONFIDENCE)
		len = put_number(
		    text, len, WEIR_FEED_CONFIDENCE, item->confidence);
	if (item->first_seen != 0)
		len = put_number(
		    text, len, WEIR_FEED_FIRST_SEEN, item->first_seen);
	if (item->valid_until != 0)
		len = put_number(
		    text, len, WEIR_FEED_VALID_UNTIL, item->valid_until);
	return len;
}

int
weir_feed_line_compare(
    const char *left, size_t left_len, const char *right, size_t right_len)
{
	size_t len = left_len < right_len ? left_len : right_len;
	int order = len > 0 ? memcmp(left, right, len) : 0;

	if (order != 0)
		return order;
	return left_len < right_len ? -1 : left_len > right_len;
}

static struct weir_feed_sum
digest(const char *entry, size_t len)
{
	uint8_t hash[WEIR_FEED_SUM_BYTES];

	(void)crypto_generichash(
	    hash, sizeof(hash), (const uint8_t *)entry, len, NULL, 0);
	return (struct weir_feed_sum){ .low = weir_bytes_get64(hash),
		.high = weir_bytes_get64(hash + 8) };
}

void
weir_feed_sum_add(struct weir_feed_sum *sum, const char *entry, size_t len)
{
	struct weir_feed_sum one = digest(entry, len);

	sum->low += one.low;
	sum->high += one.high + (sum->low < one.low);
}

void
weir_feed_sum_take(struct weir_feed_sum *sum, const char *entry, size_t len)
{
	struct weir_feed_sum one = digest(entry, len);

	sum->high -= one.high + (sum->low < one.low);
	sum->low -= one.low;
}

void
weir_feed_sum_print(
    const struct weir_feed_sum *sum, char text[WEIR_FEED_SUM_SIZE])
{
	(void)snprintf(text, WEIR_FEED_SUM_SIZE, "%016" PRIx64 "%016" PRIx64,
	    sum->high, sum->low);
}

bool
weir_feed_sum_parse(const char *text, struct weir_feed_sum *ret_sum)
{
	char again[WEIR_FEED_SUM_SIZE];
	struct weir_feed_sum sum;

	if (text == NULL || strlen(text) != WEIR_FEED_SUM_SIZE - 1 ||
	    sscanf(text, "%16" SCNx64 "%16" SCNx64, &sum.high, &sum.low) != 2)
		return false;
	weir_feed_sum_print(&sum, again);
	if (strcmp(again, text) != 0)
		return false;
	*ret_sum = sum;
	return true;
}
