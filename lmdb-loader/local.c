/*
 * local.c - brings the local rules into a generation.
 */
#include "lmdb-loader/local.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bytes.h"
#include "lib/log.h"
#include "lmdb-loader/overlay.h"

#define LOCAL_CONFIDENCE 100

/* One name that has a rule, or may have had one. */
struct place {
	uint8_t key[WEIR_KEY_SIZE];
	uint16_t key_len;
	/* NULL: none */
	const struct weir_local_rule *rules[WEIR_FEED_FIRST];
};

void
weir_local_entry(
    const struct weir_local_rule *rule, struct weir_entry *ret_entry)
{
	*ret_entry = (struct weir_entry){ .feed = rule->feed,
		.scope = rule->scope,
		.confidence = LOCAL_CONFIDENCE,
		.first_seen = rule->made_unix,
		.valid_until = rule->until_unix };
}

static int
compare_places(const void *a, const void *b)
{
	const struct place *one = a, *other = b;

	return weir_name_compare_keys(
	    one->key, one->key_len, other->key, other->key_len);
}

static void
add_places(const struct weir_rules *rules, bool are_in_force, struct place **at)
{
	unsigned int i;

	for (i = 0; i < rules->count; i++, ++*at) {
		(*at)->key_len = (uint16_t)weir_name_to_key(
		    &rules->items[i].name, WEIR_TRIGGER_QNAME, (*at)->key,
		    NULL);
		if (are_in_force)
			(*at)->rules[rules->items[i].feed] = &rules->items[i];
	}
}

/* Sorted, each name once.  *ret_places is malloced. */
static int
make_places(const struct weir_rules *rules,
    const struct weir_rules *const *gone, unsigned int gone_count,
    struct place **ret_places, unsigned int *ret_count)
{
	unsigned int count = rules->count, i, j, kept = 0;
	struct place *places, *at;

	for (i = 0; i < gone_count; i++)
		count += gone[i]->count;
	places = at = calloc((size_t)count + 1, sizeof(*places));
	if (places == NULL)
		return WEIR_EMEMORY;
	add_places(rules, true, &at);
	for (i = 0; i < gone_count; i++)
		add_places(gone[i], false, &at);
	qsort(places, count, sizeof(*places), compare_places);
	for (i = 0; i < count; i++) {
		if (kept == 0 ||
		    compare_places(&places[kept - 1], &places[i]) != 0) {
			places[kept++] = places[i];
			continue;
		}
		for (j = 0; j < WEIR_FEED_FIRST; j++)
			if (places[i].rules[j] != NULL)
				places[kept - 1].rules[j] = places[i].rules[j];
	}
	*ret_places = places;
	*ret_count = kept;
	return 0;
}

/* The record's entry of a feed, NULL. */
static const uint8_t *
find_entry(const struct weir_db_record *record, unsigned int feed)
{
	const uint8_t *at = record->entries;
	unsigned int i;

	for (i = 0; i < record->entry_count; i++, at += WEIR_ENTRY_BYTES)
		if (weir_bytes_get16(at) == feed)
			return at;
	return NULL;
}

/* The local list's entry as it should be; 1, or 0: none. */
static int
wanted_entry(const uint8_t *was, const struct weir_local_rule *rule,
    uint32_t now_unix, uint8_t *bytes)
{
	struct weir_entry entry = { .first_seen = 0 };

	if (was != NULL && weir_entry_decode(was, &entry) < 0)
		return WEIR_EFORMAT;
	/* weir.yaml's; or one that has ended, of a rule that has too. */
	if (was != NULL &&
	    (entry.first_seen == 0 ||
		(entry.valid_until != 0 && entry.valid_until <= now_unix &&
		    (rule == NULL || (rule->until_unix != 0 &&
					 rule->until_unix <= now_unix))))) {
		memcpy(bytes, was, WEIR_ENTRY_BYTES);
		return 1;
	}
	if (rule == NULL ||
	    (rule->until_unix != 0 && rule->until_unix <= now_unix))
		return 0;
	weir_local_entry(rule, &entry);
	weir_entry_encode(&entry, bytes);
	return 1;
}

