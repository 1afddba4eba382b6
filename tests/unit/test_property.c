/*
 * test_property.c - random feeds and random queries: what the database and the
 * policy say, and what the naive matcher says (naive.h).
 *
 * Each world is a policy, a base with some thousand statements, and an overlay
 * over it which changes and deletes some; both are asked.
 *
 * 200,000 look-ups, or WEIR_PROPERTY_LOOKUPS; WEIR_PROPERTY_SEED for others.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/file.h"
#include "lib/generation.h"
#include "lib/policy.h"
#include "lmdb-loader/changes.h"
#include "lmdb-loader/overlay.h"
#include "lmdb-loader/sort.h"
#include "lmdb-loader/store.h"
#include "lmdb-loader/write.h"
#include "tests/unit/naive.h"
#include "tests/unit/scratch.h"

#define ANSWERS        10
#define STATEMENTS     1500
#define CHANGES        300 /* names that the overlay says anew */
#define LOOKUPS        200000
#define WORLD_LOOKUPS  20000
#define TEXT_SIZE      1100
#define BEGIN_OF_TIMES 1000 /* times are 1000 to 1007 */

/* --- a world --------------------------------------------------------------- */

static struct scratch scratch;
static struct weir_store store;
static struct weir_problem problem;
static struct weir_policy policy;
static struct weir_sort *sort;

static void
need(int error, const char *what)
{
	if (error == 0)
		return;
	fprintf(stderr, "%s: %d %s\n", what, error, problem.text);
	abort();
}

/* Few labels, so that names meet; and some that no list has. */
static void
random_name(unsigned int depth, char *text)
{
	static const char *const labels[] = { "a", "b", "ab", "a-b", "com",
		"net", "example", "evil", "_x", "0", "\\255\\000z",
		("abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-abcdefg"
		 "h1") };
	unsigned int i, pick;
	size_t len = 0;

	for (i = 0; i < depth; i++) {
		pick = chance(8) == 0 ? chance(12) : chance(9);
		/* 63 octets go three times into a name. */
		if (pick == 11 && len > 120)
			pick = 0;
		len += (size_t)sprintf(
		    text + len, "%s%s", i == 0 ? "" : ".", labels[pick]);
	}
	text[len] = '\0';
}

/* One octet of the text, or three digits behind a backslash. */
static unsigned int
octet_at(const char **at)
{
	unsigned int octet = (unsigned char)*(*at)++;

	if (octet != '\\')
		return octet;
	octet = (unsigned int)((*at)[0] - '0') * 100 +
		(unsigned int)((*at)[1] - '0') * 10 +
		(unsigned int)((*at)[2] - '0');
	*at += 3;
	return octet;
}

/* In wire format, with capitals here and there. */
static size_t
to_wire(const char *text, bool has_capitals, uint8_t *wire)
{
	size_t len = 1, label = 0;
	unsigned int octet;

	while (*text != '\0') {
		if (*text == '.') {
			wire[label] = (uint8_t)(len - label - 1);
			label = len++;
			text++;
			continue;
		}
		octet = octet_at(&text);
		if (has_capitals && octet >= 'a' && octet <= 'z' &&
		    chance(2) == 0)
			octet -= 'a' - 'A';
		wire[len++] = (uint8_t)octet;
	}
	wire[label] = (uint8_t)(len - label - 1);
	wire[len++] = 0;
	return len;
}

static size_t
to_key(const char *text, uint8_t *key)
{
	uint8_t wire[TEXT_SIZE];
	struct weir_name name;

	need(
	    weir_name_from_wire(wire, to_wire(text, false, wire), &name), text);
	return weir_name_to_key(&name, WEIR_TRIGGER_QNAME, key, NULL);
}

static void
make_policy(void)
{
	struct naive_feed *naive;
	struct weir_feed *feed;
	unsigned int i, j;

	weir_policy_init(&policy);
	memset(naive_feeds, 0, sizeof(naive_feeds));
	for (i = 1; i < CATEGORIES; i++)
		sprintf(policy.categories[i], "c%u", i);
	policy.category_count = CATEGORIES;
	naive_feeds[0].action = WEIR_ACTION_PASS;
	naive_feeds[1].action = WEIR_ACTION_NXDOMAIN;
	feed_count = 3 + chance(FEEDS - 2);
	for (i = WEIR_FEED_FIRST; i < feed_count; i++) {
		naive = &naive_feeds[i];
		feed = &policy.feeds[i];
		sprintf(feed->name, "f%u", i);
		naive->is_shadow = chance(4) == 0;
		naive->action = WEIR_ACTION_NXDOMAIN + chance(7);
		naive->min_confidence = chance(3) == 0 ? 50 : 0;
		naive->has_categories = chance(4) == 0;
		feed->mode = naive->is_shadow ? WEIR_MODE_SHADOW
					      : WEIR_MODE_ENFORCE;
		feed->action = (uint8_t)naive->action;
		feed->min_confidence = (uint8_t)naive->min_confidence;
		feed->has_categories = naive->has_categories;
		for (j = 0; j < CATEGORIES; j++) {
			naive->categories[j] = chance(2) == 0;
			if (naive->categories[j])
				feed->categories[0] |= (uint8_t)(1 << j);
		}
	}
	policy.feed_count = feed_count;
	for (i = 0; i < ANSWERS; i++) {
		/* An A record, TTL 60: 192.0.2.i */
		uint8_t record[12] = { WEIR_ANSWER_A, 0, 60, 0, 0, 0, 4, 0, 192,
			0, 2, (uint8_t)i };

		if (weir_answers_add(&policy.answers, record, sizeof(record)) !=
		    (int)i)
			abort();
	}
}

