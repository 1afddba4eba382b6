/*
 * test_snapshot.c - the swap under workers that never stop: no worker uses a
 * snapshot that was closed, and each sees one generation at a time.
 *
 * tests/lint/tsan.sh runs the same program under ThreadSanitizer.
 */
#include "module/snapshot.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/checksum.h"
#include "lib/current.h"
#include "lmdb-loader/sort.h"
#include "lmdb-loader/write.h"
#include "tests/unit/suite.h"

#define WORKERS 4
#define SWAPS   400
#define FILES   2 /* generation n has the names "evil.gN" */

static struct weir_module module;
static struct weir_worker *workers;
static _Atomic bool is_over;
static char folder[64];

static void
write_generation(unsigned int number)
{
	struct weir_policy *policy = calloc(1, sizeof(*policy));
	struct weir_entry entry = {
		.feed = 2, .scope = WEIR_SCOPE_BOTH, .confidence = 100
	};
	struct weir_write_options options = { .kind = WEIR_DB_BASE,
		.created_unix = 1 };
	struct weir_db_header header;
	struct weir_problem problem;
	struct weir_name name;
	struct weir_sort *sort;
	uint8_t key[WEIR_KEY_SIZE];
	char text[128];
	size_t len;

	weir_policy_init(policy);
	(void)snprintf(
	    policy->feeds[2].name, WEIR_FEED_NAME_SIZE, "g%u", number);
	policy->feeds[2].action = WEIR_ACTION_NXDOMAIN;
	policy->feed_count = 3;
	ck_assert_int_eq(weir_sort_new(&sort), WEIR_OK);
	len = (size_t)snprintf(text, sizeof(text), "evil.g%u", number);
	ck_assert_int_eq(weir_name_parse(text, len, &name), WEIR_OK);
	len = weir_name_to_key(&name, WEIR_TRIGGER_QNAME, key, NULL);
	ck_assert_int_eq(weir_sort_add(sort, key, len, &entry), WEIR_OK);
	ck_assert_int_eq(weir_sort_finish(sort), WEIR_OK);
	(void)snprintf(text, sizeof(text), "%s/%u.base", folder, number);
	ck_assert_msg(weir_write_db(text, weir_sort_stream(sort), policy,
			  &options, NULL, &header, &problem) == WEIR_OK,
	    "%s", problem.text);
	weir_sort_free(sort);
	free(policy);
}

static void
name_base(unsigned int number, struct weir_current_file *file)
{
	struct weir_problem problem;
	struct weir_db *db;
	char path[128];

	(void)snprintf(file->name, sizeof(file->name), "%u.base", number);
	(void)snprintf(path, sizeof(path), "%s/%s", folder, file->name);
	ck_assert_int_eq(
	    weir_checksum_file(path, &file->size, file->quick), WEIR_OK);
	ck_assert_int_eq(weir_db_open(path, 0, &db, &problem), WEIR_OK);
	memcpy(
	    file->checksum, weir_db_header(db)->checksum, WEIR_CHECKSUM_BYTES);
	weir_db_close(db);
}

static struct weir_snapshot *
open_generation(
    unsigned int number, uint64_t serial, const struct weir_snapshot *before)
{
	struct weir_current current = { .serial = serial,
		.generation = number };
	struct weir_snapshot *snapshot;
	struct weir_problem problem;

	name_base(number, &current.base);
	ck_assert_msg(
	    weir_snapshot_open(&module, &current, before,
		WEIR_SNAPSHOT_PROVE_SMALL, &snapshot, &problem) == WEIR_OK,
	    "%s", problem.text);
	return snapshot;
}

/* Looks both names up; exactly the snapshot's own one may be found. */
static void *
work(void *arg)
{
	struct weir_worker *worker = arg;
	struct weir_name names[FILES];
	struct weir_matches matches;
	uintptr_t looked = 0;
	char text[32];
	unsigned int i;

	for (i = 0; i < FILES; i++) {
		int len = snprintf(text, sizeof(text), "www.evil.g%u", i);

		if (weir_name_parse(text, (size_t)len, &names[i]) != WEIR_OK)
			return NULL;
	}
	while (!atomic_load(&is_over)) {
		const struct weir_snapshot *snapshot = weir_snapshot_acquire(
		    &module, worker);

		for (i = 0; i < FILES; i++) {
			int hit = weir_generation_lookup(
			    &snapshot->files, &names[i], &matches);

			if (hit != (snapshot->current.generation == i))
				return NULL;
		}
		weir_snapshot_release(worker);
		looked++;
	}
	return (void *)(looked + 1);
}

START_TEST(swaps_under_running_workers)
{
	pthread_t threads[WORKERS];
	struct weir_snapshot *old;
	unsigned int i;
	void *result;

	(void)snprintf(
	    folder, sizeof(folder), "test_snapshot.%ld", (long)getpid());
	ck_assert_int_eq(mkdir(folder, 0700), 0);
	for (i = 0; i < FILES; i++)
		write_generation(i);
	module.worker_count = WORKERS;
	ck_assert_int_eq(
	    posix_memalign((void **)&workers, 64, WORKERS * sizeof(*workers)),
	    0);
	memset(workers, 0, WORKERS * sizeof(*workers));
	module.workers = workers;
	(void)snprintf(
	    module.paths.database, sizeof(module.paths.database), "%s", folder);
	ck_assert_int_eq(
	    weir_status_private(WORKERS, "test", &module.status), WEIR_OK);
	ck_assert_ptr_null(
	    weir_snapshot_publish(&module, open_generation(0, 1, NULL)));
	for (i = 0; i < WORKERS; i++)
		ck_assert_int_eq(
		    pthread_create(&threads[i], NULL, work, &workers[i]), 0);
	for (i = 1; i <= SWAPS; i++) {
		/* Twice each: the second one shares the first one's base. */
		old = weir_snapshot_publish(
		    &module, open_generation(i / 2 % FILES, i + 1,
				 atomic_load(&module.current)));
		while (weir_snapshot_is_used(&module, old))
			(void)usleep(100);
		weir_snapshot_close(old);
	}
	atomic_store(&is_over, true);
	for (i = 0; i < WORKERS; i++) {
		ck_assert_int_eq(pthread_join(threads[i], &result), 0);
		/* NULL: it saw what was not its generation's. */
		ck_assert_ptr_nonnull(result);
	}
	weir_snapshot_close(weir_snapshot_publish(&module, NULL));
	weir_status_close(&module.status);
	free(workers);
	ck_assert_int_eq(chdir(folder), 0);
	ck_assert_int_eq(unlink("0.base") | unlink("1.base"), 0);
	ck_assert_int_eq(chdir(".."), 0);
	ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { swaps_under_running_workers, NULL };

	return suite_run("snapshot", tests);
}
