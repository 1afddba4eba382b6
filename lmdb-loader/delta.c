/*
 * delta.c - one feed's names to add and to delete, and what they change.
 *
 * Between feeds/list.c, which reads the two files, and overlay.c, which writes
 * what comes out.  It costs what the delta has, not what the generation has:
 * each name is looked up, nothing is walked.
 */
#include "lmdb-loader/delta.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/bytes.h"
#include "lmdb-loader/guard.h"
#include "lmdb-loader/item.h"
#include "lmdb-loader/sort.h"

struct maker {
	const struct weir_settings *settings;
	const struct weir_feed_settings *feed;
	const struct weir_generation *generation;
	struct weir_delta *delta;
	struct weir_guard guard;
	struct weir_entry entry; /* of a name that is added */
	struct weir_sort *sort;  /* being filled */
	struct weir_list_report *report;
	bool is_guarded;
	bool is_signed; /* files of changes, of that format whatever is set */
};

/* A name that the guard refuses, counted as the lists' own refusals are. */
static void
count_guarded(
    struct maker *maker, int reason, const struct weir_list_item *item)
{
	struct weir_list_report *report = maker->report;
	unsigned long place = report->refused[reason]++;
	char text[WEIR_NAME_TEXT_SIZE];
	struct weir_list_example *example;

	report->entry_count--;
	if (place >= WEIR_LIST_EXAMPLES)
		return;
	example = &report->examples[reason][place];
	weir_name_print(item->name, text);
	example->line = item->line;
	(void)snprintf(example->text, sizeof(example->text), "%.*s",
	    (int)sizeof(example->text) - 1, text);
}

/* What the entry has in the policy's tables.  false: there is no room for its
 * answer. */
static bool
take_tables(struct maker *maker, const struct weir_list_item *item,
    struct weir_entry *entry)
{
	struct weir_policy *policy = maker->delta->policy;
	char category[WEIR_CATEGORY_SIZE];
	int number;

	if (item->category != NULL) {
		weir_item_category(item->category, category);
		number = category[0] != '\0'
			     ? weir_policy_add_category(policy, category)
			     : entry->category;
		/* No room for it: see compile.c. */
		if (number >= 0)
			entry->category = (uint16_t)number;
		else if (policy->feeds[entry->feed].has_categories)
			entry->category = 0;
	}
	if (item->action != WEIR_ACTION_LOCAL)
		return true;
	number = weir_answers_add(
	    &policy->answers, item->answer.records, item->answer.len);
	if (number >= 0)
		weir_item_set_answer((unsigned int)number, entry);
	return number >= 0;
}

static int
take_item(void *arg, const struct weir_list_item *item)
{
	struct maker *maker = arg;
	struct weir_entry entry = maker->entry;
	uint8_t key[WEIR_KEY_SIZE];
	int reason;
	size_t len;

	weir_item_entry(
	    item, maker->feed->subdomains, maker->feed->lifetime_s, &entry);
	len = weir_name_to_key(item->name, WEIR_TRIGGER_QNAME, key, NULL);
	if (maker->is_guarded) {
		reason = weir_guard_judge(&maker->guard, key, len, &entry,
		    maker->delta->policy->feeds[entry.feed].action,
		    weir_guard_url(item, maker->feed));
		if (reason != WEIR_GUARD_FINE) {
			count_guarded(maker, reason, item);
			return 0;
		}
		if (!take_tables(maker, item, &entry)) {
			count_guarded(maker, WEIR_LIST_ANSWERS, item);
			return 0;
		}
	}
	return weir_sort_add(maker->sort, key, len, &entry);
}

/* One of the two files, sorted.  No file: none of its names. */
static int
read_names(struct maker *maker, const char *file, bool is_guarded,
    struct weir_list_report *report, struct weir_sort **ret_sort,
    struct weir_problem *problem)
{
	struct weir_list_options options = weir_item_options(maker->feed);
	struct weir_sort_options sort_options = { .thread_count = 1,
		.policy = maker->delta->policy };
	struct stat info;
	int ret;

