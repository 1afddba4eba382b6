/*
 * test_tuf_state.c - the TUF client's folder, whose repository it is, and the
 * targets that it fetches.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "tests/unit/suite.h"
#include "tests/unit/tuf_story.h"

/* --- what lies in the folder -------------------------------------------------------------- */

static void
put_stored(const char *file, const void *data, size_t len)
{
	(void)scratch_write(&world.scratch, file, data, len);
}

static void
drop_stored(const char *file)
{
	char path[200];

	(void)snprintf(path, sizeof(path), "%s/%s", world.scratch.folder, file);
	ck_assert_int_eq(unlink(path), 0);
}

START_TEST(damaged_files_count_as_not_there)
{
	static const char *const files[] = { "timestamp.json", "snapshot.json",
		"targets.json" };
	static const char *const trusted[] = { "1 - 1 1", "1 1 - 1",
		"1 1 1 -" };
	static const char *const requests[] = { RT, RT " 1.snapshot.json",
		RT " 1.targets.json" };
	static const char long_one[300000];
	char text[100];
	unsigned int i, how;

	for (i = 0; i < 3; i++) {
		for (how = 0; how < 5; how++) {
			begin(files[i]);
			expect(NEW, "1 1 1 1", NULL, "");
			if (how == 0)
				put_stored(files[i], "", 0);
			else if (how == 1)
				put_stored(files[i], "{}", 2);
			else if (how == 2)
				put_stored(files[i],
				    repo_find(repo, "metadata/1.root.json")
					->data,
				    repo_find(repo, "metadata/1.root.json")
					->len);
			else if (how == 3)
				put_stored(
				    files[i], long_one, sizeof(long_one));
			else
				drop_stored(files[i]);
			ck_assert_int_eq(world_open(&world), 0);
			ck_assert_str_eq(
			    world_versions(world.client, text), trusted[i]);
			expect(NEW, "1 1 1 1", requests[i], "");
			world_done(&world);
		}
	}
}
END_TEST

START_TEST(a_damaged_root_is_no_start)
{
	static const struct {
		const char *data;
		int error;
	} rows[] = {
		{ "", WEIR_EFORMAT },
		{ "{}", WEIR_EFORMAT },
		{ NULL, WEIR_EMISSING },
	};
	size_t i;

	for (i = 0; i < 3; i++) {
		begin("damaged root");
		expect(NEW, "1 1 1 1", NULL, "");
		if (rows[i].data == NULL)
			drop_stored("root.json");
		else
			put_stored(
			    "root.json", rows[i].data, strlen(rows[i].data));
		ck_assert_int_eq(world_open(&world), rows[i].error);
		ck_assert_str_ne(world.problem.text, "");
		world_done(&world);
	}
}
END_TEST

START_TEST(a_stored_root_has_its_limit)
{
	const struct repo_file *file;

	begin("long stored root");
	EDIT({ REPO_PAD, ROOT, NULL, "65536" });
	repo_root(repo, NULL);
	file = repo_find(repo, "metadata/1.root.json");
	put_stored("root.json", file->data, file->len);
	ck_assert_int_eq(world_open(&world), WEIR_ELIMIT);
	world_done(&world);
}
END_TEST

START_TEST(stored_files_that_nobody_signed_are_not_trusted)
{
	const struct repo_file *file;
	char text[100];

	begin("forged state");
	expect(NEW, "1 1 1 1", NULL, "");
	EDIT({ REPO_KEYS, TIMESTAMP, NULL, "evil" },
	    { REPO_KEYS, SNAPSHOT, NULL, "evil" },
	    { REPO_KEYS, TARGETS, NULL, "evil" });
	publish_next();
	file = repo_find(repo, "metadata/timestamp.json");
	put_stored("timestamp.json", file->data, file->len);
	file = repo_find(repo, "metadata/2.snapshot.json");
	put_stored("snapshot.json", file->data, file->len);
	file = repo_find(repo, "metadata/2.targets.json");
	put_stored("targets.json", file->data, file->len);
	ck_assert_int_eq(world_open(&world), 0);
	ck_assert_str_eq(world_versions(world.client, text), "1 - - -");
	edit(NULL, 0);
	repo_publish(repo);
	expect(NEW, "1 2 2 2", NULL, "");
	world_done(&world);
}
END_TEST

/* Signed, but not what is announced now. */
START_TEST(older_stored_targets_are_fetched_anew)
{
	struct repo_file old;
	char *kept;

	begin("older state");
	expect(NEW, "1 1 1 1", NULL, "");
	old = *repo_find(repo, "metadata/1.targets.json");
	kept = malloc(old.len);
	memcpy(kept, old.data, old.len);
	publish_next();
	expect(NEW, "1 2 2 2", NULL, "");
	put_stored("targets.json", kept, old.len);
	ck_assert_int_eq(world_open(&world), 0);
	expect(NEW, "1 2 2 2", RT " 2.targets.json", "");
	free(kept);
	world_done(&world);
}
END_TEST

