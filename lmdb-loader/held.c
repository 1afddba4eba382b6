/*
 * held.c - lists that have shrunk or grown too much: held.json, and what is too
 * much.
 */
#include "lmdb-loader/held.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feeds/feed_state.h"
#include "lib/file.h"

#define HELD_FILE     "held.json"
#define HELD_SIZE_MAX (1U << 20) /* WEIR_FEEDS of them, and room */
#define DIGEST_BYTES  32
#define PIECE_SIZE    65536

json_t *
weir_held_describe(const struct weir_held *held)
{
	json_t *array = json_array();
	const struct weir_held_feed *feed;
	unsigned int i;

	for (i = 0; i < held->count; i++) {
		feed = &held->feeds[i];
		(void)json_array_append_new(
		    array, json_pack("{s:s, s:s, s:I, s:I, s:I, s:b}", "feed",
			       feed->name, "digest", feed->digest, "before",
			       (json_int_t)feed->before, "names",
			       (json_int_t)feed->names, "since_unix",
			       (json_int_t)feed->since_unix, "accepted",
			       (int)feed->is_accepted));
	}
	return array;
}

static int
take_feed(json_t *object, struct weir_held_feed *ret_feed)
{
	const char *name, *digest;
	json_int_t before, names, since;
	int is_accepted;

	if (json_unpack(object, "{s:s, s:s, s:I, s:I, s:I, s:b}", "feed", &name,
		"digest", &digest, "before", &before, "names", &names,
		"since_unix", &since, "accepted", &is_accepted) != 0 ||
	    strlen(name) >= sizeof(ret_feed->name) ||
	    strlen(digest) >= sizeof(ret_feed->digest) || before < 0 ||
	    names < 0 || since < 0)
		return WEIR_EFORMAT;
	strcpy(ret_feed->name, name);
	strcpy(ret_feed->digest, digest);
	ret_feed->before = (uint64_t)before;
	ret_feed->names = (uint64_t)names;
	ret_feed->since_unix = (uint64_t)since;
	ret_feed->is_accepted = is_accepted != 0;
	return 0;
}

int
weir_held_load(const char *folder, struct weir_held *ret_held)
{
	char *path = weir_path_join(folder, HELD_FILE), *bytes = NULL;
	json_t *array, *object;
	size_t len, i;
	int ret;

	memset(ret_held, 0, sizeof(*ret_held));
	if (path == NULL)
		return WEIR_EMEMORY;
	ret = weir_file_read(path, HELD_SIZE_MAX, &bytes, &len);
	free(path);
	if (ret < 0)
		return ret == WEIR_EMISSING ? 0 : ret;
	array = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, NULL);
	free(bytes);
	if (!json_is_array(array) || json_array_size(array) > WEIR_FEEDS)
		ret = WEIR_EFORMAT;
	json_array_foreach(array, i, object) if (ret == 0)
	    ret = take_feed(object, &ret_held->feeds[i]);
	ret_held->count = ret == 0 ? (unsigned int)json_array_size(array) : 0;
	json_decref(array);
	return ret;
}

int
weir_held_save(const char *folder, const struct weir_held *held)
{
	json_t *array = weir_held_describe(held);
	char *bytes = array != NULL ? json_dumps(array, JSON_INDENT(1)) : NULL;
	int ret = WEIR_EMEMORY;

	json_decref(array);
	if (bytes != NULL)
		ret = weir_file_replace(
		    folder, HELD_FILE, bytes, strlen(bytes));
	free(bytes);
	return ret;
}

struct weir_held_feed *
weir_held_find(struct weir_held *held, const char *name)
{
	unsigned int i;

	for (i = 0; i < held->count; i++)
		if (strcmp(held->feeds[i].name, name) == 0)
			return &held->feeds[i];
	return NULL;
}

void
weir_held_print_state(const char *gen, uint64_t sequence, char *ret_digest)
{
	(void)snprintf(
	    ret_digest, WEIR_HELD_DIGEST_SIZE, "%.16s.%" PRIu64, gen, sequence);
}

bool
weir_held_is_state(const char *digest)
{
	return strchr(digest, '.') != NULL;
}

bool
weir_held_is_same(const char *held, const char *now)
{
	size_t len = strcspn(held, ".");

	if (!weir_held_is_state(held))
		return strcmp(held, now) == 0;
	return strncmp(held, now, len + 1) == 0;
}

static int
digest_state(const char *folder, char *ret_digest)
{
	struct weir_feed_state *state;
	int ret;

	ret = weir_feed_state_open(folder, NULL, &state, NULL);
	if (ret < 0)
		return ret;
	weir_held_print_state(state->gen, state->sequence, ret_digest);
	weir_feed_state_close(state);
	return 0;
}

int
weir_held_digest(const char *path, char *ret_digest)
{
	uint8_t piece[PIECE_SIZE], digest[DIGEST_BYTES];
	crypto_generichash_state state;
	struct stat info;
	ssize_t got = 1;
	int fd = -1, ret;

	if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
		return digest_state(path, ret_digest);
	ret = weir_file_open(path, &fd);
	if (ret < 0)
		return ret;
	(void)crypto_generichash_init(&state, NULL, 0, sizeof(digest));
	while (got > 0) {
		got = read(fd, piece, sizeof(piece));
		if (got > 0)
			(void)crypto_generichash_update(
			    &state, piece, (unsigned long long)got);
	}
	close(fd);
	if (got < 0)
		return WEIR_ESYSTEM;
	(void)crypto_generichash_final(&state, digest, sizeof(digest));
	(void)sodium_bin2hex(
	    ret_digest, WEIR_HELD_DIGEST_SIZE, digest, sizeof(digest));
	return 0;
}

const char *
weir_held_limit(
    const struct weir_feed_settings *settings, uint64_t before, uint64_t names)
{
	uint64_t from = before < WEIR_SIZE_FREE ? WEIR_SIZE_FREE : before;

	if (before == 0)
		return NULL;
	if (settings->max_shrink != WEIR_NO_LIMIT && before > WEIR_SIZE_FREE &&
	    settings->max_shrink < 100 &&
	    names * 100 < before * (100 - settings->max_shrink))
		return "max-shrink";
	if (settings->max_grow != WEIR_NO_LIMIT &&
	    names * 100 > from * (100 + (uint64_t)settings->max_grow))
		return "max-grow";
	return NULL;
}
