/*
 * test_overlay.c - generations of a base and an overlay against a naive model:
 * random deltas, look-ups, walks, compactions with deltas in between.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "lmdb-loader/overlay.h"
#include "lmdb-loader/sort.h"
#include "lmdb-loader/write.h"
#include "tests/unit/scratch.h"

#define NAMES 400 /* n0.example to n399.example */

static struct scratch scratch;
static struct weir_store store;
static struct weir_problem problem;
static struct weir_policy policy;
static bool model[NAMES]; /* what is listed */
static uint32_t seed;

static uint32_t
next_random(void)
{
	seed = seed * 1664525U + 1013904223U;
	return seed >> 8;
}

static void
setup(void)
{
	scratch_init(&scratch);
	ck_assert_int_eq(
	    weir_store_lock(scratch.folder, 0, &store, &problem), 0);
	weir_policy_init(&policy);
	memset(model, 0, sizeof(model));
	seed = 1;
}

static void
teardown(void)
{
	weir_store_close(&store);
	scratch_done(&scratch);
}

static size_t
key_of(unsigned int number, uint8_t *key)
{
	struct weir_name name;
	char text[32];
	int len = snprintf(text, sizeof(text), "n%u.example", number);

	ck_assert_int_eq(weir_name_parse(text, (size_t)len, &name), 0);
	return weir_name_to_key(&name, WEIR_TRIGGER_QNAME, key, NULL);
}

static unsigned int
number_of(const struct weir_db_record *record)
{
	struct weir_name name;
	unsigned int number;
	char text[WEIR_NAME_TEXT_SIZE];

	ck_assert_int_eq(
	    weir_name_from_key(record->key, record->key_len, &name), 0);
	weir_name_print(&name, text);
	ck_assert_int_eq(sscanf(text, "n%u.example", &number), 1);
	return number;
}

static void
encode_entry(uint8_t *bytes)
{
	const struct weir_entry entry = {
		.feed = 1, .scope = WEIR_SCOPE_BOTH, .confidence = 50
	};

	weir_entry_encode(&entry, bytes);
}

static uint64_t
model_count(void)
{
	uint64_t count = 0;
	unsigned int i;

	for (i = 0; i < NAMES; i++)
		count += model[i];
	return count;
}

/* Writes the model as a base and publishes it. */
static void
publish_base(void)
{
	struct weir_write_options options = { .kind = WEIR_DB_BASE };
	struct weir_store_draft draft = { .name_count = model_count(),
		.base_file = "base.tmp" };
	struct weir_entry entry = {
		.feed = 1, .scope = WEIR_SCOPE_BOTH, .confidence = 50
	};
	char *path = weir_path_join(scratch.folder, draft.base_file);
	struct weir_db_header header;
	uint8_t key[WEIR_KEY_SIZE];
	struct weir_sort *sort;
	unsigned int i;

	ck_assert_int_eq(weir_sort_new(&sort), 0);
	for (i = 0; i < NAMES; i++)
		if (model[i])
			ck_assert_int_eq(
			    weir_sort_add(sort, key, key_of(i, key), &entry),
			    0);
	ck_assert_int_eq(weir_sort_finish(sort), 0);
	ck_assert_int_eq(weir_write_db(path, weir_sort_stream(sort), &policy,
			     &options, NULL, &header, &problem),
	    0);
	ck_assert_int_eq(
	    weir_store_prove(&store, draft.base_file, &draft.base, &problem),
	    0);
	ck_assert_int_eq(weir_store_next(&store, &draft.generation), 0);
	ck_assert_int_eq(weir_store_publish(&store, &draft, &problem), 0);
	weir_sort_free(sort);
	free(path);
}

static void
open_current(struct weir_generation *generation)
{
	ck_assert_msg(weir_store_open_generation(&store, &store.current, true,
			  generation, &problem) == 0,
	    "%s", problem.text);
}

static int
compare_numbers(const void *a, const void *b)
{
	uint8_t left[WEIR_KEY_SIZE], right[WEIR_KEY_SIZE];
	size_t left_len = key_of(*(const unsigned int *)a, left);
	size_t right_len = key_of(*(const unsigned int *)b, right);

	return weir_name_compare_keys(left, left_len, right, right_len);
}

