/*
 * cmd_delta.c - weir-load delta: a few names of one feed, added and deleted.
 *
 * Costs what the delta has, and what the overlay before it had: nothing of the
 * base is read or written.  When the overlay has outgrown its measure, a
 * compaction is started aside (cmd_compact.c).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/log.h"
#include "lmdb-loader/ack.h"
#include "lmdb-loader/delta.h"
#include "lmdb-loader/held.h"
#include "lmdb-loader/load.h"
#include "lmdb-loader/overlay.h"
#include "lmdb-loader/report.h"
#include "lmdb-loader/signed.h"

struct delta_run {
	const struct weir_load *load;
	const struct weir_settings *settings;
	unsigned int feed;
	struct weir_store store;
	struct weir_generation old;
	struct weir_delta delta;
	struct weir_ack ack;
	bool is_compacting;
	bool is_ahead; /* the sequence number of a signed feed */
	bool is_held;  /* it waits for a person; the problem says why */
	double make_s, swap_s, acknowledge_s;
	struct weir_problem problem;
};

static int
find_feed(struct delta_run *run)
{
	const char *name = run->load->args[0];
	unsigned int i;

	for (i = 0; i < run->settings->feed_count; i++)
		if (strcmp(run->settings->feeds[i].name, name) == 0 &&
		    run->settings->feeds[i].file != NULL) {
			run->feed = i;
			return 0;
		}
	if (strcmp(name, "allow") == 0 || strcmp(name, "deny") == 0)
		return weir_load_usage(run->load,
		    "%s: your own list, no feed: change it in %s, then "
		    "weir-load apply",
		    name, run->settings->path);
	return weir_load_usage(run->load,
	    "%s: %s has no feed of that name (weir-load config shows them)",
	    name, run->settings->path);
}

static int
open_old(struct delta_run *run)
{
	int ret;

	ret = weir_store_lock(run->settings->database, WEIR_LOCK_WAIT_MS,
	    &run->store, &run->problem);
	if (ret < 0) {
		run->store.folder = NULL;
		return ret;
	}
	if (run->problem.text[0] != '\0')
		return WEIR_EFORMAT; /* a damaged `current` */
	if (!run->store.has_current)
		return weir_problem_set(&run->problem, WEIR_EMISSING,
		    "%s: no database yet (weir-load apply makes it)",
		    run->store.folder);
	/* Not proven: to read it all would cost more than the delta. */
	return weir_store_open_generation(
	    &run->store, &run->store.current, false, &run->old, &run->problem);
}

/* --- signed feeds -------------------------------------------------------- */

/* What is in force of the feed; NULL: the generation does not know it. */
static const struct weir_feed *
feed_in_force(const struct delta_run *run)
{
	const struct weir_policy *policy = weir_generation_policy(&run->old);
	int number = weir_policy_find_feed(
	    policy, run->settings->feeds[run->feed].name);

	return number < 0 ? NULL : &policy->feeds[number];
}

/* A list that waits for `accept` keeps its deltas waiting too. */
static int
check_held(struct delta_run *run, struct weir_held *held)
{
	const char *name = run->settings->feeds[run->feed].name;
	const struct weir_held_feed *feed;

	if (weir_held_load(run->store.folder, held) < 0)
		return weir_problem_set(&run->problem, WEIR_EFORMAT,
		    "%s: what is held cannot be read", run->store.folder);
	feed = weir_held_find(held, name);
	if (feed == NULL)
		return 0;
	if (feed->is_accepted)
		return weir_problem_set(&run->problem, WEIR_EMISSING,
		    "feed %s: what waited is accepted: weir-load apply", name);
	run->is_held = true;
	return weir_problem_set(&run->problem, WEIR_EBUSY,
	    "feed %s: waits for weir-load accept %s (weir-load apply looks "
	    "again)",
	    name, name);
}

/* Whether a delta may be made of it at all. */
static int
check_signed(struct delta_run *run)
{
	const struct weir_feed *feed = feed_in_force(run);
	const struct weir_load *load = run->load;
	struct weir_held *held;
	int ret;

	if (feed == NULL)
		return 0; /* weir_delta_make says it */
	if (load->span.gen == NULL && feed->gen[0] == '\0')
		return 0;
	if (load->span.gen == NULL)
		return weir_problem_set(&run->problem, WEIR_EFORMAT,
		    "feed %s is signed, and what it has is its publisher's: a "
		    "delta of it needs --gen, --from and --to",
		    feed->name);
	run->is_held = weir_signed_is_rolled_back(run->store.folder);
	if (run->is_held)
		return weir_problem_set(
		    &run->problem, WEIR_EBUSY, "%s", WEIR_SIGNED_ROLLED_BACK);
	held = calloc(1, sizeof(*held));
	if (held == NULL)
		return weir_problem_set(
		    &run->problem, WEIR_EMEMORY, "out of memory");
	ret = check_held(run, held);
	free(held);
	if (ret == 0)
		ret = weir_signed_check(feed, &load->span, &run->problem);
	if (ret == 0)
		ret = weir_signed_check_file(
		    load->add_file, feed->name, &load->span, &run->problem);
	if (ret == 0)
		ret = weir_signed_check_file(
		    load->del_file, feed->name, &load->span, &run->problem);
	return ret;
}

