/*
 * list_line.c - the lines of a list file and the words on them.
 */
#include "feeds/list_line.h"

#include <string.h>

#include "feeds/list.h"

size_t
weir_list_line_length(const char *text, size_t len)
{
	size_t at = 0;

	while (at < len && text[at] != '\n' && text[at] != '\r')
		at++;
	return at;
}

static bool
is_blank(char octet)
{
	return octet == ' ' || octet == '\t' || octet == '\v' || octet == '\f';
}

bool
weir_list_line_trim(const char **line, size_t *len)
{
	const char *at = *line, *end = *line + *len;

	if (end - at >= 3 && memcmp(at, "\357\273\277", 3) == 0)
		at += 3;
	while (at < end && is_blank(*at))
		at++;
	while (end > at && is_blank(end[-1]))
		end--;
	*line = at;
	*len = (size_t)(end - at);
	return at < end && *at != '#' && *at != ';' && *at != '!';
}

size_t
weir_list_next_word(const char **text, size_t *len, const char **ret_word)
{
	const char *at = *text, *end = *text + *len, *word;

	while (at < end && is_blank(*at))
		at++;
	word = at;
	while (at < end && !is_blank(*at))
		at++;
	*text = at;
	*len = (size_t)(end - at);
	if (word < at && (*word == '#' || *word == ';' || *word == '!'))
		return 0;
	*ret_word = word;
	return (size_t)(at - word);
}