static unsigned int
random_action(void)
{
	static const unsigned int rare[] = { WEIR_ACTION_EXCEPT,
		WEIR_ACTION_PASS, WEIR_ACTION_CANCELLED, WEIR_ACTION_LOCAL,
		WEIR_ACTION_DROP, WEIR_ACTION_NODATA, WEIR_ACTION_EXCEPT,
		WEIR_ACTION_TRUNCATE };

	return chance(2) == 0 ? rare[chance(8)] : WEIR_ACTION_DEFAULT;
}

/* One statement, as an entry for weir and as words for the naive one. */
static void
random_statement(struct weir_entry *entry, struct said *said)
{
	unsigned int scope = 1 + chance(3), action = random_action();
	bool is_important = chance(6) == 0;
	struct word word = {
		.is_said = true, .action = action, .is_important = is_important
	};

	memset(said, 0, sizeof(*said));
	memset(entry, 0, sizeof(*entry));
	if (action == WEIR_ACTION_LOCAL)
		word.answer = 1 + chance(ANSWERS - 1);
	said->is_said = true;
	said->confidence = chance(4) == 0 ? 48 + chance(4) : 100;
	said->category = chance(CATEGORIES);
	if (chance(4) == 0)
		said->valid_until = BEGIN_OF_TIMES + chance(8);
	if (chance(3) == 0)
		said->first_seen = 1 + chance(4);
	entry->feed = (uint16_t)chance(feed_count);
	entry->scope = (uint8_t)scope;
	entry->category = (uint16_t)said->category;
	entry->confidence = (uint8_t)said->confidence;
	entry->valid_until = said->valid_until;
	entry->first_seen = said->first_seen;
	if ((scope & WEIR_SCOPE_NAME) != 0) {
		said->itself = word;
		entry->action = (uint8_t)action;
		entry->answer = (uint16_t)word.answer;
		if (is_important)
			entry->flags |= WEIR_ENTRY_IMPORTANT;
	}
	if ((scope & WEIR_SCOPE_SUBDOMAINS) != 0) {
		said->below = word;
		entry->below_action = (uint8_t)action;
		entry->below_answer = (uint16_t)word.answer;
		if (is_important)
			entry->flags |= WEIR_ENTRY_IMPORTANT_BELOW;
	}
}

/* A statement on a name, to both sides. */
static void
state_one(const char *text)
{
	struct weir_entry entry;
	struct said said, *place;
	uint8_t key[WEIR_KEY_SIZE];

	random_statement(&entry, &said);
	need(weir_sort_add(sort, key, to_key(text, key), &entry), text);
	place = &named_called(text, true)->feeds[entry.feed];
	if (place->is_said)
		say_more(place, &said);
	else
		*place = said;
}

static void
publish_base(void)
{
	struct weir_write_options options = { .kind = WEIR_DB_BASE };
	struct weir_store_draft draft = { .base_file = "base.tmp" };
	char *path = weir_path_join(scratch.folder, draft.base_file);
	struct weir_db_header header;
	char text[TEXT_SIZE];
	unsigned int i;

	need(weir_sort_new(&sort), "sort");
	for (i = 0; i < STATEMENTS; i++) {
		random_name(1 + chance(5), text);
		state_one(text);
	}
	need(weir_sort_finish(sort), "sort");
	draft.name_count = weir_sort_count(sort);
	need(weir_write_db(path, weir_sort_stream(sort), &policy, &options,
		 NULL, &header, &problem),
	    path);
	need(weir_store_prove(&store, draft.base_file, &draft.base, &problem),
	    path);
	need(weir_store_next(&store, &draft.generation), path);
	need(weir_store_publish(&store, &draft, &problem), path);
	weir_sort_free(sort);
	free(path);
}

struct gone {
	uint8_t key[WEIR_KEY_SIZE];
	size_t len;
};

static int
compare_gone(const void *a, const void *b)
{
	const struct gone *left = a, *right = b;

	return weir_name_compare_keys(
	    left->key, left->len, right->key, right->len);
}

/* What the sort has, and the names that are gone, as one row of changes. */
static void
gather(struct weir_changes *changes, struct gone *gone, unsigned int gone_count)
{
	struct weir_stream *stream = weir_sort_stream(sort);
	struct weir_stream_item item;
	struct gone at;
	unsigned int i = 0;
	int has_item;

	qsort(gone, gone_count, sizeof(*gone), compare_gone);
	for (;;) {
		has_item = stream->next(stream, &item);
		if (has_item == 1) {
			memcpy(at.key, item.key, item.key_len);
			at.len = item.key_len;
		}
		while (i < gone_count &&
		       (has_item != 1 || compare_gone(&gone[i], &at) < 0)) {
			need(weir_changes_add(
				 changes, gone[i].key, gone[i].len, NULL, 0),
			    "changes");
			i++;
		}
		if (has_item != 1)
			return;
		need(weir_changes_add(changes, item.key, item.key_len,
			 item.entries, item.entry_count),
		    "changes");
	}
}

