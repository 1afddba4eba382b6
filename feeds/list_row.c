/*
 * list_row.c - one record of a table: its fields, and what its columns are
 * called.
 */
#include "feeds/list_row.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool
is_blank(char octet)
{
	return octet == ' ' || octet == '\t';
}

/* A quoted field, from its quote on; its text is moved together in place.
 * Returns where it ends. */
static char *
take_quoted(char *at, char *end, struct weir_list_value *ret_value)
{
	char *out = ++at, *begin = at;

	while (at < end) {
		if (*at == '"') {
			if (at + 1 == end || at[1] != '"')
				break;
			at++;
		}
		*out++ = *at++;
	}
	*ret_value = (struct weir_list_value){ begin, (size_t)(out - begin) };
	return at < end ? at + 1 : at;
}

void
weir_list_row_split(
    char *text, size_t len, char separator, struct weir_list_row *fields)
{
	char *at = text, *end = text + len, *begin;
	struct weir_list_value *value;

	fields->count = 0;
	do {
		value = &fields->values[fields->count++];
		while (at < end && is_blank(*at) && *at != separator)
			at++;
		begin = at;
		if (at < end && *at == '"') {
			at = take_quoted(at, end, value);
			while (at < end && *at != separator)
				at++;
			continue;
		}
		at = memchr(at, separator, (size_t)(end - at));
		if (at == NULL)
			at = end;
		*value = (struct weir_list_value){ begin,
			(size_t)(at - begin) };
	} while (at++ < end && fields->count < WEIR_LIST_COLUMNS);
}

bool
weir_list_row_is_open(
    const char *text, size_t len, bool was_open, char separator)
{
	bool is_open = was_open, is_begin = !was_open;
	size_t at;

	if (memchr(text, '"', len) == NULL)
		return was_open;
	for (at = 0; at < len; at++) {
		if (text[at] == '"' && (is_open || is_begin)) {
			is_open = !is_open;
			/* "" in a quoted field: it goes on. */
			is_begin = !is_open && at + 1 < len &&
				   text[at + 1] == '"';
		} else if (!is_open) {
			is_begin = text[at] == separator ||
				   (is_begin && is_blank(text[at]));
		}
	}
	return is_open;
}

char
weir_list_row_separator(const char *text, size_t len)
{
	static const char separators[] = { ',', ';', '\t' };
	size_t i, at, count, most = 0;
	bool is_open = false;
	char best = '\0';

	for (i = 0; i < sizeof(separators); i++) {
		for (at = 0, count = 0; at < len; at++) {
			is_open ^= text[at] == '"';
			count += !is_open && text[at] == separators[i];
		}
		is_open = false;
		if (count > most) {
			best = separators[i];
			most = count;
		}
	}
	return best;
}

/* --- headings ------------------------------------------------------------ */

/* The headings that lists use, the better one first. */
static const char *const headings[WEIR_LIST_FIELD_COUNT][16] = {
	[WEIR_LIST_FIELD_NAME] = { "ioc_value", "indicator", "ioc", "domain",
	    "domain_name", "domainname", "hostname", "host", "fqdn", "url",
	    "urls", "domains", "dst_domain", "observable" },
	[WEIR_LIST_FIELD_TYPE] = { "ioc_type", "indicator_type", "type",
	    "observable_type" },
	[WEIR_LIST_FIELD_CATEGORY] = { "threat_type", "threat", "category",
	    "classification", "malware_printable", "malware", "tag" },
	[WEIR_LIST_FIELD_CONFIDENCE] = { "confidence_level", "confidence",
	    "confidence_score" },
	[WEIR_LIST_FIELD_FIRST_SEEN] = { "first_seen_utc", "first_seen",
	    "firstseen", "dateadded", "date_added", "first_seen_at", "added",
	    "date" },
	[WEIR_LIST_FIELD_VALID_UNTIL] = { "valid_until", "valid-until",
	    "expires", "expiration", "expiry" },
	[WEIR_LIST_FIELD_STATUS] = { "url_status", "status" },
};

int
weir_list_row_find(const struct weir_list_row *fields, const char *heading)
{
	const struct weir_list_value *value;
	size_t len = strlen(heading), size;
	unsigned int i;

	for (i = 0; i < fields->count; i++) {
		value = &fields->values[i];
		for (size = value->len;
		     size > 0 && is_blank(value->text[size - 1]);)
			size--;
		if (size == len && strncasecmp(value->text, heading, len) == 0)
			return (int)i;
	}
	return -1;
}

int
weir_list_row_guess(
    const struct weir_list_row *fields, enum weir_list_field field)
{
	size_t i;
	int column = -1;

	for (i = 0; i < sizeof(headings[0]) / sizeof(headings[0][0]) &&
		    headings[field][i] != NULL && column < 0;
	     i++)
		column = weir_list_row_find(fields, headings[field][i]);
	return column;
}

bool
weir_list_row_is_heading(const struct weir_list_row *fields)
{
	const struct weir_list_value *value;
	unsigned int i;

	for (i = 0; i < fields->count; i++) {
		value = &fields->values[i];
		if (weir_list_record_recognise(value->text, value->len) >= 0)
			return false;
	}
	return true;
}

int
weir_list_row_find_name(const struct weir_list_row *fields)
{
	const struct weir_list_value *value;
	unsigned int i;

	for (i = 0; i < fields->count; i++) {
		value = &fields->values[i];
		if (weir_list_record_recognise(value->text, value->len) == 1)
			return (int)i;
	}
	return -1;
}

bool
weir_list_row_is_type(const struct weir_list_value *value)
{
	static const char *const words[] = { "domain", "host", "url", "uri",
		"ip", "hash", "md5", "sha", "mail", "fqdn", "dns" };
	char text[32];
	size_t i;

	(void)snprintf(text, sizeof(text), "%.*s", (int)value->len,
	    value->text == NULL ? "" : value->text);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(text, words[i]) != NULL)
			return true;
	return false;
}
