/*
 * test_tap_frame.c - an event as a dnstap frame, and a frame as a record; control
 * frames; addresses.
 */
#include "module/tap_frame.h"

#include <stdio.h>

#include "lib/dnstap.pb-c.h"
#include "lib/framestream.h"
#include "lib/tap_address.h"
#include "stats/tap_read.h"
#include "tests/unit/suite.h"
#include "tests/unit/tap_events.h"

static uint8_t bytes[WEIR_TAP_FRAME_SIZE];
static struct weir_tap_frame frame;

static size_t
encode(const struct weir_event *event, const struct weir_tap_texts *texts)
{
	size_t len = weir_tap_frame(
	    event, texts, "host.example", "weir 1, unbound 2", 0, bytes);

	ck_assert_uint_gt(len, 0);
	return len;
}

/* There and back. */
static const struct weir_record *
through(const struct weir_event *event, const struct weir_tap_texts *texts)
{
	memset(&frame, 0xa5, sizeof(frame));
	ck_assert_int_eq(weir_tap_read(bytes, encode(event, texts), &frame), 1);
	return &frame.record;
}

START_TEST(an_event_comes_back_as_a_record)
{
	const struct weir_record *record;
	struct weir_event event;

	tap_event(&event, "www.Bad.example");
	record = through(&event, &tap_texts);
	ck_assert_uint_eq(record->time_ns, event.time_ns);
	ck_assert_uint_eq(record->outcome, WEIR_EVENT_BLOCKED);
	ck_assert_uint_eq(record->transport, WEIR_TRANSPORT_UDP);
	ck_assert_uint_eq(record->rcode, 3);
	ck_assert_uint_eq(record->qtype, 65);
	ck_assert_mem_eq(&record->client, &event.client, sizeof(event.client));
	ck_assert_str_eq(record->qname, "www.bad.example");
	ck_assert_str_eq(record->rule, "bad.example");
	ck_assert_str_eq(record->domain, "bad.example");
	ck_assert_str_eq(record->feed, "urlhaus");
	ck_assert_str_eq(record->category, "malware");
	ck_assert_str_eq(record->action, "nxdomain");
	ck_assert(!record->is_alias && record->is_from_cache);
	ck_assert_uint_eq(record->times, 1);
	ck_assert_uint_eq(frame.lost, 0);
}
END_TEST

START_TEST(every_outcome_comes_back)
{
	static const struct weir_tap_texts shadow = { "", "", "trial",
		"phishing" };
	const struct weir_record *record;
	struct weir_event event;

	tap_event(&event, "a.bad.example");
	event.outcome = WEIR_EVENT_SHADOWED;
	event.is_shadowed = true;
	record = through(&event, &shadow);
	ck_assert_uint_eq(record->outcome, WEIR_EVENT_SHADOWED);
	ck_assert_str_eq(record->feed, "trial");
	ck_assert_str_eq(record->category, "phishing");
	ck_assert_str_eq(record->action, "nxdomain");

	event.outcome = WEIR_EVENT_ALLOWED;
	event.action = WEIR_ACTION_PASS;
	record = through(&event, &tap_texts);
	ck_assert_uint_eq(record->outcome, WEIR_EVENT_ALLOWED);
	ck_assert_str_eq(record->action, "pass");
	ck_assert_str_eq(record->feed, "urlhaus");

	event.outcome = WEIR_EVENT_PASSED;
	event.is_shadowed = false;
	event.matched_len = event.rule_len = 0;
	record = through(
	    &event, &(const struct weir_tap_texts){ "", "", "", "" });
	ck_assert_uint_eq(record->outcome, WEIR_EVENT_PASSED);
	ck_assert_str_eq(record->feed, "");
	ck_assert_str_eq(record->rule, "");
	ck_assert_str_eq(record->action, "");
}
END_TEST

