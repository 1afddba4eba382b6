/*
 * sync_thread.c - the life of a feed's thread in the worker.
 *
 *   wait ──due, or a hint──► cycle ──good──► wait for a poll
 *    ▲                         │ failed
 *    │                         ▼
 *    └──── back-off ◄── no mirror left ──or──► the next mirror, at once
 *
 * A cycle hands over what it took before it goes on.  What the loader did not
 * take (or may not have taken: a restart) is handed over as a whole, later.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "feeds/sync_worker.h"
#include "lib/log.h"

/* Times the five seconds for which weir-load waits by itself. */
#define BUSY_TRIES 12

uint64_t
weir_sync_clock_ms(void)
{
	return weir_clock_ns() / 1000000;
}

static const char *
name_of(const struct weir_sync_thread *thread)
{
	return thread->feed.settings->name;
}

static bool
is_signed(const struct weir_sync_thread *thread)
{
	return thread->feed.settings->origin == WEIR_ORIGIN_SIGNED;
}

/* How often it is asked for while all is well. */
static uint64_t
wait_ms(const struct weir_sync_thread *thread)
{
	const struct weir_feed_settings *settings = thread->feed.settings;

	if (is_signed(thread))
		return weir_sync_longer_ms(
		    settings->poll_s, thread->feed.poll_ms);
	return settings->every_s * 1000ULL;
}

static uint32_t
stale_s(const struct weir_sync_thread *thread)
{
	uint64_t late_s = wait_ms(thread) / 1000 * 3;

	if (!is_signed(thread))
		return weir_sync_list_stale_s(thread->feed.settings->every_s);
	return late_s > WEIR_SYNC_STALE_S ? (uint32_t)late_s
					  : WEIR_SYNC_STALE_S;
}

/* --- what is shown ----------------------------------------------------------- */

static enum weir_sync_state
judge(const struct weir_sync_thread *thread, int64_t now_unix)
{
	const struct weir_sync_feed *feed = &thread->feed;
	struct weir_sync_view view = { .now_unix = now_unix,
		.newer_unix = feed->record.newer_unix,
		.expires_unix = feed->expires_unix,
		.stale_s = stale_s(thread),
		.is_refused = thread->is_refused,
		/* All mirrors have, or none may be asked yet. */
		.has_failed = thread->failures > 0 ||
			      (thread->is_backing_off && thread->tried == 0) };
	enum weir_sync_state state;

	if (is_signed(thread))
		view.floor_unix = feed->record.floor_unix;
	if (!weir_sync_feed_has_data(feed))
		view.newer_unix = 0;
	state = weir_sync_judge(&view);
	return state == WEIR_SYNC_REFUSED && thread->is_expired
		   ? WEIR_SYNC_EXPIRED
		   : state;
}

/* A line for each change, not for each poll. */
static void
say_state(const struct weir_sync_thread *thread, enum weir_sync_state was)
{
	const struct weir_sync_shown *shown = &thread->shown;

	switch (shown->state) {
	case WEIR_SYNC_FRESH:
		weir_log_note("feed %s: fresh", name_of(thread));
		break;
	case WEIR_SYNC_STALE:
		weir_log_error("feed %s: warning: stale, nothing newer for "
			       "%u s; the last good data stay",
		    name_of(thread), stale_s(thread));
		break;
	case WEIR_SYNC_FAILING:
		weir_log_error("feed %s: critical: failing, there is no copy "
			       "of it: %s",
		    name_of(thread), shown->error);
		break;
	case WEIR_SYNC_NONE:
		break;
	default:
		weir_log_error("feed %s: critical: %s (was %s): %s; the last "
			       "good data stay",
		    name_of(thread), weir_sync_state_text(shown->state),
		    weir_sync_state_text(was),
		    shown->error[0] != '\0' ? shown->error : "past its date");
		break;
	}
}

