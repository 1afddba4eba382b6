/*
 * text.h - texts of other processes' files, made fit to be shown.
 */
#ifndef WEIR_STATS_TEXT_H
#define WEIR_STATS_TEXT_H

/** Makes every octet a question mark that is no UTF-8, or belongs to a character
 *  that moves the cursor, breaks the line or turns the direction of writing
 *  round. */
void weir_text_clean(char *text);

#endif
