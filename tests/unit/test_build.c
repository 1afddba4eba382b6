/*
 * test_build.c - from lists to a database that answers, and what differs.
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/db.h"
#include "lib/file.h"
#include "lib/filter.h"
#include "lmdb-loader/compile.h"
#include "lmdb-loader/diff.h"
#include "lmdb-loader/intern.h"
#include "lmdb-loader/write.h"
#include "tests/unit/scratch.h"

static struct scratch scratch;
static struct weir_problem problem;
static unsigned int thread_count = 1;

static void
setup(void)
{
	scratch_init(&scratch);
}

static void
teardown(void)
{
	scratch_done(&scratch);
}

static void
put_file(const char *file, const char *text)
{
	ck_assert_int_eq(
	    weir_file_replace(scratch.folder, file, text, strlen(text)), 0);
}

static struct weir_settings *
settings_of(const char *yaml)
{
	struct weir_settings_formats formats = { .is_known = NULL };
	struct weir_settings *settings;
	char *path = weir_path_join(scratch.folder, "weir.yaml");
	int ret;

	put_file("weir.yaml", yaml);
	ret = weir_settings_read(path, &formats, &settings, &problem);
	ck_assert_msg(ret == 0, "%s", problem.text);
	free(path);
	return settings;
}

static struct weir_compiled
compile(const struct weir_settings *settings, struct weir_db *old)
{
	const struct weir_generation generation = { .base = old };
	struct weir_compiled compiled;
	int ret = weir_compile(settings, NULL, old != NULL ? &generation : NULL,
	    thread_count, &compiled, &problem);

	ck_assert_msg(ret == 0, "%s", problem.text);
	return compiled;
}

/* Writes, opens, proves. */
static struct weir_db *
build(struct weir_sort *sort, const struct weir_policy *policy)
{
	char *path = weir_path_join(scratch.folder, "test.base");
	struct weir_write_options options = { .kind = WEIR_DB_BASE,
		.created_unix = 1000 };
	struct weir_db_header header;
	struct weir_db *db;
	int ret;

	(void)unlink(path);
	ret = weir_write_db(path, weir_sort_stream(sort), policy, &options,
	    NULL, &header, &problem);
	ck_assert_msg(ret == 0, "%s", problem.text);
	ret = weir_db_open(path, 0, &db, &problem);
	ck_assert_msg(ret == 0, "%s", problem.text);
	ret = weir_db_check(db, &problem);
	ck_assert_msg(ret == 0, "%s", problem.text);
	free(path);
	return db;
}

static struct weir_db *
build_yaml(const char *yaml, struct weir_db *old)
{
	struct weir_settings *settings = settings_of(yaml);
	struct weir_compiled compiled = compile(settings, old);
	struct weir_db *db = build(compiled.sort, &settings->policy);

	weir_compile_done(&compiled);
	weir_settings_free(settings);
	return db;
}

/* The feed that decides about a name; "" if none does. */
static const char *
decides(struct weir_db *db, const char *text)
{
	const struct weir_generation generation = { .base = db };
	struct weir_matches matches;
	struct weir_verdict verdict;
	struct weir_name name;

	ck_assert_int_eq(weir_name_parse(text, strlen(text), &name), 0);
	ck_assert_int_ge(
	    weir_generation_lookup(&generation, &name, &matches), 0);
	ck_assert_int_eq(
	    weir_policy_decide(weir_db_policy(db), &matches, 2000, &verdict),
	    0);
	if (!verdict.decided.is_set)
		return "";
	return weir_db_policy(db)->feeds[verdict.decided.entry.feed].name;
}

#define TWO_FEEDS                                                 \
	"feeds:\n"                                                \
	"  - name: one\n    file: one.txt\n    format: domains\n" \
	"    category: malware\n    subdomains: yes\n"            \
	"  - name: two\n    file: two.txt\n    format: hosts\n"   \
	"    subdomains: no\n"

