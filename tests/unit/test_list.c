/*
 * test_list.c - list files: what is a name in them, what is not and why.
 */
#include "feeds/list.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

/* What a reading gave: names and scopes as text, one a line. */
struct found {
	char text[65536];
	size_t len;
	unsigned long count, last_line;
	unsigned long stop_at; /* 0: never */
};

static int
take(void *arg, const struct weir_list_item *item)
{
	struct found *found = arg;
	char name[WEIR_NAME_TEXT_SIZE];

	weir_name_print(item->name, name);
	found->count++;
	found->last_line = item->line;
	if (found->len + strlen(name) + 16 < sizeof(found->text))
		found->len += (size_t)sprintf(found->text + found->len,
		    "%s%s%s\n", name, item->scope ? " " : "",
		    item->scope ? weir_scope_text(item->scope) : "");
	return found->count == found->stop_at ? 7 : 0;
}

static struct weir_list_report report;
static struct weir_problem problem;
static struct found found;

static int
read_list(const char *path, const char *format)
{
	memset(&found, 0, sizeof(found));
	memset(&report, 0xee, sizeof(report));
	return weir_list_read(
	    path, format, NULL, take, NULL, &found, &report, &problem);
}

static int
read_text(const char *format, const void *text, size_t len)
{
	struct scratch scratch;
	int error;

	scratch_init(&scratch);
	scratch_write(&scratch, "list", text, len);
	error = read_list(scratch.file, format);
	scratch_done(&scratch);
	return error;
}

static const char *
sample_path(const char *name)
{
	static char path[4096];
	const char *top = getenv("srcdir");

	snprintf(path, sizeof(path), "%s/tests/data/lists/%s",
	    top == NULL ? "." : top, name);
	return path;
}

START_TEST(samples_give_their_names)
{
	static const char *const rows[][2] = {
		{ "hosts-unified", "hosts" },
		{ "hosts-crlf-bom", "hosts" },
		{ "hosts-bare", "domains" },
		{ "domains-mixed", "domains" },
		{ "domains-cr", "domains" },
		{ "table-urls", "csv" },
		{ "json-indicators", "json" },
		{ "json-deny", "json" },
		{ "json-lines", "json" },
		{ "stix-bundle", "stix" },
		{ "misp-event", "misp" },
		{ "zone-rpz", "rpz" },
		{ "feed-full", "feed" },
	};
	char wanted[4096], name[64];
	FILE *stream;
	size_t i, len;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(name, sizeof(name), "%s.names", rows[i][0]);
		stream = fopen(sample_path(name), "r");
		ck_assert_msg(stream != NULL, "%s", sample_path(name));
		len = fread(wanted, 1, sizeof(wanted) - 1, stream);
		wanted[len] = '\0';
		fclose(stream);
		ck_assert_msg(
		    read_list(sample_path(rows[i][0]), rows[i][1]) == 0, "%s",
		    problem.text);
		ck_assert_str_eq(report.format, rows[i][1]);
		ck_assert_str_eq(found.text, wanted);
		ck_assert_uint_eq(report.entry_count, found.count);
		if (strcmp(rows[i][0], "domains-mixed") == 0)
			continue; /* too odd a mixture to be recognised */
		ck_assert_msg(read_list(sample_path(rows[i][0]), "auto") == 0,
		    "%s", problem.text);
		ck_assert_str_eq(report.format, rows[i][1]);
		ck_assert_str_eq(found.text, wanted);
	}
}
END_TEST

START_TEST(bare_names_are_fine_in_a_hosts_file)
{
	ck_assert_int_eq(read_list(sample_path("hosts-bare"), "hosts"), 0);
	ck_assert_uint_eq(found.count, 3);
}
END_TEST

START_TEST(other_formats_give_no_name_at_all)
{
	static const char *const names[] = { "browser-adblock",
		"resolver-dnsmasq", "resolver-unbound", "resolver-bind",
		"page-html", "rules-regex" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ck_assert_int_eq(
		    read_list(sample_path(names[i]), "domains"), 0);
		ck_assert_msg(
		    found.count == 0, "%s in %s", found.text, names[i]);
		ck_assert_uint_gt(report.refused[WEIR_LIST_NOT_THIS_FORMAT], 0);
		ck_assert_int_eq(read_list(sample_path(names[i]), "hosts"), 0);
		ck_assert_msg(
		    found.count == 0, "%s in %s", found.text, names[i]);
		if (read_list(sample_path(names[i]), "auto") == 0) {
			ck_assert_str_ne(report.format, "domains");
			ck_assert_str_ne(report.format, "hosts");
			continue;
		}
		ck_assert_uint_eq(found.count, 0);
		ck_assert_ptr_nonnull(strstr(problem.text, names[i]));
		ck_assert_ptr_nonnull(strstr(problem.text, "as here: "));
	}
}
END_TEST

