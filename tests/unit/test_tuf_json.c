/*
 * test_tuf_json.c - JSON, strictly, and the octets that signatures are made of.
 */
#include <string.h>

#include "feeds/tuf_json.h"
#include "tests/unit/suite.h"

#define TEN_OPEN  "[[[[[[[[[["
#define TEN_CLOSE "]]]]]]]]]]"

/* The canonical form; NULL: refused. */
static const struct {
	const char *text, *form, *why;
} rows[] = {
	{ "{}", "{}", NULL },
	{ "[]", "[]", NULL },
	{ " { } \r\n\t", "{}", NULL },
	{ "{\"b\":1,\"a\":2}", "{\"a\":2,\"b\":1}", NULL },
	{ "[ 1 , -0 , 0 , -1 ]", "[1,0,0,-1]", NULL },
	{ "[\"\\u0041\\/\\\"\\\\\"]", "[\"A/\\\"\\\\\"]", NULL },
	/* Control characters stand for themselves: OLPC escapes two only. */
	{ "[\"\\n\\t\\u0001\\u007f\"]", "[\"\n\t\x01\x7f\"]", NULL },
	{ "[\"\\u00e9\",\"e\\u0301\"]", "[\"\xc3\xa9\",\"e\xcc\x81\"]", NULL },
	/* By octets of UTF-8, which is not the order of UTF-16. */
	{ "{\"\\ud83d\\ude00\":2,\"\\ue000\":1}",
	    "{\"\xee\x80\x80\":1,\"\xf0\x9f\x98\x80\":2}", NULL },
	{ "{\"a\":1,\"\":2,\"aa\":3,\"B\":4}",
	    "{\"\":2,\"B\":4,\"a\":1,\"aa\":3}", NULL },
	{ "{\"a\\\"\":1}", "{\"a\\\"\":1}", NULL },
	{ "{\"a\":{\"z\":[true,false,null],\"b\":\"x\"}}",
	    "{\"a\":{\"b\":\"x\",\"z\":[true,false,null]}}", NULL },
	{ "[{\"b\":[],\"a\":{}}]", "[{\"a\":{},\"b\":[]}]", NULL },
	{ "[9007199254740991,-9007199254740991]",
	    "[9007199254740991,-9007199254740991]", NULL },
	{ "[\"{[\\\"[\"]", "[\"{[\\\"[\"]", NULL },

	{ "[9007199254740992]", NULL, "not whole" },
	{ "[-9007199254740992]", NULL, "not whole" },
	{ "[9223372036854775808]", NULL, "no JSON" },
	{ "[1.0]", NULL, "not whole" },
	{ "[1e2]", NULL, "not whole" },
	{ "[0.5]", NULL, "not whole" },
	{ "[-0.0]", NULL, "not whole" },
	{ "{\"a\":{\"b\":[[1.5]]}}", NULL, "not whole" },
	{ "{\"a\":1,\"a\":2}", NULL, "no JSON" },
	{ "{\"a\":1,\"\\u0061\":2}", NULL, "no JSON" },
	{ "{\"x\":{\"a\":1,\"a\":1}}", NULL, "no JSON" },
	{ "[\"\\ud800\"]", NULL, "no JSON" },
	{ "[\"\\udc00\"]", NULL, "no JSON" },
	{ "[\"\\u0000\"]", NULL, "no JSON" },
	{ "{\"\\u0000\":1}", NULL, "no JSON" },
	{ "[\"\xff\"]", NULL, "no JSON" },
	{ "[\"\xc0\x80\"]", NULL, "no JSON" },
	{ "[\"\xed\xa0\x80\"]", NULL, "no JSON" },
	{ "[\"\xe2\x82\"]", NULL, "no JSON" },
	{ "[\"\n\"]", NULL, "no JSON" },
	{ "\xef\xbb\xbf[]", NULL, "no JSON" },
	{ "[01]", NULL, "no JSON" },
	{ "[+1]", NULL, "no JSON" },
	{ "[1] x", NULL, "no JSON" },
	{ "[1][2]", NULL, "no JSON" },
	{ "[1,]", NULL, "no JSON" },
	{ "{\"a\":1,}", NULL, "no JSON" },
	{ "{a:1}", NULL, "no JSON" },
	{ "['a']", NULL, "no JSON" },
	{ "[NaN]", NULL, "no JSON" },
	{ "[1] // x", NULL, "no JSON" },
	{ "[", NULL, "no JSON" },
	{ "]", NULL, "no JSON" },
	{ "", NULL, "no JSON" },
	{ "1", NULL, "no JSON" },
	{ "\"a\"", NULL, "no JSON" },
	{ "null", NULL, "no JSON" },

	/* 32 levels, and one more. */
	{ TEN_OPEN TEN_OPEN TEN_OPEN "[[" TEN_CLOSE TEN_CLOSE TEN_CLOSE "]]",
	    TEN_OPEN TEN_OPEN TEN_OPEN "[[" TEN_CLOSE TEN_CLOSE TEN_CLOSE "]]",
	    NULL },
	{ TEN_OPEN TEN_OPEN TEN_OPEN "[[[" TEN_CLOSE TEN_CLOSE TEN_CLOSE "]]]",
	    NULL, "nested" },
	{ "[\"" TEN_OPEN TEN_OPEN TEN_OPEN TEN_OPEN "\"]",
	    "[\"" TEN_OPEN TEN_OPEN TEN_OPEN TEN_OPEN "\"]", NULL },
	{ "[\"\\\"" TEN_OPEN TEN_OPEN TEN_OPEN TEN_OPEN "\"]",
	    "[\"\\\"" TEN_OPEN TEN_OPEN TEN_OPEN TEN_OPEN "\"]", NULL },
	{ "[\"\\\\\"," TEN_OPEN TEN_OPEN TEN_OPEN TEN_OPEN, NULL, "nested" },
	{ "[\"[\",\"]\"," TEN_OPEN TEN_OPEN TEN_OPEN TEN_OPEN, NULL, "nested" },
	{ "{\"a\":" TEN_OPEN TEN_OPEN TEN_OPEN TEN_OPEN, NULL, "nested" },
	/* Side by side is not deep. */
	{ "[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],"
	  "[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]",
	    "[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],["
	    "],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]",
	    NULL },
};

