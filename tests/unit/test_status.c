/*
 * test_status.c - lib/status.c: what a module writes, a reader sees; and a
 * reader takes nothing for a status file that is none.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/status.h"
#include "tests/unit/scratch.h"

static struct scratch scratch;
static struct weir_problem problem;

static void
make_folder(void)
{
	scratch_init(&scratch);
}

static void
remove_folder(void)
{
	scratch_done(&scratch);
}

static struct weir_status
create(unsigned int workers)
{
	struct weir_status status;

	ck_assert_msg(weir_status_create(scratch.folder, workers, "1.17.1",
			  &status, &problem) == WEIR_OK,
	    "%s", problem.text);
	return status;
}

START_TEST(each_way_and_type_has_a_name_of_its_own)
{
	unsigned int i, k;

	for (i = 0; i < WEIR_WAY_COUNT; i++)
		for (k = 0; k < i; k++)
			ck_assert_str_ne(weir_way_text(i), weir_way_text(k));
	ck_assert_ptr_null(weir_way_text(WEIR_WAY_COUNT));
	for (i = 0; i < WEIR_TYPE_COUNT; i++)
		for (k = 0; k < i; k++)
			ck_assert_str_ne(
			    weir_type_slot_text(i), weir_type_slot_text(k));
	ck_assert_ptr_null(weir_type_slot_text(WEIR_TYPE_COUNT));
}
END_TEST

static const struct {
	uint16_t qtype;
	const char *slot;
} qtypes[] = {
	{ 1, "A" },
	{ 28, "AAAA" },
	{ 64, "SVCB" },
	{ 65, "HTTPS" },
	{ 255, "ANY" },
	{ 0, "other" },
	{ 99, "other" },
	{ 65535, "other" },
};

START_TEST(query_types_find_their_slot)
{
	ck_assert_str_eq(weir_type_slot_text(weir_type_slot(qtypes[_i].qtype)),
	    qtypes[_i].slot);
}
END_TEST

START_TEST(reader_sees_what_the_module_counts)
{
	struct weir_status module = create(3), reader;
	struct weir_worker_counts *counts;

	ck_assert_int_eq(
	    weir_status_open(module.path, &reader, &problem), WEIR_OK);
	ck_assert_int_eq(reader.header->pid, getpid());
	ck_assert_uint_eq(reader.header->worker_count, 3);
	ck_assert_str_eq(reader.header->unbound_version, "1.17.1");
	ck_assert_str_eq(reader.header->weir_version, WEIR_VERSION);
	ck_assert_uint_eq(atomic_load(&reader.header->inits), 1);
	counts = weir_status_worker(&module, 2);
	weir_count(&counts->ways[WEIR_WAY_QUERIES]);
	weir_count(&counts->ways[WEIR_WAY_QUERIES]);
	weir_count(&counts->feeds[7][WEIR_FEED_ALLOWED]);
	counts = weir_status_worker(&reader, 2);
	ck_assert_uint_eq(atomic_load(&counts->ways[WEIR_WAY_QUERIES]), 2);
	ck_assert_uint_eq(atomic_load(&counts->feeds[7][WEIR_FEED_ALLOWED]), 1);
	counts = weir_status_worker(&reader, 1);
	ck_assert_uint_eq(atomic_load(&counts->ways[WEIR_WAY_QUERIES]), 0);
	weir_status_close(&reader);
	weir_status_close(&module);
}
END_TEST

START_TEST(last_counter_of_the_last_worker_lies_in_the_file)
{
	struct weir_status module = create(2);
	struct weir_worker_counts *last = weir_status_worker(&module, 1);
	const char *end = (const char *)(last + 1);

	ck_assert(end <= (const char *)module.header + module.size);
	weir_count(&last->feeds[WEIR_STATUS_FEEDS - 1][WEIR_FEED_SHADOWED]);
	weir_status_close(&module);
}
END_TEST

START_TEST(file_of_a_module_that_is_gone_is_not_opened)
{
	struct weir_status module = create(1), reader;
	char path[sizeof(module.path)];

	memcpy(path, module.path, sizeof(path));
	weir_status_close(&module);
	ck_assert_int_eq(
	    weir_status_open(path, &reader, &problem), WEIR_EMISSING);
	ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(second_start_in_one_process_counts_on)
{
	struct weir_status module = create(1);
	struct weir_worker_counts *counts = weir_status_worker(&module, 0);

	weir_count(&counts->ways[WEIR_WAY_PASSED]);
	atomic_store(&module.header->serial_acknowledged, 9);
	weir_status_close(&module);
	module = create(1);
	counts = weir_status_worker(&module, 0);
	ck_assert_uint_eq(atomic_load(&counts->ways[WEIR_WAY_PASSED]), 1);
	ck_assert_uint_eq(atomic_load(&module.header->inits), 2);
	/* The new cache has not been swept by this start. */
	ck_assert_uint_eq(atomic_load(&module.header->serial_acknowledged), 0);
	weir_status_close(&module);
}
END_TEST

