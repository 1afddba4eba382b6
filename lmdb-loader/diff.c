/*
 * diff.c - merges two sorted streams of names and counts what differs.
 *
 * The old generation is a cursor, the new one a stream.
 */
#include "lmdb-loader/diff.h"

#include <stdlib.h>
#include <string.h>

#include "lib/bytes.h"

#define NO_CATEGORY 0xffff /* the new policy has none of that name */

struct differ {
	const struct weir_policy *old_policy, *policy;
	struct weir_stream *new;
	int (*each)(void *arg, const struct weir_diff *diff,
	    const struct weir_diff_change *change);
	void *arg;
	struct weir_diff *diff;
	struct weir_diff_change change;
	struct weir_stream_item item; /* the new stream's next */
	bool has_item;
	bool is_same_numbering; /* then entries compare as octets */
	unsigned int old_rows[WEIR_FEEDS];
	uint16_t old_categories[WEIR_CATEGORIES];
	/* Places in the new policy's table; -1: it has no such answer. */
	int old_answers[WEIR_ANSWERS];
};

const char *
weir_diff_kind_text(enum weir_diff_kind kind)
{
	static const char *const texts[] = { "same", "added", "removed",
		"changed" };

	return texts[kind];
}

bool
weir_diff_is_empty(const struct weir_diff *diff)
{
	return diff->added == 0 && diff->removed == 0 && diff->changed == 0;
}

static void
add_row(struct weir_diff *diff, const char *name, bool is_gone)
{
	struct weir_diff_row *row = &diff->rows[diff->row_count++];

	memcpy(row->name, name, sizeof(row->name));
	row->is_gone = is_gone;
}

/* Rows for all feeds, and where those of the old policy have theirs. */
static void
map_feeds(struct differ *differ)
{
	const struct weir_policy *old = differ->old_policy;
	struct weir_diff *diff = differ->diff;
	unsigned int i, row;

	for (i = 0; i < differ->policy->feed_count; i++)
		add_row(diff, differ->policy->feeds[i].name, false);
	for (i = 0; old != NULL && i < old->feed_count; i++) {
		for (row = 0; row < differ->policy->feed_count; row++)
			if (strcmp(diff->rows[row].name, old->feeds[i].name) ==
			    0)
				break;
		if (row == differ->policy->feed_count) {
			row = diff->row_count;
			add_row(diff, old->feeds[i].name, true);
		}
		differ->old_rows[i] = row;
		differ->is_same_numbering &= row == i;
	}
}

static void
map_categories(struct differ *differ)
{
	const struct weir_policy *old = differ->old_policy;
	unsigned int i, j;

	for (i = 0; old != NULL && i < old->category_count; i++) {
		differ->old_categories[i] = NO_CATEGORY;
		for (j = 0; j < differ->policy->category_count; j++)
			if (strcmp(old->categories[i],
				differ->policy->categories[j]) == 0)
				differ->old_categories[i] = (uint16_t)j;
		differ->is_same_numbering &= differ->old_categories[i] == i;
	}
}

static void
map_answers(struct differ *differ)
{
	const struct weir_policy *old = differ->old_policy;
	const uint8_t *octets;
	unsigned int i;
	size_t len;

	for (i = 0;
	     old != NULL && weir_answers_get(&old->answers, i, &octets, &len);
	     i++) {
		differ->old_answers[i] = weir_answers_find(
		    &differ->policy->answers, octets, len);
		differ->is_same_numbering &= differ->old_answers[i] == (int)i;
	}
}

static void
note(struct differ *differ, unsigned int row, enum weir_diff_kind kind)
{
	struct weir_diff_row *counts = &differ->diff->rows[row];
	struct weir_diff_change *change = &differ->change;

	if (kind != WEIR_DIFF_REMOVED)
		counts->names++;
	if (kind == WEIR_DIFF_SAME)
		return;
	counts->added += kind == WEIR_DIFF_ADDED;
	counts->removed += kind == WEIR_DIFF_REMOVED;
	counts->changed += kind == WEIR_DIFF_CHANGED;
	change->rows[change->row_count].row = row;
	change->rows[change->row_count++].kind = kind;
}

