/*
 * test_guard.c - guard rails: what no feed may block, and what it may.
 */
#include "lmdb-loader/guard.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "lib/file.h"
#include "lib/idn.h"
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#define NAME  WEIR_SCOPE_NAME
#define BELOW WEIR_SCOPE_SUBDOMAINS
#define BOTH  WEIR_SCOPE_BOTH
#define FINE  WEIR_GUARD_FINE

/* A list of suffixes with each kind of rule. */
static const char suffixes[] = "// a comment\n"
			       "// ===BEGIN ICANN DOMAINS===\n"
			       "com\nuk\nco.uk\nck\n*.ck\n!www.ck\n"
			       "jp\n*.kobe.jp\n!city.kobe.jp\n"
			       "\xe7\xbd\x91\xe7\xbb\x9c.cn  text behind it\n"
			       "net\ndev\n"
			       "// ===END ICANN DOMAINS===\n"
			       "outside.example\n"
			       "// ===BEGIN PRIVATE DOMAINS===\n"
			       "hosting.dev\r\n*.compute.cloud.com\n"
			       "// ===END PRIVATE DOMAINS===\n";

static struct scratch scratch;
static struct weir_problem problem;
static struct weir_guard guard;
static bool is_cached; /* all tests once more, with what was kept */

/* Made from the files and kept, then taken from there. */
static int
open_cached(const struct weir_settings *settings)
{
	int ret;

	ret = weir_guard_init_cached(&guard, settings, &problem);
	if (ret != 0)
		return ret;
	weir_guard_done(&guard);
	ret = weir_guard_init_cached(&guard, settings, &problem);
	ck_assert(ret != 0 || (guard.table.map != NULL) == (guard.psl == NULL));
	return ret;
}

/* Behind the suffixes above; text: the rest of weir.yaml. */
static int
try_open(const char *text, bool has_suffixes)
{
	struct weir_settings_formats formats = { .is_known = NULL };
	struct weir_settings *settings;
	char yaml[1024];
	int ret;

	scratch_write(&scratch, "suffixes", suffixes, sizeof(suffixes) - 1);
	(void)snprintf(yaml, sizeof(yaml), "database: %s\nguard:%s\n%s",
	    scratch.folder, has_suffixes ? "\n  suffix-file: suffixes" : "",
	    text);
	scratch_write(&scratch, "weir.yaml", yaml, strlen(yaml));
	ret = weir_settings_read(scratch.file, &formats, &settings, &problem);
	ck_assert_msg(ret == 0, "%s", problem.text);
	ret = is_cached ? open_cached(settings)
			: weir_guard_init(&guard, settings, &problem);
	weir_settings_free(settings);
	return ret;
}

static void
open_guard(const char *text)
{
	ck_assert_msg(try_open(text, true) == 0, "%s", problem.text);
}

static int
judge(const char *text, unsigned int scope, enum weir_guard_url url)
{
	struct weir_entry entry = { .scope = (uint8_t)scope };
	uint8_t key[WEIR_KEY_SIZE];
	struct weir_name name;
	size_t len;

	ck_assert_int_eq(weir_idn_parse(text, strlen(text), &name), 0);
	len = weir_name_to_key(&name, WEIR_TRIGGER_QNAME, key, NULL);
	return weir_guard_judge(
	    &guard, key, len, &entry, WEIR_ACTION_NXDOMAIN, url);
}

struct row {
	const char *name;
	unsigned int scope;
	int wanted;
	enum weir_guard_url url;
};

static void
check_rows(const struct row *rows, size_t count)
{
	size_t i;
	int got;

	for (i = 0; i < count; i++) {
		got = judge(rows[i].name, rows[i].scope, rows[i].url);
		ck_assert_msg(got == rows[i].wanted, "%s: %s, not %s",
		    rows[i].name,
		    got < 0 ? "fine" : weir_list_reason_text((unsigned)got),
		    rows[i].wanted < 0
			? "fine"
			: weir_list_reason_text((unsigned)rows[i].wanted));
	}
}

#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof((rows)[0]))