/* One word and the reason it is refused for; COUNT: it is a name. */
static const struct {
	const char *word;
	enum weir_list_reason reason;
	const char *name;
} words[] = {
	{ "example.com", WEIR_LIST_REASON_COUNT, "example.com" },
	{ "EXAMPLE.COM.", WEIR_LIST_REASON_COUNT, "example.com" },
	{ "a_b.-c-.d--e.f", WEIR_LIST_REASON_COUNT, "a_b.-c-.d--e.f" },
	{ "1.2.3.com", WEIR_LIST_REASON_COUNT, "1.2.3.com" },
	{ "0xbeef.io", WEIR_LIST_REASON_COUNT, "0xbeef.io" },
	{ "b\xc3\xbc"
	  "cher.de",
	    WEIR_LIST_REASON_COUNT, "xn--bcher-kva.de" },
	{ ".", WEIR_LIST_SINGLE_LABEL, NULL },
	{ "com", WEIR_LIST_SINGLE_LABEL, NULL },
	{ "com.", WEIR_LIST_SINGLE_LABEL, NULL },
	{ "LocalHost", WEIR_LIST_LOCAL_NAME, NULL },
	{ "localhost.", WEIR_LIST_LOCAL_NAME, NULL },
	{ "localhost.localdomain", WEIR_LIST_LOCAL_NAME, NULL },
	{ "ip6-allnodes", WEIR_LIST_LOCAL_NAME, NULL },
	{ "broadcasthost", WEIR_LIST_LOCAL_NAME, NULL },
	{ "192.0.2.1", WEIR_LIST_ADDRESS, NULL },
	{ "192.0.2.1.", WEIR_LIST_ADDRESS, NULL },
	{ "192.0.2.1:53", WEIR_LIST_ADDRESS, NULL },
	{ "192.0.2.0/24", WEIR_LIST_ADDRESS, NULL },
	{ "3232235777", WEIR_LIST_ADDRESS, NULL },
	{ "0056.0151.0121.0114", WEIR_LIST_ADDRESS, NULL },
	{ "0xC0.0x0.0x2.0x1", WEIR_LIST_ADDRESS, NULL },
	{ "2001:db8::1", WEIR_LIST_ADDRESS, NULL },
	{ "2001:db8::/32", WEIR_LIST_ADDRESS, NULL },
	{ "[2001:db8::1]", WEIR_LIST_ADDRESS, NULL },
	{ "fe80::1%eth0", WEIR_LIST_ADDRESS, NULL },
	{ "::", WEIR_LIST_ADDRESS, NULL },
	{ "example.123", WEIR_LIST_NOT_A_NAME, NULL },
	{ "a..b", WEIR_LIST_NOT_A_NAME, NULL },
	{ "a.b..", WEIR_LIST_NOT_A_NAME, NULL },
	{ "..", WEIR_LIST_NOT_A_NAME, NULL },
	{ "a\x01"
	  "b.c",
	    WEIR_LIST_NOT_A_NAME, NULL },
	{ "a.*.b", WEIR_LIST_WILDCARD, NULL },
	{ "ad*.example.com", WEIR_LIST_WILDCARD, NULL },
	{ "http://a.b/", WEIR_LIST_URL, NULL },
	{ "a.b/c?d=e", WEIR_LIST_URL, NULL },
	{ "a.b:80", WEIR_LIST_URL, NULL },
	{ "server:", WEIR_LIST_NOT_THIS_FORMAT, NULL },
	{ "||a.b^", WEIR_LIST_NOT_THIS_FORMAT, NULL },
	{ "@@a.b", WEIR_LIST_NOT_THIS_FORMAT, NULL },
	{ "address=/a.b/", WEIR_LIST_NOT_THIS_FORMAT, NULL },
	{ "a.b##.c", WEIR_LIST_NOT_THIS_FORMAT, NULL },
	{ "a\\.b", WEIR_LIST_NOT_THIS_FORMAT, NULL },
	{ "\"a.b\",", WEIR_LIST_NOT_THIS_FORMAT, NULL },
	{ "x@a.b", WEIR_LIST_NOT_THIS_FORMAT, NULL },
	{ "b\xfc"
	  "cher.de",
	    WEIR_LIST_BAD_IDN, NULL },
	{ "\xef\xbc\x8f.example.com", WEIR_LIST_BAD_IDN, NULL },
	{ "", WEIR_LIST_NOT_A_NAME, NULL },
};