START_TEST(every_size_of_a_small_database_is_whole)
{
	struct weir_policy *policy = malloc(sizeof(*policy));
	struct weir_entry entry = { .feed = 1, .scope = 3, .confidence = 9 };
	struct weir_sort *sort;
	unsigned int count, i;
	char key[300];

	ck_assert_ptr_nonnull(policy);
	weir_policy_init(policy);
	/* Up to where the filter gets pages of its own: it lies at another
	 * place in its page each time. */
	for (count = 0; count < 1500; count += count < 200 ? 1 : 97) {
		ck_assert_int_eq(weir_sort_new(&sort), 0);
		for (i = 0; i < count; i++) {
			snprintf(key, sizeof(key), "\001\003com\006n%05u", i);
			ck_assert_int_eq(weir_sort_add(sort,
					     (const uint8_t *)key, 12, &entry),
			    0);
		}
		ck_assert_int_eq(weir_sort_finish(sort), 0);
		weir_db_close(build(sort, policy));
		weir_sort_free(sort);
	}
	free(policy);
}
END_TEST

/* So many that threads are worth their while, wherever they may help. */
#define MANY 70000

/* A stream of keys that no sort has seen. */
struct made_up {
	struct weir_stream stream;
	unsigned int at, last;
	char key[16];
	uint8_t entries[2 * WEIR_ENTRY_BYTES];
	unsigned int (*entry_count)(unsigned int at);
};

static int
next_made_up(struct weir_stream *stream, struct weir_stream_item *ret_item)
{
	struct made_up *made_up = (struct made_up *)stream;
	struct weir_entry entry = { .scope = 3,
		.confidence = (uint8_t)(made_up->at % 2) };

	if (made_up->at == made_up->last)
		return 0;
	snprintf(made_up->key, sizeof(made_up->key), "\001\003com\006n%05u",
	    made_up->at);
	weir_entry_encode(&entry, made_up->entries);
	entry.feed = 1;
	weir_entry_encode(&entry, made_up->entries + WEIR_ENTRY_BYTES);
	ret_item->key = (const uint8_t *)made_up->key;
	ret_item->key_len = 12;
	ret_item->entries = made_up->entries;
	ret_item->entry_count = made_up->entry_count(made_up->at++);
	return 1;
}

static int
write_made_up(unsigned int (*entry_count)(unsigned int at), uint64_t announced,
    enum weir_db_kind kind, struct weir_db_header *ret_header)
{
	static const struct weir_db_header base = {
		.filter_key = "sixteen octets.", .checksum = { 7 }
	};
	struct weir_write_options options = { .kind = kind, .base = &base };
	struct made_up made_up = { .stream = { announced, announced * 12,
				       next_made_up },
		.last = announced > MANY ? MANY : 1000,
		.entry_count = entry_count };
	struct weir_policy *policy = malloc(sizeof(*policy));
	char *path = weir_path_join(scratch.folder, "made-up.base");
	int ret;

	ck_assert_ptr_nonnull(policy);
	weir_policy_init(policy);
	(void)unlink(path);
	ret = weir_write_db(path, &made_up.stream, policy, &options, NULL,
	    ret_header, &problem);
	if (ret == 0)
		ck_assert_mem_eq(ret_header->filter_key, base.filter_key, 16);
	free(policy);
	free(path);
	return ret;
}

static unsigned int
one_or_two(unsigned int at)
{
	return at % 4 == 0 ? 2 : 1;
}

static unsigned int
none_or_one(unsigned int at)
{
	return at % 4 == 0 ? 0 : 1;
}

START_TEST(equal_sets_are_stored_once)
{
	struct weir_db_header header;

	ck_assert_int_eq(
	    write_made_up(one_or_two, 1000, WEIR_DB_BASE, &header), 0);
	/* {0:0, 1:0}, {0:1}, {0:0} */
	ck_assert_uint_eq(
	    header.sets_len, 3 * WEIR_SET_HEAD_BYTES + 4 * WEIR_ENTRY_BYTES);
}
END_TEST

START_TEST(an_overlay_may_have_tombstones_and_fewer_keys_than_announced)
{
	struct weir_db_header header;

	ck_assert_int_eq(
	    write_made_up(none_or_one, 1500, WEIR_DB_OVERLAY, &header), 0);
	ck_assert_uint_eq(header.kind, WEIR_DB_OVERLAY);
	ck_assert_uint_eq(header.name_count, 1000);
	ck_assert_uint_eq(
	    header.filter_block_count, weir_filter_block_count(1500));
	ck_assert_uint_eq(
	    header.sets_len, 2 * (WEIR_SET_HEAD_BYTES + WEIR_ENTRY_BYTES));
}
END_TEST

