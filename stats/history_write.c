/*
 * history_write.c - takes events into the history.
 *
 * The first event after a flush begins a transaction, the flush commits it; one
 * that grows too large for the journal is committed before.  All tables that an
 * event goes into change in the same transaction.
 */
#include <string.h>
#include <sys/stat.h>

#include "lib/limits.h"
#include "stats/history_db.h"

#define KEEP_S    60 /* an idle writer says that it is there */
#define AHEAD_S   3600
#define BACK_S    86400
#define LEAP_S    172800 /* from one flush to the next */
#define BELIEVE_S 3600

static int64_t
bounded(uint64_t count)
{
	return (int64_t)(count < WEIR_HISTORY_COUNT_MAX
			     ? count
			     : WEIR_HISTORY_COUNT_MAX);
}

/* Totals of the minute in hand, into both tables. */
static int
put_minute(struct weir_history *history)
{
	const uint64_t *counts = history->minute_counts;
	int64_t begin = (int64_t)history->minute_begin;
	enum weir_history_statement statement = STATEMENT_MINUTE_ADD;
	int ret = WEIR_OK;

	if (begin == 0)
		return WEIR_OK;
	for (; statement <= STATEMENT_HOUR_ADD && ret == WEIR_OK; statement++) {
		ret = weir_history_run(history, statement, "iiiiii", begin,
		    bounded(counts[WEIR_EVENT_BLOCKED]),
		    bounded(counts[WEIR_EVENT_SHADOWED]),
		    bounded(counts[WEIR_EVENT_ALLOWED]),
		    bounded(counts[WEIR_EVENT_PASSED]),
		    bounded(history->minute_lost));
		begin -= begin % 3600;
	}
	history->minute_begin = 0;
	history->minute_lost = 0;
	memset(history->minute_counts, 0, sizeof(history->minute_counts));
	return ret;
}

static int
enter_minute(struct weir_history *history, uint64_t time_unix)
{
	uint64_t begin = time_unix - time_unix % 60;
	int ret = WEIR_OK;

	if (history->minute_begin != begin)
		ret = put_minute(history);
	history->minute_begin = begin;
	return ret;
}

static int
commit(struct weir_history *history)
{
	int ret = history->is_begun ? put_minute(history) : WEIR_OK;

	if (ret == WEIR_OK)
		return weir_history_commit(history, WEIR_HISTORY_ADDING);
	weir_history_rollback(history);
	return ret;
}

/* What was lost is counted as soon as something can be written again. */
static int
begin(struct weir_history *history, uint64_t time_unix)
{
	int ret = WEIR_OK;

	if (history->is_begun &&
	    history->batch_used >= history->batch[WEIR_HISTORY_ADDING])
		ret = commit(history);
	if (ret == WEIR_OK)
		ret = weir_history_begin(history);
	if (ret == WEIR_OK)
		ret = enter_minute(history, time_unix);
	if (ret != WEIR_OK)
		return ret;
	history->batch_used++;
	history->minute_lost += history->pending_lost;
	history->batch_lost += history->pending_lost;
	history->pending_lost = 0;
	return WEIR_OK;
}

static uint64_t
time_of(const struct weir_history *history, uint64_t time_ns)
{
	uint64_t now_ns = history->now_unix * 1000000000ULL;

	if (now_ns == 0 || (time_ns <= now_ns + AHEAD_S * 1000000000ULL &&
			       time_ns + BACK_S * 1000000000ULL >= now_ns))
		return time_ns;
	return now_ns;
}

