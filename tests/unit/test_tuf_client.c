/*
 * test_tuf_client.c - the TUF client over several cycles: what it keeps, how it
 * comes back, what it asks for.  What it refuses by one edit: test_tuf_rows.c.
 * What a stop in the middle leaves: test_tuf_crash.c.
 */
#include "tests/unit/suite.h"
#include "tests/unit/tuf_story.h"

/* --- plain working ------------------------------------------------------------- */

START_TEST(same_timestamp_asks_for_nothing_more)
{
	begin("same");
	expect(NEW, "1 1 1 1", RT " 1.snapshot.json 1.targets.json", "");
	expect(SAME, "1 1 1 1", RT, "");
	ck_assert_int_eq(world_open(&world), 0);
	expect(SAME, "1 1 1 1", RT, "");
	world_done(&world);
}
END_TEST

START_TEST(only_what_is_new_is_asked_for)
{
	begin("only new");
	expect(NEW, "1 1 1 1", NULL, "");
	repo->roles[TIMESTAMP].version = 2;
	repo_publish(repo);
	expect(NEW, "1 2 1 1", RT, "");
	repo->roles[TIMESTAMP].version = 3;
	repo->roles[SNAPSHOT].version = 2;
	repo_publish(repo);
	expect(NEW, "1 3 2 1", RT " 2.snapshot.json", "");
	publish_next();
	expect(NEW, "1 4 3 2", RT " 3.snapshot.json 2.targets.json", "");
	world_done(&world);
}
END_TEST

START_TEST(bytes_are_stored_as_they_were_served)
{
	static const size_t flags[] = { JSON_COMPACT, JSON_INDENT(7),
		JSON_SORT_KEYS, JSON_ENSURE_ASCII | JSON_INDENT(2) };
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		world_init(&world, "as served");
		repo->dump_flags = flags[i];
		EDIT({ REPO_SIGNED, TIMESTAMP, "x", "\"h\\u00e9, \\\"\\\\\"" },
		    { REPO_SIGNED, TARGETS, "x", "\"\\u20ac\"" });
		repo_root(repo, NULL);
		repo_publish(repo);
		world_trust(&world);
		expect(NEW, "1 1 1 1", NULL, "");
		world_expect_stored(
		    &world, "root.json", "metadata/1.root.json");
		world_expect_stored(
		    &world, "timestamp.json", "metadata/timestamp.json");
		world_expect_stored(
		    &world, "snapshot.json", "metadata/1.snapshot.json");
		world_expect_stored(
		    &world, "targets.json", "metadata/1.targets.json");
		world_done(&world);
	}
}
END_TEST

START_TEST(first_root_is_taken_once_and_checked)
{
	static const char evil[] = "{}";

	world_init(&world, "init");
	ck_assert_int_eq(world_open(&world), WEIR_EMISSING);
	ck_assert_int_eq(
	    weir_tuf_client_init(world.scratch.folder, evil, 2, &world.problem),
	    WEIR_EFORMAT);
	repo_root(repo, "r1 evil");
	ck_assert_int_eq(
	    weir_tuf_client_init(world.scratch.folder, repo->files[1].data,
		repo->files[1].len, &world.problem),
	    WEIR_EFORMAT);
	ck_assert_int_eq(world_open(&world), WEIR_EMISSING);
	EDIT({ REPO_PAD, ROOT, NULL, "65536" });
	repo_root(repo, NULL);
	ck_assert_int_eq(
	    weir_tuf_client_init(world.scratch.folder, repo->files[1].data,
		repo->files[1].len, &world.problem),
	    WEIR_ELIMIT);
	edit(NULL, 0);
	repo_root(repo, NULL);
	world_trust(&world);
	ck_assert_int_eq(
	    weir_tuf_client_init(world.scratch.folder, repo->files[1].data,
		repo->files[1].len, &world.problem),
	    WEIR_EBUSY);
	world_done(&world);
}
END_TEST

