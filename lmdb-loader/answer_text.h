/*
 * answer_text.h - answers of a list's own, as text.
 */
#ifndef WEIR_LMDB_LOADER_ANSWER_TEXT_H
#define WEIR_LMDB_LOADER_ANSWER_TEXT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/policy.h"

/** A list of the records in zone file form without their owner:
 *  "60 IN A 192.0.2.1".  NULL: out of memory. */
json_t *weir_answer_text_list(const uint8_t *octets, size_t len);

/** The same of an answer of the policy; an empty list for one that is not
 *  there. */
json_t *
weir_answer_text_of(const struct weir_policy *policy, unsigned int place);

#endif
