/*
 * list_bind.c - pieces of named.conf(5): zones that are empty here.
 *
 *   zone "example.com" { type master; file "null.zone.file"; };
 *
 * on one line or on several, with or without a class.  All such zones of a list
 * share one file of zone data; what it says is not known, so the feed's action
 * holds, for the name and all below it.  A zone whose file is called after it
 * has data of its own and is no block; zones of forwarders, and those that are
 * fetched from elsewhere, are none either.
 */
#include <string.h>
#include <strings.h>

#include "feeds/list.h"
#include "feeds/list_config.h"

#define WORDS     3   /* of a statement: zone "NAME" CLASS */
#define WORD_SIZE 320 /* more than any name, and as much of a path as counts */

enum zone_type {
	NONE = 0,
	OWN,
	FORWARDED,
	ELSEWHERE,
	STRANGE
};

static const struct {
	const char *text;
	enum zone_type type;
} types[] = {
	{ "master", OWN },
	{ "primary", OWN },
	{ "forward", FORWARDED },
	{ "stub", FORWARDED },
	{ "static-stub", FORWARDED },
	{ "slave", ELSEWHERE },
	{ "secondary", ELSEWHERE },
	{ "mirror", ELSEWHERE },
	{ "hint", ELSEWHERE },
	{ "delegation-only", ELSEWHERE },
	{ "redirect", ELSEWHERE },
};

struct state {
	bool is_in_comment;
	uint64_t depth;               /* braces that are open */
	uint64_t base;                /* where zones stand: 1 in a view */
	char words[WORDS][WORD_SIZE]; /* of the statement at hand */
	unsigned int word_count;
	struct {
		bool is_open, has_file, is_other_class;
		enum zone_type type;
		char name[WORD_SIZE], file[WORD_SIZE];
	} zone;
};

static const char *const zone_settings[] = { "type", "file", "notify",
	"allow-query", "allow-transfer", "allow-update", "check-names",
	"masters", "primaries", "forward", "forwarders", "zone-statistics",
	"in-view", NULL };

static int
recognise_bind(const char *text, size_t len)
{
	const char *line = text;
	size_t line_len = len;
	struct weir_list_token word;

	if (!weir_list_config_token(&text, &len, "{};", &word))
		return 0;
	if (weir_list_config_is(word.text, word.len, "zone") &&
	    !word.is_quoted && len > 0)
		return 1;
	if (strchr("{};", line[line_len - 1]) != NULL &&
	    weir_list_config_is_one(word.text, word.len, zone_settings))
		return 1;
	if (strchr("{};", line[line_len - 1]) != NULL ||
	    (line_len > 1 && line[0] == '/' &&
		(line[1] == '/' || line[1] == '*')))
		return 0;
	return -1;
}

static void
open_zone(struct state *state)
{
	memset(&state->zone, 0, sizeof(state->zone));
	state->zone.is_open = true;
	if (state->word_count > 1)
		memcpy(state->zone.name, state->words[1], WORD_SIZE);
	state->zone.is_other_class = state->word_count > 2 &&
				     strcasecmp(state->words[2], "in") != 0;
}

/* One of the zone's settings. */
static void
set_zone(struct state *state)
{
	size_t i;

	if (state->word_count < 2)
		return;
	if (strcasecmp(state->words[0], "file") == 0 ||
	    strcasecmp(state->words[0], "database") == 0) {
		memcpy(state->zone.file, state->words[1], WORD_SIZE);
		state->zone.has_file = true;
		return;
	}
	if (strcasecmp(state->words[0], "type") != 0)
		return;
	state->zone.type = STRANGE;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcasecmp(state->words[1], types[i].text) == 0)
			state->zone.type = types[i].type;
}

/* Whether the zone's file is called after it. */
static bool
has_own_file(const struct state *state)
{
	char name[WORD_SIZE];
	size_t len;

	memcpy(name, state->zone.name, WORD_SIZE);
	len = strlen(name);
	if (len > 0 && name[len - 1] == '.')
		name[--len] = '\0';
	return len > 0 && strcasestr(state->zone.file, name) != NULL;
}

static int
close_zone(struct weir_list_reader *reader, struct state *state)
{
	const char *name = state->zone.name;
	enum weir_list_reason reason = WEIR_LIST_BROKEN;

	state->zone.is_open = false;
	switch (state->zone.type) {
	case OWN:
		if (state->zone.is_other_class || has_own_file(state))
			reason = WEIR_LIST_CONFIGURATION;
		else if (state->zone.has_file)
			return weir_list_config_name(reader, name, strlen(name),
			    WEIR_SCOPE_BOTH, WEIR_ACTION_DEFAULT);
		break;
	case FORWARDED:
		reason = WEIR_LIST_FORWARDING;
		break;
	case ELSEWHERE:
		reason = WEIR_LIST_CONFIGURATION;
		break;
	case STRANGE:
		reason = WEIR_LIST_ACTION;
		break;
	case NONE:
		break;
	}
	weir_list_refuse(reader, reason, name, strlen(name));
	return 0;
}