/* Notes in held.json what the delta would have made of the feed. */
static int
hold(struct delta_run *run, const struct weir_feed *feed)
{
	struct weir_held *held = calloc(1, sizeof(*held));
	struct weir_held_feed *one;
	int ret = WEIR_EMEMORY;

	if (held != NULL)
		ret = weir_held_load(run->store.folder, held);
	if (ret == 0 && held->count == WEIR_FEEDS)
		ret = WEIR_ELIMIT;
	if (ret == 0) {
		one = &held->feeds[held->count++];
		strcpy(one->name, feed->name);
		weir_held_print_state(
		    feed->gen, run->load->span.to, one->digest);
		one->before = feed->names;
		one->names = feed->names + run->delta.added -
			     run->delta.removed;
		one->since_unix = (uint64_t)time(NULL);
		ret = weir_held_save(run->store.folder, held);
	}
	free(held);
	if (ret < 0)
		return weir_problem_set(&run->problem, ret,
		    "%s: what is held cannot be written: %s", run->store.folder,
		    weir_error_text(ret));
	run->is_held = true;
	return weir_problem_set(&run->problem, WEIR_EBUSY,
	    "feed %s: %" PRIu64 " names more and %" PRIu64
	    " less, where %" PRIu64
	    " are in force, are too many at once or in a day: waits for "
	    "weir-load accept %s",
	    feed->name, run->delta.added, run->delta.removed, feed->names,
	    feed->name);
}

/* Puts the sequence number into the new generation, unless it waits. */
static int
take_signed(struct delta_run *run)
{
	const struct weir_feed *was = feed_in_force(run);
	struct weir_feed *feed;

	if (run->load->span.gen == NULL)
		return 0;
	feed = &run->delta.policy
		    ->feeds[was - weir_generation_policy(&run->old)->feeds];
	weir_signed_begin_day(feed, (uint32_t)time(NULL));
	if (weir_signed_is_too_much(feed, run->delta.added, run->delta.removed))
		return hold(run, was);
	run->is_ahead = feed->sequence != run->load->span.to;
	feed->sequence = run->load->span.to;
	feed->names += run->delta.added - run->delta.removed;
	return 0;
}

static int
swap(struct delta_run *run)
{
	struct weir_store_draft draft = {
		.name_count = run->store.current.name_count +
			      run->delta.names_added - run->delta.names_removed
	};
	uint64_t start_ns = weir_clock_ns(), before;
	int ret;

	if (run->delta.changes.count == 0 && !run->is_ahead)
		return 0;
	before = run->store.current.generation;
	ret = weir_store_next(&run->store, &draft.generation);
	if (ret < 0)
		return weir_problem_set(&run->problem, ret, "%s: %s",
		    run->store.folder, weir_error_text(ret));
	ret = weir_overlay_write(&run->store, &run->old, &run->delta.changes,
	    run->delta.policy, &draft, &run->problem);
	if (ret == 0)
		ret = weir_store_publish(&run->store, &draft, &run->problem);
	if (ret == 0)
		weir_report_keep(&run->store, before, run->load->args[0],
		    (int64_t)run->delta.added - (int64_t)run->delta.removed);
	run->swap_s = weir_load_seconds_since(start_ns);
	return ret;
}

static bool
is_full(const struct delta_run *run)
{
	uint64_t changes = run->delta.changes.count, names = changes;

	if (run->old.overlay != NULL)
		names += weir_db_header(run->old.overlay)->name_count;
	return changes > 0 &&
	       names > weir_overlay_measure(
			   changes, weir_db_header(run->old.base)->name_count);
}