START_TEST(stored_targets_of_the_version_but_of_other_content)
{
	const struct repo_file *file;

	begin("other content");
	expect(NEW, "1 1 1 1", NULL, "");
	EDIT({ REPO_SIGNED, TARGETS, "x", "1" });
	repo_publish(repo);
	file = repo_find(repo, "metadata/1.targets.json");
	put_stored("targets.json", file->data, file->len);
	edit(NULL, 0);
	repo_publish(repo);
	ck_assert_int_eq(world_open(&world), 0);
	expect(NEW, "1 1 1 1", RT " 1.targets.json", "");
	world_done(&world);
}
END_TEST

/* Without the timestamp the stored snapshot still says how old is too old. */
START_TEST(a_stored_snapshot_binds)
{
	begin("snapshot without timestamp");
	repo->roles[SNAPSHOT].version = 5;
	repo_publish(repo);
	expect(NEW, "1 1 5 1", NULL, "");
	drop_stored("timestamp.json");
	ck_assert_int_eq(world_open(&world), 0);
	repo->roles[SNAPSHOT].version = 4;
	repo_publish(repo);
	expect(ROLLBACK, "1 - 5 1", RT, "snapshot: version 4 is older than 5");
	world_done(&world);
}
END_TEST

START_TEST(a_folder_that_cannot_be_written_is_said)
{
	char path[200];

	begin("no folder");
	(void)snprintf(
	    path, sizeof(path), "%s/timestamp.json", world.scratch.folder);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	expect(LOCAL, "1 - - -", RT, "timestamp.json");
	ck_assert_int_eq(rmdir(path), 0);
	expect(NEW, "1 1 1 1", NULL, "");
	world_done(&world);
}
END_TEST

/* --- whose repository ------------------------------------------------------------------------ */

START_TEST(a_root_of_another_feed_does_not_open)
{
	static const char *const feeds[] = { NULL, "other", "tes", "testt" };
	size_t i;

	for (i = 0; i < 4; i++) {
		world_init(&world, "other feed");
		repo->feed = feeds[i];
		world.feed = NULL;
		repo_root(repo, NULL);
		repo_publish(repo);
		world_trust(&world);
		expect(NEW, "1 1 1 1", NULL, "");
		world.feed = REPO_FEED;
		ck_assert_int_eq(world_open(&world), WEIR_EFORMAT);
		world_done(&world);
	}
}
END_TEST

/* Two feeds with the same keys. */
START_TEST(targets_of_another_feed_with_the_same_keys_are_refused)
{
	begin("swapped");
	expect(NEW, "1 1 1 1", NULL, "");
	repo->feed = "other";
	publish_next();
	expect(INVALID, "1 2 2 1", NULL, "of the feed other, not of test");
	world_done(&world);
}
END_TEST

/* --- targets -------------------------------------------------------------------------------------- */

