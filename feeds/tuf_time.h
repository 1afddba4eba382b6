/*
 * tuf_time.h - when metadata expire: YYYY-MM-DDTHH:MM:SSZ and nothing else
 * (TUF specification 1.0.34, 4.2.1).
 */
#ifndef WEIR_FEEDS_TUF_TIME_H
#define WEIR_FEEDS_TUF_TIME_H

#include <stdbool.h>
#include <stdint.h>

#define WEIR_TUF_TIME_SIZE 21 /* with NUL */

/** A date that exists, of the years 1970 to 9999; NULL is none. */
bool weir_tuf_time_parse(const char *text, int64_t *ret_unix);
/** Of 0 to the end of 9999. */
void weir_tuf_time_print(int64_t unix_s, char text[WEIR_TUF_TIME_SIZE]);

#endif
