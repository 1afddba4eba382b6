/*
 * test_sort.c - the sort against qsort(3), and the rules of merging.
 */
#include <check.h>
#include <dirent.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "lib/work.h"
#include "lmdb-loader/sort.h"
#include "tests/unit/scratch.h"

#define RANDOM_KEYS    20000
/* What several threads add: stretches of so many names. */
#define STRETCHES      60
#define STRETCH_NAMES  4000
#define LITTLE_MEMORY  (1 << 20)
#define MORE_THAN_SOME 4 /* threads, whatever the machine has */

struct key {
	size_t len;
	uint8_t bytes[255];
};

static struct weir_sort *sort;
static struct weir_stream *stream;

static void
setup(void)
{
	ck_assert_int_eq(weir_sort_new(&sort), 0);
}

static void
teardown(void)
{
	weir_sort_free(sort);
}

static void
add(const char *key, size_t len, unsigned int feed, unsigned int scope,
    unsigned int confidence)
{
	struct weir_entry entry = { .feed = (uint16_t)feed,
		.scope = (uint8_t)scope,
		.category = (uint16_t)confidence,
		.confidence = (uint8_t)confidence };

	ck_assert_int_eq(
	    weir_sort_add(sort, (const uint8_t *)key, len, &entry), 0);
}

static struct weir_stream *
finish(void)
{
	ck_assert_int_eq(weir_sort_finish(sort), 0);
	return weir_sort_stream(sort);
}

static struct weir_entry
entry_of(const struct weir_stream_item *item, unsigned int place)
{
	struct weir_entry entry;

	ck_assert_uint_lt(place, item->entry_count);
	ck_assert_int_eq(
	    weir_entry_decode(item->entries + place * WEIR_ENTRY_BYTES, &entry),
	    0);
	return entry;
}

static int
compare(const void *a, const void *b)
{
	const struct key *left = a, *right = b;
	size_t len = left->len < right->len ? left->len : right->len;
	int order = memcmp(left->bytes, right->bytes, len);

	if (order != 0)
		return order;
	return left->len < right->len ? -1 : left->len > right->len;
}

/* Few letters and zeros, all lengths: many common beginnings. */
static void
random_key(struct key *key)
{
	static const uint8_t letters[] = { 0, 1, 'a', 0xff };
	size_t i;

	key->len = 1 + (size_t)(random() % (random() % 8 == 0 ? 255 : 20));
	for (i = 0; i < key->len; i++)
		key->bytes[i] = letters[random() % 8 == 0 ? random() % 4 : 2];
}

START_TEST(keys_come_in_the_order_of_memcmp_each_once)
{
	struct key *keys = calloc(RANDOM_KEYS, sizeof(*keys));
	struct weir_stream_item item;
	size_t i, unique = 0, octets = 0;

	ck_assert_ptr_nonnull(keys);
	srandom(7);
	for (i = 0; i < RANDOM_KEYS; i++) {
		random_key(&keys[i]);
		add((const char *)keys[i].bytes, keys[i].len, 2, 3, 50);
	}
	qsort(keys, RANDOM_KEYS, sizeof(*keys), compare);
	stream = finish();
	for (i = 0; i < RANDOM_KEYS; i++) {
		if (i > 0 && compare(&keys[i - 1], &keys[i]) == 0)
			continue;
		ck_assert_int_eq(stream->next(stream, &item), 1);
		ck_assert_uint_eq(item.key_len, keys[i].len);
		ck_assert_mem_eq(item.key, keys[i].bytes, item.key_len);
		octets += item.key_len;
		unique++;
	}
	ck_assert_int_eq(stream->next(stream, &item), 0);
	ck_assert_uint_gt(unique, RANDOM_KEYS / 10);
	ck_assert_uint_lt(unique, RANDOM_KEYS);
	ck_assert_uint_eq(weir_sort_count(sort), unique);
	ck_assert_uint_eq(weir_sort_key_octets(sort), octets);
	free(keys);
}
END_TEST

