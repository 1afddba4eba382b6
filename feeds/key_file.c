/*
 * key_file.c - a signing key in a file of its own.
 *
 * Read and written by hand, not by stdio or a parser: those would leave copies
 * of the secret in memory that nobody wipes.
 */
#include "feeds/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feeds/feed_line.h"
#include "lib/file.h"

#define MAGIC       "weir-key 1\nrole "
#define SEED_BYTES  crypto_sign_SEEDBYTES
#define SALT_BYTES  crypto_pwhash_SALTBYTES
#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES   crypto_aead_xchacha20poly1305_ietf_ABYTES
#define BOX_BYTES   (SEED_BYTES + TAG_BYTES)

/* The secret, closed. */
struct weir_key_seal {
	uint64_t operations, memory;
	uint8_t salt[SALT_BYTES], nonce[NONCE_BYTES], box[BOX_BYTES];
};

/* What is left to read of a file. */
struct input {
	const char *at, *end;
	bool is_wrong;
};

static const char *const roles[WEIR_KEY_ROLE_COUNT] = { "root", "targets",
	"snapshot", "timestamp" };

const char *
weir_key_role_text(unsigned int role)
{
	return role < WEIR_KEY_ROLE_COUNT ? roles[role] : NULL;
}

/* The key of a seed; false if memory is out. */
static bool
take_seed(struct weir_key_file *key, const uint8_t *seed)
{
	uint8_t public_key[WEIR_TUF_PUBLIC];

	key->secret_key = sodium_malloc(WEIR_TUF_SECRET);
	if (key->secret_key == NULL)
		return false;
	(void)crypto_sign_seed_keypair(public_key, key->secret_key, seed);
	return weir_tuf_key_init(&key->key, public_key);
}

int
weir_key_file_new(
    unsigned int role, const char *feed, struct weir_key_file **ret_key)
{
	struct weir_key_file *key;
	uint8_t *seed;
	bool is_made;

	if (sodium_init() < 0)
		return WEIR_ESYSTEM;
	key = calloc(1, sizeof(*key));
	seed = sodium_malloc(SEED_BYTES);
	if (key == NULL || seed == NULL) {
		sodium_free(seed);
		free(key);
		return WEIR_EMEMORY;
	}
	key->role = (uint8_t)role;
	(void)snprintf(key->feed, sizeof(key->feed), "%s", feed);
	randombytes_buf(seed, SEED_BYTES);
	is_made = take_seed(key, seed);
	sodium_free(seed);
	if (!is_made) {
		weir_key_file_free(key);
		return WEIR_EMEMORY;
	}
	*ret_key = key;
	return 0;
}

void
weir_key_file_free(struct weir_key_file *key)
{
	if (key == NULL)
		return;
	sodium_free(key->secret_key);
	free(key->seal);
	free(key);
}

__attribute__((format(printf, 3, 4))) static size_t
add(char *text, size_t len, const char *format, ...)
{
	va_list args;
	int more;

	va_start(args, format);
	more = vsnprintf(text + len, WEIR_KEY_FILE_SIZE - len, format, args);
	va_end(args);
	return len + (size_t)(more > 0 ? more : 0);
}

static size_t
add_hex(char *text, size_t len, const uint8_t *bytes, size_t count)
{
	(void)sodium_bin2hex(
	    text + len, WEIR_KEY_FILE_SIZE - len, bytes, count);
	len += 2 * count;
	text[len++] = '\n';
	text[len] = '\0';
	return len;
}

/* All lines but nonce and secret: what a seal holds together. */
static size_t
print_head(const struct weir_key_file *key, char *text)
{
	size_t len;

	len = add(text, 0, MAGIC "%s\nfeed %s\nid %s\npublic ",
	    weir_key_role_text(key->role), key->feed, key->key.id);
	len = add_hex(text, len, key->key.public_key, WEIR_TUF_PUBLIC);
	if (key->seal == NULL)
		return add(text, len, "kdf none\n");
	len = add(text, len, "kdf argon2id %" PRIu64 " %" PRIu64 " ",
	    key->seal->operations, key->seal->memory);
	return add_hex(text, len, key->seal->salt, SALT_BYTES);
}

