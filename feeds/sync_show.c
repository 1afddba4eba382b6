/*
 * sync_show.c - weir-sync status and weir-sync poll: for who looks from outside.
 */
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "feeds/sync.h"
#include "feeds/sync_status.h"
#include "lib/file.h"
#include "lib/log.h"

#define SPAN_SIZE 24
#define SIZE_SIZE 24

int
weir_sync_cmd_poll(struct weir_sync *sync)
{
	const char *state = sync->settings->sync.state;
	int32_t pid = weir_sync_lock_owner(state);

	if (pid <= 0) {
		weir_log_error("no weir-sync runs on %s", state);
		return WEIR_SYNC_EXIT_FAILED;
	}
	/* The kernel names the owner of the lock: it is no other process. */
	if (kill(pid, SIGUSR1) != 0) {
		weir_log_error("process %d: %s", (int)pid, strerror(errno));
		return WEIR_SYNC_EXIT_FAILED;
	}
	return WEIR_SYNC_EXIT_DONE;
}

/* --- reading it ---------------------------------------------------------------- */

static json_t *
read_status(const char *state)
{
	char *path = weir_path_join(state, WEIR_SYNC_STATUS_FILE);
	char *text = NULL;
	json_t *json = NULL;
	size_t len;
	int error = WEIR_EMEMORY;

	if (path != NULL)
		error = weir_file_read(
		    path, WEIR_SYNC_STATUS_SIZE, &text, &len);
	if (error == 0)
		json = json_loadb(text, len, 0, NULL);
	if (error == WEIR_EMISSING)
		weir_log_error(
		    "%s: there is none: weir-sync has not run yet", path);
	else if (error != 0)
		weir_log_error("%s: %s", state, weir_error_text(error));
	else if (json == NULL)
		weir_log_error("%s: not a status", path);
	free(text);
	free(path);
	return json;
}

static int64_t
number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static const char *
text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value == NULL ? "" : value;
}

/* Since it was last known to be the newest; -1: never. */
static int64_t
age_of(const json_t *feed, int64_t now_unix)
{
	int64_t newer_unix = number(feed, "newer");

	if (newer_unix == 0)
		return -1;
	return now_unix < newer_unix ? 0 : now_unix - newer_unix;
}

/* What only who reads can say: whether it still runs, and how old all is. */
static bool
complete(json_t *status, int32_t owner, int64_t now_unix)
{
	json_t *feeds = json_object_get(status, "feeds"), *feed;
	bool is_running = owner > 0 && owner == number(status, "pid");
	bool is_good = is_running;
	int64_t age;
	size_t i;

	(void)json_object_set_new(status, "running", json_boolean(is_running));
	json_array_foreach(feeds, i, feed)
	{
		age = age_of(feed, now_unix);
		(void)json_object_set_new(
		    feed, "age_s", age < 0 ? json_null() : json_integer(age));
		if (strcmp(text(feed, "state"), "fresh") != 0)
			is_good = false;
		if (json_is_true(json_object_get(
			json_object_get(feed, "loader"), "held")))
			is_good = false;
	}
	return is_good;
}

/* --- for people ------------------------------------------------------------------ */

static void
print_span(int64_t seconds, char span[SPAN_SIZE])
{
	if (seconds < 0)
		strcpy(span, "-");
	else if (seconds < 120)
		snprintf(span, SPAN_SIZE, "%llds", (long long)seconds);
	else if (seconds < 7200)
		snprintf(span, SPAN_SIZE, "%lldm", (long long)seconds / 60);
	else if (seconds < 172800)
		snprintf(span, SPAN_SIZE, "%lldh", (long long)seconds / 3600);
	else
		snprintf(span, SPAN_SIZE, "%lldd", (long long)seconds / 86400);
}

static void
print_size(int64_t octets, char size[SIZE_SIZE])
{
	static const char *const units[] = { "B", "KB", "MB", "GB", "TB" };
	double value = (double)octets;
	size_t i = 0;

	while (value >= 1000 && i + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1000;
		i++;
	}
	snprintf(
	    size, SIZE_SIZE, i == 0 ? "%.0f %s" : "%.1f %s", value, units[i]);
}

static void
print_head(const json_t *status, int64_t now_unix)
{
	const json_t *worker = json_object_get(status, "worker");
	char span[SPAN_SIZE];

	print_span(now_unix - number(status, "written"), span);
	if (!json_is_true(json_object_get(status, "running"))) {
		printf(
		    "weir-sync does not run; what follows is %s old\n", span);
		return;
	}
	print_span(now_unix - number(status, "started"), span);
	printf("weir-sync runs as process %lld for %s; its worker was started "
	       "again %lld times\n",
	    (long long)number(status, "pid"), span,
	    (long long)number(worker, "restarts"));
	if (number(worker, "landlock") == 0)
		printf("warning: this kernel has no Landlock: the worker may "
		       "write what its user may write\n");
}

