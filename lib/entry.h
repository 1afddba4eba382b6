/*
 * entry.h - what a feed says of one name.
 *
 * An entry set is all that is said of one key: at most one entry for each
 * feed, sorted by feed.  Sets repeat a great deal and are stored once
 * (interned); lib/format.h shows their bytes.
 */
#ifndef WEIR_LIB_ENTRY_H
#define WEIR_LIB_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/limits.h"

/* What happens to a query; in feeds and in entries. */
enum weir_action {
	WEIR_ACTION_DEFAULT = 0, /* in an entry: what its feed says */
	WEIR_ACTION_NXDOMAIN,
	WEIR_ACTION_NODATA,
	WEIR_ACTION_SINKHOLE, /* A, AAAA (or a name) of the configuration */
	WEIR_ACTION_REFUSED,
	WEIR_ACTION_DROP,
	WEIR_ACTION_TRUNCATE, /* UDP: TC; TCP: resolved as usual */
	WEIR_ACTION_PASS,     /* resolved, and no later rule is asked */
	WEIR_ACTION_COUNT
};

/** "nxdomain", "drop"...; NULL for a number that is none. */
const char *weir_action_text(unsigned int action);

/* Bits: which names an entry speaks about. */
enum weir_scope {
	WEIR_SCOPE_NAME = 1,       /* the name itself */
	WEIR_SCOPE_SUBDOMAINS = 2, /* everything below it */
	WEIR_SCOPE_BOTH = 3
};

/** "name", "subdomains", "both"; NULL for a number that is none. */
const char *weir_scope_text(unsigned int scope);

struct weir_entry {
	uint16_t feed;        /* place in the policy's table of feeds */
	uint8_t scope;        /* enum weir_scope */
	uint8_t action;       /* enum weir_action; WEIR_ACTION_DEFAULT */
	uint16_t category;    /* place in the table of categories; 0: none */
	uint8_t confidence;   /* 0 to 100 */
	uint32_t valid_until; /* Unix seconds; 0: for ever.  At that second
			       * the entry does not exist any more. */
};

#define WEIR_ENTRY_BYTES 12 /* encoded */

/** Writes the WEIR_ENTRY_BYTES octets of an entry. */
void weir_entry_encode(const struct weir_entry *entry, uint8_t *bytes);

/** Reads what weir_entry_encode wrote.  WEIR_EFORMAT: a scope, an action or a
 *  confidence that is none, or a set reserved octet. */
int weir_entry_decode(
    const uint8_t *bytes, struct weir_entry *ret_entry) WEIR_CHECKED;

#endif
