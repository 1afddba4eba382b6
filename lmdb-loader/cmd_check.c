/*
 * cmd_check.c - weir-load check: proves a generation whole, by reading it.
 */
#include <inttypes.h>
#include <stdio.h>

#include "lmdb-loader/load.h"

static int
find_text(const struct weir_load *load, const struct weir_store *store,
    uint64_t generation, struct weir_current *ret_text,
    struct weir_problem *problem)
{
	if (load->arg_count == 0 && !store->has_current)
		return weir_problem_set(problem, WEIR_EMISSING,
		    "%s: no database yet (weir-load apply makes it)",
		    store->folder);
	if (load->arg_count == 0)
		generation = store->current.generation;
	return weir_store_read(store, generation, ret_text, problem);
}

int
weir_cmd_check(const struct weir_load *load)
{
	struct weir_problem problem = { "" };
	struct weir_current text;
	struct weir_store store;
	uint64_t generation = 0;
	int ret;

	if (load->arg_count > 0 &&
	    weir_load_generation(load, load->args[0], &generation) != 0)
		return WEIR_EXIT_USAGE;
	if (weir_store_open(load->settings->database, &store, &problem) < 0)
		return weir_load_fail(load, &problem);
	ret = find_text(load, &store, generation, &text, &problem);
	if (ret == 0)
		ret = weir_store_check(&store, &text, &problem);
	weir_store_close(&store);
	if (ret < 0)
		return weir_load_fail(load, &problem);
	if (load->json)
		return weir_load_print(
		    json_pack("{s:s, s:I, s:I, s:I}", "result", "whole",
			"generation", (json_int_t)text.generation, "names",
			(json_int_t)text.name_count, "octets",
			(json_int_t)weir_current_octets(&text)),
		    WEIR_EXIT_DONE);
	printf("generation %" PRIu64 " is whole: %" PRIu64 " names, %" PRIu64
	       " octets\n",
	    text.generation, text.name_count, weir_current_octets(&text));
	return WEIR_EXIT_DONE;
}