START_TEST(outcomes_have_words)
{
	unsigned int i, j;

	for (i = 0; i <= WEIR_TUF_LOCAL; i++)
		for (j = 0; j < i; j++)
			ck_assert_str_ne(
			    weir_tuf_outcome_text(i), weir_tuf_outcome_text(j));
	ck_assert_str_eq(weir_tuf_outcome_text(NEW), "new");
	ck_assert_str_eq(weir_tuf_outcome_text(1000), "unknown");
}
END_TEST

/* --- root ------------------------------------------------------------------------ */

START_TEST(roots_are_followed_one_by_one)
{
	begin("chain");
	repo->roles[ROOT].version = 2;
	repo_set_keys(repo, ROOT, "r2 r3 r4", 2);
	repo_root(repo, "r1 r2 r4");
	repo->roles[ROOT].version = 3;
	repo_set_keys(repo, ROOT, "r3 r4 r5", 2);
	repo_root(repo, "r3 r4");
	repo->roles[ROOT].version = 4;
	repo_set_keys(repo, ROOT, "r6 r7 r8", 3);
	repo_root(repo, "r3 r5 r6 r7 r8");
	expect(NEW, "4 1 1 1",
	    "2.root.json 3.root.json 4.root.json 5.root.json timestamp.json "
	    "1.snapshot.json 1.targets.json",
	    "");
	world_expect_stored(&world, "root.json", "metadata/4.root.json");
	expect(SAME, "4 1 1 1", "5.root.json timestamp.json", "");
	world_done(&world);
}
END_TEST