START_TEST(names_that_hold_the_internet_together_are_refused)
{
	static const struct row rows[] = {
		{ ".", BOTH, WEIR_LIST_SINGLE_LABEL, 0 },
		{ "com", BOTH, WEIR_LIST_SINGLE_LABEL, 0 },
		{ "com", BELOW, WEIR_LIST_SINGLE_LABEL, 0 },
		{ "example", BOTH, WEIR_LIST_SINGLE_LABEL, 0 },
		{ "in-addr.arpa", BOTH, WEIR_LIST_SPECIAL_USE, 0 },
		{ "2.0.192.in-addr.arpa", NAME, WEIR_LIST_SPECIAL_USE, 0 },
		{ "ip6.arpa", BELOW, WEIR_LIST_SPECIAL_USE, 0 },
		{ "nas.home.arpa", NAME, WEIR_LIST_SPECIAL_USE, 0 },
		{ "ipv4only.arpa", NAME, WEIR_LIST_SPECIAL_USE, 0 },
		{ "printer.local", NAME, WEIR_LIST_SPECIAL_USE, 0 },
		{ "a.b.localhost", NAME, WEIR_LIST_SPECIAL_USE, 0 },
		{ "market.onion", BOTH, WEIR_LIST_SPECIAL_USE, 0 },
		{ "wallet.alt", BOTH, WEIR_LIST_SPECIAL_USE, 0 },
		{ "git.internal", BOTH, WEIR_LIST_SPECIAL_USE, 0 },
		{ "example.com", NAME, WEIR_LIST_SPECIAL_USE, 0 },
		{ "evil.example.com", BOTH, FINE, 0 },
		{ "evil.example", BOTH, FINE, 0 },
		{ "evil.test", BOTH, FINE, 0 },
		{ "ocsp.digicert.com", NAME, WEIR_LIST_WELL_KNOWN, 0 },
		{ "digicert.com", BOTH, WEIR_LIST_WELL_KNOWN, 0 },
		{ "digicert.com", NAME, FINE, 0 },
		{ "fake.digicert.com", BOTH, FINE, 0 },
		{ "time.google.com", BOTH, WEIR_LIST_WELL_KNOWN, 0 },
		{ "2.debian.pool.ntp.org", NAME, WEIR_LIST_WELL_KNOWN, 0 },
		{ "pool.ntp.org", NAME, WEIR_LIST_WELL_KNOWN, 0 },
		{ "org.ntp.pool.evil.test", BOTH, FINE, 0 },
		{ "k.root-servers.net", NAME, WEIR_LIST_WELL_KNOWN, 0 },
		{ "captive.apple.com", BOTH, WEIR_LIST_WELL_KNOWN, 0 },
		{ "detectportal.firefox.com", BOTH, WEIR_LIST_WELL_KNOWN, 0 },
		{ "bank.test", NAME, WEIR_LIST_NEVER_BLOCK, 0 },
		{ "test.bank.test", BOTH, FINE, 0 },
		{ "a.b.deep.test", NAME, WEIR_LIST_NEVER_BLOCK, 0 },
		{ "b.deep.test", BELOW, WEIR_LIST_NEVER_BLOCK, 0 },
		{ "deep.test", NAME, FINE, 0 },
		{ "x.a.b.deep.test", BOTH, FINE, 0 },
	};

	open_guard("never-block: [bank.test, a.b.deep.test]\n");
	CHECK_ROWS(rows);
	weir_guard_done(&guard);
}
END_TEST

START_TEST(the_well_known_names_can_be_switched_off)
{
	static const struct row rows[] = {
		{ "ocsp.digicert.com", NAME, FINE, 0 },
		{ "pool.ntp.org", BOTH, FINE, 0 },
		{ "in-addr.arpa", BOTH, WEIR_LIST_SPECIAL_USE, 0 },
		{ "bank.test", NAME, WEIR_LIST_NEVER_BLOCK, 0 },
	};

	open_guard("  well-known: no\nnever-block: [bank.test]\n");
	CHECK_ROWS(rows);
	weir_guard_done(&guard);
}
END_TEST

