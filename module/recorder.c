/*
 * recorder.c - the recorder thread.  See recorder.h.
 */
#include "module/recorder.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "module/apart.h"
#include "module/hook.h"
#include "module/tap.h"
#include "module/tops.h"

/* How long it sleeps: each time it wakes it finds its memory cold, and leaves that
 * of the worker cold on whose processor it runs.  And with much to do: so the
 * queues stay short, and what goes through them in the processor's caches. */
#define PERIOD_MS      60
#define BUSY_PERIOD_MS 4
#define BUSY           50 /* events in each millisecond */
/* Events between two moments at which the housekeeper may come in. */
#define BATCH          256
/* Readers see the top lists as they were so long ago at most. */
#define PUBLISH_MS     200

struct recorder {
	struct weir_module *module;
	struct weir_apart apart;
	struct weir_tops *tops;
	uint64_t published_ns;
	unsigned int first;   /* worker */
	struct weir_tap *tap; /* NULL: no dnstap */
	struct weir_tap_counts tap_counts;
	uint64_t lost_told; /* of the queues, to the tap */
	char address[WEIR_PATH_SIZE];
	/* What the log says of the tap, and since when. */
	enum weir_status_dnstap said;
	uint64_t said_ns;
};

/* --- dnstap ----------------------------------------------------------------- */

/* A name once put into a slot stays there.  Slot 0 has none. */
static const char *
feed_name(const struct weir_status_header *header, unsigned int slot)
{
	return slot > 0 && slot < WEIR_STATUS_FEEDS ? header->feed_names[slot]
						    : "";
}

static const char *
category_name(const struct weir_status_header *header, unsigned int slot)
{
	return slot > 0 && slot < WEIR_STATUS_CATEGORIES
		   ? header->category_names[slot]
		   : "";
}

static void
send_event(struct recorder *recorder, const struct weir_event *event)
{
	const struct weir_status_header *header =
	    recorder->module->status.header;
	const struct weir_tap_texts texts = {
		.feed = feed_name(header, event->feed),
		.category = category_name(header, event->category),
		.shadow_feed = feed_name(header, event->shadow_feed),
		.shadow_category = category_name(
		    header, event->shadow_category),
	};

	weir_tap_send(recorder->tap, event, &texts);
}

/* Under `recording`: the settings are there, or there at last. */
static void
follow_settings(struct recorder *recorder)
{
	struct weir_module *module = recorder->module;
	struct weir_problem problem;

	if (!module->is_dnstap_set)
		return;
	module->is_dnstap_set = false;
	if (recorder->tap || module->dnstap[0] == '\0')
		return;
	(void)snprintf(
	    recorder->address, sizeof(recorder->address), "%s", module->dnstap);
	if (weir_tap_new(recorder->address, "unbound " WEIR_UNBOUND_VERSION,
		&recorder->tap, &problem) != WEIR_OK) {
		weir_note(&recorder->apart, WEIR_NOTE_ERROR, "dnstap: %s",
		    problem.text);
		return;
	}
	weir_tap_lose(
	    recorder->tap, atomic_load(&module->status.header->dnstap_untold));
	recorder->said_ns = weir_hook_clock_ns();
}

/* Who takes the stream, or that nobody does: when it changes, once a minute. */
static void
say_tap(struct recorder *recorder, enum weir_status_dnstap now)
{
	uint64_t wait_s = WEIR_LOG_INTERVAL_S;

	if (now == recorder->said)
		return;
	if (recorder->said == WEIR_DNSTAP_NONE) /* at the start */
		wait_s = now == WEIR_DNSTAP_CONNECTED ? 0 : 2;
	if (weir_hook_clock_ns() - recorder->said_ns < wait_s * 1000000000)
		return;
	recorder->said = now;
	recorder->said_ns = weir_hook_clock_ns();
	if (now == WEIR_DNSTAP_CONNECTED)
		weir_note(&recorder->apart, WEIR_NOTE_INFO,
		    "dnstap: events go to %s", recorder->address);
	else
		weir_note(&recorder->apart, WEIR_NOTE_ERROR,
		    "dnstap: nobody takes events at %s; it is tried again "
		    "each second",
		    recorder->address);
}

static void
add_to(weir_counter *counter, uint64_t more)
{
	atomic_store_explicit(counter,
	    atomic_load_explicit(counter, memory_order_relaxed) + more,
	    memory_order_relaxed);
}

