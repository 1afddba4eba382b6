/*
 * cmd_publish.c - weir-feed publish: lists become what is published.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/cmd_publish.h"
#include "feeds/publish.h"
#include "feeds/publish_notify.h"
#include "lib/log.h"

struct publish_run {
	const struct weir_feed_call *call;
	struct weir_publish publish;
	struct weir_publish_list *lists[2]; /* [1]: what goes */
	json_t *refused;
	uint64_t dropped;
	unsigned int told;
	uint64_t start_ns;
	struct weir_problem problem;
};

/* The page of an error, most likely, or a list that somebody emptied. */
static int
refuse_useless(struct publish_run *run, const char *file, bool is_whole,
    const struct weir_list_report *report)
{
	if (report->entry_count > 0 || run->call->is_empty_allowed ||
	    (!is_whole && report->line_count == report->comment_count))
		return 0;
	return weir_problem_set(&run->problem, WEIR_EFORMAT,
	    "%s: holds no usable name (--allow-empty, if that is right)", file);
}

static int
read_list(struct publish_run *run, unsigned int place, const char *file,
    bool is_whole)
{
	const struct weir_feed_call *call = run->call;
	struct weir_publish_defaults defaults = {
		.format = call->format != NULL ? call->format : "auto",
		.category = place == 0 ? call->category : NULL,
		.confidence = place == 0 ? call->confidence
					 : WEIR_LIST_NO_CONFIDENCE,
		.lifetime_s = place == 0 ? call->lifetime_s : 0,
		.now_unix = (uint32_t)(weir_publish_now_ms() / 1000)
	};
	struct weir_list_report *report = calloc(1, sizeof(*report));
	json_t *refused;
	int ret;

	if (run->lists[place] == NULL)
		run->lists[place] = weir_publish_list_new();
	if (report == NULL || run->lists[place] == NULL) {
		free(report);
		return weir_problem_set(
		    &run->problem, WEIR_EMEMORY, "out of memory");
	}
	ret = weir_publish_list_read(
	    run->lists[place], file, &defaults, report, &run->problem);
	refused = weir_feed_refused(file, report);
	(void)json_array_extend(run->refused, refused);
	json_decref(refused);
	if (ret == 0)
		ret = refuse_useless(run, file, is_whole, report);
	free(report);
	return ret;
}

static int
read_lists(struct publish_run *run)
{
	const struct weir_feed_call *call = run->call;
	unsigned int i;
	int ret = 0;

	for (i = 1; i < call->arg_count && ret == 0; i++)
		ret = read_list(run, 0, call->args[i], true);
	if (ret == 0 && call->add_file != NULL)
		ret = read_list(run, 0, call->add_file, false);
	if (ret == 0 && call->del_file != NULL)
		ret = read_list(run, 1, call->del_file, false);
	for (i = 0; i < 2; i++)
		if (run->lists[i] != NULL)
			weir_publish_list_sort(run->lists[i]);
	return ret;
}

/* Subscribers that hear of it ask at once; the others soon. */
static void
tell(struct publish_run *run, uint64_t before)
{
	const struct weir_feed_call *call = run->call;
	struct weir_problem problem;
	unsigned int i;

	if (weir_publish_state_last(&run->publish.state)->to == before)
		return;
	for (i = 0; i < call->notify_count; i++)
		if (weir_publish_notify(call->notify[i],
			run->publish.state.feed, &problem) == 0)
			run->told++;
		else
			weir_log_error("NOTIFY to %s", problem.text);
}

static int
publish_lists(struct publish_run *run)
{
	struct weir_publish *publish = &run->publish;
	const struct weir_feed_call *call = run->call;
	uint64_t before;
	int ret;

	ret = weir_publish_open(call->args[0], publish, &run->problem);
	if (ret < 0)
		return ret;
	before = weir_publish_state_last(&publish->state)->to;
	if (call->poll_ms != 0)
		publish->next.poll_ms = call->poll_ms;
	ret = weir_publish_cut(publish, &run->problem);
	if (ret == 0 && call->arg_count > 1)
		ret = weir_publish_set(publish, run->lists[0], &run->problem);
	else if (ret == 0 && (run->lists[0] != NULL || run->lists[1] != NULL))
		ret = weir_publish_delta(
		    publish, run->lists[0], run->lists[1], &run->problem);
	if (run->lists[0] != NULL)
		run->dropped = weir_publish_list_dropped(run->lists[0]);
	if (ret == 0)
		ret = weir_publish_commit(publish, &run->problem);
	if (ret == 0)
		tell(run, before);
	return ret;
}

static void
say_root_expires(const struct weir_publish *publish)
{
	int64_t left =
	    publish->state.documents[WEIR_PUBLISH_ROOT].expires_unix -
	    publish->now_ms / 1000;

	if (left <= 0)
		weir_log_error("the root has expired: subscribers take "
			       "nothing until it is signed anew (weir-feed "
			       "rotate)");
	else if (left < WEIR_PUBLISH_WARN_S)
		weir_log_error("the root expires in %" PRId64
			       " days: sign it anew (weir-feed rotate)",
		    left / 86400);
}

static json_t *
describe_targets(const struct weir_publish_state *state)
{
	const struct weir_feed_target *target;
	json_t *array = json_array();
	unsigned int kind;

	for (kind = 0; kind < WEIR_FEED_KIND_COUNT; kind++) {
		target = &state->targets[kind];
		if (target->name[0] != '\0')
			(void)json_array_append_new(
			    array, json_pack("{s:s, s:I, s:I, s:I, s:I, s:s}",
				       "kind", weir_feed_kind_text(kind),
				       "from", (json_int_t)target->header.from,
				       "to", (json_int_t)target->header.to,
				       "octets", (json_int_t)target->length,
				       "raw", (json_int_t)target->raw, "sha256",
				       target->sha256));
	}
	return array;
}