START_TEST(each_document_has_one_form_or_none)
{
	struct weir_problem problem = { "" };
	json_t *json = NULL;
	char *form;
	size_t len;
	int error = weir_tuf_json_parse(
	    rows[_i].text, strlen(rows[_i].text), &json, &problem);

	if (rows[_i].form == NULL) {
		ck_assert_int_eq(error, WEIR_EFORMAT);
		ck_assert_msg(strstr(problem.text, rows[_i].why) != NULL,
		    "%s: %s", rows[_i].text, problem.text);
		ck_assert_ptr_null(json);
		return;
	}
	ck_assert_msg(error == 0, "%s: %s", rows[_i].text, problem.text);
	ck_assert_int_eq(weir_tuf_json_canon(json, &form, &len), 0);
	ck_assert_str_eq(form, rows[_i].form);
	ck_assert_uint_eq(len, strlen(form));
	free(form);
	json_decref(json);
}
END_TEST

START_TEST(octets_behind_the_length_are_not_read)
{
	json_t *json;

	ck_assert_int_eq(weir_tuf_json_parse("[1]]]]", 3, &json, NULL), 0);
	json_decref(json);
	ck_assert_int_eq(
	    weir_tuf_json_parse("[1]\0", 4, &json, NULL), WEIR_EFORMAT);
}
END_TEST

/* Longer than the first buffer, and whatever the order of insertion. */
START_TEST(a_long_document_is_written_whole)
{
	json_t *json = json_object();
	char name[16], *form;
	size_t len, expected = 2;
	int i;

	for (i = 9999; i >= 0; i--) {
		(void)snprintf(name, sizeof(name), "%04d", i);
		(void)json_object_set_new(json, name, json_integer(i));
		expected += 4 + 3 + (size_t)snprintf(NULL, 0, "%d", i);
	}
	expected += 9999;
	ck_assert_int_eq(weir_tuf_json_canon(json, &form, &len), 0);
	ck_assert_uint_eq(len, expected);
	ck_assert_ptr_nonnull(strstr(form, "{\"0000\":0,\"0001\":1,"));
	ck_assert_ptr_nonnull(strstr(form, ",\"9999\":9999}"));
	free(form);
	json_decref(json);
}
END_TEST

START_TEST(a_real_number_has_no_form)
{
	json_t *json = json_pack("[f]", 1.5);
	char *form = NULL;
	size_t len;

	ck_assert_int_eq(weir_tuf_json_canon(json, &form, &len), WEIR_EFORMAT);
	ck_assert_ptr_null(form);
	json_decref(json);
}
END_TEST

START_TEST(members_are_had_by_type)
{
	json_t *json = json_pack("{s:s, s:i, s:[], s:{}, s:f, s:b}", "text",
	    "x", "number", 5, "array", "object", "real", 1.0, "true", 1);
	int64_t number = 77;

	ck_assert_str_eq(weir_tuf_json_text(json, "text"), "x");
	ck_assert_ptr_null(weir_tuf_json_text(json, "number"));
	ck_assert_ptr_null(weir_tuf_json_text(json, "absent"));
	ck_assert_ptr_null(weir_tuf_json_text(NULL, "text"));
	ck_assert_ptr_nonnull(weir_tuf_json_array(json, "array"));
	ck_assert_ptr_null(weir_tuf_json_array(json, "object"));
	ck_assert_ptr_null(weir_tuf_json_array(NULL, "array"));
	ck_assert_ptr_nonnull(weir_tuf_json_object(json, "object"));
	ck_assert_ptr_null(weir_tuf_json_object(json, "array"));
	ck_assert_ptr_null(weir_tuf_json_object(json, "text"));
	ck_assert(!weir_tuf_json_number(json, "text", 0, &number));
	ck_assert(!weir_tuf_json_number(json, "real", 0, &number));
	ck_assert(!weir_tuf_json_number(json, "true", 0, &number));
	ck_assert(!weir_tuf_json_number(json, "absent", 0, &number));
	ck_assert(!weir_tuf_json_number(json, "number", 6, &number));
	ck_assert_int_eq(number, 77);
	ck_assert(weir_tuf_json_number(json, "number", 5, &number));
	ck_assert_int_eq(number, 5);
	json_decref(json);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tuf_json");
	TCase *tcase = tcase_create("tuf_json");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, each_document_has_one_form_or_none, 0,
	    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(tcase, octets_behind_the_length_are_not_read);
	tcase_add_test(tcase, a_long_document_is_written_whole);
	tcase_add_test(tcase, a_real_number_has_no_form);
	tcase_add_test(tcase, members_are_had_by_type);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
