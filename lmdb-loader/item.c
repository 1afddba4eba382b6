/*
 * item.c - what a list says of a name, as an entry.
 */
#include "lmdb-loader/item.h"

#include <string.h>
#include <time.h>

#include "lib/limits.h"

_Static_assert((int)WEIR_LIST_FIELD_COUNT == WEIR_SETTINGS_FIELDS,
    "fields of a list and of weir.yaml");

void
weir_item_entry(const struct weir_list_item *item, bool has_subdomains,
    uint32_t lifetime_s, struct weir_entry *entry)
{
	entry->scope = item->scope;
	if (item->scope == 0)
		entry->scope = has_subdomains ? WEIR_SCOPE_BOTH
					      : WEIR_SCOPE_NAME;
	if ((entry->scope & WEIR_SCOPE_NAME) != 0)
		entry->action = item->action;
	if ((entry->scope & WEIR_SCOPE_SUBDOMAINS) != 0)
		entry->below_action = item->action;
	if (item->is_important)
		entry->flags = entry->scope;
	if (item->confidence != WEIR_LIST_NO_CONFIDENCE)
		entry->confidence = item->confidence;
	if (item->first_seen != 0)
		entry->first_seen = item->first_seen;
	if (item->valid_until != 0)
		entry->valid_until = item->valid_until;
	else if (item->first_seen != 0 && lifetime_s != 0)
		entry->valid_until = weir_item_end(
		    item->first_seen, lifetime_s);
}

uint32_t
weir_item_end(int64_t from_unix, uint32_t lifetime_s)
{
	if (lifetime_s == 0)
		return 0;
	if (from_unix < 0)
		from_unix = 0;
	if (from_unix > (int64_t)UINT32_MAX - lifetime_s)
		return UINT32_MAX;
	return (uint32_t)from_unix + lifetime_s;
}

struct weir_list_options
weir_item_options(const struct weir_feed_settings *feed)
{
	struct weir_list_options options = {
		.has_global_exceptions = feed->has_global_exceptions,
		.now_unix = (uint32_t)time(NULL)
	};
	size_t i;

	for (i = 0; i < WEIR_LIST_FIELD_COUNT; i++)
		options.fields[i] = feed->fields[i];
	return options;
}

void
weir_item_set_answer(unsigned int place, struct weir_entry *entry)
{
	if (entry->action == WEIR_ACTION_LOCAL)
		entry->answer = (uint16_t)place;
	if (entry->below_action == WEIR_ACTION_LOCAL)
		entry->below_answer = (uint16_t)place;
}

static bool
is_kept(char octet)
{
	return (octet >= 'a' && octet <= 'z') ||
	       (octet >= '0' && octet <= '9') || octet == '.' || octet == '_' ||
	       octet == '-';
}

void
weir_item_category(const char *category, char *name)
{
	size_t len = 0;
	char octet;

	for (; *category != '\0' && len < WEIR_CATEGORY_SIZE - 1; category++) {
		octet = *category;
		if (octet >= 'A' && octet <= 'Z')
			octet = (char)(octet - 'A' + 'a');
		if (is_kept(octet))
			name[len++] = octet;
		else if (len > 0 && name[len - 1] != '-')
			name[len++] = '-';
	}
	while (len > 0 && name[len - 1] == '-')
		len--;
	memset(name + len, 0, WEIR_CATEGORY_SIZE - len);
}
