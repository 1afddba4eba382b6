/*
 * test_store.c - the database folder: publish, roll back, prune, lock.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"
#include "lmdb-loader/overlay.h"
#include "lmdb-loader/sort.h"
#include "lmdb-loader/store.h"
#include "lmdb-loader/write.h"
#include "tests/unit/scratch.h"

static struct scratch scratch;
static struct weir_store store;
static struct weir_problem problem;

static void
setup(void)
{
	scratch_init(&scratch);
	ck_assert_int_eq(
	    weir_store_lock(scratch.folder, 0, &store, &problem), 0);
	ck_assert_str_eq(problem.text, "");
}

static void
teardown(void)
{
	weir_store_close(&store);
	scratch_done(&scratch);
}

static void
write_tmp(uint64_t generation, unsigned int name_count)
{
	char *path = weir_store_path(&store, generation, "base.tmp");
	struct weir_policy *policy = malloc(sizeof(*policy));
	struct weir_entry entry = { .feed = 1, .scope = 3, .confidence = 9 };
	struct weir_write_options options = { .kind = WEIR_DB_BASE,
		.created_unix = 1000 };
	struct weir_db_header header;
	struct weir_sort *sort;
	char key[16];
	unsigned int i;

	ck_assert_ptr_nonnull(policy);
	ck_assert_int_eq(weir_sort_new(&sort), 0);
	for (i = 0; i < name_count; i++) {
		snprintf(key, sizeof(key), "\001\003com\006n%05u", i);
		ck_assert_int_eq(
		    weir_sort_add(sort, (const uint8_t *)key, 12, &entry), 0);
	}
	ck_assert_int_eq(weir_sort_finish(sort), 0);
	weir_policy_init(policy);
	ck_assert_int_eq(weir_write_db(path, weir_sort_stream(sort), policy,
			     &options, NULL, &header, &problem),
	    0);
	ck_assert_uint_eq(header.name_count, name_count);
	weir_sort_free(sort);
	free(policy);
	free(path);
}

static int
publish_tmp(uint64_t generation, unsigned int name_count)
{
	struct weir_store_draft draft = { .generation = generation,
		.name_count = name_count };
	char file[64];
	int ret;

	snprintf(file, sizeof(file), "%llu.base.tmp",
	    (unsigned long long)generation);
	draft.base_file = file;
	ret = weir_store_prove(&store, file, &draft.base, &problem);
	return ret == 0 ? weir_store_publish(&store, &draft, &problem) : ret;
}

static uint64_t
publish(unsigned int name_count)
{
	uint64_t generation;

	ck_assert_int_eq(weir_store_next(&store, &generation), 0);
	write_tmp(generation, name_count);
	ck_assert_int_eq(publish_tmp(generation, name_count), 0);
	return generation;
}

/* A generation with an overlay of one name over the current base. */
static uint64_t
publish_overlay(const char *key)
{
	struct weir_store_draft draft = {
		.name_count = store.current.name_count + 1
	};
	const struct weir_entry entry = {
		.feed = 1, .scope = 3, .confidence = 9
	};
	uint8_t encoded[WEIR_ENTRY_BYTES];
	struct weir_generation generation;
	struct weir_changes changes;

	ck_assert_int_eq(weir_store_next(&store, &draft.generation), 0);
	ck_assert_int_eq(weir_store_open_generation(&store, &store.current,
			     true, &generation, &problem),
	    0);
	weir_changes_init(&changes, UINT64_MAX);
	weir_entry_encode(&entry, encoded);
	ck_assert_int_eq(weir_changes_add(&changes, (const uint8_t *)key,
			     strlen(key), encoded, 1),
	    0);
	ck_assert_int_eq(
	    weir_overlay_write(&store, &generation, &changes,
		weir_generation_policy(&generation), &draft, &problem),
	    0);
	ck_assert_int_eq(weir_store_publish(&store, &draft, &problem), 0);
	weir_changes_done(&changes);
	weir_generation_close(&generation);
	return draft.generation;
}

static bool
is_there(const char *file)
{
	char *path = weir_path_join(scratch.folder, file);
	bool is_there = access(path, F_OK) == 0;

	free(path);
	return is_there;
}