/* The key that the passphrase makes; sodium_malloced. */
static uint8_t *
stretch(const struct weir_key_seal *seal, const char *passphrase)
{
	uint8_t *key = sodium_malloc(
	    crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

	if (key != NULL &&
	    crypto_pwhash(key, crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
		passphrase, strlen(passphrase), seal->salt, seal->operations,
		(size_t)seal->memory, crypto_pwhash_ALG_ARGON2ID13) == 0)
		return key;
	sodium_free(key);
	return NULL;
}

static int
close_seal(struct weir_key_file *key, const char *passphrase)
{
	struct weir_key_seal *seal = key->seal;
	char head[WEIR_KEY_FILE_SIZE];
	uint8_t *stretched;
	size_t len;

	seal->operations = crypto_pwhash_OPSLIMIT_MODERATE;
	seal->memory = crypto_pwhash_MEMLIMIT_MODERATE;
	randombytes_buf(seal->salt, SALT_BYTES);
	randombytes_buf(seal->nonce, NONCE_BYTES);
	stretched = stretch(seal, passphrase);
	if (stretched == NULL)
		return WEIR_EMEMORY;
	len = print_head(key, head);
	/* The seed is the first half of libsodium's secret key. */
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(seal->box, NULL,
	    key->secret_key, SEED_BYTES, (const uint8_t *)head, len, NULL,
	    seal->nonce, stretched);
	sodium_free(stretched);
	return 0;
}

int
weir_key_file_unlock(struct weir_key_file *key, const char *passphrase)
{
	struct weir_key_file opened = { .secret_key = NULL };
	char head[WEIR_KEY_FILE_SIZE];
	uint8_t *stretched, *seed;
	int ret = WEIR_EMEMORY;

	if (key->secret_key != NULL)
		return 0;
	stretched = stretch(key->seal, passphrase);
	seed = sodium_malloc(SEED_BYTES);
	if (stretched == NULL || seed == NULL)
		goto out;
	ret = WEIR_ECHECKSUM;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(seed, NULL, NULL,
		key->seal->box, BOX_BYTES, (const uint8_t *)head,
		print_head(key, head), key->seal->nonce, stretched) != 0)
		goto out;
	if (!take_seed(&opened, seed))
		ret = WEIR_EMEMORY;
	else if (strcmp(opened.key.id, key->key.id) == 0) {
		key->secret_key = opened.secret_key;
		opened.secret_key = NULL;
		ret = 0;
	}
out:
	sodium_free(opened.secret_key);
	sodium_free(seed);
	sodium_free(stretched);
	return ret;
}

/* A new file; what fails in between is taken away again. */
static int
write_new(const char *path, const char *text, size_t len)
{
	int fd, error = WEIR_ESYSTEM, saved;
	ssize_t done;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno == EEXIST ? WEIR_EBUSY : WEIR_ESYSTEM;
	done = write(fd, text, len);
	if (done == (ssize_t)len && fchmod(fd, 0600) == 0 && fsync(fd) == 0)
		error = 0;
	saved = errno;
	if (close(fd) != 0 && error == 0) {
		saved = errno;
		error = WEIR_ESYSTEM;
	}
	if (error != 0)
		(void)unlink(path);
	errno = saved;
	return error;
}

