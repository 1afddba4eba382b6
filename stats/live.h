/*
 * live.h - the top tables and recent events of all running modules together.
 */
#ifndef WEIR_STATS_LIVE_H
#define WEIR_STATS_LIVE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/status.h"

struct weir_live_row {
	uint64_t count, error; /* count is never too low, too high by error */
	uint64_t first_unix, last_unix;
	size_t key_len;
	uint8_t key[WEIR_TOP_KEY_SIZE];
};

struct weir_live_top {
	struct weir_live_row *rows; /* the most frequent first */
	unsigned int row_count;
	uint64_t total; /* events counted */
};

/** One of the tables (enum weir_status_top), over the modules.  What a module's
 *  full table does not have came there at most as often as the least that it has:
 *  that is added to count and error.  WEIR_EMEMORY, WEIR_EBUSY, WEIR_EFORMAT. */
int weir_live_read(const struct weir_status *modules, unsigned int module_count,
    unsigned int top, struct weir_live_top *ret_top) WEIR_CHECKED;
void weir_live_done(struct weir_live_top *top);

/** A key as text, for any of the tables; of WEIR_TOP_CLIENT_NAMES the name.
 *  "?" for what is none.  `text` has WEIR_NAME_TEXT_SIZE octets. */
void
weir_live_text(unsigned int top, const struct weir_live_row *row, char *text);

/** An event as an object: time_ms, outcome, name, type, client, feed, category,
 *  action, rcode, rule, transport, alias, from_cache, confidence, shadow_feed.
 *  NULL: no memory. */
json_t *weir_live_event(
    const struct weir_status *module, const struct weir_event *event);

/** A feed's or category's name in the slot of that module; "" for none. */
void weir_live_feed(const struct weir_status *module, unsigned int slot,
    char text[WEIR_FEED_NAME_SIZE]);
void weir_live_category(const struct weir_status *module, unsigned int slot,
    char text[WEIR_CATEGORY_SIZE]);

/** "A", "TYPE1234". */
#define WEIR_LIVE_TYPE_SIZE 16
void weir_live_type(uint16_t qtype, char text[WEIR_LIVE_TYPE_SIZE]);
/** "NXDOMAIN", "RCODE12". */
void weir_live_rcode(unsigned int rcode, char text[WEIR_LIVE_TYPE_SIZE]);

#endif
