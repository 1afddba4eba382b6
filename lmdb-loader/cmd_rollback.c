/*
 * cmd_rollback.c - weir-load rollback: an older generation holds again.
 *
 * The local rules that weir-load keeps (rules.h) are no part of what is rolled
 * back: those of now hold in the older generation too.  If it has others, it
 * gets an overlay with the difference, and that is said.
 *
 * Signed feeds would go on moving, and take back within a second what was rolled
 * back: so they stand still (signed.h) until somebody says `weir-load apply`.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lib/log.h"
#include "lmdb-loader/ack.h"
#include "lmdb-loader/load.h"
#include "lmdb-loader/local.h"
#include "lmdb-loader/report.h"
#include "lmdb-loader/signed.h"

/* Of the generations before the current one, that which was current last: not
 * always the newest, which may be the one that was rolled back from.  "Before" it
 * is what was before its lists: what differs in local rules alone, or by a
 * compact, would be no way back, for the rules of now hold in it as well. */
static int
find_before(const struct weir_store *store, uint64_t *ret_generation,
    struct weir_problem *problem)
{
	uint64_t *generations, found = 0, serial = 0, lists_of;
	struct weir_current text;
	unsigned int count, i;
	int ret;

	if (!store->has_current)
		return weir_problem_set(problem, WEIR_EMISSING,
		    "%s: no generation is current; name the one to take",
		    store->folder);
	ret = weir_store_list(store, &generations, &count);
	if (ret < 0)
		return weir_problem_set(problem, ret, "%s: %s", store->folder,
		    weir_error_text(ret));
	lists_of = weir_report_lists_of(store, store->current.generation);
	for (i = 0; i < count; i++) {
		if (generations[i] >= lists_of ||
		    weir_store_read(store, generations[i], &text, NULL) < 0 ||
		    text.serial <= serial)
			continue;
		serial = text.serial;
		found = generations[i];
	}
	free(generations);
	if (found == 0)
		return weir_problem_set(problem, WEIR_EMISSING,
		    "%s: no generation before the current one that has other "
		    "lists (weir-load status lists them)",
		    store->folder);
	*ret_generation = found;
	return 0;
}

/* Publishes the older generation with the rules of now, if it has others: 1.
 * 0: it has the same. */
static int
bring_rules(struct weir_store *store, const struct weir_current *text,
    struct weir_problem *problem)
{
	struct weir_rules rules = { 0 }, then = { 0 };
	const struct weir_rules *gone = &then;
	struct weir_generation generation = { .base = NULL };
	struct weir_local local = { .names = 0 };
	int ret;

	ret = weir_rules_read(store->folder, WEIR_RULES_FILE, &rules, problem);
	if (ret < 0)
		return ret;
	weir_local_read(store, text->generation, &then);
	if (rules.count > 0 || then.count > 0) {
		ret = weir_store_open_generation(
		    store, text, true, &generation, problem);
		if (ret == 0)
			ret = weir_local_make(&generation, &rules, &gone, 1,
			    (uint32_t)time(NULL), &local);
		if (ret == 0 && local.changes.count > 0)
			ret = weir_local_publish(store, &generation, text,
				  &local, NULL, NULL, problem) == 0
				  ? 1
				  : WEIR_ESYSTEM;
	}
	weir_local_done(&local);
	weir_generation_close(&generation);
	weir_rules_done(&then);
	weir_rules_done(&rules);
	return ret;
}

static int
roll_back(const struct weir_load *load, struct weir_store *store,
    uint64_t generation, bool *ret_is_unchanged, bool *ret_has_other_rules,
    struct weir_problem *problem)
{
	struct weir_problem what = { "" };
	struct weir_current text;
	int ret = 0;

	if (load->arg_count == 0)
		ret = find_before(store, &generation, problem);
	if (ret < 0)
		return ret;
	*ret_is_unchanged = store->has_current &&
			    generation == store->current.generation;
	if (*ret_is_unchanged)
		return 0;
	ret = weir_store_read(store, generation, &text, &what);
	if (ret == 0)
		ret = bring_rules(store, &text, &what);
	*ret_has_other_rules = ret == 1;
	if (ret == 0)
		ret = weir_store_rollback(store, generation, &what);
	if (ret == WEIR_EMISSING)
		return weir_problem_set(problem, ret, "%s", what.text);
	if (ret == WEIR_ESYSTEM)
		return weir_problem_set(problem, ret,
		    "no rollback to generation %" PRIu64 ": %s", generation,
		    what.text);
	if (ret < 0)
		return weir_problem_set(problem, ret,
		    "generation %" PRIu64 " cannot be used: %s", generation,
		    what.text);
	return 0;
}

