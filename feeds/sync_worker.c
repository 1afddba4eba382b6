/*
 * sync_worker.c - the worker: gives up its rights, starts the threads, and is
 * the post office between them, the supervisor and those who send NOTIFY.
 */
#include "feeds/sync_worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <fcntl.h>

#include "feeds/sync_notify.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/settings_values.h"

#define LOOK_MS        200   /* whether a thread has changed something */
#define LOOK_ONCE_MS   20    /* somebody waits */
#define SHOW_CHANGE_MS 1000  /* the status, at most so often */
#define SHOW_MS        10000 /* and if nothing but counters moved */

/* --- what comes in ----------------------------------------------------------- */

/* Under the mutex.  One that comes too soon after another waits, and is not
 * lost: what it tells of is newer than what was fetched for the last one. */
static void
hint(struct weir_sync_thread *thread, enum weir_sync_hint_kind kind)
{
	if (kind > thread->hint)
		thread->hint = kind;
	pthread_cond_signal(&thread->wake);
}

/* 0; negative: the supervisor is gone. */
static int
take_message(struct weir_sync_worker *worker)
{
	struct weir_sync_message message;
	struct weir_sync_thread *thread;
	ssize_t got = recv(worker->start->socket, &message, sizeof(message), 0);
	unsigned int i;

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (got != (ssize_t)sizeof(message))
		return WEIR_ESYSTEM;
	pthread_mutex_lock(&worker->mutex);
	for (i = 0; i < worker->count; i++) {
		thread = &worker->threads[i];
		if (message.word == WEIR_SYNC_POLL) {
			hint(thread, WEIR_SYNC_HINT_LOCAL);
		} else if (thread->feed.place == message.feed) {
			thread->result = message;
			thread->has_result = true;
			pthread_cond_signal(&thread->wake);
		}
	}
	pthread_mutex_unlock(&worker->mutex);
	return 0;
}

static void
take_notify(struct weir_sync_worker *worker)
{
	uint8_t packet[WEIR_NOTIFY_SIZE + 1], answer[WEIR_NOTIFY_SIZE];
	char feed[WEIR_NAME_TEXT_SIZE];
	struct sockaddr_storage from;
	socklen_t from_len = sizeof(from);
	size_t answer_len = 0;
	unsigned int i;
	ssize_t got;
	int found;

	got = recvfrom(worker->notify_fd, packet, sizeof(packet), MSG_DONTWAIT,
	    (struct sockaddr *)&from, &from_len);
	if (got < 0)
		return;
	found = weir_sync_notify(
	    packet, (size_t)got, feed, answer, &answer_len);
	if (found < 0)
		return;
	(void)!sendto(worker->notify_fd, answer, answer_len, MSG_DONTWAIT,
	    (struct sockaddr *)&from, from_len);
	if (found == 0)
		return;
	pthread_mutex_lock(&worker->mutex);
	worker->process.notifies++;
	for (i = 0; i < worker->count; i++)
		if (strcmp(worker->threads[i].feed.settings->name, feed) == 0)
			hint(&worker->threads[i], WEIR_SYNC_HINT_NOTIFY);
	pthread_mutex_unlock(&worker->mutex);
}

static int
open_notify(struct weir_sync_worker *worker)
{
	const char *listen = worker->sync->settings->sync.notify_listen;
	struct weir_settings_address address;
	int fd;

	worker->notify_fd = -1;
	if (listen == NULL || worker->sync->is_once ||
	    !weir_settings_address_parse(listen, &address))
		return 0;
	fd = socket(
	    address.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);
	if (fd < 0 ||
	    bind(fd, (struct sockaddr *)&address.storage, address.len) != 0) {
		weir_log_error(
		    "notify-listen: %s: %s", listen, strerror(errno));
		if (fd >= 0)
			(void)close(fd);
		return WEIR_ESYSTEM;
	}
	worker->notify_fd = fd;
	return 0;
}

/* --- the status -------------------------------------------------------------- */

/* A copy, so that nobody waits for the disk. */
static void
write_status(struct weir_sync_worker *worker)
{
	struct weir_sync_shown *copies = calloc(worker->count, sizeof(*copies));
	const struct weir_sync_shown **shown = calloc(
	    worker->count, sizeof(struct weir_sync_shown *));
	struct weir_sync_process process;
	unsigned int i;

	if (copies == NULL || shown == NULL)
		goto out;
	pthread_mutex_lock(&worker->mutex);
	process = worker->process;
	for (i = 0; i < worker->count; i++) {
		copies[i] = worker->threads[i].shown;
		shown[i] = &copies[i];
	}
	worker->has_changed = false;
	pthread_mutex_unlock(&worker->mutex);
	if (weir_sync_status_write(worker->sync, &process, shown,
		worker->places, worker->count) != 0)
		weir_log_error("%s/%s cannot be written",
		    worker->sync->settings->sync.state, WEIR_SYNC_STATUS_FILE);
out:
	free(shown);
	free(copies);
}

static bool
has_changed(struct weir_sync_worker *worker, bool *ret_is_done)
{
	unsigned int i;
	bool changed, is_done = worker->sync->is_once;

	pthread_mutex_lock(&worker->mutex);
	changed = worker->has_changed;
	for (i = 0; i < worker->count; i++)
		is_done = is_done && worker->threads[i].is_done;
	pthread_mutex_unlock(&worker->mutex);
	*ret_is_done = is_done;
	return changed;
}

