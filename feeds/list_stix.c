/*
 * list_stix.c - STIX 2.0 and 2.1: bundles, and what TAXII servers send.
 *
 *   {"type": "bundle", "objects": [{"type": "indicator",
 *       "pattern": "[domain-name:value = 'example.com']", ...}, ...]}
 *
 * Of the objects only indicators are for blocking: a domain-name object alone
 * is something that was seen.  A pattern (STIX 2.1, section 9) is obeyed if it
 * asks for one of several names or URLs, and for nothing else:
 *
 *   pattern      = observation *(OR observation)
 *   observation  = "[" comparison *(OR comparison) "]" / "(" pattern ")"
 *   comparison   = path "=" text / path IN "(" text *("," text) ")"
 *                / "(" comparison *(OR comparison) ")"
 *
 * With AND, FOLLOWEDBY, NOT, LIKE, MATCHES, or a qualifier behind it, a name of
 * it alone is no reason to block: the whole pattern is refused.
 */
#include <string.h>

#include "feeds/list_record.h"
#include "feeds/list_time.h"
#include "feeds/list_walk.h"

/* A group in a group in ... */
#define NESTING_MAX 16

enum value {
	PATTERN,
	TYPE,
	PATTERN_TYPE,
	VALID_FROM,
	VALID_UNTIL,
	CONFIDENCE,
	REVOKED,
	INDICATOR_TYPE,
	LABEL
};

static const struct weir_json_plan plan = {
	.values = {
	    [PATTERN] = "pattern",
	    [TYPE] = "type",
	    [PATTERN_TYPE] = "pattern_type",
	    [VALID_FROM] = "valid_from",
	    [VALID_UNTIL] = "valid_until",
	    [CONFIDENCE] = "confidence",
	    [REVOKED] = "revoked",
	    [INDICATOR_TYPE] = "indicator_types[]",
	    [LABEL] = "labels[]",
	},
};

/* --- patterns ------------------------------------------------------------ */

enum token_kind {
	END,
	WORD, /* a path, AND, OR ... */
	TEXT, /* 'text' */
	MARK, /* one octet of punctuation, or == and the like */
	JUNK
};

struct token {
	enum token_kind kind;
	const char *at;
	size_t len;
};

struct pattern {
	const char *at, *end;
	struct token token; /* the next one */
	unsigned int nesting;
	/* The first pass only looks; the second hands names on. */
	struct weir_list_reader *reader; /* NULL: look only */
	struct weir_list_record *record;
	int error; /* of the consumer */
};

static bool
is_of_word(char octet)
{
	return (octet >= 'a' && octet <= 'z') ||
	       (octet >= 'A' && octet <= 'Z') ||
	       (octet >= '0' && octet <= '9') || octet == '-' || octet == '_' ||
	       octet == ':' || octet == '.';
}

/* A text, without its quotes; escapes are still in it. */
static struct token
take_text(struct pattern *pattern)
{
	struct token token = { TEXT, ++pattern->at, 0 };

	while (pattern->at < pattern->end && *pattern->at != '\'')
		pattern->at += *pattern->at == '\\' ? 2 : 1;
	if (pattern->at >= pattern->end) {
		pattern->at = pattern->end;
		return (struct token){ JUNK, token.at, 0 };
	}
	token.len = (size_t)(pattern->at++ - token.at);
	return token;
}

static void
next(struct pattern *pattern)
{
	struct token token = { END, NULL, 0 };

	while (pattern->at < pattern->end &&
	       (*pattern->at == ' ' || *pattern->at == '\t' ||
		   *pattern->at == '\n' || *pattern->at == '\r'))
		pattern->at++;
	token.at = pattern->at;
	if (pattern->at == pattern->end) {
		pattern->token = token;
		return;
	}
	if (*pattern->at == '\'') {
		pattern->token = take_text(pattern);
		return;
	}
	token.kind = is_of_word(*pattern->at) ? WORD : MARK;
	do {
		pattern->at++;
		token.len++;
	} while (token.kind == WORD && pattern->at < pattern->end &&
		 is_of_word(*pattern->at));
	pattern->token = token;
}

static bool
is_token(const struct token *token, const char *text)
{
	return (token->kind == MARK || token->kind == WORD) &&
	       token->len == strlen(text) &&
	       memcmp(token->at, text, token->len) == 0;
}

/* Goes on if the next token is this one. */
static bool
accept(struct pattern *pattern, const char *text)
{
	if (!is_token(&pattern->token, text))
		return false;
	next(pattern);
	return true;
}

