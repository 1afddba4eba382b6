/*
 * test_feed_target.c - what TUF targets say of a feed's files: printed, read
 * again, and refused if anything in it is not as it should be.
 */
#include "tests/unit/suite.h"

#include <string.h>

#include "feeds/feed_target.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define HASH        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct weir_feed_target sample = {
	.header = { "malware", "3f0a9c5e77d1b2a4", WEIR_FEED_HOUR, 120, 4711 },
	.name = "feed/hour",
	.sha256 = HASH,
	.length = 1000,
	.raw = 2000,
	.count = 50,
	.sum = { 7, 8 },
	.poll_ms = 1000,
	.at_ms = 1790000000123,
};

/* As the client would have it. */
static struct weir_tuf_target
tuf_of(const char *name, uint64_t length, json_t *custom)
{
	struct weir_tuf_target tuf = {
		.length = length, .sha256 = HASH, .custom = custom
	};

	strcpy(tuf.name, name);
	return tuf;
}

START_TEST(a_target_comes_back_as_it_went)
{
	json_t *custom = weir_feed_target_print(&sample);
	struct weir_tuf_target tuf = tuf_of("feed/hour", 1000, custom);
	struct weir_feed_target target;
	struct weir_problem problem = { "" };

	ck_assert_int_eq(
	    weir_feed_target_parse(&tuf, "malware", &target, &problem), 0);
	ck_assert_str_eq(target.header.feed, "malware");
	ck_assert_str_eq(target.header.gen, "3f0a9c5e77d1b2a4");
	ck_assert_uint_eq(target.header.kind, WEIR_FEED_HOUR);
	ck_assert_uint_eq(target.header.from, 120);
	ck_assert_uint_eq(target.header.to, 4711);
	ck_assert_str_eq(target.name, "feed/hour");
	ck_assert_str_eq(target.sha256, HASH);
	ck_assert_uint_eq(target.length, 1000);
	ck_assert_uint_eq(target.raw, 2000);
	ck_assert_uint_eq(target.count, 50);
	ck_assert_uint_eq(target.sum.low, 7);
	ck_assert_uint_eq(target.sum.high, 8);
	ck_assert_uint_eq(target.poll_ms, 1000);
	ck_assert_uint_eq(target.at_ms, 1790000000123);
	ck_assert_int_eq(weir_feed_target_parse(&tuf, NULL, &target, NULL), 0);
	json_decref(custom);
}
END_TEST

