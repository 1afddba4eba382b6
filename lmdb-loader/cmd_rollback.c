/*
 * cmd_rollback.c - weir-load rollback: an older generation holds again.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/log.h"
#include "lmdb-loader/ack.h"
#include "lmdb-loader/load.h"

/* Of the generations before the current one, that which was current last: not
 * always the newest, which may be the one that was rolled back from. */
static int
find_before(const struct weir_store *store, uint64_t *ret_generation,
    struct weir_problem *problem)
{
	uint64_t *generations, found = 0, serial = 0;
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
	for (i = 0; i < count; i++) {
		if (generations[i] >= store->current.generation ||
		    weir_store_read(store, generations[i], &text, NULL) < 0 ||
		    text.serial <= serial)
			continue;
		serial = text.serial;
		found = generations[i];
	}
	free(generations);
	if (found == 0)
		return weir_problem_set(problem, WEIR_EMISSING,
		    "%s: no generation before the current one", store->folder);
	*ret_generation = found;
	return 0;
}

static int
roll_back(const struct weir_load *load, struct weir_store *store,
    uint64_t generation, bool *ret_is_unchanged, struct weir_problem *problem)
{
	struct weir_problem what = { "" };
	int ret = 0;

	if (load->arg_count == 0)
		ret = find_before(store, &generation, problem);
	if (ret < 0)
		return ret;
	*ret_is_unchanged = store->has_current &&
			    generation == store->current.generation;
	if (*ret_is_unchanged)
		return 0;
	ret = weir_store_rollback(store, generation, &what);
	if (ret == WEIR_EMISSING)
		return weir_problem_set(problem, ret, "%s", what.text);
	if (ret < 0)
		return weir_problem_set(problem, ret,
		    "generation %" PRIu64 " cannot be used: %s", generation,
		    what.text);
	return 0;
}

static int
print(const struct weir_load *load, const struct weir_current *current,
    const struct weir_ack *ack, bool is_unchanged, int exit_code)
{
	if (load->json)
		return weir_load_print(
		    json_pack("{s:s, s:I, s:I, s:I, s:o}", "result",
			is_unchanged ? "unchanged" : "applied", "generation",
			(json_int_t)current->generation, "serial",
			(json_int_t)current->serial, "names",
			(json_int_t)current->name_count, "modules",
			ack->modules != NULL ? json_incref(ack->modules)
					     : json_array()),
		    exit_code);
	printf(is_unchanged ? "generation %" PRIu64
			      " is the current one already, serial %" PRIu64
			      ": %" PRIu64 " names\n"
			    : "rolled back to generation %" PRIu64
			      ", serial %" PRIu64 ": %" PRIu64 " names\n",
	    current->generation, current->serial, current->name_count);
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
	bool is_unchanged;
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
	if (roll_back(load, &store, generation, &is_unchanged, &problem) < 0) {
		exit_code = weir_load_fail(load, &problem);
		goto out;
	}
	exit_code = weir_load_acknowledge(load, &store, &ack, &seconds);
	exit_code = print(load, &store.current, &ack, is_unchanged, exit_code);
out:
	weir_ack_done(&ack);
	weir_store_close(&store);
	return exit_code;
}