START_TEST(what_does_not_block_is_not_guarded)
{
	static const struct {
		uint8_t action, below_action, feed_action;
		enum weir_guard_url url;
		int wanted;
	} rows[] = {
		{ WEIR_ACTION_PASS, WEIR_ACTION_EXCEPT, WEIR_ACTION_NXDOMAIN, 0,
		    FINE },
		{ WEIR_ACTION_PASS, WEIR_ACTION_NXDOMAIN, WEIR_ACTION_NXDOMAIN,
		    0, WEIR_LIST_PUBLIC_SUFFIX },
		/* What its feed says. */
		{ WEIR_ACTION_DEFAULT, WEIR_ACTION_DEFAULT, WEIR_ACTION_DROP, 0,
		    WEIR_LIST_PUBLIC_SUFFIX },
		{ WEIR_ACTION_DEFAULT, WEIR_ACTION_DEFAULT, WEIR_ACTION_PASS, 0,
		    FINE },
		{ WEIR_ACTION_DEFAULT, WEIR_ACTION_LOCAL, WEIR_ACTION_PASS, 0,
		    WEIR_LIST_PUBLIC_SUFFIX },
		{ WEIR_ACTION_DEFAULT, WEIR_ACTION_DEFAULT, WEIR_ACTION_PASS,
		    WEIR_GUARD_URL, WEIR_LIST_WHOLE_HOST },
		{ WEIR_ACTION_DEFAULT, WEIR_ACTION_DEFAULT, WEIR_ACTION_PASS,
		    WEIR_GUARD_URL_ALLOWED, FINE },
	};
	struct weir_entry entry = { .scope = BOTH };
	uint8_t key[WEIR_KEY_SIZE];
	struct weir_name name;
	size_t len, i;
	int got;

	open_guard("");
	ck_assert_int_eq(weir_name_parse("co.uk", 5, &name), 0);
	len = weir_name_to_key(&name, WEIR_TRIGGER_QNAME, key, NULL);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		entry.action = rows[i].action;
		entry.below_action = rows[i].below_action;
		got = weir_guard_judge(
		    &guard, key, len, &entry, rows[i].feed_action, rows[i].url);
		ck_assert_msg(got == rows[i].wanted, "row %zu: %d", i, got);
	}
	/* An exception is for its own feed; who passes, passes for all. */
	ck_assert_int_eq(weir_name_parse("uk", 2, &name), 0);
	len = weir_name_to_key(&name, WEIR_TRIGGER_QNAME, key, NULL);
	entry.action = entry.below_action = WEIR_ACTION_EXCEPT;
	ck_assert_int_eq(
	    weir_guard_judge(&guard, key, len, &entry, WEIR_ACTION_NXDOMAIN, 0),
	    FINE);
	entry.below_action = WEIR_ACTION_PASS;
	ck_assert_int_eq(
	    weir_guard_judge(&guard, key, len, &entry, WEIR_ACTION_NXDOMAIN, 0),
	    WEIR_LIST_SINGLE_LABEL);
	entry.scope = NAME;
	ck_assert_int_eq(
	    weir_guard_judge(&guard, key, len, &entry, WEIR_ACTION_NXDOMAIN, 0),
	    FINE);
	weir_guard_done(&guard);
}
END_TEST

START_TEST(public_suffixes_are_refused_by_section)
{
	static const struct row all[] = {
		{ "co.uk", BOTH, WEIR_LIST_PUBLIC_SUFFIX, 0 },
		{ "co.uk", BELOW, WEIR_LIST_PUBLIC_SUFFIX, 0 },
		{ "evil.co.uk", BOTH, FINE, 0 },
		{ "foo.ck", NAME, WEIR_LIST_PUBLIC_SUFFIX, 0 },
		{ "www.ck", BOTH, FINE, 0 },
		{ "evil.foo.ck", BOTH, FINE, 0 },
		{ "kobe.jp", BOTH, WEIR_LIST_PUBLIC_SUFFIX, 0 },
		{ "x.kobe.jp", BOTH, WEIR_LIST_PUBLIC_SUFFIX, 0 },
		{ "city.kobe.jp", BOTH, FINE, 0 },
		{ "evil.x.kobe.jp", BOTH, FINE, 0 },
		{ "\xe7\xbd\x91\xe7\xbb\x9c.cn", BOTH, WEIR_LIST_PUBLIC_SUFFIX,
		    0 },
		{ "outside.example", BOTH, FINE, 0 },
		{ "hosting.dev", BOTH, WEIR_LIST_PRIVATE_SUFFIX, 0 },
		{ "evil.hosting.dev", BOTH, FINE, 0 },
		{ "eu.compute.cloud.com", BOTH, WEIR_LIST_PRIVATE_SUFFIX, 0 },
		{ "compute.cloud.com", BOTH, WEIR_LIST_PRIVATE_SUFFIX, 0 },
		{ "h1.eu.compute.cloud.com", BOTH, FINE, 0 },
		{ "cloud.com", NAME, FINE, 0 },
	};
	static const struct row icann[] = {
		{ "co.uk", BOTH, WEIR_LIST_PUBLIC_SUFFIX, 0 },
		{ "hosting.dev", BOTH, FINE, 0 },
		{ "eu.compute.cloud.com", BOTH, FINE, 0 },
	};
	static const struct row private[] = {
		{ "co.uk", BOTH, FINE, 0 },
		{ "foo.ck", BOTH, FINE, 0 },
		{ "uk", BOTH, WEIR_LIST_SINGLE_LABEL, 0 },
		{ "hosting.dev", BOTH, WEIR_LIST_PRIVATE_SUFFIX, 0 },
	};

	open_guard("");
	CHECK_ROWS(all);
	weir_guard_done(&guard);
	open_guard("  private-suffixes: no\n");
	CHECK_ROWS(icann);
	weir_guard_done(&guard);
	open_guard("  public-suffixes: no\n");
	CHECK_ROWS(private);
	weir_guard_done(&guard);
}
END_TEST

