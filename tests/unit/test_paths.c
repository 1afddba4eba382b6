/*
 * test_paths.c - the three settings that the module reads, leniently.
 */
#include "lib/paths.h"

#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

static int
read_text(struct scratch *scratch, const char *text,
    struct weir_paths *ret_paths, struct weir_problem *problem)
{
	scratch_write(scratch, "weir.yaml", text, strlen(text));
	return weir_paths_read(scratch->file, ret_paths, problem);
}

START_TEST(an_empty_file_means_the_defaults)
{
	static const char *const texts[] = { "", "# nothing\n", "---\n",
		"feeds: []\n", "\n\n", "~\n" };
	struct weir_problem problem;
	struct weir_paths paths;
	struct scratch scratch;
	size_t i;

	scratch_init(&scratch);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		memset(&paths, 0xee, sizeof(paths));
		ck_assert_int_eq(
		    read_text(&scratch, texts[i], &paths, &problem), 0);
		ck_assert_str_eq(paths.database, WEIR_DEFAULT_DATABASE);
		ck_assert_str_eq(paths.status, "/run/weir");
		ck_assert_int_eq(paths.on_failure, WEIR_ON_FAILURE_PASS);
	}
	scratch_done(&scratch);
}
END_TEST

START_TEST(relative_folders_lie_beside_the_file)
{
	struct weir_problem problem;
	struct weir_paths paths;
	struct scratch scratch;
	char wanted[128];

	scratch_init(&scratch);
	ck_assert_int_eq(read_text(&scratch,
			     "database: ./db\nstatus: \"/s\"\n"
			     "on-failure: servfail\n",
			     &paths, &problem),
	    0);
	snprintf(wanted, sizeof(wanted), "%s/db", scratch.folder);
	ck_assert_str_eq(paths.database, wanted);
	ck_assert_str_eq(paths.status, "/s");
	ck_assert_int_eq(paths.on_failure, WEIR_ON_FAILURE_SERVFAIL);
	/* Named without a folder, it is the one we are in. */
	ck_assert_int_eq(chdir(scratch.folder), 0);
	ck_assert_int_eq(weir_paths_read("weir.yaml", &paths, &problem), 0);
	ck_assert_str_eq(paths.database, wanted);
	ck_assert_int_eq(chdir("/"), 0);
	scratch_done(&scratch);
}
END_TEST

START_TEST(slips_elsewhere_do_not_matter)
{
	static const char text[] = "unknown: &x [1, {a: b}]\n"
				   "unknown: again\n"
				   "feeds:\n - {action: nxdomian, action: 3}\n"
				   " - *x\n"
				   "block-ttl: never\n"
				   "database: /d\n";
	struct weir_problem problem;
	struct weir_paths paths;
	struct scratch scratch;

	scratch_init(&scratch);
	ck_assert_int_eq(read_text(&scratch, text, &paths, &problem), 0);
	ck_assert_str_eq(paths.database, "/d");
	scratch_done(&scratch);
}
END_TEST

START_TEST(wrong_values_are_told_with_their_line)
{
	static const struct {
		const char *text;
		unsigned int line;
		const char *says;
	} rows[] = {
		{ "x: 1\n\non-failure: maybe\n", 3, "on-failure: \"maybe\"" },
		{ "database: [a]\n", 1, "database: a single value" },
		{ "database:\n", 1, "database: there is no value" },
		{ "database: \"\"\n", 1, "is no folder" },
		{ "status: \"a\\nb\"\n", 1,
		    "\"a?b\" holds a control character" },
		{ "status: a\ndatabase: a\nstatus: b\n", 3, "set twice" },
		{ "- a\n", 1, "settings are wanted" },
		{ "word\n", 1, "settings are wanted" },
		{ "a: 1\nb: [\n", 3, "no YAML" },
		{ "a: 1\n\tb: 2\n", 2, "no YAML" },
		{ "database: &d /x\nstatus: *d\n", 2, "a single value" },
		{ "a: 1\nb: \x01\n", 2, "no YAML" },
	};
	struct weir_paths paths, before;
	struct weir_problem problem;
	struct scratch scratch;
	char lead[160];
	size_t i;

	scratch_init(&scratch);
	memset(&before, 0x5a, sizeof(before));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		paths = before;
		ck_assert_int_eq(
		    read_text(&scratch, rows[i].text, &paths, &problem),
		    WEIR_EFORMAT);
		snprintf(
		    lead, sizeof(lead), "%s:%u: ", scratch.file, rows[i].line);
		ck_assert_msg(strncmp(problem.text, lead, strlen(lead)) == 0,
		    "%s for %s", problem.text, rows[i].text);
		ck_assert_msg(strstr(problem.text, rows[i].says) != NULL,
		    "%s for %s", problem.text, rows[i].text);
		ck_assert_mem_eq(&paths, &before, sizeof(paths));
	}
	scratch_done(&scratch);
}
END_TEST