static void
print_text(const struct publish_run *run, bool is_changed)
{
	const struct weir_publish_state *state = &run->publish.state;
	const struct weir_publish_file *last = weir_publish_state_last(state);
	const struct weir_feed_target *target;
	unsigned int kind;

	printf("%s, sequence %" PRIu64 "%s: %" PRIu64 " names; %" PRIu64
	       " added, %" PRIu64 " removed, %" PRIu64 " changed\n",
	    state->feed, last->to, is_changed ? "" : " as before", last->count,
	    run->publish.added, run->publish.removed, run->publish.changed);
	weir_feed_print_refused(run->refused);
	if (run->dropped > 0)
		printf("  %" PRIu64 " statements had no room beside others on "
		       "the same name\n",
		    run->dropped);
	for (kind = 0; kind < WEIR_FEED_KIND_COUNT; kind++) {
		target = &state->targets[kind];
		if (target->name[0] != '\0')
			printf("  %-5s %10" PRIu64 " octets, %" PRIu64
			       " to %" PRIu64 "\n",
			    weir_feed_kind_text(kind), target->length,
			    target->header.from, target->header.to);
	}
	printf("  timestamp %" PRId64 ", snapshot %" PRId64 ", targets %" PRId64
	       "; in %.3f s\n",
	    state->documents[WEIR_PUBLISH_TIMESTAMP].version,
	    state->documents[WEIR_PUBLISH_SNAPSHOT].version,
	    state->documents[WEIR_PUBLISH_TARGETS].version,
	    (double)(weir_clock_ns() - run->start_ns) / 1e9);
}

static int
print(const struct publish_run *run)
{
	const struct weir_publish_state *state = &run->publish.state;
	const struct weir_publish_file *last = weir_publish_state_last(state);
	const struct weir_publish *publish = &run->publish;
	bool is_changed = publish->added + publish->removed + publish->changed >
			  0;
	char sum[WEIR_FEED_SUM_SIZE];

	if (!run->call->json) {
		print_text(run, is_changed);
		return WEIR_FEED_DONE;
	}
	weir_feed_sum_print(&last->sum, sum);
	return weir_feed_print(
	    json_pack("{s:s, s:s, s:s, s:I, s:I, s:s, s:I, s:I, s:I, s:I, "
		      "s:I, s:O, s:o, s:{s:I, s:I, s:I, s:I}, s:I, s:f}",
		"result", is_changed ? "published" : "unchanged", "feed",
		state->feed, "gen", state->gen, "sequence",
		(json_int_t)last->to, "names", (json_int_t)last->count, "sum",
		sum, "added", (json_int_t)publish->added, "removed",
		(json_int_t)publish->removed, "changed",
		(json_int_t)publish->changed, "dropped",
		(json_int_t)run->dropped, "notified", (json_int_t)run->told,
		"refused", run->refused, "files", describe_targets(state),
		"versions", "root",
		(json_int_t)state->documents[WEIR_PUBLISH_ROOT].version,
		"targets",
		(json_int_t)state->documents[WEIR_PUBLISH_TARGETS].version,
		"snapshot",
		(json_int_t)state->documents[WEIR_PUBLISH_SNAPSHOT].version,
		"timestamp",
		(json_int_t)state->documents[WEIR_PUBLISH_TIMESTAMP].version,
		"at_ms", (json_int_t)publish->now_ms, "seconds",
		(double)((weir_clock_ns() - run->start_ns) / 1000) / 1e6),
	    WEIR_FEED_DONE);
}

int
weir_feed_publish_once(const struct weir_feed_call *call, bool is_quiet)
{
	struct publish_run run = { .call = call,
		.refused = json_array(),
		.start_ns = weir_clock_ns() };
	int ret, exit_code = WEIR_FEED_DONE;

	run.publish.lock_fd = -1;
	ret = read_lists(&run);
	if (ret == 0)
		ret = publish_lists(&run);
	if (ret < 0)
		exit_code = weir_feed_fail(call, &run.problem);
	else {
		say_root_expires(&run.publish);
		if (!is_quiet)
			exit_code = print(&run);
	}
	weir_publish_close(&run.publish);
	weir_publish_list_free(run.lists[0]);
	weir_publish_list_free(run.lists[1]);
	json_decref(run.refused);
	return exit_code;
}

int
weir_feed_publish(const struct weir_feed_call *call)
{
	unsigned int i;

	if (call->arg_count > 1 &&
	    (call->add_file != NULL || call->del_file != NULL))
		return weir_feed_usage(
		    call, "publish: whole lists, or --add and --del; not both");
	if (call->format != NULL && !weir_list_format_is_known(call->format))
		return weir_feed_usage(call, "--format %s: not one of %s",
		    call->format, weir_list_format_names());
	for (i = 0; i < call->notify_count; i++)
		if (!weir_publish_is_target(call->notify[i]))
			return weir_feed_usage(call,
			    "--notify %s: not HOST:PORT", call->notify[i]);
	if (!call->is_watch)
		return weir_feed_publish_once(call, false);
	if (call->add_file != NULL || call->del_file != NULL)
		return weir_feed_usage(
		    call, "publish: --watch goes with whole lists");
	return weir_feed_watch(call);
}
