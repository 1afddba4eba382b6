/*
 * test_tuf_client.c - the TUF client over several cycles: what it keeps, how it
 * comes back, what it asks for; keys, limits, targets.  What it refuses by one
 * edit: test_tuf_rows.c.  What a stop in the middle leaves: test_tuf_crash.c.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "tests/unit/suite.h"
#include "tests/unit/tuf_world.h"

#define NEW         WEIR_TUF_NEW
#define SAME        WEIR_TUF_SAME
#define UNREACHABLE WEIR_TUF_UNREACHABLE
#define ROLLBACK    WEIR_TUF_ROLLBACK
#define EXPIRED     WEIR_TUF_EXPIRED
#define INVALID     WEIR_TUF_INVALID
#define LOCAL       WEIR_TUF_LOCAL

#define RT "2.root.json timestamp.json"

static struct world world;
static struct repo *const repo = &world.repo;

static void
begin(const char *name)
{
	world_begin(&world, name);
}

static void
expect(enum weir_tuf_outcome outcome, const char *versions,
    const char *requests, const char *why)
{
	world_expect(&world, outcome, versions, requests, why);
}

static void
edit(const struct repo_edit *edits, unsigned int count)
{
	repo->edits = edits;
	repo->edit_count = count;
}
#define EDIT(...)                                               \
	edit((const struct repo_edit[]){ __VA_ARGS__ },         \
	    sizeof((const struct repo_edit[]){ __VA_ARGS__ }) / \
		sizeof(struct repo_edit))

static void
publish_next(void)
{
	repo_bump(repo);
	repo_publish(repo);
}

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

/* --- keys ------------------------------------------------------------------------- */

START_TEST(threshold_counts_keys)
{
	static const struct {
		const char *name, *signers;
		enum weir_tuf_outcome outcome;
	} rows[] = {
		{ "both", "t t2", NEW },
		{ "both and a third", "t3 t t2", NEW },
		{ "two of three", "t3 t2", NEW },
		{ "one", "t", INVALID },
		{ "one and a stranger", "t evil", INVALID },
		{ "one and that of another role", "t s", INVALID },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world_init(&world, rows[i].name);
		repo_set_keys(repo, TARGETS, "t t2 t3", 2);
		repo_root(repo, NULL);
		EDIT({ REPO_KEYS, TARGETS, NULL, rows[i].signers });
		repo_publish(repo);
		world_trust(&world);
		expect(rows[i].outcome,
		    rows[i].outcome == NEW ? "1 1 1 1" : "1 1 1 -", NULL,
		    rows[i].outcome == NEW ? "" : "signed by 1 of the 2");
		world_done(&world);
	}
}
END_TEST

START_TEST(a_bad_signature_beside_a_good_one_is_passed_over)
{
	static const char *const bad[] = { "\"\"", "\"00\"", "\"xyz\"" };
	size_t i;

	for (i = 0; i < 3; i++) {
		world_init(&world, "bad beside good");
		repo_set_keys(repo, TIMESTAMP, "ts ts2", 1);
		EDIT({ REPO_WHOLE, TIMESTAMP, "signatures 0 sig", bad[i] });
		repo_root(repo, NULL);
		repo_publish(repo);
		world_trust(&world);
		expect(NEW, "1 1 1 1", NULL, "");
		world_done(&world);
	}
}
END_TEST

/* The key's object with one more member: the same key, another id. */
static void
add_second_id(char id[WEIR_TUF_HEX_SIZE], char member[400], char value[400])
{
	struct weir_tuf_key key;
	uint8_t secret[WEIR_TUF_SECRET];
	json_t *object;
	char *text;
	size_t len;

	repo_key("ts", &key, secret);
	object = weir_tuf_key_print(&key);
	(void)json_object_set_new(object, "note", json_string("the same"));
	ck_assert_int_eq(weir_tuf_json_canon(object, &text, &len), 0);
	weir_tuf_sha256(text, len, id);
	(void)snprintf(member, 400, "keys %s", id);
	(void)snprintf(value, 400, "%s", text);
	free(text);
	json_decref(object);
}

START_TEST(one_key_under_two_ids_signs_once)
{
	char id[WEIR_TUF_HEX_SIZE], member[400], value[400], text[100];
	char first[300], both[400];
	struct weir_tuf_key key;
	uint8_t secret[WEIR_TUF_SECRET];

	add_second_id(id, member, value);
	repo_key("ts", &key, secret);
	world_init(&world, "two ids");
	(void)snprintf(text, sizeof(text), "\"%s\"", id);
	(void)snprintf(first, sizeof(first), "\"keyid\": \"%s\"", key.id);
	(void)snprintf(both, sizeof(both), "\"keyid\": \"%s\"", id);
	EDIT({ REPO_SIGNED, ROOT, member, value },
	    { REPO_SIGNED, ROOT, "roles timestamp keyids x", text },
	    { REPO_SIGNED, ROOT, "roles timestamp threshold", "2" },
	    { REPO_TEXT, TIMESTAMP, first, both },
	    { REPO_KEYS, TIMESTAMP, NULL, "ts ts" });
	repo_root(repo, NULL);
	repo_publish(repo);
	world_trust(&world);
	expect(INVALID, "1 - - -", NULL, "signed by 1 of the 2");
	world_done(&world);
}
END_TEST

