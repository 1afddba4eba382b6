/*
 * screen.h - what standard output is: a terminal of so many columns, with
 * colours or without, or a file or pipe, where nothing is cut or coloured.
 */
#ifndef WEIR_STATS_SCREEN_H
#define WEIR_STATS_SCREEN_H

#include <stdbool.h>
#include <stdio.h>

struct weir_screen {
	FILE *stream;
	unsigned int width; /* columns; 0: as wide as it likes */
	bool has_colour;
	bool has_utf8; /* blocks may be drawn */
};

enum weir_colour {
	WEIR_COLOUR_HEADING,
	WEIR_COLOUR_DIM,
	WEIR_COLOUR_RED,
	WEIR_COLOUR_YELLOW,
	WEIR_COLOUR_GREEN,
	WEIR_COLOUR_BLUE
};

/** Looks at the stream and at COLUMNS, NO_COLOR, TERM and the locale. */
void weir_screen_init(struct weir_screen *screen, FILE *stream);

/** Between them, what is written has the colour, if there are colours. */
void weir_screen_begin(const struct weir_screen *screen, enum weir_colour as);
void weir_screen_end(const struct weir_screen *screen);

/** Columns of a text: one for each character of UTF-8. */
unsigned int weir_screen_columns(const char *text);

/** Writes a text that others wrote: control characters become question marks.
 *  Longer than `width` columns, its beginning goes (0: nothing goes): the end of
 *  a name tells more.  Shorter, blanks fill it up on the side that `is_right`
 *  says. */
void weir_screen_text(const struct weir_screen *screen, const char *text,
    unsigned int width, bool is_right);

/** A bar of part/whole of `width` columns, in eighths if that can be drawn. */
void weir_screen_bar(const struct weir_screen *screen, unsigned long long part,
    unsigned long long whole, unsigned int width);

#endif