/* --- beginning and end --------------------------------------------------------- */

static bool
is_fetched(const struct weir_sync *sync, const struct weir_feed_settings *feed)
{
	if (feed->url_count == 0 || !weir_sync_is_wanted(sync, feed))
		return false;
	return sync->import_folder == NULL ||
	       feed->origin == WEIR_ORIGIN_SIGNED;
}

static int
make_threads(struct weir_sync_worker *worker)
{
	const struct weir_settings *settings = worker->sync->settings;
	struct weir_sync_thread *thread;
	pthread_condattr_t attributes;
	unsigned int i;

	worker->threads = calloc(
	    settings->feed_count + 1, sizeof(*worker->threads));
	worker->places = calloc(
	    settings->feed_count + 1, sizeof(*worker->places));
	if (worker->threads == NULL || worker->places == NULL)
		return WEIR_EMEMORY;
	(void)pthread_mutex_init(&worker->mutex, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	for (i = 0; i < settings->feed_count; i++) {
		if (!is_fetched(worker->sync, &settings->feeds[i]))
			continue;
		thread = &worker->threads[worker->count];
		thread->worker = worker;
		(void)pthread_cond_init(&thread->wake, &attributes);
		if (weir_sync_feed_init(&thread->feed, worker->sync, i) != 0) {
			weir_log_error("feed %s: %s", settings->feeds[i].name,
			    thread->feed.problem.text);
			return WEIR_ESYSTEM;
		}
		worker->places[worker->count++] = i;
	}
	(void)pthread_condattr_destroy(&attributes);
	return 0;
}

static int
start_threads(struct weir_sync_worker *worker)
{
	unsigned int i;

	for (i = 0; i < worker->count; i++)
		if (pthread_create(&worker->threads[i].id, NULL,
			weir_sync_thread_run, &worker->threads[i]) != 0) {
			weir_log_error("a thread cannot be started");
			return WEIR_ESYSTEM;
		}
	return 0;
}

/* One worker at a time, even if the last one needs a moment to be gone. */
static int
lock(const struct weir_sync *sync)
{
	char *path = weir_path_join(sync->settings->sync.state, "worker.lock");
	int fd = -1;

	if (path != NULL)
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	free(path);
	return fd >= 0 && flock(fd, LOCK_EX) == 0 ? 0 : WEIR_ESYSTEM;
}

static int
give_up_rights(struct weir_sync_worker *worker)
{
	struct weir_problem problem = { "" };
	int error;

	/* What a signal to the supervisor would not end, its end does. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
	    getppid() != worker->start->supervisor_pid)
		return WEIR_ESYSTEM;
	error = weir_sync_sandbox_enter(worker->sync->settings->sync.state,
	    &worker->process.sandbox, &problem);
	if (error != 0)
		weir_log_error("%s", problem.text);
	return error;
}

/* Of a run once: how all of it went. */
static int
sum_up(const struct weir_sync_worker *worker)
{
	const struct weir_sync_thread *thread;
	unsigned int i, good = 0;

	for (i = 0; i < worker->count; i++) {
		thread = &worker->threads[i];
		(void)pthread_join(thread->id, NULL);
		if (thread->was_good &&
		    weir_sync_feed_is_handed(&thread->feed) &&
		    !thread->shown.is_held)
			good++;
	}
	if (good == worker->count)
		return WEIR_SYNC_EXIT_DONE;
	return good == 0 ? WEIR_SYNC_EXIT_FAILED : WEIR_SYNC_EXIT_PARTLY;
}

static int
serve(struct weir_sync_worker *worker)
{
	struct pollfd fds[2] = {
		{ .fd = worker->start->socket, .events = POLLIN },
		{ .fd = worker->notify_fd, .events = POLLIN },
	};
	uint64_t shown_ms = 0, now_ms;
	bool is_done = false;

	for (;;) {
		if (poll(fds, 2,
			worker->sync->is_once ? LOOK_ONCE_MS : LOOK_MS) > 0) {
			if (fds[0].revents != 0 && take_message(worker) != 0)
				return WEIR_SYNC_EXIT_FAILED;
			if (fds[1].revents != 0)
				take_notify(worker);
		}
		now_ms = weir_sync_clock_ms();
		if (shown_ms == 0 || now_ms - shown_ms >= SHOW_MS ||
		    (has_changed(worker, &is_done) &&
			(is_done || now_ms - shown_ms >= SHOW_CHANGE_MS))) {
			write_status(worker);
			shown_ms = now_ms;
		}
		if (is_done)
			return sum_up(worker);
	}
}

int
weir_sync_work(
    const struct weir_sync *sync, const struct weir_sync_start *start)
{
	struct weir_sync_worker worker = { .sync = sync, .start = start };

	worker.process.pid = (int32_t)getpid();
	worker.process.supervisor_pid = start->supervisor_pid;
	worker.process.restarts = start->restarts;
	worker.process.started_unix = start->started_unix;
	if (open_notify(&worker) != 0 || give_up_rights(&worker) != 0 ||
	    lock(sync) != 0 || make_threads(&worker) != 0 ||
	    start_threads(&worker) != 0)
		return WEIR_SYNC_EXIT_FAILED;
	/* Threads end with the process: whatever they do can be broken off. */
	return serve(&worker);
}
