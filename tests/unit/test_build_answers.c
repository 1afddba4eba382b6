/*
 * test_build_answers.c - answers of a list's own on their way: from lists into
 * the policy, from one generation to the next, through diff and delta.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/db.h"
#include "lib/file.h"
#include "lmdb-loader/compile.h"
#include "lmdb-loader/delta.h"
#include "lmdb-loader/diff.h"
#include "lmdb-loader/write.h"
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#define YAML                                 \
	"feeds:\n"                           \
	"  - name: rpz\n    file: zone\n"    \
	"    format: rpz\n"                  \
	"  - name: other\n    file: other\n" \
	"    format: rpz\n    min-confidence: 0\n"

#define ZONE                                 \
	"a.x A 192.0.2.1\nb.x A 192.0.2.2\n" \
	"*.c.x CNAME garden.x.\nc.x TXT hello\n"

static struct scratch scratch;
static struct weir_problem problem;

static void
put_file(const char *file, const char *text)
{
	ck_assert_int_eq(
	    weir_file_replace(scratch.folder, file, text, strlen(text)), 0);
}

static struct weir_settings *
make_settings(void)
{
	struct weir_settings_formats formats = { .is_known = NULL };
	struct weir_settings *settings;
	char *path = weir_path_join(scratch.folder, "weir.yaml");
	int ret;

	put_file("weir.yaml", YAML);
	ret = weir_settings_read(path, &formats, &settings, &problem);
	ck_assert_msg(ret == 0, "%s", problem.text);
	free(path);
	return settings;
}

static struct weir_compiled
compile(const struct weir_settings *settings, struct weir_db *old)
{
	const struct weir_generation generation = { .base = old };
	struct weir_compiled compiled;
	int ret = weir_compile(settings, NULL, old != NULL ? &generation : NULL,
	    1, &compiled, &problem);

	ck_assert_msg(ret == 0, "%s", problem.text);
	return compiled;
}

static struct weir_db *
build(const struct weir_compiled *compiled, const char *file)
{
	struct weir_write_options options = { .kind = WEIR_DB_BASE,
		.created_unix = 1000 };
	char *path = weir_path_join(scratch.folder, file);
	struct weir_db_header header;
	struct weir_db *db;
	int ret;

	ret = weir_write_db(path, weir_sort_stream(compiled->sort),
	    compiled->policy, &options, NULL, &header, &problem);
	ck_assert_msg(ret == 0, "%s", problem.text);
	ret = weir_db_open(path, 0, &db, &problem);
	ck_assert_msg(ret == 0, "%s", problem.text);
	ret = weir_db_check(db, &problem);
	ck_assert_msg(ret == 0, "%s", problem.text);
	free(path);
	return db;
}

/* The last octets of the answer that a name gets; "" if it gets none. */
static const char *
answer_to(struct weir_db *db, const char *text)
{
	const struct weir_generation generation = { .base = db };
	const struct weir_policy *policy = weir_db_policy(db);
	static char found[8];
	struct weir_matches matches;
	struct weir_verdict verdict;
	const uint8_t *octets;
	struct weir_name name;
	size_t len;

	ck_assert_int_eq(weir_name_parse(text, strlen(text), &name), 0);
	ck_assert_int_ge(
	    weir_generation_lookup(&generation, &name, &matches), 0);
	ck_assert_int_eq(
	    weir_policy_decide(policy, &matches, 2000, &verdict), 0);
	if (!verdict.decided.is_set ||
	    verdict.decided.action != WEIR_ACTION_LOCAL ||
	    !weir_answers_get(
		&policy->answers, verdict.decided.answer, &octets, &len))
		return "";
	(void)snprintf(found, sizeof(found), "%02x%02x%02x", octets[len - 3],
	    octets[len - 2], octets[len - 1]);
	return found;
}