/* Each row changes one thing of a target that is right. */
START_TEST(hostile_targets_are_refused)
{
	static const struct {
		const char *key, *value; /* "": taken out */
		const char *says;
	} rows[] = {
		{ "v", "", "custom.weir.v" },
		{ "v", "2", "custom.weir.v" },
		{ "v", "\"1\"", "custom.weir.v" },
		{ "v", "1.0", "custom.weir.v" },
		{ "feed", "", "custom.weir.feed" },
		{ "feed", "\"\"", "custom.weir.feed" },
		{ "feed", "\"../x\"", "custom.weir.feed" },
		{ "feed", "\"Malware\"", "custom.weir.feed" },
		{ "feed", "7", "custom.weir.feed" },
		{ "feed", "\"adult\"", "of the feed adult, not malware" },
		{ "gen", "", "custom.weir.gen" },
		{ "gen", "\"3f0a9c5e77d1b2a\"", "custom.weir.gen" },
		{ "gen", "\"3F0A9C5E77D1B2A4\"", "custom.weir.gen" },
		{ "kind", "", "custom.weir.kind" },
		{ "kind", "\"week\"", "custom.weir.kind" },
		{ "kind", "2", "custom.weir.kind" },
		{ "kind", "\"day\"", "not the name of a day" },
		{ "from", "", "custom.weir.from" },
		{ "from", "-1", "custom.weir.from" },
		{ "from", "4711", "custom.weir.from" },
		{ "from", "4712", "custom.weir.from" },
		{ "from", "\"120\"", "custom.weir.from" },
		{ "to", "", "custom.weir.to" },
		{ "to", "0", "custom.weir.to" },
		{ "to", "-5", "custom.weir.to" },
		{ "to", "9007199254740992", "custom.weir.to" },
		{ "to", "119", "custom.weir.from" },
		{ "count", "", "custom.weir.count" },
		{ "count", "-1", "custom.weir.count" },
		{ "count", "200000001", "custom.weir.count" },
		{ "sum", "", "custom.weir.sum" },
		{ "sum", "\"00\"", "custom.weir.sum" },
		{ "sum", "0", "custom.weir.sum" },
		{ "raw", "", "custom.weir.raw" },
		{ "raw", "0", "custom.weir.raw" },
		{ "raw", "268435457", "custom.weir.raw" },
		{ "raw", "true", "custom.weir.raw" },
		{ "poll_ms", "", "custom.weir.poll_ms" },
		{ "poll_ms", "99", "custom.weir.poll_ms" },
		{ "poll_ms", "3600001", "custom.weir.poll_ms" },
		{ "at", "", "custom.weir.at" },
		{ "at", "0", "custom.weir.at" },
		{ "at", "9007199254740992", "custom.weir.at" },
	};
	struct weir_feed_target target = { .raw = 77 };
	struct weir_tuf_target tuf;
	struct weir_problem problem;
	json_t *custom, *weir;
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		custom = weir_feed_target_print(&sample);
		weir = json_object_get(custom, "weir");
		if (rows[i].value[0] == '\0')
			json_object_del(weir, rows[i].key);
		else
			json_object_set_new(weir, rows[i].key,
			    json_loads(rows[i].value, JSON_DECODE_ANY, NULL));
		tuf = tuf_of("feed/hour", 1000, custom);
		ck_assert_msg(weir_feed_target_parse(&tuf, "malware", &target,
				  &problem) == WEIR_EFORMAT,
		    "taken: %s %s", rows[i].key, rows[i].value);
		ck_assert_msg(strstr(problem.text, rows[i].says) != NULL,
		    "%s %s: %s", rows[i].key, rows[i].value, problem.text);
		ck_assert_uint_eq(target.raw, 77);
		json_decref(custom);
	}
}
END_TEST

START_TEST(limits_hang_on_the_kind)
{
	static const struct {
		const char *name;
		unsigned int kind;
		uint64_t from, length, raw;
		int wanted;
	} rows[] = {
		{ "feed/full", WEIR_FEED_FULL, 0, 512ULL << 20, 2048ULL << 20,
		    0 },
		{ "feed/full", WEIR_FEED_FULL, 0, (512ULL << 20) + 1, 9,
		    WEIR_EFORMAT },
		{ "feed/full", WEIR_FEED_FULL, 0, 9, (2048ULL << 20) + 1,
		    WEIR_EFORMAT },
		{ "feed/full", WEIR_FEED_FULL, 1, 9, 9, WEIR_EFORMAT },
		{ "feed/head", WEIR_FEED_HEAD, 0, 32ULL << 20, 256ULL << 20,
		    0 },
		{ "feed/head", WEIR_FEED_HEAD, 4710, 9, 9, 0 },
		{ "feed/head", WEIR_FEED_HEAD, 0, (32ULL << 20) + 1, 9,
		    WEIR_EFORMAT },
		{ "feed/head", WEIR_FEED_HEAD, 0, 0, 9, WEIR_EFORMAT },
		{ "feed/day", WEIR_FEED_DAY, 0, 9, 9, 0 },
		{ "feed/full", WEIR_FEED_DAY, 0, 9, 9, WEIR_EFORMAT },
		{ "feed/day", WEIR_FEED_FULL, 0, 9, 9, WEIR_EFORMAT },
		{ "day", WEIR_FEED_DAY, 0, 9, 9, WEIR_EFORMAT },
		{ "feed/day/day", WEIR_FEED_DAY, 0, 9, 9, WEIR_EFORMAT },
		{ "other/day", WEIR_FEED_DAY, 0, 9, 9, WEIR_EFORMAT },
	};
	struct weir_feed_target target, got;
	struct weir_tuf_target tuf;
	json_t *custom;
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		target = sample;
		target.header.kind = (uint8_t)rows[i].kind;
		target.header.from = rows[i].from;
		target.raw = rows[i].raw;
		custom = weir_feed_target_print(&target);
		tuf = tuf_of(rows[i].name, rows[i].length, custom);
		ck_assert_msg(weir_feed_target_parse(&tuf, "malware", &got,
				  NULL) == rows[i].wanted,
		    "row %zu", i);
		json_decref(custom);
	}
}
END_TEST

