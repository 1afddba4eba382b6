/*
 * guard_cache.c - the guard's table as a file that is mapped: guard.cache in the
 * database folder.
 *
 * A delta of a signed feed comes once a second, and reading a million popular
 * domains takes a second.  So the first delta writes down what it has made of
 * them, and those after it look there, as long as nothing has changed of what it
 * was made from: settings, lists that come with weir, and the two files, by
 * device, inode, size and times.  `apply` always reads the files themselves.
 *
 *   head: what it is, digest of what it was made from, sizes, tops
 *   items, arena: as in memory (guard_table.h); numbers as this machine has them
 *
 * What lies there was written by weir-load itself, and replaced as a whole.  It is
 * looked at as if it were not: nothing beyond its end is read.
 */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"
#include "lmdb-loader/guard.h"

#define CACHE_FILE   "guard.cache"
#define CACHE_MAGIC  "weirgrd1"
#define DIGEST_BYTES 32

struct head {
	char magic[8];
	uint8_t digest[DIGEST_BYTES];
	uint64_t item_size, item_count, arena_len; /* items, octets */
	uint8_t secret[WEIR_SIPHASH_KEY_SIZE];
	uint32_t top_count;
	struct weir_guard_top tops[WEIR_GUARD_TOPS];
};

static void
add(crypto_generichash_state *state, const void *octets, size_t len)
{
	(void)crypto_generichash_update(state, octets, len);
}

/* Which file it is, and of when; the path too. */
static void
add_file(crypto_generichash_state *state, const char *path)
{
	uint64_t stamp[7] = { 0 };
	struct stat info;

	if (path != NULL && stat(path, &info) == 0) {
		stamp[0] = (uint64_t)info.st_dev;
		stamp[1] = (uint64_t)info.st_ino;
		stamp[2] = (uint64_t)info.st_size;
		stamp[3] = (uint64_t)info.st_mtim.tv_sec;
		stamp[4] = (uint64_t)info.st_mtim.tv_nsec;
		stamp[5] = (uint64_t)info.st_ctim.tv_sec;
		stamp[6] = (uint64_t)info.st_ctim.tv_nsec;
	}
	add(state, stamp, sizeof(stamp));
	if (path != NULL)
		add(state, path, strlen(path) + 1);
}

/* Of all that the table is made from.  The guard has what needs no file: the
 * names of settings and of weir itself. */
static void
digest(const struct weir_guard *guard,
    const struct weir_guard_settings *settings, uint8_t *ret_digest)
{
	char *suffix_file = weir_guard_suffix_file(settings);
	crypto_generichash_state state;
	const uint8_t flags[] = { settings->has_public_suffixes,
		settings->has_private_suffixes, settings->has_well_known,
		settings->suffix_file != NULL };

	(void)crypto_generichash_init(&state, NULL, 0, DIGEST_BYTES);
	add(&state, WEIR_VERSION, sizeof(WEIR_VERSION));
	add(&state, flags, sizeof(flags));
	add(&state, guard->table.arena + 1, guard->table.arena_len - 1);
	add(&state, guard->tops, sizeof(guard->tops));
	add_file(&state, suffix_file);
	add_file(&state, settings->popular_file);
	(void)crypto_generichash_final(&state, ret_digest, DIGEST_BYTES);
	free(suffix_file);
}

static bool
is_right(const struct head *head, uint64_t size, const uint8_t *digest)
{
	uint64_t items = head->item_size * sizeof(struct weir_guard_item);

	return memcmp(head->magic, CACHE_MAGIC, sizeof(head->magic)) == 0 &&
	       memcmp(head->digest, digest, DIGEST_BYTES) == 0 &&
	       head->top_count <= WEIR_GUARD_TOPS && head->item_size > 0 &&
	       (head->item_size & (head->item_size - 1)) == 0 &&
	       head->item_size < size && head->item_count < head->item_size &&
	       head->arena_len > 0 && head->arena_len < size &&
	       sizeof(*head) + items + head->arena_len == size;
}