static void
print_text(const struct delta_run *run)
{
	const struct weir_delta *delta = &run->delta;
	const char *name = run->settings->feeds[run->feed].name;

	if (delta->changes.count == 0 && !run->is_ahead)
		printf("nothing changed: generation %" PRIu64 " stays, %" PRIu64
		       " names\n",
		    run->store.current.generation,
		    run->store.current.name_count);
	else
		printf("generation %" PRIu64 ", serial %" PRIu64 ": %" PRIu64
		       " names; %s: %" PRIu64 " added, %" PRIu64
		       " removed, %" PRIu64 " changed\n",
		    run->store.current.generation, run->store.current.serial,
		    run->store.current.name_count, name, delta->added,
		    delta->removed, delta->changed);
	if (delta->same > 0)
		printf("  %" PRIu64 " to be added were there already\n",
		    delta->same);
	if (delta->missing > 0)
		printf("  %" PRIu64 " to be deleted were not there\n",
		    delta->missing);
	weir_report_print_refused(
	    &delta->add_report, run->load->add_file, stdout);
	weir_report_print_refused(
	    &delta->del_report, run->load->del_file, stdout);
	printf("made in %.3f s", run->make_s);
	if (delta->changes.count > 0 || run->is_ahead)
		printf(", swapped in %.3f s", run->swap_s);
	weir_ack_print(&run->ack, run->load->no_wait, run->acknowledge_s);
	if (run->is_compacting)
		printf("the overlay has outgrown its measure: a compaction "
		       "runs aside\n");
}

/* The page of an error, most likely; a file with nothing in it is no fault. */
static bool
is_useless(const char *file, const struct weir_list_report *report)
{
	if (file == NULL || report->entry_count > 0 ||
	    report->line_count == report->comment_count)
		return false;
	weir_log_error("%s: holds no usable name", file);
	return true;
}

static int
print(const struct delta_run *run, int exit_code)
{
	const struct weir_delta *delta = &run->delta;

	if (!run->load->json) {
		print_text(run);
		return exit_code;
	}
	return weir_load_print(
	    json_pack("{s:s, s:I, s:I, s:I, s:s, s:I, s:I, s:I, s:I, s:I, "
		      "s:o, s:b, s:o, s:{s:f, s:f, s:f}}",
		"result",
		delta->changes.count == 0 && !run->is_ahead ? "unchanged"
							    : "applied",
		"generation", (json_int_t)run->store.current.generation,
		"serial", (json_int_t)run->store.current.serial, "names",
		(json_int_t)run->store.current.name_count, "feed",
		run->settings->feeds[run->feed].name, "added",
		(json_int_t)delta->added, "removed", (json_int_t)delta->removed,
		"changed", (json_int_t)delta->changed, "same",
		(json_int_t)delta->same, "missing", (json_int_t)delta->missing,
		"refused",
		weir_report_refused(&delta->add_report, &delta->del_report),
		"compacting", (int)run->is_compacting, "modules",
		run->ack.modules != NULL ? json_incref(run->ack.modules)
					 : json_array(),
		"seconds", "make", run->make_s, "swap", run->swap_s,
		"acknowledge", run->acknowledge_s),
	    exit_code);
}

static int
make(struct delta_run *run)
{
	uint64_t start_ns = weir_clock_ns();
	int ret;

	ret = weir_delta_make(run->settings, run->feed, &run->old,
	    run->load->add_file, run->load->del_file, &run->delta,
	    &run->problem);
	run->make_s = weir_load_seconds_since(start_ns);
	return ret;
}

int
weir_cmd_delta(const struct weir_load *load)
{
	struct delta_run run = { .load = load,
		.settings = load->settings,
		.store = { .lock_fd = -1 } };
	bool is_due = false;
	int ret, exit_code;

	if (load->add_file == NULL && load->del_file == NULL)
		return weir_load_usage(
		    load, "delta: neither --add nor --del is given");
	if (load->has_from != (load->span.gen != NULL) ||
	    load->has_to != (load->span.gen != NULL))
		return weir_load_usage(
		    load, "delta: --gen, --from and --to belong together");
	ret = find_feed(&run);
	if (ret != 0)
		return ret;
	ret = open_old(&run);
	if (ret == 0)
		ret = check_signed(&run);
	if (ret == 0)
		ret = make(&run);
	if (ret == 0)
		ret = take_signed(&run);
	if (ret == 0)
		ret = swap(&run);
	if (ret < 0) {
		exit_code = run.is_held ? weir_load_hold(load, &run.problem)
					: weir_load_fail(load, &run.problem);
		goto out;
	}
	exit_code = weir_load_acknowledge(
	    load, &run.store, &run.ack, &run.acknowledge_s);
	if (is_useless(load->add_file, &run.delta.add_report))
		exit_code = WEIR_EXIT_PARTLY;
	if (is_useless(load->del_file, &run.delta.del_report))
		exit_code = WEIR_EXIT_PARTLY;
	weir_store_prune(&run.store, run.settings->keep_generations);
	is_due = !load->no_compact && is_full(&run);
	run.is_compacting = is_due;
	exit_code = print(&run, exit_code);
out:
	weir_ack_done(&run.ack);
	weir_delta_done(&run.delta);
	weir_generation_close(&run.old);
	weir_store_close(&run.store);
	if (is_due)
		weir_compact_aside(load);
	return exit_code;
}