START_TEST(each_word_is_a_name_or_has_a_reason)
{
	struct weir_name name;
	char text[WEIR_NAME_TEXT_SIZE];
	size_t i;
	int said;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		said = weir_list_judge(
		    words[i].word, strlen(words[i].word), &name);
		if (words[i].reason == WEIR_LIST_REASON_COUNT) {
			ck_assert_msg(said == 0, "%s: %d", words[i].word, said);
			weir_name_print(&name, text);
			ck_assert_str_eq(text, words[i].name);
			continue;
		}
		ck_assert_msg(said == (int)words[i].reason + 1, "%s: %d",
		    words[i].word, said);
	}
	ck_assert_int_eq(
	    weir_list_judge("a\0b.com", 7, &name), 1 + WEIR_LIST_NOT_A_NAME);
}
END_TEST

START_TEST(long_names_and_lines_are_refused_as_such)
{
	char text[3 * WEIR_LINE_SIZE];
	struct weir_name name;
	size_t i, len;

	memset(text, 'a', sizeof(text));
	memcpy(text + 63, ".com", 4);
	ck_assert_int_eq(weir_list_judge(text, 67, &name), 0);
	memcpy(text + 63, "a.com", 5);
	ck_assert_int_eq(
	    weir_list_judge(text, 68, &name), 1 + WEIR_LIST_TOO_LONG);
	for (i = 0; i < 400; i++)
		text[i] = i % 10 == 9 ? '.' : 'a';
	ck_assert_int_eq(weir_list_judge(text, 253, &name), 0);
	ck_assert_int_eq(
	    weir_list_judge(text, 254, &name), 1 + WEIR_LIST_TOO_LONG);

	/* A line of the longest size, one over it, and one behind them. */
	memset(text, ' ', sizeof(text));
	memcpy(text, "a.com", 5);
	text[WEIR_LINE_SIZE] = '\n';
	memcpy(text + WEIR_LINE_SIZE + 1, "b.com", 5);
	len = 2 * WEIR_LINE_SIZE + 3;
	memcpy(text + len - 1, "\nc.com\n", 7);
	ck_assert_int_eq(read_text("domains", text, len + 6), 0);
	ck_assert_str_eq(found.text, "a.com\nc.com\n");
	ck_assert_uint_eq(report.refused[WEIR_LIST_TOO_LONG], 1);
	ck_assert_uint_eq(report.examples[WEIR_LIST_TOO_LONG][0].line, 2);
	ck_assert_uint_eq(report.line_count, 3);
}
END_TEST

START_TEST(a_line_longer_than_all_memory_is_one_line)
{
	size_t len = 3 << 20;
	char *text = malloc(len);

	ck_assert_ptr_nonnull(text);
	memset(text, 'x', len);
	memcpy(text, "a.com\n", 6);
	memcpy(text + len - 7, "\nb.com\n", 7);
	ck_assert_int_eq(read_text("auto", text, len), 0);
	ck_assert_str_eq(found.text, "a.com\nb.com\n");
	ck_assert_uint_eq(report.line_count, 3);
	ck_assert_uint_eq(found.last_line, 3);
	ck_assert_uint_eq(report.refused[WEIR_LIST_TOO_LONG], 1);
	/* And nothing but such a line is no list. */
	memset(text, 'x', len);
	ck_assert_int_eq(read_text("auto", text, len), WEIR_EFORMAT);
	free(text);
}
END_TEST

START_TEST(names_across_the_pieces_of_a_file_stay_whole)
{
	/* Lines of all lengths, so that ends fall on every place of a piece;
	 * LF, CR LF and CR in turn. */
	static const char *const ends[] = { "\n", "\r\n", "\r" };
	size_t len, i, count = 30000;
	char *text;
	FILE *stream = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(stream);
	for (i = 0; i < count; i++)
		fprintf(stream, "%*sn%zu.example%s", (int)(i % 40), "", i,
		    ends[i % 3]);
	fclose(stream);
	ck_assert_int_eq(read_text("auto", text, len), 0);
	ck_assert_uint_eq(found.count, count);
	ck_assert_uint_eq(report.line_count, count);
	ck_assert_uint_eq(found.last_line, count);
	free(text);
}
END_TEST