/* The file may have counts of a tap before this one. */
static void
book_tap(struct recorder *recorder)
{
	struct weir_status_header *header = recorder->module->status.header;
	struct weir_tap_counts counts, *before = &recorder->tap_counts;
	enum weir_status_dnstap now;

	weir_tap_counts(recorder->tap, &counts);
	now = counts.is_connected ? WEIR_DNSTAP_CONNECTED : WEIR_DNSTAP_AWAY;
	add_to(&header->dnstap_sent, counts.sent - before->sent);
	add_to(&header->dnstap_lost, counts.lost - before->lost);
	add_to(&header->dnstap_connects, counts.connects - before->connects);
	atomic_store(&header->dnstap, (uint32_t)now);
	atomic_store(&header->dnstap_untold, counts.untold);
	*before = counts;
	say_tap(recorder, now);
}

/* What the workers' queues had no room for is missing in the stream as well. */
static void
tell_lost(struct recorder *recorder)
{
	const struct weir_module *module = recorder->module;
	uint64_t lost = 0;
	unsigned int i;

	for (i = 0; i < module->worker_count; i++)
		lost += weir_event_queue_lost(module->workers[i].queue);
	weir_tap_lose(recorder->tap, lost - recorder->lost_told);
	recorder->lost_told = lost;
}

static void
work_tap(struct recorder *recorder)
{
	if (!recorder->tap)
		return;
	weir_tap_work(recorder->tap);
	(void)pthread_mutex_lock(&recorder->module->recording);
	tell_lost(recorder);
	book_tap(recorder);
	(void)pthread_mutex_unlock(&recorder->module->recording);
}

/* --- one event after the other ------------------------------------------------ */

static void
record(struct recorder *recorder, const uint64_t *words, size_t len)
{
	struct weir_event event;

	/* What a worker wrote is whole. */
	if (!weir_event_decode((const uint8_t *)words, len, &event))
		return;
	weir_status_record(&recorder->module->status, words, len);
	weir_tops_add(recorder->tops, &event);
	if (recorder->tap)
		send_event(recorder, &event);
}

/* The housekeeper has put another file under the tables. */
static void
follow_file(struct recorder *recorder)
{
	if (!recorder->module->is_shared_anew)
		return;
	recorder->module->is_shared_anew = false;
	weir_tops_move(recorder->tops);
}

/* Takes up to BATCH events.  How many there were. */
static unsigned int
take_batch(struct recorder *recorder)
{
	struct weir_module *module = recorder->module;
	unsigned int count = module->worker_count, taken = 0, i;

	(void)pthread_mutex_lock(&module->recording);
	follow_file(recorder);
	follow_settings(recorder);
	/* Each time another one first: no worker that floods comes before all
	 * others. */
	recorder->first++;
	for (i = 0; i < count; i++) {
		struct weir_event_queue *queue =
		    module->workers[(recorder->first + i) % count].queue;
		const uint64_t *words;
		size_t len;

		for (; taken < BATCH && (words = weir_event_peek(queue, &len));
		     taken++) {
			record(recorder, words, len);
			weir_event_drop(queue);
		}
	}
	add_to(&module->status.header->events_recorded, taken);
	(void)pthread_mutex_unlock(&module->recording);
	return taken;
}

/* The top lists: at once when nothing more has come, else a few times a second. */
static void
publish(struct recorder *recorder, bool is_quiet)
{
	uint64_t now_ns = weir_hook_clock_ns();

	if (!is_quiet &&
	    now_ns - recorder->published_ns < PUBLISH_MS * 1000000ULL)
		return;
	recorder->published_ns = now_ns;
	(void)pthread_mutex_lock(&recorder->module->recording);
	weir_tops_publish(recorder->tops);
	(void)pthread_mutex_unlock(&recorder->module->recording);
}

/* What is left is sent, if it can be at once; the rest is lost. */
static void
end_tap(struct recorder *recorder)
{
	if (!recorder->tap)
		return;
	weir_tap_finish(recorder->tap);
	recorder->said = WEIR_DNSTAP_AWAY; /* no word of that */
	book_tap(recorder);
	atomic_store(&recorder->module->status.header->dnstap,
	    (uint32_t)WEIR_DNSTAP_NONE);
	weir_tap_free(recorder->tap);
	recorder->tap = NULL;
}

static void
free_recorder(struct recorder *recorder)
{
	if (recorder)
		weir_tops_free(recorder->tops);
	free(recorder);
}