START_TEST(other_number_of_workers_starts_anew)
{
	struct weir_status module = create(1);

	weir_count(&weir_status_worker(&module, 0)->ways[WEIR_WAY_PASSED]);
	weir_status_close(&module);
	module = create(2);
	ck_assert_uint_eq(
	    atomic_load(&weir_status_worker(&module, 0)->ways[WEIR_WAY_PASSED]),
	    0);
	ck_assert_uint_eq(atomic_load(&module.header->inits), 1);
	weir_status_close(&module);
}
END_TEST

/* Its last page would be a signal otherwise. */
START_TEST(a_reader_keeps_what_it_has_mapped)
{
	struct weir_status module = create(2), reader, later;
	char path[sizeof(module.path)];
	unsigned int i;

	memcpy(path, module.path, sizeof(path));
	for (i = 0; i < 2; i++) {
		weir_count(
		    &weir_status_worker(&module, 0)->ways[WEIR_WAY_PASSED]);
		ck_assert_int_eq(
		    weir_status_open(path, &reader, &problem), WEIR_OK);
		weir_status_close(&module);
		if (i == 0) {
			module = create(1);
		} else {
			ck_assert_int_eq(
			    weir_status_private(2, "1.17.1", &module), WEIR_OK);
			ck_assert_int_eq(weir_status_share(
					     scratch.folder, &module, &problem),
			    WEIR_OK);
		}
		ck_assert_uint_eq(
		    atomic_load(
			&weir_status_worker(&reader, 0)->ways[WEIR_WAY_PASSED]),
		    1);
		ck_assert_uint_eq(
		    ((const uint8_t *)reader.header)[reader.size - 1], 0);
		weir_status_close(&reader);
		/* The new one has the name. */
		ck_assert_str_eq(module.path, path);
		ck_assert_int_eq(
		    weir_status_open(path, &later, &problem), WEIR_OK);
		ck_assert_uint_eq(later.size, module.size);
		weir_status_close(&later);
	}
	weir_status_close(&module);
}
END_TEST

/* Whoever may write the file changes the header under a reader that has checked
 * it. */
START_TEST(a_reader_goes_by_what_it_has_checked)
{
	struct weir_status module = create(2), reader;
	const char *end;

	ck_assert_int_eq(
	    weir_status_open(module.path, &reader, &problem), WEIR_OK);
	end = (const char *)reader.header + reader.size;
	module.header->worker_count = UINT32_MAX;
	module.header->worker_size = UINT32_MAX;
	ck_assert((const char *)weir_status_worker(&reader, 1) < end);
	ck_assert((const char *)weir_status_worker(&reader, 5) < end);
	ck_assert((const char *)weir_status_recent_slots(&reader) < end);
	ck_assert((const char *)weir_status_top(&reader, 0) < end);
	ck_assert_uint_eq(reader.workers, 2);
	weir_status_close(&reader);
	weir_status_close(&module);
}
END_TEST

START_TEST(two_modules_with_one_process_id_have_two_files)
{
	struct weir_status one = create(1), two = create(1), *all;
	unsigned int count;

	ck_assert_str_ne(one.path, two.path);
	ck_assert_int_eq(
	    weir_status_open_all(scratch.folder, &all, &count, &problem),
	    WEIR_OK);
	ck_assert_uint_eq(count, 2);
	weir_status_close(&all[0]);
	weir_status_close(&all[1]);
	free(all);
	weir_status_close(&one);
	weir_status_close(&two);
}
END_TEST