START_TEST(what_no_base_may_hold_is_not_written)
{
	struct weir_db_header header;

	ck_assert_int_eq(
	    write_made_up(none_or_one, 1000, WEIR_DB_BASE, &header),
	    WEIR_EFORMAT);
	ck_assert_int_eq(
	    write_made_up(one_or_two, 999, WEIR_DB_BASE, &header), WEIR_ELIMIT);
}
END_TEST

static unsigned int
none_at_the_end(unsigned int at)
{
	return at < MANY - 1 ? 1 : 0;
}

START_TEST(many_names_are_made_and_written_side_by_side)
{
	char *path = weir_path_join(scratch.folder, "made-up.base");
	struct weir_db_header header;
	struct weir_db *db;

	ck_assert_int_eq(
	    write_made_up(one_or_two, MANY + 1, WEIR_DB_BASE, &header), 0);
	ck_assert_uint_eq(header.name_count, MANY);
	ck_assert_int_eq(weir_db_open(path, 0, &db, &problem), 0);
	ck_assert_msg(weir_db_check(db, &problem) == 0, "%s", problem.text);
	weir_db_close(db);
	/* The one who makes them fails, and the other one ends. */
	ck_assert_int_eq(
	    write_made_up(none_at_the_end, MANY + 1, WEIR_DB_BASE, &header),
	    WEIR_EFORMAT);
	ck_assert_ptr_nonnull(strstr(problem.text, "a key without entries"));
	free(path);
}
END_TEST

static void
put_many(const char *file, unsigned int from, unsigned int to)
{
	char *path = weir_path_join(scratch.folder, file);
	FILE *stream = fopen(path, "w");
	unsigned int i;

	ck_assert_ptr_nonnull(stream);
	for (i = from; i < to; i++)
		fprintf(stream, "%s%x.n%u.example%s", i % 9 ? "" : "*.",
		    i * 2654435761U, i % 100, i % 1000 ? "\n" : "\nbad..one\n");
	ck_assert_int_eq(fclose(stream), 0);
	free(path);
}

START_TEST(threads_change_neither_the_names_nor_the_report)
{
	static const char yaml[] = TWO_FEEDS "compile-memory: 32\n"
					     "allow: [ n7.example ]\n"
					     "never-block: [ n8.example ]\n";
	struct weir_settings *settings;
	struct weir_compiled one, many;
	struct weir_stream_item item, other;
	struct weir_stream *items, *others;
	unsigned int differing = 0;

	put_many("one.txt", 0, 200000);
	put_many("two.txt", 100000, 300000);
	settings = settings_of(yaml);
	one = compile(settings, NULL);
	thread_count = 3;
	many = compile(settings, NULL);
	ck_assert_uint_gt(weir_sort_count(one.sort), 280000);
	items = weir_sort_stream(one.sort);
	others = weir_sort_stream(many.sort);
	ck_assert_uint_eq(items->count, others->count);
	while (items->next(items, &item) == 1)
		differing += others->next(others, &other) != 1 ||
			     item.key_len != other.key_len ||
			     item.entry_count != other.entry_count ||
			     memcmp(item.key, other.key, item.key_len) != 0 ||
			     memcmp(item.entries, other.entries,
				 item.entry_count * WEIR_ENTRY_BYTES) != 0;
	ck_assert_uint_eq(differing, 0);
	ck_assert_mem_eq(
	    one.feeds, many.feeds, 2 * sizeof(struct weir_compile_feed));
	ck_assert_uint_gt(one.feeds[0].report.entry_count, 190000);
	weir_compile_done(&one);
	weir_compile_done(&many);
	weir_settings_free(settings);
}
END_TEST

START_TEST(rules_and_feeds_decide_in_their_order)
{
	static const struct {
		const char *name, *feed;
	} table[] = {
		{ "evil.example", "one" },
		{ "www.evil.example", "one" },
		{ "good.evil.example", "allow" },
		{ "a.good.evil.example", "allow" },
		{ "ads.example", "two" },
		{ "www.ads.example", "" },
		{ "denied.example", "" },
		{ "www.denied.example", "deny" },
		{ "one.example", "deny" },
		{ "www.one.example", "" },
		{ "xn--bcher-kva.example", "one" },
		{ "example", "" },
		{ ".", "" },
	};
	struct weir_db *db;
	size_t i;

	put_file("one.txt", "EVIL.example.\nb\303\274cher.example\n");
	put_file("two.txt", "0.0.0.0 ads.example evil.example\n");
	db = build_yaml(TWO_FEEDS
	    "allow: [ good.evil.example ]\n"
	    "deny: [ '*.denied.example', '=one.example' ]\n",
	    NULL);
	ck_assert_uint_eq(weir_db_header(db)->name_count, 6);
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		ck_assert_msg(
		    strcmp(decides(db, table[i].name), table[i].feed) == 0,
		    "%s: %s", table[i].name, decides(db, table[i].name));
	weir_db_close(db);
}
END_TEST

