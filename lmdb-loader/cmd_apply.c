/*
 * cmd_apply.c - weir-load apply: compile, compare, write, swap, wait.
 *
 * Whatever fails before the swap leaves the old generation in force.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/log.h"
#include "lib/work.h"
#include "lmdb-loader/ack.h"
#include "lmdb-loader/compile.h"
#include "lmdb-loader/diff.h"
#include "lmdb-loader/load.h"
#include "lmdb-loader/overlay.h"
#include "lmdb-loader/report.h"
#include "lmdb-loader/rules.h"
#include "lmdb-loader/write.h"

struct apply {
	const struct weir_load *load;
	struct weir_settings *settings;
	struct weir_store store;
	struct weir_rules rules;    /* the local ones that have not ended */
	unsigned int ended_count;   /* dropped */
	struct weir_generation old; /* no base: none that can be read */
	struct weir_compiled compiled;
	struct weir_changes changes; /* against the old one */
	struct weir_diff *diff;
	json_t *feeds; /* the report */
	struct weir_ack ack;
	bool is_unchanged;
	double compile_s, swap_s, acknowledge_s;
	struct weir_problem problem;
};

static const struct weir_generation *
old_generation(const struct apply *apply)
{
	return apply->old.base != NULL ? &apply->old : NULL;
}

/* The lock, and the generation to compare with.  One that cannot be read is
 * said and then taken for none: a new one must always be possible. */
static int
open_old(struct apply *apply)
{
	struct weir_problem *problem = &apply->problem;
	int ret;

	ret = weir_store_lock(apply->settings->database, WEIR_LOCK_WAIT_MS,
	    &apply->store, problem);
	if (ret < 0) {
		apply->store.folder = NULL;
		return ret;
	}
	if (problem->text[0] != '\0')
		weir_log_error("%s", problem->text);
	if (apply->store.has_current &&
	    weir_store_open_generation(&apply->store, &apply->store.current,
		true, &apply->old, problem) < 0)
		weir_log_error("%s", problem->text);
	problem->text[0] = '\0';
	return 0;
}

/* The rules that allow and deny have made stand beside those of weir.yaml from
 * here on. */
static int
take_rules(struct apply *apply)
{
	int ret;

	ret = weir_rules_read(apply->store.folder, WEIR_RULES_FILE,
	    &apply->rules, &apply->problem);
	if (ret < 0)
		return ret;
	apply->ended_count = weir_rules_drop_ended(
	    &apply->rules, (uint32_t)time(NULL));
	if (weir_rules_configure(&apply->rules, apply->settings) < 0)
		return weir_problem_set(
		    &apply->problem, WEIR_EMEMORY, "out of memory");
	return 0;
}

static void
complain_of_lists(const struct apply *apply)
{
	const struct weir_compile_feed *feed;
	unsigned int i;

	for (i = 0; i < apply->compiled.feed_count; i++) {
		feed = &apply->compiled.feeds[i];
		if (feed->state == WEIR_COMPILE_KEPT)
			weir_log_error("feed %s: %s; its %" PRIu64
				       " names of the generation before stay",
			    apply->settings->feeds[i].name, feed->problem.text,
			    feed->kept_count);
		else if (feed->state == WEIR_COMPILE_LOST)
			weir_log_error("feed %s: %s; it has no names",
			    apply->settings->feeds[i].name, feed->problem.text);
		else if (feed->problem.text[0] != '\0')
			weir_log_note("feed %s: %s; it has no names, as before",
			    apply->settings->feeds[i].name, feed->problem.text);
	}
}

static int
compile(struct apply *apply)
{
	uint64_t start_ns = weir_clock_ns();
	int ret;

	ret = weir_compile(apply->settings, old_generation(apply),
	    weir_work_thread_count(), &apply->compiled, &apply->problem);
	apply->compile_s = weir_load_seconds_since(start_ns);
	if (ret < 0)
		return ret;
	complain_of_lists(apply);
	if (apply->compiled.feed_count > 0 &&
	    apply->compiled.lost_count == apply->compiled.feed_count &&
	    weir_sort_count(apply->compiled.sort) == 0)
		return weir_problem_set(&apply->problem, WEIR_EMISSING,
		    "no list can be read and no name is left: nothing is "
		    "changed");
	return 0;
}