/* Takes the table from there.  false: there is none, or it is of something
 * else. */
static bool
take(struct weir_guard *guard, const char *path, const uint8_t *digest)
{
	const struct head *head;
	struct weir_guard_table *table = &guard->table;
	struct stat info;
	uint8_t *map;
	int fd;

	if (weir_file_open(path, &fd) < 0)
		return false;
	if (fstat(fd, &info) != 0 || info.st_size < (off_t)sizeof(*head)) {
		close(fd);
		return false;
	}
	map = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return false;
	head = (const struct head *)map;
	if (!is_right(head, (uint64_t)info.st_size, digest)) {
		(void)munmap(map, (size_t)info.st_size);
		return false;
	}
	weir_guard_table_done(table);
	memcpy(table->secret, head->secret, sizeof(table->secret));
	table->items = (struct weir_guard_item *)(map + sizeof(*head));
	table->size = head->item_size;
	table->count = head->item_count;
	table->arena = map + sizeof(*head) +
		       table->size * sizeof(struct weir_guard_item);
	table->arena_len = head->arena_len;
	table->map = map;
	table->map_len = (size_t)info.st_size;
	guard->top_count = head->top_count;
	memcpy(guard->tops, head->tops, sizeof(guard->tops));
	return true;
}

static bool
write_all(const struct weir_guard *guard, const struct head *head, int fd)
{
	const struct weir_guard_table *table = &guard->table;
	FILE *stream = fdopen(fd, "w");
	bool is_done;

	if (stream == NULL) {
		close(fd);
		return false;
	}
	is_done = fwrite(head, sizeof(*head), 1, stream) == 1 &&
		  fwrite(table->items, sizeof(*table->items), table->size,
		      stream) == table->size &&
		  fwrite(table->arena, 1, table->arena_len, stream) ==
		      table->arena_len &&
		  fflush(stream) == 0 && fsync(fd) == 0;
	return fclose(stream) == 0 && is_done;
}

/* If it cannot be written, the next delta reads the files again. */
static void
keep(const struct weir_guard *guard, const char *path, const uint8_t *digest)
{
	const struct weir_guard_table *table = &guard->table;
	struct head head = { .item_size = table->size,
		.item_count = table->count,
		.arena_len = table->arena_len,
		.top_count = guard->top_count };
	char *temporary = malloc(strlen(path) + sizeof(".tmp"));
	int fd;

	memcpy(head.magic, CACHE_MAGIC, sizeof(head.magic));
	memcpy(head.digest, digest, DIGEST_BYTES);
	memcpy(head.secret, table->secret, sizeof(head.secret));
	memcpy(head.tops, guard->tops, sizeof(head.tops));
	if (temporary == NULL)
		return;
	(void)sprintf(temporary, "%s.tmp", path);
	(void)unlink(temporary); /* another user's, perhaps */
	/* The secret keeps names from being chosen to lie in one place. */
	fd = open(temporary,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0 &&
	    (!write_all(guard, &head, fd) || rename(temporary, path) != 0))
		(void)unlink(temporary);
	free(temporary);
}

int
weir_guard_init_cached(struct weir_guard *guard,
    const struct weir_settings *settings, struct weir_problem *problem)
{
	char *path = weir_path_join(settings->database, CACHE_FILE);
	uint8_t of[DIGEST_BYTES];
	int ret;

	ret = weir_guard_init_names(guard, settings, problem);
	if (ret < 0 || path == NULL || sodium_init() < 0) {
		free(path);
		weir_guard_done(guard);
		return ret < 0 ? ret
			       : weir_guard_init(guard, settings, problem);
	}
	digest(guard, &settings->guard, of);
	if (!take(guard, path, of)) {
		ret = weir_guard_init_files(guard, settings, problem);
		/* libpsl has a table of its own. */
		if (ret == 0 && guard->psl == NULL)
			keep(guard, path, of);
	}
	free(path);
	return ret;
}
