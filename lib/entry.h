/*
 * entry.h - what a feed says of one name.
 *
 * An entry set is all that is said of one key: at most one entry for each
 * feed, sorted by feed.  Sets repeat a great deal and are stored once
 * (interned); lib/format.h shows their bytes.
 *
 * A list may say several things of one name.  weir_entry_merge makes one entry
 * of them; of the two places that an entry speaks about, the name and what is
 * below it, each keeps the strongest word:
 *   cancelled ($badfilter) > important exception > important block >
 *   exception or pass > block
 * What does not exist for the policy is left out of that (lmdb-loader/sort.h).
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
	WEIR_ACTION_EXCEPT, /* in an entry: its feed says nothing, whatever less
			     * specific entries of it say; the next one is
			     * asked */
	WEIR_ACTION_LOCAL,  /* in an entry: an answer of the list's own, a
			     * place in the policy's table of answers */
	WEIR_ACTION_CANCELLED, /* in an entry: as if it were not there */
	WEIR_ACTION_COUNT
};

/** Whether feeds, and not only entries, may have the action. */
bool weir_action_is_for_feeds(unsigned int action);

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

/* Bits: which of its words go before all others of the same feed, whatever is
 * more specific. */
enum weir_entry_flag {
	WEIR_ENTRY_IMPORTANT = 1,      /* the word on the name itself */
	WEIR_ENTRY_IMPORTANT_BELOW = 2 /* the word on what is below it */
};

struct weir_entry {
	uint16_t feed;        /* place in the policy's table of feeds */
	uint8_t scope;        /* enum weir_scope */
	uint8_t action;       /* of the name itself: enum weir_action */
	uint16_t category;    /* place in the table of categories; 0: none */
	uint8_t confidence;   /* 0 to 100 */
	uint32_t valid_until; /* Unix seconds; 0: for ever.  At that second
				* the entry does not exist any more. */
	uint32_t first_seen;  /* Unix seconds; 0: not known */
	uint8_t below_action; /* of what is below the name */
	uint8_t flags;        /* enum weir_entry_flag */
	uint16_t answer;      /* place in the table of answers, if the action */
	uint16_t below_answer; /* is LOCAL; else 0 */
};

#define WEIR_ENTRY_BYTES 24 /* encoded */

/** The action for a name: for the entry's own, or for one below it. */
static inline unsigned int
weir_entry_action(const struct weir_entry *entry, bool is_below)
{
	return is_below ? entry->below_action : entry->action;
}

/** Whether that word is important. */
static inline bool
weir_entry_is_important(const struct weir_entry *entry, bool is_below)
{
	return (entry->flags & (is_below ? WEIR_ENTRY_IMPORTANT_BELOW
					 : WEIR_ENTRY_IMPORTANT)) != 0;
}

/** What a feed says of a name, if it says both, `first` first.  It holds for as
 *  long as one of them does, with the greater confidence and the earlier first
 *  sight; all other attributes are those of the first that has a word left.
 *  The result may be one of the two. */
void weir_entry_merge(const struct weir_entry *first,
    const struct weir_entry *second, struct weir_entry *ret_entry);

/** Writes the WEIR_ENTRY_BYTES octets of an entry. */
void weir_entry_encode(const struct weir_entry *entry, uint8_t *bytes);

/** Reads what weir_entry_encode wrote.  WEIR_EFORMAT: a scope, an action or a
 *  confidence that is none, or a set reserved octet. */
int weir_entry_decode(
    const uint8_t *bytes, struct weir_entry *ret_entry) WEIR_CHECKED;

#endif
