/*
 * minisign.c - checks what minisign(1) has signed.
 */
#include "feeds/minisign.h"

#include <errno.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID_BYTES   8
#define READ_BYTES 65536
#define TRUSTED    "trusted comment: "
#define UNTRUSTED  "untrusted comment: "

struct key {
	uint8_t algorithm[2];
	uint8_t id[ID_BYTES];
	uint8_t key[crypto_sign_PUBLICKEYBYTES];
};

struct signature {
	uint8_t algorithm[2];
	uint8_t id[ID_BYTES];
	uint8_t octets[crypto_sign_BYTES];
};

/* The next line without its end; false if there is none. */
static bool
take_line(const char **at, const char *end, const char **ret_line, size_t *len)
{
	const char *stop;

	if (*at == end)
		return false;
	stop = memchr(*at, '\n', (size_t)(end - *at));
	*ret_line = *at;
	*len = (size_t)((stop == NULL ? end : stop) - *at);
	*at = stop == NULL ? end : stop + 1;
	if (*len > 0 && (*ret_line)[*len - 1] == '\r')
		(*len)--;
	return true;
}

static bool
decode(const char *text, size_t len, void *octets, size_t size)
{
	size_t got;

	return sodium_base642bin(octets, size, text, len, NULL, &got, NULL,
		   sodium_base64_VARIANT_ORIGINAL) == 0 &&
	       got == size;
}

/* The four lines.  `signed_part`: the signature, then the trusted comment. */
static bool
parse(const char *text, size_t len, struct signature *ret_signature,
    uint8_t *signed_part, size_t *ret_len, uint8_t *global)
{
	const char *at = text, *end = text + len, *line;
	size_t line_len, skip = strlen(TRUSTED);

	if (!take_line(&at, end, &line, &line_len) ||
	    line_len < strlen(UNTRUSTED) ||
	    memcmp(line, UNTRUSTED, strlen(UNTRUSTED)) != 0)
		return false;
	if (!take_line(&at, end, &line, &line_len) ||
	    !decode(line, line_len, ret_signature, sizeof(*ret_signature)))
		return false;
	if (!take_line(&at, end, &line, &line_len) || line_len < skip ||
	    memcmp(line, TRUSTED, skip) != 0)
		return false;
	memcpy(signed_part, ret_signature->octets, crypto_sign_BYTES);
	memcpy(signed_part + crypto_sign_BYTES, line + skip, line_len - skip);
	*ret_len = crypto_sign_BYTES + line_len - skip;
	return take_line(&at, end, &line, &line_len) &&
	       decode(line, line_len, global, crypto_sign_BYTES) && at == end;
}

static int
hash_file(int fd, uint8_t hash[crypto_generichash_BYTES_MAX])
{
	crypto_generichash_state state;
	uint8_t buffer[READ_BYTES];
	ssize_t got;
	off_t at = 0;

	(void)crypto_generichash_init(
	    &state, NULL, 0, crypto_generichash_BYTES_MAX);
	while ((got = pread(fd, buffer, sizeof(buffer), at)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return WEIR_ESYSTEM;
		(void)crypto_generichash_update(
		    &state, buffer, (unsigned long long)got);
		at += got;
	}
	(void)crypto_generichash_final(
	    &state, hash, crypto_generichash_BYTES_MAX);
	return 0;
}

static int
verify_hashed(int fd, const struct key *key, const struct signature *signature)
{
	uint8_t hash[crypto_generichash_BYTES_MAX];
	int error = hash_file(fd, hash);

	if (error != 0)
		return error;
	return crypto_sign_verify_detached(
		   signature->octets, hash, sizeof(hash), key->key) == 0
		   ? 0
		   : WEIR_ECHECKSUM;
}

static int
verify_whole(int fd, const struct key *key, const struct signature *signature)
{
	struct stat info;
	uint8_t none = 0;
	void *data = &none;
	int error;

	if (fstat(fd, &info) != 0)
		return WEIR_ESYSTEM;
	if (info.st_size > 0)
		data = mmap(
		    NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return WEIR_ESYSTEM;
	error = crypto_sign_verify_detached(signature->octets, data,
		    (unsigned long long)info.st_size, key->key) == 0
		    ? 0
		    : WEIR_ECHECKSUM;
	if (info.st_size > 0)
		(void)munmap(data, (size_t)info.st_size);
	return error;
}

static int
check(int fd, const struct key *key, const struct signature *signature,
    struct weir_problem *problem)
{
	int error;

	if (memcmp(signature->id, key->id, ID_BYTES) != 0)
		return weir_problem_set(problem, WEIR_ECHECKSUM,
		    "signed by another key than minisign-key");
	if (memcmp(signature->algorithm, "ED", 2) == 0)
		error = verify_hashed(fd, key, signature);
	else if (memcmp(signature->algorithm, "Ed", 2) == 0)
		error = verify_whole(fd, key, signature);
	else
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "a signature of another kind than minisign's");
	if (error == WEIR_ESYSTEM)
		return weir_problem_set(
		    problem, error, "cannot be read: %s", strerror(errno));
	if (error != 0)
		return weir_problem_set(
		    problem, error, "the signature is not that of this file");
	return 0;
}

int
weir_minisign_verify(const char *key, const char *signature, size_t len, int fd,
    struct weir_problem *problem)
{
	uint8_t part[crypto_sign_BYTES + WEIR_MINISIGN_FILE_SIZE];
	uint8_t global[crypto_sign_BYTES];
	struct signature parsed;
	struct key trusted;
	size_t part_len;
	int error;

	if (sodium_init() < 0 ||
	    !decode(key, strlen(key), &trusted, sizeof(trusted)) ||
	    memcmp(trusted.algorithm, "Ed", 2) != 0)
		return weir_problem_set(
		    problem, WEIR_EFORMAT, "minisign-key is no key");
	if (len > WEIR_MINISIGN_FILE_SIZE ||
	    !parse(signature, len, &parsed, part, &part_len, global))
		return weir_problem_set(
		    problem, WEIR_EFORMAT, "no signature of minisign");
	error = check(fd, &trusted, &parsed, problem);
	if (error == 0 && crypto_sign_verify_detached(
			      global, part, part_len, trusted.key) != 0)
		error = weir_problem_set(problem, WEIR_ECHECKSUM,
		    "the trusted comment is not the one that was signed");
	return error;
}
