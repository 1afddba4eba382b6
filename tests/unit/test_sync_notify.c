/*
 * test_sync_notify.c - DNS NOTIFY as a hint, and whatever else comes to its port.
 */
#include "feeds/sync_notify.h"

#include <string.h>

#include "lib/error.h"
#include "tests/unit/suite.h"

/* id 0x1234, opcode 4, AA; "Malware" SOA IN */
static const uint8_t good[] = { 0x12, 0x34, 0x24, 0, 0, 1, 0, 0, 0, 0, 0, 0, 7,
	'M', 'a', 'l', 'w', 'a', 'r', 'e', 0, 0, 6, 0, 1 };

START_TEST(a_notify_names_its_feed_and_is_answered)
{
	uint8_t answer[WEIR_NOTIFY_SIZE];
	char feed[WEIR_NAME_TEXT_SIZE];
	size_t len = 0;

	ck_assert_int_eq(
	    weir_sync_notify(good, sizeof(good), feed, answer, &len), 1);
	ck_assert_str_eq(feed, "malware");
	ck_assert_uint_eq(len, sizeof(good));
	ck_assert_mem_eq(answer, "\x12\x34\xa4\0\0\1\0\0\0\0\0\0", 12);
	ck_assert_mem_eq(answer + 12, good + 12, len - 12);
}
END_TEST

/* What is put in place of octets of `good`; the rcode of the answer, or -1. */
START_TEST(other_packets_are_refused_or_left_alone)
{
	static const struct {
		size_t at;
		uint8_t octet;
		size_t len;
		int rcode;
	} rows[] = {
		{ 2, 0x00, sizeof(good), 4 },  /* a query: NOTIMP */
		{ 2, 0x28, sizeof(good), 4 },  /* UPDATE */
		{ 2, 0xa4, sizeof(good), -1 }, /* an answer */
		{ 5, 0, 12, 1 },               /* no question: FORMERR */
		{ 5, 0, sizeof(good), 1 },     /* and octets behind */
		{ 5, 2, sizeof(good), 1 },
		{ 22, 1, sizeof(good), 1 },    /* type A */
		{ 24, 3, sizeof(good), 1 },    /* class CH */
		{ 12, 0xc0, sizeof(good), 1 }, /* a pointer to nowhere */
		{ 12, 63, sizeof(good), 1 },
		{ 0, 0x12, 11, -1 },                    /* not even a header */
		{ 0, 0x12, 0, -1 }, { 0, 0x12, 20, 1 }, /* cut */
	};
	uint8_t packet[sizeof(good)], answer[WEIR_NOTIFY_SIZE];
	char feed[WEIR_NAME_TEXT_SIZE];
	size_t i, len;
	int ret;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memcpy(packet, good, sizeof(good));
		packet[rows[i].at] = rows[i].octet;
		len = 0;
		ret = weir_sync_notify(packet, rows[i].len, feed, answer, &len);
		if (rows[i].rcode < 0) {
			ck_assert_msg(ret == WEIR_EFORMAT, "row %zu", i);
			continue;
		}
		ck_assert_msg(ret == 0, "row %zu: %d", i, ret);
		ck_assert_msg(
		    answer[3] == rows[i].rcode, "row %zu: %u", i, answer[3]);
		ck_assert_uint_le(len, rows[i].len);
		ck_assert_mem_eq(answer, "\x12\x34", 2);
		ck_assert_uint_ne(answer[2] & 0x80, 0);
	}
}
END_TEST

/* The name stands behind the question, which points to it: cut short, as an
 * answer would be, it is another one. */
START_TEST(a_name_by_way_of_a_pointer_is_refused)
{
	static const uint8_t packet[] = { 0x12, 0x34, 0x24, 0, 0, 1, 0, 0, 0, 0,
		0, 0, 0xc0, 18, 0, 6, 0, 1, 7, 'm', 'a', 'l', 'w', 'a', 'r',
		'e', 0, 0, 0, 0, 0 };
	uint8_t answer[WEIR_NOTIFY_SIZE];
	char feed[WEIR_NAME_TEXT_SIZE];
	size_t len = 0;

	ck_assert_int_eq(
	    weir_sync_notify(packet, sizeof(packet), feed, answer, &len), 0);
	ck_assert_uint_eq(len, 12);
	ck_assert_uint_eq(answer[3], 1);
	ck_assert_int_eq(weir_sync_notify(packet, 27, feed, answer, &len), 0);
	ck_assert_uint_eq(len, 12);
}
END_TEST

/* Any octets, from a fixed row of numbers: nothing but an answer comes out. */
START_TEST(junk_does_no_harm)
{
	uint8_t packet[WEIR_NOTIFY_SIZE + 1], answer[WEIR_NOTIFY_SIZE];
	char feed[WEIR_NAME_TEXT_SIZE];
	uint32_t random = 1;
	unsigned int round;
	size_t i, len, answer_len;

	for (round = 0; round < 20000; round++) {
		for (i = 0; i < sizeof(packet); i++) {
			random = random * 1664525 + 1013904223;
			packet[i] = (uint8_t)(random >> 24);
		}
		memcpy(packet, good, round % sizeof(good));
		packet[2] = (packet[2] & 0x87) | 0x20;
		len = random % sizeof(packet);
		answer_len = 0;
		if (weir_sync_notify(packet, len, feed, answer, &answer_len) >=
		    0)
			ck_assert_uint_le(answer_len, len);
		else
			ck_assert_uint_eq(answer_len, 0);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		a_notify_names_its_feed_and_is_answered,
		other_packets_are_refused_or_left_alone,
		a_name_by_way_of_a_pointer_is_refused,
		junk_does_no_harm,
		NULL,
	};

	return suite_run("sync_notify", tests);
}