/* Whether the policy is the old one, octet for octet. */
static int
compare_policies(const struct apply *apply, bool *ret_is_same)
{
	uint8_t *old = NULL, *new = NULL;
	size_t old_len, new_len;
	int ret;

	ret = weir_policy_encode(
	    weir_generation_policy(&apply->old), &old, &old_len);
	if (ret == 0)
		ret = weir_policy_encode(
		    apply->compiled.policy, &new, &new_len);
	if (ret == 0)
		*ret_is_same = old_len == new_len &&
			       memcmp(old, new, old_len) == 0;
	free(old);
	free(new);
	return ret;
}

static int
note_change(void *arg, const struct weir_diff *diff,
    const struct weir_diff_change *change)
{
	struct apply *apply = arg;

	(void)diff;
	return weir_changes_add(&apply->changes, change->key, change->key_len,
	    change->entries, change->entry_count);
}

/* How many names an overlay may have: it has to spare more than it costs, and
 * the numbers in the base's entries and in those of the overlay before have to
 * hold still. */
static uint64_t
overlay_room(const struct apply *apply)
{
	uint64_t room, used = 0;

	if (apply->old.base == NULL ||
	    !weir_policy_extends(
		apply->compiled.policy, weir_generation_policy(&apply->old)))
		return 0;
	room = weir_db_header(apply->old.base)->name_count / 4;
	if (room > WEIR_OVERLAY_NAMES)
		room = WEIR_OVERLAY_NAMES;
	if (apply->old.overlay != NULL)
		used = weir_db_header(apply->old.overlay)->name_count;
	return used < room ? room - used : 0;
}

static int
run_diff(struct apply *apply)
{
	struct weir_stream *names = weir_sort_stream(apply->compiled.sort);

	weir_changes_done(&apply->changes);
	weir_changes_init(&apply->changes, overlay_room(apply));
	return weir_diff_run(old_generation(apply), apply->compiled.policy,
	    names, note_change, apply, apply->diff);
}

static int
compare(struct apply *apply)
{
	bool is_same_policy = false;
	int ret;

	apply->diff = malloc(sizeof(*apply->diff));
	if (apply->diff == NULL)
		return weir_problem_set(
		    &apply->problem, WEIR_EMEMORY, "out of memory");
	ret = run_diff(apply);
	if (ret == WEIR_EFORMAT && apply->old.base != NULL) {
		weir_log_error("the generation before is damaged and is not "
			       "compared with");
		weir_generation_close(&apply->old);
		ret = run_diff(apply);
	}
	if (ret == 0 && apply->old.base != NULL)
		ret = compare_policies(apply, &is_same_policy);
	if (ret < 0)
		return weir_problem_set(&apply->problem, ret,
		    "the generations cannot be compared: %s",
		    weir_error_text(ret));
	apply->is_unchanged = is_same_policy && weir_diff_is_empty(apply->diff);
	apply->feeds = weir_report_feeds(
	    apply->settings, &apply->compiled, apply->diff);
	if (apply->feeds == NULL)
		return weir_problem_set(
		    &apply->problem, WEIR_EMEMORY, "out of memory");
	return 0;
}

static int
write_base(struct apply *apply, struct weir_store_draft *draft)
{
	static const char file[] = "base.tmp";
	struct weir_write_options options = { .kind = WEIR_DB_BASE,
		.created_unix = (uint64_t)time(NULL) };
	char *path = weir_path_join(apply->store.folder, file);
	struct weir_progress progress;
	struct weir_db_header header;
	int ret;

	if (path == NULL)
		return weir_problem_set(
		    &apply->problem, WEIR_EMEMORY, "out of memory");
	weir_progress_init(&progress, "writing names", draft->name_count);
	ret = weir_write_db(path, weir_sort_stream(apply->compiled.sort),
	    apply->compiled.policy, &options, &progress, &header,
	    &apply->problem);
	weir_progress_done(&progress);
	if (ret == 0)
		ret = weir_store_prove(
		    &apply->store, file, &draft->base, &apply->problem);
	if (ret == 0)
		draft->base_file = file;
	else
		(void)unlink(path);
	free(path);
	return ret;
}

/* Few changes go into an overlay, many into a new base. */
static int
write_and_publish(struct apply *apply, uint64_t generation)
{
	struct weir_store_draft draft = { .generation = generation,
		.name_count = apply->diff->names,
		.has_local_rules = true };
	int ret;

	if (overlay_room(apply) > 0 && !apply->changes.is_over)
		ret = weir_overlay_write(&apply->store, &apply->old,
		    &apply->changes, apply->compiled.policy, &draft,
		    &apply->problem);
	else
		ret = write_base(apply, &draft);
	if (ret == 0 && apply->ended_count > 0)
		ret = weir_rules_write(
		    apply->store.folder, &apply->rules, &apply->problem);
	if (ret == 0)
		ret = weir_store_publish(
		    &apply->store, &draft, &apply->problem);
	return ret;
}

