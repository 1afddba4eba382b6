/*
 * list_privoxy.c - action files of Privoxy: sections of patterns.
 *
 *   {+block{why}}       what follows is blocked
 *   .example.com        the name and all below it
 *   example.com         the name alone
 *   www.example.        names that begin so: not for us
 *   example.com/ads     a part of a site: not for us
 *   {-block}            what follows are exceptions
 *   {+hide-referrer}    what follows is another matter
 *
 * Without sections such a file is a list of domains.
 */
#include <string.h>

#include "feeds/list.h"
#include "feeds/list_config.h"
#include "feeds/list_line.h"

enum section {
	NONE = 0,
	BLOCKS,
	EXCEPTIONS
};

struct state {
	enum section section;
};

/* What a line in braces begins. */
static enum section
section_of(const char *text, size_t len)
{
	static const char word[] = "block";
	size_t i, size = strlen(word);

	for (i = 1; i + size < len; i++) {
		if (text[i] == '}')
			break;
		if (memcmp(text + i + 1, word, size) != 0)
			continue;
		if (text[i] == '+')
			return BLOCKS;
		if (text[i] == '-')
			return EXCEPTIONS;
	}
	return NONE;
}

/* The head of a section is among the first lines, and before any pattern. */
static int
recognise_privoxy_file(const char *text, size_t len)
{
	const char *line;
	size_t size, line_len;

	while (len > 0) {
		line = text;
		size = line_len = weir_list_line_length(text, len);
		text += size + (size < len);
		len -= size + (size < len);
		if (weir_list_line_trim(&line, &line_len))
			return *line == '{' &&
				       section_of(line, line_len) != NONE
				   ? 1
				   : -1;
	}
	return 0;
}

static int
read_pattern(struct weir_list_reader *reader, const char *text, size_t len)
{
	const struct state *state = weir_list_state(reader);
	const char *stroke = memchr(text, '/', len);
	unsigned int scope = WEIR_SCOPE_NAME;

	if (stroke != NULL && stroke + 1 == text + len)
		len--; /* the whole site all the same */
	else if (stroke != NULL) {
		weir_list_refuse(reader, WEIR_LIST_PATH, text, len);
		return 0;
	}
	if (len > 1 && text[len - 1] == '.') {
		weir_list_refuse(reader, WEIR_LIST_WILDCARD, text, len);
		return 0;
	}
	if (len > 1 && text[0] == '.') {
		scope = WEIR_SCOPE_BOTH;
		text++;
		len--;
	}
	return weir_list_config_name(reader, text, len, scope,
	    state->section == EXCEPTIONS ? weir_list_config_exception(reader)
					 : WEIR_ACTION_DEFAULT);
}

static int
read_privoxy(struct weir_list_reader *reader, const char *text, size_t len)
{
	struct state *state = weir_list_state(reader);

	if (*text == '{')
		state->section = section_of(text, len);
	if (*text == '{' || state->section == NONE) {
		weir_list_refuse(reader, WEIR_LIST_CONFIGURATION, text, len);
		return 0;
	}
	return read_pattern(reader, text, len);
}

const struct weir_list_format weir_list_privoxy = {
	.name = "privoxy",
	.line = read_privoxy,
	.recognise_file = recognise_privoxy_file,
	.is_sequential = true,
	.state_size = sizeof(struct state),
};