/* The exit code in words, or what weir-load has said of it; "": all is well. */
static const char *
meaning_of(const json_t *loader, const json_t *said)
{
	const json_t *feed = json_object_get(said, "feed");
	const json_t *modules = json_object_get(said, "modules");
	size_t i;

	if (number(loader, "exit") == 0 ||
	    json_is_true(json_object_get(loader, "held")))
		return ""; /* that it is held is said by itself */
	if (text(said, "problem")[0] != '\0')
		return text(said, "problem");
	if (text(feed, "problem")[0] != '\0')
		return text(feed, "problem");
	for (i = 0; i < json_array_size(modules); i++)
		if (json_is_false(json_object_get(
			json_array_get(modules, i), "acknowledged")))
			return "a module has not acknowledged it in time";
	switch (number(loader, "exit")) {
	case 1:
		return "it failed, and what was in force still is";
	case 2:
		return "weir.yaml is wrong: see weir-load config";
	case 3:
		return "done but for something else, another feed's list or a "
		       "module: see weir-load status";
	default:
		return "weir-load could not be run, or was killed";
	}
}

/* "applied, generation 5" */
static void
print_loader(const json_t *feed)
{
	const json_t *loader = json_object_get(feed, "loader");
	const json_t *said = json_object_get(loader, "said");
	const char *meaning;

	if (!json_is_object(loader))
		return;
	meaning = meaning_of(loader, said);
	printf("  loader: exit %lld in %lld ms%s%s",
	    (long long)number(loader, "exit"),
	    (long long)number(loader, "took_ms"),
	    text(said, "result")[0] != '\0' ? ", " : "", text(said, "result"));
	if (number(said, "generation") > 0)
		printf(
		    ", generation %lld", (long long)number(said, "generation"));
	if (json_is_true(json_object_get(loader, "held")))
		printf("; HELD: weir-load accept %s", text(feed, "name"));
	else if (!json_is_true(json_object_get(loader, "in_force")))
		printf("; not in force yet");
	if (meaning[0] != '\0') {
		printf(" (");
		weir_log_clean(meaning, stdout);
		printf(")");
	}
	printf("\n");
}

static void
print_more(const json_t *feed, int64_t now_unix)
{
	const json_t *times = json_object_get(feed, "to_force");
	const json_t *error = json_object_get(feed, "error");
	char span[SPAN_SIZE];

	print_loader(feed);
	if (json_is_object(times))
		printf("  from signature to enforcement: last %lld ms, p50 "
		       "%lld, p99 %lld of %lld\n",
		    (long long)number(times, "last_ms"),
		    (long long)number(times, "p50_ms"),
		    (long long)number(times, "p99_ms"),
		    (long long)number(times, "count"));
	if (json_is_object(error)) {
		print_span(now_unix - number(error, "at"), span);
		printf("  last error, %s ago: %s\n", span, text(error, "text"));
	}
}

static void
print_feed(const json_t *feed, int64_t now_unix)
{
	char age[SPAN_SIZE], since[SPAN_SIZE], size[SIZE_SIZE];

	print_span(age_of(feed, now_unix), age);
	print_span(
	    number(feed, "since") == 0 ? -1 : now_unix - number(feed, "since"),
	    since);
	print_size(number(feed, "moved"), size);
	printf("%-24s %-7s %-8s %6s %6s %10lld %10s\n", text(feed, "name"),
	    text(feed, "kind"), text(feed, "state"), since, age,
	    (long long)number(feed, "sequence"), size);
	print_more(feed, now_unix);
}

int
weir_sync_cmd_status(struct weir_sync *sync)
{
	const char *state = sync->settings->sync.state;
	int64_t now_unix = (int64_t)time(NULL);
	json_t *status = read_status(state), *feed;
	bool is_good;
	size_t i;

	if (status == NULL)
		return WEIR_SYNC_EXIT_FAILED;
	is_good = complete(status, weir_sync_lock_owner(state), now_unix);
	if (sync->has_json) {
		(void)json_dumpf(status, stdout, JSON_INDENT(1));
		printf("\n");
	} else {
		print_head(status, now_unix);
		printf("%-24s %-7s %-8s %6s %6s %10s %10s\n", "feed", "kind",
		    "state", "for", "age", "sequence", "moved");
		json_array_foreach(json_object_get(status, "feeds"), i, feed)
		    print_feed(feed, now_unix);
	}
	json_decref(status);
	return is_good ? WEIR_SYNC_EXIT_DONE : WEIR_SYNC_EXIT_PARTLY;
}
