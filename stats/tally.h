/*
 * tally.h - counts events by a key, for reports.
 */
#ifndef WEIR_STATS_TALLY_H
#define WEIR_STATS_TALLY_H

#include <jansson.h>
#include <stdint.h>

/** Adds to the row of the key, which is made if need be: "key", "count", "error",
 *  "first", "last".  `map` is a JSON object of the caller's.  The row lives as
 *  long as the map; NULL: no memory. */
json_t *weir_tally_add(json_t *map, const char *key, uint64_t times,
    uint64_t first_unix, uint64_t last_unix);

/** The key; if there are WEIR_TALLY_KEYS already and it is not among them,
 *  WEIR_TALLY_OTHERS.  Whoever asks for random names, or forges addresses, makes
 *  as many as he likes. */
#define WEIR_TALLY_KEYS   100000U
#define WEIR_TALLY_OTHERS "(others)"
const char *weir_tally_key(const json_t *map, const char *key);

/** A member of the row, as a number; and the same plus something. */
uint64_t weir_tally_get(const json_t *row, const char *member);
int weir_tally_raise(json_t *row, const char *member, uint64_t by);

/** The rows with the greatest counts, in order, at most `limit`; the map is taken
 *  over.  NULL: no memory. */
json_t *weir_tally_rows(json_t *map, unsigned int limit);

/** "" for a member that is none. */
const char *weir_tally_text(const json_t *object, const char *member);

#endif