/* Under the mutex.  What the feed's thread knows becomes what is shown. */
static void
show(struct weir_sync_thread *thread)
{
	const struct weir_sync_feed *feed = &thread->feed;
	struct weir_sync_shown *shown = &thread->shown;
	int64_t now_unix = (int64_t)time(NULL);
	enum weir_sync_state was = shown->state;
	uint64_t now_ms = weir_sync_clock_ms();

	shown->state = judge(thread, now_unix);
	shown->sequence = feed->record.edition;
	if (is_signed(thread)) {
		strcpy(shown->gen, feed->state->gen);
		shown->sequence = feed->state->sequence;
		shown->names = feed->state->count;
		shown->published_ms = feed->state->at_ms;
	}
	shown->checked_unix = feed->record.checked_unix;
	shown->newer_unix = feed->record.newer_unix;
	shown->expires_unix = feed->expires_unix;
	shown->mirror = thread->mirror;
	shown->failures = thread->failures;
	shown->moved = feed->record.moved;
	shown->is_handed = weir_sync_feed_is_handed(feed);
	shown->next_unix = now_unix;
	if (thread->due_ms > now_ms)
		shown->next_unix += (int64_t)(thread->due_ms - now_ms) / 1000;
	if (shown->state == was)
		return;
	shown->since_unix = now_unix;
	thread->worker->has_changed = true;
	say_state(thread, was);
}

static void
show_now(struct weir_sync_thread *thread)
{
	pthread_mutex_lock(&thread->worker->mutex);
	show(thread);
	pthread_mutex_unlock(&thread->worker->mutex);
}

/* --- handing over ------------------------------------------------------------ */

/* Sends the order and waits for what became of it. */
static void
order(struct weir_sync_thread *thread, struct weir_sync_message *message)
{
	struct weir_sync_worker *worker = thread->worker;

	message->feed = thread->feed.place;
	pthread_mutex_lock(&worker->mutex);
	thread->has_result = false;
	/* A supervisor that is gone takes this process with it. */
	if (send(worker->start->socket, message, sizeof(*message),
		MSG_NOSIGNAL) == (ssize_t)sizeof(*message))
		while (!thread->has_result)
			pthread_cond_wait(&thread->wake, &worker->mutex);
	else
		thread->result.exit_code = -1;
	*message = thread->result;
	pthread_mutex_unlock(&worker->mutex);
}

/* How long it took from the publisher's signature: not of what came while this
 * program was not there to see it. */
static void
note_time(
    struct weir_sync_thread *thread, const struct weir_sync_message *result)
{
	int64_t took_ms;

	if (!is_signed(thread) || !thread->was_good)
		return;
	took_ms = result->finished_ms - (int64_t)thread->feed.state->at_ms;
	if (took_ms >= 0 && took_ms < UINT32_MAX)
		weir_sync_times_add(&thread->shown.times, (uint32_t)took_ms);
}

static void
note_result(struct weir_sync_thread *thread,
    const struct weir_sync_message *result, bool is_taken)
{
	struct weir_sync_shown *shown = &thread->shown;
	bool is_news = !shown->has_result ||
		       shown->is_held != result->is_held ||
		       shown->exit_code != result->exit_code;

	pthread_mutex_lock(&thread->worker->mutex);
	shown->has_result = true;
	shown->exit_code = result->exit_code;
	shown->is_held = result->is_held;
	shown->handed_ms = result->finished_ms;
	shown->took_ms = result->took_ms;
	strcpy(shown->json, result->json);
	if (is_taken)
		note_time(thread, result);
	show(thread);
	thread->worker->has_changed = true;
	pthread_mutex_unlock(&thread->worker->mutex);
	if (is_news && result->is_held)
		weir_log_error("feed %s: held by the loader: weir-load status "
			       "says why, weir-load accept %s lets it in",
		    name_of(thread), name_of(thread));
	else if (is_news && !is_taken)
		weir_log_error("feed %s: the loader did not take it (exit %d); "
			       "it is handed over again",
		    name_of(thread), (int)result->exit_code);
}

/* 0 done, 3 done but for something that the loader tells. */
static bool
is_taken(const struct weir_sync_message *result)
{
	return (result->exit_code == 0 || result->exit_code == 3) &&
	       !result->is_held && !result->is_unread;
}

/* Whoever else changes the database is waited for: a delta that is put off is
 * dearer than one that comes a little later, as all of the feed follows. */
static void
order_delta(struct weir_sync_thread *thread,
    const struct weir_feed_taken *taken, struct weir_sync_message *ret_result)
{
	unsigned int tries;

	for (tries = 0; tries < BUSY_TRIES; tries++) {
		memset(ret_result, 0, sizeof(*ret_result));
		ret_result->word = WEIR_SYNC_DELTA;
		ret_result->from = taken->from;
		ret_result->to = taken->to;
		strcpy(ret_result->gen, thread->feed.state->gen);
		order(thread, ret_result);
		if (!ret_result->is_busy)
			break;
	}
}

