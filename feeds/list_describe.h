/*
 * list_describe.h - what became of a list, as JSON: for the programs that read
 * lists.
 */
#ifndef WEIR_FEEDS_LIST_DESCRIBE_H
#define WEIR_FEEDS_LIST_DESCRIBE_H

#include <jansson.h>

#include "feeds/list.h"

/** A text of any octets, those that are no UTF-8 as "?"; NULL: no memory.  The
 *  caller owns it. */
json_t *weir_list_string(const char *text);

/** What was not used, an object for each reason, with its examples; the caller
 *  owns it. */
json_t *weir_list_describe_refused(const struct weir_list_report *report);

#endif