static int
swap(struct apply *apply)
{
	uint64_t start_ns = weir_clock_ns(), generation;
	int ret;

	if (!apply->is_unchanged) {
		ret = weir_store_next(&apply->store, &generation);
		if (ret < 0)
			return weir_problem_set(&apply->problem, ret, "%s: %s",
			    apply->store.folder, weir_error_text(ret));
		ret = write_and_publish(apply, generation);
		if (ret < 0)
			return ret;
	}
	apply->swap_s = weir_load_seconds_since(start_ns);
	/* The swap is done; what follows may fail without undoing it. */
	if (weir_report_save(&apply->store, apply->store.current.generation,
		apply->feeds) < 0)
		weir_log_error("the report on the lists cannot be written to "
			       "%s",
		    apply->store.folder);
	weir_store_prune(&apply->store, apply->settings->keep_generations);
	return 0;
}

static void
print_text(const struct apply *apply)
{
	const struct weir_diff *diff = apply->diff;

	if (apply->is_unchanged)
		printf("nothing changed: generation %" PRIu64 " stays, %" PRIu64
		       " names\n",
		    apply->store.current.generation, diff->names);
	else
		printf("generation %" PRIu64 ", serial %" PRIu64 ": %" PRIu64
		       " names, %" PRIu64 " added, %" PRIu64
		       " removed, %" PRIu64 " changed\n",
		    apply->store.current.generation,
		    apply->store.current.serial, diff->names, diff->added,
		    diff->removed, diff->changed);
	if (apply->ended_count > 0)
		printf("  %u local rules have ended and are dropped\n",
		    apply->ended_count);
	weir_report_print(apply->feeds, stdout);
	printf("compiled in %.3f s", apply->compile_s);
	if (!apply->is_unchanged)
		printf(", swapped in %.3f s", apply->swap_s);
	weir_ack_print(&apply->ack, apply->load->no_wait, apply->acknowledge_s);
}

static int
print(const struct apply *apply, int exit_code)
{
	const struct weir_diff *diff = apply->diff;
	json_t *modules = apply->ack.modules;

	if (!apply->load->json) {
		print_text(apply);
		return exit_code;
	}
	return weir_load_print(
	    json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:O, s:o, "
		      "s:{s:f, s:f, s:f}}",
		"result", apply->is_unchanged ? "unchanged" : "applied",
		"generation", (json_int_t)apply->store.current.generation,
		"serial", (json_int_t)apply->store.current.serial, "names",
		(json_int_t)diff->names, "added", (json_int_t)diff->added,
		"removed", (json_int_t)diff->removed, "changed",
		(json_int_t)diff->changed, "feeds", apply->feeds, "modules",
		modules != NULL ? json_incref(modules) : json_array(),
		"seconds", "compile", apply->compile_s, "swap", apply->swap_s,
		"acknowledge", apply->acknowledge_s),
	    exit_code);
}

int
weir_cmd_apply(const struct weir_load *load)
{
	struct apply apply = { .load = load,
		.settings = load->settings,
		.store = { .lock_fd = -1 } };
	int ret, exit_code;

	weir_load_give_way();
	ret = open_old(&apply);
	if (ret == 0)
		ret = take_rules(&apply);
	if (ret == 0)
		ret = compile(&apply);
	if (ret == 0)
		ret = compare(&apply);
	if (ret == 0)
		ret = swap(&apply);
	if (ret < 0) {
		exit_code = weir_load_fail(load, &apply.problem);
		goto out;
	}
	exit_code = weir_load_acknowledge(
	    load, &apply.store, &apply.ack, &apply.acknowledge_s);
	if (apply.compiled.kept_count > 0 || apply.compiled.lost_count > 0)
		exit_code = WEIR_EXIT_PARTLY;
	exit_code = print(&apply, exit_code);
out:
	json_decref(apply.feeds);
	weir_ack_done(&apply.ack);
	free(apply.diff);
	weir_changes_done(&apply.changes);
	weir_compile_done(&apply.compiled);
	weir_generation_close(&apply.old);
	weir_rules_done(&apply.rules);
	weir_store_close(&apply.store);
	return exit_code;
}
