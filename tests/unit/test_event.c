/*
 * test_event.c - events as octets, and the queue between a worker and the
 * recorder.
 *
 * tests/lint/tsan.sh runs the same program under ThreadSanitizer.
 */
#include "lib/event.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/suite.h"

#define STREAM 200000 /* events of the test with two threads */

static struct weir_event
make_event(unsigned int number, unsigned int label)
{
	struct weir_event event;

	memset(&event, 0, sizeof(event));
	event.time_ns = number;
	event.outcome = (uint8_t)(number % WEIR_EVENT_OUTCOME_COUNT);
	event.transport = WEIR_TRANSPORT_TCP;
	event.qtype = 28;
	event.is_alias = true;
	event.client.family = 4;
	event.client.prefix = 32;
	/* One label of that length, and "x". */
	event.qname[0] = (uint8_t)label;
	memset(event.qname + 1, 'a' + (int)(number % 26), label);
	event.qname_len = (uint8_t)(label + 2);
	if (number % 3 != 0) {
		/* The name itself, or "y.x". */
		memcpy(event.matched, event.qname, event.qname_len);
		event.matched_len = event.qname_len;
		if (number % 3 == 1) {
			memcpy(event.matched, "\001y\001x", 5);
			event.matched_len = 5;
			event.rule_len = 3;
		}
	}
	return event;
}

static void
check_same(const struct weir_event *a, const struct weir_event *b)
{
	ck_assert_mem_eq(a, b, offsetof(struct weir_event, qname));
	ck_assert_mem_eq(a->qname, b->qname, a->qname_len);
	ck_assert_mem_eq(a->matched, b->matched, a->matched_len);
}

START_TEST(octets_come_back_as_the_event)
{
	uint8_t bytes[WEIR_EVENT_BYTES];
	struct weir_event event, back;
	unsigned int i;
	size_t len;

	for (i = 1; i < 64; i++) {
		event = make_event(i, i);
		len = weir_event_encode(&event, bytes);
		memset(&back, 0xee, sizeof(back));
		ck_assert(weir_event_decode(bytes, len, &back));
		check_same(&event, &back);
	}
}
END_TEST

START_TEST(the_longest_event_fits)
{
	uint8_t bytes[WEIR_EVENT_BYTES];
	struct weir_event event = make_event(1, 63), back;
	size_t len, at;

	for (at = 0; at + 64 < 254; at += 64)
		event.qname[at] = 63;
	event.qname[at] = (uint8_t)(254 - at - 1);
	event.qname[254] = 0;
	event.qname_len = 255;
	memcpy(event.matched, event.qname, 255);
	event.matched[1] = 'z';
	event.matched_len = event.rule_len = 255;
	memset(bytes, 0xaa, sizeof(bytes));
	len = weir_event_encode(&event, bytes);
	ck_assert_uint_le(len, WEIR_EVENT_BYTES);
	ck_assert_uint_gt(len, 2 * 255);
	ck_assert(weir_event_decode(bytes, len, &back));
	check_same(&event, &back);
}
END_TEST

START_TEST(other_octets_are_refused)
{
	const struct weir_event event = make_event(1, 5);
	uint8_t bytes[WEIR_EVENT_BYTES], changed[WEIR_EVENT_BYTES];
	size_t len = weir_event_encode(&event, bytes), i;
	static const struct {
		size_t place;
		uint8_t octet;
	} rows[] = {
		{ offsetof(struct weir_event, outcome),
		    WEIR_EVENT_OUTCOME_COUNT },
		{ offsetof(struct weir_event, transport),
		    WEIR_TRANSPORT_COUNT },
		{ offsetof(struct weir_event, is_alias), 2 },
		{ offsetof(struct weir_event, is_from_cache), 255 },
		{ offsetof(struct weir_event, is_shadowed), 2 },
		{ offsetof(struct weir_event, qname_len), 8 },
		{ offsetof(struct weir_event, qname_len), 6 },
		{ offsetof(struct weir_event, qname), 64 },
		{ offsetof(struct weir_event, qname), 4 },
		{ offsetof(struct weir_event, qname), 0 },
		{ offsetof(struct weir_event, qname) + 7, 2 },
		{ offsetof(struct weir_event, qname) + 11, 1 },
		{ offsetof(struct weir_event, matched_len), 4 },
		{ offsetof(struct weir_event, rule_len), 4 },
		{ offsetof(struct weir_event, rule_len), 6 },
	};
	struct weir_event back;

	ck_assert(weir_event_decode(bytes, len, &back));
	for (i = 0; i < len; i++)
		ck_assert(!weir_event_decode(bytes, i, &back));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memcpy(changed, bytes, sizeof(changed));
		changed[rows[i].place] = rows[i].octet;
		ck_assert_msg(
		    !weir_event_decode(changed, len, &back), "row %zu", i);
	}
}
END_TEST

