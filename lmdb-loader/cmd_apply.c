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
#include "lmdb-loader/denied.h"
#include "lmdb-loader/diff.h"
#include "lmdb-loader/held.h"
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
	json_t *feeds;                   /* the report */
	struct weir_held was_held, held; /* before this apply, after it */
	bool is_held[WEIR_FEEDS];        /* each of feeds: */
	bool is_accepted[WEIR_FEEDS];    /* its file, whatever its size */
	struct weir_ack ack;
	bool is_unchanged;
	bool is_rolled_back; /* and to be left so */
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

	if (apply->compiled.has_lost_categories)
		weir_log_note("the lists name more than %d categories; of the "
			      "others only their feed's is known",
		    WEIR_CATEGORIES - 1);
	for (i = 0; i < apply->compiled.feed_count; i++) {
		feed = &apply->compiled.feeds[i];
		if (feed->state == WEIR_COMPILE_READ && feed->is_over)
			weir_log_note("feed %s: %s is older than the feed's "
				      "lifetime: what does not say itself when "
				      "it was seen, or ends, has ended",
			    apply->settings->feeds[i].name,
			    apply->settings->feeds[i].file);
		if (feed->state == WEIR_COMPILE_READ && feed->has_changed)
			weir_log_error("feed %s: %s has changed while it was "
				       "read: run weir-load apply again; who "
				       "writes lists moves whole files there",
			    apply->settings->feeds[i].name,
			    apply->settings->feeds[i].file);
		if (feed->state == WEIR_COMPILE_HELD)
			weir_log_error("feed %s: %s; its %" PRIu64
				       " names of the generation before stay "
				       "until weir-load accept %s",
			    apply->settings->feeds[i].name, feed->problem.text,
			    feed->kept_count, apply->settings->feeds[i].name);
		else if (feed->state == WEIR_COMPILE_KEPT)
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

	ret = weir_compile(apply->settings, apply->is_held,
	    old_generation(apply), weir_work_thread_count(), &apply->compiled,
	    &apply->problem);
	apply->compile_s += weir_load_seconds_since(start_ns);
	if (ret < 0)
		return ret;
	if (apply->compiled.feed_count > 0 &&
	    apply->compiled.lost_count == apply->compiled.feed_count &&
	    weir_sort_count(apply->compiled.sort) == 0) {
		complain_of_lists(apply);
		return weir_problem_set(&apply->problem, WEIR_EMISSING,
		    "no list can be read and no name is left: nothing is "
		    "changed");
	}
	return 0;
}

/* --- lists that have shrunk or grown too much ---------------------------- */

/* What waits since an apply before this one: as long as its file is the same,
 * its list need not be read. */
static void
recall_held(struct apply *apply)
{
	char digest[WEIR_HELD_DIGEST_SIZE];
	const struct weir_feed_settings *feed;
	const struct weir_held_feed *held;
	unsigned int i;

	if (weir_held_load(apply->store.folder, &apply->was_held) < 0)
		weir_log_error("%s: what is held cannot be read; each list is "
			       "looked at anew",
		    apply->store.folder);
	for (i = 0; i < apply->settings->feed_count; i++) {
		feed = &apply->settings->feeds[i];
		held = weir_held_find(&apply->was_held, feed->name);
		if (held == NULL || feed->file == NULL ||
		    weir_held_digest(feed->file, digest) < 0 ||
		    !weir_held_is_same(held->digest, digest))
			continue;
		apply->is_accepted[i] = held->is_accepted;
		if (held->is_accepted || apply->old.base == NULL ||
		    strcmp(held->digest, digest) != 0 ||
		    (!weir_held_is_state(digest) &&
			weir_held_limit(feed, held->before, held->names) ==
			    NULL))
			continue;
		apply->is_held[i] = true;
		apply->held.feeds[apply->held.count++] = *held;
	}
}

/* Whether what was read is what had been accepted: the file may have been
 * replaced in between. */
static bool
is_accepted(
    struct apply *apply, unsigned int place, const struct weir_held_feed *now)
{
	const struct weir_held_feed *held = weir_held_find(
	    &apply->was_held, apply->settings->feeds[place].name);

	return apply->is_accepted[place] && held != NULL &&
	       weir_held_is_same(held->digest, now->digest) &&
	       (!weir_held_is_state(now->digest) ||
		   weir_signed_is_near(held->names, now->names));
}

/* Whether the feed's list changes too much.  A signed feed is held to what its
 * deltas are held to, also if its publisher has begun anew: whoever has stolen the
 * keys can say so. */