/* Rows of one name say different things; those that do not exist for the feed
 * are no part of what does. */
START_TEST(what_does_not_count_is_not_put_together_with_what_does)
{
	static const struct {
		const char *name, *feed;
		uint32_t valid_until;
	} table[] = {
		{ "kind.example", "one", 0 },
		{ "kind2.example", "one", 0 },
		{ "unsure.example", "", 0 },
		{ "ends.example", "one", UINT32_MAX },
		{ "neither.example", "", 0 },
	};
	struct weir_generation with_base = { .base = NULL };
	struct weir_settings *settings;
	struct weir_compiled compiled;
	struct weir_matches matches;
	struct weir_entry entry;
	struct weir_name name;
	struct weir_db *db;
	size_t i;

	put_file("one.csv", "domain,category,confidence,valid_until\n"
			    "kind.example,ads,90,\n"
			    "kind.example,malware,90,\n"
			    "kind2.example,malware,90,\n"
			    "kind2.example,ads,90,\n"
			    "unsure.example,malware,10,\n"
			    "unsure.example,ads,90,\n"
			    "ends.example,malware,10,\n"
			    "ends.example,malware,90,9999-01-01\n"
			    "neither.example,ads,90,\n"
			    "neither.example,malware,10,\n");
	settings = settings_of(
	    "feeds:\n"
	    "  - name: one\n    file: one.csv\n    format: csv\n"
	    "    categories: [malware]\n    min-confidence: 50\n");
	compiled = compile(settings, NULL);
	db = build(compiled.sort, compiled.policy);
	with_base.base = db;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		ck_assert_msg(
		    strcmp(decides(db, table[i].name), table[i].feed) == 0,
		    "%s: %s", table[i].name, decides(db, table[i].name));
		ck_assert_int_eq(weir_name_parse(table[i].name,
				     strlen(table[i].name), &name),
		    0);
		ck_assert_int_eq(
		    weir_generation_lookup(&with_base, &name, &matches), 1);
		ck_assert_int_eq(
		    weir_entry_decode(matches.items[0].entries, &entry), 0);
		ck_assert_msg(entry.valid_until == table[i].valid_until,
		    "%s: until %u", table[i].name, entry.valid_until);
	}
	weir_db_close(db);
	weir_compile_done(&compiled);
	weir_settings_free(settings);
}
END_TEST

static void
put_categories(const char *file, const char *prefix, unsigned int count)
{
	FILE *stream;
	char *text;
	size_t len;
	unsigned int i;

	stream = open_memstream(&text, &len);
	fputs("domain,category\n", stream);
	for (i = 0; i < count; i++)
		fprintf(stream, "%s%u.example,%s-%u\n", prefix, i, prefix, i);
	ck_assert_int_eq(fclose(stream), 0);
	put_file(file, text);
	free(text);
}

/* One feed's list may fill the table; the next one's entries are none of what
 * that feed is to use, though its own category is. */
START_TEST(too_many_categories_make_no_entry_count)
{
	struct weir_settings *settings;
	struct weir_compiled compiled;
	struct weir_db *db;

	put_categories("one.csv", "a", 300);
	put_categories("two.csv", "b", 3);
	settings = settings_of(
	    "feeds:\n"
	    "  - name: one\n    file: one.csv\n    format: csv\n"
	    "    category: first\n"
	    "  - name: two\n    file: two.csv\n    format: csv\n"
	    "    category: malware\n    categories: [malware]\n");
	compiled = compile(settings, NULL);
	ck_assert(compiled.has_lost_categories);
	ck_assert_uint_eq(compiled.policy->category_count, WEIR_CATEGORIES);
	db = build(compiled.sort, compiled.policy);
	weir_compile_done(&compiled);
	ck_assert_str_eq(decides(db, "a299.example"), "one");
	ck_assert_str_eq(decides(db, "b1.example"), "");
	/* The next one begins anew, kept names and their categories with it. */
	put_categories("one.csv", "c", 20);
	put_file("two.csv", "<html>");
	compiled = compile(settings, db);
	ck_assert(!compiled.has_lost_categories);
	ck_assert_int_ge(weir_policy_find_category(compiled.policy, "c-19"), 0);
	ck_assert_int_lt(weir_policy_find_category(compiled.policy, "a-1"), 0);
	ck_assert_int_eq(compiled.feeds[1].state, WEIR_COMPILE_KEPT);
	weir_db_close(db);
	db = build(compiled.sort, compiled.policy);
	ck_assert_str_eq(decides(db, "b1.example"), "");
	weir_db_close(db);
	weir_compile_done(&compiled);
	weir_settings_free(settings);
}
END_TEST