START_TEST(addresses_are_cut_to_the_prefix)
{
	static const struct {
		uint8_t family, address[16];
		unsigned int v4, v6;
		const char *text;
		bool has_port;
	} rows[] = {
		{ 4, { 192, 0, 2, 255 }, 32, 0, "192.0.2.255", true },
		{ 4, { 192, 0, 2, 255 }, 24, 0, "192.0.2.0/24", false },
		{ 4, { 192, 0, 2, 255 }, 25, 0, "192.0.2.128/25", false },
		{ 4, { 192, 0, 2, 255 }, 31, 0, "192.0.2.254/31", false },
		{ 4, { 192, 0, 2, 255 }, 1, 0, "128.0.0.0/1", false },
		{ 4, { 192, 0, 2, 255 }, 0, 0, "0.0.0.0/0", false },
		{ 6, { 0x20, 1, 0xd, 0xb8, 1, 2, 3, 0xff, 9 }, 0, 128,
		    "2001:db8:102:3ff:900::", true },
		{ 6, { 0x20, 1, 0xd, 0xb8, 1, 2, 3, 0xff, 9 }, 0, 60,
		    "2001:db8:102:3f0::/60", false },
		{ 6, { 0x20, 1, 0xd, 0xb8, 1 }, 0, 0, "::/0", false },
		{ 0, { 1, 2 }, 0, 0, "?", true },
	};
	char text[WEIR_CLIENT_TEXT_SIZE];
	struct weir_client client;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		client = (struct weir_client){ .family = rows[i].family,
			.prefix = rows[i].family == 4 ? 32 : 128,
			.port = 53 };
		memcpy(client.address, rows[i].address, 16);
		weir_client_cut(&client, rows[i].v4, rows[i].v6);
		ck_assert_uint_eq(
		    weir_client_print(&client, text), strlen(text));
		ck_assert_str_eq(text, rows[i].text);
		ck_assert_int_eq(client.port, rows[i].has_port ? 53 : 0);
	}
}
END_TEST

START_TEST(every_number_has_its_word_or_none)
{
	ck_assert_str_eq(
	    weir_event_outcome_text(WEIR_EVENT_SHADOWED), "shadowed");
	ck_assert_ptr_null(weir_event_outcome_text(WEIR_EVENT_OUTCOME_COUNT));
	ck_assert_str_eq(weir_transport_text(WEIR_TRANSPORT_QUIC), "quic");
	ck_assert_ptr_null(weir_transport_text(6));
	ck_assert_ptr_null(weir_transport_text(WEIR_TRANSPORT_COUNT));
}
END_TEST

START_TEST(a_queue_is_a_power_of_two)
{
	static const size_t sizes[] = { 0, 1, 2048, 4097, 12288 };
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		ck_assert_ptr_null(weir_event_queue_new(sizes[i]));
	weir_event_queue_free(NULL);
}
END_TEST

/* False: it is empty. */
static bool
pop(struct weir_event_queue *queue, struct weir_event *ret_event)
{
	size_t len, at;
	const uint64_t *words = weir_event_peek(queue, &len), *again;

	if (!words)
		return false;
	ck_assert(weir_event_decode((const uint8_t *)words, len, ret_event));
	for (at = len; at % 8 != 0; at++)
		ck_assert_uint_eq(((const uint8_t *)words)[at], 0);
	again = weir_event_peek(queue, &at);
	ck_assert_ptr_eq(again, words);
	weir_event_drop(queue);
	return true;
}

