/*
 * test_feed_apply.c - the lines of a payload: searching in them, and a full that
 * several threads check.
 */
#include "feeds/feed_apply.h"

#include <stdlib.h>
#include <string.h>

#include "feeds/feed_text.h"
#include "tests/unit/suite.h"

#define LINE_LEN 15 /* "+n00000000.test", and LF */
#define PART_LEN (4U << 20)
#define LINES    600000U
/* The first line of the second part: the one behind that in which it ends. */
#define SECOND   (PART_LEN / (LINE_LEN + 1) + 1)

static struct weir_problem problem;

/* --- searching ----------------------------------------------------------- */

/* Lines of all lengths, names that begin alike, and what stands behind. */
static size_t
make_text(char *text, unsigned int count)
{
	size_t len = 0;
	unsigned int i;

	for (i = 0; i < count; i++)
		len += (size_t)sprintf(text + len, "%c%03u%.*s.t%s\n",
		    i % 3 == 0 ? '-' : '+', i, (int)(i % 7), "-------",
		    i % 5 == 1 ? " category=x | scope=name" : "");
	return len;
}

/* Line by line. */
static size_t
seek_naive(const char *text, size_t len, size_t at, const char *name)
{
	while (at < len &&
	       weir_feed_text_compare(text, len, at, name, strlen(name)) < 0)
		at = weir_feed_text_after(text, len, at);
	return at;
}

START_TEST(a_search_finds_what_a_walk_finds)
{
	static char text[1U << 16];
	char name[64];
	size_t len, at, name_len;
	unsigned int count, i;

	for (count = 0; count < 200; count = count * 2 + 1) {
		len = make_text(text, count);
		for (at = 0; at < len; at = weir_feed_text_after(text, len, at))
			for (i = 0; i < 2 * count + 4; i++) {
				/* Names that are there, and between them. */
				name_len = (size_t)sprintf(name, "%03u%.*s.t%s",
				    i / 2, (int)(i / 2 % 7), "-------",
				    i % 2 != 0 ? "0" : "");
				ck_assert_uint_eq(weir_feed_text_seek(text, len,
						      at, name, name_len),
				    seek_naive(text, len, at, name));
			}
	}
}
END_TEST

/* A disk that forgets must not lead out of the text, nor into a loop. */
START_TEST(a_search_in_junk_ends)
{
	static const char alphabet[] = "+-ab. \n\n";
	char *text = malloc(512);
	size_t len, at, i, found;
	unsigned int round;

	srand(3);
	for (round = 0; round < 20000; round++) {
		len = (size_t)rand() % 100;
		/* The end of the octets is the end of what is allocated. */
		text = realloc(text, len + 1);
		for (i = 0; i < len; i++)
			text[i] =
			    alphabet[(size_t)rand() % (sizeof(alphabet) - 1)];
		at = len > 0 ? (size_t)rand() % len : 0;
		found = weir_feed_text_seek(text, len, at, "a.b", 3);
		ck_assert_uint_le(found, len);
		ck_assert_uint_ge(found, at);
	}
	free(text);
}
END_TEST

/* --- a full -------------------------------------------------------------- */

/* Lines whose names ascend, but that the second part begins with `at_second`. */
static void
make_full(struct weir_feed_file *file, char *text, unsigned int at_second)
{
	unsigned int i;
	size_t len;

	memset(file, 0, sizeof(*file));
	strcpy(file->header.feed, "f");
	strcpy(file->header.gen, "0123456789abcdef");
	file->header.to = 1;
	len = weir_feed_header_print(&file->header, text);
	for (i = 0; i < LINES; i++)
		len += (size_t)sprintf(text + len, "+n%08u.test\n",
		    i < SECOND ? i : i - SECOND + at_second);
	file->text = text;
	file->text_len = file->raw = len;
}

START_TEST(threads_see_all_lines_and_their_order)
{
	static char text[LINES * (LINE_LEN + 1) + WEIR_FEED_LINE_SIZE];
	struct weir_feed_outcome outcome;
	struct weir_feed_file file;
	struct weir_feed_sum sum = { 0, 0 };
	char entry[32];
	unsigned int i;

	make_full(&file, text, SECOND);
	ck_assert_int_eq(weir_feed_apply_full(&file, &outcome, &problem), 0);
	for (i = 0; i < LINES; i++)
		weir_feed_sum_add(
		    &sum, entry, (size_t)sprintf(entry, "n%08u.test", i));
	ck_assert_uint_eq(outcome.count, LINES);
	ck_assert_mem_eq(&outcome.sum, &sum, sizeof(sum));
	/* Right where two parts meet: the same name again, and one before it. */
	for (i = 1; i < 3; i++) {
		make_full(&file, text, SECOND - i);
		ck_assert_int_eq(
		    weir_feed_apply_full(&file, &outcome, &problem),
		    WEIR_EFORMAT);
		ck_assert_msg(
		    strstr(problem.text, "f full:262147: names out") != NULL,
		    "%s", problem.text);
	}
	/* In the middle of the second. */
	make_full(&file, text, SECOND);
	text[file.text_len - 5 * (LINE_LEN + 1)] = '-';
	ck_assert_int_eq(
	    weir_feed_apply_full(&file, &outcome, &problem), WEIR_EFORMAT);
	ck_assert_msg(
	    strstr(problem.text, "f full:599997: a name that is") != NULL, "%s",
	    problem.text);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		a_search_finds_what_a_walk_finds,
		a_search_in_junk_ends,
		threads_see_all_lines_and_their_order,
		NULL,
	};

	return suite_run("feed_apply", tests);
}
