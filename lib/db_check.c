/*
 * db_check.c - proves a database file whole, by reading all of it.
 *
 * Two walks through the tree, side by side if there are two processors: one
 * sums the content up, the other looks at each name.
 *
 * That each name is found by its key is shown for two names of each leaf, the
 * first and the last.  Where a search goes right at a separator for one of them
 * and left for the other, it ends in two different children; so if both end in
 * this leaf, no separator that was looked at stands between them, and the search
 * for a key between them takes the same way.  In the leaf itself the keys are in
 * order, one by one.
 */
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bytes.h"
#include "lib/checksum.h"
#include "lib/db.h"
#include "lib/filter.h"
#include "lib/generation.h"
#include "lib/work.h"

/* So that the filter's blocks are fetched side by side. */
#define ASKED_AT_ONCE 16
#define SHOW_EVERY    65536
#define NAMES_FOR_TWO 50000 /* fewer are not worth a thread */

enum walk {
	WALK_NAMES, /* the caller's thread: it shows how far it is */
	WALK_SUM,
	WALKS
};

struct checker {
	const struct weir_db *db;
	void (*show)(void *arg, uint64_t names);
	void *arg;
	atomic_bool is_taken[WALKS];
	/* The sum's walk: */
	int sum_error;
	uint8_t sum[WEIR_CHECKSUM_BYTES];
	/* The names' walk: */
	struct weir_db_cursor cursor;
	struct weir_problem problem;
	int name_error;
	uint64_t name_count;
	const uint8_t *entries; /* that were checked last */
	const uint8_t *last;    /* key */
	size_t last_len;
	const uint8_t
	    *gate; /* key of the ancestor that the gate was asked for */
	size_t gate_len;
	/* Those that the filter is still to be asked about. */
	unsigned int asked_count;
	struct {
		const uint8_t *key;
		size_t len;
		uint64_t hash;
		bool has_gate;
		uint64_t gate_hash;
	} asked[ASKED_AT_ONCE];
};

static int
complain(struct checker *checker, const char *what, const uint8_t *key,
    size_t key_len)
{
	struct weir_name name;
	char text[WEIR_NAME_TEXT_SIZE] = "";

	if (key && weir_name_from_key(key, key_len, &name) == WEIR_OK)
		weir_name_print(&name, text);
	return weir_problem_set(&checker->problem, WEIR_EFORMAT,
	    "record %llu %s: %s", (unsigned long long)checker->name_count, text,
	    what);
}

/* Whether the answer that the entry names is there. */
static bool
has_answer(const struct weir_policy *policy, const struct weir_entry *entry)
{
	return (entry->action != WEIR_ACTION_LOCAL ||
		   entry->answer < policy->answers.count) &&
	       (entry->below_action != WEIR_ACTION_LOCAL ||
		   entry->below_answer < policy->answers.count);
}

static int
check_entries(
    struct checker *checker, const uint8_t *entries, unsigned int count)
{
	const struct weir_policy *policy = weir_db_policy(checker->db);
	struct weir_entry entry;
	int last_feed = -1;
	unsigned int i;

	if (entries == checker->entries) /* names share their sets */
		return WEIR_OK;
	for (i = 0; i < count; i++) {
		if (weir_entry_decode(entries + i * WEIR_ENTRY_BYTES, &entry) !=
			WEIR_OK ||
		    entry.feed >= policy->feed_count ||
		    entry.category >= policy->category_count ||
		    !has_answer(policy, &entry) || (int)entry.feed <= last_feed)
			return WEIR_EFORMAT;
		last_feed = entry.feed;
	}
	checker->entries = entries;
	return WEIR_OK;
}

/* Whether the name that the cursor has just passed is its leaf's first or last
 * one. */
static bool
is_at_edge(const struct checker *checker)
{
	const struct weir_tree_cursor *tree = &checker->cursor.tree;
	unsigned int leaf = tree->tree->depth - 1;

	return tree->levels[leaf].node == 1 ||
	       tree->levels[leaf].node == tree->levels[leaf].count;
}

static int
ask_filter(struct checker *checker)
{
	const struct weir_filter *filter = weir_db_filter(checker->db);
	unsigned int i;

	for (i = 0; i < checker->asked_count; i++)
		if (!weir_filter_has(filter, checker->asked[i].hash) ||
		    (checker->asked[i].has_gate &&
			!weir_filter_gate_has(
			    filter, checker->asked[i].gate_hash)))
			return complain(checker, "not known to the filter",
			    checker->asked[i].key, checker->asked[i].len);
	checker->asked_count = 0;
	return WEIR_OK;
}

/* Whether the gate is to be asked too: not if the key before had the same
 * ancestor. */
static bool
needs_gate(struct checker *checker, const uint8_t *key, size_t key_len,
    uint64_t *ret_hash)
{
	const struct weir_filter *filter = weir_db_filter(checker->db);
	size_t len = weir_filter_gate_len(key, key_len);

	if (len == 0 ||
	    (len == checker->gate_len && memcmp(checker->gate, key, len) == 0))
		return false;
	checker->gate = key;
	checker->gate_len = len;
	*ret_hash = weir_filter_hash(filter->key, key, len);
	return true;
}