static void
open_brace(struct weir_list_reader *reader, struct state *state)
{
	const char *word = state->words[0];

	state->depth++;
	if (state->depth != state->base + 1)
		return;
	if (state->word_count > 0 && strcasecmp(word, "zone") == 0)
		open_zone(state);
	else if (state->word_count > 0 && state->base == 0 &&
		 strcasecmp(word, "view") == 0)
		state->base = 1;
	else
		weir_list_refuse(reader,
		    state->word_count > 0 ? WEIR_LIST_CONFIGURATION
					  : WEIR_LIST_BROKEN,
		    word, strlen(word));
}

static int
close_brace(struct weir_list_reader *reader, struct state *state)
{
	int error = 0;

	if (state->depth == 0) {
		weir_list_refuse(reader, WEIR_LIST_BROKEN, "}", 1);
		return 0;
	}
	if (state->zone.is_open && state->depth == state->base + 1)
		error = close_zone(reader, state);
	else if (state->base == 1 && state->depth == 1)
		state->base = 0;
	state->depth--;
	return error;
}

static void
end_statement(struct weir_list_reader *reader, struct state *state)
{
	if (state->word_count == 0)
		return;
	if (state->zone.is_open && state->depth == state->base + 1)
		set_zone(state);
	else if (state->depth == state->base)
		weir_list_refuse(reader, WEIR_LIST_CONFIGURATION,
		    state->words[0], strlen(state->words[0]));
}

static void
add_word(struct state *state, const struct weir_list_token *token)
{
	size_t len = token->len < WORD_SIZE ? token->len : WORD_SIZE - 1;
	char *word;
	size_t i;

	if (state->word_count == WORDS)
		return;
	word = state->words[state->word_count++];
	memset(word, 0, WORD_SIZE);
	for (i = 0; i < len; i++) /* a NUL would end it: no name has a blank */
		word[i] = token->text[i] == '\0' ? ' ' : token->text[i];
}

static int
take_token(struct weir_list_reader *reader, const struct weir_list_token *token)
{
	struct state *state = weir_list_state(reader);
	char mark = token->is_quoted ? '"' : token->text[0];
	int error = 0;

	switch (mark) {
	case '{':
		open_brace(reader, state);
		break;
	case '}':
		error = close_brace(reader, state);
		break;
	case ';':
		end_statement(reader, state);
		break;
	default:
		add_word(state, token);
		return 0;
	}
	state->word_count = 0;
	return error;
}

/* Goes past a comment that ends with an asterisk and a stroke. */
static void
skip_comment(struct state *state, const char **text, size_t *len)
{
	const char *end = memmem(*text, *len, "*/", 2);

	state->is_in_comment = end == NULL;
	end = end == NULL ? *text + *len : end + 2;
	*len -= (size_t)(end - *text);
	*text = end;
}

static int
read_bind(struct weir_list_reader *reader, const char *text, size_t len)
{
	struct state *state = weir_list_state(reader);
	struct weir_list_token token;
	int error = 0;

	while (error == 0) {
		if (state->is_in_comment)
			skip_comment(state, &text, &len);
		if (!weir_list_config_token(&text, &len, "{};", &token))
			break;
		if (!token.is_quoted && token.len >= 2 &&
		    memcmp(token.text, "//", 2) == 0)
			break;
		if (!token.is_quoted && token.len >= 2 &&
		    memcmp(token.text, "/*", 2) == 0) {
			len += (size_t)(text - token.text) - 2;
			text = token.text + 2;
			state->is_in_comment = true;
			continue;
		}
		error = take_token(reader, &token);
	}
	return error;
}

static int
end_bind(struct weir_list_reader *reader, bool is_whole)
{
	struct state *state = weir_list_state(reader);

	if (is_whole && state->depth > 0)
		weir_list_refuse(reader, WEIR_LIST_BROKEN, state->zone.name,
		    strlen(state->zone.name));
	return 0;
}

const struct weir_list_format weir_list_bind = {
	.name = "bind",
	.recognise = recognise_bind,
	.line = read_bind,
	.is_sequential = true,
	.end = end_bind,
	.state_size = sizeof(struct state),
};