/* What several threads hand on: a sum that no order changes. */
struct tally {
	atomic_ulong count, sum;
	atomic_ulong pieces;
};

static int
tally_item(void *arg, unsigned int thread, const struct weir_list_item *item)
{
	struct tally *tally = arg;
	unsigned long sum = 5381;
	unsigned int i;

	(void)thread;
	for (i = 0; i < item->name->len; i++)
		sum = sum * 33 + item->name->wire[i];
	/* Something for the loader's own reason. */
	if (sum % 1000 == 0)
		return WEIR_LIST_REFUSED(WEIR_LIST_NEVER_BLOCK);
	atomic_fetch_add(&tally->count, 1);
	atomic_fetch_add(&tally->sum, sum * (item->scope + 1UL));
	return 0;
}

static int
tally_piece(void *arg, unsigned int thread, uint64_t piece)
{
	struct tally *tally = arg;

	(void)thread;
	(void)piece;
	atomic_fetch_add(&tally->pieces, 1);
	return 0;
}

/* Names, junk of all kinds and long lines, with all kinds of ends.  Says in
 * which line the fifth long one is. */
static char *
mixed_text(size_t *ret_len, unsigned long *ret_line)
{
	static const char *const ends[] = { "\n", "\r\n", "\r", "\n\n" };
	static const char *const junk[] = { "http://x/", "# comment",
		"bad..name", "10.0.0.1", "com", "||a.com^", "xn--\xff.com",
		"localhost" };
	unsigned long lines = 0;
	unsigned int i;
	char *text;
	FILE *stream = open_memstream(&text, ret_len);

	ck_assert_ptr_nonnull(stream);
	for (i = 0; i < 150000; i++) {
		if (i % 41 == 40) {
			fprintf(stream, "%s%s", junk[i / 41 % 8], ends[i % 4]);
			lines += i % 4 == 3 ? 2 : 1;
		}
		if (i == 3000 + 4 * 3001)
			*ret_line = lines + 1;
		if (i % 3001 == 3000) {
			fprintf(stream, "%*s%s", 300000, "x", ends[i % 4]);
			lines += i % 4 == 3 ? 2 : 1;
		}
		fprintf(stream, "%s%x.example%u.com%s", i % 5 ? "" : "*.",
		    i * 2654435761U, i % 7, ends[i % 3]);
		lines++;
	}
	fclose(stream);
	return text;
}

START_TEST(threads_do_not_change_the_report)
{
	static struct weir_list_report alone, together;
	struct weir_list_sink sink = { .thread_count = 1,
		.piece_size = 1 << 18,
		.each = tally_item,
		.begin_piece = tally_piece,
		.end_piece = tally_piece };
	struct tally one = { .count = 0 }, many = { .count = 0 };
	struct scratch scratch;
	unsigned long line = 0;
	size_t len;
	char *text = mixed_text(&len, &line);

	scratch_init(&scratch);
	scratch_write(&scratch, "list", text, len);
	sink.arg = &one;
	ck_assert_int_eq(
	    weir_list_read_by(scratch.file, "auto", &sink, &alone, &problem),
	    0);
	sink.thread_count = 5;
	sink.arg = &many;
	ck_assert_int_eq(
	    weir_list_read_by(scratch.file, "auto", &sink, &together, &problem),
	    0);
	ck_assert_uint_eq(alone.entry_count, one.count);
	ck_assert_uint_gt(alone.entry_count, 100000);
	ck_assert_uint_gt(alone.refused[WEIR_LIST_NEVER_BLOCK], 20);
	ck_assert_uint_eq(alone.refused[WEIR_LIST_TOO_LONG], 49);
	ck_assert_uint_eq(alone.examples[WEIR_LIST_TOO_LONG][4].line, line);
	ck_assert_mem_eq(&alone, &together, sizeof(alone));
	ck_assert_uint_eq(one.count, many.count);
	ck_assert_uint_eq(one.sum, many.sum);
	ck_assert_uint_gt(many.pieces, 20);
	free(text);
	scratch_done(&scratch);
}
END_TEST

static int
stop_at_once(void *arg, unsigned int thread, uint64_t piece)
{
	(void)arg;
	(void)thread;
	return piece == 3 ? 7 : 0;
}