START_TEST(open_all_passes_over_what_is_no_live_status_file)
{
	struct weir_status module = create(1), gone, *all;
	unsigned int count;

	gone = create(1);
	weir_status_close(&gone);
	ck_assert_int_eq(
	    weir_file_replace(scratch.folder, "9.module", "junk", 4), WEIR_OK);
	ck_assert_int_eq(
	    weir_file_replace(scratch.folder, "notes.txt", "junk", 4), WEIR_OK);
	ck_assert_int_eq(
	    weir_status_open_all(scratch.folder, &all, &count, &problem),
	    WEIR_OK);
	ck_assert_uint_eq(count, 1);
	ck_assert_str_eq(all[0].path, module.path);
	weir_status_close(&all[0]);
	free(all);
	weir_status_close(&module);
}
END_TEST

START_TEST(folder_that_is_not_there_holds_no_module)
{
	struct weir_status *all;
	unsigned int count = 7;

	ck_assert_int_eq(weir_status_open_all("/tmp/weir-no-such-folder", &all,
			     &count, &problem),
	    WEIR_OK);
	ck_assert_uint_eq(count, 0);
	free(all);
}
END_TEST

START_TEST(module_without_a_folder_says_so)
{
	struct weir_status status;

	ck_assert_int_eq(weir_status_create("/tmp/weir-no-such-folder", 1,
			     "1.17.1", &status, &problem),
	    WEIR_ESYSTEM);
	ck_assert_ptr_nonnull(strstr(problem.text, "/tmp/weir-no-such-folder"));
}
END_TEST

START_TEST(without_a_file_it_counts_all_the_same)
{
	struct weir_status module;
	unsigned int slot;

	ck_assert_int_eq(weir_status_private(2, "1.17.1", &module), WEIR_OK);
	slot = weir_status_feed_slot(&module, "one", true);
	weir_count(
	    &weir_status_worker(&module, 1)->feeds[slot][WEIR_FEED_BLOCKED]);
	weir_status_set_problem(&module, "none");
	ck_assert_uint_eq(module.header->worker_count, 2);
	weir_status_close(&module);
	weir_status_close(&module);
}
END_TEST

START_TEST(impossible_numbers_of_workers_are_refused)
{
	struct weir_status status;

	ck_assert_int_lt(
	    weir_status_create(scratch.folder, 0, "1.17.1", &status, &problem),
	    0);
	ck_assert_int_lt(weir_status_create(scratch.folder,
			     WEIR_WORKERS_MAX + 1, "1.17.1", &status, &problem),
	    0);
}
END_TEST

/* Spoils a live file in one place; each must be refused. */
enum spoil {
	SPOIL_MAGIC,
	SPOIL_VERSION,
	SPOIL_HEADER_SIZE,
	SPOIL_WORKER_SIZE,
	SPOIL_WORKER_COUNT,
	SPOIL_FILE_SIZE,
	SPOIL_SHORT,
	SPOIL_EMPTY,
	SPOIL_COUNT
};

static int
spoil(struct weir_status *module, int way)
{
	struct weir_status_header *header = module->header;

	switch (way) {
	case SPOIL_MAGIC:
		header->magic[3]++;
		return WEIR_EFORMAT;
	case SPOIL_VERSION:
		header->version++;
		return WEIR_EVERSION;
	case SPOIL_HEADER_SIZE:
		header->header_size--;
		return WEIR_EFORMAT;
	case SPOIL_WORKER_SIZE:
		header->worker_size *= 2;
		return WEIR_EFORMAT;
	case SPOIL_WORKER_COUNT:
		header->worker_count = UINT32_MAX;
		return WEIR_EFORMAT;
	case SPOIL_FILE_SIZE:
		header->file_size++;
		return WEIR_EFORMAT;
	case SPOIL_SHORT:
		ck_assert_int_eq(
		    ftruncate(module->fd, (off_t)module->size - 4096), 0);
		return WEIR_EFORMAT;
	default:
		ck_assert_int_eq(ftruncate(module->fd, 0), 0);
		return WEIR_EFORMAT;
	}
}

START_TEST(spoilt_file_is_refused)
{
	struct weir_status module = create(2), reader;
	int wanted = spoil(&module, _i);

	problem.text[0] = '\0';
	ck_assert_int_eq(
	    weir_status_open(module.path, &reader, &problem), wanted);
	ck_assert_ptr_nonnull(strstr(problem.text, module.path));
	weir_status_close(&module);
}
END_TEST

