/*
 * test_stats.c - stats/: workers and modules are added up, and both reports
 * show the sums.
 */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/current.h"
#include "lib/file.h"
#include "stats/report.h"
#include "tests/unit/scratch.h"

static struct scratch scratch;
static struct weir_status modules[2];
static struct weir_totals totals[2], sum;
static struct weir_problem problem;

static void
count(weir_counter *counter, unsigned int times)
{
	for (; times > 0; times--)
		weir_count(counter);
}

static void
make_module(unsigned int number, unsigned int workers)
{
	ck_assert_msg(weir_status_create(scratch.folder, workers, "1.17.1",
			  &modules[number], &problem) == WEIR_OK,
	    "%s", problem.text);
}

/* Two modules; what they have in common is the feed "ads", in other slots. */
static void
make_modules(void)
{
	struct weir_worker_counts *counts;
	unsigned int slot;

	scratch_init(&scratch);
	make_module(0, 2);
	make_module(1, 1);
	counts = weir_status_worker(&modules[0], 0);
	count(&counts->ways[WEIR_WAY_QUERIES], 10);
	count(&counts->ways[WEIR_WAY_BLOCKED_NAME], 3);
	count(&counts->actions[WEIR_ACTION_NXDOMAIN], 3);
	count(&counts->types[WEIR_TYPE_HTTPS], 10);
	count(&counts->blocked_types[WEIR_TYPE_HTTPS], 3);
	slot = weir_status_feed_slot(&modules[0], "ads", true);
	count(&counts->feeds[slot][WEIR_FEED_BLOCKED], 3);
	(void)weir_status_category_slot(&modules[0], "other", true);
	slot = weir_status_category_slot(&modules[0], "mal\x1bware", true);
	count(&counts->categories[slot][WEIR_CATEGORY_BLOCKED], 3);
	count(&counts->categories[0][WEIR_CATEGORY_ALLOWED], 1);
	count(&counts->transports[WEIR_TRANSPORT_TLS], 9);
	count(&counts->outcomes[WEIR_EVENT_BLOCKED][WEIR_FROM_CACHE]
			       [WEIR_BY_NAME],
	    3);
	count(&counts->outcomes[WEIR_EVENT_ALLOWED][WEIR_FROM_NETWORK]
			       [WEIR_BY_ALIAS],
	    1);
	count(&counts->work_ns[10], 98);
	count(&counts->work_ns[12], 2);
	atomic_store(&counts->work_sum_ns, 77000);
	count(&counts->events_pushed, 5);
	count(&counts->events_lost, 2);
	atomic_store(&modules[0].header->events_recorded, 4);
	slot = weir_status_feed_slot(&modules[0], "ads", true);
	counts = weir_status_worker(&modules[0], 1);
	count(&counts->ways[WEIR_WAY_QUERIES], 5);
	count(&counts->ways[WEIR_WAY_BLOCKED_ALIAS], 1);
	count(&counts->feeds[slot][WEIR_FEED_BLOCKED], 1);
	(void)weir_status_feed_slot(&modules[1], "malware", true);
	slot = weir_status_feed_slot(&modules[1], "ads", true);
	counts = weir_status_worker(&modules[1], 0);
	count(&counts->ways[WEIR_WAY_QUERIES], 100);
	count(&counts->feeds[slot][WEIR_FEED_BLOCKED], 7);
	count(&counts->feeds[slot][WEIR_FEED_SHADOWED], 2);
	slot = weir_status_category_slot(&modules[1], "mal\x1bware", true);
	count(&counts->categories[slot][WEIR_CATEGORY_SHADOWED], 4);
	count(&counts->outcomes[WEIR_EVENT_BLOCKED][WEIR_FROM_NETWORK]
			       [WEIR_BY_ALIAS],
	    6);
	atomic_store(&modules[1].header->serial_current, 4);
	atomic_store(&modules[1].header->sweep_table_max_ns, 61001);
	atomic_store(&modules[1].header->sweep_table_running_max_ns, 9000);
	atomic_store(&modules[1].header->sweep_bins_max_ns, 71001);
	atomic_store(&modules[1].header->sweep_bins_running_max_ns, 12000);
	atomic_store(&modules[1].header->sweep_holds_preempted, 3);
	weir_status_set_problem(&modules[1], "4.base: wrong\x1b[31m checksum");
}

