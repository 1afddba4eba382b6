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

#include "lib/log.h"
#include "lmdb-loader/ack.h"
#include "lmdb-loader/compile.h"
#include "lmdb-loader/diff.h"
#include "lmdb-loader/load.h"
#include "lmdb-loader/report.h"
#include "lmdb-loader/write.h"

struct apply {
	const struct weir_load *load;
	const struct weir_settings *settings;
	struct weir_store store;
	struct weir_db *old; /* NULL: none that can be read */
	struct weir_compiled compiled;
	struct weir_diff *diff;
	json_t *feeds; /* the report */
	struct weir_ack ack;
	bool is_unchanged;
	double compile_s, swap_s, acknowledge_s;
	struct weir_problem problem;
};

/* In whole microseconds: more digits would be noise. */
static double
seconds_since(uint64_t start_ns)
{
	return (double)((weir_clock_ns() - start_ns) / 1000) / 1e6;
}

/* The lock, and the generation to compare with.  One that cannot be read is
 * said and then taken for none: a new one must always be possible. */
static int
open_old(struct apply *apply)
{
	struct weir_problem *problem = &apply->problem;
	int ret;

	ret = weir_store_lock(
	    apply->settings->database, &apply->store, problem);
	if (ret < 0) {
		apply->store.folder = NULL;
		return ret;
	}
	if (problem->text[0] != '\0')
		weir_log_error("%s", problem->text);
	if (apply->store.has_current &&
	    weir_store_open_db(&apply->store, &apply->store.current,
		&apply->old, problem) < 0) {
		weir_log_error("%s", problem->text);
		apply->old = NULL;
	}
	problem->text[0] = '\0';
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

	ret = weir_compile(
	    apply->settings, apply->old, &apply->compiled, &apply->problem);
	apply->compile_s = seconds_since(start_ns);
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

	ret = weir_policy_encode(weir_db_policy(apply->old), &old, &old_len);
	if (ret == 0)
		ret = weir_policy_encode(
		    &apply->settings->policy, &new, &new_len);
	if (ret == 0)
		*ret_is_same = old_len == new_len &&
			       memcmp(old, new, old_len) == 0;
	free(old);
	free(new);
	return ret;
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
	ret = weir_diff_run(apply->old, &apply->settings->policy,
	    apply->compiled.sort, NULL, NULL, apply->diff);
	if (ret == WEIR_EFORMAT && apply->old != NULL) {
		weir_log_error("the generation before is damaged and is not "
			       "compared with");
		weir_db_close(apply->old);
		apply->old = NULL;
		ret = weir_diff_run(NULL, &apply->settings->policy,
		    apply->compiled.sort, NULL, NULL, apply->diff);
	}
	if (ret == 0 && apply->old != NULL)
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
write_and_publish(struct apply *apply, uint64_t generation)
{
	char *tmp = weir_store_path(&apply->store, generation, "base.tmp");
	struct weir_progress progress;
	struct weir_write_options options = { .kind = WEIR_DB_BASE,
		.created_unix = (uint64_t)time(NULL) };
	struct weir_db_header header;
	int ret;

	if (tmp == NULL)
		return weir_problem_set(
		    &apply->problem, WEIR_EMEMORY, "out of memory");
	weir_progress_init(
	    &progress, "writing names", weir_sort_count(apply->compiled.sort));
	ret = weir_write_db(tmp, weir_sort_stream(apply->compiled.sort),
	    &apply->settings->policy, &options, &progress, &header,
	    &apply->problem);
	weir_progress_done(&progress);
	if (ret == 0)
		ret = weir_store_publish(
		    &apply->store, generation, &apply->problem);
	if (ret < 0)
		(void)unlink(tmp);
	free(tmp);
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
	apply->swap_s = seconds_since(start_ns);
	/* The swap is done; what follows may fail without undoing it. */
	if (weir_report_save(&apply->store, apply->store.current.generation,
		apply->feeds) < 0)
		weir_log_error("the report on the lists cannot be written to "
			       "%s",
		    apply->store.folder);
	weir_store_prune(&apply->store, apply->settings->keep_generations);
	return 0;
}

static int
acknowledge(struct apply *apply)
{
	uint64_t start_ns = weir_clock_ns();
	struct weir_problem problem;
	int ret;

	if (apply->load->no_wait)
		return WEIR_EXIT_DONE;
	ret = weir_ack_wait(apply->settings->status, apply->settings->database,
	    &apply->store.current, apply->load->timeout_ms, &apply->ack,
	    &problem);
	apply->acknowledge_s = seconds_since(start_ns);
	if (ret < 0) {
		weir_log_error("%s", problem.text);
		return WEIR_EXIT_PARTLY;
	}
	weir_ack_complain(&apply->ack, apply->store.current.serial);
	return apply->ack.missing_count > 0 ? WEIR_EXIT_PARTLY : WEIR_EXIT_DONE;
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
	weir_report_print(apply->feeds, stdout);
	printf("compiled in %.3f s", apply->compile_s);
	if (!apply->is_unchanged)
		printf(", swapped in %.3f s", apply->swap_s);
	if (apply->load->no_wait)
		printf("\n");
	else if (apply->ack.module_count == 0)
		printf(", no module is running\n");
	else
		printf(", acknowledged by %u of %u modules in %.3f s\n",
		    apply->ack.module_count - apply->ack.missing_count,
		    apply->ack.module_count, apply->acknowledge_s);
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
		ret = compile(&apply);
	if (ret == 0)
		ret = compare(&apply);
	if (ret == 0)
		ret = swap(&apply);
	if (ret < 0) {
		exit_code = weir_load_fail(load, &apply.problem);
		goto out;
	}
	exit_code = acknowledge(&apply);
	if (apply.compiled.kept_count > 0 || apply.compiled.lost_count > 0)
		exit_code = WEIR_EXIT_PARTLY;
	exit_code = print(&apply, exit_code);
out:
	json_decref(apply.feeds);
	weir_ack_done(&apply.ack);
	free(apply.diff);
	weir_compile_done(&apply.compiled);
	weir_db_close(apply.old);
	weir_store_close(&apply.store);
	return exit_code;
}