START_TEST(feed_keeps_its_slot)
{
	struct weir_status module = create(1);
	unsigned int first = weir_status_feed_slot(&module, "one", true);
	unsigned int second = weir_status_feed_slot(&module, "two", true);

	ck_assert_uint_ne(first, 0);
	ck_assert_uint_ne(second, first);
	ck_assert_uint_eq(weir_status_feed_slot(&module, "one", true), first);
	ck_assert_uint_eq(weir_status_feed_slot(&module, "two", false), second);
	ck_assert_uint_eq(weir_status_feed_slot(&module, "three", false), 0);
	weir_status_close(&module);
}
END_TEST

START_TEST(feeds_without_a_slot_share_the_first)
{
	struct weir_status module = create(1);
	char name[WEIR_FEED_NAME_SIZE];
	unsigned int i;

	for (i = 1; i < WEIR_STATUS_FEEDS; i++) {
		(void)snprintf(name, sizeof(name), "feed-%u", i);
		ck_assert_uint_eq(
		    weir_status_feed_slot(&module, name, true), i);
	}
	ck_assert_uint_eq(weir_status_feed_slot(&module, "late", true), 0);
	ck_assert_uint_eq(
	    weir_status_feed_slot(&module, "feed-511", true), 511);
	weir_status_close(&module);
}
END_TEST

START_TEST(categories_have_slots_and_none_has_the_first)
{
	struct weir_status status = create(1);
	char name[32];
	unsigned int i;

	ck_assert_uint_eq(weir_status_category_slot(&status, "", true), 0);
	ck_assert_uint_eq(weir_status_category_slot(&status, "ads", false), 0);
	ck_assert_uint_eq(weir_status_category_slot(&status, "ads", true), 1);
	ck_assert_uint_eq(weir_status_category_slot(&status, "x", true), 2);
	ck_assert_uint_eq(weir_status_category_slot(&status, "ads", true), 1);
	for (i = 3; i < WEIR_STATUS_CATEGORIES; i++) {
		(void)snprintf(name, sizeof(name), "c%u", i);
		ck_assert_uint_eq(
		    weir_status_category_slot(&status, name, true), i);
	}
	ck_assert_uint_eq(weir_status_category_slot(&status, "more", true), 0);
	weir_status_close(&status);
}
END_TEST

static uint64_t first_seen, last_seen, seen;

static int
see(void *arg, const struct weir_event *event)
{
	const uint64_t *limit = arg;

	if (seen++ == 0)
		first_seen = event->time_ns;
	else
		ck_assert_uint_eq(event->time_ns, last_seen + 1);
	last_seen = event->time_ns;
	return seen == *limit ? 7 : 0;
}

/* Makes the events `from` to `until`; what a reader then sees from *sequence. */
static int
record_and_see(struct weir_status *status, uint64_t from, uint64_t until,
    uint64_t limit, uint64_t *sequence, uint64_t *ret_missed)
{
	uint64_t words[WEIR_EVENT_BYTES / 8];
	struct weir_event event;

	memset(&event, 0, sizeof(event));
	event.qname_len = 1;
	for (; from <= until; from++) {
		event.time_ns = from;
		weir_status_record(
		    status, words, weir_event_encode(&event, (uint8_t *)words));
	}
	seen = 0;
	return weir_status_recent(status, sequence, ret_missed, see, &limit);
}

