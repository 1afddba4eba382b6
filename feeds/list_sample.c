/*
 * list_sample.c - finds out from the beginning of a file what it is.
 *
 * Each line is shown to each format; the format that understands most of them
 * is the file's.  Lists for browsers are told by rules that only they have: a
 * bare word in them is a piece of a URL, though it may look like a name.
 */
#include "feeds/list_sample.h"

#include <string.h>

#include "feeds/adblock_rule.h"
#include "feeds/list_line.h"

/* Lines that speak for a format, for each one that speaks against it. */
#define AUTO_SHARE    2
/* One rule for browsers alone in that many lines makes a list theirs. */
#define BROWSER_SHARE 8

/* What a line says of lists for browsers: 2 for their header, 1 for a rule
 * that only they have. */
static int
browser_sign(const char *line, size_t len)
{
	static const struct {
		const char *text;
		int sign;
	} signs[] = {
		{ "||", 1 },
		{ "@@", 1 },
	};
	size_t i, size;

	if (weir_adblock_is_header(line, len))
		return 2;

	for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		size = strlen(signs[i].text);
		if (len > size && memcmp(line, signs[i].text, size) == 0)
			return signs[i].sign;
	}
	return 0;
}

/* Shows a line to all formats; whether one of them knows it. */
static bool
ask_formats(const char *line, size_t len, struct weir_list_sample *sample)
{
	bool is_known = false;
	size_t i;
	int said;

	for (i = 0; weir_list_formats[i] != NULL; i++) {
		if (weir_list_formats[i]->recognise == NULL)
			continue;
		said = weir_list_formats[i]->recognise(line, len);
		sample->spoke_for[i] += said > 0;
		sample->spoke_against[i] += said < 0;
		is_known |= said > 0;
	}
	return is_known;
}

static void
take_window(const char *text, size_t len, struct weir_list_sample *sample)
{
	const char *line;
	size_t size, line_len;
	int said;

	memset(sample, 0, sizeof(*sample));
	while (len > 0) {
		line = text;
		size = line_len = weir_list_line_length(text, len);
		text += size + (size < len);
		len -= size + (size < len);
		said = weir_list_line_trim(&line, &line_len);
		sample->for_browsers += weir_adblock_is_for_browsers(
		    line, line_len);
		if (said == 0)
			continue;
		sample->line_count++;
		if (line_len > WEIR_LINE_SIZE)
			continue;
		said = browser_sign(line, line_len);
		sample->browser_rules += said == 1;
		sample->has_browser_header |= said == 2;
		if (ask_formats(line, line_len, sample) || sample->odd != NULL)
			continue;
		sample->odd = line;
		sample->odd_len = line_len;
	}
}

/* Some lists hold bare names first and rules for browsers behind. */
bool
weir_list_sample_is_for_browsers(const struct weir_list_sample *sample)
{
	unsigned long most = 0;
	size_t i;

	for (i = 0; weir_list_formats[i] != NULL; i++)
		if (weir_list_formats[i] != &weir_list_adblock &&
		    sample->spoke_for[i] > most)
			most = sample->spoke_for[i];
	return sample->has_browser_header || sample->browser_rules > most;
}

const struct weir_list_format *
weir_list_sample_format(const struct weir_list_sample *sample)
{
	const struct weir_list_format *best = NULL;
	unsigned long most = 0;
	size_t i;

	if (sample->has_browser_header)
		return &weir_list_adblock;
	for (i = 0; weir_list_formats[i] != NULL; i++) {
		if (sample->spoke_for[i] <= most ||
		    sample->spoke_against[i] * AUTO_SHARE >
			sample->spoke_for[i])
			continue;
		best = weir_list_formats[i];
		most = sample->spoke_for[i];
	}
	return weir_list_sample_is_for_browsers(sample) &&
		       best != &weir_list_adblock
		   ? NULL
		   : best;
}

/* The next stretch of whole lines to look at. */
static size_t
window(const char *text, size_t len)
{
	size_t at = len;

	if (len <= WEIR_LIST_SAMPLE)
		return len;
	for (at = WEIR_LIST_SAMPLE; at > 0; at--)
		if (text[at - 1] == '\n' || text[at - 1] == '\r')
			return at;
	return len;
}

void
weir_list_sample_take(
    const char *text, size_t len, struct weir_list_sample *ret_sample)
{
	size_t at = 0, size;

	ret_sample->line_count = 0;
	while (at < len && ret_sample->line_count == 0) {
		size = window(text + at, len - at);
		take_window(text + at, size, ret_sample);
		at += size;
	}
}

bool
weir_list_sample_has_url_pieces(const struct weir_list_sample *sample)
{
	return sample->for_browsers * BROWSER_SHARE >= sample->line_count;
}