static int
put_event(struct weir_history *history, const struct weir_record *record,
    uint64_t time_ns, int64_t name, int64_t client)
{
	uint8_t reason[WEIR_HISTORY_KEY_SIZE];
	size_t len = weir_history_reason_encode(record, reason);
	int64_t flags, id, reason_id;
	uint64_t first = time_ns / 1000000 << 20, last;
	bool is_put = false;
	int ret;

	ret = weir_history_intern(history, WEIR_HISTORY_REASON, reason, len,
	    time_ns / 3600000000000ULL, &reason_id);
	flags = record->outcome | record->transport << 3 |
		record->is_from_cache << 8;
	id = (int64_t)(first | (history->sequence++ & 0xfffff));
	while (ret == WEIR_OK && !is_put) {
		ret = weir_history_run(history, STATEMENT_EVENT_ADD, "iiiiiiii",
		    id, name, client, reason_id, (int64_t)record->qtype, flags,
		    (int64_t)record->rcode, (int64_t)record->times);
		is_put = sqlite3_changes(history->sqlite) > 0;
		if (ret != WEIR_OK || is_put)
			break;
		/* Another run of ours has had the number: behind its last. */
		ret = weir_history_number(history, first, &last,
		    STATEMENT_EVENT_LAST, "ii", (int64_t)first,
		    (int64_t)(first | 0xfffff));
		id = (int64_t)last + 1;
		history->sequence = (uint32_t)(id & 0xfffff) + 1;
		first = (uint64_t)id >> 20 << 20;
	}
	return ret;
}

static int
put_tops(struct weir_history *history, const struct weir_record *record,
    const char *qname, uint64_t time_unix)
{
	char type[WEIR_HISTORY_TYPE_SIZE], client[WEIR_CLIENT_TEXT_SIZE];
	const char *keys[WEIR_HISTORY_KIND_COUNT] = { NULL };
	bool is_shadow = record->outcome == WEIR_EVENT_SHADOWED;
	unsigned int kind;
	int ret = WEIR_OK;

	weir_history_type_print(record->qtype, type);
	(void)weir_client_print(&record->client, client);
	keys[WEIR_HISTORY_NAMES] = qname;
	keys[WEIR_HISTORY_DOMAINS] = record->domain;
	keys[WEIR_HISTORY_CLIENTS] = client;
	keys[WEIR_HISTORY_FEEDS] = record->feed;
	keys[WEIR_HISTORY_CATEGORIES] = record->category;
	keys[WEIR_HISTORY_TYPES] = type;
	for (kind = 0; kind < WEIR_HISTORY_KIND_COUNT && ret == WEIR_OK; kind++)
		if (keys[kind][0])
			ret = weir_history_count(history, kind, is_shadow,
			    keys[kind], record->times, time_unix);
	return ret;
}

/* Those of which a rule spoke have an event; of the others it is only known who
 * resolved what. */
static int
put(struct weir_history *history, const struct weir_record *record,
    uint64_t time_ns)
{
	uint64_t hour = time_ns / 3600000000000ULL;
	char name[WEIR_NAME_TEXT_SIZE], qname[WEIR_NAME_TEXT_SIZE];
	uint8_t client[18];
	int64_t name_id, client_id;
	size_t len;
	int ret;

	history->minute_counts[record->outcome] += record->times;
	len = weir_history_reverse(record->qname, strlen(record->qname), name);
	ret = weir_history_intern(
	    history, WEIR_HISTORY_NAME, name, len, hour, &name_id);
	if (ret != WEIR_OK)
		return ret;
	/* The name as it is written for one and all. */
	(void)weir_history_reverse(name, len, qname);
	len = weir_history_client_encode(&record->client, client);
	ret = weir_history_intern(
	    history, WEIR_HISTORY_CLIENT, client, len, hour, &client_id);
	if (ret == WEIR_OK)
		ret = weir_history_resolve(history, name_id, client_id, hour);
	if (ret == WEIR_OK && record->outcome != WEIR_EVENT_PASSED)
		ret = put_event(history, record, time_ns, name_id, client_id);
	if (ret == WEIR_OK && (record->outcome == WEIR_EVENT_BLOCKED ||
				  record->outcome == WEIR_EVENT_SHADOWED))
		ret = put_tops(history, record, qname, time_ns / 1000000000ULL);
	return ret;
}

