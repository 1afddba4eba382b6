/*
 * list_record.c - one record of a table or a document, as an item.
 *
 *   texts -> is it meant to be blocked -> the name, or the host of a URL
 *         -> the rest as numbers -> weir_list_give
 */
#include "feeds/list_record.h"

#include <string.h>
#include <strings.h>

#include "feeds/list_time.h"
#include "feeds/list_url.h"
#include "lib/entry.h"

static void
trim(struct weir_list_value *value)
{
	while (value->len > 0 &&
	       (value->text[0] == ' ' || value->text[0] == '\t')) {
		value->text++;
		value->len--;
	}
	while (value->len > 0 && strchr(" \t\r\n", value->text[value->len - 1]))
		value->len--;
}

/* Whether the text is one of the words, in any case; "_", "-" and a blank are
 * alike. */
static bool
is_one_of(const struct weir_list_value *value, const char *const *words)
{
	size_t i;
	char octet;

	for (; *words != NULL; words++) {
		if (strlen(*words) != value->len ||
		    strncasecmp(*words, value->text, 1) != 0)
			continue;
		for (i = 0; i < value->len; i++) {
			octet = value->text[i];
			if (octet == '_' || octet == ' ')
				octet = '-';
			if (octet >= 'A' && octet <= 'Z')
				octet = (char)(octet - 'A' + 'a');
			if (octet != (*words)[i])
				break;
		}
		if (i == value->len)
			return true;
	}
	return false;
}

static bool
is_of_names(const struct weir_list_value *type)
{
	static const char *const words[] = { "domain", "domains", "domain-name",
		"domainname", "hostname", "host", "fqdn", "url", "urls", "uri",
		"domain|ip", "hostname|port", "host|port", "dns", NULL };

	return type->len == 0 || is_one_of(type, words);
}

static bool
is_not_to_block(const struct weir_list_value *status)
{
	static const char *const words[] = { "offline", "inactive", "down",
		"dead", "revoked", "expired", "false-positive", "benign",
		"whitelisted", "allowed", NULL };

	return is_one_of(status, words);
}

/* --- names and hosts ----------------------------------------------------- */

/* What stands before the name; says the scope. */
static unsigned int
cut_wildcard(const char **word, size_t *len)
{
	unsigned int scope = 0;
	size_t prefix = 0;

	if (*len > 2 && memcmp(*word, "*.", 2) == 0) {
		scope = WEIR_SCOPE_SUBDOMAINS;
		prefix = 2;
	} else if (*len > 1 && (*word)[0] == '.' && (*word)[1] != '.') {
		scope = WEIR_SCOPE_BOTH;
		prefix = 1;
	}
	*word += prefix;
	*len -= prefix;
	return scope;
}

/* "a|b" of MISP: its first part. */
static size_t
first_part(const char *text, size_t len)
{
	const char *bar = memchr(text, '|', len);

	return bar == NULL ? len : (size_t)(bar - text);
}

/* The name in the text: 0, with name, scope and is_from_url of the item, or
 * the reason plus 1.  Takes any length; a URL that was cut keeps its host. */
static int
judge(const char *text, size_t len, struct weir_name *ret_name,
    struct weir_list_item *item)
{
	char plain[WEIR_LIST_URL_SIZE];
	struct weir_list_url url;
	int reason;

	if (len > WEIR_LIST_URL_SIZE)
		len = WEIR_LIST_URL_SIZE;
	if (weir_list_url_is_defanged(text, len)) {
		len = weir_list_url_refang(text, len, plain);
		text = plain;
	}
	if (weir_list_is_address(text, len))
		return 1 + WEIR_LIST_ADDRESS;
	if (!weir_list_url_parse(text, len, &url))
		return 1 + WEIR_LIST_URL;
	if (!url.has_scheme && !url.has_path) {
		len = first_part(url.host, url.host_len);
		item->scope = (uint8_t)cut_wildcard(&url.host, &len);
		url.host_len = len;
	}
	reason = weir_list_judge(url.host, url.host_len, ret_name);
	item->is_from_url |= url.has_path;
	/* "/a/path" alone is a part of something. */
	if (reason != 0 && url.host_len == 0 && url.has_path)
		return 1 + WEIR_LIST_NO_INDICATOR;
	return reason;
}

