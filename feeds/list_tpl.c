/*
 * list_tpl.c - tracking protection lists, as Internet Explorer had them.
 *
 *   msFilterList            the first line
 *   : Expires=1             a setting
 *   -d example.com          the name and all below it
 *   -d example.com /ad      only what has that in its URL: not for us
 *   - /banner/              the same, wherever it is
 *   +d example.com          an exception
 */
#include <string.h>

#include "feeds/list.h"
#include "feeds/list_config.h"

static const char head[] = "msFilterList";

static bool
is_rule(const char *text, size_t len)
{
	return len > 3 && (text[0] == '-' || text[0] == '+') &&
	       text[1] == 'd' && (text[2] == ' ' || text[2] == '\t');
}

static int
recognise_tpl(const char *text, size_t len)
{
	return is_rule(text, len) || weir_list_config_is(text, len, head) ? 1
									  : -1;
}

static int
recognise_tpl_file(const char *text, size_t len)
{
	if (len >= 3 && memcmp(text, "\357\273\277", 3) == 0) {
		text += 3;
		len -= 3;
	}
	return len >= strlen(head) && memcmp(text, head, strlen(head)) == 0
		   ? 1
		   : -1;
}

/* A line that names no domain. */
static enum weir_list_reason
reason_of_line(const char *text, size_t len)
{
	if (text[0] == ':' || weir_list_config_is(text, len, head))
		return WEIR_LIST_CONFIGURATION;
	if (len > 1 && (text[0] == '-' || text[0] == '+') && text[1] == ' ')
		return WEIR_LIST_PATH;
	return WEIR_LIST_NOT_THIS_FORMAT;
}

static int
read_tpl(struct weir_list_reader *reader, const char *text, size_t len)
{
	const char *line = text, *word, *rest;
	size_t line_len = len, word_len;
	bool is_exception = text[0] == '+';

	if (!is_rule(text, len)) {
		weir_list_refuse(reader, reason_of_line(text, len), text, len);
		return 0;
	}
	text += 2;
	len -= 2;
	word_len = weir_list_next_word(&text, &len, &word);
	if (word_len > 0 && weir_list_next_word(&text, &len, &rest) > 0) {
		weir_list_refuse(reader, WEIR_LIST_PATH, line, line_len);
		return 0;
	}
	if (word_len == 0) {
		weir_list_refuse(reader, WEIR_LIST_NOT_A_NAME, line, line_len);
		return 0;
	}
	return weir_list_config_name(reader, word, word_len, WEIR_SCOPE_BOTH,
	    is_exception ? weir_list_config_exception(reader)
			 : WEIR_ACTION_DEFAULT);
}

const struct weir_list_format weir_list_tpl = {
	.name = "tpl",
	.recognise = recognise_tpl,
	.line = read_tpl,
	.recognise_file = recognise_tpl_file,
};