START_TEST(a_folder_that_is_too_long_is_refused)
{
	char text[WEIR_PATH_SIZE + 32] = "database: /";
	struct weir_problem problem;
	struct weir_paths paths;
	struct scratch scratch;
	size_t lead = strlen(text) - 1;

	scratch_init(&scratch);
	memset(text + lead + 1, 'x', WEIR_PATH_SIZE - 2);
	ck_assert_int_eq(read_text(&scratch, text, &paths, &problem), 0);
	ck_assert_uint_eq(strlen(paths.database), WEIR_PATH_SIZE - 1);
	text[lead + WEIR_PATH_SIZE - 1] = 'x';
	ck_assert_int_eq(
	    read_text(&scratch, text, &paths, &problem), WEIR_EFORMAT);
	scratch_done(&scratch);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_told_apart)
{
	struct weir_problem problem;
	struct weir_paths paths;

	ck_assert_int_eq(
	    weir_paths_read("/nonexistent/w", &paths, &problem), WEIR_EMISSING);
	ck_assert_str_eq(
	    problem.text, "/nonexistent/w: No such file or directory");
	ck_assert_int_eq(weir_paths_read("/", &paths, &problem), WEIR_EFORMAT);
	ck_assert_str_eq(problem.text, "/: not a regular file");
}
END_TEST

START_TEST(statistics_are_read_and_a_slip_names_nobody)
{
	static const char *const wrong[] = {
		"statistics: {client-prefix-ipv4: 33}\n",
		"statistics: {client-prefix-ipv4: 24, dnstap: 'tcp:x:1'}\n",
		"statistics: [a]\n",
		"statistics: {events: 7}\n",
		"statistics: {events: yes, events: no}\n",
	};
	struct weir_problem problem;
	struct weir_paths paths;
	struct scratch scratch;
	size_t i;

	scratch_init(&scratch);
	ck_assert_int_eq(read_text(&scratch,
			     "statistics:\n  client-prefix-ipv4: 24\n"
			     "  sample-passed: 10\n  hour-days: junk\n"
			     "  max-events: 0\n"
			     "  dnstap: /s\n  odd: [1]\n",
			     &paths, &problem),
	    0);
	ck_assert_str_eq(paths.statistics_fault, "");
	ck_assert(paths.statistics.has_events);
	ck_assert_uint_eq(paths.statistics.client_prefix_ipv4, 24);
	ck_assert_uint_eq(paths.statistics.client_prefix_ipv6, 128);
	ck_assert_uint_eq(paths.statistics.sample_passed, 10);
	ck_assert_uint_eq(paths.statistics.max_events, 0);
	ck_assert_str_eq(paths.statistics.dnstap, "/s");
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ck_assert_int_eq(
		    read_text(&scratch, wrong[i], &paths, &problem), 0);
		ck_assert_ptr_nonnull(
		    strstr(paths.statistics_fault, ":1: statistics"));
		ck_assert_uint_eq(paths.statistics.client_prefix_ipv4, 0);
		ck_assert_uint_eq(paths.statistics.client_prefix_ipv6, 0);
		ck_assert_str_eq(paths.statistics.dnstap, "");
		ck_assert_uint_eq(
		    paths.statistics.max_events, WEIR_DEFAULT_EVENTS);
	}
	scratch_done(&scratch);
}
END_TEST

START_TEST(the_environment_names_the_file)
{
	setenv("WEIR_CONFIG", "/x/y.yaml", 1);
	ck_assert_str_eq(weir_paths_config(), "/x/y.yaml");
	setenv("WEIR_CONFIG", "", 1);
	ck_assert_str_eq(
	    weir_paths_config(), WEIR_SYSCONFDIR "/weir/weir.yaml");
	unsetenv("WEIR_CONFIG");
	ck_assert_str_eq(
	    weir_paths_config(), WEIR_SYSCONFDIR "/weir/weir.yaml");
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		an_empty_file_means_the_defaults,
		relative_folders_lie_beside_the_file,
		slips_elsewhere_do_not_matter,
		wrong_values_are_told_with_their_line,
		a_folder_that_is_too_long_is_refused,
		a_file_that_is_not_there_is_told_apart,
		statistics_are_read_and_a_slip_names_nobody,
		the_environment_names_the_file,
		NULL,
	};

	return suite_run("paths", tests);
}
