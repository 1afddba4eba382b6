/*
 * tuf_json.h - JSON as TUF metadata need it: read strictly, and written in the
 * one form that signatures are made of.
 *
 * A document that two readers could take in two ways is none: repeated keys,
 * numbers with a fraction or an exponent, numbers beyond 2^53-1, NUL, octets
 * that are not UTF-8, anything behind the end, more than WEIR_TUF_DEPTH levels.
 * The canonical form is that of OLPC (wiki.laptop.org/go/Canonical_JSON), which
 * the TUF specification names: no blanks, keys in the order of their octets,
 * only `\` and `"` escaped.  It is made of what was parsed, never of what a
 * program understood of it: unknown members are signed as well.
 */
#ifndef WEIR_FEEDS_TUF_JSON_H
#define WEIR_FEEDS_TUF_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

#define WEIR_TUF_DEPTH 32 /* metadata are 7 deep */

/** The largest whole number that all JSON readers have: 2^53 - 1. */
#define WEIR_TUF_NUMBER_MAX 9007199254740991LL

/** Reads an object or an array.  The caller owns *ret_json.  WEIR_EFORMAT: the
 *  problem says what, and at which octet. */
int weir_tuf_json_parse(const char *text, size_t len, json_t **ret_json,
    struct weir_problem *problem) WEIR_CHECKED;

/** The canonical form; malloced, a NUL behind it, the caller frees it.
 *  WEIR_EFORMAT: something in it that the form does not have (a real number);
 *  WEIR_EMEMORY. */
int weir_tuf_json_canon(
    json_t *json, char **ret_text, size_t *ret_len) WEIR_CHECKED;

/* Members of an object, by type: what is not there, or is something else, is
 * NULL, or false with *ret_number untouched. */
const char *weir_tuf_json_text(json_t *object, const char *key);
json_t *weir_tuf_json_object(json_t *object, const char *key);
json_t *weir_tuf_json_array(json_t *object, const char *key);
/** A whole number, at least `min`. */
bool weir_tuf_json_number(
    json_t *object, const char *key, int64_t min, int64_t *ret_number);

#endif