START_TEST(every_action_has_its_word_in_the_policy)
{
	static const struct {
		enum weir_action action;
		int wanted; /* 0: none */
		const char *text;
	} rows[] = {
		{ WEIR_ACTION_NXDOMAIN, DNSTAP__POLICY__ACTION__NXDOMAIN,
		    "nxdomain" },
		{ WEIR_ACTION_NODATA, DNSTAP__POLICY__ACTION__NODATA,
		    "nodata" },
		{ WEIR_ACTION_SINKHOLE, DNSTAP__POLICY__ACTION__LOCAL_DATA,
		    "sinkhole" },
		{ WEIR_ACTION_REFUSED, 0, "refused" },
		{ WEIR_ACTION_DROP, DNSTAP__POLICY__ACTION__DROP, "drop" },
		{ WEIR_ACTION_TRUNCATE, DNSTAP__POLICY__ACTION__TRUNCATE,
		    "truncate" },
		{ WEIR_ACTION_LOCAL, DNSTAP__POLICY__ACTION__LOCAL_DATA,
		    "local" },
	};
	struct weir_event event;
	Dnstap__Dnstap *dnstap;
	Dnstap__Policy *policy;
	size_t i;

	tap_event(&event, "bad.example");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		event.action = (uint8_t)rows[i].action;
		ck_assert_str_eq(
		    through(&event, &tap_texts)->action, rows[i].text);
		dnstap = dnstap__dnstap__unpack(
		    NULL, encode(&event, &tap_texts), bytes);
		ck_assert_ptr_nonnull(dnstap);
		policy = dnstap->message->policy;
		ck_assert_str_eq(policy->type, "urlhaus");
		ck_assert_int_eq(policy->has_action, rows[i].wanted != 0);
		ck_assert(rows[i].wanted == 0 ||
			  (int)policy->action == rows[i].wanted);
		ck_assert_int_eq(policy->match, DNSTAP__POLICY__MATCH__QNAME);
		ck_assert_uint_eq(policy->rule.len, event.rule_len);
		ck_assert_uint_eq(policy->value.len, event.qname_len);
		/* What was dropped has no response, all else one. */
		ck_assert_int_eq(dnstap->message->has_response_message,
		    rows[i].action != WEIR_ACTION_DROP);
		dnstap__dnstap__free_unpacked(dnstap, NULL);
	}
}
END_TEST

START_TEST(a_cut_address_stays_cut)
{
	const struct weir_record *record;
	char text[WEIR_CLIENT_TEXT_SIZE];
	struct weir_event event;

	tap_event(&event, "bad.example");
	weir_client_cut(&event.client, 24, 56);
	record = through(&event, &tap_texts);
	(void)weir_client_print(&record->client, text);
	ck_assert_str_eq(text, "192.0.2.0/24");
	ck_assert_uint_eq(record->client.port, 0);

	event.client.family = 6;
	event.client.prefix = 128;
	(void)inet_pton(AF_INET6, "2001:db8:1:2ff::3", event.client.address);
	record = through(&event, &tap_texts);
	(void)weir_client_print(&record->client, text);
	ck_assert_str_eq(text, "2001:db8:1:2ff::3");
	weir_client_cut(&event.client, 24, 56);
	record = through(&event, &tap_texts);
	(void)weir_client_print(&record->client, text);
	ck_assert_str_eq(text, "2001:db8:1:200::/56");

	memset(&event.client, 0, sizeof(event.client));
	record = through(&event, &tap_texts);
	ck_assert_uint_eq(record->client.family, 0);
}
END_TEST

/* The largest that there can be, with texts that have to be escaped. */
/* The policy's value is what the alias leads to. */
START_TEST(an_alias_names_its_target)
{
	struct weir_event event;
	Dnstap__Dnstap *dnstap;
	Dnstap__Policy *policy;

	tap_event(&event, "www.good.example");
	event.is_alias = true;
	event.rule_len = tap_name("bad.example", event.matched);
	event.matched_len = tap_name("cdn.bad.example", event.matched);
	ck_assert_str_eq(through(&event, &tap_texts)->rule, "bad.example");
	dnstap = dnstap__dnstap__unpack(
	    NULL, encode(&event, &tap_texts), bytes);
	ck_assert_ptr_nonnull(dnstap);
	policy = dnstap->message->policy;
	ck_assert_uint_eq(policy->value.len, event.matched_len);
	ck_assert_mem_eq(policy->value.data, event.matched, policy->value.len);
	dnstap__dnstap__free_unpacked(dnstap, NULL);
}
END_TEST