static bool
is_too_much(const struct apply *apply, unsigned int place, uint64_t before)
{
	const struct weir_diff_row *row =
	    &apply->diff->rows[WEIR_FEED_FIRST + place];
	const struct weir_feed *now =
	    &apply->compiled.policy->feeds[WEIR_FEED_FIRST + place];
	struct weir_feed was;
	int number;

	if (weir_held_limit(
		&apply->settings->feeds[place], before, row->names) != NULL)
		return true;
	if (now->gen[0] == '\0' || apply->old.base == NULL)
		return false;
	number = weir_policy_find_feed(
	    weir_generation_policy(&apply->old), now->name);
	if (number < 0)
		return false;
	was = weir_generation_policy(&apply->old)->feeds[number];
	if (was.gen[0] == '\0')
		return false;
	was.names = before;
	weir_signed_begin_day(&was, (uint32_t)time(NULL));
	return weir_signed_is_too_much(&was, row->added, row->removed);
}

/* The digest of what was read: "", which no file has, if the file may have been
 * replaced since. */
static void
digest_read(const struct apply *apply, unsigned int place, char *digest)
{
	const struct weir_compile_feed *feed = &apply->compiled.feeds[place];
	const char *file = apply->settings->feeds[place].file;

	if (feed->has_changed || weir_held_digest(file, digest) < 0 ||
	    !weir_compile_is_same(feed, file))
		digest[0] = '\0';
}

/* Of the list that was read. */
static void
digest_now(const struct apply *apply, unsigned int place, char *ret_digest)
{
	const struct weir_list_report *report =
	    &apply->compiled.feeds[place].report;

	ret_digest[0] = '\0';
	if (report->gen[0] != '\0')
		weir_held_print_state(
		    report->gen, report->sequence, ret_digest);
	else
		digest_read(apply, place, ret_digest);
}

/* Holds the feeds that this apply would change too much.  Whether there are
 * any. */
static bool
find_held(struct apply *apply)
{
	const struct weir_feed_settings *feed;
	const struct weir_diff_row *row;
	struct weir_held_feed held = { .since_unix = (uint64_t)time(NULL) };
	bool is_found = false;
	unsigned int i;

	for (i = 0; i < apply->settings->feed_count; i++) {
		feed = &apply->settings->feeds[i];
		row = &apply->diff->rows[WEIR_FEED_FIRST + i];
		held.names = row->names;
		held.before = row->names - row->added + row->removed;
		if (apply->compiled.feeds[i].state != WEIR_COMPILE_READ ||
		    !is_too_much(apply, i, held.before))
			continue;
		digest_now(apply, i, held.digest);
		if (is_accepted(apply, i, &held))
			continue;
		strcpy(held.name, feed->name);
		apply->held.feeds[apply->held.count++] = held;
		apply->is_held[i] = is_found = true;
	}
	return is_found;
}

/* Says of each feed that is held why. */
static void
explain_held(struct apply *apply)
{
	const struct weir_feed_settings *settings;
	const struct weir_held_feed *held;
	struct weir_compile_feed *feed;
	const char *limit;
	unsigned int i;

	for (i = 0; i < apply->compiled.feed_count; i++) {
		settings = &apply->settings->feeds[i];
		feed = &apply->compiled.feeds[i];
		if (feed->state != WEIR_COMPILE_HELD)
			continue;
		held = weir_held_find(&apply->held, settings->name);
		feed->held_count = held->names;
		limit = weir_held_limit(settings, held->before, held->names);
		(void)weir_problem_set(&feed->problem, 0,
		    "%s: holds %" PRIu64 " names where %" PRIu64
		    " are in force, too %s for %s",
		    settings->file, held->names, held->before,
		    held->names < held->before ? "few" : "many",
		    limit != NULL ? limit : "one step of a signed feed");
	}
}

/* What waits from now on.  What was accepted and could not be read stays
 * accepted. */
static void
save_held(struct apply *apply)
{
	const struct weir_held_feed *held;
	unsigned int i;

	for (i = 0; i < apply->settings->feed_count; i++) {
		held = weir_held_find(
		    &apply->was_held, apply->settings->feeds[i].name);
		if (held != NULL && apply->is_accepted[i] &&
		    apply->compiled.feeds[i].state != WEIR_COMPILE_READ &&
		    apply->compiled.feeds[i].state != WEIR_COMPILE_HELD)
			apply->held.feeds[apply->held.count++] = *held;
	}
	if (memcmp(&apply->held, &apply->was_held, sizeof(apply->held)) != 0 &&
	    weir_held_save(apply->store.folder, &apply->held) < 0)
		weir_log_error("what is held cannot be written to %s",
		    apply->store.folder);
}

/* --- comparing ----------------------------------------------------------- */

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

/* How many names a signed feed has in force now, and when its day began, for the
 * guard.  What a person has accepted begins a new one. */