int
weir_sync_hand_over(
    struct weir_sync_thread *thread, const struct weir_feed_taken *taken)
{
	struct weir_sync_feed *feed = &thread->feed;
	struct weir_sync_message message = { .word = WEIR_SYNC_WHOLE };
	bool is_done = false;

	if (!taken->is_whole) {
		order_delta(thread, taken, &message);
		is_done = is_taken(&message);
		if (!is_done && !message.is_held) {
			/* Another sequence is in force, or whatever else. */
			memset(&message, 0, sizeof(message));
			message.word = WEIR_SYNC_WHOLE;
		}
	}
	if (message.word == WEIR_SYNC_WHOLE) {
		order(thread, &message);
		/* A list that is held is the loader's business: a changed one
		 * is judged anew.  A signed feed's next delta is not. */
		is_done = is_taken(&message) ||
			  (message.is_held && !is_signed(thread));
	}
	if (is_done) {
		thread->hand_failures = 0;
		weir_sync_feed_handed(feed);
	} else {
		thread->hand_failures++;
		thread->hand_due_ms = weir_sync_clock_ms() +
				      weir_sync_backoff_ms(
					  thread->hand_failures,
					  WEIR_SYNC_CAP_MS, weir_sync_random());
	}
	note_result(thread, &message, is_taken(&message));
	return is_done ? 0 : WEIR_EBUSY;
}

/* Called by a cycle that has taken something. */
static void
hand(void *arg, const struct weir_feed_taken *taken)
{
	struct weir_sync_thread *thread = arg;
	const struct weir_sync_record *record = &thread->feed.record;
	struct weir_feed_taken what = *taken;

	/* Something before it is missing in the loader. */
	if (is_signed(thread) &&
	    (record->handed != taken->from ||
		strcmp(record->handed_gen, thread->feed.state->gen) != 0))
		what.is_whole = true;
	if (thread->hand_failures > 0 &&
	    weir_sync_clock_ms() < thread->hand_due_ms)
		return; /* with what comes until then */
	(void)weir_sync_hand_over(thread, &what);
}

static void
hand_over_rest(struct weir_sync_thread *thread)
{
	struct weir_feed_taken whole = { .is_whole = true };

	if (!weir_sync_feed_is_handed(&thread->feed) &&
	    weir_sync_clock_ms() >= thread->hand_due_ms)
		(void)weir_sync_hand_over(thread, &whole);
}

/* --- when -------------------------------------------------------------------- */

/* The first mirror from `mirror` on that may be asked; false: none, and
 * *ret_wait_ms says for how long. */
static bool
find_mirror(struct weir_sync_thread *thread, uint64_t *ret_wait_ms)
{
	const struct weir_sync_record *record = &thread->feed.record;
	unsigned int i, place, count = thread->feed.settings->url_count;
	int64_t now_unix = (int64_t)time(NULL), left_s, least_s = INT64_MAX;

	for (i = 0; i < count; i++) {
		place = (thread->mirror + i) % count;
		left_s = record->retry_unix[place] - now_unix;
		if (left_s <= 0 || left_s > WEIR_HTTP_RETRY_S ||
		    thread->worker->sync->import_folder != NULL) {
			thread->mirror = place;
			return true;
		}
		if (left_s < least_s)
			least_s = left_s;
	}
	*ret_wait_ms = (uint64_t)least_s * 1000;
	return false;
}

/* A signed feed is not kept away for longer than its publisher could sign: who
 * is on the way can send one such answer, and be gone. */
static void
note_retry_after(struct weir_sync_thread *thread)
{
	struct weir_sync_feed *feed = &thread->feed;

	if (feed->retry_after_s == 0)
		return;
	if (is_signed(thread) &&
	    feed->retry_after_s > WEIR_FEED_POLL_MAX / 1000)
		feed->retry_after_s = WEIR_FEED_POLL_MAX / 1000;
	feed->record.retry_unix[thread->mirror] = (int64_t)time(NULL) +
						  feed->retry_after_s;
	weir_sync_feed_save(feed);
}