/* What libprotobuf-c makes of it again is the same, octet for octet. */
START_TEST(frames_are_as_libprotobuf_c_writes_them)
{
	uint8_t again[WEIR_TAP_FRAME_SIZE];
	struct weir_event event;
	Dnstap__Dnstap *dnstap;
	size_t len, i;
	char name[64];

	for (i = 0; i < 4000; i++) {
		(void)snprintf(name, sizeof(name), "%.*s.bad.example",
		    (int)(1 + i % 40),
		    "abcdefghijklmnopqrstuvwxyz01234567890123");
		tap_event(&event, name);
		event.outcome = (uint8_t)(i % WEIR_EVENT_OUTCOME_COUNT);
		event.action = (uint8_t)(i / 3 % WEIR_ACTION_COUNT);
		event.transport = (uint8_t)(i / 5 % WEIR_TRANSPORT_COUNT);
		event.client.family = (uint8_t)(i / 7 % 3 * 2 + 2);
		event.client.port = (uint16_t)(i % 2 ? i * 17 : 0);
		event.generation = i % 11 ? i * i * i : 0;
		event.work_ns = (uint32_t)(i % 13 ? i * 70001 : 0);
		event.is_shadowed = i % 4 == 1;
		len = weir_tap_frame(
		    &event, &tap_texts, "h", i % 2 ? "v" : name, i % 6, bytes);
		dnstap = dnstap__dnstap__unpack(NULL, len, bytes);
		ck_assert_ptr_nonnull(dnstap);
		ck_assert_uint_eq(dnstap__dnstap__get_packed_size(dnstap), len);
		ck_assert_uint_eq(dnstap__dnstap__pack(dnstap, again), len);
		ck_assert_mem_eq(again, bytes, len);
		dnstap__dnstap__free_unpacked(dnstap, NULL);
	}
}
END_TEST

START_TEST(the_largest_frame_fits)
{
	char feed[WEIR_FEED_NAME_SIZE], category[WEIR_CATEGORY_SIZE];
	struct weir_tap_texts texts = { feed, category, feed, category };
	char name[WEIR_NAME_SIZE];
	struct weir_event event;
	size_t i, len;

	for (i = 0; i < 253; i++)
		name[i] = i % 64 == 63 ? '.' : 'x';
	name[253] = '\0';
	memset(feed, '"', sizeof(feed) - 1);
	memset(category, '\\', sizeof(category) - 1);
	feed[sizeof(feed) - 1] = category[sizeof(category) - 1] = '\0';
	tap_event(&event, name);
	ck_assert_uint_eq(event.qname_len, 255);
	event.matched_len = event.rule_len = tap_name(name, event.matched);
	event.is_shadowed = event.is_alias = true;
	event.generation = INT64_MAX;
	event.work_ns = UINT32_MAX;
	event.client.prefix = 31;
	len = weir_tap_frame(
	    &event, &texts, category, category, 1ULL << 48, bytes);
	ck_assert_uint_gt(len, 1000);
	ck_assert_int_eq(weir_tap_read(bytes, len, &frame), 1);
	ck_assert_str_eq(frame.record.feed, feed);
	ck_assert_str_eq(frame.record.category, category);
	ck_assert_str_eq(frame.record.qname, name);
	ck_assert_uint_eq(frame.lost, 1ULL << 48);
	ck_assert(frame.record.is_alias);
}
END_TEST

/* As in a status file that somebody has written into. */
START_TEST(a_name_without_an_end_is_cut)
{
	static char text[2 * WEIR_TAP_FRAME_SIZE];
	const struct weir_tap_texts texts = { text, text, text, text };
	struct weir_event event;

	memset(text, 'n', sizeof(text) - 1);
	tap_event(&event, "bad.example");
	event.is_shadowed = true;
	ck_assert_uint_le(encode(&event, &texts), WEIR_TAP_FRAME_SIZE);
	ck_assert_uint_eq(
	    strlen(through(&event, &texts)->feed), WEIR_FEED_NAME_SIZE - 1);
}
END_TEST