static void
check_zone(struct weir_db *db)
{
	ck_assert_str_eq(answer_to(db, "a.x"), "000201");
	ck_assert_str_eq(answer_to(db, "b.x"), "000202");
	ck_assert_str_eq(answer_to(db, "c.x"), "6c6c6f");
	ck_assert_str_eq(answer_to(db, "y.c.x"), "017800");
	ck_assert_str_eq(answer_to(db, "y.a.x"), "");
}

static void
diff_to(struct weir_db *old, const struct weir_compiled *compiled,
    struct weir_diff *ret_diff)
{
	const struct weir_generation generation = { .base = old };

	ck_assert_int_eq(
	    weir_diff_run(&generation, compiled->policy,
		weir_sort_stream(compiled->sort), NULL, NULL, ret_diff),
	    0);
}

START_TEST(names_keep_their_answers_under_other_numbers)
{
	struct weir_diff *diff = malloc(sizeof(*diff));
	struct weir_settings *settings;
	struct weir_compiled compiled;
	struct weir_db *old, *db;

	scratch_init(&scratch);
	settings = make_settings();
	put_file("zone", ZONE);
	put_file("other", "");
	compiled = compile(settings, NULL);
	ck_assert_uint_eq(compiled.policy->answers.count, 4);
	old = build(&compiled, "old");
	weir_compile_done(&compiled);
	check_zone(old);

	/* Another list comes first: other numbers, the same answers. */
	put_file("zone", "z.x A 192.0.2.9\n");
	put_file("other", "c.x TXT hello\nb.x A 192.0.2.2\na.x A 192.0.2.1\n"
			  "*.c.x CNAME garden.x.\n");
	compiled = compile(settings, NULL);
	diff_to(old, &compiled, diff);
	ck_assert_uint_eq(diff->rows[2].removed, 3);
	ck_assert_uint_eq(diff->rows[3].added, 3);
	weir_compile_done(&compiled);
	put_file("zone", "*.c.x CNAME garden.x.\nc.x TXT hello\n"
			 "b.x A 192.0.2.2\na.x A 192.0.2.1\n");
	put_file("other", "");
	compiled = compile(settings, NULL);
	diff_to(old, &compiled, diff);
	ck_assert(weir_diff_is_empty(diff));
	db = build(&compiled, "db");
	weir_compile_done(&compiled);
	check_zone(db);
	weir_db_close(db);

	/* One answer differs. */
	put_file("zone", "*.c.x CNAME garden.x.\nc.x TXT hello\n"
			 "b.x A 192.0.2.2\na.x A 192.0.2.3\n");
	compiled = compile(settings, NULL);
	diff_to(old, &compiled, diff);
	ck_assert_uint_eq(diff->changed, 1);
	ck_assert_uint_eq(diff->added + diff->removed, 0);
	weir_compile_done(&compiled);
	free(diff);
	weir_db_close(old);
	weir_settings_free(settings);
	scratch_done(&scratch);
}
END_TEST

START_TEST(a_list_that_is_gone_keeps_its_answers)
{
	struct weir_settings *settings;
	struct weir_compiled compiled;
	struct weir_db *old, *db;
	unsigned int i, pass;
	char *path, *text;
	size_t len;
	FILE *stream;

	for (pass = 0; pass < 2; pass++) {
		scratch_init(&scratch);
		settings = make_settings();
		put_file("zone", ZONE);
		stream = open_memstream(&text, &len);
		/* The second time the table is too full to be followed. */
		for (i = 0; i < pass * 600; i++)
			fprintf(stream, "n%u.y A 10.0.%u.%u\n", i, i / 256,
			    i % 256);
		fclose(stream);
		put_file("other", text);
		free(text);
		compiled = compile(settings, NULL);
		old = build(&compiled, "old");
		weir_compile_done(&compiled);
		path = weir_path_join(scratch.folder, "zone");
		ck_assert_int_eq(unlink(path), 0);
		free(path);
		put_file("other", "n.y A 192.0.2.77\n");
		compiled = compile(settings, old);
		ck_assert_int_eq(compiled.feeds[0].state, WEIR_COMPILE_KEPT);
		ck_assert_uint_eq(compiled.policy->answers.count, 5);
		ck_assert_int_eq(
		    weir_policy_extends(compiled.policy, weir_db_policy(old)),
		    pass == 0);
		db = build(&compiled, "db");
		weir_compile_done(&compiled);
		check_zone(db);
		ck_assert_str_eq(answer_to(db, "n.y"), "00024d");
		weir_db_close(db);
		weir_db_close(old);
		weir_settings_free(settings);
		scratch_done(&scratch);
	}
}
END_TEST

