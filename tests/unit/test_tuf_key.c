/*
 * test_tuf_key.c - keys, ids, hashes and signatures of metadata.
 */
#include <fcntl.h>
#include <string.h>

#include "feeds/tuf_json.h"
#include "feeds/tuf_key.h"
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

/* The first vector of RFC 8032, 7.1. */
static const uint8_t seed[32] = { 0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a,
	0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5,
	0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f,
	0x60 };
#define PUBLIC \
	"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
#define KEY                                                                    \
	"{\"keytype\":\"ed25519\",\"scheme\":\"ed25519\",\"keyval\":{\"public" \
	"\":\"" PUBLIC "\"}}"
#define EMPTY_SHA256 \
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define EMPTY_SHA512                                                           \
	"cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0" \
	"d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"

static struct weir_tuf_key key;
static uint8_t secret[WEIR_TUF_SECRET];

static void
make_key(void)
{
	uint8_t public[WEIR_TUF_PUBLIC];

	ck_assert_int_ge(sodium_init(), 0);
	(void)crypto_sign_seed_keypair(public, secret, seed);
	ck_assert(weir_tuf_key_init(&key, public));
}

/* What the id of that object is. */
static void
id_of(const char *text, char id[WEIR_TUF_HEX_SIZE], json_t **ret_object)
{
	char *form;
	size_t len;

	*ret_object = json_loads(text, 0, NULL);
	ck_assert_ptr_nonnull(*ret_object);
	ck_assert_int_eq(weir_tuf_json_canon(*ret_object, &form, &len), 0);
	weir_tuf_sha256(form, len, id);
	free(form);
}

/* By the public key, 64 hex digits; 1: read. */
#define OF(public)                                                             \
	"{\"keytype\":\"ed25519\",\"scheme\":\"ed25519\",\"keyval\":{\"public" \
	"\":\"" public "\"}}"
#define ZEROS "00000000000000000000000000000000000000000000000000000000000000"
#define EFFS  "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static const struct {
	const char *object;
	int result;
} rows[] = {
	{ KEY, 1 },
	{ "{\"keytype\":\"ed25519\",\"scheme\":\"ed25519\",\"x\":1,\"keyval\":"
	  "{\"public\":\"" PUBLIC "\",\"y\":2}}",
	    1 },
	{ "{\"keytype\":\"rsa\",\"scheme\":\"ed25519\",\"keyval\":{}}", 0 },
	{ "{\"keytype\":\"ed25519\",\"scheme\":\"x\",\"keyval\":{}}", 0 },
	{ "{\"scheme\":\"ed25519\",\"keyval\":{\"public\":\"" PUBLIC "\"}}",
	    WEIR_EFORMAT },
	{ "{\"keytype\":\"ed25519\",\"keyval\":{\"public\":\"" PUBLIC "\"}}",
	    WEIR_EFORMAT },
	{ "{\"keytype\":\"ed25519\",\"scheme\":\"ed25519\"}", WEIR_EFORMAT },
	{ "{\"keytype\":\"ed25519\",\"scheme\":\"ed25519\",\"keyval\":{}}",
	    WEIR_EFORMAT },
	{ "{\"keytype\":\"rsa\",\"scheme\":\"rsa\"}", WEIR_EFORMAT },
	{ "{\"keytype\":1,\"scheme\":\"ed25519\",\"keyval\":{}}",
	    WEIR_EFORMAT },
	{ OF("d75a"), WEIR_EFORMAT },
	{ OF(PUBLIC "00"), WEIR_EFORMAT },
	{ OF("D75A980182B10AB7D54BFED3C964073A0EE172F3DAA62325AF021A68F707511"
	     "A"),
	    WEIR_EFORMAT },
	{ OF("x75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511"
	     "a"),
	    WEIR_EFORMAT },
	/* Points of small order, with which one signature fits a lot. */
	{ OF("00" ZEROS), WEIR_EFORMAT },
	{ OF("01" ZEROS), WEIR_EFORMAT },
	{ OF("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
	     "7f"),
	    WEIR_EFORMAT },
	{ OF("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc"
	     "05"),
	    WEIR_EFORMAT },
	{ OF("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03"
	     "7a"),
	    WEIR_EFORMAT },
	/* No point at all. */
	{ OF("02" ZEROS), WEIR_EFORMAT },
	{ OF("ff" EFFS), WEIR_EFORMAT },
};

