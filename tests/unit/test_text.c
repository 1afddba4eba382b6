/*
 * test_text.c - lib/text.c: what of a text is shown.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "lib/log.h"
#include "lib/text.h"
#include "tests/unit/suite.h"

START_TEST(only_what_can_be_shown_stays)
{
	static const struct {
		const char *text, *shown;
	} cases[] = {
		{ "", "" },
		{ "malware (7)", "malware (7)" },
		{ "caf\xc3\xa9 \xe4\xb8\xad \xf0\x9f\x98\x80",
		    "caf\xc3\xa9 \xe4\xb8\xad \xf0\x9f\x98\x80" },
		{ "a\nb\tc\r\001\177", "a?b?c???" },
		{ "\033[31mred\033[0m", "?[31mred?[0m" },
		{ "c1 \xc2\x9b"
		  "31m \xc2\x80",
		    "c1 ??31m ??" },
		{ "\xc2\xa0", "\xc2\xa0" },
		{ "\xe2\x80\xae"
		  "txt.exe",
		    "???txt.exe" }, /* right to left */
		{ "a\xe2\x81\xa6"
		  "b\xe2\x81\xa9",
		    "a???b???" },
		{ "a\xe2\x80\x8b"
		  "b\xef\xbb\xbf",
		    "a???b???" }, /* no width */
		{ "a\xe2\x80\xa8"
		  "b",
		    "a???b" }, /* a line */
		{ "\x9b"
		  "31m",
		    "?31m" },
		{ "\xff\xfe", "??" },
		{ "\xc3", "?" },
		{ "\xc3(", "?(" },
		{ "\xe4\xb8", "??" },
		{ "\xf0\x9f\x98", "???" },
		{ "\xc0\xaf", "??" },           /* overlong */
		{ "\xe0\x80\xaf", "???" },      /* overlong */
		{ "\xf0\x80\x80\xaf", "????" }, /* overlong */
		{ "\xed\xa0\x80", "???" },      /* a surrogate */
		{ "\xf4\x90\x80\x80", "????" }, /* beyond the last */
		{ "\xf8\x88\x80\x80\x80", "?????" },
	};
	char text[64];
	json_t *string;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "%s", cases[i].text);
		weir_text_clean(text);
		ck_assert_msg(
		    strcmp(text, cases[i].shown) == 0, "case %zu: %s", i, text);
		string = json_string(text);
		ck_assert_ptr_nonnull(string);
		json_decref(string);
	}
}
END_TEST

/* Of any two octets, and what follows: as jansson sees it. */
START_TEST(whatever_it_was_it_is_utf8)
{
	unsigned int i, j;
	json_t *string;

	for (i = 1; i < 0x10000; i++)
		for (j = 0; j < 3; j++) {
			char text[5] = { (char)(i >> 8), (char)i,
				"\x80\xbf"
				"a"[j],
				"\x80\xbf"
				"a"[j],
				'\0' };

			if (text[0] == '\0')
				text[0] = 'x';
			weir_text_clean(text);
			string = json_string(text);
			ck_assert_msg(string != NULL, "%04x", i);
			json_decref(string);
		}
}
END_TEST

/* One mark for each character, whether it is cut or whole. */
START_TEST(a_terminal_gets_no_more_than_a_page)
{
	char *printed = NULL;
	size_t len = 0;
	FILE *stream = open_memstream(&printed, &len);

	ck_assert_ptr_nonnull(stream);
	weir_log_clean("caf\xc3\xa9\t\x9b"
		       "31m \xe2\x80\xae"
		       "exe \xc2\x9b \xe4\xb8",
	    stream);
	ck_assert_int_eq(fclose(stream), 0);
	ck_assert_str_eq(printed, "caf\xc3\xa9??31m ?exe ? ??");
	free(printed);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { only_what_can_be_shown_stays,
		whatever_it_was_it_is_utf8, a_terminal_gets_no_more_than_a_page,
		NULL };

	return suite_run("text", tests);
}