/* Turns `count` random names over, in the model and by an overlay. */
static void
publish_delta(unsigned int count)
{
	struct weir_store_draft draft = { .generation = 0 };
	unsigned int numbers[NAMES], i;
	uint8_t key[WEIR_KEY_SIZE], encoded[WEIR_ENTRY_BYTES];
	struct weir_generation generation;
	struct weir_changes changes;

	open_current(&generation);
	for (i = 0; i < count; i++)
		numbers[i] = next_random() % NAMES;
	qsort(numbers, count, sizeof(numbers[0]), compare_numbers);
	weir_changes_init(&changes, UINT64_MAX);
	encode_entry(encoded);
	for (i = 0; i < count; i++) {
		if (i > 0 && numbers[i] == numbers[i - 1])
			continue;
		model[numbers[i]] = !model[numbers[i]];
		ck_assert_int_eq(
		    weir_changes_add(&changes, key, key_of(numbers[i], key),
			encoded, model[numbers[i]]),
		    0);
	}
	draft.name_count = model_count();
	ck_assert_int_eq(weir_store_next(&store, &draft.generation), 0);
	ck_assert_msg(weir_overlay_write(&store, &generation, &changes, &policy,
			  &draft, &problem) == 0,
	    "%s", problem.text);
	ck_assert_int_eq(weir_store_publish(&store, &draft, &problem), 0);
	weir_changes_done(&changes);
	weir_generation_close(&generation);
}

/* Look-ups, single records and the walk all say what the model says. */
static void
check_model(void)
{
	struct weir_generation_cursor cursor;
	struct weir_generation generation;
	struct weir_matches matches;
	struct weir_db_record record;
	uint8_t key[WEIR_KEY_SIZE];
	uint64_t walked = 0, hash;
	struct weir_name name;
	char text[48];
	unsigned int i, passed = 0;
	int len;

	open_current(&generation);
	for (i = 0; i < NAMES; i++) {
		len = snprintf(text, sizeof(text), "www.n%u.example", i);
		ck_assert_int_eq(weir_name_parse(text, (size_t)len, &name), 0);
		ck_assert_msg(weir_generation_lookup(
				  &generation, &name, &matches) == model[i],
		    "%s", text);
		hash = weir_generation_gate_hash(
		    &generation, name.wire, name.len);
		ck_assert_uint_ne(hash, 0);
		passed += weir_generation_gate_has(&generation, hash);
		ck_assert(
		    !model[i] || weir_generation_gate_has(&generation, hash));
		ck_assert_int_eq(weir_generation_get(
				     &generation, key, key_of(i, key), &record),
		    model[i]);
	}
	/* Tombstones are in the overlay's. */
	ck_assert_uint_le(passed, model_count() + NAMES / 2);
	ck_assert_int_eq(
	    weir_generation_seek(&generation, NULL, 0, &cursor), 0);
	while (weir_generation_next(&cursor, &record) == 1) {
		ck_assert(model[number_of(&record)]);
		walked++;
	}
	ck_assert_uint_eq(walked, model_count());
	ck_assert_uint_eq(store.current.name_count, walked);
	weir_generation_close(&generation);
}

START_TEST(deltas_over_a_base_say_what_the_model_says)
{
	unsigned int i;

	for (i = 0; i < NAMES; i += 2)
		model[i] = true;
	publish_base();
	check_model();
	for (i = 0; i < 40; i++) {
		publish_delta(1 + next_random() % 30);
		check_model();
	}
	ck_assert_str_eq(store.current.base.name, "1.base");
}
END_TEST

START_TEST(an_overlay_over_an_empty_base_is_all_there_is)
{
	publish_base();
	publish_delta(20);
	check_model();
	publish_delta(NAMES);
	check_model();
}
END_TEST

/* A compaction reads generation `then`; deltas come; what they said lies over
 * the new base. */
static void
compact_with_deltas_between(unsigned int deltas)
{
	struct weir_store_draft draft = { .base_file = "compact.base" };
	struct weir_write_options options = { .kind = WEIR_DB_BASE };
	char *path = weir_path_join(scratch.folder, draft.base_file);
	struct weir_walk_stream walk, now_walk, then_walk;
	struct weir_generation then, now;
	struct weir_db_header header;
	struct weir_rest_stream rest;

	open_current(&then);
	ck_assert_int_eq(weir_walk_generation(&then, &walk), 0);
	ck_assert_int_eq(weir_write_db(path, &walk.stream, &policy, &options,
			     NULL, &header, &problem),
	    0);
	while (deltas-- > 0)
		publish_delta(10);
	open_current(&now);
	ck_assert_int_eq(
	    weir_store_prove(&store, draft.base_file, &draft.base, &problem),
	    0);
	ck_assert_int_eq(weir_walk_overlay(now.overlay, &now_walk), 0);
	ck_assert_int_eq(weir_walk_overlay(then.overlay, &then_walk), 0);
	weir_rest(&now_walk.stream, &then_walk.stream, &rest);
	draft.name_count = model_count();
	ck_assert_int_eq(weir_store_next(&store, &draft.generation), 0);
	ck_assert_msg(weir_overlay_write_stream(&store, &rest.stream, &header,
			  &policy, &draft, &problem) == 0,
	    "%s", problem.text);
	ck_assert_int_eq(weir_store_publish(&store, &draft, &problem), 0);
	weir_generation_close(&then);
	weir_generation_close(&now);
	free(path);
}