START_TEST(a_key_that_ends_comes_before_one_with_a_zero_more)
{
	static const char bytes[16] = "\001aaaaaa\0\0\0\0";
	struct weir_stream_item item;
	size_t len;

	for (len = 12; len >= 1; len--)
		add(bytes, len, 2, 3, 50);
	stream = finish();
	for (len = 1; len <= 12; len++) {
		ck_assert_int_eq(stream->next(stream, &item), 1);
		ck_assert_uint_eq(item.key_len, len);
	}
}
END_TEST

START_TEST(one_feed_twice_scopes_together_first_attributes_stay)
{
	struct weir_stream_item item;
	struct weir_entry entry;

	add("\001\003com", 5, 2, WEIR_SCOPE_SUBDOMAINS, 70);
	add("\001\003net", 5, 2, WEIR_SCOPE_NAME, 60);
	add("\001\003com", 5, 2, WEIR_SCOPE_NAME, 10);
	stream = finish();
	ck_assert_int_eq(stream->next(stream, &item), 1);
	ck_assert_uint_eq(item.entry_count, 1);
	entry = entry_of(&item, 0);
	ck_assert_uint_eq(entry.scope, WEIR_SCOPE_BOTH);
	ck_assert_uint_eq(entry.confidence, 70);
	ck_assert_int_eq(stream->next(stream, &item), 1);
	ck_assert_uint_eq(entry_of(&item, 0).scope, WEIR_SCOPE_NAME);
}
END_TEST

START_TEST(the_first_stays_the_first_among_many)
{
	struct weir_stream_item item;
	unsigned int i;

	/* Longer and shorter keys between them, so that they are moved. */
	for (i = 0; i < 200; i++) {
		add("\001\003net\007another", 13, 2, 3, 1 + i % 100);
		add("\001\003com\007example", 13, 2, 3, 100 - i % 100);
		add("\001\003com", 5, 2, 3, 50);
	}
	stream = finish();
	ck_assert_uint_eq(weir_sort_count(sort), 3);
	ck_assert_int_eq(stream->next(stream, &item), 1);
	ck_assert_int_eq(stream->next(stream, &item), 1);
	ck_assert_uint_eq(entry_of(&item, 0).category, 100);
	ck_assert_int_eq(stream->next(stream, &item), 1);
	ck_assert_uint_eq(entry_of(&item, 0).category, 1);
}
END_TEST

START_TEST(entries_of_one_key_are_sorted_by_feed)
{
	struct weir_stream_item item;
	unsigned int feed;

	for (feed = WEIR_FEEDS; feed-- > 0;)
		add("\001\003com", 5, feed, 3, feed % 100);
	stream = finish();
	ck_assert_int_eq(stream->next(stream, &item), 1);
	ck_assert_uint_eq(item.entry_count, WEIR_FEEDS);
	for (feed = 0; feed < WEIR_FEEDS; feed++) {
		ck_assert_uint_eq(entry_of(&item, feed).feed, feed);
		ck_assert_uint_eq(entry_of(&item, feed).confidence, feed % 100);
	}
}
END_TEST

START_TEST(undo_takes_back_what_came_after_the_mark)
{
	struct weir_stream_item item;
	uint64_t mark;

	add("\001\003com", 5, 2, 3, 50);
	mark = weir_sort_mark(sort);
	add("\001\003net", 5, 3, 3, 50);
	add("\001\003com", 5, 3, 3, 50);
	weir_sort_undo(sort, mark);
	add("\001\003org", 5, 4, 3, 50);
	stream = finish();
	ck_assert_uint_eq(weir_sort_count(sort), 2);
	ck_assert_int_eq(stream->next(stream, &item), 1);
	ck_assert_mem_eq(item.key, "\001\003com", 5);
	ck_assert_uint_eq(item.entry_count, 1);
	ck_assert_int_eq(stream->next(stream, &item), 1);
	ck_assert_mem_eq(item.key, "\001\003org", 5);
}
END_TEST