/* Through the filter and the branches: as the module does. */
static int
look_up(struct checker *checker, const uint8_t *key, size_t key_len)
{
	const struct weir_db_header *header = weir_db_header(checker->db);
	struct weir_db_record found;

	if (weir_db_get(checker->db, key, key_len,
		weir_filter_hash(header->filter_key, key, key_len),
		&found) == 1 &&
	    found.key == key)
		return WEIR_OK;
	return complain(checker, "not found by its name", key, key_len);
}

static int
check_name(struct checker *checker, const struct weir_db_record *record)
{
	const struct weir_db_header *header = weir_db_header(checker->db);
	const uint8_t *key = record->key;
	size_t key_len = record->key_len;
	const struct weir_filter *filter = weir_db_filter(checker->db);
	uint64_t hash;
	unsigned int i;

	checker->name_count++;
	if (checker->last_len > 0 && weir_name_compare_keys(checker->last,
					 checker->last_len, key, key_len) >= 0)
		return complain(checker, "not in order", key, key_len);
	if (!weir_name_is_key(key, key_len))
		return complain(checker, "the key is no name", NULL, 0);
	if (check_entries(checker, record->entries, record->entry_count) !=
	    WEIR_OK)
		return complain(checker, "damaged entries", key, key_len);
	hash = weir_filter_hash(header->filter_key, key, key_len);
	weir_filter_prefetch(filter, hash);
	i = checker->asked_count++;
	checker->asked[i].has_gate = needs_gate(
	    checker, key, key_len, &checker->asked[i].gate_hash);
	checker->asked[i].key = checker->last = key;
	checker->asked[i].len = checker->last_len = key_len;
	checker->asked[i].hash = hash;
	if (i + 1 == ASKED_AT_ONCE && ask_filter(checker) != WEIR_OK)
		return WEIR_EFORMAT;
	return is_at_edge(checker) ? look_up(checker, key, key_len) : WEIR_OK;
}

static int
check_names(struct checker *checker, bool is_shown)
{
	const struct weir_db_header *header = weir_db_header(checker->db);
	struct weir_db_record record;
	int error, more;

	error = weir_db_seek(checker->db, NULL, 0, &checker->cursor);
	if (error)
		return weir_problem_set(
		    &checker->problem, error, "the tree cannot be read");
	while ((more = weir_db_next(&checker->cursor, &record)) == 1) {
		error = check_name(checker, &record);
		if (error)
			return error;
		if (is_shown && checker->show &&
		    checker->name_count % SHOW_EVERY == 0)
			checker->show(checker->arg, checker->name_count);
	}
	error = ask_filter(checker);
	if (!error && checker->last_len > 0)
		error = look_up(checker, checker->last, checker->last_len);
	if (error)
		return error;
	if (more < 0)
		return weir_problem_set(&checker->problem, more,
		    "the tree cannot be read behind name %llu",
		    (unsigned long long)checker->name_count);
	if (checker->name_count != header->name_count)
		return weir_problem_set(&checker->problem, WEIR_EFORMAT,
		    "%llu names where the header counts %llu",
		    (unsigned long long)checker->name_count,
		    (unsigned long long)header->name_count);
	return WEIR_OK;
}

static void
take_walk(struct checker *checker, enum walk number, bool is_shown)
{
	if (atomic_exchange(&checker->is_taken[number], true))
		return;
	if (number == WALK_SUM)
		checker->sum_error = weir_db_checksum(
		    checker->db, checker->sum);
	else
		checker->name_error = check_names(checker, is_shown);
}

static void
walk(void *arg, unsigned int thread)
{
	take_walk(arg, thread == 0 ? WALK_NAMES : WALK_SUM, thread == 0);
	take_walk(arg, thread == 0 ? WALK_SUM : WALK_NAMES, thread == 0);
}

int
weir_db_check(const struct weir_db *db, struct weir_problem *problem)
{
	return weir_db_check_shown(db, NULL, NULL, problem);
}

int
weir_db_check_shown(const struct weir_db *db,
    void (*show)(void *arg, uint64_t names), void *arg,
    struct weir_problem *problem)
{
	struct checker *checker = calloc(1, sizeof(*checker));
	const struct weir_db_header *header = weir_db_header(db);
	unsigned int threads = 1;
	int error = WEIR_OK;

	if (!checker)
		return weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	checker->db = db;
	checker->show = show;
	checker->arg = arg;
	if (header->name_count >= NAMES_FOR_TWO)
		threads = weir_work_thread_count();
	weir_work_run(threads < 2 ? threads : 2, walk, checker);
	/* What the sum says weighs more: it was all read as it was written. */
	if (checker->sum_error)
		error = weir_problem_set(problem, checker->sum_error,
		    "the tree cannot be read to its end");
	else if (sodium_memcmp(
		     checker->sum, header->checksum, sizeof(checker->sum)) != 0)
		error = weir_problem_set(problem, WEIR_ECHECKSUM,
		    "the content is not what its checksum says");
	else if (checker->name_error)
		error = weir_problem_set(
		    problem, checker->name_error, "%s", checker->problem.text);
	free(checker);
	return error;
}