/* Hands a name on, without the escapes of the text. */
static void
give(struct pattern *pattern, const struct token *text)
{
	struct weir_list_value *name =
	    &pattern->record->values[WEIR_LIST_FIELD_NAME];
	char plain[2048];
	size_t i, len = 0;

	for (i = 0; i < text->len && len < sizeof(plain); i++) {
		if (text->at[i] == '\\' && i + 1 < text->len)
			i++;
		plain[len++] = text->at[i];
	}
	*name = (struct weir_list_value){ plain, len };
	pattern->error = weir_list_record_give(
	    pattern->reader, pattern->record);
	*name = (struct weir_list_value){ NULL, 0 };
}

static bool
take_value(struct pattern *pattern, bool is_name)
{
	struct token text = pattern->token;

	if (text.kind != TEXT)
		return false;
	next(pattern);
	if (pattern->reader == NULL || pattern->error != 0)
		return true;
	if (is_name)
		give(pattern, &text);
	else
		weir_list_refuse(
		    pattern->reader, WEIR_LIST_NO_INDICATOR, text.at, text.len);
	return true;
}

/* The path of an object's property; [*], hashes.'SHA-256' may be in it. */
static bool
take_path(struct pattern *pattern, bool *ret_is_name)
{
	const struct token *token = &pattern->token;

	if (token->kind != WORD || is_token(token, "NOT"))
		return false;
	*ret_is_name = is_token(token, "domain-name:value") ||
		       is_token(token, "url:value") ||
		       is_token(token, "hostname:value") ||
		       is_token(token, "x-opencti-hostname:value");
	next(pattern);
	while (pattern->token.kind == TEXT || pattern->token.kind == WORD ||
	       is_token(&pattern->token, "[") ||
	       is_token(&pattern->token, "*") ||
	       is_token(&pattern->token, "]")) {
		if (is_token(&pattern->token, "IN"))
			return true;
		*ret_is_name = false;
		if (is_token(&pattern->token, "NOT") ||
		    is_token(&pattern->token, "LIKE") ||
		    is_token(&pattern->token, "MATCHES"))
			return false;
		next(pattern);
	}
	return true;
}

static bool
take_comparison(struct pattern *pattern)
{
	bool is_name, is_right;

	if (!take_path(pattern, &is_name))
		return false;
	if (accept(pattern, "=")) {
		(void)accept(pattern, "="); /* "==" in old files */
		return take_value(pattern, is_name);
	}
	if (!accept(pattern, "IN") || !accept(pattern, "("))
		return false;
	do {
		is_right = take_value(pattern, is_name);
	} while (is_right && accept(pattern, ","));
	return is_right && accept(pattern, ")");
}

/* Comparisons with OR between them; groups of them. */
static bool
take_comparisons(struct pattern *pattern)
{
	bool is_right;

	if (++pattern->nesting > NESTING_MAX)
		return false;
	do {
		if (accept(pattern, "("))
			is_right = take_comparisons(pattern) &&
				   accept(pattern, ")");
		else
			is_right = take_comparison(pattern);
	} while (is_right && accept(pattern, "OR"));
	pattern->nesting--;
	return is_right;
}

/* Observations with OR between them; groups of them. */
static bool
take_observations(struct pattern *pattern)
{
	bool is_right;

	if (++pattern->nesting > NESTING_MAX)
		return false;
	do {
		if (accept(pattern, "("))
			is_right = take_observations(pattern) &&
				   accept(pattern, ")");
		else
			is_right = accept(pattern, "[") &&
				   take_comparisons(pattern) &&
				   accept(pattern, "]");
	} while (is_right && accept(pattern, "OR"));
	pattern->nesting--;
	return is_right;
}

/* Once through the pattern; whether it is one that can be obeyed. */
static bool
take_pattern(struct pattern *pattern, const struct weir_json_value *text)
{
	pattern->at = text->text;
	pattern->end = text->text + text->len;
	pattern->nesting = 0;
	next(pattern);
	return take_observations(pattern) && pattern->token.kind == END;
}

/* --- indicators ---------------------------------------------------------- */

static bool
is_text(const struct weir_json_value *value, const char *text)
{
	return value->kind != WEIR_JSON_ABSENT &&
	       strcmp(value->text, text) == 0;
}