	if (file != NULL && !maker->is_signed && stat(file, &info) == 0)
		maker->entry.valid_until = weir_item_end(
		    (int64_t)info.st_mtime, maker->feed->lifetime_s);
	ret = weir_sort_new_bounded(&sort_options, &maker->sort);
	if (ret < 0)
		return weir_problem_set(
		    problem, ret, "%s", weir_error_text(ret));
	maker->report = report;
	maker->is_guarded = is_guarded;
	if (file != NULL)
		ret = weir_list_read(file,
		    maker->is_signed ? "feed" : maker->feed->format, &options,
		    take_item, NULL, maker, report, problem);
	if (ret == 0) {
		ret = weir_sort_finish(maker->sort);
		if (ret < 0)
			(void)weir_problem_set(
			    problem, ret, "%s", weir_error_text(ret));
	}
	if (ret < 0)
		weir_sort_free(maker->sort);
	else
		*ret_sort = maker->sort;
	return ret;
}

/* The set without the feed's entry, or with `entry` in its place. Returns the
 * count; *ret_was: the entry that was there, NULL. */
static unsigned int
edit_set(const struct weir_db_record *old, unsigned int feed,
    const uint8_t *entry, uint8_t *out, const uint8_t **ret_was)
{
	const uint8_t *at = old->entries;
	unsigned int i, count = 0, there;
	bool is_put = entry == NULL;

	*ret_was = NULL;
	for (i = 0; i < old->entry_count; i++, at += WEIR_ENTRY_BYTES) {
		there = weir_bytes_get16(at);
		if (!is_put && there >= feed) {
			memcpy(out + count++ * WEIR_ENTRY_BYTES, entry,
			    WEIR_ENTRY_BYTES);
			is_put = true;
		}
		if (there == feed)
			*ret_was = at;
		else
			memcpy(out + count++ * WEIR_ENTRY_BYTES, at,
			    WEIR_ENTRY_BYTES);
	}
	if (!is_put)
		memcpy(
		    out + count++ * WEIR_ENTRY_BYTES, entry, WEIR_ENTRY_BYTES);
	return count;
}

/* What one name of the delta changes; entry NULL: it is deleted. */
static int
change_name(struct maker *maker, const struct weir_stream_item *item,
    const uint8_t *entry)
{
	/* One more than the most: a set may grow by one. */
	uint8_t set[(WEIR_ENTRIES_PER_KEY + 1) * WEIR_ENTRY_BYTES];
	struct weir_delta *delta = maker->delta;
	struct weir_db_record old = { .entry_count = 0 };
	const uint8_t *was;
	unsigned int count;
	int ret;

	ret = weir_generation_get(
	    maker->generation, item->key, item->key_len, &old);
	if (ret < 0)
		return ret;
	if (ret == 0)
		old.entry_count = 0;
	count = edit_set(&old, maker->entry.feed, entry, set, &was);
	if (was == NULL && entry == NULL) {
		delta->missing++;
		return 0;
	}
	if (was != NULL && entry != NULL &&
	    memcmp(was, entry, WEIR_ENTRY_BYTES) == 0) {
		delta->same++;
		return 0;
	}
	delta->added += was == NULL;
	delta->removed += entry == NULL;
	delta->changed += was != NULL && entry != NULL;
	delta->names_added += old.entry_count == 0;
	delta->names_removed += count == 0;
	return weir_changes_add(
	    &delta->changes, item->key, item->key_len, set, count);
}

/* Both streams at once: of a name in both, what is added counts. */
static int
change_all(
    struct maker *maker, struct weir_stream *adds, struct weir_stream *dels)
{
	struct weir_stream_item add, del;
	int has_add = adds->next(adds, &add);
	int has_del = dels->next(dels, &del);
	int order, ret = 0;

