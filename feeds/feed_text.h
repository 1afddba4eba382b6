/*
 * feed_text.h - searching in the sorted lines of a signed feed: a payload as it
 * lies mapped (feed_state.h).
 *
 * The lines were checked when the payload was taken.  Nothing here relies on
 * that: whatever the octets are, nothing outside of them is read, and each search
 * ends.
 */
#ifndef WEIR_FEEDS_FEED_TEXT_H
#define WEIR_FEEDS_FEED_TEXT_H

#include <stddef.h>

/** The length of the line at `at`, without its LF. */
size_t weir_feed_text_line(const char *text, size_t len, size_t at);

/** Where the line behind that at `at` begins; `len` at the end. */
size_t weir_feed_text_after(const char *text, size_t len, size_t at);

/** The length of the name that the line at `at` has behind its sign. */
size_t weir_feed_text_name(const char *text, size_t len, size_t at);

/** The order of the line at `at` against a name: < 0, 0, > 0. */
int weir_feed_text_compare(
    const char *text, size_t len, size_t at, const char *name, size_t name_len);

/** The first line, at `at` or behind it, whose name is not before `name`; `len`
 *  if there is none.  It looks near first: what is found costs the logarithm of
 *  its distance. */
size_t weir_feed_text_seek(
    const char *text, size_t len, size_t at, const char *name, size_t name_len);

#endif