/* Why an indicator is not for blocking now; the count if it is. */
static enum weir_list_reason
reason_of(const struct weir_json_value *values, uint32_t now)
{
	const struct weir_json_value *from = &values[VALID_FROM];
	uint32_t seconds;

	if (values[PATTERN].is_cut)
		return WEIR_LIST_TOO_LONG;
	if (values[PATTERN].kind != WEIR_JSON_STRING ||
	    (values[PATTERN_TYPE].kind == WEIR_JSON_STRING &&
		!is_text(&values[PATTERN_TYPE], "stix")))
		return WEIR_LIST_NO_INDICATOR;
	if (is_text(&values[REVOKED], "true") ||
	    is_text(&values[INDICATOR_TYPE], "benign") ||
	    is_text(&values[LABEL], "benign"))
		return WEIR_LIST_NOT_TO_BLOCK;
	/* Not yet: a later apply takes it. */
	if (now != 0 && from->kind == WEIR_JSON_STRING &&
	    weir_list_time_parse(from->text, from->len, &seconds) &&
	    seconds > now)
		return WEIR_LIST_NOT_TO_BLOCK;
	return WEIR_LIST_REASON_COUNT;
}

static int
take_indicator(
    struct weir_list_reader *reader, const struct weir_json_value *values)
{
	const struct weir_json_value *text = &values[PATTERN];
	const struct weir_json_value *category = &values[INDICATOR_TYPE];
	struct weir_list_record record = { .is_from_url = false };
	struct pattern pattern = { .record = &record };
	enum weir_list_reason reason;

	reason = reason_of(values, weir_list_options(reader)->now_unix);
	if (reason == WEIR_LIST_REASON_COUNT && !take_pattern(&pattern, text))
		reason = WEIR_LIST_PATTERN;
	if (reason != WEIR_LIST_REASON_COUNT) {
		weir_list_refuse(reader, reason,
		    text->text == NULL ? "" : text->text, text->len);
		return 0;
	}
	if (category->kind == WEIR_JSON_ABSENT)
		category = &values[LABEL];
	record.values[WEIR_LIST_FIELD_CATEGORY] = weir_list_walk_value(
	    category);
	record.values[WEIR_LIST_FIELD_CONFIDENCE] = weir_list_walk_value(
	    &values[CONFIDENCE]);
	record.values[WEIR_LIST_FIELD_FIRST_SEEN] = weir_list_walk_value(
	    &values[VALID_FROM]);
	record.values[WEIR_LIST_FIELD_VALID_UNTIL] = weir_list_walk_value(
	    &values[VALID_UNTIL]);
	pattern.reader = reader;
	(void)take_pattern(&pattern, text);
	return pattern.error;
}

static int
take_object(
    struct weir_list_reader *reader, const struct weir_json_record *record)
{
	if (!is_text(&record->values[TYPE], "indicator"))
		return 0;
	return take_indicator(reader, record->values);
}

static int
recognise_stix(const char *text, size_t len)
{
	char first = weir_list_walk_first(text, len);

	if (first != '{' && first != '[')
		return -1;
	if (weir_list_walk_has_key(text, len, "objects") &&
	    (memmem(text, len, "\"bundle\"", 8) != NULL ||
		weir_list_walk_has_key(text, len, "spec_version")))
		return 1;
	return weir_list_walk_has_key(text, len, "pattern") &&
		       weir_list_walk_has_key(text, len, "valid_from")
		   ? 1
		   : -1;
}

/* Where the indicators are: in a bundle, in an array, in a line each. */
static int
read_stix(struct weir_list_reader *reader, const char *text, size_t len)
{
	struct weir_list_walk *walk = weir_list_state(reader);
	struct weir_json_plan of_file = plan;
	int error = 0;

	if (walk->walk == NULL) {
		of_file.is_lines = weir_list_walk_is_lines(text, len);
		if (weir_list_walk_first(text, len) == '[')
			of_file.places[0] = "[]";
		else if (weir_list_walk_has_key(text, len, "objects"))
			of_file.places[0] = "objects[]";
		else
			of_file.places[0] = "";
		error = weir_list_walk_begin(
		    reader, walk, &of_file, take_object);
	}
	return error != 0 ? error
			  : weir_list_walk_read(reader, walk, text, len);
}

static int
end_stix(struct weir_list_reader *reader, bool is_whole)
{
	return weir_list_walk_end(reader, weir_list_state(reader), is_whole);
}

const struct weir_list_format weir_list_stix = {
	.name = "stix",
	.recognise_file = recognise_stix,
	.has_confidence = true,
	.document = read_stix,
	.end = end_stix,
	.state_size = sizeof(struct weir_list_walk),
};
