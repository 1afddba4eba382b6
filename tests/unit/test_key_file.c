/*
 * test_key_file.c - keys in files: what was written comes back, and whatever was
 * changed in between does not.
 */
#include "tests/unit/suite.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feeds/key_file.h"
#include "feeds/tuf_json.h"
#include "lib/file.h"
#include "tests/unit/scratch.h"

static struct scratch scratch;
static char path[256];

static void
begin(void)
{
	scratch_init(&scratch);
	snprintf(path, sizeof(path), "%s/a.key", scratch.folder);
}

static struct weir_key_file *
make(unsigned int role, const char *passphrase)
{
	struct weir_key_file *key;
	struct weir_problem problem = { "" };

	ck_assert_int_eq(weir_key_file_new(role, "malware", &key), 0);
	ck_assert_msg(weir_key_file_write(key, path, passphrase, &problem) == 0,
	    "%s", problem.text);
	return key;
}

/* Whether the key signs what its public half verifies. */
static bool
signs(const struct weir_key_file *key)
{
	json_t *is_signed = json_pack("{s:i}", "a", 1), *list = json_array();
	const char *text;
	bool is_good;

	ck_assert_int_eq(weir_key_file_sign(key, is_signed, list), 0);
	text = weir_tuf_json_text(json_array_get(list, 0), "sig");
	is_good = weir_tuf_key_verify(&key->key, text, "{\"a\":1}", 7);
	json_decref(is_signed);
	json_decref(list);
	return is_good;
}

START_TEST(an_open_key_comes_back)
{
	struct weir_key_file *key, *again;
	struct stat info;
	unsigned int role;

	begin();
	for (role = WEIR_KEY_ROOT; role < WEIR_KEY_ROLE_COUNT; role++) {
		key = make(role, NULL);
		ck_assert_int_eq(stat(path, &info), 0);
		ck_assert_uint_eq(info.st_mode & 07777, 0600);
		ck_assert_int_eq(weir_key_file_read(path, &again, NULL), 0);
		ck_assert_uint_eq(again->role, role);
		ck_assert_str_eq(again->feed, "malware");
		ck_assert_str_eq(again->key.id, key->key.id);
		ck_assert_ptr_nonnull(again->secret_key);
		ck_assert_mem_eq(
		    again->secret_key, key->secret_key, WEIR_TUF_SECRET);
		ck_assert(signs(again));
		ck_assert_int_eq(
		    weir_key_file_is_root(path), role == WEIR_KEY_ROOT);
		/* A key is never written over another one. */
		ck_assert_int_eq(
		    weir_key_file_write(key, path, NULL, NULL), WEIR_EBUSY);
		weir_key_file_free(again);
		weir_key_file_free(key);
		ck_assert_int_eq(unlink(path), 0);
	}
	scratch_done(&scratch);
}
END_TEST

START_TEST(a_sealed_key_wants_its_passphrase)
{
	struct weir_key_file *key, *again;
	char *text, hex[2 * 32 + 1];
	size_t len;

	begin();
	key = make(WEIR_KEY_ROOT, "right");
	ck_assert(weir_key_file_is_root(path));
	/* Nothing of the secret lies open in it. */
	ck_assert_int_eq(weir_file_read(path, 4096, &text, &len), 0);
	sodium_bin2hex(hex, sizeof(hex), key->secret_key, 32);
	ck_assert_ptr_null(strstr(text, hex));
	free(text);
	ck_assert_int_eq(weir_key_file_read(path, &again, NULL), 0);
	ck_assert_ptr_null(again->secret_key);
	ck_assert_str_eq(again->key.id, key->key.id);
	ck_assert_int_eq(weir_key_file_unlock(again, "wrong"), WEIR_ECHECKSUM);
	ck_assert_int_eq(weir_key_file_unlock(again, ""), WEIR_ECHECKSUM);
	ck_assert_ptr_null(again->secret_key);
	ck_assert_int_eq(weir_key_file_unlock(again, "right"), 0);
	ck_assert_mem_eq(again->secret_key, key->secret_key, WEIR_TUF_SECRET);
	ck_assert(signs(again));
	weir_key_file_free(again);
	weir_key_file_free(key);
	scratch_done(&scratch);
}
END_TEST