/* Counts the name, and tells of it if anything about it differs. */
static int
finish_name(struct differ *differ, enum weir_diff_kind kind,
    const struct weir_stream_item *item)
{
	struct weir_diff *diff = differ->diff;

	if (kind != WEIR_DIFF_REMOVED)
		diff->names++;
	if (differ->change.row_count == 0)
		return 0;
	diff->added += kind == WEIR_DIFF_ADDED;
	diff->removed += kind == WEIR_DIFF_REMOVED;
	diff->changed += kind == WEIR_DIFF_CHANGED;
	differ->change.kind = kind;
	differ->change.key = item->key;
	differ->change.key_len = item->key_len;
	differ->change.entries = item->entries;
	differ->change.entry_count = item->entry_count;
	if (differ->each == NULL)
		return 0;
	return differ->each(differ->arg, diff, &differ->change);
}

/* Puts the new place of the answer in.  false: the new policy has none such. */
static bool
renumber_answer(
    const struct differ *differ, unsigned int action, uint16_t *place)
{
	int number;

	if (action != WEIR_ACTION_LOCAL)
		return true;
	if (*place >= differ->old_policy->answers.count)
		return false;
	number = differ->old_answers[*place];
	if (number >= 0)
		*place = (uint16_t)number;
	return number >= 0;
}

/* Same in all but their numbers? */
static int
is_same_entry(const struct differ *differ, const uint8_t *old,
    const uint8_t *new, bool *ret_is_same)
{
	uint8_t bytes[WEIR_ENTRY_BYTES];
	struct weir_entry a, b;
	int ret;

	ret = weir_entry_decode(old, &a);
	if (ret == 0)
		ret = weir_entry_decode(new, &b);
	if (ret < 0)
		return ret;
	*ret_is_same = a.category < WEIR_CATEGORIES &&
		       differ->old_categories[a.category] == b.category;
	*ret_is_same &= renumber_answer(differ, a.action, &a.answer) &&
			renumber_answer(
			    differ, a.below_action, &a.below_answer);
	a.feed = b.feed;
	a.category = b.category;
	weir_entry_encode(&a, bytes);
	*ret_is_same &= memcmp(bytes, new, WEIR_ENTRY_BYTES) == 0;
	return 0;
}

/* The old set's entry for a row; NULL if it has none.  A number that the old
 * policy does not know is a damaged file: it finds nothing. */
static const uint8_t *
find_old(const struct differ *differ, const uint8_t *entries,
    unsigned int count, unsigned int row)
{
	unsigned int i, feed;

	for (i = 0; i < count; i++, entries += WEIR_ENTRY_BYTES) {
		feed = weir_bytes_get16(entries);
		if (feed < differ->old_policy->feed_count &&
		    differ->old_rows[feed] == row)
			return entries;
	}
	return NULL;
}

static bool
has_row(const struct weir_stream_item *item, unsigned int row)
{
	unsigned int i;

	for (i = 0; i < item->entry_count; i++)
		if (weir_bytes_get16(item->entries + i * WEIR_ENTRY_BYTES) ==
		    row)
			return true;
	return false;
}