START_TEST(what_is_no_ascii_is_replaced)
{
	static const struct weir_tap_texts texts = { "feed",
		"b\xc3\xb6se\x1b[1m", "", "" };
	struct weir_event event;

	tap_event(&event, "bad.example");
	ck_assert_str_eq(through(&event, &texts)->category, "b??se?[1m");
}
END_TEST

/* --- frames of others ---------------------------------------------------------- */

static Dnstap__Dnstap other;
static Dnstap__Message message;
static Dnstap__Policy policy;

/* A response as Unbound sends it: question, answer, EDNS. */
static uint8_t response[] = { 0x12, 0x34, 0x81, 0x85, 0, 1, 0, 1, 0, 0, 0, 1, 3,
	'W', 'W', 'w', 4, 'g', 'o', 'o', 'd', 2, 'c', 'o', 2, 'u', 'k', 0, 0,
	28, 0, 1, 0xc0, 12, 0, 28, 0, 1, 0, 0, 0, 60, 0, 16, 0x20, 1, 0x0d,
	0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 41, 4, 0xd0, 0, 0, 0, 0,
	0, 0 };
static uint8_t client[16] = { 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 9 };

/* As Unbound 1.17 fills it in. */
static void
make_other(void)
{
	other = (Dnstap__Dnstap)DNSTAP__DNSTAP__INIT;
	message = (Dnstap__Message)DNSTAP__MESSAGE__INIT;
	policy = (Dnstap__Policy)DNSTAP__POLICY__INIT;
	other.type = DNSTAP__DNSTAP__TYPE__MESSAGE;
	other.message = &message;
	message.type = DNSTAP__MESSAGE__TYPE__CLIENT_RESPONSE;
	message.has_socket_family = message.has_socket_protocol = 1;
	message.socket_family = DNSTAP__SOCKET_FAMILY__INET6;
	message.socket_protocol = DNSTAP__SOCKET_PROTOCOL__TCP;
	message.has_query_address = message.has_query_port = 1;
	message.query_address.data = client;
	message.query_address.len = 16;
	message.query_port = 5353;
	message.has_response_time_sec = message.has_response_time_nsec = 1;
	message.response_time_sec = 1790000001;
	message.response_time_nsec = 5;
	message.has_response_message = 1;
	message.response_message.data = response;
	message.response_message.len = sizeof(response);
}

static int
read_other(void)
{
	size_t len = dnstap__dnstap__get_packed_size(&other);

	ck_assert_uint_le(len, sizeof(bytes));
	(void)dnstap__dnstap__pack(&other, bytes);
	return weir_tap_read(bytes, len, &frame);
}

START_TEST(unbounds_own_response_is_a_passed_query)
{
	char text[WEIR_CLIENT_TEXT_SIZE];

	make_other();
	ck_assert_int_eq(read_other(), 1);
	ck_assert_uint_eq(frame.record.outcome, WEIR_EVENT_PASSED);
	ck_assert_str_eq(frame.record.qname, "www.good.co.uk");
	ck_assert_str_eq(frame.record.domain, "good.co.uk");
	ck_assert_str_eq(frame.record.feed, "");
	ck_assert_uint_eq(frame.record.qtype, 28);
	ck_assert_uint_eq(frame.record.rcode, 5);
	ck_assert_uint_eq(frame.record.transport, WEIR_TRANSPORT_TCP);
	ck_assert_uint_eq(frame.record.time_ns, 1790000001000000005ULL);
	(void)weir_client_print(&frame.record.client, text);
	ck_assert_str_eq(text, "2001:db8::9");
	ck_assert_uint_eq(frame.record.client.port, 5353);
}
END_TEST

