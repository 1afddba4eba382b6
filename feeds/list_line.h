/*
 * list_line.h - the lines of a list file and the words on them.  For the frame
 * (feeds/list.c, feeds/list_sample.c); words for the formats: feeds/list.h.
 */
#ifndef WEIR_FEEDS_LIST_LINE_H
#define WEIR_FEEDS_LIST_LINE_H

#include <stdbool.h>
#include <stddef.h>

/** The length of the line that begins at text, without its end (LF, CR LF or
 *  CR); all of it if no end is there. */
size_t weir_list_line_length(const char *text, size_t len);

/** Takes a byte order mark (lists are often several files put together, so it
 *  may stand anywhere) and the blanks off a line.  Whether something is left
 *  that is no comment. */
bool weir_list_line_trim(const char **line, size_t *len);

#endif
