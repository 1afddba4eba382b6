/*
 * publish_watch.c - weir-feed publish --watch: publishes when lists change, signs
 * timestamp.json anew every WATCH_BEAT_MS, and makes the cuts.
 *
 * Each step opens and closes the repository like a program of its own, so that
 * others may publish in between (--add, rotate), and nothing is remembered that
 * they could have changed.
 */
#include <errno.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "feeds/cmd_publish.h"
#include "lib/log.h"

#define BEAT_MS      30000
/* A list that is written in pieces is read once it is left alone; but one that
 * is never left alone is read as well. */
#define QUIET_MS     200
#define QUIET_MAX_MS 2000
#define EVENTS_SIZE  16384

struct watch {
	const struct weir_feed_call *call;
	struct weir_feed_call beat; /* the same without lists */
	int fd;                     /* inotify */
	struct watched {
		int folder; /* of inotify */
		const char *file;
		char *copy; /* where that lies */
	} * files;
	unsigned int file_count;
	uint64_t changed_ms, first_changed_ms; /* 0: nothing has */
	uint64_t beat_ms;
};

static volatile sig_atomic_t is_ending, is_hurried;

static void
end(int signal)
{
	if (signal == SIGHUP)
		is_hurried = 1;
	else
		is_ending = 1;
}

static uint64_t
now_ms(void)
{
	return weir_clock_ns() / 1000000;
}

/* Lists are replaced by rename as a rule: their folders are watched. */
static int
watch_files(struct watch *watch, struct weir_problem *problem)
{
	const struct weir_feed_call *call = watch->call;
	struct watched *file;
	char *copy;
	unsigned int i;

	watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	watch->files = calloc(call->arg_count, sizeof(*watch->files));
	if (watch->fd < 0 || watch->files == NULL)
		return weir_problem_set(
		    problem, WEIR_ESYSTEM, "inotify: %s", strerror(errno));
	for (i = 1; i < call->arg_count; i++) {
		file = &watch->files[watch->file_count++];
		file->copy = strdup(call->args[i]);
		copy = strdup(call->args[i]);
		if (file->copy == NULL || copy == NULL) {
			free(copy);
			return weir_problem_set(
			    problem, WEIR_EMEMORY, "out of memory");
		}
		file->file = basename(file->copy);
		file->folder = inotify_add_watch(watch->fd, dirname(copy),
		    IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR);
		free(copy);
		if (file->folder < 0)
			return weir_problem_set(problem, WEIR_ESYSTEM,
			    "%s: its folder: %s", call->args[i],
			    strerror(errno));
	}
	return 0;
}

static bool
is_watched(const struct watch *watch, const struct inotify_event *event)
{
	unsigned int i;

	for (i = 0; i < watch->file_count; i++)
		if ((event->mask & IN_Q_OVERFLOW) != 0 ||
		    (watch->files[i].folder == event->wd && event->len > 0 &&
			strcmp(watch->files[i].file, event->name) == 0))
			return true;
	return false;
}

static void
read_events(struct watch *watch)
{
	_Alignas(struct inotify_event) char events[EVENTS_SIZE];
	const struct inotify_event *event;
	ssize_t got, at;

	while ((got = read(watch->fd, events, sizeof(events))) > 0)
		for (at = 0; at < got;
		     at += (ssize_t)(sizeof(*event) + event->len)) {
			event = (const struct inotify_event *)(events + at);
			if (!is_watched(watch, event))
				continue;
			watch->changed_ms = now_ms();
			if (watch->first_changed_ms == 0)
				watch->first_changed_ms = watch->changed_ms;
		}
}

/* When the next thing is to be done. */
static uint64_t
next_ms(const struct watch *watch)
{
	uint64_t due = watch->beat_ms, lists;

	if (watch->changed_ms == 0)
		return due;
	lists = watch->changed_ms + QUIET_MS;
	if (lists > watch->first_changed_ms + QUIET_MAX_MS)
		lists = watch->first_changed_ms + QUIET_MAX_MS;
	return lists < due ? lists : due;
}

/* Lists that cannot be read now are tried again with the next beat; the
 * timestamp is signed anew in any case. */
static void
publish(struct watch *watch, bool is_beat)
{
	bool has_changes = watch->changed_ms != 0 && watch->call->arg_count > 1;
	int exit_code = WEIR_FEED_FAILED;

	if (has_changes)
		exit_code = weir_feed_publish_once(watch->call, false);
	if (exit_code == WEIR_FEED_DONE)
		watch->changed_ms = watch->first_changed_ms = 0;
	else if (has_changes)
		watch->changed_ms = watch->first_changed_ms = now_ms() +
							      BEAT_MS;
	if (exit_code != WEIR_FEED_DONE && (is_beat || has_changes))
		(void)weir_feed_publish_once(&watch->beat, true);
	watch->beat_ms = now_ms() + BEAT_MS;
	(void)fflush(stdout);
}

/* Without lists, it is the timestamp that is due. */
static void
hurry(struct watch *watch)
{
	if (watch->call->arg_count > 1)
		watch->changed_ms = watch->first_changed_ms = 1;
	else
		watch->beat_ms = 0;
}

/* Signals are let in at each turn, also while something is due. */
static int
run(struct watch *watch, const sigset_t *signals)
{
	struct pollfd polled = { .fd = watch->fd, .events = POLLIN };
	struct timespec wait;
	uint64_t now, due;

	hurry(watch);
	while (!is_ending) {
		now = now_ms();
		if (is_hurried) {
			is_hurried = 0;
			hurry(watch);
		}
		due = next_ms(watch);
		if (now >= due) {
			publish(watch, now >= watch->beat_ms);
			due = now;
		}
		wait.tv_sec = (time_t)((due - now) / 1000);
		wait.tv_nsec = (long)((due - now) % 1000 * 1000000);
		if (ppoll(&polled, 1, &wait, signals) > 0)
			read_events(watch);
	}
	return WEIR_FEED_DONE;
}

int
weir_feed_watch(const struct weir_feed_call *call)
{
	struct watch watch = { .call = call, .beat = *call, .fd = -1 };
	struct sigaction act = { .sa_handler = end };
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	struct weir_problem problem = { "" };
	sigset_t blocked, before;
	unsigned int i;
	int exit_code;

	/* They come while it waits, and not in between. */
	(void)sigemptyset(&blocked);
	for (i = 0; i < 3; i++) {
		(void)sigaddset(&blocked, signals[i]);
		(void)sigaction(signals[i], &act, NULL);
	}
	(void)sigprocmask(SIG_BLOCK, &blocked, &before);
	watch.beat.arg_count = 1;
	exit_code = watch_files(&watch, &problem) < 0
			? weir_feed_fail(call, &problem)
			: run(&watch, &before);
	for (i = 0; i < watch.file_count; i++)
		free(watch.files[i].copy);
	free(watch.files);
	if (watch.fd >= 0)
		(void)close(watch.fd);
	return exit_code;
}