START_TEST(recent_events_are_followed_by_number)
{
	struct weir_status status = create(1);
	uint64_t at = 0, missed, newest = WEIR_STATUS_NEWEST;

	ck_assert_int_eq(record_and_see(&status, 1, 0, 0, &at, &missed), 0);
	ck_assert(at == 1 && missed == 0 && seen == 0);
	ck_assert_int_eq(record_and_see(&status, 1, 3, 0, &at, &missed), 0);
	ck_assert(at == 4 && missed == 0 && seen == 3 && first_seen == 1);
	/* `each` ends it. */
	ck_assert_int_eq(record_and_see(&status, 4, 9, 2, &at, &missed), 7);
	ck_assert(at == 6 && seen == 2 && first_seen == 4);
	ck_assert_int_eq(record_and_see(&status, 1, 0, 0, &newest, &missed), 0);
	ck_assert(newest == 10 && seen == 0);
	/* Too slow: 100 are gone. */
	ck_assert_int_eq(record_and_see(&status, 10,
			     5 + WEIR_STATUS_RECENT + 100, 0, &at, &missed),
	    0);
	ck_assert_uint_eq(missed, 100);
	ck_assert_uint_eq(seen, WEIR_STATUS_RECENT);
	ck_assert_uint_eq(first_seen, 106);
	ck_assert_uint_eq(at, WEIR_STATUS_RECENT + 106);
	/* A new reader: what is there, and nothing missed. */
	at = 0;
	ck_assert_int_eq(record_and_see(&status, 1, 0, 0, &at, &missed), 0);
	ck_assert(missed == 0 && seen == WEIR_STATUS_RECENT);
	/* One of a file that was there before. */
	at = 1000000;
	ck_assert_int_eq(record_and_see(&status, 1, 0, 0, &at, &missed), 0);
	ck_assert_uint_eq(at, WEIR_STATUS_RECENT + 106);
	weir_status_close(&status);
}
END_TEST

START_TEST(a_slot_that_is_being_written_is_missed)
{
	struct weir_status status = create(1);
	uint64_t at = 0, missed;

	ck_assert_int_eq(record_and_see(&status, 1, 3, 0, &at, &missed), 0);
	atomic_store(&weir_status_recent_slots(&status)[3].sequence, 0);
	at = 1;
	ck_assert_int_eq(record_and_see(&status, 1, 0, 0, &at, &missed), 0);
	ck_assert(missed == 1 && seen == 2 && at == 4);
	weir_status_recent_slots(&status)[2].len = 100000;
	at = 1;
	ck_assert_int_eq(record_and_see(&status, 1, 0, 0, &at, &missed), 0);
	ck_assert(missed == 2 && seen == 1);
	weir_status_close(&status);
}
END_TEST

static uint64_t
one_hash(const void *arg, const uint8_t *key, size_t key_len)
{
	(void)arg;
	(void)key;
	return key_len;
}

/* A reload, a file that was removed, and a module that had no folder at first. */
START_TEST(events_and_lists_survive_the_file)
{
	struct weir_status status = create(2), reader;
	struct weir_top *top = weir_top_new(
	    weir_status_top(&status, WEIR_TOP_COUNT - 1),
	    WEIR_STATUS_TOP_COUNTERS, one_hash, NULL);
	const struct weir_top_key key = { 3, (const uint8_t *)"key", NULL, 3,
		0 };
	uint64_t at = 0, missed;

	ck_assert_int_eq(record_and_see(&status, 1, 3, 0, &at, &missed), 0);
	weir_top_count(top, &key, 5, 1);
	weir_top_publish(top);
	weir_top_free(top);
	weir_status_close(&status);
	status = create(2);
	ck_assert_uint_eq(
	    weir_status_top(&status, WEIR_TOP_COUNT - 1)->total, 5);
	ck_assert_int_eq(unlink(status.path), 0);
	ck_assert_int_eq(
	    weir_status_share(scratch.folder, &status, &problem), WEIR_OK);
	ck_assert_int_eq(
	    weir_status_open(status.path, &reader, &problem), WEIR_OK);
	ck_assert_uint_eq(
	    weir_status_top(&reader, WEIR_TOP_COUNT - 1)->total, 5);
	ck_assert_int_eq(record_and_see(&status, 4, 4, 0, &at, &missed), 0);
	at = 0;
	ck_assert_int_eq(record_and_see(&reader, 1, 0, 0, &at, &missed), 0);
	ck_assert(seen == 4 && at == 5);
	weir_status_close(&reader);
	weir_status_close(&status);
	/* The next one takes up what that process left. */
	ck_assert_int_eq(weir_status_private(2, "1.17.1", &status), WEIR_OK);
	ck_assert_int_eq(
	    weir_status_share(scratch.folder, &status, &problem), WEIR_OK);
	ck_assert_uint_eq(
	    weir_status_top(&status, WEIR_TOP_COUNT - 1)->total, 5);
	ck_assert_uint_eq(atomic_load(&status.header->recent_next), 5);
	weir_status_close(&status);
}
END_TEST