START_TEST(anothers_policy_decides)
{
	static char type[] = "RPZ";
	static uint8_t rule[] = { 4, 'g', 'o', 'o', 'd', 0 };

	make_other();
	message.policy = &policy;
	policy.type = type;
	policy.has_action = policy.has_rule = 1;
	policy.action = DNSTAP__POLICY__ACTION__NODATA;
	policy.rule.data = rule;
	policy.rule.len = sizeof(rule);
	ck_assert_int_eq(read_other(), 1);
	ck_assert_uint_eq(frame.record.outcome, WEIR_EVENT_BLOCKED);
	ck_assert_str_eq(frame.record.feed, "RPZ");
	ck_assert_str_eq(frame.record.rule, "good");
	ck_assert_str_eq(frame.record.action, "nodata");
	policy.action = DNSTAP__POLICY__ACTION__PASS;
	policy.rule.len = 3; /* not a name: left out */
	ck_assert_int_eq(read_other(), 1);
	ck_assert_uint_eq(frame.record.outcome, WEIR_EVENT_ALLOWED);
	ck_assert_str_eq(frame.record.rule, "");
}
END_TEST

START_TEST(other_messages_are_passed_over)
{
	unsigned int type;

	make_other();
	for (type = 1; type <= 14; type++) {
		message.type = type;
		ck_assert_int_eq(read_other(), type == 6);
	}
	make_other();
	other.message = NULL;
	ck_assert_int_eq(read_other(), 0);
}
END_TEST