static void
count_signed(struct apply *apply, unsigned int place)
{
	const struct weir_diff_row *row =
	    &apply->diff->rows[WEIR_FEED_FIRST + place];
	struct weir_feed *feed =
	    &apply->compiled.policy->feeds[WEIR_FEED_FIRST + place];
	bool is_accepted = apply->is_accepted[place] &&
			   apply->compiled.feeds[place].state ==
			       WEIR_COMPILE_READ;

	if (feed->gen[0] == '\0')
		return;
	if (is_accepted)
		feed->day_unix = 0;
	feed->names = feed->day_unix == 0
			  ? row->names
			  : row->names - row->added + row->removed;
	weir_signed_begin_day(feed, (uint32_t)time(NULL));
	feed->names = row->names;
}

static int
compare(struct apply *apply)
{
	bool is_same_policy = false;
	unsigned int i;
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
	for (i = 0; ret == 0 && i < apply->settings->feed_count; i++)
		count_signed(apply, i);
	if (ret == 0 && apply->old.base != NULL)
		ret = compare_policies(apply, &is_same_policy);
	if (ret < 0)
		return weir_problem_set(&apply->problem, ret,
		    "the generations cannot be compared: %s",
		    weir_error_text(ret));
	apply->is_unchanged = is_same_policy && weir_diff_is_empty(apply->diff);
	explain_held(apply);
	apply->feeds = weir_report_feeds(
	    apply->settings, &apply->compiled, apply->diff);
	if (apply->feeds == NULL)
		return weir_problem_set(
		    &apply->problem, WEIR_EMEMORY, "out of memory");
	return 0;
}

static void
forget_comparison(struct apply *apply)
{
	json_decref(apply->feeds);
	apply->feeds = NULL;
	free(apply->diff);
	apply->diff = NULL;
}

/* If a feed changes too much, all is compiled once more without it.  That is
 * seldom, and only then is it known how many different names a list holds. */
static int
hold(struct apply *apply)
{
	struct weir_compile_feed *read = apply->compiled.feeds;
	unsigned int i, count = apply->compiled.feed_count;
	int ret;

	if (!find_held(apply))
		return 0;
	forget_comparison(apply);
	apply->compiled.feeds = NULL;
	weir_compile_done(&apply->compiled);
	ret = compile(apply);
	for (i = 0; ret == 0 && i < count; i++)
		if (apply->compiled.feeds[i].state == WEIR_COMPILE_HELD)
			apply->compiled.feeds[i].report = read[i].report;
	free(read);
	return ret == 0 ? compare(apply) : ret;
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
	save_held(apply);
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

/* All up to the swap. */
static int
run(struct apply *apply)
{
	int ret;

	ret = open_old(apply);
	if (ret < 0)
		return ret;
	apply->is_rolled_back = apply->load->is_unless_rolled_back &&
				weir_signed_is_rolled_back(apply->store.folder);
	if (apply->is_rolled_back)
		return weir_problem_set(
		    &apply->problem, WEIR_EBUSY, "%s", WEIR_SIGNED_ROLLED_BACK);
	ret = take_rules(apply);
	if (ret < 0)
		return ret;
	recall_held(apply);
	ret = compile(apply);
	if (ret == 0)
		ret = compare(apply);
	if (ret == 0)
		ret = hold(apply);
	if (ret < 0)
		return ret;
	complain_of_lists(apply);
	if (!apply->is_unchanged)
		weir_denied_warn(
		    apply->settings, &apply->settings->deny, true, false);
	return swap(apply);
}

int
weir_cmd_apply(const struct weir_load *load)
{
	struct apply apply = { .load = load,
		.settings = load->settings,
		.store = { .lock_fd = -1 } };
	int ret, exit_code;

	weir_load_give_way();
	ret = run(&apply);
	if (ret < 0) {
		exit_code = apply.is_rolled_back
				? weir_load_hold(load, &apply.problem)
				: weir_load_fail(load, &apply.problem);
		goto out;
	}
	weir_signed_release(apply.store.folder);
	exit_code = weir_load_acknowledge(
	    load, &apply.store, &apply.ack, &apply.acknowledge_s);
	if (apply.compiled.kept_count > 0 || apply.compiled.lost_count > 0 ||
	    apply.compiled.held_count > 0 || apply.compiled.changed_count > 0)
		exit_code = WEIR_EXIT_PARTLY;
	exit_code = print(&apply, exit_code);
out:
	forget_comparison(&apply);
	weir_ack_done(&apply.ack);
	weir_changes_done(&apply.changes);
	weir_compile_done(&apply.compiled);
	weir_generation_close(&apply.old);
	weir_rules_done(&apply.rules);
	weir_store_close(&apply.store);
	return exit_code;
}
