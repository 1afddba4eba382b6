/*
 * lint_walk.c - the names of all files in order: what repeats, what a name above
 * says already, and what else has it.
 *
 * Names above the one at hand lie on a stack; of each it is known what each file
 * says of the names below it.
 */
#include <stdlib.h>
#include <string.h>

#include "lmdb-loader/lint.h"

#define FILES WEIR_LINT_FILES

/* What a file says below a name. */
struct below {
	bool is_said, is_block;
	uint8_t action;
	struct weir_entry entry;
	unsigned long line;
};

struct level {
	size_t len; /* of the key; its octets are those of the name at hand */
	struct below files[FILES];
};

/* What a file says of the name at hand, so far. */
struct own {
	bool is_there;
	uint8_t blocked, excepted;             /* scopes */
	unsigned long block_line, except_line; /* the first ones */
	bool has_exception_of_own;             /* not of other feeds */
};

struct walk {
	struct weir_lint *lint;
	uint8_t key[WEIR_KEY_SIZE]; /* the name at hand */
	size_t len;                 /* 0: none yet */
	struct own own[FILES];
	struct level *levels; /* the last is that of the name at hand */
	unsigned int depth;
};

/* The nearest word above the name at hand; NULL: none. */
static const struct below *
above(const struct walk *walk, unsigned int file, size_t *ret_len)
{
	unsigned int i;

	for (i = walk->depth - 1; i > 0; i--) {
		if (!walk->levels[i - 1].files[file].is_said)
			continue;
		*ret_len = walk->levels[i - 1].len;
		return &walk->levels[i - 1].files[file];
	}
	return NULL;
}

static bool
is_exception(unsigned int action)
{
	return action == WEIR_ACTION_EXCEPT || action == WEIR_ACTION_PASS;
}

/* The action of an entry that came from one item: it has only one. */
static unsigned int
action_of(const struct weir_entry *entry)
{
	return weir_entry_action(entry, (entry->scope & WEIR_SCOPE_NAME) == 0);
}

/* Whether the entry says nothing more than the word above it. */
static bool
is_redundant(const struct weir_entry *entry, const struct below *word)
{
	const struct weir_entry *upper = &word->entry;

	if (!word->is_block || word->action != action_of(entry) ||
	    upper->confidence < entry->confidence ||
	    (entry->flags != 0 && upper->flags == 0))
		return false;
	return upper->valid_until == 0 ||
	       (entry->valid_until != 0 &&
		   entry->valid_until <= upper->valid_until);
}

/* The strongest word on what is below the name: as weir_entry_merge has it. */
static void
note_below(struct walk *walk, unsigned int file, const struct weir_entry *entry,
    unsigned long line)
{
	struct below *below = &walk->levels[walk->depth - 1].files[file];
	unsigned int action = action_of(entry);

	if ((entry->scope & WEIR_SCOPE_SUBDOMAINS) == 0)
		return;
	if (below->is_said && (!below->is_block || !is_exception(action)))
		return;
	below->is_said = true;
	below->is_block = !is_exception(action);
	below->action = (uint8_t)action;
	below->entry = *entry;
	below->line = line;
}

static void
take_block(struct walk *walk, unsigned int number,
    const struct weir_entry *entry, unsigned long line)
{
	struct weir_lint_file *file = &walk->lint->files[number];
	struct own *own = &walk->own[number];
	const struct below *upper;
	size_t len = 0;

	if ((entry->scope & ~own->blocked) == 0) {
		weir_lint_find(file, WEIR_LINT_DUPLICATE, walk->key, walk->len,
		    line, walk->key, walk->len, own->block_line);
		return;
	}
	if (own->blocked == 0)
		own->block_line = line;
	own->blocked |= entry->scope;
	upper = above(walk, number, &len);
	if (upper != NULL && is_redundant(entry, upper))
		weir_lint_find(file, WEIR_LINT_REDUNDANT, walk->key, walk->len,
		    line, walk->key, len, upper->line);
}

