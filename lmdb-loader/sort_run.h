/*
 * sort_run.h - runs: sorted keys, packed, in memory or in a file.
 *
 * What sort.c sorts in memory becomes a run; sort_merge.c makes few runs out of
 * many.  A run is a row of blocks of at most WEIR_RUN_BLOCK octets.  The store
 * keeps blocks in memory as long as they fit; those that come later go to a
 * file without a name in the database folder, which is gone with the process.
 *
 *   item: u8 octets shared with the key before (0 at the beginning of a block)
 *         u8 octets that follow, the octets
 *         place: seven bits an octet, the lowest first, the eighth: more follow
 *
 * What a place means, the writer of the run knows: an entry, or a set in one of
 * several tables, whose number is the block's.
 */
#ifndef WEIR_LMDB_LOADER_SORT_RUN_H
#define WEIR_LMDB_LOADER_SORT_RUN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/limits.h"

#define WEIR_RUN_BLOCK 32768

/** Where blocks lie.  Several threads may use it. */
struct weir_run_store {
	pthread_mutex_t mutex;
	const char *folder;   /* of the file; NULL: all stay in memory */
	uint64_t memory_size; /* octets of blocks in memory, at most */
	uint64_t memory_used;
	uint64_t file_len;
	int fd;           /* -1: no file yet */
	atomic_int error; /* the first one */
	struct weir_problem problem;
};

struct weir_run_block {
	uint8_t *bytes;  /* NULL: in the file, or read and done with */
	uint64_t offset; /* in the file */
	uint32_t len;
	uint16_t table;
	uint8_t key_len;
	uint8_t key[]; /* the first one */
};

struct weir_run {
	struct weir_run_block **blocks;
	size_t block_count, block_size;
	uint64_t count, key_octets; /* of its items */
	uint64_t order; /* of one key, items of a lower one came first */
};

void weir_run_store_init(
    struct weir_run_store *store, const char *folder, uint64_t memory_size);
void weir_run_store_done(struct weir_run_store *store);
/** Notes why the sort cannot go on; the first reason stays. Returns `error`. */
int
weir_run_store_fail(struct weir_run_store *store, int error, const char *text);

void weir_run_done(struct weir_run_store *store, struct weir_run *run);
/** Puts the blocks of `more` behind those of `run`; `more` is empty then. */
int weir_run_join(struct weir_run *run, struct weir_run *more) WEIR_CHECKED;

/** Writes a run.  Set the first three members and zero the others. */
struct weir_run_writer {
	struct weir_run_store *store;
	struct weir_run *run;
	uint16_t table;
	uint8_t *block; /* the one at work: NULL: none */
	size_t len;
	uint8_t first[WEIR_KEY_SIZE]; /* its first key */
	size_t first_len;
};

/** One key, which has its first `common` octets from the one before. Its place
 *  follows before the next key. */
int weir_run_put_key(struct weir_run_writer *writer, const uint8_t *key,
    size_t key_len, size_t common) WEIR_CHECKED;
void weir_run_put_place(struct weir_run_writer *writer, uint32_t place);
/** The last block; on failure too the writer is done with. */
int weir_run_finish(struct weir_run_writer *writer) WEIR_CHECKED;

/** Reads a run, or what lies in it from one key to another. */
struct weir_run_reader {
	struct weir_run_store *store;
	const struct weir_run *run;
	size_t block, block_end;   /* the next one to open; the last, plus 1 */
	size_t free_from, free_to; /* blocks that nobody else reads */
	const uint8_t *at, *end;
	uint8_t *buffer;   /* for a block of the file */
	const uint8_t *to; /* the first key not to read; NULL: read all */
	size_t to_len;
	/* The item: */
	int common; /* octets it has from the one before; -1: no more items */
	size_t key_len;
	uint32_t place;
	unsigned int table;
	uint8_t key[WEIR_KEY_SIZE + 8];
};

/** from, to: NULL is the beginning and the end.  is_last_time: blocks that no
 *  reader of another range needs are freed when they are read. */
void weir_run_reader_init(struct weir_run_reader *reader,
    struct weir_run_store *store, const struct weir_run *run,
    const struct weir_run_block *from, const struct weir_run_block *to,
    bool is_last_time);
void weir_run_reader_done(struct weir_run_reader *reader);
/** The next item: 1, 0, < 0. */
int weir_run_next(struct weir_run_reader *reader) WEIR_CHECKED;

#endif