START_TEST(a_compaction_loses_no_delta_that_came_meanwhile)
{
	unsigned int i;

	for (i = 0; i < NAMES; i += 3)
		model[i] = true;
	publish_base();
	publish_delta(50);
	for (i = 0; i < 6; i++) {
		compact_with_deltas_between(i);
		check_model();
		publish_delta(25);
		check_model();
	}
	weir_store_prune(&store, 1);
	check_model();
}
END_TEST

/* Rolled back to before an overlay, and a delta since: the rest cannot be told. */
START_TEST(an_overlay_that_does_not_come_from_the_one_read_is_seen)
{
	struct weir_walk_stream now_walk, then_walk;
	struct weir_generation then, now;
	struct weir_stream_item item;
	struct weir_rest_stream rest;
	bool before[NAMES];
	unsigned int i;
	int more = 1;

	publish_base();
	publish_delta(3);
	memcpy(before, model, sizeof(model));
	for (i = 0; i < 20; i++) {
		publish_delta(2);
		open_current(&then);
		ck_assert_int_eq(weir_store_rollback(&store, 2, &problem), 0);
		memcpy(model, before, sizeof(model));
		publish_delta(1);
		open_current(&now);
		ck_assert_int_eq(weir_walk_overlay(now.overlay, &now_walk), 0);
		ck_assert_int_eq(
		    weir_walk_overlay(then.overlay, &then_walk), 0);
		weir_rest(&now_walk.stream, &then_walk.stream, &rest);
		while ((more = rest.stream.next(&rest.stream, &item)) == 1)
			;
		ck_assert_int_eq(more < 0, rest.is_foreign);
		ck_assert(rest.is_foreign);
		weir_generation_close(&then);
		weir_generation_close(&now);
		ck_assert_int_eq(weir_store_rollback(&store, 2, &problem), 0);
		memcpy(model, before, sizeof(model));
	}
}
END_TEST

/* What is given up when changes are too many is not half of them. */
START_TEST(changes_over_their_measure_are_none)
{
	uint8_t encoded[WEIR_ENTRY_BYTES], key[WEIR_KEY_SIZE];
	struct weir_changes_stream stream;
	struct weir_stream_item item;
	struct weir_changes changes;
	unsigned int i;

	encode_entry(encoded);
	weir_changes_init(&changes, 3);
	for (i = 0; i < 5; i++) {
		ck_assert(changes.is_over == (i > 3));
		ck_assert_int_eq(
		    weir_changes_add(&changes, key, key_of(i, key), encoded, 1),
		    0);
	}
	weir_changes_stream(&changes, &stream);
	ck_assert_int_eq(stream.stream.next(&stream.stream, &item), 0);
	weir_changes_done(&changes);
}
END_TEST

START_TEST(the_measure_is_the_root_of_what_is_written)
{
	ck_assert_uint_eq(weir_overlay_measure(5, 10000000), 10000);
	ck_assert_uint_eq(weir_overlay_measure(1, 2), 2);
	ck_assert_uint_eq(weir_overlay_measure(0, 10000000), 0);
	ck_assert_uint_eq(
	    weir_overlay_measure(1000, 10000000), WEIR_OVERLAY_NAMES);
	ck_assert_uint_eq(
	    weir_overlay_measure(100000000, 100000000), WEIR_OVERLAY_NAMES);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("overlay");
	TCase *tcase = tcase_create("overlay");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, deltas_over_a_base_say_what_the_model_says);
	tcase_add_test(tcase, an_overlay_over_an_empty_base_is_all_there_is);
	tcase_add_test(tcase, a_compaction_loses_no_delta_that_came_meanwhile);
	tcase_add_test(
	    tcase, an_overlay_that_does_not_come_from_the_one_read_is_seen);
	tcase_add_test(tcase, changes_over_their_measure_are_none);
	tcase_add_test(tcase, the_measure_is_the_root_of_what_is_written);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