START_TEST(never_block_refuses_the_name_and_what_would_cover_it)
{
	struct weir_settings *settings;
	struct weir_compiled compiled;
	struct weir_list_report *report;
	struct weir_db *db;

	put_file("one.txt", "www.bank.example\nbank.example\nother.example\n"
			    "x.www.bank.example\nabank.example\n");
	put_file("two.txt", "0.0.0.0 bank.example www.bank.example\n");
	settings = settings_of(TWO_FEEDS "never-block: [ www.bank.example ]\n"
					 "deny: [ 'bank.example' ]\n");
	compiled = compile(settings, NULL);
	report = &compiled.feeds[0].report;
	ck_assert_uint_eq(report->refused[WEIR_LIST_NEVER_BLOCK], 2);
	ck_assert_uint_eq(report->entry_count, 3);
	ck_assert_uint_eq(report->examples[WEIR_LIST_NEVER_BLOCK][1].line, 2);
	ck_assert_str_eq(
	    report->examples[WEIR_LIST_NEVER_BLOCK][1].text, "bank.example");
	/* Not its subdomains: bank.example itself may be blocked. */
	ck_assert_uint_eq(
	    compiled.feeds[1].report.refused[WEIR_LIST_NEVER_BLOCK], 1);
	db = build(compiled.sort, &settings->policy);
	ck_assert_str_eq(decides(db, "other.example"), "one");
	ck_assert_str_eq(decides(db, "abank.example"), "one");
	/* The local deny is the operator's own word. */
	ck_assert_str_eq(decides(db, "www.bank.example"), "deny");
	weir_db_close(db);
	weir_compile_done(&compiled);
	weir_settings_free(settings);
}
END_TEST

START_TEST(a_list_that_is_gone_keeps_its_names_under_its_new_number)
{
	struct weir_settings *settings;
	struct weir_compiled compiled;
	struct weir_db *old, *db;
	char *path;

	put_file("one.txt", "evil.example\nevil.test\n");
	put_file("two.txt", "0.0.0.0 ads.example evil.test\n");
	old = build_yaml(TWO_FEEDS, NULL);
	path = weir_path_join(scratch.folder, "one.txt");
	ck_assert_int_eq(unlink(path), 0);
	free(path);
	settings = settings_of("feeds:\n"
			       "  - name: zero\n    file: two.txt\n"
			       "    category: ads\n"
			       "  - name: one\n    file: one.txt\n"
			       "    category: malware\n"
			       "  - name: lost\n    file: none.txt\n");
	compiled = compile(settings, old);
	ck_assert_int_eq(compiled.feeds[0].state, WEIR_COMPILE_READ);
	ck_assert_int_eq(compiled.feeds[1].state, WEIR_COMPILE_KEPT);
	ck_assert_uint_eq(compiled.feeds[1].kept_count, 2);
	ck_assert_int_eq(compiled.feeds[2].state, WEIR_COMPILE_LOST);
	ck_assert_str_ne(compiled.feeds[2].problem.text, "");
	ck_assert_uint_eq(compiled.kept_count, 1);
	ck_assert_uint_eq(compiled.lost_count, 1);
	weir_db_close(old);
	db = build(compiled.sort, &settings->policy);
	ck_assert_str_eq(decides(db, "www.evil.example"), "one");
	ck_assert_str_eq(decides(db, "ads.example"), "zero");
	weir_db_close(db);
	weir_compile_done(&compiled);
	weir_settings_free(settings);
}
END_TEST

