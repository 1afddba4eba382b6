/*
 * record.c - `weir-stat record`: takes dnstap streams into the history.
 *
 *   modules ──socket──► tap_listen.h ──► tap_read.h ──► history.h: an SQLite file
 *
 * One thread, in the foreground.  It never makes a module wait: what it does not
 * take in time is lost there, and counted.  A full disk, or a reader in the way,
 * stops nothing: what comes meanwhile is counted as lost, and it goes on when
 * there is room.  SIGTERM, SIGINT and SIGHUP write what is there, and end it.
 */
#include "stats/record.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/log.h"
#include "lib/settings.h"
#include "stats/history.h"
#include "stats/tap_listen.h"

#define FLUSH_NS 1000000000ULL
#define WAIT_MS  200
#define SAY_NS   60000000000ULL /* a trouble is told that often */

struct recorder {
	const char *config;
	const char *path;    /* of the history */
	const char *address; /* of the socket */
	struct weir_history_limits limits;
	struct weir_tap_listen *listen;
	struct weir_history *history; /* NULL: it cannot be opened just now */
	uint64_t lost_before;         /* of histories that were closed */
	uint64_t said_ns;   /* when trouble was last told of; 0: none */
	uint64_t well_lost; /* what was lost when all was well */
};

static volatile sig_atomic_t is_ending;

static void
end(int number)
{
	(void)number;
	is_ending = 1;
}