/* Says some names anew, and deletes some. */
static unsigned int
change_names(struct gone *gone)
{
	struct named *named;
	unsigned int i, j, gone_count = 0;
	char text[TEXT_SIZE];
	/* Said anew: may not be deleted again. */
	static bool is_changed[TABLE];

	memset(is_changed, 0, sizeof(is_changed));
	for (i = 0; i < CHANGES; i++) {
		random_name(1 + chance(5), text);
		named = named_called(text, true);
		if (is_changed[named - table])
			continue;
		is_changed[named - table] = true;
		memset(named->feeds, 0, sizeof(named->feeds));
		if (chance(3) == 0) {
			gone[gone_count].len = to_key(
			    text, gone[gone_count].key);
			gone_count++;
			continue;
		}
		for (j = 1 + chance(3); j > 0; j--)
			state_one(text);
	}
	return gone_count;
}

static void
publish_overlay(void)
{
	static struct gone gone[CHANGES];
	struct weir_store_draft draft = { .generation = 0 };
	struct weir_generation generation;
	struct weir_changes changes;
	unsigned int gone_count;

	need(weir_sort_new(&sort), "sort");
	gone_count = change_names(gone);
	need(weir_sort_finish(sort), "sort");
	weir_changes_init(&changes, UINT64_MAX);
	gather(&changes, gone, gone_count);
	need(weir_store_open_generation(
		 &store, &store.current, false, &generation, &problem),
	    "open");
	draft.name_count = named_count;
	need(weir_store_next(&store, &draft.generation), "next");
	need(weir_overlay_write(
		 &store, &generation, &changes, &policy, &draft, &problem),
	    "overlay");
	need(weir_store_publish(&store, &draft, &problem), "publish");
	weir_generation_close(&generation);
	weir_changes_done(&changes);
	weir_sort_free(sort);
}

/* --- both are asked -------------------------------------------------------- */

static bool
look_up(const struct weir_generation *generation)
{
	struct weir_matches matches = { .count = 0 };
	struct weir_verdict verdict;
	struct found decided, shadow;
	uint8_t wire[TEXT_SIZE];
	uint32_t now_unix = BEGIN_OF_TIMES + chance(8);
	char text[TEXT_SIZE];
	int ret;

	random_name(1 + chance(7), text);
	ret = weir_generation_lookup_wire(
	    generation, wire, to_wire(text, true, wire), &matches);
	need(ret < 0 ? ret : 0, text);
	need(weir_policy_decide(weir_generation_policy(generation), &matches,
		 now_unix, &verdict),
	    text);
	ask_all(text, now_unix, &decided, &shadow);
	if (is_same(&verdict.decided, &decided) &&
	    is_same(&verdict.shadow, &shadow))
		return true;
	fprintf(stderr, "%s at %u:\n", text, (unsigned int)now_unix);
	print_rule("weir", &verdict.decided);
	print_found("naive", &decided);
	print_rule("weir, shadow", &verdict.shadow);
	print_found("naive, shadow", &shadow);
	return false;
}

static unsigned long
look_up_many(unsigned long count)
{
	struct weir_generation generation;
	unsigned long i, differences = 0;

	need(weir_store_open_generation(
		 &store, &store.current, true, &generation, &problem),
	    "open");
	for (i = 0; i < count && differences < 5; i++)
		differences += !look_up(&generation);
	weir_generation_close(&generation);
	return differences;
}

/* A policy, a base, an overlay: half of the look-ups each. */
static unsigned long
check_world(unsigned long count)
{
	unsigned long differences;

	scratch_init(&scratch);
	need(weir_store_lock(scratch.folder, 0, &store, &problem), "store");
	make_policy();
	publish_base();
	differences = look_up_many(count / 2);
	publish_overlay();
	differences += look_up_many(count - count / 2);
	weir_store_close(&store);
	scratch_done(&scratch);
	forget_all();
	return differences;
}

int
main(void)
{
	unsigned long left = number_of("WEIR_PROPERTY_LOOKUPS", LOOKUPS);
	unsigned long seed = number_of("WEIR_PROPERTY_SEED", 1);
	unsigned long count, done = 0, differences = 0;

	for (; left > 0 && differences == 0; left -= count, seed++) {
		state = (seed + 1) * 0x9e3779b97f4a7c15ULL;
		count = left < WORLD_LOOKUPS ? left : WORLD_LOOKUPS;
		differences = check_world(count);
		if (differences > 0)
			fprintf(stderr, "WEIR_PROPERTY_SEED=%lu\n", seed);
		done += count;
	}
	printf("%lu look-ups, %lu differences\n", done, differences);
	return differences == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
