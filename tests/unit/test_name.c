/*
 * test_name.c - names: wire form, text, keys.
 */
#include "lib/name.h"

#include <string.h>

#include "tests/unit/suite.h"

static struct weir_name
name_of(const char *text)
{
	struct weir_name name;

	memset(&name, 0xee, sizeof(name));
	ck_assert_msg(weir_name_parse(text, strlen(text), &name) == WEIR_OK,
	    "%s is no name", text);
	return name;
}

START_TEST(text_becomes_canonical)
{
	static const struct {
		const char *text, *printed;
		unsigned int labels, len;
	} rows[] = {
		{ "example.com", "example.com", 2, 13 },
		{ "EXAMPLE.Com.", "example.com", 2, 13 },
		{ ".", ".", 0, 1 },
		{ "a", "a", 1, 3 },
		{ "_dmarc.x-y.org", "_dmarc.x-y.org", 3, 16 },
		{ "a\\.b.c", "a\\.b.c", 2, 7 },
		{ "\\000\\255.c", "\\000\\255.c", 2, 6 },
		{ "a b.c", "a\\032b.c", 2, 7 },
	};
	char text[WEIR_NAME_TEXT_SIZE];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct weir_name name = name_of(rows[i].text);

		ck_assert_uint_eq(name.label_count, rows[i].labels);
		ck_assert_uint_eq(name.len, rows[i].len);
		ck_assert_uint_eq(
		    weir_name_print(&name, text), strlen(rows[i].printed));
		ck_assert_str_eq(text, rows[i].printed);
	}
}
END_TEST

START_TEST(what_is_no_name_is_refused_and_leaves_the_output_alone)
{
	static const char *const texts[] = { "", "..", ".a", "a..b", "a.b..",
		"a\\", "a\\25", "a\\256.b", "a\\2x5", "b\303\274cher.de" };
	char longest[300];
	struct weir_name name, before;
	size_t i;

	memset(&name, 0x55, sizeof(name));
	before = name;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ck_assert_msg(weir_name_parse(texts[i], strlen(texts[i]),
				  &name) == WEIR_EFORMAT,
		    "%s was taken", texts[i]);
	memset(longest, 'a', sizeof(longest));
	ck_assert_int_eq(weir_name_parse(longest, 64, &name), WEIR_EFORMAT);
	ck_assert_mem_eq(&name, &before, sizeof(name));
	ck_assert_int_eq(weir_name_parse(longest, 63, &name), WEIR_OK);
}
END_TEST

/* Names of exactly 253 characters exist, with one more they do not. */
START_TEST(the_longest_name_has_255_octets)
{
	char text[256];
	struct weir_name name;
	size_t i;

	for (i = 0; i < sizeof(text); i++)
		text[i] = i % 2 ? '.' : 'a';
	ck_assert_int_eq(weir_name_parse(text, 253, &name), WEIR_OK);
	ck_assert_uint_eq(name.len, 255);
	ck_assert_uint_eq(name.label_count, WEIR_NAME_LABELS);
	ck_assert_int_eq(weir_name_parse(text, 254, &name), WEIR_OK);
	ck_assert_uint_eq(name.len, 255);
	ck_assert_int_eq(weir_name_parse(text, 255, &name), WEIR_EFORMAT);
	memset(text, 'a', sizeof(text));
	text[63] = text[127] = text[191] = '.';
	ck_assert_int_eq(weir_name_parse(text, 253, &name), WEIR_OK);
	ck_assert_int_eq(weir_name_parse(text, 254, &name), WEIR_EFORMAT);
}
END_TEST

START_TEST(broken_wire_forms_are_refused)
{
	static const struct {
		const char *wire;
		size_t len;
	} rows[] = {
		{ "", 0 }, { "\001a", 2 }, /* no root label */
		{ "\002a\000", 3 },        /* a label that leaves the name */
		{ "\001a\000\000", 4 },    /* octets behind the root */
		{ "\300\014", 2 },         /* a compression pointer */
		{ "\001a\300\000", 4 },
		{ "\100a\000", 3 }, /* a label type of 64 */
	};
	struct weir_name name;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_int_eq(
		    weir_name_from_wire(
			(const uint8_t *)rows[i].wire, rows[i].len, &name),
		    WEIR_EFORMAT);
}
END_TEST

START_TEST(any_octet_survives_text_and_back)
{
	uint8_t wire[] = { 2, 0, 0, 1, 'x', 0 };
	char text[WEIR_NAME_TEXT_SIZE];
	struct weir_name name, again;
	unsigned int octet;

	for (octet = 0; octet < 256; octet++) {
		wire[1] = (uint8_t)octet;
		wire[2] = (uint8_t)(255 - octet);
		ck_assert_int_eq(
		    weir_name_from_wire(wire, sizeof(wire), &name), WEIR_OK);
		(void)weir_name_print(&name, text);
		ck_assert_int_eq(
		    weir_name_parse(text, strlen(text), &again), WEIR_OK);
		ck_assert(weir_name_is_equal(&name, &again));
	}
}
END_TEST