START_TEST(one_thread_that_stops_ends_the_reading)
{
	struct tally tally = { .count = 0 };
	struct weir_list_sink sink = { .thread_count = 4,
		.piece_size = 1 << 18,
		.arg = &tally,
		.each = tally_item,
		.end_piece = stop_at_once };
	struct scratch scratch;
	unsigned long line = 0;
	size_t len;
	char *text = mixed_text(&len, &line);

	scratch_init(&scratch);
	scratch_write(&scratch, "list", text, len);
	ck_assert_int_eq(weir_list_read_by(
			     scratch.file, "domains", &sink, &report, &problem),
	    7);
	ck_assert_uint_lt(tally.count, 150000);
	free(text);
	scratch_done(&scratch);
}
END_TEST

START_TEST(a_report_shows_where)
{
	static const char text[] = "# c\n\na.com\n  http://x/\n"
				   "0.0.0.0 b.com bad..name ok.com\n";
	const struct weir_list_example *example;

	ck_assert_int_eq(read_text("hosts", text, sizeof(text) - 1), 0);
	ck_assert_uint_eq(report.line_count, 5);
	ck_assert_uint_eq(report.comment_count, 2);
	ck_assert_uint_eq(report.entry_count, 3);
	ck_assert_uint_eq(report.refused[WEIR_LIST_URL], 1);
	example = &report.examples[WEIR_LIST_URL][0];
	ck_assert_uint_eq(example->line, 4);
	ck_assert_uint_eq(example->column, 3);
	ck_assert_str_eq(example->text, "http://x/");
	example = &report.examples[WEIR_LIST_NOT_A_NAME][0];
	ck_assert_uint_eq(example->line, 5);
	ck_assert_uint_eq(example->column, 15);
	ck_assert_str_eq(example->text, "bad..name");
}
END_TEST

START_TEST(examples_are_few_and_printable)
{
	static const char line[] = "a\x1b[31m.\xff.com\n";
	char text[1000] = "";
	unsigned int i;

	for (i = 0; i < 9; i++)
		strcat(text, line);
	ck_assert_int_eq(read_text("domains", text, strlen(text)), 0);
	ck_assert_uint_eq(report.refused[WEIR_LIST_NOT_A_NAME], 9);
	for (i = 0; i < WEIR_LIST_EXAMPLES; i++)
		ck_assert_str_eq(report.examples[WEIR_LIST_NOT_A_NAME][i].text,
		    "a\\x1b[31m.\\xff.com");
}
END_TEST

START_TEST(an_empty_list_is_a_list)
{
	static const char *const texts[] = { "", "\n", "# only\n! comments\n",
		"\xef\xbb\xbf" };
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ck_assert_int_eq(
		    read_text("auto", texts[i], strlen(texts[i])), 0);
		ck_assert_uint_eq(found.count, 0);
		ck_assert_int_eq(
		    read_text("hosts", texts[i], strlen(texts[i])), 0);
		ck_assert_str_eq(report.format, "hosts");
	}
}
END_TEST

START_TEST(a_long_head_of_comments_hides_nothing)
{
	size_t len;
	char *text;
	FILE *stream = open_memstream(&text, &len);
	unsigned int i;

	ck_assert_ptr_nonnull(stream);
	for (i = 0; i < 20000; i++)
		fprintf(stream, "# comment number %u\n", i);
	fputs("0.0.0.0 a.com b.com\n0.0.0.0 c.com\n", stream);
	fclose(stream);
	ck_assert_int_eq(read_text("auto", text, len), 0);
	ck_assert_str_eq(report.format, "hosts");
	ck_assert_uint_eq(found.count, 3);
	ck_assert_uint_eq(report.comment_count, 20000);
	free(text);
}
END_TEST

START_TEST(binary_junk_gives_no_name)
{
	unsigned char junk[200000];
	uint32_t state = 1;
	size_t i;

	for (i = 0; i < sizeof(junk); i++) {
		state = state * 1664525 + 1013904223;
		junk[i] = (unsigned char)(state >> 24);
	}
	ck_assert_int_eq(read_text("auto", junk, sizeof(junk)), WEIR_EFORMAT);
	ck_assert_int_eq(read_text("domains", junk, sizeof(junk)), 0);
	ck_assert_uint_eq(found.count, 0);
	ck_assert_int_eq(read_text("hosts", junk, sizeof(junk)), 0);
	ck_assert_uint_eq(found.count, 0);
}
END_TEST