int
weir_list_record_recognise(const char *text, size_t len)
{
	struct weir_list_value value = { text, len };
	struct weir_list_item item = WEIR_LIST_ITEM(NULL);
	struct weir_name name;

	trim(&value);
	switch (judge(value.text, value.len, &name, &item)) {
	case 0:
		return 1;
	case 1 + WEIR_LIST_ADDRESS:
		return 0;
	default:
		return -1;
	}
}

/* --- the rest ------------------------------------------------------------ */

static uint8_t
confidence_of(const struct weir_list_value *value)
{
	static const struct {
		const char *words[4];
		uint8_t number;
	} words[] = {
		{ { "none", "unknown", NULL }, 0 },
		{ { "low", NULL }, 15 },
		{ { "med", "medium", "moderate", NULL }, 50 },
		{ { "high", NULL }, 85 },
	};
	unsigned int number = 0;
	size_t i, at = 0;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (is_one_of(value, words[i].words))
			return words[i].number;
	for (; at < value->len && at < 4 && value->text[at] >= '0' &&
	       value->text[at] <= '9';
	     at++)
		number = number * 10 + (unsigned int)(value->text[at] - '0');
	if (at == 0 || number > 100)
		return WEIR_LIST_NO_CONFIDENCE;
	if (at == value->len ||
	    (at + 1 == value->len && value->text[at] == '%'))
		return (uint8_t)number;
	/* 37.5 is a number of a hundred, 0.85 is not. */
	if (value->text[at] != '.')
		return WEIR_LIST_NO_CONFIDENCE;
	for (i = at + 1; i < value->len; i++)
		if (value->text[i] < '0' || value->text[i] > '9' ||
		    (number == 0 && value->text[i] != '0'))
			return WEIR_LIST_NO_CONFIDENCE;
	return (uint8_t)number;
}

static uint32_t
time_of(const struct weir_list_value *value)
{
	uint32_t seconds = 0;

	if (value->len > 0)
		(void)weir_list_time_parse(value->text, value->len, &seconds);
	return seconds;
}

/* The rest of the record, with the category's text in `category`. */
static void
fill_in(const struct weir_list_value *values, struct weir_list_item *item,
    char *category)
{
	const struct weir_list_value *value = &values[WEIR_LIST_FIELD_CATEGORY];
	size_t len = value->len;

	item->confidence = confidence_of(&values[WEIR_LIST_FIELD_CONFIDENCE]);
	item->first_seen = time_of(&values[WEIR_LIST_FIELD_FIRST_SEEN]);
	item->valid_until = time_of(&values[WEIR_LIST_FIELD_VALID_UNTIL]);
	if (len == 0)
		return;
	if (len > WEIR_CATEGORY_SIZE - 1)
		len = WEIR_CATEGORY_SIZE - 1;
	memcpy(category, value->text, len);
	category[len] = '\0';
	item->category = category;
}

int
weir_list_record_give(
    struct weir_list_reader *reader, const struct weir_list_record *record)
{
	struct weir_list_value values[WEIR_LIST_FIELD_COUNT];
	const struct weir_list_value *text = &values[WEIR_LIST_FIELD_NAME];
	uint32_t now = weir_list_options(reader)->now_unix;
	struct weir_name name;
	struct weir_list_item item = WEIR_LIST_ITEM(&name);
	char category[WEIR_CATEGORY_SIZE];
	int reason = 0;
	size_t i;

	memcpy(values, record->values, sizeof(values));
	for (i = 0; i < WEIR_LIST_FIELD_COUNT; i++)
		trim(&values[i]);
	fill_in(values, &item, category);
	item.is_from_url = record->is_from_url;
	if (!is_of_names(&values[WEIR_LIST_FIELD_TYPE]) || text->len == 0)
		reason = 1 + WEIR_LIST_NO_INDICATOR;
	else if (is_not_to_block(&values[WEIR_LIST_FIELD_STATUS]))
		reason = 1 + WEIR_LIST_NOT_TO_BLOCK;
	else if (now != 0 && item.valid_until != 0 && item.valid_until <= now)
		reason = 1 + WEIR_LIST_EXPIRED;
	else
		reason = judge(text->text, text->len, &name, &item);
	if (reason == 0)
		return weir_list_give(reader, &item, text->text, text->len);
	weir_list_refuse(
	    reader, (enum weir_list_reason)(reason - 1), text->text, text->len);
	return 0;
}
