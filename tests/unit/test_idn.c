/*
 * test_idn.c - names in any script become A-labels; ASCII is left alone.
 */
#include "lib/idn.h"

#include <string.h>

#include "tests/unit/suite.h"

START_TEST(other_scripts_become_a_labels)
{
	static const struct {
		const char *text, *printed;
	} rows[] = {
		{ "b\xc3\xbc"
		  "cher.example",
		    "xn--bcher-kva.example" },
		{ "B\xc3\x9c"
		  "CHER.EXAMPLE.",
		    "xn--bcher-kva.example" },
		/* u and a combining diaeresis */
		{ "bu\xcc\x88"
		  "cher.example",
		    "xn--bcher-kva.example" },
		/* non-transitional: sharp s stays itself */
		{ "fa\xc3\x9f.example", "xn--fa-hia.example" },
		{ "\xe4\xbe\x8b\xe3\x81\x88.jp", "xn--r8jz45g.jp" },
		/* ideographic full stop */
		{ "\xe4\xbe\x8b\xe3\x81\x88\xe3\x80\x82jp", "xn--r8jz45g.jp" },
		/* the ASCII labels beside are not asked for their manners */
		{ "r3---sn._x.b\xc3\xbc"
		  "cher.example",
		    "r3---sn._x.xn--bcher-kva.example" },
	};
	char text[WEIR_NAME_TEXT_SIZE];
	struct weir_name name;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_msg(weir_idn_parse(rows[i].text, strlen(rows[i].text),
				  &name) == 0,
		    "%s", rows[i].text);
		weir_name_print(&name, text);
		ck_assert_str_eq(text, rows[i].printed);
	}
}
END_TEST

START_TEST(ascii_names_never_meet_the_rules_of_idna)
{
	static const char *const texts[] = { "r3---sn.googlevideo.example",
		"_dmarc.example.com", "-a-.example", "xn--zz--.example",
		"a--b.example" };
	char text[WEIR_NAME_TEXT_SIZE];
	struct weir_name name;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ck_assert_int_eq(
		    weir_idn_parse(texts[i], strlen(texts[i]), &name), 0);
		weir_name_print(&name, text);
		ck_assert_str_eq(text, texts[i]);
	}
}
END_TEST

START_TEST(what_is_no_name_in_any_script_is_refused)
{
	static const char *const texts[] = { "b\xfc"
					     "cher.example", /* Latin-1 */
		"\xc3.example",                              /* cut UTF-8 */
		"\xe2\x9c\x82.example",                      /* a dingbat */
		"b\xc3\xbc"
		"cher..example",
		".b\xc3\xbc"
		"cher.example",
		"\xcc\x88"
		"a.example", /* begins with a combining mark */
		"", "a..b" };
	struct weir_name name, before;
	size_t i;

	memset(&before, 0x5a, sizeof(before));
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		name = before;
		ck_assert_msg(weir_idn_parse(texts[i], strlen(texts[i]),
				  &name) == WEIR_EFORMAT,
		    "%s", texts[i]);
		ck_assert_mem_eq(&name, &before, sizeof(name));
	}
}
END_TEST

START_TEST(long_and_hostile_texts_are_refused)
{
	char text[6000];
	struct weir_name name;
	size_t len;

	for (len = 1; len < sizeof(text); len += 97) {
		memset(text, 0xc3, sizeof(text));
		ck_assert_int_ne(weir_idn_parse(text, len, &name), 0);
		memset(text, 'a', sizeof(text));
		memcpy(text, "\xc3\xbc", 2);
		if (len > 64)
			ck_assert_int_ne(weir_idn_parse(text, len, &name), 0);
	}
	ck_assert_int_ne(weir_idn_parse("\xc3\xbc\0.example", 11, &name), 0);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		other_scripts_become_a_labels,
		ascii_names_never_meet_the_rules_of_idna,
		what_is_no_name_in_any_script_is_refused,
		long_and_hostile_texts_are_refused,
		NULL,
	};

	return suite_run("idn", tests);
}
