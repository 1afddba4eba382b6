/*
 * list_sample.h - finds out from the beginning of a file what it is.  For the
 * frame, feeds/list.c.
 */
#ifndef WEIR_FEEDS_LIST_SAMPLE_H
#define WEIR_FEEDS_LIST_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>

#include "feeds/list.h"

#define WEIR_LIST_FORMATS 16 /* places in the table */

/* Ends with a NULL. */
extern const struct weir_list_format
    *const weir_list_formats[WEIR_LIST_FORMATS];

/** What the lines of a sample say. */
struct weir_list_sample {
	unsigned long line_count; /* without comments */
	unsigned long browser_rules;
	bool has_browser_header;
	unsigned long for_browsers; /* rules that only a browser can obey */
	unsigned long spoke_for[WEIR_LIST_FORMATS];
	unsigned long spoke_against[WEIR_LIST_FORMATS];
	const char *odd; /* in the text, the first that no format knows; NULL */
	size_t odd_len;
};

/** Looks at the first lines of a text that are no comments, about
 *  WEIR_LIST_SAMPLE octets of them. */
void weir_list_sample_take(
    const char *text, size_t len, struct weir_list_sample *ret_sample);

/** Whether it is a list for browsers. */
bool weir_list_sample_is_for_browsers(const struct weir_list_sample *sample);

/** Whether words without an anchor are pieces of URLs in it. */
bool weir_list_sample_has_url_pieces(const struct weir_list_sample *sample);

/** The format that explains the sample, NULL for none. */
const struct weir_list_format *
weir_list_sample_format(const struct weir_list_sample *sample);

#endif
