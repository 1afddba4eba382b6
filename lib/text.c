/*
 * text.c - texts made fit to be shown.  See text.h.
 */
#include "lib/text.h"

#include <string.h>

/* A character of UTF-8, RFC 3629: its octets; 0: it is none. */
static size_t
decode(const unsigned char *text, unsigned int *ret_point)
{
	static const unsigned int least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned int point = text[0];
	size_t len = 1, i;

	if (point >= 0xf0 && point < 0xf8)
		len = 4;
	else if (point >= 0xe0)
		len = 3;
	else if (point >= 0xc0)
		len = 2;
	else if (point >= 0x80)
		return 0;
	if (len > 1)
		point &= 0x7fU >> len;
	for (i = 1; i < len; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (text[i] & 0x3fU);
	}
	if (text[0] >= 0xf8 || point < least[len] || point > 0x10ffff ||
	    (point >= 0xd800 && point < 0xe000))
		return 0;
	*ret_point = point;
	return len;
}

static bool
is_shown(unsigned int point)
{
	static const unsigned int hidden[][2] = {
		{ 0, 0x1f }, { 0x7f, 0x9f },            /* control characters */
		{ 0x61c, 0x61c }, { 0x200b, 0x200f },   /* marks of direction */
		{ 0x2028, 0x202e }, { 0x2060, 0x206f }, /* lines, direction */
		{ 0xfeff, 0xfeff }, { 0xfff9, 0xfffb },
		{ 0xe0000, 0xe007f } /* tags */
	};
	size_t i;

	for (i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (point >= hidden[i][0] && point <= hidden[i][1])
			return false;
	return true;
}

size_t
weir_text_character(const char *text, bool *ret_is_shown)
{
	unsigned int point = 0;
	size_t len = decode((const unsigned char *)text, &point);

	*ret_is_shown = len > 0 && is_shown(point);
	return len > 0 ? len : 1;
}

void
weir_text_clean(char *text)
{
	bool is_fit;
	size_t len;

	for (; *text != '\0'; text += len) {
		len = weir_text_character(text, &is_fit);
		if (!is_fit)
			memset(text, '?', len);
	}
}
