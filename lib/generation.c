/*
 * generation.c - a base and at most one overlay, read as one.
 *
 * The module's look-up: hash the name and its ancestors once, ask both filters
 * about each, go to a tree only for what may be there.
 */
#include "lib/generation.h"

#include <stdlib.h>
#include <string.h>

#include "lib/file.h"
#include "lib/filter.h"

static int
open_file(const char *folder, const struct weir_current_file *file,
    enum weir_db_kind kind, struct weir_db **ret_db,
    struct weir_problem *problem)
{
	char *path = weir_path_join(folder, file->name);
	struct weir_db *db = NULL;
	int error;

	if (!path)
		return weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	error = weir_db_open(path, file->size, &db, problem);
	if (!error && weir_db_header(db)->kind != kind)
		error = weir_problem_set(problem, WEIR_EFORMAT,
		    "%s: a base in the place of an overlay, or the other way "
		    "round",
		    path);
	if (!error && memcmp(weir_db_header(db)->checksum, file->checksum,
			  WEIR_CHECKSUM_BYTES) != 0)
		error = weir_problem_set(problem, WEIR_ECHECKSUM,
		    "%s: another file than the one that was published", path);
	if (error)
		weir_db_close(db);
	else
		*ret_db = db;
	free(path);
	return error;
}

/* Whether the overlay was made for just this base. */
static int
check_pair(const struct weir_generation *generation,
    const struct weir_current *current, struct weir_problem *problem)
{
	const struct weir_db_header *base = weir_db_header(generation->base);
	const struct weir_db_header *overlay;

	if (!generation->overlay)
		return WEIR_OK;
	overlay = weir_db_header(generation->overlay);
	if (memcmp(overlay->base, base->checksum, WEIR_CHECKSUM_BYTES) != 0 ||
	    memcmp(overlay->filter_key, base->filter_key,
		WEIR_FILTER_KEY_SIZE) != 0 ||
	    !weir_policy_extends(weir_db_policy(generation->overlay),
		weir_db_policy(generation->base)))
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s: not made for %s", current->overlay.name,
		    current->base.name);
	return WEIR_OK;
}

bool
weir_generation_shares(const struct weir_generation *generation,
    const struct weir_current *current)
{
	const struct weir_current_file *ours = &generation->base_file;
	const struct weir_current_file *theirs = &current->base;

	return strcmp(ours->name, theirs->name) == 0 &&
	       ours->size == theirs->size &&
	       memcmp(ours->checksum, theirs->checksum, WEIR_CHECKSUM_BYTES) ==
		   0 &&
	       memcmp(ours->quick, theirs->quick, WEIR_QUICK_BYTES) == 0;
}

int
weir_generation_open(const char *folder, const struct weir_current *current,
    const struct weir_generation *before,
    struct weir_generation *ret_generation, struct weir_problem *problem)
{
	struct weir_generation generation = { .base_file = current->base };
	int error = WEIR_OK;

	if (before && before->base && weir_generation_shares(before, current))
		generation.base = weir_db_share(before->base);
	else
		error = open_file(folder, &current->base, WEIR_DB_BASE,
		    &generation.base, problem);
	if (!error && current->has_overlay)
		error = open_file(folder, &current->overlay, WEIR_DB_OVERLAY,
		    &generation.overlay, problem);
	if (!error)
		error = check_pair(&generation, current, problem);
	if (error)
		weir_generation_close(&generation);
	else
		*ret_generation = generation;
	return error;
}

void
weir_generation_close(struct weir_generation *generation)
{
	weir_db_close(generation->overlay);
	weir_db_close(generation->base);
	generation->overlay = NULL;
	generation->base = NULL;
}

const struct weir_policy *
weir_generation_policy(const struct weir_generation *generation)
{
	return weir_db_policy(
	    generation->overlay ? generation->overlay : generation->base);
}

/* 1 and a record that is no tombstone; 0; < 0. */
static inline int
get(const struct weir_generation *generation, const uint8_t *key,
    size_t key_len, uint64_t hash, struct weir_db_record *ret_record)
{
	int hit = 0;

	if (generation->overlay)
		hit = weir_db_get(
		    generation->overlay, key, key_len, hash, ret_record);
	if (hit == 0)
		hit = weir_db_get(
		    generation->base, key, key_len, hash, ret_record);
	return hit == 1 && ret_record->entry_count == 0 ? 0 : hit;
}

int
weir_generation_get(const struct weir_generation *generation,
    const uint8_t *key, size_t key_len, struct weir_db_record *ret_record)
{
	const struct weir_db_header *header = weir_db_header(generation->base);

	return get(generation, key, key_len,
	    weir_filter_hash(header->filter_key, key, key_len), ret_record);
}

/* All entries on a key and those of its ancestors. */
static int
lookup_key(const struct weir_generation *generation, const uint8_t *key,
    const uint16_t *ends, unsigned int labels_all,
    struct weir_matches *ret_matches)
{
	uint64_t hashes[WEIR_NAME_LABELS + 1];
	unsigned int labels, count = 0;
	struct weir_db_record record;
	struct weir_match *match;
	int hit;

	labels = weir_filter_hash_key(weir_db_filter(generation->base),
	    generation->overlay ? weir_db_filter(generation->overlay) : NULL,
	    key, ends, labels_all, hashes);
	for (; labels > 0; labels--) {
		hit = get(
		    generation, key, ends[labels], hashes[labels], &record);
		if (hit == 0)
			continue;
		if (hit < 0)
			return hit;
		match = &ret_matches->items[count++];
		match->entries = record.entries;
		match->entry_count = (uint16_t)record.entry_count;
		match->label = (uint8_t)(labels_all - labels);
	}
	ret_matches->count = count;
	return count > 0;
}