static void
take_exception(struct walk *walk, unsigned int number,
    const struct weir_entry *entry, unsigned long line)
{
	struct weir_lint_file *file = &walk->lint->files[number];
	struct own *own = &walk->own[number];

	if ((entry->scope & ~own->excepted) == 0) {
		weir_lint_find(file, WEIR_LINT_DUPLICATE, walk->key, walk->len,
		    line, walk->key, walk->len, own->except_line);
		return;
	}
	if (own->excepted == 0)
		own->except_line = line;
	own->excepted |= entry->scope;
	own->has_exception_of_own |= action_of(entry) == WEIR_ACTION_EXCEPT;
}

static void
take_entry(
    struct walk *walk, const struct weir_entry *entry, unsigned long line)
{
	unsigned int action = action_of(entry), number = entry->feed;

	walk->own[number].is_there = true;
	if (action == WEIR_ACTION_CANCELLED)
		return;
	if (is_exception(action))
		take_exception(walk, number, entry, line);
	else
		take_block(walk, number, entry, line);
	note_below(walk, number, entry, line);
}

/* --- the name is complete --------------------------------------------------- */

/* An exception of a feed from itself, where nothing is blocked. */
static void
judge_exception(struct walk *walk, unsigned int number)
{
	const struct own *own = &walk->own[number];
	const struct below *upper;
	size_t len;

	if (!own->has_exception_of_own || (own->blocked & own->excepted) != 0)
		return;
	upper = above(walk, number, &len);
	if (upper == NULL || !upper->is_block)
		weir_lint_find(&walk->lint->files[number], WEIR_LINT_USELESS,
		    walk->key, walk->len, own->except_line, NULL, 0, 0);
}

static void
compare_files(struct walk *walk, unsigned int number)
{
	struct weir_lint_file *file = &walk->lint->files[number];
	const struct below *upper;
	unsigned int other;
	size_t len;

	for (other = 0; other < walk->lint->file_count; other++) {
		if (other == number)
			continue;
		upper = above(walk, other, &len);
		if (walk->own[other].blocked != 0)
			file->files[other].same++;
		else if (upper != NULL && upper->is_block)
			file->files[other].covered++;
	}
}

static bool
blocks(const struct weir_entry *entry, bool is_below)
{
	unsigned int scope = is_below ? WEIR_SCOPE_SUBDOMAINS : WEIR_SCOPE_NAME;
	unsigned int action = weir_entry_action(entry, is_below);

	return (entry->scope & scope) != 0 && !is_exception(action) &&
	       action != WEIR_ACTION_CANCELLED;
}

/* What each feed of the generation says: 1 of the name itself, 2 of one above
 * it, 0 nothing. */
static int
ask_generation(const struct walk *walk, uint8_t *said)
{
	const struct weir_generation *generation = walk->lint->generation;
	const struct weir_match *match;
	struct weir_matches matches;
	struct weir_entry entry;
	struct weir_name name;
	unsigned int i, j;
	int ret;

	memset(said, 0, WEIR_FEEDS);
	ret = weir_name_from_key(walk->key, walk->len, &name);
	if (ret == 0)
		ret = weir_generation_lookup(generation, &name, &matches);
	for (i = 0; ret == 1 && i < matches.count; i++) {
		match = &matches.items[i];
		for (j = 0; j < match->entry_count; j++) {
			if (weir_entry_decode(
				match->entries + j * WEIR_ENTRY_BYTES,
				&entry) != 0)
				return WEIR_EFORMAT;
			if (entry.feed >= WEIR_FEEDS || said[entry.feed] != 0)
				continue;
			if (match->label == 0 &&
			    (blocks(&entry, false) || blocks(&entry, true)))
				said[entry.feed] = 1;
			else if (match->label > 0 && blocks(&entry, true))
				said[entry.feed] = 2;
		}
	}
	return ret < 0 ? ret : 0;
}