START_TEST(keys_of_other_types_are_passed_over)
{
	static const char *const types[] = { "rsa", "ecdsa" };
	char id[WEIR_TUF_HEX_SIZE], member[100], quoted[100], *text;
	json_t *object;
	size_t i, len;

	for (i = 0; i < 2; i++) {
		world_init(&world, "other types");
		object = json_pack("{s:s, s:s, s:{s:s}}", "keytype", types[i],
		    "scheme", "ed25519", "keyval", "public", "MIIB");
		ck_assert_int_eq(weir_tuf_json_canon(object, &text, &len), 0);
		weir_tuf_sha256(text, len, id);
		(void)snprintf(member, sizeof(member), "keys %s", id);
		(void)snprintf(quoted, sizeof(quoted), "\"%s\"", id);
		EDIT({ REPO_SIGNED, ROOT, member, text },
		    { REPO_SIGNED, ROOT, "roles targets keyids x", quoted });
		repo_root(repo, NULL);
		repo_publish(repo);
		world_trust(&world);
		expect(NEW, "1 1 1 1", NULL, "");
		world_done(&world);
		free(text);
		json_decref(object);
	}
}
END_TEST

/* "a a1 a2 ..." */
static void
print_words(char *text, size_t size, const char *first, unsigned int count)
{
	unsigned int i;
	size_t len = (size_t)snprintf(text, size, "%s", first);

	for (i = 1; i < count; i++)
		len += (size_t)snprintf(
		    text + len, size - len, " %s%u", first, i);
}

START_TEST(a_role_has_16_keys_at_most)
{
	world_init(&world, "16 keys");
	print_words(repo->roles[TARGETS].keys,
	    sizeof(repo->roles[TARGETS].keys), "t", 16);
	repo_root(repo, NULL);
	repo_publish(repo);
	world_trust(&world);
	expect(NEW, "1 1 1 1", NULL, "");
	print_words(repo->roles[TARGETS].keys,
	    sizeof(repo->roles[TARGETS].keys), "t", 17);
	repo->roles[ROOT].version = 2;
	repo_root(repo, NULL);
	expect(INVALID, "1 1 1 1", "2.root.json", "with too many");
	world_done(&world);
}
END_TEST

START_TEST(a_file_has_64_signatures_at_most)
{
	char words[256];

	begin("64 signatures");
	print_words(words, sizeof(words), "s", 32);
	EDIT({ REPO_KEYS, SNAPSHOT, NULL, words });
	repo_publish(repo);
	expect(NEW, "1 1 1 1", NULL, "");
	world_done(&world);
}
END_TEST

/* Members that are there as often as wanted. */
static void
fill_signatures(unsigned int count, struct repo_edit *edits, char values[][160])
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		(void)snprintf(
		    values[i], 160, "{\"keyid\": \"%u\", \"sig\": \"00\"}", i);
		edits[i] = (struct repo_edit){ REPO_WHOLE, TIMESTAMP,
			"signatures x", values[i] };
	}
}

START_TEST(signatures_keys_and_targets_are_limited)
{
	static char values[70][160], paths[70][160];
	static struct repo_edit edits[70];
	unsigned int i;

	begin("65 signatures");
	fill_signatures(64, edits, values);
	edit(edits, 63);
	repo_publish(repo);
	expect(NEW, "1 1 1 1", NULL, "");
	edit(edits, 64);
	publish_next();
	expect(INVALID, "1 1 1 1", NULL, "too many signatures");
	/* targets: there is one */
	for (i = 0; i < 64; i++) {
		(void)snprintf(paths[i], 160, "targets n%u", i);
		edits[i] = (struct repo_edit){ REPO_SIGNED, TARGETS, paths[i],
			"{\"length\": 1, \"hashes\": {}}" };
	}
	edit(edits, 63);
	publish_next();
	expect(NEW, "1 3 3 3", NULL, "");
	edit(edits, 64);
	publish_next();
	expect(INVALID, "1 4 4 3", NULL, "no targets, or too many");
	/* keys: there are six */
	for (i = 0; i < 59; i++) {
		(void)snprintf(paths[i], 160, "keys %u", i);
		edits[i] = (struct repo_edit){ REPO_SIGNED, ROOT, paths[i],
			"{}" };
	}
	edit(edits, 58);
	repo->roles[ROOT].version = 2;
	repo_root(repo, NULL);
	edit(edits, 59);
	repo->roles[ROOT].version = 3;
	repo_root(repo, NULL);
	edit(NULL, 0);
	expect(INVALID, "2 4 4 3", "2.root.json 3.root.json",
	    "3.root.json: no keys, or too many");
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
		threshold_counts_keys,
		a_bad_signature_beside_a_good_one_is_passed_over,
		one_key_under_two_ids_signs_once,
		keys_of_other_types_are_passed_over,
		a_role_has_16_keys_at_most,
		a_file_has_64_signatures_at_most,
		signatures_keys_and_targets_are_limited,
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
		another_mirror_goes_on_where_one_fails,
		targets_are_fetched_and_compared,
		both_hashes_of_a_target_must_fit,
		names_of_targets_have_one_form,
		NULL,
	};

	return suite_run("tuf_client", tests);
}