	while (ret == 0 && (has_add == 1 || has_del == 1)) {
		order = has_add == 1 ? -1 : 1;
		if (has_add == 1 && has_del == 1)
			order = weir_name_compare_keys(
			    add.key, add.key_len, del.key, del.key_len);
		ret = order <= 0 ? change_name(maker, &add, add.entries)
				 : change_name(maker, &del, NULL);
		if (order <= 0)
			has_add = adds->next(adds, &add);
		if (order >= 0)
			has_del = dels->next(dels, &del);
	}
	if (has_add < 0 || has_del < 0)
		return has_add < 0 ? has_add : has_del;
	return ret;
}

/* The entry that added names get, in the numbers of the generation. */
static int
find_entry(struct maker *maker, struct weir_problem *problem)
{
	const struct weir_policy *policy = weir_generation_policy(
	    maker->generation);
	const char *category =
	    maker->settings->policy.categories[maker->feed->category];
	unsigned int feed, i;

	for (feed = WEIR_FEED_FIRST; feed < policy->feed_count; feed++)
		if (strcmp(policy->feeds[feed].name, maker->feed->name) == 0)
			break;
	for (i = 0; i < policy->category_count; i++)
		if (strcmp(policy->categories[i], category) == 0)
			break;
	if (feed == policy->feed_count || i == policy->category_count)
		return weir_problem_set(problem, WEIR_EMISSING,
		    "the generation in force does not know the %s %s: run "
		    "weir-load apply",
		    feed == policy->feed_count ? "feed" : "category",
		    feed == policy->feed_count ? maker->feed->name : category);
	maker->is_signed = policy->feeds[feed].gen[0] != '\0';
	maker->entry.feed = (uint16_t)feed;
	maker->entry.category = (uint16_t)i;
	maker->entry.confidence = maker->feed->confidence;
	maker->entry.scope = maker->feed->subdomains ? WEIR_SCOPE_BOTH
						     : WEIR_SCOPE_NAME;
	return 0;
}

static int
make(struct maker *maker, const char *add_file, const char *del_file,
    struct weir_problem *problem)
{
	struct weir_sort *adds = NULL, *dels = NULL;
	int ret;

	ret = find_entry(maker, problem);
	if (ret == 0)
		ret = read_names(maker, add_file, true,
		    &maker->delta->add_report, &adds, problem);
	if (ret == 0)
		ret = read_names(maker, del_file, false,
		    &maker->delta->del_report, &dels, problem);
	if (ret == 0) {
		ret = change_all(
		    maker, weir_sort_stream(adds), weir_sort_stream(dels));
		if (ret < 0)
			(void)weir_problem_set(problem, ret,
			    "the delta cannot be compared with the generation: "
			    "%s",
			    weir_error_text(ret));
	}
	weir_sort_free(adds);
	weir_sort_free(dels);
	return ret;
}

int
weir_delta_make(const struct weir_settings *settings, unsigned int feed,
    const struct weir_generation *generation, const char *add_file,
    const char *del_file, struct weir_delta *ret_delta,
    struct weir_problem *problem)
{
	struct maker maker = { .settings = settings,
		.feed = &settings->feeds[feed],
		.generation = generation,
		.delta = ret_delta };
	int ret;

	memset(ret_delta, 0, sizeof(*ret_delta));
	weir_changes_init(&ret_delta->changes, UINT64_MAX);
	ret_delta->policy = malloc(sizeof(*ret_delta->policy));
	if (ret_delta->policy == NULL)
		return weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	*ret_delta->policy = *weir_generation_policy(generation);
	ret = weir_guard_init_cached(&maker.guard, settings, problem);
	if (ret == 0)
		ret = make(&maker, add_file, del_file, problem);
	weir_guard_done(&maker.guard);
	if (ret < 0)
		weir_delta_done(ret_delta);
	return ret;
}

void
weir_delta_done(struct weir_delta *delta)
{
	weir_changes_done(&delta->changes);
	free(delta->policy);
	delta->policy = NULL;
}