int
weir_history_add(struct weir_history *history, const struct weir_record *record)
{
	uint64_t time_ns = time_of(history, record->time_ns);
	int ret;

	if (record->outcome >= WEIR_EVENT_OUTCOME_COUNT)
		return WEIR_EFORMAT;
	ret = begin(history, time_ns / 1000000000ULL);
	history->batch_events += record->times;
	if (ret == WEIR_OK)
		ret = put(history, record, time_ns);
	if (ret != WEIR_OK)
		weir_history_rollback(history);
	return ret;
}

int
weir_history_lost(
    struct weir_history *history, uint64_t time_ns, uint64_t count)
{
	int ret;

	if (count > WEIR_HISTORY_COUNT_MAX)
		count = WEIR_HISTORY_COUNT_MAX;
	history->lost += count;
	ret = begin(history, time_of(history, time_ns) / 1000000000ULL);
	history->batch_lost += count;
	if (ret == WEIR_OK)
		history->minute_lost += count;
	else
		weir_history_rollback(history);
	return ret;
}

/* What is written at most once a minute. */
static int
keep(struct weir_history *history, uint64_t now_unix, bool is_due)
{
	int ret = WEIR_OK;

	if (!history->is_begun && !is_due && history->pending_lost == 0)
		return WEIR_OK;
	if (history->pending_lost > 0)
		ret = begin(history, now_unix);
	else
		ret = weir_history_begin(history);
	if (ret == WEIR_OK && is_due)
		ret = weir_history_close_lists(history);
	if (ret == WEIR_OK)
		ret = weir_history_run(
		    history, STATEMENT_META, "ii", (int64_t)now_unix, 1L);
	if (ret == WEIR_OK && is_due)
		history->kept_unix = now_unix;
	return ret;
}

/* Whether the path still leads to the file: who has removed it, or put another
 * one there, would wait for ever for what goes into the old one; and its journal
 * is not the new one's. */
static int
check_place(struct weir_history *history)
{
	struct stat about;

	if (stat(history->path, &about) == 0 &&
	    about.st_dev == history->device && about.st_ino == history->inode)
		return WEIR_OK;
	return weir_problem_set(&history->problem, WEIR_EMISSING,
	    "%s: was removed or replaced while it was written", history->path);
}

/* A clock that leaps ahead may be wrong, for as long as nobody has set it right:
 * it alone takes nothing away. */
static void
look_at_clock(struct weir_history *history, uint64_t now_unix)
{
	if (history->seen_unix > 0 && now_unix > history->seen_unix + LEAP_S)
		history->leapt_unix = now_unix;
	else if (now_unix < history->leapt_unix ||
		 now_unix >= history->leapt_unix + BELIEVE_S)
		history->leapt_unix = 0;
	history->seen_unix = history->now_unix = now_unix;
}

int
weir_history_flush(struct weir_history *history, uint64_t now_unix,
    struct weir_problem *problem)
{
	bool is_due = history->kept_unix == 0 ||
		      now_unix >= history->kept_unix + KEEP_S ||
		      now_unix < history->kept_unix;
	int ret;

	look_at_clock(history, now_unix);
	history->is_stuck = false;
	ret = check_place(history);
	if (ret == WEIR_OK)
		ret = keep(history, now_unix, is_due);
	if (ret == WEIR_OK)
		ret = commit(history);
	else
		weir_history_rollback(history);
	if (ret == WEIR_OK)
		ret = weir_history_trim(history);
	if (ret == WEIR_OK && is_due)
		(void)sqlite3_wal_checkpoint_v2(history->sqlite, NULL,
		    SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	if (ret != WEIR_OK && problem)
		*problem = history->problem;
	return ret;
}

uint64_t
weir_history_lost_count(const struct weir_history *history)
{
	return history->lost;
}
