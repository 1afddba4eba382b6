/*
 * entry.c - one feed's word on one name: its numbers in text and in bytes.
 */
#include "lib/entry.h"

static const char *const action_texts[WEIR_ACTION_COUNT] = { "default",
	"nxdomain", "nodata", "sinkhole", "refused", "drop", "truncate",
	"pass" };

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
	bytes[0] = (uint8_t)entry->feed;
	bytes[1] = (uint8_t)(entry->feed >> 8);
	bytes[2] = entry->scope;
	bytes[3] = entry->action;
	bytes[4] = (uint8_t)entry->category;
	bytes[5] = (uint8_t)(entry->category >> 8);
	bytes[6] = entry->confidence;
	bytes[7] = 0;
	bytes[8] = (uint8_t)entry->valid_until;
	bytes[9] = (uint8_t)(entry->valid_until >> 8);
	bytes[10] = (uint8_t)(entry->valid_until >> 16);
	bytes[11] = (uint8_t)(entry->valid_until >> 24);
}

int
weir_entry_decode(const uint8_t *bytes, struct weir_entry *ret_entry)
{
	if (bytes[2] < WEIR_SCOPE_NAME || bytes[2] > WEIR_SCOPE_BOTH ||
	    bytes[3] >= WEIR_ACTION_COUNT || bytes[6] > 100 || bytes[7] != 0)
		return WEIR_EFORMAT;
	ret_entry->feed = (uint16_t)(bytes[0] | bytes[1] << 8);
	ret_entry->scope = bytes[2];
	ret_entry->action = bytes[3];
	ret_entry->category = (uint16_t)(bytes[4] | bytes[5] << 8);
	ret_entry->confidence = bytes[6];
	ret_entry->valid_until = (uint32_t)bytes[8] | (uint32_t)bytes[9] << 8 |
				 (uint32_t)bytes[10] << 16 |
				 (uint32_t)bytes[11] << 24;
	return WEIR_OK;
}