START_TEST(a_list_without_a_usable_name_wipes_nothing)
{
	static const char *const texts[] = { "", "# nothing\n",
		"<html><body>\n<h1>503</h1>\n</body></html>\n",
		"0.0.0.0 www.bank.example\n" };
	struct weir_settings *settings;
	struct weir_compiled compiled;
	struct weir_db *old;
	size_t i;

	put_file("one.txt", "");
	put_file("two.txt", "0.0.0.0 ads.example evil.test\n");
	old = build_yaml(TWO_FEEDS, NULL);
	settings = settings_of(TWO_FEEDS "never-block: [ www.bank.example ]\n");
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		put_file("two.txt", texts[i]);
		compiled = compile(settings, old);
		ck_assert_int_eq(compiled.feeds[1].state, WEIR_COMPILE_KEPT);
		ck_assert_uint_eq(compiled.feeds[1].kept_count, 2);
		ck_assert_uint_eq(compiled.feeds[1].report.entry_count, 0);
		ck_assert_ptr_nonnull(strstr(compiled.feeds[1].problem.text,
		    "two.txt: holds no usable name"));
		ck_assert_uint_eq(
		    compiled.feeds[1].report.refused[WEIR_LIST_NEVER_BLOCK],
		    i == 3);
		ck_assert_uint_eq(weir_sort_count(compiled.sort), 2);
		/* One that had none before is as it was, and says so. */
		ck_assert_int_eq(compiled.feeds[0].state, WEIR_COMPILE_READ);
		ck_assert_str_ne(compiled.feeds[0].problem.text, "");
		ck_assert_uint_eq(compiled.kept_count, 1);
		ck_assert_uint_eq(compiled.lost_count, 0);
		weir_compile_done(&compiled);
	}
	weir_db_close(old);
	weir_settings_free(settings);
}
END_TEST

struct seen {
	char text[512];
};

static int
see(void *arg, const struct weir_diff *diff,
    const struct weir_diff_change *change)
{
	struct seen *seen = arg;
	char name_text[WEIR_NAME_TEXT_SIZE];
	size_t len = strlen(seen->text);
	struct weir_name name;
	unsigned int i;

	ck_assert_int_eq(
	    weir_name_from_key(change->key, change->key_len, &name), 0);
	weir_name_print(&name, name_text);
	len += (size_t)snprintf(seen->text + len, sizeof(seen->text) - len,
	    "%s %s", weir_diff_kind_text(change->kind), name_text);
	for (i = 0; i < change->row_count; i++)
		len += (size_t)snprintf(seen->text + len,
		    sizeof(seen->text) - len, " %s:%s",
		    diff->rows[change->rows[i].row].name,
		    weir_diff_kind_text(change->rows[i].kind));
	snprintf(seen->text + len, sizeof(seen->text) - len, "\n");
	return 0;
}

/* What differs between a database and the lists as they lie there. */
static struct weir_diff *
diff_to(struct weir_db *old, const char *yaml, struct seen *seen)
{
	struct weir_settings *settings = settings_of(yaml);
	struct weir_compiled compiled = compile(settings, NULL);
	struct weir_diff *diff = malloc(sizeof(*diff));
	const struct weir_generation generation = { .base = old };

	ck_assert_ptr_nonnull(diff);
	seen->text[0] = '\0';
	ck_assert_int_eq(
	    weir_diff_run(old != NULL ? &generation : NULL, &settings->policy,
		weir_sort_stream(compiled.sort), see, seen, diff),
	    0);
	weir_compile_done(&compiled);
	weir_settings_free(settings);
	return diff;
}

START_TEST(the_same_lists_do_not_differ_even_under_other_numbers)
{
	struct weir_diff *diff;
	struct weir_db *old;
	struct seen seen;

	put_file("one.txt", "evil.example\nevil.test\n");
	put_file("two.txt", "0.0.0.0 ads.example evil.test\n");
	old = build_yaml(TWO_FEEDS, NULL);
	diff = diff_to(old, TWO_FEEDS, &seen);
	ck_assert(weir_diff_is_empty(diff));
	ck_assert_uint_eq(diff->names, 3);
	free(diff);
	diff = diff_to(old,
	    "feeds:\n"
	    "  - name: lost\n    file: none.txt\n    category: ads\n"
	    "  - name: two\n    file: two.txt\n    format: hosts\n"
	    "    subdomains: no\n"
	    "  - name: one\n    file: one.txt\n    category: malware\n"
	    "    subdomains: yes\n",
	    &seen);
	ck_assert_str_eq(seen.text, "");
	ck_assert(weir_diff_is_empty(diff));
	free(diff);
	weir_db_close(old);
}
END_TEST

