/*
 * overlay.c - overlays and compaction, as merges of sorted streams.
 */
#include "lmdb-loader/overlay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/entry.h"
#include "lib/file.h"
#include "lmdb-loader/write.h"

static int
compare(const struct weir_stream_item *a, const struct weir_stream_item *b)
{
	return weir_name_compare_keys(a->key, a->key_len, b->key, b->key_len);
}

uint64_t
weir_overlay_measure(uint64_t change_count, uint64_t base_count)
{
	uint64_t square = 2 * change_count * base_count, low = 0;
	uint64_t high = WEIR_OVERLAY_NAMES, middle;

	if (change_count > WEIR_OVERLAY_NAMES)
		return WEIR_OVERLAY_NAMES;
	while (low < high) {
		middle = (low + high + 1) / 2;
		if (middle * middle <= square)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

/* --- walking ------------------------------------------------------------- */

static int
next_walked(struct weir_stream *stream, struct weir_stream_item *ret_item)
{
	struct weir_walk_stream *walk = (struct weir_walk_stream *)stream;
	struct weir_db_record record;
	int more = weir_generation_next(&walk->cursor, &record);

	if (more <= 0)
		return more;
	ret_item->key = record.key;
	ret_item->key_len = record.key_len;
	ret_item->entries = record.entries;
	ret_item->entry_count = record.entry_count;
	return 1;
}

/* At most; a file does not count the octets of its keys, but has them all. */
static void
add_counts(struct weir_stream *stream, const struct weir_db *db)
{
	stream->count += weir_db_header(db)->name_count;
	stream->key_octets += weir_db_size(db);
}

int
weir_walk_generation(const struct weir_generation *generation,
    struct weir_walk_stream *ret_stream)
{
	memset(ret_stream, 0, sizeof(*ret_stream));
	ret_stream->stream.next = next_walked;
	add_counts(&ret_stream->stream, generation->base);
	if (generation->overlay != NULL)
		add_counts(&ret_stream->stream, generation->overlay);
	return weir_generation_seek(generation, NULL, 0, &ret_stream->cursor);
}

int
weir_walk_overlay(
    const struct weir_db *overlay, struct weir_walk_stream *ret_stream)
{
	struct weir_generation_cursor *cursor = &ret_stream->cursor;
	int more;

	memset(ret_stream, 0, sizeof(*ret_stream));
	ret_stream->stream.next = next_walked;
	cursor->has_tombstones = true;
	if (overlay == NULL)
		return 0;
	add_counts(&ret_stream->stream, overlay);
	more = weir_db_seek(overlay, NULL, 0, &cursor->overlay);
	if (more == 0)
		more = weir_db_next(&cursor->overlay, &cursor->overlay_next);
	cursor->has_overlay = more == 1;
	return more < 0 ? more : 0;
}

/* --- merging ------------------------------------------------------------- */

static int
fill(struct weir_stream *stream, struct weir_stream_item *item, int *has_item)
{
	if (*has_item >= 0)
		return 0;
	*has_item = stream->next(stream, item);
	return *has_item < 0 ? *has_item : 0;
}

static int
next_merged(struct weir_stream *stream, struct weir_stream_item *ret_item)
{
	struct weir_merge_stream *merge = (struct weir_merge_stream *)stream;
	int ret, order;

	ret = fill(merge->lower, &merge->lower_item, &merge->has_lower);
	if (ret == 0)
		ret = fill(merge->upper, &merge->upper_item, &merge->has_upper);
	if (ret < 0)
		return ret;
	if (merge->has_lower == 0 && merge->has_upper == 0)
		return 0;
	order = merge->has_upper == 0 ? -1 : 1;
	if (merge->has_lower == 1 && merge->has_upper == 1)
		order = compare(&merge->lower_item, &merge->upper_item);
	*ret_item = order < 0 ? merge->lower_item : merge->upper_item;
	if (order <= 0)
		merge->has_lower = -1;
	if (order >= 0)
		merge->has_upper = -1;
	return 1;
}

void
weir_merge(struct weir_stream *lower, struct weir_stream *upper,
    struct weir_merge_stream *ret_stream)
{
	*ret_stream = (struct weir_merge_stream){
		.stream = { .count = lower->count + upper->count,
		    .key_octets = lower->key_octets + upper->key_octets,
		    .next = next_merged },
		.lower = lower,
		.upper = upper,
		.has_lower = -1,
		.has_upper = -1
	};
}

static bool
is_same(const struct weir_stream_item *a, const struct weir_stream_item *b)
{
	return a->entry_count == b->entry_count &&
	       (a->entry_count == 0 ||
		   memcmp(a->entries, b->entries,
		       (size_t)a->entry_count * WEIR_ENTRY_BYTES) == 0);
}

static int
fail_foreign(struct weir_rest_stream *rest)
{
	rest->is_foreign = true;
	return WEIR_EFORMAT;
}

static int
next_rest(struct weir_stream *stream, struct weir_stream_item *ret_item)
{
	struct weir_rest_stream *rest = (struct weir_rest_stream *)stream;
	int more, ret, order;

	while ((more = rest->now->next(rest->now, ret_item)) == 1) {
		ret = fill(rest->then, &rest->then_item, &rest->has_then);
		if (ret < 0)
			return ret;
		order = rest->has_then == 1
			    ? compare(ret_item, &rest->then_item)
			    : -1;
		if (order > 0)
			return fail_foreign(rest);
		if (order == 0)
			rest->has_then = -1;
		if (order < 0 || !is_same(ret_item, &rest->then_item))
			return 1;
	}
	if (more < 0)
		return more;
	ret = fill(rest->then, &rest->then_item, &rest->has_then);
	if (ret < 0)
		return ret;
	return rest->has_then == 1 ? fail_foreign(rest) : 0;
}

void
weir_rest(struct weir_stream *now, struct weir_stream *then,
    struct weir_rest_stream *ret_stream)
{
	*ret_stream =
	    (struct weir_rest_stream){ .stream = { .count = now->count,
					   .key_octets = now->key_octets,
					   .next = next_rest },
		    .now = now,
		    .then = then,
		    .has_then = -1 };
}

/* --- writing ------------------------------------------------------------- */

int
weir_overlay_write_stream(const struct weir_store *store,
    struct weir_stream *stream, const struct weir_db_header *base,
    const struct weir_policy *policy, struct weir_store_draft *draft,
    struct weir_problem *problem)
{
	static const char file[] = "overlay.tmp";
	struct weir_write_options options = { .kind = WEIR_DB_OVERLAY,
		.base = base,
		.created_unix = (uint64_t)time(NULL) };
	char *path = weir_path_join(store->folder, file);
	struct weir_db_header header;
	int ret;

	if (path == NULL)
		return weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	ret = weir_write_db(
	    path, stream, policy, &options, NULL, &header, problem);
	if (ret == 0)
		ret = weir_store_prove(store, file, &draft->overlay, problem);
	if (ret == 0)
		draft->overlay_file = file;
	else
		(void)unlink(path);
	free(path);
	return ret;
}

int
weir_overlay_write(const struct weir_store *store,
    const struct weir_generation *generation,
    const struct weir_changes *changes, const struct weir_policy *policy,
    struct weir_store_draft *draft, struct weir_problem *problem)
{
	struct weir_walk_stream before;
	struct weir_changes_stream upper;
	struct weir_merge_stream merged;
	int ret;

	ret = weir_walk_overlay(generation->overlay, &before);
	if (ret < 0)
		return weir_problem_set(
		    problem, ret, "the overlay cannot be read");
	weir_changes_stream(changes, &upper);
	weir_merge(&before.stream, &upper.stream, &merged);
	return weir_overlay_write_stream(store, &merged.stream,
	    weir_db_header(generation->base), policy, draft, problem);
}
