/*
 * feed_plan.c - which of a feed's targets to fetch, so that the state becomes
 * that of the newest.
 */
#include <inttypes.h>
#include <string.h>

#include "feeds/feed_state.h"

/* A way from one sequence number to the newest. */
struct way {
	unsigned int steps[WEIR_FEED_KIND_COUNT];
	unsigned int count;
	uint64_t length; /* octets to fetch */
};

struct planning {
	const struct weir_feed_target *targets;
	unsigned int target_count;
	const struct weir_feed_target *newest;
};

static bool
is_usable(const struct planning *planning, const struct weir_feed_target *one)
{
	return strcmp(one->header.gen, planning->newest->header.gen) == 0;
}

/* The delta that leads farthest from there; of two the shorter one.  -1. */
static int
find_step(const struct planning *planning, uint64_t have)
{
	const struct weir_feed_target *one, *best = NULL;
	unsigned int i;

	for (i = 0; i < planning->target_count; i++) {
		one = &planning->targets[i];
		if (one->header.kind == WEIR_FEED_FULL ||
		    !is_usable(planning, one) || one->header.from > have ||
		    one->header.to <= have)
			continue;
		if (best == NULL || one->header.to > best->header.to ||
		    (one->header.to == best->header.to &&
			one->length < best->length))
			best = one;
	}
	return best != NULL ? (int)(best - planning->targets) : -1;
}

/* Goes on from `have` to the newest.  false: deltas do not lead there. */
static bool
follow(const struct planning *planning, uint64_t have, struct way *way)
{
	int step;

	while (have != planning->newest->header.to) {
		step = find_step(planning, have);
		if (step < 0 || way->count == WEIR_FEED_KIND_COUNT)
			return false;
		way->steps[way->count++] = (unsigned int)step;
		way->length += planning->targets[step].length;
		have = planning->targets[step].header.to;
	}
	return true;
}

/* From nothing: the newest full, and on from there. */
static bool
begin_anew(
    const struct planning *planning, struct way *way, uint64_t *ret_full_length)
{
	const struct weir_feed_target *one, *best = NULL;
	unsigned int i;

	for (i = 0; i < planning->target_count; i++) {
		one = &planning->targets[i];
		if (one->header.kind == WEIR_FEED_FULL &&
		    is_usable(planning, one) &&
		    (best == NULL || one->header.to > best->header.to))
			best = one;
	}
	if (best == NULL)
		return false;
	way->steps[way->count++] = (unsigned int)(best - planning->targets);
	way->length += best->length;
	*ret_full_length = best->length;
	return follow(planning, best->header.to, way);
}

int
weir_feed_state_plan(const struct weir_feed_state *state,
    const struct weir_feed_target *targets, unsigned int target_count,
    bool force_full, unsigned int *ret_steps, unsigned int *ret_count,
    struct weir_problem *problem)
{
	struct planning planning = { .targets = targets,
		.target_count = target_count,
		.newest = targets };
	struct way on = { .count = 0 }, anew = { .count = 0 }, *way;
	uint64_t full_length = 0;
	bool is_on, is_anew;
	unsigned int i;

	if (target_count == 0)
		return weir_problem_set(problem, WEIR_EMISSING,
		    "feed %s: nothing is published", state->feed);
	for (i = 1; i < target_count; i++)
		if (targets[i].header.to > planning.newest->header.to)
			planning.newest = &targets[i];
	is_on = !force_full &&
		strcmp(state->gen, planning.newest->header.gen) == 0 &&
		follow(&planning, state->sequence, &on);
	is_anew = begin_anew(&planning, &anew, &full_length);
	if (!is_on && !is_anew)
		return weir_problem_set(problem, WEIR_EMISSING,
		    "feed %s: no files lead from sequence %" PRIu64
		    " to %" PRIu64,
		    state->feed, force_full ? 0 : state->sequence,
		    planning.newest->header.to);
	way = is_on && (!is_anew || on.length <= full_length) ? &on : &anew;
	memcpy(ret_steps, way->steps, way->count * sizeof(*ret_steps));
	*ret_count = way->count;
	return 0;
}