static void
compare_feeds(struct weir_lint_file *file, const uint8_t *said)
{
	bool is_known = false;
	unsigned int feed;

	for (feed = 0; feed < WEIR_FEEDS; feed++) {
		file->feeds[feed].same += said[feed] == 1;
		file->feeds[feed].covered += said[feed] == 2;
		is_known |= said[feed] != 0;
	}
	file->known += is_known;
}

static int
finish_name(struct walk *walk)
{
	struct weir_lint *lint = walk->lint;
	uint8_t said[WEIR_FEEDS];
	unsigned int i;
	int ret = 0;

	if (walk->len == 0)
		return 0;
	if (lint->generation != NULL)
		ret = ask_generation(walk, said);
	for (i = 0; i < lint->file_count && ret == 0; i++) {
		if (!walk->own[i].is_there)
			continue;
		lint->files[i].names++;
		judge_exception(walk, i);
		if (walk->own[i].blocked == 0)
			continue;
		lint->files[i].block_names++;
		compare_files(walk, i);
		if (lint->generation != NULL)
			compare_feeds(&lint->files[i], said);
	}
	return ret;
}

/* Goes on to another name: what it does not lie below leaves the stack. */
static void
begin_name(struct walk *walk, const uint8_t *key, size_t len)
{
	size_t common = 0;

	while (common < walk->len && common < len &&
	       walk->key[common] == key[common])
		common++;
	while (walk->depth > 0 && walk->levels[walk->depth - 1].len > common)
		walk->depth--;
	memset(&walk->levels[walk->depth], 0, sizeof(walk->levels[0]));
	walk->levels[walk->depth++].len = len;
	memcpy(walk->key, key, len);
	walk->len = len;
	memset(walk->own, 0, sizeof(walk->own));
}

static int
take_record(struct walk *walk, const struct weir_stream_item *item)
{
	size_t len = item->key_len - WEIR_LINT_TAIL;
	const uint8_t *tail = item->key + len;
	unsigned long line = (unsigned long)tail[1] << 24 |
			     (unsigned long)tail[2] << 16 |
			     (unsigned long)tail[3] << 8 | tail[4];
	struct weir_entry entry;
	unsigned int i;
	int ret = 0;

	if (len != walk->len || memcmp(item->key, walk->key, len) != 0) {
		ret = finish_name(walk);
		begin_name(walk, item->key, len);
	}
	for (i = 0; i < item->entry_count && ret == 0; i++) {
		ret = weir_entry_decode(
		    item->entries + i * WEIR_ENTRY_BYTES, &entry);
		if (ret == 0)
			take_entry(walk, &entry, line);
	}
	return ret;
}

int
weir_lint_walk(struct weir_lint *lint, struct weir_problem *problem)
{
	struct walk *walk = calloc(1, sizeof(*walk));
	struct weir_stream *stream;
	struct weir_stream_item item;
	int ret = WEIR_EMEMORY, more = 1;

	if (walk != NULL)
		walk->levels = calloc(
		    WEIR_NAME_LABELS + 2, sizeof(*walk->levels));
	if (walk != NULL && walk->levels != NULL) {
		walk->lint = lint;
		ret = 0;
		stream = weir_sort_stream(lint->sort);
		while (ret == 0 && (more = stream->next(stream, &item)) == 1)
			ret = take_record(walk, &item);
		if (ret == 0 && more == 0)
			ret = finish_name(walk);
	}
	if (ret == 0 && more < 0)
		ret = more;
	if (walk != NULL)
		free(walk->levels);
	free(walk);
	if (ret == WEIR_EFORMAT)
		return weir_problem_set(
		    problem, ret, "the database is damaged (weir-load check)");
	if (ret < 0)
		return weir_problem_set(problem, ret,
		    "the lists cannot be judged: %s", weir_error_text(ret));
	return 0;
}
