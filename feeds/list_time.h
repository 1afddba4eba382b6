/*
 * list_time.h - points in time, as lists write them.
 */
#ifndef WEIR_FEEDS_LIST_TIME_H
#define WEIR_FEEDS_LIST_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Takes one of
 *    2024-02-29T12:00:00.5Z        ISO 8601, with an offset, a fraction or not
 *    2024-02-29 12:00:00 UTC       the same with a blank
 *    2024-02-29                    its first second
 *    1709164800 1709164800000      Unix seconds, milliseconds
 *  in UTC if no offset is given.  What is past the last second that 32 bits
 *  hold (2106) becomes that.  False: it is none, or before 1970. */
bool weir_list_time_parse(const char *text, size_t len, uint32_t *ret_unix);

#endif