START_TEST(new_root_needs_old_and_new_threshold)
{
	static const struct {
		const char *name, *keys, *signers, *why;
		int threshold;
	} rows[] = {
		{ "not the old ones", "e1 e2 e3", "e1 e2 e3",
		    "signed by 0 of the 2 root keys that version 1", 2 },
		{ "one old one", "r1 e2 e3", "r1 e2 e3",
		    "signed by 1 of the 2 root keys that version 1", 2 },
		{ "not the new ones", "e1 e2 e3", "r1 r2 r3",
		    "signed by 0 of the 2 root keys that version 2", 2 },
		{ "too few new ones", "r1 e2 e3", "r1 r2 r3",
		    "signed by 1 of the 2 root keys that version 2", 2 },
		{ "a higher threshold", "r1 r2 r3", "r1 r2",
		    "signed by 2 of the 3 root keys that version 2", 3 },
		{ "a lower threshold", "r1 r2 r3", "r1",
		    "signed by 1 of the 2 root keys that version 1", 1 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(rows[i].name);
		repo->roles[ROOT].version = 2;
		repo_set_keys(repo, ROOT, rows[i].keys, rows[i].threshold);
		repo_root(repo, rows[i].signers);
		expect(INVALID, "1 - - -", "2.root.json", rows[i].why);
		repo_drop(repo, "metadata/2.root.json");
		expect(NEW, "1 1 1 1", NULL, "");
		world_done(&world);
	}
}
END_TEST

START_TEST(an_expired_root_may_lie_between)
{
	begin("expired between");
	repo->roles[ROOT].version = 2;
	repo->roles[ROOT].expires = REPO_PAST;
	repo_root(repo, NULL);
	expect(EXPIRED, "2 - - -", "2.root.json 3.root.json",
	    "root.json: version 2 has expired");
	repo->roles[ROOT].version = 3;
	repo->roles[ROOT].expires = REPO_KEEP;
	repo_root(repo, NULL);
	expect(NEW, "3 1 1 1", NULL, "");
	world_done(&world);
}
END_TEST

START_TEST(first_root_may_have_expired)
{
	world_init(&world, "expired first");
	repo->roles[ROOT].expires = REPO_PAST;
	repo_root(repo, NULL);
	repo_publish(repo);
	world_trust(&world);
	expect(EXPIRED, "1 - - -", "2.root.json", "has expired");
	repo->roles[ROOT].version = 2;
	repo->roles[ROOT].expires = REPO_KEEP;
	repo_root(repo, NULL);
	expect(NEW, "2 1 1 1", NULL, "");
	world_done(&world);
}
END_TEST

START_TEST(a_cycle_takes_256_roots)
{
	unsigned int i;
	char path[40];

	begin("many roots");
	for (i = 2; i <= 300; i++) {
		repo->roles[ROOT].version = i;
		repo_root(repo, "r1 r2");
	}
	expect(NEW, "257 1 1 1", NULL, "");
	ck_assert_uint_eq(repo->request_count, 256 + 3);
	(void)snprintf(path, sizeof(path), "metadata/258.root.json");
	ck_assert_ptr_nonnull(repo_find(repo, path));
	expect(NEW, "300 1 1 1", NULL, "");
	ck_assert_uint_eq(repo->request_count, 43 + 1 + 1);
	expect(SAME, "300 1 1 1", "301.root.json timestamp.json", "");
	world_done(&world);
}
END_TEST

START_TEST(a_bad_root_does_not_stick)
{
	begin("bad root");
	expect(NEW, "1 1 1 1", NULL, "");
	repo_put(repo, "metadata/2.root.json", "<html>", 6);
	publish_next();
	expect(INVALID, "1 1 1 1", "2.root.json", "2.root.json: no JSON");
	repo_put(repo, "metadata/2.root.json", "[]", 2);
	expect(INVALID, "1 1 1 1", "2.root.json", "no signed metadata");
	repo_drop(repo, "metadata/2.root.json");
	expect(NEW, "1 2 2 2", NULL, "");
	world_done(&world);
}
END_TEST

START_TEST(roots_that_came_hold_though_the_next_does_not)
{
	begin("good, then bad root");
	expect(NEW, "1 1 1 1", NULL, "");
	repo->roles[ROOT].version = 2;
	repo_set_keys(repo, TIMESTAMP, "ts2", 1);
	repo_root(repo, NULL);
	repo_put(repo, "metadata/3.root.json", "{}", 2);
	expect(INVALID, "2 - 1 1", "2.root.json 3.root.json",
	    "3.root.json: no signed metadata");
	repo_drop(repo, "metadata/3.root.json");
	repo_publish(repo);
	expect(NEW, "2 1 1 1", "3.root.json timestamp.json", "");
	world_done(&world);
}
END_TEST

/* --- fast-forward, and back ---------------------------------------------------------- */

START_TEST(new_timestamp_key_forgets_a_fast_forward)
{
	begin("fast-forward of the timestamp");
	repo->roles[TIMESTAMP].version = 900000;
	repo_publish(repo);
	expect(NEW, "1 900000 1 1", NULL, "");
	repo->roles[TIMESTAMP].version = 1;
	repo_publish(repo);
	expect(ROLLBACK, "1 900000 1 1", RT,
	    "timestamp.json: version 1 is older than 900000, which is trusted");
	repo->roles[ROOT].version = 2;
	repo_set_keys(repo, TIMESTAMP, "ts-new", 1);
	repo_root(repo, NULL);
	repo_publish(repo);
	expect(NEW, "2 1 1 1", NULL, "");
	world_done(&world);
}
END_TEST

START_TEST(new_snapshot_key_forgets_a_fast_forward)
{
	begin("fast-forward of the targets");
	repo->roles[TARGETS].version = 900000;
	repo->roles[SNAPSHOT].version = 7;
	repo_publish(repo);
	expect(NEW, "1 1 7 900000", NULL, "");
	repo->roles[ROOT].version = 2;
	repo_set_keys(repo, SNAPSHOT, "s-new", 1);
	repo_root(repo, NULL);
	repo->roles[TARGETS].version = 1;
	repo->roles[SNAPSHOT].version = 8;
	repo->roles[TIMESTAMP].version = 2;
	repo_publish(repo);
	expect(NEW, "2 2 8 1", NULL, "");
	world_done(&world);
}
END_TEST

START_TEST(new_keys_of_both_forget_all_versions)
{
	begin("fast-forward of both");
	repo->roles[TIMESTAMP].version = repo->roles[SNAPSHOT].version = 900;
	repo_publish(repo);
	expect(NEW, "1 900 900 1", NULL, "");
	repo->roles[ROOT].version = 2;
	repo_set_keys(repo, TIMESTAMP, "ts-new", 1);
	repo_set_keys(repo, SNAPSHOT, "s-new", 1);
	repo_root(repo, NULL);
	repo->roles[TIMESTAMP].version = repo->roles[SNAPSHOT].version = 1;
	repo_publish(repo);
	expect(NEW, "2 1 1 1", NULL, "");
	world_done(&world);
}
END_TEST

START_TEST(a_key_more_forgets_nothing)
{
	begin("a key more");
	expect(NEW, "1 1 1 1", NULL, "");
	repo->roles[ROOT].version = 2;
	repo_set_keys(repo, TIMESTAMP, "ts ts2", 1);
	repo_root(repo, NULL);
	expect(NEW, "2 1 1 1", "2.root.json 3.root.json timestamp.json", "");
	world_done(&world);
}
END_TEST

/* --- versions that go down ------------------------------------------------------------- */

START_TEST(an_older_timestamp_is_refused)
{
	begin("older timestamp");
	repo->roles[TIMESTAMP].version = 5;
	repo_publish(repo);
	expect(NEW, "1 5 1 1", NULL, "");
	repo->roles[TIMESTAMP].version = 4;
	repo_publish(repo);
	expect(ROLLBACK, "1 5 1 1", RT, "version 4 is older than 5");
	ck_assert_int_eq(world_open(&world), 0);
	expect(ROLLBACK, "1 5 1 1", RT, "version 4 is older than 5");
	repo->roles[TIMESTAMP].version = 6;
	repo_publish(repo);
	expect(NEW, "1 6 1 1", RT, "");
	world_done(&world);
}
END_TEST

START_TEST(a_timestamp_of_the_same_version_changes_nothing)
{
	begin("same version, other content");
	expect(NEW, "1 1 1 1", NULL, "");
	repo->roles[SNAPSHOT].version = 99;
	repo_publish(repo);
	expect(SAME, "1 1 1 1", RT, "");
	repo->roles[SNAPSHOT].version = 1;
	repo_publish(repo);
	world_done(&world);
}
END_TEST

START_TEST(an_older_snapshot_is_refused_before_the_timestamp_is_stored)
{
	begin("older snapshot");
	repo->roles[SNAPSHOT].version = 5;
	repo_publish(repo);
	expect(NEW, "1 1 5 1", NULL, "");
	repo->roles[SNAPSHOT].version = 4;
	repo->roles[TIMESTAMP].version = 2;
	repo_publish(repo);
	expect(ROLLBACK, "1 1 5 1", RT,
	    "snapshot: version 4 is older than 5, which is trusted");
	repo->roles[SNAPSHOT].version = 6;
	repo_publish(repo);
	expect(NEW, "1 2 6 1", NULL, "");
	world_done(&world);
}
END_TEST

/* What a timestamp has announced binds, though it could not be fetched. */
START_TEST(an_announced_snapshot_binds)
{
	begin("announced");
	expect(NEW, "1 1 1 1", NULL, "");
	repo->roles[SNAPSHOT].version = 9;
	repo->roles[TIMESTAMP].version = 2;
	EDIT({ REPO_DROP, SNAPSHOT, NULL, NULL });
	repo_publish(repo);
	expect(UNREACHABLE, "1 2 1 1", RT " 9.snapshot.json", NULL);
	edit(NULL, 0);
	repo->roles[SNAPSHOT].version = 8;
	repo->roles[TIMESTAMP].version = 3;
	repo_publish(repo);
	expect(ROLLBACK, "1 2 1 1", RT, "snapshot: version 8 is older than 9");
	world_done(&world);
}
END_TEST

START_TEST(older_targets_in_a_snapshot_are_refused)
{
	begin("older targets");
	repo->roles[TARGETS].version = 5;
	repo_publish(repo);
	expect(NEW, "1 1 1 5", NULL, "");
	repo->roles[TARGETS].version = 4;
	repo->roles[SNAPSHOT].version = 2;
	repo->roles[TIMESTAMP].version = 2;
	repo_publish(repo);
	expect(ROLLBACK, "1 2 1 5", RT " 2.snapshot.json",
	    "version 4 of targets.json is older than 5");
	repo->roles[TARGETS].version = 6;
	publish_next();
	expect(NEW, "1 3 3 7", NULL, "");
	world_done(&world);
}
END_TEST

START_TEST(a_snapshot_loses_no_file)
{
	begin("lost file");
	EDIT({ REPO_SIGNED, SNAPSHOT, "meta other.json", "{\"version\": 3}" },
	    { REPO_SIGNED, SNAPSHOT, "meta strange", "7" });
	repo_publish(repo);
	expect(NEW, "1 1 1 1", NULL, "");
	EDIT({ REPO_SIGNED, SNAPSHOT, "meta other.json", "{\"version\": 4}" });
	publish_next();
	expect(NEW, "1 2 2 2", NULL, "");
	edit(NULL, 0);
	publish_next();
	expect(ROLLBACK, "1 3 2 2", RT " 3.snapshot.json",
	    "no longer has other.json");
	EDIT({ REPO_SIGNED, SNAPSHOT, "meta other.json", "{\"version\": 3}" });
	publish_next();
	expect(ROLLBACK, "1 4 2 2", NULL,
	    "version 3 of other.json is older than 4");
	EDIT({ REPO_SIGNED, SNAPSHOT, "meta other.json", "{\"version\": 4}" });
	publish_next();
	expect(NEW, "1 5 5 5", NULL, "");
	world_done(&world);
}
END_TEST

/* --- going on -------------------------------------------------------------------------- */

START_TEST(a_cycle_goes_on_after_a_missing_file)
{
	static const struct {
		enum weir_tuf_role role;
		const char *broken, *requests;
	} rows[] = {
		{ SNAPSHOT, "1 2 1 1", RT " 2.snapshot.json 2.targets.json" },
		{ TARGETS, "1 2 2 1", RT " 2.targets.json" },
	};
	size_t i;

	for (i = 0; i < 2; i++) {
		begin("missing file");
		expect(NEW, "1 1 1 1", NULL, "");
		EDIT({ REPO_DROP, rows[i].role, NULL, NULL });
		publish_next();
		expect(UNREACHABLE, rows[i].broken, NULL, "does not have");
		expect(UNREACHABLE, rows[i].broken, NULL, "does not have");
		edit(NULL, 0);
		repo_publish(repo);
		expect(NEW, "1 2 2 2", rows[i].requests, "");
		expect(SAME, "1 2 2 2", RT, "");
		world_done(&world);
	}
}
END_TEST

START_TEST(an_old_file_under_a_new_name_is_refused)
{
	const struct repo_file *old;

	begin("old under a new name");
	expect(NEW, "1 1 1 1", NULL, "");
	/* Neither length nor hash announced: the version decides. */
	EDIT({ REPO_SIGNED, TIMESTAMP, "meta snapshot.json",
		 "{\"version\": 2}" },
	    { REPO_SIGNED, SNAPSHOT, "meta targets.json", "{\"version\": 2}" });
	publish_next();
	old = repo_find(repo, "metadata/1.snapshot.json");
	repo_put(repo, "metadata/2.snapshot.json", old->data, old->len);
	expect(INVALID, "1 2 1 1", RT " 2.snapshot.json",
	    "2.snapshot.json: is version 1");
	repo_publish(repo);
	old = repo_find(repo, "metadata/1.targets.json");
	repo_put(repo, "metadata/2.targets.json", old->data, old->len);
	expect(INVALID, "1 2 2 1", RT " 2.snapshot.json 2.targets.json",
	    "2.targets.json: is version 1");
	repo_publish(repo);
	expect(NEW, "1 2 2 2", RT " 2.targets.json", "");
	world_done(&world);
}
END_TEST

/* Also if the timestamp is one that we have: freeze. */
START_TEST(what_is_kept_must_not_have_expired)
{
	static const char *const versions[] = { NULL, "1 1 1 1", "1 1 1 1",
		"1 1 1 1" };
	unsigned int role;

	for (role = TIMESTAMP; role < WEIR_TUF_ROLE_COUNT; role++) {
		world_init(&world, weir_tuf_role_text(role));
		repo->roles[role].expires = "2030-01-01T00:00:00Z";
		repo_root(repo, NULL);
		repo_publish(repo);
		world_trust(&world);
		world.now_unix = 1893456000 - 1;
		expect(NEW, "1 1 1 1", NULL, "");
		expect(SAME, "1 1 1 1", RT, "");
		world.now_unix = 1893456000;
		expect(EXPIRED, versions[role], RT, "version 1 has expired");
		world.max_expired_s = 1;
		expect(SAME, "1 1 1 1", RT, "");
		world.now_unix++;
		expect(EXPIRED, "1 1 1 1", RT, "version 1 has expired");
		world_done(&world);
	}
}
END_TEST

/* --- mirrors ------------------------------------------------------------------------------------ */

START_TEST(another_mirror_goes_on_where_one_fails)
{
	static struct repo other;
	struct repo kept;
	unsigned int role;

	begin("mirrors");
	expect(NEW, "1 1 1 1", NULL, "");
	repo_init(&other);
	for (role = TIMESTAMP; role < WEIR_TUF_ROLE_COUNT; role++)
		other.roles[role].version = 2;
	repo_publish(&other);
	kept = *repo;
	/* One that lags behind, or has half of it, changes nothing. */
	*repo = other;
	expect(NEW, "1 2 2 2", NULL, "");
	other = *repo;
	*repo = kept;
	expect(ROLLBACK, "1 2 2 2", RT, "version 1 is older than 2");
	repo_find(repo, "metadata/timestamp.json")->is_unreachable = true;
	expect(UNREACHABLE, "1 2 2 2", RT, "no answer");
	repo->roles[TIMESTAMP].version = repo->roles[SNAPSHOT].version =
	    repo->roles[TARGETS].version = 3;
	EDIT({ REPO_DROP, TARGETS, NULL, NULL });
	repo_publish(repo);
	expect(UNREACHABLE, "1 3 3 2", NULL, "does not have");
	kept = *repo;
	*repo = other;
	edit(NULL, 0);
	for (role = TIMESTAMP; role < WEIR_TUF_ROLE_COUNT; role++)
		repo->roles[role].version = 3;
	repo_publish(repo);
	expect(NEW, "1 3 3 3", RT " 3.targets.json", "");
	repo_done(&kept);
	world_done(&world);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		same_timestamp_asks_for_nothing_more,
		only_what_is_new_is_asked_for,
		bytes_are_stored_as_they_were_served,
		first_root_is_taken_once_and_checked,
		outcomes_have_words,
		roots_are_followed_one_by_one,
		new_root_needs_old_and_new_threshold,
		an_expired_root_may_lie_between,
		first_root_may_have_expired,
		a_cycle_takes_256_roots,
		a_bad_root_does_not_stick,
		roots_that_came_hold_though_the_next_does_not,
		new_timestamp_key_forgets_a_fast_forward,
		new_snapshot_key_forgets_a_fast_forward,
		new_keys_of_both_forget_all_versions,
		a_key_more_forgets_nothing,
		an_older_timestamp_is_refused,
		a_timestamp_of_the_same_version_changes_nothing,
		an_older_snapshot_is_refused_before_the_timestamp_is_stored,
		an_announced_snapshot_binds,
		older_targets_in_a_snapshot_are_refused,
		a_snapshot_loses_no_file,
		a_cycle_goes_on_after_a_missing_file,
		an_old_file_under_a_new_name_is_refused,
		what_is_kept_must_not_have_expired,
		another_mirror_goes_on_where_one_fails,
		NULL,
	};

	return suite_run("tuf_client", tests);
}