/* The machine's own list, by the table and by libpsl. */
START_TEST(the_table_agrees_with_libpsl)
{
	char path[512], line[512], text[600];
	struct weir_guard by_psl = { .has_public_suffixes = true,
		.has_private_suffixes = true };
	unsigned long count = 0, i;
	int table;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s", psl_dist_filename());
	strcpy(strrchr(path, '.'), ".dat");
	file = fopen(path, "r");
	if (file == NULL) {
		puts("skipped: no list of public suffixes as text");
		return;
	}
	ck_assert_int_eq(try_open("  well-known: no\n", false), 0);
	ck_assert(guard.psl == NULL);
	ck_assert_int_eq(weir_guard_table_init(&by_psl.table), 0);
	by_psl.own_psl = psl_load_file(path);
	by_psl.psl = by_psl.own_psl;
	ck_assert(by_psl.psl != NULL);
	while (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, " \t\r\n")] = '\0';
		if (line[0] == '\0' || strncmp(line, "//", 2) == 0 ||
		    strchr(line, '.') == NULL || strstr(line, ".arpa") != NULL)
			continue;
		for (i = 0; i < 3; i++) {
			struct weir_guard mine = guard;

			(void)snprintf(text, sizeof(text), "%s%s",
			    i == 0   ? ""
			    : i == 1 ? "x."
				     : "x.y.",
			    line + strspn(line, "*.!"));
			if (strchr(text, '.') == NULL)
				continue;
			table = judge(text, BOTH, 0);
			guard = by_psl;
			ck_assert_msg(judge(text, BOTH, 0) == table, "%s: %d",
			    text, table);
			guard = mine;
			count++;
		}
	}
	(void)fclose(file);
	ck_assert_uint_gt(count, 1000);
	weir_guard_done(&by_psl);
	weir_guard_done(&guard);
}
END_TEST

static const char popular_csv[] = "rank,domain\n1,popular.com\n"
				  "2,\"shop.co.uk\"\n3,192.0.2.1\n"
				  "# no name\n,,\n4,docs.suite.net,7\r\n"
				  "5,page.hosting.dev\n";