START_TEST(extra_of_weirs_must_be_right)
{
	static const struct {
		const char *extra;
		int wanted;
	} rows[] = {
		{ "", 1 },
		{ "a note of the operator's", 1 },
		{ "[]", 1 },
		{ "{\"feed\":\"x\"}", 1 },
		{ "{\"outcome\":\"blocked\"}", 1 },
		{ "{\"outcome\":\"blocked\",\"outcome\":\"passed\"}", 1 },
		{ "{\"outcome\":\"other\"}", WEIR_EFORMAT },
		{ "{\"outcome\":3}", WEIR_EFORMAT },
		{ "{\"outcome\":\"passed\",\"prefix\":128}", 1 },
		{ "{\"outcome\":\"passed\",\"prefix\":129}", WEIR_EFORMAT },
		{ "{\"outcome\":\"passed\",\"prefix\":-1}", WEIR_EFORMAT },
		{ "{\"outcome\":\"passed\",\"prefix\":1.5}", WEIR_EFORMAT },
		{ "{\"outcome\":\"passed\",\"times\":0}", WEIR_EFORMAT },
		{ "{\"outcome\":\"passed\",\"times\":4294967295}", 1 },
		{ "{\"outcome\":\"passed\",\"times\":4294967296}",
		    WEIR_EFORMAT },
		{ "{\"outcome\":\"passed\",\"lost\":\"many\"}", WEIR_EFORMAT },
		{ "{\"outcome\":\"passed\",\"feed\":7}", 1 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		union {
			const char *given;
			uint8_t *taken;
		} extra = { rows[i].extra };

		make_other();
		other.has_extra = 1;
		other.extra.data = extra.taken;
		other.extra.len = strlen(rows[i].extra);
		ck_assert_msg(
		    read_other() == rows[i].wanted, "%s", rows[i].extra);
	}
}
END_TEST

/* One thing is wrong with each. */
START_TEST(hostile_messages_are_refused)
{
	uint8_t copy[sizeof(response)];
	size_t len;

	make_other();
	message.response_time_nsec = 1000000000;
	ck_assert_int_eq(read_other(), WEIR_EFORMAT);
	make_other();
	message.response_time_sec = UINT64_MAX;
	ck_assert_int_eq(read_other(), WEIR_EFORMAT);
	make_other();
	message.has_response_time_sec = 0;
	ck_assert_int_eq(read_other(), WEIR_EFORMAT);
	make_other();
	message.query_port = 65536;
	ck_assert_int_eq(read_other(), WEIR_EFORMAT);
	make_other();
	message.query_address.len = 4; /* but the family is INET6 */
	ck_assert_int_eq(read_other(), WEIR_EFORMAT);
	message.query_address.len = 5;
	ck_assert_int_eq(read_other(), WEIR_EFORMAT);
	make_other();
	message.has_response_message = 0;
	ck_assert_int_eq(read_other(), WEIR_EFORMAT);
	make_other();
	for (len = 0; len < sizeof(response); len++) {
		message.response_message.len = len;
		ck_assert_int_eq(read_other(), len < 32 ? WEIR_EFORMAT : 1);
	}
	make_other();
	memcpy(copy, response, sizeof(copy));
	message.response_message.data = copy;
	copy[12] = 0xc0; /* a name that is compressed */
	ck_assert_int_eq(read_other(), WEIR_EFORMAT);
	copy[12] = 64;
	ck_assert_int_eq(read_other(), WEIR_EFORMAT);
	copy[12] = 3;
	copy[5] = 2; /* two questions */
	ck_assert_int_eq(read_other(), WEIR_EFORMAT);
}
END_TEST

START_TEST(every_cut_and_every_flipped_bit_ends_well)
{
	struct weir_event event;
	size_t len, i;
	int result;

	tap_event(&event, "www.bad.example");
	len = encode(&event, &tap_texts);
	for (i = 0; i < len; i++)
		ck_assert_int_ne(weir_tap_read(bytes, i, &frame), 1);
	for (i = 0; i < len * 8; i++) {
		bytes[i / 8] ^= (uint8_t)(1U << i % 8);
		result = weir_tap_read(bytes, len, &frame);
		ck_assert(result == 0 || result == 1 || result < 0);
		bytes[i / 8] ^= (uint8_t)(1U << i % 8);
	}
	ck_assert_int_eq(weir_tap_read(bytes, len, &frame), 1);
}
END_TEST

/* --- control frames ----------------------------------------------------------------- */

START_TEST(control_frames_come_back)
{
	uint8_t control[WEIR_FRAMESTREAM_CONTROL_SIZE];
	enum weir_framestream_type type;
	bool is_dnstap;
	size_t len;
	unsigned int i;

	for (i = WEIR_FRAMESTREAM_ACCEPT; i <= WEIR_FRAMESTREAM_FINISH; i++) {
		len = weir_framestream_encode(i, control);
		ck_assert_uint_eq(weir_framestream_get32(control), 0);
		ck_assert_uint_eq(weir_framestream_get32(control + 4), len - 8);
		ck_assert_int_eq(weir_framestream_decode(
				     control + 8, len - 8, &type, &is_dnstap),
		    WEIR_OK);
		ck_assert_uint_eq(type, i);
		ck_assert(is_dnstap);
	}
}
END_TEST

#define ROW(text) (const uint8_t *)(text), sizeof(text) - 1

START_TEST(hostile_control_frames_are_refused)
{
	static const struct {
		const uint8_t *control;
		size_t len;
		int wanted; /* 1: dnstap's, 0: of another content */
	} rows[] = {
		{ ROW(""), WEIR_EFORMAT },
		{ ROW("\0\0\0"), WEIR_EFORMAT },
		{ ROW("\0\0\0\0"), WEIR_EFORMAT },
		{ ROW("\0\0\0\6"), WEIR_EFORMAT },
		{ ROW("\1\0\0\2"), WEIR_EFORMAT },
		{ ROW("\0\0\0\4"), 1 },
		{ ROW("\0\0\0\4\0\0\0\1\0\0\0\1x"), 0 },
		{ ROW("\0\0\0\4\0\0\0\1\0\0\0\0"), 0 },
		{ ROW("\0\0\0\4\0\0\0\1\0\0\0\1x\0\0\0\1\0\0\0\26"
		      "protobuf:dnstap.Dnstap"),
		    1 },
		{ ROW("\0\0\0\4\0\0\0\1\0\0\0\26protobuf:dnstap.Dnsta"),
		    WEIR_EFORMAT },
		{ ROW("\0\0\0\4\0\0\0\1\0\0\0\26protobuf:dnstap.Dnstapx"),
		    WEIR_EFORMAT },
		{ ROW("\0\0\0\4\0\0\0\2\0\0\0\1x"), WEIR_EFORMAT },
		{ ROW("\0\0\0\4\0\0\0\1\377\377\377\377x"), WEIR_EFORMAT },
		{ ROW("\0\0\0\4\0\0\0\1\0\0"), WEIR_EFORMAT },
		{ ROW("\0\0\0\3\0\0\0\1\0\0\0\1x"), WEIR_EFORMAT },
	};
	static uint8_t large[WEIR_FRAMESTREAM_CONTROL_MAX + 1] = { 0, 0, 0, 4 };
	enum weir_framestream_type type;
	bool is_dnstap;
	size_t i;
	int got;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		got = weir_framestream_decode(
		    rows[i].control, rows[i].len, &type, &is_dnstap);
		if (got == WEIR_OK)
			got = is_dnstap;
		ck_assert_msg(got == rows[i].wanted, "row %zu: %d", i, got);
	}
	ck_assert_int_eq(
	    weir_framestream_decode(large, sizeof(large), &type, &is_dnstap),
	    WEIR_EFORMAT);
}
END_TEST