static struct recorder *
new_recorder(struct weir_module *module)
{
	struct recorder *recorder = calloc(1, sizeof(*recorder));

	if (!recorder)
		return NULL;
	recorder->module = module;
	recorder->tops = weir_tops_new(&module->status);
	if (recorder->tops)
		return recorder;
	free_recorder(recorder);
	return NULL;
}

static void *
run(void *arg)
{
	struct recorder *recorder = arg;
	struct weir_module *module = recorder->module;
	struct pollfd fds[2] = { { module->recorder_fd, POLLIN, 0 },
		{ -1, 0, 0 } };
	unsigned int taken, all;
	int period_ms = PERIOD_MS;

	weir_apart_begin(
	    &recorder->apart, module, module->recorder_fd, WEIR_NO_FD);
	while (!atomic_load(&module->is_recorder_stopping)) {
		for (all = 0; (taken = take_batch(recorder)) == BATCH;
		     all += taken)
			work_tap(recorder);
		period_ms = all > (unsigned int)period_ms * BUSY
				? BUSY_PERIOD_MS
				: PERIOD_MS;
		work_tap(recorder);
		publish(recorder, all + taken == 0);
		if (recorder->tap)
			weir_tap_poll(recorder->tap, &fds[1]);
		(void)poll(fds, 2, period_ms);
	}
	while (take_batch(recorder) > 0)
		work_tap(recorder);
	publish(recorder, true);
	end_tap(recorder);
	free_recorder(recorder);
	return NULL;
}

void
weir_recorder_set(
    struct weir_module *module, const struct weir_paths_statistics *statistics)
{
	bool has_events = statistics->has_events && module->has_recorder;

	atomic_store(
	    &module->client_prefix_ipv4, statistics->client_prefix_ipv4);
	atomic_store(
	    &module->client_prefix_ipv6, statistics->client_prefix_ipv6);
	atomic_store(&module->sample_passed, statistics->sample_passed);
	atomic_store(&module->max_events, statistics->max_events);
	atomic_store(&module->has_events, has_events);
	atomic_store(&module->status.header->has_events, has_events);
	(void)pthread_mutex_lock(&module->recording);
	(void)snprintf(
	    module->dnstap, sizeof(module->dnstap), "%s", statistics->dnstap);
	module->is_dnstap_set = true;
	(void)pthread_mutex_unlock(&module->recording);
}

static bool
make_queues(struct weir_module *module)
{
	unsigned int i;

	for (i = 0; i < module->worker_count; i++) {
		module->workers[i].queue = weir_event_queue_new(
		    WEIR_EVENT_QUEUE_SIZE);
		if (!module->workers[i].queue)
			return false;
	}
	return true;
}

static void
free_queues(struct weir_module *module)
{
	unsigned int i;

	for (i = 0; module->workers && i < module->worker_count; i++) {
		weir_event_queue_free(module->workers[i].queue);
		module->workers[i].queue = NULL;
	}
}

static bool
start_thread(struct weir_module *module)
{
	struct recorder *recorder = new_recorder(module);
	sigset_t all, old;
	int error;

	if (!recorder)
		return false;
	module->recorder_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (module->recorder_fd < 0) {
		free_recorder(recorder);
		return false;
	}
	/* Signals are Unbound's. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&module->recorder, NULL, run, recorder);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (error) {
		(void)close(module->recorder_fd);
		free_recorder(recorder);
	}
	return error == 0;
}

void
weir_recorder_start(struct weir_module *module)
{
	/* If weir.yaml cannot be read yet, nobody's address is kept, and the
	 * housekeeper sets what holds when it can. */
	const struct weir_paths_statistics unknown = { .has_events = true,
		.max_events = WEIR_DEFAULT_EVENTS };
	const struct weir_paths_statistics *statistics =
	    module->has_paths ? &module->paths.statistics : &unknown;

	if (statistics->has_events && make_queues(module) &&
	    start_thread(module))
		module->has_recorder = true;
	else
		free_queues(module);
	if (statistics->has_events && !module->has_recorder)
		log_err("weir: out of memory or threads: no events are "
			"recorded");
	weir_recorder_set(module, statistics);
}

void
weir_recorder_stop(struct weir_module *module)
{
	uint64_t one = 1;

	if (module->has_recorder) {
		atomic_store(&module->is_recorder_stopping, true);
		(void)!write(module->recorder_fd, &one, sizeof(one));
		(void)pthread_join(module->recorder, NULL);
		(void)close(module->recorder_fd);
		module->has_recorder = false;
	}
	free_queues(module);
}
