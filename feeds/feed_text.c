/*
 * feed_text.c - searching in the sorted lines of a signed feed.
 */
#include "feeds/feed_text.h"

#include <string.h>

#include "feeds/feed_line.h"

#define FIRST_STEP 256 /* some lines */

size_t
weir_feed_text_line(const char *text, size_t len, size_t at)
{
	const char *end = at < len ? memchr(text + at, '\n', len - at) : NULL;

	return end != NULL ? (size_t)(end - text) - at : len - at;
}

size_t
weir_feed_text_after(const char *text, size_t len, size_t at)
{
	size_t end = at + weir_feed_text_line(text, len, at);

	return end < len ? end + 1 : len;
}

size_t
weir_feed_text_name(const char *text, size_t len, size_t at)
{
	size_t end = at + 1;

	while (end < len && text[end] != ' ' && text[end] != '\n')
		end++;
	return end <= len ? end - at - 1 : 0;
}

int
weir_feed_text_compare(
    const char *text, size_t len, size_t at, const char *name, size_t name_len)
{
	return weir_feed_line_compare(
	    text + at + 1, weir_feed_text_name(text, len, at), name, name_len);
}

/* Where the line begins that has `at` in it, not before `low`. */
static size_t
begin_of(const char *text, size_t low, size_t at)
{
	const char *end = memrchr(text + low, '\n', at - low);

	return end != NULL ? (size_t)(end - text) + 1 : low;
}

/* Between a line that is before the name, and one (or the end) that is not. */
static size_t
halve(const char *text, size_t len, size_t low, size_t high, const char *name,
    size_t name_len)
{
	size_t at;

	for (;;) {
		at = begin_of(text, low, low + (high - low) / 2);
		if (at <= low)
			at = weir_feed_text_after(text, len, low);
		if (at >= high)
			return high;
		if (weir_feed_text_compare(text, len, at, name, name_len) < 0)
			low = at;
		else
			high = at;
	}
}

size_t
weir_feed_text_seek(
    const char *text, size_t len, size_t at, const char *name, size_t name_len)
{
	size_t low = at, high, step = FIRST_STEP;

	if (at >= len ||
	    weir_feed_text_compare(text, len, at, name, name_len) >= 0)
		return at;
	for (;;) {
		high = len - low > step
			   ? weir_feed_text_after(text, len, low + step)
			   : len;
		if (high == len || weir_feed_text_compare(
				       text, len, high, name, name_len) >= 0)
			return halve(text, len, low, high, name, name_len);
		low = high;
		step *= 2;
	}
}