/* --- addresses ------------------------------------------------------------------------ */

START_TEST(addresses_are_read)
{
	static const struct {
		const char *text;
		int family; /* 0: refused */
	} rows[] = {
		{ "/run/weir/dnstap.sock", AF_UNIX },
		{ "/1234567890123456789012345678901234567890123456789012345678"
		  "901234567890123456789012345678901234567890123456",
		    AF_UNIX },
		{ "/1234567890123456789012345678901234567890123456789012345678"
		  "9012345678901234567890123456789012345678901234567",
		    0 },
		{ "dnstap.sock", 0 },
		{ "", 0 },
		{ "tcp:192.0.2.1:6000", AF_INET },
		{ "tcp:192.0.2.1:65535", AF_INET },
		{ "tcp:192.0.2.1:65536", 0 },
		{ "tcp:192.0.2.1:0", 0 },
		{ "tcp:192.0.2.1:", 0 },
		{ "tcp:192.0.2.1:6000 ", 0 },
		{ "tcp:192.0.2.1:0000006000", 0 },
		{ "tcp:192.0.2.1", 0 },
		{ "tcp:192.0.2:6000", 0 },
		{ "tcp:collector.example:6000", 0 },
		{ "tcp:[2001:db8::1]:6000", AF_INET6 },
		{ "tcp:[::]:1", AF_INET6 },
		{ "tcp:2001:db8::1:6000", 0 },
		{ "tcp:[2001:db8::1]6000", 0 },
		{ "tcp:[]:6000", 0 },
		{ "tcp:[192.0.2.1]:6000", 0 },
		{ "tcp:", 0 },
		{ "TCP:192.0.2.1:6000", 0 },
	};
	struct weir_problem problem;
	struct weir_tap_address address;
	size_t i;
	int error;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		problem.text[0] = '\0';
		error = weir_tap_address_parse(
		    rows[i].text, &address, &problem);
		ck_assert_msg((error == 0) == (rows[i].family != 0), "%s: %d",
		    rows[i].text, error);
		ck_assert((error == 0) == (problem.text[0] == '\0'));
		if (error == 0)
			ck_assert_int_eq(
			    address.peer.any.sa_family, rows[i].family);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { an_event_comes_back_as_a_record,
		every_outcome_comes_back,
		every_action_has_its_word_in_the_policy,
		a_cut_address_stays_cut, the_largest_frame_fits,
		a_name_without_an_end_is_cut, an_alias_names_its_target,
		frames_are_as_libprotobuf_c_writes_them,
		what_is_no_ascii_is_replaced,
		unbounds_own_response_is_a_passed_query,
		anothers_policy_decides, other_messages_are_passed_over,
		extra_of_weirs_must_be_right, hostile_messages_are_refused,
		every_cut_and_every_flipped_bit_ends_well,
		control_frames_come_back, hostile_control_frames_are_refused,
		addresses_are_read, NULL };

	return suite_run("tap_frame", tests);
}