START_TEST(popular_domains_are_refused_and_what_is_below_is_not)
{
	static const struct row rows[] = {
		{ "popular.com", NAME, WEIR_LIST_POPULAR, 0 },
		{ "popular.com", BELOW, WEIR_LIST_POPULAR, 0 },
		{ "www.popular.com", BOTH, WEIR_LIST_POPULAR, 0 },
		{ "ads.popular.com", BOTH, FINE, 0 },
		{ "shop.co.uk", BOTH, WEIR_LIST_POPULAR, 0 },
		{ "suite.net", BOTH, WEIR_LIST_POPULAR, 0 },
		{ "suite.net", NAME, FINE, 0 },
		{ "docs.suite.net", NAME, WEIR_LIST_POPULAR, 0 },
		{ "unknown.com", BOTH, FINE, 0 },
		/* whole hosts */
		{ "unknown.com", BOTH, WEIR_LIST_WHOLE_HOST, WEIR_GUARD_URL },
		{ "unknown.com", BOTH, FINE, WEIR_GUARD_URL_ALLOWED },
		{ "files.popular.com", BOTH, WEIR_LIST_POPULAR,
		    WEIR_GUARD_URL },
		{ "a.files.popular.com", NAME, WEIR_LIST_POPULAR,
		    WEIR_GUARD_URL_ALLOWED },
		{ "a.shop.co.uk", NAME, WEIR_LIST_POPULAR,
		    WEIR_GUARD_URL_ALLOWED },
		{ "evil.hosting.dev", NAME, FINE, WEIR_GUARD_URL_ALLOWED },
		{ "a.page.hosting.dev", NAME, WEIR_LIST_POPULAR,
		    WEIR_GUARD_URL_ALLOWED },
		{ "evil.co.uk", NAME, FINE, WEIR_GUARD_URL_ALLOWED },
	};
	gzFile file;

	scratch_write(
	    &scratch, "popular", popular_csv, sizeof(popular_csv) - 1);
	open_guard("  popular-file: popular\n");
	CHECK_ROWS(rows);
	weir_guard_done(&guard);
	/* The same without suffixes to be refused: what is a registrable
	 * domain does not hang on it. */
	open_guard("  popular-file: popular\n  public-suffixes: no\n"
		   "  private-suffixes: no\n");
	CHECK_ROWS(rows);
	weir_guard_done(&guard);
	/* Packed. */
	scratch_write(&scratch, "popular.gz", "", 0);
	file = gzopen(scratch.file, "wb");
	ck_assert(file != NULL);
	ck_assert_int_gt(
	    gzwrite(file, popular_csv, sizeof(popular_csv) - 1), 0);
	ck_assert_int_eq(gzclose(file), Z_OK);
	open_guard("  popular-file: popular.gz\n");
	CHECK_ROWS(rows);
	weir_guard_done(&guard);
}
END_TEST

START_TEST(a_guard_that_is_not_there_is_a_failure)
{
	ck_assert_int_eq(
	    try_open("  popular-file: nothing\n", true), WEIR_EMISSING);
	ck_assert(strstr(problem.text, "/nothing: No such file") != NULL);
	scratch_write(&scratch, "empty", "# none\n", 7);
	ck_assert_int_eq(
	    try_open("  popular-file: empty\n", true), WEIR_EFORMAT);
	ck_assert(strstr(problem.text, "holds no name") != NULL);
	ck_assert_int_eq(
	    try_open("  suffix-file: nothing\n", false), WEIR_EMISSING);
	ck_assert_int_eq(
	    try_open("  suffix-file: empty\n", false), WEIR_EFORMAT);
	ck_assert(strstr(problem.text, "no list of public suffixes") != NULL);
}
END_TEST

START_TEST(many_names_are_found_again_and_no_others)
{
	struct weir_guard_table table;
	uint8_t key[WEIR_KEY_SIZE];
	struct weir_name name;
	char text[64];
	unsigned int i;
	size_t len;

	ck_assert_int_eq(weir_guard_table_init(&table), 0);
	for (i = 0; i < 100000; i += 2) {
		len = (size_t)snprintf(text, sizeof(text), "n%u.test", i);
		ck_assert_int_eq(weir_name_parse(text, len, &name), 0);
		ck_assert_int_eq(
		    weir_guard_table_add(&table, &name, 1, true, 0), 0);
	}
	for (i = 0; i < 100000; i++) {
		len = (size_t)snprintf(text, sizeof(text), "n%u.test", i);
		ck_assert_int_eq(weir_name_parse(text, len, &name), 0);
		len = weir_name_to_key(&name, WEIR_TRIGGER_QNAME, key, NULL);
		ck_assert((weir_guard_table_find(&table, key, len) != NULL) ==
			  (i % 2 == 0));
	}
	weir_guard_table_done(&table);
}
END_TEST