START_TEST(targets_that_say_nothing_are_refused)
{
	static const char *const rows[] = { "{}", "[]", "{\"weir\": 1}",
		"{\"weir\": []}", "{\"weir\": {}}", "{\"Weir\": {\"v\": 1}}" };
	struct weir_feed_target target;
	struct weir_tuf_target tuf = tuf_of("feed/hour", 1000, NULL);
	size_t i;

	ck_assert_int_eq(
	    weir_feed_target_parse(&tuf, NULL, &target, NULL), WEIR_EFORMAT);
	for (i = 0; i < COUNT(rows); i++) {
		tuf.custom = json_loads(rows[i], 0, NULL);
		ck_assert_ptr_nonnull(tuf.custom);
		ck_assert_int_eq(
		    weir_feed_target_parse(&tuf, NULL, &target, NULL),
		    WEIR_EFORMAT);
		json_decref(tuf.custom);
	}
}
END_TEST

START_TEST(members_of_later_versions_are_passed_over)
{
	json_t *custom = weir_feed_target_print(&sample);
	struct weir_tuf_target tuf = tuf_of("feed/hour", 1000, custom);
	struct weir_feed_target target;

	json_object_set_new(
	    json_object_get(custom, "weir"), "mood", json_string("fine"));
	ck_assert_int_eq(
	    weir_feed_target_parse(&tuf, "malware", &target, NULL), 0);
	json_decref(custom);
}
END_TEST

START_TEST(the_name_in_signed_data)
{
	static const struct {
		const char *text, *wanted;
	} rows[] = {
		{ "{\"weir\": {\"v\": 1, \"feed\": \"malware\"}}", "malware" },
		{ "{\"weir\": {\"v\": 1, \"feed\": \"malware\", \"x\": 1}}",
		    "malware" },
		{ "{\"weir\": {\"v\": 2, \"feed\": \"malware\"}}", NULL },
		{ "{\"weir\": {\"feed\": \"malware\"}}", NULL },
		{ "{\"weir\": {\"v\": 1}}", NULL },
		{ "{\"weir\": {\"v\": 1, \"feed\": \"a/b\"}}", NULL },
		{ "{\"weir\": {\"v\": 1, \"feed\": [\"malware\"]}}", NULL },
		{ "{\"weir\": \"malware\"}", NULL },
		{ "{\"feed\": \"malware\"}", NULL },
		{ "{}", NULL },
		{ "[]", NULL },
	};
	json_t *json, *made = weir_feed_name_print("malware");
	const char *name;
	size_t i;

	json = json_pack("{s:o}", "weir", made);
	ck_assert_str_eq(weir_feed_name_parse(json), "malware");
	json_decref(json);
	for (i = 0; i < COUNT(rows); i++) {
		json = json_loads(rows[i].text, 0, NULL);
		ck_assert_ptr_nonnull(json);
		name = weir_feed_name_parse(json);
		if (rows[i].wanted == NULL)
			ck_assert_msg(name == NULL, "%s", rows[i].text);
		else
			ck_assert_str_eq(name, rows[i].wanted);
		json_decref(json);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		a_target_comes_back_as_it_went,
		hostile_targets_are_refused,
		limits_hang_on_the_kind,
		targets_that_say_nothing_are_refused,
		members_of_later_versions_are_passed_over,
		the_name_in_signed_data,
		NULL,
	};

	return suite_run("feed_target", tests);
}
