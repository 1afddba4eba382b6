/*
 * sync_schedule.c - when weir-sync asks again, and what it thinks of a feed.
 */
#include "feeds/sync_schedule.h"

#include <stdlib.h>
#include <string.h>

#include "feeds/feed_target.h"

const char *
weir_sync_state_text(unsigned int state)
{
	static const char *const texts[WEIR_SYNC_STATES] = { "none", "fresh",
		"stale", "refused", "expired", "clock", "failing" };

	return state < WEIR_SYNC_STATES ? texts[state] : "?";
}

bool
weir_sync_is_clock_wrong(int64_t now_unix, int64_t floor_unix)
{
	return now_unix + WEIR_SYNC_CLOCK_SLACK_S < floor_unix;
}

/* The worst first.  A clock that is wrong says nothing about any date. */
enum weir_sync_state
weir_sync_judge(const struct weir_sync_view *view)
{
	if (weir_sync_is_clock_wrong(view->now_unix, view->floor_unix))
		return WEIR_SYNC_CLOCK;
	if (view->expires_unix != 0 && view->now_unix >= view->expires_unix)
		return WEIR_SYNC_EXPIRED;
	if (view->is_refused)
		return WEIR_SYNC_REFUSED;
	if (view->newer_unix == 0)
		return view->has_failed ? WEIR_SYNC_FAILING : WEIR_SYNC_NONE;
	if (view->now_unix - view->newer_unix > (int64_t)view->stale_s)
		return WEIR_SYNC_STALE;
	return WEIR_SYNC_FRESH;
}

uint32_t
weir_sync_list_stale_s(uint32_t every_s)
{
	return 2 * every_s + every_s / 2 + 60;
}

/* From 0 to `range`, both included. */
static uint64_t
part_of(uint64_t range, uint32_t random)
{
	return (uint64_t)((double)range * random / UINT32_MAX);
}

uint64_t
weir_sync_first_ms(uint64_t poll_ms, bool has_data, uint32_t random)
{
	uint64_t range = poll_ms > WEIR_SYNC_FIRST_MS ? WEIR_SYNC_FIRST_MS
						      : poll_ms;

	return has_data ? part_of(range, random) : 0;
}

uint64_t
weir_sync_poll_ms(uint64_t poll_ms, uint32_t random)
{
	return poll_ms - poll_ms / 10 + part_of(poll_ms / 5, random);
}

uint64_t
weir_sync_backoff_ms(unsigned int failures, uint64_t cap_ms, uint32_t random)
{
	unsigned int doublings = failures > 0 ? failures - 1 : 0;
	uint64_t wait_ms = cap_ms;

	if (doublings < 20 &&
	    WEIR_SYNC_BACKOFF_MS * (1ULL << doublings) < cap_ms)
		wait_ms = WEIR_SYNC_BACKOFF_MS * (1ULL << doublings);
	return wait_ms - wait_ms / 2 + part_of(wait_ms / 2, random);
}

uint64_t
weir_sync_diverged_ms(uint32_t random)
{
	return part_of(WEIR_SYNC_DIVERGED_MS, random);
}

uint64_t
weir_sync_longer_ms(uint32_t poll_s, uint32_t publisher_ms)
{
	uint64_t ms = publisher_ms == 0 ? WEIR_FEED_POLL_MS : publisher_ms;

	if (ms < WEIR_FEED_POLL_MIN)
		ms = WEIR_FEED_POLL_MIN;
	if (ms > WEIR_FEED_POLL_MAX)
		ms = WEIR_FEED_POLL_MAX;
	return poll_s * 1000ULL > ms ? poll_s * 1000ULL : ms;
}

bool
weir_sync_hint(uint64_t *last_ms, uint64_t now_ms)
{
	if (*last_ms != 0 && now_ms - *last_ms < WEIR_SYNC_HINT_MS)
		return false;
	*last_ms = now_ms;
	return true;
}

void
weir_sync_times_add(struct weir_sync_times *times, uint32_t ms)
{
	times->ms[times->next] = ms;
	times->next = (times->next + 1) % WEIR_SYNC_TIMES;
	if (times->count < WEIR_SYNC_TIMES)
		times->count++;
	times->last = ms;
}

static int
compare_ms(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

uint32_t
weir_sync_times_percentile(
    const struct weir_sync_times *times, unsigned int percent)
{
	uint32_t sorted[WEIR_SYNC_TIMES];
	unsigned int rank;

	if (times->count == 0)
		return 0;
	memcpy(sorted, times->ms, times->count * sizeof(sorted[0]));
	qsort(sorted, times->count, sizeof(sorted[0]), compare_ms);
	rank = (times->count * percent + 99) / 100;
	return sorted[rank == 0 ? 0 : rank - 1];
}