START_TEST(what_was_kept_is_of_these_files)
{
	char path[SCRATCH_FOLDER_SIZE + 32];

	is_cached = true;
	scratch_write(&scratch, "popular", "a.com\n", 6);
	open_guard("  popular-file: popular\n");
	ck_assert_int_eq(judge("a.com", NAME, 0), WEIR_LIST_POPULAR);
	ck_assert_int_eq(judge("bb.com", NAME, 0), FINE);
	weir_guard_done(&guard);
	/* another file, another setting, another name of one's own */
	scratch_write(&scratch, "popular", "bb.com\n", 7);
	open_guard("  popular-file: popular\n");
	ck_assert_int_eq(judge("a.com", NAME, 0), FINE);
	ck_assert_int_eq(judge("bb.com", NAME, 0), WEIR_LIST_POPULAR);
	weir_guard_done(&guard);
	open_guard("  popular-file: popular\nnever-block: [a.com]\n");
	ck_assert_int_eq(judge("a.com", NAME, 0), WEIR_LIST_NEVER_BLOCK);
	weir_guard_done(&guard);
	open_guard("");
	ck_assert_int_eq(judge("a.com", NAME, 0), FINE);
	ck_assert_int_eq(judge("bb.com", NAME, 0), FINE);
	weir_guard_done(&guard);
	/* a file that is gone is a failure still */
	open_guard("  popular-file: popular\n");
	weir_guard_done(&guard);
	(void)snprintf(path, sizeof(path), "%s/popular", scratch.folder);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(
	    try_open("  popular-file: popular\n", true), WEIR_EMISSING);
	is_cached = false;
}
END_TEST

/* Whatever lies there: nothing is read beyond it. */
START_TEST(what_was_kept_may_be_damaged)
{
	static const char text[] = "guard:\n  suffix-file: suffixes\n";
	struct weir_settings_formats formats = { .is_known = NULL };
	struct weir_settings *settings;
	char path[SCRATCH_FOLDER_SIZE + 32], *good, *bad, yaml[256];
	size_t len, i, round;

	scratch_write(&scratch, "suffixes", suffixes, sizeof(suffixes) - 1);
	(void)snprintf(
	    yaml, sizeof(yaml), "database: %s\n%s", scratch.folder, text);
	scratch_write(&scratch, "weir.yaml", yaml, strlen(yaml));
	ck_assert_int_eq(
	    weir_settings_read(scratch.file, &formats, &settings, &problem), 0);
	ck_assert_int_eq(open_cached(settings), 0);
	weir_guard_done(&guard);
	(void)snprintf(path, sizeof(path), "%s/guard.cache", scratch.folder);
	ck_assert_int_eq(weir_file_read(path, 1U << 24, &good, &len), 0);
	bad = malloc(len);
	srand(1);
	for (round = 0; round < 300; round++) {
		memcpy(bad, good, len);
		/* Behind the digest: that would only make it another one's. */
		for (i = 0; i < 1 + round % 50; i++)
			bad[40 + (size_t)rand() % (len - 40)] = (char)rand();
		scratch_write(&scratch, "guard.cache", bad,
		    round % 3 == 0 ? (size_t)rand() % len : len);
		ck_assert_int_eq(
		    weir_guard_init_cached(&guard, settings, &problem), 0);
		for (i = 0; i < 20; i++) {
			(void)snprintf(yaml, sizeof(yaml), "a%zu.co.uk", i);
			(void)judge(yaml, BOTH, WEIR_GUARD_URL);
			(void)judge("www.example.com", BOTH, 0);
		}
		weir_guard_done(&guard);
	}
	free(bad);
	free(good);
	weir_settings_free(settings);
}
END_TEST

static void
setup(void)
{
	scratch_init(&scratch);
	memset(&problem, 0, sizeof(problem));
}

int
main(void)
{
	const TTest *const tests[] = {
		names_that_hold_the_internet_together_are_refused,
		the_well_known_names_can_be_switched_off,
		what_does_not_block_is_not_guarded,
		public_suffixes_are_refused_by_section,
		the_table_agrees_with_libpsl,
		popular_domains_are_refused_and_what_is_below_is_not,
		a_guard_that_is_not_there_is_a_failure,
		many_names_are_found_again_and_no_others,
		what_was_kept_is_of_these_files,
		what_was_kept_may_be_damaged,
		NULL,
	};
	int status;

	setup();
	status = suite_run("guard", tests);
	is_cached = true;
	status |= suite_run("guard, kept", tests);
	scratch_done(&scratch);
	return status;
}