static void
plan_after_failure(struct weir_sync_thread *thread)
{
	uint64_t cap_ms = thread->feed.is_small ? WEIR_SYNC_CAP_SMALL_MS
						: WEIR_SYNC_CAP_MS;
	uint64_t wait = 0;

	note_retry_after(thread);
	thread->mirror = (thread->mirror + 1) %
			 thread->feed.settings->url_count;
	if (++thread->tried >= thread->feed.settings->url_count) {
		thread->tried = 0;
		wait = weir_sync_backoff_ms(
		    ++thread->failures, cap_ms, weir_sync_random());
	}
	thread->due_ms = weir_sync_clock_ms() + wait;
	thread->is_backing_off = true;
}

static void
plan_after_success(struct weir_sync_thread *thread)
{
	thread->tried = thread->failures = 0;
	thread->is_backing_off = false;
	thread->due_ms = weir_sync_clock_ms() +
			 weir_sync_poll_ms(wait_ms(thread), weir_sync_random());
	/* A mirror that stands still may be one that somebody holds still. */
	if (thread->shown.state == WEIR_SYNC_STALE ||
	    thread->shown.state == WEIR_SYNC_EXPIRED)
		thread->mirror = (thread->mirror + 1) %
				 thread->feed.settings->url_count;
}

/* One line when it begins to fail, one when it is well again.  Why something was
 * refused is not overwritten by a mirror that is only dead. */
static void
note_error(struct weir_sync_thread *thread)
{
	struct weir_sync_shown *shown = &thread->shown;
	const char *text = thread->feed.problem.text;

	if (text[0] == '\0' ||
	    (thread->is_refused && thread->outcome == WEIR_SYNC_UNREACHABLE))
		return;
	if (thread->failures == 0 && strcmp(shown->error, text) != 0)
		weir_log_error("feed %s: %s", name_of(thread), text);
	pthread_mutex_lock(&thread->worker->mutex);
	snprintf(shown->error, sizeof(shown->error), "%s", text);
	shown->error_unix = (int64_t)time(NULL);
	thread->worker->has_changed = true;
	pthread_mutex_unlock(&thread->worker->mutex);
}

static void
cycle(struct weir_sync_thread *thread)
{
	enum weir_sync_outcome outcome;
	uint64_t wait;

	if (!find_mirror(thread, &wait)) {
		thread->due_ms = weir_sync_clock_ms() + wait;
		thread->is_backing_off = true;
		thread->outcome = WEIR_SYNC_UNREACHABLE;
		/* After a restart nothing else says why. */
		if (thread->shown.error[0] == '\0') {
			(void)weir_problem_set(&thread->feed.problem,
			    WEIR_EBUSY,
			    "its servers want not to be asked for %llu s more "
			    "(Retry-After)",
			    (unsigned long long)wait / 1000);
			note_error(thread);
		}
		return;
	}
	outcome = weir_sync_feed_cycle(&thread->feed, thread->mirror);
	thread->outcome = outcome;
	pthread_mutex_lock(&thread->worker->mutex);
	thread->shown.polls++;
	pthread_mutex_unlock(&thread->worker->mutex);
	if (outcome != WEIR_SYNC_SAME && outcome != WEIR_SYNC_NEW)
		note_error(thread);
	switch (outcome) {
	case WEIR_SYNC_SAME:
	case WEIR_SYNC_NEW:
		if (thread->failures > 0)
			weir_log_note("feed %s: well again", name_of(thread));
		/* The same octets do not take back what was refused of them. */
		thread->is_refused = thread->is_expired = false;
		thread->was_good = true;
		plan_after_success(thread);
		break;
	case WEIR_SYNC_WAITING:
		plan_after_success(thread);
		break;
	case WEIR_SYNC_NO_TIME:
		thread->was_good = false;
		plan_after_success(thread);
		break;
	case WEIR_SYNC_WRONG:
		thread->is_refused = true;
		thread->is_expired = thread->feed.is_expired;
		thread->was_good = false;
		plan_after_failure(thread);
		break;
	case WEIR_SYNC_UNREACHABLE:
	case WEIR_SYNC_LOCAL:
		thread->was_good = false;
		plan_after_failure(thread);
		break;
	}
}

/* When the thread has to be awake: the next cycle, what is to be handed over,
 * and each ten seconds, as time alone makes a feed stale. */
