/*
 * text.h - texts of lists, of the network and of other processes' files, made fit to
 * be shown on a terminal or a page.
 */
#ifndef WEIR_LIB_TEXT_H
#define WEIR_LIB_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/** Octets of the character at the beginning of the text, and whether it may be
 *  shown.  What is no UTF-8 is one octet, and is not shown. */
size_t weir_text_character(const char *text, bool *ret_is_shown);

/** Makes every octet a question mark that is no UTF-8, or belongs to a character
 *  that moves the cursor, breaks the line or turns the direction of writing
 *  round. */
void weir_text_clean(char *text);

#endif