static int
fetch(const char *name, uint64_t *ret_len)
{
	const struct weir_tuf_target *target = weir_tuf_client_find(
	    world.client, name);
	struct weir_tuf_transport transport = repo_transport(repo);
	int fd, error;

	if (target == NULL)
		return 1;
	fd = open(world.scratch.folder, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	repo->requests[0] = '\0';
	error = weir_tuf_client_fetch(
	    world.client, &transport, target, fd, &world.problem);
	*ret_len = (uint64_t)lseek(fd, 0, SEEK_END);
	(void)close(fd);
	return error;
}

START_TEST(targets_are_fetched_and_compared)
{
	struct repo_file *file;
	uint64_t len;
	char name[100];

	world_init(&world, "targets");
	repo_target(repo, "top", "", 0);
	repo_target(repo, "a/b/c", "third", 5);
	repo_root(repo, NULL);
	repo_publish(repo);
	world_trust(&world);
	ck_assert_uint_eq(weir_tuf_client_target_count(world.client), 0);
	ck_assert_ptr_null(weir_tuf_client_find(world.client, "feed/head"));
	expect(NEW, "1 1 1 1", NULL, "");
	ck_assert_uint_eq(weir_tuf_client_target_count(world.client), 3);
	ck_assert_str_eq(weir_tuf_client_target(world.client, 1)->name, "top");
	ck_assert_int_eq(
	    json_integer_value(json_object_get(
		weir_tuf_client_find(world.client, "feed/head")->custom, "n")),
	    1);
	ck_assert_int_eq(fetch("feed/head", &len), 0);
	ck_assert_uint_eq(len, 11);
	(void)snprintf(name, sizeof(name), "%s.head",
	    weir_tuf_client_find(world.client, "feed/head")->sha256);
	ck_assert_str_eq(repo->requests, name);
	ck_assert_int_eq(fetch("top", &len), 0);
	ck_assert_int_eq(fetch("a/b/c", &len), 0);
	ck_assert_int_eq(fetch("a/b", &len), 1);

	(void)snprintf(name, sizeof(name), "targets/feed/%s.head",
	    weir_tuf_client_find(world.client, "feed/head")->sha256);
	file = repo_find(repo, name);
	file->data[2] ^= 1;
	ck_assert_int_eq(fetch("feed/head", &len), WEIR_ECHECKSUM);
	ck_assert_ptr_nonnull(strstr(world.problem.text, "another SHA-256"));
	file->data[2] ^= 1;
	file->len = 10;
	ck_assert_int_eq(fetch("feed/head", &len), WEIR_ECHECKSUM);
	ck_assert_ptr_nonnull(strstr(world.problem.text, "10 octets"));
	file->len = 12;
	ck_assert_int_eq(fetch("feed/head", &len), WEIR_ELIMIT);
	file->len = 11;
	file->is_unreachable = true;
	ck_assert_int_eq(fetch("feed/head", &len), WEIR_ESYSTEM);
	file->is_unreachable = false;
	ck_assert_int_eq(fetch("feed/head", &len), 0);
	repo_drop(repo, name);
	ck_assert_int_eq(fetch("feed/head", &len), WEIR_EMISSING);
	world_done(&world);
}
END_TEST

START_TEST(both_hashes_of_a_target_must_fit)
{
	uint64_t len;

	begin("sha512");
	EDIT({ REPO_SIGNED, TARGETS, "targets feed/head hashes sha512",
	    "\"1111111111111111111111111111111111111111111111111111111111"
	    "1111111111111111111111111111111111111111111111111111111111111"
	    "111111111\"" });
	repo_publish(repo);
	expect(NEW, "1 1 1 1", NULL, "");
	ck_assert_int_eq(fetch("feed/head", &len), WEIR_ECHECKSUM);
	ck_assert_ptr_nonnull(strstr(world.problem.text, "another SHA-512"));
	EDIT({ REPO_SIGNED, TARGETS, "targets feed/head hashes sha512", NULL });
	publish_next();
	expect(NEW, "1 2 2 2", NULL, "");
	ck_assert_int_eq(fetch("feed/head", &len), 0);
	EDIT({ REPO_SIGNED, TARGETS, "targets feed/head hashes sha256", NULL });
	publish_next();
	expect(NEW, "1 3 3 3", NULL, "");
	ck_assert_int_eq(fetch("feed/head", &len), 1);
	EDIT({ REPO_SIGNED, TARGETS, "targets feed/head hashes",
	    "{\"blake9\": \"00\"}" });
	publish_next();
	expect(NEW, "1 4 4 4", NULL, "");
	ck_assert_int_eq(fetch("feed/head", &len), 1);
	world_done(&world);
}
END_TEST

START_TEST(names_of_targets_have_one_form)
{
#define TEN "aaaaaaaaaa"
#define ALL TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
	static const struct {
		const char *name;
		bool is_one;
	} rows[] = {
		{ "a", true },
		{ "feed/x.y_z-0", true },
		{ ".a", true },
		{ "...", true },
		{ "a..b", true },
		{ "..a/b", true },
		{ ALL "aaaaaaaa", true }, /* 128 */
		{ ALL "aaaaaaaaa", false },
		{ "", false },
		{ "/", false },
		{ "/a", false },
		{ "a/", false },
		{ "a//b", false },
		{ ".", false },
		{ "..", false },
		{ "./a", false },
		{ "../a", false },
		{ "a/.", false },
		{ "a/..", false },
		{ "feed/../evil", false },
		{ "feed/./evil", false },
		{ "../../../../tmp/weir-escape", false },
		{ "A", false },
		{ "feed/Head", false },
		{ "a\\b", false },
		{ "a%2fb", false },
		{ "a?b", false },
		{ "a:b", false },
		{ "a#b", false },
		{ "\xc3\xa9", false },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world_init(&world, rows[i].name);
		json_object_clear(repo->targets);
		repo_target(repo, rows[i].name, "x", 1);
		repo_target(repo, "good", "y", 1);
		repo_root(repo, NULL);
		repo_publish(repo);
		world_trust(&world);
		expect(NEW, "1 1 1 1", NULL, "");
		ck_assert_msg((weir_tuf_client_find(world.client,
				   rows[i].name) != NULL) == rows[i].is_one,
		    "%s", rows[i].name);
		ck_assert_ptr_nonnull(
		    weir_tuf_client_find(world.client, "good"));
		world_done(&world);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		damaged_files_count_as_not_there,
		a_damaged_root_is_no_start,
		a_stored_root_has_its_limit,
		stored_files_that_nobody_signed_are_not_trusted,
		older_stored_targets_are_fetched_anew,
		stored_targets_of_the_version_but_of_other_content,
		a_stored_snapshot_binds,
		a_folder_that_cannot_be_written_is_said,
		a_root_of_another_feed_does_not_open,
		targets_of_another_feed_with_the_same_keys_are_refused,
		targets_are_fetched_and_compared,
		both_hashes_of_a_target_must_fit,
		names_of_targets_have_one_form,
		NULL,
	};

	return suite_run("tuf_state", tests);
}
