/*
 * cmd_metrics.c - weir-stat metrics: all counters for Prometheus, once to
 * standard output, or over HTTP to whoever asks.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/log.h"
#include "stats/metrics.h"
#include "stats/stat.h"
#include "stats/web.h"

#define TYPE_OPEN  "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define TYPE_PLAIN "text/plain; version=0.0.4; charset=utf-8"

struct run {
	const struct weir_stat *stat;
	char *sync; /* folder of weir-sync's state; NULL: not known */
};

static int
print(const struct run *run, const struct weir_status *modules,
    unsigned int count, enum weir_metrics_format format, FILE *stream)
{
	struct weir_metrics metrics = { modules, count,
		weir_stat_sync(run->sync), (uint64_t)time(NULL) };
	int ret = weir_metrics_print(&metrics, format, stream);

	json_decref(metrics.sync);
	return ret;
}

/* Modules come and go: they are looked for each time. */
static void
answer(void *arg, const struct weir_web_call *call,
    struct weir_web_answer *ret_answer)
{
	const struct run *run = arg;
	enum weir_metrics_format format = strstr(call->accept,
					      "application/openmetrics-text")
					      ? WEIR_METRICS_OPEN
					      : WEIR_METRICS_PLAIN;
	struct weir_problem problem = { "" };
	struct weir_status *modules = NULL;
	unsigned int count = 0, i;
	char *text = NULL;
	size_t len = 0;
	FILE *stream;
	int ret;

	if (strcmp(call->path, "/metrics") != 0) {
		weir_web_say(ret_answer, 404, "it is /metrics\n");
		return;
	}
	if (weir_status_open_all(
		run->stat->folder, &modules, &count, &problem) != 0) {
		if (weir_stat_may_say())
			weir_log_error("%s", problem.text);
		weir_web_say(ret_answer, 503,
		    "the status folder cannot be read; the log says why\n");
		return;
	}
	stream = open_memstream(&text, &len);
	ret = stream ? print(run, modules, count, format, stream)
		     : WEIR_EMEMORY;
	if (stream && fclose(stream) != 0)
		ret = WEIR_EMEMORY;
	if (ret != WEIR_OK) {
		free(text);
		text = NULL;
	}
	weir_web_give(ret_answer,
	    format == WEIR_METRICS_OPEN ? TYPE_OPEN : TYPE_PLAIN, text, len);
	for (i = 0; i < count; i++)
		weir_status_close(&modules[i]);
	free(modules);
}

static int
serve(const struct weir_stat *stat, struct run *run)
{
	struct weir_web web = { stat->listen, stat->host, "metrics", answer,
		run };
	struct weir_problem problem = { "" };
	int ret = weir_web_serve(&web, &problem);

	if (ret == WEIR_OK)
		return WEIR_EXIT_DONE;
	weir_log_error("%s", problem.text);
	return ret == WEIR_EFORMAT ? WEIR_EXIT_USAGE : WEIR_EXIT_FAILED;
}

int
weir_cmd_metrics(const struct weir_stat *stat)
{
	struct run run = { stat, NULL };
	struct weir_settings *settings = NULL;
	int ret;

	if (stat->is_json)
		return weir_stat_usage("metrics are OpenMetrics, not JSON");
	if (stat->host && !stat->listen)
		return weir_stat_usage("--host goes with --listen");
	if (!stat->has_folder)
		settings = weir_stat_settings(stat, true);
	if (settings)
		run.sync = settings->sync.state;
	if (stat->listen) {
		ret = serve(stat, &run);
	} else {
		ret = print(&run, stat->modules, stat->module_count,
		    WEIR_METRICS_OPEN, stdout);
		if (ret != WEIR_OK)
			weir_log_error("cannot print: %s",
			    ret == WEIR_ESYSTEM ? strerror(errno)
						: weir_error_text(ret));
		ret = ret == WEIR_OK ? WEIR_EXIT_DONE : WEIR_EXIT_FAILED;
	}
	weir_settings_free(settings);
	return ret;
}