START_TEST(work_falls_into_its_bucket)
{
	static const struct {
		uint64_t ns;
		unsigned int bucket;
	} rows[] = { { 0, 0 }, { 1, 1 }, { 2, 2 }, { 3, 2 }, { 4, 3 },
		{ 1023, 10 }, { 1024, 11 }, { 1ULL << 30, 31 },
		{ UINT64_MAX, 31 } };
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_uint_eq(
		    weir_status_work_bucket(rows[i].ns), rows[i].bucket);
}
END_TEST

START_TEST(a_client_comes_back_from_its_key)
{
	struct weir_client client = { .family = 6,
		.prefix = 56,
		.address = { 0x20, 1, 0xd, 0xb8 } },
			   back;
	uint8_t key[WEIR_CLIENT_KEY_SIZE];

	weir_client_key(&client, key);
	ck_assert(weir_client_of_key(key, sizeof(key), &back));
	ck_assert_mem_eq(&client, &back, sizeof(client));
	ck_assert(!weir_client_of_key(key, sizeof(key) - 1, &back));
}
END_TEST

START_TEST(problem_is_read_as_written_and_cut_to_fit)
{
	struct weir_status module = create(1);
	char text[256], small[8], big[1000];

	weir_status_get_problem(&module, text, sizeof(text));
	ck_assert_str_eq(text, "");
	weir_status_set_problem(&module, "3.base: wrong checksum");
	weir_status_get_problem(&module, text, sizeof(text));
	ck_assert_str_eq(text, "3.base: wrong checksum");
	weir_status_get_problem(&module, small, sizeof(small));
	ck_assert_str_eq(small, "3.base:");
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	weir_status_set_problem(&module, big);
	weir_status_get_problem(&module, text, sizeof(text));
	ck_assert_uint_eq(strlen(text), 255);
	weir_status_close(&module);
}
END_TEST

static Suite *
status_suite(void)
{
	Suite *suite = suite_create("status");
	TCase *tcase = tcase_create("status");

	tcase_add_checked_fixture(tcase, make_folder, remove_folder);
	tcase_add_test(tcase, each_way_and_type_has_a_name_of_its_own);
	tcase_add_loop_test(tcase, query_types_find_their_slot, 0,
	    (int)(sizeof(qtypes) / sizeof(qtypes[0])));
	tcase_add_test(tcase, reader_sees_what_the_module_counts);
	tcase_add_test(tcase, last_counter_of_the_last_worker_lies_in_the_file);
	tcase_add_test(tcase, file_of_a_module_that_is_gone_is_not_opened);
	tcase_add_test(tcase, second_start_in_one_process_counts_on);
	tcase_add_test(tcase, other_number_of_workers_starts_anew);
	tcase_add_test(tcase, a_reader_keeps_what_it_has_mapped);
	tcase_add_test(tcase, a_reader_goes_by_what_it_has_checked);
	tcase_add_test(tcase, two_modules_with_one_process_id_have_two_files);
	tcase_add_test(tcase, open_all_passes_over_what_is_no_live_status_file);
	tcase_add_test(tcase, folder_that_is_not_there_holds_no_module);
	tcase_add_test(tcase, module_without_a_folder_says_so);
	tcase_add_test(tcase, without_a_file_it_counts_all_the_same);
	tcase_add_test(tcase, impossible_numbers_of_workers_are_refused);
	tcase_add_loop_test(tcase, spoilt_file_is_refused, 0, SPOIL_COUNT);
	tcase_add_test(tcase, feed_keeps_its_slot);
	tcase_add_test(tcase, feeds_without_a_slot_share_the_first);
	tcase_add_test(tcase, problem_is_read_as_written_and_cut_to_fit);
	tcase_add_test(tcase, categories_have_slots_and_none_has_the_first);
	tcase_add_test(tcase, recent_events_are_followed_by_number);
	tcase_add_test(tcase, a_slot_that_is_being_written_is_missed);
	tcase_add_test(tcase, events_and_lists_survive_the_file);
	tcase_add_test(tcase, work_falls_into_its_bucket);
	tcase_add_test(tcase, a_client_comes_back_from_its_key);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	SRunner *runner = srunner_create(status_suite());
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