START_TEST(rewind_begins_anew)
{
	struct weir_stream_item item;

	add("\001\003com", 5, 2, 3, 50);
	stream = finish();
	ck_assert_int_eq(stream->next(stream, &item), 1);
	ck_assert_int_eq(stream->next(stream, &item), 0);
	stream = weir_sort_stream(sort);
	ck_assert_int_eq(stream->next(stream, &item), 1);
}
END_TEST

/* The names of a stretch are the same whoever adds them.  They repeat in other
 * stretches, with other attributes. */
static void
made_up(unsigned int stretch, unsigned int number, struct key *key,
    struct weir_entry *entry)
{
	uint32_t mixed = (stretch * STRETCH_NAMES + number) * 2654435761U;

	key->len = (size_t)snprintf((char *)key->bytes, sizeof(key->bytes),
	    "\001%c%.*s%06u", 'a' + (int)(mixed % 3), (int)(mixed % 20),
	    "abcdefghijklmnopqrstuvwxyz", mixed % 20000);
	memset(entry, 0, sizeof(*entry));
	entry->feed = (uint16_t)(stretch % 3);
	entry->scope = (uint8_t)(1 + mixed % 2);
	entry->category = (uint16_t)stretch;
	entry->confidence = (uint8_t)stretch;
}

struct adding {
	struct weir_sort *sort;
	atomic_uint next;
	atomic_int error;
};

static void
add_stretches(void *arg, unsigned int thread)
{
	struct adding *adding = arg;
	struct weir_sort_part *part;
	struct weir_entry entry;
	unsigned int stretch, i;
	struct key key;
	int ret;

	(void)thread;
	ret = weir_sort_part_new(adding->sort, &part);
	while (ret == 0 &&
	       (stretch = atomic_fetch_add(&adding->next, 1)) < STRETCHES) {
		/* The last first: their numbers say what came first. */
		stretch = STRETCHES - 1 - stretch;
		for (i = 0; i < STRETCH_NAMES && ret == 0; i++) {
			made_up(stretch, i, &key, &entry);
			ret = weir_sort_part_add(
			    part, stretch, key.bytes, key.len, &entry);
		}
		if (ret == 0)
			ret = weir_sort_part_end(part, stretch);
	}
	weir_sort_part_free(part);
	if (ret != 0)
		atomic_store(&adding->error, ret);
}

static struct weir_sort *
bounded(const char *folder)
{
	struct weir_sort_options options = { .folder = folder,
		.memory = LITTLE_MEMORY,
		.thread_count = MORE_THAN_SOME };
	struct weir_sort *little;

	ck_assert_int_eq(weir_sort_new_bounded(&options, &little), 0);
	return little;
}

static int
count_files(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	int count = 0;

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)) != NULL)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