START_TEST(each_key_is_one_or_none)
{
	struct weir_tuf_key parsed;
	char id[WEIR_TUF_HEX_SIZE], other[WEIR_TUF_HEX_SIZE];
	json_t *object;

	make_key();
	id_of(rows[_i].object, id, &object);
	ck_assert_int_eq(
	    weir_tuf_key_parse(id, object, &parsed), rows[_i].result);
	if (rows[_i].result == 1) {
		ck_assert_str_eq(parsed.id, id);
		ck_assert_mem_eq(
		    parsed.public_key, key.public_key, WEIR_TUF_PUBLIC);
	}
	/* Under no other id. */
	memcpy(other, id, sizeof(id));
	other[63] = other[63] == '0' ? '1' : '0';
	ck_assert_int_eq(
	    weir_tuf_key_parse(other, object, &parsed), WEIR_EFORMAT);
	other[63] = '\0';
	ck_assert_int_eq(
	    weir_tuf_key_parse(other, object, &parsed), WEIR_EFORMAT);
	json_decref(object);
}
END_TEST

/* One that would be sound if its last digit were taken for 0. */
START_TEST(a_key_with_a_wrong_digit_is_none)
{
	uint8_t public[WEIR_TUF_PUBLIC], from[32] = { 0 };
	char id[WEIR_TUF_HEX_SIZE], hex[2 * WEIR_TUF_PUBLIC + 1], text[300];
	struct weir_tuf_key parsed;
	json_t *object;
	int i;

	do {
		sodium_increment(from, sizeof(from));
		(void)crypto_sign_seed_keypair(public, secret, from);
	} while (public[WEIR_TUF_PUBLIC - 1] != 0);
	(void)sodium_bin2hex(hex, sizeof(hex), public, sizeof(public));
	for (i = 0; i < 2; i++) {
		(void)snprintf(text, sizeof(text), OF("%s"), hex);
		id_of(text, id, &object);
		ck_assert_int_eq(weir_tuf_key_parse(id, object, &parsed),
		    i == 0 ? 1 : WEIR_EFORMAT);
		json_decref(object);
		hex[2 * WEIR_TUF_PUBLIC - 1] = 'x';
	}
}
END_TEST

START_TEST(an_id_is_the_hash_of_the_key)
{
	char id[WEIR_TUF_HEX_SIZE];
	json_t *object, *printed;

	make_key();
	id_of(KEY, id, &object);
	ck_assert_str_eq(key.id, id);
	printed = weir_tuf_key_print(&key);
	ck_assert(json_equal(object, printed));
	json_decref(object);
	json_decref(printed);
	ck_assert_int_eq(weir_tuf_key_parse(id, NULL, &key), WEIR_EFORMAT);
}
END_TEST

START_TEST(a_signature_fits_its_text_only)
{
	static const char empty[] =
	    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555f"
	    "b8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";
	char changed[sizeof(empty)];
	size_t i;

	make_key();
	ck_assert(weir_tuf_key_verify(&key, empty, "", 0));
	ck_assert(!weir_tuf_key_verify(&key, empty, "x", 1));
	ck_assert(!weir_tuf_key_verify(&key, "", "", 0));
	ck_assert(!weir_tuf_key_verify(&key, NULL, "", 0));
	for (i = 0; i < sizeof(empty) - 1; i++) {
		memcpy(changed, empty, sizeof(empty));
		changed[i] = changed[i] == 'a' ? 'b' : 'a';
		ck_assert(!weir_tuf_key_verify(&key, changed, "", 0));
		changed[i] = '\0';
		ck_assert(!weir_tuf_key_verify(&key, changed, "", 0));
	}
	key.public_key[0] ^= 1;
	ck_assert(!weir_tuf_key_verify(&key, empty, "", 0));
}
END_TEST