static void
touch(const char *file, const char *text)
{
	char *path = weir_path_join(scratch.folder, file);
	FILE *stream = fopen(path, "w");

	ck_assert_ptr_nonnull(stream);
	ck_assert_int_ge(fputs(text, stream), 0);
	ck_assert_int_eq(fclose(stream), 0);
	free(path);
}

static void
reopen(void)
{
	weir_store_close(&store);
	problem.text[0] = '\0';
	ck_assert_int_eq(
	    weir_store_lock(scratch.folder, 0, &store, &problem), 0);
}

static struct weir_current
read_current(void)
{
	struct weir_current current;

	ck_assert_int_eq(weir_current_read(scratch.folder, WEIR_CURRENT_FILE,
			     &current, &problem),
	    0);
	return current;
}

START_TEST(a_folder_without_a_database_is_no_failure)
{
	struct weir_store reader;

	ck_assert(!store.has_current);
	ck_assert_int_eq(
	    weir_store_open("/nonexistent/weir", &reader, &problem), 0);
	ck_assert(!reader.has_current);
	weir_store_close(&reader);
}
END_TEST

START_TEST(publish_counts_generations_and_serials)
{
	struct weir_current current;
	uint64_t *generations;
	unsigned int count;

	ck_assert_uint_eq(publish(3), 1);
	ck_assert_uint_eq(publish(5), 2);
	current = read_current();
	ck_assert_uint_eq(current.generation, 2);
	ck_assert_uint_eq(current.serial, 2);
	ck_assert_uint_eq(current.name_count, 5);
	ck_assert_str_eq(current.base.name, "2.base");
	ck_assert(!current.has_overlay);
	ck_assert_int_eq(weir_store_check(&store, &current, &problem), 0);
	ck_assert_int_eq(weir_store_list(&store, &generations, &count), 0);
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(generations[0], 1);
	ck_assert_uint_eq(generations[1], 2);
	free(generations);
	ck_assert(!is_there("2.base.tmp"));
}
END_TEST