START_TEST(too_many_answers_are_refused_by_count)
{
	struct weir_settings *settings;
	struct weir_compiled compiled;
	unsigned int i;
	char *text;
	size_t len;
	FILE *stream = open_memstream(&text, &len);

	scratch_init(&scratch);
	settings = make_settings();
	for (i = 0; i < WEIR_ANSWERS + 9; i++)
		fprintf(stream, "n%u.y A 10.0.%u.%u\n", i, i / 256, i % 256);
	fprintf(stream, "again.y A 10.0.0.7\nnx.y CNAME .\n");
	fclose(stream);
	put_file("zone", text);
	free(text);
	/* The next one gets its share. */
	stream = open_memstream(&text, &len);
	for (i = 0; i < 20; i++)
		fprintf(stream, "m%u.y A 10.1.0.%u\n", i, i);
	fclose(stream);
	put_file("other", text);
	free(text);
	compiled = compile(settings, NULL);
	ck_assert_uint_eq(
	    compiled.feeds[0].report.refused[WEIR_LIST_ANSWERS], 9 + 16);
	ck_assert_uint_eq(
	    compiled.feeds[0].report.entry_count, WEIR_ANSWERS + 2 - 16);
	ck_assert_uint_eq(
	    compiled.feeds[0].report.examples[WEIR_LIST_ANSWERS][0].line,
	    WEIR_ANSWERS + 1 - 16);
	ck_assert_uint_eq(
	    compiled.feeds[1].report.refused[WEIR_LIST_ANSWERS], 4);
	ck_assert_uint_eq(compiled.feeds[1].report.entry_count, 16);
	weir_compile_done(&compiled);
	weir_settings_free(settings);
	scratch_done(&scratch);
}
END_TEST

START_TEST(a_delta_may_bring_answers)
{
	struct weir_generation generation = { .base = NULL };
	struct weir_settings *settings;
	struct weir_compiled compiled;
	struct weir_delta delta;
	char *path;

	scratch_init(&scratch);
	settings = make_settings();
	put_file("zone", ZONE);
	put_file("other", "");
	compiled = compile(settings, NULL);
	generation.base = build(&compiled, "old");
	weir_compile_done(&compiled);
	put_file("more", "a.x A 192.0.2.1\nb.x A 192.0.2.8\nd.x TXT hello\n");
	path = weir_path_join(scratch.folder, "more");
	ck_assert_int_eq(weir_delta_make(settings, 0, &generation, path, NULL,
			     &delta, &problem),
	    0);
	ck_assert_uint_eq(delta.same, 1);
	ck_assert_uint_eq(delta.changed, 1);
	ck_assert_uint_eq(delta.added, 1);
	ck_assert_uint_eq(delta.policy->answers.count, 5);
	ck_assert(weir_policy_extends(
	    delta.policy, weir_generation_policy(&generation)));
	weir_delta_done(&delta);
	free(path);
	weir_db_close(generation.base);
	weir_settings_free(settings);
	scratch_done(&scratch);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		names_keep_their_answers_under_other_numbers,
		a_list_that_is_gone_keeps_its_answers,
		too_many_answers_are_refused_by_count,
		a_delta_may_bring_answers, NULL
	};

	return suite_run("build_answers", tests);
}