START_TEST(what_is_signed_verifies)
{
	json_t *is_signed = json_pack("{s:i, s:s}", "b", 1, "a", "x");
	json_t *list = json_array(), *signature;
	static const char form[] = "{\"a\":\"x\",\"b\":1}";

	make_key();
	ck_assert_int_eq(weir_tuf_key_sign(&key, secret, is_signed, list), 0);
	ck_assert_uint_eq(json_array_size(list), 1);
	signature = json_array_get(list, 0);
	ck_assert_str_eq(weir_tuf_json_text(signature, "keyid"), key.id);
	ck_assert(weir_tuf_key_verify(
	    &key, weir_tuf_json_text(signature, "sig"), form, strlen(form)));
	json_decref(list);
	json_decref(is_signed);
}
END_TEST

START_TEST(hashes_of_memory_and_of_files_agree)
{
	static char data[40000];
	struct scratch scratch;
	struct weir_tuf_hashes hashes, again;
	char sha256[WEIR_TUF_HEX_SIZE];
	uint64_t len;
	size_t i;
	int fd;

	weir_tuf_hash("", 0, &hashes);
	ck_assert_str_eq(hashes.sha256, EMPTY_SHA256);
	ck_assert_str_eq(hashes.sha512, EMPTY_SHA512);
	for (i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 7 + i / 256);
	weir_tuf_hash(data, sizeof(data), &hashes);
	weir_tuf_sha256(data, sizeof(data), sha256);
	ck_assert_str_eq(hashes.sha256, sha256);
	scratch_init(&scratch);
	fd = open(scratch_write(&scratch, "data", data, sizeof(data)),
	    O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	/* From its beginning, wherever the descriptor stands. */
	ck_assert_int_eq(lseek(fd, 100, SEEK_SET), 100);
	ck_assert_int_eq(weir_tuf_hash_file(fd, &len, &again), 0);
	ck_assert_uint_eq(len, sizeof(data));
	ck_assert_str_eq(hashes.sha256, again.sha256);
	ck_assert_str_eq(hashes.sha512, again.sha512);
	(void)close(fd);
	ck_assert_int_eq(weir_tuf_hash_file(fd, &len, &again), WEIR_ESYSTEM);
	scratch_done(&scratch);
}
END_TEST

START_TEST(hex_has_one_form)
{
	uint8_t bytes[2];

	ck_assert(weir_tuf_hex_parse("09af", bytes, 2));
	ck_assert_int_eq(bytes[0], 0x09);
	ck_assert_int_eq(bytes[1], 0xaf);
	ck_assert(!weir_tuf_hex_parse("09aF", bytes, 2));
	ck_assert(!weir_tuf_hex_parse("09ag", bytes, 2));
	ck_assert(!weir_tuf_hex_parse("g9aa", bytes, 2));
	ck_assert(!weir_tuf_hex_parse("09a", bytes, 2));
	ck_assert(!weir_tuf_hex_parse("09afa", bytes, 2));
	ck_assert(!weir_tuf_hex_parse("09af00", bytes, 2));
	ck_assert(!weir_tuf_hex_parse("0/a:", bytes, 2));
	ck_assert(!weir_tuf_hex_parse(NULL, bytes, 2));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tuf_key");
	TCase *tcase = tcase_create("tuf_key");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, each_key_is_one_or_none, 0,
	    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(tcase, a_key_with_a_wrong_digit_is_none);
	tcase_add_test(tcase, an_id_is_the_hash_of_the_key);
	tcase_add_test(tcase, a_signature_fits_its_text_only);
	tcase_add_test(tcase, what_is_signed_verifies);
	tcase_add_test(tcase, hashes_of_memory_and_of_files_agree);
	tcase_add_test(tcase, hex_has_one_form);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