int
weir_generation_lookup(const struct weir_generation *generation,
    const struct weir_name *name, struct weir_matches *ret_matches)
{
	uint16_t ends[WEIR_NAME_LABELS + 1];
	uint8_t key[WEIR_KEY_SIZE];

	(void)weir_name_to_key(name, WEIR_TRIGGER_QNAME, key, ends);
	return lookup_key(
	    generation, key, ends, name->label_count, ret_matches);
}

int
weir_generation_lookup_wire(const struct weir_generation *generation,
    const uint8_t *wire, size_t len, struct weir_matches *ret_matches)
{
	uint16_t ends[WEIR_NAME_LABELS + 1];
	uint8_t key[WEIR_KEY_SIZE];
	int labels = weir_name_wire_to_key(
	    wire, len, WEIR_TRIGGER_QNAME, key, ends);

	ret_matches->count = 0;
	return labels < 0 ? 0
			  : lookup_key(generation, key, ends,
				(unsigned int)labels, ret_matches);
}

uint64_t
weir_generation_gate_hash(
    const struct weir_generation *generation, const uint8_t *wire, size_t len)
{
	const struct weir_filter *filter = weir_db_filter(generation->base);
	uint8_t key[WEIR_KEY_SIZE];
	size_t key_len = weir_name_wire_to_top_key(
	    wire, len, WEIR_TRIGGER_QNAME, WEIR_FILTER_GATE_LABELS, key);
	uint64_t hash;

	if (key_len == 0)
		return 0;
	hash = weir_filter_hash_padded(filter->key, key, key_len);
	weir_filter_gate_prefetch(filter, hash);
	if (generation->overlay)
		weir_filter_gate_prefetch(
		    weir_db_filter(generation->overlay), hash);
	return hash;
}

bool
weir_generation_gate_has(
    const struct weir_generation *generation, uint64_t hash)
{
	return hash == 0 ||
	       weir_filter_gate_has(weir_db_filter(generation->base), hash) ||
	       (generation->overlay &&
		   weir_filter_gate_has(
		       weir_db_filter(generation->overlay), hash));
}

static int
step(struct weir_db_cursor *cursor, struct weir_db_record *next, bool *has_next)
{
	int more = weir_db_next(cursor, next);

	*has_next = more == 1;
	return more < 0 ? more : WEIR_OK;
}

int
weir_generation_seek(const struct weir_generation *generation,
    const uint8_t *key, size_t key_len,
    struct weir_generation_cursor *ret_cursor)
{
	struct weir_generation_cursor *cursor = ret_cursor;
	int error;

	cursor->has_overlay = false;
	cursor->has_tombstones = false;
	error = weir_db_seek(generation->base, key, key_len, &cursor->base);
	if (!error)
		error = step(
		    &cursor->base, &cursor->base_next, &cursor->has_base);
	if (!error && generation->overlay)
		error = weir_db_seek(
		    generation->overlay, key, key_len, &cursor->overlay);
	if (!error && generation->overlay)
		error = step(&cursor->overlay, &cursor->overlay_next,
		    &cursor->has_overlay);
	return error;
}

/* The overlay's next name goes before the base's one, or takes its place. */
static bool
is_overlay_next(const struct weir_generation_cursor *cursor, bool *ret_is_same)
{
	int order;

	*ret_is_same = false;
	if (!cursor->has_base || !cursor->has_overlay)
		return cursor->has_overlay;
	order = weir_name_compare_keys(cursor->overlay_next.key,
	    cursor->overlay_next.key_len, cursor->base_next.key,
	    cursor->base_next.key_len);
	*ret_is_same = order == 0;
	return order <= 0;
}

int
weir_generation_next(
    struct weir_generation_cursor *cursor, struct weir_db_record *ret_record)
{
	bool is_same;
	int error = WEIR_OK;

	while (cursor->has_base || cursor->has_overlay) {
		if (is_overlay_next(cursor, &is_same)) {
			*ret_record = cursor->overlay_next;
			error = step(&cursor->overlay, &cursor->overlay_next,
			    &cursor->has_overlay);
			if (!error && is_same)
				error = step(&cursor->base, &cursor->base_next,
				    &cursor->has_base);
		} else {
			*ret_record = cursor->base_next;
			error = step(&cursor->base, &cursor->base_next,
			    &cursor->has_base);
		}
		if (error)
			return error;
		if (ret_record->entry_count > 0 || cursor->has_tombstones)
			return 1;
	}
	return 0;
}

int
weir_generation_walk(const struct weir_generation *generation,
    const struct weir_name *top,
    int (*each)(void *arg, const struct weir_db_record *record), void *arg)
{
	uint8_t first[WEIR_KEY_SIZE] = { WEIR_TRIGGER_QNAME };
	struct weir_generation_cursor cursor;
	struct weir_db_record record;
	size_t len = 1;
	int error, more;

	if (top)
		len = weir_name_to_key(top, WEIR_TRIGGER_QNAME, first, NULL);
	error = weir_generation_seek(generation, first, len, &cursor);
	if (error)
		return error;
	while ((more = weir_generation_next(&cursor, &record)) == 1) {
		if (record.key_len < len || memcmp(record.key, first, len) != 0)
			return WEIR_OK;
		error = each(arg, &record);
		if (error)
			return error;
	}
	return more;
}
