/*
 * entry.c - one feed's word on one name: its numbers in text and in bytes.
 */
#include "lib/entry.h"

#include "lib/bytes.h"

static const char *const action_texts[WEIR_ACTION_COUNT] = { "default",
	"nxdomain", "nodata", "sinkhole", "refused", "drop", "truncate", "pass",
	"except", "local", "cancelled" };

bool
weir_action_is_for_feeds(unsigned int action)
{
	return action > WEIR_ACTION_DEFAULT && action <= WEIR_ACTION_PASS;
}

const char *
weir_action_text(unsigned int action)
{
	return action < WEIR_ACTION_COUNT ? action_texts[action] : NULL;
}

const char *
weir_scope_text(unsigned int scope)
{
	static const char *const texts[] = { NULL, "name", "subdomains",
		"both" };

	return scope < sizeof(texts) / sizeof(texts[0]) ? texts[scope] : NULL;
}

void
weir_entry_encode(const struct weir_entry *entry, uint8_t *bytes)
{
	weir_bytes_put16(bytes, entry->feed);
	bytes[2] = entry->scope;
	bytes[3] = entry->action;
	weir_bytes_put16(bytes + 4, entry->category);
	bytes[6] = entry->confidence;
	bytes[7] = entry->flags;
	weir_bytes_put32(bytes + 8, entry->valid_until);
	weir_bytes_put32(bytes + 12, entry->first_seen);
	bytes[16] = entry->below_action;
	bytes[17] = 0;
	weir_bytes_put16(bytes + 18, entry->answer);
	weir_bytes_put16(bytes + 20, entry->below_answer);
	bytes[22] = bytes[23] = 0;
}

int
weir_entry_decode(const uint8_t *bytes, struct weir_entry *ret_entry)
{
	if (bytes[2] < WEIR_SCOPE_NAME || bytes[2] > WEIR_SCOPE_BOTH ||
	    bytes[3] >= WEIR_ACTION_COUNT || bytes[6] > 100 ||
	    bytes[7] > (WEIR_ENTRY_IMPORTANT | WEIR_ENTRY_IMPORTANT_BELOW) ||
	    bytes[16] >= WEIR_ACTION_COUNT ||
	    (bytes[17] | bytes[22] | bytes[23]) != 0)
		return WEIR_EFORMAT;
	ret_entry->feed = weir_bytes_get16(bytes);
	ret_entry->scope = bytes[2];
	ret_entry->action = bytes[3];
	ret_entry->category = weir_bytes_get16(bytes + 4);
	ret_entry->confidence = bytes[6];
	ret_entry->flags = bytes[7];
	ret_entry->valid_until = weir_bytes_get32(bytes + 8);
	ret_entry->first_seen = weir_bytes_get32(bytes + 12);
	ret_entry->below_action = bytes[16];
	ret_entry->answer = weir_bytes_get16(bytes + 18);
	ret_entry->below_answer = weir_bytes_get16(bytes + 20);
	return WEIR_OK;
}

/* How strong a word is, see entry.h; 0: there is none. */
static unsigned int
strength(const struct weir_entry *entry, bool is_below)
{
	bool is_important = weir_entry_is_important(entry, is_below);
	unsigned int scope = is_below ? WEIR_SCOPE_SUBDOMAINS : WEIR_SCOPE_NAME;

	if ((entry->scope & scope) == 0)
		return 0;
	switch (weir_entry_action(entry, is_below)) {
	case WEIR_ACTION_CANCELLED:
		return 5;
	case WEIR_ACTION_EXCEPT:
	case WEIR_ACTION_PASS:
		return is_important ? 4 : 2;
	default:
		return is_important ? 3 : 1;
	}
}

/* The word of `from` on one of the two places. */
static void
take_word(
    struct weir_entry *entry, const struct weir_entry *from, bool is_below)
{
	unsigned int flag = is_below ? WEIR_ENTRY_IMPORTANT_BELOW
				     : WEIR_ENTRY_IMPORTANT;

	entry->scope |= is_below ? WEIR_SCOPE_SUBDOMAINS : WEIR_SCOPE_NAME;
	entry->flags = (uint8_t)((entry->flags & ~flag) | (from->flags & flag));
	if (is_below) {
		entry->below_action = from->below_action;
		entry->below_answer = from->below_answer;
	} else {
		entry->action = from->action;
		entry->answer = from->answer;
	}
}

static uint32_t
later_end(uint32_t a, uint32_t b)
{
	if (a == 0 || b == 0)
		return 0;
	return a > b ? a : b;
}

static uint32_t
earlier_sight(uint32_t a, uint32_t b)
{
	if (a == 0 || b == 0)
		return a | b;
	return a < b ? a : b;
}

void
weir_entry_merge(const struct weir_entry *first,
    const struct weir_entry *second, struct weir_entry *ret_entry)
{
	struct weir_entry merged = *first;
	bool is_first_left = false, is_second_left = false;
	unsigned int i, mine, theirs;

	for (i = 0; i < 2; i++) {
		mine = strength(first, i == 1);
		theirs = strength(second, i == 1);
		is_first_left |= mine > 0 && mine >= theirs;
		is_second_left |= theirs > 0 && theirs >= mine;
		if (theirs > mine)
			take_word(&merged, second, i == 1);
	}
	if (!is_first_left)
		merged = *second;
	else if (is_second_left) {
		merged.valid_until = later_end(
		    first->valid_until, second->valid_until);
		merged.first_seen = earlier_sight(
		    first->first_seen, second->first_seen);
		if (second->confidence > merged.confidence)
			merged.confidence = second->confidence;
	}
	*ret_entry = merged;
}