/* A name that both have. */
static int
compare_sets(struct differ *differ, const uint8_t *old, unsigned int old_count)
{
	const struct weir_stream_item *item = &differ->item;
	const uint8_t *new = item->entries, *match;
	unsigned int i, row;
	bool is_same, is_same_one = false;
	int ret;

	is_same = differ->is_same_numbering && old_count == item->entry_count &&
		  memcmp(old, new, (size_t)old_count * WEIR_ENTRY_BYTES) == 0;
	for (i = 0; i < item->entry_count; i++, new += WEIR_ENTRY_BYTES) {
		row = weir_bytes_get16(new);
		if (is_same) {
			note(differ, row, WEIR_DIFF_SAME);
			continue;
		}
		match = find_old(differ, old, old_count, row);
		if (match == NULL) {
			note(differ, row, WEIR_DIFF_ADDED);
			continue;
		}
		ret = is_same_entry(differ, match, new, &is_same_one);
		if (ret < 0)
			return ret;
		note(differ, row,
		    is_same_one ? WEIR_DIFF_SAME : WEIR_DIFF_CHANGED);
	}
	for (i = 0; !is_same && i < old_count; i++, old += WEIR_ENTRY_BYTES) {
		row = weir_bytes_get16(old);
		if (row < differ->old_policy->feed_count &&
		    !has_row(item, differ->old_rows[row]))
			note(differ, differ->old_rows[row], WEIR_DIFF_REMOVED);
	}
	return finish_name(differ, WEIR_DIFF_CHANGED, item);
}

static int
take_next(struct differ *differ)
{
	int ret = differ->new->next(differ->new, &differ->item);

	differ->has_item = ret == 1;
	return ret < 0 ? ret : 0;
}

/* The new stream's next name is not in the old one. */
static int
add_name(struct differ *differ)
{
	const struct weir_stream_item *item = &differ->item;
	unsigned int i;
	int ret;

	differ->change.row_count = 0;
	for (i = 0; i < item->entry_count; i++)
		note(differ,
		    weir_bytes_get16(item->entries + i * WEIR_ENTRY_BYTES),
		    WEIR_DIFF_ADDED);
	ret = finish_name(differ, WEIR_DIFF_ADDED, item);
	return ret == 0 ? take_next(differ) : ret;
}

/* A name that only the old generation has. */
static int
remove_name(struct differ *differ, const struct weir_db_record *old)
{
	const struct weir_stream_item gone = { .key = old->key,
		.key_len = old->key_len };
	unsigned int i, feed;

	differ->change.row_count = 0;
	for (i = 0; i < old->entry_count; i++) {
		feed = weir_bytes_get16(old->entries + i * WEIR_ENTRY_BYTES);
		if (feed < differ->old_policy->feed_count)
			note(differ, differ->old_rows[feed], WEIR_DIFF_REMOVED);
	}
	return finish_name(differ, WEIR_DIFF_REMOVED, &gone);
}

/* One name of the old generation: first those of the new one before it. */
static int
take_old(void *arg, const struct weir_db_record *old)
{
	struct differ *differ = arg;
	int ret, order = 1;

	while (differ->has_item) {
		order = weir_name_compare_keys(differ->item.key,
		    differ->item.key_len, old->key, old->key_len);
		if (order >= 0)
			break;
		ret = add_name(differ);
		if (ret != 0)
			return ret;
	}
	if (!differ->has_item || order != 0)
		return remove_name(differ, old);
	differ->change.row_count = 0;
	ret = compare_sets(differ, old->entries, old->entry_count);
	return ret == 0 ? take_next(differ) : ret;
}

int
weir_diff_run(const struct weir_generation *old,
    const struct weir_policy *policy, struct weir_stream *new,
    int (*each)(void *arg, const struct weir_diff *diff,
	const struct weir_diff_change *change),
    void *arg, struct weir_diff *ret_diff)
{
	struct differ *differ = calloc(1, sizeof(*differ));
	int ret;

	if (differ == NULL)
		return WEIR_EMEMORY;
	memset(ret_diff, 0, sizeof(*ret_diff));
	differ->old_policy = old != NULL ? weir_generation_policy(old) : NULL;
	differ->policy = policy;
	differ->new = new;
	differ->each = each;
	differ->arg = arg;
	differ->diff = ret_diff;
	differ->is_same_numbering = true;
	map_feeds(differ);
	map_categories(differ);
	map_answers(differ);
	ret = take_next(differ);
	if (ret == 0 && old != NULL)
		ret = weir_generation_walk(old, NULL, take_old, differ);
	while (ret == 0 && differ->has_item)
		ret = add_name(differ);
	free(differ);
	return ret;
}
