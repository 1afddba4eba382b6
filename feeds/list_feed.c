/*
 * list_feed.c - the format "feed": the lines of a signed feed (feed_line.h), as
 * a payload, a file of changes, or the set that its state makes (feed_merge.h).
 *
 * Lines are taken as they are, without mercy for blanks or capitals: they were
 * made by a program, and another reading of them would be another set.
 */
#include <string.h>

#include "feeds/feed_line.h"
#include "feeds/list.h"
#include "feeds/list_line.h"

static int
give(void *arg, const struct weir_list_item *item)
{
	struct weir_list_item copy = *item;

	return weir_list_give(arg, &copy, NULL, 0);
}

/* An empty line and one that begins with "#" may stand in a file made by hand. */
static int
read_line(struct weir_list_reader *reader, const char *text, size_t len)
{
	struct weir_feed_header header;
	struct weir_feed_line line;
	struct weir_name name;
	const char *why;
	int reason;

	if (weir_feed_line_parse(text, len, &line, &why) != 0 ||
	    !line.is_listed) {
		if (len == 0 || text[0] == '#' ||
		    weir_feed_header_parse(text, len, &header))
			weir_list_comment(reader);
		else
			weir_list_refuse(
			    reader, WEIR_LIST_NOT_THIS_FORMAT, text, len);
		return 0;
	}
	/* Addresses, localhost.localdomain: what no list may have. */
	reason = weir_list_judge(line.name, line.name_len, &name);
	if (reason == 0)
		return weir_feed_line_items(&line, give, reader);
	weir_list_refuse(reader, (enum weir_list_reason)(reason - 1), line.name,
	    line.name_len);
	return 0;
}

static int
recognise(const char *text, size_t len)
{
	struct weir_feed_header header;
	struct weir_feed_line line;
	const char *why;

	if (weir_feed_header_parse(text, len, &header))
		return 0;
	return weir_feed_line_parse(text, len, &line, &why) == 0 ? 1 : -1;
}

/* By its first line: none of another format is like it. */
static int
recognise_file(const char *text, size_t len)
{
	struct weir_feed_header header;

	return weir_feed_header_parse(
		   text, weir_list_line_length(text, len), &header)
		   ? 1
		   : -1;
}

const struct weir_list_format weir_list_feed = { .name = "feed",
	.recognise = recognise,
	.recognise_file = recognise_file,
	.line = read_line,
	.has_raw_lines = true,
	.has_confidence = true };
