/*
 * test_tuf_limits.c - who signs for a role, and how much of what there may be.
 */
#include "tests/unit/suite.h"
#include "tests/unit/tuf_story.h"

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

int
main(void)
{
	const TTest *const tests[] = {
		threshold_counts_keys,
		a_bad_signature_beside_a_good_one_is_passed_over,
		one_key_under_two_ids_signs_once,
		keys_of_other_types_are_passed_over,
		a_role_has_16_keys_at_most,
		a_file_has_64_signatures_at_most,
		signatures_keys_and_targets_are_limited,
		NULL,
	};

	return suite_run("tuf_limits", tests);
}