/* Events of all lengths, so that the end of the ring falls everywhere. */
START_TEST(events_come_out_as_they_went_in)
{
	struct weir_event_queue *queue = weir_event_queue_new(4096);
	struct weir_event event, back;
	unsigned int pushed = 0, popped = 0, round, i;

	ck_assert(!pop(queue, &back));
	for (round = 0; round < 20000; round++) {
		for (i = 0; i < round % 7; i++, pushed++) {
			event = make_event(pushed, 1 + pushed * 7 % 63);
			ck_assert(weir_event_push(queue, &event));
		}
		for (i = 0; i < round % 7; i++, popped++) {
			event = make_event(popped, 1 + popped * 7 % 63);
			ck_assert(pop(queue, &back));
			check_same(&event, &back);
		}
	}
	ck_assert(!pop(queue, &back));
	ck_assert_uint_eq(weir_event_queue_lost(queue), 0);
	weir_event_queue_free(queue);
}
END_TEST

/* As long as the reader keeps up, the ring stays in little memory. */
START_TEST(an_empty_queue_begins_anew)
{
	struct weir_event_queue *queue = weir_event_queue_new(1 << 20);
	const uint8_t *first = NULL, *words;
	struct weir_event event;
	size_t len, most = 0;
	unsigned int i, round;

	for (round = 0; round < 5000; round++) {
		for (i = 0; i < 20; i++) {
			event = make_event(i, 1 + i);
			ck_assert(weir_event_push(queue, &event));
		}
		for (i = 0; i < 20; i++) {
			words = (const uint8_t *)weir_event_peek(queue, &len);
			ck_assert_ptr_nonnull(words);
			first = first ? first : words;
			ck_assert(words >= first);
			if ((size_t)(words - first) > most)
				most = (size_t)(words - first);
			weir_event_drop(queue);
		}
	}
	ck_assert_uint_gt(most, 4096);
	ck_assert_uint_lt(most, 1 << 18);
	weir_event_queue_free(queue);
}
END_TEST

START_TEST(what_does_not_fit_is_counted)
{
	struct weir_event_queue *queue = weir_event_queue_new(4096);
	struct weir_event event, back;
	unsigned int round, i, in = 0, out = 0;
	uint64_t lost = 0;

	for (round = 0; round < 100; round++) {
		for (i = 0; i < 60; i++) {
			event = make_event(i, 1 + (i + round) % 63);
			if (weir_event_push(queue, &event))
				in++;
			else
				lost++;
		}
		ck_assert_uint_eq(weir_event_queue_lost(queue), lost);
		/* Not all of them. */
		for (i = 0; i < 1 + round % 40; i++)
			out += pop(queue, &back);
	}
	ck_assert_uint_gt(lost, 0);
	while (pop(queue, &back))
		out++;
	ck_assert_uint_eq(in, out);
	ck_assert_uint_eq(in + lost, 6000);
	weir_event_queue_free(queue);
}
END_TEST

static void *
write_stream(void *arg)
{
	struct weir_event_queue *queue = arg;
	struct weir_event event;
	unsigned int i;

	for (i = 0; i < STREAM; i++) {
		event = make_event(i, 1 + i % 63);
		(void)weir_event_push(queue, &event);
	}
	return NULL;
}

START_TEST(two_threads_lose_nothing_uncounted)
{
	struct weir_event_queue *queue = weir_event_queue_new(1 << 14);
	uint64_t seen = 0, next = 0;
	bool is_over = false;
	struct weir_event event, wanted;
	pthread_t writer;

	ck_assert_int_eq(pthread_create(&writer, NULL, write_stream, queue), 0);
	for (;;) {
		if (!pop(queue, &event)) {
			if (is_over)
				break;
			is_over = seen + weir_event_queue_lost(queue) == STREAM;
			(void)sched_yield();
			continue;
		}
		ck_assert_uint_ge(event.time_ns, next);
		next = event.time_ns + 1;
		wanted = make_event((unsigned int)event.time_ns,
		    1 + (unsigned int)event.time_ns % 63);
		check_same(&wanted, &event);
		seen++;
	}
	ck_assert_int_eq(pthread_join(writer, NULL), 0);
	ck_assert_uint_eq(seen + weir_event_queue_lost(queue), STREAM);
	ck_assert_uint_gt(seen, 0);
	weir_event_queue_free(queue);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		octets_come_back_as_the_event,
		the_longest_event_fits,
		other_octets_are_refused,
		addresses_are_cut_to_the_prefix,
		every_number_has_its_word_or_none,
		a_queue_is_a_power_of_two,
		events_come_out_as_they_went_in,
		an_empty_queue_begins_anew,
		what_does_not_fit_is_counted,
		two_threads_lose_nothing_uncounted,
		NULL,
	};

	return suite_run("event", tests);
}