/* Finds out what has to change for one name. */
static int
change_place(const struct weir_generation *generation,
    const struct place *place, uint32_t now_unix, struct weir_local *local)
{
	uint8_t
	    set[(WEIR_ENTRIES_PER_KEY + WEIR_FEED_FIRST) * WEIR_ENTRY_BYTES];
	struct weir_db_record old = { .entry_count = 0 };
	const uint8_t *was;
	bool is_same = true;
	unsigned int count = 0, feed, i;
	int ret;

	ret = weir_generation_get(generation, place->key, place->key_len, &old);
	if (ret < 0)
		return ret;
	if (ret == 0)
		old.entry_count = 0;
	for (feed = 0; feed < WEIR_FEED_FIRST; feed++) {
		was = find_entry(&old, feed);
		ret = wanted_entry(was, place->rules[feed], now_unix,
		    set + count * WEIR_ENTRY_BYTES);
		if (ret < 0)
			return ret;
		is_same &= (was != NULL) == (ret == 1) &&
			   (was == NULL ||
			       memcmp(was, set + count * WEIR_ENTRY_BYTES,
				   WEIR_ENTRY_BYTES) == 0);
		local->entries[feed] += ret - (was != NULL);
		count += (unsigned int)ret;
	}
	if (is_same)
		return 0;
	for (i = 0; i < old.entry_count; i++)
		if (weir_bytes_get16(old.entries + i * WEIR_ENTRY_BYTES) >=
		    WEIR_FEED_FIRST)
			memcpy(set + count++ * WEIR_ENTRY_BYTES,
			    old.entries + i * WEIR_ENTRY_BYTES,
			    WEIR_ENTRY_BYTES);
	local->names += (count > 0) - (old.entry_count > 0);
	return weir_changes_add(
	    &local->changes, place->key, place->key_len, set, count);
}

int
weir_local_make(const struct weir_generation *generation,
    const struct weir_rules *rules, const struct weir_rules *const *gone,
    unsigned int gone_count, uint32_t now_unix, struct weir_local *ret_local)
{
	struct weir_local local = { .names = 0 };
	struct place *places = NULL;
	unsigned int count = 0, i;
	int ret;

	weir_changes_init(&local.changes, UINT64_MAX);
	ret = make_places(rules, gone, gone_count, &places, &count);
	for (i = 0; i < count && ret == 0; i++)
		ret = change_place(generation, &places[i], now_unix, &local);
	free(places);
	if (ret == 0)
		*ret_local = local;
	else
		weir_local_done(&local);
	return ret;
}

void
weir_local_done(struct weir_local *local)
{
	weir_changes_done(&local->changes);
}

int
weir_local_is_in(const struct weir_generation *generation,
    const struct weir_local_rule *rule)
{
	uint8_t key[WEIR_KEY_SIZE], bytes[WEIR_ENTRY_BYTES];
	struct weir_db_record record;
	struct weir_entry entry;
	const uint8_t *found;
	size_t len;
	int ret;

	len = weir_name_to_key(&rule->name, WEIR_TRIGGER_QNAME, key, NULL);
	ret = weir_generation_get(generation, key, len, &record);
	if (ret <= 0)
		return ret;
	weir_local_entry(rule, &entry);
	weir_entry_encode(&entry, bytes);
	found = find_entry(&record, rule->feed);
	return found != NULL && memcmp(found, bytes, WEIR_ENTRY_BYTES) == 0;
}

int
weir_local_publish(struct weir_store *store,
    const struct weir_generation *generation, const struct weir_current *text,
    const struct weir_local *local, const struct weir_rules *rules,
    const struct weir_rules *old, struct weir_problem *problem)
{
	struct weir_store_draft draft = { .has_local_rules = true,
		.name_count = (uint64_t)((int64_t)text->name_count +
					 local->names) };
	int ret;

	if (text != &store->current)
		draft.again = text;
	ret = weir_store_next(store, &draft.generation);
	if (ret < 0)
		return weir_problem_set(problem, ret, "%s: %s", store->folder,
		    weir_error_text(ret));
	ret = weir_overlay_write(store, generation, &local->changes,
	    weir_generation_policy(generation), &draft, problem);
	if (ret == 0 && rules != NULL)
		ret = weir_rules_write(store->folder, rules, problem);
	if (ret < 0)
		return ret;
	ret = weir_store_publish(store, &draft, problem);
	if (ret < 0 && rules != NULL)
		(void)!weir_rules_write(store->folder, old, NULL);
	return ret;
}

void
weir_local_read(const struct weir_store *store, uint64_t generation,
    struct weir_rules *ret_rules)
{
	struct weir_problem problem = { "" };
	char file[32];

	snprintf(file, sizeof(file), "%" PRIu64 ".rules", generation);
	if (weir_rules_read(store->folder, file, ret_rules, &problem) == 0)
		return;
	weir_log_error("%s", problem.text);
	memset(ret_rules, 0, sizeof(*ret_rules));
}