int
weir_key_file_write(const struct weir_key_file *key, const char *path,
    const char *passphrase, struct weir_problem *problem)
{
	struct weir_key_seal seal = { 0 };
	struct weir_key_file copy = *key;
	char *text = sodium_malloc(WEIR_KEY_FILE_SIZE);
	size_t len;
	int ret = 0;

	if (text == NULL)
		return weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	copy.seal = passphrase != NULL ? &seal : NULL;
	if (passphrase != NULL)
		ret = close_seal(&copy, passphrase);
	if (ret == 0) {
		len = print_head(&copy, text);
		if (passphrase != NULL) {
			len = add(text, len, "nonce ");
			len = add_hex(text, len, seal.nonce, NONCE_BYTES);
		}
		len = add(text, len, "secret ");
		len = passphrase != NULL
			  ? add_hex(text, len, seal.box, BOX_BYTES)
			  : add_hex(text, len, key->secret_key, SEED_BYTES);
		ret = write_new(path, text, len);
	}
	sodium_free(text);
	if (ret == 0)
		return 0;
	return weir_problem_set(problem, ret, "%s: %s", path,
	    ret == WEIR_EBUSY     ? "is there already"
	    : ret == WEIR_EMEMORY ? "out of memory"
				  : strerror(errno));
}

/* The rest of the line, which begins with `word`; "" and is_wrong. */
static size_t
take_line(struct input *input, const char *word, const char **ret_text)
{
	size_t len = strlen(word);
	const char *stop;

	*ret_text = "";
	if ((size_t)(input->end - input->at) < len ||
	    memcmp(input->at, word, len) != 0)
		input->is_wrong = true;
	if (input->is_wrong)
		return 0;
	input->at += len;
	stop = memchr(input->at, '\n', (size_t)(input->end - input->at));
	if (stop == NULL) {
		input->is_wrong = true;
		return 0;
	}
	*ret_text = input->at;
	input->at = stop + 1;
	return (size_t)(stop - *ret_text);
}

/* Exactly `count` octets in lower-case hex. */
static bool
hex_of(const char *text, size_t len, uint8_t *bytes, size_t count)
{
	size_t got = 0, i;

	for (i = 0; i < len; i++)
		if (strchr("0123456789abcdef", text[i]) == NULL)
			return false;
	return len == 2 * count &&
	       sodium_hex2bin(bytes, count, text, len, NULL, &got, NULL) == 0 &&
	       got == count;
}

static void
take_hex(struct input *input, const char *word, uint8_t *bytes, size_t count)
{
	const char *text;
	size_t len = take_line(input, word, &text);

	if (!hex_of(text, len, bytes, count))
		input->is_wrong = true;
}

static void
take_kdf(struct input *input, struct weir_key_file *key)
{
	char line[160], salt[2 * SALT_BYTES + 2];
	struct weir_key_seal *seal;
	const char *text;
	size_t len = take_line(input, "kdf ", &text);
	int end = 0;

	if (len == 4 && memcmp(text, "none", 4) == 0)
		return;
	seal = key->seal = calloc(1, sizeof(*seal));
	if (seal == NULL || len >= sizeof(line)) {
		input->is_wrong = true;
		return;
	}
	memcpy(line, text, len);
	line[len] = '\0';
	if (sscanf(line, "argon2id %" SCNu64 " %" SCNu64 " %33s%n",
		&seal->operations, &seal->memory, salt, &end) != 3 ||
	    (size_t)end != len || seal->operations < 1 ||
	    seal->operations > WEIR_KEY_OPERATIONS_MAX ||
	    seal->memory < crypto_pwhash_MEMLIMIT_MIN ||
	    seal->memory > WEIR_KEY_MEMORY_MAX ||
	    !hex_of(salt, strlen(salt), seal->salt, SALT_BYTES))
		input->is_wrong = true;
}

static void
take_names(struct input *input, struct weir_key_file *key)
{
	const char *text;
	size_t len = take_line(input, MAGIC, &text), i;

	for (i = 0; i < WEIR_KEY_ROLE_COUNT; i++)
		if (strlen(roles[i]) == len && memcmp(roles[i], text, len) == 0)
			break;
	key->role = (uint8_t)i;
	len = take_line(input, "feed ", &text);
	if (i == WEIR_KEY_ROLE_COUNT || len >= sizeof(key->feed)) {
		input->is_wrong = true;
		return;
	}
	memcpy(key->feed, text, len);
	if (!weir_feed_name_is_valid(key->feed))
		input->is_wrong = true;
}

