/*
 * test_minisign.c - what minisign has signed, and what only looks like it.
 *
 * Signatures are made here, octet by octet as minisign(1) makes them; the
 * scenario sync-lists.sh has the program itself.
 */
#include "feeds/minisign.h"

#include <fcntl.h>
#include <sodium.h>

#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#define TEXT "evil.example\n"

struct signer {
	uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
	uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
	uint8_t id[8];
	char key[64]; /* base64 */
};

struct options {
	const char *algorithm; /* "ED", "Ed", or another */
	const char *text;      /* that is signed */
	const char *comment, *comment_signed;
};

static void
make_signer(struct signer *signer, uint8_t seed)
{
	uint8_t seeds[crypto_sign_SEEDBYTES], octets[42] = "Ed";

	memset(seeds, seed, sizeof(seeds));
	memset(signer->id, seed, sizeof(signer->id));
	crypto_sign_seed_keypair(signer->public_key, signer->secret_key, seeds);
	memcpy(octets + 2, signer->id, 8);
	memcpy(octets + 10, signer->public_key, 32);
	sodium_bin2base64(signer->key, sizeof(signer->key), octets,
	    sizeof(octets), sodium_base64_VARIANT_ORIGINAL);
}

static void
sign(const struct signer *signer, const struct options *options, char *text,
    size_t size)
{
	uint8_t hash[64], octets[74], part[64 + 256], global[64];
	char first[128], second[128];
	size_t comment_len = strlen(options->comment_signed);

	memcpy(octets, options->algorithm, 2);
	memcpy(octets + 2, signer->id, 8);
	if (strcmp(options->algorithm, "Ed") == 0) {
		crypto_sign_detached(octets + 10, NULL,
		    (const uint8_t *)options->text, strlen(options->text),
		    signer->secret_key);
	} else {
		crypto_generichash(hash, 64, (const uint8_t *)options->text,
		    strlen(options->text), NULL, 0);
		crypto_sign_detached(
		    octets + 10, NULL, hash, 64, signer->secret_key);
	}
	memcpy(part, octets + 10, 64);
	memcpy(part + 64, options->comment_signed, comment_len);
	crypto_sign_detached(
	    global, NULL, part, 64 + comment_len, signer->secret_key);
	sodium_bin2base64(first, sizeof(first), octets, sizeof(octets),
	    sodium_base64_VARIANT_ORIGINAL);
	sodium_bin2base64(second, sizeof(second), global, sizeof(global),
	    sodium_base64_VARIANT_ORIGINAL);
	snprintf(text, size,
	    "untrusted comment: x\n%s\ntrusted comment: %s\n%s\n", first,
	    options->comment, second);
}

static int
verify(const char *key, const char *signature, const char *text)
{
	struct weir_problem problem = { "" };
	struct scratch scratch;
	int fd, error;

	scratch_init(&scratch);
	fd = open(
	    scratch_write(&scratch, "list", text, strlen(text)), O_RDONLY);
	error = weir_minisign_verify(
	    key, signature, strlen(signature), fd, &problem);
	ck_assert(error == 0 || problem.text[0] != '\0');
	close(fd);
	scratch_done(&scratch);
	return error;
}

START_TEST(what_is_signed_is_taken_and_nothing_else)
{
	static const struct {
		struct options options;
		const char *text; /* the file */
		int error;
	} rows[] = {
		{ { "ED", TEXT, "t", "t" }, TEXT, 0 },
		{ { "Ed", TEXT, "t", "t" }, TEXT, 0 },
		{ { "ED", "", "t", "t" }, "", 0 },
		{ { "Ed", "", "t", "t" }, "", 0 },
		{ { "ED", TEXT, "", "" }, TEXT, 0 },
		{ { "ED", TEXT, "t", "t" }, "evil.example", WEIR_ECHECKSUM },
		{ { "Ed", TEXT, "t", "t" }, "x", WEIR_ECHECKSUM },
		{ { "ED", TEXT, "u", "t" }, TEXT, WEIR_ECHECKSUM },
		{ { "eD", TEXT, "t", "t" }, TEXT, WEIR_EFORMAT },
	};
	struct signer signer, other;
	char signature[1024];
	size_t i;

	ck_assert_int_ge(sodium_init(), 0);
	make_signer(&signer, 1);
	make_signer(&other, 2);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sign(&signer, &rows[i].options, signature, sizeof(signature));
		ck_assert_int_eq(
		    verify(signer.key, signature, rows[i].text), rows[i].error);
		if (rows[i].error == 0)
			ck_assert_int_eq(
			    verify(other.key, signature, rows[i].text),
			    WEIR_ECHECKSUM);
	}
}
END_TEST

/* The same key id, another key. */
START_TEST(a_key_id_proves_nothing)
{
	const struct options options = { "ED", TEXT, "t", "t" };
	struct signer signer, other;
	char signature[1024];

	ck_assert_int_ge(sodium_init(), 0);
	make_signer(&signer, 1);
	make_signer(&other, 2);
	memcpy(other.id, signer.id, sizeof(other.id));
	sign(&other, &options, signature, sizeof(signature));
	ck_assert_int_eq(verify(signer.key, signature, TEXT), WEIR_ECHECKSUM);
}
END_TEST

START_TEST(each_octet_of_a_signature_counts)
{
	const struct options options = { "ED", TEXT, "t", "t" };
	struct signer signer;
	char signature[1024], damaged[1024];
	size_t i, len, comment;

	ck_assert_int_ge(sodium_init(), 0);
	make_signer(&signer, 1);
	sign(&signer, &options, signature, sizeof(signature));
	len = strlen(signature);
	comment = strlen("untrusted comment: "); /* anything may follow */
	for (i = 0; i < len; i++) {
		if (i >= comment && signature[i] == 'x' && i == comment)
			continue;
		strcpy(damaged, signature);
		damaged[i] = damaged[i] == 'A' ? 'B' : 'A';
		ck_assert_msg(verify(signer.key, damaged, TEXT) != 0,
		    "octet %zu of %zu", i, len);
		damaged[i] = '\0';
		if (i + 1 < len) /* its last line may end without LF */
			ck_assert_msg(verify(signer.key, damaged, TEXT) != 0,
			    "cut at %zu of %zu", i, len);
	}
	strcpy(damaged, signature);
	strcat(damaged, "x\n");
	ck_assert_int_eq(verify(signer.key, damaged, TEXT), WEIR_EFORMAT);
}
END_TEST

START_TEST(other_things_are_no_keys_and_no_signatures)
{
	static const char *const keys[] = { "", "RWx",
		"RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3AAAA",
		"AAQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3" };
	static const char *const signatures[] = { "", "\n\n\n\n",
		"untrusted comment: \n\ntrusted comment: \n\n",
		"<html>404 not found</html>\n" };
	struct signer signer;
	size_t i;

	ck_assert_int_ge(sodium_init(), 0);
	make_signer(&signer, 1);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		ck_assert_int_eq(verify(keys[i], "", TEXT), WEIR_EFORMAT);
	for (i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++)
		ck_assert_int_eq(
		    verify(signer.key, signatures[i], TEXT), WEIR_EFORMAT);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		what_is_signed_is_taken_and_nothing_else,
		a_key_id_proves_nothing,
		each_octet_of_a_signature_counts,
		other_things_are_no_keys_and_no_signatures,
		NULL,
	};

	return suite_run("minisign", tests);
}