START_TEST(the_resolver_may_read_what_is_published_whatever_the_umask)
{
	struct stat st;
	char *path = weir_path_join(scratch.folder, "1.base");
	char *parent = weir_path_join(scratch.folder, "new");
	char *inner = weir_path_join(parent, "db");
	struct weir_store other;

	umask(077);
	publish(3);
	ck_assert_int_eq(weir_store_lock(inner, 0, &other, &problem), 0);
	umask(022);
	weir_store_close(&other);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0644);
	ck_assert_int_eq(stat(parent, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0755);
	ck_assert_int_eq(stat(inner, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0755);
	free(path);
	free(parent);
	free(inner);
}
END_TEST

START_TEST(a_damaged_file_is_not_published)
{
	char *path = weir_store_path(&store, 2, "base.tmp");
	uint8_t octet;
	off_t at;
	int fd;

	publish(3);
	write_tmp(2, 2000);
	fd = open(path, O_RDWR);
	ck_assert_int_ge(fd, 0);
	at = lseek(fd, 0, SEEK_END) / 2;
	ck_assert_int_eq(pread(fd, &octet, 1, at), 1);
	octet ^= 0x40;
	ck_assert_int_eq(pwrite(fd, &octet, 1, at), 1);
	close(fd);
	problem.text[0] = '\0';
	ck_assert_int_lt(publish_tmp(2, 2000), 0);
	ck_assert_str_ne(problem.text, "");
	ck_assert_uint_eq(read_current().generation, 1);
	free(path);
}
END_TEST

START_TEST(rollback_makes_an_older_one_current_under_a_new_serial)
{
	struct weir_current current;

	publish(3);
	publish(5);
	ck_assert_int_eq(weir_store_rollback(&store, 1, &problem), 0);
	current = read_current();
	ck_assert_uint_eq(current.generation, 1);
	ck_assert_uint_eq(current.serial, 3);
	ck_assert_uint_eq(current.name_count, 3);
	/* And the next one is newer than all. */
	ck_assert_uint_eq(publish(4), 3);
	ck_assert_uint_eq(read_current().serial, 4);
}
END_TEST

START_TEST(rollback_to_what_is_not_there_or_damaged_changes_nothing)
{
	char *path;

	publish(3);
	publish(5);
	ck_assert_int_eq(
	    weir_store_rollback(&store, 9, &problem), WEIR_EMISSING);
	path = weir_path_join(scratch.folder, "1.base");
	ck_assert_int_eq(truncate(path, 4096), 0);
	ck_assert_int_lt(weir_store_rollback(&store, 1, &problem), 0);
	ck_assert_uint_eq(read_current().generation, 2);
	ck_assert_uint_eq(read_current().serial, 2);
	free(path);
}
END_TEST

START_TEST(prune_keeps_those_that_were_current_last)
{
	unsigned int i;

	for (i = 0; i < 5; i++)
		publish(i + 1);
	ck_assert_int_eq(weir_store_rollback(&store, 1, &problem), 0);
	weir_store_prune(&store, 2);
	ck_assert(is_there("1.base") && is_there("1.generation"));
	ck_assert(!is_there("2.base") && !is_there("2.generation"));
	ck_assert(!is_there("3.base") && !is_there("3.generation"));
	ck_assert(!is_there("4.base") && is_there("5.base"));
	/* What holds is not lost for what was rolled back from. */
	publish(6);
	publish(7);
	ck_assert_int_eq(weir_store_rollback(&store, 1, &problem), 0);
	publish(8);
	weir_store_prune(&store, 2);
	ck_assert(is_there("1.base") && is_there("8.base"));
	ck_assert(!is_there("6.base") && !is_there("7.base"));
}
END_TEST

static void
write_report(uint64_t generation, uint64_t lists_of)
{
	char file[32], text[64];

	snprintf(file, sizeof(file), "%d.report.json", (int)generation);
	snprintf(text, sizeof(text), "{\"lists_of\":%d}", (int)lists_of);
	ck_assert_int_eq(
	    weir_file_replace(scratch.folder, file, text, strlen(text)), 0);
}

/* Else a few rules of one's own would cost all that can be rolled back to. */
START_TEST(prune_counts_generations_with_the_same_lists_once)
{
	unsigned int i;

	for (i = 0; i < 7; i++)
		publish(i + 1);
	for (i = 4; i <= 7; i++)
		write_report(i, 3);
	weir_store_prune(&store, 2);
	ck_assert(!is_there("1.generation") && is_there("2.generation"));
	ck_assert(!is_there("3.generation") && !is_there("4.generation"));
	ck_assert(is_there("5.generation") && is_there("6.generation"));
	ck_assert(is_there("7.generation"));
	weir_store_prune(&store, 1);
	ck_assert(!is_there("2.generation") && !is_there("5.generation"));
	ck_assert(is_there("6.generation") && is_there("7.generation"));
}
END_TEST

START_TEST(a_base_lives_as_long_as_an_overlay_lies_over_it)
{
	struct weir_current current;

	publish(3);
	ck_assert_uint_eq(publish_overlay("\001\003com\001a"), 2);
	ck_assert_uint_eq(publish_overlay("\001\003com\001b"), 3);
	current = read_current();
	ck_assert_str_eq(current.base.name, "1.base");
	ck_assert_str_eq(current.overlay.name, "3.overlay");
	ck_assert_uint_eq(current.name_count, 5);
	ck_assert_int_eq(weir_store_check(&store, &current, &problem), 0);
	weir_store_prune(&store, 1);
	ck_assert(!is_there("1.generation") && is_there("1.base"));
	ck_assert(!is_there("2.overlay") && is_there("3.overlay"));
	reopen();
	ck_assert(is_there("1.base") && is_there("3.overlay"));
	publish(4);
	weir_store_prune(&store, 1);
	ck_assert(!is_there("1.base") && !is_there("3.overlay"));
	ck_assert(is_there("4.base"));
}
END_TEST

START_TEST(an_overlay_of_another_base_is_refused)
{
	struct weir_current current;
	struct weir_generation generation;

	publish(3);
	publish_overlay("\001\003com\001a");
	current = read_current();
	publish(4);
	current.base = read_current().base;
	ck_assert_int_eq(weir_generation_open(scratch.folder, &current, NULL,
			     &generation, &problem),
	    WEIR_EFORMAT);
	ck_assert_ptr_nonnull(strstr(problem.text, "not made for"));
}
END_TEST

START_TEST(what_a_crash_left_is_removed_under_the_next_lock)
{
	publish(3);
	touch("7.base.tmp", "half");
	touch("current.tmp", "half");
	touch("8.base", "no text names it");
	touch("8.overlay", "nor this one");
	touch("notes.txt", "somebody else's");
	reopen();
	ck_assert(!is_there("7.base.tmp"));
	ck_assert(!is_there("current.tmp"));
	ck_assert(!is_there("8.base") && !is_there("8.overlay"));
	ck_assert(is_there("notes.txt"));
	ck_assert(is_there("1.base") && is_there("1.generation"));
}
END_TEST

START_TEST(a_damaged_current_is_told_and_the_next_publish_replaces_it)
{
	publish(3);
	publish(4);
	touch("current", "weir-current 1\nserial x\n");
	touch("3.base.tmp", "half");
	reopen();
	ck_assert_ptr_nonnull(strstr(problem.text, "current: line 2"));
	ck_assert_ptr_null(
	    strstr(strstr(problem.text, "/current") + 1, "/current"));
	ck_assert(!store.has_current);
	/* Nothing is thrown away while it is unclear what was current. */
	ck_assert(is_there("1.base") && is_there("2.base"));
	ck_assert_uint_eq(publish(5), 3);
	ck_assert_uint_eq(read_current().serial, 3);
}
END_TEST

START_TEST(a_second_one_is_told_who_has_the_lock)
{
	struct weir_store second;
	char pid[32];

	snprintf(pid, sizeof(pid), "process %ld", (long)getpid());
	ck_assert_int_eq(
	    weir_store_lock(scratch.folder, 20, &second, &problem), WEIR_EBUSY);
	ck_assert_ptr_nonnull(strstr(problem.text, pid));
	reopen();
}
END_TEST

/* Else the folder's owner could not lock any more. */
START_TEST(a_lock_that_root_makes_is_the_folders_owners)
{
	struct stat st;
	int fd;

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chown(scratch.folder, 65534, 65533), 0);
	ck_assert_int_eq(
	    weir_store_flock(scratch.folder, "other.lock", 0, &fd, &problem),
	    0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_uint_eq(st.st_uid, 65534);
	ck_assert_uint_eq(st.st_gid, 65533);
	close(fd);
	/* What was there before keeps its owner. */
	ck_assert_int_eq(
	    weir_store_flock(scratch.folder, "lock", 0, &fd, &problem),
	    WEIR_EBUSY);
	ck_assert_int_eq(fstat(store.lock_fd, &st), 0);
	ck_assert_uint_eq(st.st_uid, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("store");
	TCase *tcase = tcase_create("store");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_folder_without_a_database_is_no_failure);
	tcase_add_test(tcase, publish_counts_generations_and_serials);
	tcase_add_test(
	    tcase, the_resolver_may_read_what_is_published_whatever_the_umask);
	tcase_add_test(tcase, a_damaged_file_is_not_published);
	tcase_add_test(
	    tcase, rollback_makes_an_older_one_current_under_a_new_serial);
	tcase_add_test(
	    tcase, rollback_to_what_is_not_there_or_damaged_changes_nothing);
	tcase_add_test(tcase, prune_keeps_those_that_were_current_last);
	tcase_add_test(tcase, a_base_lives_as_long_as_an_overlay_lies_over_it);
	tcase_add_test(tcase, an_overlay_of_another_base_is_refused);
	tcase_add_test(tcase, what_a_crash_left_is_removed_under_the_next_lock);
	tcase_add_test(
	    tcase, a_damaged_current_is_told_and_the_next_publish_replaces_it);
	tcase_add_test(tcase, a_second_one_is_told_who_has_the_lock);
	tcase_add_test(tcase, a_lock_that_root_makes_is_the_folders_owners);
	tcase_add_test(
	    tcase, prune_counts_generations_with_the_same_lists_once);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
