/*
 * cmd_compact.c - weir-load compact: base and overlay become a new base.
 *
 * Deltas go on meanwhile.  What takes long, reading both and writing the new
 * base, is done without the database's lock, from files that never change; only
 * the swap takes it, and finds out what deltas have come since:
 *
 *   base B, overlay O        read, merged, written as compact.base = B'
 *   now B, overlay O2        under the lock: what O2 says and O did not say
 *                            becomes the overlay of B'
 *   now another base         an apply was faster: B' is thrown away
 *
 * One compaction at a time: compact.lock.  A kill at any moment leaves
 * compact.base, which the next one writes anew.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/log.h"
#include "lmdb-loader/ack.h"
#include "lmdb-loader/load.h"
#include "lmdb-loader/overlay.h"
#include "lmdb-loader/report.h"
#include "lmdb-loader/write.h"

#define BASE_FILE "compact.base"
#define LOCK_FILE "compact.lock"

struct compact {
	const struct weir_load *load;
	int lock_fd;
	struct weir_store store;    /* first to read, then with the lock */
	struct weir_current then;   /* that was read */
	struct weir_generation old; /* `then`, opened */
	struct weir_db *base;       /* the new one */
	struct weir_store_draft draft;
	struct weir_ack ack;
	bool is_superseded; /* another base has come meanwhile */
	double compact_s, swap_s, acknowledge_s;
	struct weir_problem problem;
};

/* Opens what there is to compact; 1: nothing. */
static int
open_old(struct compact *compact)
{
	const struct weir_settings *settings = compact->load->settings;
	int ret;

	ret = weir_store_open(
	    settings->database, &compact->store, &compact->problem);
	if (ret < 0)
		return ret;
	if (!compact->store.has_current)
		return weir_problem_set(&compact->problem, WEIR_EMISSING,
		    "%s: no database yet (weir-load apply makes it)",
		    compact->store.folder);
	/* With the lock, clean_up removes what one before has left. */
	ret = weir_store_flock(settings->database, LOCK_FILE, 0,
	    &compact->lock_fd, &compact->problem);
	if (ret < 0)
		return ret;
	compact->then = compact->store.current;
	if (!compact->then.has_overlay)
		return 1;
	/* What is copied is proven before. */
	return weir_store_open_generation(&compact->store, &compact->then, true,
	    &compact->old, &compact->problem);
}

static int
write_base(struct compact *compact)
{
	struct weir_write_options options = { .kind = WEIR_DB_BASE,
		.created_unix = (uint64_t)time(NULL) };
	char *path = weir_path_join(compact->store.folder, BASE_FILE);
	struct weir_progress progress;
	struct weir_walk_stream names;
	struct weir_db_header header;
	int ret;

	if (path == NULL)
		return weir_problem_set(
		    &compact->problem, WEIR_EMEMORY, "out of memory");
	(void)unlink(path);
	ret = weir_walk_generation(&compact->old, &names);
	if (ret < 0)
		(void)weir_problem_set(
		    &compact->problem, ret, "the generation is damaged");
	weir_progress_init(&progress, "compacting", compact->then.name_count);
	if (ret == 0)
		ret = weir_write_db(path, &names.stream,
		    weir_generation_policy(&compact->old), &options, &progress,
		    &header, &compact->problem);
	weir_progress_done(&progress);
	if (ret == 0)
		ret = weir_store_prove(&compact->store, BASE_FILE,
		    &compact->draft.base, &compact->problem);
	if (ret == 0)
		ret = weir_db_open(path, compact->draft.base.size,
		    &compact->base, &compact->problem);
	if (ret == 0)
		compact->draft.base_file = BASE_FILE;
	else
		(void)unlink(path);
	free(path);
	return ret;
}

/* What deltas have put into the overlay since it was read. */
static int
write_rest(struct compact *compact)
{
	const struct weir_current *now = &compact->store.current;
	struct weir_walk_stream now_stream, then_stream;
	struct weir_generation generation;
	struct weir_rest_stream rest;
	int ret;

	if (weir_current_tag(now) == weir_current_tag(&compact->then))
		return 0;
	ret = weir_generation_open(compact->store.folder, now, &compact->old,
	    &generation, &compact->problem);
	if (ret < 0)
		return ret;
	/* Rolled back, and other feeds since: its numbers are not ours. */
	compact->is_superseded = !weir_policy_extends(
	    weir_generation_policy(&generation),
	    weir_generation_policy(&compact->old));
	if (compact->is_superseded)
		goto out;
	ret = weir_walk_overlay(generation.overlay, &now_stream);
	if (ret == 0)
		ret = weir_walk_overlay(compact->old.overlay, &then_stream);
	if (ret < 0)
		(void)weir_problem_set(
		    &compact->problem, ret, "an overlay is damaged");
	weir_rest(&now_stream.stream, &then_stream.stream, &rest);
	if (ret == 0)
		ret = weir_overlay_write_stream(&compact->store, &rest.stream,
		    weir_db_header(compact->base),
		    weir_generation_policy(&generation), &compact->draft,
		    &compact->problem);
	if (rest.is_foreign) { /* rolled back, and deltas since */
		compact->is_superseded = true;
		ret = 0;
	}
out:
	weir_generation_close(&generation);
	return ret;
}

/* Whether the generation in force lies over the base that was read; write_rest
 * tells whether its overlay comes from the one that was read. */
static bool
is_still_valid(const struct compact *compact)
{
	const struct weir_current *now = &compact->store.current;

	return compact->store.has_current && now->has_overlay &&
	       memcmp(now->base.checksum, compact->then.base.checksum,
		   WEIR_CHECKSUM_BYTES) == 0;
}

