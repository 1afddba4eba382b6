/*
 * test_publish_run.c - sorted lines: found, and laid over each other.
 */
#include "tests/unit/suite.h"

#include "feeds/publish_run.h"
#include "tests/unit/scratch.h"

static struct weir_publish_run
run_of(const char *text)
{
	return (struct weir_publish_run){ .text = text, .len = strlen(text) };
}

START_TEST(names_are_found_wherever_they_stand)
{
	static const char *const texts[] = {
		"+a.example\n",
		"+a.example\n-b.example\n",
		"+a.example x=y\n+aa.example\n-ab.example\n+b.example z=z\n",
		("-a-a.example\n+a.a.example\n+a.example\n+a.example.org\n"
		 "+a0.example scope=both\n+a_.example\n+aa.example\n"),
		"",
	};
	static const char *const others[] = { "", "0", "a", "a.exampl",
		"a.example.", "a.examplf", "zzz", "ab", "a.example x=y", "+a" };
	struct weir_publish_run run;
	struct weir_feed_line line;
	const char *at, *end;
	size_t i, j, len;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		run = run_of(texts[i]);
		for (at = texts[i]; *at != '\0'; at = end + 1) {
			end = strchr(at, '\n');
			len = strcspn(at + 1, " \n");
			ck_assert_int_eq(
			    weir_publish_run_search(&run, at + 1, len, &line),
			    1);
			ck_assert_ptr_eq(line.entry, at + 1);
			ck_assert_uint_eq(
			    line.entry_len, (size_t)(end - at - 1));
			ck_assert_uint_eq(line.name_len, len);
			ck_assert_int_eq(line.is_listed, *at == '+');
		}
		for (j = 0; j < sizeof(others) / sizeof(others[0]); j++)
			ck_assert_int_eq(
			    weir_publish_run_search(
				&run, others[j], strlen(others[j]), &line),
			    0);
	}
	run = (struct weir_publish_run){ .text = NULL };
	ck_assert_int_eq(weir_publish_run_search(&run, "a", 1, &line), 0);
}
END_TEST

START_TEST(the_newest_run_says_what_holds)
{
	static const struct {
		const char *runs[4]; /* the newest last */
		const char *all, *set;
	} rows[] = {
		{ { "+a.x\n+b.x\n", NULL }, "+a.x\n+b.x\n", "+a.x\n+b.x\n" },
		{ { "+a.x\n+c.x\n", "+b.x\n-c.x\n", NULL },
		    "+a.x\n+b.x\n-c.x\n", "+a.x\n+b.x\n" },
		{ { "+a.x\n", "-a.x\n", "+a.x action=pass\n", NULL },
		    "+a.x action=pass\n", "+a.x action=pass\n" },
		{ { "-a.x\n", "+a.x\n", "", "-a.x\n" }, "-a.x\n", "" },
		{ { "", "", NULL }, "", "" },
		{ { "+a-b.x\n", "+a.x\n", "+a.x.y\n", NULL },
		    "+a-b.x\n+a.x\n+a.x.y\n", "+a-b.x\n+a.x\n+a.x.y\n" },
	};
	struct weir_publish_text text;
	struct weir_publish_merge merge;
	struct weir_publish_run run;
	size_t i, j;
	int is_set;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (is_set = 0; is_set < 2; is_set++) {
			text = (struct weir_publish_text){ NULL, 0, 0 };
			weir_publish_merge_init(&merge);
			for (j = 0; j < 4 && rows[i].runs[j] != NULL; j++) {
				run = run_of(rows[i].runs[j]);
				weir_publish_merge_add(&merge, &run);
			}
			ck_assert_int_eq(weir_publish_merge_text(
					     &merge, is_set == 1, 1000, &text),
			    0);
			ck_assert_int_eq(
			    weir_publish_text_add(&text, "", 1), 0);
			ck_assert_str_eq(
			    text.data, is_set == 1 ? rows[i].set : rows[i].all);
			weir_publish_text_free(&text);
		}
}
END_TEST

START_TEST(a_merge_ends_at_its_limit)
{
	struct weir_publish_run run = run_of("+a.example\n+b.example\n");
	struct weir_publish_text text = { NULL, 0, 0 };
	struct weir_publish_merge merge;

	weir_publish_merge_init(&merge);
	weir_publish_merge_add(&merge, &run);
	ck_assert_int_eq(weir_publish_merge_text(&merge, false, 22, &text), 0);
	weir_publish_text_free(&text);
	weir_publish_merge_init(&merge);
	weir_publish_merge_add(&merge, &run);
	ck_assert_int_eq(
	    weir_publish_merge_text(&merge, false, 21, &text), WEIR_ELIMIT);
	weir_publish_text_free(&text);
}
END_TEST

START_TEST(files_have_their_length_and_whole_lines)
{
	static const struct {
		const char *text;
		uint64_t len;
		int wanted;
		const char *first; /* the line it begins with */
	} rows[] = {
		{ "+a.example\n", 11, 0, "+a.example" },
		{ "weir-feed 1 a 0123456789abcdef full 0 1\n+a.example\n", 51,
		    0, "+a.example" },
		{ "weir-feed 1 a 0123456789abcdef full 0 1\n", 40, 0, NULL },
		{ "+a.example\n", 10, WEIR_EFORMAT, NULL },
		{ "+a.example\n", 12, WEIR_EFORMAT, NULL },
		{ "+a.example", 10, WEIR_EFORMAT, NULL },
		{ "", 0, WEIR_EFORMAT, NULL },
	};
	struct weir_publish_run run;
	struct scratch scratch;
	size_t i;

	scratch_init(&scratch);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		scratch_write(
		    &scratch, "1.run", rows[i].text, strlen(rows[i].text));
		ck_assert_int_eq(weir_publish_run_open(
				     scratch.file, rows[i].len, &run, NULL),
		    rows[i].wanted);
		if (rows[i].wanted != 0)
			continue;
		if (rows[i].first != NULL)
			ck_assert_mem_eq(
			    run.text, rows[i].first, strlen(rows[i].first));
		else
			ck_assert_uint_eq(run.len, 0);
		weir_publish_run_close(&run);
	}
	ck_assert_int_eq(
	    weir_publish_run_open("/nowhere", 5, &run, NULL), WEIR_EMISSING);
	scratch_done(&scratch);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		names_are_found_wherever_they_stand,
		the_newest_run_says_what_holds,
		a_merge_ends_at_its_limit,
		files_have_their_length_and_whole_lines,
		NULL,
	};

	return suite_run("publish_run", tests);
}
