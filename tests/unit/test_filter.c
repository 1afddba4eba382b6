/*
 * test_filter.c - the filter never denies what was put in, and rarely lets
 * through what was not.
 */
#include "lib/filter.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/suite.h"

#define KEYS 20000

static const uint8_t key[WEIR_FILTER_KEY_SIZE] = "0123456789abcde";

/* A filter that lets everything through: the hashes of all labels are made. */
static uint8_t all[3 * WEIR_FILTER_BLOCK_SIZE];
static struct weir_filter filter;

static void
hash_name(const struct weir_name *name, uint64_t *ret_hashes)
{
	uint16_t ends[WEIR_NAME_LABELS + 1];
	uint8_t octets[WEIR_KEY_SIZE];

	/* What stands behind the key has no say. */
	memset(octets, 0xee, sizeof(octets));
	memset(all, 0xff, sizeof(all));
	weir_filter_init(&filter, all, 3, key);
	(void)weir_name_to_key(name, WEIR_TRIGGER_QNAME, octets, ends);
	ck_assert_uint_eq(weir_filter_hash_key(&filter, NULL, octets, ends,
			      name->label_count, ret_hashes),
	    name->label_count);
}

static uint64_t
hash_of(const char *parent, unsigned int number)
{
	uint64_t hashes[WEIR_NAME_LABELS + 1];
	struct weir_name name;
	char text[64];
	int len = snprintf(text, sizeof(text), "h%u.%s", number, parent);

	ck_assert_int_eq(weir_name_parse(text, (size_t)len, &name), WEIR_OK);
	hash_name(&name, hashes);
	return hashes[name.label_count];
}

static struct weir_filter
filter_of(const uint8_t *bits, uint64_t blocks)
{
	struct weir_filter made;

	weir_filter_init(&made, bits, blocks, key);
	return made;
}

START_TEST(what_was_added_is_found_and_little_else)
{
	uint64_t blocks = weir_filter_block_count(KEYS);
	uint8_t *bits = calloc(blocks, WEIR_FILTER_BLOCK_SIZE);
	struct weir_filter made = filter_of(bits, blocks);
	unsigned int i, wrong = 0;

	for (i = 0; i < KEYS; i++)
		weir_filter_add(bits, blocks, hash_of("example.com", i));
	for (i = 0; i < KEYS; i++) {
		ck_assert(weir_filter_has(&made, hash_of("example.com", i)));
		wrong += weir_filter_has(&made, hash_of("example.net", i));
	}
	/* One in 40 is expected; one in 20 would be a broken filter. */
	ck_assert_uint_lt(wrong, KEYS / 20);
	ck_assert_uint_le(blocks * WEIR_FILTER_BLOCK_SIZE, KEYS * 16 / 10);
	free(bits);
}
END_TEST

START_TEST(the_gate_denies_most_of_what_it_does_not_know)
{
	uint64_t blocks = weir_filter_block_count(KEYS);
	uint8_t *bits = calloc(blocks, WEIR_FILTER_BLOCK_SIZE);
	struct weir_filter made = filter_of(bits, blocks);
	unsigned int i, wrong = 0;

	for (i = 0; i < KEYS; i++)
		weir_filter_add_gate(bits, blocks, hash_of("com", i));
	for (i = 0; i < KEYS; i++) {
		ck_assert(weir_filter_gate_has(&made, hash_of("com", i)));
		wrong += weir_filter_gate_has(&made, hash_of("net", i));
	}
	/* One in seven is expected; one in four would be a broken gate. */
	ck_assert_uint_lt(wrong, KEYS / 4);
	free(bits);
}
END_TEST

START_TEST(hashing_stops_where_both_gates_deny)
{
	uint8_t none[3 * WEIR_FILTER_BLOCK_SIZE] = { 0 };
	struct weir_filter deny = filter_of(none, 3), let;
	uint64_t hashes[WEIR_NAME_LABELS + 1];
	uint16_t ends[WEIR_NAME_LABELS + 1];
	uint8_t octets[WEIR_KEY_SIZE];
	struct weir_name name;

	ck_assert_int_eq(weir_name_parse("a.b.c.d", 7, &name), WEIR_OK);
	hash_name(&name, hashes);
	let = filter; /* lets all through */
	(void)weir_name_to_key(&name, WEIR_TRIGGER_QNAME, octets, ends);
	ck_assert_uint_eq(
	    weir_filter_hash_key(&deny, NULL, octets, ends, 4, hashes), 1);
	ck_assert_uint_eq(
	    weir_filter_hash_key(&deny, &deny, octets, ends, 4, hashes), 1);
	ck_assert_uint_eq(
	    weir_filter_hash_key(&deny, &let, octets, ends, 4, hashes), 4);
	ck_assert_uint_eq(
	    weir_filter_hash_key(&let, &deny, octets, ends, 4, hashes), 4);
	ck_assert_uint_eq(
	    weir_filter_hash_key(&deny, NULL, octets, ends, 1, hashes), 1);
	ck_assert_uint_eq(
	    weir_filter_hash_key(&deny, NULL, octets, ends, 0, hashes), 0);
}
END_TEST