static void
catch_signals(void)
{
	struct sigaction action = { .sa_handler = end };

	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGHUP, &action, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

static uint64_t
lost(const struct recorder *recorder)
{
	return recorder->lost_before +
	       (recorder->history ? weir_history_lost_count(recorder->history)
				  : 0);
}

static void
say_trouble(struct recorder *recorder, const char *what)
{
	uint64_t now_ns = weir_clock_ns();

	if (recorder->said_ns > 0 && now_ns - recorder->said_ns < SAY_NS)
		return;
	recorder->said_ns = now_ns;
	weir_log_error("%s", what);
}

static void
say_well(struct recorder *recorder)
{
	if (recorder->said_ns != 0)
		weir_log_note("%s: is written again; %" PRIu64
			      " events were lost meanwhile",
		    recorder->path, lost(recorder) - recorder->well_lost);
	recorder->said_ns = 0;
	recorder->well_lost = lost(recorder);
}

static void
take(void *arg, const struct weir_tap_frame *frame)
{
	struct recorder *recorder = arg;
	uint64_t times = frame->record.times;

	if (!recorder->history) {
		recorder->lost_before += frame->lost + times;
		return;
	}
	/* What fails is counted, and the flush says why. */
	if (frame->lost > 0)
		(void)!weir_history_lost(
		    recorder->history, frame->record.time_ns, frame->lost);
	(void)!weir_history_add(recorder->history, &frame->record);
}

/* A damaged history is put aside when it is closed, and begun anew; so is one
 * that is not there any more. */
static void
reopen(struct recorder *recorder)
{
	struct weir_problem problem;

	if (recorder->history) {
		recorder->lost_before += weir_history_lost_count(
		    recorder->history);
		weir_history_close(recorder->history);
		recorder->history = NULL;
	}
	if (weir_history_open(recorder->path, &recorder->limits,
		&recorder->history, &problem) != WEIR_OK)
		say_trouble(recorder, problem.text);
	else if (problem.text[0])
		weir_log_error("%s", problem.text);
}

static int
flush_now(struct recorder *recorder, struct weir_problem *problem)
{
	return weir_history_flush(
	    recorder->history, (uint64_t)time(NULL), problem);
}

static void
flush(struct recorder *recorder)
{
	struct weir_problem problem;
	int ret;

	if (!recorder->history)
		reopen(recorder);
	if (!recorder->history)
		return;
	ret = flush_now(recorder, &problem);
	if (ret == WEIR_OK) {
		say_well(recorder);
		return;
	}
	say_trouble(recorder, problem.text);
	if (ret == WEIR_EFORMAT || ret == WEIR_EMISSING) {
		reopen(recorder);
		/* So that it knows the time before the next event. */
		if (recorder->history)
			(void)!flush_now(recorder, &problem);
	}
}

static int
record(struct recorder *recorder)
{
	uint64_t flushed_ns = 0;

	while (!is_ending) {
		if (weir_tap_listen_wait(
			recorder->listen, WAIT_MS, take, recorder) != WEIR_OK &&
		    errno != EINTR) {
			weir_log_error(
			    "%s: %s", recorder->address, strerror(errno));
			return 1;
		}
		if (weir_clock_ns() - flushed_ns < FLUSH_NS)
			continue;
		flushed_ns = weir_clock_ns();
		flush(recorder);
	}
	flush(recorder);
	return 0;
}

static int
run(struct recorder *recorder)
{
	struct weir_tap_listen_counts counts;
	struct weir_problem problem;
	int code;

	(void)umask(0027);
	catch_signals();
	if (weir_history_open(recorder->path, &recorder->limits,
		&recorder->history, &problem) != WEIR_OK) {
		weir_log_error("%s", problem.text);
		return 1;
	}
	if (problem.text[0])
		weir_log_error("%s", problem.text);
	if (weir_tap_listen_open(
		recorder->address, &recorder->listen, &problem) != WEIR_OK) {
		weir_log_error("%s", problem.text);
		weir_history_close(recorder->history);
		return 1;
	}
	weir_log_note("%s goes into %s", recorder->address, recorder->path);
	code = record(recorder);
	weir_tap_listen_counts(recorder->listen, &counts);
	weir_log_note("%" PRIu64 " events of %" PRIu64 " senders, %" PRIu64
		      " lost, %" PRIu64 " frames that are none",
	    counts.frames, counts.senders, lost(recorder), counts.broken);
	weir_tap_listen_close(recorder->listen);
	weir_history_close(recorder->history);
	return code;
}

static int
run_settings(struct recorder *recorder, const struct weir_settings *settings)
{
	const struct weir_statistics_settings *statistics =
	    &settings->statistics;

	if (!recorder->path)
		recorder->path = statistics->history;
	if (!recorder->address)
		recorder->address = statistics->module.dnstap;
	if (!recorder->address[0]) {
		weir_log_error("%s: no dnstap: in statistics:; where do the "
			       "events come from?",
		    recorder->config);
		return 2;
	}
	if (!recorder->path[0]) {
		weir_log_error("--history: no file is named");
		return 2;
	}
	recorder->limits = (struct weir_history_limits){
		.size = statistics->history_size,
		.event_days = statistics->event_days,
		.minute_days = statistics->minute_days,
		.hour_days = statistics->hour_days,
		.resolved_days = statistics->resolved_days,
	};
	return run(recorder);
}

static int
usage(FILE *stream, int code)
{
	(void)fputs(
	    "usage: weir-stat record [-c FILE] [--history FILE] "
	    "[--listen ADDRESS]\n"
	    "  -c, --config FILE   the configuration, weir.yaml\n"
	    "      --history FILE  the history, whatever the configuration "
	    "says\n"
	    "      --listen ADDRESS  a socket's path or tcp:ADDRESS:PORT, in "
	    "place of dnstap:\n",
	    stream);
	return code;
}

int
weir_record_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ "history", required_argument, NULL, 'H' },
		{ "listen", required_argument, NULL, 'l' },
		{ NULL, 0, NULL, 0 },
	};
	static const struct weir_settings_formats formats = { NULL, NULL,
		NULL };
	struct recorder recorder = { .config = weir_paths_config() };
	struct weir_settings *settings;
	struct weir_problem problem;
	int option, code;

	while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		if (option == 'c')
			recorder.config = optarg;
		else if (option == 'H')
			recorder.path = optarg;
		else if (option == 'l')
			recorder.address = optarg;
		else
			return usage(option == 'h' ? stdout : stderr,
			    option == 'h' ? 0 : 2);
	}
	if (optind < argc)
		return usage(stderr, 2);
	if (weir_settings_read(
		recorder.config, &formats, &settings, &problem) != WEIR_OK) {
		weir_log_error("%s", problem.text);
		return 2;
	}
	code = run_settings(&recorder, settings);
	weir_settings_free(settings);
	return code;
}
