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

#include "lib/log.h"
#include "lmdb-loader/ack.h"
#include "lmdb-loader/delta.h"
#include "lmdb-loader/load.h"
#include "lmdb-loader/overlay.h"
#include "lmdb-loader/report.h"

struct delta_run {
	const struct weir_load *load;
	const struct weir_settings *settings;
	unsigned int feed;
	struct weir_store store;
	struct weir_generation old;
	struct weir_delta delta;
	struct weir_ack ack;
	bool is_compacting;
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

static int
swap(struct delta_run *run)
{
	struct weir_store_draft draft = {
		.name_count = run->store.current.name_count +
			      run->delta.names_added - run->delta.names_removed
	};
	uint64_t start_ns = weir_clock_ns(), before;
	int ret;

	if (run->delta.changes.count == 0)
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

	if (delta->changes.count == 0)
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
	if (delta->changes.count > 0)
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
		"result", delta->changes.count == 0 ? "unchanged" : "applied",
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
	ret = find_feed(&run);
	if (ret != 0)
		return ret;
	ret = open_old(&run);
	if (ret == 0)
		ret = make(&run);
	if (ret == 0)
		ret = swap(&run);
	if (ret < 0) {
		exit_code = weir_load_fail(load, &run.problem);
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
