/*
 * db_check.c - proves a database file whole, by reading all of it.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bytes.h"
#include "lib/checksum.h"
#include "lib/db.h"
#include "lib/filter.h"
#include "lib/generation.h"

struct checker {
	const struct weir_db *db;
	struct weir_problem *problem;
	uint64_t name_count;
	uint8_t last[WEIR_KEY_SIZE];
	size_t last_len;
};

static int
complain(struct checker *checker, const char *what, const uint8_t *key,
    size_t key_len)
{
	struct weir_name name;
	char text[WEIR_NAME_TEXT_SIZE] = "";

	if (key && weir_name_from_key(key, key_len, &name) == WEIR_OK)
		weir_name_print(&name, text);
	return weir_problem_set(checker->problem, WEIR_EFORMAT,
	    "record %llu %s: %s", (unsigned long long)checker->name_count, text,
	    what);
}

static int
check_entries(
    struct checker *checker, const uint8_t *entries, unsigned int count)
{
	const struct weir_policy *policy = weir_db_policy(checker->db);
	struct weir_entry entry;
	int last_feed = -1;
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (weir_entry_decode(entries + i * WEIR_ENTRY_BYTES, &entry) !=
			WEIR_OK ||
		    entry.feed >= policy->feed_count ||
		    entry.category >= policy->category_count ||
		    (int)entry.feed <= last_feed)
			return WEIR_EFORMAT;
		last_feed = entry.feed;
	}
	return WEIR_OK;
}

static int
check_name(struct checker *checker, const struct weir_db_record *record)
{
	const struct weir_db_header *header = weir_db_header(checker->db);
	const uint8_t *key = record->key;
	size_t key_len = record->key_len;
	struct weir_db_record found;
	struct weir_name name;

	checker->name_count++;
	if (checker->last_len > 0 && weir_name_compare_keys(checker->last,
					 checker->last_len, key, key_len) >= 0)
		return complain(checker, "not in order", key, key_len);
	if (weir_name_from_key(key, key_len, &name) != WEIR_OK)
		return complain(checker, "the key is no name", NULL, 0);
	if (check_entries(checker, record->entries, record->entry_count) !=
	    WEIR_OK)
		return complain(checker, "damaged entries", key, key_len);
	/* Through the filter and the branches: as the module does. */
	if (weir_db_get(checker->db, key, key_len,
		weir_filter_hash(header->filter_key, key, key_len),
		&found) != 1 ||
	    found.key != key)
		return complain(checker, "not found by its name", key, key_len);
	memcpy(checker->last, key, key_len);
	checker->last_len = key_len;
	return WEIR_OK;
}

static int
check_names(struct checker *checker)
{
	struct weir_db_record record;
	struct weir_db_cursor cursor;
	int error, more;

	error = weir_db_seek(checker->db, NULL, 0, &cursor);
	if (error)
		return weir_problem_set(
		    checker->problem, error, "the tree cannot be read");
	while ((more = weir_db_next(&cursor, &record)) == 1) {
		error = check_name(checker, &record);
		if (error)
			return error;
	}
	if (more < 0)
		return weir_problem_set(checker->problem, more,
		    "the tree cannot be read behind name %llu",
		    (unsigned long long)checker->name_count);
	return WEIR_OK;
}

int
weir_db_check(const struct weir_db *db, struct weir_problem *problem)
{
	struct checker *checker = calloc(1, sizeof(*checker));
	const struct weir_db_header *header = weir_db_header(db);
	uint8_t sum[WEIR_CHECKSUM_BYTES];
	int error;

	if (!checker)
		return weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	checker->db = db;
	checker->problem = problem;
	/* The checksum first: what follows then reads what was written. */
	error = weir_db_checksum(db, sum);
	if (error)
		error = weir_problem_set(
		    problem, error, "the tree cannot be read to its end");
	else if (sodium_memcmp(sum, header->checksum, sizeof(sum)) != 0)
		error = weir_problem_set(problem, WEIR_ECHECKSUM,
		    "the content is not what its checksum says");
	if (!error)
		error = check_names(checker);
	if (!error && checker->name_count != header->name_count)
		error = weir_problem_set(problem, WEIR_EFORMAT,
		    "%llu names where the header counts %llu",
		    (unsigned long long)checker->name_count,
		    (unsigned long long)header->name_count);
	free(checker);
	return error;
}