START_TEST(added_removed_and_changed_names_are_told_by_feed)
{
	struct weir_diff *diff;
	struct weir_db *old;
	struct seen seen;

	put_file("one.txt", "a.example\nb.example\nd.example\n");
	put_file("two.txt", "0.0.0.0 b.example z.example\n");
	old = build_yaml(TWO_FEEDS, NULL);
	put_file("one.txt", "b.example\nc.example\nd.example\n");
	put_file("three.txt", "d.example\n");
	diff = diff_to(old,
	    "feeds:\n"
	    "  - name: three\n    file: three.txt\n"
	    "  - name: one\n    file: one.txt\n    category: phishing\n"
	    "    subdomains: yes\n",
	    &seen);
	ck_assert_str_eq(seen.text,
	    "removed a.example one:removed\n"
	    "changed b.example one:changed two:removed\n"
	    "added c.example one:added\n"
	    "changed d.example three:added one:changed\n"
	    "removed z.example two:removed\n");
	ck_assert_uint_eq(diff->added, 1);
	ck_assert_uint_eq(diff->removed, 2);
	ck_assert_uint_eq(diff->changed, 2);
	ck_assert_uint_eq(diff->names, 3);
	ck_assert_uint_eq(diff->row_count, 5);
	ck_assert_str_eq(diff->rows[4].name, "two");
	ck_assert(diff->rows[4].is_gone);
	ck_assert_uint_eq(diff->rows[4].removed, 2);
	free(diff);
	weir_db_close(old);
}
END_TEST

START_TEST(a_full_disk_is_a_failure_that_says_so)
{
	struct rlimit limit = { 65536, RLIM_INFINITY };
	struct weir_policy *policy = malloc(sizeof(*policy));
	struct weir_entry entry = { .feed = 1, .scope = 3, .confidence = 9 };
	char *path = weir_path_join(scratch.folder, "full.base"), key[300];
	struct weir_write_options options = { .kind = WEIR_DB_BASE,
		.created_unix = 1000 };
	struct weir_db_header header;
	struct weir_sort *sort;
	unsigned int i;

	ck_assert_int_eq(weir_sort_new(&sort), 0);
	for (i = 0; i < 60000; i++) {
		snprintf(key, sizeof(key), "\001\003com\006n%05u", i);
		ck_assert_int_eq(
		    weir_sort_add(sort, (const uint8_t *)key, 12, &entry), 0);
	}
	ck_assert_int_eq(weir_sort_finish(sort), 0);
	weir_policy_init(policy);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_lt(weir_write_db(path, weir_sort_stream(sort), policy,
			     &options, NULL, &header, &problem),
	    0);
	limit.rlim_cur = RLIM_INFINITY;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_ptr_nonnull(strstr(problem.text, "full.base: "));
	weir_sort_free(sort);
	free(policy);
	free(path);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("build");
	TCase *tcase = tcase_create("build");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, every_size_of_a_small_database_is_whole);
	tcase_add_test(tcase, equal_sets_are_stored_once);
	tcase_add_test(tcase,
	    an_overlay_may_have_tombstones_and_fewer_keys_than_announced);
	tcase_add_test(tcase, what_no_base_may_hold_is_not_written);
	tcase_add_test(tcase, many_names_are_made_and_written_side_by_side);
	tcase_add_test(tcase, threads_change_neither_the_names_nor_the_report);
	tcase_add_test(tcase, rules_and_feeds_decide_in_their_order);
	tcase_add_test(
	    tcase, what_does_not_count_is_not_put_together_with_what_does);
	tcase_add_test(tcase, too_many_categories_make_no_entry_count);
	tcase_add_test(
	    tcase, never_block_refuses_the_name_and_what_would_cover_it);
	tcase_add_test(
	    tcase, a_list_that_is_gone_keeps_its_names_under_its_new_number);
	tcase_add_test(tcase, a_list_without_a_usable_name_wipes_nothing);
	tcase_add_test(
	    tcase, the_same_lists_do_not_differ_even_under_other_numbers);
	tcase_add_test(tcase, added_removed_and_changed_names_are_told_by_feed);
	tcase_add_test(tcase, a_full_disk_is_a_failure_that_says_so);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