START_TEST(an_ancestors_key_begins_its_subtrees_keys)
{
	struct weir_name www = name_of("www.example.com");
	struct weir_name parent = name_of("example.com"), back;
	uint8_t key[WEIR_KEY_SIZE], parent_key[WEIR_KEY_SIZE];
	uint16_t ends[WEIR_NAME_LABELS + 1];
	size_t len, parent_len;

	len = weir_name_to_key(&www, WEIR_TRIGGER_QNAME, key, ends);
	parent_len = weir_name_to_key(
	    &parent, WEIR_TRIGGER_QNAME, parent_key, NULL);
	ck_assert_uint_eq(len, 17);
	ck_assert_mem_eq(key, "\001\003com\007example\003www", 17);
	ck_assert_uint_eq(ends[2], parent_len);
	ck_assert_mem_eq(key, parent_key, parent_len);
	ck_assert_int_eq(weir_name_from_key(key, len, &back), WEIR_OK);
	ck_assert(weir_name_is_equal(&www, &back));
	ck_assert_int_eq(weir_name_from_key(key, len - 1, &back), WEIR_EFORMAT);
	ck_assert_int_eq(weir_name_from_key(key, 1, &back), WEIR_EFORMAT);
	key[0] = 0xfe;
	ck_assert_int_eq(weir_name_from_key(key, len, &back), WEIR_EFORMAT);
}
END_TEST

/* Both at once is what one after the other is, whatever the octets are. */
START_TEST(wire_to_key_is_the_key_of_the_name)
{
	uint16_t ends[WEIR_NAME_LABELS + 1], ends_at_once[WEIR_NAME_LABELS + 1];
	uint8_t key[WEIR_KEY_SIZE], at_once[WEIR_KEY_SIZE];
	uint8_t wire[WEIR_NAME_SIZE + 8];
	unsigned int state = 3, round, names = 0;
	struct weir_name name;
	size_t len, at, i;
	int error, labels;

	for (round = 0; round < 20000; round++) {
		state = state * 1664525U + 1013904223U;
		len = 1 + (state >> 8) % WEIR_NAME_SIZE;
		for (i = 0; i < len; i++) {
			state = state * 1664525U + 1013904223U;
			wire[i] = (uint8_t)(state >> 20);
		}
		/* Three of four have good lengths. */
		for (at = 0; round % 4 != 0 && at + 1 < len;
		     at += 1 + (size_t)wire[at])
			wire[at] = (uint8_t)(1 + wire[at] % 9);
		if (at < len && round % 4 != 0)
			wire[at] = 0;
		error = weir_name_from_wire(wire, len, &name);
		labels = weir_name_wire_to_key(
		    wire, len, WEIR_TRIGGER_QNAME, at_once, ends_at_once);
		ck_assert_int_eq(labels < 0, error < 0);
		if (error)
			continue;
		names++;
		len = weir_name_to_key(&name, WEIR_TRIGGER_QNAME, key, ends);
		ck_assert_int_eq(labels, name.label_count);
		ck_assert_mem_eq(key, at_once, len);
		ck_assert_mem_eq(
		    ends, ends_at_once, ((size_t)labels + 1) * sizeof(ends[0]));
		len = weir_name_wire_to_top_key(
		    wire, name.len, WEIR_TRIGGER_QNAME, 2, at_once);
		ck_assert_uint_eq(len, labels < 2 ? 0 : ends[2]);
		ck_assert_mem_eq(key, at_once, len);
	}
	ck_assert_uint_gt(names, 1000);
}
END_TEST

START_TEST(a_number_at_the_top_is_seen)
{
	struct weir_name address = name_of("192.0.2.1");
	struct weir_name name = name_of("1.2.3.4x");
	struct weir_name below = name_of("4.example");
	struct weir_name root = name_of(".");

	ck_assert(weir_name_is_top_numeric(&address));
	ck_assert(!weir_name_is_top_numeric(&name));
	ck_assert(!weir_name_is_top_numeric(&below));
	ck_assert(!weir_name_is_top_numeric(&root));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { text_becomes_canonical,
		what_is_no_name_is_refused_and_leaves_the_output_alone,
		the_longest_name_has_255_octets, broken_wire_forms_are_refused,
		any_octet_survives_text_and_back,
		an_ancestors_key_begins_its_subtrees_keys,
		wire_to_key_is_the_key_of_the_name, a_number_at_the_top_is_seen,
		NULL };

	return suite_run("name", tests);
}
