/*
 * list_adblock.c - AdBlock syntax, as AdGuard reads it for DNS; what only
 * browsers can obey is told apart in feeds/adblock_rule.c.
 *
 *   ||example.com^                the name and what is below it
 *   ||*.example.com^              what is below it alone
 *   |example.com^                 the name alone; 0.0.0.0 example.com too
 *   @@||example.com^              an exception
 *   ||example.com^$important      goes before exceptions
 *   ||example.com^$badfilter      as if ||example.com^ were not in the list
 *   ||example.com^$denyallow=a.example.com|b.example.com
 *                                 the name, with exceptions
 *
 * A rule that blocks a part of a site, or only sometimes, is none for us.  Nor is
 * a word without an anchor where it is a piece of a URL: in a file that
 * shows at its beginning that it is for browsers.
 */
#include <string.h>

#include "feeds/adblock_rule.h"
#include "feeds/list.h"
#include "feeds/list_line.h"

/* An address and names behind it: whether it is such a line, and the names. */
static bool
cut_address(const char **text, size_t *len)
{
	const char *rest = *text, *word, *next;
	size_t rest_len = *len, after, word_len;

	if (**text == '|' || **text == '@')
		return false;
	word_len = weir_list_next_word(&rest, &rest_len, &word);
	if (!weir_list_is_address(word, word_len))
		return false;
	word = rest;
	after = rest_len;
	if (weir_list_next_word(&word, &after, &next) == 0)
		return false;
	*text = rest;
	*len = rest_len;
	return true;
}

/* Unlike in a hosts file each name is meant alone. */
static int
read_names(struct weir_list_reader *reader, const char *text, size_t len)
{
	const char *comment = memchr(text, '#', len), *word;
	struct weir_name name;
	size_t word_len;
	int error = 0;

	if (comment != NULL)
		len = (size_t)(comment - text);
	while (error == 0) {
		word_len = weir_list_next_word(&text, &len, &word);
		if (word_len == 0)
			break;
		if (weir_list_word(reader, word, word_len, &name) == 1)
			error = weir_list_item(reader, &name, WEIR_SCOPE_NAME);
	}
	return error;
}

/* The names that $denyallow takes out of the rule.  They are no exceptions
 * from other lists. */
static int
give_allowed(struct weir_list_reader *reader, const struct weir_adblock *rule,
    const char *line, size_t len)
{
	const char *text = rule->allowed;
	size_t text_len = rule->allowed_len;
	struct weir_list_item item;
	struct weir_name name;
	int error = 0;

	while (error == 0 &&
	       weir_adblock_next_allowed(&text, &text_len, &name) == 1) {
		if (!weir_adblock_is_within(&name, &rule->name))
			continue;
		item = WEIR_LIST_ITEM(&name);
		item.scope = WEIR_SCOPE_BOTH;
		item.action = WEIR_ACTION_EXCEPT;
		item.is_important = rule->is_important;
		error = weir_list_give(reader, &item, line, len);
	}
	return error;
}

static int
give_rule(struct weir_list_reader *reader, const struct weir_adblock *rule,
    const char *line, size_t len)
{
	struct weir_list_item item = WEIR_LIST_ITEM(&rule->name);
	int error;

	item.scope = rule->scope;
	item.is_important = rule->is_important && !rule->is_cancelled;
	if (rule->is_cancelled)
		item.action = WEIR_ACTION_CANCELLED;
	else if (rule->is_exception)
		item.action = weir_list_options(reader)->has_global_exceptions
				  ? WEIR_ACTION_PASS
				  : WEIR_ACTION_EXCEPT;
	error = weir_list_give(reader, &item, line, len);
	if (error != 0 || rule->allowed == NULL || rule->is_cancelled)
		return error;
	return give_allowed(reader, rule, line, len);
}

/* What stands without an anchor in a list for browsers is a piece of a URL,
 * whatever else it looks like. */
static int
reason_of_piece(int said)
{
	switch (said) {
	case 0:
	case 1 + WEIR_LIST_NOT_A_NAME:
	case 1 + WEIR_LIST_TOO_LONG:
	case 1 + WEIR_LIST_BAD_IDN:
	case 1 + WEIR_LIST_SINGLE_LABEL:
	case 1 + WEIR_LIST_LOCAL_NAME:
	case 1 + WEIR_LIST_WILDCARD:
	case 1 + WEIR_LIST_NOT_THIS_FORMAT:
		return 1 + WEIR_LIST_PATH;
	default:
		return said;
	}
}

static int
read_rule(struct weir_list_reader *reader, const char *text, size_t len)
{
	const char *line = text;
	size_t line_len = len;
	struct weir_adblock rule;
	int said;

	if (cut_address(&text, &len))
		return read_names(reader, text, len);
	said = weir_adblock_parse(text, len, &rule);
	if (rule.is_bare && weir_list_has_url_pieces(reader))
		said = reason_of_piece(said);
	if (said == 0)
		return give_rule(reader, &rule, line, line_len);
	weir_list_refuse(
	    reader, (enum weir_list_reason)(said - 1), line, line_len);
	return 0;
}

/* "[Adblock Plus 2.0]"; but "[2001:db8::1]" is an address, and
 * "[$path=/x]example.com##.ad" is a rule. */
static bool
is_header(const char *text, size_t len)
{
	return len > 2 && text[0] == '[' && text[1] != '$' &&
	       text[len - 1] == ']' && !weir_list_is_address(text, len);
}

static int
read_adblock(struct weir_list_reader *reader, const char *text, size_t len)
{
	struct weir_name name;

	/* Nearly all lines of a list for DNS. */
	if (len > 3 && text[0] == '|' && text[1] == '|' &&
	    text[len - 1] == '^' &&
	    weir_list_judge(text + 2, len - 3, &name) == 0)
		return weir_list_item(reader, &name, WEIR_SCOPE_BOTH);
	if (weir_list_line_trim(&text, &len) && !is_header(text, len))
		return read_rule(reader, text, len);
	if (weir_adblock_is_generic(text, len))
		weir_list_refuse(reader, WEIR_LIST_COSMETIC, text, len);
	else if (weir_adblock_is_directive(text, len))
		weir_list_refuse(reader, WEIR_LIST_CONFIGURATION, text, len);
	else
		weir_list_comment(reader);
	return 0;
}

/* Whether a line speaks for AdBlock syntax.  Words without an anchor are in
 * every format. */
static int
recognise_adblock(const char *text, size_t len)
{
	struct weir_adblock rule;
	int said;

	if (text[0] == '[' && is_header(text, len))
		return weir_adblock_is_header(text, len) ? 1 : -1;
	if (cut_address(&text, &len))
		return 0;
	said = weir_adblock_parse(text, len, &rule);
	if (said == 1 + WEIR_LIST_NOT_THIS_FORMAT ||
	    said == 1 + WEIR_LIST_MODIFIER)
		return rule.is_bare ? -1 : 0;
	if (said == 1 + WEIR_LIST_REGEX)
		return 0;
	return !rule.is_bare || said == 1 + WEIR_LIST_FOR_BROWSERS ||
	       said == 1 + WEIR_LIST_COSMETIC;
}

const struct weir_list_format weir_list_adblock = {
	.name = "adblock",
	.recognise = recognise_adblock,
	.line = read_adblock,
	.has_raw_lines = true,
};