static void
add_modules(void)
{
	unsigned int i;

	make_modules();
	weir_totals_init(&sum);
	for (i = 0; i < 2; i++) {
		weir_totals_init(&totals[i]);
		ck_assert_int_eq(weir_totals_add(&totals[i], &modules[i]), 0);
		ck_assert_int_eq(weir_totals_add(&sum, &modules[i]), 0);
	}
}

static void
remove_modules(void)
{
	weir_totals_done(&sum);
	weir_totals_done(&totals[0]);
	weir_totals_done(&totals[1]);
	weir_status_close(&modules[0]);
	weir_status_close(&modules[1]);
	scratch_done(&scratch);
}

static const struct weir_totals_feed *
find_feed(const struct weir_totals *of, const char *name)
{
	unsigned int i;

	for (i = 0; i < of->feed_count; i++)
		if (strcmp(of->feeds[i].name, name) == 0)
			return &of->feeds[i];
	ck_abort_msg("no feed %s", name);
	return NULL;
}

/* What a report prints, malloced. */
static char *
printed(int (*print)(const struct weir_report *report, FILE *stream),
    unsigned int module_count)
{
	struct weir_report report = { scratch.folder, modules, totals,
		module_count, &sum };
	char *text = NULL;
	size_t len = 0;
	FILE *stream = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(stream);
	ck_assert_int_eq(print(&report, stream), WEIR_OK);
	ck_assert_int_eq(fclose(stream), 0);
	return text;
}

START_TEST(workers_of_a_module_are_added)
{
	ck_assert_uint_eq(totals[0].ways[WEIR_WAY_QUERIES], 15);
	ck_assert_uint_eq(weir_totals_blocked(&totals[0]), 4);
	ck_assert_uint_eq(totals[0].blocked_types[WEIR_TYPE_HTTPS], 3);
	ck_assert_uint_eq(
	    find_feed(&totals[0], "ads")->counts[WEIR_FEED_BLOCKED], 4);
}
END_TEST

START_TEST(feeds_of_several_modules_are_one_by_name)
{
	const struct weir_totals_feed *ads = find_feed(&sum, "ads");

	ck_assert_uint_eq(sum.ways[WEIR_WAY_QUERIES], 115);
	ck_assert_uint_eq(ads->counts[WEIR_FEED_BLOCKED], 11);
	ck_assert_uint_eq(ads->counts[WEIR_FEED_ALLOWED], 0);
	ck_assert_uint_eq(ads->counts[WEIR_FEED_SHADOWED], 2);
	ck_assert_uint_eq(
	    find_feed(&sum, "malware")->counts[WEIR_FEED_BLOCKED], 0);
}
END_TEST

START_TEST(quantiles_are_ends_of_buckets)
{
	struct weir_totals none = { 0 };

	ck_assert_uint_eq(weir_totals_outcome(&sum, WEIR_EVENT_BLOCKED), 9);
	ck_assert_uint_eq(weir_totals_timed(&sum), 100);
	ck_assert_uint_eq(weir_totals_work_quantile(&sum, 500), 1023);
	ck_assert_uint_eq(weir_totals_work_quantile(&sum, 980), 1023);
	ck_assert_uint_eq(weir_totals_work_quantile(&sum, 981), 4095);
	ck_assert_uint_eq(weir_totals_work_quantile(&sum, 1000), 4095);
	ck_assert_uint_eq(weir_totals_work_quantile(&none, 500), 0);
}
END_TEST

START_TEST(impossible_number_of_categories_is_not_followed)
{
	struct weir_totals other;

	memset(modules[0].header->category_names[1], 'x', WEIR_CATEGORY_SIZE);
	atomic_store(&modules[0].header->category_count, UINT32_MAX);
	weir_totals_init(&other);
	ck_assert_int_eq(weir_totals_add(&other, &modules[0]), 0);
	ck_assert_uint_le(other.category_count, WEIR_STATUS_CATEGORIES);
	ck_assert_uint_eq(
	    strlen(other.categories[1].name), WEIR_CATEGORY_SIZE - 1);
	weir_totals_done(&other);
}
END_TEST