START_TEST(little_memory_and_many_threads_give_the_same)
{
	struct adding adding = { .next = 0 };
	struct weir_stream_item item, other;
	struct weir_stream *others;
	struct weir_entry entry;
	struct scratch scratch;
	struct key key;
	unsigned int stretch, i, failed = 0;
	uint64_t mark;

	scratch_init(&scratch);
	for (stretch = 0; stretch < STRETCHES; stretch++)
		for (i = 0; i < STRETCH_NAMES; i++) {
			made_up(stretch, i, &key, &entry);
			failed += weir_sort_add(
				      sort, key.bytes, key.len, &entry) != 0;
		}
	stream = finish();
	adding.sort = bounded(scratch.folder);
	/* What is taken back may lie in the file already. */
	mark = weir_sort_mark(adding.sort);
	weir_work_run(MORE_THAN_SOME, add_stretches, &adding);
	weir_sort_undo(adding.sort, mark);
	adding.next = 0;
	(void)weir_sort_mark(adding.sort);
	weir_work_run(MORE_THAN_SOME, add_stretches, &adding);
	ck_assert_int_eq(adding.error, 0);
	ck_assert_int_eq(weir_sort_finish(adding.sort), 0);
	ck_assert_int_eq(count_files(scratch.folder), 0);
	others = weir_sort_stream(adding.sort);
	ck_assert_uint_eq(others->count, stream->count);
	ck_assert_uint_eq(others->key_octets, stream->key_octets);
	while (stream->next(stream, &item) == 1)
		failed += others->next(others, &other) != 1 ||
			  other.key_len != item.key_len ||
			  other.entry_count != item.entry_count ||
			  memcmp(other.key, item.key, item.key_len) != 0 ||
			  memcmp(other.entries, item.entries,
			      item.entry_count * WEIR_ENTRY_BYTES) != 0;
	ck_assert_uint_eq(failed, 0);
	ck_assert_int_eq(others->next(others, &other), 0);
	weir_sort_free(adding.sort);
	scratch_done(&scratch);
}
END_TEST

START_TEST(a_disk_without_room_is_told_with_the_folder)
{
	struct rlimit limit = { 65536, RLIM_INFINITY };
	struct adding adding = { .next = 0 };
	struct weir_problem problem = { "" };
	struct scratch scratch;

	scratch_init(&scratch);
	adding.sort = bounded(scratch.folder);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	weir_work_run(MORE_THAN_SOME, add_stretches, &adding);
	ck_assert_int_eq(adding.error, WEIR_ESYSTEM);
	ck_assert_int_eq(weir_sort_finish(adding.sort), WEIR_ESYSTEM);
	limit.rlim_cur = RLIM_INFINITY;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(
	    weir_sort_problem(adding.sort, &problem), WEIR_ESYSTEM);
	ck_assert_ptr_nonnull(strstr(problem.text, ": File too large"));
	ck_assert_ptr_nonnull(strstr(problem.text, scratch.folder));
	weir_sort_free(adding.sort);
	scratch_done(&scratch);
}
END_TEST

START_TEST(what_is_no_key_or_no_feed_is_refused)
{
	struct weir_entry entry = { .feed = 2, .scope = 3 };
	uint8_t key[WEIR_KEY_SIZE] = { 1 };

	ck_assert_int_eq(weir_sort_add(sort, key, 0, &entry), WEIR_EFORMAT);
	ck_assert_int_eq(
	    weir_sort_add(sort, key, WEIR_KEY_SIZE, &entry), WEIR_EFORMAT);
	entry.feed = WEIR_FEEDS;
	ck_assert_int_eq(weir_sort_add(sort, key, 5, &entry), WEIR_EFORMAT);
}
END_TEST

START_TEST(nothing_in_nothing_out)
{
	struct weir_stream_item item;

	stream = finish();
	ck_assert_uint_eq(weir_sort_count(sort), 0);
	ck_assert_int_eq(stream->next(stream, &item), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sort");
	TCase *tcase = tcase_create("sort");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, keys_come_in_the_order_of_memcmp_each_once);
	tcase_add_test(
	    tcase, a_key_that_ends_comes_before_one_with_a_zero_more);
	tcase_add_test(
	    tcase, one_feed_twice_scopes_together_first_attributes_stay);
	tcase_add_test(tcase, the_first_stays_the_first_among_many);
	tcase_add_test(tcase, entries_of_one_key_are_sorted_by_feed);
	tcase_add_test(tcase, undo_takes_back_what_came_after_the_mark);
	tcase_add_test(tcase, rewind_begins_anew);
	tcase_add_test(tcase, little_memory_and_many_threads_give_the_same);
	tcase_add_test(tcase, a_disk_without_room_is_told_with_the_folder);
	tcase_add_test(tcase, what_is_no_key_or_no_feed_is_refused);
	tcase_add_test(tcase, nothing_in_nothing_out);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
