/*
 * totals.h - what the workers of running modules counted, added up.
 *
 * Modules write lib/status.h's files; the sums made here go to stats/table.c
 * and stats/json.c.  The counters move while they are read: each number is
 * right for some moment of the reading, and sums of several may be off by the
 * queries that came in meanwhile.
 */
#ifndef WEIR_STATS_TOTALS_H
#define WEIR_STATS_TOTALS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/status.h"

/** One feed's counts; feeds of several modules are the same by name, as it is
 *  shown (text.h): no two rows look alike. */
struct weir_totals_feed {
	char name[WEIR_FEED_NAME_SIZE];
	uint64_t counts[WEIR_FEED_COUNT];
};

/** One category's; the first is that of entries that have none, "". */
struct weir_totals_category {
	char name[WEIR_CATEGORY_SIZE];
	uint64_t counts[WEIR_CATEGORY_COUNT];
};

struct weir_totals {
	uint64_t ways[WEIR_WAY_COUNT];
	uint64_t actions[WEIR_ACTION_COUNT];
	uint64_t types[WEIR_TYPE_COUNT];
	uint64_t blocked_types[WEIR_TYPE_COUNT];
	unsigned int feed_count;
	struct weir_totals_feed *feeds; /* in the order of first sight */
	unsigned int category_count;
	struct weir_totals_category *categories; /* the same */
	uint64_t transports[WEIR_TRANSPORT_COUNT];
	uint64_t outcomes[WEIR_EVENT_OUTCOME_COUNT][WEIR_FROM_COUNT]
			 [WEIR_BY_COUNT];
	uint64_t work_ns[WEIR_STATUS_WORK_BUCKETS], work_sum_ns;
	uint64_t events_pushed, events_lost, events_recorded;
	uint64_t dnstap_sent, dnstap_lost;
	unsigned int dnstap_count; /* modules that want one */
};

/** All zero, no feeds. */
void weir_totals_init(struct weir_totals *totals);
void weir_totals_done(struct weir_totals *totals);

/** Adds all workers of a module.  WEIR_EMEMORY; then the sums are partial. */
int weir_totals_add(
    struct weir_totals *totals, const struct weir_status *status) WEIR_CHECKED;

/** Whether the module has acknowledged the swap that `current` of its database
 *  names, as weir-load(8) asks it; where that cannot be read from here (in a
 *  chroot), the last swap that it has noticed. */
bool weir_totals_is_acknowledged(const struct weir_status *status);

/** Queries whose answer was changed: by name and by alias. */
uint64_t weir_totals_blocked(const struct weir_totals *totals);

/** Queries with that outcome, wherever from. */
uint64_t weir_totals_outcome(
    const struct weir_totals *totals, enum weir_event_outcome outcome);

/** Queries whose time was taken. */
uint64_t weir_totals_timed(const struct weir_totals *totals);

/** The time that `per_mille` of these did not take longer than, in ns: the upper
 *  end of the bucket.  0: there are none. */
uint64_t weir_totals_work_quantile(
    const struct weir_totals *totals, unsigned int per_mille);

#endif