static uint64_t
next_ms(const struct weir_sync_thread *thread, uint64_t now_ms)
{
	uint64_t at_ms = now_ms + 10000;

	if (thread->due_ms < at_ms)
		at_ms = thread->due_ms;
	if (!weir_sync_feed_is_handed(&thread->feed) &&
	    thread->hand_due_ms < at_ms)
		at_ms = thread->hand_due_ms;
	return at_ms;
}

static struct timespec
timespec_of(uint64_t ms)
{
	struct timespec at = { .tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000) * 1000000 };

	return at;
}

/* Sleeps until something is to be done; takes a hint with it. */
static enum weir_sync_hint_kind
sleep_until_needed(struct weir_sync_thread *thread)
{
	struct weir_sync_worker *worker = thread->worker;
	enum weir_sync_hint_kind hint = WEIR_SYNC_NO_HINT;
	uint64_t now_ms = weir_sync_clock_ms(), wake_ms;
	uint64_t at_ms = next_ms(thread, now_ms);
	struct timespec at;

	pthread_mutex_lock(&worker->mutex);
	for (; now_ms < at_ms; now_ms = weir_sync_clock_ms()) {
		wake_ms = at_ms;
		if (thread->hint != WEIR_SYNC_NO_HINT) {
			if (weir_sync_hint(&thread->hinted_ms, now_ms)) {
				hint = thread->hint;
				thread->hint = WEIR_SYNC_NO_HINT;
				break;
			}
			wake_ms = thread->hinted_ms + WEIR_SYNC_HINT_MS;
		}
		at = timespec_of(wake_ms < at_ms ? wake_ms : at_ms);
		(void)pthread_cond_timedwait(
		    &thread->wake, &worker->mutex, &at);
	}
	if (hint == WEIR_SYNC_HINT_NOTIFY && !thread->is_backing_off)
		worker->process.notify_polls++;
	pthread_mutex_unlock(&worker->mutex);
	return hint;
}

/* Anybody can send a NOTIFY: it does not end a back-off. */
static bool
obeys(const struct weir_sync_thread *thread, enum weir_sync_hint_kind hint)
{
	if (hint == WEIR_SYNC_HINT_NOTIFY)
		return !thread->is_backing_off;
	return hint == WEIR_SYNC_HINT_LOCAL;
}

static void
run_for_ever(struct weir_sync_thread *thread)
{
	enum weir_sync_hint_kind hint;

	thread->due_ms = weir_sync_clock_ms() +
			 weir_sync_first_ms(wait_ms(thread),
			     thread->worker->start->is_cold &&
				 weir_sync_feed_has_data(&thread->feed),
			     weir_sync_random());
	if (!is_signed(thread) && weir_sync_feed_has_data(&thread->feed) &&
	    thread->feed.record.checked_unix + thread->feed.settings->every_s >
		(int64_t)time(NULL))
		thread->due_ms += (uint64_t)(thread->feed.record.checked_unix +
					     thread->feed.settings->every_s -
					     (int64_t)time(NULL)) *
				  1000;
	for (;;) {
		show_now(thread);
		hint = sleep_until_needed(thread);
		if (obeys(thread, hint) ||
		    weir_sync_clock_ms() >= thread->due_ms)
			cycle(thread);
		hand_over_rest(thread);
	}
}

/* Each mirror once at most, and a full if a delta has not led to its end. */
static void
run_once(struct weir_sync_thread *thread)
{
	unsigned int tries = thread->feed.settings->url_count + 1;

	do {
		cycle(thread);
		tries--;
	} while (tries > 0 && thread->outcome != WEIR_SYNC_SAME &&
		 thread->outcome != WEIR_SYNC_NEW &&
		 thread->outcome != WEIR_SYNC_NO_TIME &&
		 (thread->failures == 0 || thread->feed.must_take_full));
	hand_over_rest(thread);
	weir_sync_feed_save(&thread->feed);
	show_now(thread);
}

void *
weir_sync_thread_run(void *arg)
{
	struct weir_sync_thread *thread = arg;

	thread->feed.hand = hand;
	thread->feed.hand_arg = thread;
	hand_over_rest(thread);
	if (!thread->worker->sync->is_once) {
		run_for_ever(thread);
		return NULL;
	}
	run_once(thread);
	pthread_mutex_lock(&thread->worker->mutex);
	thread->is_done = true;
	thread->worker->has_changed = true;
	pthread_mutex_unlock(&thread->worker->mutex);
	return NULL;
}