START_TEST(the_consumer_can_stop)
{
	static const char text[] = "a.com\nb.com\nc.com\n";
	struct scratch scratch;

	scratch_init(&scratch);
	scratch_write(&scratch, "list", text, sizeof(text) - 1);
	memset(&found, 0, sizeof(found));
	found.stop_at = 2;
	ck_assert_int_eq(weir_list_read(scratch.file, "auto", NULL, take, NULL,
			     &found, &report, &problem),
	    7);
	ck_assert_uint_eq(found.count, 2);
	scratch_done(&scratch);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_told_apart)
{
	ck_assert_int_eq(read_list("/nonexistent/l", "auto"), WEIR_EMISSING);
	ck_assert_str_eq(
	    problem.text, "/nonexistent/l: No such file or directory");
	ck_assert_int_eq(read_list("/dev/null", "auto"), WEIR_EFORMAT);
	ck_assert_str_eq(problem.text, "/dev/null: not a regular file");
	ck_assert_int_eq(read_list("/", "auto"), WEIR_EMISSING);
	ck_assert_str_eq(problem.text,
	    "/: a folder without the state of a signed feed (was it fetched "
	    "yet?)");
	ck_assert_uint_eq(report.entry_count, 0);
}
END_TEST

/* One form for each state of a name, and "-" is for deltas. */
START_TEST(lines_of_a_feed_have_one_form)
{
	static const struct {
		const char *text, *names;
		unsigned long refused, comments;
	} rows[] = {
		{ "+a.test\n+b.test", "a.test\nb.test\n", 0, 0 },
		{ "+a.test\n-b.test\n", "a.test\n", 1, 0 },
		{ "+A.test\n +a.test\n+a.test \na.test\n+test\n", "", 5, 0 },
		{ "+a.test confidence=01\n+a.test scope=all\n", "", 2, 0 },
		{ "weir-feed 1 m 3f0a9c5e77d1b2a4 head 3 4\n\n# +a.test\n", "",
		    0, 3 },
		{ "weir-feed 1 m 3f0a9c5e77d1b2a4 head 4 +4\n", "", 1, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_int_eq(
		    read_text("feed", rows[i].text, strlen(rows[i].text)), 0);
		ck_assert_str_eq(found.text, rows[i].names);
		ck_assert_uint_eq(
		    report.refused[WEIR_LIST_NOT_THIS_FORMAT], rows[i].refused);
		ck_assert_uint_eq(report.comment_count, rows[i].comments);
	}
}
END_TEST

START_TEST(formats_and_reasons_have_names)
{
	unsigned int i;

	ck_assert(weir_list_format_is_known("auto"));
	ck_assert(weir_list_format_is_known("hosts"));
	ck_assert(weir_list_format_is_known("domains"));
	ck_assert(weir_list_format_is_known("adblock"));
	ck_assert(!weir_list_format_is_known("json5"));
	ck_assert(!weir_list_format_is_known(""));
	ck_assert_ptr_nonnull(
	    strstr(weir_list_format_names(), ", domains, hosts, "));
	ck_assert_ptr_nonnull(strstr(weir_list_format_names(), ", csv"));
	for (i = 0; i < WEIR_LIST_REASON_COUNT; i++) {
		ck_assert_ptr_nonnull(weir_list_reason_text(i));
		ck_assert_ptr_nonnull(weir_list_reason_word(i));
		ck_assert_ptr_null(strchr(weir_list_reason_word(i), ' '));
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		samples_give_their_names,
		bare_names_are_fine_in_a_hosts_file,
		other_formats_give_no_name_at_all,
		each_word_is_a_name_or_has_a_reason,
		long_names_and_lines_are_refused_as_such,
		a_line_longer_than_all_memory_is_one_line,
		names_across_the_pieces_of_a_file_stay_whole,
		threads_do_not_change_the_report,
		one_thread_that_stops_ends_the_reading,
		a_report_shows_where,
		examples_are_few_and_printable,
		an_empty_list_is_a_list,
		a_long_head_of_comments_hides_nothing,
		binary_junk_gives_no_name,
		the_consumer_can_stop,
		a_file_that_cannot_be_read_is_told_apart,
		lines_of_a_feed_have_one_form,
		formats_and_reasons_have_names,
		NULL,
	};

	return suite_run("list", tests);
}