static bool
has_signed(const struct weir_settings *settings)
{
	unsigned int i;

	for (i = 0; i < settings->feed_count; i++)
		if (weir_signed_is_folder(&settings->feeds[i]))
			return true;
	return false;
}

/* Rolls back, with signed feeds held before it is done: who is killed between
 * has held them for nothing. */
static int
roll_back_and_hold(const struct weir_load *load, struct weir_store *store,
    uint64_t generation, bool *ret_is_unchanged, bool *ret_has_other_rules,
    struct weir_problem *problem)
{
	bool is_new = has_signed(load->settings) &&
		      !weir_signed_is_rolled_back(store->folder);
	int ret = 0;

	if (is_new)
		ret = weir_signed_hold(store->folder);
	if (ret < 0)
		return weir_problem_set(problem, ret,
		    "%s: signed feeds cannot be held: %s", store->folder,
		    weir_error_text(ret));
	ret = roll_back(load, store, generation, ret_is_unchanged,
	    ret_has_other_rules, problem);
	if (is_new && (ret < 0 || *ret_is_unchanged))
		weir_signed_release(store->folder);
	return ret;
}

static int
print(const struct weir_load *load, const struct weir_current *current,
    const struct weir_ack *ack, bool is_unchanged, bool has_other_rules,
    bool is_held, int exit_code)
{
	if (load->json)
		return weir_load_print(
		    json_pack("{s:s, s:I, s:I, s:I, s:b, s:b, s:o}", "result",
			is_unchanged ? "unchanged" : "applied", "generation",
			(json_int_t)current->generation, "serial",
			(json_int_t)current->serial, "names",
			(json_int_t)current->name_count, "local_rules_kept",
			(int)has_other_rules, "signed_feeds_held", (int)is_held,
			"modules",
			ack->modules != NULL ? json_incref(ack->modules)
					     : json_array()),
		    exit_code);
	printf(is_unchanged ? "generation %" PRIu64
			      " is the current one already, serial %" PRIu64
			      ": %" PRIu64 " names\n"
			    : "rolled back to generation %" PRIu64
			      ", serial %" PRIu64 ": %" PRIu64 " names\n",
	    current->generation, current->serial, current->name_count);
	if (has_other_rules)
		printf("its local rules (allow, deny) were others: those of "
		       "now hold in it\n");
	if (is_held)
		printf("signed feeds stand still until weir-load apply\n");
	if (!is_unchanged)
		printf("until the next weir-load apply, which compiles the "
		       "lists again (systemctl stop weir-load.timer)\n");
	if (ack->module_count > 0)
		printf("acknowledged by %u of %u modules\n",
		    ack->module_count - ack->missing_count, ack->module_count);
	return exit_code;
}

int
weir_cmd_rollback(const struct weir_load *load)
{
	struct weir_problem problem = { "" };
	struct weir_store store;
	struct weir_ack ack = { 0 };
	uint64_t generation = 0;
	bool is_unchanged, has_other_rules = false;
	double seconds;
	int exit_code;

	if (load->arg_count > 0 &&
	    weir_load_generation(load, load->args[0], &generation) != 0)
		return WEIR_EXIT_USAGE;
	weir_load_give_way();
	if (weir_store_lock(load->settings->database, WEIR_LOCK_WAIT_MS, &store,
		&problem) < 0)
		return weir_load_fail(load, &problem);
	if (problem.text[0] != '\0')
		weir_log_error("%s", problem.text);
	if (roll_back_and_hold(load, &store, generation, &is_unchanged,
		&has_other_rules, &problem) < 0) {
		exit_code = weir_load_fail(load, &problem);
		goto out;
	}
	exit_code = weir_load_acknowledge(load, &store, &ack, &seconds);
	exit_code = print(load, &store.current, &ack, is_unchanged,
	    has_other_rules, weir_signed_is_rolled_back(store.folder),
	    exit_code);
out:
	weir_ack_done(&ack);
	weir_store_close(&store);
	return exit_code;
}