/* All but the secret of an open key is in `key` then; that of an open one too. */
static int
parse(struct input *input, struct weir_key_file *key)
{
	uint8_t id[WEIR_TUF_HASH_BYTES], public_key[WEIR_TUF_PUBLIC], *seed;
	char hex[WEIR_TUF_HEX_SIZE];

	take_names(input, key);
	take_hex(input, "id ", id, sizeof(id));
	take_hex(input, "public ", public_key, sizeof(public_key));
	take_kdf(input, key);
	if (input->is_wrong || !weir_tuf_key_init(&key->key, public_key))
		return WEIR_EFORMAT;
	(void)sodium_bin2hex(hex, sizeof(hex), id, sizeof(id));
	if (strcmp(hex, key->key.id) != 0)
		return WEIR_EFORMAT;
	if (key->seal != NULL) {
		take_hex(input, "nonce ", key->seal->nonce, NONCE_BYTES);
		take_hex(input, "secret ", key->seal->box, BOX_BYTES);
	} else {
		seed = sodium_malloc(SEED_BYTES);
		if (seed == NULL)
			return WEIR_EMEMORY;
		take_hex(input, "secret ", seed, SEED_BYTES);
		if (!input->is_wrong && !take_seed(key, seed))
			input->is_wrong = true;
		sodium_free(seed);
		if (strcmp(hex, key->key.id) != 0)
			return WEIR_EFORMAT;
	}
	return input->is_wrong || input->at != input->end ? WEIR_EFORMAT : 0;
}

/* At most WEIR_KEY_FILE_SIZE octets; more are seen as one too many. */
static int
read_text(const char *path, char *text, size_t *ret_len)
{
	ssize_t got;
	int fd, ret, saved;

	ret = weir_file_open(path, &fd);
	if (ret < 0)
		return ret;
	*ret_len = 0;
	do {
		got = read(fd, text + *ret_len, WEIR_KEY_FILE_SIZE - *ret_len);
		if (got > 0)
			*ret_len += (size_t)got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	saved = errno;
	(void)close(fd);
	errno = saved;
	return got < 0 ? WEIR_ESYSTEM : 0;
}

int
weir_key_file_read(const char *path, struct weir_key_file **ret_key,
    struct weir_problem *problem)
{
	struct weir_key_file *key = calloc(1, sizeof(*key));
	struct input input = { NULL, NULL, false };
	char *text = NULL;
	size_t len = 0;
	int ret = sodium_init() < 0 ? WEIR_ESYSTEM : 0;

	if (ret == 0) {
		text = sodium_malloc(WEIR_KEY_FILE_SIZE);
		ret = text == NULL || key == NULL ? WEIR_EMEMORY
						  : read_text(path, text, &len);
	}
	if (ret == 0) {
		input.at = text;
		input.end = text + len;
		ret = parse(&input, key);
	}
	sodium_free(text);
	if (ret == 0) {
		*ret_key = key;
		return 0;
	}
	weir_key_file_free(key);
	return weir_problem_set(problem, ret, "%s: %s", path,
	    ret == WEIR_EFORMAT    ? "not a key file, or a damaged one"
	    : ret == WEIR_EMISSING ? "there is no such file"
	    : ret == WEIR_ESYSTEM  ? strerror(errno)
				   : weir_error_text(ret));
}

int
weir_key_file_sign(
    const struct weir_key_file *key, json_t *is_signed, json_t *signatures)
{
	return weir_tuf_key_sign(
	    &key->key, key->secret_key, is_signed, signatures);
}

bool
weir_key_file_is_root(const char *path)
{
	static const char begin[] = MAGIC "root\n";
	char text[sizeof(begin)];
	ssize_t got;
	int fd;

	if (weir_file_open(path, &fd) < 0)
		return false;
	got = read(fd, text, sizeof(begin) - 1);
	(void)close(fd);
	return got == (ssize_t)sizeof(begin) - 1 &&
	       memcmp(text, begin, sizeof(begin) - 1) == 0;
}