START_TEST(feed_name_without_an_end_stays_in_its_slot)
{
	struct weir_totals other;

	memset(modules[0].header->feed_names[1], 'x', WEIR_FEED_NAME_SIZE);
	weir_totals_init(&other);
	ck_assert_int_eq(weir_totals_add(&other, &modules[0]), 0);
	ck_assert_uint_eq(strlen(other.feeds[1].name), WEIR_FEED_NAME_SIZE - 1);
	weir_totals_done(&other);
}
END_TEST

START_TEST(impossible_number_of_feeds_is_not_followed)
{
	struct weir_totals other;

	atomic_store(&modules[0].header->feed_count, UINT32_MAX);
	weir_totals_init(&other);
	ck_assert_int_eq(weir_totals_add(&other, &modules[0]), 0);
	ck_assert_uint_le(other.feed_count, WEIR_STATUS_FEEDS);
	weir_totals_done(&other);
}
END_TEST

/* The number at "a/b/c" of an object; a number in the path counts an array. */
static json_int_t
at(json_t *object, const char *path)
{
	char copy[128], *part, *rest = copy;

	(void)snprintf(copy, sizeof(copy), "%s", path);
	while ((part = strsep(&rest, "/")))
		object = json_is_array(object)
			     ? json_array_get(object, strtoul(part, NULL, 10))
			     : json_object_get(object, part);
	ck_assert_msg(json_is_integer(object), "%s: no number", path);
	return json_integer_value(object);
}

START_TEST(json_has_the_documented_shape)
{
	char *text = printed(weir_json_print, 2);
	json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	json_t *module;

	ck_assert_ptr_nonnull(object);
	ck_assert_int_eq(at(object, "total/ways/queries"), 115);
	ck_assert_int_eq(at(object, "total/ways/blocked_alias"), 1);
	ck_assert_int_eq(at(object, "total/actions/nxdomain"), 3);
	ck_assert_int_eq(at(object, "total/types/HTTPS/queries"), 10);
	ck_assert_int_eq(at(object, "total/types/HTTPS/blocked"), 3);
	ck_assert_int_eq(at(object, "total/feeds/1/blocked"), 11);
	ck_assert_int_eq(at(object, "total/feeds/1/shadowed"), 2);
	ck_assert_int_eq(at(object, "total/categories/0/allowed"), 1);
	ck_assert_int_eq(at(object, "total/categories/2/blocked"), 3);
	ck_assert_int_eq(at(object, "total/categories/2/shadowed"), 4);
	ck_assert_int_eq(at(object, "total/transports/tls"), 9);
	ck_assert_int_eq(at(object, "total/outcomes/blocked/cache_name"), 3);
	ck_assert_int_eq(at(object, "total/outcomes/blocked/network_alias"), 6);
	ck_assert_int_eq(at(object, "total/outcomes/allowed/network_alias"), 1);
	ck_assert_int_eq(at(object, "total/outcomes/passed/cache_alias"), 0);
	ck_assert_int_eq(at(object, "total/work/queries"), 100);
	ck_assert_int_eq(at(object, "total/work/sum_ns"), 77000);
	ck_assert_int_eq(at(object, "total/work/buckets/12"), 2);
	ck_assert_int_eq(at(object, "total/events/made"), 7);
	ck_assert_int_eq(at(object, "total/events/lost"), 2);
	ck_assert_int_eq(at(object, "total/events/recorded"), 4);
	ck_assert_int_eq(at(object, "modules/0/counts/ways/queries"), 15);
	ck_assert_int_eq(at(object, "modules/0/workers"), 2);
	ck_assert_int_eq(at(object, "modules/1/serial"), 4);
	ck_assert_int_eq(at(object, "modules/1/serial_acknowledged"), 0);
	ck_assert_int_eq(at(object, "modules/1/acknowledged_ms"), 0);
	ck_assert_int_eq(at(object, "modules/1/sweep/looked_at"), 0);
	ck_assert_int_eq(at(object, "modules/1/sweep/table_hold_max_us"), 62);
	ck_assert_int_eq(
	    at(object, "modules/1/sweep/table_hold_running_max_us"), 9);
	ck_assert_int_eq(at(object, "modules/1/sweep/bins_hold_max_us"), 72);
	ck_assert_int_eq(
	    at(object, "modules/1/sweep/bins_hold_running_max_us"), 12);
	ck_assert_int_eq(at(object, "modules/1/sweep/holds_preempted"), 3);
	module = json_array_get(json_object_get(object, "modules"), 1);
	ck_assert(json_is_false(json_object_get(module, "acknowledged")));
	ck_assert_int_eq(at(object, "modules/1/sweep/removed"), 0);
	json_decref(object);
	free(text);
}
END_TEST