/* Every octet of a file counts: one that is changed is seen when it is read, or
 * when the seal is opened.  An open key's seed makes its public key. */
START_TEST(a_changed_octet_is_seen)
{
	struct weir_key_file *key, *again;
	char *text;
	size_t len, i, read_count = 0;
	int ret;

	begin();
	key = make(WEIR_KEY_TARGETS, NULL);
	ck_assert_int_eq(weir_file_read(path, 4096, &text, &len), 0);
	for (i = 0; i < len; i++) {
		text[i] ^= 1;
		scratch_write(&scratch, "b.key", text, len);
		ret = weir_key_file_read(scratch.file, &again, NULL);
		text[i] ^= 1;
		/* The feed's name is the only thing that nothing else says. */
		if (ret == 0) {
			ck_assert_str_eq(again->key.id, key->key.id);
			ck_assert_str_ne(again->feed, "malware");
			weir_key_file_free(again);
			read_count++;
		} else
			ck_assert_int_eq(ret, WEIR_EFORMAT);
	}
	ck_assert_uint_le(read_count, strlen("malware"));
	free(text);
	weir_key_file_free(key);
	scratch_done(&scratch);
}
END_TEST

/* Role, feed and limits stand under the seal: rows of a word and another one. */
START_TEST(a_sealed_key_cannot_be_given_another_role)
{
	static const char *const rows[][2] = {
		{ "role root", "role snapshot" },
		{ "feed malware", "feed goodware" },
		{ "argon2id 3 ", "argon2id 1 " },
	};
	struct weir_key_file *key, *again;
	char *text, *at, changed[4096];
	size_t len, i;

	begin();
	key = make(WEIR_KEY_ROOT, "right");
	ck_assert_int_eq(weir_file_read(path, 4096, &text, &len), 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		at = strstr(text, rows[i][0]);
		ck_assert_ptr_nonnull(at);
		snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - text),
		    text, rows[i][1], at + strlen(rows[i][0]));
		scratch_write(&scratch, "b.key", changed, strlen(changed));
		ck_assert_int_eq(
		    weir_key_file_read(scratch.file, &again, NULL), 0);
		ck_assert_int_eq(
		    weir_key_file_unlock(again, "right"), WEIR_ECHECKSUM);
		weir_key_file_free(again);
	}
	free(text);
	weir_key_file_free(key);
	scratch_done(&scratch);
}
END_TEST