START_TEST(the_gates_key_is_the_ancestor_with_two_labels)
{
	static const struct {
		const char *name;
		unsigned int labels; /* of the ancestor; 0: none */
	} rows[] = { { "com", 0 }, { "a.com", 2 }, { "x.yy.com", 2 },
		{ "a.b.c.d.e", 2 } };
	uint16_t ends[WEIR_NAME_LABELS + 1];
	uint8_t octets[WEIR_KEY_SIZE];
	struct weir_name name;
	size_t i, len;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_int_eq(
		    weir_name_parse(rows[i].name, strlen(rows[i].name), &name),
		    WEIR_OK);
		len = weir_name_to_key(&name, WEIR_TRIGGER_QNAME, octets, ends);
		ck_assert_uint_eq(weir_filter_gate_len(octets, len),
		    rows[i].labels == 0 ? 0 : ends[rows[i].labels]);
	}
}
END_TEST

START_TEST(an_empty_filter_has_nothing)
{
	uint8_t empty[3 * WEIR_FILTER_BLOCK_SIZE] = { 0 };
	struct weir_filter made = filter_of(empty, 3);

	ck_assert_uint_eq(weir_filter_block_count(0), 3);
	ck_assert(!weir_filter_has(&made, 0));
	ck_assert(!weir_filter_has(&made, UINT64_MAX));
	ck_assert(!weir_filter_gate_has(&made, 0));
	/* A filter of a block or two has no gate. */
	made = filter_of(empty, 1);
	ck_assert(weir_filter_gate_has(&made, 0));
	ck_assert(!weir_filter_has(&made, 0));
}
END_TEST

START_TEST(ancestors_hash_the_same_whatever_stands_below)
{
	uint64_t deep[WEIR_NAME_LABELS + 1], top[WEIR_NAME_LABELS + 1];
	struct weir_name a, b;

	ck_assert_int_eq(weir_name_parse("x.y.example.com", 15, &a), WEIR_OK);
	ck_assert_int_eq(weir_name_parse("EXAMPLE.com", 11, &b), WEIR_OK);
	hash_name(&a, deep);
	hash_name(&b, top);
	ck_assert_uint_eq(deep[2], top[2]);
	ck_assert_uint_eq(deep[1], top[1]);
	ck_assert_uint_ne(deep[3], deep[2]);
}
END_TEST

/* The same code with other rounds is what libsodium has. */
START_TEST(siphash_2_4_is_libsodiums_at_every_length)
{
	uint8_t text[WEIR_KEY_SIZE];
	struct weir_siphash sip;
	uint64_t expected;
	size_t len, at;

	for (at = 0; at < sizeof(text); at++)
		text[at] = (uint8_t)(at * 37 + 11);
	for (len = 0; len + 8 <= sizeof(text); len++) {
		weir_siphash_init(&sip, key);
		for (at = 0; at + 8 <= len; at += 8)
			weir_siphash_word(&sip, weir_bytes_get64(text + at), 2);
		(void)crypto_shorthash(
		    (unsigned char *)&expected, text, len, key);
		ck_assert_uint_eq(weir_siphash_finish(sip,
				      weir_bytes_get64(text + at), len, 2, 4),
		    expected);
	}
}
END_TEST

START_TEST(every_ancestor_has_the_hash_of_its_key)
{
	uint64_t hashes[WEIR_NAME_LABELS + 1];
	uint16_t ends[WEIR_NAME_LABELS + 1];
	uint8_t octets[WEIR_KEY_SIZE];
	uint8_t wire[WEIR_NAME_SIZE];
	struct weir_name name;
	unsigned int len, label;
	size_t at;

	for (len = 1; len <= 62; len++) {
		/* Labels of len octets, as many as fit. */
		for (at = 0; at + len + 2 <= sizeof(wire); at += len + 1) {
			wire[at] = (uint8_t)len;
			memset(wire + at + 1, (int)('a' + at % 23), len);
		}
		wire[at] = 0;
		ck_assert_int_eq(
		    weir_name_from_wire(wire, at + 1, &name), WEIR_OK);
		hash_name(&name, hashes);
		(void)weir_name_to_key(&name, WEIR_TRIGGER_QNAME, octets, ends);
		for (label = 1; label <= name.label_count; label++)
			ck_assert_uint_eq(hashes[label],
			    weir_filter_hash(key, octets, ends[label]));
	}
}
END_TEST

/* Labels are not simply run together. */
START_TEST(label_borders_count)
{
	uint64_t ab[WEIR_NAME_LABELS + 1], a_b[WEIR_NAME_LABELS + 1];
	struct weir_name one, two;

	ck_assert_int_eq(weir_name_parse("ab.c", 4, &one), WEIR_OK);
	ck_assert_int_eq(weir_name_parse("a.b.c", 5, &two), WEIR_OK);
	hash_name(&one, ab);
	hash_name(&two, a_b);
	ck_assert_uint_ne(ab[2], a_b[3]);
	ck_assert_uint_ne(ab[2], a_b[2]);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { what_was_added_is_found_and_little_else,
		the_gate_denies_most_of_what_it_does_not_know,
		hashing_stops_where_both_gates_deny,
		the_gates_key_is_the_ancestor_with_two_labels,
		an_empty_filter_has_nothing,
		ancestors_hash_the_same_whatever_stands_below,
		siphash_2_4_is_libsodiums_at_every_length,
		every_ancestor_has_the_hash_of_its_key, label_borders_count,
		NULL };

	return suite_run("filter", tests);
}