static int
swap(struct compact *compact)
{
	const struct weir_settings *settings = compact->load->settings;
	uint64_t start_ns, before;
	int ret;

	weir_store_close(&compact->store);
	ret = weir_store_lock(settings->database, WEIR_ACK_TIMEOUT_MS,
	    &compact->store, &compact->problem);
	if (ret < 0) {
		compact->store.folder = NULL;
		return ret;
	}
	start_ns = weir_clock_ns();
	compact->is_superseded = !is_still_valid(compact);
	if (compact->is_superseded)
		return 0;
	before = compact->store.current.generation;
	compact->draft.name_count = compact->store.current.name_count;
	ret = write_rest(compact);
	if (ret < 0 || compact->is_superseded)
		return ret;
	ret = weir_store_next(&compact->store, &compact->draft.generation);
	if (ret == 0)
		ret = weir_store_publish(
		    &compact->store, &compact->draft, &compact->problem);
	if (ret == 0)
		weir_report_keep(&compact->store, before, NULL, 0);
	compact->swap_s = weir_load_seconds_since(start_ns);
	return ret;
}

static int
print(const struct compact *compact, bool is_needed, int exit_code)
{
	const char *result = "unchanged";
	const struct weir_current *now = &compact->store.current;

	if (is_needed)
		result = compact->is_superseded ? "superseded" : "applied";
	if (compact->load->json)
		return weir_load_print(
		    json_pack("{s:s, s:I, s:I, s:I, s:o, s:{s:f, s:f, s:f}}",
			"result", result, "generation",
			(json_int_t)now->generation, "serial",
			(json_int_t)now->serial, "names",
			(json_int_t)now->name_count, "modules",
			compact->ack.modules != NULL
			    ? json_incref(compact->ack.modules)
			    : json_array(),
			"seconds", "compact", compact->compact_s, "swap",
			compact->swap_s, "acknowledge", compact->acknowledge_s),
		    exit_code);
	if (!is_needed) {
		printf("nothing to compact: generation %" PRIu64
		       " has no overlay\n",
		    now->generation);
	} else if (compact->is_superseded) {
		printf("another base has come meanwhile: nothing changed\n");
	} else {
		printf("generation %" PRIu64 ", serial %" PRIu64 ": %" PRIu64
		       " names\ncompacted in %.3f s, swapped in %.3f s",
		    now->generation, now->serial, now->name_count,
		    compact->compact_s, compact->swap_s);
		weir_ack_print(&compact->ack, compact->load->no_wait,
		    compact->acknowledge_s);
	}
	return exit_code;
}

/* Nobody reads what a compaction aside says, so `status` says that the last one
 * has failed, and why. */
static void
note_failure(const struct compact *compact, bool has_failed)
{
	const char *folder = compact->load->settings->database;
	const char *text = compact->problem.text;
	char *path = weir_path_join(folder, WEIR_COMPACT_PROBLEM);

	if (compact->lock_fd >= 0 && has_failed)
		(void)!weir_file_replace(
		    folder, WEIR_COMPACT_PROBLEM, text, strlen(text));
	else if (compact->lock_fd >= 0 && path != NULL)
		(void)unlink(path);
	free(path);
}

static void
clean_up(struct compact *compact)
{
	char *path = NULL;

	if (compact->store.folder != NULL)
		path = weir_path_join(compact->store.folder, BASE_FILE);
	if (path != NULL && compact->lock_fd >= 0)
		(void)unlink(path); /* published, it has another name */
	free(path);
	weir_ack_done(&compact->ack);
	weir_db_close(compact->base);
	weir_generation_close(&compact->old);
	weir_store_close(&compact->store);
	if (compact->lock_fd >= 0)
		(void)close(compact->lock_fd);
}

int
weir_cmd_compact(const struct weir_load *load)
{
	struct compact compact = {
		.load = load, .lock_fd = -1, .store = { .lock_fd = -1 }
	};
	uint64_t start_ns = weir_clock_ns();
	int ret, exit_code = WEIR_EXIT_DONE;

	weir_load_give_way();
	ret = open_old(&compact);
	if (ret == 1) {
		exit_code = print(&compact, false, exit_code);
		goto out;
	}
	if (ret == 0)
		ret = write_base(&compact);
	compact.compact_s = weir_load_seconds_since(start_ns);
	if (ret == 0)
		ret = swap(&compact);
	if (ret < 0) {
		exit_code = weir_load_fail(load, &compact.problem);
		goto out;
	}
	if (!compact.is_superseded) {
		exit_code = weir_load_acknowledge(
		    load, &compact.store, &compact.ack, &compact.acknowledge_s);
		weir_store_prune(
		    &compact.store, load->settings->keep_generations);
	}
	exit_code = print(&compact, true, exit_code);
out:
	note_failure(&compact, ret < 0);
	clean_up(&compact);
	return exit_code;
}

/* In the child: what it would print, nobody reads. */
static void
compact_quietly(const struct weir_load *load)
{
	struct weir_load quiet = *load;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || setsid() < 0 || dup2(null, 0) < 0 ||
	    dup2(null, 1) < 0 || dup2(null, 2) < 0)
		_exit(WEIR_EXIT_FAILED);
	quiet.json = false;
	_exit(weir_cmd_compact(&quiet));
}

void
weir_compact_aside(const struct weir_load *load)
{
	(void)fflush(stdout);
	switch (fork()) {
	case 0:
		compact_quietly(load);
		break;
	case -1:
		weir_log_error("no compaction can be started aside: %m");
		break;
	default: /* nobody waits for it */
		break;
	}
}
