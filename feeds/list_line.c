/*
 * list_line.c - the lines of a list file and the words on them.
 */
#include "feeds/list_line.h"

#include <stdint.h>
#include <string.h>

#include "feeds/list.h"

/* Whether one of eight octets may be less than `than`, at most 0x80: true if
 * one is, and now and then if none is. */
static bool
has_less(const char *text, unsigned int than)
{
	const uint64_t ones = 0x0101010101010101ULL;
	uint64_t octets;

	memcpy(&octets, text, 8);
	return ((octets - ones * than) & ~octets & (ones << 7)) != 0;
}

static bool
is_end_of_line(char octet)
{
	return octet == '\n' || octet == '\r';
}

size_t
weir_list_line_length(const char *text, size_t len)
{
	size_t at = 0, stop;

	while (at < len) {
		/* Ends of lines are among the control characters. */
		while (len - at >= 8 && !has_less(text + at, '\r' + 1))
			at += 8;
		stop = len - at < 8 ? len : at + 8;
		while (at < stop && !is_end_of_line(text[at]))
			at++;
		if (at < stop)
			break;
	}
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
	while (end - at >= 8 && !has_less(at, ' ' + 1))
		at += 8;
	while (at < end && !is_blank(*at))
		at++;
	*text = at;
	*len = (size_t)(end - at);
	if (word < at && (*word == '#' || *word == ';' || *word == '!'))
		return 0;
	*ret_word = word;
	return (size_t)(at - word);
}