static void
write_current(const struct weir_current *current)
{
	char text[WEIR_CURRENT_SIZE];
	size_t len = weir_current_print(current, text);

	ck_assert_int_eq(
	    weir_file_replace(scratch.folder, WEIR_CURRENT_FILE, text, len), 0);
}

/* The same as weir-load says: of the swap that the database names. */
START_TEST(acknowledged_means_the_swap_that_is_current)
{
	struct weir_current current = { .serial = 4,
		.generation = 4,
		.base = { .name = "4.base", .size = 4096 },
		.created_unix = 1 };
	struct weir_status_header *header = modules[1].header;

	ck_assert(!weir_totals_is_acknowledged(&modules[1]));
	atomic_store(&header->serial_acknowledged, 4);
	ck_assert(weir_totals_is_acknowledged(&modules[1]));
	strcpy(header->database, scratch.folder);
	ck_assert(weir_totals_is_acknowledged(&modules[1]));
	write_current(&current);
	ck_assert(!weir_totals_is_acknowledged(&modules[1]));
	atomic_store(&header->tag_acknowledged, weir_current_tag(&current));
	ck_assert(weir_totals_is_acknowledged(&modules[1]));
	/* A swap that the module has not noticed, or cannot read. */
	current.serial = 5;
	write_current(&current);
	ck_assert(!weir_totals_is_acknowledged(&modules[1]));
}
END_TEST

START_TEST(json_without_modules_is_whole)
{
	char *text;
	json_t *object;

	weir_totals_done(&sum);
	text = printed(weir_json_print, 0);
	object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_ptr_nonnull(object);
	ck_assert_int_eq(at(object, "total/ways/queries"), 0);
	ck_assert_uint_eq(
	    json_array_size(json_object_get(object, "modules")), 0);
	json_decref(object);
	free(text);
}
END_TEST

START_TEST(tables_show_sums_and_no_control_characters)
{
	char *text = printed(weir_table_print, 2);

	ck_assert_ptr_nonnull(strstr(text, " 115\n"));
	ck_assert_ptr_nonnull(strstr(text, "not yet acknowledged"));
	ck_assert_ptr_nonnull(strstr(text, "4.base: wrong?[31m checksum"));
	ck_assert_ptr_null(strchr(text, '\x1b'));
	ck_assert_ptr_nonnull(strstr(text, "malware"));
	ck_assert_ptr_null(strstr(text, "(others)"));
	free(text);
}
END_TEST

START_TEST(full_disk_is_noticed)
{
	struct weir_report report = { scratch.folder, modules, totals, 2,
		&sum };
	FILE *full = fopen("/dev/full", "we");

	ck_assert_ptr_nonnull(full);
	ck_assert_int_eq(weir_table_print(&report, full), WEIR_ESYSTEM);
	clearerr(full);
	ck_assert_int_eq(weir_json_print(&report, full), WEIR_ESYSTEM);
	(void)fclose(full);
}
END_TEST

static Suite *
stats_suite(void)
{
	Suite *suite = suite_create("stats");
	TCase *tcase = tcase_create("stats");

	tcase_add_checked_fixture(tcase, add_modules, remove_modules);
	tcase_add_test(tcase, workers_of_a_module_are_added);
	tcase_add_test(tcase, feeds_of_several_modules_are_one_by_name);
	tcase_add_test(tcase, feed_name_without_an_end_stays_in_its_slot);
	tcase_add_test(tcase, quantiles_are_ends_of_buckets);
	tcase_add_test(tcase, impossible_number_of_categories_is_not_followed);
	tcase_add_test(tcase, impossible_number_of_feeds_is_not_followed);
	tcase_add_test(tcase, json_has_the_documented_shape);
	tcase_add_test(tcase, acknowledged_means_the_swap_that_is_current);
	tcase_add_test(tcase, json_without_modules_is_whole);
	tcase_add_test(tcase, tables_show_sums_and_no_control_characters);
	tcase_add_test(tcase, full_disk_is_noticed);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	SRunner *runner = srunner_create(stats_suite());
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
