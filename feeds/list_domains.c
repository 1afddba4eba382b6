/*
 * list_domains.c - plain domains: one name on a line.
 *
 *   example.com        as the feed says (its setting "subdomains")
 *   *.example.com      what is below it; in the format "wildcard" the name too
 *   .example.com       the name and what is below it, as proxies write it
 *   =example.com       the name alone, as dnscrypt-proxy writes it
 *   example.com # why  a comment behind it
 *
 * A list in which each line begins with *. is meant for programs that take the
 * name itself for a part of it, and lists the name nowhere else: that is the
 * format "wildcard".
 *
 * A line with two words is a rule of something else (a zone file, a resolver's
 * configuration), whose first word may well be a name that it allows.
 */
#include "feeds/list.h"

/* What stands before the name; says the scope. */
static unsigned int
cut_prefix(const char **word, size_t *len)
{
	unsigned int scope = 0;
	size_t prefix = 0;

	if (*len > 1 && (*word)[0] == '=') {
		scope = WEIR_SCOPE_NAME;
		prefix = 1;
	} else if (*len > 2 && (*word)[0] == '*' && (*word)[1] == '.') {
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

static int
recognise_domains(const char *text, size_t len)
{
	struct weir_name name;
	const char *word, *next;
	size_t word_len = weir_list_next_word(&text, &len, &word);

	if (weir_list_next_word(&text, &len, &next) > 0)
		return -1;
	cut_prefix(&word, &word_len);
	switch (weir_list_judge(word, word_len, &name)) {
	case 0:
		return 1;
	case 1 + WEIR_LIST_NOT_A_NAME:
	case 1 + WEIR_LIST_TOO_LONG:
	case 1 + WEIR_LIST_BAD_IDN:
	case 1 + WEIR_LIST_NOT_THIS_FORMAT:
		return -1;
	default:
		return 0;
	}
}

static int
recognise_wildcard(const char *text, size_t len)
{
	int said = recognise_domains(text, len);

	return said != 1 || (len > 2 && text[0] == '*' && text[1] == '.') ? said
									  : -1;
}

/* star_scope: what *. stands for. */
static int
read_line(struct weir_list_reader *reader, const char *text, size_t len,
    unsigned int star_scope)
{
	struct weir_name name;
	const char *line = text, *word, *next;
	size_t line_len = len;
	size_t word_len = weir_list_next_word(&text, &len, &word);
	unsigned int scope;

	if (weir_list_is_for_browsers(reader) ||
	    weir_list_next_word(&text, &len, &next) > 0) {
		weir_list_refuse(
		    reader, WEIR_LIST_NOT_THIS_FORMAT, line, line_len);
		return 0;
	}
	scope = cut_prefix(&word, &word_len);
	if (scope == WEIR_SCOPE_SUBDOMAINS)
		scope = star_scope;
	if (weir_list_word(reader, word, word_len, &name) == 0)
		return 0;
	return weir_list_item(reader, &name, scope);
}

static int
read_domains(struct weir_list_reader *reader, const char *text, size_t len)
{
	return read_line(reader, text, len, WEIR_SCOPE_SUBDOMAINS);
}

static int
read_wildcard(struct weir_list_reader *reader, const char *text, size_t len)
{
	return read_line(reader, text, len, WEIR_SCOPE_BOTH);
}

const struct weir_list_format weir_list_domains = {
	.name = "domains",
	.recognise = recognise_domains,
	.line = read_domains,
};

const struct weir_list_format weir_list_wildcard = {
	.name = "wildcard",
	.recognise = recognise_wildcard,
	.line = read_wildcard,
};