START_TEST(what_is_no_key_file_is_refused)
{
	/* Put in place of the line that begins with the word. */
	static const char *const rows[][2] = {
		{ "weir-key", "weir-key 2\n" },
		{ "weir-key", "weir-key 1\n\n" },
		{ "role", "" },
		{ "role", "role mirrors\n" },
		{ "role", "role  targets\n" },
		{ "feed", "feed ../x\n" },
		{ "feed", "feed \n" },
		{ "id", "id 00\n" },
		{ "public", "public 00\n" },
		{ "kdf", "kdf scrypt 1 2 3\n" },
		{ "kdf", "kdf argon2id 3 268435456\n" },
		{ "kdf", "kdf argon2id 0 268435456 "
			 "00000000000000000000000000000000\n" },
		{ "kdf", "kdf argon2id 65 268435456 "
			 "00000000000000000000000000000000\n" },
		{ "kdf", "kdf argon2id 3 5368709120 "
			 "00000000000000000000000000000000\n" },
		{ "kdf", "kdf argon2id 3 268435456 "
			 "0000000000000000000000000000000000\n" },
		{ "kdf", "kdf argon2id 3 268435456 "
			 "0000000000000000000000000000000G\n" },
		{ "secret", "secret 00\n" },
		{ "secret", "" },
		{ "secret",
		    "secret "
		    "00000000000000000000000000000000000000000000000000000000"
		    "00000000\n" },
	};
	struct weir_key_file *key, *again;
	char *text, *at, changed[8192];
	const char *end;
	size_t len, i;

	begin();
	key = make(WEIR_KEY_TARGETS, NULL);
	ck_assert_int_eq(weir_file_read(path, 4096, &text, &len), 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		at = strstr(text, rows[i][0]);
		ck_assert_ptr_nonnull(at);
		end = strchr(at, '\n') + 1;
		snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - text),
		    text, rows[i][1], end);
		scratch_write(&scratch, "b.key", changed, strlen(changed));
		ck_assert_msg(weir_key_file_read(scratch.file, &again, NULL) ==
				  WEIR_EFORMAT,
		    "taken: %s", rows[i][1]);
	}
	snprintf(changed, sizeof(changed), "%s\n", text);
	scratch_write(&scratch, "b.key", changed, len + 1);
	ck_assert_int_eq(
	    weir_key_file_read(scratch.file, &again, NULL), WEIR_EFORMAT);
	for (i = 0; i < len; i++) {
		scratch_write(&scratch, "b.key", text, i);
		ck_assert_int_eq(weir_key_file_read(scratch.file, &again, NULL),
		    WEIR_EFORMAT);
	}
	memset(changed, 'a', sizeof(changed));
	scratch_write(&scratch, "b.key", changed, sizeof(changed));
	ck_assert_int_eq(
	    weir_key_file_read(scratch.file, &again, NULL), WEIR_EFORMAT);
	ck_assert_int_eq(
	    weir_key_file_read("/nowhere", &again, NULL), WEIR_EMISSING);
	ck_assert_int_eq(
	    weir_key_file_read(scratch.folder, &again, NULL), WEIR_EFORMAT);
	ck_assert(!weir_key_file_is_root("/nowhere"));
	free(text);
	weir_key_file_free(key);
	scratch_done(&scratch);
}
END_TEST

START_TEST(passphrases_are_first_lines)
{
	static const struct {
		const char *text, *wanted; /* NULL: refused */
	} rows[] = {
		{ "one", "one" },
		{ "one\n", "one" },
		{ "one\r\n", "one" },
		{ "one\ntwo\n", "one" },
		{ " one ", " one " },
		{ "\xc3\xbc", "\xc3\xbc" },
		{ "", NULL },
		{ "\n", NULL },
		{ "\none\n", NULL },
	};
	char *passphrase, longest[WEIR_PASSPHRASE_SIZE + 1];
	size_t i;

	begin();
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		scratch_write(
		    &scratch, "pass", rows[i].text, strlen(rows[i].text));
		if (rows[i].wanted == NULL) {
			ck_assert_int_eq(weir_passphrase_read(
					     scratch.file, &passphrase, NULL),
			    WEIR_EFORMAT);
			continue;
		}
		ck_assert_int_eq(
		    weir_passphrase_read(scratch.file, &passphrase, NULL), 0);
		ck_assert_str_eq(passphrase, rows[i].wanted);
		weir_passphrase_free(passphrase);
	}
	scratch_write(&scratch, "pass", "a\0b\n", 4);
	ck_assert_int_eq(weir_passphrase_read(scratch.file, &passphrase, NULL),
	    WEIR_EFORMAT);
	memset(longest, 'a', sizeof(longest));
	scratch_write(&scratch, "pass", longest, WEIR_PASSPHRASE_SIZE - 1);
	ck_assert_int_eq(
	    weir_passphrase_read(scratch.file, &passphrase, NULL), 0);
	weir_passphrase_free(passphrase);
	scratch_write(&scratch, "pass", longest, WEIR_PASSPHRASE_SIZE);
	ck_assert_int_eq(
	    weir_passphrase_read(scratch.file, &passphrase, NULL), WEIR_ELIMIT);
	ck_assert_int_eq(
	    weir_passphrase_read("/nowhere", &passphrase, NULL), WEIR_ESYSTEM);
	scratch_done(&scratch);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		an_open_key_comes_back,
		a_sealed_key_wants_its_passphrase,
		a_changed_octet_is_seen,
		a_sealed_key_cannot_be_given_another_role,
		what_is_no_key_file_is_refused,
		passphrases_are_first_lines,
		NULL,
	};

	return suite_run("key_file", tests);
}
