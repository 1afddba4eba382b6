/*
 * test_filter.c - the filter never denies what was put in, and rarely lets
 * through what was not.
 */
#include "lib/filter.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/suite.h"

#define KEYS 20000

static const uint8_t key[WEIR_FILTER_KEY_SIZE] = "0123456789abcde";

static uint64_t
hash_of(const char *parent, unsigned int number)
{
	uint64_t hashes[WEIR_NAME_LABELS + 1];
	struct weir_name name;
	char text[64];
	int len = snprintf(text, sizeof(text), "h%u.%s", number, parent);

	ck_assert_int_eq(weir_name_parse(text, (size_t)len, &name), WEIR_OK);
	weir_filter_hash_name(key, &name, hashes);
	return hashes[name.label_count];
}

START_TEST(what_was_added_is_found_and_little_else)
{
	uint64_t blocks = weir_filter_block_count(KEYS);
	uint8_t *filter = calloc(blocks, WEIR_FILTER_BLOCK_SIZE);
	unsigned int i, wrong = 0;

	for (i = 0; i < KEYS; i++)
		weir_filter_add(filter, blocks, hash_of("example.com", i));
	for (i = 0; i < KEYS; i++) {
		ck_assert(
		    weir_filter_has(filter, blocks, hash_of("example.com", i)));
		wrong += weir_filter_has(
		    filter, blocks, hash_of("example.net", i));
	}
	/* One in 250 is expected; one in 100 would be a broken filter. */
	ck_assert_uint_lt(wrong, KEYS / 100);
	ck_assert_uint_le(blocks * WEIR_FILTER_BLOCK_SIZE, KEYS * 16 / 10);
	free(filter);
}
END_TEST

START_TEST(an_empty_filter_has_nothing)
{
	uint8_t filter[WEIR_FILTER_BLOCK_SIZE] = { 0 };

	ck_assert_uint_eq(weir_filter_block_count(0), 1);
	ck_assert(!weir_filter_has(filter, 1, 0));
	ck_assert(!weir_filter_has(filter, 1, UINT64_MAX));
}
END_TEST

START_TEST(ancestors_hash_the_same_whatever_stands_below)
{
	uint64_t deep[WEIR_NAME_LABELS + 1], top[WEIR_NAME_LABELS + 1];
	struct weir_name a, b;

	ck_assert_int_eq(weir_name_parse("x.y.example.com", 15, &a), WEIR_OK);
	ck_assert_int_eq(weir_name_parse("EXAMPLE.com", 11, &b), WEIR_OK);
	weir_filter_hash_name(key, &a, deep);
	weir_filter_hash_name(key, &b, top);
	ck_assert_uint_eq(deep[2], top[2]);
	ck_assert_uint_eq(deep[1], top[1]);
	ck_assert_uint_ne(deep[3], deep[2]);
}
END_TEST

/* Labels are not simply run together. */
START_TEST(label_borders_count)
{
	uint64_t ab[WEIR_NAME_LABELS + 1], a_b[WEIR_NAME_LABELS + 1];
	struct weir_name one, two;

	ck_assert_int_eq(weir_name_parse("ab.c", 4, &one), WEIR_OK);
	ck_assert_int_eq(weir_name_parse("a.b.c", 5, &two), WEIR_OK);
	weir_filter_hash_name(key, &one, ab);
	weir_filter_hash_name(key, &two, a_b);
	ck_assert_uint_ne(ab[2], a_b[3]);
	ck_assert_uint_ne(ab[2], a_b[2]);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { what_was_added_is_found_and_little_else,
		an_empty_filter_has_nothing,
		ancestors_hash_the_same_whatever_stands_below,
		label_borders_count, NULL };

	return suite_run("filter", tests);
}
