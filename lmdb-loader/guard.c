/*
 * guard.c - names that no feed may cover.  Used by whatever takes names of
 * feeds: compile.c and cmd_delta.c.
 */
#include "lmdb-loader/guard.h"

#include <stdlib.h>
#include <string.h>

#include "lib/entry.h"
#include "lib/generation.h"

struct weir_guard_key {
	uint8_t len;
	uint8_t key[WEIR_KEY_SIZE];
};

static int
compare_keys(const void *a, const void *b)
{
	const struct weir_guard_key *left = a, *right = b;

	return weir_name_compare_keys(
	    left->key, left->len, right->key, right->len);
}

int
weir_guard_init(struct weir_guard *guard, const struct weir_name_rules *rules)
{
	unsigned int i;

	guard->count = rules->count;
	guard->keys = calloc((size_t)rules->count + 1, sizeof(*guard->keys));
	if (guard->keys == NULL)
		return WEIR_EMEMORY;
	for (i = 0; i < rules->count; i++)
		guard->keys[i].len = (uint8_t)weir_name_to_key(
		    &rules->items[i].name, WEIR_TRIGGER_QNAME,
		    guard->keys[i].key, NULL);
	qsort(guard->keys, guard->count, sizeof(*guard->keys), compare_keys);
	return 0;
}

void
weir_guard_done(struct weir_guard *guard)
{
	free(guard->keys);
	guard->keys = NULL;
	guard->count = 0;
}

/* Those below a name come right after it. */
static bool
covers_guarded(const struct weir_guard *guard, const uint8_t *key, size_t len,
    unsigned int scope)
{
	unsigned int low = 0, high = guard->count, middle;
	const struct weir_guard_key *found;

	while (low < high) {
		middle = low + (high - low) / 2;
		found = &guard->keys[middle];
		if (weir_name_compare_keys(found->key, found->len, key, len) <
		    0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == guard->count)
		return false;
	found = &guard->keys[low];
	if (found->len < len || memcmp(found->key, key, len) != 0)
		return false;
	return found->len == len || (scope & WEIR_SCOPE_SUBDOMAINS) != 0;
}

/* The places of which the entry's word would be a block. */
static unsigned int
blocked_scope(const struct weir_entry *entry)
{
	unsigned int scope = 0, i, action;

	for (i = 0; i < 2; i++) {
		action = weir_entry_action(entry, i == 1);
		if (action != WEIR_ACTION_PASS &&
		    action != WEIR_ACTION_EXCEPT &&
		    action != WEIR_ACTION_CANCELLED)
			scope |= i == 1 ? WEIR_SCOPE_SUBDOMAINS
					: WEIR_SCOPE_NAME;
	}
	return scope & entry->scope;
}

int
weir_guard_judge(const struct weir_guard *guard, const uint8_t *key, size_t len,
    const struct weir_entry *entry, bool is_from_url)
{
	unsigned int scope = blocked_scope(entry);

	(void)is_from_url;
	if (scope == 0)
		return WEIR_GUARD_FINE;
	if (guard->count > 0 && covers_guarded(guard, key, len, scope))
		return WEIR_LIST_NEVER_BLOCK;
	return WEIR_GUARD_FINE;
}
